# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the host renews (--follow), and secrets that a start brings (--credential)."""
import json
import os
import pathlib

import pytest

from harness import refused, run, wait_for
from test_outcome import kinds
from test_units import SERVICE, create, inside, own_units  # noqa: F401 (fixtures)

# Says when it was reloaded, and shows the credentials that it was given.
UNIT = """[Service]
RuntimeDirectory=follower
ExecStart=/bin/sh -c 'cp -r "$CREDENTIALS_DIRECTORY" /run/follower/given; stat -c %%a "$CREDENTIALS_DIRECTORY"/* >/run/follower/modes; exec sleep infinity'
ExecReload=/bin/sh -c 'echo reloaded >>/run/follower/reloads'
"""
LIVE, ARCHIVE = 'etc-le/live/example.org', 'etc-le/archive/example.org'


@pytest.fixture
def place(own_units):  # noqa: F811 (fixture)
    """Certificates as certbot keeps them, below a directory of the host that is the test's."""
    place = pathlib.Path('/srv/renewed')
    run(f'rm -rf {place} && mkdir -p {place}/{LIVE} {place}/{ARCHIVE}')
    (own_units / 'follower.service').write_text(UNIT)
    issue(place, 1)
    (place / ARCHIVE / 'beside').write_text('of somebody else')
    return place


def issue(place, number):
    for name in ('cert', 'privkey'):
        file = place / ARCHIVE / f'{name}{number}.pem'
        file.write_text(f'{name} number {number}\n')
        file.chmod(0o600 if name == 'privkey' else 0o644)
        link = place / LIVE / f'.{name}.new'
        link.symlink_to(f'../../archive/example.org/{name}{number}.pem')
        link.rename(place / LIVE / f'{name}.pem')


def read(name, path):
    return inside(name, 'cat', path, check=False).stdout


def renewed(name, path, text):
    wait_for(lambda: read(name, path) == text, f'{path} is renewed inside')


def test_directory(create, place, root):  # noqa: F811 (fixture)
    live = place / LIVE
    name, said = create('-C', '-u', 'follower', '--follow', live)
    tree = root / f'var/lib/libvirt/filesystems/{name}/{live}'
    assert not tree.exists() and 'privkey' not in said
    run([SERVICE, 'start', name])
    assert read(name, live / 'privkey.pem') == 'privkey number 1\n'
    assert inside(name, 'stat', '-c', '%a %u %g %F', live / 'privkey.pem').stdout == '600 0 0 regular file\n'
    for command in (f'echo x > {live}/cert.pem', f'rm {live}/cert.pem', f'touch {live}/new', f'chmod 644 {live}/privkey.pem', f'mount -o remount,rw,bind {live}'):
        assert inside(name, 'sh', '-c', command, check=False).returncode != 0, command
    assert inside(name, 'ls', place / 'etc-le').stdout == 'live\n', 'what lies beside it stays outside'
    issue(place, 2)
    renewed(name, live / 'privkey.pem', 'privkey number 2\n')
    assert read(name, live / 'cert.pem') == 'cert number 2\n'
    wait_for(lambda: read(name, '/run/follower/reloads') == 'reloaded\n', 'the unit is reloaded')
    (live / 'chain.pem').write_text('chain')
    (live / 'cert.pem').unlink()
    wait_for(lambda: inside(name, 'ls', live).stdout == 'chain.pem\nprivkey.pem\n', 'entries come and go')
    wait_for(lambda: kinds(root, name)[-1:] == ['renewed'], 'it is an event')


def test_file(create, place):  # noqa: F811 (fixture)
    """By a link, on whose way a directory is a link that is exchanged as well; and in place."""
    os.symlink('etc-le', place / 'current')
    path = place / 'current/live/example.org/cert.pem'
    name, _ = create('-C', '-u', 'follower', '--follow', path)
    run([SERVICE, 'start', name])
    assert read(name, path) == 'cert number 1\n'
    issue(place, 2)
    renewed(name, path, 'cert number 2\n')
    (place / ARCHIVE / 'cert2.pem').write_text('2\n')
    renewed(name, path, '2\n')
    run(f'cp -a {place}/etc-le {place}/release-2 && echo other > {place}/release-2/archive/example.org/cert2.pem && '
        f'ln -s release-2 {place}/next && mv -T {place}/next {place}/current')
    renewed(name, path, 'other\n')
    assert inside(name, 'sh', '-c', f'echo x > {path}', check=False).returncode != 0


def test_reloads_are_limited(create, place):  # noqa: F811 (fixture)
    live = place / LIVE
    name, _ = create('-C', '-u', 'follower', '--follow', live)
    run([SERVICE, 'start', name])
    for number in range(2, 40):
        issue(place, number)
        wait_for(lambda: number % 5 or read(name, live / 'cert.pem') == f'cert number {number}\n', 'copies do not wait')  # noqa: B023
    renewed(name, live / 'cert.pem', 'cert number 39\n')
    assert 1 <= read(name, '/run/follower/reloads').count('reloaded') <= 3, 'far fewer than changes'


def test_what_cannot_be_brought_stays_as_it_was(create, place, root):  # noqa: F811 (fixture)
    live = place / LIVE
    name, _ = create('-C', '-u', 'follower', '--follow', live / 'cert.pem')
    run([SERVICE, 'start', name])
    live.rename(place / 'away')
    wait_for(lambda: kinds(root, name)[-1:] == ['not-renewed'], 'it is an event')
    assert read(name, live / 'cert.pem') == 'cert number 1\n'
    run([SERVICE, 'stop', name])
    refused([SERVICE, 'start', name], f'cannot use {live}/cert.pem')
    (place / 'away').rename(live)
    run([SERVICE, 'start', name])


def test_who_else_could_exchange_it(create, place, names):  # noqa: F811 (fixture)
    secret = place / 'secret'
    secret.write_text('of the host')
    theirs = place / 'theirs'
    theirs.mkdir()
    os.symlink(secret, theirs / 'link')
    run(['chown', '-h', '1000:1000', theirs, theirs / 'link'])
    for path, words in ((theirs / 'link', 'is a link below'), ('/nosuch', 'open /nosuch'), ('/dev/null', 'not a file or directory'), ('/dev', 'devtmpfs'),
                        ('/proc/version', 'proc'), ('/usr/../etc', '".." component'), ('etc', 'does not begin with a slash'), ('/', 'cannot use /')):
        refused([SERVICE, 'create', '-C', '-u', 'follower', '--follow', path, names()], words)
    name, _ = create('-C', '-u', 'follower', '--follow', theirs)
    refused([SERVICE, 'start', name], f'{theirs}/link', 'is a link below')  # what is in a directory, a start looks at
    refused([SERVICE, 'create', '-C', '-u', 'follower', '--follow', place, '-m', f'host-bind:{place}={place}', names()], 'both followed')
    (place / 'large').write_bytes(bytes(17 << 20))
    name, _ = create('-C', '-u', 'follower', '--follow', place / 'large')
    refused([SERVICE, 'start', name], 'at most 16 MiB', f'-m host-bind:{place}/large')


def test_command(names, place):
    """A container of a command follows as well; nothing tells its process."""
    path, name = place / LIVE / 'cert.pem', names()
    run([SERVICE, 'create', '--follow', path, name, '--', 'sleep', 'infinity'])
    try:
        run([SERVICE, 'start', name])
        issue(place, 2)
        renewed(name, path, 'cert number 2\n')
    finally:
        run([SERVICE, 'stop', '-t', '0', name])
        run([SERVICE, 'delete', name])


def test_credential(create, place, root, names):  # noqa: F811 (fixture)
    secret = place / 'token'
    secret.write_text('first secret')
    secret.chmod(0o644)
    name, _ = create('-C', '-u', 'follower', '--credential', f'token={secret}', '--credential', f'tls.key={place}/{LIVE}/privkey.pem')
    for start in ('first', 'second'):
        run([SERVICE, 'start', name])
        assert read(name, '/run/follower/given/token') == f'{start} secret' and read(name, '/run/follower/given/tls.key') == 'privkey number 1\n'
        assert set(read(name, '/run/follower/modes').split()) == {'400'}
        assert inside(name, 'stat', '-c', '%a %U', '/run/host/credentials', '/run/host/credentials/token').stdout == '700 root\n400 root\n'
        assert inside(name, 'sh', '-c', 'echo x > /run/host/credentials/token', check=False).returncode != 0
        tree = root / f'var/lib/libvirt/filesystems/{name}'
        assert not run(f'grep -rl "{start} secret" {tree}', check=False).stdout, 'it is nowhere on a disk'
        run([SERVICE, 'stop', name])
        secret.write_text('second secret')
    assert json.loads(run([SERVICE, 'inspect', name]).stdout)['description']['service']['credential'] == [f'token={secret}', f'tls.key={place}/{LIVE}/privkey.pem']
    secret.unlink()
    refused([SERVICE, 'start', name], f'cannot use {secret}')
    for value, words in (('token', 'NAME=FILE'), ('=/etc/x', 'NAME=FILE'), ('a/b=/etc/x', 'NAME=FILE'), ('token=etc/x', 'absolute'), (f'token={place}', 'not a file'),
                         (f'token={secret}', 'cannot use')):
        refused([SERVICE, 'create', '-C', '-u', 'follower', '--credential', value, names()], '--credential', words)
    secret.touch()
    refused([SERVICE, 'create', '-u', 'follower', '--credential', f'a={secret}', '--credential', f'a={secret}', names()], 'two credentials have the name a')
    refused([SERVICE, 'create', '--credential', f'a={secret}', names(), '--', 'true'], 'credentials are for units')


def test_credential_of_who_asks_for_it(create, own_units, place):  # noqa: F811 (fixtures)
    """By name alone, as one of the system's; and of what a socket starts for each connection."""
    secret = place / 'token'
    secret.write_text('handed on')
    (own_units / 'follower.service').write_text(UNIT + 'LoadCredential=token\n')
    name, _ = create('-C', '-u', 'follower', '--credential', f'token={secret}')
    run([SERVICE, 'start', name])
    assert read(name, '/run/follower/given/token') == 'handed on'
    (own_units / 'door.socket').write_text('[Socket]\nListenStream=8099\nAccept=yes\n')
    (own_units / 'door@.service').write_text('[Service]\nStandardInput=socket\nExecStart=/bin/sh -c \'cat "$CREDENTIALS_DIRECTORY/token"\'\n')
    name, _ = create('-C', '-u', 'door.socket', '--credential', f'token={secret}')
    run([SERVICE, 'start', name])
    assert inside(name, 'bash', '-c', 'cat </dev/tcp/127.0.0.1/8099').stdout == 'handed on'

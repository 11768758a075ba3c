# SPDX-License-Identifier: LGPL-2.1-or-later
"""A container as an OCI image: Debian's crun runs it without anything of ours, and it answers."""
import os
import pathlib
import signal
import socket

import pytest

import isolation
import oci
from harness import new_name, refused, run, wait_for

SERVICE = 'virt-sandbox-service'


def need(program):
    if not pathlib.Path(program).exists():
        pytest.skip(f'{program} is not installed')


def ask_web():
    done = run(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://127.0.0.1/'], check=False)
    return done.stdout == '200'


def ask_redis():
    done = run(['redis-cli', '-h', '127.0.0.1', 'get', 'kept'], check=False)
    return done.stdout == 'yes\n' or done.stdout == '\n'


def ask_database(root):
    """From inside, as its superuser: no other gets in without a password."""
    def ask():
        with socket.socket() as client:
            if client.connect_ex(('127.0.0.1', 5432)) != 0:
                return False
            client.sendall(b'\0\0\0\x08\x04\xd2\x16\x2f')  # SSLRequest
            return client.recv(1) in (b'S', b'N')
    return ask


UNITS = {
    'apache2.service': ('/usr/sbin/apache2', ['--publish', '8080:80'], lambda root: ask_web, 'SIGWINCH'),
    'redis-server.service': ('/usr/bin/redis-server', [], lambda root: ask_redis, 'SIGTERM'),
    'postgresql.service': ('/usr/bin/pg_ctlcluster', [], ask_database, 'SIGINT'),
}


@pytest.mark.parametrize('unit', UNITS)
def test_direct(unit, name, tmp_path):
    """The service is the first process; what its unit says of it is in the image; it ends by the image's signal."""
    program, options, asking, ending = UNITS[unit]
    need(program)
    need('/usr/bin/crun')
    run([SERVICE, 'create', '-C', *options, '-u', unit, name])
    try:
        said = run([SERVICE, 'export', '--oci', '--direct', name, tmp_path / 'image'], timeout=300).stdout
    finally:
        isolation.remove(name)
    assert str(tmp_path / 'image') in said
    image = oci.Image(tmp_path / 'image')
    assert image.name == name and image.config['config']['StopSignal'] == ending
    assert image.config['config'].get('ExposedPorts') == ({'80/tcp': {}} if options else None)
    root = image.unpack(tmp_path / 'bundle')
    assert (root / 'etc/machine-id').read_text() == '' and os.readlink(root / 'bin') == 'usr/bin'
    with oci.Crun(tmp_path / 'bundle', name) as container:
        try:
            wait_for(asking(root), f'{unit} answers')
        except AssertionError:
            raise AssertionError(container.said()) from None
        container.stop(ending)
        assert not asking(root)(), 'it has ended'


def test_init_direct(name, tmp_path):
    """A container without systemd has none in its image, as if with --direct."""
    need('/usr/sbin/apache2')
    need('/usr/bin/crun')
    run([SERVICE, 'create', '-C', '--init=direct', '-u', 'apache2.service', name])
    try:
        run([SERVICE, 'export', '--oci', name, tmp_path / 'image'], timeout=300)
    finally:
        isolation.remove(name)
    image = oci.Image(tmp_path / 'image')
    assert '/usr/sbin/apache2' in ' '.join(image.config['config']['Entrypoint']) and image.config['config']['StopSignal'] == 'SIGWINCH'
    image.unpack(tmp_path / 'bundle')
    with oci.Crun(tmp_path / 'bundle', name) as container:
        try:
            wait_for(ask_web, 'apache2 answers')
        except AssertionError:
            raise AssertionError(container.said()) from None
        container.stop('SIGWINCH')


def test_declared_directories(name, tmp_path):
    """Directories of tmpfiles.d below /run, with the prefixes that modes may have there."""
    need('/usr/bin/pg_ctlcluster')
    declared = pathlib.Path('/usr/lib/tmpfiles.d/postgresql-common.conf')
    (tmp_path / 'declared').write_text(f'{declared.read_text()}\nd /run/masked ~0750 postgres postgres\nd /run/new :~2710 - -\nd /run/plain\nd "/run/in quotes" \'0700\' -\nv /run/subvolume 0711\n')
    run([SERVICE, 'create', '-C', '-u', 'postgresql.service', name])
    run(['mount', '--bind', tmp_path / 'declared', declared])
    try:
        run([SERVICE, 'export', '--oci', '--direct', name, tmp_path / 'image'], timeout=300)
    finally:
        run(['umount', declared])
        isolation.remove(name)
    root = oci.Image(tmp_path / 'image').unpack(tmp_path / 'bundle')
    assert [(root / 'run' / path).stat().st_mode & 0o7777 for path in ('masked', 'new', 'plain', 'in quotes', 'subvolume')] == [0o750, 0o2710, 0o755, 0o700, 0o711]


@pytest.fixture(scope='module')
def web():
    """A stopped container of apache2."""
    need('/usr/sbin/apache2')
    made = new_name()
    run([SERVICE, 'create', '-C', '-u', 'apache2.service', made])
    yield made
    isolation.remove(made)


def test_same_bytes(web, tmp_path):
    """Given SOURCE_DATE_EPOCH; the archive holds what the directory does, and engines' own tools read it."""
    environment = {**os.environ, 'SOURCE_DATE_EPOCH': '86400'}
    for place in ('one', 'two.tar'):
        run([SERVICE, 'export', '--oci', web, tmp_path / place], env=environment, timeout=300)
    assert (tmp_path / 'two.tar').stat().st_mode & 0o777 == 0o600
    assert (tmp_path / 'one').stat().st_mode & 0o777 == 0o700, 'it has the keys of the container'
    (tmp_path / 'two').mkdir()
    run(['tar', '-xf', tmp_path / 'two.tar', '-C', tmp_path / 'two'])
    files = [sorted(p.relative_to(tmp_path / place) for p in (tmp_path / place).rglob('*')) for place in ('one', 'two')]
    assert files[0] == files[1], 'blobs are named by their content'
    image = oci.Image(tmp_path / 'one')
    assert image.config['created'] == '1970-01-02T00:00:00Z'
    assert image.config['config']['Entrypoint'] == ['/sbin/init'] and image.config['config']['StopSignal'] == 'SIGRTMIN+3'
    root = image.unpack(tmp_path / 'bundle')
    for path in ('usr/lib/systemd/systemd', 'etc/systemd/system/multi-user.target.wants/apache2.service', 'etc/apache2/apache2.conf', 'usr/sbin/init'):
        assert os.path.lexists(root / path), path
    assert not (root / 'usr/sbin/nginx').exists() and not (root / 'usr/bin/redis-server').exists(), 'what it does not need stays here'
    assert not (root / 'etc/systemd/system/var.mount').exists(), 'it is none in an image, and basic.target would wait for it'
    assert not (root / 'etc/hostname').exists() and (root / 'var/www').stat().st_mode & 0o777 == 0o755


HIDDEN = 'key', 'private/open', 'deep/key', 'blank ', '\\057etc', 'two\nlines'
SEEN = 'open', 'deep/open', 'deep/link', '\\056open', 'star*'


def test_unreadable_files_stay(web, tmp_path):
    """Root packs what the host's users can read, and names what it leaves out."""
    place = pathlib.Path('/usr/share/apache2/icons')
    run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', place])
    try:
        for file in (*HIDDEN, *SEEN):
            (place / file).parent.mkdir(exist_ok=True)
            if file == 'deep/link':
                (place / file).symlink_to('../key')
                continue
            (place / file).write_text(file)
            (place / file).chmod(0o644 if 'open' in file or file in SEEN else 0o600)
        (place / 'private').chmod(0o750)
        said = run([SERVICE, 'export', '--oci', web, tmp_path / 'image'], timeout=300)
    finally:
        run(['umount', place])
    root = oci.Image(tmp_path / 'image').unpack(tmp_path / 'bundle')
    packed = {str(path.relative_to(root / place.relative_to('/'))) for path in (root / place.relative_to('/')).rglob('*')}
    assert packed == {*SEEN, 'deep'}
    for path in ('key', 'private', 'deep/key'):
        assert f'{place / path} is not in the image' in said.said, path


def test_refused(web, name, tmp_path):
    """One sentence, and nothing is made."""
    refused([SERVICE, 'export', '--direct', web, tmp_path / 'x'], '--direct requires --oci')
    refused([SERVICE, 'export', '--oci', web, tmp_path], 'exists already')
    refused([SERVICE, 'export', '--oci', web, tmp_path / 'x'], 'SOURCE_DATE_EPOCH', env={**os.environ, 'SOURCE_DATE_EPOCH': 'now'})
    run([SERVICE, 'create', '-u', 'cron.service', '-u', 'apache2.service', name])
    try:
        refused([SERVICE, 'export', '--oci', '--direct', name, tmp_path / 'x'], 'cron.service, apache2.service', 'without --direct, the image runs systemd')
    finally:
        isolation.remove(name)
    assert not list(tmp_path.iterdir())


def test_systemd_is_the_first_process(web, tmp_path):
    """It comes up with nothing failed, its service answers, and it ends by the image's signal."""
    need('/usr/bin/crun')
    run([SERVICE, 'export', '--oci', web, tmp_path / 'image'], timeout=300)
    oci.Image(tmp_path / 'image').unpack(tmp_path / 'bundle', systemd=True)
    with oci.Crun(tmp_path / 'bundle', web) as container:
        wait_for(ask_web, 'apache2 answers')
        assert run([*container.command, 'exec', web, 'systemctl', 'is-system-running', '--wait']).stdout == 'running\n'
        run([*container.command, 'kill', web, str(signal.SIGRTMIN + 3)])
        container.process.wait(30)

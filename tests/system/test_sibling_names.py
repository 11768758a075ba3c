# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers resolve the names of those that they may reach, and of nobody else: by /etc/hosts, for every C library and resolver."""
import os
import pathlib
import signal
import subprocess

import pytest

import isolation
from harness import gone, refused, run, wait_for

SERVICE = 'virt-sandbox-service'
MARK = '# Containers that this one may reach'
# What musl says, which knows no nsswitch.conf.
ASK = """
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char text[64];
	if (getaddrinfo(argv[1], NULL, &hints, &found) != 0)
		return 1;
	for (; found; found = found->ai_next)
		if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
			puts(text);
}
"""


@pytest.fixture
def make(names):
    made = []

    def create(*options, start=True):
        made.append(isolation.create(names(), '-N', 'default', *options))
        if start:
            run([SERVICE, 'start', made[-1]])
        return made[-1]

    yield create
    for name in made:
        isolation.remove(name)


def hosts(name):
    return run([SERVICE, 'execute', name, '--', 'cat', '/etc/hosts']).stdout


def known(name):
    """{name: addresses} that the network added."""
    found = {}
    for line in hosts(name).partition(MARK)[2].splitlines()[1:]:
        address, *names = line.split()
        for word in names:
            found.setdefault(word, []).append(address)
    return found


def resolves(name, what):
    said = run([SERVICE, 'execute', name, '--', 'getent', 'ahosts', what], check=False)
    return sorted({line.split()[0] for line in said.stdout.splitlines()}) if said.returncode == 0 else None


def test_order_of_starts(make, names):
    """Whoever starts first; both families; one direction; not before the start, and not after the stop."""
    early, late = names(), names()
    web = make()
    db = make('--allow-from', f'{web}:5432,{early}', start=False)
    assert known(web) == {} and resolves(web, db) is None
    run([SERVICE, 'start', db])
    assert sorted(known(web)) == sorted([db, f'{db}.sandbox']) and resolves(web, db) == resolves(web, f'{db}.sandbox') == sorted(known(web)[db])
    assert len(known(web)[db]) == 2 and isolation.inspect(db)['state']['address'] in known(web)[db]
    assert known(db) == {} and resolves(db, web) is None
    isolation.create(early, '-N', 'default')
    isolation.create(late, '-N', 'default')
    try:
        run([SERVICE, 'start', early, late])
        assert list(known(early)) == [f'{db}.sandbox', db] and known(late) == {}
        run([SERVICE, 'stop', db])
        assert known(early) == known(web) == {} and resolves(web, db) is None
        run([SERVICE, 'start', db])
        assert list(known(early)) == list(known(web)) == [f'{db}.sandbox', db]
        run([SERVICE, 'restart', web])
        assert resolves(web, db) == sorted(known(web)[db])
        # Under another name.
        run([SERVICE, 'stop', db])
        run([SERVICE, 'rename', db, f'{db}x'])
        run([SERVICE, 'start', f'{db}x'])
        assert list(known(web)) == [f'{db}x.sandbox', f'{db}x'] and resolves(web, db) is None
        run([SERVICE, 'stop', f'{db}x'])
        run([SERVICE, 'rename', f'{db}x', db])
    finally:
        isolation.remove(early, late)


def test_set_while_they_run(make):
    web, db = make(), make()
    assert known(web) == known(db) == {}
    run([SERVICE, 'set', '--allow-from', web, db])
    assert f'{db}.sandbox' in known(web) and known(db) == {}
    run([SERVICE, 'set', '--egress', 'none', web])
    assert known(web) == {} and resolves(web, db) is None
    run([SERVICE, 'set', '--egress', f'{db}:80', web])
    assert db in known(web)
    run([SERVICE, 'set', '--allow-from', f'{web}:81', db])
    assert known(web) == {}, 'no port that both name'
    run([SERVICE, 'set', '--egress', 'any', web])
    assert db in known(web)
    run([SERVICE, 'set', '--allow-from', 'none', db])
    assert known(web) == {}


def test_what_it_had_is_kept(make, names, tmp_path):
    """The administrator's lines stay and go before; who is inside can write nothing there; a link stays as it is."""
    web = make(start=False)
    db, other = make('--allow-from', web), make('--allow-from', web)
    file = isolation.tree(web) / 'etc/hosts'
    before = file.read_text() + f'192.0.2.7 mine.example {other.upper()} # {db}'
    file.write_text(before)
    run([SERVICE, 'start', web])
    now = hosts(web)
    assert now.startswith(before + '\n' + MARK) and file.read_text() == before
    assert sorted(known(web)) == sorted([db, f'{db}.sandbox', f'{other}.sandbox']), 'its own name goes before'
    assert resolves(web, other) == ['192.0.2.7'] and resolves(web, 'mine.example') == ['192.0.2.7']
    done = run([SERVICE, 'execute', web, '--', 'sh', '-c', 'echo 1.2.3.4 x >> /etc/hosts; umount /etc/hosts; rm /etc/hosts; cat /etc/hosts'], check=False)
    assert done.stdout == now, done.said
    run([SERVICE, 'stop', web])
    (tmp_path / 'secret').write_text('secret of the host\n')
    for trap in (lambda: file.symlink_to('/etc/mine'), lambda: file.symlink_to(tmp_path / 'secret'), file.mkdir):
        file.unlink(missing_ok=True)
        trap()
        run([SERVICE, 'start', web])
        assert 'secret' not in run([SERVICE, 'execute', web, '--', 'cat', '/etc/hosts'], check=False).stdout
        run([SERVICE, 'stop', web])
    file.rmdir()
    subprocess.run(['mkfifo', file], check=True)
    run([SERVICE, 'start', web])  # it waits for nobody
    run([SERVICE, 'stop', web])
    file.unlink()
    file.write_bytes(b'# \n' * (2 << 20))
    refused([SERVICE, 'start', web], 'cannot add to /etc/hosts, which is larger than 4 MiB')
    file.unlink()
    run([SERVICE, 'start', web])
    assert resolves(web, db)


def test_nul_bytes_are_blanks(make):
    """What comes and goes behind them is as whole as elsewhere, and of many names of its own each counts."""
    web = make(start=False)
    db, other = make('--allow-from', web), make('--allow-from', web)
    file = isolation.tree(web) / 'etc/hosts'
    file.write_bytes(b'192.0.2.7 \0mine\0' + other.upper().encode() + b'\n192.0.2.8' + b' x' * (1 << 20) + b'\n')
    run([SERVICE, 'start', web])
    assert sorted(known(web)) == sorted([db, f'{db}.sandbox', f'{other}.sandbox'])
    for last in (other, db):
        run([SERVICE, 'stop', '-t', '0', last])
        assert last not in hosts(web).partition(MARK)[2]
    run([SERVICE, 'start', db])
    assert sorted(known(web)) == sorted([db, f'{db}.sandbox'])
    assert hosts(web).startswith(file.read_text() + MARK)


def test_one_of_its_own(make, tmp_path):
    (tmp_path / 'hosts').write_text('192.0.2.9 own\n')
    web = make('-m', f'host-bind:/etc/hosts={tmp_path}/hosts,readonly')
    make('--allow-from', web)
    assert hosts(web) == '192.0.2.9 own\n'


def test_links_without_siblings(names):
    """On a bridge of the host there is nobody to name: the file stays the container's own, however large it is."""
    name = names()
    run('ip link add br8 type bridge')
    try:
        isolation.create(name, '-N', 'bridge,source=br8,address=10.77.8.2/24')
        (isolation.tree(name) / 'etc/hosts').write_bytes(b'# \n' * (2 << 20))
        run([SERVICE, 'start', name])
        assert run([SERVICE, 'execute', name, '--', 'sh', '-c', 'echo 192.0.2.9 mine >> /etc/hosts; getent hosts mine']).stdout.split() == ['192.0.2.9', 'mine']
    finally:
        isolation.remove(name)
        run('ip link del br8')


def test_of_a_dead_supervisor(make):
    """Killed with all its processes, its name goes with its address: at the latest when it is cleaned up."""
    web = make()
    db = make('--allow-from', web)
    assert db in known(web)
    pid = isolation.pid_of(db)
    os.kill(int(pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[1]), signal.SIGKILL)
    wait_for(lambda: gone(pid), 'its end with its supervisor')
    run([SERVICE, 'start', db])
    assert resolves(web, db) == sorted(known(web)[db])


def test_musl(make, tmp_path):
    """No nsswitch.conf is read."""
    (tmp_path / 'ask.c').write_text(ASK)
    run(['musl-gcc', '-static', '-o', tmp_path / 'ask', tmp_path / 'ask.c'])
    web = make('-m', f'host-bind:/opt/ask={tmp_path},readonly')
    db = make('--allow-from', web)
    said = run([SERVICE, 'execute', web, '--', '/opt/ask/ask', db]).stdout.split()
    assert sorted(said) == sorted(known(web)[db])


def test_host_without_ipv6(make, root):
    """Nobody is given an address that does not exist; one that has gone with IPv6 leaves no name."""
    entry = root / 'run/libvirt-sandbox-names'
    web = make()
    assert ',fd' in os.readlink(entry / web)
    run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1')
    try:
        db = make('--allow-from', web)
        assert os.readlink(entry / db) == isolation.inspect(db)['state']['address'] == ','.join(known(web)[db])
        run([SERVICE, 'stop', web])
        assert not os.path.lexists(entry / web)
    finally:
        run('sysctl -qw net.ipv6.conf.all.disable_ipv6=0')

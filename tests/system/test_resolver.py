# SPDX-License-Identifier: LGPL-2.1-or-later
"""Name servers: a container gets those that it can reach, on hosts whose own programs ask a stub on their loopback interface."""
import pathlib
import subprocess

import pytest

import isolation
from harness import Outside, refused, run, wait_for
from isolation import service

STUB = 'nameserver 127.0.0.53\noptions edns0 trust-ad\n'
SERVERS = 'nameserver 192.0.2.53\nsearch example.org\n'


@pytest.fixture
def host_resolver(tmp_path):
    """A function that gives the host, as this mount namespace sees it, another /etc/resolv.conf, and systemd-resolved's file if there shall be one."""
    places = []

    def lay(place, source):
        run(['mount', '--bind', source, place])
        places.append(place)

    def make(text, servers=None):
        (tmp_path / 'resolv.conf').write_text(text)
        lay('/etc/resolv.conf', tmp_path / 'resolv.conf')
        if servers is not None:
            (tmp_path / 'run/resolve').mkdir(parents=True)
            (tmp_path / 'run/resolve/resolv.conf').write_text(servers)
            pathlib.Path('/run/systemd').mkdir(exist_ok=True)
            lay('/run/systemd', tmp_path / 'run')

    yield make
    for place in reversed(places):
        run(['umount', place])


def create(name):
    said = service('create', name, '-u', 'cron.service').said
    text = (isolation.tree(name) / 'etc/resolv.conf').read_text()
    service('delete', name)
    return said, text


def test_servers_behind_a_stub(host_resolver, name):
    host_resolver(STUB, SERVERS)
    said, text = create(name)
    assert text == SERVERS and 'loopback' not in said
    assert run(['virt-sandbox', '-N', 'default', '--', 'cat', '/etc/resolv.conf']).stdout == SERVERS
    assert run(['virt-sandbox', '-N', 'host', '--', 'cat', '/etc/resolv.conf']).stdout == STUB, 'on the host\'s network the stub is there'


def test_ordinary_servers_are_taken_as_they_are(host_resolver, name):
    host_resolver(SERVERS, 'nameserver 198.51.100.1\n')
    assert create(name)[1] == SERVERS


def test_a_resolver_that_nobody_else_reaches(host_resolver, name):
    host_resolver('nameserver 127.0.0.1\n')
    said, text = create(name)
    assert text == 'nameserver 127.0.0.1\n'
    assert "Warning: /etc/resolv.conf names only name servers on the host's loopback interface" in said and '--dns' in said
    service('create', name, '-u', 'cron.service')
    try:
        assert '--dns ADDRESS' in service('start', name).said
        service('stop', name)
        (isolation.tree(name) / 'etc/resolv.conf').unlink()
        (isolation.tree(name) / 'etc/resolv.conf').symlink_to('../run/own/resolv.conf')
        service('start', name)  # a program inside has arrangements of its own
        assert service('execute', name, '--', 'readlink', '/etc/resolv.conf').stdout == '../run/own/resolv.conf\n'
        service('stop', name)
        service('set', '--dns', '192.0.2.53', name)
        assert 'resolv.conf' in service('start', name, check=False).stderr, 'what was asked for by name cannot be given'
    finally:
        isolation.remove(name)


# A name server at ARGV[1] that knows one address for every name: ARGV[2].
SERVER = """if True:
    import socket, sys
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 53))
    print(flush=True)
    while True:
        q, peer = s.recvfrom(1000)
        end = q.index(0, 12) + 5
        four = q[end - 4:end - 2] == bytes([0, 1])
        answer = bytes.fromhex('c00c00010001000000000004') + socket.inet_aton(sys.argv[2]) if four else b''
        s.sendto(q[:2] + bytes.fromhex('81800001000%d00000000' % four) + q[12:end] + answer, peer)
"""
NEAR, HOST = 'nameserver 192.0.2.2\n', 'nameserver 192.0.2.1\n'  # answer by 203.0.113.2 and 203.0.113.1
QUICK = 'options timeout:1 attempts:1\n'


@pytest.fixture
def etc(root):
    """The host's /etc, as this mount namespace sees it: what is written there stays here."""
    layers = root / 'etc-upper', root / 'etc-work'
    for layer in layers:
        layer.mkdir()
    run(['mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir=/etc,upperdir={layers[0]},workdir={layers[1]}', '/etc'])
    yield pathlib.Path('/etc')
    run(['umount', '/etc'])
    run(['rm', '-rf', *layers])


@pytest.fixture
def name_servers(outside, servers):
    for place, address, answer in ((outside, Outside.NEAR, '203.0.113.2'), (None, Outside.HOST, '203.0.113.1')):
        command = ['python3', '-c', SERVER, address, answer]
        servers.append((place.spawn if place else subprocess.Popen)(command, stdout=subprocess.PIPE))
        servers[-1].stdout.readline()


def put(etc, text):
    """As dhclient does: another file in its place."""
    (etc / 'new').write_text(text)
    (etc / 'new').rename(etc / 'resolv.conf')


def test_followed(etc, name_servers, names):
    """What the container asks follows the host, by questions that are answered; one of the host's own addresses is open for them, and for nothing else."""
    one, held = isolation.create(names(), '-N', 'default'), isolation.create(names(), '-N', 'default', '--egress', '192.0.2.2:53/udp')

    def asks(name, wanted):
        return service('execute', name, '--', 'getent', 'ahostsv4', 'www.example.org', check=False).stdout.startswith(wanted)

    def text():
        return service('execute', one, '--', 'cat', '/etc/resolv.conf').stdout

    try:
        put(etc, NEAR + QUICK)
        for name in (one, held):
            service('start', name)
            assert asks(name, '203.0.113.2')
        assert service('execute', one, '--', 'sh', '-c', 'echo >/etc/resolv.conf', check=False).returncode != 0
        (etc / 'resolv.conf').write_text(HOST + QUICK)  # in place, as some scripts do
        wait_for(lambda: asks(one, '203.0.113.1'), 'the host is asked at its own address')
        assert '192.0.2.1 . udp . 53' in run('nft list set inet virt_sandbox resolver').stdout.replace('domain', '53').replace('17', 'udp')
        assert not asks(held, '203'), 'who is held asks whom it names'
        put(etc, 'nameserver 127.0.0.1\nsearch a.example\nfoo bar\n' + NEAR + QUICK)
        wait_for(lambda: text() == 'search a.example\n' + NEAR + QUICK, 'what it does not reach is left out')
        assert asks(one, '203.0.113.2') and asks(held, '203.0.113.2')
        wait_for(lambda: 'elements' not in run('nft list set inet virt_sandbox resolver').stdout, 'the host is closed again')
        service('set', '--dns', '192.0.2.1', '--dns-search', 'b.example,c.example', one)
        wait_for(lambda: text() == HOST + 'search b.example c.example\n' and asks(one, '203.0.113.1'), 'others by name')
        put(etc, QUICK)
        service('set', '--dns', 'host', '--dns-search', 'host', one)
        wait_for(lambda: text() == QUICK, 'the host\'s again')
        put(etc, NEAR)
        wait_for(lambda: text() == NEAR, 'after it had none')
        refused(['virt-sandbox-service', 'set', '--dns', 'none', one], 'only while the container does not run')
        service('stop', one)
        service('set', '--dns', 'none', one)
        service('start', one)
        service('execute', one, '--', 'sh', '-c', 'echo nameserver ::1 >/etc/resolv.conf')
        assert text() == 'nameserver ::1\n', 'it is the container\'s own'
    finally:
        isolation.remove(one, held)


def test_of_a_command(etc, name_servers):
    put(etc, HOST + 'search a.example\n')
    for options, wanted in ((), '203.0.113.1'), (('--dns', '192.0.2.2'), '203.0.113.2'), (('--dns', '192.0.2.1'), '203.0.113.1'):
        assert run(['virt-sandbox', '-N', 'default', *options, '--', 'getent', 'ahostsv4', 'www.example.org']).stdout.startswith(wanted)
    assert run(['virt-sandbox', '-N', 'host', '--dns', '::1', '--dns', '192.0.2.2', '--dns-search', '.', '--', 'cat', '/etc/resolv.conf']).stdout \
        == 'nameserver ::1\nnameserver 192.0.2.2\nsearch .\n'
    assert run(['virt-sandbox', '-N', 'host', '--dns-search', 'b.example', '--', 'cat', '/etc/resolv.conf']).stdout == HOST + 'search b.example\n'
    refused(['virt-sandbox', '-N', 'default', '--root', 'host', '--dns', '192.0.2.2', '--', 'true'], '--root')


@pytest.mark.parametrize('words, said', [
    (('--dns', '192.0.2.0/24'), 'is a network'), (('--dns', 'fe80::1'), 'no single host can have'), (('--dns', '224.0.0.1'), 'no single host can have'), (('--dns', '0.0.0.0'), 'no single host can have'),
    (('--dns', 'ns.example'), 'not an IP address'), (('--dns', '192.0.2.1,none'), 'cannot be combined'), (('--dns', '192.0.2.1,,192.0.2.2'), 'empty entry'),
    (('--dns', '192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4'), 'more than 3'), (('--dns', '192.0.2.1', '-N', 'none'), '-N none'), (('--dns-search', 'a..b'), 'not a domain'),
    (('--dns-search', '.,a.example'), 'cannot be combined'), (('--dns-search', 'a b'), 'not a domain'), (('--dns', 'none', '--dns-search', 'a.example'), 'cannot be combined')])
def test_refused(name, words, said):
    refused(['virt-sandbox-service', 'create', *words, name, '--', '/bin/true'], said)

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Named networks: what is refused, who reaches whom in each mode, and what is left."""
import ctypes
import json
import os
import pathlib
import re
import socket
import struct
import subprocess

import pytest

import harness
import isolation
from fakes import ASK, Container, ask

SERVICE = 'virt-sandbox-service'


def network(*words, check=True):
    return harness.run([SERVICE, 'network', *words], check=check)


@pytest.fixture
def networks():
    """Makes a network with these options and returns what is known of it; all are deleted in the end."""
    made = []

    def make(name, *options):
        network('create', *options, name)
        made.append(name)
        return json.loads(network('inspect', name).stdout)

    yield make
    for name in made:
        network('delete', name)


@pytest.fixture
def joined(namespace, names):
    """Containers on networks; gone before their networks are."""
    made = []

    def make(*specs):
        made.append(Container(names(), namespace(), *specs).up())
        return made[-1]

    yield make
    for one in made:
        one.down()


def test_verbs(networks, root):
    one = networks('back-end', '--subnet', '10.88.0.0/24', '--ipv6', 'fd00:88::/64', '--mode', 'isolated')
    assert one == {'name': 'back-end', 'mode': 'isolated', 'subnet': '10.88.0.0/24', 'gateway': '10.88.0.1', 'ipv6': 'fd00:88::/64', 'gateway6': 'fd00:88::1',
                   'bridge': one['bridge'], 'dhcp': None, 'dns': False, 'active': False, 'users': []}
    two = networks('front')
    assert two['mode'] == 'nat' and two['subnet'].startswith('10.208.') and re.fullmatch('fd[0-9a-f:]*::/64', two['ipv6'])
    assert networks('wan', '--mode', 'routed')['ipv6'] is None and networks('old', '--ipv6', 'none')['ipv6'] is None
    assert len({networks(f'n{i}')['bridge'] for i in range(3)} | {one['bridge'], two['bridge']}) == 5
    listed = json.loads(network('list', '--json').stdout)
    assert [entry['name'] for entry in listed if entry['name'] not in ('default', 'libvirt')] == ['back-end', 'front', 'n0', 'n1', 'n2', 'old', 'wan']
    assert 'back-end         isolated  10.88.0.0/24        fd00:88::/64' in network('list').stdout
    assert (root / 'etc/libvirt-sandbox/networks/front.conf').stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('words, sentence', [
    (['--subnet', '10.88.0.0/24', 'again'], 'overlaps with that of the network first, 10.88.0.0/23'),
    (['--subnet', '10.0.0.0/8', 'x'], 'is not an IPv4 network with a prefix of 16 to 29 bits'),
    (['--subnet', '10.87.0.1/24', 'x'], 'is not an IPv4 network'),
    (['--subnet', '10.87.0.0', 'x'], 'is not an IPv4 network'),
    (['--subnet', '127.0.0.0/24', 'x'], 'cannot be the address of a station'),
    (['--subnet', '224.1.0.0/16', 'x'], 'cannot be the address of a station'),
    (['--subnet', '169.254.0.0/16', 'x'], 'cannot be the address of a station'),
    (['--subnet', '192.0.2.0/24', 'x'], "the host"),
    (['--subnet', '10.66.1.0/24', 'x'], "overlaps with the host's route to 10.66.0.0/16, on up0"),
    (['--ipv6', 'fd00:88::/64', 'x'], 'ipv6 fd00:88::/64 is that of the network first'),
    (['--ipv6', 'fd00::/48', 'x'], 'is not an IPv6 prefix of 64 bits'),
    (['--ipv6', 'fe80::/64', 'x'], 'is not a prefix that containers can have'),
    (['--ipv6', 'fd00:ec2::/64', 'x'], 'is not a prefix that containers can have'),
    (['--mode', 'open', 'x'], 'mode "open" is none of nat, routed, isolated'),
    (['first'], 'network first exists already'),
    (['../x'], 'network name "../x" must begin with a letter or digit'),
    (['none'], 'a network cannot be named "none"'),
    (['default'], 'a network cannot be named "default"'),
])
def test_what_does_not_fit_is_refused(networks, outside, words, sentence):
    networks('first', '--subnet', '10.88.0.0/23', '--ipv6', 'fd00:88::/64')
    harness.run(f'ip route replace 10.66.0.0/16 via {outside.NEAR}')
    before = network('list').stdout
    failed = network('create', *words, check=False)
    assert failed.returncode == 1 and sentence in failed.stderr, failed.stderr
    assert network('list').stdout == before


def test_files_by_hand(root):
    place = root / 'etc/libvirt-sandbox/networks/hand.conf'
    place.parent.mkdir(parents=True, exist_ok=True)
    for text, sentence in (('mode=nat\n', 'line 1: mode: stands before [network]'.replace('mode:', 'mode=nat:')), ('[network]\ndns=1\n', 'line 2: dns "1" is not yes or no'),
                           ('[network]\nsubnet=10.1.0.0/24\nbridge=vsn9\ndhcp=10.1.1.1-10.1.1.9\n', 'the range of dhcp is not one of'),
                           ('[network]\nmode=nat\n', 'has no line bridge='), ('[network]\nsubnet=10.1.0.0/24\nbridge=br0\n', 'line 3: bridge "br0" is not vsn with a number'),
                           ('[network]\nnonsense\n', 'line 2: "nonsense" is not KEY=VALUE'), ('[net]\n', 'line 1: [net]: unknown section')):
        place.write_text(text)
        failed = network('inspect', 'hand', check=False)
        assert failed.returncode == 1 and f'{place}' in failed.stderr and sentence in failed.stderr, failed.stderr
    place.unlink()


def test_unknown_network_is_refused(root):
    for command in ([SERVICE, 'create', '-N', 'nosuch', 'c1', '--', '/bin/true'], ['virt-sandbox', '-N', 'nosuch', '--', 'true']):
        harness.refused(command, 'there is no network nosuch')
    assert 'there is no network nosuch' in network('delete', 'nosuch', check=False).stderr


def reaches(one, address, port='80'):
    return one.run(['python3', '-c', ASK, address, port], check=False).returncode == 0


def pings(one, address):
    return one.run(['ping', '-c1', '-W1', address], check=False).returncode == 0


SERVER = ("import socket\ns = socket.create_server(('::', 8080), family=socket.AF_INET6, dualstack_ipv6=True); print(flush=True)\n"
          "while True:\n    c, p = s.accept(); c.sendall(p[0].encode()); c.close()")


@pytest.fixture
def far(outside, servers):
    """A server outside that says who asks; the outside knows the ways to containers, and the host has IPv6 there."""
    server = outside.spawn(['python3', '-c', SERVER], stdout=subprocess.PIPE)
    servers.append(server)
    server.stdout.readline()
    harness.run('ip address replace fd00:aa::1/64 dev up0 nodad; ip route replace default via ' + outside.NEAR)
    outside.run('ip address replace fd00:aa::2/64 dev up0 nodad')
    yield outside
    harness.run('ip address del fd00:aa::1/64 dev up0')
    outside.run('ip address del fd00:aa::2/64 dev up0')


def asks(one, address):
    return one.run(['python3', '-c', ASK, address, '8080'], check=False).stdout.strip()


def address6(one, prefix):
    return prefix.replace('/64', f'{int(one.address.split(".")[3]):x}')


@pytest.mark.parametrize('mode', ['nat', 'routed', 'isolated'])
def test_modes(networks, joined, far, servers, mode):
    net = networks('net', '--mode', mode, '--subnet', '10.88.0.0/24', '--ipv6', 'fd00:88::/64')
    one, two, other = joined('net'), joined('net'), joined()
    servers += [one.serve(), two.serve(), other.serve()]
    own6 = address6(one, net['ipv6'])
    assert ask(one.address) == f'{one.name} 10.88.0.1'  # the host
    assert pings(one, '10.88.0.1') and pings(one, 'fd00:88::1')
    harness.run(['ping', '-6', '-c1', '-W5', own6])
    # Siblings, and containers of another network, by either protocol.
    for target in (two.address, other.address, address6(two, net['ipv6']), other.address6()):
        assert not reaches(one, target) and not pings(one, target), target
    assert not reaches(other, one.address) and not pings(other, own6)
    # Out, as whom.
    far.run(f'ip route replace 10.88.0.0/24 via {far.HOST}; ip -6 route replace fd00:88::/64 via fd00:aa::1')
    seen = {'nat': (far.HOST, 'fd00:aa::1'), 'routed': (one.address, own6), 'isolated': ('', '')}[mode]
    assert (asks(one, far.FAR).replace('::ffff:', ''), asks(one, 'fd00:aa::2')) == seen
    assert asks(other, far.FAR).replace('::ffff:', '') == far.HOST, 'control'
    # In.
    assert reaches(far, one.address) == (mode == 'routed')
    assert pings(far, own6) == (mode == 'routed')


def test_goes_with_the_last(networks, namespace, names):
    before = harness.snapshot()
    net = networks('net')
    default, one = Container(names(), namespace()).up(), Container(names(), namespace(), 'net').up()
    assert json.loads(network('inspect', 'net').stdout)['active']
    failed = network('delete', 'net', check=False)
    assert failed.returncode == 1 and f'containers run on its bridge {net["bridge"]}' in failed.stderr
    default.down()
    harness.run(['ping', '-c1', '-W5', one.address])
    assert 'vsb0' not in harness.snapshot()['links']
    one.down()
    after = harness.snapshot()
    for kind in ('links', 'routes', 'nftables', 'sysctls'):
        assert before[kind] == after[kind], kind


def test_described_network_is_kept(networks):
    networks('net')
    harness.run([SERVICE, 'create', '-N', 'net', 'keeps', '--', '/bin/true'])
    try:
        assert 'network=net' not in harness.run([SERVICE, 'inspect', 'keeps']).stdout
        assert json.loads(network('inspect', 'net').stdout)['users'] == ['keeps']
        failed = network('delete', 'net', check=False)
        assert failed.returncode == 1 and 'is used by container keeps' in failed.stderr
    finally:
        harness.run([SERVICE, 'delete', 'keeps'])


def test_one_command_on_a_network(networks):
    net = networks('net')
    said = harness.run(['virt-sandbox', '-N', 'net', '--', 'ip', '-o', 'address', 'show', 'eth0']).stdout
    assert net['subnet'].rsplit('.', 1)[0] in said and net['ipv6'].split('::')[0] in said
    assert not [name for name in harness.snapshot()['links'] if name.startswith('vs')]


def test_what_is_in_the_way_is_told(names, outside):
    """Another table with a drop policy, and a route to our network: named at start with what to do; silence when the rule is there."""
    name = names()
    harness.run([SERVICE, 'create', name, '--', '/bin/sleep', 'infinity'])
    knock = [SERVICE, 'execute', name, '--', 'python3', '-c', ASK, outside.NEAR, '9']

    def start():
        said = harness.run([SERVICE, 'start', name]).stderr
        reached = 'ConnectionRefused' in harness.run(knock, check=False).stderr  # nobody listens there
        harness.run([SERVICE, 'stop', '-t', '1', name])
        return said, reached

    try:
        assert start() == ('', True), 'control'
        harness.run('nft "add table inet office; add chain inet office fw { type filter hook forward priority 10; policy drop; }"')
        said, reached = start()
        assert 'table inet office drops what its chain fw does not know' in said and not reached
        for rule in re.findall('`(nft [^`]*)`', said):
            harness.run(rule)
        assert start() == ('', True), 'the rules that it names help'
        harness.run('nft delete table inet office; ip route add 10.209.128.0/17 via ' + outside.NEAR)
        assert "the host's route to 10.209.128.0/17, on up0, overlaps with 10.209.0.0/16 of the network default" in start()[0]
    finally:
        harness.run('nft delete table inet office', check=False)
        harness.run('ip route del 10.209.128.0/17', check=False)
        harness.run([SERVICE, 'delete', name])


@pytest.mark.parametrize('family, hook, policy, rules', [
    ('ip', 'forward priority 0', 'drop', []),
    ('inet', 'forward priority 0', 'accept', ['ct state established accept', 'counter drop']),
    ('ip', 'forward priority 0', 'accept', ['log prefix "no " reject']),
    ('inet', 'prerouting priority -300', 'drop', ['iifname "up0" accept']),
    ('ip', 'postrouting priority 0', 'drop', []),
    ('inet', 'forward priority 0', 'accept', ['tcp dport 25 drop']),
], ids=['other-family', 'last-rule', 'reject', 'prerouting', 'postrouting', 'control'])
def test_what_drops_everything_is_told(names, outside, family, hook, policy, rules):
    name = names()
    harness.run([SERVICE, 'create', name, '--', '/bin/sleep', 'infinity'])
    try:
        harness.run(['nft', f'add table {family} office; add chain {family} office fw {{ type filter hook {hook}; policy {policy}; }}; '
                     + '; '.join(f'add rule {family} office fw {rule}' for rule in rules)])
        said = harness.run([SERVICE, 'start', name]).stderr
        commands = re.findall('`(nft [^`]*)`', said)
        assert bool(commands) == (rules != ['tcp dport 25 drop'])
        for command in commands:
            harness.run(command)
        knock = harness.run([SERVICE, 'execute', name, '--', 'python3', '-c', ASK, outside.NEAR, '9'], check=False).stderr
        assert 'ConnectionRefused' in knock, 'the rules that it names help'
    finally:
        harness.run(f'nft delete table {family} office', check=False)
        harness.run([SERVICE, 'stop', '-t', '1', name], check=False)
        harness.run([SERVICE, 'delete', name])


def legacy_forward_policy(family, verdict):
    """What `iptables-legacy -P FORWARD` does, which is not installed: the table as the kernel has it, with another verdict in the last entry of the chain."""
    level, entry = ((socket.SOL_IP, 112), (41, 168))[family == socket.AF_INET6]
    libc = ctypes.CDLL(None, use_errno=True)
    with socket.socket(family, socket.SOCK_RAW, 255) as s:
        def get(option, size, words=b''):
            buffer = ctypes.create_string_buffer(b'filter'.ljust(32, b'\0') + words, size)
            assert libc.getsockopt(s.fileno(), level, option, buffer, ctypes.byref(ctypes.c_uint32(size))) == 0, os.strerror(ctypes.get_errno())
            return bytearray(buffer.raw)

        info = get(64, 84)  # IPT_SO_GET_INFO
        underflow, (count, size) = struct.unpack_from('I', info, 32 + 4 + 20 + 8)[0], struct.unpack_from('II', info, 76)
        entries = get(65, 40 + size, struct.pack('I', size))[40:]  # IPT_SO_GET_ENTRIES
        struct.pack_into('i', entries, underflow + entry + 32, -verdict - 1)
        counters = ctypes.create_string_buffer(16 * count)
        # struct ipt_replace
        s.setsockopt(level, 64, bytes(info[:36]) + struct.pack('II', count, size) + bytes(info[36:76]) + struct.pack('=IQ', count, ctypes.addressof(counters)) + bytes(entries))


def test_older_tables_in_the_way_are_told(names, outside):
    """Those of iptables-legacy, which nftables does not show."""
    name = names()
    harness.run([SERVICE, 'create', name, '--', '/bin/sleep', 'infinity'])
    knock = [SERVICE, 'execute', name, '--', 'python3', '-c', ASK, outside.NEAR, '9']

    def start():
        said = harness.run([SERVICE, 'start', name]).stderr
        reached = 'ConnectionRefused' in harness.run(knock, check=False).stderr  # nobody listens there
        harness.run([SERVICE, 'stop', '-t', '1', name])
        return said, reached

    try:
        tables = pathlib.Path('/proc/net/ip_tables_names')  # is there once ip_tables is loaded
        assert start() == ('', True) and not (tables.exists() and 'filter' in tables.read_text()), 'looking makes no table'
        legacy_forward_policy(socket.AF_INET, 1)
        assert start() == ('', True), 'control: it accepts'
        legacy_forward_policy(socket.AF_INET, 0)
        said, reached = start()
        assert 'the chain FORWARD of iptables-legacy drops' in said and '`iptables-legacy -I FORWARD -i vsb0 -j ACCEPT`' in said and not reached
        legacy_forward_policy(socket.AF_INET, 1)
        legacy_forward_policy(socket.AF_INET6, 0)
        said, reached = start()
        assert 'the chain FORWARD of ip6tables-legacy drops' in said and said.count('\n') == 1 and reached
    finally:
        legacy_forward_policy(socket.AF_INET, 1)
        legacy_forward_policy(socket.AF_INET6, 1)
        harness.run([SERVICE, 'delete', name])


def test_network_of_another_container(names):
    """The second speaks with the first over loopback, has its address, and cannot start without it."""
    first, second = names(), names()
    serve = "import socket; s = socket.create_server(('127.0.0.1', 8080)); print(flush=True)\nwhile True: c, p = s.accept(); c.sendall(b'first'); c.close()"
    harness.run([SERVICE, 'create', first, '--', '/usr/bin/python3', '-c', serve])
    harness.run([SERVICE, 'create', '-N', f'container={first}', second, '--', '/bin/sleep', 'infinity'])
    try:
        harness.refused([SERVICE, 'start', second], f'network container={first}: container {first} does not run; start it first')
        harness.run([SERVICE, 'start', first, second])

        def addresses(name):
            return harness.run([SERVICE, 'execute', name, '--', 'ip', '-o', 'address', 'show', 'eth0']).stdout

        assert addresses(first) and addresses(first) == addresses(second)
        assert harness.run([SERVICE, 'execute', second, '--', 'python3', '-c', ASK, '127.0.0.1', '8080']).stdout == 'first\n'
        for attempt in ('ip link set eth0 down', 'ip address add 10.209.9.9/16 dev eth0'):
            assert harness.run([SERVICE, 'execute', second, '--', *attempt.split()], check=False).returncode != 0
        harness.run([SERVICE, 'stop', second])
        assert addresses(first)
    finally:
        isolation.remove(second, first)

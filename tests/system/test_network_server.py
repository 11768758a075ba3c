# SPDX-License-Identifier: LGPL-2.1-or-later
"""The DHCP and DNS server of a network: what a client inside gets by real packets, what nobody gets, its death, and that nothing is left of it."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

import isolation
from harness import gone, refused, run, wait_for
from test_resolver import etc  # noqa: F401 (a fixture)

SERVICE = 'virt-sandbox-service'
RANGE = '10.88.7.100-10.88.7.103'
EVENT = '#!/bin/sh\n[ "$1" = bound ] && echo "bound ip=$ip mask=$mask router=$router dns=$dns routes=$staticroutes host=$hostname"; exit 0\n'
DIG = ['dig', '+time=2', '+tries=1', '+noall', '+comments', '+answer']


@pytest.fixture
def lab(root):
    run([SERVICE, 'network', 'create', '--subnet', '10.88.7.0/24', '--ipv6', 'fd00:88:7::/64', '--dhcp', RANGE, '--dns', 'lab'])
    yield root / 'run/libvirt-sandbox/.network'
    run([SERVICE, 'network', 'delete', 'lab'])


@pytest.fixture
def make(names, lab):
    made = []

    def create(*options):
        made.append(isolation.create(names(), '-N', 'lab', *options))
        run([SERVICE, 'start', made[-1]])
        return made[-1]

    yield create
    for name in made:
        isolation.remove(name)


def address(name):
    return isolation.inspect(name)['state']['address']


def inside(name, *command, check=True):
    """With the host's programs and rights, in the network of the container."""
    return run(['nsenter', f'--net=/proc/{isolation.pid_of(name)}/ns/net', '--', *command], check=check)


def dig(name, what, *options, server='10.88.7.1'):
    said = inside(name, *DIG, *options, f'@{server}', what, check=False).stdout
    status = re.search('status: ([A-Z]*)', said)
    return (status and status.group(1), sorted(line.split()[4] for line in said.splitlines() if line and not line.startswith(';')))


def lease(name, tmp_path, *options):
    """What a DHCP client gets there, as a line; nothing: no answer."""
    (tmp_path / 'event').write_text(EVENT)
    (tmp_path / 'event').chmod(0o755)
    return inside(name, 'busybox', 'udhcpc', '-f', '-q', '-n', '-t', '3', '-T', '1', '-i', 'eth0', '-s', tmp_path / 'event', '-O', 'staticroutes', *options, check=False).stdout.strip()


def server_pid(lab):
    return int((lab / 'server.vsn1/server').read_text().split()[0])


def test_lease_and_names(make, lab, tmp_path, names):
    one = make()
    assert address(one) == '10.88.7.100', 'the range'
    assert lease(one, tmp_path) == f'bound ip=10.88.7.100 mask=32 router=10.88.7.1 dns=10.88.7.1 routes=10.88.7.1/32 0.0.0.0 10.88.7.0/24 10.88.7.1 0.0.0.0/0 10.88.7.1 host={one}'
    two = make('--egress', 'none')
    pid = server_pid(lab)
    # Names of what runs, in both families, forwards and back; by the resolver of the C library, too.
    assert 'nameserver 10.88.7.1\n' in run([SERVICE, 'execute', one, '--', 'cat', '/etc/resolv.conf']).stdout
    assert run([SERVICE, 'execute', one, '--', 'getent', 'ahostsv4', two]).stdout.split()[0] == address(two)
    for options in ([], ['+tcp']):
        assert dig(one, f'{two}.sandbox', *options) == ('NOERROR', ['10.88.7.101'])
    assert dig(one, f'{two}.sandbox', '-t', 'AAAA') == ('NOERROR', ['fd00:88:7::65'])
    assert dig(one, '101.7.88.10.in-addr.arpa', '-t', 'PTR') == ('NOERROR', [f'{two}.sandbox.'])
    assert dig(one, 'nosuch.sandbox')[0] == 'NXDOMAIN'
    # Who may go nowhere asks nobody, unless that is named.
    assert dig(two, one) == (None, [])
    run([SERVICE, 'set', '--egress', 'host:53/udp', two])
    assert dig(two, f'{one}.sandbox') == ('NOERROR', ['10.88.7.100'])
    # What is said inside is not believed: neither a name, nor another station's MAC address.
    assert f'host={one}' in lease(one, tmp_path, '-x', 'hostname:db1', '-F', 'db1') and dig(one, 'db1.sandbox')[0] == 'NXDOMAIN'
    # A stopped one has no name; its address, given to another one, is that one's.
    run([SERVICE, 'stop', two])
    wait_for(lambda: dig(one, f'{two}.sandbox')[0] == 'NXDOMAIN', 'the name goes')
    assert server_pid(lab) == pid, 'one server for all'
    run([SERVICE, 'delete', two])
    three = make()
    assert address(three) == '10.88.7.101' and f'ip=10.88.7.101 ' in lease(three, tmp_path) and dig(one, f'{three}.sandbox') == ('NOERROR', ['10.88.7.101'])
    make(), make()
    refused([SERVICE, 'create', '-N', 'lab', names(), '--', '/bin/true'], 'all 4 addresses of the network lab, 10.88.7.0/24, are reserved')


def test_it_has_nothing_of_the_host(make, lab):
    make()
    pid = server_pid(lab)
    status = dict(line.split(':\t', 1) for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines())
    assert '0' not in status['Uid'].split() and status['NoNewPrivs'] == '1' and status['Seccomp'] == '2'
    assert os.readlink(f'/proc/{pid}/ns/user') != os.readlink('/proc/self/ns/user') and os.readlink(f'/proc/{pid}/ns/net') == os.readlink('/proc/self/ns/net')
    top = pathlib.Path(f'/proc/{pid}/root')
    assert sorted(os.listdir(top / 'etc')) == ['conf', 'group', 'names', 'passwd', 'resolv.conf', 'stations']
    assert set(os.listdir(top)) <= {'bin', 'dev', 'etc', 'lib', 'lib64', 'sbin', 'usr', 'var'}
    entered = ['nsenter', f'--target={pid}', '--user', '--net', '--', 'ip', 'link', 'add', 'vsx0', 'type', 'bridge']
    assert 'not permitted' in run(entered, check=False).stderr, 'its capabilities are over no network'


def test_it_dies(make, lab, tmp_path):
    """Killed, it is there again while containers run, also for names from before; that is told."""
    one, two = make(), make()
    pid = server_pid(lab)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: server_pid(lab) != pid and dig(one, f'{two}.sandbox') == ('NOERROR', [address(two)]), 'it is there again')
    assert lease(two, tmp_path).startswith(f'bound ip={address(two)} ')
    wait_for(lambda: 'network-restored' in run([SERVICE, 'events', '--json']).stdout, 'an event')
    # So it is when the bridge has gone.
    pid = server_pid(lab)
    run('ip link delete vsn1')
    wait_for(lambda: server_pid(lab) != pid and gone(pid), 'another one')
    wait_for(lambda: dig(one, f'{two}.sandbox') == ('NOERROR', [address(two)]), 'it answers')
    assert lease(one, tmp_path).startswith(f'bound ip={address(one)} ')
    # It ends with the last container, whoever started it.
    pid = server_pid(lab)
    run([SERVICE, 'stop', one])
    assert dig(two, f'{two}.sandbox') == ('NOERROR', [address(two)]) and server_pid(lab) == pid
    run([SERVICE, 'stop', two])
    wait_for(lambda: gone(pid), 'its end')
    assert not (lab / 'server.vsn1').exists()


def test_without_the_program(names, lab, tmp_path):
    refused([SERVICE, 'network', 'create', '--dhcp', '10.1.0.1-10.1.0.5', 'x'], 'the range of dhcp is not one of its')
    for value in ('10.88.7.9', '10.88.7.9-10.88.7.2', '::1-::2', 'maybe', '10.88.7.9-', '-'):
        refused([SERVICE, 'network', 'create', f'--dhcp={value}', 'x'], f'dhcp "{value}" is not yes, no, or a range')
    name = isolation.create(names(), '-N', 'lab')
    programs = [path for path in ('/usr/sbin/dnsmasq', '/usr/bin/dnsmasq') if os.path.exists(path)]
    try:
        for path in programs:
            (tmp_path / 'none').touch()
            run(['mount', '--bind', tmp_path / 'none', path])
        for command in ([SERVICE, 'network', 'create', '--dns', 'x'], [SERVICE, 'start', name]):
            refused(command, 'need dnsmasq, which this host does not have; install the package dnsmasq-base')
    finally:
        for path in programs:
            run(['umount', path])
    assert not subprocess.run(['ip', 'link', 'show', 'vsn1'], capture_output=True).stdout
    run([SERVICE, 'start', name])
    isolation.remove(name)


# Sends a DHCP message from eth0 and says what is answered. ARGV: kind, chaddr, port of the server, giaddr, requested address or -, client id or -.
SAY = """if True:
    import socket, struct, sys
    kind, chaddr, port, giaddr, wanted, client = sys.argv[1:]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
    s.bind(('', 68)); s.settimeout(1)
    options = bytes([53, 1, int(kind)]) + bytes([54, 4]) + socket.inet_aton('10.88.7.1')
    options += bytes([50, 4]) + socket.inet_aton(wanted) if wanted != '-' else b''
    options += bytes([61, 7, 1]) + bytes.fromhex(client.replace(':', '')) if client != '-' else b''
    packet = struct.pack('!BBBBIHH4s4s4s4s16s64s128s', 1, 1, 6, 0, 4711, 0, 0, b'', b'', b'', socket.inet_aton(giaddr), bytes.fromhex(chaddr.replace(':', '')), b'', b'')
    s.sendto(packet + b'c\\x82Sc' + options + b'\\xff', ('10.88.7.1' if port != '67' else '255.255.255.255', int(port)))
    try:
        answer = s.recv(2000)
        print(socket.inet_ntoa(answer[16:20]))
    except TimeoutError:
        pass
"""
DISCOVER, DECLINE, RELEASE = '1', '4', '7'


def test_what_is_said_of_others(make, tmp_path):
    """A message is about who sends it, or nobody hears it: no address of a sibling is declined, released or asked for, by whatever port."""
    one, two = make(), make()
    mac = {name: inside(name, 'ip', '-br', 'link', 'show', 'eth0').stdout.split()[2] for name in (one, two)}

    def says(kind, chaddr, port='67', giaddr='0.0.0.0', wanted='-', client='-'):
        return inside(two, 'python3', '-c', SAY, kind, chaddr, port, giaddr, wanted, client).stdout.strip()
    assert lease(one, tmp_path).startswith(f'bound ip={address(one)} ')
    for port in ('67', '21067'):
        assert says(DISCOVER, mac[two], port) == address(two), 'its own'
        assert says(DISCOVER, mac[one], port) == says(DISCOVER, '52:54:00:00:00:01', port) == ''
        assert says(DISCOVER, mac[two], port, giaddr=address(one)) == '', 'no relay'
        for kind in (DECLINE, RELEASE):
            says(kind, mac[one], port, wanted=address(one))
            says(kind, mac[two], port, wanted=address(one), client=mac[one])
    assert lease(one, tmp_path).startswith(f'bound ip={address(one)} '), 'it is not declined'
    # A message that is too short to say whom it is about.
    inside(two, 'python3', '-c', "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 68)); s.sendto(b'\\1\\1\\6', ('10.88.7.1', 67))")
    assert lease(two, tmp_path).startswith(f'bound ip={address(two)} ')
    # It declines its own: that is believed, which shows that the message is one.
    says(DECLINE, mac[two], wanted=address(two))
    assert lease(two, tmp_path) == ''
    assert lease(one, tmp_path).startswith(f'bound ip={address(one)} ')


UPSTREAM = ['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', '--except-interface=lo', '--pid-file=', '--user=root']


@pytest.fixture
def upstream(etc):  # noqa: F811
    """Two name servers of the host's, which do not agree; the host asks the first."""
    run('ip address add 192.0.2.201/32 dev lo; ip address add 192.0.2.202/32 dev lo')
    servers = [subprocess.Popen([*UPSTREAM, f'--listen-address=192.0.2.20{i}', f'--address=/where.example/198.51.100.{i}']) for i in (1, 2)]
    (etc / 'resolv.conf').write_text('nameserver 192.0.2.201\n')
    yield
    for server in servers:
        server.kill()
        server.wait()
    run('ip address del 192.0.2.201/32 dev lo; ip address del 192.0.2.202/32 dev lo')


def test_two_networks_and_the_hosts_servers(make, lab, upstream, etc, names):  # noqa: F811
    """Each network has its own server, which knows its own; both ask whom the host asks, also after that has changed."""
    run([SERVICE, 'network', 'create', '--subnet', '10.88.8.0/24', '--dhcp', 'yes', '--dns', 'other'])
    one, two = make(), isolation.create(names(), '-N', 'other')
    try:
        run([SERVICE, 'start', two])
        assert dig(one, f'{one}.sandbox') == ('NOERROR', [address(one)]) and dig(one, f'{two}.sandbox')[0] == 'NXDOMAIN'
        assert dig(two, f'{two}.sandbox', server='10.88.8.1') == ('NOERROR', [address(two)]) and dig(two, f'{one}.sandbox', server='10.88.8.1')[0] == 'NXDOMAIN'
        assert dig(two, f'{one}.sandbox', server='10.88.7.1') == (None, []), 'nobody asks the other one'
        for name, server in ((one, '10.88.7.1'), (two, '10.88.8.1')):
            assert dig(name, 'where.example', server=server) == ('NOERROR', ['198.51.100.1'])
        (etc / 'resolv.conf').write_text('nameserver 192.0.2.202\n')
        for name, server in ((one, '10.88.7.1'), (two, '10.88.8.1')):
            wait_for(lambda name=name, server=server: dig(name, 'where.example', server=server) == ('NOERROR', ['198.51.100.2']), 'the other one is asked')
        run([SERVICE, 'stop', two])
        assert dig(one, f'{one}.sandbox') == ('NOERROR', [address(one)])
    finally:
        isolation.remove(two)
        run([SERVICE, 'network', 'delete', 'other'])


def test_a_dead_container_has_no_name(make, lab):
    """Its keeper is killed with all of it; the next one that starts takes its name away."""
    one, two = make(), make()
    pid = isolation.pid_of(two)
    os.kill(int(pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[1]), signal.SIGKILL)
    wait_for(lambda: gone(pid) and len([link for link in os.listdir('/sys/class/net') if link.startswith('vsb')]) < 2, 'its end')
    make()
    wait_for(lambda: dig(one, f'{two}.sandbox')[0] == 'NXDOMAIN', 'the name goes')
    assert len(os.listdir(lab / 'server.vsn1/etc/names')) == 2

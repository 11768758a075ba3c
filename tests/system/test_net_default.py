# SPDX-License-Identifier: LGPL-2.1-or-later
"""The default network, driven as the engine does, with namespaces in place of containers."""
import concurrent.futures
import os
import pathlib
import socket
import subprocess

import pytest

import harness
import isolation
from fakes import ASK, FRAGMENT, FRAME, Container, ask, fragments, listen, port_of

BRIDGE = 'vsb0'


def test_host_reaches_container(containers, servers):
    one = containers()
    servers.append(one.serve())
    assert ask(one.address) == f'{one.name} {one.gateway()}'
    harness.run(['ping', '-c1', '-W5', one.address])


def test_inside_is_configured(containers):
    one = containers()
    links = one.run('ip -o link').stdout
    assert 'eth0' in links and 'lo' in links and len(links.splitlines()) == 2
    assert f'{one.address}/16' in one.run('ip -o -4 address show eth0').stdout
    assert f'default via {one.gateway()}' in one.run('ip route').stdout
    assert 'LOOPBACK,UP' in one.run('ip -o link show lo').stdout
    assert f'inet6 {one.address6()}/64' in one.run('ip address show eth0').stdout
    assert f'default via {one.gateway6()}' in one.run('ip -6 route').stdout
    assert 'fe80' not in one.run('ip address show eth0').stdout
    # Services that ask which address families there are (AI_ADDRCONFIG) can listen on "::".
    assert one.run(['getent', 'ahostsv6', '::']).stdout.startswith('::')
    one.run(['ping', '-c1', '-W5', '127.0.0.1'])


def test_containers_do_not_reach_each_other(containers, servers):
    one, two = containers(), containers()
    servers += [one.serve(), two.serve()]
    assert ask(two.address) == f'{two.name} {one.gateway()}'  # the positive control
    assert one.run(['python3', '-c', ASK, two.address, '80'], check=False).returncode != 0
    assert one.run(['ping', '-c1', '-W1', two.address], check=False).returncode != 0
    # Nor through the host: a route that sends everything to the gateway.
    one.run(f'ip route add {two.address}/32 via {one.gateway()}')
    refused = one.run(['python3', '-c', ASK, two.address, '80'], check=False)
    assert refused.returncode != 0
    # Nor with the sibling's MAC address known.
    mac = two.mac()
    one.run(f'ip route del {two.address}/32; ip neigh replace {two.address} lladdr {mac} dev eth0')
    assert one.run(['python3', '-c', ASK, two.address, '80'], check=False).returncode != 0


def test_container_reaches_no_service_of_the_host(containers, outside):
    one = containers()
    with socket.create_server(('0.0.0.0', 0)) as server:
        port = str(server.getsockname()[1])
        for address in (one.gateway(), outside.HOST):
            assert one.run(['python3', '-c', ASK, address, port], check=False).returncode != 0, address
        harness.run(['python3', '-c', "import socket,sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)", port])
    one.run(['ping', '-c1', '-W5', one.gateway()])


def test_container_reaches_outside_translated(containers, outside, servers):
    one = containers()
    code = ("import socket\ns = socket.create_server(('0.0.0.0', 8080)); print(flush=True)\n"
            "while True:\n    c, p = s.accept(); c.sendall(p[0].encode()); c.close()")
    server = outside.spawn(['python3', '-c', code], stdout=subprocess.PIPE)
    servers.append(server)
    server.stdout.readline()
    assert one.run(['python3', '-c', ASK, outside.FAR, '8080']).stdout.strip() == outside.HOST
    one.run(['ping', '-c1', '-W5', outside.FAR])


def test_link_local_addresses_are_the_hosts(containers, outside, servers):
    """A cloud hands out the host's keys at 169.254.169.254; where its resolver is there as well, that is reached."""
    one = containers()
    outside.run('ip address add 169.254.169.254/32 dev lo')
    harness.run(f'ip route add 169.254.169.254/32 via {outside.NEAR}')
    code = ("import socket, select\nservers = [socket.create_server(('0.0.0.0', port)) for port in (53, 80)]; print(flush=True)\n"
            "while True:\n    for s in select.select(servers, [], [])[0]:\n        c, p = s.accept(); c.sendall(b'keys'); c.close()")
    server = outside.spawn(['python3', '-c', code], stdout=subprocess.PIPE)
    servers.append(server)
    server.stdout.readline()
    try:
        assert ask('169.254.169.254') == 'keys', 'control'
        assert one.run(['python3', '-c', ASK, outside.FAR, '80']).stdout == 'keys\n', 'control'
        assert one.run(['python3', '-c', ASK, '169.254.169.254', '53']).stdout == 'keys\n'
        assert one.run(['python3', '-c', ASK, '169.254.169.254', '80'], check=False).returncode != 0
    finally:
        harness.run('ip route del 169.254.169.254/32')


@pytest.mark.parametrize('place', ['168.63.129.16', '100.100.100.200'])
def test_other_metadata_services_are_closed(containers, outside, place):
    one = containers()
    outside.run(f'ip address add {place}/32 dev lo')
    assert one.run(['ping', '-c1', '-W1', place], check=False).returncode != 0
    harness.run(['ping', '-c1', '-W5', place])
    harness.run('nft flush chain inet virt_sandbox forward')
    one.run(['ping', '-c1', '-W5', place])  # the control


# An ICMP message of this type to the host, about what the host has sent to the container. ARGV: MAC, address, the host's address and port, type.
MESSAGE = """if True:
    import socket, struct, sys
    mac, source, host, port, kind = sys.argv[1:]
    def sums(data):
        total = sum(struct.unpack(f'!{len(data) // 2}H', data))
        total = (total & 0xffff) + (total >> 16)
        return struct.pack('!H', ~(total + (total >> 16)) & 0xffff)
    def ip(protocol, a, b, data):
        header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(data), 1, 0, 64, protocol, 0, socket.inet_aton(a), socket.inet_aton(b))
        return header[:10] + sums(header) + header[12:] + data
    message = bytes((int(kind), 1, 0, 0)) + socket.inet_aton(source) + ip(17, host, source, struct.pack('!HHHH', int(port), 9, 8, 0))
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(('eth0', 0x800))
    link.send(bytes.fromhex('525400767362' + mac.replace(':', '')) + b'\\x08\\x00' + ip(1, source, host, message[:2] + sums(message) + message[4:]))
"""


def test_redirects_are_nobodys(containers):
    """That a host is unreachable is believed of who says it; where else to send packets is not."""
    one = containers()
    one.run('nft add table ip q; nft add chain ip q o "{ type filter hook output priority 0; }"; nft add rule ip q o meta l4proto icmp drop')
    harness.run('nft add table ip seen; nft add chain ip seen in "{ type filter hook input priority 10; }"; nft add rule ip seen in icmp type redirect counter; '
                'nft add rule ip seen in icmp type destination-unreachable counter')
    try:
        for kind in ('5', '3'):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect((one.address, 9))
                client.send(b'x')
                host, port = client.getsockname()
                one.run(['python3', '-c', MESSAGE, one.mac(), one.address, host, str(port), kind])
        harness.wait_for(lambda: 'unreachable counter packets 1 ' in harness.run('nft list chain ip seen in').stdout, 'what came after it')
        assert 'redirect counter packets 0 ' in harness.run('nft list chain ip seen in').stdout
    finally:
        harness.run('nft delete table ip seen')


def test_metadata_behind_a_translator(containers, outside):
    """A host with NAT64 would ask for it."""
    one = containers()
    harness.run('ip address replace fd00:aa::1/64 dev up0 nodad; ip -6 route replace 64:ff9b::/96 via fd00:aa::2; sysctl -qw net.ipv6.conf.all.forwarding=1')
    outside.run('ip address replace fd00:aa::2/64 dev up0 nodad; ip address add 64:ff9b::a9fe:a9fe/128 dev lo; ip address add 64:ff9b::808:808/128 dev lo')
    try:
        one.run(['ping', '-6', '-c1', '-W5', '64:ff9b::808:808'])  # the control
        assert one.run(['ping', '-6', '-c1', '-W1', '64:ff9b::a9fe:a9fe'], check=False).returncode != 0
    finally:
        harness.run('ip -6 route del 64:ff9b::/96; ip address del fd00:aa::1/64 dev up0; sysctl -qw net.ipv6.conf.all.forwarding=0')
        outside.run('ip address del fd00:aa::2/64 dev up0; ip address del 64:ff9b::a9fe:a9fe/128 dev lo; ip address del 64:ff9b::808:808/128 dev lo')


def test_outside_does_not_reach_container(containers, outside, servers):
    one = containers()
    servers.append(one.serve())
    subnet = '.'.join(one.address.split('.')[:2]) + '.0.0/16'
    outside.run(f'ip route add {subnet} via {outside.HOST}')
    assert outside.run(['python3', '-c', ASK, one.address, '80'], check=False).returncode != 0
    assert ask(one.address).startswith(one.name)


@pytest.fixture
def neighbour(outside, namespace):
    """A machine on another link of the host, with a route to the outside through it."""
    machine = namespace()
    harness.run(f'ip link add up1 type veth peer name up1 netns {machine.holder.pid}')
    harness.run('ip address add 203.0.113.1/24 dev up1 && ip link set up1 up')
    machine.run('ip address add 203.0.113.2/24 dev up1 && ip link set up1 up && ip route add default via 203.0.113.1')
    outside.run(f'ip route add 203.0.113.0/24 via {outside.HOST}')
    yield machine
    harness.run('ip link del up1')


def test_host_becomes_no_router_for_others(containers, outside, neighbour):
    """Interfaces forward because of us; only containers may profit."""
    containers()
    assert open('/proc/sys/net/ipv4/conf/up1/forwarding').read() == '1\n'
    assert neighbour.run(['ping', '-c1', '-W5', outside.NEAR], check=False).returncode != 0


def test_host_that_is_a_router_stays_one(outside, neighbour, namespace, names):
    harness.run('sysctl -qw net.ipv4.ip_forward=1')
    try:
        one = Container(names(), namespace()).up()
        neighbour.run(['ping', '-c1', '-W5', outside.NEAR])
        one.down()
        assert open('/proc/sys/net/ipv4/ip_forward').read() == '1\n'
    finally:
        harness.run('sysctl -qw net.ipv4.ip_forward=0')


def test_who_makes_the_host_a_router_meanwhile_is_not_harmed(outside, neighbour, namespace, names):
    """A VPN or libvirt that comes later has its answers at once, all of it from the next start or stop on, and keeps it."""
    one, two = Container(names(), namespace()).up(), Container(names(), namespace())
    harness.run('ip link add br8 type bridge && ip address add 203.0.114.1/24 dev br8 && ip link set br8 up')
    guest = namespace()
    harness.run(f'ip link add up8 type veth peer name up8 netns {guest.holder.pid} && ip link set up8 master br8 up')
    guest.run('ip address add 203.0.114.2/24 dev up8 && ip link set up8 up && ip route add default via 203.0.114.1')
    outside.run(f'ip route add 203.0.114.0/24 via {outside.HOST}')
    try:
        assert guest.run(['ping', '-c1', '-W1', outside.NEAR], check=False).returncode != 0, 'the host is no router yet'
        harness.run('sysctl -qw net.ipv4.ip_forward=1')
        guest.run(['ping', '-c1', '-W5', outside.NEAR])
        two.up()
        neighbour.run(['ping', '-c1', '-W5', outside.NEAR])
        two.down()
        one.down()
        neighbour.run(['ping', '-c1', '-W5', outside.NEAR])
        assert open('/proc/sys/net/ipv4/ip_forward').read() == '1\n'
    finally:
        harness.run('sysctl -qw net.ipv4.ip_forward=0; ip link del br8')


def test_host_does_not_route_between_its_bridges(containers, namespace):
    machines = []
    for n in (5, 6):
        machines.append(namespace())
        harness.run(f'ip link add br{n} type bridge && ip address add 10.77.{n}.1/24 dev br{n} && ip link set br{n} up')
        harness.run(f'ip link add p{n} type veth peer name eth0 netns {machines[-1].holder.pid} && ip link set p{n} master br{n} up')
        machines[-1].run(f'ip address add 10.77.{n}.2/24 dev eth0 && ip link set eth0 up && ip route add default via 10.77.{n}.1')
    try:
        containers()
        assert machines[0].run(['ping', '-c1', '-W1', '10.77.6.2'], check=False).returncode != 0
        machines[0].run(['ping', '-c1', '-W5', '10.77.5.1'])
        harness.run('nft flush chain inet virt_sandbox forward')
        machines[0].run(['ping', '-c1', '-W5', '10.77.6.2'])  # the control
    finally:
        harness.run('ip link del br5; ip link del br6')


def test_switches_of_the_host_come_back(namespace, names, outside):
    places = sorted(path for name in ('all', 'default', 'lo', 'up0') for path in pathlib.Path('/proc/sys/net/ipv4/conf', name).iterdir() if path.name != 'flush')
    pathlib.Path('/proc/sys/net/ipv4/conf/all/accept_redirects').write_text('0')
    before = {path: path.read_text() for path in places}
    one = Container(names(), namespace()).up()
    assert pathlib.Path('/proc/sys/net/ipv4/conf/up0/forwarding').read_text() == '1\n', 'control'
    one.down()
    assert {path: path.read_text() for path in places} == before


def test_fragments_are_not_collected(containers, outside):
    """The host's memory for them is everybody's: a few thousand stop reassembly for half a minute."""
    one = containers()
    one.run(['python3', '-c', FRAGMENT, '525400767362', one.mac(), one.address, one.gateway()])
    one.run(['python3', '-c', FRAGMENT, '525400767362', one.mac(), one.address, outside.FAR])
    assert fragments() == 0
    harness.run('nft flush chain inet virt_sandbox prerouting')
    one.run(['python3', '-c', FRAGMENT, '525400767362', one.mac(), one.address, one.gateway()])
    assert fragments() > 0, 'control'


# A connected UDP socket of the host to PEER; the container sends ICMP "port unreachable" about it. ARGV: our MAC, our address, the host's, the host's port, the peer, its port.
FORGED = """if True:
    import socket, struct, sys
    mac, source, host, port, peer, peer_port = sys.argv[1:]
    def sums(data):
        total = sum(struct.unpack(f'!{len(data) // 2}H', data))
        total = (total & 0xffff) + (total >> 16)
        return struct.pack('!H', ~(total + (total >> 16)) & 0xffff)
    def ip(protocol, a, b, data):
        header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(data), 1, 0, 64, protocol, 0, socket.inet_aton(a), socket.inet_aton(b))
        return header[:10] + sums(header) + header[12:] + data
    inner = ip(17, host, peer, struct.pack('!HHHH', int(port), int(peer_port), 8, 0))
    error = bytes((3, 3, 0, 0, 0, 0, 0, 0)) + inner
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(('eth0', 0x800))
    link.send(bytes.fromhex('525400767362' + mac.replace(':', '')) + b'\\x08\\x00' + ip(1, source, host, error[:2] + sums(error) + error[4:]))
"""


def test_errors_about_others_connections_are_not_believed(containers, outside):
    one = containers()
    for peer, believed in ((outside.NEAR, False), (one.address, True)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1.0)
            client.connect((peer, 9999 if believed else 9998))
            (outside if not believed else one).run('nft add table ip q; nft add chain ip q o "{ type filter hook output priority 0; }"; nft add rule ip q o icmp type destination-unreachable meta mark != 7 drop')
            client.send(b'x')
            host, port = client.getsockname()
            if believed:
                one.run('nft delete table ip q')
            one.run(['python3', '-c', FORGED, one.mac(), one.address, host, str(port), peer, str(client.getpeername()[1])])
            with pytest.raises(ConnectionRefusedError if believed else TimeoutError):
                client.recv(10)


def test_invalid_packets_do_not_leave(containers, outside):
    """A TCP segment of no connection has no translation: it would leave with the address that it has inside."""
    one = containers()
    code = ("import socket, struct\ns = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)\n"
            f"s.sendto(struct.pack('!HHIIBBHHH', 1234, 80, 1, 1, 0x50, 0x3f, 100, 0, 0), ('{outside.FAR}', 0))")
    heard = listen(outside, 'up0', 0x800)
    one.run(['python3', '-c', code])
    assert heard() == 0
    harness.run('nft flush chain inet virt_sandbox forward')
    heard = listen(outside, 'up0', 0x800)
    one.run(['python3', '-c', code])
    assert heard() > 0, 'control'


def test_stopped_containers_connections_are_nobodys(outside, servers, namespace, names):
    """Neither who takes the address meanwhile nor who gets it next has what comes for the one before."""
    one, other = Container(names(), namespace()).up(), Container(names(), namespace()).up()
    client = "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('0.0.0.0', 4444)); s.sendto(b'hello', (sys.argv[1], 5555))"
    server = outside.spawn(['python3', '-c', "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('0.0.0.0', 5555)); print(flush=True)\n"
                            "d, p = s.recvfrom(10)\nfor line in sys.stdin:\n    s.sendto(b'answer', p); print(flush=True)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    servers.append(server)
    server.stdout.readline()

    def answer():
        server.stdin.write('\n')
        server.stdin.flush()
        server.stdout.readline()

    one.run(['python3', '-c', client, outside.NEAR])
    heard = listen(one, 'eth0', 0x800, b'answer')
    answer()
    assert heard() == 1, 'control'
    address, networks = one.address, one.networks
    one.driver('detach')
    other.run(f'ip address add {address}/16 dev eth0')
    heard = listen(other, 'eth0', 0x800, b'answer')
    answer()
    assert heard() == 0
    one.driver('release')
    heir = Container(names(), namespace(), f'default,address={address}')
    heir.up()
    assert heir.address == address and networks
    heard = listen(heir, 'eth0', 0x800, b'answer')
    answer()
    assert heard() == 0
    heir.down()
    other.down()
    server.stdin.close()


def test_frames_for_a_link_that_has_gone_are_not_flooded(containers):
    one, two = containers(), containers()
    harness.run(['ping', '-c1', '-W5', one.address])
    one.run('ip link del eth0')
    harness.wait_for(lambda: port_of(one) not in harness.snapshot()['links'], 'the link has gone')

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b'secret', (one.address, 9))

    heard = listen(two, 'eth0', 0x800, b'secret')
    send()
    assert heard() == 0
    harness.run(f'ip link set {port_of(two)} type bridge_slave flood on')
    heard = listen(two, 'eth0', 0x800, b'secret')
    send()
    assert heard() == 1, 'control'


@pytest.mark.parametrize('spoof', ['address', 'mac', 'both', 'gateway'])
def test_spoofed_source_is_dropped(containers, servers, spoof):
    one, two = containers(), containers()
    servers.append(one.serve())
    assert ask(one.address).startswith(one.name)
    mac = two.mac()
    # What root inside can do: it has CAP_NET_ADMIN in its namespace.
    if spoof in ('mac', 'both'):
        one.run(f'ip link set eth0 down && ip link set eth0 address {mac} && ip link set eth0 up')
    if spoof in ('address', 'both'):
        one.run(f'ip address flush dev eth0 && ip address add {two.address}/16 dev eth0')
    if spoof == 'gateway':
        one.run(f'ip address flush dev eth0 && ip address add {one.gateway()}/16 dev eth0')
    elif 'default' not in one.run('ip route').stdout:
        one.run(f'ip route add default via {one.gateway()} dev eth0 onlink')
    assert one.run(['ping', '-c1', '-W1', '10.209.0.1' if spoof != 'gateway' else two.address], check=False).returncode != 0
    with pytest.raises(OSError):
        ask(one.address)
    # The one whose identity was taken is not harmed.
    servers.append(two.serve())
    assert ask(two.address).startswith(two.name)


@pytest.mark.parametrize('spoof', [False, True])
def test_reserved_group_addresses_are_no_way_around(containers, spoof):
    """Frames to 01:80:c2:00:00:0X are not bridged: the kernel takes them as received by the port, which no rule names."""
    one = containers()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('0.0.0.0', 0))
        server.settimeout(0.1)

        def heard(group):
            identity = ('02:00:00:00:00:01', '192.0.2.77') if spoof else (one.mac(), one.address)
            one.run(['python3', '-c', FRAME, group, *identity, one.gateway(), str(server.getsockname()[1])])
            try:
                return server.recv(100)
            except OSError:
                return None

        groups = [f'0180c200000{last:x}' for last in range(16)]
        assert [group for group in ['525400767362', 'ffffffffffff', *groups] if heard(group)] == []
        harness.run(f"ip -o link show master {BRIDGE} | sed 's/^[0-9]*: *//; s/@.*//' | xargs -I PORT ip link set PORT type bridge_slave group_fwd_mask 0")
        assert heard('0180c200000e') is None, 'the second wall: from a port and not from its bridge'
        harness.run('nft flush chain inet virt_sandbox prerouting')
        assert heard('0180c200000e') == b'evil', 'control'


def test_port_has_no_address(containers):
    """What the host has on the other end of a container's link is a port and nothing to talk to."""
    containers()
    assert [line for line in harness.run('ip -o address').stdout.splitlines() if 'vsb' in line and ' vsb0 ' not in line] == []


def test_stopped_containers_address_is_refused_at_once(containers):
    one = containers()
    free = one.address.rsplit('.', 1)[0] + '.250'
    one.run(f'ip address add {free}/16 dev eth0')  # root inside takes an address that nobody has now
    with pytest.raises(OSError):
        ask(free, timeout=1.0)


def test_ipv6_is_dropped(containers):
    one = containers()
    one.run('ip address add fe80::1/64 dev eth0 nodad && ip neigh add fe80::2 lladdr 52:54:00:76:73:62 dev eth0 nud permanent')
    harness.run(f'ip address add fe80::2/64 dev {BRIDGE} nodad')
    assert one.run(['ping', '-6', '-c1', '-W1', 'fe80::2%eth0'], check=False).returncode != 0


def test_everything_goes_with_the_last(namespace, names):
    before = harness.snapshot()
    one, two = (Container(names(), namespace()) for _ in range(2))
    one.up()
    two.up()
    one.down()
    harness.run(['ping', '-c1', '-W5', two.address])
    two.down()
    after = harness.snapshot()
    for kind in ('links', 'routes', 'nftables', 'sysctls', 'state'):
        assert before[kind] == after[kind], kind


def test_one_command_tells_its_addresses(outside):
    """On standard error, once its network is up; and the host reaches it there."""
    code = "import socket\ns = socket.create_server(('::', 80), family=socket.AF_INET6, dualstack_ipv6=True)\nfor _ in range(2):\n    s.accept()[0].send(b'here')"
    one = subprocess.Popen(['virt-sandbox', '--print-address', '-N', 'default', '--', 'python3', '-c', code], stderr=subprocess.PIPE, text=True)
    for family in (socket.AF_INET, socket.AF_INET6):
        address = one.stderr.readline().strip()
        socket.inet_pton(family, address)
        harness.wait_for(lambda address=address: answer(address) == 'here', f'{address} answers')
    assert one.wait(timeout=30) == 0 and one.stderr.read() == ''
    one.stderr.close()
    assert harness.run(['virt-sandbox', '--print-address', '--', 'echo', 'x']).stderr == ''


def answer(address):
    try:
        return ask(address)
    except OSError:
        return None


def test_one_command_leaves_nothing():
    """A sandbox of one command has no supervisor: the command itself gives back what it had, four at a time. What is killed with it, the next ones give back."""
    rounds = int(os.environ.get('VIRT_SANDBOX_NETWORK_ROUNDS', 40))
    before = harness.snapshot()
    command = ['virt-sandbox', '-N', 'default', '--', '/bin/true']
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: harness.run(command), range(rounds)))
    after = harness.snapshot()
    for kind in ('links', 'routes', 'nftables', 'sysctls', 'state'):
        assert before[kind] == after[kind], kind
    place = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'var/lib/libvirt-sandbox')
    assert not [path for path in (place / 'stations').iterdir() if str(path.readlink()).startswith('sandbox-')]
    assert not [path for path in place.rglob('*') if path.name.startswith('sandbox-')]
    for _ in range(2):
        killed = subprocess.Popen(['virt-sandbox', '-N', 'default', '--', '/bin/sh', '-c', 'echo; exec sleep 1000'], stdout=subprocess.PIPE)
        killed.stdout.readline()
        killed.kill()
        killed.wait()
        killed.stdout.close()
    for _ in range(3):
        harness.run(command)
    assert not list(pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'run/libvirt-sandbox').glob('.network/*'))
    after = harness.snapshot()
    for kind in ('links', 'routes', 'nftables', 'sysctls'):
        assert before[kind] == after[kind], kind
    isolation.forget_killed_sandboxes(pathlib.Path(os.environ['VIRT_SANDBOX_ROOT']))


def test_detach_is_idempotent_and_cleans_after_the_dead(namespace, names):
    """The supervisor was killed and the namespace is gone with its processes; the next one to leave finds the record."""
    dead, alive = Container(names(), namespace()).up(), Container(names(), namespace()).up()
    dead.namespace.close()
    harness.wait_for(lambda: len([n for n in harness.snapshot()['links'] if n.startswith('vsb')]) == 2, 'the dead link is gone')
    alive.down()
    assert not [n for n in harness.snapshot()['links'] if n.startswith('vsb')]
    assert 'virt_sandbox' not in harness.run('nft list ruleset').stdout
    for _ in range(2):
        dead.driver('detach')
    dead.driver('release')


def test_restart_replaces_a_link_that_is_left(namespace, names):
    one = Container(names(), namespace()).up()
    old, one.namespace = one.namespace, namespace()
    one.driver('attach')  # no detach: the one before was killed
    harness.run(['ping', '-c1', '-W5', one.address])
    assert 'eth0' not in old.run('ip -o link').stdout
    one.down()


def test_flushed_rules_come_back_for_all(namespace, names, servers):
    one = Container(names(), namespace()).up()
    harness.run('nft flush ruleset')
    two = Container(names(), namespace()).up()
    servers += [one.serve(), two.serve()]
    assert ask(one.address).startswith(one.name) and ask(two.address).startswith(two.name)
    one.down()
    two.down()


def test_what_holds_without_the_rules(containers, servers):
    """nft flush ruleset takes away what is nftables'; the bridge's ports keep what is theirs."""
    one, two = containers(), containers()
    servers += [one.serve(), two.serve()]
    mac = two.mac()
    harness.run('nft flush ruleset')
    assert ask(two.address) == f'{two.name} {one.gateway()}'  # the positive control
    # Siblings are not reached on the bridge, with the MAC address known or not ...
    assert one.run(['ping', '-c1', '-W1', two.address], check=False).returncode != 0
    one.run(f'ip neigh replace {two.address} lladdr {mac} dev eth0')
    assert one.run(['ping', '-c1', '-W1', two.address], check=False).returncode != 0
    # ... and another MAC address is not let in, nor learned.
    one.run('ip link set eth0 address 52:54:00:99:99:99')
    assert one.run(['ping', '-c1', '-W1', one.gateway()], check=False).returncode != 0
    assert '52:54:00:99:99:99' not in harness.run('bridge fdb show br vsb0').stdout


def test_failed_attach_leaves_nothing(namespace, names):
    one = Container(names(), namespace())
    one.reserve()
    one.namespace.run('ip link add eth0 type bridge')  # in the way
    failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and one.name in failed.stderr and 'File exists' in failed.stderr
    assert not [n for n in harness.snapshot()['links'] if n.startswith('vsb')]
    one.down()


def test_foreign_bridge_is_refused(namespace, names):
    harness.run(f'ip link add {BRIDGE} type bridge')
    one = Container(names(), namespace())
    one.reserve()
    try:
        failed = one.driver('attach', check=False)
        assert failed.returncode == 1 and f'interface {BRIDGE} that is not ours' in failed.stderr
        assert BRIDGE in harness.snapshot()['links']
    finally:
        harness.run(f'ip link del {BRIDGE}', check=False)
        one.down()


def test_many_come_and_go_at_the_same_time(namespace, names):
    """Twelve containers, four at a time, each up and down three times."""
    def life(one):
        for _ in range(3):
            one.driver('attach')
            harness.run(['ping', '-c1', '-W2', one.address])
            one.driver('detach')

    several = [Container(names(), namespace()) for _ in range(12)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(Container.reserve, several))
        assert len({one.address for one in several}) == len(several)
        list(pool.map(life, several))
        list(pool.map(lambda one: one.driver('release'), several))
    assert not [n for n in harness.snapshot()['links'] if n.startswith('vsb')]


def test_reservation_is_kept_and_refused_to_others(names, root):
    one, two = Container(names(), None), Container(names(), None)
    one.reserve()
    address = one.address
    one.reserve()
    assert one.address == address
    two.networks = (f'default,address={address}/16',)
    failed = two.driver('reserve', check=False)
    assert failed.returncode == 1 and f'belongs to container {one.name}' in failed.stderr
    one.driver('release')
    two.reserve()
    assert two.address == address
    two.driver('release')
    assert not [path for path in (root / 'var/lib/libvirt-sandbox/stations').iterdir() if str(path.readlink()) in (one.name, two.name)]


def test_unreadable_reservations_are_refused(names, root):
    place = root / 'var/lib/libvirt-sandbox/addresses'
    place.parent.mkdir(parents=True, exist_ok=True)
    old = place.read_text() if place.exists() else None
    place.write_text('subnet 10.209.0.0/16\nweb1 0 nonsense 10.209.0.2\n')
    one = Container(names(), None)
    try:
        failed = one.driver('reserve', check=False)
        assert failed.returncode == 1 and f'{place}: line 2: nonsense is not a MAC address' in failed.stderr
    finally:
        if old is None:
            os.unlink(place)
        else:
            place.write_text(old)
        one.driver('release')  # the MAC address, which was reserved before

# SPDX-License-Identifier: LGPL-2.1-or-later
"""IPv6 on networks of ours: packets that root inside can make and the host must not hear, counted behind our first rules."""
import re
import socket

import pytest

import harness
from fakes import Container

# Sends one IPv6 packet in a frame: ARGV is the MAC address that it is for, ours, source, target, the next header's number, and the rest in hex. The
# checksum of ICMPv6 is made here.
PACKET = """if True:
    import socket, struct, sys
    target_mac, mac, source, target, following, rest = sys.argv[1:]
    rest, following = bytes.fromhex(rest), int(following)
    source, target = (socket.inet_pton(socket.AF_INET6, address) for address in (source, target))
    if following == 58:
        data = source + target + struct.pack('!II', len(rest), 58) + rest
        total = sum(struct.unpack(f'!{len(data) // 2}H', data))
        total = (total & 0xffff) + (total >> 16)
        rest = rest[:2] + struct.pack('!H', ~(total + (total >> 16)) & 0xffff) + rest[4:]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(('eth0', 0x86dd))
    link.send(bytes.fromhex((target_mac + mac).replace(':', '')) + b'\\x86\\xdd' + struct.pack('!IHBB', 0x60000000, len(rest), following, 255) + source + target + rest)
"""
UDP = '04d2000900080000'  # from 1234 to 9, no data


def gateway_mac():
    return re.search('link/ether ([0-9a-f:]*)', harness.run('ip link show vsb0').stdout)[1]


def send(one, source, target, following, rest, mac=None):
    one.run(['python3', '-c', PACKET, mac or gateway_mac(), one.mac(), source, target, str(following), rest.replace(' ', '')])


@pytest.fixture
def counter():
    """How many IPv6 packets came through what our first rules let in."""
    harness.run('nft "add table inet probe; add chain inet probe c { type filter hook prerouting priority -440; }; add rule inet probe c iifname vsb0 meta nfproto ipv6 counter"')
    yield lambda: int(re.search(r'packets (\d+)', harness.run('nft list table inet probe').stdout)[1])
    harness.run('nft delete table inet probe')


def test_only_its_own_packets_get_in(containers, counter):
    one, two = containers(), containers()
    own, sibling, host = one.address6(), two.address6(), one.gateway6()
    bytes_of = lambda address: socket.inet_pton(socket.AF_INET6, address).hex()
    prefix = '0304 40c0 00000e10 00000e10 00000000' + bytes_of('fd00:bad::')
    cases = {
        'router advertisement': ('fe80::1', 'ff02::1', 58, '86000000 40000708 00000000 00000000' + prefix),
        'router advertisement, own address': (own, host, 58, '86000000 40000708 00000000 00000000' + prefix),
        'router solicitation': (own, 'ff02::2', 58, '85000000 00000000'),
        'redirect': (own, host, 58, '89000000 00000000' + bytes_of(sibling) + bytes_of('2001:db8::1')),
        'redirect as the gateway': (host, own, 58, '89000000 00000000' + bytes_of(sibling) + bytes_of('2001:db8::1')),
        'neighbour advertisement of a sibling': (own, host, 58, '88000000 20000000' + bytes_of(sibling) + '0201' + one.mac().replace(':', '')),
        'neighbour solicitation from nobody': ('::', 'ff02::1:ff00:1', 58, '87000000 00000000' + bytes_of(host)),
        'multicast membership': (own, 'ff02::16', 58, '8f000000 00000001 04000000' + bytes_of('ff02::2')),
        'echo from link-local': ('fe80::5', host, 58, '80000000 00010001'),
        'echo from a sibling': (sibling, host, 58, '80000000 00010001'),
        'udp from the world': ('2001:db8::7', host, 17, UDP),
        'first fragment': (own, host, 44, '11000001 00000007' + UDP),
        'atomic fragment': (own, host, 44, '11000000 00000007' + UDP),
        'hop-by-hop options': (own, host, 0, '1100050200000000' + UDP),
        'destination options': (own, host, 60, '1100010400000000' + UDP),
        'routing header': (own, host, 43, '1100000000000000' + UDP),
    }
    before = counter()
    for what, packet in cases.items():
        send(one, *packet)
        assert counter() == before, what
    send(one, own, host, 58, '80000000 00010001')
    assert counter() == before + 1, 'control: its own echo request'
    harness.run('nft flush chain inet virt_sandbox prerouting')
    for what, packet in cases.items():
        before = counter()
        send(one, *packet)
        assert counter() > before, f'control: {what}'


def test_host_learns_nothing(containers):
    """Neither a router nor a neighbour."""
    one, two = containers(), containers()
    known = harness.run(f'ip -6 neigh show {two.address6()} dev vsb0').stdout
    assert two.mac() in known and 'PERMANENT' in known
    advertise = lambda: send(one, 'fe80::1', 'ff02::1', 58, '86000000 40000708 00000000 00000000', mac='33:33:00:00:00:01')
    claim = lambda: send(one, one.address6(), one.gateway6(), 58, '88000000 20000000' + socket.inet_pton(socket.AF_INET6, two.address6()).hex()
                         + '0201' + one.mac().replace(':', ''))
    advertise()
    claim()
    assert 'via fe80::1 dev vsb0' not in harness.run('ip -6 route').stdout
    assert harness.run(f'ip -6 neigh show {two.address6()} dev vsb0').stdout == known
    harness.run(['ping', '-6', '-c1', '-W5', two.address6()])
    harness.run(f'nft flush chain inet virt_sandbox prerouting; nft flush chain inet virt_sandbox input; sysctl -qw net.ipv6.conf.vsb0.accept_ra=2; ip -6 address add fe80::99/64 dev vsb0 nodad')
    claim()
    assert harness.run(f'ip -6 neigh show {two.address6()} dev vsb0').stdout == known, 'the second wall: a permanent entry'
    harness.run(f'ip -6 neigh replace {two.address6()} lladdr {two.mac()} nud stale dev vsb0')
    claim()
    assert one.mac() in harness.run(f'ip -6 neigh show {two.address6()} dev vsb0').stdout, 'control'
    advertise()
    harness.wait_for(lambda: 'via fe80::1 dev vsb0' in harness.run('ip -6 route').stdout, 'control: the router is believed')


def test_stopped_containers_address_is_refused(containers, namespace, names):
    gone, heir = Container(names(), namespace()).up(), containers()
    address = gone.address6()
    harness.run(['ping', '-6', '-c1', '-W5', address])
    gone.driver('detach')
    heir.run(f'ip address add {address}/64 dev eth0 nodad')
    with pytest.raises(OSError):
        socket.create_connection((address, 80), timeout=1)
    assert address not in harness.run('nft list table inet virt_sandbox').stdout
    gone.driver('release')


def test_services_of_the_host_are_not_reached(containers):
    one = containers()
    with socket.create_server(('::', 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        with socket.create_connection((one.gateway6(), port), 2):
            pass  # the control: from the host itself
        attempt = one.run(['python3', '-c', f"import socket; socket.create_connection(('{one.gateway6()}', {port}), 1)"], check=False)
        assert attempt.returncode != 0
    assert one.run(['ping', '-6', '-c1', '-W5', one.gateway6()]).returncode == 0


def test_network_without_ipv6(namespace, names, root):
    place = root / 'var/lib/libvirt-sandbox/addresses'
    maker = Container(names(), None)
    maker.reserve()
    maker.driver('release')
    old = place.read_text()
    place.write_text(re.sub('ipv6 .*', 'ipv6 none', old))
    try:
        one = Container(names(), namespace()).up()
        assert 'inet6' not in one.run('ip address show eth0').stdout
        assert one.run(['getent', 'ahostsv6', '::']).stdout.startswith('::')
        one.down()
    finally:
        place.write_text(old)

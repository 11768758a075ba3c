# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks of type bridge, macvlan and none."""
import pathlib
import socket

import pytest

import harness
from fakes import FRAME, Container


@pytest.fixture
def lan(namespace):
    """A bridge br7 of the host, 192.168.7.1, with a machine at 192.168.7.9 on it."""
    machine = namespace()
    harness.run('ip link add br7 type bridge && ip address add 192.168.7.1/24 dev br7 && ip link set br7 up')
    harness.run(f'ip link add lan7 type veth peer name eth0 netns {machine.holder.pid} && ip link set lan7 master br7 up')
    machine.run('ip address add 192.168.7.9/24 dev eth0 && ip link set eth0 up && ip link set lo up')
    yield machine
    harness.run('ip link del br7; ip link del lan7', check=False)


def ping(one, address):
    return one.run(['ping', '-c1', '-W1', address], check=False).returncode == 0


def test_bridge(lan, containers):
    one = containers('bridge,source=br7,address=192.168.7.2/24,route=198.51.100.0/24%192.168.7.9')
    lan.run('ip address add 198.51.100.1/32 dev lo')
    assert ping(one, '192.168.7.1') and ping(one, '192.168.7.9') and ping(one, '198.51.100.1')
    assert '192.168.7.2/24 brd 192.168.7.255' in one.run('ip -o -4 address show eth0').stdout
    assert 'vsb0' not in harness.snapshot()['links']
    assert harness.run('nft list ruleset').stdout == ''


def test_bridge_with_taken_mac_is_silent(lan, containers):
    """A container cannot take another station's MAC address, its own one works."""
    one = containers('bridge,source=br7,address=192.168.7.2/24')
    assert ping(one, '192.168.7.9')
    mac = lan.run('ip -o link show eth0').stdout.split('link/ether ')[1].split()[0]
    one.run(f'ip link set eth0 down && ip link set eth0 address {mac} && ip link set eth0 up')
    assert not ping(one, '192.168.7.1')
    harness.run(['ping', '-c1', '-W5', '192.168.7.9'])


def test_port_of_a_bridge_is_deaf(lan, containers):
    """Frames to reserved group addresses are not bridged: the host would take them from the port, whoever they are from, past its rules about the bridge."""
    one = containers('bridge,source=br7,address=192.168.7.2/24')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('0.0.0.0', 0))
        server.settimeout(0.2)

        def heard(group, mac, source):
            one.run(['python3', '-c', FRAME, group, mac, source, '192.168.7.1', str(server.getsockname()[1])])
            try:
                return server.recv(100)
            except OSError:
                return None

        assert heard('ff' * 6, one.mac(), '192.168.7.2') == b'evil', 'control: by way of the bridge'
        assert not heard('0180c200000e', one.mac(), '192.168.7.2')
        assert not heard('0180c200000e', '02:00:00:00:00:01', '192.168.7.77')
        port = next(name for name in harness.snapshot()['links'] if name.startswith('vsb'))
        assert pathlib.Path(f'/proc/sys/net/ipv6/conf/{port}/disable_ipv6').read_text() == '1\n'
        pathlib.Path(f'/proc/sys/net/ipv4/conf/{port}/rp_filter').write_text('0')
        assert heard('0180c200000e', '02:00:00:00:00:01', '192.168.7.77') == b'evil', 'control'


def test_bridge_ipv6(lan, containers):
    harness.run('ip address add fd07::1/64 dev br7 nodad')
    one = containers('bridge,source=br7,address=fd07::2/64,route=default%fd07::1')
    assert ping(one, 'fd07::1')
    assert 'default via fd07::1' in one.run('ip -6 route').stdout


def test_macvlan(lan, containers):
    harness.run('ip link add eth0 type veth peer name peer7 && ip link set peer7 master br7 up && ip link set eth0 up')
    try:
        one, two = (containers(f'macvlan,source=eth0,address=192.168.7.{n}/24') for n in (3, 4))
        assert ping(one, '192.168.7.1') and ping(two, '192.168.7.9')
        assert not ping(one, '192.168.7.4')  # private: not to each other
        assert one.run('ip -o link').stdout.count('eth0') == 1
    finally:
        for one in (one, two):
            one.driver('detach')
            one.namespace.close()
        harness.run('ip link del eth0')


def test_two_networks(lan, containers):
    one = containers('default', 'bridge,source=br7,address=192.168.7.2/24')
    harness.run(['ping', '-c1', '-W5', one.address])
    assert ping(one, '192.168.7.9')
    assert f'{one.address}/16' in one.run('ip -o -4 address show eth0').stdout
    assert '192.168.7.2/24' in one.run('ip -o -4 address show eth1').stdout


def test_none_is_loopback_only(containers):
    one = containers('none')
    assert one.address == '-'
    assert ping(one, '127.0.0.1')
    assert len(one.run('ip -o link').stdout.splitlines()) == 1


@pytest.mark.parametrize('network, words', [
    ('bridge,source=nobr,address=192.168.7.2/24', 'the host has no interface nobr'),
    ('bridge,source=lan7,address=192.168.7.2/24', 'lan7 is not a bridge'),
    ('macvlan,source=nolink,address=192.168.7.2/24', 'the host has no interface nolink'),
    ('bridge,source=br7,address=192.168.7.2/24,route=10.0.0.0/8%172.16.0.1', 'set a route through 172.16.0.1: Network is unreachable'),
])
def test_refused(lan, namespace, names, network, words):
    before = harness.snapshot()['links']
    one = Container(names(), namespace(), network)
    one.reserve()
    failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and words in failed.stderr and one.name in failed.stderr
    assert harness.snapshot()['links'] == before
    one.down()


def test_dhcp_is_refused_by_name(lan, namespace, names):
    one = Container(names(), namespace(), 'bridge,source=br7,dhcp')
    assert 'dhcp is not supported' in one.driver('reserve', check=False).stderr

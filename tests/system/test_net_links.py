# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks of type bridge, macvlan and none."""
import re
import socket

import pytest

import harness
from fakes import FRAGMENT, FRAME, Container, fragments, listen, port_of


@pytest.fixture
def lan(namespace):
    """A bridge br7 of the host, 192.168.7.1, with a machine at 192.168.7.9 on it."""
    machine = namespace()
    harness.run('ip link add br7 type bridge && ip address add 192.168.7.1/24 dev br7 && ip link set br7 up')
    harness.run(f'ip link add lan7 type veth peer name eth0 netns {machine.holder.pid} && ip link set lan7 master br7 up')
    machine.run('ip address add 192.168.7.9/24 dev eth0 && ip link set eth0 up && ip link set lo up')
    yield machine
    harness.run('ip link del br7; ip link del lan7', check=False)


def mac_of(link):
    return harness.run(f'ip -o link show {link}').stdout.split('link/ether ')[1].split()[0]


def ping(one, address):
    return one.run(['ping', '-c1', '-W1', address], check=False).returncode == 0


def test_bridge(lan, containers):
    one = containers('bridge,source=br7,address=192.168.7.2/24,route=198.51.100.0/24%192.168.7.9')
    lan.run('ip address add 198.51.100.1/32 dev lo')
    assert ping(one, '192.168.7.1') and ping(one, '192.168.7.9') and ping(one, '198.51.100.1')
    assert '192.168.7.2/24 brd 192.168.7.255' in one.run('ip -o -4 address show eth0').stdout
    assert 'vsb0' not in harness.snapshot()['links']
    assert 'table inet' not in harness.run('nft list ruleset').stdout


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
        assert not heard('0180c200000e', one.mac(), '0.0.0.0')
        harness.run(f'ip link set {port_of(one)} type bridge_slave group_fwd_mask 0')
        assert heard('0180c200000e', '02:00:00:00:00:01', '192.168.7.77') == b'evil', 'control'


def test_fragments_from_a_bridge_port_are_not_collected(lan, containers):
    """The host's memory for them is everybody's."""
    harness.run('ip address add fd07::1/64 dev br7 nodad')
    one = containers('bridge,source=br7,address=192.168.7.2/24,address=fd07::2/64')
    lan.run('ip address add fd07::9/64 dev eth0 nodad')
    mac = mac_of('br7')
    for family, source in (('4', '192.168.7.'), ('6', 'fd07::')):
        one.run(['python3', '-c', FRAGMENT, mac, one.mac(), f'{source}2', f'{source}1'])
        assert fragments(family) == 0
        lan.run(['python3', '-c', FRAGMENT, mac, Container.mac(lan), f'{source}9', f'{source}1'])
        assert fragments(family) > 0, 'control'


def test_tags_and_metadata_stay_on_the_port(lan, containers):
    """Nobody has looked behind a tag; and where a cloud hands out the host's keys a bridge would lead as well."""
    one = containers('bridge,source=br7,address=192.168.7.2/24')
    places = ('169.254.169.254', '168.63.129.16', '100.100.100.200')
    for place in places:
        lan.run(f'ip address add {place}/32 dev lo')
        one.run(f'ip route add {place}/32 via 192.168.7.9')
    assert ping(one, '192.168.7.9')
    assert [place for place in places if ping(one, place)] == []
    heard = listen(lan, 'eth0', 0x8100)
    one.run(['python3', '-c', "import socket\nlink = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nlink.bind(('eth0', 0))\n"
             f"link.send(bytes.fromhex('{'ff' * 6}{one.mac().replace(':', '')}8100000708000000') + bytes(60))"])
    assert heard() == 0
    harness.run('nft delete table bridge virt_sandbox')
    assert [place for place in places if not ping(one, place)] == [], 'control'


def test_unknown_unicast_is_not_flooded_to_the_port(lan, containers):
    one = containers('bridge,source=br7,address=192.168.7.2/24')
    send = ['python3', '-c', FRAME, '020000000099', '02:00:00:00:00:01', '192.168.7.9', '192.168.7.99', '9']
    heard = listen(one, 'eth0', 0x800, b'evil')
    lan.run(send)
    assert heard() == 0
    harness.run(f'ip link set {port_of(one)} type bridge_slave flood on')
    heard = listen(one, 'eth0', 0x800, b'evil')
    lan.run(send)
    assert heard() == 1, 'control'


def test_bridge_keeps_its_mac(lan, names, namespace):
    def mac():
        return mac_of('br7')

    harness.run('ip link set lan7 address fe:ff:ff:ff:ff:ff && ip link set lan7 nomaster && ip link set lan7 master br7')
    for bare in (False, True):
        if bare:
            harness.run('ip link del br7; ip link add br7 type bridge && ip link set br7 up')
        before = mac()
        one = Container(names(), namespace(), 'bridge,source=br7,address=192.168.7.2/24').up()
        assert mac() == before
        one.down()
        assert mac() == before
    assert 'table bridge' not in harness.run('nft list ruleset').stdout


@pytest.mark.parametrize('network', ['bridge,source=br7,mac={bridge}', 'bridge,source=br7,mac={machine}'])
def test_mac_of_the_bridge_or_a_neighbour_is_refused(lan, names, namespace, network):
    """Not by luck: what the bridge has heard counts as well."""
    lan.run(['ping', '-c1', '-W5', '192.168.7.1'])
    network = network.format(bridge=mac_of('br7'), machine=Container.mac(lan))
    one = Container(names(), namespace(), network + ',address=192.168.7.2/24')
    failed = one.driver('reserve', check=False)
    if failed.returncode == 0:
        one.reserve()
        failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and 'MAC address' in failed.stderr
    lan.run(['ping', '-c1', '-W5', '192.168.7.1'])
    one.driver('detach')
    one.driver('release')


@pytest.mark.parametrize('network', ['bridge,source=br7,address=192.168.7.1/24', 'macvlan,source=br7,address=fd07::1/64', 'bridge,source=br7,mac=MAC'])
def test_what_the_host_has_is_refused(lan, names, namespace, network):
    """At create, and at start: the host may have got it since."""
    late = Container(names(), namespace(), network.replace('MAC', '52:54:00:07:07:07').replace('::1/', '::7/').replace('.1/', '.7/'))
    late.reserve()
    harness.run('ip address add fd07::1/64 dev br7 nodad && ip address add fd07::7/64 dev br7 nodad && ip address add 192.168.7.7/24 dev br7')
    failed = Container(names(), namespace(), network.replace('MAC', mac_of('br7'))).driver('reserve', check=False)
    assert failed.returncode == 1 and "the host's" in failed.stderr
    harness.run('ip link set lan7 address 52:54:00:07:07:07')
    failed = late.driver('attach', check=False)
    assert failed.returncode == 1 and "the host's" in failed.stderr
    late.down()


@pytest.mark.parametrize('network', ['bridge,source=vsb0', 'macvlan,source=vsb0', 'macvlan,source=PORT', 'macvlan,source=mv7'])
def test_our_own_bridge_is_no_source(containers, names, namespace, network):
    """Siblings would be reached by it: also by what is made on it."""
    default = containers()
    harness.run('ip link add mv7 link vsb0 type macvlan mode bridge && ip link set mv7 up')
    one = Container(names(), namespace(), network.replace('PORT', port_of(default)) + ',address=192.168.7.2/24')
    failed = one.driver('reserve', check=False)
    if failed.returncode == 0:
        one.reserve()
        failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and 'is for the default network only' in failed.stderr
    harness.run('ip link del mv7')
    one.down()


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


@pytest.fixture
def wire(lan):
    """An interface of the host, "eth0", on the lan."""
    harness.run('ip link add eth0 type veth peer name peer7 && ip link set peer7 master br7 up && ip link set eth0 up')
    yield
    harness.run('ip link del eth0', check=False)


@pytest.mark.parametrize('mode, siblings', [('private', False), ('bridge', True), ('vepa', False)])
def test_macvlan_modes(wire, names, namespace, mode, siblings):
    """The bridge does not send back what vepa leaves to it: hairpin is off."""
    one, two = (Container(names(), namespace(), f'macvlan,source=eth0,mode={mode},mtu=1300,address=192.168.7.{n}/24').up() for n in (3, 4))
    harness.wait_for(lambda: ping(one, '192.168.7.1') and ping(two, '192.168.7.9'), 'the links')
    assert 'mtu 1300' in one.run('ip link show eth0').stdout and f'macvlan mode {mode}' in one.run('ip -d link show eth0').stdout
    assert ping(one, '192.168.7.4') == siblings
    if mode == 'vepa':
        harness.run('bridge link set dev peer7 hairpin on')
        harness.wait_for(lambda: ping(one, '192.168.7.4'), 'control: the bridge decides')
    for each in (one, two):
        each.down()
        each.namespace.close()


def test_macvlan_passthrough_is_for_one(wire, names, namespace):
    one = Container(names(), namespace(), 'macvlan,source=eth0,mode=passthrough,address=192.168.7.3/24').up()
    two = Container(names(), namespace(), 'macvlan,source=eth0,mode=passthrough,address=192.168.7.4/24')
    assert ping(one, '192.168.7.9')
    two.reserve()
    failed = two.driver('attach', check=False)
    assert failed.returncode == 1 and 'create the macvlan' in failed.stderr
    for each in (one, two):
        each.down()
        each.namespace.close()


def test_vlan(lan, names, namespace):
    """This kernel may have none: then it says so."""
    harness.run('ip link add eth0 type veth peer name peer7 && ip link set peer7 master br7 up && ip link set eth0 up')
    one = Container(names(), namespace(), 'vlan,source=eth0,id=7,address=10.7.7.3/24')
    one.reserve()
    attached = one.driver('attach', check=False)
    if attached.returncode != 0:
        assert 'create the vlan' in attached.stderr and 'not supported' in attached.stderr  # the lab suite networks has one
    else:
        heard = listen(lan, 'eth0', 0x8100)
        one.run(['ping', '-c1', '-W1', '10.7.7.9'], check=False)
        assert heard() > 0
    one.down()
    one.namespace.close()
    harness.run('ip link del eth0')


def test_ethernet_is_a_wire_to_the_host(names, namespace):
    """Its other end is the administrator's; both families, and peers on it."""
    one = Container(names(), namespace(), 'ethernet,source=wire7,mtu=1400,peer=10.7.8.2%10.7.8.1,address=fd07:8::2/64,route=default%10.7.8.1').up()
    assert 'mtu 1400' in harness.run('ip link show wire7').stdout and 'alias virt-sandbox' in harness.run('ip link show wire7').stdout
    assert harness.run('ip -o -4 address show wire7').stdout == ''
    harness.run('ip address add 10.7.8.1 peer 10.7.8.2 dev wire7 && ip address add fd07:8::1/64 dev wire7 nodad')
    assert ping(one, '10.7.8.1') and ping(one, 'fd07:8::1')
    assert 'default via 10.7.8.1' in one.run('ip route').stdout and '10.7.8.2 peer 10.7.8.1/32' in one.run('ip address').stdout
    one.driver('detach')
    assert 'wire7' not in harness.snapshot()['links']
    harness.run('ip link add wire7 type bridge')
    failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and 'has an interface wire7 already' in failed.stderr
    assert 'wire7' in harness.snapshot()['links'], 'what is not ours stays'
    harness.run('ip link del wire7')
    one.driver('release')


def test_hostdev_moves_in_and_back(lan, names, namespace):
    """A virtual one would die with the namespace."""
    harness.run('ip link add nic7 type veth peer name peer7 && ip link set peer7 master br7 up')
    mac = mac_of('nic7')
    for kill in (False, True):
        one = Container(names(), namespace(), 'hostdev,source=nic7,mtu=1300,address=192.168.7.5/24').up()
        assert 'nic7' not in harness.snapshot()['links']
        assert ping(one, '192.168.7.9') and one.mac() == mac
        if kill:
            one.namespace.close()  # all its processes, and with them usually the namespace
        one.down()
        assert mac_of('nic7') == mac
    assert not [line for line in open('/proc/self/mounts') if 'hostdev' in line]
    harness.run('ip link set nic7 master br7')
    one = Container(names(), namespace(), 'hostdev,source=nic7,address=192.168.7.5/24')
    one.reserve()
    failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and 'is a port of a bridge' in failed.stderr
    one.down()
    harness.run('ip link del nic7')


def test_mtu(lan, containers, names, namespace):
    one = containers('default,mtu=1300', 'bridge,source=br7,mtu=1400,address=192.168.7.2/24')
    assert 'mtu 1300' in one.run('ip link show eth0').stdout and 'mtu 1400' in one.run('ip link show eth1').stdout
    assert 'mtu 1500' in harness.run('ip link show vsb0').stdout and 'mtu 1500' in harness.run('ip link show br7').stdout
    two = Container(names(), namespace(), 'bridge,source=br7,mtu=9000,address=192.168.7.3/24')
    two.reserve()
    failed = two.driver('attach', check=False)
    assert failed.returncode == 1 and 'mtu=9000 is more than the 1500 of the bridge' in failed.stderr
    two.down()


@pytest.mark.parametrize('order', [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_default_route_does_not_depend_on_the_order(lan, containers, order):
    specs = ('bridge,source=br7,address=192.168.7.2/24', 'default', 'default')
    one = containers(*(specs[i] for i in order))
    assert re.findall('^default via .*', one.run('ip route').stdout, re.M) == [f'default via 10.209.0.1 dev eth{min(order.index(1), order.index(2))} proto static onlink ']


def test_default_route_that_is_given_goes_before(lan, containers):
    for specs in (('default', 'bridge,source=br7,address=192.168.7.2/24,route=default%192.168.7.9'), ('bridge,source=br7,address=192.168.7.2/24,route=default%192.168.7.9', 'default')):
        one = containers(*specs)
        assert 'default via 192.168.7.9' in one.run('ip route').stdout and one.run('ip route').stdout.count('default') == 1
        one.driver('detach')


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
    ('bridge,source=br7,address=192.168.7.2/24,route=10.0.0.0/8%172.16.0.1', 'set a route through 172.16.0.1: Network is unreachable'),
])
def test_refused(lan, namespace, names, network, words):
    before = harness.snapshot()['links']
    one = Container(names(), namespace(), network.split(',route')[0])
    one.reserve()
    one.networks = (one.networks[0] + ',route' + network.split(',route')[1],)  # what the kernel refuses; create would not have let it in
    failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and words in failed.stderr and one.name in failed.stderr
    assert harness.snapshot()['links'] == before
    one.down()


@pytest.mark.parametrize('network, words', [
    ('source=nobr', 'the host has no interface nobr'),
    ('source=lan7', 'lan7 is not a bridge'),
    ('source=lo', 'lo is not a bridge'),
    ('macvlan,source=nolink', 'the host has no interface nolink'),
    ('macvlan,source=lo', 'there can be no macvlan or VLAN on the host\'s interface lo'),
    ('source=br7,address=169.254.169.254', 'address=169.254.169.254'),
    ('source=br7,address=168.63.129.16/24', 'where clouds and routers hand out keys'),
    ('source=br7,address=fd00:ec2::254', 'where clouds and routers hand out keys'),
    ('source=br7,address=192.168.7.2/24,route=10.0.0.0/8%172.16.0.1', 'the gateway 172.16.0.1 is not in a network'),
    ('source=br7,address=192.168.7.2/25,route=10.0.0.0/8%192.168.7.129', 'the gateway 192.168.7.129 is not in a network'),
    ('source=br7,address=192.168.7.2/32,route=default%192.168.7.1', 'the gateway 192.168.7.1 is not in a network'),
    ('source=br7,address=fd07::2/64,route=default%fd08::1', 'the gateway fd08::1 is not in a network'),
    ('source=br7,address=192.168.7.2/24,route=default%192.168.7.9,route=default%192.168.7.8', 'another route to this network'),
    ('source=br7,address=192.168.7.2/24,route=192.168.7.0/24%192.168.7.9', 'the container is in this network itself'),
])
def test_refused_by_create(lan, root, names, network, words):
    name = names()
    for command in (['virt-sandbox-service', 'create', '-N', network, name, '--', '/bin/true'], ['virt-sandbox', '-N', network, '--', 'true']):
        harness.refused(command, words)
    assert not [path for path in root.rglob('*') if name in path.name]


def test_full_bridge_is_a_sentence(names, namespace):
    """The kernel gives a bridge 1023 ports."""
    batch = ['link add br9 type bridge'] + [line for i in range(512) for line in
             (f'link add a{i} type veth peer name b{i}', f'link set a{i} master br9', *([f'link set b{i} master br9'] if i else []))]
    harness.run(['ip', '-batch', '-'], input='\n'.join(batch))
    one = Container(names(), namespace(), 'bridge,source=br9,address=192.168.9.2/24')
    one.reserve()
    failed = one.driver('attach', check=False)
    assert failed.returncode == 1 and 'the bridge br9 already has 1023 ports' in failed.stderr, failed.stderr
    harness.run('ip link del b1')
    one.driver('attach')  # control: there is room for one
    one.down()
    harness.run(['ip', '-batch', '-'], input='\n'.join(f'link del a{i}' for i in range(512) if i != 1) + '\nlink del br9')

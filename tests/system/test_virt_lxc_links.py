# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-lxc: devices that the host has: interfaces, and nodes."""
import json

import pytest

from harness import run, wait_for
from test_seed_domains import NAME, busybox, define, export, inside, mount, start  # noqa: F401 (fixtures)
from test_virt_lxc import document, fails, said, virt  # noqa: F401 (fixtures)

KINDS = """
    <interface type='ethernet'>
      <mac address='52:54:00:00:00:01'/>
      <target dev='own0'/>
      <ip address='10.9.1.2' prefix='32' peer='10.9.1.1'/>
      <route family='ipv4' address='10.9.9.0' prefix='24' gateway='10.9.1.1'/>
      <mtu size='1300'/>
    </interface>
    <hostdev mode='capabilities' type='net'>
      <source><interface>card0</interface></source>
      <ip address='10.9.2.2' family='ipv4' prefix='24'/>
    </hostdev>
    <interface type='direct'>
      <mac address='52:54:00:00:00:02'/>
      <source dev='card1' mode='bridge'/>
      <guest dev='lan0'/>
    </interface>"""


@pytest.fixture
def cards():
    """Two interfaces that could be hardware."""
    run(['ip', 'link', 'add', 'card0', 'type', 'veth', 'peer', 'name', 'card1'])
    run(['ip', 'link', 'set', 'card1', 'up'])
    yield
    run(['ip', 'link', 'del', 'card1'], check=False)


def links():
    return {link['ifname']: link for link in json.loads(run(['ip', '-j', '-d', 'addr']).stdout)}


def test_kinds(define, cards):  # noqa: F811
    define(KINDS)
    start()
    seen = {link['ifname']: link for link in json.loads(inside('/bin/ip', '-j', '-d', 'addr'))}
    assert set(seen) == {'lo', 'eth0', 'card0', 'lan0'}
    assert seen['eth0']['mtu'] == 1300 and seen['eth0']['address'] == '52:54:00:00:00:01'
    assert [(a['local'], a.get('address')) for a in seen['eth0']['addr_info'] if a['family'] == 'inet'] == [('10.9.1.2', '10.9.1.1')]
    assert '10.9.9.0/24 via 10.9.1.1' in inside('/bin/ip', 'route')
    assert [a['local'] for a in seen['card0']['addr_info'] if a['family'] == 'inet'] == ['10.9.2.2']
    assert seen['lan0']['linkinfo']['info_data']['mode'] == 'bridge'
    host = links()
    assert 'own0' in host and 'card0' not in host
    assert [line.split() for line in said('domiflist', NAME).splitlines()[2:]] == [
        ['own0', 'ethernet', '-', '-', '52:54:00:00:00:01'],
        [next(line.split()[0] for line in said('domiflist', NAME).splitlines() if 'direct' in line), 'direct', 'card1', '-', '52:54:00:00:00:02']]
    virt('destroy', NAME)
    wait_for(lambda: 'card0' in links() and 'own0' not in links(), 'what was the host\'s is its own again')


def test_name_of_the_hosts(define, cards):  # noqa: F811
    """A name that an interface of the host has is refused, and the interface is still there."""
    for kind, source in (('network', "<source network='default'/>"), ('ethernet', '')):
        define(f"<interface type='{kind}'>{source}<target dev='card1'/></interface>")
        assert fails('start', NAME)[1].endswith('the host has an interface card1 already; give another name')
        assert 'card1' in links()
        virt('undefine', NAME)


def node(path, more='', kind='misc', element='char'):
    return f"<hostdev mode='capabilities' type='{kind}'><source><{element}>{path}</{element}></source>{more}</hostdev>"


def test_nodes(define, busybox):  # noqa: F811
    """Root inside owns them: a node of the host's would be nobody's to it. What is to be read alone, root cannot write either."""
    define(mount(busybox, '/') + node('/dev/net/tun') + node('/dev/full') + node('/dev/loop1', kind='storage', element='block') +
           "<disk type='block'><source dev='/dev/loop2'/><target dev='vda'/><readonly/></disk>")
    start()
    assert inside('/bin/sh', '-c', 'exec 3<>/dev/net/tun && exec 4<>/dev/loop1 && exec 5</dev/vda && echo good') == 'good\n'
    assert inside('/bin/sh', '-c', '(exec 5<>/dev/vda) 2>/dev/null || echo refused') == 'refused\n'
    assert inside('/bin/sh', '-c', '[ /dev/vda -ef /dev/loop2 ]; ls -ln /dev/vda').split()[2:6] == ['0', '0', '7,', '2']


def addresses():
    return {link['ifname']: [a['local'] for a in link['addr_info'] if a['family'] == 'inet']
            for link in json.loads(inside('/bin/ip', '-j', 'addr')) if link['ifname'] != 'lo'}


def reserved(root):
    return {path.name for path in (root / 'var/lib/libvirt-sandbox/stations').glob('*')}


def shell(name, command):
    return run(['virt-lxc', '-q', 'lxc-enter-namespace', name, '/bin/sh', '-c', command], check=False)


def take_address(name, address):
    shell(name, f'ip addr flush dev eth0; ip addr add {address}/24 dev eth0; ip route add default via 192.168.122.1')
    return shell(name, 'ping -c 1 -W 2 192.168.122.1').returncode == 0


def test_addresses_taken_by_hand(define, document, busybox):  # noqa: F811
    """Any free one of the network, which is then that port's; another's is not to be had, taken or reserved."""
    network = mount(busybox, '/') + "<interface type='network'><source network='default'/></interface>"
    for applet in ('ip', 'ping'):
        (busybox / 'bin' / applet).symlink_to('busybox')
    define(network)
    start()
    other, path = document(devices=network)
    virt('create', path)
    assert take_address(NAME, '192.168.122.50'), 'free'
    assert run(['ping', '-c', '1', '-W', '2', '192.168.122.50'], check=False).returncode == 0, 'the host reaches it'
    assert not take_address(other, '192.168.122.50'), 'taken'
    assert not take_address(other, '192.168.122.2'), 'reserved for the first'
    assert not take_address(other, '10.9.9.9') and not take_address(other, '192.168.122.255'), 'none of the network'
    assert take_address(other, '192.168.122.3') and take_address(other, '192.168.122.51'), 'its own, and a free one'
    assert take_address(NAME, '192.168.122.50'), 'it has it still'


def test_ids_of_another(define, document, busybox, names):  # noqa: F811
    """Two domains with the same ids would reach each other's files."""
    for directory in ('dev', 'proc', 'sys'):  # the tree's owners are ids outside, to whom nobody here gives it
        (busybox / directory).mkdir()
    ids = "<idmap><uid start='0' target='{0}' count='10'/><gid start='0' target='{0}' count='10'/></idmap>"
    define(mount(busybox, '/'), more=ids.format(100000))
    start()
    other, path = document(devices=mount(busybox, '/'), more='\n' + ids.format(100009))
    virt('define', path)
    assert fails('start', other)[1] == f'line 11: <idmap> gives it ids from 100009 on, which are those of {NAME}; give it others'
    virt('destroy', NAME)
    virt('start', other)


def test_live_interfaces(define, cards, root):  # noqa: F811
    """One that comes while it runs is as those it was started with: address, rules, a reservation, and all of it goes with it, or with the domain."""
    mac, before = '52:54:00:00:00:05', reserved(root)
    define("<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>")
    start()
    assert said('attach-interface', NAME, 'network', 'default', '--mac', mac, '--live') == 'Interface attached successfully\n'
    assert addresses() == {'eth0': ['192.168.122.2'], 'eth1': ['192.168.122.3']} and mac in reserved(root)
    assert mac in run('nft list ruleset').stdout
    virt('attach-interface', NAME, 'direct', 'card1', '--persistent')
    [line] = [line for line in said('domiflist', NAME).splitlines() if 'direct' in line]
    assert line.split()[-1] in said('dumpxml', NAME, '--inactive') and mac not in said('dumpxml', NAME, '--inactive')
    assert fails('detach-interface', NAME, 'network')[0] == 'Domain has 2 interfaces. Please specify which one to detach using --mac'
    assert said('detach-interface', NAME, 'network', '--mac', '52:54:00:00:00:01') == 'Interface detached successfully\n'
    assert addresses() == {'eth1': ['192.168.122.3'], 'eth2': []}
    assert reserved(root) - before == {mac, '192.168.122.3', line.split()[-1]}
    virt('attach-interface', NAME, 'network', 'default', '--live')
    assert addresses()['eth0'] == ['192.168.122.2']
    assert 'no-such' in fails('attach-interface', NAME, 'bridge', 'no-such', '--live')[1]
    assert len(said('domiflist', NAME).splitlines()) == 5
    virt('destroy', NAME)
    assert reserved(root) <= before and 'vsb' not in run('nft list ruleset').stdout


def test_live_disks(define, busybox):  # noqa: F811
    """Through a link that the container laid nothing is reached, and what is there already stays."""
    define(mount(busybox, '/'))
    start()
    assert said('attach-disk', NAME, '/dev/loop1', 'vda') == 'Disk attached successfully\n'
    assert inside('/bin/ls', '-ln', '/dev/vda').split()[2:6] == ['0', '0', '7,', '1']
    virt('attach-disk', NAME, '/dev/loop2', 'vdb', '--mode', 'readonly')
    assert inside('/bin/sh', '-c', 'exec 3<>/dev/vda && exec 4</dev/vdb && ((exec 5<>/dev/vdb) 2>/dev/null || echo refused)') == 'refused\n'
    assert 'already' in fails('attach-disk', NAME, '/dev/loop2', 'vdb')[1]
    inside('/bin/sh', '-c', 'busybox ln -s /proc/self/mem /dev/vdc; echo mine >/dev/vdd')
    for target in ('vdc', 'vdd'):
        assert fails('attach-disk', NAME, '/dev/loop3', target)[1] == f'cannot change /dev/{target} in the container: File exists'
    assert inside('/bin/cat', '/dev/vdd') == 'mine\n'
    assert said('detach-disk', NAME, 'vda') == 'Disk detached successfully\n'
    assert inside('/bin/sh', '-c', 'ls /dev/vd*') == '/dev/vdb\n/dev/vdc\n/dev/vdd\n'
    assert [line.split()[0] for line in said('domblklist', NAME).splitlines()[2:]] == ['vdb']


def test_bandwidth(define, tmp_path):  # noqa: F811
    """Of a port of a bridge; the numbers that a document has are kept, and those that have no effect are said."""
    define("<interface type='network'><source network='default'/><bandwidth><inbound average='100'/><outbound average='200' peak='300'/></bandwidth></interface>")
    again = tmp_path / 'again.xml'
    again.write_text(said('dumpxml', NAME))
    assert "the average of <outbound> is a limit; 'peak' and 'burst' have no effect" in virt('define', again).said
    start()
    said_by_tc = run(['tc', 'qdisc']).stdout
    assert 'rate 800Kbit' in said_by_tc and 'rate 1600Kbit' in said_by_tc, said_by_tc
    assert "<outbound average='200' peak='300'/>" in said('dumpxml', NAME)
    xml = said('attach-interface', NAME, 'network', 'default', '--inbound', '100,,20', '--print-xml')
    assert "<inbound average='100' burst='20'/>" in xml
    assert fails('attach-interface', NAME, 'network', 'default', '--inbound', 'x') == ['inbound format is incorrect']
    virt('destroy', NAME)
    virt('undefine', NAME)
    define("<interface type='direct'><source dev='lo'/><bandwidth><inbound average='100'/></bandwidth></interface>")
    assert '<bandwidth> is for interfaces of type network and bridge' in fails('start', NAME)[1]


def test_link_that_is_down(define, cards, busybox):  # noqa: F811
    """It has its address, and root inside puts it up."""
    (busybox / 'bin/ip').symlink_to('busybox')
    define(mount(busybox, '/') + "<interface type='network'><source network='default'/><link state='down'/></interface>"
           "<interface type='direct'><source dev='card1'/><link state='down'/></interface>")
    start()
    assert ',UP' not in inside('/bin/ip', 'link', 'show', 'eth0') + inside('/bin/ip', 'link', 'show', 'eth1')
    assert 'inet 192.168.122.2/24' in inside('/bin/ip', 'addr', 'show', 'eth0')
    inside('/bin/ip', 'link', 'set', 'eth0', 'up')
    assert ',UP' in inside('/bin/ip', 'link', 'show', 'eth0')


def test_card_that_there_is_not(define):  # noqa: F811
    define("<hostdev mode='capabilities' type='net'><source><interface>card7</interface></source></hostdev>")
    assert fails('start', NAME) == [f"Failed to start domain '{NAME}'", 'the host has no interface card7']

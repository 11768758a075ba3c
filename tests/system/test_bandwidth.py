# SPDX-License-Identifier: LGPL-2.1-or-later
"""bandwidth=: a burst of packets is sent at once and those that come are counted, in both directions, beside a container without a limit."""
import socket
import subprocess

import pytest

import harness
import isolation
from fakes import Container, port_of

COUNT = 600  # packets of 1000 bytes: more than a bucket and a queue of 1 Mbit/s take (32768 bytes, and 25000 more)
# Says when it listens; counts what comes until all was sent, which its input's end tells, and nothing has come for half a second.
RECEIVE = """if True:
    import select, socket, sys
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, 33, 1 << 22); s.bind(('0.0.0.0', 9)); print(flush=True)
    count, sent = 0, False
    while ready := select.select([s] if sent else [s, sys.stdin], [], [], 0.5 if sent else None)[0]:
        if s in ready:
            s.recv(2000); count += 1
        else:
            sent = True
    print(count)
"""
SEND = """if True:
    import socket, sys
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, 32, 1 << 22)
    for _ in range(%d):
        s.sendto(bytes(1000), (sys.argv[1], 9))
""" % COUNT


def count(receiver, send):
    ears = receiver(['python3', '-c', RECEIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ears.stdout.readline()
    send()
    return int(ears.communicate(timeout=30)[0])


def into(one):
    return count(one.spawn, lambda: harness.run(['python3', '-c', SEND, one.address]))


def out_of(one, outside):
    return count(outside.spawn, lambda: one.run(['python3', '-c', SEND, outside.FAR]))


@pytest.mark.parametrize('bandwidth, slow_in, slow_out', [('1M', True, True), ('max/1M', False, True)])
def test_both_ways(namespace, names, outside, bandwidth, slow_in, slow_out):
    one, free = Container(names(), namespace(), f'default,bandwidth={bandwidth}').up(), Container(names(), namespace()).up()
    try:
        assert into(free) > COUNT * 0.9 and out_of(free, outside) > COUNT * 0.9, 'control'
        for came, slow in ((into(one), slow_in), (out_of(one, outside), slow_out)):
            assert 20 < came < COUNT / 2 if slow else came > COUNT * 0.9, (bandwidth, came)
        harness.run(['ping', '-c1', '-W5', one.address])
        # Neither the container nor a flushed ruleset lifts it.
        one.run('tc qdisc del dev eth0 root', check=False)
        harness.run('nft flush chain inet virt_sandbox prerouting')
        assert (out_of(one, outside) < COUNT / 2) == slow_out
        assert ('vsi' in harness.run('ip -o link').stdout) == slow_out
    finally:
        one.down()
        free.down()
    assert 'vsi' not in harness.run('ip -o link').stdout


def test_of_the_dead(namespace, names):
    """Its interface goes with the next one to leave."""
    dead, alive = Container(names(), namespace(), 'default,bandwidth=1M').up(), Container(names(), namespace(), 'default,bandwidth=1M').up()
    dead.namespace.close()
    harness.wait_for(lambda: port_of(dead) not in harness.snapshot()['links'], 'the dead link is gone')
    alive.down()
    assert not [link for link in harness.snapshot()['links'] if link.startswith('vs')]
    dead.driver('detach')
    dead.driver('release')


def test_on_a_bridge_of_the_host(namespace, names):
    harness.run('ip link add br9 type bridge && ip address add 10.77.9.1/24 dev br9 && ip link set br9 up')
    try:
        one = Container(names(), namespace(), 'bridge,source=br9,address=10.77.9.2/24,bandwidth=1M').up()
        one.address = '10.77.9.2'
        assert 20 < into(one) < COUNT / 2
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((one.address, 9))
            host = probe.getsockname()[0]
        assert 20 < count(subprocess.Popen, lambda: one.run(['python3', '-c', SEND, host])) < COUNT / 2
        one.down()
    finally:
        harness.run('ip link del br9')


@pytest.mark.parametrize('network', ['macvlan,source=lo', 'ethernet', 'hostdev,source=lo', 'vlan,source=lo,id=3'])
def test_elsewhere_it_is_refused(network):
    harness.refused(['virt-sandbox', '-N', f'{network},bandwidth=1M', '--', 'true'], 'bandwidth= is for links to a bridge')


def test_nothing_to_share():
    harness.refused(['virt-sandbox', '-N', 'none,bandwidth=1M', '--', 'true'], 'takes no further parameters')


def test_set(name, outside):
    """By `set` while it runs: another limit, one direction alone, none at all; and nothing else of its networks."""
    service = 'virt-sandbox-service'

    def inside(command, **options):
        return subprocess.Popen(['nsenter', f'--net=/proc/{isolation.pid_of(name)}/ns/net', *command], **options)

    isolation.create(name, '-N', 'default,bandwidth=1M')
    try:
        harness.run([service, 'start', name])
        address = isolation.inspect(name)['state']['address']
        for bandwidth, slow_in, slow_out in ((None, True, True), ('max/1M', False, True), ('2M/max', True, False), ('max', False, False)):
            if bandwidth:
                harness.run([service, 'set', '-N', f'default,bandwidth={bandwidth}', name])
            came = count(inside, lambda: harness.run(['python3', '-c', SEND, address]))
            gone = count(outside.spawn, lambda: inside(['python3', '-c', SEND, outside.FAR]).wait())
            for number, slow in ((came, slow_in), (gone, slow_out)):
                assert 20 < number < COUNT / 2 if slow else number > COUNT * 0.9, (bandwidth, number)
            assert ('vsi' in harness.run('ip -o link').stdout) == slow_out
        harness.refused([service, 'set', '-N', 'default,mtu=1400', name], 'set can only change bandwidth= of a network')
        harness.refused([service, 'set', '-N', 'none', name], 'set can only change bandwidth= of a network')
        harness.run([service, 'set', '-N', 'default,bandwidth=1M', name])
        harness.run([service, 'restart', name])
        assert 'bandwidth=1M' in harness.run([service, 'inspect', name]).stdout and 'vsi' in harness.run('ip -o link').stdout
    finally:
        isolation.remove(name)

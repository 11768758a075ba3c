# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody takes away what holds the networks of containers that run: nftables rules, a bridge. It comes back by itself, or nothing passes and `list` says so."""
import json
import os
import pathlib
import re
import socket
import struct

import pytest

import harness
import test_outcome
from fakes import ASK, ask
from harness import run, wait_for

SERVICE = 'virt-sandbox-service'
SERVE = ("import socket\ns = socket.create_server(('0.0.0.0', 80))\n"
         "while True:\n    c, p = s.accept(); c.sendall(p[0].encode()); c.close()")

# Is somebody there, who answers or refuses?
REACH = """if True:
    import socket, sys
    s = socket.socket(); s.settimeout(1)
    sys.exit(0 if s.connect_ex((sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 9)) in (0, 111) else 1)
"""


@pytest.fixture
def pair(names, outside):
    """Two containers of one network that serve, and publish a port each."""
    made = [names(), names()]
    for number, name in enumerate(made):
        run([SERVICE, 'create', '-N', 'default', '--publish', f'808{number}:80', name, '--', 'python3', '-c', SERVE])
        run([SERVICE, 'start', name])
        wait_for(lambda name=name: answers(address(name)), 'the server is up')
        four, six = entry(name)['addresses']
        assert four == address(name) and answers(six) is False and six.startswith('fd')  # it listens at IPv4 alone
        assert json.loads(run([SERVICE, 'inspect', name]).stdout)['state']['addresses'] == [four, six]
    yield made
    for name in made:
        run([SERVICE, 'stop', name])
        run([SERVICE, 'delete', name])


def kinds(name):
    return test_outcome.kinds(pathlib.Path(os.environ['VIRT_SANDBOX_ROOT']), name)


entry = test_outcome.listed


def address(name):
    return entry(name)['address']


def answers(place, port=80):
    try:
        return bool(ask(place, port, timeout=0.5))
    except OSError:
        return False


def inside(name, *words):
    return run([SERVICE, 'execute', name, '--', *words], check=False).returncode


def link(name):
    """The host's side of a container's link."""
    return re.search(r'vsb\w{9}-0', run(f'ip -o neigh show {address(name)} dev vsb0; bridge fdb show br vsb0 | grep -i "$(ip -o neigh show {address(name)} dev vsb0 | cut -d" " -f3) "').stdout)[0]


def rules():
    """The table without numbers of its own, and the order of what is in sets."""
    text = run('nft -s list table inet virt_sandbox', check=False).stdout
    return [line for line in text.splitlines() if 'elements' not in line and '.' not in line.split(' ')[0]]


def held(name, sibling, outside):
    """What the rules shall hold: the host's services are closed, siblings too, another address is not let out; and what is open is."""
    gateway = run('ip -o -4 address show vsb0').stdout.split()[3].split('/')[0]
    with socket.create_server(('0.0.0.0', 0)) as server:
        port = str(server.getsockname()[1])
        assert inside(name, 'python3', '-c', ASK, gateway, port) != 0
    assert inside(name, 'python3', '-c', REACH, address(sibling), '80') != 0
    assert inside(name, 'python3', '-c', REACH, outside.FAR) == 0
    wait_for(lambda: answers(address(name)) and answers('127.0.0.1', 8080), 'it answers')
    assert outside.run(['python3', '-c', ASK, outside.HOST, '8080'], check=False).returncode == 0


DAMAGE = ('nft flush ruleset', 'nft delete table inet virt_sandbox', 'nft flush chain inet virt_sandbox input', 'ip link del vsb0', 'ip address flush dev vsb0',
          'nft flush ruleset; ip link del vsb0')


def test_comes_back(pair, outside):
    one, two = pair
    before = rules()
    for damage in DAMAGE:
        count = {name: kinds(name).count('network-restored') for name in pair}
        run(damage)
        for name in pair:
            wait_for(lambda name=name, count=count: kinds(name).count('network-restored') > count[name], f'{name} has its network again after {damage}')
            assert kinds(name)[-2:] == ['network-lost', 'network-restored'] and not entry(name)['problem'], name
        assert rules() == before and len(before) > 50, damage
        if 'flush ruleset' in damage:
            held(one, two, outside)
        for name in pair:  # what the port holds by itself
            port = json.loads(run(f'ip -d -j link show {link(name)}').stdout)[0]
            data = port['linkinfo']['info_slave_data']
            assert port['master'] == 'vsb0' and data['locked'] and data['isolated'] and not data['learning'] and not data['flood'], damage
    # Whoever else starts and stops wakes nobody, and nothing is told: what is told next is what comes after.
    told = kinds(one)
    run(['virt-sandbox', '-N', 'default', '--', 'true'])
    run('nft add table inet other; nft delete table inet other')
    run('nft flush ruleset')
    wait_for(lambda: len(kinds(one)) > len(told) and kinds(one)[-1] == 'network-restored', 'it is lost in earnest, and back')
    assert kinds(one)[len(told):] == ['network-lost', 'network-restored']


@pytest.fixture
def crowd(names):
    """As many containers of one network as VIRT_SANDBOX_NETWORK_SIZE says."""
    made = [names() for _ in range(int(os.environ.get('VIRT_SANDBOX_NETWORK_SIZE', 6)))]
    for name in made:
        run([SERVICE, 'create', '-N', 'default', name, '--', 'sleep', '100000'])
    run([SERVICE, 'start', *made])
    yield made
    run([SERVICE, 'stop', '-t', '1', *made])
    run([SERVICE, 'delete', *made])


def test_one_acts(crowd):
    """Of all who hear it one makes the rules again: they are loaded once, and all containers are reached again."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as monitor:
        monitor.bind((0, 0))
        monitor.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        monitor.setsockopt(270, 1, struct.pack('i', 7))  # NFNLGRP_NFTABLES
        monitor.settimeout(5)
        run('nft flush ruleset')
        for name in crowd:
            wait_for(lambda name=name: 'network-restored' in kinds(name), f'{name} has its network again', seconds=60)
        run('nft add table ip end; nft delete table ip end')
        made = 0
        while b'end\0' not in (packet := monitor.recv(1 << 20)):
            made += packet[4:6] == struct.pack('H', 0xa00) and b'virt_sandbox\0' in packet  # NFT_MSG_NEWTABLE
        assert made == 1
    run('ip link del vsb0')
    for name in crowd:
        wait_for(lambda name=name: kinds(name).count('network-restored') == 2, f'{name} has its network again', seconds=60)
    for entry in json.loads(run([SERVICE, 'list', '--json']).stdout):
        if entry['name'] in crowd:
            run(['ping', '-c1', '-W5', entry['address']])


def test_what_cannot_come_back(pair):
    """Somebody else's interface has the bridge's name: the links are down, `list` says why, and it is tried again."""
    one, two = pair
    port = link(one)
    assert 'state UP' in run(f'ip link show {port}').stdout
    wait_for(lambda: run('ip link del vsb0; ip link add vsb0 type veth peer name other0', check=False).returncode == 0, 'to be faster than who makes the bridge again')
    try:
        for name in pair:
            wait_for(lambda name=name: 'interface vsb0 that is not ours; rename or delete it' in (entry(name)['problem'] or ''), f'{name} says so')
            assert entry(name)['problem'].startswith(f'container {name}: network-lost: ')
            assert entry(name)['state'] == 'degraded' and kinds(name)[-1] == 'network-lost'
        assert 'network-lost' in run([SERVICE, 'list']).said
        assert 'UP' not in run(f'ip -br link show {port}').stdout.split()[1]
        assert inside(one, 'python3', '-c', REACH, address(two), '80') != 0
    finally:
        run('ip link del vsb0')
    for name in pair:
        wait_for(lambda name=name: kinds(name)[-1] == 'network-restored', f'{name} has its network again', seconds=60)
        assert not entry(name)['problem'] and entry(name)['state'] == 'running'
        wait_for(lambda name=name: answers(address(name)), 'neighbours to be found anew')


def test_bridge_of_the_host(name):
    """Nobody knows how it was: its containers' links are down. Rules about it are made again."""
    run('ip link add br7 type bridge && ip link set br7 up')
    run([SERVICE, 'create', '-N', 'source=br7,address=10.77.7.2/24', name, '--', 'sleep', '1000'])
    try:
        run([SERVICE, 'start', name])
        before = run('nft -s list table bridge virt_sandbox').stdout
        run('nft flush ruleset')
        wait_for(lambda: kinds(name)[-1] == 'network-restored', 'the rules are there again')
        assert run('nft -s list table bridge virt_sandbox').stdout == before
        run('ip link del br7')
        wait_for(lambda: entry(name)['problem'], 'it is told')
        assert "network-lost: the host's bridge br7 no longer exists; create it again, then restart the container" in entry(name)['problem']
        port = next(word for word in harness.snapshot()['links'] if word.startswith('vsb'))
        assert 'UP' not in run(f'ip -br link show {port}').stdout.split()[1]
        harness.refused([SERVICE, 'restart', name], 'the host has no interface br7')
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])
        run('ip link del br7', check=False)

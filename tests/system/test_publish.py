# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published ports: from outside, from the host's own addresses, from its loopback interface; and what stays closed."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

import pytest

import harness
import isolation
from fakes import ASK, ask
from harness import refused, run

SERVICE = 'virt-sandbox-service'
# Says to each who comes, by TCP at 80 and 81 and by UDP at 80, from where he does.
SERVER = """if True:
    import select, socket
    doors = [socket.create_server(('0.0.0.0', port)) for port in (80, 81)]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagrams.bind(('0.0.0.0', 80))
    print('ready', flush=True)
    while True:
        for door in select.select([*doors, datagrams], [], [])[0]:
            if door is datagrams:
                data, peer = door.recvfrom(60000)
                door.sendto(peer[0].encode() + b' ' + data, peer)
            else:
                connection, peer = door.accept()
                connection.sendall(peer[0].encode())
                connection.close()
"""
UDP = """if True:
    import socket, sys
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
    s.connect((sys.argv[1], int(sys.argv[2]))); s.send(b'hello')
    try:
        print(s.recv(100).decode())
    except OSError as e:
        sys.exit(f'{type(e).__name__} {e}')
"""


@pytest.fixture
def sandbox(outside):
    """A function that starts a server in a sandbox of its own that publishes this; and the world outside."""
    running = []

    def start(*publish, code=SERVER):
        options = [word for text in publish for word in ('--publish', text)]
        one = subprocess.Popen(['virt-sandbox', '-N', 'default', *options, '--', 'python3', '-c', code], stdout=subprocess.PIPE, text=True)
        running.append(one)
        assert one.stdout.readline() == 'ready\n'
        return one

    yield start
    for one in running:
        one.terminate()
        one.wait(timeout=30)
        one.stdout.close()


def test_range(sandbox, outside):
    """Each port of it leads to the one with its place in the other."""
    sandbox('8079-8081:79-81')
    assert [from_outside(outside, port) for port in range(8079, 8083)] == [None, outside.NEAR, outside.NEAR, None]
    assert ask('127.0.0.1', 8081)


@pytest.mark.parametrize('mode', ['nat', 'routed', 'isolated'])
def test_named_networks(outside, name, mode):
    """From an isolated one no answer leaves: there the host's loopback interface alone leads to it."""
    network = f'n{name}'
    run([SERVICE, 'network', 'create', '--mode', mode, network])
    local = '127.0.0.1:' if mode == 'isolated' else ''
    if local:
        refused(['virt-sandbox', '-N', network, '--publish', '8080:80', '--', 'true'], 'cannot publish 8080:80', 'is isolated')
    one = subprocess.Popen(['virt-sandbox', '-N', network, '--publish', f'{local}8080:80', '--', 'python3', '-c', SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert one.stdout.readline() == 'ready\n'
        assert from_outside(outside, 8080) == (None if local else outside.NEAR)
        assert from_outside(outside, 80) is None
        assert ask('127.0.0.1', 8080)
    finally:
        one.terminate()
        one.wait(timeout=30)
        one.stdout.close()
        run([SERVICE, 'network', 'delete', network])


@pytest.fixture
def container(name, outside):
    """A stopped container with that server."""
    isolation.create(name, command=['/usr/bin/python3', '-c', SERVER])
    yield name
    isolation.remove(name)


def gateway():
    return json.loads(run('ip -j -4 address show vsb0').stdout)[0]['addr_info'][0]['local']


def from_outside(outside, port, code=ASK, address=None):
    """What a server of the host's answers to the world; None: nothing."""
    done = outside.run(['python3', '-c', code, address or outside.HOST, str(port)], check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def ask_udp(address, port, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect((address, port))
        s.send(b'hello')
        return s.recv(100).decode()


def test_from_everywhere(sandbox, outside):
    sandbox('8080:80')
    assert from_outside(outside, 8080) == outside.NEAR, 'who asks is seen'
    assert ask(outside.HOST, 8080) == outside.HOST
    for address in ('127.0.0.1', '127.1.2.3', '::1', 'localhost'):
        assert ask(address, 8080) == gateway(), address


def test_udp_from_everywhere(sandbox, outside):
    sandbox('8080:80/udp')
    assert from_outside(outside, 8080, UDP) == f'{outside.NEAR} hello'
    assert ask_udp(outside.HOST, 8080) == f'{outside.HOST} hello'
    assert ask_udp('127.0.0.1', 8080) == f'{gateway()} hello'
    assert ask_udp('127.1.2.3', 8080) == f'{gateway()} hello', 'the answer comes from where it was sent to'
    assert ask_udp('::1', 8080, socket.AF_INET6) == f'{gateway()} hello'
    assert from_outside(outside, 8080) is None, 'only what was published: not TCP'


def test_ipv6_keeps_who_asks(sandbox, outside):
    run('ip address add 2001:db8::1/64 dev up0 nodad; ip address add 2001:db8::3/64 dev up0 nodad')
    outside.run('ip address add 2001:db8::2/64 dev up0 nodad')
    sandbox('8080:80', '[2001:db8::3]:8081:80', '8080:80/udp', code=SERVER.replace("('0.0.0.0', port)", "('::', port), family=socket.AF_INET6").replace(
        "socket.AF_INET, socket.SOCK_DGRAM", "socket.AF_INET6, socket.SOCK_DGRAM").replace("('0.0.0.0', 80)", "('::', 80)"))
    assert from_outside(outside, 8080, address='2001:db8::1') == '2001:db8::2'
    assert from_outside(outside, 8081, address='2001:db8::3') == '2001:db8::2'
    assert from_outside(outside, 8080, UDP.replace('AF_INET', 'AF_INET6'), address='2001:db8::1') == '2001:db8::2 hello'
    assert ask('2001:db8::1', 8080) == '2001:db8::1'
    assert from_outside(outside, 8081, address='2001:db8::1') is None


def test_only_that_port_opens(sandbox, outside):
    sandbox('8080:80')
    subnet = '.'.join(gateway().split('.')[:2]) + '.0.0/16'
    outside.run(f'ip route add {subnet} via {outside.HOST}')
    inside = [line.split()[0] for line in run('ip neigh show dev vsb0').stdout.splitlines()]
    assert ask(inside[0], 80) == gateway() and ask(inside[0], 81) == gateway(), 'control'
    assert from_outside(outside, 8081) is None
    assert from_outside(outside, 80) is None
    for port in (80, 81):
        assert from_outside(outside, port, address=inside[0]) is None, 'not by its own address'
    assert from_outside(outside, 8080) == outside.NEAR, 'control'


def test_one_address_alone(sandbox, outside):
    run('ip address add 192.0.2.77/32 dev up0')
    sandbox('192.0.2.77:8080:80', '127.0.0.1:8081:81')
    assert from_outside(outside, 8080, address='192.0.2.77') == outside.NEAR
    assert from_outside(outside, 8080) is None
    for address in (outside.HOST, '127.0.0.1'):
        with pytest.raises(OSError):
            ask(address, 8080)
    assert ask('127.0.0.1', 8081) == gateway()
    assert from_outside(outside, 8081) is None
    sandbox('[::1]:8082:80')
    assert ask('::1', 8082) == gateway()
    with pytest.raises(OSError):
        ask('127.0.0.1', 8082)


def test_loopback_is_not_opened_to_the_neighbours(sandbox, outside):
    """CVE-2020-8558: with route_localnet a neighbour reaches what listens on the loopback interface."""
    sandbox('127.0.0.1:8081:80')
    outside.run(f'sysctl -qw net.ipv4.conf.up0.route_localnet=1 net.ipv4.conf.all.route_localnet=1; ip address del 127.0.0.1/8 dev lo; ip route add 127.0.0.1/32 via {outside.HOST} src {outside.NEAR}')
    assert from_outside(outside, 8081, address='127.0.0.1') is None
    run('sysctl -qw net.ipv4.conf.up0.route_localnet=1')
    assert from_outside(outside, 8081, address='127.0.0.1') == gateway(), 'control'


def test_without_the_rules_the_door_is_shut(sandbox, outside):
    """The socket that holds the port answers to the loopback interface alone: who comes otherwise would be taken for the host."""
    sandbox('8080:80', '8080:80/udp')
    run('nft flush ruleset')
    assert from_outside(outside, 8080) is None
    assert from_outside(outside, 8080, UDP) is None
    assert ask('127.0.0.1', 8080) == gateway(), 'control'


def test_containers_do_not_reach_it(sandbox, outside):
    sandbox('8080:80')
    done = run(['virt-sandbox', '-N', 'default', '--', 'python3', '-c', ASK, outside.HOST, '8080'], check=False)
    assert done.returncode != 0
    assert from_outside(outside, 8080) == outside.NEAR, 'control'


def test_taken_ports(sandbox, outside, name):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        refused(['virt-sandbox', '-N', 'default', '--publish', f'{port}:80', '--', 'true'], f'cannot publish port {port}/tcp: a program of the host has it')
        said = run([SERVICE, 'create', '--publish', f'{port}:80', name, '--', '/bin/true']).said
        run([SERVICE, 'delete', name])
        assert f'Warning: the container cannot start at present: cannot publish port {port}/tcp' in said
    assert 'Warning: the container cannot start at present' not in run([SERVICE, 'create', '--publish', f'{port}:80', name, '--', '/bin/true']).said
    run([SERVICE, 'delete', name])
    run(['virt-sandbox', '-N', 'default', '--publish', f'{port}:80', '--', 'true'])
    sandbox(f'{port}:80', f'{port}:80/udp')
    for kind, host in ((socket.SOCK_STREAM, '0.0.0.0'), (socket.SOCK_STREAM, '127.0.0.1'), (socket.SOCK_DGRAM, '0.0.0.0'), (socket.SOCK_DGRAM, outside.HOST)):
        with socket.socket(socket.AF_INET, kind) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match='in use'):
                s.bind((host, port))
                s.listen()
    refused(['virt-sandbox', '-N', 'default', '--publish', f'127.0.0.1:{port}:80', '--', 'true'], f'cannot publish port {port}/tcp of 127.0.0.1: container ', 'publishes it')
    refused(['virt-sandbox', '-N', 'default', '--publish', '198.51.100.9:8080:80', '--', 'true'], 'port 8080/tcp of 198.51.100.9: the host does not have this address')
    assert from_outside(outside, port) == outside.NEAR, 'and nobody was harmed'


@pytest.mark.parametrize('text, words', [
    ('0:80', 'between 1 and 65535'), ('80:0', 'between 1 and 65535'), ('65536:80', 'between 1 and 65535'), ('80', 'the host\'s port, then the container\'s'),
    ('8080-8090:80', 'both ranges must have the same number of ports'), ('8090-8080:90-80', 'a range begins with the lower port'), ('8000-:80', 'is not a published port'), ('8000-8064:1-65', 'more than 64 ports'), ('8080:80/sctp', 'only /tcp and /udp'), ('a:80', 'is not a published port'), ('', 'is not a published port'),
    ('1.2.3:80:80', 'not an IPv4 address'), ('::1:80:80', 'IPv6 stands in brackets'), ('224.0.0.1:80:80', 'not the address of an interface'),
    ('[fe80::1]:80:80', 'link-local'), ('+80:80', 'is not a published port'), ('80:80:', 'is not a published port')])
def test_refused(text, words):
    refused(['virt-sandbox', '-N', 'default', '--publish', text, '--', 'true'], words)


def test_refused_together(name):
    refused(['virt-sandbox', '-N', 'default', '--publish', '80:80', '--publish', '127.0.0.1:80:81', '--', 'true'], 'port 80/tcp of 127.0.0.1 is published twice')
    refused([SERVICE, 'create', '-N', 'host', '--publish', '80:80', name, '--', '/bin/true'], 'on the host\'s network')
    refused(['virt-sandbox', '--publish', '80:80', '--', 'true'], '-N default')
    many = [word for port in range(8000, 8065) for word in ('--publish', f'{port}:80')]
    refused(['virt-sandbox', '-N', 'default', *many, '--', 'true'], 'more than 64 ports')


def connections(container):
    """Of the host's table, those that were translated to it."""
    source = f"src={isolation.inspect(container)['state']['address']} dst=192.0.2.2 sport=80 "
    return [line for line in pathlib.Path('/proc/net/nf_conntrack').read_text().splitlines() if source in line]


def test_set_while_it_runs(container, outside):
    """Each change holds at once; connections through what is published no more end with it."""
    run([SERVICE, 'start', container])
    assert from_outside(outside, 8080) is None
    run([SERVICE, 'set', '--publish', '8080:80', '--publish', '127.0.0.1:8081:81', container])
    assert from_outside(outside, 8080) == outside.NEAR and ask('127.0.0.1', 8081) == gateway()
    assert isolation.inspect(container)['description']['network']['publish'] == ['8080:80', '127.0.0.1:8081:81']
    assert '8080:80' in run([SERVICE, 'list', '--json']).stdout
    with socket.create_server(('0.0.0.0', 0)) as server:
        refused([SERVICE, 'set', '--publish', f'{server.getsockname()[1]}:80', container], 'a program of the host has it')
    assert from_outside(outside, 8080) == outside.NEAR, 'refused: as before'
    assert connections(container), 'control'
    run([SERVICE, 'set', '--publish', '8080:81/udp', container])
    assert not connections(container)
    run([SERVICE, 'set', '--publish', '8080:81/udp', '--publish', '8082:80', container])
    assert from_outside(outside, 8080) is None and from_outside(outside, 8082) == outside.NEAR
    with pytest.raises(OSError):
        ask('127.0.0.1', 8081)
    run([SERVICE, 'set', '--publish', 'none', container])
    assert from_outside(outside, 8082) is None
    assert 'publish' not in isolation.inspect(container)['description'].get('network', {})
    run([SERVICE, 'set', '--publish', '8080:80', container])
    run([SERVICE, 'restart', container])
    assert from_outside(outside, 8080) == outside.NEAR
    run([SERVICE, 'stop', container])
    assert from_outside(outside, 8080) is None and not connections(container)
    socket.create_server(('0.0.0.0', 8080)).close()


def test_udp_that_knocked_before(container, outside):
    """To conntrack, who sends again and again to a closed port has a connection, of which no translation is asked any more."""
    run([SERVICE, 'start', container])
    code = "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('0.0.0.0', 5555)); s.settimeout(2)\n" \
           f"for line in sys.stdin:\n    s.sendto(b'hello', ('{outside.HOST}', 8080))\n    try:\n        print(s.recv(99).decode(), flush=True)\n    except OSError:\n        print('-', flush=True)"
    client = outside.spawn(['python3', '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def knock():
        client.stdin.write('\n')
        client.stdin.flush()
        return client.stdout.readline().strip()

    assert knock() == '-'
    run([SERVICE, 'set', '--publish', '8080:80/udp', container])
    assert knock() == f'{outside.NEAR} hello'
    client.communicate()


def test_rules_go_with_a_killed_supervisor(container, outside):
    """Whoever has the port next is reached, with no command of ours between."""
    run([SERVICE, 'set', '--publish', '8080:80', container])
    run([SERVICE, 'start', container])
    assert from_outside(outside, 8080) == outside.NEAR
    os.kill(isolation.inspect(container)['state']['supervisor'], signal.SIGKILL)
    harness.wait_for(lambda: 'elements' not in run('nft list map inet virt_sandbox published_any').stdout, 'rules gone')
    with socket.create_server(('0.0.0.0', 8080)) as server:
        client = outside.spawn(['python3', '-c', ASK, outside.HOST, '8080'], stdout=subprocess.PIPE, text=True)
        server.settimeout(10)
        connection, peer = server.accept()
        connection.sendall(b'mine')
        connection.close()
        assert peer[0] == outside.NEAR and client.communicate()[0] == 'mine\n'
    run([SERVICE, 'start', container])
    assert from_outside(outside, 8080) == outside.NEAR


def test_relay_that_dies_is_started_again(container):
    run([SERVICE, 'set', '--publish', '127.0.0.1:8080:80', container])
    run([SERVICE, 'start', container])
    supervisor = isolation.inspect(container)['state']['supervisor']

    def relays():
        children = pathlib.Path(f'/proc/{supervisor}/task/{supervisor}/children').read_text().split()
        return [int(pid) for pid in children if pathlib.Path(f'/proc/{pid}/comm').read_text() == 'vs-publish\n']

    old, = harness.wait_for(relays, 'a relay')
    harness.wait_for(lambda: float(run(['ps', '-o', 'etimes=', '-p', str(old)]).stdout) > 1, 'its second')
    os.kill(old, signal.SIGKILL)
    harness.wait_for(lambda: relays() and relays() != [old], 'another relay')
    assert ask('127.0.0.1', 8080) == gateway()


ECHO = """if True:
    import socket, threading
    door = socket.create_server(('0.0.0.0', 80))
    print('ready', flush=True)
    def serve(connection):
        data = b''.join(iter(lambda: connection.recv(65536), b''))
        connection.sendall(data)
        connection.close()
    while True:
        threading.Thread(target=serve, args=(door.accept()[0],)).start()
"""


def test_much_through_the_loopback_interface(sandbox):
    """Back pressure and half-closed connections pass; those above the limit wait for their turn."""
    sandbox('8080:80', code=ECHO)
    data = os.urandom(4 << 20)
    with socket.create_connection(('127.0.0.1', 8080), timeout=20) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        assert b''.join(iter(lambda: s.recv(1 << 16), b'')) == data
    waiting = [socket.create_connection(('127.0.0.1', 8080), timeout=20) for _ in range(300)]
    for number, s in enumerate(waiting):
        s.sendall(b'%d' % number)
        s.shutdown(socket.SHUT_WR)
        assert s.recv(10) == b'%d' % number
        s.close()


# Connects again and again until its input ends, and says each time what it got.
CLIENT = """if True:
    import socket, sys, threading
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
    while not told.wait(0.005):
        try:
            with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60) as s:
                print('answer' if s.recv(100) else 'nothing', flush=True)
        except OSError as e:
            print(type(e).__name__, flush=True)
"""


class Clients:
    """For each port one on the host's loopback interface, and one outside; got: for each, what it got, in order."""

    def __init__(self, outside, ports=(8080,)):
        command = ['python3', '-c', CLIENT]
        self.running = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for port in ports
                        for words in ([*command, '127.0.0.1', str(port)], outside.command([*command, outside.HOST, str(port)]))]
        self.got = [[] for _ in self.running]
        self.readers = [threading.Thread(target=lambda got=got, client=client: got.extend(map(str.strip, client.stdout)))
                        for got, client in zip(self.got, self.running)]
        for reader in self.readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client, reader in zip(self.running, self.readers):
            client.stdin.close()
            client.wait(timeout=90)
            reader.join()
            client.stdout.close()

    def until(self, what, times=1):
        """Until each of them got it, so many times from now on."""
        before = [got.count(what) for got in self.got]
        harness.wait_for(lambda: all(got.count(what) >= count + times for got, count in zip(self.got, before)), f'{what} for each client', 90)


def test_restart_of_ten_refuses_nobody(names, outside):
    """All that connects while ten containers restart one after the other is answered."""
    containers = {8081 + i: names() for i in range(10)}
    check = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 80), 1)'"
    try:
        for port, name in containers.items():
            isolation.create(name, '--publish', f'{port}:80', '--health-command', check, '--health-interval', '1', '--health-retries', '20',
                             command=['/usr/bin/python3', '-c', SERVER])
        run([SERVICE, 'start', '--healthy', *containers.values()], timeout=300)
        pids = {name: json.loads(run([SERVICE, 'inspect', name]).stdout)['state']['pid'] for name in containers.values()}
        with Clients(outside, containers) as clients:
            clients.until('answer')
            run([SERVICE, 'restart', '--drain', '10', '-t', '2', *containers.values()], timeout=300)
            clients.until('answer', 2)
        assert [set(got) for got in clients.got] == [{'answer'}] * 20, clients.got
        assert all(json.loads(run([SERVICE, 'inspect', name]).stdout)['state']['pid'] != pid for name, pid in pids.items())
    finally:
        isolation.remove(*containers.values())


def test_restart_refuses_nobody(container, outside):
    """Who comes meanwhile waits; with time to end, those who were connected get all of their answer. A stop and a start refuse, which shows that the clients see it."""
    check = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 80), 1)'"
    keyfile = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], f'etc/libvirt-sandbox/services/{container}.sandbox')
    keyfile.write_text(keyfile.read_text() + f'\n[health]\ncommand={check}\ninterval=1\nretries=20\n')
    run([SERVICE, 'set', '--publish', '8080:80', container])
    run([SERVICE, 'start', '--healthy', container])

    def pid():
        return json.loads(run([SERVICE, 'inspect', container]).stdout)['state']['pid']

    before = pid()
    with Clients(outside) as clients:
        clients.until('answer')
        run([SERVICE, 'restart', '--drain', '10', '-t', '2', container])
        run([SERVICE, 'wait', '--for', 'ready', '--timeout', '60', container])
        clients.until('answer', 2)  # the first may be from before
    assert [set(got) for got in clients.got] == [{'answer'}] * 2, clients.got
    assert pid() != before
    assert not list(pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'run/libvirt-sandbox/.network/held').glob('*'))
    with Clients(outside) as clients:
        clients.until('answer')
        run([SERVICE, 'stop', '-t', '2', container])
        clients.until('ConnectionRefusedError')
        run([SERVICE, 'start', '--healthy', container])
        clients.until('answer', 2)
    assert from_outside(outside, 8080) == outside.NEAR, 'the rules are there again, and tell who asks'
    run([SERVICE, 'stop', '-t', '2', container])

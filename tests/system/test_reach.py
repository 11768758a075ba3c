# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may reach whom: --allow-from and --egress, by packets between namespaces in place of containers; then the words of the commands."""
import json
import subprocess

import harness
import isolation
from fakes import ASK, ask
from harness import refused, run

SERVICE = 'virt-sandbox-service'
# Answers at TCP ports of both families, and at UDP port 53, with the address that asks.
SERVER = """if True:
    import select, socket, sys
    doors = [socket.create_server(('::', int(port)), family=socket.AF_INET6, dualstack_ipv6=True) for port in sys.argv[1:]]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagrams.bind(('0.0.0.0', 53))
    print(flush=True)
    while True:
        for door in select.select([*doors, datagrams], [], [])[0]:
            if door is datagrams:
                door.sendto(b'datagram', door.recvfrom(1000)[1])
            else:
                c, peer = door.accept(); c.sendall(peer[0].replace('::ffff:', '').encode()); c.close()
"""
# Knocks at all at once, ARGV is ADDRESS PORT ...: what is said there; a port "ping" or "udp" is what it says. Nothing within a second is null.
KNOCK = """if True:
    import concurrent.futures, json, socket, subprocess, sys
    def knock(address, port):
        if port == 'ping':
            return 'pong' if subprocess.run(['ping', '-c1', '-W1', address], capture_output=True).returncode == 0 else None
        try:
            if port == 'udp':
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1); s.connect((address, 53)); s.send(b'?')
                return s.recv(100).decode()
            return socket.create_connection((address, int(port)), timeout=1).recv(100).decode()
        except OSError:
            return None
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        print(json.dumps(list(pool.map(knock, sys.argv[1::2], sys.argv[2::2]))))
"""


def serve(place, servers, *ports):
    server = place.spawn(['python3', '-c', SERVER, *map(str, ports)], stdout=subprocess.PIPE)
    servers.append(server)
    server.stdout.readline()


def knock(place, *targets):
    """What is answered to who is there, by targets "ADDRESS PORT" or "ADDRESS" for port 80."""
    words = [word for target in targets for word in (*target.split(), '80')[:2]]
    return json.loads(place.run(['python3', '-c', KNOCK, *words]).stdout)


def nobody(place, *targets):
    return not any(knock(place, *targets))


def test_siblings(containers, servers):
    """In one direction, at one port, of both families; who it is is seen; nobody else, and no longer than it is said."""
    one, two, three = containers(), containers(), containers()
    for place in (one, two):
        serve(place, servers, 80, 81)
    four, six = two.address, two.address6()
    assert nobody(one, four, six, f'{four} ping', f'{six} ping')
    two.say(f'allow-from={one.name}:80')
    assert knock(one, four, six, f'{four} 81', f'{six} 81', f'{four} udp', f'{four} ping') == [one.address, one.address6(), None, None, None, None]
    assert nobody(two, one.address, one.address6())
    assert nobody(three, four, six)
    two.say(f'allow-from={one.name}:53/udp')
    assert knock(one, f'{four} udp', four) == ['datagram', None]
    two.say(f'allow-from={one.name}:80,{one.name},{three.name}:81')
    assert knock(one, f'{four} 81', f'{four} ping', f'{six} ping') == [one.address, 'pong', 'pong']
    assert knock(three, f'{four} 81', four) == [three.address, None]
    assert 'redirected' not in one.run(f'ip route get {four}').stdout, 'past the host there is no way'
    two.say()
    assert nobody(one, four, f'{six} ping')


def test_nobody_with_a_higher_address(containers, servers):
    """A rule names one station, in IPv6 as in IPv4: not all from its address on."""
    one, two, three = sorted((containers() for _ in range(3)), key=lambda c: [int(part) for part in c.address.split('.')])
    serve(one, servers, 80)
    host = subprocess.Popen(['python3', '-c', SERVER, '81'], stdout=subprocess.PIPE)
    servers.append(host)
    host.stdout.readline()
    for words in ([f'allow-from={two.name}:80', 'egress=host:81'], [f'allow-from={two.name}', 'egress=host:81,host:82']):
        one.say(*words)
        for _ in range(2):
            assert knock(two, one.address, one.address6()) == [two.address, two.address6()], 'control'
            assert nobody(three, one.address, one.address6())
            assert all(knock(one, f'{one.gateway()} 81', f'{one.gateway6()} 81')), 'control'
            assert nobody(three, f'{three.gateway()} 81', f'{three.gateway6()} 81')
            two.driver('detach')
            two.driver('attach')
    one.say()
    assert nobody(two, one.address, one.address6())


def test_both_siblings_must_say_so(containers, servers):
    one, two = containers(), containers()
    serve(two, servers, 80, 81)
    one.say(f'egress={two.name}:80')
    assert nobody(one, two.address), 'nobody but who owns the service opens it'
    two.say(f'allow-from={one.name}')
    assert knock(one, two.address, f'{two.address} 81') == [one.address, None]
    one.say('egress=none')
    assert nobody(one, two.address)


def test_order_of_starts_does_not_matter(containers, names, namespace, servers):
    """A name is what counts, not who had its address: what it had opened ends with it, also when another one gets the address."""
    first, later = names(), names()
    two = containers(keys=[f'network.allow-from={first}'])
    serve(two, servers, 80)
    one = containers()
    one.down()
    one.name = first
    one.up()
    assert knock(one, two.address) == [one.address]
    run('nft flush ruleset')
    assert nobody(one, two.address, two.address6()) and ask(two.address), 'what they may is in the rules, and without them they may nothing'
    third = containers()  # brings the rules back, and these with them
    assert knock(one, two.address) == [one.address] and nobody(third, two.address)
    address = one.address
    one.down()
    one.name = later
    one.networks = [f'default,address={address}/16']
    one.up()
    assert one.address == address and nobody(one, two.address)


def test_a_connection_ends_with_its_rule(containers):
    one, two = containers(), containers()
    two.say(f'allow-from={one.name}')
    server = two.spawn(['python3', '-c', "import socket; s = socket.create_server(('', 80)); s.settimeout(20); print(flush=True); c = s.accept()[0]; c.settimeout(5)\n"
                        "while True: print(c.recv(9).decode(), flush=True)"], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    client = one.spawn(['python3', '-c', "import socket, sys; c = socket.create_connection((sys.argv[1], 80))\nfor line in sys.stdin: c.send(line.strip().encode())", two.address],
                       stdin=subprocess.PIPE, text=True)

    def send(word):
        client.stdin.write(f'{word}\n')
        client.stdin.flush()
        return server.stdout.readline().strip()
    assert send('one') == 'one'
    two.say(f'allow-from={one.name}:80,192.0.2.0/24')
    assert send('two') == 'two', 'what is still allowed goes on'
    two.say(f'allow-from={one.name}:81')
    assert send('three') == ''
    assert server.wait(timeout=20) != 0
    client.kill()
    client.wait()


def test_egress(containers, outside, servers):
    one, other = containers(), containers()
    serve(outside, servers, 80, 81)
    with_host = ('192.0.2.1', one.gateway(), one.gateway6())
    run('ip address add 2001:db8::1/64 dev up0 nodad')
    outside.run('ip address add 2001:db8::2/64 dev up0 nodad; ip address add 169.254.169.254/32 dev lo')
    run(f'ip route add 169.254.169.254/32 via {outside.NEAR}')
    host = subprocess.Popen(['python3', '-c', SERVER, '80', '81'], stdout=subprocess.PIPE)
    servers.append(host)
    host.stdout.readline()
    try:
        far, near, six, metadata = outside.FAR, outside.NEAR, '2001:db8::2', '169.254.169.254'
        assert knock(one, far, six, metadata, f'{one.gateway()} ping') == [outside.HOST, '2001:db8::1', None, 'pong'], 'control'
        one.say('egress=none')
        assert nobody(one, far, near, six, f'{far} ping', *with_host, f'{one.gateway()} ping', f'{one.gateway6()} ping')
        assert knock(other, far, f'{one.gateway()} ping') == [outside.HOST, 'pong'], 'others are not held'
        one.say(f'egress={far}:80,192.0.2.0/24:81,[2001:db8::/32]:80')
        assert knock(one, far, f'{near} 81', six) == [outside.HOST, outside.HOST, '2001:db8::1']
        assert nobody(one, f'{far} 81', f'{far} ping', near, f'{six} 81', f'{outside.HOST} 81'), 'the host is meant by its word alone'
        one.say('egress=host:80')
        assert all(knock(one, *with_host)) and nobody(one, *(f'{a} 81' for a in with_host), f'{one.gateway()} ping', far)
        one.say('egress=host')
        assert all(knock(one, f'{outside.HOST} 81', f'{one.gateway()} ping'))
        # Within each other, in whatever order.
        one.say('egress=192.0.2.0/24:80,192.0.0.0/16:80,192.0.2.2,192.0.2.0/28:81,192.0.2.0/24:81,0.0.0.0/0:443')
        assert all(knock(one, near, f'{near} 81')) and nobody(one, far)
        one.say('egress=0.0.0.0/0')
        assert knock(one, far, metadata) == [outside.HOST, None], 'the metadata service is closed unless it is named'
        one.say('egress=0.0.0.0/0,169.254.169.254')
        assert all(knock(one, far, metadata))
        one.say('egress=169.254.169.254:81')
        assert knock(one, f'{metadata} 81', metadata, far) == [outside.HOST, None, None]
        one.say()
        assert knock(one, far, six, metadata, outside.HOST) == [outside.HOST, '2001:db8::1', None, None]
    finally:
        run('ip route del 169.254.169.254/32')


def test_allowed_addresses(containers, outside, servers):
    """Who is outside and knows the way; once addresses are named, nobody else."""
    one, other = containers(), containers()
    for place in (one, other):
        serve(place, servers, 80, 81)
    subnet = '.'.join(one.address.split('.')[:2]) + '.0.0/16'
    run('ip address add 2001:db8::1/64 dev up0 nodad')
    outside.run(f'ip address add 2001:db8::2/64 dev up0 nodad; ip route add {subnet} via {outside.HOST}; ip -6 route add {one.prefix6()}::/64 via 2001:db8::1')
    one.say('allow-from=192.0.2.0/24:80,2001:db8::2')
    assert knock(outside, one.address, f'{one.address6()} 81') == [outside.NEAR, '2001:db8::2']
    assert nobody(outside, f'{one.address} 81', other.address, other.address6()) and nobody(other, one.address) and ask(one.address)
    one.say('allow-from=198.51.100.0/24')
    assert nobody(outside, one.address, f'{one.address6()} 81')
    outside.run(f'ip route replace {subnet} via {outside.HOST} src {outside.FAR}')
    assert knock(outside, f'{one.address} 81') == [outside.FAR]


def test_words(names):
    """Bad ones are refused with a sentence, and nothing is made."""
    name = names()
    for options, words in (
            (['--allow-from', '10.0.0.5/8'], 'write 10.0.0.0/8'), (['--allow-from', '300.1.1.1'], 'is not an IP address'), (['--allow-from', 'web:0'], 'between 1 and'),
            (['--allow-from', 'web:80-90'], 'ranges of ports'), (['--allow-from', name], 'itself'), (['--egress', 'none,host'], 'cannot be combined'),
            (['--egress', '1.2.3.4,'], 'empty entry'), (['--egress', 'host:80/sctp'], '/tcp or /udp'), (['--egress', '[::1]80'], 'brackets'),
            (['--egress', 'none', '-N', 'host'], 'works only on'), (['--egress', 'none', '-N', 'default', '-N', 'source=br9'], 'another one')):
        refused([SERVICE, 'create', *options, name, '--', '/usr/bin/sleep', '1'], words)
    assert run([SERVICE, 'inspect', name], check=False).returncode != 0


def test_a_closed_sibling_is_told(name, names):
    """By create and set, of one that is there: from sibling to sibling needs both."""
    two = names()
    isolation.create(two, '--allow-from', f'{name}:80')
    try:
        for egress, open_ in ((f'{two}:80', True), ('host,nobody-yet', True), (two, False), (f'{two}:81', False), (f'{two}:80/udp', False)):
            said = run([SERVICE, 'create', '--egress', egress, name, '--', '/usr/bin/sleep', '1']).said
            run([SERVICE, 'delete', name])
            assert (f'--egress {egress} currently leads nowhere: container {two} does not allow it; it needs --allow-from {egress.replace(two, name)}' in said) != open_
            assert open_ == ('leads nowhere' not in said)
        run([SERVICE, 'create', name, '--', '/usr/bin/sleep', '1'])
        assert 'leads nowhere' in run([SERVICE, 'set', '--egress', f'{two}:81', name]).said
        assert 'leads nowhere' not in run([SERVICE, 'set', '--egress', f'{two}:80', name]).said
        run([SERVICE, 'delete', name])
    finally:
        run([SERVICE, 'delete', two])


def test_of_a_container(name, names):
    """By the commands: create, set while it runs, and what list and inspect tell."""
    one, two = name, names()
    serve = ['/usr/bin/python3', '-c', SERVER, '80', '81']
    isolation.create(one, '--egress', f'host:81,{two}', command=['/usr/bin/sleep', '1000'])
    isolation.create(two, '--allow-from', f'{one}:80', command=serve)
    try:
        run([SERVICE, 'start', one, two])
        address = isolation.inspect(two)['state']['address']

        def asks(port):
            return run([SERVICE, 'execute', one, '--', 'python3', '-c', ASK, address, str(port)], check=False).returncode == 0
        harness.wait_for(lambda: asks(80), 'the server')
        assert not asks(81)
        run([SERVICE, 'set', '--allow-from', f'{one}:81', two])
        assert asks(81) and not asks(80)
        listed = {c['name']: c for c in json.loads(run([SERVICE, 'list', '--json']).stdout)}
        assert listed[two]['allow_from'] == [f'{one}:81'] and listed[one]['egress'] == ['host:81', two]
        refused([SERVICE, 'set', '--allow-from', address, two], "give the container's name")
        assert asks(81), 'as before'
        rows = [(row['from'], row['to'], row['port']) for row in json.loads(run([SERVICE, 'reach', '--json']).stdout)]
        assert {('host', two, 'any'), (two, 'host', 'ping'), (two, 'outside', 'any'), (one, 'host', '81/tcp'), (one, two, '81/tcp')} <= set(rows)
        assert not {(one, 'host', 'ping'), (one, 'outside', 'any'), (one, two, '80/tcp'), (two, one, '81/tcp')} & set(rows)
        # What the kernel has counts, not what was said.
        run(f'nft add element inet virt_sandbox sibling {{ 10.209.77.7 . {address} . 6 . 99 }}')
        assert ('10.209.77.7', two, '99/tcp') in [(r['from'], r['to'], r['port']) for r in json.loads(run([SERVICE, 'reach', '--json', two]).stdout)]
        assert f'"{one}" -> "{two}" [label="81/tcp", tooltip="virt_sandbox: set sibling' in run([SERVICE, 'reach', '--dot', one]).stdout and asks(81)
        assert 'PORT' in run([SERVICE, 'reach']).stdout
        run([SERVICE, 'set', '--publish', '8099:80', two])
        lines = run([SERVICE, 'reach']).stdout.splitlines()
        assert len(set(lines)) == len(lines) and {line[line.index('of every'):] for line in lines if 'published as port 8099' in line} == {'of every IPv4 address', 'of every IPv6 address'}
        run([SERVICE, 'set', '--egress', 'none', one])
        assert not asks(81)
        run([SERVICE, 'set', '--egress', 'any', one])
        assert asks(81)
        run([SERVICE, 'set', '--allow-from', 'none', two])
        assert not asks(81)
    finally:
        isolation.remove(one)
        isolation.remove(two)

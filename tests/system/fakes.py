# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers as far as their network goes: a namespace, and the driver program that does with it what the engine does."""
import pathlib
import re
import socket
import subprocess
import uuid

import harness

DRIVER = harness.BUILD / 'tests/system/net-driver'


class Container:
    """A container as far as its network goes."""

    def __init__(self, name, namespace, *networks, keys=()):
        self.name, self.uuid, self.namespace, self.networks = name, uuid.uuid4().hex, namespace, networks or ('default',)
        self.address, self.keys = None, keys

    def driver(self, verb, check=True):
        keys = [f'core.name={self.name}', 'command.argv=/bin/true', f'identity.uuid={self.uuid}',
                *(f'network.interface={network}' for network in self.networks), *self.keys]
        return harness.run([DRIVER, verb, self.namespace.path if self.namespace else '-', *keys], check=check)

    def reserve(self):
        *self.networks, self.address = self.driver('reserve').stdout.split()

    def up(self):
        self.reserve()
        self.driver('attach')
        return self

    def say(self, *keys, check=True):
        """Who may reach it, and whom it may reach, from now on."""
        self.keys = [f'network.{key}' for key in keys]
        return self.driver('reach', check=check)

    def down(self):
        self.driver('detach')
        self.driver('release')

    def gateway(self):
        return '.'.join(self.address.split('.')[:2]) + '.0.1'

    def prefix6(self):
        return re.search(r'inet6 (fd[0-9a-f:]*)::1/64', harness.run('ip -6 address show vsb0').stdout).group(1)

    def gateway6(self):
        return f'{self.prefix6()}::1'

    def address6(self):
        """The address's number in its network, in the IPv6 prefix."""
        high, low = (int(part) for part in self.address.split('.')[2:])
        return f'{self.prefix6()}::{high << 8 | low:x}'

    def mac(self):
        return self.run('ip -o link show eth0').stdout.split('link/ether ')[1].split()[0]

    def run(self, command, **options):
        return self.namespace.run(command, **options)

    def spawn(self, command, **options):
        return self.namespace.spawn(command, **options)

    def serve(self, port=80):
        """A server inside that says this container's name."""
        code = f"""if True:
            import socket
            s = socket.create_server(('0.0.0.0', {port}))
            print(flush=True)
            while True:
                c, peer = s.accept()
                c.sendall(f'{self.name} {{peer[0]}}'.encode())
                c.close()"""
        server = self.namespace.spawn(['python3', '-c', code], stdout=subprocess.PIPE)
        server.stdout.readline()
        return server


def ask(address, port=80, timeout=2.0):
    """What a server says to the host."""
    with socket.create_connection((address, port), timeout=timeout) as connection:
        return connection.recv(1000).decode()


ASK = """import socket, sys
try:
    print(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).recv(1000).decode())
except OSError as e:
    sys.exit(f'{type(e).__name__} {e}')
"""

# Sends a UDP packet in a frame to a group or station: ARGV is its MAC address, ours, our address, the address and port that it is for.
FRAME = """if True:
    import socket, struct, sys
    group, mac, source, target, port = sys.argv[1:]
    packet = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 32, 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    sums = sum(struct.unpack('!10H', packet))
    packet = packet[:10] + struct.pack('!H', ~(sums + (sums >> 16)) & 0xffff) + packet[12:] + struct.pack('!HHHH4s', 1234, int(port), 12, 0, b'evil')
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(('eth0', 0x800))
    link.send(bytes.fromhex(group + mac.replace(':', '')) + b'\\x08\\x00' + packet)
"""

# Sends ten first fragments whose rest never comes, in frames: ARGV is the MAC address that they are for, ours, our address, theirs.
FRAGMENT = """if True:
    import socket, struct, sys
    target, mac, source, address = sys.argv[1:]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(('eth0', 0))
    frame = bytes.fromhex((target + mac).replace(':', ''))
    for number in range(10):
        if ':' in address:
            packet = bytes.fromhex('86dd60000000') + struct.pack('!HBB', 72, 44, 64) + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, address)
            packet += struct.pack('!BBHI', 17, 0, 1, number) + bytes(64)
        else:
            header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 84, number, 0x2000, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(address))
            sums = sum(struct.unpack('!10H', header))
            packet = b'\\x08\\x00' + header[:10] + struct.pack('!H', ~(sums + (sums >> 16)) & 0xffff) + header[12:] + bytes(64)
        link.send(frame + packet)
"""


def fragments(family='4'):
    """How many incomplete packets the host holds."""
    text = pathlib.Path('/proc/net/sockstat' + family.replace('4', '')).read_text()
    return int(re.search(r'^FRAG6?: inuse (\d+)', text, re.M).group(1))


def port_of(one):
    return f'vsb{one.uuid[:9]}-0'


def listen(namespace, interface, protocol, content=b''):
    """Opens ears there before anything is sent; the function that it returns says how many frames of the protocol, with this in them, came from others."""
    code = ("import socket, sys, time\n"
            f"link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons({protocol})); link.bind(('{interface}', {protocol}))\n"
            "print(flush=True); sys.stdin.read(); link.setblocking(False); count = 0\n"
            "try:\n    while True:\n        frame, place = link.recvfrom(2000)\n"
            f"        count += place[2] != socket.PACKET_OUTGOING and {content} in frame\n"
            "except BlockingIOError:\n    print(count)")
    ears = namespace.spawn(['python3', '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ears.stdout.readline()
    return lambda: int(ears.communicate(timeout=20)[0])


# systemctl of a host: a unit is a directory of files named as its properties. Inside containers it is the real one, which lies elsewhere.
SYSTEMCTL = """#!/bin/bash
[ -e /run/host/notify ] && exec -a systemctl {real} "$@"
cd {place} || exit
verb= units=()
for word; do
    case $word in
    -*) continue ;;
    esac
    if [ -z "$verb" ]; then verb=$word; else units+=("$word"); fi
done
[ "$verb" = show ] || echo "$verb ${{units[*]}}" >>log
for unit in "${{units[@]}}"; do
    case $verb in
    show)
        echo "Id=$unit"
        if [ -d "$unit" ]; then echo LoadState=loaded; else echo LoadState=not-found; fi
        for property in "$unit"/[A-Z]*; do [ -f "$property" ] && echo "${{property##*/}}=$(cat "$property")"; done ;;
    start)
        if [ -e "$unit/cannot-start" ]; then echo "Job for $unit failed." >&2; exit 1; fi
        echo active >"$unit/ActiveState" ;;
    stop)
        [ -x "$unit/at-stop" ] && "$unit/at-stop"
        [ -e "$unit/stays" ] || echo inactive >"$unit/ActiveState" ;;
    enable) echo enabled >"$unit/UnitFileState" ;;
    disable) echo disabled >"$unit/UnitFileState" ;;
    esac
done
exit 0
"""


class Systemd:
    """The systemd of a host in this mount namespace, as far as systemctl tells of it."""

    REAL = '/usr/bin/systemd-cgtop'  # a program that nothing here needs

    def __init__(self, place):
        self.place = place
        program = place / 'systemctl'
        program.write_text(SYSTEMCTL.format(real=self.REAL, place=place))
        program.chmod(0o755)
        harness.run(['mount', '--bind', '/usr/bin/systemctl', self.REAL])
        harness.run(['mount', '--bind', program, '/usr/bin/systemctl'])
        harness.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run/systemd'])
        pathlib.Path('/run/systemd/system').mkdir()

    def close(self):
        for mounted in ('/run/systemd', '/usr/bin/systemctl', self.REAL):
            harness.run(['umount', '-l', mounted])

    def unit(self, name, **properties):
        directory = self.place / name
        directory.mkdir()
        for key, value in {'ActiveState': 'active', 'UnitFileState': 'enabled', **properties}.items():
            (directory / key).write_text(value + '\n')
        return directory

    def state(self, name):
        return tuple((self.place / name / key).read_text().strip() for key in ('ActiveState', 'UnitFileState'))

    def log(self):
        log = self.place / 'log'
        return log.read_text().splitlines() if log.exists() else []

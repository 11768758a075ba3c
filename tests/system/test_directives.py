# SPDX-License-Identifier: LGPL-2.1-or-later
"""Directives of units inside a container: each works, or create says which cannot, why, and what replaces it.

One container runs all units below. Each is hardened by the directive that it is named after, tries what
that forbids and writes what happened to /run/UNIT.said.
"""
import pathlib
import signal
import time

import pytest

import harness
from harness import refused, run, wait_for

SERVICE = 'virt-sandbox-service'
NAME = 'org.virtsandbox.Test'
SECRET = 'token-of-the-test'

# Says "may WORD" or "may not WORD" for a command.
MAY = 'may() { word=$1; shift; if "$@" 2>/dev/null; then echo "may $word"; else echo "may not $word"; fi; }; '

OWNER = f'''#!/usr/bin/python3
"""Takes {NAME} on the system bus and keeps it."""
import socket
import struct
import time


def pad(data, size):
    return data + b'\\0' * (-len(data) % size)


def text(value):
    return struct.pack('<I', len(value)) + value.encode() + b'\\0'


def call(serial, member, signature=None, body=b''):
    bus, fields = 'org.freedesktop.DBus', b''
    for code, kind, value in (1, b'o', '/org/freedesktop/DBus'), (2, b's', bus), (3, b's', member), (6, b's', bus):
        fields = pad(fields, 8) + bytes([code, 1]) + kind + b'\\0' + text(value)
    if signature:
        fields = pad(fields, 8) + bytes([8, 1]) + b'g\\0' + bytes([len(signature)]) + signature + b'\\0'
    head = b'l\\1\\0\\1' + struct.pack('<III', len(body), serial, len(fields)) + fields
    return pad(head, 8) + body


peer = socket.socket(socket.AF_UNIX)
peer.connect('/run/dbus/system_bus_socket')
peer.sendall(b'\\0AUTH EXTERNAL 30\\r\\n')
peer.recv(100)
peer.sendall(b'BEGIN\\r\\n' + call(1, 'Hello') + call(2, 'RequestName', b'su', pad(text('{NAME}'), 4) + struct.pack('<I', 0)))
time.sleep(1e6)
'''

POLICY = f'<busconfig><policy user="root"><allow own="{NAME}"/></policy></busconfig>'

# unit: lines of [Service], and what it says.
PROBES = {
    'private-tmp': ('PrivateTmp=yes', 'ls -A /tmp /var/tmp; touch /tmp/of-the-unit'),
    'private-devices': ('PrivateDevices=yes', 'may null test -c /dev/null; may console test -e /dev/console'),
    'protect-system': ('ProtectSystem=strict\nReadWritePaths=/var/lib/misc',
                       'may etc touch /etc/new; may var touch /var/tmp/new; may own touch /var/lib/misc/new'),
    'protect-home': ('ProtectHome=yes', 'may root touch /root/new; may home touch /home/new'),
    'protect-kernel-tunables': ('ProtectKernelTunables=yes', 'may sysctl sh -c "echo 1 > /proc/sys/net/ipv4/ip_forward"'),
    'restrict-namespaces': ('RestrictNamespaces=yes', 'may unshare unshare --mount true; may unshare-net unshare --net true'),
    'dynamic-user': ('DynamicUser=yes\nStateDirectory=dynamic-user',
                     'id -u; may state touch /var/lib/dynamic-user/new; may etc touch /etc/new'),
    'load-credential': ('LoadCredential=token:/etc/opt/test/token', 'cat "$CREDENTIALS_DIRECTORY/token"'),
    'system-call-filter': ('SystemCallFilter=~mkdir mkdirat\nSystemCallErrorNumber=EPERM', 'may mkdir mkdir /run/new; may touch touch /run/new-file'),
}

# unit: the whole [Service] section.
UNITS = {
    'type-notify': "Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'sleep 0.3; systemd-notify --ready --status=is-ready; exec sleep infinity'",
    'type-forking': "Type=forking\nPIDFile=/run/forking.pid\nExecStart=/bin/sh -c 'sleep infinity & echo $! > /run/forking.pid'",
    'type-oneshot': "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true",
    'type-dbus': f'Type=dbus\nBusName={NAME}\nExecStart=/usr/bin/python3 /etc/opt/test/owner',
    'restart': 'Restart=on-failure\nRestartSec=100ms\nExecStart=/usr/bin/sleep infinity',
    'watchdog-fed': "Type=notify\nNotifyAccess=all\nWatchdogSec=10s\n"
                    "ExecStart=/bin/sh -c 'systemd-notify --ready; while sleep 0.5; do systemd-notify WATCHDOG=1; done'",
    'watchdog-starved': "Type=notify\nNotifyAccess=all\nWatchdogSec=1s\nRestart=on-watchdog\nRestartSec=100ms\nLimitCORE=0\n"
                        "ExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep infinity'",
    'replaced': 'PrivateUsers=yes\nNice=-5\nCPUSchedulingPolicy=fifo\nCPUSchedulingPriority=10\nIOSchedulingClass=realtime\nExecStart=/usr/bin/sleep infinity',
}

pytestmark = pytest.mark.skipif(not pathlib.Path('/usr/bin/dbus-daemon').exists(), reason='dbus is not installed')


def unit_text(section):
    return f'[Unit]\nDescription=test of directives\n\n[Service]\n{section}\n'


def probe_text(unit):
    lines, script = PROBES[unit]
    command = (MAY + script).replace('$', '$$')
    return unit_text(f'Type=oneshot\nRemainAfterExit=yes\nStandardOutput=truncate:/run/{unit}.said\nStandardError=journal\n{lines}\n'
                     f"ExecStart=/bin/sh -c '{command}'")


@pytest.fixture(scope='module')
def host_units(tmp_path_factory):
    """In this mount namespace the host has the units above, what they name, and a policy for the bus; the directory of the units."""
    covers = {place: tmp_path_factory.mktemp('cover') for place in ('/etc/systemd/system', '/etc/opt', '/etc/dbus-1/system.d')}
    units, opt, bus = covers.values()
    for unit in PROBES:
        (units / f'{unit}.service').write_text(probe_text(unit))
    for unit, section in UNITS.items():
        (units / f'{unit}.service').write_text(unit_text(section))
    (opt / 'test').mkdir()
    (opt / 'test/token').write_text(SECRET)
    (opt / 'test/owner').write_text(OWNER)
    (bus / 'test.conf').write_text(POLICY)
    for place, cover in covers.items():
        cover.chmod(0o755)
        run(['mount', '--bind', cover, place])
    yield units
    for place in covers:
        run(['umount', place])


@pytest.fixture(scope='module')
def container(host_units):
    """(name, what create said)."""
    name = harness.new_name()
    units = [word for unit in (*PROBES, *UNITS) for word in ('-u', f'{unit}.service')]
    made = run([SERVICE, 'create', '--package', 'coreutils', '--with', '/etc/opt/test', '--capability', 'CAP_NET_ADMIN', *units, name])
    try:
        run([SERVICE, 'start', name])
        yield name, made.said
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])


def inside(container, *words, **options):
    return run([SERVICE, 'execute', container[0], '--', *words], **options)


def show(container, unit, *names):
    """Properties of a unit inside, as {name: value}."""
    said = inside(container, 'systemctl', 'show', f'{unit}.service', '-p', ','.join(names)).stdout
    return dict(line.split('=', 1) for line in said.splitlines())


def said(container, unit):
    return inside(container, 'cat', f'/run/{unit}.said').stdout.splitlines()


def test_all_units_are_active(container):
    units = [f'{unit}.service' for unit in (*PROBES, *UNITS) if unit != 'watchdog-starved']
    assert inside(container, 'systemctl', 'is-active', *units, check=False).stdout.split() == ['active'] * len(units)


def test_private_tmp(container):
    inside(container, 'touch', '/tmp/of-another', '/var/tmp/of-another')
    inside(container, 'systemctl', 'restart', 'private-tmp')
    assert 'of-another' not in said(container, 'private-tmp')
    assert inside(container, 'test', '-e', '/tmp/of-the-unit', check=False).returncode == 1
    assert 'systemd-private-' in inside(container, 'ls', '/tmp').stdout


@pytest.mark.parametrize('unit, words, control', [
    ('private-devices', ['may null', 'may not console'], 'test -e /dev/console'),
    ('protect-system', ['may not etc', 'may not var', 'may own'], 'touch /etc/new /var/tmp/new'),
    ('protect-home', ['may not root', 'may not home'], 'touch /root/new /home/new'),
    ('protect-kernel-tunables', ['may not sysctl'], 'echo 1 > /proc/sys/net/ipv4/ip_forward'),
    ('restrict-namespaces', ['may not unshare', 'may not unshare-net'], 'unshare --mount true && unshare --net true'),
    ('system-call-filter', ['may not mkdir', 'may touch'], 'mkdir /run/new'),
])
def test_what_is_forbidden(container, unit, words, control):
    assert said(container, unit) == words
    inside(container, 'sh', '-c', control)  # without the directive it is possible


def test_dynamic_user(container):
    uid, state, etc = said(container, 'dynamic-user')
    assert 61184 <= int(uid) <= 65519
    assert (state, etc) == ('may state', 'may not etc')
    assert inside(container, 'stat', '-c', '%u', '/var/lib/private/dynamic-user/new').stdout.strip() == uid


def test_credential(container):
    assert said(container, 'load-credential') == [SECRET]


@pytest.mark.parametrize('options', [[], ['-C']])
def test_credential_comes_by_its_directive(host_units, name, options):
    """Nobody has to name it, and nothing else of its directory comes along."""
    result = run([SERVICE, 'create', '--dry-run', *options, '--package', 'coreutils', '-u', 'load-credential', name])
    copied = [line for line in result.stdout.splitlines() if '/etc/opt/test' in line and not line.startswith('dir')]
    assert len(copied) == 1 and copied[0].startswith('copy'), copied
    assert 'LoadCredential=token:/etc/opt/test/token of load-credential.service' in copied[0]


def test_restart_on_failure(container):
    before = show(container, 'restart', 'MainPID')['MainPID']
    inside(container, 'kill', f'-{signal.SIGKILL.value}', before)
    after = wait_for(lambda: [p for p in show(container, 'restart', 'MainPID').values() if p not in ('0', before)], 'restarted')
    assert show(container, 'restart', 'ActiveState', 'NRestarts') == {'ActiveState': 'active', 'NRestarts': '1'}, after


def test_watchdog(container):
    wait_for(lambda: int(show(container, 'watchdog-starved', 'NRestarts')['NRestarts']) > 0, 'killed by the watchdog and restarted')
    inside(container, 'systemctl', 'stop', 'watchdog-starved')
    assert 'Watchdog timeout' in inside(container, 'journalctl', '-u', 'watchdog-starved', '--no-pager').stdout
    assert show(container, 'watchdog-fed', 'NRestarts', 'ActiveState') == {'NRestarts': '0', 'ActiveState': 'active'}


def test_types(container):
    assert show(container, 'type-notify', 'StatusText')['StatusText'] == 'is-ready'
    assert show(container, 'type-forking', 'MainPID')['MainPID'] == inside(container, 'cat', '/run/forking.pid').stdout.strip()
    assert NAME in inside(container, 'busctl', 'list', '--no-pager').stdout


REPLACED = [('PrivateUsers=yes', 'PrivateUsers=no'), ('Nice=-5', 'Nice=0'), ('CPUSchedulingPolicy=fifo', 'CPUSchedulingPolicy=other'),
            ('IOSchedulingClass=realtime', 'IOSchedulingClass=best-effort')]


@pytest.mark.parametrize('directive, replacement', REPLACED)
def test_what_cannot_work_is_said_and_replaced(container, directive, replacement):
    line = next(line for line in container[1].splitlines() if 'replaced.service' in line and directive in line)
    assert line.endswith(f'; instead: {replacement}'), 'directive, reason, replacement'
    assert replacement in inside(container, 'cat', '/etc/systemd/system/replaced.service.d/50-virt-sandbox.conf').stdout
    assert show(container, 'replaced', 'PrivateUsers', 'Nice') == {'PrivateUsers': 'no', 'Nice': '0'}


# ---- refusals ----


def clean_refusal(root, name, unit, *words):
    """create refuses the unit, names it and the directive, and touches nothing."""
    before = sorted(str(p) for p in root.rglob('*') if not p.is_dir())
    refused([SERVICE, 'create', '--package', 'coreutils', '-u', unit, name], f'{unit}.service', *words)
    assert sorted(str(p) for p in root.rglob('*') if not p.is_dir()) == before


@pytest.mark.optional  # installing chrony would take away the machine's own time service
@pytest.mark.skipif(not pathlib.Path('/usr/sbin/chronyd').exists(), reason='chrony is not installed')
def test_chrony_is_refused(root, name):
    run([SERVICE, 'list'])
    clean_refusal(root, name, 'chrony', 'ConditionCapability=CAP_SYS_TIME', 'clock')


@pytest.mark.parametrize('lines, words', [
    ('ExecStartPre=/sbin/modprobe loop\nExecStart=/bin/true', ['ExecStartPre=/sbin/modprobe: ', 'kernel']),
    ('AmbientCapabilities=CAP_SYS_MODULE\nExecStart=/bin/true', ['AmbientCapabilities=CAP_SYS_MODULE', 'kernel modules']),
    ('AmbientCapabilities=CAP_SYS_TIME\nExecStart=/bin/true', ['AmbientCapabilities=CAP_SYS_TIME', 'clock']),
    ('ExecStart=/bin/true\n[Unit]\nConditionCapability=CAP_SYS_TIME', ['ConditionCapability=CAP_SYS_TIME', 'clock']),
    ('DeviceAllow=/dev/sda rw\nExecStart=/bin/true', ['DeviceAllow=/dev/sda rw', 'devices']),
    ('DeviceAllow=block-sd rw\nExecStart=/bin/true', ['DeviceAllow=block-sd rw', 'devices']),
    ('ExecStart=/sbin/hwclock --systohc', ['ExecStart=/sbin/hwclock', 'kernel']),
    ('RootImage=/var/lib/x.raw\nExecStart=/bin/true', ['RootImage=/var/lib/x.raw', 'loop']),
    ('LoadCredentialEncrypted=x:/etc/x\nExecStart=/bin/true', ['LoadCredentialEncrypted=x:/etc/x', 'sealed']),
    ('StandardInput=tty\nTTYPath=/dev/tty3\nExecStart=/bin/true', ['StandardInput=tty', 'terminals']),
    ('ExecStart=/usr/sbin/nft -f /etc/nftables.conf', ['ExecStart=/usr/sbin/nft', 'packet filters']),
    ('User=nobody-has-this-name\nExecStart=/bin/true', ['User=nobody-has-this-name', 'no such account']),
])
def test_units_of_the_machine_are_refused(host_units, root, name, lines, words):
    unit = f'of-the-machine-{name}'
    (host_units / f'{unit}.service').write_text(unit_text(lines))
    run([SERVICE, 'list'])
    clean_refusal(root, name, unit, *words)

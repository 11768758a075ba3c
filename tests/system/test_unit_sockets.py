# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one of several units keeps its sockets from: a filter at that unit's cgroup, from its first process on, after each restart, and not to be taken away from inside."""
import json

import isolation
from harness import refused, run, wait_for
from test_unit_cases import SENDS, SERVICE, TRIES, host, inside  # noqa: F401 (host: a fixture)

ALL = {*SENDS, 'receives', 'tcp', 'udp'}
PROGRAM = f'SENDS = {SENDS}\n{TRIES}'
# unit, its lines, what it may
UNITS = {
    'alone': ('IPAddressDeny=any\nIPAddressAllow=localhost\nSocketBindDeny=any\nSocketBindAllow=tcp:8000-8090', {'own', 'six', 'tcp'}),
    'free': ('', ALL),
    'one@first': ('SocketBindDeny=ipv4:tcp', ALL - {'tcp'}),
    'my-app@x': ('RestrictNetworkInterfaces=~lo', {'network', 'multicast', 'tcp', 'udp'}),
    'sliced': ('Slice=held-deep.slice\nIPAddressDeny=10.209.0.0/16', ALL - {'network'}),
    'of-a-slice': ('Slice=kept-all.slice', ALL - {'udp'}),
    'delegating': ('Delegate=yes\nUser=www-data\nSocketBindDeny=udp', ALL - {'udp', 'receives'}),
}


def seen(name, unit):
    run([SERVICE, 'execute', name, '--', 'rm', '-f', f'/tmp/{unit}'])
    inside(name, 'systemctl', 'restart', f'{unit}.service')
    return set(inside(name, 'cat', f'/tmp/{unit}').stdout.split())


def test_each_unit_has_its_own(host, names, root):  # noqa: F811
    name = names()
    (host / 'kept-all.slice').write_text('[Slice]\nSocketBindDeny=udp:1-1023\n')
    (host.parent.parent / 'unit-sockets.py').write_text(PROGRAM)
    for unit, (lines, _) in UNITS.items():
        template = unit.partition('@')[0] + '@' * ('@' in unit)
        (host / f'{template}.service').write_text(f'[Service]\nType=oneshot\nRemainAfterExit=yes\nEnvironment=WHO=%p@%i\n{lines}\n'
                                                  f'ExecStart=/bin/sh -c "python3 /etc/unit-sockets.py >/tmp/{unit}"\n')
    said = run([SERVICE, 'create', '-C', '-N', 'default', *(word for unit in UNITS for word in ('-u', f'{unit}.service')), name]).said
    assert 'IPAddressDeny=any: kept from outside, at the cgroup of this unit' in said
    run([SERVICE, 'start', name])
    for unit, (_, may) in UNITS.items():
        for _ in range(2):
            assert seen(name, unit) == may, unit
    # Whatever an unfiltered command may do is not the unit's affair, and root inside cannot take the filter off.
    assert set(inside(name, 'python3', '-c', PROGRAM).stdout.split()) == ALL
    inside(name, 'systemctl', 'stop', 'alone.service')
    inside(name, 'sh', '-c', 'cd /sys/fs/cgroup; [ -d system.slice ] || cd unified; find system.slice/alone.service -depth -type d -exec rmdir {} \\; ; ls -d system.slice/alone.service')
    inside(name, 'systemctl', 'daemon-reexec')
    wait_for(lambda: inside(name, 'systemctl', 'is-system-running', check=False).stdout.strip() in ('running', 'degraded'), 'systemd again')
    assert seen(name, 'alone') == UNITS['alone'][1]
    claims = {claim['what']: claim for claim in json.loads(run([SERVICE, 'verify', '--json', name], check=False).stdout)}
    assert claims['restrictions of sockets']['holds'] == 'yes', claims['restrictions of sockets']
    spec = root / 'run/libvirt-sandbox' / name / 'spec'
    spec.write_text(spec.read_text().replace('SocketBindDeny=ipv4:tcp', 'SocketBindDeny=ipv4:udp'))
    claims = {claim['what']: claim for claim in json.loads(run([SERVICE, 'verify', '--json', name], check=False).stdout)}
    assert claims['restrictions of sockets']['holds'] == 'no'
    isolation.remove(name)


def test_instance_of_a_connection_is_refused(host, names):  # noqa: F811
    """Nobody knows the name of its cgroup before somebody connects."""
    (host / 'door.socket').write_text('[Socket]\nListenStream=8099\nAccept=On\n')
    (host / 'door@.service').write_text('[Service]\nExecStart=/bin/cat\nStandardInput=socket\nIPAddressDeny=any\n')
    refused([SERVICE, 'create', '-C', '-u', 'door.socket', names()], 'door@', 'IPAddressDeny=any', 'not known before')

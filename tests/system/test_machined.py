# SPDX-License-Identifier: LGPL-2.1-or-later
"""systemd-machined is told of containers where the host has it. Here a bus without it hears what it would be asked; the real one: the lab suite machined."""
import json
import pathlib
import subprocess

from harness import run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_units import SERVICE

BUS = """<busconfig><type>system</type><listen>unix:path={place}</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>"""


def test_registered_and_unregistered(command, root, tmp_path):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity')
    run([SERVICE, 'stop', '-t', '0', name])
    place = root / 'run/dbus/system_bus_socket'
    place.parent.mkdir(parents=True)
    (tmp_path / 'bus.conf').write_text(BUS.format(place=place))
    bus = subprocess.Popen(['dbus-daemon', '--nofork', f'--config-file={tmp_path}/bus.conf'], stderr=subprocess.DEVNULL)
    heard = tmp_path / 'heard'
    try:
        wait_for(place.exists, 'the bus')
        with heard.open('w') as out:
            monitor = subprocess.Popen(['busctl', f'--address=unix:path={place}', '--json=short', 'monitor'], stdout=out, stderr=subprocess.DEVNULL)

        def heard_calls():
            told = [json.loads(line) for line in heard.read_text().splitlines() if line.endswith('}')]
            return [(one['member'], one['payload']['data']) for one in told if one.get('interface') == 'org.freedesktop.machine1.Manager']

        def calls():
            return [one for one in heard_calls() if one[0] != 'GetMachine']

        try:
            ask = ['busctl', f'--address=unix:path={place}', 'call', 'org.freedesktop.machine1', '/org/freedesktop/machine1', 'org.freedesktop.machine1.Manager',
                   'GetMachine', 's', 'control']
            wait_for(lambda: run(ask, check=False) and ('GetMachine', ['control']) in heard_calls(), 'what is asked is heard')  # the monitor may begin later
            run([SERVICE, 'start', name])
            run([SERVICE, 'stop', '-t', '0', name])
            service = root / 'usr/share/dbus-1/system-services/org.freedesktop.machine1.service'
            service.parent.mkdir(parents=True)
            service.touch()
            run([SERVICE, 'start', name])
            wait_for(calls, 'it is told')
            state = json.loads(run([SERVICE, 'inspect', name]).stdout)
            member, (said, uuid, kind, sort, leader, place_inside) = calls()[0]
            assert (member, said, kind, sort, leader, place_inside) == ('RegisterMachine', name, 'virt-sandbox', 'container', state['state']['pid'], '')
            assert bytes(uuid).hex() in json.dumps(state), 'its machine id'
            run([SERVICE, 'stop', '-t', '0', name])
            wait_for(lambda: calls()[1:] == [('UnregisterMachine', [name])], 'it is told of the end')
        finally:
            monitor.kill()
            monitor.wait()
    finally:
        bus.kill()
        bus.wait()
        run(['rm', '-rf', root / 'run/dbus', pathlib.Path(root, 'usr')])

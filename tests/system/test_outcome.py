# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fails after the start is seen: in list, in inspect, in the log of events, and after the container has ended."""
import json
import time

from harness import refused, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_units import SERVICE, create, inside, own_units, start  # noqa: F401 (fixtures)


def listed(name):
    return next(one for one in json.loads(run([SERVICE, 'list', '--json']).stdout) if one['name'] == name)


def inspected(name):
    return json.loads(run([SERVICE, 'inspect', name]).stdout)['outcome']


def events(root, name):
    lines = (root / 'var/lib/libvirt-sandbox/events').read_text().splitlines()
    return [event for event in map(json.loads, lines) if event['container'] == name]


def kinds(root, name):
    return [event['event'] for event in events(root, name)]


def told(root, name, *words):
    """The end of what its events are; each is written after what list reads."""
    wait_for(lambda: tuple(kinds(root, name)[-len(words):]) == words, f'{words} to be told')


def test_one_of_two_fails_and_comes_back(create, own_units, root):  # noqa: F811 (fixtures)
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    (own_units / 'b.service').write_text('[Service]\nExecStart=/bin/sh -c "until [ -e /run/die ]; do sleep 0.05; done; rm /run/die; exit 7"\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service', '-u', 'b.service')
    start(name)
    assert listed(name)['state'] == 'running' and inspected(name) == {'verdict': 'good', 'failed': []}
    before = int(time.time())
    inside(name, 'touch', '/run/die')
    wait_for(lambda: listed(name)['state'] == 'degraded', 'its failure is seen')
    assert 'b.service failed at ' in listed(name)['problem'] and '(exit-code, status 7)' in listed(name)['problem']
    failed, = inspected(name)['failed']
    assert (failed['unit'], failed['result'], failed['status']) == ('b.service', 'exit-code', 7)
    assert before <= failed['time'] <= time.time()
    assert f'container {name}: b.service failed at' in run([SERVICE, 'list']).stderr
    inside(name, 'systemctl', 'restart', 'b.service')
    wait_for(lambda: listed(name)['state'] == 'running', 'it is up again')
    assert listed(name)['problem'] is None
    run([SERVICE, 'stop', name])
    assert listed(name)['state'] == 'stopped'
    assert kinds(root, name) == ['created', 'start', 'ready', 'degraded', 'recovered', 'stopped']
    assert events(root, name)[3]['units'] == [{'unit': 'b.service', 'result': 'exit-code', 'status': 7}]


def test_all_fail(create, own_units, root):  # noqa: F811 (fixtures)
    """The state stays when the container has ended, until the next start."""
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sh -c "[ -e /var/well ] || kill -SEGV $$$$; exec sleep infinity"\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service')
    start(name)
    wait_for(lambda: listed(name)['state'] == 'failed', 'its failure is seen')
    failed, = inspected(name)['failed']
    assert (failed['unit'], failed['signal']) == ('a.service', 11)
    inside(name, 'touch', '/var/well')
    run([SERVICE, 'stop', name])
    assert listed(name)['state'] == 'failed' and listed(name)['pid'] == 0
    assert inspected(name)['failed'] == [failed]
    start(name)
    assert listed(name)['state'] == 'running' and inspected(name)['failed'] == []
    assert kinds(root, name) == ['created', 'start', 'ready', 'failed', 'stopped', 'start', 'ready']


def test_restarted_by_systemd(create, own_units, root):  # noqa: F811 (fixtures)
    """One that systemd starts again is no failure; one that it gives up is."""
    (own_units / 'a.service').write_text('[Unit]\nStartLimitBurst=3\n[Service]\nRestart=always\nRestartSec=50ms\n'
                                         'ExecStart=/bin/sh -c "until [ -e /run/die ]; do sleep 0.05; done; exit 1"\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service')
    start(name)
    inside(name, 'touch', '/run/die')
    wait_for(lambda: listed(name)['state'] == 'failed', 'systemd has given up')
    told(root, name, 'created', 'start', 'ready', 'failed')
    assert len(kinds(root, name)) == 4


def test_what_a_timer_starts(create, own_units):  # noqa: F811 (fixtures)
    (own_units / 'a.timer').write_text('[Timer]\nOnActiveSec=100ms\nAccuracySec=1ms\n')
    (own_units / 'a.service').write_text('[Service]\nType=oneshot\nExecStart=/bin/sh -c "sleep 0.1; exit 9"\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.timer')
    start(name)
    wait_for(lambda: listed(name)['state'] == 'degraded', 'its failure is seen')
    assert inspected(name)['failed'][0]['unit'] == 'a.service'


def test_failed_start_is_kept(create, own_units, root):  # noqa: F811 (fixtures)
    (own_units / 'a.service').write_text('[Service]\nExecStart=/home/none/run\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service')
    refused([SERVICE, 'start', name], 'status 203')
    assert listed(name)['state'] == 'failed' and 'its start failed at ' in listed(name)['problem'] and 'status 203' in listed(name)['problem']
    assert kinds(root, name) == ['created', 'start', 'start-failed'] and 'a.service did not start' in events(root, name)[2]['reason']
    assert refused([SERVICE, 'start', name], 'status 203')
    run([SERVICE, 'delete', name])
    assert not (root / 'var/lib/libvirt-sandbox/outcomes' / name).exists()
    run([SERVICE, 'create', '-P', 'coreutils', '-u', 'a.service', name])  # for the fixture
    assert listed(name)['state'] == 'stopped'


def test_command_that_ends(command, root):  # noqa: F811 (fixture)
    name = command('sh', '-c', 'echo going; until [ -e /tmp/go ]; do sleep 0.02; done; echo gone; exit 3')
    inside(name, 'touch', '/tmp/go')
    wait_for(lambda: listed(name)['state'] == 'failed', 'it has ended')
    assert 'it ended at' in listed(name)['problem'] and 'with status 3' in listed(name)['problem']
    assert inspected(name)['status'] == 3
    assert run([SERVICE, 'logs', name]).stdout == 'going\ngone\n'
    told(root, name, 'ended')
    assert events(root, name)[-1]['status'] == 3
    run([SERVICE, 'start', name])
    run([SERVICE, 'stop', name])
    assert listed(name)['state'] == 'stopped' and listed(name)['problem'] is None
    assert run([SERVICE, 'logs', name]).stdout == 'going\n'


def test_flood_of_changes(create, own_units, root):  # noqa: F811 (fixtures)
    """Root inside makes and removes cgroups as fast as he can: he is asked now and then, and his commands go on."""
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service')
    start(name)
    flood = 'cd /sys/fs/cgroup/system.slice && for i in $(seq 20000); do mkdir x y && rmdir x y; done'
    run([SERVICE, 'execute', '--detach', name, '--', 'sh', '-c', flood])
    inside(name, 'systemctl', 'kill', '--signal=SEGV', 'a.service')
    wait_for(lambda: listed(name)['state'] == 'failed', 'its failure is seen')
    told(root, name, 'created', 'start', 'ready', 'failed')
    assert len(kinds(root, name)) == 4

# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an administrator does with containers that run, every day: signals."""
import json
import os
import pathlib

from harness import refused, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_units import SERVICE


def state_of(name):
    return json.loads(run([SERVICE, 'inspect', name]).stdout)['state']


def has(name, path):
    return run([SERVICE, 'execute', name, '--', 'test', '-e', path], check=False).returncode == 0


TRAPS = 'trap "touch /tmp/$0.hup" HUP; trap "touch /tmp/$0.usr2" USR2; touch /tmp/$0.up; while :; do sleep 0.1; done'


def test_signal_to_the_first(command):  # noqa: F811 (fixture)
    name, other = command('sh', '-c', TRAPS, 'one'), command('sleep', 'infinity')
    wait_for(lambda: has(name, '/tmp/one.up'), 'the shell has set its traps')
    for word in ('HUP', 'SIGHUP', '1'):
        run([SERVICE, 'execute', name, '--', 'rm', '-f', '/tmp/one.hup'])
        run([SERVICE, 'kill', '--signal', word, name])
        wait_for(lambda: has(name, '/tmp/one.hup'), 'the signal has come')
    assert not has(name, '/tmp/one.usr2')
    for word in ('FROB', '', '0', '-1', '99', '9x', 'RTMIN+99', 'hup\x1b'):
        refused([SERVICE, 'kill', f'--signal={word}', name], 'cannot send signal "', 'as TERM')
    run([SERVICE, 'kill', '--signal', 'KILL', name])
    wait_for(lambda: state_of(name)['phase'] in ('stopped', 'failed'), 'it has ended')
    refused([SERVICE, 'kill', name], f'container {name} is not running')
    refused([SERVICE, 'kill', 'no-such'], 'container no-such does not exist')
    assert state_of(other)['phase'] == 'running'


def test_signal_to_all(command):  # noqa: F811 (fixture)
    """The processes that were entered, too, and none of the host or of another container."""
    name, other = command('sh', '-c', TRAPS, 'one'), command('sh', '-c', TRAPS, 'other')
    run([SERVICE, 'execute', '-d', name, '--', 'sh', '-c', TRAPS, 'two'])
    wait_for(lambda: has(name, '/tmp/one.up') and has(name, '/tmp/two.up') and has(other, '/tmp/other.up'), 'the shells have set their traps')
    cgroup = state_of(name).get('cgroup')
    if not cgroup:
        refused([SERVICE, 'kill', '--all', '--signal', 'USR2', name], 'no cgroup on this host')
        return
    assert str(os.getpid()) not in pathlib.Path(cgroup, 'cgroup.procs').read_text().split()
    run([SERVICE, 'kill', '--all', '--signal', 'HUP', name])
    wait_for(lambda: has(name, '/tmp/one.hup') and has(name, '/tmp/two.hup'), 'both have got it')
    assert not has(other, '/tmp/other.hup')

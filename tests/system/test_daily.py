# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an administrator does with containers that run, every day: signals, pause, wait, ps."""
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness import refused, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_outcome import kinds, listed
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
        pytest.skip('no cgroup on this host: all of it cannot be found')
    assert str(os.getpid()) not in pathlib.Path(cgroup, 'cgroup.procs').read_text().split()
    run([SERVICE, 'kill', '--all', '--signal', 'HUP', name])
    wait_for(lambda: has(name, '/tmp/one.hup') and has(name, '/tmp/two.hup'), 'both have got it')
    assert not has(other, '/tmp/other.hup')


def test_pause(command, root):  # noqa: F811 (fixture)
    check = ('--health-command', 'true', '--health-interval', '1', '--health-timeout', '1', '--health-retries', '1')
    name = command('sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i > /tmp/count; sleep 0.05; done', options=check)
    count = root / f'proc-{name}'
    count.symlink_to(f'/proc/{state_of(name)["pid"]}/root/tmp/count')
    if not state_of(name).get('cgroup'):
        refused([SERVICE, 'pause', name], 'no cgroup on this host')
        assert listed(name)['state'] == 'running'
        pytest.skip('no cgroup on this host: it cannot be paused')
    wait_for(lambda: count.exists() and listed(name)['state'] == 'running', 'it counts')
    refused([SERVICE, 'resume', name], f'container {name} is not paused')
    run([SERVICE, 'pause', name])
    assert listed(name)['state'] == 'paused' and state_of(name)['phase'] == 'paused'
    frozen = count.read_text()
    refused([SERVICE, 'pause', name], f'container {name} is paused already')
    refused([SERVICE, 'execute', name, '--', 'true'], f'container {name} is paused; resume it first')
    time.sleep(2.5)  # a health check would have failed by now
    assert count.read_text() == frozen and state_of(name)['health'] != 'unhealthy'
    run([SERVICE, 'resume', name])
    wait_for(lambda: count.read_text() not in ('', frozen), 'it goes on')
    assert listed(name)['state'] == 'running'
    assert [kind for kind in kinds(root, name) if kind in ('suspended', 'resumed')] == ['suspended', 'resumed']
    own = pathlib.Path('/sys/fs/cgroup/cgroup.freeze')
    assert run([SERVICE, 'execute', name, '--', 'sh', '-c', f'echo 1 > {own}'], check=False).returncode != 0, 'the switch is the host\'s'
    for words in (('-t', '5'), ('-t', '0')):
        run([SERVICE, 'pause', name])
        run([SERVICE, 'stop', *words, name])
        refused([SERVICE, 'pause', name], f'container {name} is not running')
        run([SERVICE, 'start', name])


def waiting(*words):
    return subprocess.Popen([SERVICE, 'wait', '--timeout', '60', *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ends_well(process):
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0 and said == ''


def test_wait(command):  # noqa: F811 (fixture)
    check = ('--health-command', 'test -e /tmp/well', '--health-interval', '1', '--health-timeout', '1', '--health-retries', '1')
    name = command('sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.1; done', options=check)
    run([SERVICE, 'wait', '--for', 'running', '--timeout', '0', name])
    run([SERVICE, 'wait', '--for', 'degraded', name])
    refused([SERVICE, 'wait', '--for', 'ready', '--timeout', '0', name], f'container {name} is not ready after 0 seconds: it is degraded')
    ready = waiting('--for', 'ready', name)
    run([SERVICE, 'execute', name, '--', 'touch', '/tmp/well'])
    ends_well(ready)
    refused([SERVICE, 'wait', '--for', 'stopped', '--timeout', '1', name], f'container {name} is not stopped after 1 seconds: it is running')
    stopped, failed = waiting(name), waiting('--for', 'failed', name)
    run([SERVICE, 'kill', name])
    ends_well(stopped)
    ends_well(failed)
    running = waiting('--for', 'running', name)
    run([SERVICE, 'start', name])
    ends_well(running)
    refused([SERVICE, 'wait', '--for', 'frob\x1b', name], 'cannot wait for "frob?"', 'wait for running, stopped')
    refused([SERVICE, 'wait', 'no-such'], 'container no-such does not exist')


def test_wait_sees_a_killed_supervisor(command):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity')
    stopped = waiting(name)
    os.kill(state_of(name)['supervisor'], signal.SIGKILL)
    ends_well(stopped)


def test_processes(command):  # noqa: F811 (fixture)
    evil = "open('/proc/self/comm', 'w').write('\\x1b[2J\\x9bA\"x'); import os, time; os.setgid(7); os.setuid(7); print('up', flush=True); time.sleep(1000)"
    name, other = command('python3', '-c', evil), command('sleep', '10000')
    if not state_of(name).get('cgroup'):
        refused([SERVICE, 'ps', name], 'no cgroup on this host')
        pytest.skip('no cgroup on this host: its processes cannot be listed')

    def found(one):
        return json.loads(run([SERVICE, 'ps', '--json', one]).stdout)

    odd = wait_for(lambda: [row for row in found(name) if row['user'] == 7], 'it has changed its name and its user')[0]
    assert found(name)[0]['inside'] == 1 and found(name)[0]['pid'] == state_of(name)['pid']
    assert odd['inside'] > 1 and os.path.exists(f'/proc/{odd["pid"]}') and 'x' in odd['command']
    said = run([SERVICE, 'ps', name]).stdout
    assert '\x1b' not in said and '\x9b' not in said and len(said.splitlines()) == 1 + len(found(name))
    assert 'sleep' in run([SERVICE, 'ps', other]).stdout and 'sleep' not in said
    assert not {row['pid'] for row in found(name)} & {row['pid'] for row in found(other)}
    run([SERVICE, 'stop', '-t', '0', name])
    refused([SERVICE, 'ps', name], f'container {name} is not running')
    refused([SERVICE, 'ps', 'no-such'], 'container no-such does not exist')

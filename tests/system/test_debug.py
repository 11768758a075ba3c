# SPDX-License-Identifier: LGPL-2.1-or-later
"""--debug and VIRT_SANDBOX_DEBUG=1: every process of ours tells its steps on standard error, and nobody else's output changes."""
import json
import os
import re
import signal
import subprocess

import pytest

import harness
from harness import run, wait_for

LINE = re.compile(r'^(?P<program>[a-z-]+)\[(?P<pid>\d+)\] (?P<time>\d+\.\d{6}) (?P<step>[a-z]+): (?P<object>.+)$')
COMMAND = ['virt-sandbox', '--', '/bin/echo', 'said inside']
# As the man page has them. The first process and the builder work beside each other: of those only the order of each is known.
ORDER = ['resolve', 'reserve', 'compile', 'start', 'cgroup', 'clone', 'build', 'executed', 'end']


def steps(text):
    """Every line must be one that we tell."""
    found = [LINE.match(line) for line in text.splitlines()]
    assert found and all(found), text
    return found


def in_order(names, wanted):
    rest = iter(names)
    return all(name in rest for name in wanted)


@pytest.mark.parametrize('words, environment', [(['--debug'], {}), ([], {'VIRT_SANDBOX_DEBUG': '1'})])
def test_command(words, environment):
    done = run([COMMAND[0], *words, *COMMAND[1:]], env=os.environ | environment)
    assert done.stdout == 'said inside\n'
    found = steps(done.stderr)
    outer = [m['step'] for m in found if int(m['pid']) > 2]
    assert in_order(outer, ORDER), outer
    first = [(m['step'], m['object']) for m in found if m['pid'] == '1']
    assert in_order(first, [('born', 'said'), ('enter', 'heard'), ('ready', 'said')]), first
    builder = [m['step'] for m in found if m['pid'] == '2']
    assert in_order(builder, ['files', 'born', 'root', 'enter']), builder


@pytest.mark.parametrize('value', [None, '', '0'])
def test_nothing_is_told_unasked(value):
    environment = {k: v for k, v in os.environ.items() if k != 'VIRT_SANDBOX_DEBUG'}
    done = run(COMMAND, env=environment | ({} if value is None else {'VIRT_SANDBOX_DEBUG': value}))
    assert (done.stdout, done.stderr) == ('said inside\n', '')


def test_command_gets_no_descriptor_and_no_variable():
    """What steps are told on is ours: the command has 0, 1, 2 and what it opens itself."""
    done = run(['virt-sandbox', '--debug', '--', '/bin/sh', '-c', 'ls /proc/$$/fd; env'])
    assert [line for line in done.stdout.split() if line.isdigit()] == ['0', '1', '2']
    assert 'DEBUG' not in done.stdout


def test_failure_is_told():
    done = run(['virt-sandbox', '--debug', '--', '/no/such/program'], check=False)
    assert done.returncode == 127
    assert 'clone' in done.stderr


@pytest.fixture
def name(names):
    one = names()
    run(['virt-sandbox-service', 'create', one, '--', '/bin/sleep', '1000'])
    yield one
    run(['virt-sandbox-service', 'stop', '-t', '0', one], check=False)
    run(['virt-sandbox-service', 'delete', one])


def supervisor_of(name):
    return json.loads(run(['virt-sandbox-service', 'inspect', name]).stdout)['state']['supervisor']


def test_container(name):
    done = run(['virt-sandbox-service', '--debug', 'start', name])
    found = steps(done.stderr)
    keeping = [m['step'] for m in found if m['program'] == 'virt-sandbox-supervisor']
    assert in_order(keeping, ['supervise', 'compile', 'start', 'executed', 'running']), done.stderr
    # Nothing was left of an earlier life, so no program looks for it.
    assert 'virt-sandbox-links detach' not in done.stderr
    # It lives on; the caller's standard error does not with it.
    assert os.readlink(f'/proc/{supervisor_of(name)}/fd/2') == '/dev/null'
    done = run(['virt-sandbox-service', 'execute', '--debug', name, '--', '/bin/echo', 'said inside'])
    assert done.stdout == 'said inside\n'
    assert {m['step'] for m in steps(done.stderr) if m['program'] == 'virt-sandbox-enter'} >= {'enter', 'ready'}, done.stderr
    done = run(['virt-sandbox-service', 'stop', '-t', '0', '--debug', name])
    assert 'ask' in {m['step'] for m in steps(done.stderr)}


def test_what_a_killed_supervisor_left_is_looked_for(name):
    run(['virt-sandbox-service', 'start', name])
    os.kill(supervisor_of(name), signal.SIGKILL)
    wait_for(lambda: 'running' not in run(['virt-sandbox-service', 'list']).stdout, 'end of the container')
    assert 'virt-sandbox-links detach' in run(['virt-sandbox-service', 'start', '--debug', name]).stderr


def test_through_a_service_manager(root, name):
    """It hands on no environment: a file in the directory of running containers does, once."""
    asked = root / f'run/libvirt-sandbox/{name}.debug'
    asked.touch(0o600)
    program = os.path.join(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor')
    with subprocess.Popen([program, name], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        wait_for(lambda: 'running' in run(['virt-sandbox-service', 'list']).stdout, 'container to run')
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read()
    names = [m['step'] for m in steps(told)]
    assert in_order(names, ['supervise', 'running', 'stop', 'undo', 'end']), told
    assert not asked.exists()

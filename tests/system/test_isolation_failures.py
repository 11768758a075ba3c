# SPDX-License-Identifier: LGPL-2.1-or-later
"""When the kernel lacks something, a step fails or only seems to work, or a program is killed: no container runs half protected, and nothing is left."""
import os
import pathlib
import random
import select
import signal
import subprocess
import time

import pytest

import harness
import isolation
from harness import run
from isolation import SERVICE, WITHOUT, service

ONE = ['virt-sandbox', '--', '/bin/echo', 'fine']
NEEDED = {'openat2': '5.6', 'clone3': '5.3', 'fsopen': '5.2', 'fsmount': '5.2', 'fsconfig': '5.2', 'move_mount': '5.2', 'open_tree': '5.2',
          'mount_setattr': '5.12', 'close_range': '5.9', 'execveat': '3.19', 'seccomp': '3.17'}


@pytest.fixture(scope='module', autouse=True)
def places():
    """Made by the first command and kept: not what a failure leaves."""
    name = isolation.create(harness.new_name())
    service('start', name)
    isolation.remove(name)


@pytest.fixture
def stopped(name):
    isolation.create(name)
    yield name
    isolation.remove(name)


@pytest.fixture
def running(stopped):
    service('start', stopped)
    return stopped


def one_sentence(result, *words):
    assert result.returncode != 0 and result.stdout == '', result.said
    assert result.stderr.count('\n') == 1, result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def snapshot():
    """What a container leaves; the reason why a start failed stays for a service manager to show."""
    seen = harness.snapshot()
    kept = {kind: seen[kind] for kind in ('mounts', 'links', 'cgroups', 'processes', 'state')}
    kept['state'] = [path for path in kept['state'] if not path.endswith(('.error', '.lock'))]
    return kept


def unchanged(before):
    try:
        harness.wait_for(lambda: snapshot() == before, 'clean', 5)
    except AssertionError:
        pytest.fail('left behind:\n' + '\n'.join(harness.differences(before, snapshot())))


# ---- a kernel without ----


def test_wrapper_lets_through():
    """The control of all that follow."""
    assert run([WITHOUT, 'openat2=ENOSYS:0:ffffffff:12345', '--', *ONE]).stdout == 'fine\n'


@pytest.mark.parametrize('call', NEEDED)
def test_old_kernel_one_command(call):
    before = snapshot()
    one_sentence(run([WITHOUT, f'{call}=ENOSYS', '--', *ONE], check=False), f'this kernel has no {call}()', NEEDED[call])
    unchanged(before)


@pytest.mark.parametrize('call', ['clone3', 'mount_setattr', 'openat2', 'move_mount'])
def test_old_kernel_start(stopped, call):
    before = snapshot()
    one_sentence(run([WITHOUT, f'{call}=ENOSYS', '--', SERVICE, 'start', stopped], check=False), stopped, f'this kernel has no {call}()')
    unchanged(before)
    service('start', stopped)  # the control; at once, the failure does not stand in the way


@pytest.mark.parametrize('call', ['openat2', 'clone3', 'execveat', 'memfd_create', 'close_range', 'seccomp'])
def test_old_kernel_execute(running, call):
    before = snapshot()
    one_sentence(run([WITHOUT, f'{call}=ENOSYS', '--', SERVICE, 'execute', running, '--', '/bin/true'], check=False), running, f'this kernel has no {call}()')
    unchanged(before)
    service('execute', running, '--', '/bin/true')


# ---- a step that fails, or seems to work ----

MS_REMOUNT, MS_BIND = 0x20, 0x1000


@pytest.mark.parametrize('rule, sentence', [
    (f'mount=nothing:3:{MS_REMOUNT:x}:{MS_REMOUNT:x}', 'is not read-only after it was made so'),
    (f'mount=EPERM:3:{MS_REMOUNT:x}:{MS_REMOUNT:x}', 'not permitted'),
    (f'mount=nothing:3:{MS_BIND:x}:{MS_BIND:x}', 'refused'),
    ('mkdirat=nothing:2:ffff:0', 'mask'),  # the directory that masks are made of is missing
    (f'mount=nothing:3:{MS_REMOUNT:x}:{MS_REMOUNT:x}', 'is not read-only after it was made so'),
    ('mount_setattr=EPERM', 'attributes'),
    ('move_mount=EPERM', 'mount'),
    ('seccomp=EPERM', 'load the system call filter'),
    ('setns=EPERM', ''),
])
def test_protection_that_fails_is_fatal(rule, sentence):
    before = snapshot()
    one_sentence(run([WITHOUT, rule, '--', *ONE], check=False), sentence)
    unchanged(before)


# ---- killed at any moment ----


def _interrupt(words, after, **options):
    """kill -9 of a command some time after its start; whether it was still running."""
    with subprocess.Popen([SERVICE, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **options) as client:
        try:
            client.wait(after)
            return False
        except subprocess.TimeoutExpired:
            client.kill()
            return True


def _duration(*words):
    begin = time.monotonic()
    service(*words)
    return time.monotonic() - begin


def _settled(name):
    """After a client was killed its supervisor may still be at it: wait for what it makes of it. One that has not begun counts as stopped."""
    def settled():
        phase = isolation.inspect(name)['state']['phase']
        return phase if phase in ('running', 'stopped') else None

    return harness.wait_for(settled, f'{name} is settled', 20)


def test_killed_clients(stopped):
    before = snapshot()
    dice = random.Random(20)
    up, down = _duration('start', stopped), _duration('stop', stopped)
    killed = 0
    for _ in range(10):
        killed += _interrupt(['start', stopped], dice.uniform(0, up))
        if _settled(stopped) == 'stopped':
            service('start', stopped, check=False)  # its supervisor may just come up
        harness.wait_for(lambda: _settled(stopped) == 'running', 'it runs')
        for _ in range(3):
            killed += _interrupt(['execute', stopped, '--', 'sleep', '0.01'], dice.uniform(0, 0.02))
        assert service('execute', stopped, '--', 'echo', 'fine').stdout == 'fine\n'
        killed += _interrupt(['stop', stopped], dice.uniform(0, down))
        harness.run([SERVICE, 'stop', stopped], check=False)
        harness.wait_for(lambda: _settled(stopped) == 'stopped', 'it has stopped')
    assert killed >= 5
    unchanged(before)


def _kill_and_wait(pid):
    """Until it has let go of its files: before that, its container counts as running."""
    fd = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        assert select.select([fd], [], [], 20)[0], 'it does not die'
    finally:
        os.close(fd)


def test_killed_supervisor(stopped):
    """At random moments of its life: the container goes with it, and the next command finds a clean place."""
    before = snapshot()
    dice = random.Random(38)
    found = 0
    for _ in range(8):
        with subprocess.Popen([SERVICE, 'start', stopped], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            time.sleep(dice.uniform(0, 0.08))
            victims = [pid for pid, line in harness.orphans().items() if 'virt-sandbox-supervisor' in line and stopped in line]
            for pid in victims:
                _kill_and_wait(pid)
            found += len(victims)
            client.wait(20)
        harness.run([SERVICE, 'start', stopped], check=False)  # it may run already, when no supervisor was there yet to be killed
        if _settled(stopped) == 'running':
            os.kill(isolation.inspect(stopped)['state']['supervisor'], signal.SIGKILL)
            found += 1
        harness.wait_for(lambda: _settled(stopped) == 'stopped', 'it is down')
        service('start', stopped)
        service('stop', stopped)
    assert found >= 8
    unchanged(before)


def test_killed_sandbox(root):
    """virt-sandbox is its own supervisor."""
    before = snapshot()
    dice = random.Random(5)
    killed = []
    for options in ([], ['-N', 'default']):
        for _ in range(8):
            with subprocess.Popen(['virt-sandbox', *options, '--', 'sleep', '1000'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
                time.sleep(dice.uniform(0, 0.06))
                client.kill()
                killed.append(f'sandbox-{client.pid}')
        service('delete', 'nobody', check=False)  # any command that changes something cleans up
    run(ONE)
    assert not [path for path in pathlib.Path('/sys/fs/cgroup').rglob('virt-sandbox/sandbox-*') if path.name in killed]
    service('delete', 'nobody', check=False)
    isolation.forget_killed_sandboxes(root)
    unchanged(before)

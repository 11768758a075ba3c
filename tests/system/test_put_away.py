# SPDX-License-Identifier: LGPL-2.1-or-later
"""What follows the end of a container finds nothing of it: whoever wants its name waits for the supervisor that puts away what it ran with."""
import os
import pathlib
import signal
import subprocess

import pytest

from harness import run, wait_for
from test_virt_lxc import document, said, virt  # noqa: F401 (fixtures)

SLEEP = {'init': '/bin/sleep', 'process': ['<initarg>infinity</initarg>']}
LINK = "<interface type='network'><source network='default'/></interface>"
ROUNDS = 100
WAITING = """#!/bin/sh
if [ "$1" = detach ]; then
	touch {place}/there
	while [ -e {place}/hold ]; do sleep 0.02; done
fi
exec {program}.real "$@"
"""


@pytest.fixture
def held(tmp_path):
    """A function that keeps every supervisor from taking links away, until held.go()."""
    program = pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-links')
    real = program.rename(f'{program}.real')
    program.write_text(WAITING.format(place=tmp_path, program=program))
    program.chmod(0o755)

    class Held:
        def __init__(self):
            (tmp_path / 'hold').touch()

        def until_there(self):
            wait_for((tmp_path / 'there').exists, 'the supervisor puts away')

        def go(self):
            (tmp_path / 'hold').unlink(missing_ok=True)

    one = Held()
    yield one
    one.go()
    real.rename(program)


def first_process(root, name):
    return int(next(line[4:] for line in (root / 'run/libvirt-sandbox' / name / 'state').read_text().splitlines() if line.startswith('pid=')))


def begin(root, *command):
    """Of a command about a name; returns when that holds the name."""
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lock = root / 'var/lib/libvirt-sandbox/locks' / command[-1]
    wait_for(lambda: lock.exists() or started.poll() is not None, f'{command} is at work')
    return started


def succeeds(started):
    out, error = started.communicate(timeout=60)
    assert started.returncode == 0, out + error


def left(root, name):
    return [path for path in (pathlib.Path('/sys/fs/cgroup/virt-sandbox', name), root / 'run/libvirt-sandbox' / name,
                              root / 'run/libvirt-sandbox' / f'{name}.lock') if path.exists()]


def test_domain(document, root, held):  # noqa: F811 (fixture)
    name, path = document(devices=LINK, **SLEEP)
    virt('define', path)
    virt('start', name)
    os.kill(first_process(root, name), signal.SIGKILL)
    held.until_there()
    assert said('domstate', name) == 'in shutdown\n', 'the control: it has not come to rest'
    assert said('list', '--name') == f'{name}\n'
    started = begin(root, 'virt-lxc', 'start', name)
    assert started.poll() is None, started.communicate()
    held.go()
    succeeds(started)
    assert said('domstate', name, '--reason') == 'running (booted)\n'


def test_destroyed_while_it_ends(document, root, held):  # noqa: F811 (fixture)
    name, path = document(devices=LINK, **SLEEP)
    virt('define', path)
    virt('start', name)
    os.kill(first_process(root, name), signal.SIGKILL)
    held.until_there()
    destroyed = subprocess.Popen(['virt-lxc', 'destroy', name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    held.go()
    succeeds(destroyed)
    assert not left(root, name)


@pytest.mark.parametrize('verb', ['start', 'delete'])
def test_container(name, root, held, verb):
    run(['virt-sandbox-service', 'create', '-N', 'default', name, '--', 'sleep', 'infinity'])
    try:
        run(['virt-sandbox-service', 'start', name])
        os.kill(first_process(root, name), signal.SIGKILL)
        held.until_there()
        assert run(['virt-sandbox-service', 'list', '--running']).stdout.count(name) == 1
        started = begin(root, 'virt-sandbox-service', verb, name)
        assert started.poll() is None, started.communicate()
        held.go()
        succeeds(started)
        assert verb == 'start' or not left(root, name)
    finally:
        held.go()
        run(['virt-sandbox-service', 'stop', '-t', '0', name], check=False)
        run(['virt-sandbox-service', 'delete', name], check=False)


def test_over_and_over(document, root):  # noqa: F811 (fixture)
    name, path = document(**SLEEP)
    virt('define', path)
    virt(f'start {name}; destroy {name}; ' * ROUNDS)
    assert not left(root, name)
    for _ in range(ROUNDS // 5):
        virt('start', name)
        os.kill(first_process(root, name), signal.SIGKILL)
        wait_for(lambda: said('domstate', name) != 'running\n', 'it has ended')
    virt('start', name)

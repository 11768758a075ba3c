# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as others build on it: with pkg-config, against what is installed."""
import json
import os
import subprocess

import pytest

import harness
from harness import SOURCE, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_outcome import listed
from test_units import SERVICE, create, own_units  # noqa: F401 (fixtures)


@pytest.fixture(scope='module')
def build(tmp_path_factory):
    """A function that compiles a program against the installed library."""
    place = tmp_path_factory.mktemp('installed')
    run(['meson', 'install', '-C', harness.BUILD, '--no-rebuild', '--tags', 'devel,runtime', '--destdir', place])
    config = next(place.rglob('virt-sandbox.pc')).parent
    environment = os.environ | {'PKG_CONFIG_PATH': str(config), 'PKG_CONFIG_SYSROOT_DIR': str(place)}

    def compile_one(source):
        program = place / source.stem
        flags = run(['pkg-config', '--cflags', '--libs', 'virt-sandbox'], env=environment).stdout.split()
        run(['cc', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-Wno-discarded-qualifiers', '-o', program, source, *flags, f'-Wl,-rpath,{config.parent}'])
        return program
    return compile_one


def test_descriptors_output_and_tasks(build, command, create, own_units):  # noqa: F811 (fixtures)
    name = command('sleep', 'infinity')
    (own_units / 'never.service').write_text('[Service]\nType=notify\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity\n')
    slow, _ = create('-P', 'coreutils', '-u', 'never.service')
    assert run([build(SOURCE / 'tests/system/library.c'), name, slow]).stdout.splitlines() == ['descriptors', 'capture', 'tasks', 'cancelled start', 'states']
    assert 'sleep 3219' not in run(['ps', '-eo', 'args']).stdout, 'a command that was cancelled has ended'


def test_manager_and_monitor(build, command):  # noqa: F811 (fixture)
    """One that ends is started again; at its own end the manager stops what it has started."""
    name = command('sleep', 'infinity')
    run([SERVICE, 'stop', '-t', '0', name])

    def pid():
        return json.loads(run([SERVICE, 'inspect', name]).stdout)['state'].get('pid')

    manager = subprocess.Popen([build(SOURCE / 'examples/manager.c'), name], stdout=subprocess.PIPE, text=True)
    try:
        assert next(manager.stdout) == f'{name}: starting {name}\n'
        assert next(line for line in manager.stdout if 'done' in line) == f'{name}: done\n'
        first = pid()
        shown = run([build(SOURCE / 'examples/monitor.c'), '0']).stdout
        assert any(line.split()[:3] == [name, 'running', 'memory'] for line in shown.splitlines()), shown
        run([SERVICE, 'kill', '--signal', 'KILL', name])
        assert next(line for line in manager.stdout if 'done' in line) == f'{name}: done\n'
        assert pid() not in (None, 0, first)
    finally:
        manager.terminate()
        manager.communicate(timeout=60)
    assert manager.returncode == 0
    wait_for(lambda: listed(name)['pid'] == 0, 'it is stopped')

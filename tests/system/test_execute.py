# SPDX-License-Identifier: LGPL-2.1-or-later
"""Variables of a container reach its services and what enters it; where a command runs, and whether somebody waits for it."""
import pytest

import isolation
from harness import refused, run, wait_for
from test_units import SERVICE, create, inside, own_units  # noqa: F401 (fixtures)

ODD = 'a "quoted" \\n $HOME %h 100% \'x\'\ttab'


@pytest.fixture
def command(names):
    """A function that creates and starts the container of a command; deleted after the test."""
    made = []

    def make(*words, options=()):
        made.append(names())
        run([SERVICE, 'create', *options, made[-1], '--', *words])
        run([SERVICE, 'start', made[-1]])
        return made[-1]

    yield make
    isolation.remove(*made)


def test_variables_reach_services(create, own_units, root):  # noqa: F811 (fixtures)
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sh -c "env -0 > /run/said; exec sleep infinity"\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service', '-e', 'PLAIN=1', '-e', f'ODD={ODD}', '-e', 'EMPTY=')
    run([SERVICE, 'start', name])
    said = wait_for(lambda: inside(name, 'cat', '/run/said').stdout, 'the service has said it').split('\0')
    assert {'PLAIN=1', f'ODD={ODD}', 'EMPTY='} <= set(said)
    entered = inside(name, 'env', '-0').stdout.split('\0')
    assert {'PLAIN=1', f'ODD={ODD}', 'EMPTY=', 'LANG=C.UTF-8'} <= set(entered)
    assert [v for v in said if v.startswith('LANG=')] == ['LANG=C.UTF-8']
    file = root / 'var/lib/libvirt/filesystems' / name / 'etc/systemd/system.conf.d/50-virt-sandbox-environment.conf'
    assert file.stat().st_mode & 0o777 == 0o600, 'a variable may be a password'


def test_variables_reach_a_command(command):
    name = command('sh', '-c', 'printf "<%s>\\n" "$ODD"; exec sleep infinity', options=('-e', f'ODD={ODD}'))
    assert inside(name, 'printenv', 'ODD').stdout == f'{ODD}\n'
    assert f'<{ODD}>' in run([SERVICE, 'logs', name]).stdout.replace('        ', '\t'), 'a terminal may write tabs as blanks'


def test_directory(command):
    name = command('sleep', 'infinity')
    assert inside(name, 'pwd').stdout == '/root\n'
    assert run([SERVICE, 'execute', '--workdir', '/usr/share', name, '--', 'pwd']).stdout == '/usr/share\n'
    refused([SERVICE, 'execute', '-w', '/nosuch', name, '--', 'pwd'], 'enter directory /nosuch inside the container')
    refused([SERVICE, 'execute', '-w', 'usr', name, '--', 'pwd'], 'not an absolute path')


def test_detached(command):
    name = command('sleep', 'infinity')
    script = 'until [ -e /tmp/go ]; do sleep 0.02; done; echo lost; echo kept > /tmp/said; exec sleep infinity'
    done = run([SERVICE, 'execute', '--detach', name, '--', 'sh', '-c', script])
    assert done.said == '', 'nobody hears it'
    inside(name, 'touch', '/tmp/go')  # it runs, though nobody waits for it
    assert wait_for(lambda: inside(name, 'cat', '/tmp/said', check=False).stdout, 'it goes on') == 'kept\n'
    done = run([SERVICE, 'execute', '-d', name, '--', 'nosuch'], check=False)
    assert done.returncode == 127 and 'there is no command nosuch' in done.stderr

# SPDX-License-Identifier: LGPL-2.1-or-later
"""The health check, and what the host's systemd is told about starting a container again."""
import json

from harness import refused, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_outcome import listed, told
from test_units import SERVICE, inside

CHECK = ('--health-command', 'test -e /tmp/well', '--health-interval', '1', '--health-timeout', '1', '--health-retries', '2')


def health(name):
    return json.loads(run([SERVICE, 'inspect', name]).stdout)['state']['health']


def test_well_and_unwell(command, root):  # noqa: F811 (fixture)
    name = command('sh', '-c', 'sleep 0.3; touch /tmp/well; exec sleep infinity', options=CHECK)
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'start', '--healthy', name])
    assert health(name) == 'healthy' and listed(name)['state'] == 'running'
    inside(name, 'rm', '/tmp/well')
    wait_for(lambda: health(name) == 'unhealthy', 'two failures')
    assert listed(name)['state'] == 'degraded' and listed(name)['problem'] == f'container {name}: its health check fails'
    inside(name, 'touch', '/tmp/well')
    wait_for(lambda: health(name) == 'healthy', 'it is well again')
    assert listed(name)['state'] == 'running'
    told(root, name, 'healthy', 'unhealthy', 'healthy')


def test_never_well(command):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity', options=CHECK)
    run([SERVICE, 'stop', '-t', '0', name])
    refused([SERVICE, 'start', '--healthy', name], 'runs, but its health check fails')
    assert listed(name)['state'] == 'degraded', 'it goes on, to be looked at'


def test_check_that_hangs(command):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity', options=('--health-command', 'sleep infinity', '--health-interval', '1', '--health-timeout', '1', '--health-retries', '1'))
    wait_for(lambda: health(name) == 'unhealthy', 'its time is over')


def test_no_check(command):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity')
    run([SERVICE, 'stop', '-t', '0', name])
    refused([SERVICE, 'start', '--healthy', name], 'has no health check')
    assert health(name) == 'none'


def test_restart_is_systemds(command, root):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity', options=('--restart', 'on-failure', '--restart-delay', '7', '--restart-limit', '4', '--restart-interval', '90'))
    unit = (root / 'etc/systemd/system' / f'{name}_sandbox.service').read_text()
    assert {'Restart=on-failure', 'RestartSec=7', 'StartLimitBurst=4', 'StartLimitIntervalSec=90'} <= set(unit.splitlines())
    other = command('sleep', 'infinity')
    unit = (root / 'etc/systemd/system' / f'{other}_sandbox.service').read_text()
    assert 'Restart=' not in unit and 'StartLimitIntervalSec=0' in unit


def test_restart_of_one_that_is_there(command, root):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity')
    unit, keyfile = root / f'etc/systemd/system/{name}_sandbox.service', root / f'etc/libvirt-sandbox/services/{name}.sandbox'
    run([SERVICE, 'set', '--restart', 'always', '--restart-delay', '3', name])
    assert {'Restart=always', 'RestartSec=3', 'StartLimitBurst=5'} <= set(unit.read_text().splitlines())
    assert 'policy=always' in keyfile.read_text()
    keyfile.write_text(keyfile.read_text().replace('policy=always', 'policy=on-failure'))
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'start', name])
    assert 'Restart=on-failure' in unit.read_text(), 'what was edited'
    unit.unlink()
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'start', name])
    assert 'Restart=on-failure' in unit.read_text(), 'restored without it'
    refused([SERVICE, 'set', '--restart', 'sometimes', name], '"sometimes" is not "no", "on-failure" or "always"')


def test_refused(name):
    refused([SERVICE, 'create', '--restart', 'sometimes', name, '--', 'true'], '"sometimes" is not "no", "on-failure" or "always"')
    refused([SERVICE, 'create', '--restart-delay', '1', name, '--', 'true'], 'restart.delay: needs a policy')
    refused([SERVICE, 'create', '--health-retries', '1', name, '--', 'true'], 'health.retries: needs a command')
    refused(['virt-sandbox', '--restart', 'always', '--', 'true'], 'unknown option --restart')

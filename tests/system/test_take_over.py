# SPDX-License-Identifier: LGPL-2.1-or-later
"""Taking a service of the host over: the order of its steps, and that every other end puts everything back."""
import signal
import subprocess

import pytest

import fakes
import isolation
from harness import refused, run, wait_for
from test_units import SERVICE, inside, own_units  # noqa: F401 (fixture)

UNIT = """[Unit]
Description=to be taken over
[Service]
WorkingDirectory=/srv/taken
ExecStart=/bin/sh -c '{command}'
[Install]
WantedBy=multi-user.target
"""
GOES_ON = 'exec sleep infinity'


@pytest.fixture
def systemd(own_units, tmp_path):  # noqa: F811 (fixture)
    tmp_path.chmod(0o755)
    systemd = fakes.Systemd(tmp_path)
    yield systemd
    systemd.close()


@pytest.fixture
def host(systemd, own_units, root):  # noqa: F811 (fixture)
    """taken.service runs on the host, and writes its data when it is stopped; taken.socket would start it again."""
    run('mkdir -p /srv/taken && echo in-memory > /srv/taken/data')
    (own_units / 'taken.service').write_text(UNIT.format(command=GOES_ON))
    unit = systemd.unit('taken.service', TriggeredBy='taken.socket')
    (unit / 'at-stop').write_text('#!/bin/sh\necho flushed > /srv/taken/data\n')
    (unit / 'at-stop').chmod(0o755)
    systemd.unit('taken.socket')
    yield systemd
    records = root / 'var/lib/libvirt-sandbox/take-over'
    assert not records.exists() or not list(records.iterdir()), 'a record is left'


@pytest.fixture
def name(names):
    name = names()
    yield name
    isolation.remove(name)


def take_over(name, *options):
    return [SERVICE, 'create', '-C', '--take-over', 'taken', *options, name]


def assert_put_back(host, name):
    assert host.state('taken.service') == host.state('taken.socket') == ('active', 'enabled')
    refused([SERVICE, 'inspect', name], 'does not exist')


def test_taken_over(host, name):
    said = run(take_over(name, '--health-command', 'test -e /srv/taken/data')).stdout
    assert inside(name, 'cat', '/srv/taken/data').stdout == 'flushed\n', 'copied after the stop'
    assert inside(name, 'systemctl', 'is-active', 'taken.service').stdout == 'active\n'
    assert host.log() == ['stop taken.service taken.socket', 'disable taken.service taken.socket']
    assert host.state('taken.service') == ('inactive', 'disabled')
    for words in ('Stopped taken.service of this host', 'Disabled taken.socket of this host', f'give it back: systemctl disable --now {name}_sandbox.service; systemctl enable --now'):
        assert words in said
    assert 'runs on this host' not in said, 'its data was at rest'


def test_what_did_not_start_at_boot_stays_so(host, name):
    for unit in ('taken.service', 'taken.socket'):
        (host.place / unit / 'UnitFileState').write_text('disabled\n')
    run(take_over(name))
    assert host.log() == ['stop taken.service taken.socket']


@pytest.fixture
def listener(host):
    """A process of taken.service on the host, and what taken.socket has; it ends when the unit is stopped."""
    run('rm -f /srv/taken/socket')
    code = ("import socket, time\n"
            "doors = [socket.create_server(('0.0.0.0', 8181)), socket.create_server(('127.0.0.1', 8282)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]\n"
            "doors[2].bind(('0.0.0.0', 8181)); door = socket.socket(socket.AF_UNIX); door.bind('/srv/taken/socket'); door.listen()\n"
            "print('ready', flush=True); time.sleep(600)")
    process = subprocess.Popen(['python3', '-c', code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'ready\n'
    cgroup = [line.split(':', 2) for line in open(f'/proc/{process.pid}/cgroup').read().splitlines()]
    (host.place / 'taken.service/ControlGroup').write_text(next(path for number, kind, path in cgroup if kind in ('', 'name=systemd')))
    (host.place / 'taken.socket/Listen').write_text('192.0.2.77:8383 (Stream)')
    with open(host.place / 'taken.service/at-stop', 'a') as script:
        script.write(f'kill {process.pid}\n')
    yield
    process.kill()
    process.wait()
    process.stdout.close()


def test_ports_are_published(host, own_units, name, listener, root):  # noqa: F811 (fixture)
    (own_units / 'taken.service').write_text(UNIT.format(command='exec python3 -m http.server 8181'))
    assert 'host: publish 8181:8181\nhost: publish 8181:8181/udp\n' in run(take_over(name, '--dry-run')).stdout
    said = run(take_over(name)).stdout
    for words in ('Published port 8181:8181 of this host', 'Published port 8181:8181/udp of this host', 'at the loopback address of this host, port 8282/tcp',
                  '--publish 127.0.0.1:8282:8282', 'at one address of this host, port 8383/tcp', 'no longer find it at /srv/taken/socket'):
        assert words in said, said
    assert 'publish=8181:8181\n' in (root / f'etc/libvirt-sandbox/services/{name}.sandbox').read_text()
    assert wait_for(lambda: run(['curl', '-sS', '--max-time', '5', 'http://127.0.0.1:8181/data'], check=False).stdout, 'it serves') == 'flushed\n'


def test_ports_of_ones_own(host, name, listener, root):
    said = run(take_over(name, '--publish', '127.0.0.1:9191:80')).stdout
    assert 'Published port 8181' not in said
    assert 'publish=127.0.0.1:9191:80\n' in (root / f'etc/libvirt-sandbox/services/{name}.sandbox').read_text()


def test_dry_run(host, name):
    said = run(take_over(name, '--dry-run')).stdout
    assert said.startswith('host: stop taken.service\nhost: stop taken.socket\nhost: disable taken.service\nhost: disable taken.socket\n')
    assert '/srv/taken' in said and host.log() == []


@pytest.mark.parametrize('command, options, words', [
    ('exit 3\'\nType=oneshot\n#', (), ['taken.service', 'exit-code']),
    (GOES_ON, ('--health-command', 'false', '--health-retries', '1'), ['its health check fails']),
    (GOES_ON, ('--with', '/nosuch'), []),
    ('sleep 0.1; exit 4', (), ['taken.service did not stay up: it is failed (exit-code, status 4)']),
    ("sleep 0.1; exit 4'\nRestart=always\nRestartSec=1min\n#", (), ['taken.service did not stay up']),
    ("sleep 0.2; kill -9 $$$$'\nRestart=on-failure\nRestartSec=300ms\n#", (), ['taken.service did not stay up']),
    ('sleep 0.1', (), ['taken.service did not stay up: it is inactive (success, status 0)']),
], ids=['start', 'health', 'plan', 'dies', 'is-tried-again', 'is-killed', 'ends'])
def test_failure_puts_back(host, own_units, name, command, options, words):  # noqa: F811 (fixture)
    (own_units / 'taken.service').write_text(UNIT.format(command=command))
    refused(take_over(name, *options), 'take over taken: ', *words)
    assert_put_back(host, name)
    if words:
        assert host.log() == ['stop taken.service taken.socket', 'start taken.service taken.socket']
    if words and 'did not' not in words[0]:
        refused(take_over(name, *options), 'taken.service taken.socket of the host runs again')


def test_unit_that_does_not_stop(host, name):
    (host.place / 'taken.socket/stays').touch()
    refused(take_over(name), 'taken.socket of the host runs again after its stop')
    assert_put_back(host, name)


def test_unit_that_does_not_come_back(host, name):
    (host.place / 'taken.service/cannot-start').touch()
    refused(take_over(name, '--health-command', 'false', '--health-retries', '1'), 'to put back what was, failed', 'Job for taken.service failed',
            'see to it that taken.service taken.socket runs')


def begin(host, name):
    """One that waits for a container to become healthy, for ever."""
    process = subprocess.Popen(take_over(name, '--health-command', 'sleep infinity', '--health-timeout', '30'),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: process.poll() is not None or name in run([SERVICE, 'list', '-r']).stdout, 'it waits for health')
    assert process.poll() is None, process.stderr.read()
    assert host.state('taken.service') == ('inactive', 'enabled')
    return process


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_puts_back(host, name, number):
    process = begin(host, name)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and 'interrupted; taken.service taken.socket of the host runs again' in said
    assert_put_back(host, name)


def test_killed_is_put_back_by_the_next_command(host, name):
    process = begin(host, name)
    process.kill()
    process.communicate(timeout=60)
    refused([SERVICE, 'delete', name], 'does not exist')
    assert_put_back(host, name)


def test_what_depends_on_it(host, name):
    (host.place / 'taken.service/RequiredBy').write_text('user.service idle.service\n')
    host.unit('user.service')
    host.unit('idle.service', ActiveState='inactive')
    refused(take_over(name), 'user.service of this host depends on it', '--take-over user.service')
    assert host.log() == []
    (host.place / 'user.service/ActiveState').write_text('inactive\n')
    run(take_over(name))
    assert host.state('idle.service') == ('inactive', 'enabled'), 'it is none of ours'


def test_refused(host, name, own_units):  # noqa: F811 (fixture)
    refused([SERVICE, 'create', '--take-over', 'taken', name], '--take-over needs --copy (-C)')
    refused([SERVICE, 'create', '-C', '--take-over', 'nosuch', name], 'nosuch')
    (own_units / 'unknown.service').write_text(UNIT.format(command=GOES_ON))
    refused([SERVICE, 'create', '-C', '--take-over', 'unknown', name], "the host's systemd has no unit unknown.service")
    run(take_over(name))
    refused(take_over(name), f'container {name} exists already')
    assert host.log() == ['stop taken.service taken.socket', 'disable taken.service taken.socket']


def test_no_systemd(host, name):
    run('rmdir /run/systemd/system')
    refused(take_over(name), 'this host has no systemd')

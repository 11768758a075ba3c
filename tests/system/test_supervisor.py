# SPDX-License-Identifier: LGPL-2.1-or-later
"""The supervisor: start, state, console, shutdown, and every way to end."""
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

import harness
import keeping
from harness import gone, refused, wait_for
from terminal import Terminal

# dash loses a signal that comes while it makes a process; in wait it loses none.
LOOP = 'sleep 10000 & while :; do wait; done'


@pytest.fixture
def container(names):
    """A function that describes a container of a shell script; gone after the test."""
    made = []

    def make(script, **options):
        made.append(keeping.Container(names(), '/bin/sh', '-c', script, **options))
        return made[-1]

    yield make
    for one in made:
        one.remove()


def said(container, text):
    return wait_for(lambda: text in container.keep('tail').stdout, f'"{text}" on the console')


def test_runs_until_stopped(container):
    one = container('trap "exit 0" TERM; ' + LOOP).launch()
    phase, supervisor, pid, address, cgroup = one.state()
    assert phase == 'running' and address == '-'
    assert pathlib.Path(f'/proc/{supervisor}/comm').read_text().startswith('virt-sandbox-su')
    assert os.stat(f'/proc/{pid}').st_uid != 0
    assert pathlib.Path(cgroup, 'cgroup.procs').read_text().split()[0] == str(pid)
    assert one.left() == [one.name, f'{one.name}.lock']
    one.keep('stop', 10)
    assert one.state()[0] == 'stopped'
    assert one.left() == []
    assert gone(pid) and gone(supervisor) and not os.path.exists(cgroup)
    refused([keeping.DRIVER, 'stop', one.name, '5'], one.name, 'does not run')


def test_waits_with_little_memory(container):
    """One for each container, for months: what only its start needed is not kept."""
    one = container('trap "exit 0" TERM; ' + LOOP).launch()
    rollup = pathlib.Path(f'/proc/{one.state()[1]}/smaps_rollup')

    def own():
        # Its program and libraries are shared page cache: whether they count as private depends on what else runs.
        return int(re.search(r'^Anonymous: +(\d+) kB$', rollup.read_text(), re.MULTILINE)[1])

    assert own() > 20
    wait_for(lambda: own() < 300, 'what its start needed to be given back')
    one.keep('stop', 10)


FLOOD = """
import os, socket, struct, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
    s.connect('/run/host/notify')
    for i in range(2000):
        s.sendmsg([b'STATUS=%d' % i], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack('iII', 1, 0, 0))])
"""


def test_flood_of_notifications_is_not_passed_on(names):
    """Whoever is root inside speaks for PID 1, as fast as he can; the host's systemd hears of it now and then."""
    name, said = names(), []
    place = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'])
    harness.run(['virt-sandbox-service', 'create', '-C', '-u', 'apache2.service', name])
    units = place / 'var/lib/libvirt/filesystems' / name / 'etc/systemd/system'
    (units / 'flood.service').write_text('[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/usr/bin/python3 /etc/flood.py\n')
    (units.parents[1] / 'flood.py').write_text(FLOOD)
    (units / 'sysinit.target.wants').mkdir(exist_ok=True)
    (units / 'sysinit.target.wants/flood.service').symlink_to('/etc/systemd/system/flood.service')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place / 'manager'))
        manager.settimeout(30)
        supervisor = subprocess.Popen([os.path.join(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor'), name],
                                      env=os.environ | {'NOTIFY_SOCKET': str(place / 'manager')}, stdout=subprocess.DEVNULL)
        try:
            before = time.monotonic()
            while 'READY=1' not in ''.join(said[-1:]):
                said.append(manager.recv(4096).decode())
            assert any('STATUS=starting: ' in one for one in said), 'control: some come through'
            assert len(said) < 20 + time.monotonic() - before  # of two thousand
        finally:
            manager.close()
            harness.run(['virt-sandbox-service', 'stop', name])
            supervisor.wait()
            harness.run(['virt-sandbox-service', 'delete', name])
            (place / 'manager').unlink()


def test_files_are_for_root_alone(container):
    one = container(LOOP).launch()
    place = one.run_place / one.name
    assert stat.S_IMODE(one.run_place.stat().st_mode) == stat.S_IMODE(place.stat().st_mode) == 0o700
    for path in place.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert not [line for line in open('/proc/net/unix') if line.rstrip().endswith('@') or '@' in line.split()[-1] and one.name in line]


def test_supervisor_is_small_and_has_nothing_of_the_callers(container):
    script = f'exec 3</etc/hostname; CANARY=x {keeping.DRIVER} launch '
    one = container(LOOP)
    harness.run(script + one.name, cwd='/usr')
    supervisor = one.state()[1]
    environment = pathlib.Path(f'/proc/{supervisor}/environ').read_text()
    assert 'CANARY' not in environment
    assert os.readlink(f'/proc/{supervisor}/cwd') == '/'
    assert '/etc/hostname' not in [os.readlink(path) for path in pathlib.Path(f'/proc/{supervisor}/fd').iterdir()]
    memory = dict(line.split()[:2] for line in open(f'/proc/{supervisor}/smaps_rollup') if line.startswith(('Private', 'Pss')))
    assert int(memory['Private_Dirty:']) <= 512  # KiB; file pages are shared with the other supervisors


def test_second_start_is_refused(container):
    one = container(LOOP).launch()
    before = one.state()
    refused([keeping.DRIVER, 'launch', one.name], f'container {one.name}', 'runs already')
    assert one.state() == before
    assert one.keep('reason').stdout == ''


def test_console_is_remembered_without_control_characters(container):
    one = container(r'printf "\033[31mred\033[0m \007bell\n"; ' + LOOP).launch()
    assert said(one, 'red bell')
    assert '\x1b' not in one.keep('tail').stdout


def test_flood_on_the_console_ends_at_the_limit(container):
    one = container('trap "exit 0" TERM; yes flood & ' + LOOP).launch()
    wait_for(lambda: len(one.keep('tail').stdout) > 60000, 'much output')
    assert len(one.keep('tail').stdout) <= 65536 + 1
    one.keep('stop', 10)


def test_console_can_be_attached_and_left(container):
    one = container('stty -echo; while read line; do echo "got $line"; stty size; done').launch()
    screen = Terminal([keeping.DRIVER, 'attach', one.name], rows=31, columns=71)
    screen.type('hello\n')
    screen.expect('got hello')
    screen.expect('31 71')
    screen.type('\x1d')
    assert screen.end() == 0
    assert one.state()[0] == 'running'
    second = Terminal([keeping.DRIVER, 'attach', one.name])
    second.type('again\n')
    second.expect('got again')
    one.keep('stop', 0)
    assert second.end() == 0


def test_stubborn_command_is_killed_after_the_limit(container):
    one = container('trap "" TERM; ' + LOOP).launch()
    begin = time.monotonic()
    one.keep('stop', 1)
    assert 0.9 < time.monotonic() - begin < 10
    assert one.left() == []


def test_stop_with_zero_kills_at_once(container):
    one = container('trap "" TERM; ' + LOOP).launch()
    begin = time.monotonic()
    one.keep('stop', 0)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_signal_to_the_supervisor_is_a_clean_stop(container, number):
    one = container('trap "echo bye; exit 0" TERM; ' + LOOP).launch()
    supervisor = one.state()[1]
    os.kill(supervisor, number)
    wait_for(lambda: gone(supervisor) and one.left() == [], 'a stop')


def test_hangup_reaches_a_command(container):
    one = container('trap "echo reloaded" HUP; echo ready; ' + LOOP).launch()
    said(one, 'ready')
    one.keep('reload')
    said(one, 'reloaded')


def test_command_that_ends_by_itself_leaves_nothing(container):
    one = container('sleep 0.3; exit 3').launch()
    wait_for(lambda: one.left() == [], 'the end')
    assert one.state()[0] == 'stopped'


def test_status_is_the_commands(container):
    one = container('exit 3')
    program = pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor')
    assert harness.run([program, one.name], check=False).returncode == 3


def test_log_goes_to_standard_output(container):
    one = container(r'printf "a \033[1mline\033[0m\n"')
    program = pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor')
    assert 'a line\n' in harness.run([program, one.name]).stdout.replace('\r', '')


def test_killed_supervisor_takes_the_container_along(container):
    one = container('trap "" TERM; ' + LOOP).launch()
    _, supervisor, pid, _, cgroup = one.state()
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: gone(pid), 'the end of PID 1')
    assert one.state()[0] == 'stopped'
    refused([keeping.DRIVER, 'stop', one.name, '5'], 'does not run')
    assert one.left() == [one.name, f'{one.name}.lock'] and os.path.exists(cgroup)
    one.keep('cleanup')
    assert one.left() == [] and not os.path.exists(cgroup)
    one.keep('cleanup')  # idempotent


def test_start_cleans_up_after_a_killed_supervisor(container):
    one = container(LOOP).launch()
    os.kill(one.state()[1], signal.SIGKILL)
    wait_for(lambda: one.state()[0] == 'stopped', 'the end')
    one.launch()
    assert one.state()[0] == 'running'


def test_cleanup_leaves_a_running_container_alone(container):
    one = container(LOOP).launch()
    before = one.state()
    refused([keeping.DRIVER, 'cleanup', one.name], one.name, 'it runs')
    assert one.state() == before
    assert one.enter('true').returncode == 0


def test_killed_pid_1_ends_the_supervisor(container):
    one = container(LOOP).launch()
    _, supervisor, pid, _, _ = one.state()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: gone(supervisor) and one.left() == [], 'the end')


def test_supervisor_killed_at_any_moment_of_a_start(container):
    one = container(LOOP)
    program = pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor')
    for milliseconds in range(0, 24, 2):
        supervisor = subprocess.Popen([program, one.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(milliseconds / 1000)
        supervisor.kill()
        supervisor.wait()
        wait_for(lambda: one.state()[0] == 'stopped', 'the end')
        one.keep('cleanup')
        assert [path for path in one.left() if not path.endswith('.lock')] == [], milliseconds
    one.launch()


def test_failed_start_leaves_its_reason_and_nothing_else(container):
    one = container(LOOP)
    one.description.write_text(one.description.read_text() + 'nonsense=1\n')
    failed = refused([keeping.DRIVER, 'launch', one.name], f'container {one.name}', 'nonsense')
    assert one.left() == [f'{one.name}.error']
    assert one.keep('reason').stdout.strip() in failed.stderr
    one.description.write_text(one.description.read_text().replace('nonsense=1\n', ''))
    one.launch()
    assert one.keep('reason').stdout == ''


@pytest.mark.parametrize('name', ['no-such', '../x', 'a/b', '', '-x', 'x' * 300])
def test_bad_names_are_refused(name):
    place = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'run/libvirt-sandbox')
    refused([keeping.DRIVER, 'launch', name])
    (place / 'no-such.error').unlink(missing_ok=True)


def counts_memory(one):
    return 'memory' in pathlib.Path(one.state()[4], 'cgroup.controllers').read_text().split()


@pytest.mark.optional
def test_limit_of_what_runs(container):
    one = container(LOOP).launch()
    if not counts_memory(one):
        pytest.skip('this host has no cgroup v2 controller for memory')
    one.keep('memory', 100 << 20)
    assert pathlib.Path(one.state()[4], 'memory.max').read_text().strip() == str(100 << 20)


@pytest.mark.optional
def test_limits_that_the_host_cannot_set_are_refused(container):
    one = container(LOOP).launch()
    if counts_memory(one):
        pytest.skip('this host has the cgroup v2 controller for memory')
    refused([keeping.DRIVER, 'memory', one.name, '100000000'], one.name, 'memory')


def test_many_clients_at_once(container):
    one = container(LOOP).launch()
    attached = [Terminal([keeping.DRIVER, 'attach', one.name]) for _ in range(8)]
    for _ in range(50):
        one.keep('tail')
    for screen in attached:
        screen.type('\x1d')
        assert screen.end() == 0
    assert one.state()[0] == 'running'


def test_descriptors_do_not_add_up(container):
    one = container('trap : HUP; ' + LOOP).launch()
    place = pathlib.Path(f'/proc/{one.state()[1]}/fd')
    before = len(list(place.iterdir()))
    for _ in range(20):
        one.keep('tail')
        one.keep('reload')
    wait_for(lambda: len(list(place.iterdir())) == before, 'closed descriptors')

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hand-written Specs, kept by the supervisor: what ready means, and the way down."""
import contextlib
import os
import pathlib
import signal
import subprocess

import pytest

import harness
from specs import with_python, write

DRIVER = harness.BUILD / 'tests/system/keep-driver'


NO_CHROOT = '[filter-rule]\ncalls="chroot"\naction=errno\nerror=71\n'


@contextlib.contextmanager
def keeping(place, name, *parts):
    """The supervisor of a Spec of that name."""
    file = write(place, *[part.replace('name="test"', f'name="{name}"') for part in parts])
    with subprocess.Popen([DRIVER, 'keep', name, file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as supervisor:
        try:
            yield supervisor
        finally:
            supervisor.kill()
            print(supervisor.stdout.read())
    harness.run([DRIVER, 'drop', name])
    pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'run/libvirt-sandbox', f'{name}.error').unlink(missing_ok=True)


def phase(name):
    return harness.run([DRIVER, 'state', name]).stdout.split()[0]


def share(place):
    (place / 'share').mkdir()
    (place / 'share').chmod(0o777)
    return f'[mount]\ntarget="/share"\nsource="{place}/share"\nflags=make\n'


def test_ready_when_it_says_so(root, place, name):
    """READY=1 of the first process makes it ready, and nothing before that does."""
    socket = f'[mount]\ntarget="/notify"\nsource="{root}/run/libvirt-sandbox/{name}/notify"\nflags=make socket\n'
    program = """
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
while not os.path.exists('/share/go'):
    time.sleep(0.01)
s.sendto(b'READY=1', '/notify')
open('/share/said', 'w')
time.sleep(1000)
"""
    with keeping(place, name, *with_python(program, share(place), socket), '[keep]\nready=notify\nready-timeout=60\n') as supervisor:
        harness.wait_for(lambda: (root / 'run/libvirt-sandbox' / name / 'notify').exists(), 'a notify socket')
        harness.wait_for(lambda: phase(name) == 'starting', 'starting')
        (place / 'share/go').touch()
        harness.wait_for(lambda: (place / 'share/said').exists(), 'READY=1')
        harness.wait_for(lambda: phase(name) == 'running', 'running')
        harness.run([DRIVER, 'stop', name, '0'])
        assert supervisor.wait(30) == 0


def test_stops_in_order(place, name):
    """Each step gets its signal and its time; what comes after the last is the end."""
    program = """
import os, signal, time
def heard(number, frame):
    with open('/share/heard', 'a') as log:
        log.write(signal.Signals(number).name + ' ')
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, heard)
open('/share/up', 'w')
while True:
    time.sleep(1000)
"""
    stops = '[stop]\nsignal="TERM"\nseconds=1\n\n[stop]\nsignal="HUP"\nseconds=1\n\n[stop]\nsignal="USR1"\nseconds=1\n'
    with keeping(place, name, *with_python(program, share(place)), stops) as supervisor:
        harness.wait_for(lambda: (place / 'share/up').exists(), 'a handler')
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(50)
        assert (place / 'share/heard').read_text().split() == ['SIGTERM', 'SIGHUP', 'SIGUSR1']


def test_signal_that_is_none_is_refused(place, name):
    with keeping(place, name, *with_python(''), '[stop]\nsignal="TREM"\n') as supervisor:
        assert supervisor.wait(30) != 0
        assert 'cannot use the signal TREM' in supervisor.stdout.read()


def test_entering_gets_what_the_first_process_has(root, place, name):
    """Scheduling, limits and the filter of rules: a command that enters has them, too."""
    parts = [f'[filter]\nno-new-privileges=yes\nkind=rules\n\n{NO_CHROOT}' if part.startswith('[filter]') else part
             for part in with_python('import time; time.sleep(1000)', '[mount]\nkind=directory\ntarget="/etc"\nmode=0755\n')]
    with keeping(place, name, *parts, '[scheduling]\nnice=-3\naffinity="0"\n', '[limit]\nname="CORE"\nsoft=4096\nhard=4096\n'):
        harness.wait_for(lambda: (root / 'run/libvirt-sandbox' / name).exists() and phase(name) == 'running', 'running')
        pid = harness.run([DRIVER, 'state', name]).stdout.split()[2]
        program = ('import os, resource\ntry:\n    os.chroot("/")\nexcept OSError as error:\n'
                   '    print(error.errno, os.nice(0), *os.sched_getaffinity(0), *resource.getrlimit(resource.RLIMIT_CORE))')
        done = harness.run([DRIVER, 'enter', '-n', name, pid, '/usr/bin/python3', '-c', program])
        assert done.stdout.split() == ['71', '-3', '0', '4096', '4096']
        harness.run([DRIVER, 'stop', name, '0'])


COUNT = """
import os, signal, sys
with open('/share/count', 'a') as log:
    log.write('x')
lives = os.path.getsize('/share/count')
sys.exit({})
"""


@pytest.mark.parametrize('keep, status, lives', [
    ('', '1', 1),
    ('restart=on-failure', '0 if lives == 3 else 1', 3),
    ('restart=on-failure', '0', 1),
    ('restart=always', '0', 6),
    ('on-crash=start', '0 if lives == 3 else 5', 3),
    ('on-crash=start', '0', 1),
    ('on-poweroff=start', '4 if lives == 2 else 0', 2),
])
def test_what_follows_its_end(place, name, keep, status, lives):
    """Another life where the Spec says so for such an end, but not for ever when each is over at once."""
    with keeping(place, name, *with_python(COUNT.format(status), share(place)), f'[keep]\n{keep}\n') as supervisor:
        supervisor.wait(60)
        assert len((place / 'share/count').read_text()) == lives


def test_preserving_is_refused(place, name):
    with keeping(place, name, *with_python(''), '[keep]\non-crash=preserve\n') as supervisor:
        assert supervisor.wait(30) != 0
        assert 'cannot be preserved' in supervisor.stdout.read()


def test_waits_before_the_next_life(root, place, name):
    """Not as long as it waits for that, and a stop meanwhile is the end."""
    with keeping(place, name, *with_python(COUNT.format('1'), share(place)), '[keep]\nrestart=always\nrestart-delay=1000\n') as supervisor:
        harness.wait_for(lambda: (place / 'share/count').exists() and phase(name) == 'starting', 'the time between two lives')
        assert (place / 'share/count').read_text() == 'x'
        harness.run([DRIVER, 'stop', name, '5'])
        assert supervisor.wait(30) == 0 and (place / 'share/count').read_text() == 'x'


def test_next_life_comes_after_the_delay(place, name):
    with keeping(place, name, *with_python(COUNT.format('0 if lives == 2 else 1'), share(place)),
                 '[keep]\nrestart=on-failure\nrestart-delay=1\n') as supervisor:
        supervisor.wait(60)
        assert (place / 'share/count').read_text() == 'xx'


def on_terminal(program):
    pts = '[mount]\nkind=devpts\ntarget="/dev/pts"\noptions="ptmxmode=0666,mode=0620,gid=5"\nflags=nosuid noexec make\n'
    return [part + 'terminal=yes\n' if part.startswith('[process]') else part for part in with_python(program, pts)]


def test_console_goes_to_a_file(place, name):
    """As printable text, behind what is there; the file before it is kept when one is full."""
    log = place / 'console.log'
    log.write_bytes(b'before\n' + bytes(16 * 1024 * 1024 - 10))
    program = "print('\x1b[31mred', flush=True)\nimport time\ntime.sleep(0.2)\nprint('end', flush=True)\n"
    with keeping(place, name, *on_terminal(program), f'[keep]\nlog="{log}"\n') as supervisor:
        supervisor.wait(30)
    said = log.read_text()
    assert 'red' in said and 'end' in said and '\x1b' not in said
    assert log.stat().st_mode & 0o777 == 0o600
    assert pathlib.Path(f'{log}.1').read_bytes().startswith(b'before\n')


@pytest.mark.parametrize('log, sentence', [('console.log', 'an absolute path'), ('/dev/null', 'not a plain file')])
def test_log_that_is_refused(place, name, log, sentence):
    with keeping(place, name, *on_terminal(''), f'[keep]\nlog="{log}"\n') as supervisor:
        assert supervisor.wait(30) != 0
        assert sentence in supervisor.stdout.read()

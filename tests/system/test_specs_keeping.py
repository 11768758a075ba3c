# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hand-written Specs, kept by the supervisor: what ready means, and the way down."""
import contextlib
import os
import pathlib
import signal
import subprocess

import harness
from specs import DEV, IDS, NULL, small, write

DRIVER = harness.BUILD / 'tests/system/keep-driver'


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


def python(program):
    quoted = program.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')
    return f'[process]\npaths="/usr/bin/python3"\nargv="python3" "-c" "{quoted}"\ndirectory="/"\n'


def with_python(program, *further):
    """As specs.small(), with a program that has /dev/null for its descriptors."""
    parts = list(small(IDS, '', '', DEV, NULL, *further))
    at = next(i for i, part in enumerate(parts) if part.startswith('[process]'))
    return [*parts[:at], python(program), *parts[at + 1:]]


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

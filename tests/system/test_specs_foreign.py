# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hand-written Specs whose keeper is somebody else: created, started and deleted by a process each."""
import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

import harness
from specs import DEV, IDS, NULL, cgroup_mount, small, write

DRIVER = harness.BUILD / 'tests/system/keep-driver'
KEEP = '[keep]\nkeeper=foreign\n'
PR_SET_CHILD_SUBREAPER = 36


def spec(place, name, command, *further, **options):
    parts = [part.replace('name="test"', f'name="{name}"') for part in small(IDS, '', command, DEV, NULL, *[f for f in further if f.startswith('[mount]')], **options)]
    return write(place, *parts, *[f for f in further if not f.startswith('[mount]')], KEEP)


def share(place):
    (place / 'share').mkdir()
    (place / 'share').chmod(0o777)
    return f'[mount]\ntarget="/share"\nsource="{place}/share"\nflags=make\n'


def drive(*arguments, check=True):
    return harness.run([DRIVER, *arguments], check=check)


def phase(name):
    return drive('phase', name).stdout.strip()


@pytest.fixture
def creator(name):
    """A process that creates a container and stays to read how it ended."""
    made = []

    def make(file):
        made.append(subprocess.Popen([DRIVER, 'create-and-wait', name, file], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return made[-1], made[-1].stdout.readline()

    yield make
    drive('delete-by-force', name)
    for process in made:
        process.wait()
        process.stdout.close()


def test_create_start_delete(root, place, name, creator):
    """Nothing of its program runs before the start; the creator reads the status; delete undoes all from the run directory."""
    process, pid = creator(spec(place, name, 'echo ran >/share/ran; exit 7', share(place)))
    directory = root / 'run/libvirt-sandbox' / name
    assert phase(name) == 'created' and directory.is_dir()
    assert pathlib.Path(f'/proc/{int(pid)}/status').read_text().split('PPid:')[1].split()[0] == str(process.pid)
    time.sleep(0.2)
    assert not (place / 'share/ran').exists() and process.poll() is None
    drive('begin', name)
    assert process.wait(30) == 7
    assert (place / 'share/ran').read_text() == 'ran\n'
    assert phase(name) == 'stopped'
    again = drive('begin', name, check=False)
    assert again.returncode != 0 and 'it is stopped' in again.said
    drive('delete', name)
    assert not directory.exists() and not (cgroup_mount() / 'virt-sandbox' / name).exists()
    gone = drive('phase', name, check=False)
    assert gone.returncode != 0 and 'does not exist' in gone.said


def test_creator_that_has_gone(place, name):
    """It is let go: whoever reaps the creator's children becomes the parent, and no end of the creator is the container's."""
    libc = ctypes.CDLL(None)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        with (place / 'out').open('w+') as out:
            subprocess.run([DRIVER, 'create', name, spec(place, name, 'trap "exit 9" USR1; echo >/share/up; while :; do sleep 1000 & wait; done', share(place))],
                           stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=True)
            out.seek(0)
            pid = int(out.readline())
        drive('begin', name)
        harness.wait_for(lambda: (place / 'share/up').exists(), 'the program')
        assert phase(name) == 'running'
        refused = drive('delete', name, check=False)
        assert refused.returncode != 0 and 'it runs' in refused.said
        drive('signal', name, str(int(signal.SIGUSR1)))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    finally:
        drive('delete-by-force', name)
        assert libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


def test_program_that_is_missing(place, name, creator):
    """The start says so, and there is nothing left that runs."""
    file = spec(place, name, 'true')
    file.write_text(file.read_text().replace('/usr/bin/sh', '/usr/bin/missing'))
    process, _ = creator(file)
    done = drive('begin', name, check=False)
    assert done.returncode != 0 and 'No such file or directory' in done.said
    assert process.wait(30) != 0
    assert phase(name) == 'stopped'


def test_pause(place, name, creator):
    """Stopped in its tracks, it uses no time; let go, it goes on."""
    process, _ = creator(spec(place, name, 'echo >/share/up; while :; do :; done', share(place)))
    drive('begin', name)
    harness.wait_for(lambda: (place / 'share/up').exists(), 'the program')
    drive('pause', name)
    cgroup = cgroup_mount() / 'virt-sandbox' / name
    harness.wait_for(lambda: 'frozen 1' in (cgroup / 'cgroup.events').read_text(), 'frozen')
    before = int(drive('usage', name).stdout)
    time.sleep(0.3)
    assert int(drive('usage', name).stdout) == before
    drive('resume', name)
    harness.wait_for(lambda: int(drive('usage', name).stdout) > before, 'going on')
    drive('delete-by-force', name)
    assert process.wait(30) == 128 + signal.SIGKILL


def test_created_and_deleted(place, name, creator):
    """One that was never started goes without a trace; its hooks after the end run."""
    script = place / 'hook'
    script.write_text(f'#!/bin/sh\ncat >{place}/told\n')
    script.chmod(0o755)
    process, _ = creator(spec(place, name, 'echo ran >/share/ran', share(place), f'[hook]\npoint=poststop\npath="{script}"\n'))
    drive('delete', name)
    assert process.wait(30) == 128 + signal.SIGKILL
    assert '"status":"stopped"' in (place / 'told').read_text() and not (place / 'share/ran').exists()


def test_name_that_is_taken(place, name, creator):
    file = spec(place, name, 'sleep 100')
    creator(file)
    done = drive('create', name, file, check=False)
    assert done.returncode != 0 and 'delete it first' in done.said
    assert phase(name) == 'created'


def test_failing_create_leaves_nothing(root, place, name):
    file = spec(place, name, 'true', '[mount]\ntarget="/x"\nsource="/missing"\nflags=make\n')
    done = drive('create', name, file, check=False)
    assert done.returncode != 0 and '/missing' in done.said
    assert not (root / 'run/libvirt-sandbox' / name).exists()


def test_keepers_do_not_mix(place, name):
    """A Spec for a supervisor is not created, one for somebody else is not supervised."""
    file = spec(place, name, 'true')
    done = drive('keep', name, file, check=False)
    assert done.returncode != 0 and 'foreign keeper' in done.said
    (pathlib.Path(os.environ['VIRT_SANDBOX_ROOT']) / 'run/libvirt-sandbox' / f'{name}.error').unlink()
    file.write_text(file.read_text().replace(KEEP, ''))
    done = drive('create', name, file, check=False)
    assert done.returncode != 0 and 'its keeper is its parent' in done.said


def test_descriptors_that_are_preserved(place, name):
    """From 3 on, as many as were said; no other of the creator's."""
    file = spec(place, name, 'ls /proc/self/fd >&3')
    with subprocess.Popen(f'exec {DRIVER} create-and-wait {name} {file} 1 3>{place}/out 4</dev/null', shell=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as creator:
        creator.stdout.readline()
        drive('begin', name)
        creator.wait(30)
    drive('delete', name)
    assert (place / 'out').read_text().split() == ['0', '1', '2', '3', '4']  # 4 is the directory that ls reads


def test_console_that_is_handed_over(place, name):
    """The pty's master goes through the socket before the program runs."""
    pts = '[mount]\nkind=devpts\ntarget="/dev/pts"\noptions="ptmxmode=0666,mode=0620,gid=5"\nflags=nosuid noexec make\n'
    file = spec(place, name, 'tty; exec >/dev/null', pts, process='terminal=yes\n')
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(place)
        listener.bind('console')
        listener.listen()
        process = subprocess.Popen([DRIVER, 'create-and-wait', name, file, '0', 'console'], stdout=subprocess.PIPE, text=True)
        try:
            connection, _ = listener.accept()
            with connection:
                _, fds, _, _ = socket.recv_fds(connection, 64, 1)
            process.stdout.readline()
            drive('begin', name)
            assert b'/dev/' in os.read(fds[0], 100)
            os.close(fds[0])
            process.wait(30)
        finally:
            os.chdir('/')
            drive('delete-by-force', name)
            process.wait(30)
            process.stdout.close()
    refused = drive('create', name, file, check=False)
    assert refused.returncode != 0 and 'belong together' in refused.said

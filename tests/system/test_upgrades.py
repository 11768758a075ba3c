# SPDX-License-Identifier: LGPL-2.1-or-later
"""What upgrades of the host mean for its containers."""
import os
import pathlib
import subprocess
import sys

import pytest

from harness import refused, run
from test_daily import state_of
from test_execute import command  # noqa: F401 (fixture)
from test_units import SERVICE

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"


@pytest.fixture
def dpkg(tmp_path):
    """A function that takes dpkg's lock, in this mount namespace alone, as a process of its own: end its input, and it lets go."""
    lock = pathlib.Path('/var/lib/dpkg/lock')
    mine, running = tmp_path / 'lock', []
    mine.touch()
    run(['mount', '--bind', mine, lock])

    def hold():
        holder = subprocess.Popen([sys.executable, '-c', HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(holder)
        holder.stdout.readline()
        return holder

    yield hold
    for holder in running:
        holder.communicate()
    run(['umount', '-l', lock])


def test_nothing_starts_from_a_half_unpacked_usr(command, dpkg, name):  # noqa: F811 (fixture)
    one = command('sleep', 'infinity')
    pid = state_of(one)['pid']
    holder = dpkg()
    at_once = {**os.environ, 'VIRT_SANDBOX_PACKAGE_WAIT': '0'}
    said = f'(process {holder.pid}) changes the host\'s packages, and /usr may be half old and half new'
    refused([SERVICE, 'restart', one], said, env=at_once)
    assert state_of(one)['pid'] == pid, 'it was not stopped for that'
    refused([SERVICE, 'create', name, '--', 'true'], said, env=at_once)
    refused(['virt-sandbox', '--', 'true'], said, env=at_once)
    run([SERVICE, 'stop', '-t', '0', one])
    refused([SERVICE, 'upgrade', one], said, env=at_once)
    refused([SERVICE, 'start', one], said, env=at_once)
    refused([pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor'), one], said, env=at_once)
    start = subprocess.Popen([SERVICE, 'start', one], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert f'waiting until python3 (process {holder.pid}) has ended' in start.stderr.readline()
    holder.communicate()
    _, rest = start.communicate(timeout=60)
    assert start.returncode == 0 and rest == ''
    assert state_of(one)['phase'] == 'running'

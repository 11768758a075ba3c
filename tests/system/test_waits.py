# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a container can do to make a command of the host wait for ever: each verb returns, with a sentence when it could not do its work. `run` ends a command that takes
longer than LIMIT, which is far above every limit of ours but that of a start: no time is measured."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

import harness
import isolation
from harness import refused, run, wait_for

SERVICE = isolation.SERVICE
LIMIT = 60
service = isolation.service

IGNORES = """
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
print('set', flush=True)
while True:
    signal.pause()
"""

# Seizes whatever comes in, and never asks how it ended: the kernel keeps the end from its parent for as long as the tracer likes.
TRACER = """
import ctypes, os
libc, known, PTRACE_SEIZE = ctypes.CDLL(None, use_errno=True), {1, os.getpid()}, 0x4206
print('set', flush=True)
while True:
    for pid in {int(name) for name in os.listdir('/proc') if name.isdigit()} - known:
        if libc.ptrace(PTRACE_SEIZE, pid, None, None) == 0:
            known.add(pid)
            print('seized', flush=True)
"""

# Says that it is up with every write: the log keeps only the newest of them.
FLOOD = """
import os
while True:
    os.write(1, b'flood' * 1000 + b'set\\n')
"""

STOPPER = """
import os, signal
own = {1, os.getpid()}
print('set', flush=True)
while True:
    for pid in {int(name) for name in os.listdir('/proc') if name.isdigit()} - own:
        try:
            os.kill(pid, signal.SIGSTOP)
        except ProcessLookupError:
            pass
"""


def verb(*words):
    """Success, or one line that says what did not happen."""
    done = run([SERVICE, *map(str, words)], check=False, timeout=LIMIT)
    assert done.returncode >= 0, f'{words}: killed'
    if done.returncode != 0:
        assert done.stderr.strip(), f'{words} failed without a word'
    return done


def console(name):
    return run([SERVICE, 'logs', name], check=False, timeout=LIMIT).stdout


@contextlib.contextmanager
def hostile(name, program):
    isolation.create(name, command=('/usr/bin/python3', '-c', program))
    try:
        service('start', name)
        wait_for(lambda: 'set' in console(name), 'its program is up')
        yield name
    finally:
        run([SERVICE, 'stop', '-t', '0', name], check=False, timeout=LIMIT)
        service('delete', name)


def state(name):
    return isolation.inspect(name)['state']


@pytest.mark.parametrize('program', [IGNORES, TRACER, FLOOD, STOPPER], ids=['ignores', 'tracer', 'flood', 'stopper'])
def test_every_verb_returns(names, program):
    with hostile(names(), program) as one:
        assert one in verb('list').stdout
        json.loads(verb('inspect', one).stdout)
        verb('logs', one)
        verb('execute', one, '--', '/usr/bin/true')
        refused([SERVICE, 'delete', one], 'running', timeout=LIMIT)
        assert verb('restart', '-t', '1', one).returncode == 0
        assert verb('stop', '-t', '1', one).returncode == 0
        assert state(one)['phase'] == 'stopped'
        service('start', one, timeout=LIMIT)
        assert verb('stop', '-t', '0', one).returncode == 0
        assert state(one)['phase'] == 'stopped'


def test_traced_command_is_told(names):
    """The tracer holds the command's end: execute says so, and nothing of it is in the way of stop."""
    with hostile(names(), TRACER) as one:
        client = subprocess.Popen([SERVICE, 'execute', one, '--', '/usr/bin/sleep', '1000'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: 'seized' in console(one), 'it is traced')
        helpers = pathlib.Path(f'/proc/{client.pid}/task/{client.pid}/children').read_text().split()
        command = pathlib.Path(f'/proc/{helpers[0]}/task/{helpers[0]}/children').read_text().split()[0]
        wait_for(lambda: b'sleep' in pathlib.Path(f'/proc/{command}/cmdline').read_bytes(), 'it was executed')
        os.kill(int(command), signal.SIGKILL)
        assert 'traces it' in client.communicate(timeout=LIMIT)[1]
        assert verb('stop', '-t', '0', one).returncode == 0


@pytest.mark.parametrize('victim', ['client', 'supervisor'])
def test_stopped_process_of_the_host(names, victim):
    """A client with ^Z, or a supervisor that an administrator has stopped."""
    one = isolation.create(names())
    service('start', one)
    client = subprocess.Popen([SERVICE, 'execute', one, '--', 'sh', '-c', 'echo; exec sleep 1000'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    client.stdout.readline()
    pid = client.pid if victim == 'client' else state(one)['supervisor']
    os.kill(pid, signal.SIGSTOP)
    try:
        for words in (['list'], ['inspect', one], ['execute', one, '--', 'true'], ['logs', one], ['stop', '-t', '0', one]):
            verb(*words)
        assert state(one)['phase'] == 'stopped'
        service('start', one, timeout=LIMIT)  # nothing of the last run is in its way
        assert verb('stop', '-t', '0', one).returncode == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        client.stdout.close()
        client.wait(LIMIT)
    service('delete', one)


def test_reader_that_does_not_read(names):
    one = isolation.create(names())
    service('start', one)
    with subprocess.Popen([SERVICE, 'execute', one, '--', 'yes'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        client.stdout.read(1 << 17)  # it writes, and from here on nobody reads
        assert verb('stop', '-t', '0', one).returncode == 0
        client.kill()
    service('delete', one)


@pytest.fixture
def web(names):
    one = names()
    service('create', '-C', '-u', isolation.UNIT, one, timeout=120)
    service('start', one)
    yield one
    run([SERVICE, 'stop', '-t', '0', one], check=False, timeout=LIMIT)
    service('delete', one)


@pytest.mark.parametrize('scope', ['init.scope', 'system.slice'])
def test_freezer_inside(web, scope):
    """Root inside freezes what he was given: the cgroup that commands come into, and that of his services."""
    service('execute', web, '--', 'systemd-run', '--quiet', '--no-block', 'sh', '-c', f'echo 1 > /sys/fs/cgroup/{scope}/cgroup.freeze')
    own = pathlib.Path(state(web)['cgroup'], scope, 'cgroup.events')
    wait_for(lambda: 'frozen 1' in own.read_text(), 'it is frozen')
    for words in (['list'], ['inspect', web], ['logs', web], ['reload', web]):
        verb(*words)
    if scope == 'init.scope':
        refused([SERVICE, 'execute', web, '--', 'true'], 'frozen or stopped', timeout=LIMIT)
    assert verb('restart', '-t', '1', web).returncode == 0
    assert state(web)['phase'] == 'running'


# A connection with SO_LINGER whose other end does not read takes an hour to close. With both ends sent, not even the end of the container ends that.
LINGERER = """
import array, errno, socket, struct
server = socket.create_server(('127.0.0.1', 0))
near = socket.create_connection(server.getsockname())
far, _ = server.accept()
near.setblocking(False)
try:
    while True:
        near.send(b'x' * 65536)
except BlockingIOError:
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 3600))
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
try:
    for one in (near, far):
        notify.sendmsg([b'STATUS=x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [one.fileno()]))], 0, '/run/host/notify')
        one.close()
    print('sent')
except OSError as e:
    print(errno.errorcode[e.errno])
"""


def test_descriptor_that_is_slow_to_close(web):
    """Whoever gets a descriptor closes it: the supervisor takes none where the kernel lets it choose (Linux 6.16), and elsewhere every verb returns."""
    said = service('execute', web, '--', 'python3', '-c', LINGERER, timeout=LIMIT).stdout.strip()
    version = tuple(int(number) for number in re.findall(r'\d+', os.uname().release)[:2])
    assert said == ('EPERM' if version >= (6, 16) else 'sent')
    for words in (['list'], ['inspect', web], ['logs', web], ['reload', web], ['execute', web, '--', 'true']):
        verb(*words)
    assert verb('restart', '-t', '1', web).returncode == 0
    assert state(web)['phase'] == 'running'


def test_cgroups_with_a_dot(web):
    """Their names are names like others: a container that made some can be started again."""
    for _ in range(2):
        service('execute', web, '--', 'mkdir', '-p', '/sys/fs/cgroup/.x/.y', '/sys/fs/cgroup/...')
        cgroup = state(web)['cgroup']
        service('stop', '-t', '0', web, timeout=LIMIT)
        assert not os.path.exists(cgroup)
        service('start', web)


def test_started_by_an_older_version(names, root):
    """A state that an older supervisor wrote, without its version."""
    one = isolation.create(names())
    service('start', one)
    try:
        version = run([SERVICE, '--version']).stdout.split()[-1]
        listed = next(info for info in json.loads(service('list', '--json').stdout) if info['name'] == one)
        assert listed['version'] == state(one)['version'] == version and listed['outdated'] is state(one)['outdated'] is False
        assert 'older version' not in service('list').stdout
        path = root / f'run/libvirt-sandbox/{one}/state'
        path.write_text(re.sub('version=.*\n', '', path.read_text()))
        assert re.search(rf'^{one} .*\(older version\)', service('list').stdout, re.MULTILINE)
        assert state(one)['version'] is None and state(one)['outdated'] is True
    finally:
        isolation.remove(one)


def test_disk_that_the_container_filled(names, tmp_path):
    """delete needs no space: what it has to remember is a new name for the description."""
    place = tmp_path / 'small'
    place.mkdir()
    run(['mount', '-t', 'tmpfs', '-o', 'size=8m,mode=755', 'tmpfs', place])
    environment = os.environ | {'VIRT_SANDBOX_ROOT': str(place)}
    one = names()
    try:
        run([SERVICE, 'create', one, '--', '/bin/true'], env=environment)
        tree = place / 'var/lib/libvirt/filesystems' / one
        with contextlib.suppress(OSError), open(tree / 'var/full', 'wb') as full:
            while True:
                full.write(bytes(1 << 16))
        for size in (4096, 1):  # the last page of all
            with contextlib.suppress(OSError):
                (tree / f'var/rest{size}').write_bytes(bytes(size))
        assert shutil.disk_usage(place).free == 0
        with pytest.raises(OSError):
            (place / 'control').write_text('no space')
        (place / 'control').unlink()
        run([SERVICE, 'delete', one], env=environment)
        assert not tree.exists() and one not in run(['find', place]).stdout
    finally:
        run(['umount', place])

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real containers for the tests of isolation, the probe in each way that a process comes to run in one, and a host tree that must not change."""
import collections
import ctypes
import hashlib
import json
import os
import pathlib
import resource
import signal
import time

import harness
from terminal import Terminal

SERVICE = 'virt-sandbox-service'
UNIT = 'apache2.service'
PLACE = harness.BUILD / 'tests/probe'
SHARE = ['-m', f'host-bind:/srv/probe={PLACE},readonly']  # the probe inside, at
PROBE = '/srv/probe/probe'
WITHOUT = PLACE / 'without'
NAMESPACES = ('user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup')
WAYS = ('command', 'execute', 'service', 'execute-service', 'login')


def service(*words, **options):
    return harness.run([SERVICE, *words], **options)


def inspect(name):
    return json.loads(service('inspect', name).stdout)


def pid_of(name):
    return inspect(name)['state']['pid']


def tree(name):
    return pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'var/lib/libvirt/filesystems', name)


def create(name, *options, command=('/usr/bin/sleep', '1000')):
    service('create', *options, name, '--', *command)
    return name


def remove(*names):
    """Each may be gone already, or its supervisor may be just ending."""
    for name in names:
        service('stop', '-t', '0', name, check=False)

        def gone(name=name):
            done = service('delete', name, check=False)
            return done.returncode == 0 or 'does not exist' in done.stderr
        harness.wait_for(gone, f'{name} is deleted')


def parse(text):
    """{group: {name: result}} of what the probe printed."""
    facts = collections.defaultdict(dict)
    for line in text.splitlines():
        words = line.split(None, 2)
        if len(words) >= 2:
            facts[words[0]][words[1].rstrip(':')] = words[2].strip() if len(words) == 3 else ''
    return facts


SYS_RT_SIGACTION = {'x86_64': 13, 'aarch64': 134}[os.uname().machine]
C_LIBRARY_SIGNALS = (32, 33)  # glibc's sigaction() refuses them; a caller with another library may have them ignored


def most_open_files():
    """Of a process whose root raises its limit as far as this machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = int(pathlib.Path('/proc/sys/fs/nr_open').read_text())
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    except ValueError:
        return hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return most


def spoil():
    """What a caller may have set for itself, and a container must not inherit. Runs between fork and exec."""
    os.umask(0o007)
    os.setpriority(os.PRIO_PROCESS, 0, -5)  # whatever the tests themselves run at
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.setgroups([4, 27])
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
    resource.setrlimit(resource.RLIMIT_NOFILE, (333, 4444))
    pathlib.Path('/proc/self/oom_score_adj').write_text('300')
    ctypes.CDLL(None).personality(0x0040000)  # ADDR_NO_RANDOMIZE
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    for number in C_LIBRARY_SIGNALS:
        if ctypes.CDLL(None).syscall(SYS_RT_SIGACTION, number, (ctypes.c_ulong * 4)(int(signal.SIG_IGN)), None, 8) != 0:
            raise OSError(f'cannot ignore signal {number}')
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    os.chdir('/usr/share')


class Leaks:
    """Options for harness.run() that let everything of the caller's leak that can."""

    def __enter__(self):
        self.fds = [os.open('/etc/hostname', os.O_RDONLY) for _ in range(20)] + [os.open('/', os.O_RDONLY | os.O_DIRECTORY)]
        for fd in self.fds:
            os.set_inheritable(fd, True)
        return {'pass_fds': self.fds, 'env': os.environ | {'CANARY': 'tweet', 'LD_BIND_NOW': 'x'}, 'preexec_fn': spoil}

    def __exit__(self, *_):
        for fd in self.fds:
            os.close(fd)


def probe_unit(name):
    """A unit that runs the probe, in a service container that does not run yet."""
    (tree(name) / 'etc/systemd/system/vsb-probe.service').write_text(
        f'[Service]\nType=oneshot\nExecStart={PROBE}\nStandardOutput=file:/var/unit.out\nPrivateMounts=yes\n')


def facts_of(way, command, web):
    """What the probe finds in a container of a command or of a service, run in one of WAYS."""
    with Leaks() as options:
        if way == 'command':
            return parse(harness.run(['virt-sandbox', *SHARE, '--', PROBE], **options).stdout)
        if way == 'execute':
            return parse(service('execute', command, '--', PROBE, **options).stdout)
        if way == 'execute-service':
            return parse(service('execute', web, '--', PROBE, **options).stdout)
    if way == 'service':
        service('execute', web, '--', 'systemctl', 'start', 'vsb-probe.service')
        return parse((tree(web) / 'var/unit.out').read_text())
    terminal = Terminal([SERVICE, 'connect', web])
    terminal.type(f'{PROBE} >/var/login.out; echo "all $((40 + 2))"\n')
    terminal.expect('all 42')
    terminal.type('exit\n')
    terminal.end()
    return parse((tree(web) / 'var/login.out').read_text())


def digest(place):
    """Of everything below a directory of the host: names, kinds, modes, owners, times, contents."""
    lines = []
    for path in sorted(place.rglob('*')):
        st = path.lstat()
        what = os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ''
        lines.append(f'{path} {st.st_mode:o} {st.st_uid} {st.st_gid} {st.st_mtime_ns} {what}')
    return lines


def make_canary(place):
    """A tree of the host that looks like what a container's links would like to reach."""
    for name in ('etc/systemd/system', 'etc/apache2', 'var/log/journal', 'var/tmp', 'var/lib', 'dev', 'run', 'root'):
        (place / name).mkdir(parents=True)
    for name in ('etc/passwd', 'etc/hostname', 'etc/machine-id', 'etc/resolv.conf', 'etc/shadow', 'etc/apache2/ports.conf', 'dev/null', 'secret'):
        (place / name).write_text('canary-of-the-host\n')
    time.sleep(0.01)  # so that a write just afterwards has another time
    return place


def forget_killed_sandboxes(root):
    """A range of ids names the process that it was for: whoever comes to it next takes it over (unit test ids). In memory, it lasts until then, or until
    a process of somebody else that was given the same number ends."""
    for reservation in (root / 'run/libvirt-sandbox/.ids').glob('*'):
        pid = os.readlink(reservation).removeprefix('run/')
        assert 'virt-sandbox' not in harness.orphans().get(int(pid), ''), pid
        reservation.unlink()

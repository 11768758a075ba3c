# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the system tests share: the private world they run in, running commands, and what must not be left behind.

Nothing here knows a test. Fixtures are in conftest.py.
"""
import atexit
import ctypes
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
PR_SET_CHILD_SUBREAPER = 36

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('BUILD_ROOT', SOURCE / 'build')).resolve()
MUST = os.environ.get('VIRT_SANDBOX_MUST') == '1'

# Places of the real host that no test may touch: everything moves below VIRT_SANDBOX_ROOT.
REAL_PLACES = ('/etc/libvirt-sandbox', '/etc/systemd/system', '/etc/apt/apt.conf.d', '/var/lib/libvirt', '/var/lib/libvirt-sandbox', '/run/libvirt-sandbox',
               '/run/netns', '/run/systemd/system', '/run/systemd/transient')
# File systems that can be id-mapped on every kernel we support (tmpfs only since Linux 6.3).
IDMAPPABLE = ('ext2/ext3', 'ext4', 'xfs', 'btrfs')
# The probe programs at a place that no container has content of its own at, wherever the build is: it can be shared under its own name.
PROBE_PLACE = pathlib.Path('/mnt/probe')
HOST_NETNS = None  # link text of the namespace that we came from
PREFIX = f't{os.getpid()}-'  # of all containers' names of this session
SYSCTLS = ('net/ipv4/ip_forward', 'net/ipv4/conf/all/forwarding', 'net/ipv6/conf/all/forwarding')

_names = itertools.count(1)
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *args):
    if getattr(_libc, name)(*args) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f'{name}: {os.strerror(error)}')


def new_name():
    """A container name that no other test and no other session has."""
    return f'{PREFIX}{next(_names)}'


class Result(subprocess.CompletedProcess):
    """stdout and stderr are text; said is both, for messages."""

    @property
    def said(self):
        return (self.stdout or '') + (self.stderr or '')


def run(command, check=True, timeout=120, **options):
    """Runs a command (a list, or a string for /bin/sh) and returns its Result; with check, anything but 0 is an AssertionError that shows what it said."""
    options.setdefault('stdin', subprocess.DEVNULL if 'input' not in options else None)
    if options['stdin'] is None:
        del options['stdin']
    done = subprocess.run(command, shell=isinstance(command, str), text=True, errors='replace', timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    result = Result(done.args, done.returncode, done.stdout, done.stderr)
    if check and result.returncode != 0:
        raise AssertionError(f'{command} ended with {result.returncode}:\n{result.said}')
    return result


def refused(command, *words, **options):
    """Runs a command that must fail with one sentence on standard error that has all of the words; returns its Result."""
    result = run(command, check=False, **options)
    assert result.returncode not in (0, -signal.SIGSEGV, -signal.SIGABRT), f'{command} was not refused:\n{result.said}'
    for word in words:
        assert word in result.stderr, f'{command} does not say "{word}":\n{result.stderr}'
    assert not result.stdout, f'{command} failed, but wrote to standard output:\n{result.stdout}'
    return result


def wait_for(condition, what, seconds=30.0):
    """Waits until condition() is true; for things that have no event we could wait on from outside."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f'{what}: not within {seconds} seconds'
        time.sleep(0.02)


class Namespace:
    """A network namespace, kept by a sleeping process."""

    def __init__(self):
        self.holder = subprocess.Popen(['unshare', '-n', 'sh', '-c', 'echo; exec sleep infinity'], stdout=subprocess.PIPE)
        self.holder.stdout.readline()  # now it is in its namespace
        self.path = f'/proc/{self.holder.pid}/ns/net'

    def command(self, command):
        return ['nsenter', f'--net={self.path}', *(['sh', '-c', command] if isinstance(command, str) else command)]

    def run(self, command, **options):
        return run(self.command(command), **options)

    def spawn(self, command, **options):
        return subprocess.Popen(self.command(command), **options)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class Outside(Namespace):
    """The world beyond the host: a namespace with 192.0.2.2, reached through the host's link up0 (192.0.2.1), and 198.51.100.1 behind it. It has no route back to
    containers, so that only translated packets are answered."""

    HOST, NEAR, FAR = '192.0.2.1', '192.0.2.2', '198.51.100.1'

    def __init__(self):
        super().__init__()
        run(f'ip link add up0 type veth peer name up0 netns {self.holder.pid}')
        run(f'ip address add {self.HOST}/24 dev up0 && ip link set up0 up && ip route add default via {self.NEAR}')
        self.run(f'ip link set lo up && ip address add {self.FAR}/32 dev lo && '
                 f'ip address add {self.NEAR}/24 dev up0 && ip link set up0 up')


def filesystem_type(path):
    return run(['stat', '-f', '-c', '%T', path]).stdout.strip()


def make_root():
    """A place for VIRT_SANDBOX_ROOT whose file system can be id-mapped."""
    for parent in (os.environ.get('VIRT_SANDBOX_TEST_DIR'), '/var/tmp', '/tmp'):
        if parent and filesystem_type(parent) in IDMAPPABLE:
            return pathlib.Path(tempfile.mkdtemp(prefix='vsb-test.', dir=parent))
    root = pathlib.Path(tempfile.mkdtemp(prefix='vsb-test.'))
    run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', root])
    return root


def remove_root(root):
    if os.path.ismount(root):
        run(['umount', '-l', root])
    shutil.rmtree(root, ignore_errors=True)


def _copy_for_everybody(path, directory):
    """Containers run it with ids that are not ours, and the build may have been made with a strict umask."""
    shutil.copyfile(path, directory / path.name)
    (directory / path.name).chmod(0o755)


def gather_libexec(directory):
    """The build tree has each helper program and plug-in in its module's folder; the library wants them in one."""
    directory.mkdir()
    directory.chmod(0o755)
    for path in sorted((BUILD / 'src').rglob('*')):
        if path.is_file() and (path.suffix == '.so' or (path.name.startswith('virt-sandbox') and os.access(path, os.X_OK))):
            _copy_for_everybody(path, directory)
    return directory


def _run_as_child():
    """Returns in a child; this process stays behind as the parent of every orphan: it collects those that end, and what still runs after the child
    is killed. The exit status is the child's."""
    _call('prctl', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child, too
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    status = None
    while True:
        try:
            pid, ended = os.wait()
        except ChildProcessError:
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)
        if pid == child:
            status = ended
        if status is not None:
            for left in _children(os.getpid()):
                os.kill(left, signal.SIGKILL)


def enter_private_world():
    """Mount and network namespace of our own, and a parent that no orphan can escape. Once, before anything else."""
    global HOST_NETNS
    # A shell that runs us in the background has it ignored, and everything that we start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    HOST_NETNS = os.readlink('/proc/thread-self/ns/net')
    _run_as_child()
    _call('unshare', CLONE_NEWNS | CLONE_NEWNET)
    _call('mount', None, b'/', None, MS_REC | MS_PRIVATE, None)
    _call('mount', b'tmpfs', str(PROBE_PLACE.parent).encode(), b'tmpfs', 0, b'mode=755')
    PROBE_PLACE.mkdir()
    PROBE_PLACE.chmod(0o755)
    for path in (BUILD / 'tests/probe').iterdir():
        if path.is_file():
            _copy_for_everybody(path, PROBE_PLACE)
    run('ip link set lo up')
    root = make_root()
    atexit.register(remove_root, root)
    root.chmod(0o755)
    os.environ['VIRT_SANDBOX_ROOT'] = str(root / 'root')
    (root / 'root').mkdir()
    os.environ['VIRT_SANDBOX_LIBEXEC'] = str(gather_libexec(root / 'libexec'))
    os.environ['VIRT_SANDBOX_RULES'] = shutil.copytree(SOURCE / 'rules.d', str(root / 'rules.d'))
    os.environ['PATH'] = f"{BUILD / 'src/cli'}:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ['LC_ALL'] = 'C.UTF-8'


def _tree(place):
    place = pathlib.Path(place)
    return sorted(str(p) for p in place.rglob('*')) if place.is_dir() else []


def _state():
    """Of /run, but for the directories that hold everybody's reservations: only what is in them is somebody's."""
    run_place = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'run/libvirt-sandbox')
    shared = [str(p) for p in run_place.glob('.*') if p.is_dir()]
    return [path for path in _tree(run_place) if path not in shared]


def _loops():
    """Files of ours that loop devices read: the devices are everybody's."""
    return sorted(line.strip() for line in run('losetup --noheadings --list --output BACK-FILE').stdout.splitlines() if os.environ['VIRT_SANDBOX_ROOT'] in line)


def _addresses():
    """Those that a link gives itself come and go with it."""
    return sorted(f"{link['ifname']} {address['local']}" for link in json.loads(run('ip -j address').stdout) for address in link['addr_info']
                  if address['scope'] != 'link')


def _cgroups():
    # os.walk passes over what vanishes meanwhile: other people's containers come and go.
    return sorted(os.path.join(place, name) for place, names, _ in os.walk('/sys/fs/cgroup') for name in names if PREFIX in name)


def _children(parent):
    """{pid: command line} of a process's children; zombies have an empty one."""
    found = {}
    for pid in pathlib.Path(f'/proc/{parent}/task/{parent}/children').read_text().split():
        try:
            found[int(pid)] = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace')
        except OSError:
            continue  # it has ended since
    return found


def gone(pid):
    """A zombie that nobody has reaped yet has ended, too."""
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return True


def start_time(pid):
    """As in proc(5): the 22nd field of stat."""
    return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]


def orphans():
    """{pid: command line} of processes whose parents have gone."""
    return {pid: command for pid, command in _children(os.getppid()).items() if pid != os.getpid() and command}


SETTINGS = 'hosts', 'nsswitch.conf', 'resolv.conf'  # of /etc, that tests of names may not change


def snapshot():
    """Everything a container can leave behind, as {kind: sorted list}."""
    return {
        'mounts': sorted(line.split()[4] for line in open('/proc/self/mountinfo')),
        'links': sorted(link['ifname'] for link in json.loads(run('ip -j link').stdout)),
        'addresses': _addresses(),
        'routes': sorted(run('ip route; ip -6 route; ip rule; ip -6 rule').stdout.splitlines()),
        'queues': sorted(run('tc qdisc').stdout.splitlines()),
        'nftables': run('nft list ruleset').stdout.splitlines(),
        'sysctls': [f"{name}={pathlib.Path('/proc/sys', name).read_text().strip()}" for name in SYSCTLS],
        'cgroups': _cgroups(),
        'processes': sorted(f'{pid} {command}' for pid, command in orphans().items()),
        'loop devices': _loops(),
        'state': _state(),
        'settings of the host': [f'{name}: {pathlib.Path("/etc", name).read_text()}' for name in SETTINGS],
        'files of the host': sorted(path for place in REAL_PLACES for path in _tree(place)),
    }


def differences(before, after):
    """Lines for a reader: what is new, what is gone."""
    lines = []
    for kind, old in before.items():
        new = after[kind]
        lines += [f'{kind}: left behind: {item}' for item in new if item not in old]
        lines += [f'{kind}: gone: {item}' for item in old if item not in new]
    return lines

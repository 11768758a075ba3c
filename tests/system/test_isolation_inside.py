# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process in a real container is and can do, for each way that it can come to run there: judged outside, from the probe's facts.

Each refusal stands beside something of its kind that works, or beside the same probe without a container.
"""
import errno
import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest

import harness
import isolation
from harness import run
from isolation import NAMESPACES, PROBE, SERVICE, WAYS, service
from test_engine_start import COMMAND_CAPS, HIDDEN, REFUSED

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)

# audit_write dac_read_search ipc_owner lease net_broadcast net_raw sys_admin sys_boot sys_nice sys_ptrace sys_resource sys_tty_config
SERVICE_CAPS = COMMAND_CAPS | sum(1 << bit for bit in (29, 2, 15, 28, 11, 13, 21, 22, 23, 19, 24, 26))
SIGPIPE_IGNORED = 1 << 12  # what systemd does for its units
NS_GET_OWNER_UID = 0xb704  # ioctl_ns(2)


@pytest.fixture(scope='module')
def command():
    name = isolation.create(harness.new_name(), *isolation.SHARE)
    service('start', name)
    yield name
    isolation.remove(name)


@pytest.fixture(scope='module')
def web():
    name = harness.new_name()
    service('create', '-C', '-u', isolation.UNIT, *isolation.SHARE, name, timeout=120)
    isolation.probe_unit(name)
    with isolation.Leaks() as options:
        service('start', name, timeout=120, **options)
    yield name
    isolation.remove(name)


_facts = {}


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture
def facts(way, command, web):
    if way not in _facts:
        _facts[way] = isolation.facts_of(way, command, web)
    return _facts[way]


@pytest.fixture(scope='module')
def host():
    """The positive control: the harmless part of the same probe, with the same caller, in no container."""
    with isolation.Leaks() as options:
        return isolation.parse(run([isolation.PLACE / 'probe', 'status', 'descriptors', 'limits', 'attributes', 'processes'], **options).stdout)


def is_command(way):
    return way in ('command', 'execute')


# ---- privileges ----


def test_capabilities(way, facts, host):
    status = facts['status']
    expected = COMMAND_CAPS if is_command(way) else SERVICE_CAPS
    assert {c: int(status[c], 16) for c in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')} == {
        'CapInh': 0, 'CapPrm': expected, 'CapEff': expected, 'CapBnd': expected, 'CapAmb': 0}
    assert int(host['status']['CapBnd'], 16) & ~expected


def test_privileges(way, facts, host):
    status = facts['status']
    assert status['NoNewPrivs'] == ('1' if is_command(way) else '0') and status['Seccomp'] == '2'
    assert status['Uid'].split() == status['Gid'].split() == ['0'] * 4 and status['Groups'] == ''
    assert facts['attribute']['securebits'] == '0' and facts['attribute']['setgroups'] == 'allow'
    assert host['status']['Groups'].split() == ['4', '27']


@pytest.mark.parametrize('kind', ['command', 'web'])
def test_first_process(kind, request, host):
    name = request.getfixturevalue(kind)
    status = isolation.parse(service('execute', name, '--', 'sed', 's/^/status /', '/proc/1/status').stdout)['status']
    expected = COMMAND_CAPS if kind == 'command' else SERVICE_CAPS
    assert int(status['CapBnd'], 16) == expected and int(status['CapEff'], 16) & ~expected == 0
    assert int(status['CapInh'], 16) == int(status['CapAmb'], 16) == 0
    assert status['Seccomp'] == '2' and status['Groups'] == ''
    assert int(host['status']['SigIgn'], 16) & 1 << 9 and not int(status['SigIgn'], 16) & 1 << 9


def test_set_user_id_programs(command, web):
    script = 'cp /usr/bin/id /var/tmp/id && chmod 4755 /var/tmp/id && setpriv --reuid 1000 --regid 1000 --clear-groups /var/tmp/id -u'
    assert service('execute', command, '--', 'sh', '-c', script).stdout == '1000\n', 'no_new_privs'
    assert service('execute', web, '--', 'sh', '-c', script).stdout == '0\n', 'control: a system needs su; root of its own'


# ---- what the caller had ----


def test_descriptors(way, facts, host):
    assert set(facts['descriptor']) == {'0', '1', '2'}
    for to in facts['descriptor'].values():
        assert to.startswith(('pipe:', 'socket:', '/dev/', '/var/unit.out', '/var/login.out')), to
    assert len(host['descriptor']) >= 23


def test_environment(way, facts, host):
    assert len(facts['process']) >= (1 if way == 'command' else 2)
    for name in facts['variable'].values():
        assert not name.startswith(('CANARY', 'LD_', 'VIRT_SANDBOX', 'BUILD_ROOT', 'PYTEST')), name
    assert any('=' in v for v in facts['variable'].values())
    assert any('CANARY' in line for line in run([isolation.PLACE / 'probe', 'environment'], env={'CANARY': 'tweet'}).stdout.splitlines())


def test_attributes(way, facts, host):
    attribute, status = facts['attribute'], facts['status']
    assert {key: attribute[key] for key in ('umask', 'nice', 'policy', 'personality', 'oom_score_adj')} == {
        'umask': '022', 'nice': '0', 'policy': '0', 'personality': '0', 'oom_score_adj': '0'}
    assert (host['attribute']['umask'], host['attribute']['nice'], host['attribute']['personality'], host['attribute']['oom_score_adj']) == (
        '007', '-5', '40000', '300')
    assert int(status['SigBlk'], 16) == 0 and int(status['SigIgn'], 16) & ~(SIGPIPE_IGNORED if way == 'service' else 0) == 0
    assert all(int(host['status']['SigIgn'], 16) >> (number - 1) & 1 for number in (signal.SIGUSR1, *isolation.C_LIBRARY_SIGNALS))
    assert attribute['directory'] in ('/', '/root')
    assert int(status['Cpus_allowed'].replace(',', ''), 16) == int(
        isolation.parse(pathlib.Path('/proc/self/status').read_text().replace('Cpus', 'status Cpus'))['status']['Cpus_allowed'].replace(',', ''), 16)


def test_no_core_is_dumped(way, facts, host):
    """1 is the one limit that also keeps a core_pattern with a pipe from starting the host's handler."""
    assert facts['attribute']['CORE'] in ('0', '1') and host['attribute']['CORE'] == str(1 << 20)


CRASH = 'ulimit -c unlimited 2>/dev/null; cd "$1"; sh -c "kill -SEGV \\$\\$"; ls | wc -l'


def test_crash_leaves_no_core(command):
    assert service('execute', command, '--', 'sh', '-c', 'mkdir -p /var/tmp/c; ' + CRASH, 'sh', '/var/tmp/c').stdout.split()[-1] == '0'


@pytest.mark.optional
@pytest.mark.skipif(pathlib.Path('/proc/sys/kernel/core_pattern').read_text().strip() != 'core', reason='this host has another core_pattern')
def test_crash_leaves_a_core_on_the_host(tmp_path):
    """The control."""
    assert run(['sh', '-c', CRASH, 'sh', tmp_path]).stdout.split()[-1] == '1'


# ---- the kernel's surface ----


def test_system_calls(way, facts):
    calls = facts['call']
    assert {name: calls[name] for name in REFUSED} == dict.fromkeys(REFUSED, 'EPERM')
    assert calls['clone3'] == calls['unknown'] == 'ENOSYS'
    assert calls['getpid'] == 'ok' and calls['tiocgwinsz'] == 'EBADF'


def test_sockets_and_abis(way, facts):
    assert set(facts['socket']) == {'1', '2', '10', '16'}
    assert set(facts['socketpair']) == {'1', '2', '10', '16'}  # the kernel makes the sockets before it finds that most families have no pairs
    assert set(facts['netlink']) == {'0', '4', '15'}, 'no generic one without CAP_NET_ADMIN'
    assert facts['abi'] == {'native': 'ok', 'i386': 'SYS', 'x32': 'SYS'}


def test_kernel_files(way, facts):
    for path in HIDDEN:
        assert facts['read'][path] in ('0', 'ENOENT', 'EACCES'), path
        assert facts['write'][path] in ('EROFS', 'EACCES', 'ENOENT'), path
    for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/swappiness', '/proc/irq/default_smp_affinity'):
        assert facts['write'][path] in ('EROFS', 'EACCES'), path
    for path in ('/sys/firmware', '/sys/kernel/debug', '/sys/kernel/security', '/sys/fs/selinux'):
        assert facts['read'][path] == 'ENOENT', path
    assert facts['write']['/usr'] == 'EROFS' and facts['write']['/'] == 'EROFS' and facts['write']['/tmp'] in ('ok', 'EEXIST')
    assert pathlib.Path('/proc/interrupts').read_text(), 'control: the host can read what is hidden'
    assert os.access('/proc/sys/kernel/core_pattern', os.W_OK)


def test_masks_cannot_be_taken_off(way, facts):
    for group in ('unmask', 'nested'):
        for what, result in facts[group].items():
            if what in ('tmpfs', 'unshare'):
                assert result == ('EPERM' if is_command(way) else 'ok'), 'control: a service may mount'
            else:
                assert result in ('EPERM', 'EINVAL', 'EACCES', 'EBUSY'), f'{group} {what}'
    assert len(facts['unmask']) >= 20


def test_no_file_system_of_the_host(way, facts):
    assert len(facts['filesystem']) == 12
    allowed = {'cgroup2'} if not is_command(way) else set()  # the container's own subtree: its cgroup namespace is the root
    for what, result in facts['filesystem'].items():
        assert result in ('EPERM', 'EACCES', 'EINVAL', 'ENODEV', 'EBUSY', 'ENOENT') or what in allowed, what


def test_devices(way, facts, tmp_path):
    assert {name: number for name, number in facts['node'].items() if name not in ('console', 'ptmx', 'stdin', 'stdout', 'stderr')} == {
        'null': '1:3', 'zero': '1:5', 'full': '1:7', 'random': '1:8', 'urandom': '1:9', 'tty': '5:0'}
    assert len(facts['device']) == 13 * 4
    assert set(facts['device'].values()) <= {'EPERM', 'EROFS'}, 'mknod'
    run(['mknod', tmp_path / 'null', 'c', '1', '3'])  # control: this machine's root may
    assert (tmp_path / 'null').is_char_device()


def test_cgroup(way, facts):
    """Limits are not the container's to set, nor is there a way to the parent."""
    for name in ('cgroup.max.depth', 'cgroup.freeze', 'cgroup.kill', 'memory.max', 'pids.max', 'cpu.max', 'io.max'):
        assert facts['cgroup'][name] in ('EACCES', 'EPERM', 'ENOENT', 'EROFS'), name
    assert facts['cgroup']['parent'] in ('EACCES', 'EPERM', 'ENOENT', 'EROFS')


def test_cgroup_of_a_service_is_delegated(web):
    """The positive control of the above: what systemd needs does work."""
    service('execute', web, '--', 'sh', '-c', 'mkdir /sys/fs/cgroup/mine && rmdir /sys/fs/cgroup/mine')
    assert service('execute', web, '--', 'sh', '-c', 'echo 1 >/sys/fs/cgroup/cgroup.max.depth', check=False).returncode != 0


@pytest.mark.optional
def test_cgroups_of_the_host_on_v1(web, tmp_path):
    """Root of a service can mount such a hierarchy, and what they then see is a cgroup that only the host's root can open."""
    hierarchies = [line.split(':')[1] for line in pathlib.Path('/proc/self/cgroup').read_text().splitlines() if '::' not in line]
    if not hierarchies:
        pytest.skip('this host keeps nothing on cgroup v1')
    look = 'mkdir -p /run/v1; for one; do mount -t cgroup -o "$one" none /run/v1 && stat -c %a /run/v1 && ! ls /run/v1 && ! cat /run/v1/tasks && umount /run/v1 || exit 1; done'
    seen = service('execute', web, '--', 'sh', '-c', look, 'sh', *hierarchies)
    assert seen.stdout.split() == ['700'] * len(hierarchies)
    assert seen.stderr.count('Permission denied') == 2 * len(hierarchies)
    harness.run(['mount', '-t', 'cgroup', '-o', hierarchies[0], 'none', tmp_path])  # control: from outside all are seen
    try:
        assert any(path.is_dir() for path in tmp_path.rglob('virt-sandbox'))
    finally:
        harness.run(['umount', tmp_path])


MANY_CGROUPS = """
import os
def fill(make, undo):
    n = 0
    try:
        while n < 20000:
            make(n)
            n += 1
    except OSError as e:
        assert e.errno == 11, e  # EAGAIN
    undo(n)
    return n
os.chdir('/sys/fs/cgroup')
print(fill(lambda n: os.mkdir(f'wide{n}'), lambda n: [os.rmdir(f'wide{i}') for i in range(n)]), fill(lambda n: (os.mkdir('deep'), os.chdir('deep')), lambda n: None))
"""


def test_cgroups_that_a_service_makes_are_few(names):
    """What is left of a container that was killed must go, and the kernel's memory for cgroups is nobody's."""
    name = names()
    service('create', '-C', '-u', isolation.UNIT, name, timeout=60)
    try:
        service('start', name)
        place = pathlib.Path(isolation.inspect(name)['state']['cgroup'])
        wide, deep = map(int, service('execute', name, '--', 'python3', '-c', MANY_CGROUPS).stdout.split())
        assert 4000 < wide < 10000 and 10 < deep < 100
        service('stop', '--time=0', name)
        assert not place.exists()
        service('start', name)
    finally:
        isolation.remove(name)


LEASE = """
import fcntl, signal, sys, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
f = open(sys.argv[1])
try:
    fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError as e:
    print(e.errno)
print(fcntl.fcntl(f, fcntl.F_GETLEASE), flush=True)
if len(sys.argv) > 2:
    time.sleep(60)
"""


def test_files_of_the_host_get_no_lease(command, web, tmp_path):
    """Root inside owns the shared files as he sees them, and a lease is its owner's to take: each program of the host that opens one would wait for a minute."""
    shared = '/usr/share/common-licenses/GPL-3'
    for words in (['virt-sandbox'], [SERVICE, 'execute', command], [SERVICE, 'execute', web]):
        assert run([*words, '--', 'python3', '-c', LEASE, shared]).stdout == f'{errno.EPERM}\n{fcntl.F_UNLCK}\n'
    mine = tmp_path / 'file'
    mine.touch()
    with subprocess.Popen(['python3', '-c', LEASE, mine, 'hold'], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == f'{fcntl.F_WRLCK}\n'
        with pytest.raises(BlockingIOError):  # control: on a file of one's own there is one, and others wait
            os.open(mine, os.O_RDONLY | os.O_NONBLOCK)
        holder.kill()


# ---- who is who ----


def test_namespaces_and_ids(command, web):
    pids = {name: isolation.pid_of(name) for name in (command, web)}
    for kind in NAMESPACES:
        ids = {os.readlink(f'/proc/{pid}/ns/{kind}') for pid in (*pids.values(), 'self')}
        assert len(ids) == 3, kind
        inside = service('execute', command, '--', 'readlink', f'/proc/self/ns/{kind}').stdout.strip()
        assert inside == os.readlink(f'/proc/{pids[command]}/ns/{kind}'), 'entering joins all of them'
    ranges = []
    for pid in pids.values():
        for map_file in ('uid_map', 'gid_map'):
            inside, outside, count = map(int, pathlib.Path(f'/proc/{pid}/{map_file}').read_text().split())
            assert (inside, count) == (0, 65536) and outside >= 65536
            assert os.stat(f'/proc/{pid}').st_uid == outside
        ranges.append(outside)
    assert abs(ranges[0] - ranges[1]) >= 65536


INOTIFY_HOG = '''
import ctypes, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (100000 if resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 100000 else
                                            resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
taken = 0
while taken < %d and ctypes.CDLL(None).inotify_init() >= 0:
    taken += 1
print(taken, flush=True)
input()
'''


def inotify_of(pid):
    """How many inotify instances a process has; one that has just ended has none."""
    try:
        return sum(os.readlink(fd) == 'anon_inode:inotify' for fd in pathlib.Path(f'/proc/{pid}/fd').iterdir())
    except OSError:
        return 0


def test_the_keeper_listens_at_the_containers_expense(web):
    """Root of the host has 128 inotify instances for all his programs, and each container has a keeper."""
    allowed = int(pathlib.Path('/proc/sys/fs/inotify/max_user_instances').read_text())
    first = isolation.pid_of(web)
    uids = pathlib.Path(f'/proc/{first}/uid_map').read_text()
    keeper = int(re.search(r'PPid:\s+(\d+)', pathlib.Path(f'/proc/{first}/status').read_text())[1])
    assert inotify_of(keeper) > 0, 'control: it listens'

    def counted():
        hog = ['setpriv', f'--reuid={uids.split()[1]}', '--clear-groups', '/usr/bin/python3', '-c', INOTIFY_HOG % (2 * allowed)]
        return allowed - int(run(hog, input='\n').stdout)

    def seen():
        return sum(inotify_of(path.name) for path in pathlib.Path('/proc').glob('[0-9]*') if (path / 'uid_map').exists() and own(path))

    def own(path):
        try:
            return (path / 'uid_map').read_text() == uids
        except OSError:
            return False
    harness.wait_for(lambda: counted() == seen() + inotify_of(keeper), 'the instances of container and keeper are all that is counted')


def test_kernel_objects_are_counted_against_the_container(command, web):
    """One that takes all the inotify instances it can get leaves the host and its siblings theirs: its user namespace is not root's."""
    allowed = int(pathlib.Path('/proc/sys/fs/inotify/max_user_instances').read_text())
    for name in (command, web):
        with open(f'/proc/{isolation.pid_of(name)}/ns/user') as namespace:
            owner = fcntl.ioctl(namespace, NS_GET_OWNER_UID, bytes(4))
        assert int.from_bytes(owner, sys.byteorder) == int(pathlib.Path(f'/proc/{isolation.pid_of(name)}/uid_map').read_text().split()[1])
    with subprocess.Popen([SERVICE, 'execute', command, '--', 'python3', '-c', INOTIFY_HOG % (2 * allowed)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as hog:
        assert int(hog.stdout.readline()) <= allowed, 'the control: it has come to a limit'
        for words in ([], [SERVICE, 'execute', web, '--']):
            assert run([*words, 'python3', '-c', INOTIFY_HOG % 1], input='\n').stdout == '1\n'
        hog.communicate('\n')


@pytest.mark.parametrize('what, code', [
    ('signal', 'os.kill(b, 0)'),
    ('environment', 'open(f"/proc/{b}/environ").read()'),
    ('memory', 'open(f"/proc/{b}/mem", "rb")'),
    ('root', 'os.listdir(f"/proc/{b}/root/etc")'),
    ('descriptors', 'os.listdir(f"/proc/{b}/fd")'),
    ('namespace', 'os.readlink(f"/proc/{b}/ns/mnt")'),
    ('ptrace', 'assert ctypes.CDLL(None, use_errno=True).ptrace(0x4206, b, 0, 0) == 0, "EPERM"'),
    ('tree', 'os.listdir(tree + "/etc")'),
    ('file', 'open(leaked, "r+")'),
    ('control socket', 's = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(control)'),
])
def test_one_against_the_other(command, web, what, code, root):
    """Without any label: root of one container, by a hole in all of its other namespaces, against the other. Only the user namespace is left."""
    leaked = isolation.tree(web) / 'etc/leaked'
    leaked.write_text('of web')
    leaked.chmod(0o600)
    control = next((root / 'run/libvirt-sandbox' / web).glob('*'), None)
    control = next((p for p in (root / 'run/libvirt-sandbox' / web).iterdir() if p.is_socket() and 'notify' not in p.name), control)
    script = (f'import ctypes, os, socket\nb, tree, leaked, control = {isolation.pid_of(web)}, "{isolation.tree(web)}", "{leaked}", "{control}"\n'
              f'assert os.geteuid() == 0\n{code}\n')
    as_root_of_command = ['nsenter', '--user', f'--target={isolation.pid_of(command)}', 'python3', '-c', script]
    failed = run(as_root_of_command, check=False)
    assert failed.returncode != 0 and ('Permission' in failed.stderr or 'EPERM' in failed.stderr or 'not permitted' in failed.stderr), failed.said
    run(['python3', '-c', script])  # the control: the host's root may


def test_places_are_closed_to_users(command, root):
    places = [root / 'var/lib/libvirt/filesystems', root / 'etc/libvirt-sandbox/services', root / 'run/libvirt-sandbox', root / 'var/lib/libvirt-sandbox']
    for place in places:
        assert place.stat().st_mode & 0o077 == 0, place
        assert run(['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', 'ls', place], check=False).returncode != 0, place
        run(['ls', place])
    run(['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', 'ls', root])  # control: the user gets as far as there


# ---- network ----

REACH = r'''
import socket, sys
def reaches(family, address):
    with socket.socket(family) as s:
        s.settimeout(1)
        try:
            s.connect(address)
            return True
        except OSError:
            return False
port, name = int(sys.argv[1]), sys.argv[2]
addresses = ['127.0.0.1'] + sys.argv[3:]
print(' '.join(str(int(reaches(socket.AF_INET, (a, port)))) for a in addresses), int(reaches(socket.AF_UNIX, '\0' + name)))
'''


def test_host_is_not_reached(command, web):
    """Loopback, a port on every address, and an abstract socket of the host."""
    with socket.create_server(('0.0.0.0', 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind('\0vsb-canary')
        abstract.listen(5)
        port = str(server.getsockname()[1])
        gateways = {one: '.'.join(isolation.inspect(one)['state']['address'].split('.')[:2]) + '.0.1' for one in (command, web)}
        for one, gateway in gateways.items():
            assert service('execute', one, '--', 'python3', '-c', REACH, port, 'vsb-canary', gateway).stdout.split() == ['0', '0', '0']
        assert run(['virt-sandbox', '--', 'python3', '-c', REACH, port, 'vsb-canary']).stdout.split() == ['0', '0']
        # The controls: the host itself, and a sandbox that asked for the host's network.
        assert run(['python3', '-c', REACH, port, 'vsb-canary', gateway]).stdout.split() == ['1', '1', '1']
        assert run(['virt-sandbox', '-N', 'host', '--', 'python3', '-c', REACH, port, 'vsb-canary']).stdout.split() == ['1', '1']


def test_interfaces(command, web):
    def links(*run_words):
        return sorted(line.split(':')[0].strip() for line in run(run_words).stdout.splitlines()[2:])

    for one in (command, web):
        assert links(isolation.SERVICE, 'execute', one, '--', 'cat', '/proc/net/dev') == ['eth0', 'lo']
    assert links('virt-sandbox', '--', 'cat', '/proc/net/dev') == ['lo']
    assert 'vsb0' in links('cat', '/proc/net/dev')


# ---- entering ----

# Root inside, with CAP_SYS_PTRACE, looks at every process that appears as fast as it can.
SPY = r'''
import ctypes, os
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
known, seen = set(os.listdir('/proc')), 0
print('ready', flush=True)
def ours(pid):
    exe = os.readlink(f'/proc/{pid}/exe')
    return not exe.startswith('/usr/') and exe
def look(pid):
    for what in ('root', 'cwd'):
        to = os.readlink(f'/proc/{pid}/{what}')
        if to not in ('/', '/root'):
            yield f'{what} {to}'
    for fd in os.listdir(f'/proc/{pid}/fd'):
        to = os.readlink(f'/proc/{pid}/fd/{fd}')
        if not to.startswith(('pipe:', 'socket:', '/usr/', '/dev/', '/proc', '/etc/')):
            yield f'fd {fd} {to}'
def reap():  # what we trace ends only when we have seen it
    try:
        while os.waitpid(-1, os.WNOHANG | 0x40000000)[0]:
            pass
    except ChildProcessError:
        pass
while True:
    reap()
    for pid in set(os.listdir('/proc')) - known:
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        for attempt in (lambda: ours(pid), lambda: ' '.join(look(pid)),
                        lambda: ptrace(0x4206, int(pid), 0, 0) == 0 and ours(pid),
                        lambda: open(f'/proc/{pid}/mem', 'rb') and ours(pid)):
            try:
                found = attempt()
                if found:
                    print('LEAK', pid, found, flush=True)
            except OSError:
                continue
        try:
            if seen < 3 and os.readlink(f'/proc/{pid}/exe').endswith('/sleep'):
                seen += 1
                print('CONTROL', flush=True)
        except OSError:
            pass
'''


def test_who_enters_gives_nothing_away(web):
    """200 entries by the command, under the eyes of a root inside that traces."""
    with subprocess.Popen([isolation.SERVICE, 'execute', web, '--', 'python3', '-c', SPY], stdout=subprocess.PIPE, text=True) as spy:
        assert spy.stdout.readline() == 'ready\n'
        for _ in range(200):
            service('execute', web, '--', 'sleep', '0.001')
        spy.terminate()
        lines = spy.stdout.read().splitlines()
    assert [line for line in lines if line.startswith('LEAK')] == []
    assert 'CONTROL' in lines


def test_helper_is_a_sealed_copy(command):
    """#!/proc/self/exe makes the entering program the interpreter: what runs again is no file of the host (CVE-2019-5736)."""
    helper = pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-enter').resolve()
    before = helper.read_bytes(), helper.stat().st_mtime_ns
    service('execute', command, '--', 'sh', '-c', r'printf "#!/proc/self/exe\n" >/var/tmp/trap; chmod 755 /var/tmp/trap')
    assert service('execute', command, '--', '/var/tmp/trap', check=False).returncode != 0
    assert (helper.read_bytes(), helper.stat().st_mtime_ns) == before
    for path in ('/proc/1/exe', '/proc/self/exe'):  # nor can the first process's program, or a shared one, be written through the link
        failed = service('execute', command, '--', 'python3', '-c', f'open("{path}", "r+b")', check=False)
        assert failed.returncode != 0 and ('busy' in failed.stderr or 'Read-only' in failed.stderr or 'denied' in failed.stderr), failed.stderr

# SPDX-License-Identifier: LGPL-2.1-or-later
"""engine_start() alone, through the engine-start program: what a process inside can see and do, judged outside.

Each check of something refused stands beside one of the same kind that works, so that a probe that does nothing cannot pass.
"""
import collections
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

import harness

ENGINE = harness.BUILD / 'tests/system/engine-start'
PROBE = harness.PROBE_PLACE
ID_BASE = 1048576

COMMAND_CAPS = 0x800405fb  # podman's eleven: chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service sys_chroot setfcap
REFUSED = ('acct', 'add_key', 'bpf', 'clock_settime', 'delete_module', 'fanotify_init', 'finit_module', 'init_module', 'io_uring_enter',
           'io_uring_register', 'io_uring_setup', 'keyctl', 'migrate_pages', 'move_pages', 'open_by_handle_at', 'perf_event_open',
           'process_madvise', 'quotactl', 'request_key', 'swapoff', 'swapon', 'syslog', 'userfaultfd', 'vmsplice', 'unshare-user',
           'clone-user', 'tiocsti', 'tiocsti-high', 'tioclinux', 'tiocsetd', 'mknod')
HIDDEN = ('/proc/keys', '/proc/kallsyms', '/proc/interrupts', '/proc/kcore', '/proc/kmsg', '/proc/slabinfo', '/proc/timer_list',
          '/proc/sysrq-trigger')


def start(*arguments, command=(), **options):
    return harness.run([ENGINE, *arguments, '--', *command], **options)


def parse(text):
    facts = collections.defaultdict(dict)
    for line in text.splitlines():
        words = line.split(None, 2)
        if len(words) == 3:
            facts[words[0]][words[1].rstrip(':')] = words[2]
    return facts


@pytest.fixture(scope='module')
def command_facts():
    """Of a command's container, started by a process that leaks descriptors and environment."""
    leaks = [os.open('/etc/hostname', os.O_RDONLY) for _ in range(20)]
    for fd in leaks:
        os.set_inheritable(fd, True)
    try:
        done = start('-o', PROBE, command=[PROBE / 'probe'], pass_fds=leaks, env={**os.environ, 'CANARY': 'tweet'})
    finally:
        for fd in leaks:
            os.close(fd)
    return parse(done.stdout)


@pytest.fixture(scope='module')
def tree(root):
    """A hand-made content tree with the probe as a unit."""
    place = root / 'engine-tree'
    for name in ('etc/systemd/system/multi-user.target.wants', 'var/lib', 'var/log', 'var/tmp', 'root', 'home', 'srv'):
        (place / name).mkdir(parents=True)
    for name in ('passwd', 'group', 'ld.so.cache', 'nsswitch.conf'):
        shutil.copy(f'/etc/{name}', place / 'etc')
    shutil.copytree('/etc/alternatives', place / 'etc/alternatives', symlinks=True)
    (place / 'etc/machine-id').write_text('')
    system = place / 'etc/systemd/system'
    for unit in ('systemd-logind.service', 'systemd-udevd.service', 'systemd-networkd.service', 'getty.target', 'console-getty.service'):
        (system / unit).symlink_to('/dev/null')
    (system / 'probe.service').write_text(f'[Service]\nType=oneshot\nExecStart={PROBE}/probe status calls unmask sockets\n'
                                          'StandardOutput=file:/var/probe.out\n')
    (system / 'hardened.service').write_text(
        '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo fine; systemctl --failed --no-legend; echo end"\nStandardOutput=file:/var/hardened.out\n'
        'PrivateTmp=yes\nProtectSystem=strict\nPrivateDevices=yes\nProtectKernelTunables=yes\nRestrictNamespaces=yes\n'
        'SystemCallFilter=@system-service\n')
    for unit in ('probe.service', 'hardened.service'):
        (system / 'multi-user.target.wants' / unit).symlink_to(f'../{unit}')
    return place


def _ends(path, last):
    return path.exists() and last in path.read_text()


@pytest.fixture(scope='module')
def service_facts(tree):
    """Of a unit under the container's systemd, with that kind's capabilities."""
    run = subprocess.Popen([ENGINE, '-s', tree, '-o', PROBE, '-c', '-k', '20000', '--', 'unused'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for name, last in (('probe.out', 'nested tmpfs'), ('hardened.out', 'end\n')):
            harness.wait_for(lambda: _ends(tree / 'var' / name, last), f'the unit that writes {name} has run', 15)
    finally:
        run.terminate()
        run.wait()
        run.stdout.close()
    facts = parse((tree / 'var/probe.out').read_text())
    facts['hardened'] = (tree / 'var/hardened.out').read_text()
    return facts


def test_status_passes_through():
    assert start(command=['/bin/sh', '-c', 'exit 7'], check=False).returncode == 7
    assert start(command=['/bin/sh', '-c', 'kill -9 $$'], check=False).returncode == 128 + signal.SIGKILL
    missing = start(command=['/no/such/program'], check=False)
    assert missing.returncode == 127 and '/no/such/program' in missing.stderr


def test_bytes_pass_through():
    assert start(command=['/usr/bin/tr', 'a-z', 'A-Z'], input='abc\n').stdout == 'ABC\n'


def test_privileges_of_a_command(command_facts):
    status = command_facts['status']
    assert [int(status[c], 16) for c in ('CapInh', 'CapAmb')] == [0, 0]
    assert [int(status[c], 16) for c in ('CapPrm', 'CapEff', 'CapBnd')] == [COMMAND_CAPS] * 3
    assert status['NoNewPrivs'] == '1' and status['Seccomp'] == '2'
    assert status['Uid'].split() == ['0'] * 4 and status.get('Groups', '').strip() == ''
    assert int(status['SigBlk'], 16) == 0 and int(status['SigIgn'], 16) == 0


def test_privileges_of_a_service(service_facts):
    status = service_facts['status']
    bounding = int(status['CapBnd'], 16)
    assert bounding & COMMAND_CAPS == COMMAND_CAPS and bounding >> 21 & 1, 'sys_admin of its own user namespace'
    for forbidden in (9, 16, 17, 25, 27, 30, 32, 33, 34, 38, 39, 40):  # linux_immutable sys_module sys_rawio sys_time mknod audit_control mac_* syslog ...
        assert not bounding >> forbidden & 1, f'capability {forbidden}'
    assert int(status['CapInh'], 16) == 0


def test_nothing_of_the_caller_leaks(command_facts):
    assert set(command_facts['descriptor']) == {'0', '1', '2'}
    environment = ' '.join(command_facts['environment']) + start(command=['/usr/bin/env'], env={**os.environ, 'CANARY': 'tweet'}).stdout
    assert 'CANARY' not in environment and 'PATH=/usr' in environment


def test_limits(command_facts):
    wanted = {'umask': '022', 'CORE': '1', 'NOFILE': '1024', 'STACK': str(8 << 20), 'NICE': '0', 'RTPRIO': '0'}
    assert {name: command_facts['attribute'][name] for name in wanted} == wanted


@pytest.mark.parametrize('kind', ['command_facts', 'service_facts'])
def test_system_calls(kind, request):
    calls = request.getfixturevalue(kind)['call']
    assert {name: calls[name] for name in REFUSED} == dict.fromkeys(REFUSED, 'EPERM')
    assert calls['clone3'] == calls['unknown'] == 'ENOSYS'
    assert calls['getpid'] == 'ok' and calls['tiocgwinsz'] == 'EBADF'


@pytest.mark.parametrize('kind', ['command_facts', 'service_facts'])
def test_socket_families(kind, request):
    facts = request.getfixturevalue(kind)
    assert set(facts['socket']) == {'1', '2', '10', '16'}
    assert set(facts['netlink']) == {'0', '4', '15'}, 'no generic, audit, xfrm, netfilter, connector'


def test_other_abis_are_killed(command_facts):
    assert command_facts['abi'] == {'native': 'ok', 'i386': 'SYS', 'x32': 'SYS'}


def test_kernel_files(command_facts):
    for path in HIDDEN:
        assert command_facts['read'][path] in ('0', 'ENOENT'), path
        assert command_facts['write'][path] in ('EROFS', 'EACCES', 'ENOENT'), path
    assert command_facts['read']['/proc/sys/kernel/core_pattern'] != '0', 'control: what is only read-only can be read'
    for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/swappiness', '/proc/irq/default_smp_affinity', '/sys/fs/cgroup/cgroup.procs'):
        assert command_facts['write'][path] in ('EROFS', 'EACCES'), path
    for path in ('/sys/firmware', '/sys/kernel/debug', '/sys/kernel/security', '/sys/fs/selinux'):
        assert command_facts['read'][path] == 'ENOENT', path
    assert {p: command_facts['write'][p] for p in ('/', '/usr', '/tmp', '/var')} == {'/': 'EROFS', '/usr': 'EROFS', '/tmp': 'ok', '/var': 'ok'}


def test_masks_are_locked(service_facts):
    """With every capability that a service has, also from a nested mount namespace."""
    assert service_facts['nested'].pop('unshare') == 'ok'
    for group in ('unmask', 'nested'):
        facts = service_facts[group]
        assert facts.pop('tmpfs') == 'ok', 'control: it may mount'
        assert len(facts) >= 18
        for what, result in facts.items():
            assert result in ('EPERM', 'EINVAL', 'EACCES', 'EBUSY'), f'{group} {what}'


def test_hardened_units_work(service_facts):
    assert service_facts['hardened'] == 'fine\nend\n', 'runs, and no unit failed'


def test_host_is_not_visible(root):
    for place in ('/home', '/srv', '/opt', '/boot', '/mnt'):
        listing = start(command=['/bin/ls', '-A', place], check=False)
        assert listing.stdout == '', place
    secrets = start(command=['/bin/ls', '/etc'], check=False).stdout.split()
    assert 'passwd' in secrets and not {'shadow', 'ssh', 'gshadow', 'machine-id'} & set(secrets)
    assert 'root:x:0' in start(command=['/bin/cat', '/etc/passwd']).stdout
    seen = start(command=['/bin/sh', '-c', 'ls -d /proc/[0-9]* | wc -l']).stdout
    assert int(seen) < 6


def test_mounts(root):
    source = root / 'engine-source'
    source.mkdir()
    (source / 'file').write_text('content')
    done = start('-m', f'host:{source}:/data/in', '-m', f'host:{source}:/data/ro', '-r', '-m', 'ram:1048576:/ram', '-m', 'guest:/usr/share:/share',
                 command=['/bin/sh', '-c', 'cat /data/in/file; touch /data/in/made; touch /data/ro/x || echo refused; '
                          'head -c 2000000 /dev/zero > /ram/f || echo full; ls -d /share/doc'])
    assert done.stdout.split() == ['contentrefused', 'full', '/share/doc']
    assert (source / 'made').stat().st_uid == 0, 'id-mapped: ordinary owners on disk'
    for target in ('/proc/x', '/sys/fs/x', '/dev/null'):
        harness.refused([ENGINE, '-m', f'host:{source}:{target}', '--', '/bin/true'], target)


def test_users():
    assert start('-u', '1234:99', command=['/usr/bin/id', '-u']).stdout == '1234\n'
    assert start('-u', 'nobody', command=['/usr/bin/id', '-un']).stdout == 'nobody\n'
    for user in ('nosuchuser', '65536', '-1', '1000x', ''):
        assert start('-u', user, command=['/usr/bin/id', '-u'], check=False).stdout == '', user


@pytest.mark.parametrize('name', ['etc', 'var', 'root'])
@pytest.mark.parametrize('target', ['/etc', '../../../../etc', 'nowhere'])
def test_hostile_links_in_the_tree(tmp_path_factory, root, name, target):
    place = root / f'engine-hostile-{name}-{target.replace("/", "_")}'
    for directory in {'etc', 'var', 'root'} - {name}:
        (place / directory).mkdir(parents=True)
    (place / name).symlink_to(target)
    harness.refused([ENGINE, '-t', place, '--', '/bin/true'], 'not a directory')


def test_limits_need_a_controller():
    result = start('-M', str(64 << 20), command=['/bin/true'], check=False)
    if result.returncode != 0:
        assert 'memory' in result.stderr and 'controller' in result.stderr


def _cgroup_is_gone():
    return not list(pathlib.Path('/sys/fs/cgroup').rglob('virt-sandbox/test'))


@pytest.mark.parametrize('delay', [0, 0.001, 0.002, 0.003, 0.004, 0.006, 0.01, 0.05, 0.3])
def test_killed_parent_leaves_no_orphan(delay):
    """kill -9 of the parent at any stage: its container dies; the next start clears its cgroup away."""
    run = subprocess.Popen([ENGINE, '--', '/bin/sleep', '3217'], stderr=subprocess.DEVNULL)
    time.sleep(delay)
    run.kill()
    run.wait()

    def gone():
        _reap()
        return not [p for p in pathlib.Path('/proc').glob('[0-9]*/status') if _owner(p) == ID_BASE] and not _sleepers()
    try:
        harness.wait_for(gone, 'every process of the container is gone')
    except AssertionError:
        for path in _sleepers():  # so that the others start from nothing
            os.kill(int(path.parent.name), signal.SIGKILL)
        raise
    start(command=['/bin/true'])
    assert _cgroup_is_gone()


def test_parent_killed_while_ids_change():
    """The kernel forgets the wish to be killed with the parent when ids change; the builder, which has the parent's descriptors, lives on meanwhile."""
    slow = ['-e', 'inject=sendmsg:delay_exit=1000000:when=1', '-e', 'inject=setresuid:delay_exit=400000']
    tracer = subprocess.Popen(['strace', '-qq', '-f', '--seccomp-bpf', '-o', '/dev/null', '-e', 'trace=sendmsg,setresuid', *slow, ENGINE, '--', '/bin/sleep', '3217'],
                              stderr=subprocess.DEVNULL)
    try:
        harness.wait_for(lambda: any(_owner(path) == ID_BASE for path in pathlib.Path('/proc').glob('[0-9]*/status')), 'ids have changed')
        [parent] = [int(pid) for pid in pathlib.Path(f'/proc/{tracer.pid}/task/{tracer.pid}/children').read_text().split()]
        os.kill(parent, signal.SIGKILL)
        tracer.wait(60)
        assert not _sleepers()
    finally:
        for path in _sleepers():
            os.kill(int(path.parent.name), signal.SIGKILL)
        tracer.wait(60)
        _reap()
    start(command=['/bin/true'])
    assert _cgroup_is_gone()


def _reap():
    """Orphans come to us; nobody else waits for them."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _owner(status):
    try:
        return int(status.read_text().split('Uid:')[1].split()[0])
    except (OSError, IndexError):
        return -1


def _sleepers():
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if b'\x003217\x00' in path.read_bytes():
                found.append(path)
        except OSError:
            pass
    return found


def test_command_that_ends_before_the_builder_does():
    """The builder lets the first process in and ends after that: the end of a quick command, which kills all in its process ids, is no failure of the start."""
    slow = ['-e', 'inject=sendmsg:delay_exit=400000:when=1', '-e', 'inject=pivot_root:delay_exit=100000']
    harness.run(['strace', '-qq', '-f', '--seccomp-bpf', '-o', '/dev/null', '-e', 'trace=sendmsg,pivot_root', *slow, 'virt-sandbox', '--', '/bin/true'])

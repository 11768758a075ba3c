# SPDX-License-Identifier: LGPL-2.1-or-later
"""Full systems (--os-from), their bases, and roots of the administrator's own (--root): a root of busybox, made here."""
import io
import json
import os
import pathlib
import re
import shutil
import signal
import tarfile

import pytest

import isolation
from harness import refused, run, wait_for
from terminal import Terminal
from test_virt_lxc import hello

SERVICE = 'virt-sandbox-service'
BUSYBOX = '/bin/busybox'
INITTAB = '::sysinit:/bin/busybox touch /var/booted\n::respawn:/bin/busybox sleep 1000\n'

if not pathlib.Path(BUSYBOX).exists():
    pytest.skip('busybox is not installed', allow_module_level=True)


def service(*words, **options):
    return run([SERVICE, *words], **options)


def inside(name, script):
    return service('execute', name, '--', '/bin/sh', '-c', script).stdout.strip()


def add_program(top, program):
    """With the libraries that it is linked to."""
    said = run(['ldd', program], check=False)  # static: it has none
    for path in [program, *re.findall(r'(/\S+) \(0x', said.stdout)]:
        target = top / path.lstrip('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(path, target)


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """A system with init, shell and little more."""
    top = tmp_path_factory.mktemp('system')
    for name in ('bin', 'sbin', 'etc', 'var', 'usr'):
        (top / name).mkdir()
    add_program(top, BUSYBOX)
    for name in ('sh', 'ls', 'cat', 'touch', 'rm', 'mv', 'hostname', 'id', 'mkdir', 'ln', 'mount', 'mknod', 'stat', 'wget', 'nproc', 'poweroff'):
        (top / 'bin' / name).symlink_to('busybox')
    (top / 'sbin/init').symlink_to('../bin/busybox')
    (top / 'etc/inittab').write_text(INITTAB)
    (top / 'etc/passwd').write_text('root:x:0:0:root:/:/bin/sh\n')
    (top / 'etc/group').write_text('root:x:0:\n')
    (top / 'etc/motd').write_text('of the base\n')
    (top / 'etc/gone').write_text('to be removed\n')
    os.chmod(top, 0o755)
    return top


@pytest.fixture
def systems(names):
    """A function that creates containers; all are deleted after the test."""
    made = []

    def make(*options):
        name = names()
        service('create', name, *options, timeout=120)
        made.append(name)
        return name

    make.made = made
    yield make
    isolation.remove(*made)


def test_a_directory_becomes_a_system(systems, tree, root):
    """The base is shared and stays as it is; each has a layer of its own."""
    one, two = systems('--os-from', str(tree), '-N', 'none'), systems('--os-from', str(tree), '-N', 'none', '--hostname', 'vs2')
    bases = [path for path in (root / 'var/lib/libvirt-sandbox/bases').iterdir() if len(path.name) == 64]
    assert len(bases) == 1, 'the same content has one name'
    service('start', one, two)
    assert inside(one, 'hostname') == one and inside(two, 'hostname; cat /etc/hostname') == 'vs2\nvs2'
    wait_for(lambda: inside(one, 'ls /var') == 'booted', 'its own inittab has run')
    inside(one, 'echo mine >/etc/motd; rm /etc/gone; mkdir /usr/local; mv /sbin /sbin.old')
    assert inside(two, 'cat /etc/motd; ls /etc/gone; ls -d /sbin') == 'of the base\n/etc/gone\n/sbin'
    assert (bases[0] / 'root/etc/motd').read_text() == 'of the base\n' and (bases[0] / 'root/etc/gone').exists()
    assert inside(one, 'id -u; stat -c %u /bin/busybox') == '0\n0'
    assert 'not permitted' in service('execute', one, '--', '/bin/mknod', '/disk', 'b', '8', '1', check=False).said
    inside(one, 'mv /sbin.old /sbin')
    service('stop', one)
    service('start', one)
    assert inside(one, 'cat /etc/motd; ls /etc') .startswith('mine\n') and 'gone' not in inside(one, 'ls /etc')


def test_hosts_is_edited_inside(systems, tree):
    """A full system on a network of ours keeps its own /etc/hosts."""
    one = systems('--os-from', str(tree))
    service('start', one)
    assert inside(one, 'echo 192.0.2.9 other >>/etc/hosts; cat /etc/hosts').endswith('192.0.2.9 other')


def bases():
    return json.loads(service('base', 'list', '--json').stdout)


def test_bases_are_moved_and_deleted(systems, tree, tmp_path):
    """A new base takes the place of the old one below a layer, unless that has packages of its own; one that is used stays."""
    one = systems('--os-from', str(tree), '-N', 'none')
    first = next(base for base in bases() if one in base['users'])
    assert first['init'] == 'other' and first['from'] == str(tree) and first['id'][:12] in service('base', 'list').stdout
    refused([SERVICE, 'upgrade', one], 'package manager', 'apt-get upgrade')
    refused([SERVICE, 'base', 'delete', first['id']], one, 'upgrade --base')
    service('start', one)
    inside(one, 'echo mine >/var/mine; rm /etc/gone; mkdir /etc/ssh; echo secret >/etc/ssh/ssh_host_ed25519_key')
    refused([SERVICE, 'upgrade', '--base', first['id'], one], 'stop it first')
    service('stop', one)

    newer = tmp_path / 'newer'
    shutil.copytree(tree, newer, symlinks=True)
    (newer / 'etc/motd').write_text('of the newer base\n')
    second = service('base', 'create', '--os-from', str(newer)).stdout.strip()
    assert second != first['id'] and service('base', 'create', '--os-from', str(newer)).stdout.strip() == second
    service('upgrade', '--base', second[:12], one)
    copy = systems_clone(systems, one)
    service('start', one, copy)
    for name in one, copy:
        assert inside(name, 'cat /etc/motd /var/mine; ls /etc/gone 2>/dev/null; hostname') == f'of the newer base\nmine\n{name}'
    assert inside(one, 'cat /etc/machine-id') != inside(copy, 'cat /etc/machine-id')
    assert inside(one, 'cat /etc/ssh/ssh_host_ed25519_key') == 'secret' and 'PRIVATE KEY' in inside(copy, 'cat /etc/ssh/ssh_host_ed25519_key')
    inside(copy, 'echo theirs >/var/mine')
    assert inside(one, 'cat /var/mine') == 'mine'
    inside(copy, 'mkdir -p /var/lib/dpkg; touch /var/lib/dpkg/status')
    service('stop', copy)
    refused([SERVICE, 'upgrade', '--base', first['id'], copy], 'var/lib/dpkg/status')
    assert second in run(['virt-lxc', 'dumpxml', one]).stdout
    service('base', 'delete', first['id'])
    assert [base['id'] for base in bases() if one in base['users']] == [second]


def systems_clone(systems, name):
    copy = f'{name}-copy'
    service('clone', name, copy)
    systems.made.append(copy)
    return copy


def archive(path, tree, *members):
    with tarfile.open(path, 'w:gz') as tar:
        tar.add(tree, '.')
        for name, kind, link, uid in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.uid = kind, link, uid
            info.devmajor, info.devminor = 8, 1
            tar.addfile(info, io.BytesIO())
    return str(path)


def test_archives(systems, tree, tmp_path, name, root):
    """What leads out of an archive, and devices, are refused, and nothing is left; nodes below /dev are left out."""
    good = archive(tmp_path / 'good.tar.gz', tree, ('./dev', tarfile.DIRTYPE, '', 0), ('./dev/sda1', tarfile.BLKTYPE, '', 0), ('var/run', tarfile.SYMTYPE, '/run', 0))
    made = systems('--os-from', good, '-N', 'none')
    base = next(base['id'] for base in bases() if made in base['users'])
    top = root / 'var/lib/libvirt-sandbox/bases' / base / 'root'
    assert not list((top / 'dev').iterdir()) and os.readlink(top / 'var/run') == '/run'
    before = bases()
    canary = tmp_path / 'canary'
    canary.mkdir()
    for what, members in {
            'absolute': [(f'{canary}/x', tarfile.REGTYPE, '', 0)],
            '..': [('etc/../../../x', tarfile.REGTYPE, '', 0)],
            'way': [('way', tarfile.SYMTYPE, str(canary), 0), ('way/x', tarfile.REGTYPE, '', 0)],
            'etc/disk': [('etc/disk', tarfile.BLKTYPE, '', 0)],
            'hard': [('etc/hard', tarfile.LNKTYPE, '/etc/shadow', 0)],
            'etc/far': [('etc/far', tarfile.REGTYPE, '', 100000)]}.items():
        bad = archive(tmp_path / 'bad.tar.gz', tree, *members)
        result = refused([SERVICE, 'create', '--os-from', bad, name])
        assert what in result.stderr, result.stderr
        assert not list(canary.iterdir())
    refused([SERVICE, 'create', '--os-from', str(canary), name], 'no init')
    (tmp_path / 'text').write_text('no archive')
    refused([SERVICE, 'create', '--os-from', str(tmp_path / 'text'), name])
    for wrong in (['--os', 'debian:bookworm', '--os-from', good], ['--os-from', good, '-u', 'x.service'], ['--os-from', good, '-C'],
                  ['--os', 'windows:11'], ['--os-from', good, '--arch', 's390x'], ['--os-from', good, '--memory', '1K'], ['--arch', 'i386', '--', 'true'], ['--root-readonly', '--', 'true']):
        refused([SERVICE, 'create', name, *wrong])
    assert bases() == before and not [path for path in (root / 'var/lib/libvirt-sandbox/bases').iterdir() if path.name.startswith('.new')]


def test_root_of_ones_own(tree, tmp_path, root):
    """A command sees that and nothing of the host's; it is resolved inside, and what cannot be written stays as it was."""
    top = tmp_path / 'root'
    shutil.copytree(tree, top, symlinks=True)
    sandbox = ['virt-sandbox', f'--root={top}']
    assert run([*sandbox, '--', 'sh', '-c', 'cat /etc/motd; ls /usr; id -u; echo new >/etc/new; ls -d /proc/1 /sys/class /dev/null /tmp']).stdout.split() == [
        'of', 'the', 'base', '0', '/dev/null', '/proc/1', '/sys/class', '/tmp']
    assert (top / 'etc/new').read_text() == 'new\n' and (top / 'etc/new').stat().st_uid == 0
    scratch = tmp_path / 'scratch'
    scratch.mkdir()
    (scratch / 'shadow').write_text('its own\n')
    done = run([*sandbox, '--root-readonly', '-m', f'host-bind:/scratch={scratch}', '-m', f'host-bind:/etc/motd={scratch}/shadow', '--', 'sh', '-c',
                'echo x >/scratch/written; cat /etc/motd; rm /etc/new'], check=False)
    assert done.returncode != 0 and 'Read-only file system' in done.stderr and done.stdout == 'its own\n'
    assert (scratch / 'written').exists() and (top / 'etc/new').exists() and (top / 'etc/motd').read_text() == 'of the base\n'
    # What is mounted below comes along, as read-only as the root; but not the host's root (the cookbook's cheat), nor what no container may write to.
    below = top / 'be low'
    below.mkdir()
    for what, options, words in ((scratch, [], None), (scratch, ['--root-readonly'], 'Read-only file system'), ('/', [], "the host's root is mounted at"),
                                 ('/', ['--root-readonly'], "the host's root is mounted at"), ('/usr', [], '/usr'), ('/usr', ['--root-readonly'], 'Read-only file system')):
        run(['mount', '--bind', what, below])
        try:
            done = run([*sandbox, *options, '--', 'touch', '/be low/touched'], check=False)
            assert words in done.stderr if words else done.returncode == 0, done.said
            if what == '/':
                refused(['virt-sandbox', '-m', f'host-bind:/srv={top}', '--', 'true'], "the host's root is mounted at")
        finally:
            run(['umount', below])
    assert (scratch / 'touched').exists() and not pathlib.Path('/touched').exists() and not pathlib.Path('/usr/touched').exists()
    (top / 'scratch').rmdir()
    (top / 'scratch').symlink_to('/proc')
    refused([*sandbox, '-m', f'host-bind:/scratch={scratch}', '--', 'true'], '/scratch')
    (top / 'sys').rmdir()
    (top / 'sys').symlink_to('/etc')
    refused([*sandbox, '--', 'true'], '/sys')
    refused(['virt-sandbox', '--root=/nowhere', '--', 'true'], '/nowhere')
    refused(['virt-sandbox', '--root=/', '--', 'true'], '--root')
    # The host's: as a user without rights sees it, and nothing can be written, wherever everybody may.
    everybody, secret = pathlib.Path('/mnt/everybody'), pathlib.Path('/mnt/secret')  # in a file system of its own
    everybody.mkdir()
    everybody.chmod(0o777)
    secret.touch(0o600)
    try:
        done = run(['virt-sandbox', '--root=host', '--', 'sh', '-c', f'stat -c %u /etc/passwd; cat {secret}; touch {everybody}/x; ls -A /tmp /run /var/tmp; '
                    'echo x >/tmp/y; cat /tmp/y'], check=False)
        assert done.stdout.split()[0] == '65534' and done.stdout.split()[-1] == 'x' and 'Permission denied' in done.stderr and 'Read-only' in done.stderr, done.said
        assert not list(everybody.iterdir())
    finally:
        everybody.rmdir()
        secret.unlink()
    refused([SERVICE, 'create', '--root=host', 'whole'], '--root host')


I386_INIT = r"""
static long call(long n, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "0"(n), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}

void _start(void)
{
	long inet[] = { 2, 1, 0 }; /* AF_INET, SOCK_STREAM */
	char names[6 * 65];
	long fd = call(5, (long)"/var/said", 0101, 0600); /* open */

	call(122, (long)names, 0, 0); /* uname */
	call(4, fd, (long)(names + 4 * 65), 4); /* write: the machine */
	call(4, fd, (long)(call(102, 1, (long)inet, 0) >= 0 ? " socketcall" : " no socket"), 11);
	call(4, fd, (long)(call(359, 40, 1, 0) == -97 ? " vsock: 97" : " vsock: ??"), 10);
	call(4, fd, (long)(call(128, 0, 0, 0) == -1 ? " module: 1" : " module: ?"), 10);
	for (;;)
		call(29, 0, 0, 0); /* pause */
}
"""


def build_i386(place, program):
    (place / 'init.c').write_text(I386_INIT)
    run(['gcc', '-m32', '-static', '-nostdlib', '-fno-pie', '-no-pie', '-fno-stack-protector', '-o', program, place / 'init.c'])


@pytest.mark.optional
@pytest.mark.skipif(os.uname().machine != 'x86_64', reason='i386 runs on amd64')
def test_i386(systems, tree, tmp_path, name, root):
    """A system of i386 programs runs when it is asked for, with our filter under its numbers; which kinds of sockets it makes cannot be seen, and create says so."""
    top = tmp_path / 'i386'
    shutil.copytree(tree, top, symlinks=True)
    (top / 'sbin/init').unlink()
    build_i386(tmp_path, top / 'sbin/init')
    refused([SERVICE, 'create', '--os-from', str(top), name], 'for i386, not for amd64', '--arch i386')
    refused([SERVICE, 'create', '--os-from', str(tree), '--arch', 'i386', name], 'for amd64, not for i386')
    refused([SERVICE, 'create', '--root', str(top), name], 'for i386, not for amd64')
    said = service('create', '--os-from', str(top), '--arch', 'i386', '-N', 'none', name)
    systems.made.append(name)
    assert 'socketcall' in said.said, said.said
    base = next(base for base in bases() if name in base['users'])
    assert base['arch'] == 'i386'
    service('start', name)
    found = root / 'var/lib/libvirt/filesystems' / name / 'upper/var/said'
    wait_for(lambda: found.exists() and 'module' in found.read_text(), 'the init has said what it could do')
    assert found.read_text() == 'i686 socketcall vsock: 97 module: 1'
    assert inside(name, 'id -u') == '0'
    other = systems('--os-from', str(tree), '-N', 'none')
    service('stop', '--time', '0', name)
    refused([SERVICE, 'upgrade', '--base', next(base['id'] for base in bases() if other in base['users']), name], 'i386', 'amd64')


@pytest.mark.optional
@pytest.mark.skipif(os.uname().machine != 'x86_64', reason='i386 runs on amd64')
def test_i386_domain(place, tmp_path, name):
    """The same of a libvirt document that says so. The control: without it, its first call ends it."""
    for directory in ('sbin', 'var'):
        (place / directory).mkdir()
    build_i386(tmp_path, place / 'sbin/init')
    path, found = tmp_path / 'domain.xml', place / 'var/said'
    text = hello(name, devices=f"<filesystem><source dir='{place}'/><target dir='/'/></filesystem>", init='/sbin/init')
    path.write_text(text)
    run(['virt-lxc', 'create', path], check=False)
    wait_for(lambda: run(['virt-lxc', 'list', '--all', '--name']).stdout.strip() == '', 'the domain has ended')
    assert not found.exists()
    path.write_text(text.replace('<type>', "<type arch='aarch64'>"))
    refused(['virt-lxc', '-q', 'create', path], 'line 4', 'aarch64', 'x86_64')
    path.write_text(text.replace('<type>', "<type arch='i686'>"))
    assert 'socketcall' in run(['virt-lxc', 'create', path]).stderr
    try:
        wait_for(lambda: found.exists() and 'module' in found.read_text(), 'the init has said what it could do')
        assert found.read_text() == 'i686 socketcall vsock: 97 module: 1'
    finally:
        run(['virt-lxc', 'destroy', name])


def image_of(top, path):
    run(['mkfs.ext4', '-q', '-m0', '-d', top, path, '32M'])
    return path


def test_root_in_an_image(systems, tree, tmp_path, name):
    """A command and a system run in it, what they write is in it, and it is one container's at a time unless it is read-only."""
    image = image_of(tree, tmp_path / 'root.img')
    sandbox = ['virt-sandbox', f'--root={image}']
    assert run([*sandbox, '--', 'sh', '-c', 'cat /etc/motd; ls /usr; id -u; echo new >/etc/new; stat -c %u /etc/new']).stdout.split() == ['of', 'the', 'base', '0', '0']
    done = run([*sandbox, '--root-readonly', '--', 'sh', '-c', 'cat /etc/new; rm /etc/new'], check=False)
    assert done.stdout == 'new\n' and 'Read-only file system' in done.stderr
    one = systems(f'--root={image}', '-N', 'none')
    service('start', one)
    inside(one, 'echo of the system >/etc/motd')
    assert 'nosuid' not in next(line for line in inside(one, 'cat /proc/mounts').splitlines() if ' / ' in line), 'its su works'
    refused([*sandbox, '--', 'true'], str(image), 'in use')
    service('stop', one)
    assert run([*sandbox, '--root-readonly', '--', 'cat', '/etc/motd']).stdout == 'of the system\n'
    run(['e2fsck', '-fn', image])
    wait_for(lambda: not run(['losetup', '-j', image]).stdout, 'the image is free', 10)

    # Nothing that could be one: told at create where it is a system, else at the start.
    empty = tmp_path / 'empty'
    empty.mkdir()
    refused([SERVICE, 'create', f'--root={image_of(empty, tmp_path / "empty.img")}', name], 'no init')
    (tmp_path / 'text').write_text('no file system')
    for what in [SERVICE, 'create', f'--root={tmp_path}/text', name], ['virt-sandbox', f'--root={tmp_path}/text', '--', 'true']:
        refused(what, 'no file system that can be mounted')
    with open(tmp_path / 'text', 'r+b') as disk:
        disk.truncate(1 << 20)
        disk.seek(510)
        disk.write(b'\x55\xaa')
    refused(['virt-sandbox', f'--root={tmp_path}/text', '--', 'true'], 'partitions', 'losetup -P')


def test_one_root_for_all(systems, tree, tmp_path):
    """The cookbook's closing advice: one minimal root that nobody writes to; /scratch, /lib and /etc/shadow of each are its own."""
    top = tmp_path / 'minimal'
    shutil.copytree(tree, top, symlinks=True)
    for name in 'lib', 'dev', 'proc', 'sys', 'run', 'tmp', 'scratch':  # so that nothing is to be made in it
        (top / name).mkdir(exist_ok=True)
    (top / 'lib/which').write_text('of all\n')
    (top / 'etc/shadow').write_text('root:*:0:0:99999:7:::\n')
    before = run(f'cd {top} && find . | sort && cat etc/shadow lib/which').stdout

    def make(name):
        own = tmp_path / name
        shutil.copytree(top / 'lib', own / 'lib', symlinks=True)
        (own / 'lib/which').write_text(f'of {name}\n')
        (own / 'shadow').write_text(f'root:{name}:0:0:99999:7:::\n')
        # As the cookbook binds them: from what is at /scratch inside.
        return systems(f'--root={top}', '--root-readonly', '-N', 'none', '-m', f'host-bind:/scratch={own}', '-m', 'guest-bind:/lib=/scratch/lib',
                       '-m', 'guest-bind:/etc/shadow=/scratch/shadow', '--', '/bin/sh', '-c', 'echo $$ >/scratch/pid; exec sleep 1000')

    one, two = make('one'), make('two')
    service('start', one, two)
    for which, name in ('one', one), ('two', two):
        wait_for((tmp_path / which / 'pid').exists, 'its command wrote into its own /scratch')
        assert inside(name, 'cat /lib/which /etc/shadow') == f'of {which}\nroot:{which}:0:0:99999:7:::'
        inside(name, 'echo mine >/lib/new; echo user:x:1::::: >>/etc/shadow')
        assert (tmp_path / which / 'lib/new').read_text() == 'mine\n' and 'user:x' in (tmp_path / which / 'shadow').read_text()
        for path in '/etc/motd', '/new', '/var/new':
            assert 'Read-only file system' in service('execute', name, '--', '/bin/sh', '-c', f'echo x >{path}', check=False).stderr
    assert before == run(f'cd {top} && find . | sort && cat etc/shadow lib/which').stdout


def test_devices_and_shares():
    """A device has its own name and owner inside; read-only, not even root writes to it."""
    sandbox = ['virt-sandbox', '--device=/dev/full:/dev/mine']
    assert run([*sandbox, '--', 'stat', '-c', '%t:%T %u', '/dev/mine']).stdout.strip() == '1:7 0'
    assert 'rror' in run([*sandbox, '--', 'sh', '-c', 'echo x >/dev/mine'], check=False).stderr
    raw = ['--', 'sh', '-c', 'grep CapEff /proc/self/status']
    without, given = (int(run(['virt-sandbox', *options, *raw]).stdout.split()[1], 16) for options in ([], ['--capability=CAP_NET_RAW']))
    assert given == without | 1 << 13 and not without >> 13 & 1
    refused(['virt-sandbox', '--capability=CAP_SYS_ADMIN', '--', 'true'], 'CAP_SYS_ADMIN')
    for wrong in ('/etc/passwd', '/dev/../etc/x', '/dev/nowhere', '/dev/full:/etc/x', '/dev/full:/dev/x:w'):
        refused(['virt-sandbox', f'--device={wrong}', '--', 'true'], wrong.split(':')[0])
    for wrong in ('--cpuset=3-1', '--cpuset=a', '--cpu-weight=0', '--swap=lots'):
        refused(['virt-sandbox', wrong, '--', 'true'])
    plan = run(['virt-sandbox', '--dry-run', '--cpuset=0', '--cpu-weight=50', '--swap=0', '--device=/dev/full:/dev/x:r', '--', 'true']).stdout
    for words in ('cpuset.cpus', 'cpu.weight', 'memory.swap.max', 'device-rule'):
        assert words in plan


def test_installation(systems, tree, tmp_path, name, root):
    """mmdebstrap is told what was asked for, once; the next container has the same base; what it says is told when it fails."""
    fake, log = tmp_path / 'mmdebstrap', tmp_path / 'log'
    with tarfile.open(tmp_path / 'system.tar', 'w') as tar:
        tar.add(tree, '.')
    fake.write_text(f"""#!/bin/sh
echo "$http_proxy $@" >>{log}
for last; do :; done
case "$*" in
*nowhere*) printf 'I: so far\\nE: no such suite\\nE: mmdebstrap failed\\n' >&2; exit 25 ;;
*slow*) echo 'I: installing essential packages...' >&2; exec sleep 1000 ;;
esac
cp {tmp_path}/system.tar "$last"
""")
    fake.chmod(0o755)
    program = shutil.which('mmdebstrap')
    if not program:
        pytest.skip('mmdebstrap is not installed')
    run(['mount', '--bind', str(fake), program])
    try:
        one, two = systems('--os', 'debian:bookworm', '-N', 'none'), systems('--os', 'debian:bookworm', '-N', 'none')
        assert log.read_text().count('bookworm') == 1 and 'systemd-sysv' in log.read_text()
        refused([SERVICE, 'create', '--os', 'debian:nowhere', name], 'status 25: no such suite', env={**os.environ, 'http_proxy': 'http://proxy:3142'})
        assert 'http://proxy:3142 ' in log.read_text()
        service('base', 'create', '--os', 'debian:bookworm')
        assert log.read_text().count('bookworm') == 2
        # What it does is shown at a terminal, and ^C leaves nothing.
        before = sorted(os.listdir(root / 'var/lib/libvirt-sandbox/bases'))
        for end in '\x03', signal.SIGTERM:
            terminal = Terminal([SERVICE, 'create', '--os', 'debian:slow', name])
            terminal.expect('installing essential packages')
            terminal.type(end) if isinstance(end, str) else os.kill(terminal.pid, end)
            assert terminal.end() == 1 and 'interrupted' in terminal.shown
            assert sorted(os.listdir(root / 'var/lib/libvirt-sandbox/bases')) == before and not (root / 'var/lib/libvirt/filesystems' / name).exists()
    finally:
        run(['umount', program])
    assert [sorted(base['users']) for base in bases() if base['users']] == [sorted([one, two])]

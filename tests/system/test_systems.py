# SPDX-License-Identifier: LGPL-2.1-or-later
"""Full systems (--os-from), their bases, and roots of the administrator's own (--root): a root of busybox, made here."""
import io
import json
import os
import pathlib
import re
import shutil
import tarfile

import pytest

from harness import refused, run, wait_for

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
        service('create', *options, name, timeout=120)
        made.append(name)
        return name

    make.made = made
    yield make
    for name in made:
        service('stop', '--time', '0', name, check=False)
        service('delete', name, check=False)


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
                  ['--os', 'windows:11'], ['--os-from', good, '--arch', 's390x'], ['--arch', 'i386', '--', 'true'], ['--root-readonly', '--', 'true']):
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


def test_installation(systems, tree, tmp_path, name):
    """mmdebstrap is told what was asked for, once; the next container has the same base; what it says is told when it fails."""
    fake, log = tmp_path / 'mmdebstrap', tmp_path / 'log'
    with tarfile.open(tmp_path / 'system.tar', 'w') as tar:
        tar.add(tree, '.')
    fake.write_text(f'#!/bin/sh\necho "$@" >>{log}\nfor last; do :; done\ncase "$*" in *nowhere*) echo E: no such suite >&2; exit 25 ;; esac\ncp {tmp_path}/system.tar "$last"\n')
    fake.chmod(0o755)
    program = shutil.which('mmdebstrap')
    if not program:
        pytest.skip('mmdebstrap is not installed')
    run(['mount', '--bind', str(fake), program])
    try:
        one, two = systems('--os', 'debian:bookworm', '-N', 'none'), systems('--os', 'debian:bookworm', '-N', 'none')
        assert log.read_text().count('bookworm') == 1 and 'systemd-sysv' in log.read_text()
        refused([SERVICE, 'create', '--os', 'debian:nowhere', name], 'no such suite')
        service('base', 'create', '--os', 'debian:bookworm')
        assert log.read_text().count('bookworm') == 2
    finally:
        run(['umount', program])
    assert [sorted(base['users']) for base in bases() if base['users']] == [sorted([one, two])]

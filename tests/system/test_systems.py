# SPDX-License-Identifier: LGPL-2.1-or-later
"""Full systems (--os-from), their bases, and roots of the administrator's own (--root): a root of busybox, made here."""
import io
import json
import os
import pathlib
import re
import shutil
import tarfile
import time

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

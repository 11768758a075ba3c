# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files go into a container and come out of it: cp, while it runs and when it does not."""
import os
import pathlib
import signal
import stat
import struct
import subprocess

import pytest

from harness import refused, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_outcome import listed
from test_units import SERVICE, inside

ACL = 'system.posix_acl_access'


def acl_of(user):
    """u::rw-, u:USER:r--, g::r--, m::r--, o::---"""
    none = 0xffffffff
    rows = ((1, 6, none), (2, 4, user), (4, 4, none), (16, 4, none), (32, 0, none))
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *row) for row in rows)


def cp(*words, **options):
    return run([SERVICE, 'cp', *words], **options)


@pytest.fixture
def tree(tmp_path):
    """A directory of the host with all kinds of files that are copied."""
    top = tmp_path / 'site'
    (top / 'sub').mkdir(parents=True)
    (top / 'index').write_text('hello\n')
    (top / 'index').chmod(0o640)
    os.chown(top / 'index', 33, 33)
    (top / 'sub/link').symlink_to('/etc/shadow')
    with open(top / 'sub/sparse', 'wb') as sparse:
        sparse.truncate(64 << 20)
        sparse.seek(32 << 20)
        sparse.write(b'middle')
    os.setxattr(top / 'index', 'user.note', b'kept')
    os.setxattr(top / 'index', ACL, acl_of(7))
    os.utime(top / 'index', (1_000_000_000, 1_000_000_000))
    os.chown(top / 'sub/sparse', 200000, 200000)
    return top


def check_tree(place, base=0):
    index, sparse = (place / 'index').lstat(), (place / 'sub/sparse').lstat()
    assert (place / 'index').read_text() == 'hello\n' and index.st_mtime == 1_000_000_000
    assert (index.st_uid, index.st_gid, stat.S_IMODE(index.st_mode)) == (base + 33, base + 33, 0o640)
    assert (sparse.st_uid, sparse.st_gid) == (base, base), 'what no container has is root\'s'
    assert sparse.st_size == 64 << 20 and sparse.st_blocks * 512 < 4 << 20
    assert (place / 'sub/sparse').read_bytes()[32 << 20:][:6] == b'middle'
    assert os.readlink(place / 'sub/link') == '/etc/shadow'
    assert os.getxattr(place / 'index', 'user.note') == b'kept'


@pytest.fixture
def container(command, names, root, request):  # noqa: F811 (fixture)
    """(name, its root as a path of the host, the number of its root on the host, its tree)"""
    if request.param == 'running':
        name = command('sleep', 'infinity')
        pid = listed(name)['pid']
        base = int(pathlib.Path(f'/proc/{pid}/uid_map').read_text().split()[1])
        yield name, pathlib.Path(f'/proc/{pid}/root'), base
        return
    name = names()
    image = ['-i', '96M'] if request.param == 'image' else []
    run([SERVICE, 'create', *image, name, '--', '/bin/sleep', 'infinity'])
    yield name, root / 'var/lib/libvirt/filesystems' / name, 0
    run([SERVICE, 'delete', name])


EVERY = pytest.mark.parametrize('container', ['running', 'stopped', 'image'], indirect=True)


@EVERY
def test_in_and_out(container, tree, tmp_path):
    name, place, base = container
    image = not (place / 'var').exists()
    cp(str(tree), f'{name}:/srv')
    if not image:
        check_tree(place / 'srv/site', base)
        assert os.getxattr(place / 'srv/site/index', ACL) == acl_of(base + 7)
    cp(f'{name}:/srv/site', str(tmp_path / 'out'))
    check_tree(tmp_path / 'out')
    assert os.getxattr(tmp_path / 'out/index', ACL) == acl_of(7)
    # a directory that is there is filled, a file is replaced, a link is replaced and not followed
    victim = tmp_path / 'victim'
    victim.write_text('the host\'s\n')
    (tmp_path / 'out/index').unlink()
    (tmp_path / 'out/index').symlink_to(victim)
    (tmp_path / 'out/own').write_text('stays\n')
    cp(f'{name}:/srv/site/.', str(tmp_path / 'out'))
    check_tree(tmp_path / 'out')
    assert victim.read_text() == 'the host\'s\n' and (tmp_path / 'out/own').read_text() == 'stays\n'
    # names
    cp(f'{name}:/srv/site/index', str(tmp_path / 'other'))
    assert (tmp_path / 'other').read_text() == 'hello\n'
    refused([SERVICE, 'cp', f'{name}:/srv/site/index', f'{tmp_path}/nosuch/'], 'cannot copy to', 'nosuch')
    refused([SERVICE, 'cp', f'{name}:/nosuch', tmp_path], f'cannot copy {name}:/nosuch: No such file')
    refused([SERVICE, 'cp', f'{name}:srv', tmp_path], 'a path inside begins with a slash')
    refused([SERVICE, 'cp', 'no-such:/srv', tmp_path], 'container no-such does not exist')
    assert run([SERVICE, 'cp', '/etc/hosts', '/tmp/x'], check=False).returncode == 2


@EVERY
def test_nothing_leads_out(container, tmp_path):
    """Links inside lead where they lead inside; what is no file, and programs with rights, stay."""
    name, place, base = container
    image = not (place / 'var').exists()
    secret = tmp_path / 'secret'
    secret.write_text('the host\'s\n')
    evil = tmp_path / 'evil'
    evil.mkdir()
    (evil / 'up').symlink_to('../../../../../../../../../../' + str(secret))
    (evil / 'dir').symlink_to(tmp_path)
    (evil / 'etc').symlink_to('/etc')
    cp(str(evil), f'{name}:/srv')
    refused([SERVICE, 'cp', '-L', f'{name}:/srv/evil/up', tmp_path / 'out'], 'No such file')
    refused([SERVICE, 'cp', f'{name}:/srv/evil/dir/secret', tmp_path / 'out'], 'No such file')
    cp(f'{name}:/srv/evil/etc/hostname', str(tmp_path / 'hostname'))
    assert (tmp_path / 'hostname').read_text() != pathlib.Path('/etc/hostname').read_text()
    # a link that is there already is no directory to be filled
    (tmp_path / 'd').mkdir()
    cp(f'{name}:/srv/evil', str(tmp_path / 'd'))
    trap = tmp_path / 'trap/evil/dir'
    trap.mkdir(parents=True)
    (trap / 'secret').write_text('mine\n')
    cp(str(tmp_path / 'trap/evil'), f'{name}:/root')
    refused([SERVICE, 'cp', f'{name}:/root/evil', tmp_path / 'd'], 'cannot replace dir')
    assert secret.read_text() == 'the host\'s\n'
    assert not [path for path in tmp_path.rglob('.virt-sandbox-cp*')]
    for word, make in (('a setuid program', lambda path: (path.write_text('x'), path.chmod(0o4755))),
                       ('a setgid program', lambda path: (path.write_text('x'), path.chmod(0o2755))),
                       ('a pipe', os.mkfifo), ('a device', lambda path: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3)))):
        odd = tmp_path / f'odd-{word.split()[1]}'
        odd.mkdir()
        (odd / 'fine').write_text('fine\n')
        make(odd / 'thing')
        refused([SERVICE, 'cp', odd, f'{name}:/srv'], f'cannot copy thing: it is {word}; --skip-special')
        said = cp('--skip-special', str(odd), f'{name}:/srv').stdout
        assert said == f'Left out thing: it is {word}\n'
        cp(f'{name}:/srv/{odd.name}', str(tmp_path / f'back-{odd.name}'))
        assert os.listdir(tmp_path / f'back-{odd.name}') == ['fine']
    if not image:
        os.chown(place / 'srv/odd-setuid/fine', base, base)
        (place / 'srv/odd-setuid/fine').chmod(0o4755)
        refused([SERVICE, 'cp', f'{name}:/srv/odd-setuid', tmp_path / 'never'], 'it is a setuid program')
        assert not (tmp_path / 'never').exists()


@pytest.mark.parametrize('container', ['running'], indirect=True)
def test_running(container, tmp_path):
    """What only a container that runs has; who root inside is owns what comes; the kernel's files stay."""
    name, _, _ = container
    (tmp_path / 'note').write_text('note\n')
    cp(str(tmp_path / 'note'), f'{name}:/tmp/')
    assert inside(name, 'stat', '-c', '%u:%g', '/tmp/note').stdout == '0:0\n'
    inside(name, 'sh', '-c', 'echo made > /run/made')
    cp(f'{name}:/run/made', str(tmp_path / 'made'))
    assert (tmp_path / 'made').read_text() == 'made\n' and (tmp_path / 'made').stat().st_uid == 0
    refused([SERVICE, 'cp', f'{name}:/proc/self/status', tmp_path], 'cannot copy')
    refused([SERVICE, 'cp', f'{name}:/proc/version', tmp_path], 'a file system of the kernel')
    refused([SERVICE, 'cp', tmp_path / 'note', f'{name}:/usr/share/'], 'Read-only file system')


@pytest.mark.parametrize('container', ['stopped'], indirect=True)
def test_interrupted_and_too_large(container, tmp_path):
    name, place, _ = container
    refused([SERVICE, 'cp', '/etc/hosts', f'{name}:/new'], 'the root of a container is read-only')
    refused([SERVICE, 'cp', f'{name}:/usr/bin/env', tmp_path], 'No such file or directory; it does not run')
    small = tmp_path / 'small'
    small.mkdir()
    run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small])
    (place / 'srv/big').write_bytes(b'x' * (8 << 20))
    try:
        refused([SERVICE, 'cp', f'{name}:/srv/big', small], 'are needed, and')
        assert not list(small.iterdir())
    finally:
        run(['umount', small])
    many = tmp_path / 'many'
    for i in range(200):
        (many / f'{i}').mkdir(parents=True)
        for j in range(100):
            (many / f'{i}/{j}').write_text('x')
    copying = subprocess.Popen([SERVICE, 'cp', many, f'{name}:/srv'], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list((place / 'srv').glob('.virt-sandbox-cp.*/1*')) or copying.poll() is not None, 'it has begun')
    copying.send_signal(signal.SIGINT)
    _, said = copying.communicate(timeout=60)
    assert copying.returncode == 1 and 'interrupted' in said
    assert sorted(path.name for path in (place / 'srv').iterdir()) == ['big']

# SPDX-License-Identifier: LGPL-2.1-or-later
"""A container as a file: what is in it comes back with a new identity; what anybody else may have put into such a file is refused, and nothing is made."""
import hashlib
import io
import json
import os
import pathlib
import signal
import struct
import subprocess
import tarfile
import time

import pytest

import isolation
from harness import SOURCE, run
from isolation import forget_killed_sandboxes

SERVICE = 'virt-sandbox-service'
UNIT = 'apache2.service'
# setfacl -m u:7:r: version, then tag, rights and id of each entry (linux/posix_acl_xattr.h).
ACL = struct.pack('<I' + 5 * 'HHI', 2, 1, 6, 2**32 - 1, 2, 4, 7, 4, 4, 2**32 - 1, 16, 4, 2**32 - 1, 32, 4, 2**32 - 1)

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)


def fill(tree):
    """What a service leaves, and a copy loses easily."""
    data = tree / 'var/lib/data'
    data.mkdir()
    data.chmod(0o2750)
    (data / 'text').write_text('kept\n')
    os.chown(data / 'text', 33, 1000)
    os.setxattr(data / 'text', 'user.note', b'kept')
    os.setxattr(data / 'text', 'system.posix_acl_access', ACL)
    with open(data / 'holes', 'wb') as file:
        file.truncate(1 << 30)
        file.write(b'begin')
    os.link(data / 'text', data / 'same')
    (data / 'link').symlink_to('/etc/nowhere')
    os.utime(data / 'text', ns=(10**18, 10**18 + 5))


def check(tree):
    data = tree / 'var/lib/data'
    text, holes = (data / 'text').stat(), (data / 'holes').stat()
    assert (data / 'text').read_text() == 'kept\n' and (text.st_uid, text.st_gid, text.st_nlink) == (33, 1000, 2)
    assert text.st_mtime_ns == 10**18 + 5 and data.stat().st_mode & 0o7777 == 0o2750
    assert os.getxattr(data / 'text', 'user.note') == b'kept'
    assert os.getxattr(data / 'text', 'system.posix_acl_access') == ACL
    assert holes.st_size == 1 << 30 and holes.st_blocks < 1000
    assert os.readlink(data / 'link') == '/etc/nowhere'


@pytest.fixture
def made(names, root, tmp_path):
    """(name, other name, trees, a place for files); what is made is removed."""
    name, other = names(), names()
    run([SERVICE, 'create', '-C', '-u', UNIT, name], timeout=120)
    trees = root / 'var/lib/libvirt/filesystems'
    fill(trees / name)
    yield name, other, trees, tmp_path
    isolation.remove(name, other)



def test_backup_page(made, root):
    """The commands of docs/BACKUP.md as they are printed; before the files of the host come back, all is gone."""
    name, other, trees, place = made
    page = (SOURCE / 'docs/BACKUP.md').read_text()
    lines = [line[4:] for line in page.splitlines() if line.startswith('    ')]
    assert len(lines) == 10, 'what is printed is run here'
    tree = (trees / name).stat()
    run([SERVICE, 'start', name])
    for line in lines:
        if line.startswith('tar '):
            for one in (name, other):
                run([SERVICE, 'stop', '-t', '0', one], check=False)
        if '--extract' in line:
            run([SERVICE, 'delete', name, other])
            assert not (trees / name).exists()
        words = line.replace("'*'", '*').replace('/backup', str(place)).replace('web1-running', 'running').split()
        words = [{'web1': name, 'web2': other}.get(word, word) for word in words]
        run([f'{root}{word}' if word.startswith(('/etc/', '/var/')) else word for word in words], timeout=120)
    check(trees / name)
    assert (trees / name).stat().st_uid == tree.st_uid and json.loads(run([SERVICE, 'inspect', name]).stdout)['state']['phase'] == 'running'


def test_there_and_back(made, root):
    name, other, trees, place = made
    file = place / 'web.vsb'
    said = run([SERVICE, 'export', name, file]).stdout
    assert str(file) in said and file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        assert tar.getnames() == ['virt-sandbox-export', 'container.sandbox', 'tree.tar.zst']
        head = tar.extractfile('virt-sandbox-export').read().decode()
    assert '\npackage apache2 ' in head
    assert 'exists already' in run([SERVICE, 'export', name, file], check=False).stderr
    assert json.loads(run([SERVICE, 'import', '--dry-run', '--json', file, other]).stdout) == []
    for words in ([], ['--dry-run']):
        assert 'exists already' in run([SERVICE, 'import', *words, file], check=False).stderr
    run([SERVICE, 'import', file, other], timeout=120)
    check(trees / other)
    ids = [(trees / one / 'etc/machine-id').read_text() for one in (name, other)]
    assert ids[0] != ids[1] and (trees / other / 'etc/hostname').read_text() == f'{other}\n'
    run([SERVICE, 'start', name])
    run([SERVICE, 'start', other])
    assert 'is running; stop it first' in run([SERVICE, 'export', name, place / 'two'], check=False).stderr
    run([SERVICE, 'export', '--pause', name, place / 'two'])
    states = {info['name']: info['state'] for info in json.loads(run([SERVICE, 'list', '--json']).stdout)}
    assert states[name] == states[other] == 'running', states
    assert not list((root / 'var/lib/virt-sandbox').glob('bases/.*'))


def pack(place, change=None, description=None, members=(), **head):
    """An export as somebody else would write it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode='w', format=tarfile.PAX_FORMAT) as tar:
        for directory in DIRECTORIES:
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for entry in members:
            tar.addfile(entry, io.BytesIO(b'x' * entry.size))
    data = content.getvalue()
    packed = subprocess.run(['zstd', '-q', '-c'], input=data, capture_output=True, check=True).stdout
    values = {'name': 'stranger', 'version': '0.1.1', 'machine': os.uname().machine, 'system': 'Debian', 'size': len(data),
              'entries': len(DIRECTORIES) + len(members), 'sha256': hashlib.sha256(packed).hexdigest(), **head}
    text = 'virt-sandbox-export 1\n' + ''.join(f'{key} {value}\n' for key, value in values.items()) + (change or '')
    file = place / 'stranger.vsb'
    with tarfile.open(file, 'w', format=tarfile.USTAR_FORMAT) as tar:
        for name, value in (('virt-sandbox-export', text.encode()), ('container.sandbox', description.encode()), ('tree.tar.zst', packed)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(value), 0o600
            tar.addfile(entry, io.BytesIO(value))
    return file


def member(name, kind=tarfile.REGTYPE, **values):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, 0o644
    for key, value in values.items():
        setattr(entry, key, value)
    return entry


# As setcap cap_net_raw=ep, of revision 2 (linux/capability.h).
CAPABILITY = struct.pack('<IIIII', 0x02000001, 1 << 13, 0, 0, 0)
CAPABLE = {'SCHILY.xattr.security.capability': CAPABILITY.decode()}
DIRECTORIES = ('.', './etc', './var', './var/lib', './var/lib/dbus')
PLAIN = '[core]\nname=stranger\n[service]\nunits=apache2.service\n'
HOSTILE = {
    'absolute': ({'members': [member('/etc/passwd')]}, 'absolute names'),
    'dots': ({'members': [member('./etc/../../../x')]}, '".."'),
    'link out and through it': ({'members': [member('./etc/out', tarfile.SYMTYPE, linkname='/mnt/say'), member('./etc/out/err')]}, 'Cannot open'),
    'hard link out': ({'members': [member('./etc/x', tarfile.LNKTYPE, linkname='/etc/passwd')]}, 'hard link targets'),
    'device': ({'members': [member('./var/sda', tarfile.BLKTYPE, devmajor=8)]}, 'Cannot mknod'),
    'whiteout': ({'members': [member('./var/null', tarfile.CHRTYPE, devmajor=0, devminor=0)]}, 'is a device'),
    'set-user-id': ({'members': [member('./var/sh', mode=0o4755)]}, 'set-user-id'),
    'file capabilities': ({'members': [member('./var/sh', pax_headers=CAPABLE)]}, 'file capabilities'),
    'owner': ({'members': [member('./var/x', uid=70000)]}, 'Cannot change ownership'),
    'more than its head says': ({'members': [member('./var/x', size=100000)], 'size': 20480}, 'Unexpected EOF'),
    'less than its head says': ({'size': 999999}, 'does not match its header'),
    'more files than its head says': ({'members': [member(f'./var/{i}') for i in range(50)], 'entries': 4}, 'does not match its header'),
    'all of the disk': ({'size': 1 << 60}, 'room'),
    'other content': ({'sha256': '0' * 64}, 'checksum'),
    'head': ({'change': 'surprise yes\n'}, 'header is invalid'),
    'name': ({'name': '../x'}, 'container name'),
    'key': ({'description': PLAIN + '[mystery]\nx=y\n'}, 'mystery'),
    'mount': ({'description': PLAIN + '[mount]\nentry=host-bind:/mnt=/etc\n'}, '--trust'),
    'device of the host': ({'description': PLAIN + '[security]\ndevice=/dev/null\n'}, '/dev/null'),
    'network': ({'description': PLAIN + '[network]\ninterface=host\n'}, '--trust'),
    'secrets': ({'description': PLAIN + '[content]\nwith=/etc/shadow\n'}, '--trust'),
    'system': ({'description': '[core]\nname=stranger\n[system]\nos=debian:bookworm\nbase=' + 64 * '0' + '\n'}, 'root of its own'),
}


@pytest.mark.parametrize('case', HOSTILE)
def test_hostile_file(case, tmp_path, root):
    what, words = HOSTILE[case]
    file = pack(tmp_path, **{'description': PLAIN, **what})
    result = run([SERVICE, 'import', file], check=False, timeout=60)
    assert result.returncode == 1 and 'cannot import' in result.stderr and words in result.stderr, result.said
    assert 'stranger' not in run([SERVICE, 'list', '--json']).stdout
    assert not (root / 'var/lib/libvirt/filesystems/stranger').exists()
    assert not list((root / 'var/lib/libvirt-sandbox/bases').glob('.new.*')), 'nothing is left of the unpacked content'


def test_the_same_file_without_what_is_hostile(tmp_path, names, root):
    """The control of the cases above; and what --trust allows."""
    name = names()
    members = [member('./var/fine', size=5), member('./var/link', tarfile.SYMTYPE, linkname='fine')]
    run([SERVICE, 'import', pack(tmp_path, description=PLAIN, members=members, change='package no-such-package 1\n'), name], timeout=60)
    assert (root / 'var/lib/libvirt/filesystems' / name / 'var/fine').read_text() == 'xxxxx'
    run([SERVICE, 'delete', name])
    file = pack(tmp_path, description=PLAIN + '[mount]\nentry=host-bind:/mnt=/srv\n', members=[
        member('./var/sh', mode=0o4755), member('./var/ping', mode=0o755, pax_headers=CAPABLE)])
    assert run([SERVICE, 'import', '--dry-run', file, name], check=False).returncode == 1
    run([SERVICE, 'import', '--trust', file, name], timeout=60)
    assert os.getxattr(root / 'var/lib/libvirt/filesystems' / name / 'var/ping', 'security.capability') == CAPABILITY
    run([SERVICE, 'delete', name])


def test_killed_import(made, root):
    """Whenever it is killed, the next command leaves nothing of it."""
    name, other, trees, place = made
    file = place / 'web.vsb'
    run([SERVICE, 'export', name, file])
    begin = time.monotonic()
    run([SERVICE, 'import', file, other], timeout=120)
    took = time.monotonic() - begin
    for part in (0.2, 0.5, 0.8):
        run([SERVICE, 'delete', other])
        program = subprocess.Popen([SERVICE, 'import', file, other], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            program.wait(took * part)
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGKILL)
            program.wait()
        run([SERVICE, 'import', '--dry-run', file, name + 'x'])
        whole = f'"{other}"' in run([SERVICE, 'list', '--json']).stdout  # it may have been done
        assert whole == (trees / other).exists() and (whole or program.returncode)
        if not whole:
            run([SERVICE, 'import', file, other], timeout=120)
    check(trees / other)
    forget_killed_sandboxes(root)

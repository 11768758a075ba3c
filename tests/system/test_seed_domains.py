# SPDX-License-Identifier: LGPL-2.1-or-later
"""The post that showed libvirt's LXC driver first, replayed with virt-lxc.

The post names the private root /export/helloworld, /root/helloworld and /export/helloworld/root in turn; here it is the last everywhere, as in its final
example. The host's /etc/httpd and /var/www, which it mounts over on the host's root, are made in this session's own mount namespace.
"""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from harness import PREFIX, run, wait_for
from terminal import Terminal
from test_virt_lxc import UUID, fails, hello, said, virt

APPLETS = 'ls cat rm find ps echo date kill sleep true false test pwd sh which grep head wget'.split()
NAME = f'{PREFIX}helloworld'  # cgroups are the host's: another session may run this very test


def mount(source, target):
    return f"""
    <filesystem type='mount'>
      <source dir='{source}'/>
      <target dir='{target}'/>
    </filesystem>"""


@pytest.fixture
def export(tmp_path):
    """/export/helloworld, in which everybody may look."""
    base = pathlib.Path(run(['mktemp', '-d', '/var/tmp/vsb-export.XXXXXX']).stdout.strip())
    base.chmod(0o755)
    for directory in ('config', 'data'):
        (base / directory).mkdir()
    (base / 'config/hello.txt').touch()
    (base / 'data/world.txt').touch()
    yield base
    shutil.rmtree(base)


@pytest.fixture
def busybox(export):
    """The simplest possible private root."""
    root = export / 'root'
    for directory in ('bin', 'var/www', 'etc/httpd'):
        (root / directory).mkdir(parents=True)
    shutil.copy(shutil.which('busybox'), root / 'bin/busybox')
    for applet in APPLETS:
        (root / 'bin' / applet).symlink_to('busybox')
    return root


@pytest.fixture
def define(tmp_path):
    """A function that defines the domain by a document with these devices; gone after the test."""
    path = tmp_path / 'helloworld.xml'

    def write(devices='', more='', process=()):
        path.write_text(hello(NAME, devices=devices, more=more, process=process))
        assert said('define', str(path)) == f"Domain '{NAME}' defined from {path}\n"
        return path

    yield write
    virt('destroy', NAME, check=False)
    virt('undefine', NAME, check=False)


class Console(Terminal):
    """virsh console, at a shell's prompt."""

    def __init__(self):
        super().__init__(['virt-lxc', 'console', NAME])
        self.expect(f"Connected to domain '{NAME}'\r\nEscape character is ^] (Ctrl + ])\r\n")
        self.run('true')

    def run(self, command):
        """What the command says, by lines."""
        self.type(f'echo BEG""IN; {command}; echo EN""D\n')
        self.expect('BEGIN\r\n')
        return self.expect('END\r\n').splitlines()

    def leave(self):
        self.type('\x1d')
        assert self.end() == 0


def inside(*command):
    return run(['virt-lxc', '-q', 'lxc-enter-namespace', NAME, *command]).stdout


def start():
    assert said('start', NAME) == f"Domain '{NAME}' started\n"


def test_hello_world(define):
    define()
    start()
    lines = said('list').splitlines()
    assert lines[0].split() == ['Id', 'Name', 'State'] and set(lines[1]) == {'-'}
    identity, name, state = lines[2].split()
    assert (name, state) == (NAME, 'running')
    command = pathlib.Path(f'/proc/{identity}/cmdline').read_bytes().split(b'\0')
    assert command[0].endswith(b'virt-sandbox-supervisor') and NAME.encode() in command
    console = Console()
    processes = console.run('ps -axuwf')
    assert re.match(r'root +1 .* \?|root +1 .*pts/0 .*/bin/sh', processes[1]), processes
    assert console.run('cat /proc/1/comm') == ['sh']
    console.leave()
    assert said('domstate', NAME) == 'running\n'
    assert said('destroy', NAME) == f"Domain '{NAME}' destroyed\n"
    assert said('domstate', NAME, '--reason') == 'shut off (destroyed)\n'
    assert said('undefine', NAME) == f"Domain '{NAME}' has been undefined\n"


def test_it_ends_with_its_shell(define):
    define()
    start()
    console = Console()
    console.type('exit\n')
    assert console.end() == 0
    wait_for(lambda: said('domstate', NAME, '--reason') == 'shut off (shutdown)\n', 'the domain has ended, and it is written down how')
    assert fails('destroy', NAME) == [f"Failed to destroy domain '{NAME}'", 'Requested operation is not valid: domain is not running']


@pytest.fixture
def host_directories(tmp_path):
    """/etc/httpd and /var/www of the host, for this session alone."""
    for place, name in (('/etc', 'httpd'), ('/var', 'www')):
        layers = [tmp_path / f'{name}-{role}' for role in ('upper', 'work')]
        for layer in layers:
            layer.mkdir()
        if (pathlib.Path(place) / name).is_dir():
            continue
        run(['mount', '-t', 'overlay', '-o', f'lowerdir={place},upperdir={layers[0]},workdir={layers[1]}', 'overlay', place])
        (pathlib.Path(place) / name).mkdir()
    yield
    for place in ('/etc', '/var'):
        run(['umount', '-l', place], check=False)


def test_custom_mounts(define, export, host_directories):
    define(mount(export / 'config', '/etc/httpd') + mount(export / 'data', '/var/www'))
    start()
    console = Console()
    assert console.run('ls /etc/httpd/') == ['hello.txt']
    assert console.run('ls /var/www/') == ['world.txt']
    console.type('exit\n')
    assert console.end() == 0
    wait_for(lambda: said('domstate', NAME) == 'shut off\n', 'the domain has ended')


def test_mount_point_that_the_host_lacks(define, export):
    """Nothing is made on the host: the start says what is missing, by line."""
    define(mount(export / 'config', '/nosuch/place'))
    assert '/nosuch/place' in fails('start', NAME)[1]
    assert not pathlib.Path('/nosuch').exists()


def test_private_root(define, busybox):
    define(mount(busybox, '/'))
    start()
    console = Console()
    assert set(console.run('ls /')[0].split()) == {'bin', 'dev', 'etc', 'proc', 'sys', 'var'}
    assert {'busybox', *APPLETS} == set(' '.join(console.run('ls bin/')).split())
    mounts = [line.split() for line in console.run('cat /proc/mounts')]
    console.leave()
    types = {line[1]: line[2] for line in mounts}
    assert types['/dev'] == 'tmpfs' and types['/dev/pts'] == 'devpts' and types['/proc'] == 'proc'
    assert any(line[1] == '/proc/sys' and line[3].startswith('ro,') for line in mounts)
    assert all('rw' not in line[3].split(',') for line in mounts if line[2] == 'sysfs')
    assert inside('/bin/cat', '/proc/self/uid_map').split()[1] != '0', 'a root of its own has a user namespace'
    # What it writes belongs to root on disk.
    inside('/bin/sh', '-c', 'echo 1 > /var/www/written')
    assert (busybox / 'var/www/written').stat().st_uid == 0


def test_links_in_a_private_root_lead_nowhere(define, busybox, export):
    """Its mount points are resolved in it, and links refused: the host is not reached."""
    outside = export / 'outside'
    outside.mkdir()
    (busybox / 'etc/link').symlink_to(outside)
    define(mount(busybox, '/') + mount(export / 'config', '/etc/link/made') + mount(export / 'data', '/made/here'))
    lines = fails('start', NAME)
    assert '/etc/link' in lines[1], lines
    assert not any(outside.iterdir())
    (busybox / 'etc/link').unlink()
    start()
    assert inside('/bin/ls', '/etc/link/made', '/made/here').split() == ['/etc/link/made:', 'hello.txt', '/made/here:', 'world.txt']


def test_dev_that_is_a_link(define, busybox, export):
    """Names of ours never go through what the tree holds."""
    outside = export / 'outside'
    outside.mkdir()
    (busybox / 'dev').symlink_to(outside)
    define(mount(busybox, '/'))
    result = virt('start', NAME, check=False)
    assert result.returncode == 1 and '/dev' in result.stderr, result.said
    assert not any(outside.iterdir())
    (busybox / 'dev').unlink()
    start()


def test_am_i_in_a_container(define):
    define()
    start()
    console = Console()
    assert console.run('echo $LIBVIRT_LXC_NAME') == [NAME]
    uuid = console.run('echo $LIBVIRT_LXC_UUID')[0]
    console.leave()
    assert re.fullmatch(UUID, uuid) and said('domuuid', NAME) == f'{uuid}\n'


def test_host_root_keeps_its_own(define, root):
    """No user namespace, few capabilities, and what is ours is not there."""
    define()
    start()
    assert inside('/bin/cat', '/proc/self/uid_map').split() == ['0', '0', '4294967295']
    effective = int(re.search(r'CapEff:\s+(\w+)', inside('/bin/cat', '/proc/self/status'))[1], 16)
    for name, bit in (('CAP_SYS_ADMIN', 21), ('CAP_SYS_MODULE', 16), ('CAP_MKNOD', 27), ('CAP_SYS_PTRACE', 19)):
        assert not effective >> bit & 1, name
    hidden = run(['virt-lxc', '-q', 'lxc-enter-namespace', NAME, '/bin/ls', str(root / 'var/lib/libvirt-sandbox')], check=False)
    assert not hidden.stdout, hidden.stdout
    assert (root / 'var/lib/libvirt-sandbox').is_dir() and any((root / 'var/lib/libvirt-sandbox').iterdir())


AUTOFS = """import ctypes, os, select, sys
r, w = os.pipe()
c = ctypes.CDLL(None, use_errno=True)
if c.mount(b'x', sys.argv[1].encode(), b'autofs', 0, f'fd={w},pgrp={os.getpgrp()},minproto=5,maxproto=5,direct'.encode()) < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print('mounted', flush=True)
for line in sys.stdin:
    print('asked' if select.select([r], [], [], 0)[0] else 'quiet', flush=True)
"""


def test_automount_that_never_answers(define, tmp_path):
    """One of the host's, whose daemon is deaf: neither start nor end touch it. The control: who touches it waits."""
    place = tmp_path / 'automount'
    place.mkdir()
    daemon = subprocess.Popen([sys.executable, '-c', AUTOFS, place], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def daemon_says(word=''):
        daemon.stdin.write(f'{word}\n')
        daemon.stdin.flush()
        return daemon.stdout.readline().strip()

    try:
        assert daemon.stdout.readline() == 'mounted\n'
        define()
        virt('start', NAME, timeout=60)
        assert inside('/bin/echo', 'in') == 'in\n'
        virt('destroy', NAME, timeout=60)
        assert daemon_says() == 'quiet'
        assert run(['timeout', '-s', 'KILL', '1', 'ls', place], check=False).returncode != 0
        assert daemon_says() == 'asked'
    finally:
        daemon.kill()
        daemon.communicate()
        run(['umount', '-l', place])

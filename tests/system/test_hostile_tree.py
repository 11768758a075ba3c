# SPDX-License-Identifier: LGPL-2.1-or-later
"""A container in which everything that a verb may touch is a link to the host, a fifo or a socket, or is exchanged while the verb runs: under every verb that
there is, whatever the host has beyond the tree stays as it was, to the byte and the nanosecond, and the verb returns."""
import ctypes
import os
import pathlib
import re
import shutil
import socket
import tempfile
import threading

import pytest

import isolation
from harness import run

SERVICE = 'virt-sandbox-service'
UNIT = 'apache2.service'
SECONDS = 100  # that a verb may take at most; starting waits for a service that cannot start
FILES = ('etc/passwd', 'etc/group', 'etc/shadow', 'etc/machine-id', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf', 'etc/ssh/ssh_host_ed25519_key',
         'etc/ssh/ssh_host_ed25519_key.pub', 'etc/ssl/private/ssl-cert-snakeoil.key', 'etc/apache2/ports.conf', 'var/lib/systemd/random-seed')
DIRECTORIES = ('etc/ssl', 'etc/systemd', 'etc/apache2', 'var/log/journal', 'var/lib', 'var/cache', 'root')

# For /bin/sh: not as root of the host, and without its files.
SANDBOXED = 'read -r inside outside count </proc/self/uid_map; [ "$outside" -gt 0 ] && [ ! -e {secret} ] || exit 16'

# verb: (does the container run, is it of units, the words behind the verb). A verb without a row fails test_every_verb_has_a_row.
ROWS = {
    'create': (False, True, ['-C', '-u', UNIT, 'COPY']),
    'clone': (False, True, ['NAME', 'COPY']),
    'snapshot': (False, True, ['NAME', 'then']),
    'restore': (False, True, ['NAME@then']),
    'export': (False, True, ['NAME', 'FILE']),
    'import': (False, True, ['FILE', 'COPY']),
    'start': (False, False, ['NAME']),
    'stop': (True, False, ['NAME']),
    'restart': (True, False, ['NAME']),
    'reload': (True, False, ['NAME']),
    'kill': (True, False, ['--all', '--signal', 'USR1', 'NAME']),
    'pause': (True, False, ['NAME']),
    'resume': (True, False, ['NAME']),
    'wait': (True, False, ['--for', 'running', '--timeout', '5', 'NAME']),
    'connect': (True, False, ['NAME']),
    'execute': (True, False, ['NAME', '--', '/bin/true']),
    'cp': (False, True, ['--skip-special', 'NAME:/etc', 'NAME:/var']),
    'list': (False, True, ['--json']),
    'ps': (True, False, ['NAME']),
    'events': (True, False, ['NAME']),
    'stats': (True, False, ['NAME']),
    'inspect': (False, True, ['NAME']),
    'logs': (False, True, ['NAME']),
    'rename': (False, True, ['NAME', 'COPY']),
    'set': (False, True, ['NAME', '--memory', '256M']),
    'apply': (False, True, ['KEYFILE']),
    'upgrade': (False, True, ['NAME']),
    'relabel': (False, True, ['NAME']),
    'audit': (False, True, ['NAME']),
    'policy': (False, True, ['status']),
    'rules': (False, True, ['check']),
    'network': (False, True, ['list']),
    'reach': (True, True, ['NAME']),
    'base': (False, True, ['list']),
    'edit': (False, True, ['NAME']),
    'diff': (False, True, ['NAME']),
    'du': (False, True, ['NAME']),
    'check': (False, True, []),
    'verify': (True, False, ['NAME']),
    'prune': (False, True, ['--dry-run']),
    'undelete': (False, True, ['NAME']),
    'delete': (False, True, ['NAME']),
}

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)


def state_of(place):
    """Everything of a tree that a write, a change of owner or of mode, a removal or a link would change."""
    found = {}
    for path in sorted((place, *place.rglob('*'))):
        st = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[str(path)] = (st.st_mode, st.st_uid, st.st_gid, st.st_nlink, st.st_size, st.st_mtime_ns, content)
    return found


@pytest.fixture
def host(tmp_path):
    """A tree that stands for the host's files; checked after the test."""
    place = tmp_path / 'host'
    for name in DIRECTORIES:
        (place / name).mkdir(parents=True)
    for name in FILES:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f'the host\'s {name}\n')
        (place / name).chmod(0o640)
    before = state_of(place)
    yield place
    assert state_of(place) == before


def plant(tree, name, kind, host):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    run(['rm', '-rf', path])
    if kind == 'fifo':
        os.mkfifo(path)
    elif kind == 'socket':
        with socket.socket(socket.AF_UNIX) as bound:
            here = os.open(path.parent, os.O_PATH)
            bound.bind(f'/proc/self/fd/{here}/{path.name}')
            os.close(here)
    else:
        path.symlink_to(host / name)


def plant_all(tree, kind, host):
    for name in FILES:
        plant(tree, name, kind, host)
    for name in DIRECTORIES:
        if kind == 'link' or name in ('var/log/journal', 'var/cache'):
            plant(tree, name, kind, host)


class Swapper(threading.Thread):
    """Exchanges names of the tree with links to the host as fast as it can: by descriptors, or it would follow its own links to the host."""

    def __init__(self, tree, host):
        super().__init__()
        self.done, self.turns, self.pairs = threading.Event(), 0, []
        for name in (*FILES, *DIRECTORIES, 'etc', 'var'):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(tree / name):
                (tree / name).mkdir()
            link = tree / f'link.{name.replace("/", ".")}'
            link.symlink_to(host / name)
            self.pairs.append((os.open((tree / name).parent, os.O_PATH), (tree / name).name.encode(), link.name.encode()))
        self.tree = os.open(tree, os.O_PATH)

    def run(self):
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
        while not self.done.is_set():
            for parent, name, link in self.pairs:
                renameat2(parent, name, self.tree, link, 2)  # RENAME_EXCHANGE
            self.turns += 1

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.done.set()
        self.join()
        for fd in (self.tree, *(pair[0] for pair in self.pairs)):
            os.close(fd)
        assert self.turns > 0


@pytest.fixture
def container(names, root):
    """A function that makes a container of units or of a command, and what is made is removed; (name, copy, tree, image)."""
    made = []

    def make(units, image):
        name, copy = names(), names()
        made.extend((name, copy))
        size = ['-i', '64M'] if image else []
        what = ['-C', '-u', UNIT, *size, name] if units else [*size, name, '--', '/bin/sleep', '10000']
        run([SERVICE, 'create', *what], timeout=120)
        return name, copy, root / 'var/lib/libvirt/filesystems' / name, root / 'var/lib/libvirt/images' / f'{name}.raw'

    yield make
    isolation.remove(*made)


def verb_returns(verb, name, copy):
    keyfile = f'{os.environ["VIRT_SANDBOX_ROOT"]}/etc/libvirt-sandbox/services/{name}.sandbox'
    with tempfile.TemporaryDirectory() as place:
        words = [re.sub('^NAME', name, {'COPY': copy, 'KEYFILE': keyfile, 'FILE': f'{place}/exported'}.get(word, word)) for word in ROWS[verb][2]]
        if verb == 'restore':
            run([SERVICE, 'snapshot', name, 'then'], check=False, timeout=SECONDS)
        if words[:1] == [f'{place}/exported']:
            run([SERVICE, 'export', name, words[0]], check=False, timeout=SECONDS)
        result = run([SERVICE, verb, *words], check=False, timeout=SECONDS, env=dict(os.environ, VISUAL="sed -i '$a# mine'"))
    assert result.returncode >= 0, f'{verb} was killed by a signal:\n{result.said}'
    assert "the host's " not in result.said
    return result


def test_every_verb_has_a_row():
    said = run([SERVICE, '--help']).stdout
    verbs = set(re.findall(r'^  ([a-z]+) ', said, re.MULTILINE))
    assert len(verbs) > 10 and verbs == set(ROWS)


@pytest.mark.parametrize('kind', ['link', 'fifo', 'socket'])
@pytest.mark.parametrize('verb', ROWS)
def test_directory(verb, kind, host, container):
    runs, units, _ = ROWS[verb]
    name, copy, tree, _ = container(units, False)
    if runs:
        run([SERVICE, 'start', name])
    plant_all(tree, kind, host)
    verb_returns(verb, name, copy)


@pytest.mark.parametrize('verb', ROWS)
def test_image(verb, host, container, tmp_path):
    runs, units, _ = ROWS[verb]
    name, copy, _, image = container(units, True)
    place = tmp_path / 'image'
    place.mkdir()
    run(['mount', '-o', 'loop', image, place])
    try:
        plant_all(place, 'link', host)
    finally:
        run(['umount', place])
    if runs:
        run([SERVICE, 'start', name], check=False, timeout=SECONDS)
    verb_returns(verb, name, copy)


@pytest.fixture
def watched_tools(tmp_path):
    """The programs for file systems refuse to work on a tree, and, but for mkfs.ext4, with the ids or the files of the host."""
    place, secret = tmp_path / 'tools', tmp_path / 'secret'
    place.mkdir()
    secret.touch()
    tools = {'mkfs.ext4': 'case " $* " in *" -d "*) exit 16; esac',
             'e2fsck': SANDBOXED.format(secret=secret), 'resize2fs': SANDBOXED.format(secret=secret)}
    mounts = [pathlib.Path('/usr/local/games')]
    for name, check in tools.items():
        program = pathlib.Path(f'/usr/sbin/{name}').resolve()
        shutil.copy(program, place / name)
        watch = tmp_path / f'{name}.sh'
        watch.write_text(f'#!/bin/sh\n{check}\nexec /usr/local/games/{name} "$@"\n')
        watch.chmod(0o755)
        run(['mount', '--bind', watch, program])
        mounts.append(program)
    run(['mount', '--bind', place, mounts[0]])
    yield
    for mount in mounts:
        run(['umount', mount])


def test_no_program_of_the_host_works_on_an_image(container, root, watched_tools):
    """mkfs.ext4 sees no tree, e2fsck and resize2fs run in a sandbox; what they make is whole."""
    assert run(['e2fsck', '-V'], check=False).returncode == 16, 'the watch works'
    name, copy, _, image = container(True, True)
    run([SERVICE, 'set', name, '--image-size', '96M'])
    run([SERVICE, 'clone', name, copy])
    for made in (image, image.with_name(f'{copy}.raw')):
        assert made.stat().st_size == 96 << 20
        run(['/usr/local/games/e2fsck', '-fn', made])
        said = run(['dumpe2fs', '-h', made]).stdout
        blocks, size = (int(re.search(rf'^Block {what}: +([0-9]+)$', said, re.MULTILINE)[1]) for what in ('count', 'size'))
        assert blocks * size == 96 << 20


@pytest.mark.parametrize('verb', ROWS)
def test_exchanged_meanwhile(verb, host, container):
    runs, units, _ = ROWS[verb]
    name, copy, tree, _ = container(units, False)
    if runs:
        run([SERVICE, 'start', name])
    with Swapper(tree, host):
        verb_returns(verb, name, copy)


def test_journal_of_the_host_has_a_link_only_where_asked_for(names, root):
    """The link is made with --host-journal, and goes with the container."""
    journal = root / 'var/log/journal'
    journal.mkdir(parents=True, exist_ok=True)
    for options, links in (([], 0), (['--host-journal'], 1)):
        name = names()
        run([SERVICE, 'create', *options, '-u', UNIT, name], timeout=120)
        assert len(list(journal.iterdir())) == links
        run([SERVICE, 'delete', name])
        assert not list(journal.iterdir())
    journal.rmdir()

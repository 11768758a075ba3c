# SPDX-License-Identifier: LGPL-2.1-or-later
"""Root inside owns everything below the tree and may put links, directories and pipes where the tool expects files. No command may be led to the host by
them: a canary tree of the host, which every link leads to, is the same byte for byte afterwards, and nothing of it is seen."""
import ctypes
import itertools
import json
import os
import pathlib
import shutil
import threading

import pytest

import harness
import isolation
from harness import run
from isolation import SERVICE, service

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)

CANARY = 'canary-of-the-host'
TOP = ('etc', 'var', 'root', 'home', 'srv')
# Below them: what any command of the tool or the engine reads, writes or makes.
BELOW = ('etc/passwd', 'etc/group', 'etc/hostname', 'etc/machine-id', 'etc/resolv.conf', 'etc/mtab', 'etc/localtime', 'etc/hosts', 'etc/nsswitch.conf',
         'etc/ld.so.cache', 'etc/systemd', 'etc/apache2', 'var/log', 'var/tmp', 'var/lib', 'var/run', 'var/cache', 'root/.profile')
KINDS = ('absolute', 'climbing', 'dangling', 'loop', 'pipe', 'directory')


@pytest.fixture(scope='module')
def canary(root):
    place = isolation.make_canary(root / 'canary')
    before = isolation.digest(place)
    assert before != isolation.digest(isolation.make_canary(root / 'other')), 'control: the digest sees a difference'
    yield place
    assert isolation.digest(place) == before
    shutil.rmtree(place)
    shutil.rmtree(root / 'other')


@pytest.fixture
def unharmed(canary):
    before = isolation.digest(canary)
    yield canary
    assert isolation.digest(canary) == before


def plant(path, kind, canary, name):
    """Puts a hostile thing in the place of a path of the tree."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == 'pipe':
        os.mkfifo(path)
    elif kind == 'directory':
        path.mkdir()
    else:
        path.symlink_to({'absolute': canary / name, 'climbing': '../' * 30 + str(canary / name)[1:], 'dangling': canary / 'made-by-the-tool' / name,
                         'loop': path.name}[kind])


def every_command(name, copy):
    """All that a command can do with a container, whatever comes of each; what was said."""
    said = ''
    for words in (['start', name], ['execute', name, '--', 'timeout', '2', 'sh', '-c', 'cat /etc/passwd /etc/hostname /var/log/* /secret; ls -R /var/lib /root'],
                  ['execute', '-U', 'nobody', name, '--', 'true'], ['inspect', name], ['list'], ['logs', name], ['stop', name], ['logs', name],
                  ['upgrade', name], ['clone', name, copy], ['delete', copy], ['inspect', name]):
        result = run([SERVICE, *words], check=False, timeout=30)
        assert result.returncode >= 0, f'{words} was killed by a signal'
        said += result.said
    service('delete', name)
    return said


@pytest.mark.parametrize('name', TOP)
def test_directory_that_is_mounted(unharmed, names, name):
    """Each of these is bound into the container: in the place of a link its target would be."""
    one = isolation.create(names())
    service('start', one)  # the control
    service('stop', one)
    for kind in ('absolute', 'climbing', 'loop', 'pipe'):
        plant(isolation.tree(one) / name, kind, unharmed, name)
        harness.refused([SERVICE, 'start', one], one, 'is not a directory: refused')
        assert service('inspect', one, check=False).returncode >= 0
    copy = names()
    run([SERVICE, 'clone', one, copy], check=False)
    isolation.remove(copy, one)
    assert not isolation.tree(one).exists() and not isolation.tree(copy).exists()


@pytest.mark.parametrize('kind', KINDS)
def test_everything_below(unharmed, names, kind):
    one, copy = isolation.create(names()), names()
    for name in BELOW:
        if (kind, name) != ('pipe', 'etc/ld.so.cache'):  # every program inside would wait for it: the container hangs itself, not us
            plant(isolation.tree(one) / name, kind, unharmed, name)
    for name in ('dev', 'proc', 'sys', 'run', 'usr', 'bin', 'tmp'):  # names that a tree does not have: of no effect
        plant(isolation.tree(one) / name, kind, unharmed, name)
    assert CANARY not in every_command(one, copy)
    assert not isolation.tree(one).exists() and not isolation.tree(copy).exists()


@pytest.mark.parametrize('kind', ['absolute', 'pipe'])
def test_service(unharmed, names, kind):
    """The verbs that only a service has something to do for: upgrade and logs. It does not start: those are the host's verbs."""
    one, copy = names(), names()
    service('create', '-C', '-u', isolation.UNIT, one, timeout=60)
    assert CANARY not in service('upgrade', one).said
    for name in ('etc/passwd', 'etc/hostname', 'etc/machine-id', 'etc/apache2/ports.conf', 'etc/apache2/mods-enabled', 'var/log/journal', 'var/lib', 'etc/shadow'):
        plant(isolation.tree(one) / name, kind, unharmed, name)
    for words in (['upgrade', one], ['logs', one], ['inspect', one], ['clone', one, copy], ['delete', copy], ['delete', one]):
        result = run([SERVICE, *words], check=False, timeout=30)
        assert result.returncode >= 0 and CANARY not in result.said, words
    assert not isolation.tree(one).exists() and not isolation.tree(copy).exists()


def test_logs_of_the_host_are_not_shown(names, unharmed):
    one = names()
    service('create', '-C', '-u', isolation.UNIT, one, timeout=60)
    try:
        assert service('logs', one).stdout == '-- No entries --\n', 'control'
        plant(isolation.tree(one) / 'var/log/journal', 'absolute', unharmed, 'var/log/journal')
        harness.refused([SERVICE, 'logs', one], 'var/log/journal is not a directory: refused')
    finally:
        service('delete', one)


def test_exchanged_while_it_is_bound(unharmed, names):
    """A directory that exchanges places with a link as fast as it can, while containers start on it."""
    one = isolation.create(names(), '-m', f'host-bind:/var/data/in={isolation.PLACE}')
    place = isolation.tree(one)
    (place / 'var/data').mkdir(parents=True, exist_ok=True)
    (place / 'var/link').symlink_to(unharmed)
    (place / 'etc-link').symlink_to(unharmed / 'etc')
    done, turns = threading.Event(), itertools.count()
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2

    def swap():
        pairs = [(str(place / 'var/data').encode(), str(place / 'var/link').encode()), (str(place / 'etc').encode(), str(place / 'etc-link').encode())]
        while not done.is_set():
            for a, b in pairs:
                renameat2(-100, a, -100, b, 2)  # RENAME_EXCHANGE
            next(turns)

    swapper = threading.Thread(target=swap)
    swapper.start()
    results = set()
    try:
        for turn in range(400):
            if turn >= 40 and results == {0, 1}:
                break
            result = run([SERVICE, 'start', one], check=False, timeout=30)
            results.add(result.returncode)
            if result.returncode == 0:
                seen = run([SERVICE, 'execute', one, '--', 'sh', '-c', 'cat /etc/hostname /etc/shadow /var/data/secret'], check=False)
                assert CANARY not in seen.said
                service('stop', one)
    finally:
        done.set()
        swapper.join()
    assert next(turns) > 1000 and results == {0, 1}, 'some found the directory, some the link'
    service('delete', one)


def test_configuration_in_the_tree_is_ignored(names, root):
    """Descriptions, units and states that root inside plants are files like any others."""
    one = isolation.create(names())
    planted = ('etc/libvirt-sandbox/services/planted.sandbox', f'{one}.sandbox', 'etc/systemd/system/planted_sandbox.service', f'etc/systemd/nspawn/{one}.nspawn',
               f'run/libvirt-sandbox/{one}/state', 'var/lib/libvirt-sandbox/pending/planted.sandbox')
    try:
        before, listed = service('inspect', one).stdout, service('list', '--json').stdout
        for path in planted:
            (isolation.tree(one) / path).parent.mkdir(parents=True, exist_ok=True)
            (isolation.tree(one) / path).write_text('[core]\nname=planted\n[command]\nargv=/bin/true\n[security]\nmodel=none\n[network]\ninterface=host\n')
        assert service('inspect', one).stdout == before and service('list', '--json').stdout == listed
        service('start', one)
        assert 'CapBnd:\t00000000800405fb' in service('execute', one, '--', 'cat', '/proc/self/status').stdout
        assert json.loads(service('list', '--json').stdout)[0]['name'] != 'planted'
        # The control: in the host's own place a description counts.
        config = root / f'etc/libvirt-sandbox/services/{one}.sandbox'
        config.write_text(config.read_text() + '[environment]\nvariable=A=1\n')
        assert service('inspect', one).stdout != before
    finally:
        isolation.remove(one)


def test_names_of_a_services_files(names):
    """What a service of the host, or who broke into it, calls its files neither ends the journal's lines nor steers the administrator's terminal."""
    one, text = names(), '-----BEGIN PRIVATE KEY-----\n'
    run('mount -t tmpfs -o mode=755 tmpfs /var/www && mkdir /var/www/html && echo hello >/var/www/html/index.html')
    try:
        for name in ('plain', 'two\nlines', '\x1b]0;title\x07', 'c1\x9b31m', 'ä'):
            (pathlib.Path('/var/www/html') / name).write_text(text)
        said = service('create', '-C', '-u', isolation.UNIT, one, timeout=60).said
        assert {line for line in said.splitlines() if 'holds a key' in line} == {
            f'/var/www/html/{name}: holds a key or password of the host and was not copied; --with /var/www/html/{name} brings it along'
            for name in ('plain', 'two?lines', '?]0;title?', 'c1?31m', 'ä')}
        service('delete', one)
        assert not isolation.tree(one).exists()
    finally:
        run(['umount', '/var/www'])


# ---- what recovery may not take ----


def test_foreign_tree_survives_a_journal_of_old(names, root):
    """A create that was killed when all was done leaves its journal; a later create of that name meets a directory that is somebody else's."""
    one = names()
    foreign = isolation.tree(one)
    foreign.mkdir(parents=True)
    (foreign / 'precious').write_text('of somebody else')
    journal = root / f'var/lib/libvirt-sandbox/pending/{one}.journal'
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text(f'tree {foreign}\n')
    try:
        harness.refused([SERVICE, 'create', one, '--', '/bin/true'], 'exists already')
        assert (foreign / 'precious').read_text() == 'of somebody else'
        assert not journal.exists()
    finally:
        shutil.rmtree(foreign)
    isolation.remove(isolation.create(one))


def test_foreign_image_survives(names, root):
    one = names()
    image = root / f'var/lib/libvirt/images/{one}.raw'
    image.parent.mkdir(parents=True, exist_ok=True)
    image.write_text('a disk of somebody else')
    try:
        harness.refused([SERVICE, 'create', '-u', isolation.UNIT, '-i', '64M', one], 'exists already')
        service('list')
        assert image.read_text() == 'a disk of somebody else'
    finally:
        image.unlink()


def test_mounted_directory_is_not_emptied(names, canary):
    """Whatever is mounted below a tree is not the container's."""
    one = isolation.create(names())
    place = isolation.tree(one) / 'srv/mounted'
    place.mkdir()
    run(['mount', '--bind', canary, place])
    try:
        for verb in (['delete', one], ['delete', one], ['create', one, '--', '/bin/true']):
            harness.refused([SERVICE, *verb], 'mounted below')
        isolation.remove(isolation.create(names()))  # other containers do not wait for it
        assert (canary / 'secret').exists()
    finally:
        run(['umount', place])
    assert one not in service('list').stdout  # gone for everybody, though not yet from the disk
    assert isolation.tree(one).exists()
    harness.refused([SERVICE, 'delete', one], 'does not exist')  # carries it through
    assert not isolation.tree(one).exists()


@pytest.mark.parametrize('depth', [100, 1500])
def test_deep_tree_is_deleted(names, depth):
    """A tree deeper than a path is long, than descriptors are allowed and than a stack should be: what stays of one container would be in the way of all others'
    commands."""
    one = isolation.create(names())
    service('start', one)
    service('execute', one, '--', 'python3', '-c', 'import os; [(os.mkdir(name), os.chdir(name)) for name in ["/var/deep"] + ["lifted.0"] * %d]' % depth)
    service('stop', one)
    service('delete', one)
    assert not isolation.tree(one).exists()
    service('list')


def test_endless_files(names):
    """Files that say that they have terabytes. No command of the host reads them to the end."""
    one, copy = names(), names()
    service('create', '-C', '-u', isolation.UNIT, one, timeout=60)
    for name in ('etc/passwd', 'etc/group', 'etc/hostname', 'etc/machine-id', 'etc/shadow', 'etc/apache2/ports.conf', 'etc/of-its-own', 'var/of-its-own'):
        path = isolation.tree(one) / name
        path.unlink(missing_ok=True)
        with open(path, 'wb') as file:
            file.truncate(1 << 42)
    for words in (['upgrade', '--dry-run', one], ['upgrade', one], ['inspect', one], ['logs', one], ['clone', one, copy], ['delete', copy], ['delete', one]):
        assert run([SERVICE, *words], check=False, timeout=30).returncode >= 0, words
    assert not isolation.tree(one).exists() and not isolation.tree(copy).exists()


def test_broken_description(names, root):
    """delete says what to do; nothing is guessed, nothing is taken away."""
    one = isolation.create(names())
    config = root / f'etc/libvirt-sandbox/services/{one}.sandbox'
    good = config.read_text()
    config.write_text(good + 'nonsense\n')
    said = harness.refused([SERVICE, 'delete', one], f'{config}:', 'correct that file').stderr
    assert said.count(f'container {one}:') == 1
    assert isolation.tree(one).exists()
    harness.refused([SERVICE, 'stop', one], f'{config}:')
    config.write_text(good)
    service('start', one)
    config.write_text(good + 'nonsense\n')
    service('stop', '-t', '0', one)  # what runs is stopped all the same
    config.write_text(good)
    assert isolation.inspect(one)['state']['phase'] == 'stopped'
    service('delete', one)


# ---- names ----

BAD_NAMES = ('', '.', '..', '-', '-x', '--', '_', 'a/b', '/', '/etc', '../x', 'a/../b', 'x' * 65, 'x' * 5000, 'a b', 'a\nb', 'a\tb', ' a', 'a ', 'ä', '\x01', 'a\x7f',
             'a;b', 'a$b', 'a`b', "a'b", 'a"b', 'a*b', 'a?b', 'a%sb', '%n', 'a:b', 'a,b', 'a=b', 'a@b', 'a#b', 'a\\b', '~', '~root', '!a', '[a]', '{a}', '.hidden', 'x.sandbox/..',
             '\ud800'.encode('utf-8', 'surrogatepass').decode('utf-8', 'surrogateescape'))


def test_bad_names(root):
    service('list')
    before = sorted(str(p) for p in root.rglob('*'))
    for bad, verb in itertools.product(BAD_NAMES, ('start', 'inspect', 'delete', 'execute')):
        words = [SERVICE, verb, '--', bad] if verb != 'execute' else [SERVICE, verb, bad, '--', '/bin/true']
        result = run(words, check=False)
        assert result.returncode > 0 and result.stdout == '', (verb, bad, result.said)
    for bad in BAD_NAMES:
        result = run([SERVICE, 'create', '--', bad, '/bin/true'], check=False)
        assert result.returncode > 0, bad
    assert sorted(str(p) for p in root.rglob('*')) == before
    isolation.remove(isolation.create(harness.new_name() + '.A_b-9'))  # the control: all that a name may have


@pytest.mark.parametrize('target', ['/proc', '/proc/sys', '/sys/fs/cgroup', '/dev/null', '/dev', '/', '', 'relative', '/a/../proc', '//proc', '/proc/./sys'])
def test_bad_mount_targets(target, root, tmp_path):
    result = run(['virt-sandbox', '-m', f'host-bind:{target}={tmp_path}', '--', '/bin/true'], check=False)
    assert result.returncode > 0 and result.stderr.count('\n') <= 2 and result.stderr, target
    run(['virt-sandbox', '-m', f'host-bind:/srv/x={tmp_path}', '--', 'ls', '/srv/x'])


@pytest.mark.parametrize('home', ['/proc/self/fd/3', '/proc/self/fd/9', '/proc/1/cwd', '/proc/self/cwd/../../..', '/nowhere'])
def test_hostile_working_directory(home):
    result = run(['virt-sandbox', '-U', 'root', f'--homedir={home}', '--', '/bin/pwd'], check=False, pass_fds=[], cwd='/usr/share')
    assert result.returncode != 0 or result.stdout.strip() in ('/', '/root', home), result.said
    assert '(unreachable)' not in result.said
    assert run(['virt-sandbox', '--', '/bin/pwd'], cwd='/usr/share').stdout == '/\n', 'control: not the caller'

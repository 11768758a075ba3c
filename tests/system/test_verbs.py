# SPDX-License-Identifier: LGPL-2.1-or-later
"""clone, upgrade, images, set, and the library from C: what comes after the main job."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

import pytest

import harness
import isolation
from harness import refused, run
from terminal import Terminal

SERVICE = 'virt-sandbox-service'
UNIT = 'apache2.service'
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)


def service(*words, **options):
    return run([SERVICE, *words], **options)


def inspect(name):
    return json.loads(service('inspect', name).stdout)


def get(name):
    address = inspect(name)['state']['address']
    with urllib.request.urlopen(f'http://{address}/', timeout=5) as answer:
        return answer.read().decode()


@pytest.fixture
def container(names):
    """A function that creates containers, of apache2 unless told otherwise; all are deleted after the test."""
    made = []

    def make(*options, unit=UNIT):
        name = names()
        service('create', '-C', '-u', unit, *options, name, timeout=120)
        made.append(name)
        return name

    make.made = made
    yield make
    isolation.remove(*made)


def tree(root, name):
    return root / 'var/lib/libvirt/filesystems' / name


# ---- stale ----

@pytest.fixture
def replaceable():
    """A program below /usr that a test may replace as a package manager does, by renaming over it."""
    program = pathlib.Path('/usr/local/bin/replaceable')
    run(['mount', '-t', 'tmpfs', 'tmpfs', '/usr/local'])
    program.parent.mkdir()
    shutil.copy('/usr/bin/sleep', program)
    yield program
    run(['umount', '-l', '/usr/local'])


def listed(name):
    return next(one for one in json.loads(service('list', '--json').stdout) if one['name'] == name)


def test_restart_of_those_that_run_what_was_replaced(replaceable, container):
    """Not PID 1 runs it, but one of the processes in a cgroup below."""
    old, other = container(), container()
    for name in (old, other):
        service('start', name)
    service('execute', old, '--', 'systemd-run', '--quiet', '--property=Type=exec', replaceable, '10000')
    assert not listed(old)['stale']
    since = listed(other)['pid']
    replacement = replaceable.with_suffix('.dpkg-new')
    shutil.copy(replaceable, replacement)
    replacement.rename(replaceable)
    assert listed(old)['stale'] and not listed(other)['stale']
    assert re.search(rf'^{old} .*\(stale\)', service('list').stdout, re.MULTILINE)
    assert service('restart', '--stale').stdout == f'{old}\n'
    assert not listed(old)['stale'] and get(old)
    assert listed(other)['pid'] == since
    assert service('restart', '--stale').stdout == ''
    refused([SERVICE, 'restart', '--stale', 'no-such'], 'container no-such does not exist')


def test_memory_is_known_where_no_cgroup_counts_it(container):
    name = container()
    assert listed(name)['memory'] == 0
    service('start', name)
    assert 4 << 20 < listed(name)['memory'] < 512 << 20
    assert inspect(name)['state']['memory'] > 4 << 20


# ---- clone ----


def test_clone_has_content_but_its_own_identity(root, container, names):
    original = container()
    (tree(root, original) / 'var/www/html/index.html').write_text('cloned page')
    (tree(root, original) / 'etc/apache2/site.key').write_text('-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n')
    copy = names()
    said = service('clone', original, copy).stdout
    container.made.append(copy)
    assert f'Created sandbox container dir {tree(root, copy)}' in said
    one, two = inspect(original)['description'], inspect(copy)['description']
    assert one['identity']['uuid'] != two['identity']['uuid']
    assert one['identity']['id-base'] != two['identity']['id-base']
    assert one['identity']['link'] != two['identity']['link']
    assert (tree(root, copy) / 'etc/hostname').read_text() == f'{copy}\n'
    assert (tree(root, copy) / 'etc/machine-id').read_text().strip() == two['identity']['uuid']
    assert (tree(root, copy) / 'etc/apache2/site.key').exists(), 'a key of the container that is cloned belongs to the clone'
    service('start', original)
    service('start', copy)
    assert get(original) == get(copy) == 'cloned page'


def test_clone_is_refused(root, container, names):
    original = container()
    refused([SERVICE, 'clone', original, original], original)
    refused([SERVICE, 'clone', names(), names()], 'does not exist')
    refused([SERVICE, 'clone', original, 'a/b'], 'a/b')
    service('start', original)
    copy = names()
    refused([SERVICE, 'clone', original, copy], 'running')
    assert not tree(root, copy).exists()


def test_clone_does_not_follow_links_of_the_container(root, container, names, tmp_path):
    """What root inside planted must not make clone read the host's files."""
    original = container()
    secret = tmp_path / 'secret'
    secret.write_text('secret of the host')
    (tree(root, original) / 'var/www/html/stolen').symlink_to(secret)
    (tree(root, original) / 'srv/all').symlink_to('/')
    copy = names()
    service('clone', original, copy)
    container.made.append(copy)
    assert (tree(root, copy) / 'var/www/html/stolen').is_symlink()
    assert (tree(root, copy) / 'srv/all').is_symlink()


# ---- upgrade ----


@pytest.fixture
def host_file():
    """A configuration file of the package, which the test may change: a copy lies over it in our mount namespace."""
    path = pathlib.Path('/etc/apache2/ports.conf')
    cover = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT']) / 'ports.conf'
    cover.write_bytes(path.read_bytes())
    run(['mount', '--bind', cover, path])
    yield path
    run(['umount', path])


def test_upgrade_brings_what_the_package_changed(root, container, host_file):
    name = container()
    inside = tree(root, name) / 'etc/apache2/ports.conf'
    assert service('upgrade', name).stdout == '', 'nothing changed, nothing to say'
    before = inside.read_text()
    host_file.write_text(host_file.read_text() + '# a newer package\n')
    for _ in range(2):
        assert service('upgrade', '--dry-run', name).stdout == 'Would update /etc/apache2/ports.conf\n'
    assert inside.read_text() == before
    service('start', name)
    assert 'Would update /etc/apache2/ports.conf' in service('upgrade', '-n', name).stdout, 'also while it runs'
    refused([SERVICE, 'upgrade', name], 'is running')
    service('stop', name)
    assert service('upgrade', name).stdout == 'Updated /etc/apache2/ports.conf\n'
    assert inside.read_text() == host_file.read_text()


def test_upgrade_of_several_says_whose(container, host_file):
    names = [container(), container()]
    host_file.write_text(host_file.read_text() + '# a newer package\n')
    assert service('upgrade', *names).stdout.splitlines() == [f'{name}: Updated /etc/apache2/ports.conf' for name in names]


def test_upgrade_keeps_what_the_administrator_changed(root, container, host_file):
    name = container()
    inside = tree(root, name) / 'etc/apache2/ports.conf'
    mine = inside.read_text() + '# mine\n'
    inside.write_text(mine)
    assert service('upgrade', name).stdout == '', 'only the administrator changed something'
    host_file.write_text(host_file.read_text() + '# a newer package\n')
    said = service('upgrade', '--dry-run', name).stdout
    assert 'Conflict: /etc/apache2/ports.conf' in said and 'would be in' in said
    assert not inside.with_name('ports.conf.vsb-new').exists()
    said = service('upgrade', name).stdout
    assert 'Conflict: /etc/apache2/ports.conf' in said
    assert inside.read_text() == mine
    assert inside.with_name('ports.conf.vsb-new').read_text() == host_file.read_text()


def test_upgrade_tells_what_the_host_has_no_more(root, container, tmp_path):
    """It stays, as the site of a service that moved into its container must; and it is told once."""
    cover, place = tmp_path / 'conf-available', pathlib.Path('/etc/apache2/conf-available')
    shutil.copytree(place, cover, symlinks=True)
    (cover / 'old.conf').write_text('# of an older package\n')
    run(['mount', '--bind', cover, place])
    try:
        name = container()
        (cover / 'old.conf').unlink()
        said = 'Left /etc/apache2/conf-available/old.conf, which no longer comes from the host\n'
        assert service('upgrade', '--dry-run', name).stdout == said
        assert service('upgrade', name).stdout == said
        assert service('upgrade', name).stdout == ''
        assert (tree(root, name) / 'etc/apache2/conf-available/old.conf').exists()
    finally:
        run(['umount', place])


def test_upgrade_does_not_speak_of_keys(root, container):
    """The container's own came from nowhere else, so that none of them is missing on the host."""
    name = container(unit='ssh.service')
    assert list((tree(root, name) / 'etc/ssh').glob('ssh_host_*_key'))
    assert service('upgrade', name).stdout == ''


def test_upgrade_leaves_removed_files_and_keys_alone(root, container):
    name = container()
    removed = tree(root, name) / 'etc/apache2/conf-available/charset.conf'
    removed.unlink()
    before = inspect(name)['description']
    service('upgrade', name)
    assert not removed.exists()
    assert inspect(name)['description'] == before


# ---- image ----


def test_content_in_an_image(root, container):
    name = container('-i', '200M')
    image = root / f'var/lib/libvirt/images/{name}.raw'
    assert image.stat().st_size == 200 * 1024 * 1024
    assert image.stat().st_blocks * 512 < 60 * 1024 * 1024, 'the image is sparse'
    assert list(tree(root, name).iterdir()) == []
    service('start', name)
    assert get(name)
    assert list(tree(root, name).iterdir()) == [], 'mounted for the container only'
    service('execute', name, '--', 'sh', '-c', 'echo kept > /var/www/html/index.html')
    refused([SERVICE, 'set', name, '--image-size', '300M'], 'while the container is stopped')
    service('stop', name)
    assert 'Journal' in service('logs', name).stdout
    service('set', name, '--image-size', '300M')
    refused([SERVICE, 'set', name, '--image-size', '200M'], 'only grow')
    assert image.stat().st_size == 300 * 1024 * 1024
    service('start', name)
    assert get(name) == 'kept\n'
    size = int(service('execute', name, '--', 'df', '--output=size', '-B1M', '/var').stdout.split()[-1])
    assert 230 < size < 300
    service('stop', name)
    service('delete', name)
    container.made.remove(name)
    assert not image.exists()


# ---- set ----


@pytest.mark.optional
def test_set_limits_what_runs(container):
    name = container()
    service('start', name)
    limit = pathlib.Path(inspect(name)['state']['cgroup'], 'memory.max')
    if not limit.exists():
        pytest.skip('this host has no cgroup v2 controller for memory')
    service('set', name, '--memory', '256M')
    assert limit.read_text().strip() == str(256 * 1024 * 1024)
    assert inspect(name)['description']['resources']['memory'] == '256M'


@pytest.mark.optional
def test_set_refuses_what_this_host_cannot_give(container):
    name = container()
    service('start', name)
    if pathlib.Path(inspect(name)['state']['cgroup'], 'memory.max').exists():
        pytest.skip('this host has the cgroup v2 controllers')
    refused([SERVICE, 'set', name, '--memory', '256M'], 'memory')
    assert 'resources' not in inspect(name)['description'], 'what was refused is not in the file'
    for option, value in (('--memory', '256M'), ('--pids', '100'), ('--cpus', '0.5'), ('--io-weight', '50')):
        refused([SERVICE, 'create', option, value, name + 'b', '--', '/bin/true'], option[2:] + ': this host has no cgroup v2 controller')


def test_set_refuses_keys_that_are_not_live(container):
    name = container()
    refused([SERVICE, 'set', name, '--copy'], '--copy')
    refused([SERVICE, 'set', name, '--memory', 'lots'], 'lots')


# ---- comments of people ----


def test_comments_survive(root, container):
    name = container()
    keyfile = root / f'etc/libvirt-sandbox/services/{name}.sandbox'
    keyfile.write_text('# why this container exists\n' + keyfile.read_text() + '\n[environment]\n# for the application\nvariable=A=1\n')
    service('upgrade', name)
    text = keyfile.read_text()
    assert '# why this container exists' in text and '# for the application\nvariable=A=1' in text


# ---- the library ----


def test_what_takes_long_says_so_on_a_terminal(container, root):
    one = container()
    drop_in = root / 'var/lib/libvirt/filesystems' / one / 'etc/systemd/system' / f'{UNIT}.d'
    drop_in.mkdir(exist_ok=True)
    (drop_in / 'slow.conf').write_text('[Service]\nExecStartPre=/bin/sleep 2\n')
    terminal = Terminal([SERVICE, 'start', one])
    terminal.expect(f'starting {one} .')
    address = inspect(one)['state']['address']
    assert '\r\x1b[K' in terminal.expect(address), 'the line is gone before the result comes'
    assert terminal.end() == 0
    (drop_in / 'slow.conf').unlink()
    assert service('restart', one).said == f'{address}\n', 'where nobody looks there is nothing but the result'


def test_example_runs(tmp_path):
    program = tmp_path / 'lifecycle'
    run(['cc', '-Wall', '-Werror', '-I', SOURCE / 'include', '-o', program, SOURCE / 'examples/lifecycle.c',
         '-L', harness.BUILD, '-lvsandbox', f'-Wl,-rpath,{harness.BUILD}'])
    done = run([program, UNIT], timeout=120)
    assert done.stdout.strip() == 'running'
    assert 'example' not in service('list').stdout


def test_example_is_short():
    lines = [line for line in (SOURCE / 'examples/lifecycle.c').read_text().splitlines() if line.strip()]
    assert len(lines) <= 50


def test_only_the_public_interface_is_exported():
    symbols = run(['nm', '--dynamic', '--defined-only', '--with-symbol-versions', harness.BUILD / 'libvsandbox.so']).stdout
    names = [line.split()[2] for line in symbols.splitlines() if line.split()[1] in 'TDBRV']
    declared = set(re.findall(r'\b(vsb_\w+)\(', (SOURCE / 'include/virt-sandbox.h').read_text()))
    assert {name.split('@')[0] for name in names} == declared
    assert all('@@LIBVSANDBOX_' in name for name in names)


def test_library_needs_the_c_library_only():
    """What the start of a container does not use is not loaded on its way."""
    for file in ('libvsandbox.so', 'src/cli/virt-sandbox', 'src/virt-sandbox-supervisor'):
        needed = subprocess.run(['readelf', '--dynamic', harness.BUILD / file], check=True, capture_output=True, text=True).stdout
        libraries = set(re.findall(r'\(NEEDED\).*\[(.*)\]', needed))
        assert libraries <= {'libc.so.6', 'libvsandbox.so.1', 'ld-linux-x86-64.so.2'}, file

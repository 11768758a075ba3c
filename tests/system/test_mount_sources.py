# SPDX-License-Identifier: LGPL-2.1-or-later
"""Paths of the host that a description names: what a container, or a user, could have put there is refused, at create and at each start."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import isolation
from harness import refused, run, wait_for
from isolation import forget_killed_sandboxes

SERVICE = 'virt-sandbox-service'
ALICE = 12345


def service(*words, **options):
    return run([SERVICE, *words], **options)


def sandbox(mount, *words, **options):
    return run(['virt-sandbox', '-m', mount, '--', *words], **options)


@pytest.fixture
def container(names):
    """Containers of a command; all are deleted after the test."""
    made = []

    def make(*options, command=('/usr/bin/sleep', 'infinity')):
        name = names()
        service('create', *options, name, '--', *command)
        made.append(name)
        return name

    make.made = made
    yield make
    isolation.remove(*made)


@pytest.fixture
def secret(tmp_path):
    """What no container may see."""
    directory = tmp_path / 'secret'
    directory.mkdir(0o700)
    (directory / 'key').write_text('of the host')
    return directory


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'data.img'
    run(['truncate', '-s', '16M', path])
    run(['mkfs.ext4', '-q', '-m0', path])
    return path


def clean(image):
    """Nothing to repair, and no journal to replay."""
    run(['e2fsck', '-fn', image])


# ---- links that a container makes ----

def test_link_of_another_container(container, tmp_path, secret):
    share = tmp_path / 'share'
    share.mkdir()
    owner = container('-m', f'host-bind:/srv={share}')
    service('start', owner)
    service('execute', owner, '--', 'mkdir', '/srv/pub')
    service('execute', owner, '--', 'touch', '/srv/pub/shared')
    # A directory cannot lead out: it is what its owner could write to anyway.
    other = container('-m', f'host-bind:/mnt={share}/pub')
    service('start', other)
    assert service('execute', other, '--', 'ls', '/mnt').stdout == 'shared\n'
    service('stop', '-t', '0', other)
    service('execute', owner, '--', 'rm', '-r', '/srv/pub')
    service('execute', owner, '--', 'ln', '-s', secret, '/srv/pub')
    refused([SERVICE, 'start', other], f'{share}/pub is a link', 'container can write')
    refused([SERVICE, 'create', '-m', f'host-bind:/mnt={share}/pub', 'never', '--', '/bin/true'], 'is a link', 'container can write')
    # It stays what a container made when the container is gone.
    service('stop', '-t', '0', owner)
    service('delete', owner)
    refused(['virt-sandbox', '-m', f'host-bind:/mnt={share}/pub', '--', 'ls', '/mnt'], 'is a link', 'container can write')
    refused(['virt-sandbox', '-m', f'host-bind:/mnt={share}/pub/key', '--', 'ls', '/mnt'], 'is a link', 'container can write')


@pytest.mark.parametrize('inner_first', (False, True))
def test_link_in_its_own_directory(container, tmp_path, secret, inner_first):
    data = tmp_path / 'data'
    (data / 'sub').mkdir(parents=True)
    mounts = [('-m', f'host-bind:/srv={data}'), ('-m', f'host-bind:/mnt={data}/sub,readonly')]
    name = container(*[word for one in (reversed(mounts) if inner_first else mounts) for word in one])
    service('start', name)
    service('execute', name, '--', 'rmdir', '/srv/sub')
    service('execute', name, '--', 'ln', '-s', secret, '/srv/sub')
    service('stop', '-t', '0', name)
    refused([SERVICE, 'start', name], f'{data}/sub is a link', 'container can write')


def test_link_left_before_there_were_marks(container, tmp_path, secret):
    """A directory without its mark, as it is after an earlier release: it gets the mark before anything below it is looked for."""
    data = tmp_path / 'data'
    (data / 'sub').mkdir(parents=True)
    name = container('-m', f'host-bind:/mnt={data}/sub,readonly', '-m', f'host-bind:/srv={data}')
    (data / 'sub').rmdir()
    (data / 'sub').symlink_to(secret)
    refused([SERVICE, 'start', name], 'is a link', 'container can write')


def test_link_in_a_tree(container, root, secret, names):
    name = names()
    if not pathlib.Path('/usr/sbin/apache2').exists():
        pytest.skip('apache2 is not installed')
    service('create', '-u', 'apache2.service', name, timeout=120)
    container.made.append(name)
    share = root / 'var/lib/libvirt/filesystems' / name / 'var/share'
    share.symlink_to(secret)
    refused(['virt-sandbox', '-m', f'host-bind:/mnt={share}', '--', 'ls', '/mnt'], 'is a link', 'container can write')
    variables, link = share.with_name('variables'), share.with_name('link')
    variables.write_text('X=y\n')
    link.symlink_to(secret / 'key')
    for path in (variables, link):
        refused(['virt-sandbox', '--env-file', path, '--', 'env'], 'option --env-file', 'container can write')
        assert 'container can write' in run(['virt-lxc', 'define', path], check=False).stderr
    outside = root / 'variables'
    outside.write_text('X=y\n')
    assert 'X=y' in run(['virt-sandbox', '--env-file', outside.name, '--', 'env'], cwd=root).stdout
    assert 'X=y' in run(f'virt-sandbox --env-file <(cat {outside}) -- env', executable='/bin/bash').stdout
    outside.unlink()


def test_links_of_the_administrator(tmp_path, secret):
    (tmp_path / 'link').symlink_to('secret')
    assert sandbox(f'host-bind:/mnt={tmp_path}/link,readonly', 'cat', '/mnt/key').stdout == 'of the host'


def test_links_of_users(tmp_path, secret):
    home = tmp_path / 'alice'
    (home / 'www').mkdir(parents=True)
    (home / 'link').symlink_to(secret)
    for path in (home, home / 'www', home / 'link'):
        os.chown(path, ALICE, ALICE, follow_symlinks=False)
    sandbox(f'host-bind:/mnt={home}/www', 'touch', '/mnt/file')
    assert (home / 'www/file').exists()
    refused(['virt-sandbox', '-m', f'host-bind:/mnt={home}/link', '--', 'ls', '/mnt'], 'is a link', 'others than root can write')


# ---- links inside, on the way to a target ----

PLANTED = {'proc': ('mask',), 'sys': ('fs', 'kernel'), 'dev': ('null', 'console')}


@pytest.mark.parametrize('kind', ('host-bind', 'guest-bind'))
@pytest.mark.parametrize('place', PLANTED)
def test_target_that_became_a_link(container, tmp_path, secret, place, kind):
    """A mount point cannot be removed inside, but the directory above it can be moved: the next start must not mount over what the engine makes, nor go
    where names in there lead."""
    top, data = tmp_path / 'top', tmp_path / 'data'
    (top / 'app').mkdir(parents=True)
    data.mkdir()
    mounts = ['-m', f'host-bind:/srv={top}', '-m', f'host-bind:/mnt={data}']
    own = f'host-bind:/srv/app/data={data}' if kind == 'host-bind' else 'guest-bind:/srv/app/data=/mnt'
    name = container(*mounts, '-m', own)
    service('start', name)
    service('execute', name, '--', 'mv', '/srv/app', '/srv/gone')
    service('execute', name, '--', 'mkdir', '/srv/app')
    service('execute', name, '--', 'ln', '-s', f'/{place}', '/srv/app/data')
    for planted in PLANTED[place]:
        service('execute', name, '--', 'ln', '-s', secret, f'/mnt/{planted}')
    service('stop', '-t', '0', name)
    refused([SERVICE, 'start', name], 'cannot use /srv/app/data', 'a link inside')
    assert [path.name for path in secret.iterdir()] == ['key']


@pytest.mark.parametrize('target', ('/run/host', '/run/host/notify', '/var/run/host', '/run', '/var/run', '/run/systemd', '/run/systemd/notify', '/etc', '/etc/systemd',
                                    '/etc/systemd/system', '/usr', '/usr/lib', '/lib', '/lib/systemd/system'))
def test_targets_that_a_service_starts_with(root, names, tmp_path, target):
    """Covered, its systemd would start nothing, or nobody would hear of it before the start's time limit."""
    name = names()
    refused([SERVICE, 'create', '-u', 'apache2.service', '-m', f'host-bind:{target}={tmp_path}', name], f'cannot mount anything on {target}', 'choose another target')
    assert not [path for path in root.rglob('*') if name in path.name]


@pytest.mark.parametrize('place', ('/run/host', '/run/systemd', '/var/run/host'))
def test_target_that_became_a_link_to_what_a_start_needs(container, root, names, tmp_path, place):
    name = names()
    (tmp_path / 'data').mkdir()
    service('create', '-u', 'cron.service', '-m', f'host-bind:/srv/app/data={tmp_path}/data', name, timeout=120)
    container.made.append(name)
    tree = root / 'var/lib/libvirt/filesystems' / name
    service('start', name, timeout=120)
    service('execute', name, '--', 'mv', '/srv/app', '/srv/gone')
    service('execute', name, '--', 'mkdir', '/srv/app')
    service('execute', name, '--', 'ln', '-s', place, '/srv/app/data')
    service('stop', '-t', '0', name)
    assert (tree / 'srv/app/data').is_symlink()
    refused([SERVICE, 'start', name], 'cannot use /srv/app/data', 'a link inside', timeout=30)


def test_targets_in_run(tmp_path):
    """The control: what is nobody's there can be mounted on."""
    assert sandbox('ram:/var/run/x=1M', 'stat', '-f', '-c', '%T', '/run/x').stdout == 'tmpfs\n'
    sandbox('ram:/run=1M', 'true')


def test_source_inside_that_became_a_link(tmp_path):
    """The root of a container is read-only by its first name, and has no second one."""
    (tmp_path / 'x').symlink_to('/')
    refused(['virt-sandbox', '-m', f'host-bind:/srv={tmp_path}', '-m', 'guest-bind:/mnt=/srv/x', '--', 'true'], 'cannot use /srv/x', 'a link inside')


def test_links_inside_to_content(tmp_path):
    """The control."""
    (tmp_path / 'to/new').mkdir(parents=True)
    (tmp_path / 'link').symlink_to('/srv/to')
    mounts = ['-m', f'host-bind:/srv={tmp_path}', '-m', 'guest-bind:/mnt=/srv/link', '-m', 'ram:/srv/link/new=1M']
    assert run(['virt-sandbox', *mounts, '--', 'stat', '-f', '-c', '%T', '/srv/to/new']).stdout == 'tmpfs\n'


# ---- images ----

def test_image_below_a_writable_bind(container, tmp_path, image):
    data = tmp_path / 'data'
    data.mkdir()
    image = image.rename(data / 'x.img')
    words = ['-m', f'host-bind:/srv={data}', '-m', f'host-image:/mnt={image}']
    refused([SERVICE, 'create', *words, 'never', '--', '/bin/true'], str(image), 'can write to')
    sandbox(f'host-image:/mnt={image}', 'ls', '/mnt')  # the control
    sandbox(f'host-bind:/srv={data}', 'true')
    refused(['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'ls', '/mnt'], str(image), 'a container can write to')


@pytest.mark.parametrize('kind', ('fifo', 'directory', 'device'))
def test_image_that_is_none(tmp_path, kind):
    path = tmp_path / 'x.img'
    if kind == 'fifo':
        os.mkfifo(path)
    elif kind == 'directory':
        path.mkdir()
    else:
        path = pathlib.Path('/dev/null')
    refused(['virt-sandbox', '-m', f'host-image:/mnt={path}', '--', 'true'], 'neither a file nor a block device', timeout=60)
    refused([SERVICE, 'create', '-m', f'host-image:/mnt={path}', 'never', '--', '/bin/true'], 'neither a file nor a block device', timeout=60)


def test_image_is_mounted_once(container, image):
    name = container('-m', f'host-image:/mnt={image}')
    service('start', name)
    service('execute', name, '--', 'touch', '/mnt/file')
    for mode in ('', ',readonly'):
        refused(['virt-sandbox', '-m', f'host-image:/mnt={image}{mode}', '--', 'true'], f'cannot mount the image {image}', 'in use')
    other = container('-m', f'host-image:/mnt={image}')
    refused([SERVICE, 'start', other], f'cannot mount the image {image}', 'in use')
    service('stop', '-t', '0', name)
    clean(image)
    service('start', other)
    assert 'file' in service('execute', other, '--', 'ls', '/mnt').stdout
    service('stop', '-t', '0', other)
    clean(image)


def test_image_by_another_name(container, tmp_path, image):
    """The lock is the file's, not the path's."""
    os.link(image, tmp_path / 'other.img')
    name = container('-m', f'host-image:/mnt={image}')
    service('start', name)
    refused(['virt-sandbox', '-m', f'host-image:/mnt={tmp_path}/other.img', '--', 'true'], 'in use')


def test_readers_share_an_image(container, image):
    name = container('-m', f'host-image:/mnt={image},readonly')
    before = image.read_bytes()
    service('start', name)
    sandbox(f'host-image:/mnt={image},readonly', 'ls', '/mnt')
    refused(['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'true'], 'in use')
    service('stop', '-t', '0', name)
    assert image.read_bytes() == before


def test_image_is_free_when_stop_returns(container, image):
    name = container('-m', f'host-image:/mnt={image}')
    for _ in range(10):
        service('start', name)
        service('stop', '-t', '0', name)
        sandbox(f'host-image:/mnt={image}', 'true')
    clean(image)


def test_two_at_once(image):
    """Whoever comes second is refused, and nothing is damaged."""
    command = ['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'sh', '-c', 'for i in $(seq 100); do mkdir /mnt/$$-$i; done']
    for _ in range(10):
        both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = [one.communicate()[1] for one in both]
        assert any(one.returncode == 0 for one in both), said
        for one, words in zip(both, said):
            assert one.returncode == 0 or 'in use' in words
        clean(image)
        with_all = sandbox(f'host-image:/mnt={image}', 'sh', '-c', 'ls /mnt | wc -l; rm -rf /mnt/*-*').stdout
        assert (int(with_all) - 1) % 100 == 0


@pytest.fixture
def in_image(container, names):
    if not pathlib.Path('/usr/sbin/apache2').exists():
        pytest.skip('apache2 is not installed')
    name = names()
    service('create', '-C', '-u', 'apache2.service', '-i', '200M', name, timeout=120)
    container.made.append(name)
    return name


def test_verbs_on_an_image_that_is_in_use(in_image, root):
    image = root / f'var/lib/libvirt/images/{in_image}.raw'
    service('start', in_image, timeout=120)
    refused(['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'true'], f'cannot mount the image {image}', 'in use')
    refused([SERVICE, 'upgrade', in_image], in_image)
    service('stop', in_image)
    clean(image)
    for follow in (['-f'], ['-n', '3', '-f'], ['-xf'], ['--follow'], ['--foll', '-n1']):
        refused([SERVICE, 'logs', in_image, *follow], 'does not run', '--follow')  # it would be in use as long as somebody reads
    assert service('logs', in_image, '-n', '3').stdout
    for _ in range(5):
        both = [subprocess.Popen([SERVICE, verb, in_image], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) for verb in ('upgrade', 'start')]
        said = [one.communicate(timeout=240)[1] for one in both]
        assert any(one.returncode == 0 for one in both), said
        service('stop', in_image, check=False)
        clean(image)


@pytest.fixture
def on_the_host(tmp_path):
    """Mounts an image as an administrator does; what is mounted is unmounted after the test."""
    place = tmp_path / 'place'
    place.mkdir()

    def mount(image, options=''):
        run(['mount', '-o', f'loop{options}', image, place])
        return run(['findmnt', '-no', 'SOURCE', place]).stdout.strip()

    yield mount
    run(['umount', place], check=False)


@pytest.mark.parametrize('how', ('plain', 'renamed', 'linked', 'deleted'))
def test_image_that_the_host_has_mounted(container, tmp_path, image, on_the_host, how):
    """mount(8) takes no lock."""
    name, other = container('-m', f'host-image:/mnt={image}'), tmp_path / 'other.img'
    if how in ('linked', 'deleted'):
        os.link(image, other)
    device = on_the_host(other if how == 'deleted' else image)
    if how == 'renamed':
        image.rename(other)
        other.rename(image.with_name('third.img'))
        os.link(tmp_path / 'third.img', image)
        (tmp_path / 'third.img').unlink()
    elif how == 'linked':
        image.unlink()
        os.link(other, image)
    elif how == 'deleted':
        other.unlink()
    words = (f'cannot mount the image {image}', f'the host has it at {device}', f'losetup -d {device}')
    for mode in ('', ',readonly'):
        refused(['virt-sandbox', '-m', f'host-image:/mnt={image}{mode}', '--', 'true'], *words)
    refused([SERVICE, 'start', name], *words)
    assert run(['losetup', '-j', image]).stdout.count('\n') == 1  # ours is gone
    run(['umount', tmp_path / 'place'])
    service('start', name)
    service('stop', '-t', '0', name)
    clean(image)


def test_loop_device_that_nobody_has_mounted(image):
    device = run(['losetup', '-f', '--show', image]).stdout.strip()
    try:
        refused(['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'true'], f'the host has it at {device}')
        sandbox(f'host-image:/mnt={device}', 'touch', '/mnt/file')  # the device itself is free
        second = run(['losetup', '-f', '--show', image]).stdout.strip()
        try:
            refused(['virt-sandbox', '-m', f'host-image:/mnt={device}', '--', 'true'], f'the host has it at {second}')
        finally:
            run(['losetup', '-d', second])
    finally:
        run(['losetup', '-d', device])
    clean(image)


def test_readers_share_an_image_with_the_host(image, on_the_host):
    on_the_host(image, ',ro')
    sandbox(f'host-image:/mnt={image},readonly', 'ls', '/mnt')
    refused(['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'true'], 'the host has it at')


def test_device_that_the_host_has_mounted(image, on_the_host):
    device = on_the_host(image)
    for mode in ('', ',readonly'):
        refused(['virt-sandbox', '-m', f'host-image:/mnt={device}{mode}', '--', 'true'], f'cannot mount the image {device}', 'in use')


def test_disk_of_a_virtual_machine(image):
    """qemu locks single bytes (fcntl)."""
    with open(image, 'rb') as disk:
        fcntl.lockf(disk, fcntl.LOCK_SH, 1, 100)
        refused(['virt-sandbox', '-m', f'host-image:/mnt={image}', '--', 'true'], f'cannot mount the image {image}', 'in use')
    sandbox(f'host-image:/mnt={image}', 'true')


def test_verbs_on_an_image_that_the_host_has_mounted(in_image, root, on_the_host, names):
    image = root / f'var/lib/libvirt/images/{in_image}.raw'
    device = on_the_host(image)
    for words in (['start', in_image], ['upgrade', in_image], ['clone', in_image, names()], ['set', in_image, '--image-size', '250M'], ['logs', in_image]):
        refused([SERVICE, *words], f'the host has it at {device}', timeout=120)
    assert image.stat().st_size == 200 << 20
    run(['umount', device])
    clean(image)


def test_growing_is_killed_at_any_moment(container, names, root):
    """resize2fs that is killed leaves a file system that cannot be mounted: it never works on the image itself."""
    name = names()
    service('create', '-i', '16M', name, '--', '/usr/bin/true')
    container.made.append(name)
    image = root / f'var/lib/libvirt/images/{name}.raw'
    grow = [SERVICE, 'set', name, '--image-size', '96M']
    begin = time.monotonic()
    service('set', name, '--image-size', '48M')
    took = time.monotonic() - begin
    for step in range(1, 16):
        one = subprocess.Popen(grow, stderr=subprocess.DEVNULL)
        try:
            one.wait(took * step / 12)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()
        wait_for(lambda: not run(['losetup', '-j', image]).stdout, 'the image is free', 10)
        clean(image)
    last = [SERVICE, 'set', name, '--image-size', '97M']  # what the killed command started may still hold the container
    wait_for(lambda: run(last, check=False).returncode == 0, 'the image grows again', 30)
    clean(image)
    assert image.stat().st_size == 97 << 20
    forget_killed_sandboxes(root)
    assert [path.name for path in image.parent.iterdir() if name in path.name] == [image.name]


def test_a_damaged_image_does_not_grow(container, names, root):
    name = names()
    service('create', '-i', '16M', name, '--', '/usr/bin/true')
    container.made.append(name)
    image = root / f'var/lib/libvirt/images/{name}.raw'
    run(['debugfs', '-w', '-R', 'clri <2>', image])
    refused([SERVICE, 'set', name, '--image-size', '32M'], 'is damaged; repair it in a sandbox', str(image))
    assert image.stat().st_size == 16 << 20
    assert [path.name for path in image.parent.iterdir() if name in path.name] == [image.name]


def test_logs_write_nothing_into_an_image(in_image, root):
    image = root / f'var/lib/libvirt/images/{in_image}.raw'
    service('start', in_image, timeout=120)
    service('stop', in_image)
    run(['debugfs', '-w', '-R', 'feature needs_recovery', image])  # as after a power cut
    before = image.read_bytes()
    assert service('logs', in_image).stdout
    assert image.read_bytes() == before


# ---- what is no source ----

@pytest.mark.parametrize('source', ('/sys', '/proc', '/sys/kernel', '/dev', '/dev/pts', '/sys/fs/cgroup', '/'))
def test_kernel_file_systems(source):
    refused(['virt-sandbox', '-m', f'host-bind:/mnt={source},readonly', '--', 'true'], f'cannot use {source}', 'the kernel')
    refused([SERVICE, 'create', '-m', f'host-bind:/mnt={source},readonly', 'never', '--', '/bin/true'], f'cannot use {source}', 'the kernel')


def test_holds_the_state_of_all(root, tmp_path, names):
    """Written to by a container, these would be trusted for none any more; another name of the same directory changes nothing."""
    alias = tmp_path / 'alias'
    alias.mkdir()
    run(['mount', '--bind', '/', alias])
    try:
        for source in (alias, '/usr', root / 'var', root / 'etc/libvirt-sandbox', f'{alias}/usr'):
            for command in (['virt-sandbox', '-m', f'host-bind:/mnt={source},relabel=no', '--', 'true'],
                            [SERVICE, 'create', '-m', f'host-bind:/mnt={source},relabel=no', 'never', '--', '/bin/true']):
                refused(command, f'cannot use {source}', 'no container may write')
        assert 'usr' in sandbox(f'host-bind:/mnt={alias},readonly', 'ls', '/mnt').stdout
        refused(['virt-sandbox', '-m', f'host-bind:/mnt={tmp_path},relabel=no', '--', 'true'], f'cannot use {tmp_path}', f"the host's root is mounted at {alias}")
    finally:
        run(['umount', alias])
    sandbox(f'host-bind:/mnt={tmp_path},relabel=no', 'touch', '/mnt/file')


@pytest.mark.parametrize('kind', ('host-bind', 'host-image'))
def test_nothing_there(tmp_path, kind):
    refused([SERVICE, 'create', '-m', f'{kind}:/mnt={tmp_path}/typo/dir', 'never', '--', '/bin/true'], f'cannot use {tmp_path}/typo/dir', 'No such file')


def test_ram_has_a_limit_of_inodes():
    assert int(sandbox('ram:/mnt=1M', 'stat', '-f', '-c', '%c', '/mnt').stdout) == 320


# ---- -p and --with ----

def test_parent_directory(tmp_path, names):
    name, typo = names(), tmp_path / 'typo/dir'
    refused([SERVICE, 'create', '-u', 'apache2.service', '-p', typo, name], f'cannot use {typo}', 'No such file')
    assert not typo.parent.exists()
    alices = tmp_path / 'alice'
    alices.mkdir()
    os.chown(alices, ALICE, ALICE)
    refused([SERVICE, 'create', '-u', 'apache2.service', '-p', alices, name], f'cannot use {alices}', 'root')
    assert not list(alices.iterdir())


def test_with_what_is_not_there(names):
    refused([SERVICE, 'create', '-u', 'apache2.service', '--with', '/etc/nonexistent', names()], 'cannot use /etc/nonexistent', 'No such file')


# ---- what create says ----

def test_warning_of_a_place_that_users_can_reach(names, tmp_path):
    """Root inside can leave a setuid program of the host's root in it."""
    open_place = pathlib.Path('/srv', f'vsb-open-{os.getpid()}')
    (open_place / 'data').mkdir(parents=True)
    (tmp_path / 'data').mkdir()

    def said(mount):
        name = names()
        made = service('create', '-m', mount, name, '--', '/usr/bin/true')
        service('delete', name)
        return 'can leave setuid programs' in made.said
    try:
        open_place.chmod(0o755)
        (open_place / 'data').chmod(0o755)
        assert said(f'host-bind:/srv={open_place}/data')
        assert not said(f'host-bind:/srv={open_place}/data,readonly')
        assert not said(f'host-bind:/srv={tmp_path}/data'), 'it is below a directory of 0700'
        (open_place / 'data').chmod(0o750)
        assert not said(f'host-bind:/srv={open_place}/data')
        (open_place / 'data').chmod(0o755)
        open_place.chmod(0o700)
        assert not said(f'host-bind:/srv={open_place}/data')
        open_place.chmod(0o755)
        run(['mount', '-t', 'tmpfs', '-o', 'nosuid,mode=755', 'tmpfs', open_place / 'data'])
        assert not said(f'host-bind:/srv={open_place}/data')
    finally:
        run(['umount', '-l', open_place / 'data'], check=False)
        shutil.rmtree(open_place)

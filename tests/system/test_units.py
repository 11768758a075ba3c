# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units that are not the plain service of a package: aliases, sockets and timers alone, services made by hand; and what is left out of them or cloned."""
import os
import pathlib
import urllib.request

import pytest

import harness
import isolation
from harness import refused, run, wait_for

SERVICE = 'virt-sandbox-service'

needs_sshd = pytest.mark.skipif(not pathlib.Path('/usr/sbin/sshd').exists(), reason='openssh-server is not installed')
needs_nginx = pytest.mark.skipif(not pathlib.Path('/usr/sbin/nginx').exists(), reason='nginx is not installed')
needs_redis = pytest.mark.skipif(not pathlib.Path('/usr/bin/redis-server').exists(), reason='redis is not installed')
needs_logrotate = pytest.mark.skipif(not pathlib.Path('/usr/sbin/logrotate').exists(), reason='logrotate is not installed')


@pytest.fixture
def create(names):
    """A function that creates a container and returns (name, what create said); deleted after the test."""
    made = []

    def make(*options):
        made.append(names())
        return made[-1], run([SERVICE, 'create', *options, made[-1]], timeout=120).said

    yield make
    isolation.remove(*made)


@pytest.fixture(scope='module')
def own_units(tmp_path_factory):
    """In this mount namespace the host has no units in /etc but those that tests write here, and its own places for hand-made services."""
    covers = {place: tmp_path_factory.mktemp('cover') for place in ('/etc/systemd/system', '/etc/opt', '/srv')}
    for place, cover in covers.items():
        cover.chmod(0o755)
        run(['mount', '--bind', cover, place])
    yield covers['/etc/systemd/system']
    for place in covers:
        run(['umount', place])


@pytest.fixture
def overlay(tmp_path):
    """A function that makes what is written below a directory of the host the test's own, in this mount namespace only."""
    covers = tmp_path / 'covers'
    covers.mkdir()
    run(['mount', '-t', 'tmpfs', 'tmpfs', covers])  # whatever /tmp is on, an overlay can be written to there
    mounted = [covers]

    def cover(top):
        if top not in mounted:
            upper, work = covers / f'{top.name}-upper', covers / f'{top.name}-work'
            upper.mkdir(mode=0o755)
            work.mkdir()
            run(['mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir={top},upperdir={upper},workdir={work}', top])
            mounted.append(top)

    yield cover
    for top in reversed(mounted):
        run(['umount', top])


@pytest.fixture
def moved_host(overlay):
    """A function that moves a directory of /etc or /var/lib elsewhere and leaves a link. Where it was moved to is the test's own."""
    def move(path, target):
        overlay(pathlib.Path('/etc' if path.is_relative_to('/etc') else '/var/lib'))
        target.parent.mkdir(parents=True, exist_ok=True)
        run(['cp', '-a', path, target])
        run(['rm', '-r', path])
        path.symlink_to(target)

    return move


def start(name):
    return run([SERVICE, 'start', name]).stdout.strip()


def inside(name, *words, **options):
    return run([SERVICE, 'execute', name, '--', *words], **options)


def host_key(address):
    return run(['ssh-keyscan', '-t', 'ed25519', address], check=False).stdout.split()[1:]


@needs_sshd
def test_alias(create):
    """The unit is made by one of its names, and known by all of them inside."""
    name, _ = create('-C', '-u', 'sshd.service')
    address = start(name)
    assert wait_for(lambda: host_key(address), 'sshd answers')[0] == 'ssh-ed25519'
    assert inside(name, 'systemctl', 'is-active', 'ssh.service', 'sshd.service').stdout.split() == ['active', 'active']


@needs_sshd
@pytest.mark.skipif(not pathlib.Path('/usr/lib/systemd/system/ssh.socket').exists(), reason='sshd has no socket here')
def test_socket_alone(create):
    """The service starts when somebody connects, not before."""
    name, _ = create('-C', '-u', 'ssh.socket')
    address = start(name)
    assert inside(name, 'systemctl', 'is-active', 'ssh.service', check=False).stdout.strip() == 'inactive'
    assert wait_for(lambda: host_key(address), 'sshd answers')[0] == 'ssh-ed25519'
    assert inside(name, 'systemctl', 'is-active', 'ssh.service').stdout.strip() == 'active'


@needs_nginx
@needs_logrotate
def test_timer_alone(create, root, tmp_path):
    """What the timer starts works, without the files that packages which are not in the container leave for it. Which of them the host has is up to the
    test: those of other packages name accounts that are not inside, some of them in files that dpkg does not know."""
    for file in 'mine', 'nginx':
        (tmp_path / file).write_text('/var/log/nosuch.log {\n  missingok\n}\n')
    (tmp_path / 'tomcat').write_text('# made by a script\n/var/log/tomcat/catalina.out\n/var/log/tomcat/*.log {\n  create 640 www-data adm\n  postrotate\n    /var/lib/x\n  endscript\n}\n')
    (tmp_path / 'gone').write_text('"/var/log/gone.log" {\n  su nosuch adm\n  missingok\n}\n')
    (tmp_path / 'brace').write_text('/var/log/brace/*.log{\n  missingok\n}\n')
    run(['mount', '--bind', tmp_path, '/etc/logrotate.d'])
    try:
        name, said = create('-C', '-u', 'logrotate.timer')
    finally:
        run(['umount', '/etc/logrotate.d'])
    for file, named in ('tomcat', '/var/log/tomcat, which is not inside'), ('gone', 'nosuch, which is not an account'), ('brace', '/var/log/brace, which'):
        assert f'/etc/logrotate.d/{file} stays on the host: it names {named}' in said
    start(name)
    assert 'logrotate.timer' in inside(name, 'systemctl', 'list-timers', '--no-legend', '--no-pager').stdout
    inside(name, 'systemctl', 'start', 'logrotate.service')
    assert [path.name for path in (root / 'var/lib/libvirt/filesystems' / name / 'etc/logrotate.d').iterdir()] == ['mine']


@pytest.mark.skipif(not pathlib.Path('/var/lib/dpkg/info/e2fsprogs.conffiles').exists(), reason='no package here leaves a job for cron that is known')
@pytest.mark.skipif(not pathlib.Path('/usr/sbin/cron').exists(), reason='cron is not installed')
def test_drop_ins(create, root, tmp_path):
    """Of the directory that is for cron the administrator's files come along, and no other package's."""
    for job in 'mine', 'e2scrub_all':
        (tmp_path / job).write_text('# nothing to do\n')
    run(['mount', '--bind', tmp_path, '/etc/cron.d'])
    try:
        name, _ = create('-C', '-u', 'cron')
    finally:
        run(['umount', '/etc/cron.d'])
    assert [path.name for path in (root / 'var/lib/libvirt/filesystems' / name / 'etc/cron.d').iterdir()] == ['mine']


@needs_nginx
def test_without(create, root):
    name, _ = create('-C', '-u', 'nginx', '--without', '/etc/nginx/mime.types', '--without', '/var/www')
    tree = root / 'var/lib/libvirt/filesystems' / name
    assert (tree / 'etc/nginx/nginx.conf').exists()
    assert not (tree / 'etc/nginx/mime.types').exists() and not (tree / 'var/www').exists()


@needs_nginx
def test_clone_with_secrets_of_a_group(create, names, root):
    """The certificate of ssl-cert belongs to a group, which a clone knows only from the files that it copies."""
    name, _ = create('-C', '-u', 'nginx')
    copy = names()
    run([SERVICE, 'clone', name, copy])
    try:
        keys = [root / 'var/lib/libvirt/filesystems' / one / 'etc/ssl/private/ssl-cert-snakeoil.key' for one in (name, copy)]
        assert keys[0].stat().st_gid == keys[1].stat().st_gid
        assert keys[0].read_text() != keys[1].read_text()
        with urllib.request.urlopen(f'http://{start(copy)}/', timeout=5) as answer:
            assert answer.status == 200
    finally:
        run([SERVICE, 'stop', copy], check=False)
        run([SERVICE, 'delete', copy])


PROGRAM = '''#!/usr/bin/python3
import os
import pathlib
import time
said = [pathlib.Path(path).read_text() for path in (os.environ["CONFIG"], os.environ["CREDENTIALS_DIRECTORY"] + "/token")]
pathlib.Path("/run/said").write_text(" ".join(said))
time.sleep(1e6)
'''


def test_made_by_hand(create, own_units):
    """The configuration is named by a variable of a file that the unit names, and the credential by its directive: both come along unasked."""
    program = pathlib.Path('/srv/by-hand/program')
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    opt = pathlib.Path('/etc/opt')
    for name, text in ('environment', 'CONFIG=/etc/opt/config\n'), ('config', 'configured'), ('token', 'secret'), ('other', 'no'):
        (opt / name).write_text(text)
    (own_units / 'by-hand.service').write_text('[Service]\nEnvironmentFile=/etc/opt/environment\nLoadCredential=token:/etc/opt/token\n'
                                               f'ExecStart={program}\n')
    name, _ = create('-C', '--package', 'coreutils', '-u', 'by-hand')
    start(name)
    assert wait_for(lambda: inside(name, 'cat', '/run/said', check=False).stdout, 'the service read it') == 'configured secret'
    assert inside(name, 'ls', '/etc/opt').stdout.split() == ['config', 'environment', 'token']
    said = run([SERVICE, 'create', '--dry-run', '--package', 'coreutils', '-u', 'by-hand', harness.new_name()]).said
    assert 'without -C: /etc/opt/config, which /etc/opt/environment names, is left out' in said


def test_condition_that_nothing_meets(create, own_units):
    (own_units / 'never.service').write_text('[Unit]\nConditionPathExists=/etc/opt/nothing-here\n[Service]\nExecStart=/bin/sleep infinity\n')
    name, said = create('--package', 'coreutils', '-u', 'never')
    assert 'ConditionPathExists=/etc/opt/nothing-here: there is no such file' in said
    refused([SERVICE, 'start', name], 'unmet condition', 'nothing-here')


def test_socket_of_what_is_refused(own_units, name):
    (own_units / 'of-host.socket').write_text('[Socket]\nListenStream=/run/of-host\n')
    (own_units / 'of-host.service').write_text('[Service]\nExecStart=/usr/sbin/dockerd -H fd://\n')
    refused([SERVICE, 'create', '--package', 'coreutils', '-u', 'of-host.socket', name], 'of-host.service cannot run in a container', 'ExecStart=')


@needs_nginx
def test_own_name_needs_no_name_server(create):
    """Of either family: who asks for the other one would wait until a name server has not answered."""
    name, _ = create('-C', '-u', 'nginx')
    start(name)
    assert '127.0.1.1' in inside(name, 'getent', '-s', 'files', 'ahostsv4', name).stdout.split()
    assert '::1' in inside(name, 'getent', '-s', 'files', 'ahostsv6', name).stdout.split()


@needs_redis
def test_state_that_was_moved_away(create, root, moved_host):
    """Where a container has nothing, what is there stands in the place of the link."""
    state = pathlib.Path('/var/lib/redis')
    moved_host(state, harness.PROBE_PLACE.parent / 'data/redis')
    (state / 'planted').write_text('of the host')
    name, _ = create('-C', '-u', 'redis-server.service')
    content = root / 'var/lib/libvirt/filesystems' / name / 'var/lib/redis'
    assert not content.is_symlink() and content.owner() == 'redis'
    assert (content / 'planted').read_text() == 'of the host'
    start(name)
    assert inside(name, 'redis-cli', 'ping').stdout == 'PONG\n'
    target = state.readlink()
    plan = run([SERVICE, 'create', '--dry-run', '-C', '-m', f'host-bind:{target}={target}', '-u', 'redis-server.service', 'unmade']).stdout
    assert f'/var/lib/redis -> {target}' in plan, 'a mount gives what the link leads to, and nothing is copied'
    assert 'planted' not in plan and f'<- {target}' not in plan


@needs_redis
def test_configuration_that_was_moved_within(create, root, own_units, moved_host):
    """Where a container has places of its own, both the link and what it leads to are inside, with -C and without."""
    moved_host(pathlib.Path('/etc/redis'), pathlib.Path('/srv/conf/redis'))
    for options in (['-C'], []):
        name, _ = create(*options, '-u', 'redis-server.service')
        content = root / 'var/lib/libvirt/filesystems' / name
        assert (content / 'etc/redis').readlink() == pathlib.Path('/srv/conf/redis')
        assert (content / 'srv/conf/redis/redis.conf').is_file()
        start(name)
        assert inside(name, 'redis-cli', 'ping').stdout == 'PONG\n'
        assert run([SERVICE, 'upgrade', '--dry-run', name]).stdout == ''


@needs_redis
def test_link_of_a_service_is_not_followed(create, root, moved_host):
    """A link that is not root's, or that lies in a directory of somebody else, could lead to the host's secrets."""
    state = pathlib.Path('/var/lib/redis')
    moved_host(state, harness.PROBE_PLACE.parent / 'data/redis')
    os.lchown(state, (state / '.').stat().st_uid, -1)
    name, _ = create('-C', '-u', 'redis-server.service')
    assert (root / 'var/lib/libvirt/filesystems' / name / 'var/lib/redis').is_symlink()


def test_state_of_a_dynamic_user(create, own_units, overlay):
    """On the host systemd made the link to it, and inside it accepts that one in the same words only."""
    overlay(pathlib.Path('/var/lib'))
    state = pathlib.Path('/var/lib/private/dynamic')
    state.parent.mkdir(mode=0o700, exist_ok=True)
    state.mkdir()
    (state / 'kept').write_text('of the host')
    pathlib.Path('/var/lib/dynamic').symlink_to('private/dynamic')
    (own_units / 'dynamic.service').write_text('[Service]\nDynamicUser=yes\nStateDirectory=dynamic\nExecStart=/bin/sh -c "cat /var/lib/dynamic/kept; exec sleep infinity"\n')
    name, _ = create('-C', '-P', 'coreutils', '-u', 'dynamic.service')
    start(name)
    assert inside(name, 'readlink', '/var/lib/dynamic').stdout == 'private/dynamic\n'
    assert inside(name, 'cat', '/var/lib/dynamic/kept').stdout == 'of the host'

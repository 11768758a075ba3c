# SPDX-License-Identifier: LGPL-2.1-or-later
"""What upgrades of the host mean for its containers."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

from harness import refused, run
from test_daily import state_of
from test_execute import command  # noqa: F401 (fixture)
from test_units import SERVICE
from test_verbs import replaceable  # noqa: F401 (fixture)

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"


@pytest.fixture(scope='module', autouse=True)
def alone(root):
    """What is upgraded here are all containers: broken ones that other modules have left go first."""
    for file in (root / 'etc/libvirt-sandbox/services').glob('*.sandbox'):
        run([SERVICE, 'delete', '--force', file.stem], check=False)


@pytest.fixture
def dpkg(tmp_path):
    """A function that takes dpkg's lock, in this mount namespace alone, as a process of its own: end its input, and it lets go."""
    lock = pathlib.Path('/var/lib/dpkg/lock')
    mine, running = tmp_path / 'lock', []
    mine.touch()
    run(['mount', '--bind', mine, lock])

    def hold():
        holder = subprocess.Popen([sys.executable, '-c', HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(holder)
        holder.stdout.readline()
        return holder

    yield hold
    for holder in running:
        holder.communicate()
    run(['umount', '-l', lock])


def test_nothing_starts_from_a_half_unpacked_usr(command, dpkg, name):  # noqa: F811 (fixture)
    one = command('sleep', 'infinity')
    pid = state_of(one)['pid']
    holder = dpkg()
    at_once = {**os.environ, 'VIRT_SANDBOX_PACKAGE_WAIT': '0'}
    said = f'(process {holder.pid}) is changing the host\'s packages, and /usr may be half old and half new'
    refused([SERVICE, 'restart', one], said, env=at_once)
    assert state_of(one)['pid'] == pid, 'it was not stopped for that'
    refused([SERVICE, 'create', name, '--', 'true'], said, env=at_once)
    refused(['virt-sandbox', '--', 'true'], said, env=at_once)
    run([SERVICE, 'stop', '-t', '0', one])
    refused([SERVICE, 'upgrade', one], said, env=at_once)
    refused([SERVICE, 'start', one], said, env=at_once)
    refused([pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor'), one], said, env=at_once)
    start = subprocess.Popen([SERVICE, 'start', one], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert f'waiting until python3 (process {holder.pid}) has ended' in start.stderr.readline()
    holder.communicate()
    _, rest = start.communicate(timeout=60)
    assert start.returncode == 0 and rest == ''
    assert state_of(one)['phase'] == 'running'


PROTOCOLS = pathlib.Path('/etc/protocols')
WELL = ('--health-command', '! grep -q broken /etc/protocols', '--health-interval', '1', '--health-timeout', '5', '--health-retries', '1')


@pytest.fixture
def package(tmp_path, replaceable):  # noqa: F811 (fixture)
    """A function that does what a package's new version does: another program, by renaming over the old one, and other configuration."""
    mine = tmp_path / 'protocols'
    shutil.copy(PROTOCOLS, mine)
    run(['mount', '--bind', mine, PROTOCOLS])

    def upgrade(line):
        new = replaceable.with_suffix('.dpkg-new')
        shutil.copy(replaceable, new)
        new.rename(replaceable)
        mine.write_text(mine.read_text() + line)

    yield upgrade
    run(['umount', '-l', PROTOCOLS])


def findings(*names):
    done = run([SERVICE, 'upgrade', '--check', '--json', *(names or ('--all',))], check=False)
    assert done.returncode == (2 if json.loads(done.stdout) else 0) and not done.stderr
    return {(one['name'], one['result']) for one in json.loads(done.stdout)}


def test_one_by_one(command, package, replaceable, root):  # noqa: F811 (fixture)
    """What does not work any more goes back to its /etc, and those after it are left alone; then a better version comes."""
    one, two = command(replaceable, 'infinity', options=WELL), command(replaceable, 'infinity', options=WELL)
    etc = {name: root / f'var/lib/libvirt/filesystems/{name}/etc/protocols' for name in (one, two)}
    before, two_pid = etc[one].read_text(), state_of(two)['pid']
    assert findings() == set()
    package('broken 250 BROKEN\n')
    assert findings(one) == {(one, 'stale'), (one, 'behind')} and (two, 'stale') in findings()
    assert [json.loads(line)['event'] for line in run([SERVICE, 'events', '--json', one]).stdout.splitlines()].count('stale') == 1
    refused([SERVICE, 'restart', '--stale', '--one-by-one', one], f'container {one} does not work with the /etc of the host\'s new packages',
            'its health check fails', 'it runs again with its previous /etc', '/usr is the host\'s')
    assert etc[one].read_text() == before and state_of(one)['phase'] == 'running' and not list(etc[one].parent.parent.glob('.etc-before*'))
    assert findings(one) == {(one, 'behind')}, 'it runs the new program, and the manifest is the old one'
    assert state_of(two)['pid'] == two_pid
    refused([SERVICE, 'restart', '--one-by-one', one], '--one-by-one is for --stale')
    run([SERVICE, 'set', '--on-upgrade', 'never', two])
    assert run([SERVICE, 'restart', '--stale', '--one-by-one']).stdout == '' and state_of(two)['pid'] == two_pid


def test_library_of_its_own(command, root, tmp_path):  # noqa: F811 (fixture)
    """A module in /opt that was made for a library of which the host has another version now; not one that brings it along, nor one that the host never had."""
    name = command('sleep', 'infinity')
    place = root / f'var/lib/libvirt/filesystems/{name}/opt/app'
    place.mkdir(parents=True)
    for library in ('libc.so.5', 'libnever.so.1'):
        run(['cc', '-shared', '-nostdlib', '-o', tmp_path / library, f'-Wl,-soname,{library}', '-x', 'c', '/dev/null'])
        run(['cc', '-shared', '-nostdlib', '-o', place / f'for-{library}', '-x', 'c', '/dev/null', '-x', 'none', '-Wl,--no-as-needed', tmp_path / library])
    (place / 'away.so').symlink_to(tmp_path / 'libc.so.5')
    done = json.loads(run([SERVICE, 'upgrade', '--check', '--json', name], check=False).stdout)
    assert [(one['result'], one['notes'][0].split(', ')[0]) for one in done] == [('broken', '/opt/app/for-libc.so.5 needs libc.so.5')]
    (tmp_path / 'libc.so.5').rename(place / 'libc.so.5')
    assert findings(name) == set()


def test_all_by_policy(command, package, replaceable, root):  # noqa: F811 (fixture)
    told, asked, held = (command(replaceable, 'infinity', options=('--on-upgrade', what)) for what in ('restart', 'never', 'hold'))
    pids = {name: state_of(name)['pid'] for name in (told, asked, held)}
    assert run([SERVICE, 'upgrade', '--all', '--by-policy']).stdout == ''
    package('fine 251 FINE\n')
    said = run([SERVICE, 'upgrade', '--all', '--by-policy']).stdout
    assert said == f'{told}: restarted\n{told}: Updated /etc/protocols\n'
    assert [name for name in pids if state_of(name)['pid'] != pids[name]] == [told]
    assert 'fine 251' in (root / f'var/lib/libvirt/filesystems/{told}/etc/protocols').read_text()
    said = run([SERVICE, 'upgrade', '--all']).stdout
    assert f'{held}: keeps running, as its on-upgrade says' in said and told not in said
    run([SERVICE, 'stop', '-t', '0', held])
    assert f'{held}: Updated /etc/protocols' in run([SERVICE, 'upgrade', '--all']).stdout
    assert findings() == {(asked, 'stale'), (asked, 'behind')}
    replaceable.unlink()
    assert (held, 'broken') in findings(held)
    for words, said in (((), 'expects a name, or --all'), (('--all', told), 'takes no names'), (('--by-policy', told), '--by-policy is for'), (('--json', told), '--json is for'),
                        (('--check', '--dry-run', told), '--check changes nothing')):
        refused([SERVICE, 'upgrade', *words], said)
    refused([SERVICE, 'set', '--on-upgrade', 'units', told], 'restart.on-upgrade: a container that runs a command has no units to restart')
    refused([SERVICE, 'set', '--on-upgrade', 'frob', told], '"frob" is not')


def test_packages_that_containers_run(root, name):
    """apt asks, with what it is about to do, and is stopped by a container's package alone; what it thinks of as left over does not have it."""
    apt = root / 'etc/apt/apt.conf.d'
    apt.mkdir(parents=True)
    hook = pathlib.Path(os.environ['BUILD_ROOT'], 'src/cli/virt-sandbox-packages')
    keep = apt / f'90virt-sandbox-{name}.conf'
    run([SERVICE, 'create', name, '--', 'sleep', 'infinity'])
    try:
        patterns = run(['apt-config', '-c', keep, 'dump', '--format', '%v%n', 'APT::NeverAutoRemove']).stdout.split()
        assert '^coreutils$' in patterns

        def ask(*lines, settings=''):
            return run([hook], check=False, input=f'VERSION 2\nAPT::Architecture=amd64\n{settings}\n' + ''.join(f'{line}\n' for line in lines))

        done = ask('libfoo 1.0 < - **REMOVE**', 'coreutils 9.1-1 > - **REMOVE**')
        assert done.returncode == 9 and f'container {name} uses package coreutils, which would be removed' in done.stderr
        assert ask('coreutils 9.1-1 < 9.4-1 /var/cache/apt/archives/coreutils.deb', 'libfoo 1.0 > - **REMOVE**').said == ''
        allowed = ask('coreutils:amd64 9.1-1 > - **REMOVE**', settings='virt-sandbox::allow-remove=true\n')
        assert allowed.returncode == 0 and f'container {name} uses package coreutils' in allowed.stderr
        assert ask().returncode == 0
        run([SERVICE, 'rename', name, f'{name}.new'])
        assert not keep.exists() and '^coreutils$' in keep.with_name(f'90virt-sandbox-{name}.new.conf').read_text()
    finally:
        run([SERVICE, 'delete', f'{name}.new'], check=False)
        run([SERVICE, 'delete', name], check=False)
    assert not list(apt.iterdir())
    shutil.rmtree(root / 'etc/apt')


def test_how_far_a_container_is_behind(command, tmp_path):  # noqa: F811 (fixture)
    """The packages that dpkg unpacked since its start: not those of before, and none of a container that does not run."""
    one = command('sleep', 'infinity')
    info = pathlib.Path('/var/lib/dpkg/info')
    unpacked = [info / 'coreutils.list', pathlib.Path('/var/lib/dpkg/status')]

    def behind():
        return {c['name']: c['behind'] for c in json.loads(run([SERVICE, 'list', '--json']).stdout)}[one]

    assert behind() == 0
    time.sleep(1.1)  # the start is kept in whole seconds
    try:
        for file in unpacked:
            copy = shutil.copy(file, tmp_path)
            run(['mount', '--bind', copy, file])
        assert behind() == 1
        assert run([SERVICE, 'list', '--columns', 'behind,name', '--filter', f'name={one}']).stdout.split() == ['BEHIND', 'NAME', '1', one]
        assert run([SERVICE, 'list', '--columns', 'name', '--sort', 'behind']).stdout.split()[1] == one
        run([SERVICE, 'restart', '-t', '0', one])
        assert behind() == 0
        run([SERVICE, 'stop', '-t', '0', one])
        assert behind() is None
    finally:
        for file in unpacked:
            run(['umount', '-l', file], check=False)

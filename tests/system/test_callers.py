# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the commands are called must not matter, nor may it give a secret or root away: umask, ignored signals, variables."""
import os
import pathlib
import signal

import pytest

import harness

SERVICE, SANDBOX = 'virt-sandbox-service', 'virt-sandbox'


@pytest.fixture
def container(name):
    """A function that creates the container of one command."""
    made = []

    def create(*options, **how):
        harness.run([SERVICE, 'create', *options, name, '--', '/bin/sleep', 'infinity'], **how)
        made.append(name)
        return name

    yield create
    for one in made:
        harness.run([SERVICE, 'stop', '-t', '1', one], check=False)
        harness.run([SERVICE, 'delete', one])


def modes(tree):
    return {str(path.relative_to(tree)): path.lstat().st_mode for path in [tree, *tree.rglob('*')]}


def test_umask_does_not_matter(root, names):
    found = []
    for mask in (0o022, 0o077, 0):
        name = names()
        harness.run([SERVICE, 'create', '-C', '-u', 'cron.service', name], preexec_fn=lambda mask=mask: os.umask(mask))
        tree = root / 'var/lib/libvirt/filesystems' / name
        units = pathlib.Path(root, 'etc/systemd/system')
        found.append((modes(tree), (root / 'etc/libvirt-sandbox/services' / f'{name}.sandbox').stat().st_mode,
                      sorted(path.lstat().st_mode for path in units.glob(f'*{name}*'))))
        harness.run([SERVICE, 'delete', name])
    assert found[0] == found[1] == found[2]


def test_ignored_signals_are_not_handed_on():
    ignored = [signal.SIGINT, signal.SIGQUIT, signal.SIGHUP]
    said = harness.run([SANDBOX, '--', '/bin/sh', '-c', 'grep SigIgn /proc/self/status'],
                       preexec_fn=lambda: [signal.signal(one, signal.SIG_IGN) for one in ignored]).stdout
    assert int(said.split()[1], 16) == 0


def test_variables_that_are_not_on_the_command_line(tmp_path, container):
    file = tmp_path / 'variables'
    file.write_text('# of the test\n\nFROM_FILE=a b="c"\nTOKEN\nBOTH=file\n')
    environment = dict(os.environ, TOKEN='s3cret', OTHER='no')
    options = ['--env-file', file, '-e', 'BOTH=line']
    wanted = ['BOTH=line', 'FROM_FILE=a b="c"', 'TOKEN=s3cret']

    def asked(said):
        return sorted(line for line in said.splitlines() if line.split('=')[0] in ('BOTH', 'FROM_FILE', 'TOKEN', 'OTHER'))

    assert asked(harness.run([SANDBOX, *options, '--', '/usr/bin/env'], env=environment).stdout) == wanted
    name = container(*options, '-N', 'none', env=environment)
    assert harness.run([SERVICE, 'inspect', name]).stdout.count('BOTH=') == 1, 'the value that does not hold is not stored'
    harness.run([SERVICE, 'start', name])
    pid = harness.run([SERVICE, 'execute', name, '--', '/bin/sh', '-c', 'tr "\\0" "\\n" </proc/1/environ']).stdout
    assert asked(pid) == wanted
    other = harness.run([SERVICE, 'execute', '-e', 'OTHER', name, '--', '/usr/bin/env'], env=environment).stdout
    assert 'OTHER=no' in asked(other)


MULTIARCH = harness.run(['gcc', '-print-multiarch']).stdout.strip()


@pytest.mark.parametrize('hide, options, words', [
    ('mount -t tmpfs tmpfs /usr/lib/systemd', ['-u', 'cron.service'], ['has no systemd to run inside', 'install the package systemd']),
    ('mount --bind /dev/null /usr/sbin/mke2fs', ['-i', '64M', '-u', 'cron.service'], ['has no program mkfs.ext4; install the package e2fsprogs']),
    ('mount --bind /dev/null /usr/sbin/resize2fs', ['-i', '64M', '-u', 'cron.service'], ['has no program resize2fs; install the package e2fsprogs']),
    (f'mount --bind /dev/null /usr/lib/{MULTIARCH}/libnftables.so.1', ['-u', 'cron.service'], ['libnftables.so.1', 'install the package']),
], ids=['systemd', 'mkfs', 'resize2fs', 'nftables'])
def test_create_names_what_the_host_lacks(root, name, hide, options, words):
    """Seen in a mount namespace of its own."""
    harness.refused(['unshare', '-m', 'sh', '-ec', hide + '; exec "$@"', 'sh', SERVICE, 'create', *options, name], f'create container {name}: ', *words)
    assert not (root / 'etc/libvirt-sandbox/services' / f'{name}.sandbox').exists()
    assert not (root / 'var/lib/libvirt/filesystems' / name).exists()


@pytest.mark.parametrize('variable', ['VIRT_SANDBOX_LIBEXEC', 'VIRT_SANDBOX_ROOT'])
def test_places_that_others_can_write_are_refused(tmp_path, name, variable):
    place = tmp_path / 'place'
    place.mkdir()
    os.chown(place, 1000, 1000)
    environment = dict(os.environ, **{variable: str(place)})
    harness.refused([SERVICE, 'create', name, '--', '/bin/true'], f'cannot use {variable}: {place} is not a directory that only root can write to', env=environment)
    harness.refused([SANDBOX, '--', '/bin/true'], f'cannot use {variable}: ', env=environment)
    assert not list(place.iterdir())

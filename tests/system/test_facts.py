# SPDX-License-Identifier: LGPL-2.1-or-later
"""Facts of packages are kept between two creates, and facts of units are not: what changes on the host is seen by the next create."""
import contextlib
import os
import pathlib
import shutil

import pytest

from harness import refused, run

SERVICE = 'virt-sandbox-service'
ADMIN = pathlib.Path('/var/lib/dpkg')
UNITS = pathlib.Path('/etc/systemd/system')

if not pathlib.Path('/usr/sbin/apache2').exists() or not (ADMIN / 'status').exists():
    pytest.skip('needs apache2 on a host with dpkg', allow_module_level=True)


@contextlib.contextmanager
def covered(place, tmp_path):
    """A copy of a place of the host lies over it, as this mount namespace sees it."""
    copy = tmp_path / place.name
    shutil.copytree(place, copy, symlinks=True)
    run(['mount', '--bind', copy, place])
    try:
        yield
    finally:
        run(['umount', place])


def plan(*options):
    return run([SERVICE, 'create', '--dry-run', '-C', '-u', 'apache2', *options, 'facts']).stdout


def cache():
    return pathlib.Path(os.environ['VIRT_SANDBOX_ROOT']) / 'var/lib/libvirt-sandbox/cache/packages'


def install(name, path):
    """Says to dpkg that there is a package with one configuration file."""
    pathlib.Path(path).write_text('x\n')
    (ADMIN / f'info/{name}.list').write_text(f'/.\n/etc\n{path}\n')
    with (ADMIN / 'status').open('a') as status:
        status.write(f'Package: {name}\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: all\nVersion: 1\n'
                     f'Conffiles:\n {path} 00000000000000000000000000000000\nDescription: a test\n\n')


def test_package_that_comes_is_seen(tmp_path):
    etc = pathlib.Path('/etc/facts-test.conf')
    with covered(ADMIN, tmp_path):
        assert str(etc) not in plan()
        before = cache().stat()
        assert str(etc) not in plan()
        assert cache().stat().st_ino == before.st_ino, 'the packages were read again, though nothing had changed'
        refused([SERVICE, 'create', '--dry-run', '-C', '-u', 'apache2', '--package', 'facts-test', 'facts'], 'facts-test', 'not installed')
        try:
            install('facts-test', etc)
            assert str(etc) in plan('--package', 'facts-test')
            assert cache().stat().st_ino != before.st_ino
        finally:
            etc.unlink()
    refused([SERVICE, 'create', '--dry-run', '-C', '-u', 'apache2', '--package', 'facts-test', 'facts'], 'facts-test', 'not installed')


def test_cache_that_is_damaged_is_made_again(tmp_path):
    wanted = plan()
    whole = cache().read_text()
    for damaged in ('', whole[:len(whole) // 2], whole.replace('package\t', 'x\t', 1), whole.splitlines()[0] + '\n'):
        cache().write_text(damaged)
        assert without_identity(plan()) == without_identity(wanted)
        assert cache().read_text() == whole


def without_identity(text):
    return [line for line in text.splitlines() if '/etc/machine-id' not in line]


def test_unit_that_changes_is_seen(tmp_path):
    with covered(UNITS, tmp_path):
        plan()
        drop_in = UNITS / 'apache2.service.d/facts.conf'
        drop_in.parent.mkdir(exist_ok=True)
        drop_in.write_text('[Service]\nStateDirectory=facts-state\n')
        said = plan()
        assert str(drop_in) in said
        assert '/var/lib/facts-state' in said
        drop_in.unlink()
        assert str(drop_in) not in plan()
        (UNITS / 'apache2.service').symlink_to('/dev/null')
        refused([SERVICE, 'create', '--dry-run', '-C', '-u', 'apache2', 'facts'], 'apache2.service', 'masked')

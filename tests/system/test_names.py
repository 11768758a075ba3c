# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of containers, as programs of the host and of their siblings ask for them."""
import os
import pathlib
import pwd
import shutil

import pytest

from harness import BUILD, run, wait_for

PLACE = pathlib.Path('/run/libvirt-sandbox-names')  # where the module looks; ours is below the test's root
SWITCH = 'passwd: files\nhosts: files{}\n'


@pytest.fixture(scope='module')
def host(tmp_path_factory, root):
    """A function that asks the host, as this mount namespace sees it: its nsswitch.conf has the one word, or not."""
    place, names = tmp_path_factory.mktemp('names'), root / PLACE.relative_to('/')
    names.mkdir(exist_ok=True, parents=True)
    run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run'])
    PLACE.mkdir()
    libraries = root / 'nss'  # the build may be where nobody gets
    libraries.mkdir()
    libraries.chmod(0o755)
    shutil.copyfile(BUILD / 'src/net/libnss_sandbox.so.2', libraries / 'libnss_sandbox.so.2')
    run(['mount', '--bind', names, PLACE])
    (place / 'nsswitch.conf').write_text(SWITCH.format(''))
    (place / 'nsswitch.conf').chmod(0o644)
    run(['mount', '--bind', place / 'nsswitch.conf', '/etc/nsswitch.conf'])

    def ask(database, name, user=None, switch=' sandbox'):
        (place / 'nsswitch.conf').write_text(SWITCH.format(switch))
        done = run(['getent', database, name], check=False, user=user,
                   env={**os.environ, 'LD_LIBRARY_PATH': str(libraries)})
        assert done.returncode in (0, 2), done.said
        return sorted({line.split()[0] for line in done.stdout.splitlines()})

    yield ask
    run(['umount', '/etc/nsswitch.conf'])
    run(['umount', PLACE])
    run(['umount', '/run'])
    shutil.rmtree(libraries)


def test_host(host, containers, root):
    one, two = containers(), containers()
    names = root / PLACE.relative_to('/')
    both = sorted([one.address, one.address6()])
    name = f'{one.name}.sandbox'
    assert host('ahosts', name, switch='') == [], 'the word in nsswitch.conf is what makes it known'
    assert host('ahosts', name) == both
    assert host('ahostsv4', name) == [one.address] and host('hosts', name) == [one.address6()]
    assert host('ahostsv6', name) == [one.address6()]
    assert host('ahosts', f'{one.name.upper()}.Sandbox.') == both, 'in capitals, and with the last dot'
    assert host('ahosts', f'{two.name}.sandbox') == sorted([two.address, two.address6()])
    assert host('ahosts', name, user=pwd.getpwnam('nobody').pw_uid) == both, 'everybody may ask'
    for other in (one.name, f'x{one.name}.sandbox', f'../{names.name}/{one.name}.sandbox', '..sandbox', f'{name}.org'):
        assert host('ahosts', other) == [], other
    run(['ping', '-c', '1', '-W', '5', one.address])
    one.driver('detach')
    assert host('ahosts', name) == [], 'it does not run'
    one.driver('attach')
    assert host('ahosts', name) == both
    (names / 'odd').symlink_to('10.0.0.1,nonsense')
    assert host('ahosts', 'odd.sandbox') == []
    (names / 'odd').unlink()
    names.chmod(0o777)
    assert host('ahosts', name) == [], 'of a directory that others can write to nothing is believed'
    names.chmod(0o755)
    assert host('ahosts', name) == both


def test_killed(host, containers, root):
    """Its processes were all killed, and nobody cleaned up: the next that leaves does."""
    one, two = containers(), containers()
    assert host('ahosts', f'{one.name}.sandbox')
    one.namespace.close()
    wait_for(lambda: run(f'ip link show vsb{one.uuid[:9]}-0', check=False).returncode != 0, 'its link goes with its namespace')
    two.driver('detach')
    assert host('ahosts', f'{one.name}.sandbox') == []


def test_capitals(host, containers, names, monkeypatch):
    import fakes
    import harness
    base = names()
    pair = [fakes.Container(name, harness.Namespace(), 'default').up() for name in (f'{base}x', f'{base}X')]
    try:
        assert host('ahostsv4', f'{base}x.sandbox') == [pair[0].address]
        assert host('ahostsv4', f'{base}X.sandbox') == [pair[1].address]
        assert host('ahostsv4', f'{base.upper()}X.sandbox') == [], 'which of the two is meant nobody knows'
    finally:
        for one in pair:
            one.down()
            one.namespace.close()

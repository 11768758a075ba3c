# SPDX-License-Identifier: LGPL-2.1-or-later
"""What belongs to one container alone: restored from a backup, copied or edited by hand, none starts with what another one has."""
import json
import re

import pytest

import isolation
from harness import refused, run

SERVICE = 'virt-sandbox-service'


def service(*words, **options):
    return run([SERVICE, *words], **options)


def keyfile(root, name):
    return root / f'etc/libvirt-sandbox/services/{name}.sandbox'


def value(root, name, key):
    found = re.search(rf'\b{key}=([^,\n]+)', keyfile(root, name).read_text())
    return found and found[1]


def edit(root, name, pattern, replacement=''):
    text = keyfile(root, name).read_text()
    assert re.search(pattern, text), text
    keyfile(root, name).write_text(re.sub(pattern, replacement, text))


@pytest.fixture
def made(names):
    """A function that creates containers of one command; all are deleted after the test."""
    everything = []

    def make(name=None):
        name = name or names()
        service('create', name, '--', '/bin/sleep', '1000')
        everything.append(name)
        return name

    yield make
    isolation.remove(*everything)


def reservations(root, name):
    """All that is kept on disk under this name."""
    place = root / 'var/lib/libvirt-sandbox'
    links = [str(p) for kind in ('ids', 'uuids', 'stations', 'mcs', 'smack', 'static') for p in place.glob(f'{kind}/*') if p.readlink().name == name]
    return links


def test_restored_from_a_backup_beside_who_took_its_address(root, made, names, tmp_path):
    one = made()
    backup = tmp_path / 'backup.tar'
    run(['tar', '-C', root, '-cf', backup, f'etc/libvirt-sandbox/services/{one}.sandbox',
         *(f'var/lib/libvirt/filesystems/{one}' for _ in '1' if (root / f'var/lib/libvirt/filesystems/{one}').exists())])
    address, base = value(root, one, 'address'), value(root, one, 'id-base')
    service('delete', one)
    assert not reservations(root, one)
    other = made()
    assert value(root, other, 'address') == address, 'the lowest free address is given again'
    run(['tar', '-C', root, '-xf', backup])
    if value(root, other, 'id-base') == base:  # both stand behind a large range of the host's own
        edit(root, one, r'id-base=\d+\n')
        base = None
    refused([SERVICE, 'start', one], f'the address {address} belongs to container {other}', 'remove `address=` to get a new one')
    edit(root, one, f',address={re.escape(address)}')
    service('start', one)
    assert value(root, one, 'address') not in (None, address), 'the new one is in the description'
    assert base in (None, value(root, one, 'id-base')), 'what nobody else has is kept'
    service('start', other)


def test_ids_of_another_by_hand(root, made):
    one, other = made(), made()
    base = value(root, other, 'id-base')
    edit(root, one, r'id-base=\d+', f'id-base={base}')
    refused([SERVICE, 'start', one], f'user ids from {base} belong to container {other}', 'remove `id-base=`')
    edit(root, one, r'id-base=\d+\n')
    service('start', one)
    assert value(root, one, 'id-base') not in (None, base)
    pid = json.loads(service('inspect', one).stdout)['state']['pid']
    with open(f'/proc/{pid}/uid_map', encoding='ascii') as uid_map:
        assert uid_map.read().split()[1] == value(root, one, 'id-base')


def test_copied_by_hand(root, made, names):
    """`cp a.sandbox b.sandbox` makes no second container with the machine id, and so the host's links, of the first."""
    one, copy = made(), names()
    text = keyfile(root, one).read_text()
    keyfile(root, copy).write_text(text.replace(f'name={one}', f'name={copy}'))
    service('start', one)
    refused([SERVICE, 'start', copy], f'uuid {value(root, one, "uuid")} belongs to container {one}', 'clone')
    assert json.loads(service('inspect', one).stdout)['state']['phase'] == 'running'
    service('delete', copy)
    assert len(reservations(root, one)) == 4, 'deleting the copy gives back nothing of the first'


def test_killed_create_leaves_no_reservation(root, made, names):
    """Killed at any system call that reserves: the next command gives it back, and so does one who wants the same."""
    killed = [names() for _ in range(4)]
    for call, name in enumerate(killed, 1):
        run(['strace', '-f', '-o', '/dev/null', '-e', 'trace=symlink,symlinkat', '-e', f'inject=symlink,symlinkat:signal=KILL:when={call}',
             SERVICE, 'create', name, '--', '/bin/true'], check=False)
    made()  # who changes something finishes what was interrupted
    assert not [left for name in killed for left in reservations(root, name)]
    isolation.remove(*killed)  # the one that was killed too late to be undone


def test_only_what_was_chosen_is_written(root, made):
    """A start that writes a new identity leaves the rest of the description alone: a default of the site is not the container's from then on."""
    one = made()
    before = keyfile(root, one).read_text()
    edit(root, one, r'id-base=\d+\n')
    defaults = root / 'etc/libvirt-sandbox/defaults.conf'
    defaults.write_text('[resources]\nio-weight=77\n')
    try:
        service('start', one, check=False)  # where there is no controller for it the start fails, after the file was written
    finally:
        defaults.unlink()
    assert re.sub(r'id-base=\d+\n', '', keyfile(root, one).read_text()) == re.sub(r'id-base=\d+\n', '', before)
    assert value(root, one, 'id-base')

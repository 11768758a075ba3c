# SPDX-License-Identifier: LGPL-2.1-or-later
"""A container that 0.1.0 made, and one that runs since 0.1.0: listed, entered, stopped, upgraded and started anew.

tests/golden/former has what 0.1.0 left on disk, with capitals in the place of what differs from container to container. Its supervisor is played by the present one.
"""
import json
import re

import pytest

import harness
import isolation
from harness import SOURCE, refused, run, start_time

SERVICE = 'virt-sandbox-service'


def service(*words, **options):
    return run([SERVICE, *words], **options)


def fixture(name, values):
    text = (SOURCE / 'tests/golden/former' / name).read_text()
    for key in sorted(values, key=len, reverse=True):
        text = re.sub(rf'\b{key}\b', str(values[key]), text)
    return text


def inspect(name):
    return json.loads(service('inspect', name).stdout)


class Former:
    def __init__(self, root, name):
        self.name, self.keyfile, self.run_place = name, root / f'etc/libvirt-sandbox/services/{name}.sandbox', root / f'run/libvirt-sandbox/{name}'
        service('create', '-N', 'default', name, '--', '/usr/bin/sleep', '1000')
        identity = inspect(name)['description']['identity']
        mac, address = re.fullmatch(r'mac=(.*),address=(.*)/16', identity['link'][0]).groups()
        self.identity, self.values = identity, {'NAME': name, 'UUID': identity['uuid'], 'ID_BASE': identity['id-base'], 'MAC': mac, 'ADDRESS': address}
        self.keyfile.write_text(fixture('NAME.sandbox', self.values))
        reservations = root / 'var/lib/libvirt-sandbox'
        (reservations / 'addresses').write_text(fixture('addresses', self.values))
        for link in (reservations / 'uuids' / identity['uuid'], reservations / 'stations' / mac, reservations / 'stations' / address):
            link.unlink()  # 0.1.0 reserved none

    def run_by_former(self):
        """Runs, and nothing in its run directory is newer than 0.1.0."""
        service('start', self.name)
        state = inspect(self.name)['state']
        values = {**self.values, 'SUPERVISOR': state['supervisor'], 'PID': state['pid'], 'SINCE': state['since'], 'CGROUP': state['cgroup'],
                  'SUPERVISOR_STARTTIME': start_time(state['supervisor']), 'STARTTIME': start_time(state['pid'])}
        (self.run_place / 'state').write_text(fixture('state', values))
        (self.run_place / 'spec').unlink()

    def listed(self):
        return next(line for line in service('list').stdout.splitlines() if line.startswith(f'{self.name} '))

    def has_its_identity(self):
        assert inspect(self.name)['description']['identity'] == {**self.identity, 'model': 'none'}


@pytest.fixture
def former(root, name):
    yield Former(root, name)
    isolation.remove(name)


def test_stopped(former, root):
    assert ' stopped ' in former.listed()
    former.has_its_identity()
    assert former.keyfile.read_text() == fixture('NAME.sandbox', former.values), 'to look at it changes nothing'
    service('upgrade', former.name)
    text = former.keyfile.read_text()
    assert re.search(rf'^\[identity\]\n(.*\n)*uuid={former.values["UUID"]}\n', text, re.M), text
    assert 'interface=default\n' in text and text.count('uuid=') == 1, text
    former.has_its_identity()
    service('start', former.name)
    assert former.values['ADDRESS'] in former.listed()
    assert (root / 'var/lib/libvirt-sandbox/uuids' / former.values['UUID']).readlink().name == former.name


def test_started_without_upgrade(former):
    service('start', former.name)
    assert service('execute', former.name, '--', 'cat', '/proc/self/uid_map').stdout.split()[1] == former.values['ID_BASE']
    service('stop', former.name)
    former.has_its_identity()


def test_nobody_else_gets_what_it_has(former, names):
    other = names()
    service('create', '-N', 'default', other, '--', '/bin/true')
    try:
        identity = inspect(other)['description']['identity']
        assert all(identity[key] != former.identity[key] for key in ('uuid', 'id-base', 'link')), identity
        refused([SERVICE, 'create', '-N', f'default,address={former.values["ADDRESS"]}', names(), '--', '/bin/true'], f'belongs to container {former.name}')
    finally:
        service('delete', other)


def test_running(former):
    former.run_by_former()
    assert 'older version' in former.listed()
    state = inspect(former.name)['state']
    assert state['outdated'] and state['version'] is None
    assert service('execute', former.name, '--', 'id', '-u').stdout == '0\n'
    refused([SERVICE, 'upgrade', former.name], 'is running; stop it first')
    service('stop', former.name)
    assert ' stopped ' in former.listed()
    assert not former.run_place.exists()
    service('start', former.name)
    assert 'older version' not in former.listed() and former.values['ADDRESS'] in former.listed()


def test_deleted_whole(former, root):
    former.run_by_former()
    service('stop', former.name)
    service('delete', former.name)
    left = [p for p in harness.pathlib.Path(root).rglob('*') if former.name in p.name or (p.is_symlink() and former.name in str(p.readlink()))]
    assert not left
    text = (root / 'var/lib/libvirt-sandbox/addresses').read_text()
    assert former.name not in text and 'subnet 10.209.0.0/16' in text

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers that are made, and changed, by what files say."""
import json
import pathlib

import pytest

from harness import refused, run
from test_daily import state_of
from test_units import SERVICE


@pytest.fixture
def described(tmp_path, name, root):
    """A function that writes the description of a container; returns the file."""
    made = []

    def write(text, suffix='', named=True):
        one = f'{name}{suffix}'
        file = tmp_path / f'{one}.sandbox'
        file.write_text((f'[core]\nname={one}\n' if named else '') + text)
        if one not in made:
            made.append(one)
        return file

    yield write
    for one in reversed(made):
        if (root / f'etc/libvirt-sandbox/services/{one}.sandbox').exists():
            run([SERVICE, 'stop', '-t', '0', one], check=False)
            run([SERVICE, 'delete', one])


SLEEP = '[command]\nargv=sleep\nargv=infinity\n'


def check(*words):
    done = run([SERVICE, 'apply', '--check', *words], check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def test_created_changed_and_left_alone(described, name, root):
    keyfile = root / f'etc/libvirt-sandbox/services/{name}.sandbox'
    file = described(SLEEP + '[environment]\nvariable=A=1\n')
    assert check(file) == (2, f'{name}: does not exist\n') and not keyfile.exists()
    assert run([SERVICE, 'apply', file]).stdout == f'{name}: created\n'
    assert check(file) == (0, '')
    before = keyfile.read_text()
    assert run([SERVICE, 'apply', file]).stdout == '' and keyfile.read_text() == before
    run([SERVICE, 'start', name])
    pid = state_of(name)['pid']
    file = described(SLEEP + '[environment]\nvariable=A=2\n[restart]\npolicy=always\n')
    said = f'{name}: environment.variable: A=1 -> A=2\n{name}: restart.policy: (not set) -> always\n'
    assert check(file) == (2, said) and keyfile.read_text() == before
    assert run([SERVICE, 'apply', file]).stdout == said + f'{name}: environment.variable: it runs; this takes effect at its next start\n'
    assert state_of(name)['pid'] == pid
    assert json.loads(run([SERVICE, 'apply', '--check', '--json', file]).stdout) == [{'name': name, 'result': 'same', 'changes': [], 'notes': []}]
    run([SERVICE, 'restart', '-t', '0', name])
    assert 'A=2' in run([SERVICE, 'execute', name, '--', 'cat', '/proc/1/environ']).stdout
    file = described(SLEEP)
    differs = json.loads(run([SERVICE, 'apply', '--json', file]).stdout)[0]
    assert differs['result'] == 'changed' and {'key': 'restart.policy', 'before': 'always', 'described': ''} in differs['changes']
    assert 'policy' not in keyfile.read_text()


def test_directory(described, name, tmp_path):
    """Each name once; those that others require come first; a file that says no name is named by its own; the tool's own file is no other one."""
    described(SLEEP + f'[order]\nrequires={name}b\n', 'a', named=False)
    file = described(SLEEP, 'b')
    (tmp_path / 'README').write_text('no description')
    said = check(tmp_path)
    assert said == (2, f'{name}b: does not exist\n{name}a: does not exist\n')
    assert run([SERVICE, 'apply', tmp_path]).stdout == f'{name}b: created\n{name}a: created\n'
    assert check(tmp_path, *[]) == (0, '')
    refused([SERVICE, 'apply', tmp_path, file], f'two descriptions of container {name}b')
    empty = tmp_path / 'empty'
    empty.mkdir()
    refused([SERVICE, 'apply', empty], 'no file in it ends in .sandbox')
    refused([SERVICE, 'apply', tmp_path / 'nosuch'], 'nosuch')
    assert run([SERVICE, 'apply'], check=False).returncode == 2


def test_refused(described, name, root):
    """What create alone decides, and what belongs to one container; nothing has changed then."""
    keyfile = root / f'etc/libvirt-sandbox/services/{name}.sandbox'
    run([SERVICE, 'apply', described(SLEEP)])
    before = keyfile.read_text()
    assert run([SERVICE, 'apply', keyfile]).stdout == '', 'the file that it has is what it is'
    file = described(SLEEP + '[content]\ncopy=yes\n[restart]\npolicy=always\n')
    refused([SERVICE, 'apply', file], f'cannot change content.copy of container {name}', 'only create can set it')
    assert check(file)[0] == 2
    refused([SERVICE, 'apply', described(SLEEP + '[identity]\nid-base=1000013824\n')], 'leave out section [identity]')
    refused([SERVICE, 'apply', described(SLEEP + '[resources]\npids=many\n')], f'{name}.sandbox:7', 'pids')
    refused([SERVICE, 'apply', described(SLEEP + '[frob]\n')], 'frob')
    copy = described(before.replace(f'name={name}', f'name={name}2'), '2', named=False)
    refused([SERVICE, 'apply', copy], 'leave out section [identity]')
    assert keyfile.read_text() == before
    refused([SERVICE, 'apply', '--check', described('[service]\nunits=nosuch.service\n', '3')], 'nosuch.service')


def test_units(described, name, tmp_path):
    """Names of units as people write them, and capabilities that a unit needs, are no difference."""
    if not pathlib.Path('/usr/sbin/apache2').exists():
        pytest.skip('apache2 is not installed')
    file = described('[service]\nunits=apache2\n[content]\ncopy=yes\n[network]\ninterface=none\n')
    assert run([SERVICE, 'apply', file]).stdout == f'{name}: created\n'
    assert check(file) == (0, '')

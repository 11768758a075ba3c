# SPDX-License-Identifier: LGPL-2.1-or-later
"""--requires and --after: what is started before what."""
import pathlib

import pytest

import isolation
from harness import refused, run

SERVICE = 'virt-sandbox-service'


@pytest.fixture
def make(names):
    """A function that creates a container with these options; all are removed after the test, the last one first."""
    made = []

    def create(*options, name=None, command=('/usr/bin/sleep', '1000')):
        made.append(isolation.create(name or names(), '-N', 'none', *options, command=command))
        return made[-1]

    yield create
    for one in reversed(made):
        isolation.remove(one)


def state(name):
    return isolation.inspect(name)['state']['phase']


def edit(root, name, text):
    path = root / f'etc/libvirt-sandbox/services/{name}.sandbox'
    path.write_text(path.read_text() + text)


def test_what_is_required_is_started_first(make):
    base = make()
    middle = make('--requires', base)
    top = make('--requires', middle)
    run([SERVICE, 'start', top])
    assert [state(name) for name in (base, middle, top)] == ['running'] * 3
    run([SERVICE, 'stop', top])
    run([SERVICE, 'start', top])  # with what runs already
    unit = pathlib.Path('/').joinpath(isolation.tree(top).parents[4], f'etc/systemd/system/{top}_sandbox.service').read_text()
    assert f'Requires={middle}_sandbox.service\nAfter={middle}_sandbox.service\n' in unit


def test_what_requires_one_that_fails_does_not_start(make):
    bad = make(command=('/bin/false',))
    good = make('--requires', bad)
    refused([SERVICE, 'start', good], f'container {good} requires container {bad}: ')
    assert state(good) == 'stopped'
    make_without = make('--after', bad)
    run([SERVICE, 'start', make_without])


def test_order_of_one_command(make):
    first, second = make(), make()
    third = make('--after', second, '--requires', first)
    said = run([SERVICE, 'start', third, second, first]).stdout.split()
    assert said.index(third) > max(said.index(first), said.index(second)), said
    assert state(third) == 'running'
    run([SERVICE, 'stop', first, second, third])
    run([SERVICE, 'start', third])
    assert [state(first), state(second)] == ['running', 'stopped'], 'after alone starts nothing'


def test_circles(make, root, names):
    one = make()
    two = make('--requires', one)
    edit(root, one, f'\n[order]\nafter={two}\n')
    for name in (one, two):
        refused([SERVICE, 'start', name], 'wait for each other', one, two)
    assert [state(one), state(two)] == ['stopped'] * 2
    other = names()
    three = make('--after', other)
    refused([SERVICE, 'create', '--requires', three, other, '--', '/bin/true'], 'wait for each other')


def test_set(make, root):
    """Both lists are given whole; what could not be created is not set."""
    one, two = make(), make()
    three = make('--requires', one)
    run([SERVICE, 'set', '--requires', two, '--after', one, three])
    run([SERVICE, 'start', three])
    assert [state(one), state(two)] == ['stopped', 'running']
    refused([SERVICE, 'set', '--after', three, two], 'wait for each other')
    refused([SERVICE, 'set', '--requires', 'nosuch', two], 'requires container nosuch, which does not exist')
    refused([SERVICE, 'set', '--after', two, two], 'cannot wait for itself')
    run([SERVICE, 'set', '--requires', 'none', '--after', 'none', three])
    text = (root / f'etc/libvirt-sandbox/services/{three}.sandbox').read_text()
    assert 'requires=' not in text and 'after=' not in text
    run([SERVICE, 'set', '--after', three, two])


def test_refused(names):
    name = names()
    refused([SERVICE, 'create', '--requires', 'nosuch', name, '--', '/bin/true'], 'requires container nosuch, which does not exist')
    refused([SERVICE, 'create', '--after', name, name, '--', '/bin/true'], 'cannot wait for itself')
    refused([SERVICE, 'create', '--after', '../x', name, '--', '/bin/true'], '--after', 'must begin with a letter or digit')
    refused(['virt-sandbox', '--after', 'x', '--', 'true'], 'after')

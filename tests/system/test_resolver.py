# SPDX-License-Identifier: LGPL-2.1-or-later
"""Name servers: a container gets those that it can reach, on hosts whose own programs ask a stub on their loopback interface."""
import pathlib

import pytest

import isolation
from harness import run
from isolation import service

STUB = 'nameserver 127.0.0.53\noptions edns0 trust-ad\n'
SERVERS = 'nameserver 192.0.2.53\nsearch example.org\n'


@pytest.fixture
def host_resolver(tmp_path):
    """A function that gives the host, as this mount namespace sees it, another /etc/resolv.conf, and systemd-resolved's file if there shall be one."""
    places = []

    def lay(place, source):
        run(['mount', '--bind', source, place])
        places.append(place)

    def make(text, servers=None):
        (tmp_path / 'resolv.conf').write_text(text)
        lay('/etc/resolv.conf', tmp_path / 'resolv.conf')
        if servers is not None:
            (tmp_path / 'run/resolve').mkdir(parents=True)
            (tmp_path / 'run/resolve/resolv.conf').write_text(servers)
            pathlib.Path('/run/systemd').mkdir(exist_ok=True)
            lay('/run/systemd', tmp_path / 'run')

    yield make
    for place in reversed(places):
        run(['umount', place])


def create(name):
    said = service('create', name, '-u', 'cron.service').said
    text = (isolation.tree(name) / 'etc/resolv.conf').read_text()
    service('delete', name)
    return said, text


def test_servers_behind_a_stub(host_resolver, name):
    host_resolver(STUB, SERVERS)
    said, text = create(name)
    assert text == SERVERS and 'loopback' not in said
    assert run(['virt-sandbox', '-N', 'default', '--', 'cat', '/etc/resolv.conf']).stdout == SERVERS
    assert run(['virt-sandbox', '-N', 'host', '--', 'cat', '/etc/resolv.conf']).stdout == STUB, 'on the host\'s network the stub is there'


def test_ordinary_servers_are_taken_as_they_are(host_resolver, name):
    host_resolver(SERVERS, 'nameserver 198.51.100.1\n')
    assert create(name)[1] == SERVERS


def test_a_resolver_that_nobody_else_reaches(host_resolver, name):
    host_resolver('nameserver 127.0.0.1\n')
    said, text = create(name)
    assert text == 'nameserver 127.0.0.1\n'
    assert "Warning: /etc/resolv.conf names only name servers on the host's loopback interface" in said

# SPDX-License-Identifier: LGPL-2.1-or-later
"""A container as an OCI image: Debian's crun runs it without anything of ours, and it answers."""
import json
import os
import pathlib
import socket
import subprocess

import pytest

import isolation
import oci
from harness import refused, run, wait_for

SERVICE = 'virt-sandbox-service'


def need(program):
    if not pathlib.Path(program).exists():
        pytest.skip(f'{program} is not installed')


def ask_web():
    done = run(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://127.0.0.1/'], check=False)
    return done.stdout == '200'


def ask_redis():
    done = run(['redis-cli', '-h', '127.0.0.1', 'get', 'kept'], check=False)
    return done.stdout == 'yes\n' or done.stdout == '\n'


def ask_database(root):
    """From inside, as its superuser: no other gets in without a password."""
    def ask():
        with socket.socket() as client:
            if client.connect_ex(('127.0.0.1', 5432)) != 0:
                return False
            client.sendall(b'\0\0\0\x08\x04\xd2\x16\x2f')  # SSLRequest
            return client.recv(1) in (b'S', b'N')
    return ask


UNITS = {
    'apache2.service': ('/usr/sbin/apache2', ['--publish', '8080:80'], lambda root: ask_web, 'SIGWINCH'),
    'redis-server.service': ('/usr/bin/redis-server', [], lambda root: ask_redis, 'SIGTERM'),
    'postgresql.service': ('/usr/bin/pg_ctlcluster', [], ask_database, 'SIGINT'),
}


@pytest.mark.parametrize('unit', UNITS)
def test_direct(unit, name, tmp_path):
    """The service is the first process; what its unit says of it is in the image; it ends by the image's signal."""
    program, options, asking, signal = UNITS[unit]
    need(program)
    need('/usr/bin/crun')
    run([SERVICE, 'create', '-C', *options, '-u', unit, name])
    try:
        said = run([SERVICE, 'export', '--oci', '--direct', name, tmp_path / 'image'], timeout=300).stdout
    finally:
        isolation.remove(name)
    assert str(tmp_path / 'image') in said
    image = oci.Image(tmp_path / 'image')
    assert image.name == name and image.config['config']['StopSignal'] == signal
    assert image.config['config'].get('ExposedPorts') == ({'80/tcp': {}} if options else None)
    root = image.unpack(tmp_path / 'bundle')
    assert (root / 'etc/machine-id').read_text() == '' and os.readlink(root / 'bin') == 'usr/bin'
    with oci.Crun(tmp_path / 'bundle', name) as container:
        try:
            wait_for(asking(root), f'{unit} answers')
        except AssertionError:
            raise AssertionError(container.said()) from None
        container.stop(signal)
        assert not asking(root)(), 'it has ended'

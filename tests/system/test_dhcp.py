# SPDX-License-Identifier: LGPL-2.1-or-later
"""Addresses by DHCP: from a server on a bridge, for commands and for services, and what is said where there is none."""
import contextlib
import pathlib
import subprocess

import pytest

import harness

SERVE = ['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--interface=eth0', '--bind-dynamic', '--dhcp-authoritative', '--no-ping', '--user=root',
         '--dhcp-range=192.168.7.100,192.168.7.120,255.255.255.0,2m', '--dhcp-option=3,192.168.7.9', '--leasefile-ro', '--log-facility=-', '--pid-file=']


@pytest.fixture(scope='module')
def lan():
    """A bridge br7 of the host without an address, with a machine at 192.168.7.9 on it."""
    machine = harness.Namespace()
    harness.run('ip link add br7 type bridge && ip link set br7 up')
    harness.run(f'ip link add lan7 type veth peer name eth0 netns {machine.holder.pid} && ip link set lan7 master br7 up')
    machine.run('ip address add 192.168.7.9/24 dev eth0 && ip link set eth0 up && ip link set lo up')
    yield machine
    machine.close()
    harness.run('ip link del br7; ip link del lan7', check=False)


@pytest.fixture(scope='module')
def server(lan):
    one = lan.spawn(SERVE, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    yield one
    one.kill()
    one.wait()


SHOW = 'ip -o -4 address show eth0; ip route show default; grep -h CapEff /proc/self/status; ping -c1 -W5 192.168.7.9 >/dev/null && echo reached'


PATHS = {program: [path for path in (f'/usr/sbin/{program}', f'/usr/bin/{program}') if pathlib.Path(path).exists()] for program in ('dhclient', 'udhcpc', 'dhcpcd', 'busybox')}
CLIENTS = [path for paths in PATHS.values() for path in paths]
# What the other tests need is there; the others are not installed beside each other.
CASES = [*CLIENTS, *(pytest.param(program, marks=(pytest.mark.optional, pytest.mark.skip(reason=f'{program} is not installed')))
                     for program, paths in PATHS.items() if not paths)]


@contextlib.contextmanager
def without(paths, place):
    """These programs cannot be run."""
    nothing = place / 'nothing'
    nothing.touch(0o644)
    for path in paths:
        harness.run(['mount', '--bind', nothing, path])
    try:
        yield
    finally:
        for path in paths:
            harness.run(['umount', path])


@pytest.mark.parametrize('client', CASES)
def test_command(server, lan, root, client, tmp_path):
    """The client's rights are none of the command's, and it ends with it."""
    before = harness.snapshot()
    with without([path for path in CLIENTS if path != client], tmp_path):
        said = harness.run(['virt-sandbox', '-N', 'bridge,source=br7,dhcp', '--capability', 'CAP_NET_RAW', '--', 'sh', '-c', SHOW]).stdout
    assert ' 192.168.7.1' in said and '/24 brd 192.168.7.255' in said and 'default via 192.168.7.9' in said and 'reached' in said, said
    assert int(said.split('CapEff:')[1].split()[0], 16) & 1 << 12 == 0, 'CAP_NET_ADMIN'
    assert harness.differences(before, harness.snapshot()) == []


def test_client_that_says_much(lan, tmp_path):
    """What it says is kept in memory: no more than 16 MiB, and it goes on."""
    (tmp_path / 'client').write_text('#!/bin/sh\nhead -c 100M /dev/zero >&2 || exit 7\n')
    (tmp_path / 'client').chmod(0o755)
    with without(CLIENTS[1:], tmp_path):
        harness.run(['mount', '--bind', tmp_path / 'client', CLIENTS[0]])
        try:
            harness.refused(['virt-sandbox', '-N', 'bridge,source=br7,dhcp', '--', 'true'], 'ended with status 7')
        finally:
            harness.run(['umount', CLIENTS[0]])


def test_on_our_networks(root):
    """As the first manual of all has it: the address is reserved, and nobody asks for one."""
    said = harness.run(['virt-sandbox', '-N', 'dhcp,source=default', '--', 'sh', '-c', 'ip -o -4 address show eth0; ip route']).stdout
    assert ' 10.209.' in said and 'default via 10.209.0.1' in said, said


def test_without_programs(lan, unit, names, tmp_path):
    """What is missing is named with its package."""
    with without([*CLIENTS, '/usr/lib/systemd/systemd-networkd'], tmp_path):
        harness.refused(['virt-sandbox', '-N', 'bridge,source=br7,dhcp', '--', 'true'], 'network eth0: dhcp needs a DHCP client, and this host has none; install the package udhcpc')
        harness.refused(['virt-sandbox-service', 'create', '-u', unit, '-N', 'bridge,source=br7,dhcp', names()], 'dhcp needs systemd-networkd')


@pytest.fixture
def unit(tmp_path):
    """A unit of the administrator's that runs a program of the host. Other sessions run beside this one: the host's own directory is covered."""
    tmp_path.chmod(0o755)
    (tmp_path / 'asks.service').write_text('[Service]\nExecStart=/usr/bin/python3 -m http.server 80\n')
    harness.run(['mount', '--bind', tmp_path, '/etc/systemd/system'])
    yield 'asks.service'
    harness.run(['umount', '/etc/systemd/system'])


def test_service(server, lan, unit, names):
    """The systemd inside asks, and what was asked for starts with an address."""
    name = names()
    harness.run(['virt-sandbox-service', 'create', '-u', unit, '-N', 'bridge,source=br7,dhcp', name])
    try:
        harness.run(['virt-sandbox-service', 'start', name])
        said = harness.run(['virt-sandbox-service', 'execute', name, '--', 'sh', '-c', 'ip -o -4 address show eth0; ip route show default']).stdout
        assert ' 192.168.7.1' in said and 'default via 192.168.7.9' in said, said
        assert harness.run(['virt-sandbox-service', 'execute', name, '--', 'systemctl', 'is-active', unit, 'virt-sandbox-dhcp']).stdout == 'active\nactive\n'
        lan.run(['ping', '-c1', '-W5', said.split('inet ')[1].split('/')[0]])
    finally:
        harness.run(['virt-sandbox-service', 'stop', name], check=False)
        harness.run(['virt-sandbox-service', 'delete', name])


def test_silence(server, lan, unit, names):
    """A server that never answers is a sentence, after a time that nothing inside can move. Nothing is left."""
    name = names()
    server.kill()
    before = harness.snapshot()
    harness.run(['virt-sandbox-service', 'create', '-u', unit, '-N', 'bridge,source=br7,dhcp', name])
    command = subprocess.Popen(['virt-sandbox', '-N', 'bridge,source=br7,dhcp', '--', 'true'], stderr=subprocess.PIPE, text=True)
    try:
        harness.refused(['virt-sandbox-service', 'start', name], f'container {name}: virt-sandbox-dhcp.service did not start', 'no DHCP server has answered on eth0 within 30 seconds')
        said = command.communicate(timeout=60)[1]
        assert command.returncode == 125 and 'network eth0: no DHCP server has answered within 30 seconds' in said, said
    finally:
        command.kill()
        harness.run(['virt-sandbox-service', 'delete', name])
    assert harness.differences(before, harness.snapshot()) == []

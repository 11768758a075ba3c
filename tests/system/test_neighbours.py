# SPDX-License-Identifier: LGPL-2.1-or-later
"""Beside the firewalls that hosts have: tables as the Debian packages of docker.io, libvirt, ufw and firewalld install them, each with a guest of its own that is forwarded."""
import re

import pytest

import harness
from fakes import ASK

SERVICE = 'virt-sandbox-service'

NAT = """table ip nat {
    chain POSTROUTING { type nat hook postrouting priority srcnat; policy accept; ip saddr 172.30.0.0/24 oifname != "guests0" masquerade; }
}
"""

# iptables-nft, docker.io 20 to 26
DOCKER = """table ip filter {
    chain DOCKER { }
    chain DOCKER-ISOLATION-STAGE-2 { oifname "guests0" drop; return; }
    chain DOCKER-ISOLATION-STAGE-1 { iifname "guests0" oifname != "guests0" jump DOCKER-ISOLATION-STAGE-2; return; }
    chain DOCKER-USER { return; }
    chain INPUT { type filter hook input priority filter; policy accept; }
    chain FORWARD { type filter hook forward priority filter; policy drop;
        counter jump DOCKER-USER; counter jump DOCKER-ISOLATION-STAGE-1; oifname "guests0" ct state related,established counter accept; oifname "guests0" counter jump DOCKER;
        iifname "guests0" oifname != "guests0" counter accept; iifname "guests0" oifname "guests0" counter accept; }
}"""

# libvirt-daemon-driver-network: by iptables-nft until 10.3, by a table of its own since
LIBVIRT = """table ip filter {
    chain LIBVIRT_INP { iifname "guests0" udp dport { 53, 67 } counter accept; iifname "guests0" tcp dport { 53, 67 } counter accept; }
    chain LIBVIRT_FWX { iifname "guests0" oifname "guests0" counter accept; }
    chain LIBVIRT_FWI { ip daddr 172.30.0.0/24 oifname "guests0" ct state related,established counter accept; oifname "guests0" counter reject; }
    chain LIBVIRT_FWO { ip saddr 172.30.0.0/24 iifname "guests0" counter accept; iifname "guests0" counter reject; }
    chain INPUT { type filter hook input priority filter; policy accept; counter jump LIBVIRT_INP; }
    chain FORWARD { type filter hook forward priority filter; policy accept; counter jump LIBVIRT_FWX; counter jump LIBVIRT_FWI; counter jump LIBVIRT_FWO; }
}"""
LIBVIRT_NFT = """table ip libvirt_network {
    chain guest_cross { iifname "guests0" oifname "guests0" counter accept; }
    chain guest_input { ip daddr 172.30.0.0/24 oifname "guests0" ct state established,related counter accept; oifname "guests0" counter reject; }
    chain guest_output { ip saddr 172.30.0.0/24 iifname "guests0" counter accept; iifname "guests0" counter reject; }
    chain forward { type filter hook forward priority filter; policy accept; counter jump guest_cross; counter jump guest_input; counter jump guest_output; }
}"""

# DEFAULT_FORWARD_POLICY="DROP", and `ufw route allow in on guests0`
UFW = """table ip filter {
    chain ufw-before-input { iifname "lo" counter accept; ct state related,established counter accept; ct state invalid counter drop; icmp type echo-request counter accept; }
    chain ufw-before-forward { ct state related,established counter accept; icmp type { destination-unreachable, time-exceeded, parameter-problem } counter accept; jump ufw-user-forward; }
    chain ufw-user-forward { iifname "guests0" counter accept; }
    chain ufw-reject-forward { }
    chain INPUT { type filter hook input priority filter; policy drop; counter jump ufw-before-input; }
    chain FORWARD { type filter hook forward priority filter; policy drop; counter jump ufw-before-forward; counter jump ufw-reject-forward; }
}"""

# FirewallBackend=nftables, guests0 in the zone trusted
FIREWALLD = """table inet firewalld {
    chain filter_FORWARD_POLICIES { iifname "guests0" accept; }
    chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept;
        ct state { established, related } accept; ct status dnat accept; iifname "lo" accept; ct state invalid drop; jump filter_FORWARD_POLICIES; reject with icmpx admin-prohibited; }
    chain filter_INPUT { type filter hook input priority filter + 10; policy accept;
        ct state { established, related } accept; ct status dnat accept; iifname "lo" accept; ct state invalid drop; reject with icmpx admin-prohibited; }
}"""


@pytest.fixture
def guest(namespace):
    """A machine 172.30.0.2 on a bridge that is none of ours, forwarded and translated by its own rules."""
    one = namespace()
    forwards = harness.run('sysctl -n net.ipv4.ip_forward').stdout.strip()
    harness.run('ip link add guests0 type bridge && ip address add 172.30.0.1/24 dev guests0 && ip link set guests0 up && sysctl -qw net.ipv4.ip_forward=1')
    harness.run(f'ip link add guest7 type veth peer name eth0 netns {one.holder.pid} && ip link set guest7 master guests0 up')
    one.run('ip address add 172.30.0.2/24 dev eth0 && ip link set eth0 up && ip route add default via 172.30.0.1')
    yield one
    harness.run(f'ip link del guests0; ip link del guest7; sysctl -qw net.ipv4.ip_forward={forwards}', check=False)


def reaches(run, address):
    """Does a packet come there, and back? Nobody listens."""
    return 'ConnectionRefused' in run(['python3', '-c', ASK, address, '9'], check=False).stderr


@pytest.mark.parametrize('table, rules, chain', [
    ('ip filter', DOCKER, 'FORWARD'), ('ip filter', LIBVIRT, None), ('ip libvirt_network', LIBVIRT_NFT, None), ('ip filter', UFW, 'FORWARD'),
    ('inet firewalld', FIREWALLD, 'filter_FORWARD'),
], ids=['docker', 'libvirt', 'libvirt-nft', 'ufw', 'firewalld'])
def test_beside(guest, names, outside, table, rules, chain):
    """What keeps our containers from the world is named with rules that help; the guest is forwarded before, meanwhile and after, and does not reach ours."""
    name = names()
    harness.run(['nft', '-f', '-'], input=NAT + rules)
    harness.run([SERVICE, 'create', name, '--', '/bin/sleep', 'infinity'])

    def inside(command, **options):
        return harness.run([SERVICE, 'execute', name, '--', *command], **options)

    try:
        assert reaches(guest.run, outside.NEAR), 'control'
        said = harness.run([SERVICE, 'start', name]).stderr
        assert (f'the nftables table {table} drops what its chain {chain} does not know' in said) if chain else said == '', said
        assert reaches(inside, outside.NEAR) == (not chain)
        for rule in re.findall('`(nft [^`]*)`', said):
            harness.run(rule)
        assert reaches(inside, outside.NEAR) and reaches(guest.run, outside.NEAR)
        own = re.search(r'inet (\S+)/', inside(['ip', '-o', '-4', 'address', 'show', 'eth0']).stdout).group(1)
        assert not reaches(guest.run, own)
        harness.run([SERVICE, 'stop', '-t', '1', name])
        assert reaches(guest.run, outside.NEAR)
    finally:
        harness.run([SERVICE, 'stop', '-t', '1', name], check=False)
        harness.run([SERVICE, 'delete', name])
        harness.run(f'nft delete table ip nat; nft delete table {table}', check=False)

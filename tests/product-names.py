#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No product has a name in C: what is known of single services stands in rules.d.

The names are those that rules.d itself, the packages of the survey and of the lab, and the matrix of services have. Help texts (src/cli) and tests may name
products as examples. Usage: product-names.py SOURCE_ROOT
"""
import pathlib
import re
import sys

SOURCE = pathlib.Path(sys.argv[1])
# Keys of rules.d whose values are names of products.
KEYS = {'service': {'name'}, 'instances': {'unit', 'template'}, 'first-start': {'unit', 'package'}, 'foreground': {'unit'}, 'host-program': {'program'},
        'network-program': {'program'}, 'drop-place': {'reader'}, 'warned-library': {'package'}, 'fresh-secret': {'program', 'package', 'user'},
        'host-unit': {'unit'}, 'unneeded': {'package'}, 'local-users': {'package'}, 'host-name': {'package'}}
# Not in any of these lists as such, but sure to be products.
MORE = {'alibaba', 'apache', 'aws', 'azure', 'google', 'java', 'kerberos', 'openstack', 'openvpn', 'oracle', 'putty', 'samba', 'snakeoil', 'wireguard'}
# Words of English, of the kernel or of systemd.special(7) before they are names of packages or units.
WORDS = set('''and at attr attributes basic bind cron default emergency exit fair file final graphical halt icmp init kbd kexec less multi-user named network nice
    node paths poweroff printer quota reboot rescue rpcbind shutdown sleep slices sockets sound statd supervisor swap sysctl sysinit syslog time timers umount
    rsync sigpwr accounts user watchdog bash factory-reset login mount
    initrd smartcard'''.split())
# What we are built on, and the programs that we run ourselves.
OURS = re.compile(r'systemd.*|dbus.*|(lib)?selinux.*|apparmor.*|policycoreutils|e2fsprogs|openssh-client|openssl|nft|nftables|iproute2|python3|ca-certificates|kmod|udev|dhclient|dhcpcd|udhcpc|dnsmasq(-base)?')
# Whose containers' labels and files we keep clear of, and whose limits we compare ours with.
NEIGHBOURS = {'podman', 'lxc', 'libvirt', 'libvirtd', 'docker', 'containerd'}


def stem(value):
    """The product of a unit's name or of a pattern: "NetworkManager*" is NetworkManager."""
    return re.sub(r'(@.*|\.(service|socket|target|mount|automount|swap|slice|scope|device))$', '', value.rstrip('*').rstrip('@.-'))


def names_of_rules():
    for path in sorted((SOURCE / 'rules.d').glob('*.rules')):
        kind = ''
        for line in path.read_text().splitlines():
            if line.startswith('['):
                kind = line[1:].split()[0]
            key, _, value = line.partition('=')
            if key in KEYS.get(kind, ()):
                yield stem(value)


def names():
    found = set(names_of_rules()) | MORE
    for listing in ('tests/survey/packages', 'tests/lab/packages'):
        for line in (SOURCE / listing).read_text().splitlines():
            found.update(line.partition('#')[0].split())
    found.update(re.findall(r"Row\('([\w.@-]+)'", (SOURCE / 'tests/system/matrix.py').read_text()))
    return {n.lower() for n in found if len(n) > 2 and n.lower() not in WORDS | NEIGHBOURS and not OURS.fullmatch(n.lower())}


NAMES = names()
# The lists are read: a test that knows no name finds none.
for expected in ('apache2', 'mysqld', 'named', 'postgresql', 'redis-server', 'networkmanager', 'ssl-cert', 'fail2ban', 'dovecot'):
    if expected not in NAMES | WORDS:
        sys.exit(f'product-names: "{expected}" is in none of the lists')
TOKEN = re.compile(r'(?<![\w-])[A-Za-z0-9][\w.+-]*')


def products(line):
    for token in TOKEN.findall(line):
        forms = {token.rstrip('.-+').lower(), stem(token.rstrip('.')).lower(), token.split('.')[0].lower()}
        if forms & NAMES:
            yield token


failed = 0
for path in sorted(SOURCE.glob('src/**/*.[ch]')):
    name = path.relative_to(SOURCE)
    if path.name.startswith('test-') or name.parts[1] == 'cli':
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for product in products(line):
            print(f'{name}:{number}: "{product}" is the name of a product: say it in rules.d, or say in general what it stands for')
            failed += 1
sys.exit(1 if failed else 0)

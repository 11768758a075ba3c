#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The addresses of [metadata] stanzas as a C header. Usage: metadata.py RULES"""
import ipaddress
import pathlib
import sys

addresses = {4: [], 6: []}
inside = False
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    if line.startswith('['):
        inside = line.startswith('[metadata ')
    elif inside and line.startswith('address='):
        network = ipaddress.ip_network(line.removeprefix('address='))
        addresses[network.version].append(str(network) if network.num_addresses > 1 else str(network.network_address))
print(f'/* Made of {pathlib.Path(sys.argv[1]).name}. */')
for version, found in addresses.items():
    if not found:
        sys.exit(f'{sys.argv[1]}: no [metadata] stanza has an address of IPv{version}')
    print(f'#define METADATA_IPV{version} "{", ".join(found)}"')

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""grammar.table as a C array. Usage: grammar.py TABLE. A word that grammar.h does not have is an error of the compiler's."""
import json
import pathlib
import sys


def text(words):
    return json.dumps(words) if words else 'NULL'


print('const Rule rules[] = {')
depth = -1
for number, line in enumerate(pathlib.Path(sys.argv[1]).read_text().splitlines(), 1):
    if not line or line.startswith('#'):
        continue
    row, _, why = line.partition(' -- ')
    below = (len(row) - len(row.lstrip())) // 2
    if below > depth + 1:
        sys.exit(f'{sys.argv[1]}:{number}: this is below nothing')
    depth = below
    name, value, status, occurs, *detail = row.split(None, 4)
    flags = '0' if occurs == '.' else ' | '.join('RULE_' + word.upper().replace('-', '_') for word in occurs.split(','))
    print(f'\t{{ {depth}, {json.dumps("" if name == "*" else name)}, VALUE_{value.upper()}, RULE_{status.upper()}, {flags}, '
          f'{text(detail and detail[0])}, {text(why)} }},')
print('};')

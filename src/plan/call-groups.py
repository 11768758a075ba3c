#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""call-groups.table as a C array. Usage: call-groups.py TABLE"""
import pathlib
import sys

groups = {}
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    if line.startswith('@'):
        words = groups[line] = []
    elif line and not line.startswith('#'):
        words.extend(line.split())
for words in groups.values():
    for word in words:
        if word.startswith('@') and word not in groups:
            sys.exit(f'{sys.argv[1]}: there is no group {word}')
print('static const CallGroup call_groups[] = {')
for name, words in sorted(groups.items()):
    print(f'\t{{ "{name}", "{" ".join(words)}" }},')
print('};')

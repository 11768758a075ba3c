#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""directives.table as a C array. Usage: directives.py TABLE. A word that directives.h does not have is an error of the compiler's."""
import json
import pathlib
import sys

EXEC = 'service|socket|mount|swap'
GROUPS = {'exec': EXEC, 'kill': EXEC + '|scope', 'cgroup': EXEC + '|scope|slice'}


def names(prefix, words):
    return ' | '.join(f'{prefix}_{word.upper().replace("-", "_")}' for word in words.split('|'))


print('static const Directive directives[] = {')
last = ''
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    if not line or line.startswith('#'):
        continue
    key, sections, assign, words, noun, fate, direct, prefixes, *note = line.split(None, 8)
    if key <= last:
        sys.exit(f'{sys.argv[1]}: {key} stands behind {last}, and the rows are sorted')
    last = key
    values = [json.dumps(key), names('SECTION', '|'.join(GROUPS.get(word, word) for word in sections.split('|'))), names('ASSIGN', assign),
              names('WORDS', words), names('NOUN', noun), names('FATE', fate), names('DIRECT', direct), 'NULL' if prefixes == '.' else json.dumps(prefixes),
              json.dumps(note[0]) if note else 'NULL']
    print(f'\t{{ {", ".join(values)} }},')
print('};')

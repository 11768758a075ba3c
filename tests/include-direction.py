#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Includes point only to the right: cli -> sandbox -> content -> {engine, plan, identity} -> {host, desc} -> {label, net} -> base; engine, label and net see no document.

No file name stands twice: a name is its noun's. Modules of one level do not see each other, but plan reads host/facts.h and what units' words are. The
commands see only <virt-sandbox.h> and base/text.h.
"""
import collections
import pathlib
import re
import sys

ALLOWED = {
    'base': set(),
    'desc': {'base'},
    'label': {'base'},
    'net': {'base'},
    'host': {'desc', 'base'},
    'identity': {'label', 'net', 'desc', 'base'},
    'plan': {'label', 'desc', 'base'},
    'engine': {'label', 'net', 'base'},
    'content': {'engine', 'plan', 'label', 'desc', 'base'},
    'sandbox': {'content', 'engine', 'plan', 'identity', 'label', 'net', 'host', 'desc', 'base'},
    'cli': set(),
}
EXTRA = {('cli', 'base/text.h'), ('plan', 'host/facts.h'), ('plan', 'host/knowledge.h'), ('plan', 'host/directives.h'),
         ('plan', 'host/unit-words.h')}


def violations(source):
    for path in sorted(source.rglob('*.[ch]')):
        module = path.relative_to(source).parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            target = match[1]
            room = target.split('/')[0]
            if '/' not in target:
                yield f'{path}:{number}: "{target}" is included without its folder'
            elif room != module and room not in ALLOWED[module] and (module, target) not in EXTRA:
                yield f'{path}:{number}: {module}/ must not include "{target}"'


def names_twice(source):
    places = collections.defaultdict(set)
    for path in source.rglob('*.[ch]'):
        places[path.stem].add(str(path.parent.relative_to(source)))
    for name, folders in sorted(places.items()):
        if len(folders) > 1:
            yield f'{name}: the name of files in {", ".join(sorted(folders))}'


source = pathlib.Path(sys.argv[1]) / 'src'
found = [*violations(source), *names_twice(source)]
print('\n'.join(found) or 'all includes point downward, and no file name stands twice')
sys.exit(bool(found))

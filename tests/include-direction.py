#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Includes point only to the right: cli -> sandbox -> {domain, content} -> {engine, plan, identity} -> {host, desc} -> {label, net} -> base; engine, label and net see no document.

No file name stands twice: a name is its noun's. Modules of one level do not see each other, but plan reads host/facts.h and what units' words are. The
commands see only <virt-sandbox.h>.
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
    'direct': {'base'},
    'plan': {'desc', 'direct', 'base'},
    'engine': {'label', 'net', 'base'},
    'domain': {'engine', 'identity', 'label', 'net', 'desc', 'base'},
    'content': {'engine', 'plan', 'label', 'desc', 'base'},
    'sandbox': {'domain', 'content', 'engine', 'plan', 'identity', 'label', 'net', 'host', 'desc', 'base'},
    'cli': set(),
}
EXTRA = {('plan', 'host/facts.h'), ('plan', 'host/knowledge.h'), ('plan', 'host/directives.h'),
         ('plan', 'host/unit-words.h'), ('desc', 'net/publication.h'), ('desc', 'net/reach-rule.h'), ('desc', 'net/socket-rule.h'),
         ('plan', 'net/socket-rule.h'),
         ('cli', 'base/unit-test.h')}  # of its unit tests


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


def arrows(source, node):
    """{node: nodes it includes} of what node() makes of a path, a file or a folder."""
    found = collections.defaultdict(set)
    for path in source.rglob('*.[ch]'):
        for target in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.MULTILINE):
            found[node(path.relative_to(source))].add(node(pathlib.PurePath(target)))
    return found


def circles(source, node, what):
    """Files or folders from which the arrows lead back to themselves. A .c and its .h are one."""
    graph = arrows(source, node)
    beyond = {}
    for start in graph:
        seen, ahead = set(), list(graph[start])
        while ahead:
            at = ahead.pop()
            if at != start and at not in seen:
                seen.add(at)
                ahead += graph.get(at, ())
        beyond[start] = seen
    told = set()
    for start in sorted(graph):
        ring = {other for other in beyond[start] if start in beyond.get(other, ())}
        if ring and start not in told:
            told |= ring
            yield f'{what} include each other in a circle: {", ".join(sorted(str(f) for f in {start} | ring))}'


source = pathlib.Path(sys.argv[1]) / 'src'
found = [*violations(source), *names_twice(source), *circles(source, lambda path: path.with_suffix(''), 'files'),
         *circles(source, lambda path: path.parent, 'folders')]
print('\n'.join(found) or 'all includes point downward, nothing goes in a circle, and no file name stands twice')
sys.exit(bool(found))

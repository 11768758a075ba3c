#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""All that is installed to be run is hardened, read off the finished files by readelf(1).

Position-independent, relocations read-only before main(), no stack or segment that is writable and executable, no text relocations, no search path for
libraries, stack protector, and checks of buffer sizes in the C library. tests/probe/probe is built without most of that: it has to be found out.
virt-sandbox-init and virt-sandbox-direct may be at a fixed address: they run inside, with the rights of the container, and musl's compiler wrapper makes no other static programs.
Usage: hardened.py BUILD_ROOT SANITIZERS
"""
import json
import pathlib
import re
import subprocess
import sys

BUILD, SANITIZERS = pathlib.Path(sys.argv[1]), sys.argv[2]
CONTROL = BUILD / 'tests/probe/probe'
FIXED = {name: {'not position-independent', 'relocations stay writable'} for name in ('virt-sandbox-init', 'virt-sandbox-direct')}


def readelf(path, *options):
    return subprocess.run(['readelf', '--wide', *options, path], check=True, capture_output=True, text=True).stdout


def is_program(path):
    with open(path, 'rb') as file:
        return file.read(4) == b'\x7fELF'


def faults(path):
    """Yields what `path` lacks."""
    headers, dynamic = readelf(path, '--file-header', '--program-headers'), readelf(path, '--dynamic')
    symbols = readelf(path, '--symbols')
    if not re.search(r'Type:\s+DYN', headers):
        yield 'not position-independent'
    if 'GNU_RELRO' not in headers or 'BIND_NOW' not in dynamic and not re.search(r'FLAGS_1.*NOW', dynamic):
        yield 'relocations stay writable'
    if re.search(r'(LOAD|GNU_STACK)\s.*\sRWE\s', headers) or 'GNU_STACK' not in headers:
        yield 'memory that is writable and executable'
    if 'TEXTREL' in dynamic:
        yield 'text relocations'
    if re.search(r'\((RPATH|RUNPATH)\)', dynamic) and path.suffix == '.so':
        yield 'a search path for libraries'
    if '__stack_chk_fail' not in symbols:
        yield 'no stack protector'


def fortified(path):
    return bool(re.search(r'__\w+_chk\b', readelf(path, '--symbols').replace('__stack_chk', '')))


installed = json.loads((BUILD / 'meson-info/intro-installed.json').read_text())
programs = sorted(p for p in map(pathlib.Path, installed) if p.is_file() and not p.is_symlink() and is_program(p))
if len(programs) < 8:
    sys.exit(f'hardened: only {len(programs)} programs of {BUILD} are installed; were they built?')
if 'not position-independent' not in faults(CONTROL):
    sys.exit(f'hardened: {CONTROL} is not hardened, and was not found out')
found = [f'{path.relative_to(BUILD)}: {fault}' for path in programs for fault in faults(path) if fault not in FIXED.get(path.name, ())]
if SANITIZERS == 'none' and not fortified(BUILD / 'src/virt-sandbox-supervisor'):
    found.append('src/virt-sandbox-supervisor: no checks of buffer sizes')
print('\n'.join(found) or f'hardened: {len(programs)} programs')
sys.exit(bool(found))

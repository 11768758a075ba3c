#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library exports what <virt-sandbox.h> declares and libvsandbox.sym lists, and keeps what it once had.

Compares with tests/abi/libvsandbox.abi, which tools/abi-update writes. What is gone or changed there is a failure; what is new is told of.
Usage: compare.py SOURCE_ROOT LIBRARY
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77  # meson counts it


def without_comments(path):
    return re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.DOTALL)


def check_names(source):
    declared = set(re.findall(r'\b(vsb_\w+)\(', without_comments(source / 'include/virt-sandbox.h')))
    listed = re.findall(r'^\t(\w+);$', without_comments(source / 'src/sandbox/libvsandbox.sym'), re.MULTILINE)
    problems = [f'{name}: declared in virt-sandbox.h, not listed in libvsandbox.sym' for name in sorted(declared - set(listed))]
    problems += [f'{name}: listed in libvsandbox.sym, not declared in virt-sandbox.h' for name in sorted(set(listed) - declared)]
    if sorted(listed) != listed:
        problems += ['libvsandbox.sym: its names are not in the order of the alphabet, each once']
    assert len(declared) > 40, 'the header was not understood'
    return problems


def abidiff(source, library, *options, dump=None):
    return subprocess.run(['abidiff', '--no-architecture', '--exported-interfaces-only', '--drop-private-types', *options,
                           '--headers-dir2', source / 'include', dump or source / 'tests/abi/libvsandbox.abi', library],
                          capture_output=True, text=True)


def would_notice(source, library):
    """A function that is gone, as a control: abidiff runs and looks at this library."""
    text = (source / 'tests/abi/libvsandbox.abi').read_text()
    with tempfile.NamedTemporaryFile('w', suffix='.abi') as altered:
        altered.write(re.sub(r"\bvsb_free(['@])", r'vsb_gone\1', text))
        altered.flush()
        return 'vsb_gone' in abidiff(source, library, '--no-added-syms', dump=altered.name).stdout


def main():
    source, library = (pathlib.Path(word) for word in sys.argv[1:])
    problems = check_names(source)
    if problems:
        sys.exit('\n'.join(problems))
    if not shutil.which('abidiff'):
        print('abidiff is not installed (tools/install-deps test): nothing was compared')
        return 1 if os.environ.get('VIRT_SANDBOX_MUST') == '1' else SKIP
    assert would_notice(source, library)
    broken = abidiff(source, library, '--no-added-syms')
    if broken.returncode:
        print(broken.stdout, broken.stderr, sep='')
        print('Callers that were built before would break. Keep what was there, or raise the soname (meson.build, libvsandbox.sym), say so in '
              'NEWS.md, and run tools/abi-update.')
        return 1
    if abidiff(source, library).returncode:
        print('There are functions that tests/abi/libvsandbox.abi does not know: run tools/abi-update and commit it.')
    return 0


sys.exit(main())

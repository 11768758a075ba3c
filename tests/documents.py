#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a document names exists: files, functions, make targets, verbs, options, tests.

Reads every page that is kept in git (*.md, man/*.rst). In those, `code`, ``code`` and indented or fenced example lines are looked at; plain prose is
not. Usage: documents.py SOURCE_ROOT BUILD_ROOT
"""
import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
COMMANDS = {'virt-sandbox-service': BUILD / 'src/cli/virt-sandbox-service', 'virt-sandbox': BUILD / 'src/cli/virt-sandbox'}
FILE_ENDINGS = ('.c', '.h', '.py', '.sh', '.md', '.rst', '.cil')
PLACEHOLDER = re.compile(r'\b[A-Z]{2,}\b|\$')  # NAME.sh, $LAB_IN/...: a file for the reader to think of
SYSTEM = {'waitpid', 'posix_spawn'}  # functions of the C library that pages name
NEWS = 'NEWS.md'  # tells of what is gone, too


def tracked():
    """All files of the project: of git, or of the directory where there is no git (a released tarball)."""
    # The sources may have come without git, and the machine be without it.
    git = ['git', '-C', SOURCE, 'ls-files', '-co', '--exclude-standard'] if shutil.which('git') else ['false']
    out = subprocess.run(git, capture_output=True, text=True)
    if out.returncode == 0:
        return out.stdout.splitlines()
    found = (p.relative_to(SOURCE) for p in SOURCE.rglob('*') if p.is_file())
    return [str(p) for p in found if not p.parts[0].startswith(('build', '.'))]


FILES = tracked()
CODE = '\n'.join((SOURCE / f).read_text(errors='replace') for f in FILES
                 if f.endswith(('.c', '.h', '.py')) and (SOURCE / f).is_file())
TARGETS = set(re.findall(r'^([a-z-]+):', (SOURCE / 'Makefile').read_text(), re.MULTILINE))
TESTS = set(re.findall(r'(?:def|static void) (test_\w+)', CODE))
TESTS |= {'test_' + name for name in re.findall(r'^TEST(?:_WITH)?\((\w+)', CODE, re.MULTILINE)}
TEST_FILES = {pathlib.Path(f).stem for f in FILES if f.startswith('tests/')}


def help_of(*words):
    return subprocess.run([str(COMMANDS[words[0]]), *words[1:], '--help'], capture_output=True, text=True).stdout


HELP = {'virt-sandbox': help_of('virt-sandbox'), 'virt-sandbox-service': help_of('virt-sandbox-service')}
VERBS = set(re.findall(r'^ {2,4}([a-z]+) ', HELP['virt-sandbox-service'], re.MULTILINE))
VERB_HELP = {verb: help_of('virt-sandbox-service', verb) for verb in VERBS}


def file_exists(name):
    name = name.removeprefix('./')
    return any(fnmatch.fnmatch(f, name) or fnmatch.fnmatch(f, '*/' + name) for f in FILES)


def snippets(text):
    """Yields (line number, code) of a page."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('```'):
            fenced = not fenced
        elif fenced or re.match(r'( {4}|\t)\S', line):
            yield number, line.strip()
        else:
            for match in re.finditer(r'``([^`]+)``|`([^`]+)`', line):
                yield number, match[1] or match[2]


def options_of(words):
    """(help text that has to name them, options), for a line that calls one of our commands; else None."""
    name = pathlib.PurePath(words[0]).name
    if name not in COMMANDS:
        return None
    rest = words[1:words.index('--')] if '--' in words else words[1:]
    text = HELP[name]
    if name == 'virt-sandbox-service' and rest and rest[0] in VERBS:
        text += VERB_HELP[rest[0]]
    return text, [re.sub(r'[=\[].*', '', w) for w in rest if re.match(r'--[a-z]', w)]


def complaints(code):
    for name in re.findall(r'[$\w*./-]+', code):
        if name.endswith(FILE_ENDINGS) and not name.startswith(('/', '.')) and not PLACEHOLDER.search(name) and \
                not file_exists(name):
            yield f'no file {name}'
    for name in re.findall(r'^(\w+)\(\)$', code):
        if name not in SYSTEM and not re.search(rf'\b{name}\s*\(', CODE):
            yield f'no function {name}()'
    match = re.match(r'make ([a-z][a-z-]*)', code)
    if match and match[1] not in TARGETS:
        yield f'no target: make {match[1]}'
    words = code.split('#')[0].split()
    if not words:
        return
    if pathlib.PurePath(words[0]).name == 'virt-sandbox-service' and len(words) > 1 and re.fullmatch('[a-z]+', words[1]) \
            and words[1] not in VERBS:
        yield f'no verb {words[1]}'
    asked = options_of(words)
    for option in asked[1] if asked else ():
        if not re.search(rf'{re.escape(option)}\b', asked[0]):
            yield f'no option {option} of {" ".join(words[:2])}'


def test_names(text):
    """Names of tests, as the tables of docs/CHECKS.md write them: file::test_name, or test_name."""
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r'\btest_\w+\b(?!\.py|\*)', line):
            if name not in TESTS and name not in TEST_FILES and not name.endswith('_') and not any(t.startswith(name + '_') for t in TEST_FILES):
                yield number, f'no test {name}'


def check_numbers(page, text):
    """The rows of docs/CHECKS.md that another page refers to in brackets, or in the last column of a table of checks, are there."""
    rows = set(re.findall(r'^\| (\d+) \|', (SOURCE / 'docs/CHECKS.md').read_text(), re.MULTILINE))
    for number, line in enumerate(text.splitlines(), 1):
        cited = re.findall(r'\[((?:\d+(?:-\d+)?(?:, )?)+)\]', line)
        cited += [line.split('|')[-2]] if line.startswith('| CVE-') else []
        for first, last in re.findall(r'\b(\d+)(?:-(\d+))?\b', ' '.join(cited)):
            for row in {first, last or first} - rows:
                yield f'{page}:{number}: no check {row}'


def check():
    for page in sorted(f for f in FILES if f.endswith(('.md', '.rst'))):
        if page == NEWS or not (SOURCE / page).is_file():
            continue
        text = (SOURCE / page).read_text()
        for number, code in snippets(text):
            for complaint in complaints(code):
                yield f'{page}:{number}: {complaint}'
        for number, complaint in test_names(text):
            yield f'{page}:{number}: {complaint}'
        if page == 'docs/THREATS.md':
            yield from check_numbers(page, text)


if not VERBS or not TARGETS or not TESTS:
    sys.exit('documents: nothing to compare with; were the commands built?')
found = list(check())
print('\n'.join(found) or 'documents: what they name exists')
sys.exit(bool(found))

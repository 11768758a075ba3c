#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What --help says fits 80 columns and is what the man pages say: the same commands, the same options."""
import pathlib
import re
import subprocess
import sys

service, sandbox, lxc, source = sys.argv[1:]
problems = []


def help_of(*words):
    run = subprocess.run([*words, '--help'], capture_output=True, text=True, check=True)
    assert run.stdout and not run.stderr, words
    for line in run.stdout.splitlines():
        if len(line) > 80:
            problems.append(f'{words[1:]}: wider than 80 columns: {line}')
    return run.stdout


def options_in_help(text):
    return set(re.findall(r'^ +(?:-., )?--([a-z][a-z-]*)', text, re.M))


def options_in_man(text):
    return set(re.findall(r'^(?:-. ?[A-Z]*, )?--([a-z][a-z-]*)', text, re.M))


def compare(what, in_help, in_man):
    if in_help - in_man:
        problems.append(f'{what}: not in the man page: {sorted(in_help - in_man)}')
    if in_man - in_help:
        problems.append(f'{what}: only in the man page: {sorted(in_man - in_help)}')


def man_sections(text):
    """Text of each command's section of the man page."""
    found = re.split(r'^([a-z]+)( .*)?\n-{3,}\n', text.split('\nCOMMANDS\n')[1].split('\nNETWORK\n')[0],
                     flags=re.M)
    return dict(zip(found[1::3], found[3::3]))


man = pathlib.Path(source, 'man')
overview = help_of(service)
commands = re.findall(r'^  ([a-z]+) ', overview, re.M)
page = (man / 'virt-sandbox-service.1.rst').read_text()
common = options_in_man(page.split('\nCOMMANDS\n')[0])
sections = man_sections(page)
compare('commands', set(commands), set(sections))
for command in commands:
    compare(command, options_in_help(help_of(service, command)),
            options_in_man(sections.get(command, '')) | common)
compare('virt-sandbox', options_in_help(help_of(sandbox)),
        options_in_man((man / 'virt-sandbox.1.rst').read_text()))
if len(overview.splitlines()) > 50:
    problems.append('the overview is longer than 50 lines')



def lxc_options(text):
    return set(re.findall(r'--([a-z][a-z_-]*)', text))


help_of(lxc)
page = (man / 'virt-lxc.1.rst').read_text()
found = re.split(r'^([a-z-]+)(?: [A-Z. -]+)?\n-{2,}\n', page.split('\nCOMMANDS\n')[1].split('\nEXIT STATUS\n')[0], flags=re.M)
sections = dict(zip(found[1::2], found[2::2]))
overview = subprocess.run([lxc, '-q', 'help'], capture_output=True, text=True, check=True).stdout
names = re.findall(r'^    ([a-z-]+) ', overview, re.M)
compare('virt-lxc', set(names), set(sections))
for line in overview.splitlines():
    if len(line) > 80:
        problems.append(f'virt-lxc help: wider than 80 columns: {line}')
for name in names:
    text = subprocess.run([lxc, '-q', 'help', name], capture_output=True, text=True, check=True).stdout
    compare(f'virt-lxc {name}', lxc_options(text.partition('OPTIONS')[0]), lxc_options(sections.get(name, '')))
    for line in text.partition('OPTIONS')[2].splitlines():
        if len(line) > 80:
            problems.append(f'virt-lxc help {name}: wider than 80 columns: {line}')

print('\n'.join(problems) or f'{len(commands)} commands agree with the man pages')
sys.exit(bool(problems))

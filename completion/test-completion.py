#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completes command lines in a bash with bash-completion, as a person at a terminal would with TAB."""
import os
import pathlib
import subprocess
import sys
import tempfile

service, sandbox, lxc, script = sys.argv[1:]
BASH_COMPLETION = '/usr/share/bash-completion/bash_completion'
if not os.path.exists(BASH_COMPLETION):
    print('bash-completion is not installed')
    sys.exit(77)

COMPLETE = '''
source "$BASH_COMPLETION"
source "$SCRIPT"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
compopt() { :; }
$FUNCTION "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
'''
problems = []


def complete(function, *words, root):
    environment = dict(os.environ, BASH_COMPLETION=BASH_COMPLETION, SCRIPT=script, FUNCTION=function,
                       VIRT_SANDBOX_ROOT=root)
    run = subprocess.run(['bash', '--norc', '-c', COMPLETE, 'bash', *words], env=environment,
                         capture_output=True, text=True, check=True)
    if run.stderr:
        problems.append(f'{words[1:]}: {run.stderr}')
    return {line.strip() for line in run.stdout.splitlines()}


def expect(function, words, wanted, unwanted, root):
    found = complete(function, *words, root=root)
    for word in wanted:
        if word not in found:
            problems.append(f'{words[1:]}: {word} is not offered, but {sorted(found)[:20]}')
    for word in unwanted:
        if word in found:
            problems.append(f'{words[1:]}: {word} is offered')


def main():
    with tempfile.TemporaryDirectory() as root:
        services = pathlib.Path(root, 'etc/libvirt-sandbox/services')
        services.mkdir(parents=True)
        (services / 'web1.sandbox').write_text('[core]\nname=web1\n[service]\nunits=a.service\n')
        for words, wanted, unwanted in [
            (['cr'], ['create'], ['clone']),
            ([''], ['create', 'start', 'delete', 'logs'], ['web1', 'Example:']),
            (['-'], ['--help', '--connect='], ['--unitfile=']),
            (['create', '--'], ['--unitfile=', '--dry-run', '--memory='], ['--time=']),
            (['create', '-s', ''], ['dynamic', 'none'], []),
            (['create', '-c', ''], ['lxc:///'], []),
            (['create', '--restart', ''], ['on-failure'], []),
            (['create', '--take-over', ''], ['systemd-journald.service'], []),
            (['-c', 'lxc:///', 'cr'], ['create'], []),
            (['stop', '--'], ['--time='], ['--unitfile=']),
            (['execute', 'web1', '--', 'bas'], ['bash'], ['create']),
        ]:
            expect('_virt_sandbox_service', [service, *words], wanted, unwanted, root)
        for words, wanted, unwanted in [
            (['--'], ['--network=', '--help'], ['--unitfile=']),
            (['-N', ''], ['none', 'host'], []),
            (['-N', 'none', 'bas'], ['bash'], []),
            (['--', 'bas'], ['bash'], []),
        ]:
            expect('_virt_sandbox', [sandbox, *words], wanted, unwanted, root)
        for words, wanted, unwanted in [
            (['de'], ['define', 'destroy'], ['--connect=', 'start']),
            (['-'], ['--connect=', '--quiet'], []),
            (['-c', ''], ['lxc:///'], []),
            (['start', '--'], ['--console', '--autodestroy'], ['--domain', '--all']),
            (['-c', 'lxc:///', 'list', '--a'], ['--all', '--autostart'], ['--name']),
            (['help', 'dom'], ['domid', 'dominfo'], ['list']),
        ]:
            expect('_virt_lxc', [lxc, *words], wanted, unwanted, root)
        if os.geteuid() == 0:
            expect('_virt_lxc', [lxc, 'start', ''], ['web1'], ['define'], root)
            expect('_virt_lxc', [lxc, 'destroy', ''], [], ['web1'], root)
            expect('_virt_sandbox_service', [service, 'start', ''], ['web1'], ['create'], root)
            expect('_virt_sandbox_service', [service, 'stop', ''], [], ['web1'], root)


main()
print('\n'.join(problems) or 'all completions are as expected')
sys.exit(bool(problems))

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completes command lines in a real bash, zsh and fish, as a person at a terminal would with TAB."""
import os
import pathlib
import pty
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

service, sandbox, lxc, words, bash_script, zsh_script, fish_script = map(os.path.abspath, sys.argv[1:])
BASH_COMPLETION = '/usr/share/bash-completion/bash_completion'
LIMIT = 30  # seconds until a shell must have answered

BASH = '''
source "$BASH_COMPLETION"
source "$SCRIPT"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
compopt() { :; }
_virt_sandbox "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
'''
# What compadd is given goes to a file; ^X says that the completion is over.
ZSH = '''
autoload -Uz compinit
compinit -u -D
compadd() {{ local -a hits; builtin compadd -O hits "$@"; print -rl -- $hits >>$OUT; builtin compadd "$@" }}
autoload -Uz _virt-sandbox
compdef _virt-sandbox virt-sandbox-service virt-sandbox virt-lxc
over() {{ print : >$OUT.over }}
zle -N over
bindkey '^X' over
bindkey '^I' complete-word
unsetopt automenu listbeep beep
setopt nolistambiguous
print : >$OUT.ready
'''


def in_bash(environment, line):
    run = subprocess.run(['bash', '--norc', '-c', BASH, 'bash', *line], env=dict(environment, BASH_COMPLETION=BASH_COMPLETION, SCRIPT=bash_script),
                         capture_output=True, text=True, check=True, timeout=LIMIT)
    # The shell puts in what comes after the last sign at which it breaks words.
    cut = max(line[-1].rfind(sign) for sign in ':=') + 1
    return run.stderr, {line[-1][:cut] + one.strip() for one in run.stdout.splitlines() if one.strip()}


def in_zsh(environment, line):
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(zsh_script, f'{scratch}/_virt-sandbox')
        pathlib.Path(scratch, '.zshrc').write_text(f'fpath=({scratch} $fpath)\n' + ZSH.format())
        out = pathlib.Path(scratch, 'out')
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe('zsh', ['zsh', '-i', '-o', 'no_global_rcs'], dict(environment, ZDOTDIR=scratch, OUT=str(out), TERM='dumb', PROMPT='> '))
        said = b''

        def wait(name):
            nonlocal said
            end = time.monotonic() + LIMIT
            while not pathlib.Path(f'{out}.{name}').exists():
                if time.monotonic() > end:
                    raise TimeoutError(f'zsh does not answer to {line}: {said!r}')
                if select.select([terminal], [], [], 0.02)[0]:
                    said += os.read(terminal, 65536)
        try:
            wait('ready')
            os.write(terminal, shlex.join(line[:-1]).encode() + b' ' + line[-1].encode() + b'\t\x18')
            wait('over')
        finally:
            os.close(terminal)
            os.waitpid(child, 0)
        return '', set(out.read_text().splitlines()) if out.exists() else set()


def in_fish(environment, line):
    text = shlex.join(line[:-1]) + ' ' + line[-1]
    run = subprocess.run(['fish', '--no-config', '-c', f'source {shlex.quote(fish_script)}; complete -C {shlex.quote(text)}'], env=environment,
                         capture_output=True, text=True, check=True, timeout=LIMIT)
    return run.stderr, {one.split('\t')[0] for one in run.stdout.splitlines()}


def shells():
    """Those that are there; which are not is said."""
    ways = {'bash': in_bash, 'zsh': in_zsh, 'fish': in_fish}
    missing = [name for name in ways if not shutil.which(name) or name == 'bash' and not os.path.exists(BASH_COMPLETION)]
    for name in missing:
        print(f'{name} is not installed, or lacks bash-completion')
        del ways[name]
    return ways, missing


# What differs between shells; bash alone is asked for the rest, which comes from the same program.
EVERYWHERE = (['cr'], [''], ['create', '--security=d'], ['create', '-m', 'host-bind:/srv=/et'], ['execute', 'web1', '--', 'bas'], ['start', '--'], ['start', ''])


def cases():
    as_root = os.geteuid() == 0
    for words_, wanted, unwanted in [
        (['cr'], ['create'], ['clone']),
        ([''], ['create', 'start', 'delete', 'logs'], ['web1', 'Example:']),
        (['-'], ['--help', '--connect='], ['--unitfile=']),
        (['create', '--'], ['--unitfile=', '--dry-run', '--memory='], ['--time=']),
        (['create', '-s', ''], ['dynamic', 'none'], []),
        (['create', '--security=d'], ['--security=dynamic'], ['dynamic', '--security=--security=']),
        (['create', '--memory='], [], ['--memory=--memory=', '--memory=']),
        (['create', '-c', ''], ['lxc:///'], []),
        (['create', '-m', 'host-bind:/srv=/et'], ['host-bind:/srv=/etc/'], []),
        (['create', '-N', 'so'], ['source='], []),
        (['create', '-u', 'systemd-tmpfiles-cl'], ['systemd-tmpfiles-clean.timer', 'systemd-tmpfiles-clean.service'], []),
        (['create', '--restart', ''], ['on-failure'], []),
        (['create', '--take-over', ''], ['systemd-journald.service'], []),
        (['create', '--with=/etc/pass'], ['--with=/etc/passwd'], []),
        (['-c', 'lxc:///', 'cr'], ['create'], []),
        (['stop', '--'], ['--time='], ['--unitfile=']),
        (['policy', ''], ['install', 'status', 'remove'], ['web1']),
        (['network', ''], ['create', 'inspect'], ['web1']),
        (['execute', 'web1', '--', 'bas'], ['bash'], ['create']),
        (['cp', '/etc/pass'], ['/etc/passwd'], ['web1:/']),
        (['help', 'st'], ['stop', 'start'], ['create']),
    ]:
        yield [service, *words_], wanted, unwanted
    for words_, wanted, unwanted in [
        (['--'], ['--network=', '--help'], ['--unitfile=']),
        (['-N', ''], ['none', 'host'], []),
        (['-N', 'none', 'bas'], ['bash'], []),
        (['--', 'bas'], ['bash'], []),
    ]:
        yield [sandbox, *words_], wanted, unwanted
    for words_, wanted, unwanted in [
        (['de'], ['define', 'destroy'], ['--connect=', 'start']),
        (['-'], ['--connect=', '--quiet'], []),
        (['-c', ''], ['lxc:///'], []),
        (['start', '--'], ['--console', '--autodestroy'], ['--domain', '--all']),
        (['-c', 'lxc:///', 'list', '--a'], ['--all', '--autostart'], ['--name']),
        (['help', 'dom'], ['domid', 'dominfo'], ['list']),
    ]:
        yield [lxc, *words_], wanted, unwanted
    if as_root:
        yield [lxc, 'start', ''], ['web1'], ['define']
        yield [lxc, 'destroy', ''], [], ['web1']
        yield [service, 'start', ''], ['web1'], ['create']
        yield [service, 'inspect', 'we'], ['web1'], []
        yield [service, 'cp', 'we'], ['web1:/'], []
        yield [service, 'stop', ''], [], ['web1']
        yield [service, 'restore', 'web1@m'], ['web1@monday'], []
        yield [service, 'snapshot', '--delete', 'web1@'], ['web1@monday'], []


def main():
    problems = []
    ways, missing = shells()
    with tempfile.TemporaryDirectory() as root:
        services = pathlib.Path(root, 'etc/libvirt-sandbox/services')
        services.mkdir(parents=True)
        (services / 'web1.sandbox').write_text('[core]\nname=web1\n[service]\nunits=a.service\n')
        pathlib.Path(root, 'var/lib/libvirt/filesystems/.virt-sandbox-snapshots/web1/monday').mkdir(parents=True)
        environment = dict(os.environ, VIRT_SANDBOX_ROOT=root, VIRT_SANDBOX_WORDS=words, HOME=root,
                           PATH=f'{os.path.dirname(service)}:/usr/sbin:/usr/bin:/sbin:/bin')
        for name, way in ways.items():
            for line, wanted, unwanted in cases():
                if name != 'bash' and line[1:] not in EVERYWHERE:
                    continue
                said, found = way(environment, [os.path.basename(line[0]), *line[1:]] if name != 'bash' else line)
                typed = [os.path.basename(line[0]), *line[1:]]
                problems += [f'{name}: {typed}: {said}'] * bool(said)
                problems += [f'{name}: {typed}: {word} is not offered, but {sorted(found)[:20]}' for word in wanted if word not in found]
                problems += [f'{name}: {typed}: {word} is offered' for word in unwanted if word in found]
    print('\n'.join(problems) or f'all completions are as expected in {", ".join(ways)}')
    must = os.environ.get('VIRT_SANDBOX_MUST') == '1'  # as in CI
    sys.exit(1 if problems or missing and must else 77 if missing else 0)


main()

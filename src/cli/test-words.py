#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the commands say to a wrong command line: one sentence on stderr, a hint only where the command line
is not understood, nothing on stdout, and the documented exit code."""
import os
import subprocess
import sys

SERVICE, SANDBOX = sys.argv[1:]
HINT = "Try '"

# command line, exit code, the sentence, whether the hint to --help follows
CASES = [
    ([SERVICE], 2, 'a command, as create or start, is missing', True),
    ([SERVICE, 'frob'], 2, 'unknown command "frob"', True),
    ([SERVICE, 'strat'], 2, 'unknown command "strat"; did you mean "start"?', True),
    ([SERVICE, 'lis'], 2, 'unknown command "lis"; did you mean "list"?', True),
    ([SERVICE, 'help', 'creates'], 2, 'unknown command "creates"; did you mean "create"?', True),
    ([SERVICE, 'create'], 2, 'create expects NAME [-- COMMAND...]', True),
    ([SERVICE, 'create', 'a', 'b'], 2, 'unexpected word "b"; a command comes after --', True),
    ([SERVICE, 'create', '--frob', 'a'], 2, 'unknown option --frob', True),
    ([SERVICE, 'create', 'a', '-u'], 2, 'option -u needs a value: UNIT', True),
    ([SERVICE, 'create', '-CC', 'a'], 2, 'option --copy is given twice', True),
    ([SERVICE, 'create', '--copy=yes', 'a'], 2, 'option --copy takes no value', True),
    ([SERVICE, 'create', '--json', '-u', 'x', 'a'], 2, '--json is for --dry-run', True),
    ([SERVICE, 'start'], 2, 'start expects NAME...', True),
    ([SERVICE, 'start', 'a', '--', 'b'], 2, 'start takes no command', True),
    ([SERVICE, 'list', 'a'], 2, 'unexpected word "a"', True),
    ([SERVICE, 'restart'], 2, 'restart expects a name, or --stale', True),
    ([SERVICE, 'set', 'a'], 2, 'set expects an option that says what to change, such as --memory', True),
    ([SERVICE, 'stop', '--time', '1x', 'a'], 2, '--time expects a number of seconds up to one day', True),
    ([SERVICE, 'wait', '--timeout', '-1', 'a'], 2, '--timeout expects a number of seconds up to one day', True),
    ([SERVICE, 'execute', 'a'], 125, 'execute expects NAME -- COMMAND...', True),
    ([SERVICE, '-c', 'qemu:///system', 'list'], 1,
     'only lxc:/// URIs are currently supported, not "qemu:///system"', False),
    ([SERVICE, 'list', '--connect=lxc:///x'], 1,
     'only lxc:/// URIs are currently supported, not "lxc:///x"', False),
    ([SERVICE, 'create', '-u', 'a.service', '../a'], 1,
     'container name "../a" must begin with a letter or digit and go on with letters, digits, "_", "-" or '
     'single dots', False),
    ([SERVICE, 'create', '-u', 'a.service', 'a' * 300], 1,
     'container name "aaaaaaaaaaaaaaaa..." has 300 characters; the most is 64', False),
    ([SERVICE, 'create', '--memory', '5X', '-u', 'a', 'a'], 1,
     'option --memory: size "5X" has the unknown suffix "X"; known are K, M, G and T', False),
    ([SERVICE, 'create', '-s', 'inherit', '-u', 'a', 'a'], 1,
     'option -s: security option "inherit" is not supported: with the label of its creator a container would not be '
     'confined', False),
    ([SERVICE, 'create', '-m', 'x:\033[31m', '-u', 'a', 'a'], 1,
     'option -m: Unknown mount type prefix on "x:?[31m"; known are host-bind, guest-bind, host-image and ram', False),
    ([SERVICE, 'create', '-e', 'NO_SUCH', '-u', 'a', 'a'], 1,
     'variable NO_SUCH is not set in the environment; give it as NAME=VALUE', False),
    ([SANDBOX, '--env-file', '/nosuch/file', '--', 'b'], 125, 'option --env-file: cannot use /nosuch/file: open /nosuch: No such file or directory', False),
    ([SERVICE, 'create', '-m', 'host-bind:srv=/srv', '-u', 'a', 'a'], 1, 'option -m: path "srv" does not begin with a slash', False),
    ([SANDBOX, '--homedir', 'x', '--', 'b'], 125, 'option --homedir: path "x" does not begin with a slash', False),
    ([SANDBOX, '-e', '1A=2', '--', 'b'], 125, 'option -e: "1A" is not the name of a variable; give NAME=VALUE or NAME', False),
    ([SANDBOX, '--env', '=2', '--', 'b'], 125, 'option --env: "" is not the name of a variable; give NAME=VALUE or NAME', False),
    ([SERVICE, 'execute', '--env-file', '/proc/self/status', 'a', '--', 'b'], 125, '/proc/self/status:1 is not NAME=VALUE or NAME', False),
    ([SANDBOX], 125, 'a command to run is missing', True),
    ([SANDBOX, '--'], 125, 'a command to run is missing', True),
    ([SANDBOX, '-u', 'a', '--', 'b'], 125, 'unknown option -u', True),
    ([SANDBOX, '-N', 'frob=1', '--', 'b'], 125,
     'option -N: Unknown parameter "frob=1" in network "frob=1"; known are none, host, default, bridge, macvlan, '
     'vlan, ethernet, hostdev, container=, the name of a network, source=, mac=, address=, dhcp, peer=, route=, mode=, id=, mtu= and bandwidth=', False),
]
problems = []
for argv, code, sentence, hint in CASES:
    run = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = run.stderr.splitlines()
    program = os.path.basename(argv[0])
    if run.returncode != code:
        problems.append(f'{argv[1:]}: exit code {run.returncode}, not {code}')
    if not lines or lines[0] != f'{program}: {sentence}':
        problems.append(f'{argv[1:]}: {run.stderr!r}')
    if len(lines) != 1 + hint or (hint and not lines[1].startswith(HINT)):
        problems.append(f'{argv[1:]}: hint: {run.stderr!r}')
    if run.stdout:
        problems.append(f'{argv[1:]}: says on stdout: {run.stdout!r}')
print('\n'.join(problems) or f'{len(CASES)} wrong command lines are answered')
sys.exit(bool(problems))

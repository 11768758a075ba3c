# SPDX-License-Identifier: LGPL-2.1-or-later
"""Specs written by hand: their parts, and how the engine alone starts them."""
import os
import pathlib

import harness

ENGINE = harness.BUILD / 'tests/system/engine-start'
NAME = f'test-{os.getpid()}'  # its cgroup is the host's, where another session may have one
ID_BASE = 1048576
MERGED = [name for name in ('bin', 'sbin', 'lib', 'lib64') if pathlib.Path('/', name).is_symlink()]

IDS = f'users=0:{ID_BASE}:65536\ngroups=0:{ID_BASE}:65536\n'
USR = '[mount]\ntarget="/usr"\nsource="/usr"\nflags=readonly nodev recursive follow make\nmapping={mapping}\n'
PROC = '[mount]\nkind=directory\ntarget="/proc"\nmode=0555\n\n[mount]\nkind=proc\ntarget="/proc"\nflags=nosuid nodev noexec\n'
DEV = '[mount]\nkind=directory\ntarget="/dev"\nmode=0755\n\n[mount]\nkind=tmpfs\ntarget="/dev"\noptions="mode=0755,size=64k"\nflags=nosuid noexec\n'
NULL = '[device]\npath="/dev/null"\nmajor=1\nminor=3\nmode=0666\n'
END = '[label]\nmodel="none"\n'


def links():
    return '\n'.join(f'[mount]\nkind=link\ntarget="/{n}"\nsource="{os.readlink("/" + n)}"\n' for n in MERGED)


def write(place, *parts):
    path = pathlib.Path(place, 'test.spec')
    if not any('[namespaces]' in part for part in parts):
        parts = (parts[0], '[namespaces]\ntime=host\n', *parts[1:])
    path.write_text('\n'.join(parts).replace('name="test"', f'name="{NAME}"'))
    return path


def shell(command):
    quoted = command.replace('\\', '\\\\').replace('"', '\\"')
    return f'[process]\npaths="/usr/bin/sh"\nargv="sh" "-c" "{quoted}"\nenvironment="PATH=/usr/bin"\ndirectory="/"\n'


def small(container, namespaces, command, *further, mapping='container', process=''):
    """A root of tmpfs with /usr and /proc."""
    return (f'[container]\nname="test"\n{container}', namespaces, '[root]\noptions="size=1m"\n', USR.format(mapping=mapping), links(), PROC,
            *[f for f in further if f.startswith('[mount]')], *[f for f in further if f.startswith('[device]')],
            shell(command) + process, '[filter]\nno-new-privileges=yes\n', END)


def start(place, *parts, check=True):
    done = harness.run([ENGINE, '-S', write(place, *parts)], check=False)
    assert not check or done.returncode == 0, done.said
    return done


def make_root(path):
    for name in ('usr', 'proc', 'etc'):
        (path / name).mkdir(parents=True)
    for name in MERGED:
        (path / name).symlink_to(os.readlink('/' + name))


def python(program):
    quoted = program.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')
    return f'[process]\npaths="/usr/bin/python3"\nargv="python3" "-c" "{quoted}"\ndirectory="/"\n'


def with_python(program, *further, **options):
    """As small(), with /dev/null."""
    parts = list(small(IDS, '', '', DEV, NULL, *further, **options))
    at = next(i for i, part in enumerate(parts) if part.startswith('[process]'))
    return [*parts[:at], python(program), *parts[at + 1:]]


def cgroup_mount():
    mounts = [line.split() for line in pathlib.Path('/proc/mounts').read_text().splitlines()]
    return pathlib.Path(next(mount[1] for mount in mounts if mount[2] == 'cgroup2'))

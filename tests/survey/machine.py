# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian trees, and machines around them as far as namespaces go: what tests/survey, tests/stacks and tests/autopkgtest share."""
import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent
CGROUPS = ('/sys/fs/cgroup/unified', '/sys/fs/cgroup')  # where version 2 is mounted; the first that is it

# The least that a host of services has, and what our programs are linked with.
BASE = ('adduser ca-certificates cron dbus e2fsprogs init-system-helpers iproute2 libapparmor1 libmnl0 libnftables1 libseccomp2 libselinux1 locales '
        'netbase nftables openssl perl procps python3-minimal rsyslog ssl-cert systemd').split()
UNITS_MAX = 3  # of one package
STAGE_SECONDS = 300  # until a machine is ended, whatever it does
ENVIRONMENT = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LC_ALL': 'C.UTF-8', 'DEBIAN_FRONTEND': 'noninteractive'}
# In a mount and pid namespace: the tree $1 with the apt archives $2, lists $3 and the resolver of the host, and apt-get with the rest.
INSTALL = '''
set -e
tree=$1 archives=$2 lists=$3
shift 3
mount --make-rprivate /
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
for place in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$tree/$place"; done
mount --bind "$archives" "$tree/var/cache/apt/archives"
mount --bind "$lists" "$tree/var/lib/apt/lists"
mount --bind /etc/resolv.conf "$tree/etc/resolv.conf"
exec chroot "$tree" apt-get -qy -o Debug::NoLocking=1 -o APT::Keep-Downloaded-Packages=1 -o APT::Sandbox::User=root "$@"
'''


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', env=ENVIRONMENT, **options)


class Trees:
    """The trees and their machines. Everything is below one directory."""

    def __init__(self, work, build):
        self.work, self.build = work, build
        self.base, self.archives, self.lists = work / 'base', work / 'archives', work / 'lists'
        self.group = next(pathlib.Path(p) for p in CGROUPS if os.path.exists(f'{p}/cgroup.procs'))
        self.numbers = itertools.count(1)

    def prepare(self):
        """Makes the tree that all packages start from, and puts the project just built into it."""
        (self.archives / 'partial').mkdir(parents=True, exist_ok=True)
        if not (self.base / 'etc/debian_version').exists():
            print('making a Debian tree (once, about a minute)', file=sys.stderr)
            made = run(['mmdebstrap', '--variant=minbase', f'--include={",".join(BASE)}', '--skip=cleanup/apt/lists', 'bookworm', self.base])
            if made.returncode != 0:
                sys.exit(f'mmdebstrap failed:\n{made.stdout}')
            shutil.move(self.base / 'var/lib/apt/lists', self.lists)  # bound in where they are wanted
            (self.base / 'var/lib/apt/lists').mkdir()
        (self.base / 'etc/hostname').write_text('host\n')
        (self.base / 'etc/hosts').write_text('127.0.0.1 localhost\n192.0.2.1 host.example.org host\n')
        policy = self.base / 'usr/sbin/policy-rc.d'
        policy.write_text('#!/bin/sh\nexit 101\n')  # packages start nothing when they are installed
        policy.chmod(0o755)
        subprocess.run(['meson', 'install', '-C', self.build, '--quiet', '--no-rebuild', '--destdir', self.base], check=True)

    @contextlib.contextmanager
    def tree(self, package):
        """A copy of the base for one package. What is below /usr is replaced by dpkg, never written to, so links will do there."""
        tree = self.work / 'trees' / package
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        mounts = ('dev', 'proc', 'run', 'sys', 'tmp')
        try:
            run(['cp', '-al', self.base / 'usr', tree], check=True)
            run(['cp', '-a', *(p for p in self.base.iterdir() if p.name not in ('usr', *mounts)), tree], check=True)
            for name in mounts:
                (tree / name).mkdir()
            yield tree
        finally:
            shutil.rmtree(tree)

    @contextlib.contextmanager
    def overlay(self, tree):
        """The tree, where what is written does not reach it."""
        with self.directory('overlay') as place:
            for name in ('upper', 'work', 'merged'):
                (place / name).mkdir()
            run(['mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir={tree},upperdir={place}/upper,workdir={place}/work', place / 'merged'], check=True)
            try:
                yield place / 'merged'
            finally:
                run(['umount', '-l', place / 'merged'], check=True)

    @contextlib.contextmanager
    def directory(self, kind):
        place = self.work / f'{kind}-{next(self.numbers)}'
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place)

    @contextlib.contextmanager
    def cgroup(self):
        """One for each machine, used once: what is cloned into a child of one that was killed dies. Everything in it is gone afterwards."""
        group = self.group / f'survey-{os.getpid()}-{next(self.numbers)}'
        group.mkdir()
        try:
            yield group
        finally:
            (group / 'cgroup.kill').write_text('1')
            while 'populated 1' in (group / 'cgroup.events').read_text():
                time.sleep(0.01)
            for place, _, _ in os.walk(group, topdown=False):
                os.rmdir(place)

    def install(self, tree, *packages):
        """Installs packages in the tree, without what they only recommend; what apt-get said and came to."""
        return run(['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', INSTALL, 'sh', tree, self.archives, self.lists,
                    'install', '--no-install-recommends', *packages])

    def start(self, tree, out, script, *arguments, seconds=STAGE_SECONDS):
        """Runs a script of tests/ as the init of a machine around the tree, until it says that it is done; whether it did."""
        out.mkdir(parents=True)
        with self.cgroup() as group, open(out / 'machine.said', 'w') as said:
            machine = subprocess.Popen(['sh', '-c', 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"', 'sh', group,
                                        'unshare', '--mount', '--net', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child',
                                        'sh', TESTS / 'survey/guest/world.sh', tree, out, TESTS, script, *arguments],
                                       stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=ENVIRONMENT)
            end = time.monotonic() + seconds
            while machine.poll() is None and not (out / 'done').exists() and time.monotonic() < end:
                time.sleep(0.05)
        machine.wait()  # its cgroup was killed
        return (out / 'done').exists()


def units_of(tree, package):
    """The units that an administrator would start, those named as the package first: what can be enabled, or else one that cannot; then init scripts."""
    listed = run(['chroot', tree, 'dpkg-query', '--listfiles', package]).stdout.splitlines()
    paths = [path for path in listed if path.startswith('/')]  # not what is said of a package without files
    enabled, others, scripts = [], [], []
    for path in (pathlib.PurePath(p) for p in paths):
        file = tree / path.relative_to('/')
        if path.parent.name == 'system' and path.suffix in ('.service', '.socket') and '@' not in path.name and file.is_file():
            (enabled if '[Install]' in file.read_text(errors='replace') else others).append(path.name)
        elif path.parent == pathlib.PurePath('/etc/init.d') and not (tree / f'usr/lib/systemd/system/{path.name}.service').exists():
            scripts.append(f'{path.name}.service')
    enabled.sort(key=lambda name: (name.partition('.')[0] not in package, not name.endswith('.service'), name))
    return ((enabled or [name for name in others if name.endswith('.service')][:1]) + scripts)[:UNITS_MAX]

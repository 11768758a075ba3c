# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same systemd with the same service on the same content, started in three ways: by virt-sandbox, by a bare unshare(1), by systemd-nspawn.

What is measured is the time from the call to the first answer of the web server. The bare one is the floor: nothing of it is confined.
"""
import json
import os
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request

ANSWER_TIMEOUT = 30  # seconds until a start has failed
HOST, ADDRESS = '192.0.2.1', '192.0.2.2'  # TEST-NET-1, for the ways that bring no network of their own
UNIT, NAME = 'apache2.service', 'bench-boot'
CONTENT = ('etc', 'var', 'root', 'home', 'srv')

# PID 1 of a bare one: root directory $1, target $2, cgroup $3. The least that a systemd needs.
BARE = r'''
set -e
echo 0 >"$3/cgroup.procs"
exec unshare --mount --uts --ipc --pid --cgroup --fork --kill-child sh -ec '
mount --rbind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do : >dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for place in run tmp dev/shm; do mount -t tmpfs tmpfs $place; done
pivot_root . mnt
umount -l mnt
exec env -i container=bench PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --unit="$2"
' sh "$1" "$2"
'''
NSPAWN = r'''
echo 0 >"$3/cgroup.procs"
exec systemd-nspawn --quiet --register=no --keep-unit --console=pipe --directory "$1" /usr/lib/systemd/systemd --unit="$2"
'''


def wait_for_answer(address):
    """Until the web server there answers 200."""
    end = time.monotonic() + ANSWER_TIMEOUT
    while True:
        try:
            with urllib.request.urlopen(f'http://{address}/', timeout=1) as answer:
                assert answer.status == 200
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > end:
                raise RuntimeError(f'no answer from {address} within {ANSWER_TIMEOUT} seconds') from None
            time.sleep(0.001)


class Place:
    """A root directory of shared /usr and a container's content, a cgroup and a network namespace: for those who bring none. A context manager."""

    def __init__(self, directory, tree):
        self.root, self.tree = directory / 'boot', tree
        self.cgroup = pathlib.Path('/sys/fs/cgroup/virt-sandbox-bench')
        self.log = directory / 'boot.log'

    def __enter__(self):
        for name in ('usr', 'dev', 'proc', 'sys', 'run', 'tmp', 'mnt', 'opt'):
            (self.root / name).mkdir(parents=True)
        for name in ('bin', 'sbin', 'lib', 'lib32', 'lib64'):
            if os.path.islink(f'/{name}'):
                (self.root / name).symlink_to(os.readlink(f'/{name}'))
        for name in CONTENT:
            if (self.tree / name).is_dir():
                subprocess.run(['cp', '-a', self.tree / name, self.root / name], check=True)
        subprocess.run(['mount', '--bind', '-o', 'ro', '/usr', self.root / 'usr'], check=True)
        self.cgroup.mkdir()
        self.holder = subprocess.Popen(['unshare', '--net', 'sh', '-c', 'echo; exec sleep infinity'], stdout=subprocess.PIPE)
        self.holder.stdout.readline()  # now it is in its namespace
        self.enter = ['nsenter', f'--net=/proc/{self.holder.pid}/ns/net']
        for words in (['link', 'add', 'bench0', 'type', 'veth', 'peer', 'name', 'host0', 'netns', str(self.holder.pid)],
                      ['address', 'add', f'{HOST}/24', 'dev', 'bench0'], ['link', 'set', 'bench0', 'up']):
            subprocess.run(['ip', *words], check=True)
        for words in (['link', 'set', 'lo', 'up'], ['address', 'add', f'{ADDRESS}/24', 'dev', 'host0'], ['link', 'set', 'host0', 'up']):
            subprocess.run([*self.enter, 'ip', *words], check=True)
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        subprocess.run(['umount', self.root / 'usr'], check=True)
        self.empty_cgroup()
        self.cgroup.rmdir()

    def empty_cgroup(self):
        """Kills what is in it, and removes what was made below it."""
        (self.cgroup / 'cgroup.kill').write_text('1')
        events = self.cgroup / 'cgroup.events'
        while 'populated 1' in events.read_text():
            time.sleep(0.001)
        for path, names, _ in os.walk(self.cgroup, topdown=False):
            for name in names:
                os.rmdir(os.path.join(path, name))

    def boot(self, script, target):
        """One start until its answer, in milliseconds. The tree is killed then: how long it takes to stop is another question."""
        with open(self.log, 'ab') as log:
            began = time.monotonic()
            process = subprocess.Popen([*self.enter, 'sh', '-c', script, 'sh', self.root, target, self.cgroup],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                wait_for_answer(ADDRESS)
                return (time.monotonic() - began) * 1000
            finally:
                self.empty_cgroup()
                process.kill()
                process.wait()


def boot_ours(tool, address):
    began = time.monotonic()
    subprocess.run([tool, 'start', NAME], check=True, stdout=subprocess.DEVNULL)
    wait_for_answer(address)
    taken = (time.monotonic() - began) * 1000
    subprocess.run([tool, 'stop', NAME], check=True, stdout=subprocess.DEVNULL)
    return taken


def measure(directory, tool, rounds):
    """name -> milliseconds of each round, or why it was not run. In turn, so that what the machine does beside hits all of them alike."""
    subprocess.run([tool, 'create', '-C', '-u', UNIT, NAME], check=True, stdout=subprocess.DEVNULL)
    try:
        listed = json.loads(subprocess.run([tool, 'list', '--json'], check=True, capture_output=True, text=True).stdout)
        address = next(c['address'] for c in listed if c['name'] == NAME)
        tree = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'var/lib/libvirt/filesystems', NAME)
        with Place(directory, tree) as place:
            ways = {'bare systemd': lambda: place.boot(BARE, 'multi-user.target'), 'virt-sandbox': lambda: boot_ours(tool, address)}
            if shutil.which('systemd-nspawn'):
                ways['systemd-nspawn'] = lambda: place.boot(NSPAWN, 'multi-user.target')
            times = {name: [] for name in ways}
            for name in [n for _ in range(rounds) for n in ways]:
                if isinstance(times[name], str):
                    continue
                try:
                    times[name].append(ways[name]())
                except (RuntimeError, subprocess.CalledProcessError) as error:
                    times[name] = f'not run: {error}'
            times.setdefault('systemd-nspawn', 'not installed')
            return times
    finally:
        subprocess.run([tool, 'delete', NAME], check=True, stdout=subprocess.DEVNULL)

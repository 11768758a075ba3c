# SPDX-License-Identifier: LGPL-2.1-or-later
"""An emulated machine: one qemu process, its second serial port and its control connection.

Booting takes most of a minute of processor time. So a machine of each model is booted once, put to sleep where lab-boot
waits for the name of a suite, and kept in the cache; every suite wakes a copy of it. One that reboots ends, and another qemu
boots from its disk: qemu keeps translations of all code that it ever ran, and when a restarted machine loads its kernel over
them, every write walks through those of its page. After a long suite that was seen to take longer than all limits.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

# The boot parameter that chooses each model. The minor modules are the same everywhere.
MODELS = {
    'selinux': 'landlock,yama,selinux',
    'smack': 'landlock,yama,smack',
    'apparmor': 'landlock,yama,apparmor',
    'none': 'landlock,yama',
}
READY = '# lab: ready'  # lab-boot says it; the name of a suite is the answer
BOOT_SECONDS = 240
MEMORY = 3072  # MiB; the same for all, because a sleeping machine cannot grow


class LabError(Exception):
    """The lab itself cannot do its work; the text says why."""


@dataclasses.dataclass(frozen=True)
class Hardware:
    """What a machine is made of, but for its model: a sleeping machine wakes only in the same one."""

    kernel: pathlib.Path
    image: pathlib.Path
    cpus: int

    def key(self, model):
        """Return the name in the cache: a hash of everything that a sleeping machine depends on."""
        version = subprocess.run(['qemu-system-x86_64', '--version'], capture_output=True, check=True).stdout
        facts = [self.kernel.name, self.image.name, str(self.cpus), str(MEMORY), model, MODELS[model], append(model)]
        return hashlib.sha256(version + '\0'.join(facts).encode()).hexdigest()[:16]


def append(model):
    """Return the kernel's command line."""
    return ('console=ttyS0 root=/dev/vda rw panic=-1 quiet systemd.show_status=yes mitigations=off '
            f'audit_backlog_limit=8192 lsm={MODELS[model]}')


def disk_of(image):
    return image / 'disk.img'


class Machine:
    """A running qemu. A context manager: leaving it ends the process."""

    def __init__(self, hardware, model, disk, work, extra=()):
        """work: directory for logs, with out/ for the machine to write to and share/ for it to read."""
        self.results, results = socket.socketpair()
        self.control, control = socket.socketpair()
        # A machine must not outlive who reads it, however that ends.
        command = ['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64',
                   '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', str(hardware.cpus),
                   '-m', str(MEMORY), '-nodefaults', '-no-user-config', '-display', 'none',
                   '-chardev', f'file,id=console,path={work}/boot.log,append=on', '-serial', 'chardev:console',
                   '-chardev', f'socket,id=results,fd={results.fileno()}', '-serial', 'chardev:results',
                   '-chardev', f'socket,id=control,fd={control.fileno()}', '-mon', 'chardev=control,mode=control',
                   '-kernel', hardware.kernel, '-append', append(model),
                   '-drive', f'file={disk},if=virtio,cache=unsafe', '-device', 'virtio-rng-pci', '-no-reboot', *extra]
        for tag, path, mode in (('lab-in', work / 'share', ',readonly=on'), ('lab-out', work / 'out', '')):
            command += ['-fsdev', f'local,id={tag},path={path},security_model=none{mode}',
                        '-device', f'virtio-9p-pci,fsdev={tag},mount_tag={tag}']
        with open(work / 'qemu.log', 'ab') as log, results, control:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            pass_fds=(results.fileno(), control.fileno()))
        self.timed_out = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.results.close()
        self.control.close()

    def lines(self, seconds):
        """Yield what the machine says on its second serial port until it ends or the time is up."""
        timer = threading.Timer(seconds, self._time_out)
        timer.start()
        try:
            with self.results.makefile('r', encoding='utf-8', errors='replace', newline='\n') as stream:
                for line in stream:
                    yield line.rstrip('\r\n')
        except ConnectionResetError:
            pass  # a machine that ends abruptly
        finally:
            timer.cancel()

    def _time_out(self):
        self.timed_out = True
        self.process.kill()

    def say(self, line):
        self.results.sendall(line.encode() + b'\n')

    def sleep(self, state):
        """Stop the machine and write it into a file."""
        self._migrate('migrate', f'exec:gzip -1 >{state}')
        self.process.kill()

    def wake(self, state):
        """Go on where a machine stopped that was written into a file; this one was started with `-incoming defer`."""
        self._migrate('migrate-incoming', f'exec:gzip -dc {state}')

    def _migrate(self, command, uri):
        """Let qemu write or read its state, and wait until it has done so."""
        with self.control.makefile('rw', encoding='utf-8') as qmp:
            for name, arguments in (('qmp_capabilities', {}),
                                    ('migrate-set-capabilities', {'capabilities': [{'capability': 'events', 'state': True}]}),
                                    (command, {'uri': uri})):
                qmp.write(json.dumps({'execute': name, 'arguments': arguments}) + '\n')
            qmp.flush()
            for line in qmp:
                answer = json.loads(line)
                if 'error' in answer:
                    raise LabError(f'qemu: {answer["error"]["desc"]}')
                status = answer['data']['status'] if answer.get('event') == 'MIGRATION' else ''
                if status == 'completed':
                    return
                if status == 'failed':
                    break
        raise LabError(f'qemu could not {command} ({uri})')


@contextlib.contextmanager
def locked(path):
    """Hold a lock file, so that of two who need the same result one makes it."""
    with open(path, 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sleeping(hardware, model, cache, patience):
    """Return the directory with a sleeping machine (disk.qcow2, state.gz); boot one if there is none yet."""
    result = cache / f'machine-{hardware.key(model)}'
    with locked(f'{result}.lock'):
        if not result.exists():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                work = pathlib.Path(work)
                boot(hardware, model, work, patience)
                result.mkdir()
                for name in ('disk.qcow2', 'state.gz'):
                    shutil.move(work / name, result / name)
    return result


def overlay(disk, disk_format, path):
    """Make a disk that begins as a copy of another one."""
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', disk_format, '-b', disk, path], check=True)


def boot(hardware, model, work, patience):
    for name in ('share', 'out'):
        (work / name).mkdir()
    disk = work / 'disk.qcow2'
    overlay(disk_of(hardware.image), 'raw', disk)
    with Machine(hardware, model, disk, work) as machine:
        if READY not in machine.lines(BOOT_SECONDS * patience):
            log = (work / 'boot.log').read_text(errors='replace')
            raise LabError(f'a machine with {model} did not boot:\n{log[-4000:]}')
        machine.sleep(work / 'state.gz')


def wake(hardware, model, asleep, work):
    """Return a Machine that goes on where the sleeping one stopped, with a disk of its own in work."""
    disk = work / 'disk.qcow2'
    overlay(asleep / 'disk.qcow2', 'qcow2', disk)
    machine = Machine(hardware, model, disk, work, ['-incoming', 'defer'])
    machine.wake(asleep / 'state.gz')
    return machine


def boot_again(hardware, model, work):
    """Return a Machine that boots from the disk of one that wake() returned and that has ended."""
    return Machine(hardware, model, work / 'disk.qcow2', work)

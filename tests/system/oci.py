# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images as the OCI specification has them, read by the letter, and Debian's crun to run them."""
import gzip
import hashlib
import json
import pathlib
import signal
import subprocess

from harness import run

# What podman and Docker give a container that asks for nothing.
CAPABILITIES = ['CAP_' + name for name in ('CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID',
                                           'SYS_CHROOT')]
MASKED = ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/sched_debug', '/proc/scsi', '/sys/firmware']


class Image:
    """A layout directory, each blob of which is what its name and its descriptor say."""

    def __init__(self, place):
        self.place = pathlib.Path(place)
        assert json.loads((self.place / 'oci-layout').read_text()) == {'imageLayoutVersion': '1.0.0'}
        [entry] = json.loads((self.place / 'index.json').read_text())['manifests']
        self.name = entry['annotations']['org.opencontainers.image.ref.name']
        self.manifest = json.loads(self.blob(entry).read_bytes())
        self.config = json.loads(self.blob(self.manifest['config']).read_bytes())
        self.layers = [self.blob(layer) for layer in self.manifest['layers']]
        for path, content in zip(self.layers, self.config['rootfs']['diff_ids'], strict=True):
            with gzip.open(path) as file:
                assert 'sha256:' + hashlib.file_digest(file, 'sha256').hexdigest() == content
        assert len(list((self.place / 'blobs/sha256').iterdir())) == len(self.layers) + 2

    def blob(self, descriptor):
        kind, digest = descriptor['digest'].split(':')
        path = self.place / 'blobs' / kind / digest
        with open(path, 'rb') as file:
            assert hashlib.file_digest(file, kind).hexdigest() == digest
        assert path.stat().st_size == descriptor['size']
        return path

    def unpack(self, bundle, systemd=False):
        """Makes a bundle of it, as engines do; systemd: with what podman gives one that runs systemd."""
        root = bundle / 'rootfs'
        root.mkdir(parents=True)
        root.chmod(0o755)
        for layer in self.layers:
            run(['tar', '-xzpf', layer, '-C', root, '--numeric-owner', '--same-owner', '--xattrs', '--xattrs-include=*'])
        said = self.config['config']
        uid, _, gid = said.get('User', '').partition(':')
        accounts = {line.split(':')[2]: line.split(':') for line in (root / 'etc/passwd').read_text().splitlines()}
        user = {'uid': int(uid or 0), 'gid': int(gid or accounts[uid or '0'][3])}
        mounts = [{'destination': '/proc', 'type': 'proc', 'source': 'proc'},
                  {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['nosuid', 'mode=755']},
                  {'destination': '/dev/shm', 'type': 'tmpfs', 'source': 'shm', 'options': ['nosuid', 'nodev', 'noexec', 'mode=1777']},
                  {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs', 'options': ['nosuid', 'nodev', 'noexec', 'ro']}]
        sets = {kind: CAPABILITIES for kind in ('bounding', *(() if uid else ('effective', 'permitted')))}
        config = {'ociVersion': '1.0.2', 'hostname': 'image', 'root': {'path': 'rootfs'}, 'mounts': mounts,
                  'process': {'args': said['Entrypoint'] + said.get('Cmd', []), 'cwd': said.get('WorkingDir', '/'), 'env': said['Env'], 'user': user,
                              'capabilities': sets, 'noNewPrivileges': True},
                  'linux': {'namespaces': [{'type': kind} for kind in ('pid', 'mount', 'ipc', 'uts')], 'maskedPaths': MASKED}}
        if systemd:
            config['linux']['namespaces'].append({'type': 'cgroup'})
            config['process']['noNewPrivileges'] = False
            mounts += [{'destination': place, 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=755']} for place in ('/run', '/run/lock', '/tmp')]
            mounts.append({'destination': '/sys/fs/cgroup', 'type': 'cgroup2', 'source': 'cgroup2', 'options': ['rw']})
        (bundle / 'config.json').write_text(json.dumps(config))
        return root


class Crun:
    """A bundle that runs until the end of the block."""

    def __init__(self, bundle, name):
        self.group = pathlib.Path('/sys/fs/cgroup', name)  # of the one version that it sees
        # It refuses hosts that have both versions of control groups, even where it is to use none: it sees one.
        self.command = ['unshare', '--mount', 'sh', '-c', 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir -p "$0" && echo $$ >"$0/cgroup.procs" && exec "$@"',
                        str(self.group),
                        'crun', '--root', str(bundle / 'state'), '--cgroup-manager=disabled']
        self.bundle, self.name = bundle, name

    def __enter__(self):
        self.log = open(self.bundle / 'log', 'w+')
        self.process = subprocess.Popen([*self.command, 'run', '--bundle', self.bundle, self.name], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        return self

    def said(self):
        return (self.bundle / 'log').read_text()

    def stop(self, name):
        """Ends by the signal of the image, within a time that an engine would wait."""
        run([*self.command, 'kill', self.name, str(int(getattr(signal, name)))])
        self.process.wait(20)

    def __exit__(self, *_):
        run([*self.command, 'delete', '--force', self.name], check=False)
        self.process.wait(20)
        run(['unshare', '--mount', 'sh', '-c', 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && find "$0" -depth -type d -exec rmdir {} +', str(self.group)])
        self.log.close()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers of one command, described by hand and driven through keep-driver: the supervisor and entering, without the rest of the product."""
import os
import pathlib
import shutil
import uuid

import harness

DRIVER = harness.BUILD / 'tests/system/keep-driver'
_id_bases = iter(range(1 << 28, 1 << 29, 65536))


class Container:
    def __init__(self, name, *command, network='none', extra=''):
        root = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'])
        self.name, self.uuid = name, uuid.uuid4().hex
        self.description = root / f'etc/libvirt-sandbox/services/{name}.sandbox'
        self.tree = root / 'var/lib/libvirt/filesystems' / name
        self.run_place = root / 'run/libvirt-sandbox'
        self.description.parent.mkdir(0o700, parents=True, exist_ok=True)  # as create makes it
        words = ''.join(f'argv={word}\n' for word in command)
        self.description.write_text(f'[core]\nname={name}\nuuid={self.uuid}\n[command]\n{words}[identity]\nid-base={next(_id_bases)}\n'
                                    f'[security]\nmodel=none\n[network]\ninterface={network}\n{extra}')

    def make_tree(self):
        """A content tree: with one, /etc can be written inside."""
        for name in ('etc', 'var', 'root', 'home', 'srv'):
            (self.tree / name).mkdir(parents=True)
        (self.tree / 'etc/passwd').write_text('root:x:0:0:root:/root:/bin/sh\nwww:x:33:34::/tmp:/bin/sh\nevil:x:0x0:0::/:/bin/sh\n')
        (self.tree / 'etc/group').write_text('root:x:0:\nmore:x:40:www\n')
        return self

    def keep(self, verb, *words, **options):
        return harness.run([DRIVER, verb, self.name, *map(str, words)], **options)

    def launch(self):
        self.keep('launch')
        return self

    def state(self):
        """Phase, supervisor's pid, pid of PID 1, address, cgroup."""
        phase, supervisor, pid, address, cgroup = self.keep('state').stdout.split()
        return phase, int(supervisor), int(pid), address, cgroup

    @property
    def pid(self):
        return self.state()[2]

    def enter(self, *words, options=(), **more):
        return harness.run([DRIVER, 'enter', *options, str(self.pid), *words], **more)

    def left(self):
        """What is below the place of running containers, of this one."""
        return sorted(p.name for p in self.run_place.glob(f'{self.name}*')) if self.run_place.is_dir() else []

    def remove(self):
        self.keep('stop', 0, check=False)
        self.keep('cleanup', check=False)
        self.description.unlink(missing_ok=True)
        shutil.rmtree(self.tree, ignore_errors=True)
        for path in self.run_place.glob(f'{self.name}*'):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

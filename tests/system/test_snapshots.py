# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a container was, kept under a tag: it comes back whole or not at all, whoever is killed; and the other verbs know of it."""
import json
import os

import pytest

from harness import refused, run
from test_outcome import listed

SERVICE = 'virt-sandbox-service'
STORE = '.virt-sandbox-snapshots'


@pytest.fixture
def made(names, root):
    """A function that makes a container of a command: (name, another name, its tree)."""
    all_names = []

    def make(*options):
        name, other = names(), names()
        all_names.extend((name, other))
        run([SERVICE, 'create', *options, name, '--', '/bin/sleep', '10000'], timeout=60)
        return name, other, root / 'var/lib/libvirt/filesystems' / name

    yield make
    for name in all_names:
        run([SERVICE, 'stop', '-t', '0', name], check=False)
        run([SERVICE, 'delete', name], check=False)


def tags(name):
    return [row['tag'] for row in json.loads(run([SERVICE, 'snapshot', '--list', '--json', name]).stdout)]


def test_there_and_back(made, root, tmp_path):
    name, other, tree = made()
    data = tree / 'var/lib/data'
    data.write_text('then\n')
    os.chown(data, 33, 1000)
    os.setxattr(data, 'user.note', b'kept')
    os.link(data, tree / 'var/lib/same')
    (tree / 'var/lib/link').symlink_to('/etc/nowhere')
    machine = (tree / 'etc/machine-id').read_text()
    assert run([SERVICE, 'snapshot', name, 'then']).stdout == 'then\n' and tags(name) == ['then']
    refused([SERVICE, 'snapshot', name, 'then'], 'has a snapshot then already')
    refused([SERVICE, 'snapshot', name, '../x'], 'tag "../x" must begin')
    assert len(run([SERVICE, 'snapshot', name]).stdout) == len('2026-11-28-013000\n') and len(tags(name)) == 2 == listed(name)['snapshots']
    data.unlink()
    (tree / 'etc/new').touch()
    run([SERVICE, 'start', name])
    refused([SERVICE, 'restore', f'{name}@then'], 'stop it first')
    refused([SERVICE, 'snapshot', name, 'now'], '--pause')
    run([SERVICE, 'snapshot', '--pause', name, 'paused'])
    run([SERVICE, 'clone', '--pause', name, other])
    assert (root / 'var/lib/libvirt/filesystems' / other / 'etc/new').exists() and listed(name)['state'] == 'running'
    run([SERVICE, 'delete', other])
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'restore', f'{name}@then'])
    events = [json.loads(line) for line in run([SERVICE, 'events', '--json', '--event', 'restored', name]).stdout.splitlines()]
    assert [event['reason'] for event in events] == ['then']
    st = data.stat()
    assert (data.read_text(), st.st_uid, st.st_gid, st.st_nlink, os.getxattr(data, 'user.note')) == ('then\n', 33, 1000, 2, b'kept')
    assert os.readlink(tree / 'var/lib/link') == '/etc/nowhere' and not (tree / 'etc/new').exists()
    assert (tree / 'etc/machine-id').read_text() == machine, 'it is the same machine'
    run([SERVICE, 'start', name])
    run([SERVICE, 'stop', '-t', '0', name])
    # The other verbs.
    usage = json.loads(run([SERVICE, 'du', '--json', name]).stdout)[0]
    assert usage['snapshots'] > 0
    run([SERVICE, 'rename', name, other])
    assert len(tags(other)) == 3 and not (tree.parent / STORE / name).exists()
    run([SERVICE, 'clone', f'{other}@paused', name])
    assert (tree / 'etc/new').exists() and (tree / 'etc/machine-id').read_text() != machine and tags(name) == []
    run([SERVICE, 'export', f'{other}@paused', tmp_path / 'file'])
    run([SERVICE, 'delete', name])
    run([SERVICE, 'import', tmp_path / 'file', name])
    assert (tree / 'etc/new').exists()
    run([SERVICE, 'snapshot', '--delete', f'{other}@then'])
    refused([SERVICE, 'restore', f'{other}@then'], 'has no snapshot then')
    refused([SERVICE, 'restore', other], f'{other}@TAG')
    run([SERVICE, 'delete', '--keep-days', '1', other])
    run([SERVICE, 'undelete', other])
    assert len(tags(other)) == 2
    run([SERVICE, 'prune', '--force'])
    assert len(tags(other)) == 2, 'they are nothing that nobody needs'
    run([SERVICE, 'delete', other])
    assert not (tree.parent / STORE).exists()


def test_image(made, root):
    name, other, _ = made('-i', '64M')
    inside = [SERVICE, 'execute', name, '--', '/bin/sh', '-c']
    run([SERVICE, 'start', name])
    run([*inside, 'echo then >/var/lib/data'])
    refused([SERVICE, 'snapshot', '--pause', name, 'then'], 'its image can be read only when it is not')
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'snapshot', name, 'then'])
    run([SERVICE, 'set', name, '--image-size', '96M'])
    run([SERVICE, 'start', name])
    run([*inside, 'rm /var/lib/data'])
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'restore', f'{name}@then'])
    assert (root / 'var/lib/libvirt/images' / f'{name}.raw').stat().st_size == 96 << 20
    run([SERVICE, 'clone', f'{name}@then', other])
    for one in (name, other):
        run([SERVICE, 'start', one])
        assert run([SERVICE, 'execute', one, '--', '/bin/cat', '/var/lib/data']).stdout == 'then\n'


CALLS = '?symlink,?rename,renameat2,syncfs,?unlink,?mkdir'


def killed_at_each_step(words, tree):
    """The command with its first, second... of those calls the last that it begins, until it comes to its end; yields what the tree is after each."""
    for call in range(1, 60):
        result = run(['strace', '-qq', '-o', '/dev/null', '-e', f'trace={CALLS}', '-e', f'inject={CALLS}:signal=KILL:when={call}', SERVICE, *words], check=False)
        yield (tree / 'var/lib/data').read_text()
        run([SERVICE, 'resume', tree.name], check=False)  # any command that changes it
        found = {path.name for path in (tree.parent / STORE / tree.name).iterdir()}
        assert found <= {'then', 'again'}, found
        yield (tree / 'var/lib/data').read_text()
        if result.returncode in (0, 1):  # 1: it was killed when all was done but the end, so there is nothing to do any more
            assert call > 4, result.said
            return
    raise AssertionError('it never came to its end')


def test_killed(made, root):
    """At each step: the old or the new, and nothing else is left by the next command."""
    name, _, tree = made()
    manifest = root / 'var/lib/libvirt-sandbox/manifests' / name
    data, other = tree / 'var/lib/data', tree / 'etc/other'
    content = {}
    for when in ('then', 'now'):
        data.write_text(when)
        other.write_text(when)
        manifest.write_text(manifest.read_text() + f'0000000000000000 {when}\n')
        content[when] = manifest.read_text()
        if when == 'then':
            run([SERVICE, 'snapshot', name, 'then'])
    seen = []
    for step, now in enumerate(killed_at_each_step(['restore', f'{name}@then'], tree)):
        seen.append(now)
        assert other.read_text() == now
        if step % 2:
            assert manifest.read_text() == content[now], 'a mix'
    assert 'now' in seen and seen[-1] == 'then' and seen == sorted(seen), seen
    for _ in killed_at_each_step(['snapshot', name, 'again'], tree):
        pass
    assert tags(name) == ['again', 'then']
    for _ in killed_at_each_step(['snapshot', '--delete', f'{name}@again'], tree):
        pass
    assert tags(name) == ['then'] and not list((root / 'var/lib/libvirt-sandbox/pending').iterdir())

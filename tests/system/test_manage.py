# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an administrator does with containers as things: another name, what happened to them."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time

import pytest

import isolation
from harness import refused, run, wait_for
from isolation import inspect

SERVICE = 'virt-sandbox-service'


@pytest.fixture
def create(names):
    """Containers of a command; all are deleted after the test, by whatever name."""
    made = []

    def make(*options, command=('/usr/bin/sleep', 'infinity')):
        made.append(names())
        run([SERVICE, 'create', *options, made[-1], '--', *command])
        return made[-1]

    make.made = made
    yield make
    isolation.remove(*made)


def everything(root, name):
    """Paths of the state that have this name, and links to it."""
    paths = [path for path in root.rglob('*') if 'filesystems/' not in str(path.parent) + '/']
    return [str(path) for path in paths if name in path.name or (path.is_symlink() and os.readlink(path) == name)]


# ---- rename ----

def test_rename(create, names, root):
    name, new = create('-e', 'X=y'), names()
    create.made.append(new)
    wants = root / 'etc/systemd/system/multi-user.target.wants'
    wants.mkdir(exist_ok=True)
    (wants / f'{name}_sandbox.service').symlink_to(root / 'etc/systemd/system' / f'{name}_sandbox.service')
    run([SERVICE, 'start', name])
    run([SERVICE, 'execute', name, '--', 'sh', '-c', 'echo kept >/var/lib/kept'])
    refused([SERVICE, 'rename', name, new], f'cannot rename container {name} to {new}', 'it is running; stop it first')
    run([SERVICE, 'stop', '-t', '0', name])
    before = inspect(name)['description']['identity']
    run([SERVICE, 'rename', name, new])
    assert not everything(root, name), 'nothing has the old name'
    assert inspect(new)['description']['identity'] == before
    assert (wants / f'{new}_sandbox.service').exists(), 'it is enabled as it was'
    run([SERVICE, 'start', new])
    assert run([SERVICE, 'execute', new, '--', 'sh', '-c', 'cat /var/lib/kept; hostname']).stdout.split() == ['kept', name]
    run([SERVICE, 'stop', '-t', '0', new])
    refused([SERVICE, 'start', name], 'does not exist')
    run([SERVICE, 'delete', new])
    assert not everything(root, new)
    (wants / f'{new}_sandbox.service').unlink(missing_ok=True)
    wants.rmdir()


def test_rename_is_refused(create, names, root):
    name, other, new = create(), create(), names()
    for words, reason in (((name, other), f'container {other} exists already'), (('no-such', new), 'container no-such does not exist'),
                          ((name, name), ''), ((name, 'a/b'), 'a/b'), ((name, '../x'), '../x'), ((name, ''), '')):
        refused([SERVICE, 'rename', *words], reason)
    user = create('--requires', name)
    refused([SERVICE, 'rename', name, new], f'the description of container {user} names it')
    run([SERVICE, 'delete', user])
    (root / 'var/lib/libvirt/filesystems' / new).mkdir()
    refused([SERVICE, 'rename', name, new], 'does not belong to a container')
    (root / 'var/lib/libvirt/filesystems' / new).rmdir()
    assert inspect(name) and run([SERVICE, 'start', name])
    assert not everything(root, new)


def test_rename_is_killed_at_any_moment(create, names, root):
    """Either name, never both or none, and whichever it is starts."""
    name, new = create('-N', 'none'), names()
    create.made.append(new)
    chance = random.Random(8)
    for _ in range(12):
        client = subprocess.Popen([SERVICE, 'rename', name, new], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.03))
        client.send_signal(signal.SIGKILL)
        client.wait()
        run([SERVICE, 'create', 'sweeps', '--', '/bin/true'])
        run([SERVICE, 'delete', 'sweeps'])
        there = [path.stem for path in pathlib.Path(root, 'etc/libvirt-sandbox/services').glob('*.sandbox')]
        assert len(there) == 1 and there[0] in (name, new), there
        gone = new if there[0] == name else name
        assert not everything(root, gone)
        run([SERVICE, 'start', there[0]])
        run([SERVICE, 'stop', '-t', '0', there[0]])
        name, new = there[0], gone


# ---- events ----

def test_events(create, tmp_path):
    """Those that were, and those that come, of the containers that are asked for."""
    name, other = create('-N', 'none', command=('/bin/sh', '-c', 'sleep 1; exit 3')), create('-N', 'none')
    heard = tmp_path / 'heard'
    with heard.open('w') as out:
        listener = subprocess.Popen([SERVICE, 'events', '-f', '--json', name], stdout=out)
    try:
        wait_for(lambda: 'inotify' in os.popen(f'ls -l /proc/{listener.pid}/fd 2>/dev/null').read(), 'it listens')
        run([SERVICE, 'start', other])
        run([SERVICE, 'start', name])
        state = inspect(other)['state']
        for figure, file in (('pids', 'pids.current'), ('cpu_usec', 'cpu.stat')):
            assert (state[figure] is not None) == pathlib.Path(state['cgroup'], file).exists(), 'what is not counted is not 0'
        run([SERVICE, 'wait', name, '--for', 'stopped', '--timeout', '20'])
        lines = wait_for(lambda: [line for line in heard.read_text().splitlines() if '"ended"' in line], 'it has heard of the end')
    finally:
        listener.terminate()
        listener.wait()
    event = json.loads(lines[-1])
    assert event['container'] == name and event['status'] == 3 and abs(event['usec'] / 1e6 - time.time()) < 60
    assert {json.loads(line)['container'] for line in heard.read_text().splitlines()} == {name}
    past = [line.split('  ') for line in run([SERVICE, 'events', name, other]).stdout.splitlines()]
    assert {(line[1], line[2]) for line in past} >= {(other, 'ready'), (name, 'ended')} and {line[1] for line in past} == {name, other}
    assert [json.loads(line)['event'] for line in run([SERVICE, 'events', '--json', name]).stdout.splitlines()][-1] == 'ended'
    run([SERVICE, 'rename', name, f'{name}-new'])
    run([SERVICE, 'delete', '--keep-days', '1', f'{name}-new'])
    run([SERVICE, 'undelete', f'{name}-new'])
    run([SERVICE, 'delete', f'{name}-new'])
    kinds = [line.split('  ')[2:] for line in run([SERVICE, 'events', f'{name}-new']).stdout.splitlines()]
    assert kinds == [['renamed', f'from {name}'], ['deleted', 'kept for 1 day'], ['created', 'undeleted'], ['deleted']]
    kinds = [line.split('  ')[2] for line in run([SERVICE, 'events', name]).stdout.splitlines()]
    assert kinds == ['created', 'start', 'ready', 'ended', 'renamed'], 'a container that is gone has a past'
    for words in (('no-such',), ('-f', 'no-such')):
        refused([SERVICE, 'events', *words], 'container no-such does not exist')


def test_events_of_a_broken_log(root):
    """A full disk cut a line, somebody wrote into it: what can be read is told, and nothing steers the terminal."""
    log = root / 'var/lib/libvirt-sandbox/events'
    kept = log.read_bytes() if log.exists() else None
    log.parent.mkdir(parents=True, exist_ok=True)
    good = '{"usec":1,"container":"broken","event":"failed","reason":"a \\"b\\" \\u001b[31m"}\n'
    log.write_text('{"usec":1,"container":"broken","event":"rea\n' + 'x' * 20000 + '\n\n' + good)
    try:
        said = run([SERVICE, 'events', 'broken']).stdout
        assert said.endswith('broken  failed  a "b" \\u001b[31m\n') and said.count('\n') == 1
    finally:
        log.unlink() if kept is None else log.write_bytes(kept)


def test_denied_and_chosen(create, root):
    """Denials that the audit log names are events, in the order of time, also while somebody listens; --event and --since choose."""
    name = create('-N', 'none')
    keyfile = root / f'etc/libvirt-sandbox/services/{name}.sandbox'
    plain = keyfile.read_text()
    keyfile.write_text(re.sub(r'\[security\]\n(.*\n)*?\n', '', re.sub(r'(\[identity\]\n)', rf'\1model=smack\nlabel=vss-{name}\n', re.sub(r'model=none\n', '', plain))))
    line = f'type=AVC msg=audit(%s.250:3): lsm=SMACK fn=smack_inode_permission action=denied subject="vss-{name}" object="_" requested=r pid=77 comm="cat" name="x"'
    script = f"""
mount -t tmpfs tmpfs /var/log && mkdir /var/log/audit && echo '{line % 1000}' >/var/log/audit/audit.log
{SERVICE} events {name}; echo ---
{SERVICE} events --event created,oom --event denied --since 1h {name}; echo ---
coproc {SERVICE} events -f --event denied {name}
until ls -l /proc/$COPROC_PID/fd | grep -q audit.log; do sleep 0.05; done
echo '{line % 2000}' | sed s/cat/new/ >>/var/log/audit/audit.log
read -r -t 60 heard <&"${{COPROC[0]}}"; kill $COPROC_PID; echo "$heard"
"""
    try:
        old, chosen, heard = run(['unshare', '-m', 'bash', '-c', script]).stdout.split('---\n')
        denied = f'denied  process cat (77) of container {name} was refused r on x labelled _'
        assert [said.split('  ', 2)[2][:len(denied)] for said in old.splitlines()] == [denied, 'created'], old
        assert [said.split('  ')[2] for said in chosen.splitlines()] == ['created'], 'the denial is older'
        assert heard.startswith('1970-01-01') and 'denied  process new (77)' in heard
    finally:
        keyfile.write_text(plain)
    refused([SERVICE, 'events', '--event', 'ready,nosuch'], '--event does not know "nosuch"')
    refused([SERVICE, 'events', '--since', 'tomorrow'], '--since does not know "tomorrow"; give how long ago')


# ---- stats ----

def test_stats(create):
    """What is counted, is; what this host does not count is null, and left out of the metrics."""
    busy, idle = create('-N', 'none', command=('/bin/sh', '-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 1000')), create()
    for name in (busy, idle):
        run([SERVICE, 'start', name])
    wait_for(lambda: json.loads(run([SERVICE, 'stats', '--json', busy]).stdout)[0]['cpu-usec'] > 50000, 'the loop is counted')
    figures = {one['name']: one for one in json.loads(run([SERVICE, 'stats', '--json']).stdout)}
    assert set(figures) >= {busy, idle} and figures[idle]['cpu-usec'] < figures[busy]['cpu-usec']
    cgroup = pathlib.Path(inspect(idle)['state']['cgroup'])
    for figure, file in (('memory-bytes', 'memory.current'), ('pids', 'pids.current'), ('pids-refused', 'pids.events')):
        assert (figures[idle][figure] is not None) == (cgroup / file).exists(), figure
    assert figures[busy]['net-sent-bytes'] is None, 'it has no link'
    assert figures[idle]['net-sent-bytes'] is not None
    metrics = run([SERVICE, 'stats', '--openmetrics', busy, idle]).stdout.splitlines()
    assert metrics[-1] == '# EOF' and '# TYPE virt_sandbox_cpu_usec counter' in metrics
    assert [line for line in metrics if line.startswith(f'virt_sandbox_cpu_usec_total{{name="{idle}"}} ')]
    assert not [line for line in metrics if line.startswith(f'virt_sandbox_net_sent_bytes_total{{name="{busy}"}}')]
    table = run([SERVICE, 'stats', busy]).stdout.splitlines()
    assert table[0].split()[:2] == ['NAME', 'CPU-S'] and table[1].split()[0] == busy and len(table) == 2
    watch = subprocess.Popen([SERVICE, 'stats', '--watch', '--json', busy], stdout=subprocess.PIPE, text=True)
    try:
        assert [json.loads(watch.stdout.readline())[0]['name'] for _ in range(2)] == [busy, busy]
    finally:
        watch.terminate()
        watch.wait()
        watch.stdout.close()
    run([SERVICE, 'stop', '-t', '0', idle])
    refused([SERVICE, 'stats', idle], f'container {idle} is not running')
    refused([SERVICE, 'stats', 'no-such'], 'container no-such does not exist')
    assert run([SERVICE, 'stats', '--json', '--openmetrics'], check=False).returncode == 2

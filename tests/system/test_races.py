# SPDX-License-Identifier: LGPL-2.1-or-later
"""All pairs of verbs on one name at once, with processes killed at random. VIRT_SANDBOX_RACE_SECONDS says for how long (60), VIRT_SANDBOX_RACE_ROUNDS how many rounds of each
pair instead. After each round: no container that runs and that nobody knows, no address twice, no damaged image, and after stop and
delete nothing at all."""
import itertools
import json
import os
import random
import signal
import subprocess
import time

import harness
import isolation
from harness import run, wait_for

SERVICE = isolation.SERVICE
LIMIT = 90
SECONDS = float(os.environ.get('VIRT_SANDBOX_RACE_SECONDS', '60'))
ROUNDS = int(os.environ.get('VIRT_SANDBOX_RACE_ROUNDS', '0'))
SPREAD = 0.15  # seconds in which a process may be killed: what a verb takes

VERBS = {
    'create': lambda name, copy: ['create', '-N', 'default', name, '--', '/usr/bin/sleep', '1000'],
    'start': lambda name, copy: ['start', name],
    'stop': lambda name, copy: ['stop', '-t', '0', name],
    'restart': lambda name, copy: ['restart', '-t', '1', name],
    'delete': lambda name, copy: ['delete', name],
    'clone': lambda name, copy: ['clone', name, copy],
    'upgrade': lambda name, copy: ['upgrade', name],
    'set': lambda name, copy: ['set', name, '--pids=100'],
    'grow': lambda name, copy: ['set', name, '--image-size=24M'],
    'execute': lambda name, copy: ['execute', name, '--', '/usr/bin/true'],
    'list': lambda name, copy: ['list'],
}


def supervisors(name):
    return [pid for pid, line in harness.orphans().items() if 'virt-sandbox-supervisor' in line and name in line.split()]


def left_running(name):
    """Supervisors, and what is about to become one: a killed client's child has its words until then."""
    return [pid for pid, line in harness.orphans().items() if name in line.split()]


def listed():
    return {one['name']: one for one in json.loads(run([SERVICE, 'list', '--json'], timeout=LIMIT).stdout)}


def play(dice, pair, name, copy):
    """Two verbs at once. Each of them, and the supervisor, may be killed."""
    if dice.random() < 0.8 and 'create' not in pair or dice.random() < 0.2:
        image = ['-i', '16M'] if dice.random() < (0.9 if 'grow' in pair else 0.3) else []
        run([SERVICE, 'create', *image, *VERBS['create'](name, copy)[1:]], timeout=LIMIT)
        if dice.random() < 0.5:
            run([SERVICE, 'start', name], timeout=LIMIT)
    clients = [subprocess.Popen([SERVICE, *VERBS[verb](name, copy)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for verb in pair]
    for victim in sorted(clients, key=lambda _: dice.random()):
        fate = dice.random()
        time.sleep(dice.uniform(0, SPREAD))
        if fate < 0.4:
            victim.kill()
        elif fate < 0.5:
            for pid in supervisors(name):
                os.kill(pid, signal.SIGKILL)
    for client in clients:
        client.wait(LIMIT)


def check(root, name, copy):
    """A supervisor whose starter was killed may still be on its way up or down; then it must be one that `list` knows."""
    def settled():
        known = listed()
        for one in (name, copy):
            state = known[one]['state'] if one in known else None
            if (state in (None, 'stopped', 'failed')) != (not left_running(one)) or state in ('starting', 'stopping', 'broken'):
                return None
        return [known]

    try:
        known, = wait_for(settled, 'what list says is what runs', 30)
    except AssertionError as error:
        raise AssertionError(f'{error}: {[(one, listed().get(one), left_running(one)) for one in (name, copy)]}') from None
    addresses = [one['address'] for one in known.values() if one['address']]
    assert len(addresses) == len(set(addresses)), addresses
    for one in (name, copy):
        stopped = run([SERVICE, 'stop', '-t', '0', one], check=False, timeout=LIMIT)
        image = root / f'var/lib/libvirt/images/{one}.raw'
        if one in known and image.exists():
            run(['e2fsck', '-fn', image], timeout=LIMIT)
        deleted = run([SERVICE, 'delete', one], check=False, timeout=LIMIT)
        assert deleted.returncode == 0 or 'does not exist' in deleted.stderr, stopped.said + deleted.said
        wait_for(lambda one=one: not left_running(one), 'no supervisor is left', 10)
        left = [str(path) for path in root.rglob('*') if one in path.name or path.is_symlink() and os.readlink(path) == one]
        left += [cgroup for cgroup in harness.snapshot()['cgroups'] if os.path.basename(cgroup) == one]
        left += [str(path) for path in (root / 'var/lib/libvirt-sandbox').glob('*')  # but for what happened: that is history
                 if path.is_file() and not path.name.startswith('events') and one in path.read_text(errors='replace')]
        assert not left, left


def test_pairs_of_verbs(root, names):
    seed = int(os.environ.get('VIRT_SANDBOX_RACE_SEED', time.time_ns() % 1000000))
    dice = random.Random(seed)
    pairs = list(itertools.combinations_with_replacement(VERBS, 2))
    dice.shuffle(pairs)
    end, rounds = time.monotonic() + SECONDS, 0
    while rounds < ROUNDS * len(pairs) if ROUNDS else time.monotonic() < end:
        pair, name, copy = pairs[rounds % len(pairs)], names(), names()
        try:
            play(dice, pair, name, copy)
            check(root, name, copy)
        except BaseException:
            print(f'seed {seed}, round {rounds}: {pair}')
            raise
        rounds += 1
    isolation.forget_killed_sandboxes(root)
    print(f'{rounds} rounds of {len(pairs)} pairs, seed {seed}')
    assert rounds > 0


def test_supervisor_that_comes_after_delete(root, name):
    """What it would say is nobody's."""
    done = run([os.path.join(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-supervisor'), name], check=False)
    assert done.returncode == 1 and 'there is no such container' in done.stderr
    assert not [path for path in root.rglob('*') if name in path.name]

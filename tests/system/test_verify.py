# SPDX-License-Identifier: LGPL-2.1-or-later
"""verify: everything holds for a container as it was started, and each claim is found out where it does not hold."""
import json
import os
import re
import shutil
import subprocess

import pytest

import isolation
from harness import refused, run, start_time

SERVICE = isolation.SERVICE


def verify(name, status=0):
    done = run([SERVICE, 'verify', '--json', name], check=False)
    assert done.returncode == status, done.said
    claims = {claim['what']: claim for claim in json.loads(done.stdout)}
    assert len(claims) >= 80 and all(claim['why'] and claim['remedy'] for claim in claims.values())
    return claims


def failing(claims):
    return {what for what, claim in claims.items() if claim['holds'] == 'no'}


@pytest.fixture
def weak(tmp_path):
    """A process of the host with nothing around it, what its caller had, and a mount that the host has as well."""
    place = tmp_path / 'shared'
    place.mkdir()
    run(['mount', '-t', 'tmpfs', 'none', place])
    run(['mount', '--make-shared', place])
    process = subprocess.Popen(['/usr/bin/sleep', '1000'], env={'SECRET': 'x'})
    yield process
    process.kill()
    process.wait()
    run(['umount', place])


def set_state(run_directory, **values):
    path = run_directory / 'state'
    lines = [line for line in path.read_text().splitlines() if line.partition('=')[0] not in values]
    path.write_text('\n'.join(lines + [f'{key}={value}' for key, value in values.items()]) + '\n')


def weaken(root, name, weak):
    """Whatever can be weakened from outside, as it would be if we had not done it."""
    place = root / 'run/libvirt-sandbox' / name
    link = next(line.split('=')[1].strip('"') for line in (place / 'spec').read_text().splitlines() if line.startswith('host-name="vsb'))
    run(['bridge', 'link', 'set', 'dev', link, 'isolated', 'off'])
    run(['bridge', 'link', 'set', 'dev', link, 'learning', 'on', 'flood', 'on'])
    cgroup = next(line.partition('=')[2] for line in (place / 'state').read_text().splitlines() if line.startswith('cgroup='))
    for file in ('cgroup.max.depth', 'cgroup.max.descendants'):
        with open(os.path.join(cgroup, file), 'w') as limit:
            limit.write('max')
    os.chown(os.path.join(cgroup, 'cgroup.max.depth'), 1000, 1000)
    place.chmod(0o755)
    (place / 'spec').chmod(0o644)
    spec = re.sub(r'^(soft|hard)=.*', r'\1=1', (place / 'spec').read_text(), flags=re.M)
    (place / 'spec').write_text(spec.replace('[scheduling]\n', '[scheduling]\noom-score=900\n') if '[scheduling]' in spec else spec + '\n[scheduling]\noom-score=900\n')
    (root / 'var/lib/libvirt/filesystems').chmod(0o777)
    other = root / 'run/libvirt-sandbox/other'
    other.mkdir()
    (other / 'spec').write_bytes((place / 'spec').read_bytes())
    first = isolation.pid_of(name)
    set_state(place, pid=weak.pid, starttime=start_time(weak.pid), version='0.1.0', supervisor=first, **{'supervisor-starttime': start_time(first)})
    return other


@pytest.mark.parametrize('kind', ['service', 'command'])
def test_each_claim_is_found_out(root, name, weak, kind):
    if kind == 'service':
        isolation.service('create', '-C', '-u', isolation.UNIT, name)
    else:
        isolation.create(name)
    refused([SERVICE, 'verify', name], f'container {name} is not running')
    isolation.service('start', name)
    trees = root / 'var/lib/libvirt/filesystems'
    mode = trees.stat().st_mode
    claims = verify(name)
    assert not failing(claims) and not [claim for claim in claims.values() if claim['holds'] == 'unknown']
    held = {what for what, claim in claims.items() if claim['holds'] == 'yes'}
    place = root / 'run/libvirt-sandbox' / name
    state = (place / 'state').read_bytes()
    other = weaken(root, name, weak)
    try:
        found = verify(name, status=1)
    finally:
        (place / 'state').write_bytes(state)
        place.chmod(0o700)
        trees.chmod(mode & 0o7777)
        (other / 'spec').unlink()
        other.rmdir()
    # Of attempts the control is another one, see below: here they cannot be made.
    assert {claim['holds'] for what, claim in found.items() if what.startswith('attempt: ')} <= {'unknown', 'not asked'}
    held = {what for what in held if not what.startswith('attempt: ')}
    missed = {what: found[what]['holds'] + ': ' + found[what]['found'] for what in held - failing(found)}
    assert not missed, missed
    assert 'SECRET' in found['environment']['found']
    said = run([SERVICE, 'verify', name], check=False).stdout
    assert 'why it matters: ' in said and 'what to do: ' in said, 'its port is still open'
    isolation.remove(name)


# Whether a host has these depends on its kernel, or on what it mounts.
DEPENDS = {'own_limits', 'label', 'unmask', 'kernel_memory', 'kernel_log', 'sysrq', 'modules', 'bpf', 'perf', 'io_uring', 'userfaultfd', 'keys', 'vsock',
           'crypto_socket', 'filter_rules'}


def test_attempts_succeed_without_a_container(tmp_path):
    """The program that tries what no container may do can do it where nothing stops it."""
    program = os.path.join(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-attempt')
    (tmp_path / 'proc').mkdir()
    shutil.copy(program, tmp_path)
    answers = {}
    for confined in ['unshare', '--mount', program], ['chroot', tmp_path, '/virt-sandbox-attempt']:
        said = dict(line.split() for line in run(confined).stdout.splitlines())
        assert len(said) >= 25
        answers |= {name: answer for name, answer in said.items() if answer == 'allowed'}
        refused_ = set(said) - set(answers) - DEPENDS
    assert not refused_, refused_

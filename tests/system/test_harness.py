# SPDX-License-Identifier: LGPL-2.1-or-later
"""The harness sees what is left behind."""
import os
import pathlib
import signal

import harness


def left_after(command):
    before = harness.snapshot()
    harness.run(command)
    return harness.differences(before, harness.snapshot())


def test_sees_links_and_rules():
    try:
        assert 'links: left behind: left0' in left_after('ip link add left0 type veth peer name left1')
        assert 'nftables: left behind: table inet left {' in left_after('nft add table inet left')
        assert 'sysctls: left behind: net/ipv4/ip_forward=1' in left_after('sysctl -qw net.ipv4.ip_forward=1')
    finally:
        harness.run('ip link del left0; nft delete table inet left; sysctl -qw net.ipv4.ip_forward=0')


def test_sees_mounts_and_state(root):
    place = root / 'run/libvirt-sandbox/left'
    was_there = place.parent.exists()
    place.mkdir(parents=True)
    try:
        lines = left_after(f'mount -t tmpfs tmpfs {place} && touch {place}/file')
        assert f'mounts: left behind: {place}' in lines
        assert f'state: left behind: {place}/file' in lines
    finally:
        harness.run(f'umount {place}')
        place.rmdir()
        if not was_there:
            place.parent.rmdir()


def test_sees_addresses_routing_rules_and_queues():
    try:
        assert 'addresses: left behind: lo 192.0.2.77' in left_after('ip addr add 192.0.2.77/32 dev lo')
        assert any(line.startswith('routes: left behind: 77:') for line in left_after('ip rule add pref 77 from 192.0.2.77 lookup main'))
        assert any(line.startswith('queues: left behind: qdisc pfifo 77:') for line in left_after('tc qdisc add dev lo root handle 77: pfifo'))
    finally:
        harness.run('tc qdisc del dev lo root; ip rule del pref 77; ip addr del 192.0.2.77/32 dev lo', check=False)


def test_sees_loop_devices(root):
    image = root / 'left.raw'
    before = harness.snapshot()
    image.write_bytes(bytes(65536))
    loop = harness.run(['losetup', '--find', '--show', image]).stdout.strip()
    try:
        assert f'loop devices: left behind: {image}' in harness.differences(before, harness.snapshot())
    finally:
        harness.run(['losetup', '--detach', loop])
        image.unlink()


def test_sees_orphans():
    before = harness.snapshot()
    pid = int(harness.run('sleep 1000 >/dev/null 2>&1 & echo $!').stdout)
    assert f'processes: left behind: {pid} sleep 1000 ' in harness.differences(before, harness.snapshot())
    os.kill(pid, signal.SIGKILL)
    harness.wait_for(lambda: not harness.differences(before, harness.snapshot()), 'the orphan is collected')
    harness.wait_for(lambda: not os.path.exists(f'/proc/{pid}'), 'and its number is free')


def test_world_is_private(outside):
    assert [link for link in harness.snapshot()['links'] if link not in ('lo', 'up0')] == []
    assert os.readlink('/proc/thread-self/ns/net') != harness.HOST_NETNS
    assert harness.run(f'ping -c1 -W2 {outside.FAR}').returncode == 0


def test_helpers_are_the_built_ones():
    for path in pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC']).iterdir():
        built = [p for p in (harness.BUILD / 'src').rglob(path.name) if p.is_file()]
        assert [p for p in built if p.read_bytes() == path.read_bytes()], path


SESSIONS = {
    'test_unsteady.py': 'def test_it(): first = not (PLACE / "once").exists(); (PLACE / "once").touch(); assert not first',
    'test_skipped.py': 'import pytest\n@pytest.mark.skipif(True, reason="because")\ndef test_it(): pass',
    'test_module.py': 'import pytest\npytest.skip("not here", allow_module_level=True)',
    'test_setup.py': 'import pytest\n@pytest.fixture(scope="module")\ndef shared():\n    first = not (PLACE / "set").exists(); (PLACE / "set").touch(); assert not first\n'
                     '@pytest.mark.parametrize("turn", range(20))\ndef test_it(shared, turn): pass',
    'test_third.py': 'def test_it(): pass',
}
LEAVES = 'import harness\nharness.wait_for.__defaults__ = (0.1,)\ndef test_it(): harness.run("ip link add left0 type veth peer name left1")'


def run_sessions(place, modules, must=''):
    place.mkdir()
    for name in ('conftest.py', 'harness.py', 'fakes.py'):
        (place / name).symlink_to(harness.SOURCE / 'tests/system' / name)
    for name, text in modules.items():
        (place / name).write_text(f'import pathlib\nPLACE = pathlib.Path("{place}")\n{text}\n'
                                  f'def test_counted():\n    with open(PLACE / "ran", "a") as ran: ran.write("{name} ")\n')
    environment = {**os.environ, 'VIRT_SANDBOX_SESSIONS': '2', 'VIRT_SANDBOX_MUST': must, 'VIRT_SANDBOX_STEADY': ''}
    return harness.run([harness.SOURCE / 'tests/system/run', place], check=False, env=environment, timeout=300)


def test_sessions_are_one_run(tmp_path):
    """Each module is run by one session; failures, skips and what is left behind count together."""
    done = run_sessions(tmp_path / 'steady', SESSIONS)
    assert done.returncode == 0, done.said
    assert sorted((tmp_path / 'steady/ran').read_text().split()) == sorted(SESSIONS.keys() - {'test_module.py'})
    assert 'UNSTEADY' in done.stdout and '2 skipped:' in done.stdout and ': because' in done.stdout and 'test_module.py: not here' in done.stdout
    done = run_sessions(tmp_path / 'must', {'test_module.py': SESSIONS['test_module.py']}, must='1')
    assert done.returncode not in (0, 1) and 'VIRT_SANDBOX_MUST=1, but this was skipped: Skipped: not here' in done.stdout, done.said
    done = run_sessions(tmp_path / 'leaves', {**SESSIONS, 'test_leaves.py': LEAVES})
    assert done.returncode == 8 and 'links: left behind: left0' in done.stdout and 'once more' not in done.stdout, done.said

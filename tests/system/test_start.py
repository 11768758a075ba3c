# SPDX-License-Identifier: LGPL-2.1-or-later
"""start says what became of every unit, and each time the same: VIRT_SANDBOX_START_ROUNDS starts of one input give as many equal answers."""
import json
import os

import pytest

import isolation
from harness import run, wait_for
from test_units import SERVICE, create, own_units  # noqa: F401 (fixtures)

ROUNDS = int(os.environ.get('VIRT_SANDBOX_START_ROUNDS', '5'))

# What is written below /etc/systemd/system, which units are asked for, and the words of a start that fails; () is one that succeeds.
CASES = {
    'program-missing': ({'a.service': '[Service]\nExecStart=/home/none/run\n'}, ['a.service'],
                        ('a.service did not start: it is failed (failed, exit-code, status 203); its journal says:', '/home/none/run')),
    'dies-soon': ({'a.service': '[Service]\nExecStart=/bin/sh -c "sleep 0.05; exit 1"\n'}, ['a.service'], ()),
    'dies-at-once': ({'a.service': '[Service]\nExecStart=/bin/false\n'}, ['a.service'], ()),
    'is-killed-at-once': ({'a.service': '[Service]\nExecStart=/bin/sh -c "kill -9 $$$$"\n'}, ['a.service'], ()),
    'done-at-once': ({'a.service': '[Service]\nExecStart=/bin/true\n'}, ['a.service'], ()),
    'command-before-fails': ({'a.service': '[Service]\nExecStartPre=/bin/false\nExecStart=/bin/sleep infinity\n'}, ['a.service'],
                             ('a.service did not start: it is failed (failed, exit-code)',)),
    'command-after-fails': ({'a.service': '[Service]\nExecStart=/bin/sleep infinity\nExecStartPost=/bin/false\n'}, ['a.service'],
                            ('a.service did not start: it is failed (failed, exit-code, signal 15)',)),
    'oneshot-fails': ({'a.service': '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo no data; exit 3"\n'}, ['a.service'],
                      ('a.service did not start: it is failed (failed, exit-code, status 3); its journal says:', 'no data')),
    'oneshot': ({'a.service': '[Service]\nType=oneshot\nExecStart=/bin/true\n'}, ['a.service'], ()),
    'never-notifies': ({'a.service': '[Service]\nType=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep infinity\n'}, ['a.service'],
                       ('a.service did not start', 'timeout', 'start operation timed out')),
    'ends-before-it-notifies': ({'a.service': '[Service]\nType=notify\nExecStart=/bin/true\n'}, ['a.service'],
                                ('a.service did not start', 'protocol')),
    'wrong-pid-file': ({'a.service': '[Service]\nType=forking\nPIDFile=/run/nosuch.pid\nTimeoutStartSec=1\nExecStart=/bin/sh -c "sleep 9 &"\n'}, ['a.service'],
                       ('a.service did not start', 'timeout')),
    'never-on-the-bus': ({'a.service': '[Service]\nBusName=org.example.A\nTimeoutStartSec=1\nExecStart=/bin/sleep infinity\n'}, ['a.service'],
                         ('a.service did not start', 'timeout')),
    'condition': ({'a.service': '[Unit]\nConditionPathExists=/etc/opt/none\n[Service]\nExecStart=/bin/sleep infinity\n'}, ['a.service'],
                  ('a.service did not start', 'skipped because a condition of it is not met', '/etc/opt/none')),
    'oneshot-condition': ({'a.service': '[Unit]\nConditionPathExists=/etc/opt/none\n[Service]\nType=oneshot\nExecStart=/bin/true\n'}, ['a.service'],
                          ('a.service did not start', 'skipped because a condition of it is not met')),
    'socket': ({'a.socket': '[Socket]\nListenStream=/run/a\n', 'a.service': '[Service]\nExecStart=/home/none/run\n'}, ['a.socket'], ()),
    'timer': ({'a.timer': '[Timer]\nOnActiveSec=1h\n', 'a.service': '[Service]\nExecStart=/home/none/run\n'}, ['a.timer'], ()),
    'second-of-two': ({'a.service': '[Service]\nExecStart=/bin/sleep infinity\n', 'b.service': '[Service]\nExecStart=/home/none/run\n'},
                      ['a.service', 'b.service'], ('b.service did not start: it is failed (failed, exit-code, status 203)',)),
    'tried-again-in-vain': ({'a.service': '[Service]\nRestart=on-failure\nExecStart=/home/none/run\n'}, ['a.service'],
                            ('a.service did not start', '/home/none/run')),
    'tried-again-late': ({'a.service': '[Service]\nRestart=always\nRestartSec=30\nType=notify\nExecStart=/bin/false\n'}, ['a.service'],
                         ('a.service did not start: it is activating (auto-restart, exit-code, status 1)',)),
    'second-attempt': ({'a.service': '[Service]\nType=notify\nNotifyAccess=all\nRestart=on-failure\n'
                        'ExecStart=/bin/sh -c "test -e /run/second || { touch /run/second; exit 1; }; systemd-notify --ready; sleep infinity"\n'},
                       ['a.service'], ()),
    'account-missing-inside': ({'a.service': '[Service]\nUser=daemon\nExecStartPre=!/bin/sed -i /^daemon:/d /etc/passwd\nExecStart=/bin/sleep infinity\n'},
                               ['a.service'], ('a.service did not start: it is failed (failed, exit-code', '217')),
}


def answer(name):
    """How a start ended: its status and what is the same in each; a failed one has left nothing."""
    done = run([SERVICE, 'start', name], check=False)
    state = run([SERVICE, 'list', '--running']).stdout
    if done.returncode == 0:
        run([SERVICE, 'stop', name])
    else:
        assert name not in state and not done.stdout
    return done


@pytest.mark.parametrize('case', CASES)
def test_equal_answers(create, own_units, case):  # noqa: F811 (fixtures)
    files, units, words = CASES[case]
    for path in own_units.iterdir():
        path.unlink()
    for unit, text in files.items():
        (own_units / unit).write_text(text)
    name, _ = create('-P', 'coreutils', *[word for unit in units for word in ('-u', unit)])
    for turn in range(ROUNDS):
        done = answer(name)
        assert (done.returncode == 0) == (not words), f'start {turn + 1}: {done.said}'
        for word in words:
            assert word in done.stderr, f'start {turn + 1}: {done.said}'


def test_exec_is_told(create, own_units):  # noqa: F811 (fixtures)
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    name, said = create('-P', 'coreutils', '-u', 'a.service')
    assert 'a.service: Type=simple: start is to say whether the program could be executed; instead: Type=exec' in said
    run([SERVICE, 'start', name])
    assert run([SERVICE, 'execute', name, '--', 'systemctl', 'show', '-P', 'Type', 'a.service']).stdout == 'exec\n'


# The command of a container without units, its status, and the words of a start that fails; () is one that succeeds.
COMMANDS = {
    'missing': (['nosuchcommand'], 127, ('ended before it was ready, with status 127', 'cannot execute nosuchcommand: No such file or directory')),
    'no-program': (['/etc/hostname'], 126, ('with status 126', 'cannot execute /etc/hostname')),
    'false': (['/bin/false'], 1, ('with status 1',)),
    'says-why': (['sh', '-c', 'echo no data >&2; exit 3'], 3, ('with status 3', 'no data')),
    'children-first': (['sh', '-c', 'for i in 1 2 3; do /bin/false; done; /bin/false; exit 4'], 4, ('with status 4',)),
    'killed': (['sh', '-c', 'kill -9 $$'], 137, ('with status 137',)),
    'true': (['/bin/true'], 0, ()),
    'dies-later': (['sh', '-c', 'sleep 0.3; exit 5'], 5, ()),
    'waits': (['sleep', 'infinity'], None, ()),
    'computes': (['sh', '-c', 'while :; do :; done'], None, ()),
}


@pytest.mark.parametrize('case', COMMANDS)
def test_commands(name, case):
    command, status, words = COMMANDS[case]
    run([SERVICE, 'create', name, '--', *command])
    try:
        for turn in range(ROUNDS):
            done = run([SERVICE, 'start', name], check=False)
            assert (done.returncode == 0) == (not words), f'start {turn + 1}: {done.said}'
            for word in words:
                assert word in done.stderr, f'start {turn + 1}: {done.said}'
            if status is None:
                run([SERVICE, 'stop', '-t', '0', name])
                continue
            wait_for(lambda: not json.loads(run([SERVICE, 'list', '--running', '--json']).stdout), 'it has ended')
            shown = json.loads(run([SERVICE, 'inspect', name]).stdout)
            assert shown['outcome']['status'] == status
            assert shown['state']['phase'] == ('failed' if status else 'stopped')
            logs = run([SERVICE, 'logs', name]).stdout
            assert not words or all(word in logs for word in words[1:])
    finally:
        isolation.remove(name)

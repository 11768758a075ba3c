# SPDX-License-Identifier: LGPL-2.1-or-later
"""create --init=direct: one unit without a systemd inside. Each type, restarts, the way down, what confines it, failures as they are told, refusals by name and line; real services."""
import pathlib
import re
import socket
import urllib.request

import pytest

from harness import refused, run, wait_for
from isolation import inspect, remove
from test_units import SERVICE, create, needs_nginx, needs_redis, own_units  # noqa: F401 (fixtures)

needs_memcached = pytest.mark.skipif(not pathlib.Path('/usr/bin/memcached').exists(), reason='memcached is not installed')


@pytest.fixture
def direct(own_units, create):  # noqa: F811
    """A function that creates a container of one unit of these lines, by --init=direct, and returns its name."""
    def make(service, *options, unit='', socket_lines=None):
        (own_units / 'own.service').write_text(f'[Unit]\nDescription=own\n{unit}\n[Service]\n{service}\n')
        if socket_lines:
            (own_units / 'own.socket').write_text(f'[Socket]\n{socket_lines}\n')
        else:
            (own_units / 'own.socket').unlink(missing_ok=True)
        return create('--init=direct', '-u', 'own.service', *options)[0]

    return make


def start(name, **options):
    return run([SERVICE, 'start', name], **options)


def inside(name, command, **options):
    return run([SERVICE, 'execute', name, '--', 'sh', '-c', command], **options).stdout.strip()


def failed_unit(name):
    unit, = inspect(name)['outcome']['failed']
    return unit['unit'], unit['result'], unit.get('status', unit.get('signal'))


def logs(name):
    return run([SERVICE, 'logs', name]).stdout


def state(name):
    return run([SERVICE, 'list', '-a', '--columns', 'name,state']).stdout.split(name)[1].split()[0]


def ended(name, expected='failed'):
    wait_for(lambda: state(name) == expected, f'{name} is {expected}')


def main_status(name, word):
    """A line of /proc/PID/status of the service's only process."""
    return inside(name, f"cat /sys/fs/cgroup/service/cgroup.procs | head -1 | xargs -I{{}} grep ^{word} /proc/{{}}/status").split()[1:]


def test_simple_runs_says_and_stops(direct):
    name = direct('ExecStart=sh -c "echo hello $$0 ${A}; exec sleep 600" word\nEnvironment="A=b c"')
    start(name)
    info = inspect(name)
    assert info['description']['service']['init'] == 'direct'
    assert 'hello word b c' in logs(name)
    assert inside(name, 'cat /proc/1/comm') == 'virt-sandbox-di'
    assert inside(name, 'tr -d "\\0" < /proc/1/cmdline') == 'virt-sandbox-direct'
    assert 'verified' not in run([SERVICE, 'verify', name]).stderr
    run([SERVICE, 'restart', name])
    run([SERVICE, 'stop', name])
    assert state(name) == 'stopped'
    assert 'hello word b c' in logs(name)


def test_program_that_is_missing_fails_the_start(direct):
    name = direct('ExecStartPre=-/nonexistent/x\nExecStart=sh -c "exec /var/nosuch"')
    start(name)  # the shell could be executed, and what it does later is no start
    ended(name)
    assert failed_unit(name) == ('own.service', 'exit-code', 127)
    name = direct('ExecStart=-/bin/true\nType=oneshot\nExecStartPre=/bin/sh -c "echo before; exit 7"')
    refused([SERVICE, 'start', name], 'it ended before it was ready, with status 7', 'before', 'failed (exit-code, status 7)')


def test_failure_is_told_with_unit_result_and_status(direct):
    name = direct('ExecStart=sh -c "echo last words; sleep 0.3; exit 3"')
    start(name)
    ended(name)
    assert failed_unit(name) == ('own.service', 'exit-code', 3)
    said = run([SERVICE, 'logs', name]).stdout
    assert 'last words' in said and 'own.service: failed (exit-code, status 3)' in said


def test_signal_is_told(direct):
    name = direct('ExecStart=sh -c "sleep 0.2; kill -SEGV $$$$"')
    start(name)
    ended(name)
    assert failed_unit(name)[1:] in (('signal', 11), ('core-dump', 11))


@pytest.fixture
def script(own_units):  # noqa: F811
    """A function that writes a program of the host that a container has, too: below /srv, which --with brings."""
    def make(name, text):
        path = pathlib.Path('/srv') / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    return make


def test_notify_is_waited_for(direct, script):
    path = script('notify.py', f'#!/usr/bin/python3\nimport os, socket, time\ntime.sleep(0.4)\nopen("/run/begun", "w").close()\n'
                  's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.sendto(b"STATUS=x\\nREADY=1", os.environ["NOTIFY_SOCKET"])\ntime.sleep(600)\n')
    name = direct(f'Type=notify\nExecStart={path}', '--with', str(path))
    start(name)
    assert inside(name, 'ls /run/begun') == '/run/begun'


def test_notify_of_others_does_not_count(direct, script):
    path = script('other.py', '#!/usr/bin/python3\nimport os, socket, time\nif os.fork() == 0:\n'
                  '    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n    s.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])\ntime.sleep(600)\n')
    name = direct(f'Type=notify\nTimeoutStartSec=1\nExecStart={path}', '--with', str(path))
    refused([SERVICE, 'start', name], 'did not say that it is ready in time', 'failed (timeout)')


def test_forking_by_pid_file_and_without(direct):
    name = direct('Type=forking\nPIDFile=/run/own.pid\nExecStart=sh -c "(sleep 0.3; sleep 600 & echo $! > /run/own.pid) &"')
    start(name)
    pid = inside(name, 'cat /run/own.pid')
    assert inside(name, f'cat /proc/{pid}/comm') == 'sleep'
    inside(name, f'kill -9 {pid}', check=False)  # its end ends the container, and with it the shell
    ended(name)
    name = direct('Type=forking\nExecStart=sh -c "sleep 600 & exit 0"')
    start(name)
    assert state(name) == 'running'


def test_oneshot(direct):
    name = direct('Type=oneshot\nRemainAfterExit=yes\nExecStart=sh -c "echo one"\nExecStart=sh -c "echo two"\nExecStop=sh -c "echo bye > /var/bye"')
    start(name)
    assert state(name) == 'running'
    assert [line for line in logs(name).split() if line in ('one', 'two')] == ['one', 'two']
    run([SERVICE, 'stop', name])
    start(name)
    assert inside(name, 'cat /var/bye') == 'bye'
    name = direct('Type=oneshot\nExecStart=true')
    start(name)
    ended(name, 'stopped')


def test_restart_until_the_limit(direct):
    name = direct('Restart=on-failure\nRestartSec=20ms\nExecStart=sh -c "echo x >> /var/count; sleep 0.05; exit 4"', unit='StartLimitBurst=3\nStartLimitIntervalSec=60')
    start(name, check=False)
    ended(name)
    assert starts_of(name) == 3
    assert 'started too often' in logs(name)


def starts_of(name):
    return len((tree(name) / 'var/count').read_text().split())


def tree(name):
    return pathlib.Path(inspect(name)['tree'])


def test_restart_policies(direct):
    for policy, status, again in (('no', 1, False), ('on-success', 1, False), ('on-success', 0, True), ('on-failure', 1, True), ('on-abnormal', 1, False), ('always', 0, True)):
        name = direct(f'Restart={policy}\nRestartSec=0\nExecStart=sh -c "echo x >> /var/count; sleep 0.05; test $$(wc -l < /var/count) = 1 && exit {status}; exec sleep 600"')
        start(name)
        if again:
            wait_for(lambda: starts_of(name) == 2, f'{policy} after {status}')
            assert state(name) == 'running'
        else:
            ended(name, 'failed' if status else 'stopped')
            assert starts_of(name) == 1


def test_restart_prevented_by_status(direct):
    name = direct('Restart=always\nRestartPreventExitStatus=9\nRestartSec=0\nExecStart=sh -c "echo x >> /var/count; sleep 0.05; exit 9"')
    start(name)
    ended(name)
    assert starts_of(name) == 1


def test_stop_escalates(direct):
    name = direct('TimeoutStopSec=1\nExecStart=sh -c "trap : TERM; echo up; while :; do sleep 0.1; done"')
    start(name)
    wait_for(lambda: 'up' in logs(name), 'it is up')
    run([SERVICE, 'stop', name], timeout=20)
    assert 'did not end in time, and is killed' in logs(name)


def test_stop_commands_and_signal(direct):
    name = direct('KillSignal=SIGINT\nExecStop=sh -c "echo stop $$MAINPID > /var/stop"\nExecStopPost=sh -c "echo post $$SERVICE_RESULT >> /var/stop"\n'
                  'ExecStart=sh -c "trap \'echo int > /var/int; exit 0\' INT; while :; do sleep 0.05; done"')
    start(name)
    run([SERVICE, 'stop', name])
    assert re.fullmatch(r'stop \d+\npost success\n', (tree(name) / 'var/stop').read_text())
    assert (tree(name) / 'var/int').read_text() == 'int\n'


def test_reload_and_its_failure(direct):
    name = direct('ExecStart=sleep 600\nExecReload=sh -c "test -n \\"$$MAINPID\\" && echo again > /var/again"')
    start(name)
    run([SERVICE, 'reload', name])
    assert (tree(name) / 'var/again').read_text() == 'again\n'
    refused([SERVICE, 'reload', '-u', 'own.service', name], 'leave out -u')
    name = direct('ExecStart=sleep 600\nExecReload=sh -c "echo wrong; exit 1"')
    start(name)
    refused([SERVICE, 'reload', name], 'its reload failed, and it runs on as before')
    assert 'wrong' in logs(name) and state(name) == 'running'
    name = direct('ExecStart=sleep 600')
    start(name)
    refused([SERVICE, 'reload', name], 'its reload failed')
    assert 'has no ExecReload=' in logs(name)


def test_identity_and_capabilities(direct):
    name = direct('User=nobody\nGroup=nogroup\nSupplementaryGroups=tty\nUMask=027\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_CHOWN\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n'
                  'NoNewPrivileges=yes\nLimitNOFILE=1000:2000\nOOMScoreAdjust=100\nNice=3\nWorkingDirectory=/tmp\nStateDirectory=own\nStateDirectoryMode=0750\nRuntimeDirectory=own/x\n'
                  'ExecStart=sh -c "id; umask; ulimit -n; pwd; echo $$HOME $$STATE_DIRECTORY $$RUNTIME_DIRECTORY; exec sleep 600"')
    start(name)
    said = wait_for(lambda: '/run/own/x' in logs(name) and logs(name), 'what it said')
    assert 'uid=65534(nobody) gid=65534(nogroup)' in said and 'tty' in said
    assert '0027\n1000\n/tmp\n' in said.replace('\r', '')
    assert '/var/lib/own /run/own/x' in said
    bind = 1 << 10
    assert int(main_status(name, 'CapBnd')[0], 16) == bind | 1
    assert int(main_status(name, 'CapEff')[0], 16) == bind
    assert main_status(name, 'NoNewPrivs') == ['1']
    assert inside(name, 'stat -c "%U %a" /var/lib/own /run/own/x').split('\n') == ['nobody 750', 'nobody 755']
    assert inside(name, 'cat /proc/$(head -1 /sys/fs/cgroup/service/cgroup.procs)/oom_score_adj') == '100'


def test_empty_bounding_set_is_empty(direct):
    name = direct('User=nobody\nCapabilityBoundingSet=\nExecStart=sleep 600')
    start(name)
    assert int(main_status(name, 'CapBnd')[0], 16) == 0


def test_bounding_set_is_that_of_all_lines(direct):
    name = direct('CapabilityBoundingSet=CAP_CHOWN\nPrivateDevices=yes\nCapabilityBoundingSet=CAP_MKNOD CAP_KILL\nUser=nobody\nExecStartPre=!sh -c "grep CapBnd /proc/self/status > /run/bang"\nExecStart=sleep 600')
    start(name)
    assert int(main_status(name, 'CapBnd')[0], 16) == 1 | 1 << 5
    assert int(inside(name, 'cat /run/bang').split()[1], 16) == 1 | 1 << 5


@pytest.mark.parametrize('line', ['PrivateDevices=yes', 'ProtectClock=yes', 'ProtectKernelLogs=yes', 'SystemCallArchitectures=native', 'RestrictRealtime=yes'])
def test_no_new_privileges_is_implied(direct, line):
    name = direct(f'{line}\nUser=nobody\nExecStart=sleep 600')
    start(name)
    assert main_status(name, 'NoNewPrivs') == ['1']


def test_lines_of_one_list_add_to_it(direct):
    name = direct('RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=AF_INET\nRestrictNamespaces=net\nRestrictNamespaces=uts\n'
                  'ExecStart=python3 -c "import socket, os, ctypes\\nfor f in (1, 2, 16):\\n  try:\\n    socket.socket(f, 2).close(); print(\'may\', f)\\n  except OSError: print(\'not\', f)\\n'
                  'for f in (0x04000000, 0x40000000, 0x08000000):\\n  print(ctypes.CDLL(None).unshare(f))\\nprint(\'end\', flush=True); import time; time.sleep(600)"')
    start(name)
    said = wait_for(lambda: 'end' in logs(name) and logs(name), 'what it said').split()
    assert said[:9] == ['may', '1', 'may', '2', 'not', '16', '0', '0', '-1'], said


def test_privileged_command_runs_as_root(direct):
    name = direct('User=nobody\nExecStartPre=+sh -c "id -un > /run/plus"\nExecStartPre=!sh -c "id -un > /tmp/bang"\nExecStart=sh -c "id -un > /tmp/main; exec sleep 600"')
    start(name)
    assert wait_for(lambda: inside(name, 'cat /run/plus /tmp/bang /tmp/main').split(), 'three words') == ['root', 'root', 'nobody']


def test_files_are_confined(direct):
    name = direct('ProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nReadWritePaths=/var/cache\nReadOnlyPaths=/var/cache/ro\nInaccessiblePaths=/etc/group -/nosuch\nTemporaryFileSystem=/srv\n'
                  'CacheDirectory=ro\nStateDirectory=own\nNoExecPaths=/var/lib/own\n'
                  'ExecStart=sh -c "(touch /var/x; touch /etc/x; touch /var/cache/yes && echo cache; touch /var/lib/own/yes && echo state; touch /var/cache/ro/x; echo group $(wc -c < /etc/group) $(ls -A /root | wc -l); touch /srv/yes && echo srv; '
                  'touch /tmp/secret && echo tmp; cp /bin/true /var/lib/own/true && /var/lib/own/true) 2>&1; exec sleep 600"')
    start(name)
    said = wait_for(lambda: 'own/true' in logs(name) and logs(name), 'what it said')
    for word in ('cache', 'state', 'srv', 'tmp'):
        assert re.search(rf'^{word}\r?$', said, re.M), said
    for path in ('/var/x', '/etc/x', '/var/cache/ro/x'):
        assert f"'{path}'" in said, said
    assert 'group 0 0' in said and 'own/true: Permission denied' in said, said
    assert inside(name, 'ls /tmp/secret; ls -d /tmp/systemd-private-service', check=False) == '/tmp/systemd-private-service'


def test_system_calls_are_filtered(direct, script):
    path = script('calls.py', '''#!/usr/bin/python3
import ctypes, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def tell(word, call):
    try:
        result = call()
        print(word, ctypes.get_errno() if result == -1 else 'done', flush=True)
    except OSError as error:
        print(word, error.errno, flush=True)
tell('packet', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
tell('inet', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close())
tell('unshare', lambda: libc.unshare(0x20000))
tell('setid', lambda: os.chmod('/tmp', 0o4755))
tell('mode', lambda: os.chmod('/tmp', 0o1777))
tell('host', lambda: libc.sethostname(b'x', 1))
tell('personality', lambda: libc.personality(8))
tell('priority', lambda: libc.setpriority(0, 0, 1))
tell('end', lambda: None)
time.sleep(600)
''')
    name = direct('RestrictAddressFamilies=AF_INET AF_UNIX\nRestrictNamespaces=yes\nRestrictSUIDSGID=yes\nProtectHostname=yes\nLockPersonality=yes\nMemoryDenyWriteExecute=yes\nRestrictRealtime=yes\n'
                  f'SystemCallFilter=@system-service\nSystemCallFilter=~setpriority:EACCES\nSystemCallFilter=~@resources\nSystemCallErrorNumber=EUCLEAN\nExecStart={path}', '--with', str(path))
    start(name)
    said = wait_for(lambda: 'end' in logs(name) and logs(name), 'what it said').split()
    said = dict(zip(said[::2], said[1::2]))
    assert said == {'packet': '97', 'inet': 'done', 'unshare': '1', 'setid': '1', 'mode': 'done', 'host': '1', 'personality': '1', 'priority': '13', 'end': 'done'}
    assert main_status(name, 'Seccomp:') == ['2']


def test_call_that_is_not_allowed_kills(direct):
    name = direct('SystemCallFilter=@system-service\nExecStart=python3 -c "import ctypes; ctypes.CDLL(None).acct(None)"')
    start(name, check=False)
    ended(name)
    assert failed_unit(name)[1:] in (('signal', 31), ('core-dump', 31))


def test_environment_files(direct, script):
    path = pathlib.Path('/srv/own.env')
    path.write_text('# comment\nWORDS="one  two" # no comment\nX=\'a b\'\nGONE=1\n')
    name = direct(f'EnvironmentFile={path}\nEnvironmentFile=-/etc/nosuch\nUnsetEnvironment=GONE\nExecStart=sh -c "for w; do echo word-$$w-; done; echo gone-$$GONE-; exec sleep 600" sh $WORDS ${{X}} $X', '--with', str(path))
    start(name)
    said = wait_for(lambda: 'gone' in logs(name) and logs(name), 'what it said').split('\n')
    assert [line.strip() for line in said if line.startswith(('word', 'gone'))] == ['word-one-', 'word-two#-', 'word-no-', 'word-comment-', 'word-a b-', 'word-a-', 'word-b-', 'gone--']
    (tree(name) / 'srv/own.env').unlink()
    run([SERVICE, 'stop', name])
    refused([SERVICE, 'start', name], 'cannot read the environment file /srv/own.env')


def test_sockets_are_handed_over(direct, script, tmp_path):
    path = script('sockets.py', '#!/usr/bin/python3\nimport os, socket\nassert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDS"] == "2"\n'
                  's = socket.socket(fileno=3)\nwhile True:\n    c, _ = s.accept()\n    c.sendall(socket.socket(fileno=os.dup(4)).getsockname().encode())\n    c.close()\n')
    name = direct(f'ExecStart={path}', '-u', 'own.socket', '--with', str(path), socket_lines='ListenStream=4000\nListenDatagram=/run/own.sock\nSocketMode=0600\nBacklog=7')
    refused([SERVICE, 'export', '--oci', name, tmp_path / 'image'], 'own.service, own.socket', 'created without --init=direct, the image runs systemd')
    start(name)
    with socket.create_connection((address(name), 4000), 5) as connection:
        assert connection.recv(100) == b'/run/own.sock'
    assert inside(name, 'stat -c %a /run/own.sock') == '600'
    assert inside(name, "ss -Hltn 'sport = 4000'").split()[2] == '7'


def address(name):
    return inspect(name)['state']['address']


def test_output_elsewhere(direct):
    name = direct('StandardOutput=append:/var/out\nStandardError=null\nExecStart=sh -c "echo out; echo err >&2; exec sleep 600"')
    start(name)
    wait_for(lambda: (tree(name) / 'var/out').exists() and (tree(name) / 'var/out').read_text() == 'out\n', 'its file')
    assert 'err' not in logs(name)


@pytest.mark.parametrize('line, why', [
    ('WatchdogSec=3', 'does not have it'), ('Type=dbus\nBusName=a.b', 'does not know this value'), ('PrivateNetwork=yes', 'does not have it'), ('Slice=own.slice', 'does not have it'),
    ('SystemCallFilter=@nosuch', 'does not know this group'), ('SystemCallArchitectures=x86', 'in a container it is native'), ('LimitNOFILE=many', 'invalid value'),
    ('EnvironmentFile=/etc/*.env', 'one file by its name'), ('RestartSec=soon', 'invalid value'), ('ProcSubset=pid', 'does not know this value'),
    ('TemporaryFileSystem=/', 'nothing can be mounted on /'), ('InaccessiblePaths=/', 'nothing can be mounted on /'), ('BindPaths=/srv:/', 'nothing can be mounted on /'),
    ('MemorySwapMax=0', 'does not have it'), ('CPUAffinity=0', 'does not have it'), ('SystemCallFilter=read:EPERM', 'behind ~ alone'),
    ('RestrictAddressFamilies=AF_NOSUCH', 'does not know this value'), ('RestrictNamespaces=net nosuch', 'does not know this value')])
def test_refused_by_name_and_line(own_units, names, line, why):  # noqa: F811
    (own_units / 'own.service').write_text(f'[Service]\nExecStart=sleep 600\n{line}\n')
    refused([SERVICE, 'create', '--init=direct', '-u', 'own.service', names()], line.split('\n')[0], '/etc/systemd/system/own.service line 3', why, 'leave out --init=direct')


@pytest.mark.parametrize('line, why', [
    ('ExecStartPre=true', 'in a socket unit'), ('Environment=A=b', 'in a socket unit'), ('ReadWritePaths=/srv', 'in a socket unit'), ('LimitNOFILE=64', 'in a socket unit'),
    ('TimeoutSec=3', 'in a socket unit'), ('User=nobody', 'in a socket unit'), ('KillMode=none', 'in a socket unit'), ('UMask=0077', 'in a socket unit'),
    ('PrivateTmp=yes', 'in a socket unit'), ('SystemCallFilter=@system-service', 'in a socket unit'), ('[Unit]\nStartLimitIntervalSec=3', 'in a socket unit'),
    ('Backlog=many', 'invalid value'), ('SocketMode=rw', 'invalid value'), ('FreeBind=yes', 'does not have it')])
def test_refused_in_a_socket(own_units, names, line, why):  # noqa: F811
    (own_units / 'own.service').write_text('[Service]\nExecStart=sleep 600\n')
    (own_units / 'own.socket').write_text(f'[Socket]\nListenStream=4000\n{line}\n')
    try:
        refused([SERVICE, 'create', '--init=direct', '-u', 'own.service', '-u', 'own.socket', names()],
                f'{line.split(chr(10))[-1]} (/etc/systemd/system/own.socket line {3 + line.count(chr(10))})', why, 'leave out --init=direct')
    finally:
        (own_units / 'own.socket').unlink()


def test_refused_in_a_drop_in(own_units, names):  # noqa: F811
    (own_units / 'own.service').write_text('[Service]\nExecStart=sleep 600\nWatchdogSec=3\n')
    (own_units / 'own.service.d').mkdir(exist_ok=True)
    drop_in = own_units / 'own.service.d/a.conf'
    drop_in.write_text('# more\n[Service]\nWatchdogSec=4\n')
    refused([SERVICE, 'create', '--init=direct', '-u', 'own.service', names()], 'WatchdogSec=4', '/etc/systemd/system/own.service.d/a.conf line 3')
    drop_in.write_text('[Service]\nWatchdogSec=\n')
    name = names()
    run([SERVICE, 'create', '--init=direct', '-u', 'own.service', name])
    run([SERVICE, 'delete', name])
    drop_in.unlink()


def test_switch_that_is_off_is_not_refused(direct):
    start(direct('PrivateNetwork=no\nGuessMainPID=no\nWatchdogSec=0\nProcSubset=all\nExecStart=sleep 600'))


def test_protect_proc_is_told(own_units, create):  # noqa: F811
    for value, told in (('invisible', True), ('default', False)):
        (own_units / 'own.service').write_text(f'[Service]\nExecStart=sleep 600\nProtectProc={value}\n')
        _, said = create('--init=direct', '-u', 'own.service')
        assert (f'ProtectProc={value}: with --init=direct the service sees all processes' in said) == told


@pytest.mark.parametrize('end', ['exit 3', 'exec sleep 600'])
def test_stopped_terminal_does_not_hold_up_its_init(direct, end):
    name = direct(f'TimeoutStopSec=2\nExecStart=sh -c "python3 -c \'import termios; termios.tcflow(1, termios.TCOOFF)\'; trap : TERM; touch /var/done; {end}"')
    start(name)
    wait_for(lambda: (tree(name) / 'var/done').exists(), 'the terminal is stopped')
    if end == 'exit 3':
        ended(name)
        assert failed_unit(name) == ('own.service', 'exit-code', 3)
    else:
        run([SERVICE, 'reload', name], check=False, timeout=20)  # it has none, which is a line of the log
        run([SERVICE, 'stop', name], timeout=20)
        assert state(name) == 'stopped'


def test_flood_of_messages_does_not_hold_up_the_stop(direct, script):
    path = script('flood.py', '#!/usr/bin/python3\nimport os, socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.connect(os.environ["NOTIFY_SOCKET"])\n'
                  's.send(b"READY=1")\nif os.fork() == 0:\n    os.fork()\nwhile True:\n    s.send(b"STATUS=" + b"x\\nSTATUS=" * 500)\n')
    name = direct(f'Type=notify\nNotifyAccess=all\nTimeoutStopSec=5\nExecStart={path}', '--with', str(path))
    start(name)
    run([SERVICE, 'stop', name], timeout=30)
    assert state(name) == 'stopped'
    assert 'did not end in time' not in logs(name)


def test_output_that_became_a_fifo_fails_the_start(direct):
    name = direct('StandardOutput=append:/var/out\nExecStartPre=sh -c "rm /var/out; mkfifo /var/out"\nExecStart=sleep 600')
    refused([SERVICE, 'start', name], 'cannot open its standard output')


def test_what_is_left_is_gone_before_its_directories(direct):
    name = direct('KillMode=process\nRuntimeDirectory=own\nRestart=on-failure\nRestartSec=20ms\n'
                  'ExecStart=sh -c "ls /run/own | wc -l >> /var/count; (trap : TERM; while :; do touch /run/own/$$$$; done) & sleep 0.2; exit 1"', unit='StartLimitBurst=4\nStartLimitIntervalSec=60')
    start(name, check=False)
    ended(name)
    assert (tree(name) / 'var/count').read_text().split() == ['0'] * 4


def test_several_units_are_refused(own_units, names):  # noqa: F811
    for unit in ('own', 'two'):
        (own_units / f'{unit}.service').write_text('[Service]\nExecStart=sleep 600\n')
    refused([SERVICE, 'create', '--init=direct', '-u', 'own.service', '-u', 'two.service', names()], 'runs one service')
    (own_units / 'own.service').write_text('[Unit]\nRequires=two.service\n[Service]\nExecStart=sleep 600\n')
    refused([SERVICE, 'create', '--init=direct', '-u', 'own.service', names()], 'Requires=two.service', 'line 2', 'no other unit inside')
    refused([SERVICE, 'create', '--init=direct', '--dbus', '-u', 'two.service', names()], '--dbus needs a systemd inside')
    refused([SERVICE, 'create', '--init=direct', names(), '--', '/bin/true'], '--init=direct is for a container of one unit')
    refused([SERVICE, 'create', '--init=none', '-u', 'own.service', names()], '"none" is neither systemd nor direct')


def test_clone_and_export(direct, names, tmp_path):
    name = direct('ExecStart=sh -c "echo $$(hostname); exec sleep 600"')
    other, third = names(), names()
    try:
        run([SERVICE, 'clone', name, other])
        run([SERVICE, 'export', name, tmp_path / 'file'])
        run([SERVICE, 'import', tmp_path / 'file', third])
        for one in (other, third):
            start(one)
            wait_for(lambda: one in logs(one), 'its name')
    finally:
        remove(other, third)


def test_upgrade_follows_the_unit(direct, own_units):  # noqa: F811
    name = direct('ExecStart=/bin/sh -c "echo first; exec sleep infinity"')
    start(name)
    wait_for(lambda: 'first' in logs(name), 'it speaks')
    run([SERVICE, 'stop', name])
    own_units.joinpath('own.service').write_text('[Service]\nExecStart=/bin/sh -c "echo second; exec sleep infinity"\n')
    run([SERVICE, 'upgrade', name])
    start(name)
    wait_for(lambda: 'second' in logs(name), 'the unit as it is now')


def test_health_check(direct):
    name = direct('ExecStart=sleep 600', '--health-command', 'test -e /run/well', '--health-interval', '1')
    start(name)
    inside(name, 'touch /run/well')
    wait_for(lambda: inspect(name)['state']['health'] == 'healthy', 'its health')


@needs_nginx
def test_nginx(create):  # noqa: F811
    name, _ = create('--init=direct', '-C', '-u', 'nginx.service')
    start(name)
    assert urllib.request.urlopen(f'http://{address(name)}/', timeout=5).status == 200
    before = inside(name, 'cat /run/nginx.pid')
    run([SERVICE, 'reload', name])
    assert urllib.request.urlopen(f'http://{address(name)}/', timeout=5).status == 200
    assert inside(name, 'cat /run/nginx.pid') == before
    run([SERVICE, 'verify', name])
    run([SERVICE, 'stop', name])


@needs_redis
def test_redis(create):  # noqa: F811
    name, _ = create('--init=direct', '-C', '-u', 'redis-server.service')
    start(name)
    assert inside(name, 'redis-cli set a b; redis-cli get a').split() == ['OK', 'b']
    assert int(main_status(name, 'CapBnd')[0], 16) == 0
    run([SERVICE, 'restart', name])
    assert inside(name, 'redis-cli get a') == 'b'


@needs_memcached
def test_memcached(create):  # noqa: F811
    name, _ = create('--init=direct', '-C', '-u', 'memcached.service')
    start(name)
    answer = inside(name, '''python3 -c "
import socket, time
for _ in range(100):
    try:
        s = socket.create_connection(('127.0.0.1', 11211)); break
    except OSError:
        time.sleep(0.05)
s.sendall(b'version\\\\r\\\\n'); print(s.recv(100).decode())"''')
    assert answer.startswith('VERSION')
    assert 'Could not open the pid file' not in logs(name)

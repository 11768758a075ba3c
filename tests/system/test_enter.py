# SPDX-License-Identifier: LGPL-2.1-or-later
"""Entering a container: what the command gets, and what the container gets of us."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest

import harness
import keeping
from harness import wait_for
from terminal import Terminal

# Root inside looks at every process that appears, as fast as it can: where its program is, what it has open, its memory. Each finding is a line.
SPY = r'''
import ctypes, os
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
known, seen = set(os.listdir('/proc')), 0
print('ready', flush=True)
while True:
    for pid in set(os.listdir('/proc')) - known:
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        try:
            exe = os.readlink(f'/proc/{pid}/exe')
            if 'virt-sandbox' in exe or 'memfd' in exe:
                print('LEAK exe', exe, flush=True)
            elif exe == '/usr/bin/sleep' and seen < 5:
                seen += 1
                print('CONTROL', exe, flush=True)
        except OSError:
            pass
        try:
            for fd in os.listdir(f'/proc/{pid}/fd'):
                to = os.readlink(f'/proc/{pid}/fd/{fd}')
                if not to.startswith(('pipe:', '/usr/', '/lib', '/dev/', '/proc', '/etc/')):
                    print('LEAK fd', fd, to, flush=True)
        except OSError:
            pass
        try:
            with open(f'/proc/{pid}/mem', 'rb'):  # of the program that it is at this moment; one that is still ours afterwards was ours then
                comm = open(f'/proc/{pid}/comm').read()
                if comm.startswith(('virt-sandbox-en', 'memfd', '5')):
                    print('LEAK mem', comm, flush=True)
        except OSError:
            pass
'''


@pytest.fixture(scope='module')
def container():
    """A sleeping container whose PID 1 and command do nothing."""
    one = keeping.Container(harness.new_name(), '/usr/bin/sleep', '1000').make_tree().launch()
    yield one
    one.remove()


def fields(pid):
    return dict(line.rstrip('\n').split(':\t', 1) for line in open(f'/proc/{pid}/status') if ':\t' in line)


def ended(pid):
    """It may vanish between our looking for it and our reading."""
    try:
        return fields(pid)['State'].startswith('Z')
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def entered(container):
    """A process that was entered, and its pid as we see it."""
    process = subprocess.Popen([keeping.DRIVER, 'enter', str(container.pid), 'sh', '-c', 'echo; exec sleep 1000'], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    helper, command = descendants(process.pid)
    assert ended(command) is False and pathlib.Path(f'/proc/{helper}/comm').read_text() != pathlib.Path(f'/proc/{command}/comm').read_text()
    yield int(command)
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_bytes_and_status(container):
    assert container.enter('cat', input='one\ntwo').stdout == 'one\ntwo'
    assert container.enter('sh', '-c', 'echo bad >&2; exit 7', check=False).returncode == 7
    assert container.enter('sh', '-c', 'kill -9 $$', check=False).returncode == 128 + 9


def test_what_cannot_be_run(container):
    missing = container.enter('no-such-command', check=False)
    assert (missing.returncode, missing.stderr) == (127, 'keep-driver: there is no command no-such-command in the container\n')
    assert container.enter('/no/such', check=False).returncode == 127
    assert container.enter('/etc/passwd', check=False).returncode == 126
    assert container.enter('/etc', check=False).returncode == 126


def test_like_pid_1(container, entered):
    first, other = fields(container.pid), fields(entered)
    for key in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Groups', 'Uid', 'Gid'):
        assert other[key].split() == first[key].split(), key
    assert other['Seccomp'] == '2' and int(other['CapInh'], 16) == int(other['CapAmb'], 16) == 0
    for key in ('SigBlk', 'SigIgn'):
        assert int(other[key], 16) == 0
    for kind in ('user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'):
        assert os.readlink(f'/proc/{entered}/ns/{kind}') == os.readlink(f'/proc/{container.pid}/ns/{kind}'), kind
    for name in ('cgroup', 'limits', 'attr/current', 'personality'):
        def read(pid):
            try:
                return pathlib.Path(f'/proc/{pid}/{name}').read_text()
            except OSError as error:
                return error.errno
        assert read(entered) == read(container.pid), name


def test_nothing_of_the_caller_comes_along(container):
    pipes = [fd for _ in range(20) for fd in os.pipe()]
    for fd in pipes:
        os.set_inheritable(fd, True)
    try:
        seen = container.enter('sh', '-c', 'ls /proc/self/fd; env; umask; pwd', close_fds=False, cwd='/usr/share',
                               env=os.environ | {'CANARY': 'x', 'LD_PRELOAD': '', 'LC_ALL': 'C'}, umask=0o007)
    finally:
        for fd in pipes:
            os.close(fd)
    lines = seen.stdout.splitlines()
    assert lines[:4] == ['0', '1', '2', '3']  # 3 is the directory that ls reads
    names = {line.split('=')[0] for line in lines if '=' in line}
    assert names - {'PWD', 'OLDPWD', '_', 'SHLVL'} == {'container', 'PATH', 'HOME', 'SHELL', 'USER', 'LOGNAME'}
    assert '0022' in lines and lines[-1] == '/root'


def test_environment_can_be_added(container):
    assert container.enter('sh', '-c', 'echo $A $PATH', options=['-e', 'A=1']).stdout.startswith('1 /usr')
    assert container.enter('sh', '-c', 'echo $PATH', options=['-e', 'PATH=/bin:/usr/bin']).stdout == '/bin:/usr/bin\n'
    assert container.enter('true', options=['-e', '=x'], check=False).returncode == 1


def test_keyring_is_a_new_one(container):
    code = ('import ctypes; c = ctypes.CDLL(None); '
            'print(c.syscall(250, 0, -3, 0))')  # keyctl(KEYCTL_GET_KEYRING_ID, @s): refused by the filter
    assert container.enter('python3', '-c', code).stdout.strip() == '-1'


def test_user(container):
    def ids(user):
        return container.enter('id', '-u', options=['-u', user], check=False)

    assert container.enter('sh', '-c', 'id -u; id -g; id -G; pwd; echo $HOME $USER', options=['-u', 'www']).stdout.split() == [
        '33', '34', '34', '40', '/tmp', '/tmp', 'www']
    assert int(re.search(r'CapEff:\s*(\w+)', container.enter('cat', '/proc/self/status', options=['-u', 'www']).stdout)[1], 16) == 0
    assert ids('12:13').stdout == '12\n'
    for bad in ('nobody-here', '', '-1', '4294967295', '1000x', '0x0', ' 0', '12', '65536:1'):
        result = ids(bad)
        assert (result.returncode, result.stdout) == (1, ''), bad
        assert 'user' in result.stderr
    assert 'damaged entry' in ids('evil').stderr


def test_user_files_that_are_no_files(container):
    """A pipe in the place of passwd neither hangs us nor makes anybody root."""
    container.enter('sh', '-c', 'cp /etc/passwd /tmp; rm /etc/passwd; mkfifo /etc/passwd')
    try:
        assert container.enter('id', options=['-u', 'www'], check=False, timeout=30).returncode == 1
        assert container.enter('id', '-u', timeout=30).stdout == '0\n'
    finally:
        container.enter('sh', '-c', 'rm /etc/passwd; cp /tmp/passwd /etc/passwd')


def foreground(container, *words):
    """Does this command have the terminal that it is on?"""
    space = os.readlink(f'/proc/{container.pid}/ns/pid')
    for place in pathlib.Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            group, _, _, owner = (place / 'stat').read_text().rpartition(')')[2].split()[2:6]
            if group == owner and (place / 'cmdline').read_text().split('\0')[:-1] == list(words) and os.readlink(place / 'ns/pid') == space:
                return True
    return False


def test_terminal(container):
    screen = Terminal([keeping.DRIVER, 'enter', '-t', str(container.pid), 'sh', '-i'], rows=41, columns=81)
    screen.type('tty; stty size; echo $TERM\n')
    screen.expect('/dev/pts/')  # what was typed does not contain it
    screen.expect('41 81')
    screen.type('echo "now $((2 + 2))"; sleep 1000\n')
    screen.expect('now 4')
    wait_for(lambda: foreground(container, 'sleep', '1000'), 'sleep to be the foreground job')
    screen.type('\x03')  # to the foreground job alone
    screen.expect('^C')
    wait_for(lambda: not foreground(container, 'sleep', '1000'), 'the shell to have the terminal')  # which drops what is typed before
    screen.type('echo "still $((1 + 1))"\n')
    screen.expect('still 2')
    screen.resize(20, 30)
    os.kill(screen.pid, signal.SIGWINCH)
    screen.type('stty size\n')
    screen.expect('20 30')
    screen.type('exit 5\n')
    assert screen.end() == 5


def test_login_shell(container):
    screen = Terminal([keeping.DRIVER, 'enter', '-t', str(container.pid)])
    screen.type('echo "$0"\n')
    screen.expect('-sh')
    screen.type('exit\n')
    assert screen.end() == 0


def test_detach(container):
    screen = Terminal([keeping.DRIVER, 'enter', '-t', '-d', str(container.pid), 'sh', '-c', 'echo up; sleep 1000'])
    screen.expect('up')
    screen.type('\x1d')
    assert screen.end() == 99


def test_signal_is_passed_on(container):
    process = subprocess.Popen([keeping.DRIVER, 'enter', str(container.pid), 'sh', '-c', 'trap "kill $!; exit 9" TERM; sleep 10000 & echo; wait'],
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    process.terminate()
    assert process.wait(10) == 9
    process.stdout.close()


def test_killed_caller_takes_the_command_along(container):
    process = subprocess.Popen([keeping.DRIVER, 'enter', str(container.pid), 'sh', '-c', 'echo; exec sleep 1000'], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    below = descendants(process.pid)
    assert len(below) == 2
    process.kill()
    process.wait()
    for one in below:  # virt-sandbox-enter and the command
        wait_for(lambda one=one: ended(one), 'its end')
    process.stdin.close()
    process.stdout.close()


def test_capture(container):
    assert container.enter('echo', 'caught', options=['-c']).stdout == 'caught\n'
    assert container.enter('sh', '-c', 'sleep 1000 & echo back', options=['-c'], timeout=10).stdout == 'back\n'
    assert 'more than' in container.enter('yes', options=['-c'], check=False).stderr


def test_container_learns_nothing_of_who_enters():
    """300 entries under the eyes of a root inside that looks at every new process."""
    one = keeping.Container(harness.new_name(), '/usr/bin/sleep', '1000').launch()
    spy = subprocess.Popen([keeping.DRIVER, 'enter', str(one.pid), 'python3', '-c', SPY], stdout=subprocess.PIPE, text=True)
    try:
        assert spy.stdout.readline() == 'ready\n'
        for _ in range(300):
            one.enter('sleep', '0.002')
        spy.kill()
        lines = spy.stdout.read().splitlines()
    finally:
        spy.kill()
        spy.wait()
        spy.stdout.close()
        one.remove()
    assert [line for line in lines if line.startswith('LEAK')] == []
    assert [line for line in lines if line.startswith('CONTROL')]  # the spy does see processes


def test_program_inside_is_not_the_hosts_file(container, entered):
    """#!/proc/self/exe runs the sealed copy again, never a file of the host, and that cannot be written (CVE-2019-5736)."""
    helper = pathlib.Path(os.environ['VIRT_SANDBOX_LIBEXEC'], 'virt-sandbox-enter').resolve()
    before = helper.read_bytes()
    container.enter('sh', '-c', r'printf "#!/proc/self/exe\n" > /tmp/trap; chmod 755 /tmp/trap')
    assert container.enter('/tmp/trap', check=False).returncode != 0
    assert helper.read_bytes() == before
    assert not os.path.samestat(os.stat(f'/proc/{entered}/exe'), helper.stat())


def descendants(pid):
    try:
        children = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    except FileNotFoundError:
        return []
    return [one for child in children for one in (child, *descendants(child))]


def come_in(container):
    """What is said to `true` in there; "" for one that was let in, even if it is stopped then, as any command may be."""
    with subprocess.Popen([keeping.DRIVER, 'enter', str(container.pid), 'true'], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as client:
        try:
            return client.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            inside = [pathlib.Path(f'/proc/{pid}/comm').read_text() for pid in descendants(client.pid)]
            client.kill()
            assert 'true\n' in inside, 'we hang, and the command has not begun'
            return ''


def test_frozen_container_does_not_hang_us():
    """A container that stops whoever comes in is told so, in time."""
    stopper = ('import os, signal\n'
               'own = set(os.listdir("/proc"))\n'
               'print("ready", flush=True)\n'
               'while True:\n'
               '    for pid in set(os.listdir("/proc")) - own:\n'
               '        try:\n'
               '            os.kill(int(pid), signal.SIGSTOP)\n'
               '        except (OSError, ValueError):\n'
               '            pass\n')
    one = keeping.Container(harness.new_name(), '/usr/bin/python3', '/root/stopper.py').make_tree()
    (one.tree / 'root/stopper.py').write_text(stopper)
    one.launch()
    try:
        wait_for(lambda: 'ready' in one.keep('tail').stdout, 'the stopper')
        for said in [come_in(one) for _ in range(2)]:
            assert said == '' or 'did not let the command in' in said
    finally:
        one.remove()

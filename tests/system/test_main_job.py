# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job, end to end: apache2 of this host in a container, as a new user would try it."""
import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time
import urllib.request

import pytest

import harness
import isolation
from harness import refused, run
from terminal import Terminal

SERVICE = 'virt-sandbox-service'
UNIT = 'apache2.service'
PAGE = pathlib.Path('/var/www/html/index.html')

# Directories of the host that must not be seen inside; in this session's mount namespace each is hidden below one with a canary.
CANARY_PLACES = ('/home', '/root', '/srv', '/boot', '/opt', '/var/lib/misc', '/etc/cron.d')
CANARY = 'canary-of-the-host'

if not (harness.BUILD / 'src/cli' / SERVICE).exists():
    pytest.skip('the commands are not built', allow_module_level=True)
if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)


def service(*words, **options):
    return run([SERVICE, *words], **options)


def get(address, path='/'):
    """(status, body) of a page."""
    with urllib.request.urlopen(f'http://{address}{path}', timeout=5) as answer:
        return answer.status, answer.read().decode()


def listed(name):
    """The container's entry of list --json, or None."""
    return next((entry for entry in json.loads(service('list', '--json').stdout) if entry['name'] == name), None)


def files(root):
    """Path, mode and content of everything below the root, but the empty places and locks that the first command makes."""
    return sorted(f"{p} {p.lstat().st_mode:o} {hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() and not p.is_symlink() else ''}"
                  for p in root.rglob('*') if not p.is_dir() and p.suffix != '.lock')


def mentions(root, name):
    """What below the root is named after, or speaks of, the container; but for the log of events, which is to outlive it."""
    found = [str(p) for p in root.rglob(f'*{name}*')]
    for place in (root / 'var/lib/libvirt-sandbox', root / 'etc'):
        found += run(['grep', '-rlw', '--exclude=events', name, place], check=False).stdout.split() if place.exists() else []
    return sorted(set(found))


@pytest.fixture(scope='module')
def canaries(tmp_path_factory):
    hidden = []
    for place in CANARY_PLACES:
        if not os.path.isdir(place):
            continue
        cover = tmp_path_factory.mktemp('canary')
        (cover / CANARY).write_text(CANARY)
        run(['mount', '--bind', cover, cover])
        for ours in {harness.SOURCE, harness.BUILD}:  # a checkout in /root or /home must stay where it is
            if ours.is_relative_to(place):
                target = cover / ours.relative_to(place)
                target.mkdir(parents=True, exist_ok=True)
                run(['mount', '--bind', ours, target])
        run(['mount', '--rbind', cover, place])
        hidden += [cover, place]
    yield hidden[1::2]
    for place in reversed(hidden):
        run(['umount', '--lazy', place])


@pytest.fixture(scope='module')
def web(canaries):
    """A started container of apache2, with the host's content; (name, address). Stopped and deleted at the end."""
    name = harness.new_name()
    service('create', '-C', '-u', UNIT, name, timeout=120)
    try:
        said = service('start', name, timeout=120).stdout
        yield name, re.search(r'\d+\.\d+\.\d+\.\d+', said)[0]
    finally:
        isolation.remove(name)


@pytest.fixture
def defined(names):
    """A created container that does not run; its name. Deleted after the test."""
    name = names()
    service('create', '-C', '-u', UNIT, name, timeout=120)
    yield name
    isolation.remove(name)


# ---- what a new user does ----


def test_create_says_what_it_made(root, name):
    said = service('create', '-C', '-u', UNIT, name).stdout.splitlines()
    tree, config, unit = (root / f'var/lib/libvirt/filesystems/{name}', root / f'etc/libvirt-sandbox/services/{name}.sandbox',
                          root / f'etc/systemd/system/{name}_sandbox.service')
    assert f'Created sandbox container dir {tree}' in said
    assert f'Created sandbox config {config}' in said
    assert f'Created unit file {unit}' in said
    for path in (tree, config, unit):
        assert path.exists()
        assert path.stat().st_uid == 0
    assert config.stat().st_mode & 0o777 == 0o600
    assert listed(name)['state'] == 'stopped'
    service('delete', name)
    assert not mentions(root, name)


def test_page_is_served_to_the_host(web):
    status, body = get(web[1])
    assert status == 200
    assert body == PAGE.read_text()


def test_list(web):
    name, address = web
    line = next(line for line in service('list').stdout.splitlines() if line.split()[0] == name)
    assert 'running' in line and UNIT.removesuffix('.service') in line and address in line
    entry = listed(name)
    assert entry['state'] == 'running'
    assert entry['units'] == [UNIT]
    assert entry['address'] == address
    assert entry['since'] and 'label' in entry and 'memory' in entry


def test_inspect(web):
    assert json.loads(service('inspect', web[0]).stdout)['name'] == web[0]


def test_logs_do_not_steer_the_terminal(names, root):
    """What shows the log is the container's, as the log is; whoever looks at it does not let root inside type, or paint, on the terminal."""
    name = names()
    service('create', '-C', '-u', UNIT, name)
    program = root / 'var/lib/libvirt/filesystems' / name / 'var/journalctl'
    program.write_text("#!/bin/sh\nprintf 'he\\033]0;title\\007llo\\033[2J\\302\\233 \\303\\244\\n'\n")
    program.chmod(0o755)
    try:
        service('start', name)
        service('execute', name, '--', 'sh', '-c', "printf 'he\\033]0;title\\007llo\\n' | systemd-cat -t evil && journalctl --sync")
        service('execute', name, '--', 'nsenter', '-t', '1', '-m', 'mount', '--bind', '/var/journalctl', '/usr/bin/journalctl')
        assert service('logs', name).stdout.startswith('he\x1b]0;title\x07llo\x1b[2J'), 'control: a program gets it as it is'
        terminal = Terminal([SERVICE, 'logs', name])
        assert terminal.expect(' ä') == 'he0;titlello'
        assert terminal.end() == 0
        service('stop', '--time=0', name)
        words = [SERVICE, 'logs', name, '-a', '-o', 'cat', '-t', 'evil']
        assert run(words).stdout == 'he\x1b]0;title\x07llo\n', 'control'
        terminal = Terminal(words)
        assert terminal.expect('llo') == 'he0;title'
        assert terminal.end() == 0
    finally:
        service('stop', name, check=False)
        service('delete', name)


def test_logs_are_the_containers(web):
    said = service('logs', web[0]).stdout
    assert 'apache2.service' in said or 'Apache HTTP Server' in said


def test_nothing_failed_inside(web):
    assert service('execute', web[0], '--', 'systemctl', '--failed', '--no-legend', '--plain').stdout == ''
    assert service('execute', web[0], '--', 'systemctl', 'is-system-running', check=False).stdout.strip() == 'running'


# ---- execute and connect ----


def test_execute_is_root_inside(web):
    assert service('execute', web[0], '--', 'id').stdout.startswith('uid=0(root) gid=0(root)')


def test_execute_speaks_tls(web):
    """apache2 asks for no certificates, yet programs inside may: OpenSSL's own way finds all public ones. Their links by name and hash
    are made by who wants them."""
    authority = sorted(pathlib.Path('/usr/share/ca-certificates').rglob('*.crt'))[0]
    verify = ('execute', web[0], '--', 'openssl', 'verify')
    by_hash = ('-no-CAfile', '-no-CAstore', '-CApath', '/etc/ssl/certs')
    assert service(*verify, authority).stdout == f'{authority}: OK\n'
    assert service(*verify, *by_hash, authority, check=False).returncode == 2
    service('execute', web[0], '--', 'update-ca-certificates')
    assert service(*verify, *by_hash, authority).stdout == f'{authority}: OK\n'
    assert service(*verify, authority).stdout == f'{authority}: OK\n'


@pytest.mark.parametrize('script, status', [('exit 0', 0), ('exit 7', 7), ('exit 255', 255), ('kill -9 $$', 137), ('kill -TERM $$', 143)])
def test_execute_passes_the_exit_status(web, script, status):
    assert service('execute', web[0], '--', 'sh', '-c', script, check=False).returncode == status


def test_execute_of_nothing(web):
    assert service('execute', web[0], '--', '/no/such/program', check=False).returncode == 127


def test_execute_relays_bytes(web):
    data = random.Random(1).randbytes(1 << 20)
    done = subprocess.run([SERVICE, 'execute', web[0], '--', 'sh', '-c', 'cat; echo error >&2'], input=data, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout == data and done.stderr == b'error\n'


def test_execute_passes_a_late_end_of_input(web):
    """The end of input comes when everything else is through: nothing but itself can wake the relay."""
    done = run(f'(echo early; sleep 0.5) | {SERVICE} execute {web[0]} -- cat', timeout=20)
    assert done.stdout == 'early\n'


def test_execute_keeps_arguments(web):
    assert service('execute', web[0], '--', 'printf', '%s|', 'a b', '', "'", '-x', '--').stdout == "a b||'|-x|--|"


def test_execute_passes_signals(web):
    client = subprocess.Popen([SERVICE, 'execute', web[0], '--', 'sh', '-c', 'trap "kill $!; echo caught; exit 9" TERM; sleep 10000 & echo ready; wait'],
                              stdout=subprocess.PIPE, text=True)
    assert client.stdout.readline() == 'ready\n'
    client.send_signal(signal.SIGTERM)
    assert client.wait(10) == 9
    assert client.stdout.read() == 'caught\n'
    client.stdout.close()


def test_execute_on_a_terminal(web):
    terminal = Terminal([SERVICE, 'execute', web[0], '--', 'sh', '-c', 'tty; stty size; until stty size | grep 44; do sleep 0.1; done; read line; echo "got $line"; exit 5'], 33, 101)
    terminal.expect('/dev/pts/')
    terminal.expect('33 101')
    terminal.resize(44, 55)
    terminal.expect('44 55')
    terminal.type('hello\n')
    terminal.expect('got hello')
    assert terminal.end() == 5


def test_terminal_interrupt(web):
    # read is a builtin: a dash that is just making a process can lose the signal.
    terminal = Terminal([SERVICE, 'execute', web[0], '--', 'sh', '-c', 'echo ready; read line'])
    terminal.expect('ready')
    terminal.type('\x03')
    assert terminal.end() == 130


def test_connect_and_leave(web):
    terminal = Terminal([SERVICE, 'connect', web[0]])
    terminal.expect(f'Connected to {web[0]}.')
    terminal.type('echo $((6*7))-$(id -u)\n')
    terminal.expect('42-0')
    terminal.type('\x1d')
    assert terminal.end() == 0
    assert listed(web[0])['state'] == 'running'
    assert get(web[1])[0] == 200


# ---- what is private, what is not there ----


def test_host_is_not_visible(web, canaries):
    assert canaries
    for place in canaries:
        assert os.path.exists(f'{place}/{CANARY}')  # the positive control
        assert service('execute', web[0], '--', 'ls', '-A', place, check=False).stdout.find(CANARY) < 0, place
    for command in ('ls /proc/1/root/', 'ls -A /'):
        assert CANARY not in service('execute', web[0], '--', 'sh', '-c', command).stdout
    assert service('execute', web[0], '--', 'find', '/', '-xdev', '-name', CANARY, check=False).stdout == ''


def test_root_is_read_only_and_var_is_not(web):
    name, address = web
    for path in ('/file', '/usr/file', '/usr/bin/id'):
        failed = service('execute', name, '--', 'touch', path, check=False)
        assert failed.returncode != 0 and 'Read-only file system' in failed.stderr, path
    service('execute', name, '--', 'sh', '-c', 'echo from inside > /var/www/html/new.txt')
    assert get(address, '/new.txt') == (200, 'from inside\n')
    assert not os.path.exists('/var/www/html/new.txt')


def test_secrets_stay_on_the_host(web, root):
    tree = root / 'var/lib/libvirt/filesystems' / web[0]
    identity = pathlib.Path('/etc/machine-id').read_text().strip()
    if identity:
        assert run(['grep', '-rl', identity, tree / 'etc'], check=False).stdout == ''
    inside = service('execute', web[0], '--', 'cat', '/etc/shadow').stdout
    for line in inside.splitlines():
        assert line.split(':')[1] in ('*', '!', '!*', '!!'), line


def test_hostname_and_namespaces(web):
    assert service('execute', web[0], '--', 'hostname').stdout.strip() == web[0]
    for kind in ('mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup'):
        inside = service('execute', web[0], '--', 'readlink', f'/proc/self/ns/{kind}').stdout.strip()
        assert inside != os.readlink(f'/proc/self/ns/{kind}'), kind


# ---- stop, start again, delete ----


def test_content_survives_a_restart(web, root):
    name, address = web
    service('execute', name, '--', 'sh', '-c', 'echo kept > /var/www/html/kept.txt')
    service('restart', name, timeout=120)
    assert get(address, '/kept.txt') == (200, 'kept\n')


def test_whole_life_leaves_nothing(root, name):
    service('list')  # makes the places
    links = harness.snapshot()['links']
    service('create', '-C', '-u', UNIT, name)
    address = re.search(r'\d+\.\d+\.\d+\.\d+', service('start', name, timeout=120).stdout)[0]
    assert get(address)[0] == 200
    service('stop', name, timeout=60)
    assert listed(name)['state'] == 'stopped'
    with pytest.raises(OSError):
        get(address)
    service('delete', name)
    assert listed(name) is None
    assert not mentions(root, name)
    harness.wait_for(lambda: harness.snapshot()['links'] == links, 'the links are gone')


def test_two_containers_of_one_service(names):
    made = [names(), names()]
    addresses = {}
    try:
        for name in made:
            service('create', '-C', '-u', UNIT, name)
            addresses[name] = re.search(r'\d+\.\d+\.\d+\.\d+', service('start', name, timeout=120).stdout)[0]
            service('execute', name, '--', 'sh', '-c', f'echo {name} > /var/www/html/who.txt')
        for name in made:
            assert get(addresses[name], '/who.txt') == (200, f'{name}\n')
    finally:
        isolation.remove(*made)


# ---- one command, and a generic container ----


def test_one_command():
    assert run(['virt-sandbox', '--', '/bin/sh', '-c', 'echo hello']).stdout == 'hello\n'
    assert run(['virt-sandbox', '--', '/bin/sh', '-c', 'exit 3'], check=False).returncode == 3
    assert run(['virt-sandbox', '--', '/bin/sh', '-c', 'kill -9 $$'], check=False).returncode == 137
    data = random.Random(2).randbytes(1 << 20)
    done = subprocess.run(['virt-sandbox', '--', '/bin/cat'], input=data, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, data, b'')


@pytest.mark.parametrize('user, ids', [
    ('nobody', '65534 65534 65534'), ('65534', '65534 65534 65534'), ('7', '7 7 7'), ('7:8', '7 8 8'), ('nobody:tty', '65534 5 5'),
    ('nobody:5', '65534 5 5'), ('7:tty', '7 5 5'), ('root', '0 0 0'), ('root:nogroup', '0 65534 65534'),
])
def test_user_of_a_command(user, ids):
    assert run(['virt-sandbox', '-U', user, '--', '/bin/sh', '-c', 'echo $(id -u) $(id -g) $(id -G)']).stdout == f'{ids}\n'


@pytest.mark.parametrize('user', ['nosuch', 'nobody:nosuch', 'nosuch:tty', '65536', '7:65536', '99999999999999999999', '7:', ':7', ''])
def test_users_that_are_not(user):
    result = run(['virt-sandbox', '-U', user, '--', '/bin/id'], check=False)
    assert result.returncode in (125, 126) and not result.stdout and result.stderr.count('\n') == 1


@pytest.mark.parametrize('options, home', [
    ([], '/root'), (['-U', 'root'], '/root'), (['-U', 'root', '--homedir', '/srv'], '/srv'), (['-U', '1234'], '/'),
    (['-U', 'nobody'], '/nonexistent'), (['-U', 'nobody', '--homedir', '/tmp'], '/tmp'), (['-U', 'nobody', '-e', 'HOME=/mnt'], '/mnt'),
])
def test_home_directory_of_a_command(options, home):
    assert run(['virt-sandbox', *options, '--', '/bin/sh', '-c', 'echo "$HOME"']).stdout == f'{home}\n'


def test_one_command_interrupted():
    terminal = Terminal(['virt-sandbox', '--', '/bin/sh', '-c', 'echo ready; read line'])
    terminal.expect('ready')
    terminal.type('\x03')
    assert terminal.end() == 130


def test_generic_container(name):
    service('create', name, '--', '/usr/bin/python3', '-m', 'http.server', '80')
    try:
        address = re.search(r'\d+\.\d+\.\d+\.\d+', service('start', name).stdout)[0]
        harness.wait_for(lambda: run(['curl', '-sf', f'http://{address}/'], check=False).returncode == 0, 'it answers')
        assert listed(name)['state'] == 'running'
        assert '"GET / HTTP/1.1" 200' in service('logs', name).stdout
        assert len(service('logs', '-n', '1', name).stdout.splitlines()) == 1
        refused([SERVICE, 'logs', name, '-u', 'x'], 'has no fields and no times: "-u" has no meaning for it')
        service('stop', name)
        assert '"GET / HTTP/1.1" 200' in service('logs', name).stdout  # what it said can be read afterwards
    finally:
        service('stop', name, check=False)
        service('delete', name)


# ---- plan, refusals, and interruptions ----


def test_dry_run_touches_nothing(root, name):
    service('list')
    before = files(root)
    said = service('create', '--dry-run', '-C', '-u', UNIT, name).stdout
    assert '/etc/apache2' in said and '/var/www' in said
    assert files(root) == before


@pytest.mark.parametrize('words, sentence', [
    (['-u', 'apche2.service', 'NAME'], 'did you mean apache2.service'),
    (['-u', 'apach', 'NAME'], 'did you mean apache2.service'),
    (['-u', 'no-such-unit-at-all.service', 'NAME'], 'no-such-unit-at-all.service'),
    (['-u', UNIT, ''], 'name'),
    (['-u', UNIT, 'a/b'], 'a/b'),
    (['-u', UNIT, '..'], '..'),
    (['-u', UNIT, '-x'], '-x'),
    (['-u', UNIT, 'x' * 300], 'xxx'),
    (['-u', UNIT], ''),
    (['NAME'], ''),
    (['-u', UNIT, 'NAME', '--', '/bin/true'], ''),
    (['-u', UNIT, '--no-such-option', 'NAME'], 'no-such-option'),
    (['-u', UNIT, '-N', 'nonsense', 'NAME'], 'nonsense'),
    (['-u', UNIT, '--memory', 'lots', 'NAME'], 'lots'),
])
def test_create_refuses(root, name, words, sentence):
    service('list')
    before = files(root)
    refused([SERVICE, 'create', *(name if word == 'NAME' else word for word in words)], sentence)
    assert files(root) == before


def test_create_takes_a_unit_without_package(name, tmp_path):
    """In this mount namespace, the host has a unit that no package owns: what could not be known is said."""
    (tmp_path / 'homemade.service').write_text('[Service]\nExecStart=/bin/true\n')
    run(['mount', '--bind', tmp_path, '/etc/systemd/system'])
    try:
        done = run([SERVICE, 'create', '--dry-run', '-u', 'homemade.service', name])
        assert 'homemade.service belongs to no installed package' in done.said
    finally:
        run(['umount', '/etc/systemd/system'])


def test_create_refuses_a_name_taken(defined, root):
    before = files(root)
    refused([SERVICE, 'create', '-C', '-u', UNIT, defined], defined, 'exists')
    assert files(root) == before


def test_start_of_running_and_delete_of_running(web):
    refused([SERVICE, 'start', web[0]], web[0], 'running')
    refused([SERVICE, 'delete', web[0]], web[0], 'running')
    assert get(web[1])[0] == 200


def test_stop_of_stopped(defined):
    refused([SERVICE, 'stop', defined], defined)


@pytest.mark.parametrize('verb', ['start', 'stop', 'delete', 'connect', 'inspect', 'logs', 'restart', 'reload'])
def test_unknown_container(verb):
    refused([SERVICE, verb, 'nobody'], 'nobody')
    refused([SERVICE, verb, '../nobody'])


@pytest.mark.parametrize('lines, wrong, words', [
    ('nonsense', 1, ()),
    ('[core]\nnosuchkey = 1', 2, ('nosuchkey',)),
    ('[nosuchsection]\na = b', 1, ('nosuchsection',)),
    ('[resources]\nmemory = lots', 2, ('memory', 'lots')),
])
def test_broken_keyfile(defined, root, lines, wrong, words):
    config = root / f'etc/libvirt-sandbox/services/{defined}.sandbox'
    good = config.read_text()
    config.write_text(good + lines + '\n')
    place = f'{config}:{len(good.splitlines()) + wrong}:'
    try:
        refused([SERVICE, 'start', defined], place, *words)
        assert run([SERVICE, 'list'], check=False).stdout.count(defined) == 1  # the others can still be listed
    finally:
        config.write_text(good)


def test_two_creates_of_one_name(root, name):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: service('create', '-C', '-u', UNIT, name, check=False, timeout=120), range(2)))
    try:
        assert sorted(result.returncode == 0 for result in results) == [False, True], [result.said for result in results]
        loser = next(result for result in results if result.returncode != 0)
        assert name in loser.stderr and ('exists' in loser.stderr or 'another command is working on it' in loser.stderr)
        assert listed(name)['state'] == 'stopped'
    finally:
        service('delete', name)
    assert not mentions(root, name)


POINTS = 8  # of create's way, at which it is stopped


@pytest.mark.parametrize('stop_signal', [signal.SIGINT, signal.SIGKILL])
def test_interrupted_create_leaves_nothing(root, names, stop_signal):
    """Stopped at points over its whole way; the next command cleans up, at the latest. What is stopped after its last step has made a whole container."""
    name = names()
    started = time.monotonic()
    service('create', '-C', '-u', UNIT, name)
    whole = time.monotonic() - started
    service('delete', name)
    undone = 0
    for step in itertools.count():
        name = names()
        client = subprocess.Popen([SERVICE, 'create', '-C', '-u', UNIT, name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * undone / POINTS)
        client.send_signal(stop_signal)
        status = client.wait(30)
        found = listed(name)
        if found:  # it was faster: its way is shorter than was measured
            assert found['state'] == 'stopped' and service('start', name).stdout, f'step {step}: {status}'
            service('stop', name)
            service('delete', name)
            whole *= 0.8
        else:
            assert status != 0
            undone += 1
        assert listed(name) is None
        service('delete', name, check=False)  # any command that changes something finishes what is left
        assert not mentions(root, name), f'step {step}'
        if undone == POINTS:
            return


def test_no_space_left(root, name):
    """The place of the content is full: nothing is left of the attempt."""
    place = root / 'full'
    place.mkdir()
    run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place])
    try:
        before = files(root)
        refused([SERVICE, 'create', '-C', '-u', UNIT, '-p', str(place), name], 'No space left')
        assert files(root) == before
    finally:
        run(['umount', place])
        place.rmdir()


def test_other_uri_is_refused_by_name(name):
    refused([SERVICE, '-c', 'qemu:///system', 'list'], 'qemu:///system')
    service('-c', 'lxc:///', 'list')


def test_help_fits_a_terminal():
    for words in ([SERVICE, '--help'], [SERVICE, 'create', '--help'], ['virt-sandbox', '--help']):
        said = run(words).stdout
        assert said and max(len(line) for line in said.splitlines()) <= 80

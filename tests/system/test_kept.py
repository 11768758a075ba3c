# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an administrator does with containers that do not run: edit, diff, du, delete for some days, by force, prune; and how list shows them."""
import json
import os
import pathlib
import pty
import stat
import subprocess
import time

from harness import refused, run, wait_for
from test_execute import command  # noqa: F401 (fixture)
from test_outcome import listed
from test_units import SERVICE, create, inside, own_units  # noqa: F401 (fixtures)


def services(root):
    return root / 'etc/libvirt-sandbox/services'


def tree(root, name):
    return root / 'var/lib/libvirt/filesystems' / name


def edit(name, script, check=True, json_=False):
    """Edits with sed, as an editor that is called with its file."""
    environment = dict(os.environ, VISUAL=f'sed -i {script}')
    return run([SERVICE, 'edit', *(['--json'] if json_ else []), name], check=check, env=environment)


def test_edit(command, root):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity')
    keyfile = services(root) / f'{name}.sandbox'
    before = keyfile.read_bytes()
    assert edit(name, "-e '' ").said == '' and keyfile.read_bytes() == before
    said = edit(name, r"-e '$a# mine\n[network]\negress=none\n[environment]\nvariable=A=4321'").stdout
    assert 'egress: (not set) -> none\n' in said and ' -> A=4321\n' in said
    assert 'environment.variable: it runs; this takes effect at its next start' in said and 'egress: it' not in said
    assert '# mine' in keyfile.read_text() and stat.S_IMODE(keyfile.stat().st_mode) == 0o600
    before = keyfile.read_bytes()
    for script, word in (("-e '$avariable=x'", 'variable'), ("-e '$a[frob]'", 'unknown section'), ("-e s/^name=.*/name=other/", 'rename gives'),
                         ("-e s/^uuid=.*/uuid=11111111111111111111111111111111/", 'uuid'), ("-e '$ax' --frob", 'the editor failed'),
                         ("-e '$a[order]\\nrequires=gone'", f'cannot edit container {name}: it requires container gone'),
                         ("-e '$a[frob]'", f'cannot edit container {name}: {name}.sandbox:')):
        result = edit(name, script, check=False)
        assert result.returncode == 1 and word in result.stderr and 'is unchanged' in result.stderr, result.said
        assert keyfile.read_bytes() == before
    changed = json.loads(edit(name, '-e s/^egress=.*/egress=host/', json_=True).stdout)
    assert [one['key'].split('.')[1] for one in changed['changes']] == ['egress'] and changed['notes'] == []
    refused([SERVICE, 'edit', 'no-such'], 'container no-such does not exist')
    # what cannot be read any more can be edited
    keyfile.write_text(keyfile.read_text() + 'frob\n')
    assert 'It can be read again' in edit(name, '-e /^frob$/d').stdout
    assert listed(name)['state'] == 'running'


def test_edit_asks_again(command, root, tmp_path):  # noqa: F811 (fixture)
    """At a terminal: a second try that is right."""
    name = command('sleep', 'infinity')
    editor = tmp_path / 'editor'
    editor.write_text(f'#!/bin/sh\nif [ -e {tmp_path}/once ]; then sed -i s/frob/A=77/ "$1"; else touch {tmp_path}/once; printf "[environment]\\nvariable=frob\\n" >>"$1"; fi\n')
    editor.chmod(0o755)
    master, slave = pty.openpty()
    done = subprocess.Popen([SERVICE, 'edit', name], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, VISUAL='', EDITOR=str(editor)))
    os.write(master, b'y\n')
    said, problems = done.communicate(timeout=60)
    os.close(master)
    os.close(slave)
    assert done.returncode == 0 and 'frob' in problems and 'Edit it again?' in problems and '-> A=77' in said
    assert 'variable=A=77' in (services(root) / f'{name}.sandbox').read_text()


def test_diff_and_usage(create, own_units, root):  # noqa: F811 (fixtures)
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    name, _ = create('-P', 'coreutils', '-u', 'a.service')
    etc = tree(root, name) / 'etc'
    assert json.loads(run([SERVICE, 'diff', '--json', name]).stdout) == []
    (etc / 'mine.conf').write_text('mine\n')
    (etc / 'nsswitch.conf').write_text((etc / 'nsswitch.conf').read_text() + '# mine\n')
    (etc / 'hosts').unlink()
    (etc / 'evil\x1b').symlink_to('/etc/shadow')
    rows = {(row['change'], row['path']) for row in json.loads(run([SERVICE, 'diff', '--json', name]).stdout)}
    assert rows == {('added', '/etc/mine.conf'), ('changed', '/etc/nsswitch.conf'), ('removed', '/etc/hosts'), ('added', '/etc/evil\x1b')}
    said = run([SERVICE, 'diff', name]).stdout
    assert 'changed   /etc/nsswitch.conf\n' in said and '\x1b' not in said

    def usage():
        return json.loads(run([SERVICE, 'du', '--json', name]).stdout)[0]

    before = usage()
    assert before['name'] == name and before['private'] > 0 and before['shared'] == 0 and before['image'] is None
    (tree(root, name) / 'var/big').write_bytes(b'x' * (4 << 20))
    (tree(root, name) / 'var/link').symlink_to('/usr')
    os.link(tree(root, name) / 'var/big', tree(root, name) / 'var/again')
    os.sync()
    assert 4 << 20 <= usage()['private'] - before['private'] < 5 << 20
    assert f'{name} ' in run([SERVICE, 'du']).stdout
    refused([SERVICE, 'diff', 'no-such'], 'container no-such does not exist')


def test_deleted_for_some_days(names, root):
    name, other = names(), names()
    run([SERVICE, 'create', name, '--', '/bin/sleep', 'infinity'])
    (tree(root, name) / 'srv/data').write_text('data\n')
    before = (services(root) / f'{name}.sandbox').read_bytes()
    units = sorted(path.name for path in (root / 'etc/systemd/system').glob(f'*{name}*'))
    assert units
    run([SERVICE, 'delete', '--keep-days', '7', name])
    assert not list((root / 'etc/systemd/system').glob(f'*{name}*'))
    assert name not in run([SERVICE, 'list']).stdout
    row, = [one for one in json.loads(run([SERVICE, 'list', '--all', '--json']).stdout) if one['name'] == name]
    assert row['state'] == 'deleted' and abs(row['kept_until'] - time.time() - 7 * 86400) < 3600
    refused([SERVICE, 'start', name], f'container {name} does not exist: it was deleted; `undelete {name}` brings it back')
    refused([SERVICE, 'create', name, '--', '/bin/true'], f'the name {name} belongs to a container that was deleted')
    run([SERVICE, 'create', other, '--', '/bin/sleep', 'infinity'])  # reservations stay its own
    assert run(['grep', '^id', services(root) / f'{other}.sandbox']).stdout.split() != run(['grep', '^id', services(root) / f'{name}.kept']).stdout.split()
    run([SERVICE, 'undelete', name])
    assert (services(root) / f'{name}.sandbox').read_bytes() == before
    assert sorted(path.name for path in (root / 'etc/systemd/system').glob(f'*{name}*')) == units
    run([SERVICE, 'start', name])
    assert inside(name, 'cat', '/srv/data').stdout == 'data\n'
    refused([SERVICE, 'delete', '--keep-days', '7', name], 'stop it first')
    refused([SERVICE, 'undelete', name], f'container {name}: it exists already')
    run([SERVICE, 'stop', '-t', '0', name])
    # its time is over: the next command that changes something removes it
    run([SERVICE, 'delete', '--keep-days', '1', name])
    (root / 'var/lib/libvirt-sandbox/kept' / name).write_text('1000000000\n')
    run([SERVICE, 'delete', other])
    assert not tree(root, name).exists() and name not in run([SERVICE, 'list', '--all']).stdout
    refused([SERVICE, 'undelete', name], f'no container {name} was deleted and kept')
    for word in ('0', 'x', '9999', '-1'):
        assert run([SERVICE, 'delete', f'--keep-days={word}', name], check=False).returncode == 2


def test_prune(names, root):
    run([SERVICE, 'prune', '--force'])  # what killed commands of other modules have left
    kept, gone = names(), names()
    for name in (kept, gone):
        run([SERVICE, 'create', name, '--', '/bin/sleep', 'infinity'])
    run([SERVICE, 'delete', '--keep-days', '7', gone])
    left = root / 'var/lib/libvirt-sandbox/outcomes' / names()
    left.parent.mkdir(exist_ok=True)
    left.touch()
    assert run([SERVICE, 'prune'], check=False).returncode == 2
    would = json.loads(run([SERVICE, 'prune', '--dry-run', '--json']).stdout)
    assert {(one['kind'], one['name']) for one in would} == {('deleted', gone), ('leftover', str(left))}
    assert tree(root, gone).exists() and left.exists()
    said = run([SERVICE, 'prune', '--force']).stdout
    assert f'Removed the deleted container {gone}\n' in said and f'Removed {left}\n' in said
    assert not tree(root, gone).exists() and not left.exists() and tree(root, kept).exists()
    assert json.loads(run([SERVICE, 'prune', '--force', '--json']).stdout) == []
    run([SERVICE, 'delete', '--keep-days', '7', kept])
    run([SERVICE, 'delete', '--force', kept])
    assert not tree(root, kept).exists()


def test_garbled(names, root, tmp_path):
    """What its description cannot tell any more is found by its name, and by the mark of its tree."""
    place = tmp_path / 'place'
    place.mkdir()
    one, two, three = names(), names(), names()
    run([SERVICE, 'create', one, '--', '/bin/sleep', 'infinity'])
    run([SERVICE, 'create', '-p', place, two, '--', '/bin/sleep', 'infinity'])
    run([SERVICE, 'create', three, '--', '/bin/sleep', 'infinity'])
    (services(root) / f'{one}.sandbox').write_bytes(b'\x00\xff garbled [[[\n' * 20)
    text = (services(root) / f'{two}.sandbox').read_text()
    (services(root) / f'{two}.sandbox').write_text(text.replace('[', 'frob=1\n[', 1) + '\nmore frob\n')
    for name in (one, two):
        refused([SERVICE, 'delete', name], 'correct that file', f'delete --force {name}')
        run([SERVICE, 'delete', '--force', name])
        assert name not in run([SERVICE, 'list', '--all']).stdout
        assert not tree(root, name).exists() and not (place / name).exists()
        assert not list((root / 'etc/systemd/system').glob(f'*{name}*'))
        assert not run(['find', root / 'var/lib/libvirt-sandbox', '-lname', name]).stdout
    # somebody else's directory stays
    (services(root) / f'{three}.sandbox').write_text('garbled')
    run(['mv', tree(root, three), tmp_path / 'moved'])
    tree(root, three).mkdir()
    (tree(root, three) / 'theirs').touch()
    refused([SERVICE, 'delete', '--force', three], 'nothing says that', 'move it away first')
    assert (tree(root, three) / 'theirs').exists()
    run(['rm', '-r', tree(root, three)])
    run([SERVICE, 'delete', '--force', three])


def test_list(command):  # noqa: F811 (fixture)
    one, two = command('sleep', 'infinity'), command('sh', '-c', 'until [ -e /tmp/go ]; do sleep 0.05; done; exit 3')
    inside(two, 'touch', '/tmp/go')
    wait_for(lambda: listed(two)['state'] == 'failed', 'it has ended')

    def said(*words):
        return [line.split() for line in run([SERVICE, 'list', *words]).stdout.splitlines()]

    assert said('--columns', 'state,name', '--filter', f'name={one}') == [['STATE', 'NAME'], ['running', one]]
    assert [row[0] for row in said('--filter', 'state=failed', '--columns', 'name')] == ['NAME', two]
    assert {row[0] for row in said('-f', 'state=failed', '-f', 'state=run*', '-f', f'name={one[:-1]}*')} >= {'NAME', one}
    assert [row[0] for row in said('--running', '--sort', 'since', '--columns', 'name')] == ['NAME', one]
    problem, = [row for row in said('--columns', 'name,problem') if row[0] == two]
    assert 'status' in problem
    assert [one['name'] for one in json.loads(run([SERVICE, 'list', '--json', '-f', f'name={two}']).stdout)] == [two]
    for words in (('--sort', 'frob'), ('--columns', 'name,frob'), ('--columns', 'name,name'), ('-f', 'frob=x'), ('-f', 'state')):
        assert run([SERVICE, 'list', *words], check=False).returncode == 2


def test_connect_as_user(command):  # noqa: F811 (fixture)
    name = command('sleep', 'infinity')
    run([SERVICE, 'execute', name, '--', 'sh', '-c', 'echo "joe:x:7:7::/tmp:/bin/sh" >>/etc/passwd'])
    assert run([SERVICE, 'connect', '-U', 'joe', name], input='id -u; pwd\n').stdout.split() == ['7', '/tmp']
    assert run([SERVICE, 'connect', name], input='id -u\n').stdout.split() == ['0']
    assert run([SERVICE, 'connect', '-U', 'nobody-there', name], check=False).returncode != 0


def test_logs_before_and_after_the_name(command, create, own_units):  # noqa: F811 (fixtures)
    """Options of journalctl on either side, for units and for commands, that run or have ended."""
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sh -c "echo first; echo second; exec sleep infinity"\n')
    unit, _ = create('-P', 'coreutils', '-u', 'a.service')
    run([SERVICE, 'start', unit])
    name = command('sh', '-c', 'echo one; echo two; until [ -e /tmp/go ]; do sleep 0.05; done; echo three; exec sleep infinity')
    for _ in range(2):
        for words in (('-u', 'a', '-o', 'cat', '-n', '1', unit), (unit, '-n1', '-u', 'a', '-o', 'cat'), ('--unit', 'a', '--output=cat', unit, '--lines=1'),
                      ('--since', '2001-01-01', '-u', 'a', '-ocat', '-n', '1', unit)):
            assert len(wait_for(lambda w=words: run([SERVICE, 'logs', *w]).stdout, 'it is said').splitlines()) == 1
        assert {'first', 'second'} <= set(run([SERVICE, 'logs', '-u', 'a', '-o', 'cat', unit]).stdout.splitlines())
        run([SERVICE, 'stop', unit], check=False)
    wait_for(lambda: run([SERVICE, 'logs', '-n', '1', name]).stdout == 'two\n', 'it has said it')
    assert run([SERVICE, 'logs', name, '-n', '0']).stdout == '' and run([SERVICE, 'logs', '--no-pager', name]).stdout == 'one\ntwo\n'
    follow = subprocess.Popen([SERVICE, 'logs', '-f', '-n', '1', name], stdout=subprocess.PIPE, text=True)
    assert follow.stdout.readline() == 'two\n'
    inside(name, 'touch', '/tmp/go')
    assert follow.stdout.readline() == 'three\n'
    run([SERVICE, 'stop', '-t', '0', name])
    assert follow.wait(timeout=60) == 0
    follow.stdout.close()
    assert run([SERVICE, 'logs', '-f', '-n', '2', name]).stdout == 'two\nthree\n'
    for words in ((), ('-f',), ('-n', '5'), ('--since', name)):
        assert run([SERVICE, 'logs', *words], check=False).returncode == (2 if not words else 125)
    refused([SERVICE, 'logs', '--since', 'today', name], 'has no fields and no times')


def test_check():
    """As the kernel says, by other ways than those of the command."""
    done = run([SERVICE, 'check', '--json'], check=False)
    rows = {row['what']: row for row in json.loads(done.stdout)}
    assert done.returncode == int(any(row['there'] is not True for row in rows.values()))
    for kind, lower in ('veth', ''), ('bridge', ''), ('vlan', 'link lower'), ('macvlan', 'link lower'):
        made = run(['unshare', '-n', 'sh', '-c', f'ip link add lower type bridge; ip link add x {lower} type {kind} {"id 5" if kind == "vlan" else ""}'], check=False)
        assert made.returncode == 0 or 'Unknown device type' in made.stderr, made.stderr
        assert rows[kind]['there'] is (made.returncode == 0)
    controllers = pathlib.Path('/sys/fs/cgroup/cgroup.controllers')
    assert rows['cgroup-memory']['there'] is (controllers.exists() and 'memory' in controllers.read_text().split())
    assert rows['seccomp']['there'] and rows['openat2']['there'] and rows['id-mapped-mounts']['there'] and rows['overlay']['there']
    assert all(row['refused'] for row in rows.values())
    said = run([SERVICE, 'check'], check=False).stdout
    assert all((f'{what} ' in said) and ('refused: ' in next(line for line in said.splitlines() if line.startswith(f'{what} '))) == (row['there'] is not True)
               for what, row in rows.items())


def test_what_runs_needs_no_description(command, root, create, own_units):  # noqa: F811 (fixtures)
    """Whoever broke the file can still see what runs, and end it; what needs the description says that it cannot be read."""
    (own_units / 'a.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    unit, _ = create('-P', 'coreutils', '-u', 'a.service')
    (own_units / 'b.service').write_text('[Service]\nExecStart=/bin/sh -c "echo said; exec sleep infinity"\n')
    direct, _ = create('--init=direct', '-P', 'coreutils', '-u', 'b.service')
    run([SERVICE, 'start', unit, direct])
    for name in (command('sh', '-c', 'echo said; exec sleep infinity'), direct, unit):
        processes = run([SERVICE, 'ps', name]).stdout
        keyfile = services(root) / f'{name}.sandbox'
        keyfile.write_text(keyfile.read_text() + 'frob\n')
        assert run([SERVICE, 'ps', name]).stdout == processes
        wait_for(lambda name=name: ('systemd' if name == unit else 'said\n') in run([SERVICE, 'logs', name]).stdout, 'its log')
        assert run([SERVICE, 'execute', name, '--', 'echo', 'in']).stdout == 'in\n'
        run([SERVICE, 'stats', name])
        run([SERVICE, 'verify', name])
        run([SERVICE, 'kill', '--signal', 'CONT', name])
        for verb in ('start', 'restart', 'diff', 'inspect', 'clone'):
            refused([SERVICE, verb, name, *(['copy'] if verb == 'clone' else [])], f'{name}.sandbox:')
        run([SERVICE, 'stop', '-t', '5', name])
        for verb in (['logs'], ['ps'], ['verify'], ['stop']):
            refused([SERVICE, *verb, name], f'{name}.sandbox:')
        run([SERVICE, 'delete', '--force', name])


def test_restart_checks_before_it_stops(command, root, tmp_path):  # noqa: F811 (fixture)
    """What start would refuse leaves a running container as it is."""
    source = tmp_path / 'source'
    source.mkdir()
    name = command('sleep', 'infinity', options=('-m', f'host-bind:/mnt={source}'))
    pid = listed(name)['pid']
    source.rmdir()
    refused([SERVICE, 'restart', name], f'container {name} would not start, and was left as it is: ', str(source))
    source.mkdir()
    keyfile = services(root) / f'{name}.sandbox'
    whole = keyfile.read_text()
    keyfile.write_text(whole + '[order]\nrequires=gone\n')
    refused([SERVICE, 'restart', name], 'gone')
    assert listed(name)['pid'] == pid
    keyfile.write_text(whole)
    run([SERVICE, 'restart', '-t', '0', name])
    assert listed(name)['pid'] != pid


def test_what_is_wrong_is_said_once(command, root):  # noqa: F811 (fixture)
    """Of a name that cannot be one, of one that nobody has, and of a description that cannot be read: the object once, and no option that is not to blame."""
    name = command('sleep', 'infinity')
    for verb in ('start', 'restart', 'stop', 'snapshot', 'du', 'rename', 'clone', 'set', 'undelete', 'pause', 'wait', 'inspect'):
        more = {'rename': ['other'], 'clone': ['other'], 'set': ['--pids', '50']}.get(verb, [])
        for odd, word in (('a b', '"a b" must begin'), ('nope', 'nope')):
            said = refused([SERVICE, verb, odd, *more], word).stderr
            assert said.count(f'container {odd}') <= 1 + (verb in ('rename', 'undelete')) and '--pids' not in said, said
    keyfile = services(root) / f'{name}.sandbox'
    keyfile.write_text(keyfile.read_text() + 'frob\n')
    said = refused([SERVICE, 'set', '--pids', '50', name], f'{name}.sandbox:').stderr
    assert '--pids' not in said
    run([SERVICE, 'stop', '-t', '0', name])
    run([SERVICE, 'delete', '--force', name])

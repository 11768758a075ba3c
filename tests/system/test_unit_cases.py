# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units as administrators write them: what their directives name is inside, whatever it is called and wherever it lies.

One container runs all units of CASES. Each says something to /tmp/NAME of the container.
"""
import os
import pathlib
import shutil
import struct

import pytest

import harness
import isolation
from harness import refused, run

SERVICE = 'virt-sandbox-service'
WWW = 'www-data'


class Case:
    """lines: of the unit, [Service] unless another section is named; script: for /bin/sh, unless lines have an ExecStart=; says: what it writes.

    files: on the host, path: text, or None for a directory, or ('link', target).
    """

    def __init__(self, says, script, lines='', files=None, user=None, unit=None):
        self.says, self.script, self.lines, self.files, self.user, self.unit = says, script, lines, files or {}, user, unit

    def text(self, name):
        said = f'/tmp/{name}'
        section = '' if self.lines.startswith('[') else '[Service]\n'
        text = f'{section}{self.lines}\n'
        if '[Service]' not in text:
            text += '[Service]\n'
        text += f'Type=oneshot\nRemainAfterExit=yes\nEnvironment=SAID={said}\n'
        if self.script:
            command = self.script.replace('$', '$$').replace('%', '%%')
            text += f"ExecStart=/bin/sh -c 'exec >$$SAID; {command}'\n"
        return text


CASES = {
    # what directives name
    'state': Case('rows', 'cat $STATE_DIRECTORY/db', 'StateDirectory=o41', {'/var/lib/o41/db': 'rows'}),
    'state-of-user': Case('rows www-data', 'cat $STATE_DIRECTORY/db; echo " $(stat -c %U $STATE_DIRECTORY/db)"',
                          f'User={WWW}\nStateDirectory=o43/deep', {'/var/lib/o43/deep/db': 'rows'}, user=WWW),
    'state-dynamic': Case('rows', None, 'DynamicUser=yes\nStateDirectory=o44\nStandardOutput=truncate:/tmp/state-dynamic\nExecStart=/bin/cat /var/lib/o44/db', {'/var/lib/private/o44/db': 'rows',
                                                                                             '/var/lib/o44': ('link', 'private/o44')}),
    'configuration': Case('set', 'cat /etc/o42/c', 'ConfigurationDirectory=o42', {'/etc/o42/c': 'set'}),
    'condition': Case('met', 'echo met', '[Unit]\nConditionPathExists=/etc/o30/flag', {'/etc/o30/flag': ''}),
    'assert': Case('met', 'echo met', '[Unit]\nAssertFileNotEmpty=/etc/o31/flag', {'/etc/o31/flag': 'x'}),
    'condition-glob': Case('met', 'echo met', '[Unit]\nConditionPathExistsGlob=/etc/o32.d/*.conf', {'/etc/o32.d/a.conf': ''}),
    'condition-directory': Case('met', 'echo met', '[Unit]\nConditionDirectoryNotEmpty=/srv/o33', {'/srv/o33/x': ''}),
    'condition-any': Case('met', 'echo met', '[Unit]\nConditionPathExists=|/etc/o34/nosuch\nConditionPathIsDirectory=|/etc/o34/is', {'/etc/o34/is': None}),
    'assert-executable': Case('met', 'echo met', '[Unit]\nAssertFileIsExecutable=/srv/o35/x', {'/srv/o35/x': '#!/bin/sh\n'}),
    'inaccessible': Case('hidden', 'echo hidden', 'InaccessiblePaths=/boot /media /lost+found\nInaccessiblePaths="/srv/o36"',
                         {'/srv/o36/secret': 'no'}),
    'read-only': Case('here', 'echo here', 'ReadOnlyPaths=/boot -/nosuch /mnt'),
    'no-exec': Case('here', 'echo here', 'NoExecPaths=/mnt/x /boot'),
    'root-directory': Case('alone', 'ls /', 'RootDirectory=/srv/private\nBindReadOnlyPaths=/usr /bin /lib -/lib64\nBindPaths=/tmp\nMountAPIVFS=yes',
                           {'/srv/private/alone': ''}),
    'append': Case('', None, f"User={WWW}\nStandardOutput=append:/var/log/myapp/out.log\nExecStart=/bin/echo logged", {'/var/log/myapp': None}, user=WWW),
    'append-new': Case('', None, "StandardOutput=append:/var/log/o37/deep/out.log\nExecStart=/bin/echo logged"),
    'standard-input': Case('typed', 'cat', 'StandardInput=file:/etc/o38/input', {'/etc/o38/input': 'typed'}),
    'credential-store': Case('sesame', 'cat $CREDENTIALS_DIRECTORY/token', 'LoadCredential=token', {'/etc/credstore/token': 'sesame'}),
    'environment-pattern': Case('1 2', 'echo $A $B', 'EnvironmentFile=/etc/o12.d/*.env', {'/etc/o12.d/a.env': 'A=1\n', '/etc/o12.d/b.env': 'B=2\n'}),
    'script-of-interpreter': Case('set', None, 'ExecStart=/bin/sh /srv/o45/app.sh', {'/srv/o45/app.sh': 'cat /etc/o45/settings >$SAID\n',
                                                                                     '/etc/o45/settings': 'set'}),
    'pam': Case('here', 'echo here', 'PAMName=o39', {'/etc/pam.d/o39': 'session required pam_permit.so\naccount required pam_permit.so\n'
                                                                           'auth required pam_permit.so\n'}),
    # blanks, quotes, escapes, specifiers
    'blanks': Case('/opt/my app set it', None, 'EnvironmentFile=/etc/my app/env\nWorkingDirectory=/opt/my app\n'
                   'ExecStart="/opt/my app/bin/run it" "/etc/my app/my conf"',
                   {'/opt/my app/bin/run it': '#!/bin/sh\necho "$PWD $(cat "$1") $IT" >$SAID\n', '/etc/my app/my conf': 'set', '/etc/my app/env': 'IT=it\n'}),
    'blanks-of-a-list': Case('kept', 'cat "/srv/my data/x"; touch "/srv/my data/new"', 'ProtectSystem=strict\nReadWritePaths=/tmp "/srv/my data"',
                             {'/srv/my data/x': 'kept'}),
    'blanks-of-a-variable': Case('other', 'cat "$CONF"', 'Environment="CONF=/etc/my app/other conf"', {'/etc/my app/other conf': 'other'}),
    'blanks-of-a-bind': Case('bound', "cat /srv/there/x", 'BindPaths="/srv/it s":/srv/there', {'/srv/it s/x': 'bound', '/srv/there': None}),
    'escaped': Case('c', None, 'ExecStart=/bin/cp "/etc/o46/a\\x20b" /tmp/escaped', {'/etc/o46/a b': 'c'}),
    'specifier@srv-o47-a\\x20b': Case('there', None, 'ExecStart=/bin/cp %f "/tmp/specifier@srv-o47-a\\\\x20b"', {'/srv/o47/a b': 'there'},
                                      unit='specifier@'),
    # links
    'link': Case('one', 'cat /etc/s1/current.conf', '', {'/etc/s1/current.conf': ('link', 'versions/1.conf'), '/etc/s1/versions/1.conf': 'one'}),
    'link-of-environment': Case('two', 'echo $N', 'EnvironmentFile=/etc/s2/env', {'/etc/s2/env': ('link', '../s2-real/env'), '/etc/s2-real/env': 'N=two\n'}),
    'link-of-links': Case('three', 'cat /etc/s3/a', '', {'/etc/s3/a': ('link', '/srv/s3/b'), '/srv/s3/b': ('link', 'c'), '/srv/s3/c': 'three'}),
    'link-of-a-credential': Case('four', 'cat $CREDENTIALS_DIRECTORY/t', 'LoadCredential=t:/etc/s4/t', {'/etc/s4/t': ('link', 't.1'), '/etc/s4/t.1': 'four'}),
    'link-in-a-text': Case('five', None, 'ExecStart=/bin/sh /srv/s5/app', {'/srv/s5/app': 'cat /etc/s5/c >$SAID\n', '/etc/s5/c': ('link', 'c.1'),
                                                                         '/etc/s5/c.1': 'five'}),
    'link-of-a-program': Case('six', None, 'ExecStart=/usr/local/sbin/s6-run', {'/usr/local/sbin/s6-run': ('link', '/opt/tool-1.2.3/bin/run'),
                                                                              '/opt/tool-1.2.3/bin/run': '#!/bin/sh\necho six >$SAID\n'}),
    'link-above-a-program': Case('seven', None, 'ExecStart=/usr/local/sbin/s7/bin/run', {'/usr/local/sbin/s7': ('link', '/opt/s7-1'),
                                                                                       '/opt/s7-1/bin/run': '#!/bin/sh\necho seven >$SAID\n'}),
    # programs
    'file-of-opt': Case('one', None, 'ExecStart=/usr/bin/python3 /opt/single.py', {'/opt/single.py': "open('/tmp/file-of-opt', 'w').write('one')\n"}),
    'venv': Case('two mod', None, 'ExecStart=/srv/py/venv/bin/python /srv/py/app.py', {
        '/srv/py/venv/bin/python': ('link', 'python3'), '/srv/py/venv/bin/python3': ('link', '/usr/bin/python3'), '/srv/py/venv/pyvenv.cfg': 'home = /usr/bin\n',
        '/srv/py/venv/lib/x': 'two', '/srv/py/module.py': "said = 'mod'\n",
        '/srv/py/app.py': "import sys, module\nopen('/tmp/venv', 'w').write(open(sys.prefix + '/lib/x').read() + ' ' + module.said)\n"}),
    'tree-of-srv': Case('three', None, 'ExecStart=/srv/o51/bin/run', {'/srv/o51/bin/run': '#!/bin/sh\ncat /srv/o51/lib/data >$SAID\n', '/srv/o51/lib/data': 'three'}),
    'file-of-srv': Case('four', None, 'ExecStart=/srv/o52', {'/srv/o52': '#!/bin/sh\necho four >$SAID\n'}),
    'own-interpreter': Case('five', None, 'ExecStart=/srv/o53/run', {'/srv/o53/run': '#!/opt/o53/bin/sh -e\necho five >$SAID\n', '/opt/o53/bin/sh': ('copy', '/bin/sh')}),
    'program-of-var': Case('six', None, 'ExecStart=/var/lib/o54/run', {'/var/lib/o54/run': '#!/bin/sh\necho six >$SAID\n'}),
    # settings around the unit
    'slice': Case('here', 'echo here', 'Slice=webapps-front.slice', {
        '/etc/systemd/system/webapps.slice': '[Slice]\nTasksMax=77\nMemoryMax=123M\n', '/etc/systemd/system/webapps-front.slice': '[Slice]\nTasksMax=66\n'}),
    'sysctl': Case('80 512 250 32000 100 128', 'cd /proc/sys; echo $(cat net/ipv4/ip_unprivileged_port_start net/core/somaxconn kernel/sem)', '', {
        '/etc/sysctl.d/60-mine.conf': '# mine\nnet.ipv4.ip_unprivileged_port_start = 80\n-net/core/somaxconn=512\nnet.ipv4.ip_forward=1\nvm.swappiness=1\n'
                                      'kernel.sem=250\t32000 100 128\n'}),
    'manager': Case('4321 9999 said', 'echo $(ulimit -Sn) $(ulimit -Hn) $OF_THE_HOST', '', {
        '/etc/systemd/system.conf.d/mine.conf': '[Manager]\nDefaultLimitNOFILE=4321:9999\nDefaultEnvironment=OF_THE_HOST=said "B=c d"\nDefaultTimeoutStopSec=7\n'
                                                'RuntimeWatchdogSec=10\n'}),
    'tmpfiles': Case('www-data 755', 'stat -c "%U %a" /run/myapp', f'User={WWW}', {
        '/etc/tmpfiles.d/anything.conf': 'd /run/myapp 0755 www-data www-data -\nd /run/of-nobody 0755 games games -\nw /sys/x - - - - 1\n'}),
    'tmpfiles-by-name': Case('root 750', 'stat -c "%U %a" /var/lib/byname', '', {
        '/etc/tmpfiles.d/tmpfiles-by-name.conf': 'd /var/lib/byname 0750 root root -\n'}),
    'tmpfiles-by-path': Case('root 700', 'stat -c "%U %a" /run/bypath', 'Environment=PLACE=/run/bypath', {
        '/etc/tmpfiles.d/others.conf': 'd /run/bypath 0700 root root -\nd /run/notme 0700 root root -\n'}),
    'host-names': Case('10.9.8.7 db.internal db', 'getent hosts db | tr -s " "'),
    # directories of logs, which configuration names
    'logs': Case('/var/log/site9 www-data 2750', "touch /var/log/site9/a.log && stat -c '%n %U %a' /var/log/site9".replace("'", '"'), f'User={WWW}\nEnvironment=LOG=/var/log/site9/a.log',
                 {'/var/log/site9': None}, user=WWW),
    'logs-of-configuration': Case('deep www-data', None, 'ExecStart=/bin/sh /srv/o81/run', {
        '/srv/o81/run': 'cd /srv/o82/x; echo $(basename $(echo logs/deep)) $(stat -c %U logs/deep) >$SAID # /etc/o81/conf\n', '/etc/o81/conf': 'log /srv/o82/x/logs/deep/a.log\n',
        '/srv/o82/x/logs/deep': None}, user=None),
    'log-of-an-owner': Case('www-data 640 0', 'stat -c "%U %a %s" /var/log/o83.log', 'Environment=LOG=/var/log/o83.log', {'/var/log/o83.log': 'of the host'}),
    # what is copied
    'capability': Case('bound', None, f'User={WWW}\nExecStart=/srv/o91/python /srv/o91/app.py', {'/srv/o91/python': ('copy', os.path.realpath('/usr/bin/python3')),
        '/srv/o91/app.py': "import os, socket\nsocket.create_server(('127.0.0.1', 79))\nopen(os.environ['SAID'], 'w').write('bound')\n"}),
    'fifo': Case('fifo', 'stat -c %F /srv/o92/ctl', 'ReadWritePaths=/srv/o92', {'/srv/o92/ctl': ('fifo',)}),
    # what is kept inside
    'device-policy': Case('null', 'echo null >/dev/null && echo null', 'DevicePolicy=closed\nDeviceAllow=/dev/null rw'),
    'device-policy-strict': Case('null', 'echo null >/dev/null && echo null', 'DevicePolicy=strict\nDeviceAllow=/dev/null rw\nDeviceAllow=char-pts rw'),
    'limit': Case('4321', 'ulimit -n', 'LimitNOFILE=4321'),
    'program-by-name': Case('seven', None, "ExecStart=sh -c 'echo seven >$SAID'"),
}


def put(path, content, user=None):
    path = pathlib.Path(path)
    made = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        path.mkdir()
    elif isinstance(content, tuple) and content[0] == 'fifo':
        os.mkfifo(path)
    elif isinstance(content, tuple) and content[0] == 'copy':
        shutil.copy(content[1], path)
    elif isinstance(content, tuple) and content[0] == 'hard':
        path.hardlink_to(content[1])
    elif isinstance(content, tuple):
        path.symlink_to(content[1])
    elif isinstance(content, bytes):
        path.write_bytes(content)
        path.chmod(0o755)
    else:
        path.unlink(missing_ok=True)
        path.write_text(content)
        path.chmod(0o755 if content.startswith('#!') else 0o644)
    if user:
        for one in [path, *made]:
            shutil.chown(one, user, user)


@pytest.fixture(scope='module')
def host(tmp_path_factory):
    """In this mount namespace what is written to these places of the host is the module's own."""
    covers = tmp_path_factory.mktemp('covers')
    run(['mount', '-t', 'tmpfs', 'tmpfs', covers])
    shared = [pathlib.Path(place) for place in ('/media', '/opt', '/usr/local/sbin')]  # are mounted inside, which an overlay cannot be
    for place in shared:
        (covers / place.name).mkdir(mode=0o755)
        run(['mount', '--bind', covers / place.name, place])
    places = [pathlib.Path(place) for place in ('/etc', '/home', '/srv', '/var/lib', '/var/log')]
    for place in places:
        upper, work = covers / f'upper{len(place.parts)}-{place.name}', covers / f'work{len(place.parts)}-{place.name}'
        upper.mkdir(mode=0o755)
        work.mkdir()
        run(['mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir={place},upperdir={upper},workdir={work}', place])
    yield pathlib.Path('/etc/systemd/system')
    for place in [*places, *shared, covers]:
        run(['umount', place])


@pytest.fixture(scope='module')
def all_cases(host):
    """(name, what create said) of the container of all cases, running."""
    with open('/etc/hosts', 'a', encoding='utf-8') as hosts:
        hosts.write('\n10.9.8.7\tdb.internal db # of the administrator\n127.0.0.2 not-inside\n')
    name, units = harness.new_name(), []
    for case, c in CASES.items():
        for path, content in c.files.items():
            put(path, content, c.user)
        (host / f'{c.unit or case}.service').write_text(c.text(case))
        units += ['-u', f'{case}.service']
    net_bind_service = struct.pack('<IIIII', 0x02000001, 1 << 10, 0, 0, 0)  # permitted, and effective from the start
    os.setxattr('/srv/o91/python', 'security.capability', net_bind_service)
    pathlib.Path('/var/log/site9').chmod(0o2750)
    shutil.chown('/srv/o82/x/logs/deep', WWW, WWW)
    shutil.chown('/var/log/o83.log', WWW, WWW)
    pathlib.Path('/var/log/o83.log').chmod(0o640)
    said = run([SERVICE, 'create', '-C', *units, name]).said
    said += run([SERVICE, 'start', name], check=False).said
    yield name, said
    isolation.remove(name)


def inside(name, *words, **options):
    return run([SERVICE, 'execute', name, '--', *words], **options)


@pytest.mark.parametrize('case', CASES)
def test_case(all_cases, case):
    name, said = all_cases
    unit = f'{case}.service'
    state = inside(name, 'systemctl', 'is-active', unit, check=False).stdout.strip()
    assert state == 'active', inside(name, 'journalctl', '--no-pager', '-u', unit, check=False).stdout + said
    if CASES[case].says:
        lines = inside(name, 'cat', f'/tmp/{case}').stdout.split('\n')
        assert CASES[case].says in lines


def test_logs_belong_to_whom_they_belong(all_cases):
    name, _ = all_cases
    assert inside(name, 'stat', '-c', '%U', '/var/log/myapp').stdout.strip() == WWW
    assert inside(name, 'cat', '/var/log/myapp/out.log', '/var/log/o37/deep/out.log').stdout == 'logged\nlogged\n'


@pytest.fixture
def create(host, names):
    """A function that makes a unit and a container of it; (name, what create said). Deleted after the test."""
    made = []

    def make(text, *options, files=None):
        unit = f'case{len(made)}.service'
        for path, content in (files or {}).items():
            put(path, content)
        (host / unit).write_text(text)
        made.append(names())
        return made[-1], run([SERVICE, 'create', '-C', '-u', unit, *options, made[-1]]).said

    yield make
    isolation.remove(*made)


def test_named_link_brings_what_it_leads_to(create, root):
    """As certbot has it: live/ex/privkey.pem leads into archive."""
    key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
    live, archive = '/etc/letsencrypt/live/ex', '/etc/letsencrypt/archive/ex'
    files = {f'{live}/{kind}.pem': ('link', f'../../archive/ex/{kind}1.pem') for kind in ('privkey', 'fullchain')}
    files |= {f'{archive}/privkey1.pem': key, f'{archive}/fullchain1.pem': 'chain'}
    name, _ = create('[Service]\nExecStart=/bin/sleep infinity\n', '--with', f'{live}/privkey.pem', '--with', f'{live}/fullchain.pem', files=files)
    tree = root / 'var/lib/libvirt/filesystems' / name
    assert (tree / live[1:] / 'privkey.pem').read_text() == key
    assert (tree / live[1:] / 'fullchain.pem').read_text() == 'chain'


def test_link_out_of_a_tree(create, root):
    files = {'/srv/appd/x': '1', '/srv/appd/shared': ('link', '/srv/elsewhere'), '/srv/appd/near': ('link', 'x'), '/srv/appd/up': ('link', '../elsewhere2/f'),
             '/srv/elsewhere/y': '2', '/srv/elsewhere2/f': '3', '/srv/appd/gone': ('link', '/srv/nosuch')}
    unit = '[Service]\nExecStart=/bin/sleep infinity\nReadWritePaths=/srv/appd\n'
    _, said = create(unit, files=files)
    assert '/srv/appd/shared is a symlink whose target does not exist in the container; --with /srv/elsewhere brings it' in said
    assert '--with /srv/elsewhere2/f brings it' in said
    assert '/srv/appd/near' not in said and '/srv/appd/gone' not in said
    name, said = create(unit, '--with', '/srv/elsewhere', '--with', '/srv/elsewhere2/f')
    assert 'symlink' not in said
    assert (root / 'var/lib/libvirt/filesystems' / name / 'srv/elsewhere/y').read_text() == '2'


@pytest.mark.parametrize('command, files, remedy', [
    ('/home/app/bin/run', {'/home/app/bin/run': '#!/bin/sh\n'}, '--with /home/app brings it'),
    ('/media/app/run', {'/media/app/run': '#!/bin/sh\n'}, '-m host-bind:/media/app=/media/app mounts it'),
    ('/usr/local/sbin/out', {'/usr/local/sbin/out': ('link', '/media/app/run2'), '/media/app/run2': '#!/bin/sh\n'}, '-m host-bind:/media/app=/media/app mounts it'),
    ('/opt/o61/run', {'/opt/o61/run': '#!/media/o61/sh\n', '/media/o61/sh': ('copy', '/bin/sh')}, '/media/o61/sh would not be in the container'),
    ('/opt/o62/run', {'/opt/o62/run': b'\x7fELF\x01\x01\x01' + bytes(9) + b'\x02\0\x03\0' + bytes(64)}, 'word size'),
    ('@/home/app/bin/run2 name', {'/home/app/bin/run2': '#!/bin/sh\n'}, '--with /home/app brings it'),
])
def test_program_outside(host, names, command, files, remedy):
    for path, content in files.items():
        put(path, content)
    (host / 'outside.service').write_text(f'[Service]\nExecStart={command}\n')
    name = names()
    refused([SERVICE, 'create', '-C', '-u', 'outside', name], 'outside.service cannot run in a container', remedy)
    assert run([SERVICE, 'list', '--all'], check=False).stdout.find(name) < 0


def test_home_of_a_user_that_is_named(create, root):
    """With its data, and its owner."""
    put('/home/app2/bin/run', '#!/bin/sh\n', 'www-data')
    name, said = create('[Service]\nUser=www-data\nWorkingDirectory=/home/app2\nExecStart=/home/app2/bin/run\n', '--with', '/home/app2')
    assert (root / 'var/lib/libvirt/filesystems' / name / 'home/app2/bin/run').owner() == 'www-data'


def test_directory_has_the_group_of_its_user(create, root):
    name, _ = create('[Service]\nUser=www-data\nWorkingDirectory=/srv/o63\nExecStart=/bin/sleep infinity\n')
    assert (root / 'var/lib/libvirt/filesystems' / name / 'srv/o63').group() == 'www-data'


@pytest.mark.parametrize('line, word', [
    ('ExecStart=/home/none/run', 'ExecStart=/home/none/run: there is no such program on this host'),
    ('ExecStart=nosuch-program', 'ExecStart=nosuch-program: there is no such program on this host'),
    ('ExecStart=/srv/o64', 'its interpreter /usr/bin/nosuch does not exist on this host'),
])
def test_program_that_is_nowhere(create, line, word):
    _, said = create(f'[Service]\n{line}\n', files={'/srv/o64': '#!/usr/bin/nosuch\n'})
    assert word in said


def test_program_that_may_fail_is_told_of(create):
    _, said = create('[Service]\nExecStartPre=-/media/x/pre\nExecStopPost=/media/x/post\nExecStart=/bin/sleep infinity\n',
                     files={'/media/x/pre': '#!/bin/sh\n', '/media/x/post': '#!/bin/sh\n'})
    assert 'ExecStartPre=/media/x/pre: /media/x/pre would not be in the container' in said
    assert 'ExecStopPost=/media/x/post: ' in said


@pytest.mark.parametrize('line, words', [
    ('User=alice', ['User=alice', 'above 65535']),
    ('User=100500', ['User=100500', 'above 65535']),
    ('RestrictNetworkInterfaces=ens18', ['RestrictNetworkInterfaces=ens18', 'an interface other than lo', '--ignore-directive RestrictNetworkInterfaces']),
    ('NFTSet=cgroup:inet:filter:x', ['NFTSet=', 'packet filters belong to the host', '--ignore-directive NFTSet']),
    ('LoadCredentialEncrypted=x:/etc/o71', ['LoadCredentialEncrypted=', "sealed with the host's own key"]),
    ('DeviceAllow=/dev/kmsg rw', ['DeviceAllow=/dev/kmsg', '--ignore-directive DeviceAllow']),
])
def test_cannot_be_given(host, names, line, words):
    for file, text in ('/etc/passwd', 'alice:x:100500:100500::/home/alice:/bin/sh\n'), ('/etc/group', 'alice:x:100500:\n'):
        if text not in pathlib.Path(file).read_text():
            with open(file, 'a', encoding='utf-8') as accounts:
                accounts.write(text)
    (host / 'ungiven.service').write_text(f'[Unit]\n[Service]\nExecStart=/bin/sleep infinity\n{line}\n')
    refused([SERVICE, 'create', '-C', '-u', 'ungiven', names()], 'ungiven.service cannot run in a container', *words)


def test_ignored_directive(create):
    name, said = create('[Service]\nIPAddressDeny=any\nExecStart=/bin/sleep infinity\n', '--ignore-directive', 'IPAddressDeny')
    assert 'IPAddressDeny=any: no filter enforces it' in said
    run([SERVICE, 'start', name])
    assert inside(name, 'systemctl', 'show', '-p', 'IPAddressDeny', 'case0.service').stdout.strip() == 'IPAddressDeny='


# Lines of a unit, and what its container may then: packets and ports, each of which it may without them.
SENDS = {'own': '127.0.0.1', 'network': '10.209.0.1', 'multicast': '224.0.0.9', 'six': '::1'}
KEPT = {
    '': {*SENDS, 'receives', 'tcp', 'udp'},
    'IPAddressDeny=any\nIPAddressAllow=localhost\nSocketBindDeny=any\nSocketBindAllow=tcp:8000-8090': {'own', 'six', 'tcp'},
    'IPAddressDeny=::/0\nIPAddressDeny=\nIPAddressDeny=::1 10.209.0.0/16 127.0.0.5\nSocketBindDeny=ipv4:udp:53': {'own', 'multicast', 'tcp'},
    'RestrictNetworkInterfaces=~lo': {'network', 'multicast', 'tcp', 'udp'},
    'RestrictNetworkInterfaces=lo\nIPAddressDeny=127.0.0.5 224.0.0.0/8': {'own', 'six', 'tcp', 'udp'},
}
TRIES = '''
import socket
def one(call):
    try: call(); return True
    except OSError: return False
def open(where, kind=socket.SOCK_DGRAM): return socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, kind)
def receives():
    receiver, sender = open(""), open("")
    receiver.bind(("127.0.0.1", 8081))
    sender.bind(("127.0.0.5", 8082))
    sender.sendto(b"x", ("127.0.0.1", 8081))
    receiver.recv(1, socket.MSG_DONTWAIT)
tries = {"receives": receives, "tcp": lambda: open("", socket.SOCK_STREAM).bind(("127.0.0.1", 8080)), "udp": lambda: open("").bind(("127.0.0.1", 53))}
tries |= {name: lambda where=where: open(where).sendto(b"x", (where, 7)) for name, where in SENDS.items()}
print(*(name for name, call in tries.items() if one(call)))
'''


def test_kept_sockets(host, names, root):
    """One container, whose description has the rules of another unit for each start."""
    name = names()
    (host / 'kept.service').write_text('[Service]\nIPAddressDeny=10.99.0.0/16\nExecStart=/bin/sleep infinity\n')
    said = run([SERVICE, 'create', '-C', '-N', 'default', '-u', 'kept', name]).said
    assert 'IPAddressDeny=10.99.0.0/16: kept from outside, for the whole container' in said
    file = root / 'etc/libvirt-sandbox/services' / f'{name}.sandbox'
    text = file.read_text()
    assert 'socket-rule=IPAddressDeny=10.99.0.0/16\n' in text
    for lines, may in KEPT.items():
        (host / 'kept.service').write_text(f'[Service]\n{lines}\nExecStart=/bin/sleep infinity\n')
        run([SERVICE, 'upgrade', name])
        assert ('socket-rule=' in file.read_text()) == (lines != '')
        run([SERVICE, 'start', name])
        try:
            found = inside(name, 'python3', '-c', f'SENDS = {SENDS}\n{TRIES}').stdout.split()
        finally:
            run([SERVICE, 'stop', '-t', '1', name])
        assert set(found) == may, lines
    file.write_text(file.read_text().replace('socket-rule=', 'socket-rule=IPAddressDeny=nowhere\nsocket-rule='))
    refused([SERVICE, 'start', name], 'socket-rule', 'IPAddressDeny=nowhere')
    run([SERVICE, 'delete', name], check=False)
    file.write_text(text)
    run([SERVICE, 'delete', name])


def test_settings_of_the_host(all_cases):
    name, _ = all_cases
    assert inside(name, 'systemctl', 'show', '-P', 'TasksMax', 'webapps.slice').stdout.strip() == '77'
    assert inside(name, 'systemctl', 'show', '-P', 'TasksMax', 'webapps-front.slice').stdout.strip() == '66'
    assert inside(name, 'systemctl', 'show', '-P', 'TimeoutStopUSec', 'manager.service').stdout.strip() == '7s'
    assert 'not-inside' not in inside(name, 'cat', '/etc/hosts').stdout
    assert inside(name, 'systemctl', 'is-active', 'systemd-tmpfiles-setup.service').stdout.strip() == 'active'
    assert inside(name, 'sh', '-c', 'ls /run/of-nobody || ls /run/notme', check=False).returncode != 0


def test_notifier_of_a_failure(host, create):
    (host / 'notify@.service').write_text('[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo %i >/run/notified"\n')
    (host / 'done@.service').write_text('[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo %i >/run/done"\n')
    name, _ = create('[Unit]\nOnFailure=notify@%n.service\nOnSuccess=done@%p.service\n[Service]\nExecStart=/bin/sleep infinity\n')
    run([SERVICE, 'start', name])
    inside(name, 'systemctl', 'kill', '-s', 'KILL', 'case0.service')
    assert harness.wait_for(lambda: inside(name, 'cat', '/run/notified', check=False).stdout.strip(), 'the notifier ran') == 'case0.service'
    inside(name, 'sh', '-c', 'systemctl reset-failed case0; systemctl start case0; systemctl stop case0')
    assert harness.wait_for(lambda: inside(name, 'cat', '/run/done', check=False).stdout.strip(), 'the other ran') == 'case0'


@pytest.mark.skipif(not pathlib.Path('/usr/sbin/cron').exists(), reason='cron is not installed')
def test_accounts_of_cron(host, names, root):
    """The sixth field of a job of cron.d, and the owner of a crontab."""
    for user, number in ('app7', 1107), ('app8', 1108):
        with open('/etc/passwd', 'a', encoding='utf-8') as accounts:
            accounts.write(f'{user}:x:{number}:{number}::/srv:/bin/sh\n')
        with open('/etc/group', 'a', encoding='utf-8') as groups:
            groups.write(f'{user}:x:{number}:\n')
    put('/etc/cron.d/app7', '* * * * * app7 /bin/true\n')
    tabs = pathlib.Path('/var/spool/cron/crontabs')
    run(['mount', '-t', 'tmpfs', '-o', 'mode=1730', 'tmpfs', tabs])
    name = names()
    try:
        (tabs / 'app8').write_text('* * * * * /bin/true\n')
        os.chown(tabs / 'app8', 1108, -1)
        run([SERVICE, 'create', '-C', '-u', 'cron', name])
    finally:
        run(['umount', tabs])
    try:
        accounts = (root / 'var/lib/libvirt/filesystems' / name / 'etc/passwd').read_text()
        assert 'app7:' in accounts and 'app8:' in accounts
    finally:
        run([SERVICE, 'delete', name])


def test_owner_beyond_the_range(create):
    put('/srv/o93/x', '1')
    put('/srv/o93/y', '2')
    for file in 'xy':
        os.chown(f'/srv/o93/{file}', 100500, 100500)
    _, said = create('[Service]\nExecStart=/bin/sleep infinity\n', '--with', '/srv/o93')
    assert said.count('belongs to a number above 65535') == 1


def test_manager_of_a_person(host, names):
    refused([SERVICE, 'create', '-C', '-u', 'user@1000.service', names()], 'user@1000.service cannot run in a container', "person's session")


def test_configuration_of_an_account(create, root):
    """Made by a maintainer script or by hand: whose it is says for whom."""
    with open('/etc/passwd', 'a', encoding='utf-8') as accounts:
        accounts.write('app9:x:1109:1109::/nonexistent:/bin/sh\n')
    with open('/etc/group', 'a', encoding='utf-8') as groups:
        groups.write('app9:x:1109:\n')
    put('/etc/o95-other/conf', 'mine', 'app9')
    name, _ = create('[Service]\nUser=app9\nExecStart=/bin/sleep infinity\n')
    tree = root / 'var/lib/libvirt/filesystems' / name
    assert (tree / 'etc/o95-other/conf').read_text() == 'mine' and (tree / 'etc/o95-other').stat().st_uid == 1109


def test_wanted_unit_of_another_package(create, host):
    (host / 'of-nobody.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    _, said = create('[Unit]\nWants=cron.service of-nobody.service\n[Service]\nExecStart=/bin/sleep infinity\n')
    assert 'Wants=cron.service: it is not in the container: -u cron.service brings it' in said
    assert '-u of-nobody.service' not in said


def test_hidden_content_stays_outside(all_cases, root):
    assert not (root / 'var/lib/libvirt/filesystems' / all_cases[0] / 'srv/o36/secret').exists()


def test_journal_of_a_namespace(create):
    name, _ = create('[Unit]\nRequiresMountsFor=/srv /home\n[Service]\nStateDirectory=o98\nLogNamespace=noisy\nExecStart=/bin/sh -c "echo of-the-namespace; exec sleep infinity"\n')
    run([SERVICE, 'start', name])
    harness.wait_for(lambda: 'of-the-namespace' in run([SERVICE, 'logs', name, '--namespace=noisy']).stdout, 'it was said')
    run([SERVICE, 'stop', name])
    # A journald that ends may say that it could not allocate its idle timer any more (systemd 252): no mount has to do with that.
    failed = [line for line in run([SERVICE, 'logs', name, '-p', 'err']).stdout.splitlines() if 'Failed' in line and 'idle timer' not in line]
    assert failed == [], 'its mounts stay until it ends'
    for words in ['--namespace=noisy'], ['--namespace', 'noisy'], ['--namesp=+noisy'], ['-q', '--namespace=*']:
        assert 'of-the-namespace' in run([SERVICE, 'logs', name, *words]).stdout
    assert 'of-the-namespace' not in run([SERVICE, 'logs', name]).stdout
    assert 'Journal started' not in run([SERVICE, 'logs', name, '--namespace=noisy', '-u', 'case0']).stdout
    refused([SERVICE, 'logs', name, '--namespace=other'], f'container {name} has no journal of the namespace other')
    refused([SERVICE, 'logs', name, '--namespace=../x'], '--namespace=../x: there is no such name')


def test_immutable_file_is_named(create, root):
    name, _ = create('[Service]\nExecStart=/bin/sleep infinity\n', files={'/var/lib/o97/deep/data': 'x', '/var/lib/o97/deep/other': 'x'})
    place = root / 'var/lib/libvirt/filesystems' / name / 'srv/o97'
    (place / 'deep').mkdir(parents=True)
    for path in place / 'deep/data', place / 'deep':  # a file, and a directory with something in it
        path.touch()
        (place / 'deep/data').touch()
        run(['chattr', '+i', path])
        try:
            said = refused([SERVICE, 'delete', name], 'srv/o97/deep', 'is immutable', 'chattr').stderr
            assert 'interrupted' not in said
        finally:
            run(['chattr', '-i', path])
        (place / 'deep').mkdir(parents=True, exist_ok=True)
    run([SERVICE, 'delete', name], check=False)  # finishes what was begun, whatever it is asked for
    assert not (root / 'var/lib/libvirt/filesystems' / name).exists()


def test_reason_of_a_failure_is_not_lost(create):
    name, _ = create('[Service]\nType=notify\nExecStart=/bin/sh -c "echo FATAL-FIRST; for i in $(seq 200); do echo trace $$i; done; echo FATAL-LAST; exit 3"\n')
    said = refused([SERVICE, 'start', name], 'FATAL-LAST', 'lines left out', "Failed with result 'exit-code'").stderr
    assert 'trace 150' not in said and said.count('\n') < 30


def plan(*options):
    return run([SERVICE, 'create', '--dry-run', '-C', *options, 'planned']).said


@pytest.mark.parametrize('line', [
    'ExecStart=/bin/sh -c "cd /srv/o111 && exec python3 app.py"',
    'ExecStart=/bin/sh -ec "exec /usr/bin/python3 /srv/o111/app.py"',
    'ExecStart=/usr/bin/env MODE=production python3 /srv/o111/app.py',
    'ExecStart=/usr/bin/python3 -u /srv/o111/app.py --verbose',
    'WorkingDirectory=/srv/o111\nExecStart=python3 app.py',
    'WorkingDirectory=-/srv/o111\nExecStart=/bin/sh -c "python3 ./app.py"',
])
def test_script_however_it_is_started(host, line):
    """The script is read for what it names, and comes with the directory that it is in."""
    put('/srv/o111/app.py', "open('/etc/o111/settings')\n")
    put('/srv/o111/lib/module.py', "open('/srv/o112/data')\nopen('/data/o112/x')\nopen('/etc/passwd')\n")
    put('/etc/o111/settings', 'set')
    put('/srv/o112/data', 'x')
    (host / 'script.service').write_text(f'[Service]\n{line}\n')
    said = plan('-u', 'script')
    assert ' /etc/o111/settings ' in said and ' /srv/o111 ' in said
    assert '/srv/o111/lib/module.py names /srv/o112/data, which the container lacks: --with /srv/o112/data copies it' in said
    assert 'names /etc/passwd' not in said
    assert 'names /srv/o112' not in plan('-u', 'script', '--with', '/srv/o112')


def test_patterns_of_configuration(host):
    """What a pattern fits comes, and where logs go is made, but for what is another package's."""
    put('/etc/o113/conf', 'include /srv/o113/*.conf\nlog /var/log/o113/$host.log\nlog "/srv/o114/logs/%Y/x"\ninclude /etc/pam.d/su*\ninclude /etc/o115/*\n')
    put('/srv/o113/a.conf', 'data /srv/o116\n')
    put('/srv/o113/b.other', '')
    for directory in '/var/log/o113', '/srv/o114/logs', '/srv/o116':
        put(directory, None)
    put('/etc/o115/x', 'data /srv/o117\n')
    put('/srv/o117/data', '')
    (host / 'patterns.service').write_text('[Service]\nExecStart=/bin/sleep infinity --conf /etc/o113/conf\n')
    said = plan('-u', 'patterns')
    for path in '/srv/o113/a.conf', '/var/log/o113', '/srv/o114/logs', '/etc/o115/x', '/srv/o117':
        assert f' {path} ' in said
    assert '/srv/o113/b.other' not in said and 'named in /etc/o113/conf: /etc/pam.d/su' not in said


def test_application_of_another_package(host):
    put('/etc/o118/conf', 'Alias /m /usr/share/munin/x\nroot /usr/share/zoneinfo/x\n')
    (host / 'shows.service').write_text('[Service]\nExecStart=/bin/sleep infinity --conf /etc/o118/conf\n')
    said = plan('-u', 'shows')
    package = next(name for name in ('munin-node', 'munin') if pathlib.Path(f'/var/lib/dpkg/info/{name}.conffiles').exists())
    assert f'/etc/o118/conf names /usr/share/munin of package {package}' in said and f'-P {package} brings them' in said
    assert 'zoneinfo' not in said
    assert '/usr/share/munin' not in plan('-u', 'shows', '-P', package)


@pytest.mark.skipif(not pathlib.Path('/usr/sbin/logrotate').exists(), reason='logrotate is not installed')
def test_rotation_of_logs(host, names):
    """An entry of the administrator's works inside: logs, their directories, owners and the account that it names."""
    for user, number in ('app11', 1121), ('app12', 1122):
        with open('/etc/passwd', 'a', encoding='utf-8') as accounts:
            accounts.write(f'{user}:x:{number}:{number}::/nonexistent:/bin/sh\n')
        with open('/etc/group', 'a', encoding='utf-8') as groups:
            groups.write(f'{user}:x:{number}:\n')
    put('/var/log/o119/a.log', 'x', 'app11')
    put('/var/log/o120/b.log', 'x', 'app12')
    put('/etc/logrotate.d/o119', '/var/log/o119/*.log {\n su app11 adm\n daily\n}\n')
    put('/etc/logrotate.d/o120', '/var/log/o120/b.log {\n weekly\n}\n')
    name = names()
    run([SERVICE, 'create', '-C', '-u', 'logrotate.timer', name])
    try:
        run([SERVICE, 'start', name])
        assert inside(name, 'systemctl', 'start', 'logrotate.service', check=False).returncode == 0, inside(name, 'journalctl', '-u', 'logrotate').stdout
        assert inside(name, 'stat', '-c', '%U', '/var/log/o119', '/var/log/o120/b.log').stdout.split() == ['app11', 'app12']
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])


@pytest.mark.skipif(not pathlib.Path('/etc/init.d/nginx').exists(), reason='nginx is not installed')
def test_init_script_of_a_service(host, names):
    """nginx's entry of logrotate calls for `rotate`, which is no verb of systemd: without its script the old log would be written to for ever."""
    name = names()
    run([SERVICE, 'create', '-C', '-u', 'nginx', name])
    try:
        run([SERVICE, 'start', name])
        ask = 'curl -so /dev/null http://127.0.0.1/'
        script = f'{ask}; cd /var/log/nginx; mv access.log access.log.1; service nginx rotate; until [ -e access.log ]; do :; done; {ask}; wc -l <access.log'
        assert inside(name, 'sh', '-ec', script).stdout.split()[-1] == '1'
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])


@pytest.mark.skipif(not pathlib.Path('/etc/logrotate.d/nginx').exists(), reason='nginx is not installed')
def test_rotation_that_is_left_out_is_told():
    assert '/etc/logrotate.d/nginx of package nginx-common has no effect in the container: -u logrotate.timer rotates logs' in plan('-u', 'nginx', '-P', 'nginx-common')
    assert 'has no effect' not in plan('-u', 'nginx', '-u', 'logrotate.timer')


def add_account(user, number, home='/nonexistent', hashed='!'):
    for file, line in ('passwd', f'{user}:x:{number}:{number}::{home}:/bin/sh'), ('group', f'{user}:x:{number}:'), ('shadow', f'{user}:{hashed}:19000:0:99999:7:::'):
        with open(f'/etc/{file}', 'a', encoding='utf-8') as accounts:
            accounts.write(line + '\n')


def test_account_of_the_host(create, host, names, root):
    hashed = '$y$j9T$abcdefghijklmnopqrstu.$Kh0lJ0zXbfVnEwZ1mTqGkH2mMbr8v0u8YqCB4oE2Xk2'
    add_account('person1', 1201, '/home/person1', hashed)
    add_account('person2', 1202, '/home/person2', hashed)
    add_account('person3', 1203)
    put('/home/person1/mine', 'secret', 'person1')
    unit = '[Service]\nExecStart=/bin/sleep infinity\n'
    name, _ = create(unit, '--account', 'person1,password', '--account', 'person2')
    tree = root / 'var/lib/libvirt/filesystems' / name
    shadow = dict(line.split(':')[:2] for line in (tree / 'etc/shadow').read_text().splitlines())
    assert shadow['person1'] == hashed and shadow['person2'] == '!*' and 'person3' not in shadow
    assert (tree / 'home/person1').stat().st_uid == 1201 and not list((tree / 'home/person1').iterdir())
    assert hashed not in run([SERVICE, 'inspect', name]).said + plan('-u', 'case0', '--account', 'person1,password')
    shown = plan('--json', '-u', 'case0', '--account', 'person1,password')
    assert hashed not in shown and '"/etc/shadow"' in shown
    run([SERVICE, 'start', name])
    assert inside(name, 'id', '-un', '1202').stdout.strip() == 'person2'
    for words, *said in (['person4', 'there is no such account on this host'], ['person3,password', 'has no password on the host, or a locked one'],
                         ['person1,secret', 'is not the NAME of an account, or NAME,password'], ['1201', 'is not the NAME of an account']):
        refused([SERVICE, 'create', '-C', '-u', 'case0', '--account', words, names()], *said)


@pytest.mark.skipif(not pathlib.Path('/usr/sbin/vsftpd').exists(), reason='vsftpd is not installed')
def test_users_of_the_host_are_spoken_of(host):
    add_account('person5', 1205)
    word = 'vsftpd serves accounts of its machine'
    assert word in plan('-u', 'vsftpd') and word not in plan('-u', 'vsftpd', '--account', 'person5')


def test_accounts_added_on_both_sides(create, root):
    """upgrade merges them by name; what was made inside stays."""
    add_account('both1', 1211)
    name, _ = create('[Service]\nUser=both1\nExecStart=/bin/sleep infinity\n')
    tree = root / 'var/lib/libvirt/filesystems' / name / 'etc'
    for file, line in ('passwd', 'inside:x:1300:1300::/:/bin/sh'), ('group', 'inside:x:1300:'), ('shadow', 'inside:$y$x:1::::::'), ('gshadow', 'inside:!::'):
        with open(tree / file, 'a', encoding='utf-8') as accounts:
            accounts.write(line + '\n')
    add_account('both2', 1212)
    add_account('both3', 1300)
    pathlib.Path('/etc/systemd/system/case0.service').write_text('[Service]\nUser=both1\nGroup=both2\nSupplementaryGroups=both3\nExecStart=/bin/sleep infinity\n')
    said = run([SERVICE, 'upgrade', name]).stdout
    assert 'Conflict' not in said and 'Updated /etc/group, which was changed here as well: added both2' in said
    assert 'Left account both3 out of /etc/group: another one has its number here' in said
    for file in 'passwd', 'group', 'shadow', 'gshadow':
        lines = [line.split(':')[0] for line in (tree / file).read_text().splitlines()]
        assert 'inside' in lines and 'both2' in lines and len(lines) == len(set(lines))
    assert (tree / 'shadow').stat().st_mode & 0o777 == 0o640
    assert 'both2' not in run([SERVICE, 'upgrade', name]).stdout


@pytest.fixture
def command(names):
    """A function that makes a container of a command: (name, what create said). Deleted after the test."""
    made = []

    def make(*words, options=()):
        made.append(names())
        return made[-1], run([SERVICE, 'create', '-C', *options, made[-1], '--', *words]).said

    yield make
    for name in made:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])


@pytest.mark.skipif(not pathlib.Path('/usr/sbin/nginx').exists(), reason='nginx is not installed')
def test_package_of_a_program(command, host):
    """As the unit's would be: its configuration, accounts and data, those of the administrator included."""
    put('/etc/nginx/conf.d/o121.conf', 'server { listen 8121; access_log /var/log/o121/x.log; root /srv/o121; }\n')
    put('/var/log/o121', None)
    put('/srv/o121/index.html', 'of-the-command')
    try:
        name, _ = command('/usr/sbin/nginx', '-g', 'daemon off;')
    finally:
        pathlib.Path('/etc/nginx/conf.d/o121.conf').unlink()
    run([SERVICE, 'start', name])
    get = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8121/').read().decode())"
    assert inside(name, 'python3', '-c', get).stdout.strip() == 'of-the-command'
    assert inside(name, 'id', '-un', '33').stdout.strip() == WWW
    assert 'uid=0(root)' in run([SERVICE, 'connect', name], input='id; exit\n').stdout


def test_command_of_ones_own(command, host, names, root):
    put('/srv/o122/run', '#!/bin/sh\ncat /etc/o122.conf; exec sleep infinity\n')
    put('/etc/o122.conf', 'said')
    put('/home/o122/run', '#!/bin/sh\n')
    name, _ = command('/srv/o122/run')
    run([SERVICE, 'start', name])
    assert run([SERVICE, 'logs', name]).stdout.strip() == 'said'
    name, said = command('sh', '-c', 'cd /srv/o122 && exec ./run', options=['-U', WWW])
    assert (root / 'var/lib/libvirt/filesystems' / name / 'etc/o122.conf').exists()
    refused([SERVICE, 'create', '-C', names(), '--', '/home/o122/run'], 'the command cannot run in a container', '--with /home/o122 brings it')
    _, said = command('nosuchcommand')
    assert 'argv=nosuchcommand: there is no such program on this host' in said
    assert 'no such program' not in command('/mnt/o122', options=['-m', 'host-bind:/mnt=/srv'])[1]


@pytest.mark.skipif(not pathlib.Path('/usr/sbin/haproxy').exists(), reason='haproxy is not installed')
def test_directories_that_only_systemd_makes(command):
    assert '/run/haproxy of package haproxy is not made where a command runs without systemd' in command('/usr/sbin/haproxy', '-f', '/etc/haproxy/haproxy.cfg', '-db')[1]
    assert '/run/' not in command('/usr/bin/true')[1]


def openssl(*words):
    return run(['openssl', *words], cwd='/').stdout


@pytest.mark.parametrize('algorithm, option, kind', [('RSA', 'rsa_keygen_bits:2048', 'Modulus:'), ('EC', 'ec_paramgen_curve:secp384r1', 'secp384r1'), ('ED25519', None, 'ED25519')])
def test_fresh_key_is_of_the_same_kind(create, root, algorithm, option, kind):
    """And its certificates are those with its public key, whatever they are called."""
    place = f'/etc/o123{algorithm}'
    put(f'{place}/conf', f'key {place}/k.pem\ncert {place}/site-chain.crt\nonly {place}/of-another.pem\nalso {place}/alone\ndkim {place}/bare\n')
    put(f'{place}/other.key', '')
    for key in 'k.pem', 'bare', 'other.key':
        openssl('genpkey', '-algorithm', algorithm, *(['-pkeyopt', option] if option else []), '-out', f'{place}/{key}')
    for key, certificate in ('k.pem', 'site-chain.crt'), ('k.pem', 'alone'), ('other.key', 'of-another.pem'):
        openssl('req', '-x509', '-new', '-subj', '/CN=of-the-host', '-key', f'{place}/{key}', '-out', f'{place}/{certificate}')
    pathlib.Path(f'{place}/other.key').unlink()
    name, said = create(f'[Service]\nExecStart=/bin/sleep infinity --conf {place}/conf\n')
    tree = f'{root}/var/lib/libvirt/filesystems/{name}{place}'
    assert kind in openssl('pkey', '-in', f'{tree}/k.pem', '-noout', '-text_pub') and kind in openssl('pkey', '-in', f'{tree}/bare', '-noout', '-text_pub')
    public = openssl('pkey', '-in', f'{tree}/k.pem', '-pubout')
    assert public != openssl('pkey', '-in', f'{place}/k.pem', '-pubout')
    assert f'{place}/bare is a private key and stays on the host: a fresh one is made, which fits no certificate' in said
    run([SERVICE, 'start', name])
    for certificate in 'site-chain.crt', 'alone':
        assert inside(name, 'openssl', 'x509', '-in', f'{place}/{certificate}', '-noout', '-pubkey').stdout == public
    assert 'of-the-host' in openssl('x509', '-in', f'{tree}/of-another.pem', '-noout', '-subject')


def test_host_name_of_its_own(create, names):
    name, _ = create('[Unit]\nConditionHost=mail.example.org\n[Service]\nExecStart=/bin/sleep infinity\n', '--hostname', 'mail.example.org')
    copy = names()
    run([SERVICE, 'clone', name, copy])
    try:
        for one in name, copy:
            run([SERVICE, 'start', one])
            assert inside(one, 'hostname').stdout.strip() == 'mail.example.org' and inside(one, 'hostname', '-s').stdout.strip() == 'mail'
            assert inside(one, 'cat', '/etc/hostname').stdout.strip() == 'mail.example.org'
            assert inside(one, 'systemctl', 'is-active', 'case0').stdout.strip() == 'active'
    finally:
        run([SERVICE, 'stop', copy], check=False)
        run([SERVICE, 'delete', copy])
    assert run(['virt-sandbox', '--hostname', 'other', '--', 'hostname']).stdout.strip() == 'other'


@pytest.mark.skipif(not pathlib.Path('/usr/bin/memcached').exists(), reason='memcached is not installed')
def test_data_under_the_name_of_the_host():
    rules = pathlib.Path(os.environ['VIRT_SANDBOX_RULES'], '99-host-name.rules')
    rules.write_text('[host-name test]\npackage=memcached\n')
    try:
        word = 'memcached keeps its data under the name of its host, which is planned inside: --hostname'
        assert word in plan('-u', 'memcached') and word not in plan('-u', 'memcached', '--hostname', 'here')
    finally:
        rules.unlink()
    assert word not in plan('-u', 'memcached')


def test_mount_below_usr(host):
    """An overlay cannot be id-mapped, a tmpfs can (control)."""
    place, word = '/usr/local/sbin', 'is mounted from a file system that cannot be id-mapped'
    (host / 'below.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    assert word not in plan('-u', 'below')
    run(['mount', '-t', 'overlay', 'overlay', '-o', f'lowerdir={place}:/usr/share', place])
    try:
        assert f'{place} {word}' in plan('-u', 'below')
    finally:
        run(['umount', place])

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Neighbours of the inputs of test_unit_cases.py: other directives, places and spellings of each kind, which no list of examples names.

What must be seen inside runs in one container; what create must say or refuse is asked of --dry-run.
"""
import os

import pytest

import harness
import isolation
from harness import refused, run
from test_unit_cases import SERVICE, WWW, Case, host, inside, plan, put  # noqa: F401 (fixtures)

SH = '#!/bin/sh\n'

CASES = {
    # A: what directives name
    'a-cache': Case('www-data', 'stat -c %U $CACHE_DIRECTORY; ls $CACHE_DIRECTORY', f'User={WWW}\nCacheDirectory=n01', {'/var/cache/n01/x': 'a cache begins empty'}),
    'a-logs': Case('www-data 700', 'stat -c "%U %a" $LOGS_DIRECTORY', f'User={WWW}\nLogsDirectory=n01\nLogsDirectoryMode=0700'),
    'a-two-states': Case('1 2', 'echo $(cat /var/lib/n02/a/x) $(cat /var/lib/n02b/x)', 'StateDirectory=n02/a n02b', {'/var/lib/n02/a/x': '1', '/var/lib/n02b/x': '2'}),
    'a-state-link': Case('3', 'cat /var/lib/n03-alias/x', 'StateDirectory=n03:n03-alias', {'/var/lib/n03/x': '3'}),
    'a-state-specifier': Case('4', 'cat /var/lib/n04-a-state-specifier/x', 'StateDirectory=n04-%N', {'/var/lib/n04-a-state-specifier/x': '4'}),
    'a-home-tilde': Case('5', 'cat $PWD/x', 'User=n05\nWorkingDirectory=~', {'/var/lib/n05/x': '5'}),
    'a-search-path': Case('6', None, 'ExecSearchPath=/srv/n06/bin:/usr/bin\nExecStart=n06-run', {'/srv/n06/bin/n06-run': SH + 'echo 6 >$SAID\n'}),
    'a-root-directory-cwd': Case('7', None, 'RootDirectory=/srv/n07\nBindReadOnlyPaths=/usr /bin /lib -/lib64\nBindPaths=/tmp\nMountAPIVFS=yes\nWorkingDirectory=/app\n'
                                 'ExecStart=/bin/sh -c "cat x >$$SAID"', {'/srv/n07/app/x': '7'}),
    'a-temporary': Case('x', 'ls /srv/n08', 'TemporaryFileSystem=/srv/n08:ro\nBindReadOnlyPaths=/etc/n08/x:/srv/n08/x', {'/srv/n08/secret': '', '/etc/n08/x': ''}),
    'a-bind-new': Case('9', 'cat /var/lib/n09/new/x', 'BindPaths=/srv/n09:/var/lib/n09/new', {'/srv/n09/x': '9'}),
    'a-requires-mounts': Case('10', 'cat /srv/n10/x', '[Unit]\nRequiresMountsFor=/srv/n10', {'/srv/n10/x': '10'}),
    'a-condition-opt': Case('met', 'echo met', '[Unit]\nConditionPathExists=/opt/n11/flag', {'/opt/n11/flag': ''}),
    'a-condition-home': Case('met', 'echo met', '[Unit]\nAssertPathExists=/usr/local/sbin/n11', {'/usr/local/sbin/n11': ''}),
    'a-condition-not': Case('met', 'echo met', '[Unit]\nConditionPathExists=!/etc/n12/off\nConditionFileNotEmpty=/etc/n12/on', {'/etc/n12/on': 'x'}),
    'a-environment-opt': Case('13', 'echo $N', 'EnvironmentFile=/opt/n13/env', {'/opt/n13/env': 'N=13\n'}),
    'a-environment-root': Case('14', 'echo $N', 'EnvironmentFile=/srv/n14/.env', {'/srv/n14/.env': 'N=14\n'}),
    'a-environment-optional': Case('15 1', 'echo $N $M', 'EnvironmentFile=-/etc/n15/nosuch\nEnvironmentFile=-/etc/n15/[ab]?.env', {'/etc/n15/a1.env': 'N=15\n', '/etc/n15/b2.env': 'M=1\n'}),
    'a-credentials': Case('16 17', 'cd $CREDENTIALS_DIRECTORY; echo $(cat k_a) $(cat l)', 'LoadCredential=k:/etc/n16\nLoadCredential=l:n17.token', {'/etc/n16/a': '16', '/etc/credstore/n17.token': '17'}),
    'a-set-credential': Case('18', 'cat $CREDENTIALS_DIRECTORY/c', 'SetCredential=c:18'),
    'a-output-file': Case('', None, f'User={WWW}\nStandardOutput=file:/var/lib/n19/out\nStandardError=append:/srv/n19/log/err\nExecStart=/bin/echo', {'/var/lib/n19': None, '/srv/n19/log': None}, user=WWW),
    'a-working-opt': Case('20', 'cat x', 'WorkingDirectory=/opt/n20', {'/opt/n20/x': '20'}),
    'a-exec-paths': Case('22', 'echo 22', 'NoExecPaths=/srv\nExecPaths=/srv/n22 -/nosuch', {'/srv/n22/x': ''}),
    'a-inaccessible-file': Case('-', 'cat /etc/n23/key 2>/dev/null || echo -', f'User={WWW}\nInaccessiblePaths=/etc/n23/key -/etc/nosuch', {'/etc/n23/key': 'x'}),
    'a-read-only-home': Case('here', 'echo here', 'ReadOnlyPaths=/home/n24 /opt/n24', {'/home/n24/x': '', '/opt/n24/x': ''}),
    'a-tilde-of-root': Case('25', 'cat /etc/n25.toml', 'Environment=CONFIG=/etc/n25.toml', {'/etc/n25.toml': '25'}),
    'a-working-specifier': Case('26', 'cat x', 'WorkingDirectory=%S/n26', {'/var/lib/n26/x': '26'}),
    'a-environment-specifier': Case('27', 'echo $N', 'EnvironmentFile=%E/n27/%p.env', {'/etc/n27/a-environment-specifier.env': 'N=27\n'}),
    # B: blanks, quotes, variables
    'b-condition': Case('met', 'echo met', '[Unit]\nConditionPathExists=/etc/n my/flag', {'/etc/n my/flag': ''}),
    'b-state': Case('1', 'cat "/var/lib/n my/x"', 'StateDirectory="n my"', {'/var/lib/n my/x': '1'}),
    'b-credential': Case('2', 'cat $CREDENTIALS_DIRECTORY/t', 'LoadCredential=t:/etc/n my/token', {'/etc/n my/token': '2'}),
    'b-output': Case('', None, 'StandardOutput=append:/var/log/n my/out log\nExecStart=/bin/echo logged', {'/var/log/n my': None}),
    'b-continued': Case('3', None, "ExecStart=/bin/sh \\\n# a comment\n  -c \\\n  'cat \"/etc/n my/three\" >$SAID'", {'/etc/n my/three': '3'}),
    'b-single-quotes': Case('4', None, "ExecStart='/opt/n my/run it' '/etc/n my/four'", {'/opt/n my/run it': SH + 'cat "$1" >$SAID\n', '/etc/n my/four': '4'}),
    'b-percent': Case('5', None, 'ExecStart=/srv/n%%5/run', {'/srv/n%5/run': SH + 'echo 5 >$SAID\n'}),
    'b-unicode': Case('6', None, 'ExecStart=/srv/nBüro/run', {'/srv/nBüro/run': SH + 'echo 6 >$SAID\n'}),
    'b-argv0': Case('7', None, 'ExecStart=@"/opt/n my/seven" other', {'/opt/n my/seven': SH + 'echo 7 >$SAID\n'}),
    'b-variable': Case('8', None, 'Environment=HOME_OF_APP=/srv/n48\nExecStart=/bin/sh ${HOME_OF_APP}/app.sh', {'/srv/n48/app.sh': 'cat /srv/n48/x >$SAID\n', '/srv/n48/x': '8'}),
    'b-variable-of-file': Case('9', None, 'EnvironmentFile=/etc/default/n49\nExecStart=/bin/sh $OPTS', {'/etc/default/n49': 'OPTS="/srv/n49/app.sh /etc/n49/conf"\n', '/srv/n49/app.sh': 'cat $1 >$SAID\n', '/etc/n49/conf': '9'}),
    'b-reset': Case('10', None, 'ExecStart=/bin/false\nExecStart=\nExecStart=/srv/n50/run', {'/srv/n50/run': SH + 'echo 10 >$SAID\n'}),
    'b-two-commands': Case('11 12', None, 'ExecStart=/srv/n51/one ; /srv/n52/two', {'/srv/n51/one': SH + 'printf "11 " >$SAID\n', '/srv/n52/two': SH + 'echo 12 >>$SAID\n'}),
    'b-inner-quotes': Case('13', None, 'ExecStart=/bin/sh -c "cat \\"/etc/n my/thirteen\\" >$SAID"', {'/etc/n my/thirteen': '13'}),
    'b-of-configuration': Case('15', None, 'ExecStart=/bin/sh /etc/n55/conf', {'/etc/n55/conf': 'cat "/srv/n my site/x" >$SAID\n', '/srv/n my site/x': '15'}),
    'b-script-of-a-shell': Case('16', None, "ExecStart=/bin/sh -c 'cd /srv/n56 && exec /bin/sh \"my app.sh\"'", {'/srv/n56/my app.sh': 'cat /etc/n56/x >$SAID\n', '/etc/n56/x': '16'}),
    'b-working-optional': Case('/opt/n my', 'pwd', 'WorkingDirectory=-/opt/n my', {'/opt/n my/x': ''}),
    'b-bind-of-a-variable': Case('14', 'cat "/srv/n there/x"', 'BindReadOnlyPaths="/srv/n from":"/srv/n there"', {'/srv/n from/x': '14'}),
    # C: links
    'c-release': Case('1 r3', None, 'WorkingDirectory=/srv/n60/current\nExecStart=/srv/n60/current/bin/run', {
        '/srv/n60/current': ('link', 'releases/3'), '/srv/n60/releases/3/bin/run': SH + 'echo $(cat shared/x) r3 >$SAID\n',
        '/srv/n60/releases/3/shared': ('link', '../../shared'), '/srv/n60/shared/x': '1'}),
    'c-release-opt': Case('2', None, 'ExecStart=/opt/n61/current/bin/run', {'/opt/n61/current': ('link', '/opt/n61-1.0'), '/opt/n61-1.0/bin/run': SH + 'echo 2 >$SAID\n'}),
    'c-state': Case('3', 'cat /var/lib/n62/db', 'Environment=DATA=/var/lib/n62/db', {'/var/lib/n62': ('link', '/srv/n62-data'), '/srv/n62-data/db': '3'}),
    'c-configuration': Case('4', 'cat /etc/n63/conf', 'ConfigurationDirectory=n63', {'/etc/n63': ('link', 'n63-v2'), '/etc/n63-v2/conf': '4'}),
    'c-interpreter': Case('5', None, 'ExecStart=/srv/n64/run', {'/srv/n64/run': '#!/usr/local/sbin/n64-sh\necho 5 >$SAID\n', '/usr/local/sbin/n64-sh': ('link', '/opt/n64/bin/sh'), '/opt/n64/bin/sh': ('copy', '/bin/sh')}),
    'c-included-directory': Case('6', None, 'ExecStart=/bin/sh /etc/n65/start', {'/etc/n65/start': 'cat /etc/n65/conf.d/x >$SAID\n', '/etc/n65/conf.d': ('link', '/srv/n65/conf.d'), '/srv/n65/conf.d/x': '6'}),
    'c-environment-absolute': Case('7', 'echo $N', 'EnvironmentFile=-/etc/default/n66', {'/etc/default/n66': ('link', '/srv/n66/env'), '/srv/n66/env': 'N=7\n'}),
    'c-write-path': Case('8', 'touch /srv/n67/new && cat /srv/n67/x', 'ProtectSystem=strict\nReadWritePaths=/tmp /srv/n67', {'/srv/n67': ('link', 'n67-real'), '/srv/n67-real/x': '8'}),
    'c-alternatives': Case('9', None, 'ExecStart=/usr/local/sbin/n68 -c "echo 9 >$SAID"', {'/usr/local/sbin/n68': ('link', '/etc/alternatives/n68'), '/etc/alternatives/n68': ('link', '/bin/sh')}),
    'c-credential-directory': Case('10', 'cat $CREDENTIALS_DIRECTORY/t', 'LoadCredential=t:/etc/n69/live/t', {'/etc/n69/live': ('link', 'archive'), '/etc/n69/archive/t': '10'}),
    'c-hard': Case('same', '[ /srv/n70/a -ef /srv/n70/b ] && echo same', 'ReadWritePaths=/srv/n70', {'/srv/n70/a': 'x', '/srv/n70/b': ('hard', '/srv/n70/a')}),
    'c-parent': Case('11', None, 'ExecStart=/srv/n71/bin/../lib/run', {'/srv/n71/bin': None, '/srv/n71/lib/run': SH + 'echo 11 >$SAID\n'}),
    'c-loop': Case('12', None, 'ExecStart=/bin/sh /srv/n72/run', {'/srv/n72/run': '[ -L /etc/n72/a ]; echo 12 >$SAID\n', '/etc/n72/a': ('link', 'b'), '/etc/n72/b': ('link', 'a')}),
    # D: programs
    'd-root': Case('1', None, 'ExecStart=/var/www/n80/run', {'/var/www/n80/run': SH + 'echo 1 >$SAID\n'}),
    'd-etc': Case('2', None, 'ExecStart=/etc/n81/run.sh', {'/etc/n81/run.sh': SH + 'echo 2 >$SAID\n'}),
    'd-console-script': Case('3', None, 'ExecStart=/srv/n82/venv/bin/tool', {'/srv/n82/venv/bin/tool': '#!/srv/n82/venv/bin/python\nimport os, m\nopen(os.environ["SAID"], "w").write(m.said)\n',
        '/srv/n82/venv/bin/python': ('link', '/usr/bin/python3'), '/srv/n82/venv/pyvenv.cfg': 'home = /usr/bin\n', '/srv/n82/venv/bin/m.py': 'said = "3"\n'}),
    'd-venv-of-opt': Case('4', None, 'ExecStart=/srv/n83/venv/bin/python3 /srv/n83/app.py', {'/srv/n83/venv/bin/python3': ('link', '/opt/n83-py/bin/python3'),
        '/opt/n83-py/bin/python3': ('link', '/usr/bin/python3'), '/srv/n83/venv/pyvenv.cfg': 'home = /opt/n83-py/bin\n', '/srv/n83/app.py': 'open("/tmp/d-venv-of-opt", "w").write("4")\n'}),
    'd-stop-post': Case('5', None, 'ExecStart=/bin/sh -c "echo 5 >$SAID"\nExecStartPre=/srv/n84/pre\nExecStartPost=/opt/n84/post', {'/srv/n84/pre': SH, '/opt/n84/post': SH}),
    'd-link-to-directory': Case('6', None, 'ExecStart=/opt/n85/run', {'/opt/n85': ('link', 'n85-real/bin'), '/opt/n85-real/bin/run': SH + 'echo 6 >$SAID\n'}),
    'd-shell-of-srv': Case('7', None, "ExecStart=/bin/bash -lc 'exec /srv/n86/run'", {'/srv/n86/run': SH + 'cat /srv/n86/x >$SAID\n', '/srv/n86/x': '7'}),
    'd-plus': Case('8', None, f'User={WWW}\nExecStartPre=+/srv/n87/pre\nExecStart=!/srv/n87/run', {'/srv/n87/pre': SH, '/srv/n87/run': SH + 'echo 8 >$SAID\n'}),
    'd-library': Case('9', None, 'ExecStart=/srv/n88/bin/run', {'/opt/n88/lib': None, '/srv/n88/bin': None, '/etc/ld.so.conf.d/n88.conf': '/opt/n88/lib\n'}),
    # H: settings around
    'h-limits': Case('here', 'echo here', 'LimitNPROC=99\nTasksMax=50'),
    'h-every-service': Case('yes', 'echo $OF_ALL'),
    'h-login-shell': Case('of the profile', None, "ExecStart=/bin/bash -lc 'echo $$H_LOGIN >$$SAID'", {'/etc/profile.d/h-login.sh': 'export H_LOGIN="of the profile"\n'}),
    'h-linked-helper': Case('helped', 'cat /run/h-helped', '', {
        '/etc/systemd/system/h-linked-helper.service.requires/h-helper.service': ('link', '../h-helper.service'),
        '/etc/systemd/system/h-helper.service': '[Unit]\nBefore=h-linked-helper.service\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo helped >/run/h-helped"\n'}),
    'h-prefix': Case('yes', 'echo $OF_PREFIX'),
    'h-link-unit': Case('linked', None),
    'h-tmpfiles': Case('text', 'cat /run/n93/f', '', {'/etc/tmpfiles.d/h-tmpfiles.conf': f'd /run/n93 0750 {WWW} {WWW} -\nf /run/n93/f 0644 {WWW} - - text\nL /run/n93/l - - - - /etc/hostname\n'}),
    'h-sysusers': Case('n94', 'id -un', 'User=n94', {'/etc/sysusers.d/n94.conf': 'u n94 894 "x" /srv/n94\n'}),
    'h-hosts': Case('fd00::9 db6.internal db6', 'getent ahosts db6 >/dev/null; grep db6 /etc/hosts'),
    'h-ca': Case('trusted', None, 'ExecStart=/bin/sh -c "cp /etc/ssl/certs/n95.pem $SAID"', {'/etc/ssl/certs/n95.pem': 'trusted'}),
    'h-slice-drop-in': Case('here', 'echo here', 'Slice=n96.slice', {'/etc/systemd/system/n96.slice.d/x.conf': '[Slice]\nTasksMax=55\n'}),
    'h-sysctl-conf': Case('600 41', 'cd /proc/sys; echo $(cat net/core/somaxconn kernel/msgmni)', '', {'/etc/sysctl.conf': 'net.core.somaxconn=600\n',
        '/etc/sysctl.d/99-n97.conf': 'kernel/msgmni = 41\nnet.ipv4.conf.*.forwarding=0\n'}),
    'h-journald': Case('here', 'echo here', '', {'/etc/systemd/journald.conf.d/n98.conf': '[Journal]\nMaxRetentionSec=3day\nRateLimitBurst=77\n'}),
    'h-manager-conf': Case('41 of-conf', 'echo $(ulimit -Sn) $N99', '', {'/etc/systemd/system.conf.d/n99.conf': '[Manager]\nDefaultLimitNOFILE=41:42\nDefaultEnvironment="N99=of-conf"\nDefaultRestartSec=7\n'}),
}


@pytest.fixture(scope='module')
def all_cases(host):  # noqa: F811 (fixture)
    with open('/etc/hosts', 'a', encoding='utf-8') as hosts:
        hosts.write('\nfd00::9 db6.internal db6\n')
    for user, number in ('n05', 1305),:
        for file, line in ('passwd', f'{user}:x:{number}:{number}::/var/lib/{user}:/bin/sh'), ('group', f'{user}:x:{number}:'):
            with open(f'/etc/{file}', 'a', encoding='utf-8') as accounts:
                accounts.write(line + '\n')
    run(['sh', '-c', 'echo "n94:x:894:894::/srv/n94:/usr/sbin/nologin" >>/etc/passwd; echo "n94:x:894:" >>/etc/group'])
    put(host / 'service.d/all.conf', '[Service]\nEnvironment=OF_ALL=yes\n')
    put(host / 'h-.service.d/prefix.conf', '[Service]\nEnvironment=OF_PREFIX=yes\n')
    name, units = harness.new_name(), []
    for case, c in CASES.items():
        for path, content in c.files.items():
            put(path, content, c.user)
        (host / f'{case}.service').write_text(c.text(case))
        (host / f'{case}.timer').write_text('[Timer]\nOnActiveSec=1d\n')
        units += ['-u', f'{case}.timer']
    for source, *words in (('int n88(void) { return 9; }', '-shared', '-o', '/opt/n88/lib/libn88.so', '-fPIC'),
                           ('#include <stdio.h>\n#include <stdlib.h>\nint n88(void);\nint main(void) { fprintf(fopen(getenv("SAID"), "w"), "%d\\n", n88()); }',
                            '-L/opt/n88/lib', '-o', '/srv/n88/bin/run', '-Wl,--no-as-needed', '-ln88')):
        run(['gcc', '-x', 'c', *words[:-1], '-', words[-1]], input=source)
    run(['ldconfig'])
    (host / 'h-link-unit.service').unlink()
    put('/srv/n92/deploy/h-link-unit.service', '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo linked >/tmp/h-link-unit"\n')
    (host / 'h-link-unit.service').symlink_to('/srv/n92/deploy/h-link-unit.service')
    said = run([SERVICE, 'create', '-C', *units, name]).said
    said += run([SERVICE, 'start', name], check=False).said
    run([SERVICE, 'execute', name, '--', 'sh', '-c', 'systemctl start ' + ' '.join(f'{case}.service' for case in CASES)], check=False)
    yield name, said
    isolation.remove(name)


@pytest.mark.parametrize('case', CASES)
def test_case(all_cases, case):
    name, said = all_cases
    unit = f'{case}.service'
    state = inside(name, 'systemctl', 'is-active', unit, check=False).stdout.strip()
    assert state == 'active', inside(name, 'journalctl', '--no-pager', '-u', unit, check=False).stdout + '\n'.join(line for line in said.splitlines() if unit in line)
    if CASES[case].says:
        lines = inside(name, 'cat', f'/tmp/{case}').stdout.split('\n')
        assert CASES[case].says in lines


def test_what_a_copy_cannot_have(host, root, names):  # noqa: F811 (fixture)
    """Everything of a tree is inside as it was, or create says what is not."""
    put('/srv/m00/setuid', 'x')
    run('cd /srv/m00 && chmod 4755 setuid && mknod node c 1 3 && mkdir -m 1777 sticky && mkdir -m 0 closed && touch -d @1000000.5 old && truncate -s 64M sparse && ln sparse again && '
        'touch "with blank" "$(printf "new\\nline")" "$(printf "\\377")" && ln -s /home/m00 up && ln -s /opt/m00 there && ln -s setuid near && ln -s /nosuch gone')
    put('/home/m00/x', '')
    put('/opt/m00/x', '')
    run(['python3', '-c', 'import os\nos.chdir("/srv/m00")\nfor i in range(380): os.mkdir("d"); os.chdir("d")\nopen("leaf", "w")'])
    (host / 'tree.service').write_text(f'[Service]\nReadWritePaths=/srv/m00\n{SLEEP}')
    name = names()
    said = run([SERVICE, 'create', '-C', '-u', 'tree', name]).said
    try:
        tree = root / 'var/lib/libvirt/filesystems' / name / 'srv/m00'
        modes = {path: oct((tree / path).stat().st_mode & 0o7777) for path in ('setuid', 'sticky', 'closed')}
        assert modes == {'setuid': '0o4755', 'sticky': '0o1777', 'closed': '0o0'}
        assert (tree / 'old').stat().st_mtime == 1000000.5
        assert (tree / 'sparse').stat().st_blocks == 0 and (tree / 'again').samefile(tree / 'sparse')
        assert {b'with blank', b'new\nline', b'\377'} < set(os.listdir(bytes(tree)))
        assert len(run(f'find {tree} -name leaf').stdout) > 760
        assert '/srv/m00/node is a device of the host, which is not copied' in said
        assert '/srv/m00/up is a symlink whose target does not exist in the container' in said and '/srv/m00/there is a symlink' in said
        assert '/srv/m00/near' not in said and '/srv/m00/gone' not in said
    finally:
        run([SERVICE, 'delete', name])
    run(['python3', '-c', 'import os\nos.chdir("/srv/m00")\nfor i in range(450): os.path.isdir("d") or os.mkdir("d"); os.chdir("d")'])
    name = names()
    refused([SERVICE, 'create', '-C', '-u', 'tree', name], '/srv/m00: directories are nested too deeply')
    assert not (root / 'etc/libvirt-sandbox/services' / f'{name}.sandbox').exists()


def test_low_ports_of_the_host(host):  # noqa: F811 (fixture)
    (host / 'low.service').write_text(f'[Service]\n{SLEEP}')
    word = 'nobody inside may bind a port below 1024: if it does, net.ipv4.ip_unprivileged_port_start=PORT on the host allows it'
    assert word in plan('-N', 'host', '-u', 'low') and word not in plan('-u', 'low')


SLEEP = 'ExecStart=/bin/sleep infinity\n'
REFUSED = 'cannot run in a container'
FAILS = 'and the unit does not start without it'

# what of [Service], or of the sections that it names, create must say, and files on the host. REFUSED first: create refuses.
SAID = {
    # A
    'read-write-opt': ('ReadWritePaths=/opt/m01/data', {'/opt/m01/data/x': ''}, [REFUSED, '/opt is shared with the host, read-only', '-m host-bind:/opt/m01/data=/opt/m01/data']),
    'bind-opt': ('BindPaths=/opt/m02:/srv/m02', {'/opt/m02/x': ''}, [REFUSED, '/opt is shared with the host, read-only']),
    'write-opt-optional': ('ReadWritePaths=-/opt/m03', {'/opt/m03/x': ''}, ['ReadWritePaths=-/opt/m03: /opt is shared with the host, read-only: -m host-bind']),
    'environment-elsewhere': ('EnvironmentFile=/media/m04/env', {'/media/m04/env': 'A=1'}, [REFUSED, '/media/m04/env would not be in the container', '-m host-bind:/media/m04=/media/m04 mounts it']),
    'environment-missing': ('EnvironmentFile=/etc/m05', {}, [f'EnvironmentFile=/etc/m05: there is no such file on this host, {FAILS}']),
    'environment-dangling': ('EnvironmentFile=/etc/m06', {'/etc/m06': ('link', 'nosuch')}, [FAILS]),
    'credential-missing': ('LoadCredential=a:/etc/m07', {}, [FAILS]),
    'input-missing': ('StandardInput=file:/etc/m08', {}, [f'StandardInput=file:/etc/m08: there is no such file on this host, {FAILS}']),
    'condition-elsewhere': ('[Unit]\nConditionPathExists=/data/m09', {}, [f'ConditionPathExists=/data/m09: there is no such file on this host, {FAILS}']),
    'condition-of-device': ('[Unit]\nConditionPathExists=/dev/kmsg', {}, [f'the container has no devices of the host, {FAILS}']),
    'working-elsewhere': ('WorkingDirectory=/media/m10', {'/media/m10/x': ''}, ['/media/m10, which the container lacks: -m host-bind:/media/m10=/media/m10 mounts it']),
    'variable-elsewhere': ('Environment=DATA=/media/m11/data', {'/media/m11/data': None}, ['/media/m11/data, which the container lacks']),
    'output-home': ('StandardOutput=append:/home/m12/log/out', {'/home/m12/log': None}, ['--with /home/m12/log copies it']),
    'bind-of-device': ('BindPaths=/dev/kmsg', {}, [REFUSED, 'BindPaths=/dev/kmsg', 'no devices of the host']),
    'bind-of-a-socket': ('BindPaths=/run/vsb-m13.sock', {'/run/vsb-m13.sock': ''}, ['nothing in the container makes /run/vsb-m13.sock', '-m host-bind:/run/vsb-m13.sock=']),
    'write-of-the-kernel': ('ReadWritePaths=/proc/sys/vm', {}, ['file systems of the kernel stay read-only inside']),
    # C
    'link-to-home': ('ExecStart=/srv/m20/run', {'/srv/m20': ('link', '/home/m20'), '/home/m20/run': SH}, [REFUSED, '--with /home/m20 brings it']),
    'link-loop': ('EnvironmentFile=/etc/m21a', {'/etc/m21a': ('link', 'm21b'), '/etc/m21b': ('link', 'm21a')}, [FAILS]),
    'opt-link-to-home': ('ExecStart=/opt/m22/run', {'/opt/m22': ('link', '/home/m22'), '/home/m22/run': SH}, [REFUSED, '--with /home/m22 brings it']),
    # D
    'pre-home': ('ExecStartPre=/home/m30/pre', {'/home/m30/pre': SH}, [REFUSED, 'ExecStartPre=/home/m30/pre', '--with /home/m30 brings it']),
    'condition-program': ('ExecCondition=/home/m31/c', {'/home/m31/c': SH}, [REFUSED, '--with /home/m31 brings it']),
    'reload-home': ('ExecReload=/home/m32/r', {'/home/m32/r': SH}, ['ExecReload=/home/m32/r: /home/m32/r would not be in the container: --with /home/m32 brings it']),
    'second-command': ('Type=oneshot\nExecStart=/bin/true ; /home/m33/two', {'/home/m33/two': SH}, [REFUSED, '--with /home/m33 brings it']),
    'script-home': ('ExecStart=/usr/bin/python3 /home/m34/app.py', {'/home/m34/app.py': ''}, ['/home/m34/app.py, which the container lacks']),
    'nohup-home': ('ExecStart=/usr/bin/nohup /home/m35/run', {'/home/m35/run': SH}, ['/home/m35/run, which the container lacks']),
    'shell-home': ('ExecStart=/bin/bash -c "cd /home/m36 && ./run"', {'/home/m36/run': SH}, ['/home/m36/run, which the container lacks']),
    'of-tmp': ('ExecStart=/tmp/vsb-m37', {'/tmp/vsb-m37': SH}, ['it is empty at each start']),
    'env-interpreter': ('ExecStart=/srv/m38', {'/srv/m38': '#!/usr/bin/env nosuchnode\n'}, ['its interpreter nosuchnode does not exist on this host']),
    'env-with-options': ('ExecStart=/srv/m39', {'/srv/m39': '#!/usr/bin/env -S A=1 nosuchprog -x\n'}, ['its interpreter nosuchprog does not exist on this host']),
    'not-executable': ('ExecStart=/srv/m40', {'/srv/m40': 'plain'}, ['or nobody may execute it']),
    'a-directory': ('ExecStart=/srv/m41', {'/srv/m41': None}, ['it is a directory']),
    'other-machine': ('ExecStart=/srv/m42', {'/srv/m42': b'\x7fELF\x02\x01\x01' + bytes(9) + b'\x02\0\xf3\0' + bytes(64)}, [REFUSED, 'a program for another machine']),
    'venv-of-a-person': ('ExecStart=/srv/m43/bin/python3 x', {'/srv/m43/bin/python3': ('link', '/home/m43/py/python3'), '/home/m43/py/python3': ('copy', '/bin/true')}, [REFUSED, '/home/m43/py/python3']),
    # E
    'big-group': ('Group=m50big', {}, [REFUSED, 'Group=m50big', 'above 65535']),
    'big-supplementary': ('SupplementaryGroups=root m50big', {}, [REFUSED, 'm50big', 'above 65535']),
    'big-group-of-a-user': ('User=m50small', {}, [REFUSED, 'User=m50small', 'above 65535']),
    'big-of-a-socket': ('[Socket]\nListenStream=8080\nSocketGroup=m50big', {}, [REFUSED, 'SocketGroup=m50big']),
    'big-number': ('Group=70000', {}, [REFUSED, 'Group=70000']),
    'big-of-tmpfiles': ('Environment=A=/run/m51', {'/etc/tmpfiles.d/m51.conf': 'd /run/m51 0755 m50big - -\n'}, ['/run/m51 belongs to m50big, an account that is not in the container']),
    # G
    'slice-protection': ('Slice=m60.slice', {'/etc/systemd/system/m60.slice': '[Slice]\nIPAddressDeny=any\n'}, ['m60.slice', 'IPAddressDeny=any', 'kept from outside, at the cgroup of this unit']),
    'slice-above': ('Slice=m61-sub.slice', {'/etc/systemd/system/m61.slice': '[Slice]\nRestrictNetworkInterfaces=lo\n'}, ['m61.slice', 'RestrictNetworkInterfaces=lo: kept from outside, at the cgroup of this unit']),
    'egress-filter': ('IPEgressFilterPath=/sys/fs/bpf/x', {}, [REFUSED, '--ignore-directive IPEgressFilterPath']),
    'socket-bind': ('SocketBindDeny=tcp:any', {}, [REFUSED, '--ignore-directive SocketBindDeny']),
    'file-systems': ('RestrictFileSystems=ext4', {}, [REFUSED, '--ignore-directive RestrictFileSystems']),
    'no-private-users': ('[Unit]\nConditionVirtualization=!private-users', {}, [REFUSED, 'does nothing in a container']),
    'virtual-machine': ('[Unit]\nAssertVirtualization=vm', {}, [REFUSED, 'does nothing in a container']),
    'limit-tasks': ('LimitNPROC=infinity', {}, ['LimitNPROC=infinity: no more than the container has']),
    'limit-signals': ('LimitSIGPENDING=infinity', {}, ['LimitSIGPENDING=infinity: no more than the container has']),
    'realtime': ('IOSchedulingClass=realtime', {}, ["real-time scheduling is the host's to give"]),
    'namespace-of-a-file': ('NetworkNamespacePath=/run/netns/blue', {}, ['the container has one network namespace']),
    'device-in-a-command': ('ExecStartPre=/bin/dd if=/dev/kmsg of=/srv/x', {}, ['names /dev/kmsg: the container has no devices of the host']),
    'character-device': ('DeviceAllow=/dev/kmsg', {}, [REFUSED, '--ignore-directive DeviceAllow']),
    'address-of-the-host': ('ExecStart=/srv/m62 --listen 10.62.0.5:80 --also 10.62.0.55', {'/srv/m62': SH + '# 10.62.0.6\n'}, ['said.service names 10.62.0.5, an address of this host']),
    'address-in-a-file': ('ExecStart=/bin/sh /etc/m63', {'/etc/m63': '  # bind 10.62.0.5\nbind "10.62.0.6";\n'}, ['/etc/m63 names 10.62.0.6, an address of this host']),
    'vsock': ('[Socket]\nListenStream=vsock:2:1234', {}, ['ListenStream=vsock:2:1234: the container has']),
    # H
    'notifier-home': ('[Unit]\nOnFailure=m70-notify.service', {'/etc/systemd/system/m70-notify.service': '[Service]\nExecStart=/home/m70/n\n', '/home/m70/n': SH},
                      ['m70-notify.service: ExecStart=/home/m70/n: /home/m70/n would not be in the container: --with /home/m70 brings it']),
}


@pytest.fixture(scope='module')
def accounts(host):  # noqa: F811 (fixture)
    run('ip link add own62 type veth peer name own63 && ip address add 10.62.0.5/24 dev own62 && ip address add 10.62.0.6/24 dev own62')
    with open('/etc/passwd', 'a', encoding='utf-8') as users:
        users.write('m50small:x:1550:100500::/:/bin/sh\n')
    with open('/etc/group', 'a', encoding='utf-8') as groups:
        groups.write('m50big:x:100500:\n')
    yield
    run('ip link del own62')


@pytest.mark.parametrize('case', SAID)
def test_said(host, accounts, case):  # noqa: F811 (fixtures)
    lines, files, words = SAID[case]
    kind = 'socket' if lines.startswith('[Socket]') else 'service'
    outside = [path for path in files if path.startswith(('/run/', '/tmp/'))]
    for path, content in files.items():
        put(path, content)
    try:
        service = ('' if kind == 'socket' or 'ExecStart=' in lines else SLEEP)
        text = lines if lines.startswith('[') else f'[Service]\n{lines}'
        (host / f'said.{kind}').write_text(f'{text}\n{"[Service]" if text.startswith("[Unit]") else ""}\n{service}')
        (host / 'said.service').touch()
        if kind == 'socket':
            (host / 'said.service').write_text(f'[Service]\n{SLEEP}')
        done = run([SERVICE, 'create', '--dry-run', '-C', '-u', f'said.{kind}', 'planned'], check=False)
    finally:
        for path in outside:
            os.unlink(path)
    assert (done.returncode != 0) == (words[0] == REFUSED), done.said
    for word in words:
        assert word in done.said, done.said


# what starts it, and what start must say of it; '': it is up.
STARTS = {
    'forking-dies': ('Type=forking\nExecStart=/bin/false', 'it is failed (failed, exit-code'),
    'notify-dies': ('Type=notify\nExecStart=/bin/sh -c "exit 5"', 'it is failed (failed, exit-code, status 5)'),
    'notify-never': ('Type=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep 100', 'it is failed (failed, timeout'),
    'before-fails': ('Type=exec\nExecStartPre=/bin/false\nExecStart=/bin/sleep infinity', 'it is failed (failed, exit-code'),
    'after-fails': ('Type=exec\nExecStartPost=/bin/false\nExecStart=/bin/sleep infinity', 'it is failed (failed, exit-code'),
    'condition-of-a-program': ('Type=exec\nExecCondition=/bin/false\nExecStart=/bin/sleep infinity', 'it is inactive (dead, exec-condition)'),
    'dependency': ('Type=exec\nExecStart=/bin/sleep infinity\n[Unit]\nRequires=fails.service\nAfter=fails.service', 'not begun, since a unit that it needs did not start'),
    'two-programs': ('Type=exec\nExecStart=/bin/true\nExecStart=/bin/true', 'systemd does not take its file: bad-setting'),
    'killed': ('Type=oneshot\nExecStart=/bin/sh -c "kill -SEGV $$$$"', 'signal 11'),
    'second-fails': ('Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStart=/bin/sh -c "exit 6"', 'it is failed (failed, exit-code, status 6)'),
    'may-fail': ('Type=oneshot\nExecStart=-/bin/false', ''),
    'other-success': ('Type=oneshot\nSuccessExitStatus=7\nExecStart=/bin/sh -c "exit 7"', ''),
}


def test_what_start_says(host, root, names):  # noqa: F811 (fixture)
    """One container, whose unit is another for each: start says what became of it."""
    (host / 'starts.service').write_text('[Service]\nType=exec\nExecStart=/bin/true\n')
    name = names()
    run([SERVICE, 'create', '-C', '-u', 'starts', name])
    units = root / 'var/lib/libvirt/filesystems' / name / 'etc/systemd/system'
    try:
        (units / 'fails.service').write_text('[Service]\nType=oneshot\nExecStart=/bin/false\n')
        for case, (lines, said) in STARTS.items():
            (units / 'starts.service').write_text(f'[Service]\n{lines}\n')
            done = run([SERVICE, 'start', name], check=False)
            assert (done.returncode == 0) == (said == ''), f'{case}: {done.said}'
            assert said in done.stderr, f'{case}: {done.said}'
            if not said:
                run([SERVICE, 'stop', '-t', '1', name])
    finally:
        run([SERVICE, 'stop', '-t', '1', name], check=False)
        run([SERVICE, 'delete', name])

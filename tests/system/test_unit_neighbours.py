# SPDX-License-Identifier: LGPL-2.1-or-later
"""Neighbours of the inputs of test_unit_cases.py: other directives, places and spellings of each kind, which no list of examples names.

What must be seen inside runs in one container; what create must say or refuse is asked of --dry-run.
"""
import os
import pathlib
import shutil

import pytest

import harness
from harness import refused, run
from test_unit_cases import SERVICE, WWW, Case, create, host, inside, plan, put  # noqa: F401 (fixtures)

SH = '#!/bin/sh\n'

CASES = {
    # A: what directives name
    'a-cache': Case('www-data', 'stat -c %U $CACHE_DIRECTORY; ls $CACHE_DIRECTORY', f'User={WWW}\nCacheDirectory=n01', {'/var/cache/n01/x': 'a cache begins empty'}),
    'a-logs': Case('www-data 700', 'stat -c "%U %a" $LOGS_DIRECTORY', f'User={WWW}\nLogsDirectory=n01\nLogsDirectoryMode=0700'),
    'a-two-states': Case('1 2', 'echo $(cat /var/lib/n02/a/x) $(cat /var/lib/n02b/x)', 'StateDirectory=n02/a n02b', {'/var/lib/n02/a/x': '1', '/var/lib/n02b/x': '2'}),
    'a-state-link': Case('3', 'cat /var/lib/n03-alias/x', 'StateDirectory=n03:n03-alias', {'/var/lib/n03/x': '3'}),
    'a-state-specifier': Case('4', 'cat /var/lib/n04-a-state-specifier/x', 'StateDirectory=n04-%N', {'/var/lib/n04-a-state-specifier/x': '4'}),
    'a-home-tilde': Case('5', 'cat $PWD/x', f'User=n05\nWorkingDirectory=~', {'/var/lib/n05/x': '5'}),
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
    # H: settings around
    'h-limits': Case('here', 'echo here', 'LimitNPROC=99\nTasksMax=50'),
    'h-every-service': Case('yes', 'echo $OF_ALL'),
    'h-prefix': Case('yes', 'echo $OF_PREFIX'),
    'h-link-unit': Case('linked', None),
    'h-tmpfiles': Case('text', f'cat /run/n93/f', '', {'/etc/tmpfiles.d/h-tmpfiles.conf': f'd /run/n93 0750 {WWW} {WWW} -\nf /run/n93/f 0644 {WWW} - - text\nL /run/n93/l - - - - /etc/hostname\n'}),
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
    (host / 'h-link-unit.service').unlink()
    put('/srv/n92/deploy/h-link-unit.service', '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo linked >/tmp/h-link-unit"\n')
    (host / 'h-link-unit.service').symlink_to('/srv/n92/deploy/h-link-unit.service')
    said = run([SERVICE, 'create', '-C', *units, name]).said
    said += run([SERVICE, 'start', name], check=False).said
    run([SERVICE, 'execute', name, '--', 'sh', '-c', 'systemctl start ' + ' '.join(f'{case}.service' for case in CASES)], check=False)
    yield name, said
    run([SERVICE, 'stop', name], check=False)
    run([SERVICE, 'delete', name], check=False)


@pytest.mark.parametrize('case', CASES)
def test_case(all_cases, case):
    name, said = all_cases
    unit = f'{case}.service'
    state = inside(name, 'systemctl', 'is-active', unit, check=False).stdout.strip()
    assert state == 'active', inside(name, 'journalctl', '--no-pager', '-u', unit, check=False).stdout + '\n'.join(line for line in said.splitlines() if unit in line)
    if CASES[case].says:
        lines = inside(name, 'cat', f'/tmp/{case}').stdout.split('\n')
        assert CASES[case].says in lines

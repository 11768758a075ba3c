# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units as administrators write them, many small things in each: what they say inside is what the systemd of a host lets them say. All run in one container."""
import pytest

import harness
import isolation
from harness import run
from test_unit_cases import SERVICE, WWW, Case, host, inside, put  # noqa: F401 (fixtures)

class Unit(Case):
    """A service of one command, unless its lines say otherwise."""

    def text(self, name):
        text = super().text(name)
        return text.replace('Type=oneshot\nRemainAfterExit=yes\n', '') if '\nType=' in f'\n{self.lines}' else text


SH = '#!/bin/sh\n'
NOTIFY = 'NotifyAccess=all\nType=notify'
HARDENED = '''NoNewPrivileges=yes\nPrivateTmp=yes\nPrivateDevices=yes\nProtectSystem=strict\nReadWritePaths=/tmp\nProtectHome=yes\nProtectClock=yes\nProtectHostname=yes
ProtectKernelLogs=yes\nProtectKernelModules=yes\nProtectKernelTunables=yes\nProtectControlGroups=yes\nProtectProc=invisible\nProcSubset=pid\nRestrictSUIDSGID=yes\nRestrictRealtime=yes
RestrictNamespaces=yes\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nLockPersonality=yes\nMemoryDenyWriteExecute=yes\nSystemCallArchitectures=native\nSystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources\nSystemCallErrorNumber=EPERM\nCapabilityBoundingSet=\nUMask=0077\nRemoveIPC=yes\nKeyringMode=private\nPrivateTmp=no'''

CASES = {
    # quoting, variables, specifiers
    'environment-quotes': Unit('one two|three  four|5', 'echo "$A|$B|$C"', 'Environment="A=one two" \'B=three  four\' C=5'),
    'environment-dollar': Unit('$HOME ${A}', None, "Environment=A=1\nExecStart=:/bin/sh -c 'echo \"$1\" >$SAID' x \"$HOME ${A}\""),
    'environment-percent': Unit('100%', 'echo $A', 'Environment=A=100%%'),
    'environment-later-wins': Unit('2', 'echo $A', 'Environment=A=1\nEnvironmentFile=/etc/e04.env', {'/etc/e04.env': 'A=2\n'}),
    'environment-file-forms': Unit('x y|z|ab|#', 'echo "$A|$B|$C|$D"', 'EnvironmentFile=/etc/e05.env', {'/etc/e05.env': '; c\n# c\nA="x y"\nB=\'z\'\nC=a\\\nb\nD=#\n'}),
    'environment-unset': Unit('-', 'echo ${A:--}', 'Environment=A=1\nUnsetEnvironment=A'),
    'specifiers': Unit('specifiers.service specifiers /run /var/lib /var/cache /var/log /etc root 0', None, 'ExecStart=/bin/sh -c "echo %n %p %t %S %C %L %E %u %U >$SAID"'),
    'specifier-of-the-host': Unit('here', 'echo $A', 'EnvironmentFile=-/etc/e08/%H.env\nEnvironmentFile=-/etc/e08/%m.env\nEnvironment=A=here'),
    'command-words': Unit('a  b|c"d|e', None, 'ExecStart=/bin/sh -c \'echo "$1|$2|$3" >$SAID\' sh "a  b" c\\"d e'),
    'word-splitting': Unit('2', None, 'Environment="A=x y"\nExecStart=/bin/sh -c "echo $$# >$$SAID" sh $A'),
    # who runs it
    'extra-groups': Unit('www-data adm', 'id -Gn', f'User={WWW}\nSupplementaryGroups=adm'),
    'group-alone': Unit('0 adm', 'echo $(id -u) $(id -gn)', 'Group=adm'),
    'dynamic-state': Unit('kept', None, 'DynamicUser=yes\nStateDirectory=e13\nStandardOutput=truncate:/tmp/dynamic-state\nExecStart=/bin/sh -c "cat $STATE_DIRECTORY/x"', {'/var/lib/private/e13/x': 'kept'}),
    'dynamic-all': Unit('3', None, 'DynamicUser=yes\nStateDirectory=e14\nCacheDirectory=e14\nLogsDirectory=e14\nStandardOutput=truncate:/tmp/dynamic-all\n'
                        'ExecStart=/bin/sh -c "ls -d $STATE_DIRECTORY $CACHE_DIRECTORY $LOGS_DIRECTORY | wc -l"'),
    'state-modes': Unit('www-data 750 www-data 711', 'echo $(stat -c "%U %a" /var/lib/e15/a /run/e15)', f'User={WWW}\nStateDirectory=e15 e15/a\nStateDirectoryMode=0750\nRuntimeDirectory=e15\nRuntimeDirectoryMode=0711'),
    'configuration-mode': Unit('1 755', 'echo $(cat $CONFIGURATION_DIRECTORY/x) $(stat -c %a $CONFIGURATION_DIRECTORY)', 'ConfigurationDirectory=e16\nConfigurationDirectoryMode=0700', {'/etc/e16/x': '1'}),
    'umask': Unit('0027', 'umask', 'UMask=0027'),
    'ambient': Unit('bound', None, f'User={WWW}\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nNoNewPrivileges=yes\n'
                    'ExecStart=/usr/bin/python3 -c "import os, socket; socket.create_server((\'127.0.0.1\', 81)); open(os.environ[\'SAID\'], \'w\').write(\'bound\\\\n\')"'),
    'plus-prepares': Unit('www-data', 'stat -c %U /var/lib/e19/sub', f'User={WWW}\nExecStartPre=+/bin/mkdir -p /var/lib/e19/sub\nExecStartPre=+/bin/chown -R {WWW} /var/lib/e19'),
    'install-prepares': Unit('www-data 750', 'stat -c "%U %a" /srv/e20', f'ExecStartPre=/usr/bin/install -d -m 750 -o {WWW} /srv/e20'),
    'no-login-user': Unit('nobody', 'echo $HOME $USER', 'User=nobody'),
    # priorities and limits
    'nice': Unit('10', 'nice', 'Nice=10'),
    'nice-higher': Unit('0', 'nice', 'Nice=-5'),
    'io-class': Unit('idle', 'ionice', 'IOSchedulingClass=idle'),
    'io-priority': Unit('best-effort: prio 6', 'ionice', 'IOSchedulingClass=best-effort\nIOSchedulingPriority=6'),
    'affinity': Unit('0', 'taskset -cp $$ | sed s/.*:.//', 'CPUAffinity=0'),
    'scheduler': Unit('SCHED_BATCH', 'chrt -p $$ | grep -o SCHED_BATCH', 'CPUSchedulingPolicy=batch'),
    'numa': Unit('here', 'echo here', 'NUMAPolicy=default'),
    'numa-bind': Unit('here', 'echo here', 'NUMAPolicy=bind\nNUMAMask=0'),
    'oom': Unit('500', 'cat /proc/self/oom_score_adj', 'OOMScoreAdjust=500'),
    'limits': Unit('1000 2000 50 64', 'echo $(ulimit -Sn) $(ulimit -Hn) $(ulimit -p) $(ulimit -Ss)', f'User={WWW}\nLimitNOFILE=1000:2000\nLimitNPROC=50\nLimitSTACK=64K'),
    'memory': Unit('here', 'echo here', 'MemoryMax=100M\nMemoryHigh=80M\nTasksMax=20\nCPUWeight=50\nIOWeight=50'),
    'timer-slack': Unit('1000000', 'cat /proc/self/timerslack_ns', 'TimerSlackNSec=1ms'),
    'coredump-filter': Unit('00000007', 'cat /proc/self/coredump_filter', 'CoredumpFilter=0x7'),
    'ignore-sigpipe': Unit('0000000000001000', 'grep SigIgn /proc/self/status | cut -f2', 'IgnoreSIGPIPE=yes'),
    # types of services
    'notify': Unit('up', None, f'{NOTIFY}\nWatchdogSec=20\nExecStart=/bin/sh -c "echo up >$SAID; systemd-notify --ready; systemd-notify WATCHDOG=1; exec sleep 1000"'),
    'forking': Unit('up', None, 'Type=forking\nPIDFile=/run/e37/pid\nRuntimeDirectory=e37\nExecStart=/bin/sh -c "echo up >$SAID; sleep 1000 & echo $! >/run/e37/pid"'),
    'forking-var-run': Unit('up', None, 'Type=forking\nPIDFile=/var/run/e38.pid\nExecStart=/bin/sh -c "echo up >$SAID; sleep 1000 & echo $! >/var/run/e38.pid"'),
    'idle': Unit('up', None, 'Type=idle\nExecStart=/bin/sh -c "echo up >$SAID; exec sleep 1000"'),
    'exit-status': Unit('up', None, 'SuccessExitStatus=3\nExecStart=/bin/sh -c "echo up >$SAID; exit 3"'),
    'exit-ignored': Unit('up', None, 'ExecStart=-/bin/sh -c "echo up >$SAID; exit 1"'),
    'exec-condition': Unit('up', 'echo up', 'ExecCondition=/usr/bin/test -d /etc'),
    'optional-directory': Unit('/', 'pwd', 'WorkingDirectory=-/nosuch/e43'),
    'restarted': Unit('2', None, 'Type=simple\nRestart=on-failure\nRestartSec=0\nRuntimeDirectory=e44\nRuntimeDirectoryPreserve=yes\n'
                      'ExecStart=/bin/sh -c "echo x >>/run/e44/n; [ $(wc -l </run/e44/n) -ge 2 ] || exit 1; wc -l </run/e44/n >$SAID; exec sleep 1000"'),
    # files that come in
    'input-file': Unit('read', None, 'StandardInput=file:/etc/e45\nExecStart=/bin/sh -c "cat >$SAID"', {'/etc/e45': 'read'}),
    'input-text': Unit('typed', None, 'StandardInput=data\nStandardInputText=typed\nExecStart=/bin/sh -c "cat >$SAID"'),
    'output-null': Unit('x', 'echo x', 'StandardOutput=null\nStandardError=inherit\nSyslogIdentifier=e47\nSyslogLevel=debug'),
    'log-namespace': Unit('x', 'echo x', 'LogNamespace=e48'),
    'pam': Unit('x', 'echo x', f'User={WWW}\nPAMName=login'),
    'temporary-and-bind': Unit('x y', 'echo $(ls /srv/e50)', 'TemporaryFileSystem=/srv/e50\nBindReadOnlyPaths=/etc/e50/x:/srv/e50/x /etc/e50/y:/srv/e50/y', {'/etc/e50/x': '', '/etc/e50/y': '', '/srv/e50/z': ''}),
    'home-tmpfs': Unit('x', 'ls /home/e51', 'ProtectHome=tmpfs\nBindReadOnlyPaths=/srv/e51:/home/e51', {'/srv/e51/x': ''}),
    'read-only-all': Unit('x', 'touch /var/lib/e52/x; ls /var/lib/e52', 'ReadOnlyPaths=/\nReadWritePaths=/var/lib/e52 /tmp', {'/var/lib/e52': None}),
    'hardened': Unit('x', 'echo x', HARDENED),
    'home-variable': Unit('set', 'cat $HOME/.config/x', 'Environment=HOME=/srv/e54', {'/srv/e54/.config/x': 'set'}),
    'path-variable': Unit('tool', None, 'Environment=PATH=/srv/e55/bin:/usr/bin:/bin\nExecStart=/bin/sh -c e55-tool', {'/srv/e55/bin/e55-tool': SH + 'echo tool >$SAID\n'}),
    'python-path': Unit('imported', None, 'Environment=PYTHONPATH=/srv/e56/lib\nExecStart=/usr/bin/python3 -c "import e56"', {'/srv/e56/lib/e56.py': 'import os\nopen(os.environ["SAID"], "w").write("imported\\n")\n'}),
    'python-module': Unit('module', None, 'WorkingDirectory=/srv/e57\nExecStart=/usr/bin/python3 -m app.main', {'/srv/e57/app/__init__.py': '', '/srv/e57/app/main.py': 'import os\nopen(os.environ["SAID"], "w").write("module\\n")\n'}),
    'env-s': Unit('env', None, 'ExecStart=/srv/e58/run.py', {'/srv/e58/run.py': '#!/usr/bin/env -S python3 -u\nimport os\nopen(os.environ["SAID"], "w").write(open("/srv/e58/data").read())\n', '/srv/e58/data': 'env\n'}),
    # programs that start others
    'of-env': Unit('data', None, 'ExecStart=/usr/bin/env A=1 python3 /opt/e59/app.py', {'/opt/e59/app.py': 'import os\nopen(os.environ["SAID"], "w").write(open("/opt/e59/data").read())\n', '/opt/e59/data': 'data\n'}),
    'of-flock': Unit('data', None, 'ExecStart=/usr/bin/flock /run/e60.lock /srv/e60/bin/run.sh', {'/srv/e60/bin/run.sh': SH + 'cat $(dirname $0)/../lib/data >$SAID\n', '/srv/e60/lib/data': 'data\n'}),
    'of-nice': Unit('data', None, 'ExecStart=/usr/bin/nice -n 5 /srv/e61/bin/run.sh', {'/srv/e61/bin/run.sh': SH + 'cat $(dirname $0)/../lib/data >$SAID\n', '/srv/e61/lib/data': 'data\n'}),
    'of-runuser': Unit('data', None, f'ExecStart=/sbin/runuser -u {WWW} -- /srv/e62/bin/run.sh', {'/srv/e62/bin/run.sh': SH + 'cat $(dirname $0)/../lib/data >$SAID\n', '/srv/e62/lib/data': 'data\n'}),
    'of-setpriv': Unit('data', None, f'ExecStart=/usr/bin/setpriv --reuid {WWW} --regid {WWW} --clear-groups /srv/e63/bin/run.sh', {'/srv/e63/bin/run.sh': SH + 'cat $(dirname $0)/../lib/data >$SAID\n', '/srv/e63/lib/data': 'data\n'}),
    'of-start-stop-daemon': Unit('data', None, 'ExecStart=/sbin/start-stop-daemon --start --pidfile /run/e64.pid --exec /srv/e64/bin/run.sh', {'/srv/e64/bin/run.sh': SH + 'cat $(dirname $0)/../lib/data >$SAID\n', '/srv/e64/lib/data': 'data\n'}),
    'of-timeout': Unit('data', None, 'ExecStart=/usr/bin/timeout 60 /bin/sh /srv/e65/run.sh', {'/srv/e65/run.sh': '. /srv/e65/lib/common.sh\nsay\n', '/srv/e65/lib/common.sh': 'say() { echo data >$SAID; }\n'}),
    'of-chpst': Unit('data', None, "ExecStart=/bin/bash -c 'source /etc/e66/env; exec /srv/e66/bin/run \"$CONF\"'", {'/etc/e66/env': 'CONF=/etc/e66-conf/x\n', '/srv/e66/bin/run': SH + 'cat $1 >$SAID\n', '/etc/e66-conf/x': 'data\n'}),
    'of-cd': Unit('data', None, 'ExecStart=/bin/bash -c "cd /opt/e67 && ./run.sh"', {'/opt/e67/run.sh': SH + 'cat data >$SAID\n', '/opt/e67/data': 'data\n'}),
    'of-xargs': Unit('data', None, 'ExecStart=/bin/sh -c "find /srv/e68/in -type f | xargs cat >$SAID"', {'/srv/e68/in/x': 'data\n'}),
    'exec-paths-of-arguments': Unit('data', None, 'ExecStart=/bin/cp -t /tmp --no-preserve=all /srv/e69/exec-paths-of-arguments', {'/srv/e69/exec-paths-of-arguments': 'data\n'}),
    'var-opt': Unit('data', 'cat $D', 'Environment=D=/var/opt/e70/x', {'/var/opt/e70/x': 'data'}),
    'default-file': Unit('data', None, 'ExecStart=/usr/local/sbin/e71', {'/usr/local/sbin/e71': SH + '. /etc/default/e71\ncat $DATA >$SAID\n', '/etc/default/e71': 'DATA=/var/lib/e71/x\n', '/var/lib/e71/x': 'data\n'}),
    'list-of-paths': Unit('data', 'IFS=:; set -- $P; cat $2/x', 'Environment=P=/nosuch:/srv/e72:/usr', {'/srv/e72/x': 'data'}),
    'file-url': Unit('data', "cat ${U#file://}", 'Environment=U=file:///srv/e73/x', {'/srv/e73/x': 'data'}),
    'at-file': Unit('data', None, 'ExecStart=/usr/bin/python3 /srv/e74.py @/etc/e74.args', {'/srv/e74.py': 'import os, sys\nopen(os.environ["SAID"], "w").write(open(sys.argv[1][1:]).read())\n', '/etc/e74.args': 'data\n'}),
    'option-glued': Unit('data', None, 'ExecStart=/usr/bin/python3 /srv/e75.py -c/etc/e75.conf', {'/srv/e75.py': 'import os, sys\nopen(os.environ["SAID"], "w").write(open(sys.argv[1][2:]).read())\n', '/etc/e75.conf': 'data\n'}),
    # units around it
    'masked-want': Unit('x', 'echo x', '[Unit]\nWants=e76-masked.service\nAfter=e76-masked.service', {'/etc/systemd/system/e76-masked.service': ('link', '/dev/null')}),
    'part-of': Unit('both', 'cat /run/e77; true', '[Unit]\nBindsTo=e77-base.service\nPartOf=e77-base.service\nAfter=e77-base.service', {'/etc/systemd/system/e77-base.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo both >/run/e77"\n'}),
    'run-drop-in': Unit('of-run', 'echo $A', '', {'/run/systemd/system/run-drop-in.service.d/x.conf': '[Service]\nEnvironment=A=of-run\n'}),
    'control-drop-in': Unit('of-set', 'echo $A', '', {'/etc/systemd/system.control/control-drop-in.service.d/50-x.conf': '[Service]\nEnvironment=A=of-set\n'}),
    'or-conditions': Unit('x', 'echo x', '[Unit]\nConditionPathExists=|/nosuch\nConditionPathExists=|/etc/e80\nConditionUser=root', {'/etc/e80': ''}),
    'netns-of-the-host': Unit('x', 'echo x', 'NetworkNamespacePath=/run/netns/e81'),
}
OTHERS = {
    'e90.socket': '[Socket]\nListenStream=/run/e90.sock\nAccept=yes\nSocketMode=0600\nSocketUser=www-data\n',
    'e90@.service': '[Service]\nStandardInput=socket\nExecStart=/bin/sh -c "read x; echo got-$x"\n',
    'e91.path': '[Path]\nPathExists=/var/lib/e91/trigger\nUnit=e91-do.service\n',
    'e91-do.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo done >/tmp/e91"\n',
    'e92.timer': '[Timer]\nOnActiveSec=0\nAccuracySec=1ms\nUnit=e92-do.service\n',
    'e92-do.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo done >/tmp/e92"\n',
    'e93@.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nUser=%i\nEnvironment=A=%I\nExecStart=/bin/sh -c "echo $(id -un) %j $A >/tmp/e93"\n',
    'e94@.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nEnvironmentFile=/etc/e94/%i.env\nExecStart=/bin/sh -c "echo %i %I $A >/tmp/e94"\n',
    'e95.target': '[Unit]\nWants=e95-one.service e95-two.service\n',
    'e95-one.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo done >/tmp/e95"\n',
    'e95-two.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo done >/tmp/e95-two"\n',
}
INIT = '''#!/bin/sh
### BEGIN INIT INFO
# Provides:          e96
# Required-Start:    $remote_fs $syslog
# Required-Stop:     $remote_fs $syslog
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: of an administrator
### END INIT INFO
. /lib/lsb/init-functions
[ -r /etc/default/e96 ] && . /etc/default/e96
case "$1" in start) echo "$WORD" >/tmp/e96;; esac
exit 0
'''
SEEN = {'e91': 'done', 'e92': 'done', 'e93': 'www-data e93 www/data', 'e94': 'a-b a/b of-the-file', 'e95': 'done', 'e95-two': 'done', 'e96': 'of-default'}


@pytest.fixture(scope='module')
def all_cases(host):  # noqa: F811
    run(['mount', '-t', 'tmpfs', 'tmpfs', '/run/systemd'])
    name, units = harness.new_name(), []
    for case, c in CASES.items():
        for path, content in c.files.items():
            put(path, content, c.user)
        (host / f'{case}.service').write_text(c.text(case))
        units += ['-u', f'{case}.service']
    for unit, text in OTHERS.items():
        put(host / unit, text)
    put('/var/lib/e91/trigger', '')
    put('/etc/e94/a-b.env', 'A=of-the-file\n')
    put('/etc/init.d/e96', INIT)
    put('/etc/default/e96', 'WORD=of-default\n')
    for unit in 'e90.socket', 'e91.path', 'e92.timer', 'e93@www-data.service', 'e94@a-b.service', 'e95.target', 'e96.service':
        units += ['-u', unit]
    said = run([SERVICE, 'create', '-C', *units, name]).said
    said += run([SERVICE, 'start', name]).said
    yield name, said
    isolation.remove(name)
    run(['umount', '/run/systemd'])


@pytest.mark.parametrize('case', CASES)
def test_case(all_cases, case):
    name, said = all_cases
    unit = f'{case}.service'
    state = inside(name, 'systemctl', 'is-active', unit, check=False).stdout.strip()
    lines = inside(name, 'cat', f'/tmp/{case}', check=False).stdout.split('\n')
    about = '\n'.join(line for line in said.split('\n') if unit in line)
    assert (state, CASES[case].says in lines) == ('active', True), (lines, inside(name, 'journalctl', '--no-pager', '-u', unit, check=False).stdout, about)


@pytest.mark.parametrize('file', SEEN)
def test_what_others_start(all_cases, file):
    name, said = all_cases
    assert inside(name, 'cat', f'/tmp/{file}', check=False).stdout.strip() == SEEN[file], said


def test_socket_for_each_connection(all_cases):
    name, _ = all_cases
    text = 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/e90.sock"); s.sendall(b"x\\n"); print(s.recv(9).decode().strip())'
    assert inside(name, 'python3', '-c', text).stdout.strip() == 'got-x'
    assert inside(name, 'stat', '-c', '%U %a', '/run/e90.sock').stdout.strip() == 'www-data 600'


def test_what_is_told(all_cases):
    _, said = all_cases
    assert "nice-higher.service: Nice=-5: priority above others is the host's to give" in said


# commands of a unit, and what create says of them; None: nothing
COMMANDS = {
    'ExecStartPre=/sbin/sysctl -w vm.max_map_count=262144': 'settings of the kernel',
    'ExecStartPre=-/usr/sbin/sysctl --system': 'settings of the kernel',
    'ExecStartPre=/sbin/sysctl -w net.core.somaxconn=1024': None,
    'ExecStartPre=/bin/mount /mnt/data': 'mounts no disk',
    'ExecStartPre=/bin/mount -t nfs server:/x /mnt': 'mounts no disk',
    'ExecStartPre=/bin/mount -t tmpfs tmpfs /mnt': None,
    'ExecStartPre=/sbin/ip link add br7 type bridge': 'network of a container is made from outside',
    'ExecStartPre=/sbin/ip link show': None,
    'ExecStartPre=-/sbin/modprobe tun': 'kernel modules belong to the host',
    "ExecStartPre=/bin/sh -c 'modprobe tun && echo ok'": 'kernel modules belong to the host',
    "ExecStartPre=/bin/bash -c 'if ! iptables -C INPUT -j DROP; then iptables -A INPUT -j DROP; fi'": 'packet filters belong to the host',
    "ExecStartPre=/bin/sh -c 'A=1 mknod /run/x p; echo modprobe'": 'device nodes belong to the host',
    "ExecStartPre=/bin/sh -c 'echo modprobe tun'": None,
    'ExecStartPre=/bin/chown www-data /dev/ttyUSB0': 'no devices of the host',
    'ExecStartPre=/bin/chmod 1777 /dev/shm': None,
    'ExecStopPost=/sbin/losetup -D': 'disks and device nodes',
    'ExecStart=/usr/bin/test -d /etc': None,
}


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_that_change_the_host(host, names, command):  # noqa: F811
    start = '' if command.startswith('ExecStart=') else 'ExecStart=/bin/sleep infinity\n'
    (host / 'e-command.service').write_text(f'[Service]\n{command}\n{start}')
    said = run([SERVICE, 'create', '--dry-run', '-C', '-u', 'e-command.service', names()]).said
    told = [line for line in said.split('\n') if line.startswith('warning') and f'{command.partition("=")[0]}=:' in line]
    assert bool(told) == bool(COMMANDS[command]) and (COMMANDS[command] or '') in ''.join(told), said
    assert '/etc/systemd/system/e-command.service' in said

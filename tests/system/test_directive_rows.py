# SPDX-License-Identifier: LGPL-2.1-or-later
"""Directives that docs/DIRECTIVES.md says work in a container as they are: each stands in a unit of one container, which starts, and whose systemd shows the value; what the kernel
shows of a process is read there as well. A row of the page without a line here fails."""
import pathlib
import platform
import re

import pytest

import harness
from harness import run
from test_units import SERVICE, inside, own_units  # noqa: F401 (fixture)

ARCHITECTURE = {'x86_64': 'x86-64', 'aarch64': 'arm64'}[platform.machine()]
FEATURE = {'x86_64': 'sse2', 'aarch64': 'asimd'}[platform.machine()]

# unit: {section: lines}. "Key=value" or "Key=value -> Property=what systemd shows"; without an arrow the property has the name and value of the directive. "=> " expects nothing to be
# shown: that the unit is active is what is seen.
CONDITIONS = f"""Architecture={ARCHITECTURE}
ACPower=true
CPUFeature={FEATURE}
CPUs=>=1
CPUPressure=100%
IOPressure=100%
MemoryPressure=100%
ControlGroupController=
Environment=!NOSUCH
FirstBoot=no
Firmware=!nosuch
Group=root
KernelVersion=>=5
Memory=>=1M
NeedsUpdate=|/etc
NeedsUpdate=|!/etc
OSRelease=ID={platform.freedesktop_os_release()['ID']}
User=root""".splitlines()

UNITS = {
    'rows-conditions.service': {
        'Unit': [f'Condition{line} =>' for line in CONDITIONS],
        'Service': ['Type=oneshot', 'RemainAfterExit=yes'],
    },
    'rows-asserts.service': {
        'Unit': [f'Assert{line} =>' for line in CONDITIONS if not line.startswith('Firmware')],
        'Service': ['Type=oneshot', 'RemainAfterExit=yes'],
    },
    'rows-unit.service': {
        'Unit': ['Description=rows of the page', 'Documentation=man:systemd(1) -> Documentation="man:systemd(1)"', 'After=rows-conditions.service -> After~rows-conditions.service', 'Before=rows-exec.service -> Before~rows-exec.service',
                 'Conflicts=rows-nosuch.service -> Conflicts~rows-nosuch.service', 'AllowIsolate=yes', 'CollectMode=inactive-or-failed', 'IgnoreOnIsolate=yes', 'DefaultDependencies=yes',
                 'OnFailureIsolate=no =>', 'OnFailureJobMode=fail', 'OnSuccessJobMode=ignore-dependencies', 'PartOf=rows-other.service -> PartOf~rows-other.service',
                 'PropagatesReloadTo=rows-other.service -> PropagatesReloadTo~rows-other.service', 'ReloadPropagatedFrom=rows-conditions.service -> ReloadPropagatedFrom~rows-conditions.service',
                 'PropagateReloadTo=rows-exec.service -> PropagatesReloadTo~rows-exec.service', 'PropagateReloadFrom=rows-asserts.service -> ReloadPropagatedFrom~rows-asserts.service',
                 'PropagatesStopTo=rows-other.service -> PropagatesStopTo~rows-other.service', 'StopPropagatedFrom=rows-conditions.service -> StopPropagatedFrom~rows-conditions.service',
                 'JoinsNamespaceOf=rows-other.service -> JoinsNamespaceOf~rows-other.service', 'RefuseManualStart=no', 'RefuseManualStop=yes', 'SourcePath=/etc/hostname', 'StopWhenUnneeded=no',
                 'SurviveFinalKillSignal=yes', 'JobTimeoutSec=1min -> JobTimeoutUSec=1min', 'JobRunningTimeoutSec=1min -> JobRunningTimeoutUSec=1min', 'JobTimeoutAction=none', 'JobTimeoutRebootArgument=x',
                 'StartLimitIntervalSec=3s -> StartLimitIntervalUSec=3s', 'StartLimitBurst=9', 'StartLimitAction=none', 'FailureAction=none', 'FailureActionExitStatus=3', 'SuccessAction=none', 'SuccessActionExitStatus=4',
                 'RebootArgument=y'],
        'Service': ['Type=exec', 'Restart=on-failure', 'RestartSec=3s -> RestartUSec=3s', 'RestartForceExitStatus=7', 'RestartPreventExitStatus=8', 'SuccessExitStatus=9', 'RestartSteps=3', 'RestartMaxDelaySec=9s -> RestartMaxDelayUSec=9s',
                    'RestartMode=direct', 'TimeoutStartSec=33s -> TimeoutStartUSec=33s', 'TimeoutStopSec=34s -> TimeoutStopUSec=34s', 'TimeoutAbortSec=35s -> TimeoutAbortUSec=35s', 'TimeoutCleanSec=36s -> TimeoutCleanUSec=36s',
                    'TimeoutStartFailureMode=abort', 'TimeoutStopFailureMode=kill', 'RuntimeMaxSec=1h -> RuntimeMaxUSec=1h', 'RuntimeRandomizedExtraSec=1s -> RuntimeRandomizedExtraUSec=1s', 'WatchdogSec=0 =>', 'WatchdogSignal=10',
                    'KillMode=mixed', 'KillSignal=15', 'RestartKillSignal=1', 'FinalKillSignal=9', 'SendSIGHUP=yes', 'SendSIGKILL=yes', 'ExitType=cgroup', 'GuessMainPID=no', 'NonBlocking=yes', 'NotifyAccess=all', 'PIDFile=/run/rows.pid',
                    'PermissionsStartOnly=no =>', 'RootDirectoryStartOnly=no', 'FileDescriptorStoreMax=5', 'FileDescriptorStorePreserve=yes', 'OOMPolicy=continue', 'BusName=org.rows', 'ReloadSignal=12', 'RemainAfterExit=no'],
    },
    'rows-old.service': {
        'Unit': ['StartLimitInterval=4s -> StartLimitIntervalUSec=4s'],
        'Service': ['Type=exec', 'TimeoutSec=37s -> TimeoutStopUSec=37s'],
    },
    'rows-other.service': {
        'Service': ['Type=oneshot', 'RemainAfterExit=yes', 'PrivateTmp=yes'],
    },
    'rows-control.service': {
        'Service': ['Type=exec', 'AllowedCPUs=0', 'AllowedMemoryNodes=0', 'BlockIOAccounting=yes', 'BlockIOWeight=200', 'CPUAccounting=yes', 'CPUQuota=50% -> CPUQuotaPerSecUSec=500ms', 'CPUQuotaPeriodSec=50ms -> CPUQuotaPeriodUSec=50ms',
                    'CPUShares=300', 'CPUWeight=55', 'Delegate=yes', 'DelegateSubgroup=payload', 'DisableControllers=io -> DisableControllers=io', 'IOAccounting=yes', 'IOWeight=66',
                    'IPAccounting=yes', 'MemoryAccounting=yes', 'MemoryHigh=1G -> MemoryHigh=1073741824', 'MemoryLimit=2G -> MemoryLimit=2147483648', 'MemoryLow=1M -> MemoryLow=1048576', 'MemoryMax=1G -> MemoryMax=1073741824',
                    'MemoryMin=1M -> MemoryMin=1048576', 'MemorySwapMax=1G -> MemorySwapMax=1073741824', 'MemoryZSwapMax=1G -> MemoryZSwapMax=1073741824', 'MemoryZSwapWriteback=no', 'MemoryPressureThresholdSec=1s -> MemoryPressureThresholdUSec=1s',
                    'MemoryPressureWatch=off', 'DefaultMemoryLow=1M =>', 'DefaultMemoryMin=1M =>', 'DefaultStartupMemoryLow=1M =>', 'StartupAllowedCPUs=0 =>', 'StartupAllowedMemoryNodes=0 =>', 'StartupBlockIOWeight=300', 'StartupCPUShares=400',
                    'StartupCPUWeight=44', 'StartupIOWeight=33', 'StartupMemoryHigh=1G -> StartupMemoryHigh=1073741824', 'StartupMemoryLow=1M -> StartupMemoryLow=1048576', 'StartupMemoryMax=1G -> StartupMemoryMax=1073741824',
                    'StartupMemorySwapMax=1G -> StartupMemorySwapMax=1073741824', 'StartupMemoryZSwapMax=1G -> StartupMemoryZSwapMax=1073741824', 'TasksAccounting=yes', 'TasksMax=77'],
    },
    'rows-exec.service': {
        'Service': ['Type=oneshot', 'RemainAfterExit=yes', 'CPUAffinity=0', 'CPUSchedulingPriority=0', 'CPUSchedulingResetOnFork=no', 'CapabilityBoundingSet=CAP_CHOWN CAP_SETUID -> CapabilityBoundingSet=cap_chown cap_setuid', 'CoredumpFilter=0x3 => ',
                    'ExecSearchPath=/usr/bin:/bin -> ExecSearchPath=/usr/bin /bin', 'IOSchedulingPriority=5', 'IgnoreSIGPIPE=no', 'KeyringMode=private', 'LimitAS=8G -> LimitAS=8589934592', 'LimitCPU=600', 'LimitDATA=4G -> LimitDATA=4294967296',
                    'LimitFSIZE=1G -> LimitFSIZE=1073741824', 'LimitLOCKS=55', 'LimitRSS=1G -> LimitRSS=1073741824', 'LimitRTTIME=500', 'LimitSTACK=16M -> LimitSTACK=16777216', 'LockPersonality=yes', 'LogExtraFields=ROWS=yes', 'LogFilterPatterns=~nosuch =>',
                    'LogLevelMax=debug -> LogLevelMax=7', 'LogRateLimitBurst=99', 'LogRateLimitIntervalSec=5s -> LogRateLimitIntervalUSec=5s', 'MemoryDenyWriteExecute=yes', 'MemoryKSM=no', 'NoNewPrivileges=yes', 'PassEnvironment=ROWS', 'Personality=' + ARCHITECTURE,
                    'RemoveIPC=no', 'RestrictAddressFamilies=AF_UNIX AF_INET -> RestrictAddressFamilies~AF_UNIX', 'RestrictNamespaces=yes', 'RestrictRealtime=yes', 'RestrictSUIDSGID=yes', 'SecureBits=noroot -> SecureBits=1', 'SetLoginEnvironment=yes',
                    'SyslogFacility=local3 -> SyslogFacility=19', 'SyslogIdentifier=rows', 'SyslogLevel=notice -> SyslogLevel=5', 'SyslogLevelPrefix=no', 'SystemCallArchitectures=native', 'SystemCallErrorNumber=EACCES =>', 'SystemCallFilter=~swapon =>', 'SystemCallLog=swapoff =>',
                    'TimerSlackNSec=60us -> TimerSlackNSec=60000', 'UMask=0027', 'UnsetEnvironment=NOSUCH', 'UtmpIdentifier=rows', 'UtmpMode=user', 'TTYReset=no', 'TTYVHangup=no', 'TTYVTDisallocate=no', 'TTYRows=25 =>', 'TTYColumns=80 =>', 'NUMAMask=0 =>',
                    'SetCredential=rows:value =>', 'StandardInputText=typed =>', 'StandardInputData=dHlwZWQK =>', 'BindLogSockets=yes'],
    },
    'rows-shield.service': {
        'Service': ['Type=oneshot', 'RemainAfterExit=yes', 'DynamicUser=yes', 'MountAPIVFS=yes', 'MountFlags=slave =>', 'PrivateDevices=yes', 'PrivateIPC=yes', 'PrivateMounts=yes', 'PrivateNetwork=yes', 'PrivatePIDs=yes', 'PrivateTmp=yes', 'ProcSubset=pid', 'ProtectClock=yes',
                    'ProtectControlGroups=yes', 'ProtectHome=yes', 'ProtectHostname=yes', 'ProtectKernelLogs=yes', 'ProtectKernelModules=yes', 'ProtectKernelTunables=yes', 'ProtectProc=invisible', 'ProtectSystem=strict', 'TemporaryFileSystem=/srv',
                    'RuntimeDirectory=rows-shield', 'RuntimeDirectoryMode=0711', 'RuntimeDirectoryPreserve=yes', 'StateDirectory=rows-shield', 'StateDirectoryMode=0711', 'CacheDirectory=rows-shield', 'CacheDirectoryMode=0711', 'LogsDirectory=rows-shield', 'LogsDirectoryMode=0711',
                    'ConfigurationDirectory=rows-shield', 'ConfigurationDirectoryMode=0711', 'LogNamespace=rows', 'RootEphemeral=no'],
    },
    'rows.socket': {
        'Socket': ['ListenStream=8190 =>', 'ListenFIFO=/run/rows.fifo =>', 'ListenMessageQueue=/rows =>', 'Accept=no', 'Backlog=55', 'BindIPv6Only=both', 'Broadcast=yes', 'DeferAcceptSec=1s -> DeferAcceptUSec=1s', 'FileDescriptorName=rows', 'FlushPending=yes', 'FreeBind=yes',
                   'IPTOS=8', 'IPTTL=44', 'KeepAlive=yes', 'KeepAliveTimeSec=9s -> KeepAliveTimeUSec=9s', 'KeepAliveIntervalSec=8s -> KeepAliveIntervalUSec=8s', 'KeepAliveProbes=7', 'MaxConnections=44', 'MaxConnectionsPerSource=6', 'MessageQueueMaxMessages=5',
                   'MessageQueueMessageSize=512', 'NoDelay=yes', 'PassCredentials=yes', 'PassFileDescriptorsToExec=yes', 'PassPacketInfo=yes', 'PassSecurity=yes', 'AcceptFileDescriptors=yes', 'PipeSize=64K -> PipeSize=65536', 'PollLimitBurst=55', 'PollLimitIntervalSec=3s -> PollLimitIntervalUSec=3s',
                   'ReceiveBuffer=64K -> ReceiveBuffer=65536', 'SendBuffer=64K -> SendBuffer=65536', 'RemoveOnStop=yes', 'ReusePort=yes', 'SocketMode=0600', 'DirectoryMode=0711', 'Symlinks=/run/rows-link', 'TCPCongestion=cubic', 'Timestamping=us', 'TriggerLimitBurst=9',
                   'TriggerLimitIntervalSec=5s -> TriggerLimitIntervalUSec=5s', 'Writable=no'],
    },
    'rows.timer': {
        'Timer': ['OnActiveSec=1h =>', 'OnBootSec=1d =>', 'OnStartupSec=1d =>', 'OnUnitActiveSec=1d =>', 'OnUnitInactiveSec=1d =>', 'OnCalendar=yearly =>', 'OnClockChange=no', 'OnTimezoneChange=no', 'AccuracySec=5s -> AccuracyUSec=5s', 'RandomizedDelaySec=2s -> RandomizedDelayUSec=2s',
                  'FixedRandomDelay=yes', 'Persistent=yes', 'RemainAfterElapse=no', 'DeferReactivation=yes'],
    },
    'rows.path': {
        'Path': ['PathExists=/srv/rows/nosuch =>', 'MakeDirectory=yes', 'DirectoryMode=0711', 'TriggerLimitBurst=8', 'TriggerLimitIntervalSec=4s -> TriggerLimitIntervalUSec=4s'],
    },
    'rows@.service': {
        'Service': ['Type=oneshot', 'RemainAfterExit=yes'],
        'Install': ['DefaultInstance=one =>'],
    },
}

# Mounts, swap and automounts are made outside; nothing of these rows is left in a container that has none.
OF_MOUNTS = {'ExtraOptions', 'TimeoutIdleSec', 'ForceUnmount', 'LazyUnmount', 'ReadWriteOnly', 'SloppyOptions', 'Options'}


def key_of(line):
    return line.split('=', 1)[0]


def assignment(line):
    return re.split(r' ?(?:->|=> ?$)', line)[0]


def text(unit, sections):
    lines = []
    for section, rows in sections.items():
        lines += [f'[{section}]', *(assignment(row) for row in rows)]
        if section == 'Service' and not any(row.startswith('ExecStart') for row in rows):
            oneshot = 'Type=oneshot' in rows
            lines.append('ExecStart=/bin/true' if oneshot else 'ExecStart=/bin/sleep infinity')
    return '\n'.join(lines) + '\n'


PROBE = r"""ExecStart=
ExecStart=/bin/sh -c 'grep -E "^(CapBnd|NoNewPrivs|Cpus_allowed_list|Seccomp):" /proc/self/status; grep -E "^Max (cpu time|stack size|file locks)" /proc/self/limits; umask; cat /proc/self/timerslack_ns; cat $CREDENTIALS_DIRECTORY/rows; cat; echo "may $(unshare -m true 2>/dev/null && echo unshare)"' 
StandardInput=data
StandardOutput=truncate:/var/tmp/rows.said
"""


@pytest.fixture(scope='module')
def container(own_units):  # noqa: F811 (fixture)
    name, units = harness.new_name(), []
    for unit, sections in UNITS.items():
        (own_units / unit).write_text(text(unit, sections))
        units += ['-u', unit.replace('@', '@one')]
    with open(own_units / 'rows-exec.service', 'a') as unit:
        unit.write(PROBE)
    (own_units / 'rows.service').write_text('[Service]\nExecStart=/bin/sleep infinity\n')
    said = run([SERVICE, 'create', '-C', *units, name]).said
    try:
        run([SERVICE, 'start', name])
        yield name, said
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])


@pytest.mark.parametrize('unit', UNITS)
def test_shown(container, unit):
    """Each value as it stands in the unit. What this systemd does not know it has no property for."""
    name, real = container[0], unit.replace('@', '@one')
    shown = dict(line.split('=', 1) for line in inside(name, 'systemctl', 'show', '--all', real).stdout.splitlines() if '=' in line)
    assert shown['ActiveState'] in ('active', 'activating'), inside(name, 'journalctl', '--no-pager', '-u', real).stdout
    wrong = []
    for line in [line for rows in UNITS[unit].values() for line in rows]:
        if line.rstrip().endswith('=>'):
            continue
        expected = line.split(' -> ')[-1]
        property_, how, value = re.match(r'(\w+)([=~])(.*)', expected).groups()
        if property_ in shown and (shown[property_] != value if how == '=' else value not in shown[property_].split()):
            wrong.append(f'{line}: {shown[property_]}')
    assert not wrong


def test_seen_by_the_kernel(container):
    said = inside(container[0], 'cat', '/var/tmp/rows.said').stdout
    for words in ('CapBnd:\t0000000000000081', 'NoNewPrivs:\t1', 'Cpus_allowed_list:\t0', 'Seccomp:\t2', 'Max cpu time              600', 'Max stack size            16777216', '\n0027\n', '\n60000\n', 'value', 'typed\ntyped\n', 'may \n'):
        assert words in said, said


def test_every_row_has_a_line():
    page = (pathlib.Path(__file__).parents[2] / 'docs/DIRECTIVES.md').read_text()
    works = {match[1] for match in re.finditer(r'^\| (\w+)= .*\| works \|$', page, re.M)}
    tried = {key_of(line) for sections in UNITS.values() for rows in sections.values() for line in rows}
    assert works - tried - OF_MOUNTS == set()

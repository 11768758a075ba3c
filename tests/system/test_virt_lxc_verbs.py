# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-lxc: each verb about what runs, and those that change a document."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from harness import run, wait_for
from terminal import Terminal
from test_seed_domains import NAME, busybox, define, export, inside, mount, start  # noqa: F401 (fixtures)
from test_virt_lxc import UUID, defined, document, fails, hello, said, virt  # noqa: F401 (fixtures)


@pytest.fixture
def running(define):  # noqa: F811 (fixtures)
    define()
    start()
    return NAME


def state(name=NAME):
    return said('domstate', name, '--reason').strip()


def test_name_that_no_container_has(document):  # noqa: F811
    name, path = document(name='my domain')
    virt('define', path)
    virt('start', name)
    assert said('list', '--name') == f'{name}\n'
    assert run(['virt-lxc', '-q', 'lxc-enter-namespace', name, '/bin/sh', '-c', 'echo $LIBVIRT_LXC_NAME']).stdout == f'{name}\n'
    virt('destroy', name)
    assert state(name) == 'shut off (destroyed)'


def test_container(names):
    """Of virt-sandbox-service, under virsh's words."""
    name = names()
    run(['virt-sandbox-service', 'create', name, '--', 'sleep', 'infinity'])
    try:
        assert said('start', name) == f"Domain '{name}' started\n"
        assert said('list', '--name') == f'{name}\n'
        assert said('domstate', name) == 'running\n'
        assert run(['virt-lxc', '-q', 'lxc-enter-namespace', name, '/bin/echo', 'in']).stdout == 'in\n'
        assert said('destroy', name) == f"Domain '{name}' destroyed\n"
        assert 'systemctl enable' in fails('autostart', name)[1]
    finally:
        run(['virt-sandbox-service', 'delete', name])


def test_create_is_transient(document, root):  # noqa: F811
    name, path = document()
    assert said('create', path) == f"Domain '{name}' created from {path}\n"
    assert said('list', '--transient', '--name') == f'{name}\n'
    assert 'Persistent:     no' in said('dominfo', name)
    assert fails('create', path)[1].startswith('operation failed: domain')  # another uuid
    assert fails('undefine', name)[1] == 'Requested operation is not valid: cannot undefine transient domain'
    virt('destroy', name)
    assert fails('domid', name) == [f"failed to get domain '{name}'"]
    assert not [path for path in (root / 'var/lib/libvirt-sandbox').rglob(name)], 'nothing is left of it'


def test_undefined_while_it_runs(running):
    virt('undefine', running)
    assert said('list', '--transient', '--name') == f'{running}\n'
    virt('destroy', running)
    assert said('list', '--all', '--name') == ''


def test_active(running):
    assert fails('start', running) == ['Domain is already active']
    identity = said('domid', running).strip()
    assert said('domname', identity) == f'{running}\n'
    assert re.search(r'^Id: +\d+$', said('dominfo', running), re.M)


def test_ends_by_itself_and_starts_again(define):  # noqa: F811
    define()
    for _ in range(3):
        start()
        assert state() == 'running (booted)'
        virt('destroy', NAME)
        assert state() == 'shut off (destroyed)'


def test_shutdown(document):  # noqa: F811
    name, path = document(init='/bin/sleep')
    text = pathlib.Path(path).read_text().replace('</init>', '</init><initarg>infinity</initarg>')
    pathlib.Path(path).write_text(text)
    virt('define', path)
    virt('start', name)
    assert said('shutdown', name) == f"Domain '{name}' is being shutdown\n"
    assert said('domstate', name) == 'running\n', 'sleep as PID 1 takes no SIGTERM, and is not killed for it'
    virt('send-process-signal', name, '1', 'SIGKILL')
    wait_for(lambda: state(name).startswith('shut off'), 'the domain has ended')
    assert fails('shutdown', name) == [f"Failed to shutdown domain '{name}'", 'Requested operation is not valid: domain is not running']


def test_signals(running):
    assert fails('send-process-signal', running, '2', 'TERM') == ['argument unsupported: Only the init process may be killed']
    assert fails('send-process-signal', running, '1', 'BLA') == ['malformed signal name: BLA']
    assert fails('send-process-signal', running, 'x', 'TERM') == ["Numeric value 'x' for <pid> option is malformed or out of range"]
    assert said('send-process-signal', running, '1', 'sig_kill') == ''
    wait_for(lambda: state().startswith('shut off'), 'the shell has ended')


def test_suspend(running):
    result = virt('suspend', running, check=False)
    if 'no cgroup' in result.stderr:
        assert state() == 'running (booted)', 'refused, and nothing changed'
        pytest.skip('no cgroup on this host: it cannot be suspended')
    assert state() == 'paused (user)'
    assert said('list', '--state-paused', '--name') == f'{running}\n'
    assert said('resume', running) == f"Domain '{running}' resumed\n"
    assert state() == 'running (unpaused)'
    assert fails('resume', running) == [f"Failed to resume domain '{running}'", 'Requested operation is not valid: domain is already running']
    virt('suspend', running)
    virt('destroy', running)
    assert state() == 'shut off (destroyed)', 'a suspended one can be destroyed'


def test_further_consoles(document):
    """Each has a reader of its own; what is written where nobody reads is lost, and its writer goes on."""
    name, path = document(devices="<console type='pty'/>" * 2, init='/bin/sh', process=[
        '<initarg>-c</initarg>', '<initarg>exec cat &lt;/dev/tty2 &gt;/dev/tty2</initarg>'])
    said('create', path)
    inside = ['-q', 'lxc-enter-namespace', name, '/bin/sh', '-c']
    look = virt(*inside, 'for n in 1 2 3 4; do readlink /dev/tty$n; done; tr "\\0" "\\n" </proc/1/environ | grep ttys').stdout
    assert look.split('\n')[:4] == ['/dev/pts/0', '/dev/pts/1', '/dev/pts/2', 'container_ttys=pts/1 pts/2']
    virt(*inside, 'head -c 300000 /dev/zero | tr "\\0" x >/dev/tty3', timeout=30)
    second, third = (Terminal(['virt-lxc', 'console', name, '--devname', f'console{n}']) for n in (1, 2))
    for terminal in (second, third):
        terminal.expect('Escape character is ^] (Ctrl + ])\r\n')
    second.type('one\n')
    second.expect('one\r\none\r\n')
    virt(*inside, 'echo three >/dev/tty3')
    assert 'one' not in third.expect('three\r\n')
    third.type('\x1d')
    assert third.end() == 0
    fourth = Terminal(['virt-lxc', 'console', name, '--devname', 'console3'])
    fourth.expect("cannot find console device 'console3'")
    assert fourth.end() == 1
    second.type('\x04')  # its end is the domain's
    assert second.end() == 0


def test_console(running):
    assert fails('console', running) == ['Cannot run interactive console without a controlling TTY']
    terminal = Terminal(['virt-lxc', '-e', '^b', 'console', running])
    terminal.expect('Escape character is ^b (Ctrl + B)\r\n')
    terminal.type('echo a"b"c\n')
    terminal.expect('abc\r\n')
    terminal.type('\x02')
    assert terminal.end() == 0
    assert state() == 'running (booted)'
    terminal = Terminal(['virt-lxc', 'console', running, 'nosuch'])
    terminal.expect("cannot find console device 'nosuch'")
    assert terminal.end() == 1
    virt('destroy', running)
    assert fails('console', running) == ['The domain is not running']


def test_autodestroy(define):  # noqa: F811
    define()
    assert run(['virt-lxc', f'start {NAME} --autodestroy; list --name']).stdout.split('\n')[2] == NAME
    assert state() == 'shut off (destroyed)'


def test_paused(define, tmp_path):  # noqa: F811
    """Its first program does not run before it is resumed; one that cannot be executed is told then."""
    path = define(process=['<initarg>-c</initarg>', f'<initarg>echo begun >{tmp_path}/begun; exec sleep infinity</initarg>'])
    virt('start', NAME, '--paused')
    assert state() == 'paused (user)' and not (tmp_path / 'begun').exists()
    assert fails('lxc-enter-namespace', NAME, '/bin/true') == ['Requested operation is not valid: domain is paused']
    assert said('resume', NAME) == f"Domain '{NAME}' resumed\n"
    wait_for((tmp_path / 'begun').exists, 'begun')
    assert state() == 'running (unpaused)'
    assert 'already running' in fails('resume', NAME)[1]
    virt('destroy', NAME)
    virt('undefine', NAME)
    path.write_text(path.read_text().replace('/bin/sh', '/bin/no-such'))
    assert said('create', str(path), '--paused') == f"Domain '{NAME}' created from {path}\n"
    assert fails('resume', NAME) == [f"Failed to resume domain '{NAME}'", 'cannot execute /bin/no-such: No such file or directory']
    wait_for(lambda: said('list', '--name') == '', 'it has ended')


def test_enter(running):
    assert inside('/bin/sh', '-c', 'echo $0 in; pwd') == '/bin/sh in\n/\n'
    assert run(['virt-lxc', 'lxc-enter-namespace', running, '--noseclabel', '--', '/bin/sh', '-c', 'exit 5'], check=False).returncode == 5
    assert fails('lxc-enter-namespace', running, 'ls') == ['ls is not an absolute path inside the domain']
    assert fails('lxc-enter-namespace', running) == ["command 'lxc-enter-namespace' requires <cmd> option"]


def test_killed_supervisor(running, root):
    os.kill(int(said('domid', running)), signal.SIGKILL)
    wait_for(lambda: state() == 'shut off (crashed)', 'the domain is gone')
    start()
    assert state() == 'running (booted)'


def test_autostart(define, root):  # noqa: F811
    define()
    link = root / 'etc/systemd/system/multi-user.target.wants' / f'{NAME}_sandbox.service'
    assert said('autostart', NAME) == f"Domain '{NAME}' marked as autostarted\n"
    assert 'ExecStart="' in link.read_text() and f'virt-sandbox-supervisor" {NAME}\n' in link.read_text()
    assert 'Autostart:      enable' in said('dominfo', NAME)
    assert said('list', '--all', '--autostart', '--name') == f'{NAME}\n'
    # As the host's systemd does.
    supervisor = subprocess.Popen([os.environ['VIRT_SANDBOX_LIBEXEC'] + '/virt-sandbox-supervisor', NAME])
    wait_for(lambda: said('domstate', NAME) == 'running\n', 'the unit has started it')
    virt('destroy', NAME)
    assert supervisor.wait() == 0
    assert said('autostart', NAME, '--disable') == f"Domain '{NAME}' unmarked as autostarted\n"
    assert not link.is_symlink() and 'Autostart:      disable' in said('dominfo', NAME)
    virt('autostart', NAME)
    virt('undefine', NAME)
    assert not link.is_symlink() and not list((root / 'etc/systemd/system').glob('*.service'))


# -- Documents --


def test_desc_and_title(define):  # noqa: F811
    define()
    assert said('desc', NAME) == f'No description for domain: {NAME}\n'
    assert said('desc', NAME, '--title') == f'No title for domain: {NAME}\n'
    assert said('desc', NAME, 'first', 'domain') == 'Domain description updated successfully\n'
    assert said('desc', NAME) == 'first domain\n'
    assert said('desc', NAME, '--title', 'A <title>') == 'Domain title updated successfully\n'
    assert said('list', '--all', '--title').splitlines()[2].split(maxsplit=4) == ['-', NAME, 'shut', 'off', 'A <title>']
    assert '<title>A &lt;title&gt;</title>' in said('dumpxml', NAME)
    start()
    assert fails('desc', NAME, '--live', '--current', 'x')[0] == 'Options --current and --live are mutually exclusive'
    virt('desc', NAME, '--config', 'next')
    assert said('desc', NAME) == 'first domain\n'
    virt('destroy', NAME)
    assert said('desc', NAME) == 'next\n'


def test_metadata(define):  # noqa: F811
    define()
    uri = 'http://example.com/app'
    missing = ['metadata not found: Requested metadata element is not present']
    assert fails('metadata', NAME, uri) == missing
    assert said('metadata', NAME, uri, '--key', 'app', '--set', '<owner name="a"/>') == 'Metadata modified\n'
    assert 'owner' in said('metadata', NAME, uri)
    assert fails('metadata', NAME, uri, '--set', '<a/>') == ['namespace key is required when modifying metadata']
    assert said('metadata', NAME, uri, '--remove') == 'Metadata removed\n'
    assert fails('metadata', NAME, uri) == missing


def test_edit(define):  # noqa: F811
    define()
    environment = dict(os.environ, EDITOR='sed -i s/102400/204800/')
    assert run(['virt-lxc', 'edit', NAME], env=environment).stdout == f"Domain '{NAME}' XML configuration edited.\n\n"
    assert "<memory unit='KiB'>204800</memory>" in said('dumpxml', NAME)
    assert run(['virt-lxc', 'edit', NAME], env=environment).stdout == f"Domain '{NAME}' XML configuration not changed.\n\n"
    broken = run(['virt-lxc', 'edit', NAME], env=dict(os.environ, EDITOR='sed -i 1d'), check=False)
    assert broken.returncode == 1 and said('domstate', NAME) == 'shut off\n'


def test_memory(define):  # noqa: F811
    define()
    assert said('memtune', NAME) == ''.join(f'{key:15}: unlimited\n' for key in ('hard_limit', 'soft_limit', 'swap_hard_limit'))
    assert said('memtune', NAME, '--hard-limit', '1G', '--soft-limit', '65536') == ''
    assert said('memtune', NAME).splitlines() == ['hard_limit     : 1048576', 'soft_limit     : 65536', 'swap_hard_limit: unlimited']
    assert said('memtune', NAME, '--hard-limit', '-1', '--soft-limit', '-1') == ''
    assert said('memtune', NAME).splitlines()[0] == 'hard_limit     : unlimited'
    assert fails('memtune', NAME, '--hard-limit', '1X')[0] == "Scaled numeric value '1X' for <hard-limit> option is malformed or out of range"
    assert fails('memtune', NAME, '--live') == ['Requested operation is not valid: domain is not running']
    assert fails('setmem', NAME, '51200') == ['Requested operation is not valid: domain is not running']
    assert fails('setmem', NAME, '204800', '--config') == ['invalid argument: Cannot set memory higher than max memory']
    assert said('setmem', NAME, '51200', '--config') == ''
    assert 'Used memory:    51200 KiB' in said('dominfo', NAME)
    assert said('setmaxmem', NAME, '200M') == ''
    assert 'Max memory:     204800 KiB' in said('dominfo', NAME)
    start()
    assert fails('setmaxmem', NAME, '300M', '--live')[0] == 'Unable to change MaxMemorySize'


def test_schedinfo_and_blkiotune(define):  # noqa: F811
    define()
    assert said('schedinfo', NAME).splitlines() == ['Scheduler      : posix', 'cpu_shares     : 1024', 'vcpu_period    : 100000', 'vcpu_quota     : -1']
    assert 'cpu_shares     : 200' in said('schedinfo', NAME, '--set', 'cpu_shares=200')
    assert 'vcpu_quota     : 50000' in said('schedinfo', NAME, '--config', 'vcpu_quota=50000')
    assert '<shares>200</shares>' in said('dumpxml', NAME) and '<quota>50000</quota>' in said('dumpxml', NAME)
    both = said('schedinfo', NAME, '--set', 'cpu_shares=300', '--set', 'vcpu_period=50000')
    assert 'cpu_shares     : 300\nvcpu_period    : 50000' in both
    assert fails('schedinfo', NAME, '--set', 'frob=1') == ['invalid scheduler option: frob=1']
    assert said('blkiotune', NAME) == 'weight         : 100\n'
    assert said('blkiotune', NAME, '--weight', '500') == ''
    assert said('blkiotune', NAME) == 'weight         : 500\n'


def test_devices(define):  # noqa: F811
    define()
    mac = '52:54:00:4d:2b:cd'
    assert said('attach-interface', NAME, 'network', 'default', '--mac', mac) == 'Interface attached successfully\n'
    assert said('domiflist', NAME).splitlines()[2].split() == ['-', 'network', 'default', '-', mac]
    assert fails('attach-interface', NAME, 'frob', 'x') == ["No support for frob in command 'attach-interface'"]
    assert fails('detach-interface', NAME, 'network', '--mac', '52:54:00:00:00:01') == [
        'No interface with MAC address 52:54:00:00:00:01 was found', 'Failed to detach interface']
    assert fails('detach-interface', NAME, 'bridge')[0] == 'No interface found whose type is bridge'
    assert said('detach-interface', NAME, 'network', '--mac', mac, '--config') == 'Interface detached successfully\n'
    assert len(said('domiflist', NAME).splitlines()) == 2
    # What is not said is not in the element, whose parts are in virsh's order.
    assert said('attach-disk', NAME, '/i.img', 'vda', '--sourcetype', 'file', '--targetbus', 'virtio', '--driver', 'lxc', '--subdriver', 'raw',
                '--type', 'disk', '--mode', 'readonly', '--serial', 'S1', '--alias', 'ua-1', '--wwn', '5000c50015ea71ad', '--rawio', '--print-xml') == '''\
<disk type='file' device='disk' rawio='yes'>
  <driver name='lxc' type='raw'/>
  <source file='/i.img'/>
  <target dev='vda' bus='virtio'/>
  <readonly/>
  <serial>S1</serial>
  <alias name='ua-1'/>
  <wwn>5000c50015ea71ad</wwn>
</disk>
'''
    assert fails('attach-disk', NAME, '/i.img', 'vda', '--sourcetype', "x'/>") == ["Unknown source type: 'x'/>'"]
    assert said('attach-interface', NAME, 'bridge', 'br0', '--mac', mac, '--target', 'v0', '--alias', 'ua-2', '--print-xml') == f'''\
<interface type='bridge'>
  <source bridge='br0'/>
  <target dev='v0'/>
  <mac address='{mac}'/>
  <alias name='ua-2'/>
</interface>
'''
    assert said('attach-disk', NAME, '/dev/loop0', 'sdb', '--mode', 'readonly') == 'Disk attached successfully\n'
    assert said('domblklist', NAME).splitlines()[2].split() == ['sdb', '/dev/loop0']
    assert said('domblklist', NAME, '--details').splitlines()[2].split() == ['block', 'disk', 'sdb', '/dev/loop0']
    assert said('detach-disk', NAME, 'sdb') == 'Disk detached successfully\n'
    assert fails('detach-disk', NAME, 'sdb') == ['Failed to get disk information', 'No disk found whose source path or target is sdb']
    assert 'not running' in fails('attach-interface', NAME, 'network', 'default', '--live')[1]
    start()
    assert 'no network of its own' in fails('attach-interface', NAME, 'network', 'default', '--live')[1]


def test_domxml_from_native(tmp_path):
    config = tmp_path / 'config'
    config.write_text('lxc.uts.name = migrated\nlxc.rootfs.path = dir:/var/tmp\nlxc.tty.max = 1\nlxc.net.0.type = none\n')
    xml = said('domxml-from-native', 'lxc-tools', str(config))
    assert '<name>migrated</name>' in xml and "<source dir='/var/tmp'/>" in xml
    assert fails('domxml-from-native', 'lxc-tools', '/nonexistent') == ["Failed to open file '/nonexistent': No such file or directory"]
    assert fails('domxml-from-native', 'frob', str(config)) == ['invalid argument: unsupported config type frob']


# -- Figures --


def test_figures(running):
    assert fails('domstats', running, 'nobody') == ["failed to get domain 'nobody'"]
    stats = said('domstats', running)
    assert stats.startswith(f"Domain: '{running}'\n  state.state=1\n  state.reason=1\n")
    assert 'balloon.maximum=102400' in stats and 'cpu.time=' in stats
    assert re.search(r'^Total:\n\tcpu_time +\d+\.\d{9} seconds$', said('cpu-stats', running), re.M)
    assert re.search(r'^rss \d+$', said('dommemstat', running), re.M)
    assert said('domblkstat', running).startswith(' rd_req ')
    virt('destroy', running)
    assert fails('cpu-stats', running) == [
        f"Failed to retrieve CPU statistics for domain '{running}'", 'Requested operation is not valid: domain is not running']
    assert 'state.state=5\n  state.reason=2' in said('domstats', running)


def test_interfaces(define, busybox):  # noqa: F811
    define(mount(busybox, '/') + "<interface type='network'><mac address='52:54:00:4d:2b:cd'/><source network='default'/></interface>")
    start()
    row = said('domiflist', NAME).splitlines()[2].split()
    assert row[1:] == ['network', 'default', '-', '52:54:00:4d:2b:cd']
    assert f"<target dev='{row[0]}'/>" in said('dumpxml', NAME) and row[0] not in said('dumpxml', NAME, '--inactive')
    lines = said('domifaddr', NAME).splitlines()
    assert lines[0] == ' Name       MAC address          Protocol     Address' and lines[1] == '-' * 79
    assert lines[2].split() == ['eth0', '52:54:00:4d:2b:cd', 'ipv4', '192.168.122.2/24']
    counted = dict(line.split()[1:] for line in said('domifstat', NAME, row[0]).splitlines())
    assert set(counted) == {f'{way}_{what}' for way in ('rx', 'tx') for what in ('bytes', 'packets', 'errs', 'drop')}
    assert 'is not a known interface' in fails('domifstat', NAME, 'nosuch')[1]
    assert said('domhostname', NAME).strip()


def test_network_that_there_is_not(define):  # noqa: F811
    define("<interface type='network'><source network='nosuch'/></interface>")
    assert "no network with matching name 'nosuch'" in fails('start', NAME)[1]


def test_events(define):  # noqa: F811
    watcher = subprocess.Popen(['virt-lxc', 'event', '--event', 'lifecycle', '--loop', '--timeout', '60'], stdout=subprocess.PIPE, text=True)
    one = subprocess.Popen(['virt-lxc', 'event', '--all', '--domain', NAME], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert one.wait() == 1, 'there is no such domain'
    wait_for(lambda: 'inotify' in os.readlink(f'/proc/{watcher.pid}/fd/3') if os.path.exists(f'/proc/{watcher.pid}/fd/3') else False, 'it listens')
    define()
    start()
    virt('destroy', NAME)
    told = [watcher.stdout.readline() for _ in range(3)]
    watcher.kill()
    watcher.wait()
    assert told == [f"event 'lifecycle' for domain '{NAME}': {what}\n" for what in ('Defined Added', 'Started Booted', 'Stopped Destroyed')]
    late = virt('event', '--all', '--timeout', '1', check=False)
    assert late.returncode == 1 and late.stdout == 'event loop timed out\nevents received: 0\n\n'
    assert said('event', '--list') == 'lifecycle\n'


# -- Networks --


def network(name, more="<forward mode='nat'/>", ip="<ip address='10.208.77.1' netmask='255.255.255.0'><dhcp><range start='10.208.77.2' end='10.208.77.254'/></dhcp></ip>"):
    return f'<network><name>{name}</name>{more}{ip}</network>'


@pytest.fixture
def lan(tmp_path):
    path = tmp_path / 'lan.xml'
    path.write_text(network('lan'))
    assert said('net-define', str(path)) == f'Network lan defined from {path}\n'
    yield 'lan'
    virt('net-undefine', 'lan', check=False)


def test_networks(lan, root):
    rows = [line.split() for line in said('net-list', '--all').splitlines()]
    assert rows[0] == ['Name', 'State', 'Autostart', 'Persistent']
    assert ['default', 'active', 'yes', 'yes'] in rows and ['lan', 'inactive', 'no', 'yes'] in rows
    assert said('net-list', '--inactive', '--name') == 'lan\n'
    assert said('net-start', lan) == 'Network lan started\n'
    assert fails('net-start', lan) == ['Failed to start network lan', 'Requested operation is not valid: network is already active']
    assert said('net-autostart', lan) == 'Network lan marked as autostarted\n'
    assert ['lan', 'active', 'yes', 'yes'] in [line.split() for line in said('net-list').splitlines()]
    assert said('net-autostart', lan, '--disable') == 'Network lan unmarked as autostarted\n'
    assert said('net-list', '--name') == 'default\nlan\n', 'what is active stays so'
    for started in root.glob('run/libvirt-sandbox/.networks*/lan'):
        started.unlink()  # as a boot of the host does
    assert said('net-list', '--inactive', '--name') == 'lan\n'
    virt('net-start', lan)
    facts = said('net-info', lan)
    assert facts.startswith('Name:           lan\nUUID:           ') and 'Active:         yes\n' in facts
    xml = said('net-dumpxml', lan)
    assert "<range start='10.208.77.2' end='10.208.77.254'/>" in xml
    assert "<ip address='10.208.77.1' netmask='255.255.255.0'>" in xml and "<forward mode='nat'/>" in xml
    assert re.search(f'<uuid>{UUID}</uuid>', xml)
    assert said('net-dhcp-leases', lan).splitlines()[0].split()[:2] == ['Expiry', 'Time']
    assert said('net-destroy', lan) == 'Network lan destroyed\n'
    assert said('net-undefine', lan) == 'Network lan has been undefined\n'
    assert fails('net-info', lan) == ["failed to get network 'lan'"]
    assert "<ip address='192.168.122.1' netmask='255.255.255.0'>" in said('net-dumpxml', 'default')


def test_domain_on_a_network(lan, define, busybox):  # noqa: F811
    define(mount(busybox, '/') + "<interface type='network'><source network='lan'/></interface>")
    assert "network 'lan' is not active" in fails('start', NAME)[1]
    virt('net-start', lan)
    start()
    address = said('domifaddr', NAME).splitlines()[2].split()[3].split('/')[0]
    assert address.startswith('10.208.77.')
    assert len(said('net-dhcp-leases', lan).splitlines()) == 2, 'nobody asked yet'
    keeper = said('dominfo', NAME).split('Id:')[1].split()[0]
    children = pathlib.Path(f'/proc/{keeper}/task/{keeper}/children').read_text().split()
    inside_it = next(pid for pid in [keeper, *children] if os.readlink(f'/proc/{pid}/ns/net') != os.readlink('/proc/self/ns/net'))
    run(['nsenter', f'--net=/proc/{inside_it}/ns/net', '--', 'busybox', 'udhcpc', '-f', '-q', '-n', '-t', '3', '-T', '1', '-i', 'eth0', '-s', '/bin/true'])
    lease = said('net-dhcp-leases', lan).splitlines()[2].split()
    assert re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d', ' '.join(lease[:2])) and lease[3:5] == ['ipv4', f'{address}/32'], lease
    assert len(said('net-dhcp-leases', lan, '--mac', '52:54:00:99:99:99').splitlines()) == 2
    assert 'stop them first' in fails('net-destroy', lan)[1]
    virt('destroy', NAME)


def test_networks_that_cannot_be_kept(tmp_path):
    path = tmp_path / 'net.xml'
    for text, sentence in [
        (network('a', more="<forward mode='bridge'/>"), "forward mode 'bridge'"),
        (network('a', more="<forward mode='nat'/>\n<dns/>"), 'line 2: <dns> cannot be kept of a network'),
        (network('a', ip="<ip address='10.208.77.7' netmask='255.255.255.0'/>"), "the host's address of a network is its first, not 10.208.77.7"),
        (network('a', ip="<ip address='10.208.77.1' netmask='255.0.255.0'/>"), 'a prefix of 16 to 29 bits'),
        (network('a', ip="<ip address='10.208.77.1' prefix='24'><dhcp><host mac='52:54:00:00:00:01' ip='10.208.77.9'/></dhcp></ip>"), '<host>'),
        ('<network/>', 'missing name information'),
        ('<domain/>', 'unexpected root element <domain>'),
    ]:
        path.write_text(text)
        lines = fails('net-define', str(path))
        assert lines[0] == f'Failed to define network from {path}' and sentence in lines[1], lines
    assert said('net-list', '--all', '--name') == 'default\n'


def test_words_that_find_a_domain(running):
    """virsh's domid, domname and domuuid convert one kind of word to another."""
    identity, uuid = said('domid', running).strip(), said('domuuid', running).strip()
    assert said('domname', identity) == said('domname', uuid) == f'{running}\n'
    assert said('domuuid', identity) == f'{uuid}\n' and said('domid', uuid) == f'{identity}\n'
    for verb, word in (('domname', running), ('domid', identity), ('domuuid', uuid)):
        assert fails(verb, word) == [f"failed to get domain '{word}'"]
    assert fails('domid', '') == ["Failed to get option 'domain': Option argument is empty"]


def test_lists_of_words(running, defined):  # noqa: F811
    other = defined(name=f'{running}-off')
    identity, uuid = said('domid', running).strip(), said('domuuid', running).strip()
    assert said('list', '--all', '--id') == f'{identity}\n'
    assert said('list', '--all', '--uuid', '--id', '--name') == f'{uuid} {identity} {running}\n'
    assert said('list', '--all', '--with-checkpoint', '--name') == ''
    assert sorted(said('list', '--all', '--without-checkpoint', '--name').split()) == sorted([running, other])
    assert run(['virt-lxc', '-q', 'list', '--all']).stdout == f' {identity}   {running:{len(other)}}   running\n -{"":{len(identity)}}  {other}   shut off\n'
    stats = said('domstats', '--state', '--list-running')
    assert stats.startswith(f"Domain: '{running}'") and other not in stats
    assert f"Domain: '{other}'" in said('domstats', '--state', '--list-shutoff', '--list-persistent', '--vcpu')
    assert fails('domstats', '--vcpu', '--enforce') == ['argument unsupported: a container has none of these figures']


def test_read_only(running, document):  # noqa: F811
    """-r: what shows goes on, what changes is refused, and has changed nothing."""
    def readonly(*words):
        return run(['virt-lxc', '-r', *words], check=False)

    for words in (['list'], ['dumpxml', running], ['desc', running], ['memtune', running], ['dominfo', running], ['net-list'], ['domstate', running]):
        assert readonly(*words).returncode == 0
    before = said('dumpxml', running)
    _, path = document()
    for words in (['destroy', running], ['undefine', running], ['define', path], ['create', path], ['desc', running, 'x'], ['desc', running, '--edit'],
                  ['memtune', running, '--hard-limit', '1G'], ['schedinfo', running, '--set', 'cpu_shares=500'], ['setmem', running, '1000'],
                  ['metadata', running, 'http://x/', '--remove'], ['net-destroy', 'default'], ['lxc-enter-namespace', running, '/bin/true'],
                  ['attach-disk', running, '/dev/loop0', 'sdb'], ['console', running], ['autostart', running], ['suspend', running]):
        refused = readonly(*words)
        assert (refused.returncode, refused.stderr) == (1, f'error: operation forbidden: read only access prevents {words[0]}\n'), words
    assert said('dumpxml', running) == before and state() == 'running (booted)'


def test_command_line(running, tmp_path):
    def one(*words, **options):
        done = run(['virt-lxc', *words], check=False, **options)
        return done.returncode, done.stdout, done.stderr

    for uri in ('lxc:///', 'lxc:///system', 'lxc+unix:///'):
        assert one('-c', uri, 'uri') == (0, f'{uri}\n\n', '')
    assert one('-c', 'lxc:///frob', 'uri')[2].endswith("error: internal error: Unexpected LXC URI path '/frob', try lxc:///system\n")
    assert one('-c', 'qemu:///system', 'uri')[0] == 1
    assert one('uri # and nothing more') == (0, 'lxc:///\n\n', '')
    assert one('echo a\\') == (1, '', 'error: dangling \\\n')
    assert one('-k', '5', '-K', '3', '-d', '4', 'uri') == (0, 'lxc:///\n\n', '')
    assert one('-k', 'x', 'uri') == (1, '', 'error: Invalid value for option -k\n')
    assert one('-d', 'x', 'uri') == (1, '', 'error: option -d takes a numeric argument\n')
    assert one('-e', 'frob', 'uri') == (1, '', "error: Invalid string 'frob' for escape sequence\n")
    assert one('pwd', cwd=tmp_path) == (0, f'{tmp_path}\n\n', '')
    assert one('cd', '/') == (1, '\n', 'error: cd: command valid only in interactive mode\n')
    assert one('-q', input=f'cd {tmp_path}\npwd\nconnect --readonly\nuri\n') == (0, f'{tmp_path}\nlxc:///\n', '')
    code, out, error = one('-q', input=f'connect lxc:///system --readonly\nuri\ndestroy {running}\nconnect qemu:///system\nuri\n')
    assert (code, out) == (0, 'lxc:///system\nlxc:///system\n') and 'read only access prevents destroy' in error and '"qemu:///system"' in error
    assert one('shutdown', running, '--mode', 'acpi')[2] == 'error: argument unsupported: a container has no acpi; use --mode signal\n'
    assert one('shutdown', running, '--mode', 'acpi,frob')[2].startswith('error: Unknown mode frob value')
    assert one('send-process-signal', running, '1', 'nop')[0] == 0 and state() == 'running (booted)'
    assert one('shutdown', running, '--mode', 'initctl,signal')[0] == 0


def test_networks_by_uuid():
    uuid = said('net-uuid', 'default').strip()
    assert said('net-name', uuid) == 'default\n' and f'UUID:           {uuid}' in said('net-info', uuid)
    assert said('net-dumpxml', uuid, '--inactive') == said('net-dumpxml', 'default')
    other = uuid[:-1] + ('0' if uuid[-1] != '0' else '1')
    assert fails('net-name', other) == [f"failed to get network '{other}'"]
    assert said('net-list', '--name', '--persistent') == said('net-list', '--name', '--autostart') == 'default\n'
    assert said('net-list', '--name', '--no-autostart') == said('net-list', '--name', '--transient') == ''


def test_undefine_of_what_no_domain_has(define):  # noqa: F811
    define()
    assert fails('undefine', NAME, '--remove-all-storage') == ["command 'undefine' doesn't support option --remove-all-storage"]
    assert said('undefine', NAME, '--managed-save', '--snapshots-metadata', '--tpm') == f"Domain '{NAME}' has been undefined\n"


@pytest.mark.parametrize('more', ['', '<idmap><uid start="0" target="100000" count="1000"/><gid start="0" target="100000" count="1000"/></idmap>'])
@pytest.mark.parametrize('kind', ['the root of the host', 'proc', 'our places', 'exchanged'])
def test_root_that_no_domain_gets(define, tmp_path, root, kind, more):  # noqa: F811
    """As the source of any mount; nothing is marked by the attempt."""
    link, said_why = tmp_path / 'link', "the kernel's proc"
    if kind == 'exchanged':  # a link in a directory that a container can write to
        place = tmp_path / 'of a container'
        place.mkdir()
        os.setxattr(place, 'trusted.virt-sandbox.writable', b'1')
        link, said_why = place / 'root', 'which a container can write to'
        link.symlink_to(tmp_path)
    elif kind == 'our places':
        (root / 'var/lib/libvirt-sandbox').mkdir(parents=True, exist_ok=True)
        link, said_why = root / 'var', 'no container may write there'
    else:
        link.symlink_to('/' if kind == 'the root of the host' else '/proc')
    define(mount(link, '/'), more=more)
    before = os.listxattr('/'), os.listxattr(link)
    error = fails('start', NAME)
    assert re.match(r'line \d+: cannot use ', error[1]) and said_why in error[1], error
    assert (os.listxattr('/'), os.listxattr(link)) == before
    assert state() == 'shut off (unknown)'

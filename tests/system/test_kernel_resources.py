# SPDX-License-Identifier: LGPL-2.1-or-later
"""What root inside can take of the host's kernel (docs/KERNEL-RESOURCES.md): the limit or the refusal of each, never the harm itself."""
import json
import pathlib

import pytest

import harness
import isolation
from isolation import SERVICE, service

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)

# Each file of /proc but those of processes, and of /sys but the container's own cgroup, that opens for writing.
SWEEP = '''
import json, os
found = []
for top in ('/proc', '/sys'):
    for place, directories, files in os.walk(top):
        if place == '/proc':
            directories[:] = [d for d in directories if not d.isdigit() and d not in ('self', 'thread-self')]
        if place == '/sys/fs':
            directories[:] = []
        for name in files:
            path = os.path.join(place, name)
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW))
                found.append(path)
            except OSError:
                pass
print(json.dumps(found))
'''
INTERFACE_SWITCHES = ('/proc/sys/net/ipv4/conf/', '/proc/sys/net/ipv6/conf/')
SWITCHES = {f'/proc/sys/net/{name}' for name in (
    'ipv4/ip_forward', 'ipv4/ip_local_port_range', 'ipv4/ip_local_reserved_ports', 'ipv4/ip_nonlocal_bind', 'ipv6/ip_nonlocal_bind',
    'ipv4/ip_unprivileged_port_start', 'ipv4/ping_group_range',
    'ipv4/tcp_keepalive_intvl', 'ipv4/tcp_keepalive_probes', 'ipv4/tcp_keepalive_time')}


@pytest.fixture(scope='module')
def web():
    name = harness.new_name()
    service('create', '-C', '-u', 'apache2.service', name)
    service('start', name)
    yield name
    isolation.remove(name)


def writable(*words):
    return set(json.loads(harness.run([*words, '--', 'python3', '-c', SWEEP]).stdout))


def test_nothing_of_the_kernel_is_writable_for_a_command():
    assert writable('virt-sandbox') == set()
    assert writable('virt-sandbox', '-N', 'host') == set()


def test_nor_for_a_service(web):
    assert writable(SERVICE, 'execute', web) == set()


def test_who_administers_its_network_sets_that_and_nothing_else():
    found = writable('virt-sandbox', '--capability', 'CAP_NET_ADMIN')
    rest = {path for path in found if not path.startswith(INTERFACE_SWITCHES)}
    assert rest == {path for path in SWITCHES if pathlib.Path(path).exists()}
    assert found - rest, 'control: those of interfaces are among them'


@pytest.mark.parametrize('path', ['net/ipv4/ipfrag_high_thresh', 'net/ipv6/ip6frag_high_thresh', 'net/core/somaxconn', 'net/unix/max_dgram_qlen',
                                  'net/ipv4/neigh/lo/unres_qlen_bytes'])
def test_memory_of_the_network_is_not_the_containers_to_bound(web, path):
    script = f'cat /proc/sys/{path} >/tmp/was && cat /tmp/was >/proc/sys/{path}'
    for words in ([SERVICE, 'execute', web], ['virt-sandbox', '--capability', 'CAP_NET_ADMIN']):
        harness.refused([*words, '--', 'sh', '-c', script], 'Read-only file system')


def test_command_line_and_pressure(web):
    assert service('execute', web, '--', 'cat', '/proc/cmdline').stdout == ''
    assert pathlib.Path('/proc/cmdline').read_text(), 'control: the host has one'


def queue(*words):
    return harness.run([*words, '--', 'tc', 'qdisc', 'replace', 'dev', 'lo', 'root', 'pfifo', 'limit', '10'], check=False)


def test_queues_and_links_by_capability_only(web):
    for words in (['virt-sandbox'], [SERVICE, 'execute', web]):
        assert 'Operation not permitted' in queue(*words).stderr
    assert queue('virt-sandbox', '--capability', 'CAP_NET_ADMIN').returncode == 0, 'control: the capability is what is missing'
    harness.refused(['virt-sandbox', '--capability', 'CAP_SYS_MODULE', '--', 'true'], 'CAP_SYS_MODULE', 'cannot be given')


def test_create_says_why_a_container_administers_its_network(name, tmp_path):
    units = pathlib.Path('/etc/systemd/system')  # in this mount namespace only
    harness.run(['mount', '--bind', tmp_path, units])
    unit = units / 'vsb-admin.service'
    unit.write_text('[Service]\nExecStart=/usr/bin/sleep infinity\nAmbientCapabilities=CAP_NET_ADMIN\n')
    try:
        said = service('create', '--package', 'coreutils', '-u', unit.name, name)
        assert f'{unit.name}: AmbientCapabilities=CAP_NET_ADMIN: the container gets CAP_NET_ADMIN' in said.stdout + said.stderr
        service('start', name)
        assert queue(SERVICE, 'execute', name).returncode == 0
    finally:
        isolation.remove(name)
        harness.run(['umount', units])


NAMESPACES = '''
import ctypes, os
libc, kept = ctypes.CDLL(None, use_errno=True), []
while len(kept) < 100 and libc.unshare(0x40000000) == 0:
    kept.append(os.open('/proc/self/ns/net', os.O_RDONLY))
print(len(kept), os.strerror(ctypes.get_errno()))
'''


def test_network_namespaces_are_few(web):
    made, reason = service('execute', web, '--', 'python3', '-c', NAMESPACES).stdout.split(None, 1)
    assert 8 < int(made) < 64, 'control: units with PrivateNetwork= get theirs'
    assert 'No space left' in reason
    harness.refused(['virt-sandbox', '--', 'unshare', '-n', 'true'], 'Operation not permitted')


RAISE = 'import resource; resource.setrlimit(resource.RLIMIT_CORE, (2, 2))'


def test_core_dumps_cannot_be_switched_on(web):
    """1 is the limit with which no kernel starts a core_pattern's program; root inside cannot raise it."""
    for words in (['virt-sandbox'], [SERVICE, 'execute', web]):
        assert harness.run([*words, '--', 'sh', '-c', 'ulimit -Hc; prlimit --core --output HARD --noheadings'], check=True).stdout.split() [-1]== '1'
        harness.refused([*words, '--', 'python3', '-c', RAISE], 'not allowed to raise maximum limit')


@pytest.fixture
def defaults(root):
    file = pathlib.Path(root, 'etc/libvirt-sandbox/defaults.conf')
    file.parent.mkdir(parents=True, exist_ok=True)
    yield file
    file.unlink(missing_ok=True)


def limits(name):
    return {key: (value['value'], value['from']) for key, value in isolation.inspect(name)['limits'].items()}


def can_limit(controller):
    found = [place / 'cgroup.controllers' for place in map(pathlib.Path, ('/sys/fs/cgroup', '/sys/fs/cgroup/unified'))]
    return any(controller in file.read_text().split() for file in found if file.exists())


def test_limits_come_from_host_site_and_description(name, defaults):
    said = service('create', name, '--', '/usr/bin/sleep', '1000')
    try:
        total = int(pathlib.Path('/proc/meminfo').read_text().split()[1]) * 1024
        (memory, by), tasks = limits(name)['memory'], limits(name)['pids']
        assert by == 'default' and 0.78 * total < memory < 0.82 * total
        assert tasks[1] == 'default' and 512 <= tasks[0] <= 4096
        for controller in ('memory', 'pids'):
            sentence = f'the default limit of {controller} does not hold'
            assert (sentence in said.stdout + said.stderr) != can_limit(controller)
        service('start', name)  # a default is no error anywhere
        service('stop', name)
        defaults.write_text('[resources]\nmemory=1G\npids=max\n')
        assert limits(name) == {'memory': (1 << 30, 'site'), 'pids': ('max', 'site'), 'files': (524288, 'default')}
        service('set', name, '--memory', 'max')
        assert limits(name) == {'memory': ('max', 'description'), 'pids': ('max', 'site'), 'files': (524288, 'default')}
        service('start', name)
    finally:
        isolation.remove(name)


@pytest.mark.optional
@pytest.mark.skipif(can_limit('memory'), reason='this host has the cgroup v2 controller for memory')
def test_limit_of_the_site_is_refused_where_it_cannot_hold(name, defaults):
    service('create', name, '--', '/usr/bin/sleep', '1000')
    try:
        defaults.write_text('[resources]\nmemory=1G\n')
        harness.refused([SERVICE, 'start', name], 'memory cannot be limited')
        harness.refused(['virt-sandbox', '--', 'true'], 'memory cannot be limited')
    finally:
        isolation.remove(name)


@pytest.mark.parametrize('text, words', [
    ('[network]\ninterface=host\n', ['defaults.conf:2: [network] interface', 'cannot default to']), ('\n[core]\nhostname=x\n', ['defaults.conf:3: [core] hostname', 'cannot have a default']),
    ('[resources]\nmemory=lots\n', ['defaults.conf:2', 'lots']),
    ('[resources]\nfiles=3\n', ['defaults.conf:2', 'files']), ('[resources]\nopen=3\n', ['defaults.conf:2', 'open'])])
def test_bad_defaults_are_refused(defaults, text, words):
    defaults.write_text(text)
    harness.refused(['virt-sandbox', '--', 'true'], *words)


def test_site_defaults_of_create(name, defaults):
    """What the site says is taken where the description is silent, is written down, and is told apart from what was asked for."""
    defaults.write_text('[network]\ninterface=none\n[environment]\nvariable=http_proxy=http://10.0.0.1:3128\n[restart]\npolicy=on-failure\ndelay=7\non-upgrade=units\n'
                        '[health]\nretries=5\n[service]\nhost-journal=yes\n')
    try:
        said = service('create', '--restart-delay', '9', name, '--', '/usr/bin/sleep', '1000').stdout
        assert 'Default of the site: network.interface=none' in said and 'delay' not in said and 'retries' not in said
        one = isolation.inspect(name)
        assert one['description']['restart'] == {'policy': 'on-failure', 'delay': '9'} and 'health' not in one['description']
        sources = one['sources']
        assert {sources[key] for key in ('network.interface', 'environment.variable', 'restart.policy')} == {'site'}
        assert sources['restart.delay'] == sources['command.argv'] == 'description' and 'default' in sources.values()
        service('set', name, '--restart', 'always')
        assert isolation.inspect(name)['sources']['restart.policy'] == 'description'
        defaults.write_text('[network]\nallow-from=10.0.0.0/8\n')
        harness.refused([SERVICE, 'create', '-N', 'host', f'{name}x', '--', 'true'], "with the site's defaults", 'network.allow-from')
    finally:
        isolation.remove(name)


def test_limits_without_a_controller(name, defaults):
    """What would fail a start is refused by create, or told where it is the site's."""
    lacked = {row['what'].removeprefix('cgroup-') for row in json.loads(harness.run([SERVICE, 'check', '--json'], check=False).stdout) if not row['there']}
    for option, controller in (('--cpu-weight=50', 'cpu'), ('--cpuset=0', 'cpuset'), ('--swap=0', 'memory')):
        done = harness.run([SERVICE, 'create', option, name, '--', '/usr/bin/sleep', '1000'], check=False)
        assert (done.returncode != 0) == (controller in lacked) == (f"no cgroup v2 controller '{controller}'" in done.stderr), done.said
        if done.returncode == 0:
            isolation.remove(name)
    defaults.write_text('[resources]\nmemory=2G\n')
    said = service('create', name, '--', '/usr/bin/sleep', '1000').stdout
    assert ('the container will not start' in said) == ('memory' in lacked)
    isolation.remove(name)


def open_files(name, *words):
    """Soft and hard limit of PID 1, of the service's first process and of what enters."""
    script = 'for p in 1 $(pgrep -o apache2) self; do sed -n "s/^Max open files *//p" /proc/$p/limits; done'
    return [tuple(line.split()[:2]) for line in service('execute', name, '--', 'sh', '-c', script).stdout.splitlines()]


def test_open_files_of_a_service(name, defaults):
    """Those of systemd inside, of its units, and of what enters, which root inside cannot raise."""
    said = service('create', '-C', '--files', '3000', '-u', 'apache2.service', name)
    try:
        assert 'open files' not in said.stdout.replace('fs.file-max', '')
        service('start', name)
        assert [hard for _, hard in open_files(name)] == ['3000'] * 3
        harness.refused([SERVICE, 'execute', name, '--', 'sh', '-c', 'ulimit -n 3001'], 'ulimit')
        service('execute', name, '--', 'sh', '-c', 'ulimit -n 3000')
        harness.refused([SERVICE, 'set', name, '--files', '9000'], 'open files', 'does not run')
        service('stop', name)
        service('set', name, '--files', '9000')
        assert limits(name)['files'] == (9000, 'description')
        service('start', name)
        assert [hard for _, hard in open_files(name)] == ['9000', '8192', '9000'], 'apache2ctl lowers its own'
    finally:
        isolation.remove(name)


def test_open_files_by_default_and_of_the_site(name, defaults):
    def of_a_command():
        return harness.run(['virt-sandbox', '--', 'sh', '-c', 'ulimit -Sn; ulimit -Hn']).stdout.split()
    most = isolation.most_open_files()
    assert of_a_command() == ['1024', str(min(524288, most))]
    harness.refused(['virt-sandbox', '--files', str(most + 1), '--', 'true'], 'files', str(most))
    defaults.write_text('[resources]\nfiles=500\n')
    assert of_a_command() == ['500', '500']
    said = service('create', name, '--', '/usr/bin/sleep', '1000')
    try:
        assert limits(name)['files'] == (500, 'site') and 'Limit of open files' not in said.stdout + said.stderr
        service('start', name)
        assert service('execute', name, '--', 'sh', '-c', 'ulimit -Hn').stdout.split() == ['500']
        defaults.unlink()
        assert 'Limit of open files: 524288' in service('create', name + '2', '--', '/usr/bin/true').stdout + said.stderr
    finally:
        isolation.remove(name, name + '2')

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values that cannot mean anything, of every option that takes one: one sentence that names what is wrong, and nothing is made, started or changed."""
import pathlib

import pytest

from harness import refused, run

SERVICE = 'virt-sandbox-service'

# Of containers of both kinds and of one command: option, value, what the sentence has.
SELINUX = pathlib.Path('/sys/fs/selinux/enforce').exists()
BOTH = [
    ('--hostname', '', '""'), ('--hostname', 'a..b', 'a..b'), ('--hostname', '-a', '-a'), ('--hostname', 'a_b', 'a_b'), ('--hostname', 'a' * 65, 'cannot be a host name'),
    ('-N', '', 'is empty'), ('-N', 'bogus', 'no network bogus'), ('-N', 'source=nobridge', 'no interface nobridge'), ('-N', 'source=lo', 'lo is not a bridge'),
    ('-N', 'macvlan,source=lo', 'no macvlan or VLAN on the host\'s interface lo'), ('-N', 'macvlan,source=nolink', 'no interface nolink'), ('-N', 'macvlan', 'needs source='),
    ('-N', 'default,address=169.254.169.254', '169.254.169.254'), ('-N', 'default,address=8.8.8.8', '8.8.8.8'), ('-N', 'default,address=10.209.0.1', '10.209.0.1'),
    ('-N', 'default,mac=01:00:5e:00:00:01', '01:00:5e:00:00:01'), ('-N', 'default,route=0.0.0.0/33%10.209.0.1', '33'), ('-N', 'none,address=10.0.0.1', 'none'),
    ('-N', 'default,route=10.0.0.0/8%10.208.0.1', 'the gateway 10.208.0.1 is not in a network'), ('-N', 'default,route=default%127.0.0.1', 'a loopback address'),
    ('-N', 'default,route=10.0.0.0/8%10.209.255.255', 'broadcast address'), ('-N', 'default,route=10.0.0.0/8%10.209.0.0', 'the address of its network'),
    ('-N', 'default,address=10.209.0.77,route=10.0.0.0/8%10.209.0.77', 'the container\'s own address'), ('-N', 'default,route=::/0%fd00::1', 'fd00::1 is not in a network'),
    ('-N', 'default,route=default%10.209.0.1', 'another route to this network'),
    ('-N', 'host,mac=52:54:00:00:00:01', 'host'),
    ('-m', '', 'mount type'), ('-m', 'ram:/s=0', 'more than 0'), ('-m', 'ram:/s=-1', '"-1"'), ('-m', 'ram:/s=99999999T', 'too large'), ('-m', 'host-bind:/s=/nonexist', '/nonexist'),
    ('-m', 'host-bind:/s', 'host-bind:/s'), ('-m', 'host-image:/s=/etc', '/etc'), ('-m', 'ram:/run/host=1M', '/run/host'), ('-m', 'ram:/=1M', '"/"'),
    pytest.param('-l', 's9:c1', 'no labels', marks=(pytest.mark.optional, pytest.mark.skipif(SELINUX, reason='SELinux has labels'))), ('-l', '', '""'), ('-l', 'bogus', 'bogus'), ('-s', 'bogus', 'bogus'),
    ('-e', '', '""'), ('-e', '=x', '""'), ('-e', '1A=b', '1A'), ('-e', 'NOSUCHVARIABLE', 'NOSUCHVARIABLE'), ('--env-file', '/nonexist', '/nonexist'), ('--env-file', '/dev/zero', '/dev/zero has more than'), ('--env-file', '/etc', '/etc'), ('-m', 'host-image:/s=/proc/kmsg', '/proc/kmsg: it is empty'),
    ('--memory', '0', 'too small'), ('--memory', '-1', '"-1"'), ('--memory', '99999999T', 'too large'), ('--cpus', '0', '"0"'), ('--cpus', 'nan', 'nan'), ('--cpus', '1e9', '1e9'),
    ('--pids', '0', '0'), ('--pids', '99999999999', '99999999999'), ('--io-weight', '0', '0'), ('--io-weight', '10001', '10001'), ('--files', '255', '255'), ('--files', 'max', 'max'), ('--files', '1073741824', 'no process of this host'),
    ('--capability', 'CAP_NOSUCH', 'CAP_NOSUCH'), ('--capability', '', '""'),
]
UNITS = [
    ('--without', '/etc/nosuch', '--without /etc/nosuch'), ('--without', '/', '--without /'), ('--without', '/usr', '--without /usr'), ('--without', 'relative', 'relative'),
    ('--account', 'nosuch', '--account nosuch: there is no such account'), ('--account', 'root,x', 'root,x'), ('--account', '', '""'), ('--with', '/', '--with /'), ('--with', '/proc', '--with /proc'), ('--with', '/etc/nosuch', '/etc/nosuch'), ('-p', '/nonexist', '/nonexist'), ('-p', '/etc/passwd', 'not a directory'),
    ('-i', '0', 'too small'), ('-i', 'x', 'x'), ('-i', '99999999T', 'too large'), ('--boot-target', 'x.service', 'x.service'), ('--boot-target', 'nosuch.target', 'nosuch.target'), ('--boot-target', 'a@.target', 'a@.target'), ('-u', 'nosuch.service', 'nosuch.service'), ('-u', '', '""'),
]
COMMAND = [('-U', '', '""'), ('-U', '99999999999', '99999999999'), ('--homedir', 'relative', 'relative')]
CHANGES = [('--memory', '0', 'too small'), ('--memory', 'x', '"x"'), ('--pids', '0', '0'), ('--cpus', '0', '"0"'), ('--io-weight', '0', '0'), ('--files', '0', '0'), ('--files', '1073741824', 'no process of this host'), ('-i', '64M', 'is decided by create')]
MISSING = [['clone', 'nobody', 'copy'], ['start', 'nobody'], ['stop', 'nobody'], ['restart', 'nobody'], ['delete', 'nobody'], ['inspect', 'nobody'], ['logs', 'nobody'],
           ['execute', 'nobody', '--', 'true'], ['connect', 'nobody'], ['upgrade', 'nobody'], ['reload', 'nobody'], ['set', 'nobody', '--pids=1'], ['relabel', 'nobody'], ['audit', 'nobody']]



def one_sentence(command, *words):
    assert len(refused(command, *words).stderr.splitlines()) == 1


@pytest.mark.parametrize('option, value, words', BOTH + COMMAND)
def test_one_command(option, value, words):
    one_sentence(['virt-sandbox', option, value, '--', 'true'], words)


@pytest.mark.parametrize('option, value, words', BOTH + UNITS)
def test_create(root, names, option, value, words):
    name = names()
    if (option, value, words) not in UNITS:
        one_sentence([SERVICE, 'create', option, value, name, '--', '/usr/bin/true'], words)
    one_sentence([SERVICE, 'create', '-u', 'cron.service', option, value, name], words)
    assert not [path for path in root.rglob('*') if name in path.name]


TWICE = [('apache2.service', 'apache2.service'), ('apache2', 'apache2.service'), ('httpd.service', 'apache2.service'), ('ssh.service', 'sshd.service')]


@pytest.mark.parametrize('one, other', TWICE)
def test_unit_that_is_given_twice(root, names, one, other):
    name = names()
    one_sentence([SERVICE, 'create', '-u', one, '-u', other, name], f'unit {other} is given twice')
    assert not [path for path in root.rglob('*') if name in path.name]


INSIDE = [['guest-bind:/mnt=/nosuch'], ['guest-bind:/mnt=/srv/nosuch'], ['guest-bind:/mnt=/usr/nosuch'], ['guest-bind:/mnt=/run/nosuch'], ['guest-bind:/mnt=/etc/passwd/x'],
          ['guest-bind:/mnt=/srv/x', 'ram:/srv/x=1M'], ['ram:/srv=1M', 'guest-bind:/mnt=/srv/x'], ['host-bind:/srv=SHARE', 'guest-bind:/mnt=/srv/nosuch'],
          ['host-bind:/srv=SHARE', 'guest-bind:/mnt=/srv', 'guest-bind:/opt=/mnt/nosuch']]
FOUND = [['guest-bind:/mnt=/usr/share'], ['guest-bind:/mnt=/etc'], ['guest-bind:/mnt=/run'], ['guest-bind:/mnt=/bin'], ['ram:/srv/x=1M', 'guest-bind:/mnt=/srv/x'], ['ram:/srv/x=1M', 'guest-bind:/mnt=/srv'],
         ['host-bind:/srv=SHARE', 'guest-bind:/mnt=/srv/there', 'guest-bind:/opt=/mnt/below'], ['ram:/srv=1M', 'ram:/srv/a/b=1M', 'guest-bind:/mnt=/srv/a']]


def options(mounts, share):
    (share / 'there/below').mkdir(parents=True)
    return [word for mount in mounts for word in ('-m', mount.replace('SHARE', str(share)))]


@pytest.mark.parametrize('kind', [['--', '/usr/bin/sleep', '100'], ['-i', '64M', '--', '/usr/bin/sleep', '100']], ids=('directory', 'image'))
@pytest.mark.parametrize('mounts', INSIDE, ids=' '.join)
def test_mount_of_what_is_not_inside(root, names, tmp_path, mounts, kind):
    name = names()
    image, command = kind[:kind.index('--')], kind[kind.index('--'):]
    one_sentence([SERVICE, 'create', *image, *options(mounts, tmp_path / 'share'), name, *command], 'there is no', 'in the container')
    assert not [path for path in root.rglob('*') if name in path.name]


@pytest.mark.parametrize('mounts', FOUND, ids=' '.join)
def test_mount_of_what_is_inside(names, tmp_path, mounts):
    """The control: such a container starts."""
    name = names()
    run([SERVICE, 'create', *options(mounts, tmp_path / 'share'), name, '--', '/usr/bin/sleep', '100'])
    try:
        run([SERVICE, 'start', name])
    finally:
        run([SERVICE, 'stop', '-t', '0', name], check=False)
        run([SERVICE, 'delete', name])


@pytest.fixture(scope='module')
def made():
    run([SERVICE, 'create', 'values', '--', '/usr/bin/true'])
    yield 'values'
    run([SERVICE, 'delete', 'values'])


@pytest.mark.parametrize('option, value, words', CHANGES)
def test_set(root, made, option, value, words):
    before = (root / f'etc/libvirt-sandbox/services/{made}.sandbox').read_bytes()
    one_sentence([SERVICE, 'set', made, option, value], words, option)
    assert (root / f'etc/libvirt-sandbox/services/{made}.sandbox').read_bytes() == before


@pytest.mark.parametrize('command', MISSING, ids=lambda command: command[0])
def test_no_such_container(command):
    one_sentence([SERVICE, *command], 'container nobody does not exist')


def test_clone_to_itself(made):
    one_sentence([SERVICE, 'clone', made, made], 'another name')

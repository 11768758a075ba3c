# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hand-written Specs, started by the engine alone: what no description of ours asks for today."""
import json
import os
import pathlib
import subprocess

import pytest

import harness
from specs import (DEV, END, ENGINE, ID_BASE, IDS, MERGED, NAME, NULL, PROC, USR, cgroup_mount, links, make_root, shell, small, start, with_python,
                   write)


def test_directory(place):
    """Its files are the container's root's; what is written belongs to the host's owner of the directory."""
    make_root(place / 'root')
    (place / 'root/etc/own').write_text('mine')
    parts = (f'[container]\nname="test"\n{IDS}', f'[root]\nkind=directory\nsource="{place}/root"\nmapping=container\n', USR.format(mapping='container'),
             '[mount]\nkind=proc\ntarget="/proc"\n', shell('cat /etc/own; stat -c %u /etc/own; echo new > /etc/new'),
             '[filter]\nno-new-privileges=yes\n', END)
    done = start(place, *parts)
    assert done.stdout.split() == ['mine0']
    assert (place / 'root/etc/new').stat().st_uid == 0
    readonly = [p.replace('mapping=container', 'readonly=yes\nmapping=container') if p.startswith('[root]') else p for p in parts]
    (place / 'root/etc/new').unlink()
    assert start(place, *readonly, check=False).returncode != 0
    assert not (place / 'root/etc/new').exists()


def test_link_in_a_directory_leads_nowhere(place):
    """A mount point that is a link of somebody else's is resolved inside, never on the host."""
    make_root(place / 'root')
    outside = place / 'outside'
    outside.mkdir()
    (place / 'root/etc/way').symlink_to(outside)
    (place / 'source').mkdir()
    done = start(place, f'[container]\nname="test"\n{IDS}', f'[root]\nkind=directory\nsource="{place}/root"\nmapping=container\n',
                 USR.format(mapping='container'), f'[mount]\ntarget="/etc/way"\nsource="{place}/source"\nflags=make\nmapping=container\n',
                 shell('true'), '[filter]\nno-new-privileges=yes\n', END, check=False)
    assert done.returncode != 0 and '/etc/way' in done.said
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize('to', ('/proc', '/dev', '/dev/sub', '/'))
def test_link_in_a_directory_leads_to_no_part_of_the_engines(place, to):
    """Whatever the root is: a link in it brings no mount to what the engine makes."""
    make_root(place / 'root')
    (place / 'root/etc/way').symlink_to(to)
    (place / 'source').mkdir()
    own = [] if to == '/' else [DEV.replace('noexec', 'noexec kept'), '[mount]\nkind=directory\ntarget="/dev/sub"\nmode=0755\n', '[mount]\nkind=proc\ntarget="/proc"\n']
    done = start(place, f'[container]\nname="test"\n{IDS}', f'[root]\nkind=directory\nsource="{place}/root"\nmapping=container\n',
                 USR.format(mapping='container'), *own, f'[mount]\ntarget="/etc/way"\nsource="{place}/source"\nflags=make\nmapping=container\n',
                 shell('true'), '[filter]\nno-new-privileges=yes\n', END, check=False)
    assert done.returncode != 0 and 'cannot use /etc/way: a link inside' in done.said


def test_link_in_a_directory_leads_to_content(place):
    """The control: with a procfs before, and after, the mount."""
    make_root(place / 'root')
    (place / 'root/srv/to').mkdir(parents=True)
    (place / 'root/etc/way').symlink_to('/srv/to')
    (place / 'source').mkdir()
    (place / 'source/file').write_text('seen')
    proc, mount = '[mount]\nkind=proc\ntarget="/proc"\n', f'[mount]\ntarget="/etc/way"\nsource="{place}/source"\nflags=make\nmapping=container\n'
    for mounts in ((proc, mount), (mount, proc)):
        done = start(place, f'[container]\nname="test"\n{IDS}', f'[root]\nkind=directory\nsource="{place}/root"\nmapping=container\n',
                     USR.format(mapping='container'), *mounts, shell('cat /srv/to/file'), '[filter]\nno-new-privileges=yes\n', END)
        assert done.stdout == 'seen'


def test_overlay(place):
    """The upper of two lower layers wins, all is the container's root's, and what is written is in the upper layer alone."""
    for name in ('low', 'high', 'up', 'work'):
        (place / name).mkdir()
    make_root(place / 'low')
    (place / 'high/etc').mkdir()
    (place / 'low/etc/a').write_text('low')
    (place / 'low/etc/b').write_text('low')
    (place / 'high/etc/b').write_text('high')
    layer = '[layer]\nrole={}\nsource="' + str(place) + '/{}"\nmapping=container\n'
    done = start(place, f'[container]\nname="test"\n{IDS}', '[root]\nkind=overlay\n', layer.format('lower', 'low'), layer.format('lower', 'high'),
                 layer.format('upper', 'up'), layer.format('work', 'work'), USR.format(mapping='container'),
                 shell('cat /etc/a /etc/b; stat -c %u /etc/a /etc/b; echo changed > /etc/a'), '[filter]\nno-new-privileges=yes\n', END)
    assert done.stdout.split() == ['lowhigh0', '0']
    assert (place / 'up/etc/a').read_text() == 'changed\n' and (place / 'up/etc/a').stat().st_uid == 0
    assert (place / 'low/etc/a').read_text() == 'low'


def test_overlay_without_room_beside_is_refused(place):
    layers = ('low', 'up/upper', 'other/work')
    for name in layers:
        (place / name).mkdir(parents=True)
    make_root(place / 'low/root')
    done = start(place, f'[container]\nname="test"\n{IDS}', '[root]\nkind=overlay\n', f'[layer]\nsource="{place}/low/root"\nmapping=container\n',
                 f'[layer]\nrole=upper\nsource="{place}/up/upper"\nmapping=container\n', f'[layer]\nrole=work\nsource="{place}/other/work"\nmapping=container\n',
                 shell('true'), '[filter]\nno-new-privileges=yes\n', END, check=False)
    assert done.returncode != 0 and 'side by side' in done.said


def test_host_root(place):
    """The host's files are seen; without a map of ids they are nobody's, and nothing can be written."""
    (place / 'probe').write_text('seen')
    done = start(place, f'[container]\nname="test"\n{IDS}', '[root]\nkind=host\n',
                 shell(f'cat {place}/probe; stat -c %u {place}/probe; echo x > {place}/written && echo WRITTEN'),
                 '[filter]\nno-new-privileges=yes\n', END, check=False)
    assert done.stdout.split() == ['seen65534'], done.said
    assert not (place / 'written').exists()


def test_joined_network(place):
    """The processes are in that very namespace, and the caller is back in its own."""
    other = subprocess.Popen(['unshare', '--net', 'sleep', '60'])
    try:
        path = f'/proc/{other.pid}/ns/net'
        harness.wait_for(lambda: os.readlink(path) != os.readlink('/proc/self/ns/net'), 'another namespace')
        wanted, own = os.readlink(path), os.readlink('/proc/self/ns/net')
        done = start(place, *small(IDS, f'[namespaces]\nnetwork="{path}"\ntime=host\n', 'readlink /proc/self/ns/net'))
        assert done.stdout.strip() == wanted
        assert os.readlink('/proc/self/ns/net') == own
    finally:
        other.kill()
        other.wait()
    done = start(place, *small(IDS, f'[namespaces]\nnetwork="{place}/test.spec"\ntime=host\n', 'true'), check=False)
    assert done.returncode != 0 and 'join the network namespace' in done.said


@pytest.mark.parametrize('kind', ['time', 'cgroup'])
def test_further_namespaces(place, kind):
    """New, the host's, or another's: and the caller is back in its own."""
    own = os.readlink(f'/proc/self/ns/{kind}')

    def seen(value):
        time = '' if kind == 'time' else 'time=host\n'
        return start(place, *small(IDS, f'[namespaces]\n{kind}={value}\n{time}', f'readlink /proc/self/ns/{kind}')).stdout.strip()

    assert seen('host') == own
    assert seen('new') not in (own, '')
    other = subprocess.Popen(['unshare', '--fork', f'--{kind}', 'sleep', '60'])
    try:
        child = pathlib.Path(f'/proc/{other.pid}/task/{other.pid}/children')
        path = f'/proc/{harness.wait_for(lambda: child.read_text().strip(), "a process")}/ns/{kind}'
        harness.wait_for(lambda: os.readlink(path) != own, 'another namespace')
        assert seen(f'"{path}"') == os.readlink(path)
    finally:
        subprocess.run(['pkill', '-P', str(other.pid)])
        other.wait()
    assert os.readlink(f'/proc/self/ns/{kind}') == own


@pytest.fixture
def spreading(place):
    """A directory of the host on a mount that spreads what is mounted below, with an empty directory in it."""
    path = place / 'spreading'
    path.mkdir()
    harness.run(['mount', '-t', 'tmpfs', '-o', 'mode=0755', 'spreading', path])
    harness.run(['mount', '--make-shared', path])
    (path / 'below').mkdir()
    yield path
    harness.run(['umount', '-R', path])


def mount_lines(text):
    """{mount point: optional fields of its line in /proc/self/mountinfo}"""
    lines = [line.split(' - ')[0].split() for line in text.splitlines() if ' - ' in line]
    return {fields[4]: fields[6:] for fields in lines}


@pytest.mark.parametrize('propagation', ['private', 'slave'])
def test_mount_of_the_host_comes_in_later(place, spreading, propagation):
    """Into a slave alone, and nothing goes out."""
    bind = f'[mount]\ntarget="/data"\nsource="{spreading}"\nflags=recursive make\npropagation={propagation}\n'
    script = 'echo up; read line; ls /data/below; cat /proc/self/mountinfo'
    spec = write(place, *small(IDS, '', script, bind))
    process = subprocess.Popen([ENGINE, '-S', spec], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'up\n'
    harness.run(['mount', '-t', 'tmpfs', 'later', spreading / 'below'])
    (spreading / 'below/came').write_text('in')
    said = process.communicate('\n', timeout=30)[0]
    assert process.returncode == 0
    assert ('came' in said.split()) == (propagation == 'slave')
    assert any(field.startswith('master:') for field in mount_lines(said)['/data']) == (propagation == 'slave')
    assert not any(field.startswith('shared:') for field in mount_lines(said)['/data'])


@pytest.mark.parametrize('line, field', [('shared', 'shared:'), ('unbindable', 'unbindable'), ('private', '')])
def test_propagation_of_mounts_and_the_root(place, line, field):
    tmpfs = '[mount]\nkind=tmpfs\ntarget="/own"\noptions="size=64k"\nflags=make\n'
    parts = small(IDS, '', 'cat /proc/self/mountinfo', tmpfs + f'propagation={line}\n')
    own = mount_lines(start(place, *parts).stdout)
    assert ' '.join(own['/own']).startswith(field) and bool(own['/own']) == bool(field) and not own['/']
    parts = small(IDS, '', 'cat /proc/self/mountinfo', tmpfs)
    parts = [part.replace('[root]\n', f'[root]\npropagation={line}\n') for part in parts]
    whole = mount_lines(start(place, *parts).stdout)
    assert all(' '.join(fields).startswith(field) and bool(fields) == bool(field) for fields in whole.values())


def test_slave_root(place, spreading):
    """What the host mounts below a directory that is the root is seen inside."""
    for name in MERGED:
        (spreading / name).symlink_to(os.readlink('/' + name))
    for name in ('usr', 'proc'):
        (spreading / name).mkdir()
    parts = [f'[container]\nname="test"\n{IDS}', f'[root]\nkind=directory\nsource="{spreading}"\nmapping=container\npropagation=slave\n',
             USR.format(mapping='container').replace(' make', ''), PROC.split('\n\n')[1], shell('echo up; read line; ls /below'),
             '[filter]\nno-new-privileges=yes\n', END]
    process = subprocess.Popen([ENGINE, '-S', write(place, *parts)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'up\n'
    harness.run(['mount', '-t', 'tmpfs', 'later', spreading / 'below'])
    (spreading / 'below/came').write_text('in')
    assert process.communicate('\n', timeout=30)[0].split() == ['came'] and process.returncode == 0


@pytest.mark.parametrize('part, sentence', [
    ('[mount]\nkind=tmpfs\ntarget="/x"\nflags=make\npropagation=slave\n', 'only a bind of a path of the host'),
    ('[mount]\nkind=directory\ntarget="/x"\npropagation=shared\n', 'its kind has no propagation of its own'),
    ('[root]\noptions="size=1m"\npropagation=slave\n', 'the root cannot be a slave'),
])
def test_propagation_that_is_refused(place, part, sentence):
    parts = small(IDS, '', 'echo RAN', *[p for p in [part] if p.startswith('[mount]')])
    if part.startswith('[root]'):
        parts = [part if p.startswith('[root]') else p for p in parts]
    done = start(place, *parts, check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


def test_no_user_namespace(place):
    """Root inside is the host's, with the capabilities of the Spec and no more."""
    namespaces = '[namespaces]\nuser=host\ntime=host\n'
    done = start(place, *small('', namespaces, 'cat /proc/self/uid_map; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status', mapping='none'))
    words = done.stdout.split()
    assert words[:3] == ['0', '0', '4294967295']
    assert words[3:] == ['CapEff:', '0' * 16, 'CapBnd:', '0' * 16, 'NoNewPrivs:', '1']


def test_no_user_namespace_with_ids_is_refused(place):
    done = start(place, *small(IDS, '[namespaces]\nuser=host\ntime=host\n', 'true'), check=False)
    assert done.returncode != 0 and 'none of its own' in done.said


def test_three_id_ranges(place):
    ids = 'users=0:{0}:1000 1000:{1}:1 1001:{2}:500\ngroups=0:{0}:65536\n'.format(ID_BASE, ID_BASE + 200000, ID_BASE + 300000)
    done = start(place, *small(ids, '', 'cat /proc/self/uid_map'))
    assert [int(w) for w in done.stdout.split()] == [0, ID_BASE, 1000, 1000, ID_BASE + 200000, 1, 1001, ID_BASE + 300000, 500]


def test_device(place):
    device = '[device]\npath="/dev/{}"\nmajor=1\nminor={}\nmode=0666\n'
    done = start(place, *small(IDS, '', 'echo x > /dev/full || echo full; ls /dev', DEV, device.format('null', 3), device.format('full', 7)))
    assert done.stdout.split() == ['full', 'full', 'null']
    done = start(place, *small(IDS, '', 'true', DEV, device.format('null', 3), device.format('full', 9)), check=False)
    assert done.returncode != 0 and '/dev/full is not the device 1:9' in done.said
    done = start(place, *small(IDS, '', 'true', DEV, device.format('null', 3).replace('0666', '0600')), check=False)
    assert done.returncode != 0 and 'allows more than 0600' in done.said
    done = start(place, *small(IDS, '', 'true', DEV, device.format('null', 3) + 'user=5\n'), check=False)
    assert done.returncode != 0 and "the node is the host's" in done.said
    done = start(place, *small(IDS, '', 'true', device.format('null', 3)), check=False)
    assert done.returncode != 0 and 'tmpfs on /dev' in done.said


OWN = 'mapping=own\nusers=0:{0}:1000\ngroups=0:{0}:1000\n'.format(ID_BASE + 5)


def make_image(place, tree):
    image = place / 'image'
    with image.open('wb') as file:
        file.truncate(8 << 20)
    harness.run(['mkfs.ext4', '-q', '-d', tree, '-E', 'root_owner=0:0', image])
    return image


def test_image_with_ids_of_its_own(place):
    """Whose a file is, is decided by the ranges beside the image, and its flags are kept."""
    (place / 'tree').mkdir()
    (place / 'tree/file').write_text('x')
    harness.run(['cp', '/usr/bin/true', place / 'tree/program'])
    mount = f'[mount]\nkind=image\ntarget="/data"\nsource="{make_image(place, place / "tree")}"\nflags=noexec make\n'
    command = 'stat -c %u:%g /data/file; /data/program 2>/dev/null || echo refused'
    assert start(place, *small(IDS, '', command, mount + 'mapping=container\n')).stdout.split() == ['0:0', 'refused']
    assert start(place, *small(IDS, '', command, mount + OWN)).stdout.split() == ['5:5', 'refused']


@pytest.mark.parametrize('kind', ['directory', 'image'])
def test_root_with_ids_of_its_own(place, kind):
    make_root(place / 'root')
    (place / 'root/etc/file').write_text('x')
    source = make_image(place, place / 'root') if kind == 'image' else place / 'root'
    done = start(place, f'[container]\nname="test"\n{IDS}', f'[root]\nkind={kind}\nsource="{source}"\nreadonly=yes\n{OWN}',
                 USR.format(mapping='container').replace(' make', ''), shell('stat -c %u:%g /etc/file'), '[filter]\nno-new-privileges=yes\n', END)
    assert done.stdout.strip() == '5:5'


@pytest.mark.parametrize('mount, sentence', [
    ('kind=tmpfs\ntarget="/x"\nflags=make\nmapping=container\n', 'cannot map the ids of /x'),
    ('target="/x"\nsource="/usr"\nflags=make\nmapping=own\nusers=0:5:1\n', 'belong together'),
    ('target="/x"\nsource="/usr"\nflags=make\nusers=0:5:1\n', 'belong together'),
    ('kind=directory\ntarget="/x"\nflags=readonly\n', 'flags that are not supported with kind=directory'),
    ('kind=tmpfs\ntarget="/x"\nsource="/usr"\n', '[mount] source is not supported with kind=tmpfs'),
    ('kind=mqueue\ntarget="/x"\noptions="size=1"\n', '[mount] options is not supported with kind=mqueue'),
])
def test_what_a_kind_of_mount_does_not_read_is_refused(place, mount, sentence):
    done = start(place, *small(IDS, '', 'echo RAN', f'[mount]\n{mount}'), check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


def test_layers_of_no_overlay_are_refused(place):
    parts = small(IDS, '', 'echo RAN')
    done = start(place, *parts[:3], f'[layer]\nsource="{place}"\n', *parts[3:], check=False)
    assert done.returncode != 0 and 'the root is not an overlay' in done.said


@pytest.mark.parametrize('section, name', [
    ('[filter]\nno-new-privileges=yes\nlistener="/run/x"\n', '[filter] listener'),
])
def test_what_cannot_be_done_is_refused_by_name(place, section, name):
    """Nothing that a Spec says is passed over in silence."""
    parts = small(IDS, '', 'echo RAN')[:-1]
    if section.startswith('[filter]'):
        parts = [part for part in parts if not part.startswith('[filter]')]
    done = start(place, *parts, section, END, check=False)
    assert done.returncode != 0 and f'{name} is not supported' in done.said and 'RAN' not in done.said


@pytest.mark.parametrize('line, sentence', [
    ('pid=host', "the host's pid namespace: not supported"),
    ('mount=host', "the host's mount namespace: not supported"),
    ('user="/proc/1/ns/user"', "another's user namespace: not supported"),
    ('pid="/proc/1/ns/pid"', "another's pid namespace: not supported"),
    ('mount="/proc/1/ns/mnt"', "another's mount namespace: not supported"),
])
def test_namespaces_that_are_refused(place, line, sentence):
    done = start(place, *small(IDS, f'[namespaces]\n{line}\ntime=host\n', 'echo RAN'), check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


def test_dry_run_of_a_command(root, place):
    """What is printed is a Spec that the engine starts, but for the ids, which are reserved only at a start. Nothing is made."""
    before = sorted(root.rglob('*'))
    text = harness.run(['virt-sandbox', '--dry-run', '--', '/bin/echo', 'two words']).stdout
    assert sorted(root.rglob('*')) == before
    assert 'argv="virt-sandbox-init" "--" "/bin/echo" "two words"\n' in text and 'users=' not in text
    refused = start(place, text, check=False)
    assert refused.returncode != 0 and 'no range of user ids' in refused.said
    whole = text.replace('[container]\n', f'[container]\n{IDS}').replace('terminal=yes\n', '')
    assert 'two words' in start(place, whole).stdout


def test_dry_run_of_a_container(name):
    """The printed Spec says what the description says; a container that is not there has none."""
    missing = harness.run(['virt-sandbox-service', 'start', '--dry-run', name], check=False)
    assert missing.returncode != 0 and name in missing.said
    harness.run(['virt-sandbox-service', 'create', '-e', 'COLOUR=blue', name, '--', '/bin/sleep', '100'])
    try:
        text = harness.run(['virt-sandbox-service', 'start', '--dry-run', name]).stdout
        assert f'name="{name}"\n' in text and '"COLOUR=blue"' in text and 'users=0:' in text
        harness.run(['virt-sandbox-service', 'start', name])
        assert harness.run(['virt-sandbox-service', 'start', '--dry-run', name]).stdout == text
        saved = pathlib.Path(os.environ['VIRT_SANDBOX_ROOT'], 'run/libvirt-sandbox', name, 'spec')
        assert saved.read_text() == text
    finally:
        harness.run(['virt-sandbox-service', 'stop', name], check=False)
        harness.run(['virt-sandbox-service', 'delete', name])


SCHED_BATCH = 3


def test_scheduling(place):
    """Policy, nice value, affinity and class of input and output are what the Spec says, and not what the caller has."""
    names = 'import os; print(os.sched_getscheduler(0), os.nice(0), *sorted(os.sched_getaffinity(0)))'
    scheduling = '[scheduling]\npolicy="batch"\nnice=7\naffinity="0"\n'
    python = shell('').replace('"sh" "-c" ""', f'"python3" "-c" "{names}"').replace('/usr/bin/sh', '/usr/bin/python3')
    parts = [python if part.startswith('[process]') else part for part in small(IDS, '', '')]
    assert start(place, *parts, scheduling).stdout.split() == [str(SCHED_BATCH), '7', '0']
    done = start(place, *small(IDS, '', 'ionice; echo $$'), '[scheduling]\nnice=-5\nio-class="best-effort"\nio-priority=3\noom-score=77\n')
    assert done.stdout.splitlines()[0] == 'best-effort: prio 3'
    command = 'cut -d" " -f19 /proc/self/stat; cat /proc/self/oom_score_adj'
    assert start(place, *small(IDS, '', command), '[scheduling]\nnice=-5\noom-score=77\n').stdout.split() == ['-5', '77']


def test_personality_keyring_and_memory(place):
    assert start(place, *small(IDS, '', 'uname -m; cat /proc/self/personality', PROC.replace('/proc', '/proc')), '[scheduling]\npersonality="linux32"\n',
                 check=False).stdout.split()[0] == 'i686'
    assert 'bind:0' in start(place, *small(IDS, '', 'cat /proc/self/numa_maps'), '[scheduling]\nmemory-nodes="0"\n').stdout


@pytest.mark.parametrize('line, sentence', [
    ('policy="fast"', 'cannot use the scheduling policy fast'),
    ('priority=5', 'it needs a policy'),
    ('runtime=5', 'policy=deadline'),
    ('io-class="best"', 'the class best of input and output'),
    ('affinity="3-1"', 'cannot set the affinity 3-1'),
    ('memory-nodes="x"', 'cannot set the memory nodes x'),
    ('personality="bsd"', 'cannot use the personality bsd'),
])
def test_scheduling_that_is_refused(place, line, sentence):
    done = start(place, *small(IDS, '', 'echo RAN'), f'[scheduling]\n{line}\n', check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


LIMITS = ('AS', 'CORE', 'CPU', 'DATA', 'FSIZE', 'LOCKS', 'MEMLOCK', 'MSGQUEUE', 'NICE', 'NOFILE', 'NPROC', 'RSS', 'RTPRIO', 'RTTIME', 'SIGPENDING', 'STACK')


def test_limits_and_umask(place):
    """Each rlimit that the kernel knows, by its name, but never above what we may give."""
    hard = {name: 1000000000 + i if name in ('AS', 'DATA', 'STACK') else 20 + i for i, name in enumerate(LIMITS)}
    raised = harness.run(['prlimit', '--nice=28', '--rtprio=32', 'true'], check=False).returncode == 0
    expected = [value if raised or name not in ('NICE', 'RTPRIO') else 0 for name, value in hard.items()]
    limits = [f'[limit]\nname="{name}"\nsoft={value}\nhard={value}\n' for name, value in hard.items()]
    done = start(place, *small(IDS, '', 'umask; cat /proc/self/limits', process='umask=0137\n'), *limits)
    assert done.stdout.split()[0] == '0137'
    assert sorted(int(line[46:67]) for line in done.stdout.splitlines()[2:]) == sorted(expected)


def test_sysctls_of_its_namespaces(place):
    """What is of a namespace of the container's is set there; what is the host's is refused, whatever privileges root inside has."""
    before = pathlib.Path('/proc/sys/kernel/msgmax').read_text()
    sysctl = '[sysctl]\nkey="{}"\nvalue="{}"\n'
    done = start(place, *small(IDS, '', 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/kernel/domainname', process='domain-name="example"\n'),
                 sysctl.format('net.ipv4.ip_forward', 1), sysctl.format('kernel.msgmax', 4711))
    assert done.stdout.split() == ['1', '4711', 'example']
    assert pathlib.Path('/proc/sys/kernel/msgmax').read_text() == before
    for namespaces, key in (('', 'kernel.panic'), ('', 'vm.swappiness'), ('[namespaces]\nnetwork=host\ntime=host\n', 'net.ipv4.ip_forward'),
                            ('[namespaces]\nipc=host\ntime=host\n', 'kernel.msgmax'), ('', 'kernel.hostname2')):
        done = start(place, *small(IDS, namespaces, 'echo RAN'), sysctl.format(key, 1), check=False)
        assert done.returncode != 0 and f'cannot set the sysctl {key}' in done.said and 'RAN' not in done.said


def test_sysctls_wait_for_the_maps_of_ids(place):
    """Those of the ipc namespace are its mapped root's. Without a network namespace to make, the first process comes to them before its parent has mapped it."""
    parts = small(IDS, '[namespaces]\nnetwork=host\ntime=host\n', 'cat /proc/sys/kernel/msgmax'), '[sysctl]\nkey="kernel.msgmax"\nvalue="4711"\n'
    for _ in range(100):
        assert start(place, *parts[0], parts[1]).stdout.split() == ['4711']


def test_first_process_that_dies_early_is_told(place):
    """Not what those met who worked on its namespaces meanwhile."""
    for _ in range(60):
        done = start(place, *small(IDS, '[namespaces]\nnetwork=host\ntime=host\n', 'echo RAN', process=f'domain-name="{"x" * 65}"\n'), check=False)
        assert done.returncode != 0 and 'set the domain name xxx' in done.said and 'RAN' not in done.said


def test_joining_the_hosts_own_namespace_is_refused(place):
    """By another name it would count as the container's."""
    done = start(place, *small(IDS, f'[namespaces]\nnetwork="/proc/{os.getpid()}/ns/net"\ntime=host\n', 'echo RAN'), check=False)
    assert done.returncode != 0 and "it is the host's; say host" in done.said


def test_user_and_groups(place):
    """Not root from the first program on, with the capabilities that the Spec makes ambient."""
    command = 'id -u; id -g; id -G; grep -E "^(CapPrm|CapEff|CapAmb)" /proc/self/status'
    ids = 'user=1000\ngroup=1001\ngroups=1001 7 8\n'
    assert start(place, *small(IDS, '', command, process=ids)).stdout.split()[:5] == ['1000', '1001', '1001', '7', '8']
    caps = '[capabilities]\n' + '\n'.join(f'{name}=net_bind_service' for name in ('bounding', 'permitted', 'effective', 'inheritable', 'ambient')) + '\n'
    words = start(place, *small(IDS, '', command, process=ids), caps).stdout.split()
    assert words[-6:] == ['CapPrm:', f'{1 << 10:016x}', 'CapEff:', f'{1 << 10:016x}', 'CapAmb:', f'{1 << 10:016x}']
    done = start(place, *small(IDS, '', 'echo RAN', process='user=70000\n'), check=False)
    assert done.returncode != 0 and 'become user id 70000' in done.said


def test_terminal_size(place):
    """The console has its size, and is the user's, before the first program looks."""
    pts = '[mount]\nkind=devpts\ntarget="/dev/pts"\noptions="ptmxmode=0666,mode=0620,gid=5"\nflags=nosuid noexec make\n'
    done = start(place, *small(IDS, '', 'stty size; stat -c %u /dev/console', DEV, pts, process='terminal=yes\nrows=33\ncolumns=77\nuser=5\n'))
    assert done.stdout.split() == ['33', '77', '5']
    done = start(place, *small(IDS, '', 'echo RAN', process='rows=33\n'), check=False)
    assert done.returncode != 0 and 'cannot set the size of the terminal' in done.said


SYSCALLS = """
import os, socket
def tried(call, *arguments):
    try:
        call(*arguments)
        return 0
    except OSError as error:
        return error.errno
print(tried(socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM), tried(socket.socket, socket.AF_INET, socket.SOCK_STREAM),
      tried(os.kill, os.getpid(), 0), tried(os.kill, os.getpid(), 18), tried(os.chroot, '/'),
      open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0])
"""
RULES = """
[filter-rule]
calls="socket" "socketpair"
action=errno
error=97
arguments=0:not-equal:1:0

[filter-rule]
calls="kill"
action=errno
error=95
arguments=1:greater:0:0 1:masked-equal:2:7

[filter-rule]
calls="chroot" "frobnicate"
"""


def filtered(place, rules, filter_, program=SYSCALLS, **options):
    parts = [f'[filter]\nkind=rules\n{filter_}' if part.startswith('[filter]') else part for part in with_python(program)]
    at = next(i for i, part in enumerate(parts) if part.startswith('[filter]'))
    return start(place, *parts[:at + 1], rules, *parts[at + 1:], **options)


def test_filter_of_rules(place):
    """The kernel takes the program and decides by arguments; the first rule that fits does, and one without arguments always does."""
    allow = 'no-new-privileges=yes\narchitectures="x86_64" "aarch64"\nflags=log spec-allow\n'
    assert filtered(place, RULES, allow).stdout.split() == ['0', '97', '0', '95', '1', '1']  # chroot: a capability is missing
    done = filtered(place, RULES + 'action=errno\nerror=71\n', allow, check=False)
    assert done.returncode != 0 and 'there is no call frobnicate' in done.said
    rules = RULES.replace(' "frobnicate"', '') + 'action=errno\nerror=71\n'
    assert filtered(place, rules, allow).stdout.split() == ['0', '97', '0', '95', '71', '1']
    rules = rules.replace('action=errno\nerror=71', 'action=kill-process')
    assert filtered(place, rules, allow, check=False).returncode == 128 + 31


def test_filter_without_no_new_privileges(place):
    """Loaded before the last capabilities go, as there is nothing that would allow it afterwards."""
    rules = RULES.replace(' "frobnicate"', '') + 'action=errno\nerror=71\n'
    assert filtered(place, rules, '').stdout.split() == ['0', '97', '0', '95', '71', '0']


def test_filter_that_allows_by_name(place):
    """What no rule names is refused, as containers of others do it."""
    calls = """access arch_prctl brk clone3 clone close dup2 execve exit exit_group fcntl fstat futex getcwd getdents64 getegid geteuid getgid getpid
        getppid getrandom getuid ioctl lseek mmap mprotect munmap newfstatat openat pipe2 poll pread64 prctl prlimit64 read readlink rseq rt_sigaction
        rt_sigprocmask rt_sigreturn set_robust_list set_tid_address stat statx sysinfo wait4 write setuid setgid setgroups sendmsg capset uname vfork""".split()
    names = ' '.join(f'"{call}"' for call in calls)
    rules = f'[filter-rule]\ncalls={names}\naction=allow\n'
    done = start(place, *[part if not part.startswith('[filter]') else f'[filter]\nno-new-privileges=yes\nkind=rules\notherwise=errno\nerror=71\n\n{rules}'
                          for part in small(IDS, '', 'mkdir /x; echo ran')], check=False)
    assert 'ran' in done.stdout and 'Protocol error' in done.said


@pytest.mark.parametrize('filter_, rules, sentence', [
    ('kind=narrow\notherwise=errno\n', '', '[filter] otherwise needs a filter with kind=rules'),
    ('kind=wide\n', RULES, '[filter-rule] needs a filter with kind=rules'),
    ('kind=rules\notherwise=notify\n', '', 'action=notify is not supported'),
    ('kind=rules\narchitectures="vax"\n', '', 'there is no architecture vax'),
    ('kind=rules\narchitectures="x86"\n', RULES, 'cannot forbid socket alone'),
    ('kind=rules\nlistener="/run/x"\n', '', '[filter] listener is not supported'),
])
def test_filters_that_are_refused(place, filter_, rules, sentence):
    parts = [f'[filter]\nno-new-privileges=yes\n{filter_}\n{rules}' if part.startswith('[filter]') else part for part in small(IDS, '', 'echo RAN')]
    done = start(place, *parts, check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


HOOK_POINTS = ('create-runtime', 'create-container', 'start-container', 'poststart', 'poststop')


def hook(point, path, *argv, timeout=0, environment='"A=b"'):
    words = ' '.join(f'"{word}"' for word in (path.name if isinstance(path, pathlib.Path) else path, *argv))
    return f'[hook]\npoint={point}\npath="{path}"\nargv={words}\nenvironment={environment}\ntimeout={timeout}\n'


def make_script(place, name, text):
    path = place / name
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def recorder(place):
    """A hook that writes down where it was called, with what, and in which namespaces."""
    return make_script(place, 'recorder', f'''exec >>{place}/log
        echo "point $1 $A $# $(env | grep -c VIRT_SANDBOX) $(readlink /proc/self/ns/net) $(id -u)"
        cat >{place}/state-$1
        [ ! -e etc/marker ] || echo marker''')


INSIDE_HOOK = '[mount]\nkind=file\ntarget="/hook"\nmode=0755\ntext="#!/bin/sh\\ncat >/out/state-inside; id -u >/out/user; unshare -n true 2>/out/refused; true\\n"\n'


def hooked(place, recorder, *further, namespaces=''):
    (place / 'out').mkdir(exist_ok=True)
    (place / 'out').chmod(0o777)
    parts = small(f'bundle="{place}"\n{IDS}', namespaces, 'cat /out/user >/out/ran', DEV, NULL, INSIDE_HOOK,
                  '[mount]\nkind=directory\ntarget="/etc"\nmode=0755\n\n[mount]\nkind=file\ntarget="/etc/marker"\nmode=0644\n',
                  f'[mount]\ntarget="/out"\nsource="{place}/out"\nflags=make\n', process='user=7\n')
    hooks = [hook(point, '/hook') if point == 'start-container' else hook(point, recorder, point) for point in HOOK_POINTS]
    return [*parts, *hooks, '[annotation]\nkey="io.example"\nvalue="a \\"b\\""\n', *further]


def test_hooks(place, recorder):
    """Each in its place: the host's namespaces or the container's, its own environment, the state on standard input."""
    own = os.readlink('/proc/self/ns/net')
    start(place, *hooked(place, recorder))
    lines = (place / 'log').read_text().splitlines()
    calls = [line.split() for line in lines if line.startswith('point')]
    assert [call[1] for call in calls] == ['create-runtime', 'create-container', 'poststart', 'poststop']
    assert {tuple(call[2:5]) for call in calls} == {('b', '1', '0')}
    assert [call[5] == own for call in calls] == [True, False, True, True]
    assert {call[6] for call in calls} == {'0'}
    assert lines.index('marker') == 2 and lines.count('marker') == 1  # the container's root is where create-container runs
    states = {point: json.loads((place / f'state-{point}').read_text()) for point in HOOK_POINTS if point != 'start-container'}
    assert [states[p]['status'] for p in states] == ['creating', 'creating', 'running', 'stopped']
    assert states['poststart']['pid'] == states['create-runtime']['pid'] == states['create-container']['pid'] and 'pid' not in states['poststop']
    assert states['poststop'] | {'status': ''} == {'ociVersion': '1.0.2', 'id': NAME, 'status': '', 'bundle': str(place), 'annotations': {'io.example': 'a "b"'}}
    inside = json.loads((place / 'out/state-inside').read_text())
    assert (inside['status'], inside['pid']) == ('created', 1)
    assert (place / 'out/ran').read_text() == (place / 'out/user').read_text() == '7\n'
    assert 'not permitted' in (place / 'out/refused').read_text()


@pytest.mark.parametrize('point', [point for point in HOOK_POINTS if point != 'poststop'])
def test_failing_hook_undoes_the_start(place, name, recorder, point):
    """The reason is what the hook said last; the hooks after the end run all the same."""
    script = make_script(place, 'failing', 'echo first >&2; echo no room for it >&2; exit 3')
    failing = hook(point, script)
    extra = '[mount]\nkind=file\ntarget="/failing"\nmode=0755\ntext="#!/bin/sh\\necho no room for it >&2; exit 3\\n"\n'
    parts = hooked(place, recorder, failing.replace(str(script), '/failing') if point == 'start-container' else failing)
    parts.insert(5, extra)
    done = start(place, *[part.replace('name="test"', f'name="{name}"') for part in parts], check=False)
    assert done.returncode != 0 and 'no room for it' in done.said and 'status 3' in done.said
    assert (place / 'out/ran').exists() == (point == 'poststart') or point == 'poststart'
    assert 'point poststop' in (place / 'log').read_text()
    assert not (cgroup_mount() / 'virt-sandbox' / name).exists()


def test_hook_that_takes_too_long_is_ended(place):
    script = make_script(place, 'slow', 'exec sleep 100')
    done = start(place, *small(IDS, '', 'echo RAN'), hook('create-runtime', script, timeout=1), check=False)
    assert done.returncode != 0 and 'did not end within 1 seconds' in done.said and 'RAN' not in done.said


def test_hooks_after_the_end_all_run(place, recorder):
    script = make_script(place, 'failing', 'exit 3')
    done = start(place, *small(IDS, '', 'echo RAN'), hook('poststop', script), hook('poststop', recorder, 'second'))
    assert 'RAN' in done.said and 'point second' in (place / 'log').read_text()


@pytest.mark.parametrize('path, sentence', [('relative', 'needs an absolute path'), ('/missing/hook', 'execute /missing/hook')])
def test_hooks_that_cannot_run(place, path, sentence):
    done = start(place, *small(IDS, '', 'echo RAN'), hook('create-runtime', path), check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


DEVICE_TRIES = 'for d in null zero random; do head -c1 /dev/$d >/dev/null 2>&1 && echo $d r; (echo >/dev/$d) 2>/dev/null && echo $d w; done'
FULL = NULL.replace('null', '{}').replace('minor=3', 'minor={}')


def rule(allow, access, major=-1, minor=-1, type_='all'):
    return f'[device-rule]\nallow={"yes" if allow else "no"}\ntype={type_}\nmajor={major}\nminor={minor}\naccess="{access}"\n'


def try_devices(place, *rules):
    devices = [NULL, FULL.format('zero', 5), FULL.format('random', 8)]
    parts = small(IDS, '', DEVICE_TRIES, DEV, *devices)
    return start(place, *parts, *rules, check=False).stdout.split('\n')[:-1]


def test_device_rules(place):
    """The last rule that is about a request decides; what none is about is forbidden, for the container alone."""
    everything = ['null r', 'null w', 'zero r', 'zero w', 'random r', 'random w']
    assert try_devices(place) == everything
    assert try_devices(place, rule(True, 'rwm')) == everything
    null = rule(True, 'rwm', 1, 3, 'character')
    assert try_devices(place, rule(False, 'rwm'), null, rule(True, 'r', 1, 5)) == ['null r', 'null w', 'zero r']
    assert try_devices(place, null) == ['null r', 'null w']
    assert try_devices(place, rule(True, 'rwm'), rule(False, 'w', 1, 5)) == [line for line in everything if line != 'zero w']
    assert try_devices(place, rule(True, 'rwm'), rule(False, 'rwm', 1, -1), null) == ['null r', 'null w']
    assert try_devices(place, null, rule(True, 'rwm', 1, 5, 'block')) == ['null r', 'null w']
    assert pathlib.Path('/dev/zero').open('rb').read(1) == b'\0'


@pytest.mark.parametrize('line, sentence', [
    (rule(True, 'x'), 'the access x'),
    (rule(True, 'rwm', -2), 'a number is -1 for any'),
    (rule(True, 'rwm', type_='fifo'), 'character or block devices, or all'),
    ('[cgroup]\npath="/absolute"\n', 'cannot use the cgroup /absolute'),
    ('[cgroup]\npath="a/../b"\n', 'cannot use the cgroup a/../b'),
    ('[cgroup-value]\nkey="cgroup.procs"\nvalue="1"\n', 'cannot set cgroup.procs'),
    ('[cgroup-value]\nkey="memory./../x"\nvalue="1"\n', 'not a file of a cgroup v2 controller'),
])
def test_cgroups_that_are_refused(place, line, sentence):
    done = start(place, *small(IDS, '', 'echo RAN'), line, check=False)
    assert done.returncode != 0 and sentence in done.said and 'RAN' not in done.said


def test_cgroup_path(place, name):
    """It is made where it was said, is the root that is seen inside, and goes with the container; what was there stays."""
    outer = cgroup_mount() / name
    outer.mkdir()
    try:
        done = start(place, *small(IDS, '', 'cat /proc/self/cgroup', process=''), f'[cgroup]\npath="{name}/inner"\n')
        assert f'cgroup {name}/inner' in done.stderr and '0::/\n' in done.stdout
        assert [path.name for path in outer.iterdir() if path.is_dir()] == []
        (outer / 'inner').mkdir()
        with subprocess.Popen(['sleep', '100']) as holder:
            (outer / 'inner/cgroup.procs').write_text(str(holder.pid))
            taken = start(place, *small(IDS, '', 'echo RAN'), f'[cgroup]\npath="{name}/inner"\n', check=False)
            assert taken.returncode != 0 and 'is in use' in taken.said and 'RAN' not in taken.said and holder.poll() is None
            holder.kill()
        harness.wait_for(lambda: 'populated 0' in (outer / 'inner/cgroup.events').read_text(), 'empty')
        (outer / 'inner').rmdir()
    finally:
        outer.rmdir()


MEMORY_VALUE = '[cgroup-value]\nkey="memory.high"\nvalue="100M"\n'


def counts_memory():
    return 'memory' in (cgroup_mount() / 'cgroup.controllers').read_text().split()


@pytest.mark.optional
def test_cgroup_values(place):
    """Set by its own name."""
    if not counts_memory():
        pytest.skip('this host has no cgroup v2 controller for memory')
    parts = small(IDS, '', 'cat /sys/fs/cgroup/memory.high', '[mount]\nkind=directory\ntarget="/sys"\nmode=0755\n',
                  '[mount]\nkind=sysfs\ntarget="/sys"\nflags=readonly\n', '[mount]\nkind=cgroup\ntarget="/sys/fs/cgroup"\nflags=readonly\n')
    assert start(place, *parts, MEMORY_VALUE).stdout.strip() == str(100 << 20)


@pytest.mark.optional
def test_cgroup_value_without_its_controller(place):
    """Refused, naming that."""
    if counts_memory():
        pytest.skip('this host has the cgroup v2 controller for memory')
    done = start(place, *small(IDS, '', 'sleep 0.1; echo RAN'), MEMORY_VALUE, check=False)
    assert done.returncode != 0 and "the cgroup v2 controller 'memory' is not available here" in done.said and 'RAN' not in done.said

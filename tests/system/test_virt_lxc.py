# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-lxc: documents, lists and facts, in virsh's words."""
import re

import pytest

from harness import new_name, run

VIRT = 'virt-lxc'
UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'


def hello(name, devices='', more='', init='/bin/sh', process=()):
    """The seed's document."""
    return f'''<domain type='lxc'>
  <name>{name}</name>{more}
  <memory>102400</memory>
  <os>
    <type>exe</type>
    <init>{init}</init>{''.join(process)}
  </os>
  <devices>
    <console type='pty'/>{devices}
  </devices>
</domain>
'''


def virt(*words, check=True, **options):
    return run([VIRT, *words], check=check, **options)


def said(*words):
    """What a command says on standard output, without virsh's empty line at the end, which must be there."""
    out = virt(*words).stdout
    if words[0] in ('desc', 'echo'):  # of which that empty line ends the only one
        return out
    assert out.endswith('\n\n') or out == '\n', out
    return out[:-1]


def fails(*words, **options):
    """The lines of standard error of a command that must fail, without "error: "."""
    result = virt(*words, check=False, **options)
    assert result.returncode == 1, f'{words}: {result.returncode}\n{result.said}'
    lines = result.stderr.splitlines()
    assert all(line.startswith('error: ') for line in lines[:1]) and lines, result.stderr
    return [line.removeprefix('error: ') for line in lines]


@pytest.fixture
def document(tmp_path):
    """A function that writes a document and returns its path; what it defined is gone after the test."""
    names = []

    def write(text=None, name=None, **parts):
        name = name or new_name()
        path = tmp_path / f'{len(names)}.xml'
        path.write_text(text if text is not None else hello(name, **parts))
        names.append(name)
        return name, str(path)

    yield write
    for name in names:
        virt('destroy', name, check=False)
        virt('undefine', name, check=False)


@pytest.fixture
def defined(document):
    """A function that defines a domain and returns its name."""
    def define(**parts):
        name, path = document(**parts)
        virt('define', path)
        return name
    return define


def test_define_and_undefine(document, root):
    name, path = document()
    assert said('define', path) == f"Domain '{name}' defined from {path}\n"
    kept = root / 'etc/libvirt-sandbox/domains' / f'{name}.xml'
    assert kept.stat().st_mode & 0o777 == 0o600
    assert said('domid', name) == '-\n'
    uuid = said('domuuid', name).strip()
    assert re.fullmatch(UUID, uuid)
    assert said('domname', uuid) == f'{name}\n'
    assert said('domstate', name) == 'shut off\n'
    assert said('domstate', name, '--reason') == 'shut off (unknown)\n'
    assert said('undefine', name) == f"Domain '{name}' has been undefined\n"
    assert not kept.exists()
    assert fails('domid', name) == [f"failed to get domain '{name}'"]


def test_quiet(document):
    name, path = document()
    assert virt('-q', 'define', path).stdout == ''
    assert virt('-q', 'domid', name).stdout == '-\n'
    listed = virt('-q', 'list', '--all').stdout
    assert listed == f' -   {name}   shut off\n'


def test_list(defined):
    names = sorted([defined(), defined(), defined()])
    width = max(len(name) for name in names)
    lines = said('list', '--all').splitlines()
    assert lines[0] == f' Id   {"Name":{width}}   State'
    assert lines[1] == '-' * (2 + 3 + width + 3 + 8 + 3)
    assert lines[2:] == [f' -    {name:{width}}   shut off' for name in names]
    assert said('list').splitlines() == [' Id   Name   State', '-' * 20]
    assert said('list', '--all', '--name') == ''.join(f'{name}\n' for name in names)
    uuids = said('list', '--uuid', '--inactive').split()
    assert [said('domname', uuid).strip() for uuid in uuids] == names
    assert said('list', '--state-shutoff', '--name') == ''.join(f'{name}\n' for name in names)
    assert said('list', '--state-running', '--all', '--name') == '\n'[1:]
    assert said('list', '--transient', '--all', '--name') == ''
    assert fails('list', '--bogus') == ["command 'list' doesn't support option --bogus"]
    assert fails('list', '--table', '--name') == ['Options --table and --name are mutually exclusive']


def test_dominfo(defined):
    name = defined()
    facts = dict(re.split(r':\s+', line, maxsplit=1) for line in said('dominfo', name).splitlines())
    assert {key: facts[key] for key in ('Id', 'Name', 'OS Type', 'State', 'CPU(s)', 'Max memory', 'Used memory', 'Persistent', 'Autostart', 'Managed save')} == {
        'Id': '-', 'Name': name, 'OS Type': 'exe', 'State': 'shut off', 'CPU(s)': '1', 'Max memory': '102400 KiB',
        'Used memory': '102400 KiB', 'Persistent': 'yes', 'Autostart': 'disable', 'Managed save': 'no'}
    assert said('dominfo', name).startswith('Id:             -\nName:           ')


def test_dumpxml_is_a_fixed_point(document, tmp_path):
    name, path = document()
    virt('define', path)
    first = said('dumpxml', name)
    again = tmp_path / 'again.xml'
    again.write_text(first)
    virt('define', str(again))
    assert said('dumpxml', name) == first
    for element in (f'<name>{name}</name>', "<memory unit='KiB'>102400</memory>", "<currentMemory unit='KiB'>102400</currentMemory>",
                    '<init>/bin/sh</init>', '<on_reboot>restart</on_reboot>', "<console type='pty'>"):
        assert element in first, element
    assert 'filesystem' not in first and 'interface' not in first


def test_one_name_one_uuid(defined, document):
    name = defined()
    uuid = said('domuuid', name).strip()
    _, path = document(name=name)  # a new uuid for a name that there is
    assert fails('define', path) == [f'Failed to define domain from {path}',
                                     f"operation failed: domain '{name}' already exists with uuid {uuid}"]
    _, path = document(more=f'<uuid>{uuid}</uuid>')
    assert fails('define', path)[1] == f"operation failed: domain '{name}' is already defined with uuid {uuid}"
    _, path = document(name=name, more=f'<uuid>{uuid}</uuid>')
    assert said('define', path) == f"Domain '{name}' defined from {path}\n"


def test_malformed(document):
    for text, sentence in [
        ('<domain type="lxc">\n', '(domain_definition):2: Premature end of data in tag domain line 1'),
        ("<domain type='lxc'><memory>1024</memory><os><type>exe</type><init>/bin/sh</init></os></domain>", 'missing name information'),
        (hello('a/b'), "name a/b cannot contain '/'"),
    ]:
        _, path = document(text)
        lines = fails('define', path)
        assert lines[0] == f'Failed to define domain from {path}'
        assert sentence in lines[1], lines
    assert said('list', '--all', '--name') == ''


def test_names_that_no_container_has(document, root):
    for name in ('my domain', '.hidden', '-x', 'ä' * 20, '0123'):
        _, path = document(name=name)
        assert said('define', path) == f"Domain '{name}' defined from {path}\n"
        assert said('domname', said('domuuid', name).strip()) == f'{name}\n'


def test_one_name_space(document, names):
    """Containers are listed and shown; what would change them says with which command to."""
    container = names()
    run(['virt-sandbox-service', 'create', container, '--', 'sleep', 'infinity'])
    try:
        assert container in said('list', '--all', '--name').split()
        assert said('domstate', container) == 'shut off\n'
        xml = said('dumpxml', container)
        assert f'<name>{container}</name>' in xml and '<init>sleep</init>' in xml
        _, path = document(re.sub('.*uuid.*\n', '', xml).replace(container, 'copied'), name='copied')
        virt('define', path)
        _, path = document(name=container)
        assert f'virt-sandbox-service set {container}' in fails('define', path)[1]
        assert f'virt-sandbox-service delete {container}' in fails('undefine', container)[1]
        name, path = document()
        virt('define', path)
        refused = run(['virt-sandbox-service', 'create', name, '--', 'true'], check=False)
        assert refused.returncode == 1 and f'{name} is a domain; `virt-lxc undefine {name}` removes it' in refused.stderr
    finally:
        run(['virt-sandbox-service', 'delete', container])


def test_uri():
    assert said('uri') == 'lxc:///\n'
    assert said('-c', 'lxc:///', 'uri') == 'lxc:///\n'
    assert said('--connect=lxc:///', 'uri') == 'lxc:///\n'
    assert fails('-c', 'qemu:///system', 'uri')[0] == 'failed to connect to the hypervisor'
    result = run(['env', 'LIBVIRT_DEFAULT_URI=qemu:///system', VIRT, 'list'], check=False)
    assert result.returncode == 1 and 'failed to connect' in result.stderr
    assert run(['env', 'LIBVIRT_DEFAULT_URI=lxc:///', VIRT, 'uri']).stdout == 'lxc:///\n\n'


def test_host():
    assert said('hostname').strip() == run('hostname').stdout.strip()
    assert re.search(r'^CPU\(s\): {14}\d+$', said('nodeinfo'), re.M)
    assert re.search(r'^Running hypervisor: LXC \d+\.\d+\.\d+$', said('version'), re.M)
    capabilities = said('capabilities')
    assert '<os_type>exe</os_type>' in capabilities and "<domain type='lxc'/>" in capabilities


def test_wrong_command_lines():
    for words, sentence in [
        (['frob'], "unknown command: 'frob'"),
        (['start'], "command 'start' requires <domain> option"),
        (['domid', 'a', 'b'], "unexpected data 'b'"),
        (['define', '/nosuch'], "Failed to open file '/nosuch': No such file or directory"),
        (['start', '--domain'], 'expected syntax: --domain <string>'),
        (['start', '--console=1', 'a'], "invalid '=' after option --console"),
        (['domid', '--domain', 'a', '--domain', 'b'], 'option --domain already seen'),
        (['start', 'nosuch'], "failed to get domain 'nosuch'"),
        (['help', 'frob'], "command or command group 'frob' doesn't exist"),
    ]:
        assert fails(*words) == [sentence]


def test_several_commands():
    assert run([VIRT, 'uri; hostname; echo a "b  c"']).stdout.splitlines()[0::2][-1] == 'a b  c'
    assert run([VIRT], input='uri\nuri\nquit\n').stdout == 'lxc:///\n\nlxc:///\n\n'

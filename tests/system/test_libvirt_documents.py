# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's own test data, in both directions. It is fetched when this runs: source of Debian 12's libvirt 9.0, nothing of it is kept here."""
import collections
import difflib
import lzma
import os
import pathlib
import re
import subprocess
import tarfile
from xml.etree import ElementTree

import pytest

import harness

DRIVER = harness.BUILD / 'tests/system/domain-driver'
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
SOURCE = f'deb-src [signed-by={KEYRING}] http://deb.debian.org/debian bookworm main\n'
WANTED = re.compile(r'[^/]+/(tests/(lxcxml2xmldata|lxcxml2xmloutdata|lxcconf2xmldata|domainschemadata|genericxml2xmlindata|networkxml2xmlin)/|src/conf/schemas/)')
UUID = 'c7a5fdbd-edaf-9455-926a-d65c16db1809'  # what libvirt's test puts into what it converts


def apt(place, *words):
    """With lists and a cache of its own, in the network namespace of who started the tests: this one has loopback alone."""
    settings = {'Dir::Etc::SourceList': place / 'sources.list', 'Dir::Etc::SourceParts': '/dev/null', 'Dir::State::Lists': place / 'lists',
                'Dir::Cache': place / 'cache', 'APT::Sandbox::User': 'root', 'Acquire::Retries': '2', 'Acquire::http::Timeout': '20'}
    options = [word for key, value in settings.items() for word in ('-o', f'{key}={value}')]
    return subprocess.run(['nsenter', f'--net=/proc/{os.getppid()}/ns/net', 'apt-get', '-q', *options, *words], cwd=place, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)


@pytest.fixture(scope='module')
def libvirt(tmp_path_factory):
    place = tmp_path_factory.mktemp('libvirt')
    for name in ('lists/partial', 'cache/archives/partial'):
        (place / name).mkdir(parents=True)
    (place / 'sources.list').write_text(SOURCE)
    for words in (['update'], ['source', '--download-only', 'libvirt']):
        done = apt(place, *words)
        archives = list(place.glob('libvirt_9.0*.orig.tar.xz'))
        if done.returncode != 0 or (words[0] == 'source' and not archives):
            pytest.skip(f'the source of libvirt cannot be fetched: {done.stdout.strip().splitlines()[-1:]}')
    with lzma.open(archives[0]) as stream, tarfile.open(fileobj=stream) as archive:
        archive.extractall(place, [m for m in archive if m.isfile() and WANTED.match(m.name)])
    return next(place.glob('libvirt-9*'))


def convert(verb, path, check=True):
    done = subprocess.run([DRIVER, verb, path], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert not check or done.returncode == 0, f'{path.name}: {done.stderr}'
    return done


def same(name, wanted, made):
    diff = '\n'.join(difflib.unified_diff(wanted.splitlines(), made.splitlines(), 'libvirt', 'ours', lineterm=''))
    return f'{name}:\n{diff}\n' if diff else ''


def test_documents(libvirt):
    """Each is printed as libvirt prints it."""
    inputs = sorted((libvirt / 'tests/lxcxml2xmldata').glob('*.xml'))
    assert len(inputs) > 10
    told = ''
    for path in inputs:
        other = libvirt / 'tests/lxcxml2xmloutdata' / path.name
        told += same(path.name, (other if other.exists() else path).read_text(), convert('xml', path).stdout)
    assert not told, told


def test_files_of_lxc(libvirt):
    """Old and new names; what libvirt refuses is refused."""
    told, refused, configs = '', set(), sorted((libvirt / 'tests/lxcconf2xmldata').glob('*.config'))
    assert len(configs) > 20
    for path in configs:
        wanted = path.with_name(path.stem.removesuffix('-v3') + '.xml')
        done = convert('lxc', path, check=wanted.exists())
        if done.returncode != 0:
            refused.add(path.stem.removesuffix('-v3'))
            assert 'use lxc.mount.entry lines instead' in done.stderr
            continue
        told += same(path.name, wanted.read_text(), re.sub('<uuid>.*</uuid>', f'<uuid>{UUID}</uuid>', done.stdout))
    assert not told, told
    assert refused == {'lxcconf2xml-fstab'}


def everything(libvirt):
    for path in sorted((libvirt / 'tests').glob('*/*.xml')):
        if re.search('''<domain type=['"]lxc''', path.read_text()):
            yield path


def test_fixed_point(libvirt, tmp_path):
    """What was printed is read, and printed the same."""
    documents = list(everything(libvirt))
    assert len(documents) > 25
    for path in documents:
        once = tmp_path / path.name
        once.write_text(convert('xml', path).stdout)
        assert convert('xml', once).stdout == once.read_text(), path.name


def facts_of(element, path=''):
    """All that a document says, whatever the order of its elements."""
    path += f'/{element.tag}'
    yield path, (element.text or '').strip()
    yield from ((f'{path}@{key}', value) for key, value in element.attrib.items() if (path, key) != ('/domain', 'id'))
    for child in element:
        yield from facts_of(child, path)


def test_documents_of_machines(libvirt, tmp_path):
    """What was written for another hypervisor, but for its type: all of it is kept, and what a container cannot have is refused by its line when it shall start."""
    documents = sorted((libvirt / 'tests/genericxml2xmlindata').glob('*.xml'))
    assert len(documents) > 40
    for path in documents:
        text = re.sub("<domain type='\\w+'", "<domain type='lxc'", path.read_text())
        given, made = tmp_path / path.name, tmp_path / f'{path.stem}.made'
        given.write_text(re.sub('(<type[^>]*>)hvm(</type>)', r'\1exe\2<init>/sbin/init</init>', text))
        done = convert('xml', given, check=path.name != 'name-slash-fail.xml')
        if done.returncode != 0:
            assert done.stderr == "XML error: name foo/bar cannot contain '/'\n"
            continue
        made.write_text(done.stdout)
        assert convert('xml', made).stdout == done.stdout, path.name
        lost = collections.Counter(facts_of(ElementTree.parse(given).getroot())) - collections.Counter(facts_of(ElementTree.parse(made).getroot()))
        assert not lost, (path.name, lost)
        assert re.search(r'^line \d+: .* not supported', convert('check', given).stdout + convert('check', given).stderr, re.M), path.name


def test_networks(libvirt, tmp_path):
    """Defined, printed and defined again as the same, or refused by line."""
    documents, defined = sorted((libvirt / 'tests/networkxml2xmlin').glob('*.xml')), 0
    assert len(documents) > 30
    printed = tmp_path / 'printed.xml'
    for path in documents:
        done = harness.run(['virt-lxc', '-q', 'net-define', path], check=False)
        if done.returncode != 0:
            assert re.search(r'^error: unsupported configuration: line \d+: ', done.stderr, re.M), f'{path.name}: {done.stderr}'
            continue
        defined += 1
        name = re.search('<name>(.*)</name>', path.read_text())[1]
        once = harness.run(['virt-lxc', '-q', 'net-dumpxml', name]).stdout
        printed.write_text(once)
        harness.run(['virt-lxc', 'net-undefine', name])
        harness.run(['virt-lxc', 'net-define', printed])
        assert harness.run(['virt-lxc', '-q', 'net-dumpxml', name]).stdout == once
        harness.run(['virt-lxc', 'net-undefine', name])
    assert defined >= 3


def test_schema(libvirt, tmp_path):
    """What we print is what libvirt's schema allows; and the schema is asked: a document that breaks it is seen."""
    schema = libvirt / 'src/conf/schemas/domain.rng'
    golden = pathlib.Path(harness.SOURCE, 'tests/golden/domain/xml')
    documents = [p for p in sorted(golden.glob('*.xml')) if not p.with_suffix('.warnings').read_text()] + list(everything(libvirt))
    for path in documents:
        if '<cmdline>' in path.read_text():  # libvirt honours it, and its schema does not know it
            continue
        (tmp_path / f'{path.parent.name}-{path.name}').write_text(convert('xml', path).stdout)
    done = subprocess.run(['xmllint', '--noout', '--relaxng', schema, *sorted(tmp_path.glob('*.xml'))], check=False, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, '\n'.join(line for line in done.stderr.splitlines() if 'validates' not in line)
    broken = tmp_path / 'broken'
    broken.write_text(convert('xml', documents[0]).stdout.replace('<vcpu', '<vcpus').replace('</vcpu>', '</vcpus>'))
    assert subprocess.run(['xmllint', '--noout', '--relaxng', schema, broken], check=False, stderr=subprocess.DEVNULL).returncode != 0


HELLO = pathlib.Path(harness.SOURCE, 'tests/golden/domain/xml/hello.xml')
SCHEMAS = pathlib.Path('/usr/share/libvirt/schemas')


@pytest.mark.optional
@pytest.mark.skipif(not (SCHEMAS / 'domain.rng').exists(), reason="libvirt's schema is not installed")
def test_schema_that_is_installed():
    assert convert('validate', HELLO).returncode == 0


def test_schema_that_is_not_installed(tmp_path):
    """--validate says what it lacks; it does not say that all is well."""
    assert convert('xml', HELLO).returncode == 0
    hidden = SCHEMAS.exists()
    if hidden:
        harness.run(['mount', '--bind', tmp_path, SCHEMAS])
    try:
        done = convert('validate', HELLO, check=False)
    finally:
        if hidden:
            harness.run(['umount', SCHEMAS])
    assert done.returncode != 0 and "libvirt's schema is not installed" in done.stderr


HOSTILE = {
    'attribute': '<domain type="lxc" x="' + 'a' * (10 << 20) + '"/>',
    'nesting': '<domain type="lxc">' + '<a>' * 100000,
    'elements': '<domain type="lxc">' + '<a/>' * 100000 + '</domain>',
    'laughs': '<!DOCTYPE d [<!ENTITY a0 "ha">' + ''.join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) +
              ']><domain type="lxc"><name>&a11;</name></domain>',
    'parameter': '<!DOCTYPE d [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><domain type="lxc"/>',
}


@pytest.mark.parametrize('name', HOSTILE)
def test_hostile_documents(tmp_path, name):
    """Refused in one sentence, with a memory that no more than reading it needs: an expansion would end the process."""
    path = tmp_path / f'{name}.xml'
    path.write_text(HOSTILE[name])
    done = subprocess.run(['prlimit', f'--as={512 << 20}', '--cpu=5', DRIVER, 'xml', path], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stdout == ''
    assert len(done.stderr.splitlines()) == 1, done.stderr


SOCKETS = """import os, socket
for d in ('/run/alone', '/run/beside/other'):
    os.makedirs(d)
open('/run/alone/pid', 'w').close()
for p in ('/run/top', '/run/alone/s', '/run/beside/s'):
    socket.socket(socket.AF_UNIX).bind(p)
"""


def test_sockets_of_the_host_are_hidden():
    """On the host's root: a directory that holds sockets and no directories goes as a whole. Without sockets nothing of it is hidden; a root of its own shows none of the host's."""
    golden = pathlib.Path(harness.SOURCE, 'tests/golden/domain/xml/hello.xml')
    paths = ['/run/top', '/run/alone', '/run/beside/s']

    def hidden(script):
        done = subprocess.run(['unshare', '-m', 'sh', '-ec', 'mount -t tmpfs tmpfs /run; python3 -c "$1"; "$2" spec "$3"', 'sh', script, DRIVER, golden],
                              check=True, stdout=subprocess.PIPE, text=True)
        line = next(text for text in done.stdout.splitlines() if text.startswith('hidden='))
        return re.findall('"(/run/[^"]*)"', line)
    assert sorted(hidden(SOCKETS)) == sorted(paths)
    assert hidden('pass') == []

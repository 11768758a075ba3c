# SPDX-License-Identifier: LGPL-2.1-or-later
"""Created trees have nothing of the host's secrets and nothing of packages that the service has no use for; and what looks for them finds what is there."""
import base64
import pathlib
import re
import secrets
import shutil

import pytest

from harness import run

SERVICE = 'virt-sandbox-service'
UNITS = {  # unit: a file that must be there if the service is installed
    'ssh': '/usr/sbin/sshd', 'dovecot': '/usr/sbin/dovecot', 'mariadb': '/usr/sbin/mariadbd', 'postgresql@15-main': '/usr/lib/postgresql/15/bin/postgres',
    'named': '/usr/sbin/named', 'apache2': '/usr/sbin/apache2', 'slapd': '/usr/sbin/slapd',
}
# What every program may look for, whichever package owns it: names of data formats, the linker, the shell, ciphers.
BASE = ('/etc/ca-certificates', '/etc/ld.so.conf.d', '/etc/libaudit.conf', '/etc/locale.alias', '/etc/magic', '/etc/magic.mime', '/etc/mime.types',
        '/etc/security', '/etc/ssl/openssl.cnf', '/etc/xattr.conf')
PLANTED = '/srv/planted'  # on the host: one file with all the secrets


def random_key():
    """Text that is a private key to everybody who looks at it, and a line of it."""
    body = base64.encodebytes(secrets.token_bytes(600)).decode()
    return f'-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n', body.splitlines()[1]


def shadow_hash(kind, size):
    return kind + base64.b64encode(secrets.token_bytes(size), b'./').decode().rstrip('=')


@pytest.fixture(scope='module')
def host(tmp_path_factory):
    """Plants secrets on the host, as this mount namespace sees it; {what: a string that nobody else has}."""
    found, covers = {}, []

    def cover(place):
        """A copy of the place lies over it, and may be changed."""
        copy = tmp_path_factory.mktemp('cover') / 'copy'
        if pathlib.Path(place).is_dir():
            shutil.copytree(place, copy, symlinks=True)
            run(['chown', '-R', '--reference', place, copy])
        else:
            shutil.copy2(place, copy)
        run(['mount', '--bind', copy, place])
        covers.append(place)
        return pathlib.Path(place)

    for path in (*pathlib.Path('/etc/ssh').glob('ssh_host_*_key'), *pathlib.Path('/etc/ssl/private').glob('*.key')):
        found[str(path)] = path.read_text().splitlines()[2]
    shadow = cover('/etc/shadow')
    found['hash of root'], found['hash of a user'] = shadow_hash('$6$saltsalt$', 64), shadow_hash('$y$j9T$salt$', 32)
    lines = re.sub('^root:[^:]*:', lambda _: f'root:{found["hash of root"]}:', shadow.read_text(), flags=re.M)
    shadow.write_text(f'{lines}thrown-away:{found["hash of a user"]}:19000:0:99999:7:::\n')
    found['machine-id'] = secrets.token_hex(16)
    cover('/etc/machine-id').write_text(found['machine-id'] + '\n')
    text, found['key of another service'] = random_key()
    (cover('/etc/ssl/private') / 'another.key').write_text(text)
    installed = {unit for unit, file in UNITS.items() if pathlib.Path(file).exists()}  # the others are counted skips
    if 'apache2' in installed:
        apache = cover('/etc/apache2')
        text, found['key beside a site'] = random_key()
        (apache / 'sites-enabled/site.key').write_text(text)
        (apache / 'sites-enabled/site.conf').write_text('SSLCertificateKeyFile /etc/apache2/sites-enabled/site.key\n')
    if 'named' in installed:
        found['rndc.key'] = re.search('secret "(.*)"', pathlib.Path('/etc/bind/rndc.key').read_text())[1]
    (cover('/srv') / 'planted').write_text('\n'.join(found.values()))
    yield found
    for place in reversed(covers):
        run(['umount', place])


@pytest.fixture(scope='module')
def packages():
    """(owners of each path, what a package needs at run time, source of each package, packages that every system has) as dpkg says it."""
    needs, provides, sources, everywhere = {}, {}, {}, set()
    form = '${Package}\\t${source:Package}\\t${Pre-Depends}, ${Depends}\\t${Provides}\\t${Essential}\\t${Priority}\\n'
    for line in run(['dpkg-query', '-W', '-f', form]).stdout.splitlines():
        name, source, depends, provided, essential, priority = line.split('\t')
        sources[name] = source
        needs[name] = set(re.findall(r'(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)', depends))
        for virtual in [name, *re.findall(r'(?:^|,)\s*([a-z0-9][a-z0-9+.-]+)', provided)]:
            provides.setdefault(virtual, set()).add(name)
        if essential == 'yes' or priority in ('required', 'important'):
            everywhere.add(name)
    needs = {name: set().union(*(provides.get(need, set()) for need in wanted)) for name, wanted in needs.items()}
    owners = {}
    for listing in pathlib.Path('/var/lib/dpkg/info').glob('*.list'):
        for path in listing.read_text().splitlines():
            if path.startswith(('/etc/', '/var/', '/lib/systemd/', '/usr/lib/systemd/')):
                owners.setdefault(path, set()).add(listing.stem.split(':')[0])
    return owners, needs, sources, everywhere


def closure(names, needs):
    done, todo = set(), set(names)
    while todo:
        name = todo.pop()
        done.add(name)
        todo |= needs.get(name, set()) - done
    return done


def create(unit, name, *options):
    run([SERVICE, 'create', '-C', '-u', unit, *options, name], timeout=120)


def files(tree):
    return [path for path in tree.rglob('*') if path.is_file() and not path.is_symlink()]


def secrets_in(tree, host):
    """Which of the secrets stand in a file, or in the name of one."""
    contents = b'\0'.join(str(path).encode() + b'\0' + path.read_bytes() for path in files(tree))
    return sorted(what for what, text in host.items() if text.encode() in contents)


def unrelated_in(tree, unit, packages):
    """Files of packages that the unit's neither needs nor is extended by, and that not every system has."""
    owners, needs, sources, everywhere = packages
    fragment = f'{unit.split("@")[0]}{"@" if "@" in unit else ""}.service'
    owner = owners.get(f'/lib/systemd/system/{fragment}') or owners.get(f'/usr/lib/systemd/system/{fragment}') or owners[f'/etc/init.d/{unit}']
    parts = {name for name in closure(owner, needs) if sources[name] in {sources[one] for one in owner}}
    extensions = {name for name, wanted in needs.items() if wanted & parts}
    fine = closure(owner | extensions, needs) | everywhere
    paths = [path.relative_to(tree) for path in files(tree)]
    return [f'/{path}' for path in paths if f'/{path}' in owners and not owners[f'/{path}'] & fine
            and not any(pathlib.Path('/', path).is_relative_to(base) for base in BASE)]


@pytest.fixture
def tree(root, name):
    """Of the container that the test creates; deleted afterwards."""
    yield root / 'var/lib/libvirt/filesystems' / name
    run([SERVICE, 'delete', name])


@pytest.mark.parametrize('unit', UNITS)
def test_tree_has_no_secrets_and_nothing_unrelated(unit, host, packages, name, tree):
    if not pathlib.Path(UNITS[unit]).exists():
        pytest.skip(f'{unit} is not installed')
    create(unit, name)
    assert len(files(tree)) > 50
    assert secrets_in(tree, host) == []
    assert unrelated_in(tree, unit, packages) == []
    for line in (tree / 'etc/shadow').read_text().splitlines():
        assert line.split(':')[1] in ('*', '!', '!*', '!!'), line


def test_what_looks_for_them_finds_them(host, packages, name, tree):
    create('ssh', name, '--with', PLANTED, '--with', '/etc/nginx/nginx.conf')
    assert secrets_in(tree, host) == sorted(host)
    assert unrelated_in(tree, 'ssh', packages) == ['/etc/nginx/nginx.conf']


def test_keys_that_a_service_needs_are_its_own(host, name, tree):
    create('ssh', name)
    keys = sorted((tree / 'etc/ssh').glob('ssh_host_*_key'))
    assert keys
    for key in keys:
        assert key.stat().st_mode & 0o077 == 0
        assert key.read_text() != pathlib.Path('/etc/ssh', key.name).read_text()

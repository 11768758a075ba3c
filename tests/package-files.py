#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each file that is installed belongs to exactly one package of Debian, and to one of packaging/rpm, and the packages name nothing else.

Usage: package-files.py SOURCE_ROOT BUILD_ROOT
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
PACKAGING = SOURCE / 'packaging'
SPEC = 'rpm/virt-sandbox.spec'
MACROS = {'bindir': 'usr/bin', 'datadir': 'usr/share', 'includedir': 'usr/include', 'libdir': 'usr/lib/TRIPLET', 'libexecdir': 'usr/libexec', 'mandir': 'usr/share/man'}
NOT_IN_RPM = ('etc/apt/', 'etc/dpkg/', 'etc/needrestart/', 'usr/share/perl5/')  # %install removes them
NOT_IN_DEBIAN = ('usr/libexec/virt-sandbox/rpm.so',)  # no host of Debian has rpm's database


def options():
    """The options of the build by their names."""
    text = subprocess.run(['meson', 'introspect', '--buildoptions', BUILD], capture_output=True, text=True, check=True).stdout
    return {option['name']: option['value'] for option in json.loads(text)}


def installed(option):
    """All files that ninja install makes, as they would be called on Debian."""
    moves = [(option['prefix'], '/usr')]
    moves += [('/usr/' + option[name], '/usr/' + debian) for name, debian in (('libdir', 'lib/TRIPLET'), ('libexecdir', 'libexec'))]
    moves.append(('/usr/' + option['sysconfdir'], '/etc'))  # below another prefix than /usr it is the prefix's
    with tempfile.TemporaryDirectory() as tree:
        subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet', '--destdir', tree], check=True, stdout=subprocess.DEVNULL)
        found = ['/' + str(f.relative_to(tree)) for f in pathlib.Path(tree).rglob('*') if f.is_symlink() or f.is_file()]
    for old, new in moves:
        found = [new + f.removeprefix(old) if f.startswith(old + '/') else f for f in found]
    return sorted(f.lstrip('/') for f in found)


def debian_lists():
    """Package -> patterns of files, as debhelper reads them."""
    packages = re.findall(r'^Package: (\S+)', (PACKAGING / 'debian/control').read_text(), re.MULTILINE)
    return {package: (PACKAGING / f'debian/{package}.install').read_text().split() for package in packages}


def rpm_lists():
    """Package -> patterns of files, of the %files of the spec."""
    lists, package = {}, None
    for line in (PACKAGING / SPEC).read_text().splitlines():
        if line.startswith('%files'):
            package = line.removeprefix('%files').removeprefix(' -n').strip()
            lists[package] = []
        elif line.startswith('%changelog'):
            package = None
        elif package is not None and line.startswith('%{_'):
            path = re.sub(r'%\{_(\w+)\}', lambda macro: MACROS[macro[1]], line)
            lists[package].append(path.replace('zsh/site-functions', 'zsh/vendor-completions'))  # %install moves it
    return lists


def matches(path, pattern):
    """Does the pattern name the file, or a directory above it? Its * matches no slash."""
    regex = re.escape(pattern).replace(r'\*', '[^/]*')
    return re.fullmatch(regex + '(/.*)?', path) is not None


def compare(files, lists, left_out=()):
    """Sentences about what is not as it should be."""
    problems = []
    for file in files:
        owners = [package for package, patterns in lists.items() if any(matches(file, pattern) for pattern in patterns)]
        if len(owners) != (0 if file in left_out else 1):
            problems.append(f'{file}: in {" and ".join(owners) or "no package"}')
    for package, patterns in lists.items():
        problems += [f'{package}: {pattern} names nothing that is installed' for pattern in patterns
                     if not any(matches(file, pattern) for file in files)]
    return problems


def check_versions():
    """The project, and what is packaged of it, have one version."""
    def found(file, pattern):
        return re.search(pattern, (SOURCE / file).read_text(), re.MULTILINE)[1]
    version = found('meson.build', r"^  version : '([^']+)'")
    there = {'packaging/debian/changelog': found('packaging/debian/changelog', r'^virt-sandbox \((.+)-\d+\)'),
             f'packaging/{SPEC}': found(f'packaging/{SPEC}', r'^Version: +(\S+)'),
             f'the changelog of packaging/{SPEC}': found(f'packaging/{SPEC}', r'^\* .+ (\S+)-\d+$')}
    problems = [f'{file}: {other}, and meson.build has {version}' for file, other in there.items() if other != version]
    if not re.fullmatch(r'(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}', version):
        problems.append(f'meson.build: {version} is no semantic version')
    soname = found('meson.build', r"^  version : '(\d+)\.\d+\.\d+', # its first number is the soname's")
    if f'libvsandbox{soname}' not in debian_lists():
        problems.append(f'packaging/debian/control: there is no package libvsandbox{soname}, by the soname')
    return problems


def main():
    """Prints what is wrong; the number of these is the result."""
    skipped = 0
    option = options()
    files = installed(option)
    lists = debian_lists()
    sample = dict(lists, other=['usr/bin/virt-sandbox'])
    assert compare(files, sample) and compare(files + ['usr/bin/other'], lists), 'the check finds nothing'
    rpms = rpm_lists()
    if option['man'] != 'enabled' and not any('/man/' in file for file in files):
        lists, rpms = ({package: [p for p in patterns if '/man/' not in p] for package, patterns in which.items()} for which in (lists, rpms))
        print('without rst2man there are no man pages to compare')
        skipped = 1 if os.environ.get('VIRT_SANDBOX_MUST') == '1' else 77  # as in CI
    problems = compare(files, lists, NOT_IN_DEBIAN) + check_versions()
    problems += [f'rpm: {problem}' for problem in compare([file for file in files if not file.startswith(NOT_IN_RPM)], rpms)]
    print(*problems, f'{len(files)} files, {len(lists)} packages, {len(rpms)} rpms', sep='\n')
    return 1 if problems else skipped


if __name__ == '__main__':
    sys.exit(main())

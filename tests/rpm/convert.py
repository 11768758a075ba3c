#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints an rpm spec of packages of Debian that are installed in a tree, with all that they depend on: convert.py TREE PACKAGE..."""
import pathlib
import re
import sys

HEAD = '''Name: host
Version: 1
Release: 1
Summary: Packages of Debian
License: various
AutoReqProv: no
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%global _binary_payload w0.gzdio
%description
None.
'''


def installed(tree):
    """Name -> fields of dpkg's status."""
    found = {}
    for text in (tree / 'var/lib/dpkg/status').read_text().split('\n\n'):
        fields = dict(re.findall(r'^([A-Za-z-]+): (.*)$', text, re.MULTILINE))
        if fields.get('Status', '').endswith(' installed'):
            found[fields['Package']] = fields
    return found


def needed(packages, fields):
    """Names of installed packages that one depends on: of alternatives the first that is there."""
    provided = {name.split()[0]: package for package, other in packages.items() for name in other.get('Provides', '').split(', ') if name}
    for group in ', '.join(fields[key] for key in ('Depends', 'Pre-Depends') if key in fields).split(', '):
        names = [re.split(r'[ :(]', one.strip())[0] for one in group.split('|')]
        there = [name if name in packages else provided[name] for name in names if name in packages or name in provided]
        yield from there[:1]


def closure(packages, wanted):
    found = []
    wanted = list(wanted)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.append(name)
            wanted += needed(packages, packages[name])
    return sorted(found)


def files(tree, name):
    """(path, is it configuration?) of what is there, by the names that a merged /usr gives."""
    info = next(p for p in (tree / 'var/lib/dpkg/info').glob(f'{name}*.list') if p.stem.split(':')[0] == name)
    conffiles = info.with_suffix('.conffiles')
    kept = set(conffiles.read_text().split()) if conffiles.exists() else set()
    for path in info.read_text().split('\n'):
        merged = re.sub('^/(bin|sbin|lib|lib32|lib64|libx32)(?=/)', r'/usr/\1', path)
        here = tree / merged[1:]
        if re.fullmatch(r'/[\w./+:@~-]+', merged) and merged != '/.' and (here.exists() or here.is_symlink()):
            yield merged, path in kept, here.is_dir() and not here.is_symlink()


def main(tree, *wanted):
    packages = installed(tree)
    names = closure(packages, wanted)
    body, listed = [], []
    for name in names:
        version = re.sub(r'[^\w.+~]', '.', packages[name]['Version'].split(':')[-1])
        requires = sorted(set(needed(packages, packages[name])) - {name})
        body += [f'%package -n {name}', f'Version: {version}', 'Summary: One', 'AutoReq: no', 'AutoProv: yes', *(f'Requires: {r}' for r in requires)]
        if name == 'dash':
            body.append('Provides: /bin/sh')
        body += [f'%description -n {name}', 'One.', f'%files -n {name}']
        for path, kept, directory in files(tree, name):
            body.append(('%config(noreplace) ' if kept else '%dir ' if directory else '') + path)
            listed.append(path)
    print(HEAD, *body, '%install', "tar -C / -cf - --no-recursion -T - <<'END' | tar -C %{buildroot} -xf -", *dict.fromkeys(p[1:] for p in listed), 'END', sep='\n')


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]), *sys.argv[2:])

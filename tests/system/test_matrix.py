# SPDX-License-Identifier: LGPL-2.1-or-later
"""The matrix of real services: each is created, started, talked to with its own client, restarted, stopped, started again and deleted, unchanged.

The table is printed at the end and written to $MATRIX_TABLE, which is how docs/matrix.md is made.
"""
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from harness import run
from matrix import ROWS, SERVICE, get, inside, retry

results = []


@pytest.fixture(scope='module', autouse=True)
def table(request):
    yield
    lines = ['| service | rules of the plan | create s | start s | KiB private | result |', '|---|---|---|---|---|---|']
    lines += [f'| {r["name"]} | {r["rules"]} | {r["create"]:.2f} | {r["start"]:.2f} | {r["kib"]} | {r["result"]} |' for r in results]
    request.config.get_terminal_writer().line('\n' + '\n'.join(lines))
    if os.environ.get('MATRIX_TABLE'):
        pathlib.Path(os.environ['MATRIX_TABLE']).write_text('\n'.join(lines) + '\n')


def timed(*words, **options):
    began = time.monotonic()
    done = run([SERVICE, *words], timeout=180, **options)
    return time.monotonic() - began, done.stdout


def state(name):
    return json.loads(run([SERVICE, 'inspect', name]).stdout)['state']


def healthy(name):
    """Nothing failed inside, and the inner systemd says so."""
    assert inside(name, 'systemctl --failed --no-legend --plain').strip() == ''
    assert inside(name, 'systemctl is-system-running').strip() == 'running'


def units_of(row):
    return [word for unit in row.units for word in ('-u', unit)]


@pytest.mark.parametrize('row', ROWS, ids=[row.name for row in ROWS])
def test_service(row, name, root):
    if not row.installed():
        pytest.skip(f'{row.name} is not installed')
    plan = json.loads(run([SERVICE, 'create', '--dry-run', '--json', '-C', *units_of(row), *row.options, name]).stdout)
    result = {'name': row.name, 'rules': len({entry['rule'] for entry in plan['entries']}), 'create': 0, 'start': 0, 'kib': 0, 'result': 'failed'}
    results.append(result)
    result['create'], _ = timed('create', '-C', *units_of(row), *row.options, name)
    try:
        result['kib'] = int(subprocess.run(['du', '-sk', root / 'var/lib/libvirt/filesystems' / name], check=True,
                                           capture_output=True, text=True).stdout.split()[0])
        result['start'], _ = timed('start', name)
        if row.prepare:
            row.prepare(name)
        for turn in range(3):
            if turn == 1:
                timed('restart', name)
            elif turn == 2:
                timed('stop', name)
                timed('start', name)
            row.check(name, state(name)['address'], turn)
            healthy(name)
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])
    result['result'] = 'works'


@pytest.fixture
def handmade(tmp_path):
    """A unit that an administrator wrote, in this mount namespace's /etc/systemd/system."""
    units, srv = tmp_path / 'units', tmp_path / 'srv'
    shutil.copytree('/etc/systemd/system', units, symlinks=True)
    site = srv / 'site'
    site.mkdir(parents=True)
    (site / 'index.html').write_text('made by hand\n')
    (site / 'serve').write_text('#!/bin/sh\n. /srv/settings.sh\nexec python3 -m http.server "$PORT"\n')
    (site / 'serve').chmod(0o755)
    (srv / 'settings.sh').write_text('PORT=8090\n')
    (units / 'handmade.service').write_text('[Service]\nDynamicUser=yes\nStateDirectory=handmade\nWorkingDirectory=/srv/site\nExecStart=/srv/site/serve\n')
    run(['mount', '--bind', units, '/etc/systemd/system'])
    run(['mount', '--bind', srv, '/srv'])
    yield 'handmade'
    run(['umount', '/srv'])
    run(['umount', '/etc/systemd/system'])


def test_unit_without_a_package(handmade, name):
    said = run([SERVICE, 'create', '-C', '-u', handmade, '--with', '/srv/site', name]).said
    assert 'handmade.service belongs to no installed package' in said
    try:
        timed('start', name)
        assert retry(lambda: get(state(name)['address'], '/index.html', 8090)) == 'made by hand\n'
        healthy(name)
    finally:
        run([SERVICE, 'stop', name], check=False)
        run([SERVICE, 'delete', name])


def test_two_of_one_service_have_their_own_content(names):
    made = []
    try:
        for content in ('first', 'second'):
            name = names()
            timed('create', '-C', '-u', 'apache2', name)
            made.append(name)
            timed('start', name)
            inside(name, f'echo {content} > /var/www/html/index.html')
        said = [run(['curl', '-s', f'http://{state(name)["address"]}/']).stdout for name in made]
        assert said == ['first\n', 'second\n']
    finally:
        for name in made:
            run([SERVICE, 'stop', name], check=False)
            run([SERVICE, 'delete', name])

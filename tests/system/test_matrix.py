# SPDX-License-Identifier: LGPL-2.1-or-later
"""The matrix of real services: each is created, started, talked to with its own client, restarted, stopped, started again and deleted, unchanged.

The table is printed at the end and written to $MATRIX_TABLE, which is how docs/matrix.md is made.
"""
import json
import os
import pathlib
import subprocess
import time

import pytest

from harness import run
from matrix import ROWS, SERVICE, inside

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

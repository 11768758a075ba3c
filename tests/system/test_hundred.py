# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hundred containers at once: no step fails, nothing is left, each weighs the same. No limit of the host is raised for it."""
import pathlib
import shutil
import statistics
import sys

import pytest

import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / 'bench'))
import crowd  # noqa: E402

if not pathlib.Path('/usr/sbin/apache2').exists():
    pytest.skip('apache2 is not installed', allow_module_level=True)

SIZE = 100


@pytest.fixture
def many():
    made = crowd.Crowd(shutil.which('virt-sandbox-service'), 'apache2.service', f'{harness.new_name()}-', SIZE)
    yield made
    made.abandon()


def test_many_containers_live_beside_each_other(many):
    before = harness.snapshot()
    many.live()
    harness.wait_for(lambda: not harness.differences(before, harness.snapshot()), 'the host as it was before')
    n = SIZE // 4
    first, last = statistics.median(many.pss_kib[:n]), statistics.median(many.pss_kib[-n:])
    assert min(many.pss_kib) > 0
    assert last < 1.25 * first, f'a container weighs {first} KiB at first and {last} KiB at last'

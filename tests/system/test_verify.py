# SPDX-License-Identifier: LGPL-2.1-or-later
"""verify: all holds for a container as it was started; and each claim is found out where it does not."""
import json

import harness
import isolation
from harness import run

SERVICE = isolation.SERVICE


def test_look(root, name):
    isolation.service('create', '-C', '-u', isolation.UNIT, name)
    isolation.service('start', name)
    print(run([SERVICE, 'verify', name], check=False).said)
    isolation.remove(name)
    isolation.create(name)
    isolation.service('start', name)
    print(run([SERVICE, 'verify', name], check=False).said)
    isolation.remove(name)
    assert 0

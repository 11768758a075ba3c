#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The forge's file is YAML, each of its jobs has what a job needs, and the programs and make targets that it runs exist.

Usage: forge.py SOURCE_ROOT
"""
import os
import pathlib
import re
import subprocess
import sys

try:
    import yaml
except ImportError:
    print('python3-yaml is not installed')
    sys.exit(1 if os.environ.get('VIRT_SANDBOX_MUST') == '1' else 77)

SOURCE = pathlib.Path(sys.argv[1])
FILE = SOURCE / '.github/workflows/check.yml'
TARGETS = set(re.findall(r'^([a-z-]+):', (SOURCE / 'Makefile').read_text(), re.MULTILINE))
EVENTS = {'push', 'schedule', 'workflow_dispatch'}


def wrong_command(line):
    """What is wrong with a line of a script, or None."""
    words = line.split()
    if words[0] == 'make':
        missing = [word for word in words[1:] if '=' not in word and word not in TARGETS]
        return f'no target {missing[0]}' if missing else None
    if not os.access(SOURCE / words[0], os.X_OK) or (SOURCE / words[0]).is_dir():
        return f'no program {words[0]}'
    done = subprocess.run(['bash', '-n', SOURCE / words[0]], stderr=subprocess.PIPE, text=True)
    return done.stderr or None


def complaints(text):
    flow = yaml.safe_load(text)
    if set(flow[True]) - EVENTS:  # "on" is a boolean of YAML 1.1
        yield f'events {set(flow[True])}'
    for name, job in flow['jobs'].items():
        for key in ('runs-on', 'steps', 'timeout-minutes'):
            if key not in job:
                yield f'{name}: no {key}'
        for step in job.get('steps', ()):
            if not ('run' in step) ^ ('uses' in step):
                yield f'{name}: a step does nothing, or two things'
            if 'uses' in step and not re.fullmatch(r'[\w-]+/[\w-]+@v\d+', step['uses']):
                yield f'{name}: {step["uses"]}'
            for line in step.get('run', '').splitlines():
                wrong = wrong_command(line)
                if wrong:
                    yield f'{name}: {line}: {wrong}'


def main():
    text = FILE.read_text()
    for broken in (text.replace('make check-quick', 'make check-quik'), text.replace('.ci/run', '.ci/walk'), text.replace('    steps:', '    stops:', 1)):
        assert broken != text and list(complaints(broken)), 'the check finds nothing'
    found = list(complaints(text))
    print(*found, f'{FILE.name}: {len(yaml.safe_load(text)["jobs"])} jobs', sep='\n')
    return bool(found)


if __name__ == '__main__':
    sys.exit(main())

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many containers of one unit at once: create all, start all, answer from some, stop all, delete all.

For bench/run, which prints what each step took, and for the system tests, which look only at whether it worked.
"""
import json
import pathlib
import re
import statistics
import subprocess
import time
import urllib.request

STEP_TIMEOUT = 300  # seconds; a guard against hanging, not a measurement


def pss_kib(pid):
    """Memory of a process with its share of what it shares; 0 for one that ended meanwhile."""
    try:
        text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(n) for n in re.findall(r'^Pss:\s+(\d+) kB', text, re.MULTILINE))


def children_of(pid):
    """All processes below pid, itself left out."""
    try:
        kids = [int(c) for task in pathlib.Path(f'/proc/{pid}/task').iterdir() for c in (task / 'children').read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return kids + [grandchild for kid in kids for grandchild in children_of(kid)]


class Crowd:
    """times: step -> milliseconds of each container, in the order they were made. pss_kib: of the same containers, all of them running."""

    def __init__(self, tool, unit, prefix, size):
        self.tool, self.unit = str(tool), unit
        self.names = [f'{prefix}{i:03}' for i in range(size)]
        self.times, self.pss_kib = {}, []

    def call(self, *words):
        done = subprocess.run([self.tool, *words], capture_output=True, text=True, timeout=STEP_TIMEOUT)
        if done.returncode != 0:
            raise RuntimeError(f'{" ".join(words)}: exits with {done.returncode}: {done.stderr.strip()}')
        return done.stdout

    def timed(self, step, *words):
        began = time.monotonic()
        output = self.call(*words)
        self.times.setdefault(step, []).append((time.monotonic() - began) * 1000)
        return output

    def each(self, step, *words):
        """The command for all, one after the other: a step must not cost more for the last than for the first."""
        for name in self.names:
            self.timed(step, step, *words, name)

    def list(self):
        return {c['name']: c for c in json.loads(self.timed('list', 'list', '--json')) if c['name'] in self.names}

    def supervisor(self, name):
        return json.loads(self.call('inspect', name))['state']['supervisor']

    def visit(self, name):
        """What a user does with one of them: a page from it, a command in it."""
        with urllib.request.urlopen(f'http://{self.list()[name]["address"]}/', timeout=30) as answer:
            assert answer.status == 200
        assert self.timed('execute', 'execute', name, '--', 'hostname').strip() == name

    def weigh(self):
        """Of all, when all run: earlier the first would still carry alone what the later ones share with it."""
        pids = [self.supervisor(name) for name in self.names]
        self.pss_kib = [sum(pss_kib(p) for p in (pid, *children_of(pid))) for pid in pids]

    def live(self):
        """The whole life. Raises on the first failure; clean up with abandon()."""
        self.each('create', '-C', '-u', self.unit)
        self.each('start')
        states = {name: c['state'] for name, c in self.list().items()}
        assert states == dict.fromkeys(self.names, 'running'), states
        for name in self.names[::max(1, len(self.names) // 10)]:
            self.visit(name)
        self.weigh()
        self.each('stop')
        self.each('delete')
        assert self.list() == {}

    def abandon(self):
        """Takes away what a life that failed left standing."""
        for name in self.list():
            for verb in ('stop', 'delete'):
                subprocess.run([self.tool, verb, name], capture_output=True, timeout=STEP_TIMEOUT, check=False)

    def quarters(self):
        """step -> medians of the first and the last quarter of the containers."""
        n = max(1, len(self.names) // 4)
        return {step: {'first_ms': round(statistics.median(times[:n]), 1), 'last_ms': round(statistics.median(times[-n:]), 1)}
                for step, times in self.times.items()}

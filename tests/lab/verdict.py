# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a machine's output means that its suite passed."""

import dataclasses
import re

DONE = '# lab: done'  # guest/main says it last
TAP_LINE = re.compile(r'(?P<result>ok|not ok) (?P<number>\d+) - (?P<text>.*)')
TAP_PLAN = re.compile(r'1\.\.(?P<count>\d+)')


@dataclasses.dataclass
class Verdict:
    """What a machine's output amounts to."""

    checks: int = 0
    complaints: list = dataclasses.field(default_factory=list)

    def complain(self, text):
        self.complaints.append(text)


def judge(lines, timed_out, seconds):
    """Read TAP. Passed means: every check ok, numbered without a hole, as many as the plan says, and a clean end."""
    verdict = Verdict()
    planned = None
    for line in lines:
        line = line.rpartition('\x1b[K')[2]  # a command's progress, taken away again on the console
        if match := TAP_LINE.fullmatch(line):
            verdict.checks += 1
            if int(match['number']) != verdict.checks:
                verdict.complain(f'check {verdict.checks} is missing before "{line}"')
            if match['result'] == 'not ok':
                verdict.complain(line)
        elif match := TAP_PLAN.fullmatch(line):
            planned = int(match['count'])
        elif line.startswith('Bail out!'):
            verdict.complain(line)
    if timed_out:
        verdict.complain(f'the machine was still running after {seconds} s')
    elif DONE not in lines:
        verdict.complain('the machine went down before the suite was over')
    if planned is None:
        verdict.complain('the suite did not reach its end')
    elif planned != verdict.checks or not planned:
        verdict.complain(f'{verdict.checks} checks were seen, {planned} were announced')
    return verdict

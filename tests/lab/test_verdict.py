#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A suite passes only when every check was made, was ok, and the end was reached."""

import unittest

from verdict import judge

PASSED = ['# suite', 'ok 1 - one', 'ok 2 - two', '1..2', '# lab: done']


class Judge(unittest.TestCase):
    """judge() on what machines may say."""

    def complaints(self, lines, timed_out=False):
        return judge(lines, timed_out, 9).complaints

    def test_passed(self):
        verdict = judge(PASSED, False, 9)
        self.assertEqual((verdict.checks, verdict.complaints), (2, []))

    def test_failed_check_is_named(self):
        lines = [line.replace('ok 2', 'not ok 2') for line in PASSED]
        self.assertEqual(self.complaints(lines), ['not ok 2 - two'])

    def test_progress_before_a_check(self):
        self.assertEqual(self.complaints([line.replace('ok 2', '\r\x1b[Kstopping ..\r\x1b[Kok 2') for line in PASSED]), [])

    def test_lost_check(self):
        self.assertTrue(self.complaints([line for line in PASSED if 'one' not in line]))

    def test_check_lost_at_the_end(self):
        self.assertTrue(self.complaints([line for line in PASSED if 'two' not in line]))

    def test_no_plan(self):
        self.assertTrue(self.complaints([line for line in PASSED if line != '1..2']))

    def test_no_checks(self):
        self.assertTrue(self.complaints(['1..0', '# lab: done']))

    def test_silence(self):
        self.assertTrue(self.complaints([]))

    def test_machine_went_down(self):
        self.assertTrue(self.complaints(PASSED[:-1]))

    def test_restart(self):
        self.assertTrue(self.complaints(['Bail out! again', *PASSED]))

    def test_time_limit(self):
        self.assertEqual(self.complaints(PASSED, timed_out=True), ['the machine was still running after 9 s'])


if __name__ == '__main__':
    unittest.main()

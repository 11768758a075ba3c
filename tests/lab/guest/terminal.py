#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sit at a terminal: terminal.py COMMAND ARG... , with lines to type on standard input.

Each line is typed after the answer to the one before it is complete, which an echo of a mark shows. Then the detach key ^]
is pressed. Everything that was on the screen goes to standard output; the exit status is the command's, 124 when it is
still there a minute after ^].
"""

import os
import pty
import select
import sys
import time

PATIENCE = 120  # seconds that one answer may take
DETACH = b'\x1d'


def read_until(screen, mark):
    """Read the terminal until mark is on it; an end of the terminal ends it, too. Returns what was read."""
    seen = b''
    deadline = time.monotonic() + PATIENCE
    while mark not in seen and (left := deadline - time.monotonic()) > 0:
        if not select.select([screen], [], [], left)[0]:
            break
        try:
            chunk = os.read(screen, 4096)
        except OSError:  # EIO: nobody is left on the other side
            break
        if not chunk:
            break
        seen += chunk
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    return seen


def main():
    pid, screen = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    # The mark is typed in two halves: its echo on the screen differs from what the shell prints.
    for number, line in enumerate(['true', *sys.stdin.read().splitlines()]):
        os.write(screen, f"{line}; echo ma''rk-{number}-\n".encode())
        read_until(screen, f'mark-{number}-\r\n'.encode())
    os.write(screen, DETACH)
    read_until(screen, b'no such text')
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    return 124


if __name__ == '__main__':
    sys.exit(main())

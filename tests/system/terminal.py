# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person at a terminal: a program on a pty, what it shows, and typing."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


class Terminal:
    """Runs a command with a pty of its own as 0, 1, 2 and controlling terminal."""

    def __init__(self, command, rows=24, columns=80):
        self.shown = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvp(command[0], command)
            finally:
                os._exit(127)
        self.resize(rows, columns)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, text, seconds=30.0):
        """Reads until the text has been shown; what came before it is forgotten."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.fd], [], [], left)[0]
            data = b''
            if ready:
                try:
                    data = os.read(self.fd, 4096)
                except OSError:  # the other side is closed
                    pass
            assert data, f'"{text}" was not shown, but:\n{self.shown}'
            self.shown += data.decode(errors='replace')
        before, _, self.shown = self.shown.partition(text)
        return before

    def end(self, seconds=30.0):
        """Waits for the program's end; returns its exit status, 128 + signal."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.shown += os.read(self.fd, 4096).decode(errors='replace')
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        raise AssertionError(f'it does not end; it showed:\n{self.shown}')

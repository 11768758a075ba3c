#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of any service: ask.py ADDRESS PORT[/udp] QUESTION WANTED

Sends the question (backslash escapes as in Python's bytes), prints what comes back in the same notation and ends when
WANTED, a regular expression on bytes, is in it. A service opens its sockets when it likes after it said that it runs, so
everything is tried again for a minute.
"""
import re
import socket
import sys
import time

SECONDS = 60


def ask(address, port, kind, question, wanted):
    """Return all that was said, which may be less than what is wanted."""
    with socket.socket(socket.AF_INET, kind) as peer:
        peer.settimeout(10)
        peer.connect((address, port))
        peer.sendall(question)
        said = b''
        while not wanted.search(said):
            part = peer.recv(65536)
            if not part:
                break
            said += part
        return said


def main(address, port, question, wanted):
    kind = socket.SOCK_DGRAM if port.endswith('/udp') else socket.SOCK_STREAM
    question, wanted = question.encode().decode('unicode_escape').encode('latin-1'), re.compile(wanted.encode(), re.DOTALL)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            said = ask(address, int(port.split('/')[0]), kind, question, wanted)
            failure = f'no {wanted.pattern} in {said!r}'
            if wanted.search(said):
                print(repr(said)[2:-1])
                return 0
        except OSError as error:
            failure = str(error)
        if time.monotonic() > deadline:
            print(failure, file=sys.stderr)
            return 1
        time.sleep(1)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

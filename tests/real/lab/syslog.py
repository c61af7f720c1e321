"""What programs say to syslog, in the private /dev."""

import os
import re
import socket
import threading

_PATH = "/dev/log"


class Syslog:
    """Listens from its making to the end of the lab."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(_PATH)
        os.chmod(_PATH, 0o666)
        self._lines = []
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def mark(self):
        """A place in what is said, for wait() and lines()."""
        with self._news:
            return len(self._lines)

    def lines(self, mark):
        with self._news:
            return self._lines[mark:]

    def wait(self, mark, pattern, timeout=15.0):
        """Waits for a line after `mark` that has this pattern; returns it."""
        search = re.compile(pattern).search

        def found():
            return next(filter(search, self._lines[mark:]), None)
        with self._news:
            line = self._news.wait_for(found, timeout)
            if not line:
                said = "\n".join(self._lines[mark:])
                raise AssertionError(f"syslog was not told: {pattern}\n{said}")
            return line

    def _listen(self):
        while True:
            line = self._socket.recv(65536).decode("utf-8", "replace").rstrip("\n\0")
            with self._news:
                self._lines.append(line)
                self._news.notify_all()

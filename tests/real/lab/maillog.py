"""Postfix's log as the server's side of the story.

Each SMTP session ends with one line that counts its commands:
    postfix/tls/smtpd[91]: disconnect from unknown[127.0.0.1] ehlo=1 auth=1 mail=1 ... commands=6
"""

import re
import time

_END = re.compile(r"postfix/(\S+)/smtpd\[(\d+)\]: disconnect from \S+ ?(.*)")
_MECHANISM = re.compile(r"sasl_method=([^,\s]+)")
_PROTOCOL = re.compile(r"(TLSv[\d.]+) with cipher (\S+)")
_REFUSED = re.compile(r"reject: RCPT from .* from=<(.*?)> to=<(.*?)>")


class Session:
    """A finished SMTP session: service, commands {verb: "accepted[/all]"}, mechanism, protocol,
    refused recipients [(sender, recipient)]."""

    def __init__(self, service, counts, lines):
        self.service = service
        self.commands = dict(word.split("=", 1) for word in counts.split())
        self.mechanism = _last(_MECHANISM, lines)
        self.protocol = _last(_PROTOCOL, lines)
        self.refused = [match.groups() for match in map(_REFUSED.search, lines) if match]

    def saw(self, verb):
        """Was this command given at all, accepted or not?"""
        return verb.lower() in self.commands


class Maillog:
    """Reads forward: each session is handed out once."""

    def __init__(self, path):
        self._path = path
        self._offset = 0

    def session(self, timeout=10.0):
        """Waits for the end of the next session."""
        return self._wait("no session ended", self._next_session, timeout)

    def wait(self, words, timeout=10.0):
        """Waits until the log says so."""
        self._wait(f"no {words}", lambda: words.encode() in self._unread(), timeout)

    def _wait(self, missing, found, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if result := found():
                return result
            time.sleep(0.005)
        raise AssertionError(f"{missing} in Postfix's log\n{self._unread().decode()}")

    def _next_session(self):
        unread = self._unread()
        end = _END.search(unread.decode("utf-8", "replace"))
        if not end or b"\n" not in unread[end.end():]:
            return None
        text = unread.decode("utf-8", "replace")[:end.end()]
        lines = [line for line in text.splitlines() if f"smtpd[{end[2]}]" in line]
        self._offset += len(text.encode())
        return Session(end[1], end[3], lines)

    def _unread(self):
        try:
            with open(self._path, "rb") as log:
                log.seek(self._offset)
                return log.read()
        except FileNotFoundError:
            return b""


def _last(pattern, lines):
    found = [match[1] for match in map(pattern.search, lines) if match]
    return found[-1] if found else None

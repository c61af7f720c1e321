"""What arrived: one Maildir for each local part."""

import os
import re
import time

# virtual(8) puts these in front, then Postfix its one Received; the rest came from the client.
_SENDER = re.compile(rb"^Return-Path: <(.*)>$", re.MULTILINE)
_TRACE = re.compile(rb"(?:(?:Return-Path|Delivered-To|X-Original-To): [^\n]*\n)+"
                    rb"Received: [^\n]*\n(?:[ \t][^\n]*\n)*")


class Letter:
    """One delivery: the sender of its envelope, and the message as the client sent it."""

    def __init__(self, raw):
        trace = _TRACE.match(raw)
        self.sender = _SENDER.search(trace[0])[1].decode()
        self.data = raw[trace.end():]


class Mailbox:
    """The Maildir of one recipient, `address`."""

    def __init__(self, address, folder):
        self.address = address
        self._new = os.path.join(folder, "new")

    def count(self):
        return len(self._names())

    def wait(self, count=1, timeout=10.0):
        """The messages in order of arrival, each as the client sent it, once there are `count`."""
        return [letter.data for letter in self.letters(count, timeout)]

    def letters(self, count=1, timeout=10.0):
        """The same with their envelopes."""
        deadline = time.monotonic() + timeout
        while self.count() < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.count()} messages in the mailbox, not {count}")
            time.sleep(0.005)
        return [self._read(name) for name in sorted(self._names())]

    def _names(self):
        return os.listdir(self._new) if os.path.isdir(self._new) else []

    def _read(self, name):
        with open(os.path.join(self._new, name), "rb") as file:
            return Letter(file.read())

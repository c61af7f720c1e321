"""What arrived: one Maildir for each local part."""

import os
import re
import time

# virtual(8) puts these in front, then Postfix its one Received; the rest came from the client.
_TRACE = re.compile(rb"(?:(?:Return-Path|Delivered-To|X-Original-To): [^\n]*\n)+"
                    rb"Received: [^\n]*\n(?:[ \t][^\n]*\n)*")


class Mailbox:
    """The Maildir of one recipient, `address`."""

    def __init__(self, address, folder):
        self.address = address
        self._new = os.path.join(folder, "new")

    def count(self):
        return len(self._names())

    def wait(self, count=1, timeout=10.0):
        """The messages in order of arrival, each as the client sent it, once there are `count`."""
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
            raw = file.read()
        return raw[_TRACE.match(raw).end():]

"""Who takes what a queue sends: each is a context with a `port`, and tells when it has taken so many."""

import os
import time

from lab.mailbox import Mailbox
from lab.postfix import Submission
from queues import RECIPIENT

_PATIENCE = 120
_PAUSE = 0.01
_TAKEN = b": message-id=<measured."
_SESSIONS = "64"  # that the sink takes at once


class FastServer:
    """The sink: it costs next to nothing. `words` are options of sink.c."""

    def __init__(self, stand, *words):
        self._sink = stand.sink("-m", "-w", _SESSIONS, *words)
        self.port = None

    def __enter__(self):
        self.port = self._sink.__enter__().ports["starttls"]
        return self

    def __exit__(self, *why):
        self._sink.__exit__(*why)

    def messages(self, count):
        self._sink.messages(count)


class RealServer:
    """A Postfix whose queue is on the disk: it writes down what it takes. It delivers that too, and
    ends with it before the next run begins."""

    def __init__(self, stand):
        lab = stand.lab
        postfix = Submission(os.path.join(lab.disk, "smarthost"), lab.certificates)
        with open(postfix.path("conf/main.cf"), encoding="utf-8") as file:
            settings = file.read()
        postfix.write("conf/main.cf", settings.replace("private/auth", lab.postfix.auth_socket))
        postfix.start()
        self.port = postfix.ports["starttls"]
        self._log = postfix.path("maillog")
        self._box = Mailbox(RECIPIENT, os.path.join(postfix.mail, RECIPIENT.partition("@")[0]))
        self._before = self._taken = self._seen = 0

    def __enter__(self):
        self._before, self._taken = self._box.count(), 0
        self._seen = os.path.getsize(self._log) if os.path.exists(self._log) else 0
        return self

    def __exit__(self, *why):
        end = time.monotonic() + _PATIENCE
        while self._box.count() < self._before + self._taken and time.monotonic() < end:
            time.sleep(_PAUSE)

    def messages(self, count):
        """As its log says: cleanup(8) tells of each once it has it whole."""
        self._taken += count
        end = time.monotonic() + _PATIENCE
        with open(self._log, "rb") as log:
            log.seek(self._seen)
            line = b""
            while count > 0:
                *whole, line = (line + log.read()).split(b"\n")
                count -= sum(_TAKEN in one for one in whole)
                if time.monotonic() > end:
                    raise RuntimeError(f"Postfix has not taken {count}")
                time.sleep(_PAUSE)

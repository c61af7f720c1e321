"""Plays a strict transcript: what we say, and what the client must say, line by line.

    S: 220 mail.example.net ESMTP        our line; consecutive ones leave in one write
    C: EHLO *                            the client's next line; `*` stands for anything
    C: (message)                         message text up to the end of data
    !: tls                               the TLS handshake; or any action of a script

At its end the client must say nothing more.
"""

import fnmatch
import re

from . import record
from .data import DataReader
from .script import Rule, ScriptError
from .session import Conversation, lines_of
from .wire import Done, Gone

SPECIAL = re.compile(r"([\[?])")


class Dialogue(Conversation):
    def talk(self):
        if self.script["tls"] == "implicit":
            self.start_tls()
        for who, text in self.script.dialogue:
            {"S": self.say, "C": self.expect, "!": self.act}[who](text)
        self.no_more()

    def say(self, text):
        self.wire.put(lines_of(text))
        if self.message and self.message.complete and not self.message.reply:
            self.message.reply = text.encode()

    def expect(self, pattern):
        if pattern == "(message)":
            self.read_message()
            return
        line = self.wire.read_line()
        self.check_line(line)
        line = line.rstrip(b"\r\n")
        self.record.commands.append(line)
        said = line.decode("utf-8", "surrogateescape")
        if not fnmatch.fnmatchcase(said, SPECIAL.sub(r"[\1]", pattern)):
            self.violation(f"expected {pattern!r}, came {said[:200]!r}")
            raise Done("out of step")
        self.note(line)

    def note(self, line):
        """Keeps the envelope."""
        verb, _, rest = line.partition(b" ")
        if verb == b"MAIL":
            self.message = record.Message(rest[6:].partition(b">")[0], [])
            self.record.messages.append(self.message)
        elif verb == b"RCPT" and self.message:
            address = rest[4:].partition(b">")[0]
            self.message.recipients.append(record.Recipient(address, []))
        elif verb == b"QUIT":
            self.record.end = "quit"

    def read_message(self):
        reader = DataReader()
        message = self.message = self.message or record.Message(b"", [])
        while (rest := reader.feed(self.wire.read_some())) is None:
            pass
        self.wire.inbox[:0] = rest
        message.raw, message.data = reader.raw, record.unstuff(reader.raw)
        message.size, message.complete, message.by = reader.size, True, "DATA"
        self.record.violations += record.data_faults(message.raw)

    def act(self, text):
        if text == "tls":
            self.wire.flush()
            self.start_tls()
            return
        word, rest = Rule.action(text)
        if word == "default":
            raise ScriptError("a transcript knows no default")
        getattr(self, "do_" + word)(rest, None)

    def no_more(self):
        try:
            line = self.wire.read_line()
        except Gone as e:
            self.record.end = self.record.end or str(e)
        else:
            self.violation(f"more than expected: {line[:80]!r}")

"""What the smarthost has seen: sessions, messages, and whatever no client may do."""

import hashlib
import re
from dataclasses import dataclass, field

LINE_LIMIT = 998  # RFC 5321 section 4.5.3.1.6, without CRLF and stuffed dot


@dataclass
class Recipient:
    address: bytes
    params: list
    reply: bytes = b""

    @property
    def accepted(self):
        return self.reply.startswith(b"2")


@dataclass
class Message:
    """One transaction, from MAIL on."""

    sender: bytes
    params: list  # of MAIL, as sent
    recipients: list = field(default_factory=list)
    raw: bytes = b""  # as it came: dot-stuffed, without the end of data
    data: bytes = b""  # the text of the message
    size: int = 0  # of `data`
    sha256: str = ""  # of `raw`
    complete: bool = False  # an end of data came
    reply: bytes = b""  # to the end of data
    flights: int = 0  # until then
    by: str = ""  # DATA or BDAT
    chunks: list = field(default_factory=list)  # sizes of BDAT

    @property
    def accepted(self):
        return self.reply.startswith(b"2")

    @property
    def to(self):
        """Addresses of the accepted recipients."""
        return [r.address.decode("utf-8", "surrogateescape") for r in self.recipients if r.accepted]

    @property
    def header(self):
        return self.data.partition(b"\r\n\r\n")[0] + b"\r\n"

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]

    def field(self, name):
        """Values of all fields of that name, unfolded, in order."""
        pattern = rb"(?im)^%b[ \t]*:[ \t]*((?:[^\r]|\r\n[ \t])*)\r\n" % re.escape(name.encode())
        found = re.findall(pattern, self.header)
        return [value.replace(b"\r\n", b"").decode("utf-8", "surrogateescape") for value in found]

    def param(self, name):
        """Value of a parameter of MAIL: "" without one, None if it is not there."""
        for word in self.params:
            key, _, value = word.partition("=")
            if key.upper() == name:
                return value
        return None


@dataclass
class Session:
    number: int
    commands: list = field(default_factory=list)  # lines as they came, without CRLF
    messages: list = field(default_factory=list)
    hello: str = ""
    tls_version: str = ""
    tls_resumed: bool = False
    tls_cipher: str = ""
    tls_error: str = ""
    sni: str = ""
    mechanism: str = ""
    user: str = ""  # logged in as
    flights: int = 0
    reads: int = 0
    clear: bytes = b""  # everything that came outside TLS
    end: str = ""  # quit, or what happened instead
    violations: list = field(default_factory=list)

    def verbs(self):
        return [line.split(b" ")[0].upper().decode("ascii", "replace") for line in self.commands]


def unstuff(raw):
    """Takes the stuffed dots away."""
    if raw.startswith(b"."):
        raw = raw[1:]
    return raw.replace(b"\r\n.", b"\r\n")


def data_faults(raw):
    """What may not stand in a message on the wire."""
    faults = []
    if re.search(rb"\r(?!\n)", raw):
        faults.append("bare CR in the message")
    if re.search(rb"(?<!\r)\n", raw):
        faults.append("bare LF in the message")
    if b"\0" in raw:
        faults.append("NUL in the message")
    if raw and not raw.endswith(b"\r\n"):
        faults.append("the last line has no CRLF")
    for line in raw.split(b"\r\n"):
        if len(line) - line.startswith(b".") > LINE_LIMIT:
            faults.append(f"a line of {len(line)} octets")
            break
    return faults


def message_faults(message, offered):
    """Disagreement between a whole message and what MAIL has declared."""
    faults = data_faults(message.raw)
    declared = message.param("SIZE") if message.to else None
    if declared is not None and "8BITMIME" in offered and int(declared) != message.size:
        faults.append(f"SIZE={declared} declared, {message.size} octets sent")
    marked = message.param("BODY") == "8BITMIME" or message.param("SMTPUTF8") is not None
    if not marked and not message.raw.isascii():
        faults.append("8-bit text without BODY=8BITMIME")
    return faults


def digest(raw):
    return hashlib.sha256(raw).hexdigest()

"""The format of a queue file as src/queue/entry.h and state.h describe it: reading one, and making
very many of them quickly."""

import pathlib
import re
from dataclasses import dataclass

STATE_AT = 36
POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
END_SIZE = 4 + 16 + 1 + 8 + 1
STATE = re.compile(
    rb"state ([-!]) ([-w]) (\d) (\d{5}) (\d{10}) (\d{13}) (\d{13}) ([.DFR]*)"
)  # fmt: skip


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


TABLE = _table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for octet in data:
        crc = crc >> 8 ^ TABLE[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF


SHIFTS = (0, 8, 16, 24)


class Joiner:
    """CRC of A + B from the CRC of A, for one B. It is linear over XOR, so a look-up for each octet
    of A's CRC does, whatever the length of B."""

    def __init__(self, suffix):
        zeros = bytes(len(suffix))
        base = crc32c(zeros)
        self.own = crc32c(suffix)
        bits = [crc32c(zeros, 1 << bit) ^ base for bit in range(32)]
        self.rows = [[self.combine(bits[at : at + 8], value) for value in range(256)] for at in SHIFTS]

    @staticmethod
    def combine(bits, value):
        ret = 0
        for number, bit in enumerate(bits):
            ret ^= bit if value >> number & 1 else 0
        return ret

    def join(self, crc):
        ret = self.own
        for row, shift in zip(self.rows, SHIFTS):
            ret ^= row[crc >> shift & 0xFF]
        return ret


@dataclass
class QueueFile:
    """One file, taken apart."""

    id: str
    sending: bool
    warned: bool
    ambiguous: int
    attempts: int
    tried: int
    last: int
    next: int
    marks: str
    values: list  # pairs of key and value, in order
    message: bytes
    replies: bytes
    whole: bool  # END stands where it must, and fits

    @property
    def recipients(self):
        return [value.split(" ", 2)[2] for key, value in self.values if key == "to"]

    def value(self, key):
        return next((v for k, v in self.values if k == key), None)


def read(path):
    return parse(pathlib.Path(path).read_bytes())


def parse(data):
    """ValueError for what is no queue file."""
    magic, state, rest = data.split(b"\n", 2)
    head = STATE.fullmatch(state)
    if not re.fullmatch(rb"postbag-queue 1 [0-9A-F]{19}", magic) or not head:
        raise ValueError("not a queue file")
    text, _, rest = rest.partition(b"\n\n")
    values = [tuple(line.decode().partition(" ")[::2]) for line in text.split(b"\n")]
    size = sum(int(dict(values).get(key, 0)) for key in ("header-size", "body-size"))
    length = len(magic) + len(state) + len(text) + 4 + size
    end = data[length : length + END_SIZE]
    crc = crc32c(data[:STATE_AT] + data[STATE_AT + len(state) + 1 : length])
    numbers = [int(n) for n in head.groups()[2:7]]
    return QueueFile(
        magic.split()[2].decode(), head[1] == b"!", head[2] == b"w", *numbers, head[8].decode(),
        values, rest[:size], data[length + END_SIZE :], end == b"END %016X %08X\n" % (length, crc)
    )  # fmt: skip


def set_state(path, **changes):
    """Writes other numbers into the state line of a file: tried, last, next, attempts, ..."""
    data = pathlib.Path(path).read_bytes()
    f = parse(data)
    for key, value in changes.items():
        setattr(f, key, value)
    line = "state {} {} {} {:05d} {:010d} {:013d} {:013d} {}\n".format(
        "!" if f.sending else "-", "w" if f.warned else "-", f.ambiguous, f.attempts, f.tried,
        f.last, f.next, f.marks,
    )  # fmt: skip
    with open(path, "r+b") as file:
        file.seek(STATE_AT)
        file.write(line.encode())


class Copier:
    """Makes many messages out of one that postbag has written: the same but for the name."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        state = data.index(b"\n", STATE_AT) + 1
        self.length = STATE_AT + data[STATE_AT:].index(b"\nEND ") + 1
        self.state = data[STATE_AT:state]
        self.rest = data[state : self.length]
        self.joiner = Joiner(self.rest)

    def make(self, name):
        """The octets of a message of that name."""
        first = b"postbag-queue 1 %b\n" % name.encode()
        crc = self.joiner.join(crc32c(first))
        return b"".join((first, self.state, self.rest, b"END %016X %08X\n" % (self.length, crc)))


def name_of(number, moment=1_700_000_000):
    """A name for the number-th of many messages; they sort by number."""
    return f"{moment * 1_000_000 + number:013X}{number & 0xFFFFFF:06X}"

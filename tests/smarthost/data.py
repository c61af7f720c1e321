"""Message text as it comes behind DATA: where it ends, and how large it is."""

import hashlib

END = b"\r\n.\r\n"


class DataReader:
    """Feed it octets until it gives back what stands behind the end of data (maybe b"").

    Only CRLF.CRLF ends the data, as RFC 5321 section 4.1.1.4 says; nothing that looks like it.
    """

    def __init__(self, keep=True):
        self.window = b"\r\n"  # the line end of DATA counts as the first of the five octets
        self.virtual = 2  # octets at its front that are not part of the text
        self.keep = keep
        self.pieces = []
        self.hash = hashlib.sha256()
        self.octets = 0  # stuffed
        self.stuffed = 0  # dots

    def feed(self, piece):
        self.window += piece
        end = self.window.find(END)
        if end >= 0:
            rest = self.window[end + len(END) :]
            self.window = self.window[: end + 2]
            self.emit(end + 2)
            return rest
        self.emit(max(0, len(self.window) - len(END) + 1))
        return None

    def emit(self, count):
        self.stuffed += self.window[: count + 2].count(b"\r\n.")
        piece = self.window[self.virtual : count]
        self.virtual = max(0, self.virtual - count)
        self.window = self.window[count:]
        self.octets += len(piece)
        self.hash.update(piece)
        if self.keep:
            self.pieces.append(piece)

    @property
    def size(self):
        return self.octets - self.stuffed

    @property
    def raw(self):
        return b"".join(self.pieces)

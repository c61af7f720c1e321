"""One connection as octets: clear text or TLS, and how many flights it took.

TLS runs over memory BIOs, so that every octet on the socket is ours to send, split, delay or
leave out.

A flight is counted when we write and the client has sent something since our last write (or has
just connected): that is one round trip for a client that waits for it. TCP's own handshake is the
first. Session tickets ride with the next write and count nothing. With `settle` seconds we wait
that long for more input before we answer, so that a client which sends several small writes
without waiting is not charged for them.
"""

import select
import socket
import ssl
import struct
import time

PATIENCE = 60  # seconds without a sound from the client, then the session is given up


class Gone(Exception):
    """The client has closed the connection, or it is broken."""


class Done(Exception):
    """We have ended the session ourselves."""


class Wire:
    def __init__(self, sock, settle=0.0, patience=PATIENCE):
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(patience)
        self.sock = sock
        self.settle = settle
        self.patience = patience
        self.tls = None
        self.inbox = bytearray()  # application octets not yet taken
        self.outbox = bytearray()  # application octets not yet written
        self.flights = 1
        self.reads = 0  # pieces in which application octets came
        self.clear = bytearray()  # all application octets that came outside TLS
        self.heard = True

    # Reading

    def read_line(self, limit=65536):
        """The next line with its line end (LF alone ends one too)."""
        while True:
            end = self.inbox.find(b"\n")
            if end >= 0:
                return self.take(end + 1)
            if len(self.inbox) > limit:
                return self.take(len(self.inbox))
            self.fill()

    def read_some(self):
        """At least one octet."""
        if not self.inbox:
            self.fill()
        return self.take(len(self.inbox))

    def take(self, count):
        piece = bytes(self.inbox[:count])
        del self.inbox[:count]
        return piece

    def fill(self):
        """Writes what is due, waits, and adds what comes to the inbox."""
        if self.outbox and not (self.settle and self.readable(self.settle)):
            self.flush()
        data = self.receive()
        if not data:
            raise Gone("end of file")
        self.reads += 1
        self.inbox += data
        if not self.tls:
            self.clear += data

    def readable(self, seconds):
        if self.tls and self.tls.pending():
            return True
        return bool(select.select([self.sock], [], [], seconds)[0])

    def spoken(self):
        """Has the client sent application octets that nobody has asked for yet?"""
        if self.inbox or self.tls:
            return bool(self.inbox)
        return self.readable(0) and bool(self.sock.recv(1, socket.MSG_PEEK))

    def receive(self):
        """Application octets; b"" at the end of the stream."""
        while True:
            if not self.tls:
                return self.receive_raw()
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.tls_in.write(self.receive_raw() or self.raise_gone())
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as e:
                raise Gone(f"TLS: {e.reason}") from e

    def receive_raw(self):
        try:
            data = self.sock.recv(65536)
        except OSError as e:
            raise Gone(str(e)) from e
        self.heard = True
        return data

    @staticmethod
    def raise_gone():
        raise Gone("end of file inside TLS")

    def drain(self, seconds=PATIENCE):
        """Reads and forgets until the client goes."""
        self.flush()
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.sock], [], [], left)[0]:
                break
            if not self.receive_raw():
                break

    # Writing

    def put(self, data):
        self.outbox += data

    def flush(self):
        data = bytes(self.outbox)
        self.outbox.clear()
        if data:
            self.send(data)

    def send(self, data):
        """Writes now, as one piece, behind what is due."""
        if self.outbox:
            data = bytes(self.outbox) + data
            self.outbox.clear()
        if self.tls:
            self.tls.write(data)
            data = self.tls_out.read()
        self.send_raw(data)

    def send_raw(self, data):
        if not data:
            return
        if self.heard:
            self.flights += 1
            self.heard = False
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Gone(str(e)) from e

    def send_slowly(self, data, seconds):
        """One octet a write (and a TLS record), `seconds` apart."""
        self.flush()
        for octet in data:
            self.send(bytes([octet]))
            if seconds:
                time.sleep(seconds)

    # TLS

    def start_tls(self, context):
        """The server's side of a handshake. What the client has sent ahead belongs to TLS."""
        self.flush()
        self.tls_in, self.tls_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(self.tls_in, self.tls_out, server_side=True)
        self.tls_in.write(self.take(len(self.inbox)))
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.send_raw(self.tls_out.read())
                self.tls_in.write(self.receive_raw() or self.raise_gone())
            except ssl.SSLError as e:
                self.send_raw(self.tls_out.read())
                raise Gone(f"TLS: {e.reason}") from e
        self.tls = tls
        if tls.version() != "TLSv1.3":  # else only tickets are left, which can wait
            self.send_raw(self.tls_out.read())

    # The end

    def close(self, notify=True):
        """Orderly: close_notify (unless `notify` is false), FIN, then wait for the client's."""
        try:
            self.flush()
            if self.tls and notify:
                try:
                    self.tls.unwrap()
                except ssl.SSLError:
                    pass
                self.send_raw(self.tls_out.read())
            self.sock.shutdown(socket.SHUT_WR)
            self.drain(5)
        except (Gone, OSError):
            pass
        self.sock.close()

    def reset(self):
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

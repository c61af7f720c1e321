"""Proxies on loopback for the tests: SOCKS 5 and HTTP CONNECT. They look every name up as 127.0.0.1.

    with Proxy("socks5", login=("me", "secret")) as proxy:
        t.config(f"proxy = {proxy.url}", ...)
    proxy.asked  # ["mail.example.net:465"]

`refuse`: the octets to answer the request with in place of a connection; "" closes, None obeys.
`silent`: at which step nothing is said any more: "start", "request", or "" for never.
"""

import base64
import contextlib
import socket
import struct
import threading


class Refused(Exception):
    pass


class Proxy:
    def __init__(self, kind, login=None, refuse=None, silent="", front=b""):
        self.kind = kind
        self.login = login
        self.refuse = refuse
        self.silent = silent
        self.front = front  # octets to say first in place of anything else
        self.asked = []
        self.logins = []
        self.threads = []
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]

    @property
    def place(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        login = f"{self.login[0]}:{self.login[1]}@" if self.login else ""
        return f"{self.kind}://{login}{self.place}"

    def __enter__(self):
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()
        return self

    def __exit__(self, *_):
        # close() alone leaves the thread in accept(2), where it may take what comes to the next
        # socket of that number.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.socket.close()
        for thread in self.threads:
            thread.join(10)

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.socket.accept()
                self.threads.append(threading.Thread(target=self.serve, args=(client,), daemon=True))
                self.threads[-1].start()

    def serve(self, client):
        with client, contextlib.suppress(OSError, EOFError, Refused):
            self.keep_silent(client, "start")
            if self.front:
                client.sendall(self.front)
                client.recv(65536)
                return
            answer = self.socks(client) if self.kind == "socks5" else self.http(client)
            server = socket.create_connection(("127.0.0.1", int(self.asked[-1].rpartition(":")[2])))
            with server:
                client.sendall(answer)
                pump(client, server)

    def keep_silent(self, client, step):
        if self.silent == step:
            while client.recv(65536):
                pass
            raise Refused

    def request(self, client, place):
        self.asked.append(place)
        self.keep_silent(client, "request")
        if self.refuse is not None:
            client.sendall(self.refuse)
            raise Refused

    def socks(self, client):
        _, n = take(client, 2)
        methods = take(client, n)
        wanted = 2 if self.login else 0
        client.sendall(bytes([5, wanted if wanted in methods else 255]))
        if wanted not in methods:
            raise Refused
        if wanted == 2:
            take(client, 1)
            given = tuple(take(client, take(client, 1)[0]).decode() for _ in range(2))
            self.logins.append(given)
            client.sendall(bytes([1, given != self.login]))
            if given != self.login:
                raise Refused
        kind = take(client, 4)[3]
        if kind == 3:
            host = take(client, take(client, 1)[0]).decode()
        else:
            host = socket.inet_ntop(*((socket.AF_INET, take(client, 4)) if kind == 1 else (socket.AF_INET6, take(client, 16))))  # fmt: skip
        (port,) = struct.unpack(">H", take(client, 2))
        self.request(client, f"{host}:{port}")
        return b"\5\0\0\3\4name\1\1"

    def http(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += take(client, 1)
        lines = head.decode().split("\r\n")
        given = [line.split()[2] for line in lines if line.lower().startswith("proxy-authorization: basic ")]
        if self.login:
            self.logins += [tuple(base64.b64decode(word).decode().split(":", 1)) for word in given]
            if self.logins[-1:] != [self.login]:
                self.refuse = b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n<html>"
        self.request(client, lines[0].split()[1])
        return b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"


def take(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def pump(one, other):
    """Both ways until both have ended."""

    def run(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=run, args=(other, one), daemon=True)
    back.start()
    run(one, other)
    back.join()

"""A man in the middle of the clear text: passes everything on but what he changes."""

import socket
import threading


class Proxy:
    """Listens on `port` for one connection; `change` sees what the server says.

    `client_said` holds what the client sent, complete after join()."""

    def __init__(self, upstream_port, change):
        self._change = change
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.client_said = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def join(self):
        """Waits for the end of the connection."""
        self._thread.join(10)
        return self.client_said

    def _serve(self):
        self._listener.settimeout(30)
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._upstream_port))
        back = threading.Thread(target=self._pass_replies, args=(server, client), daemon=True)
        back.start()
        while chunk := _receive(client):
            self.client_said += chunk
            server.sendall(chunk)
        _end(server)
        back.join(10)
        client.close()
        server.close()

    def _pass_replies(self, server, client):
        while chunk := _receive(server):
            client.sendall(self._change(chunk))
        _end(client)


def without_starttls(chunk):
    """Takes the offer out of the reply to EHLO."""
    return chunk.replace(b"250-STARTTLS\r\n", b"")


def masked_starttls(chunk):
    """Writes over the keyword, as some middleboxes do."""
    return chunk.replace(b"250-STARTTLS\r\n", b"250-XXXXXXXX\r\n")


def refused_starttls(chunk):
    """Takes the offer back."""
    return chunk.replace(b"220 2.0.0 Ready to start TLS", b"454 4.7.0 TLS not available")


def _receive(side):
    try:
        return side.recv(65536)
    except OSError:
        return b""


def _end(side):
    try:
        side.shutdown(socket.SHUT_WR)
    except OSError:
        pass

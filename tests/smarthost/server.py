"""The listener: one thread a connection, records of all."""

import os
import socket
import threading

from .certs import Certificates
from .dialogue import Dialogue
from .script import Script
from .session import Conversation
from .wire import Wire


class Smarthost:
    """`with Smarthost(script, certificates) as host: … host.port … host.messages`."""

    def __init__(self, script, certificates=None):
        self.script = script if isinstance(script, Script) else Script(script)
        self.certificates = certificates or Certificates()
        self.conversations = []
        self.threads = []
        self.troubles = []  # what kept connections from being served
        self.closing = False
        self.socket = self.listen(self.script["listen"])
        self.port = self.socket.getsockname()[1] if self.socket.family != socket.AF_UNIX else 0
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    @staticmethod
    def listen(where):
        if where.startswith("unix:"):
            sock = socket.socket(socket.AF_UNIX)
            sock.bind(where[len("unix:") :])
        else:
            sock = socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((where, 0))
        sock.listen(256)
        return sock

    def accept(self):
        while not self.closing and len(self.troubles) < 100:
            try:
                self.serve(self.socket.accept()[0])
            except Exception as e:  # pylint: disable=broad-except
                if not self.closing:
                    self.troubles.append(repr(e))

    def serve(self, sock):
        """Begins a session of its own."""
        wire = Wire(sock, settle=float(self.script["settle"]))
        kind = Dialogue if self.script.dialogue else Conversation
        number = len(self.conversations) + 1
        conversation = kind(self.script, number, wire, self.certificates.context)
        self.conversations.append(conversation)
        thread = threading.Thread(target=conversation.run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def finish(self, seconds=5):
        """Takes no more connections and waits for the sessions to end; returns them."""
        if self.socket.fileno() >= 0:
            self.stop_listening()
        for thread, conversation in zip(self.threads, self.conversations):
            thread.join(seconds)
            if thread.is_alive():
                self.hang_up(conversation)
                thread.join(seconds)
        return self.sessions

    def stop_listening(self):
        path = self.script["listen"].removeprefix("unix:")
        self.closing = True
        self.socket.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.socket.close()
        if path.startswith("/"):
            os.unlink(path)

    @staticmethod
    def hang_up(conversation):
        try:
            conversation.wire.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @property
    def sessions(self):
        return [c.record for c in self.conversations]

    @property
    def messages(self):
        """Whole messages that were accepted, in the order of the sessions."""
        return [m for s in self.sessions for m in s.messages if m.complete and m.accepted]

    @property
    def violations(self):
        return [f"session {s.number}: {v}" for s in self.sessions for v in s.violations]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.finish()

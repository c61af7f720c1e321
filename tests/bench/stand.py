"""What every measurement inside the lab stands on: messages, servers, the floor."""

import os
import subprocess

from contenders import Target
from lab import users
from lab.lab import PLAIN_PASSWORD, PLAIN_USER, Lab
from lab.sink import Sink

_HERE = os.path.dirname(os.path.abspath(__file__))
_HEADER = "Date: Thu, 01 Jan 2026 12:00:00 +0100\nFrom: <tester@lab.example>\n" \
          "To: <box0@lab.example>\nSubject: measured\nMessage-ID: <measured@lab.example>\n\n"
_LINE = "The quick brown fox jumps over the lazy dog and is measured on its way.\n"
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class Stand:
    """The lab with the floor in it. `system`: there is a system's trust store, and the lab's CA is
    in it."""

    def __init__(self, binary):
        self.lab = Lab(binary)
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": self.lab.folder,
                            "TMPDIR": self.lab.disk, "LC_ALL": "C.UTF-8"}
        self.system = self._trust_lab()
        subprocess.run(["cc", "-std=gnu11", "-O2", "-o", os.path.join(self.lab.folder, "floor"),
                        os.path.join(_HERE, "floor.c"), "-lgnutls"], check=True)

    def message(self, name, octets):
        """The file of a message of about this length."""
        path = os.path.join(self.lab.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(_HEADER + _LINE * (octets // len(_LINE)))
        return path

    def sink(self, *options):
        return Sink(self.lab, *options, user=PLAIN_USER, password=PLAIN_PASSWORD)

    def target(self, mode, port, system=False, chunking=False):
        return Target(mode, system, port, chunking=chunking, host=users.SMARTHOST,
                      ca=self.lab.certificates.ca, bundle=_BUNDLE, folder=self.lab.folder,
                      user=PLAIN_USER, password=PLAIN_PASSWORD)

    def _trust_lab(self):
        """Adds the lab's CA to the private copy of the system's trust store, if there is one."""
        if not os.path.exists(_BUNDLE):
            print("no system trust store: its lines are left out")
            return False
        with open(_BUNDLE, "ab") as bundle, open(self.lab.certificates.ca, "rb") as ca:
            bundle.write(ca.read())
        return True

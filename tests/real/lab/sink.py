"""The measuring smarthost of tests/bench/sink.c, built and run inside the lab."""

import os
import subprocess

from .lab import PASSWORD, USER

_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../bench/sink.c")


class Session:
    """What the sink says of one session."""

    def __init__(self, line):
        accepted, whole, octets, digest, messages = line.split()
        self.trips = int(accepted)
        self.trips_in_all = int(whole)
        self.octets = int(octets)
        self.digest = digest
        self.messages = int(messages)


class Sink:
    """A context: serves inside it. Options are those of sink.c."""

    def __init__(self, lab, *options, user=USER, password=PASSWORD):
        binary = os.path.join(lab.folder, "sink")
        if not os.path.exists(binary):
            subprocess.run(["cc", "-std=gnu11", "-O2", "-o", binary, _SOURCE, "-lgnutls"],
                           check=True)
        self._command = [binary, *options, *lab.certificates.leaf("good"), user, password]
        self._process = None
        self.ports = {}

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        ports = map(int, self._process.stdout.readline().split())
        self.ports = dict(zip(("starttls", "tls"), ports))
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def session(self):
        """Waits for the end of the next session; needs the option -c or -d."""
        return Session(self._process.stdout.readline())

    def messages(self, count):
        """Waits until so many more have been taken; needs the option -m and no other report."""
        for _ in range(count):
            if not self._process.stdout.readline():
                raise RuntimeError("the sink has gone")

"""The program under test, run as an ordinary user with a configuration of its own."""

import os
import subprocess
import tempfile

from . import users
from .lab import PASSWORD, USER

CALLER = "alice"


class Result:
    """How a run ended, and its session as Postfix saw it (None where another server was asked)."""

    def __init__(self, done, session):
        self.exit = done.returncode
        self.out = done.stdout
        self.err = done.stderr.decode("utf-8", "replace")
        self.lines = self.err.splitlines()
        self.session = session

    def __str__(self):
        return f"exit {self.exit}\n{self.err}"


def account_lines(lab, service, **keys):
    """The keys of an account for a service of Postfix, as lines; None leaves one out."""
    keys = {"host": users.SMARTHOST, "port": lab.port(service),
            "tls": "implicit" if service.startswith("tls") else "starttls",
            "tls_ca_file": lab.certificates.ca,
            "user": USER, "password": PASSWORD.replace("$", "$$"), "from": USER, **keys}
    return "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)


class Client:
    """One account of postbag, as a private configuration file: for a service of Postfix, or for
    a `sink`; `more` are further lines. Each run is one session."""

    def __init__(self, lab, service, sink=None, more="", **keys):
        self._lab = lab
        self._log = None if sink else lab.postfix.log
        if sink:
            keys["port"] = sink.ports[service]
        self.config = self._write("[account lab]\n" + account_lines(lab, service, **keys) + more)

    def send(self, message, *words):
        """Feeds `message` to postbag; words are its arguments after the configuration."""
        return self.run(["/usr/bin/postbag", "-C", self.config, *words], message)

    def run(self, command, message, timeout=20, session=True):
        """Any command that submits once through this account, as the ordinary user, with nothing
        in its environment but what is needed. `session`: it speaks to the smarthost, once."""
        home = os.path.join(self._lab.folder, "home", CALLER)
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": home,
                 "TERM": "dumb", "TMPDIR": self._lab.disk, "POSTBAG_CONFIG": self.config}
        try:
            done = subprocess.run(users.as_user(CALLER, command), input=message, env=clean,
                                  capture_output=True, cwd=home, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"still running after {timeout} s: {command[0]}") from late
        return Result(done, self._session(done) if session else None)

    def _session(self, done):
        try:
            return self._log.session() if self._log else None
        except AssertionError as missing:
            raise AssertionError(f"{missing}\n{done.stderr.decode('utf-8', 'replace')}") from None

    def _write(self, text):
        handle, path = tempfile.mkstemp(prefix="config-", dir=self._lab.folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        users.own(path, CALLER)
        return path

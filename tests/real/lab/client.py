"""The program under test, run as an ordinary user with a configuration of its own."""

import os
import subprocess
import tempfile

from . import users
from .lab import PASSWORD, USER

CALLER = "alice"


class Result:
    """How a run ended."""

    def __init__(self, done):
        self.exit = done.returncode
        self.out = done.stdout
        self.err = done.stderr.decode("utf-8", "replace")
        self.lines = self.err.splitlines()

    def __str__(self):
        return f"exit {self.exit}\n{self.err}"


class Client:
    """One account of postbag, as a private configuration file."""

    def __init__(self, lab, service, **keys):
        self._lab = lab
        self._keys = {"host": users.SMARTHOST, "port": lab.port(service),
                      "tls": "implicit" if service.startswith("tls") else "starttls",
                      "tls_ca_file": lab.certificates.ca,
                      "user": USER, "password": PASSWORD.replace("$", "$$"), "from": USER, **keys}
        self.config = self._write()

    def send(self, message, *words, door="postbag", **options):
        """Feeds `message` to the door; words are its arguments after -C FILE."""
        command = [_DOORS[door], *(["-C", self.config] if door == "postbag" else []), *words]
        return run_as_caller(self._lab, command, message, config=self.config, **options)

    def _write(self):
        handle, path = tempfile.mkstemp(prefix="config-", dir=self._lab.folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("[account lab]\n")
            file.writelines(f"{key} = {value}\n" for key, value in self._keys.items()
                            if value is not None)
        users.own(path, CALLER)
        return path


_DOORS = {"postbag": "/usr/bin/postbag", "sendmail": "/usr/sbin/sendmail"}


def run_as_caller(lab, command, message=b"", config=None, timeout=20, **environment):
    """Any command as the ordinary user, with nothing in its environment but what is needed."""
    home = os.path.join(lab.folder, "home", CALLER)
    clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": home,
             "TMPDIR": lab.disk, **environment}
    if config:
        clean["POSTBAG_CONFIG"] = config
    try:
        done = subprocess.run(users.as_user(CALLER, command), input=message, capture_output=True,
                              env=clean, cwd=home, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"still running after {timeout} s: {command[0]}") from late
    return Result(done)

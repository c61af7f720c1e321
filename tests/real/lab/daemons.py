"""cron and atd as Debian has them, with nothing to do but what a case tells them."""

import os
import shutil
import subprocess
import time

from . import users

_PAM = "".join(f"{kind} required pam_permit.so\n" for kind in ("auth", "account", "session"))
_CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class _Daemon:
    """A context: runs inside it, in the foreground of the lab."""

    _command = ()

    def __enter__(self):
        self._prepare()
        self._process = subprocess.Popen(self._command, env=_CLEAN, cwd="/",
                                         stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def _prepare(self):
        name = os.path.basename(self._command[0])
        _write(f"/etc/pam.d/{'cron' if name == 'cron' else 'atd'}", _PAM)


class Cron(_Daemon):
    """Runs `job` as `user` at once: as cron sees it, the machine has just been started.

    `lines` are those of the table before the job. root's job stands in /etc/crontab, anybody
    else's in a table of his own."""

    _command = ("/usr/sbin/cron", "-f", "-L", "7")

    def __init__(self, user, job, lines=""):
        self._user = user
        self._job = job
        self._lines = lines

    def _prepare(self):
        super()._prepare()
        spool = "/var/spool/cron/crontabs"
        for folder in ("/etc/cron.d", spool):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
        for path in ("/run/crond.reboot", "/run/crond.pid"):
            if os.path.exists(path):
                os.unlink(path)
        system = self._user == "root"
        _write("/etc/crontab", f"{self._lines}@reboot root {self._job}\n" if system else "")
        if not system:
            table = os.path.join(spool, self._user)
            _write(table, f"{self._lines}@reboot {self._job}\n")
            users.own(table, self._user)
            os.chmod(table, 0o600)


class Atd(_Daemon):
    """Runs what at() gives it."""

    _command = ("/usr/sbin/atd", "-f")

    def _prepare(self):
        super()._prepare()
        for name in ("atjobs", "atspool"):
            folder = os.path.join("/var/spool/cron", name)
            if not os.path.isdir(folder):
                os.makedirs(folder)
                users.own(folder, "daemon")
                os.chmod(folder, 0o1770)
        number = "/var/spool/cron/atjobs/.SEQ"
        if not os.path.exists(number):
            _write(number, "0")
            users.own(number, "daemon")

    def at(self, job):
        """`at now` by root, once the daemon is there to be woken."""
        deadline = time.monotonic() + 10
        while not os.path.exists("/run/atd.pid") or not os.path.getsize("/run/atd.pid"):
            if time.monotonic() > deadline:
                raise AssertionError("atd does not start")
            time.sleep(0.005)
        done = subprocess.run(["at", "now"], input=job, env={**_CLEAN, "LOGNAME": "root"},
                              cwd="/", text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"at: exit status {done.returncode}\n{done.stderr}")


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)

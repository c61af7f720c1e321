"""The queues that are measured: each keeps messages first, then is told to send them.

A queue has a name, `fill(count)`, `send()` which begins, and `stop()` which ends what is still
there. `port` is where it sends to; all speak STARTTLS and log in."""

import os
import shutil
import signal
import smtplib
import subprocess
import time

from lab import users
from lab.postfix import Relay

SENDER, RECIPIENT = "tester@lab.example", "box0@lab.example"
_PATIENCE = 30


def _message(number, path):
    """The message, each with a Message-ID of its own."""
    with open(path, encoding="ascii") as file:
        return file.read().replace("<measured@", f"<measured.{number}@")


class Postbag:
    """Of the program under test. The mail is kept once and copied for each run; it remembers the
    name of its configuration, which says anew where the server is."""

    name = "postbag"

    def __init__(self, stand, message):
        self._stand, self._message = stand, message
        self._spool = self._config = self._process = None
        self.move(stand.lab.disk)

    def move(self, folder):
        """Its mail is kept there from now on."""
        folder = os.path.join(folder, "postbag")
        os.mkdir(folder)
        self._spool = os.path.join(folder, "spool")
        self._config = os.path.join(folder, "config")

    def fill(self, count):
        kept = f"{self._spool}-{count}"
        shutil.rmtree(self._spool, ignore_errors=True)
        if not os.path.exists(kept):
            self._configure(1)
            for number in range(count):
                text = _message(number, self._message).encode("ascii")
                subprocess.run(self._command("--queue", RECIPIENT), input=text, check=True,
                               env=self._stand.environment)
            os.rename(self._spool, kept)
        subprocess.run(["cp", "-a", kept, self._spool], check=True)
        subprocess.run(["sync", "-f", self._spool], check=True)

    def send(self, port):
        self._configure(port)
        self._process = subprocess.Popen(self._command("queue", "run"),
                                         env=self._stand.environment)

    def stop(self):
        if self._process.wait(_PATIENCE) != 0:
            raise RuntimeError("postbag queue run failed")

    def _command(self, *words):
        return ["/usr/bin/postbag", "-C", self._config, *words]

    def _configure(self, port):
        target = self._stand.target("starttls", port)
        with open(os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                  encoding="ascii") as file:
            file.write(f"[account bench]\nhost = {target.host}\nport = {port}\ntls = starttls\n"
                       f"tls_ca_file = {target.ca}\nuser = {target.user}\n"
                       f"password = {target.password}\nfrom = {SENDER}\n"
                       f"[queue]\nmode = queue\ndir = {self._spool}\n[log]\nsyslog = off\n")


class Postfix:
    """As a null client. Without its queue manager it only keeps; then it starts with one."""

    name = "Postfix"

    def __init__(self, stand, message):
        self._stand, self._message = stand, message
        self._number = self._count = 0
        self._relay = None
        self.begin = 0

    def fill(self, count):
        """Later: a relay knows from the start where it sends to."""
        self._count = count

    def send(self, port):
        self._relay = self._new_relay(port)
        services = _read(self._relay.path("conf/master.cf"))
        self._relay.write("conf/master.cf", "".join(line for line in services.splitlines(True)
                                                    if not line.startswith("qmgr ")))
        self._relay.start()
        with smtplib.SMTP("localhost", self._relay.port) as client:
            for number in range(self._count):
                client.sendmail(SENDER, RECIPIENT, _message(number, self._message))
        self.stop()
        self._relay.write("conf/master.cf", services)
        self.begin = time.perf_counter()
        self._relay.start()

    def _new_relay(self, port):
        target = self._stand.target("starttls", port)
        self._number += 1
        relay = Relay(os.path.join(self._stand.lab.disk, f"relay-{self._number}"), target.host, port,
                      False, ca=target.ca, user=target.user, password=target.password)
        relay.write("conf/main.cf", _read(relay.path("conf/main.cf")) + "in_flow_delay = 0\n")
        return relay

    def stop(self):
        """It is no child of ours."""
        pid = int(_read(self._relay.path("queue/pid/master.pid")))
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _PATIENCE
        while _lives(pid) and time.monotonic() < end:
            time.sleep(0.01)


def _read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def _lives(pid):
    try:
        return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Nullmailer:
    """One message, one connection, one after the other."""

    name = "nullmailer"

    def __init__(self, stand, message):
        self._stand, self._message = stand, message
        self._spool = "/var/spool/nullmailer"
        self._process = None
        os.makedirs(self._spool)
        disk = os.path.join(stand.lab.disk, "nullmailer")
        os.mkdir(disk)
        subprocess.run(["mount", "-n", "--bind", disk, self._spool], check=True)
        for name in ("queue", "tmp", "failed"):
            os.mkdir(os.path.join(self._spool, name))
        os.mkfifo(os.path.join(self._spool, "trigger"))
        subprocess.run(["chown", "-R", "mail", self._spool], check=True)
        os.makedirs("/etc/nullmailer", exist_ok=True)
        _write("/etc/nullmailer/me", f"client.{users.DOMAIN}\n")
        _write("/etc/nullmailer/pausetime", "0\n")

    def fill(self, count):
        for number in range(count):
            text = f"{SENDER}\n{RECIPIENT}\n\n{_message(number, self._message)}"
            subprocess.run(["/usr/sbin/nullmailer-queue"], input=text.encode("ascii"), check=True,
                           env=self._stand.environment)

    def send(self, port):
        target = self._stand.target("starttls", port)
        _write("/etc/nullmailer/remotes",
               f"{target.host} smtp port={port} starttls user={target.user} pass={target.password} "
               f"x509cafile={target.ca}\n")
        self._process = subprocess.Popen(["/usr/sbin/nullmailer-send"], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, env=self._stand.environment)

    def stop(self):
        self._process.terminate()
        self._process.wait(_PATIENCE)


class Dma:
    """A process for each message, all at once. It does not verify the server."""

    name = "dma"

    def __init__(self, stand, message):
        self._stand, self._message = stand, message
        self._spool = os.path.join(stand.lab.disk, "dma")
        os.mkdir(self._spool)
        shutil.chown(self._spool, "root", "mail")
        os.chmod(self._spool, 0o2770)
        os.makedirs("/etc/dma", exist_ok=True)

    def fill(self, count):
        self._configure(1)
        for number in range(count):
            subprocess.run(["/usr/sbin/dma", "-i", "-f", SENDER, RECIPIENT], check=True,
                           input=_message(number, self._message).encode("ascii"),
                           env=self._stand.environment)

    def send(self, port):
        self._configure(port)
        subprocess.run(["/usr/sbin/dma", "-q"], env=self._stand.environment, check=True,
                       stdin=subprocess.DEVNULL)

    def stop(self):
        """Each of its processes ends with its message."""

    def _configure(self, port):
        target = self._stand.target("starttls", port)
        _write("/etc/dma/auth.conf", f"{target.user}|{target.host}:{target.password}\n")
        _write("/etc/dma/dma.conf",
               f"SMARTHOST {target.host}\nPORT {port}\nAUTHPATH /etc/dma/auth.conf\nSECURETRANSFER\n"
               f"STARTTLS\nSPOOLDIR {self._spool}\nDEFER\nMAILNAME client.{users.DOMAIN}\n"
               "NULLCLIENT\n")


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)

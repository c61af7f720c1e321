"""The units of contrib/systemd under a systemd of their own: the service as the README sets it up,
through restarts, upgrades and mistakes, and the runner of root's queue."""

import os
import pwd
import re
import shutil
import threading
import time

from lab import users
from lab.client import account_lines
from lab.lab import PLAIN_PASSWORD, PLAIN_USER
from lab.machine import Machine
from lab.suite import expect, expect_same

_README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../README")
_STEPS = re.compile(r"^  systemd-sysusers  .*\n(?:  \S.*\n)+", re.MULTILINE)
_CONFIG = re.compile(r"^  \[queue\]\n  dir = /var/lib.*\n(?:(?:  .*)?\n)+", re.MULTILINE)
_SERVE = "/etc/postbag/serve.conf"
_SYSTEM = "/etc/postbag.conf"
_CLOSED = 1  # a port where nobody listens
_WHO = "www-data"
_USER = "carol"
_MANAGER = f"""[Service]
Type=notify
User={_USER}
Delegate=yes
RuntimeDirectory=manager
Environment=XDG_RUNTIME_DIR=/run/manager
ExecStart=/usr/lib/systemd/systemd --user
KillMode=mixed
"""


def cases(lab):
    place = _Place(lab)
    try:
        yield "units, the service by the README's recipe", _recipe, place
        yield "units, a password by LoadCredential=", _credential, place
        yield "units, php mail() confined", _php, place
        yield "units, what a user of the service cannot", _cannot, place
        yield "units, SMTP on loopback by ListenStream=", _loopback, place
        yield "units, reload", _reload, place
        yield "units, a mistake does not outlive its repair", _mistake, place
        yield "units, restarts under load", _load, place, _restart
        yield "units, reloads under load", _load, place, _reload_often
        yield "units, upgrades under load", _load, place, _upgrade
        yield "units, restarts of the socket under load", _load, place, _restart_socket
        yield "units, kills under load", _load, place, _kill
        yield "units, stop and start", _stop, place
        yield "units, what waits is sent after a start", _start, place
        yield "units, trouble in the journal", _journal, place
        yield "units, the runner of root's queue", _runner, place
        yield "units, a runner that fails for a while", _runner_fails, place
        yield "units, the runner of a user's queue", _user_runner, place
    finally:
        place.close()


class _Place:
    """The machine with the service, made when the first case wants it."""

    def __init__(self, lab):
        self.lab = lab
        self._machine = None
        self._wrong = None

    @property
    def machine(self):
        if self._wrong:
            raise self._wrong
        if not self._machine:
            self.lab.need("systemd")
            try:
                self._machine = Machine(self.lab)
                self._follow_readme()
            except Exception as wrong:
                self._wrong = wrong
                raise
        return self._machine

    def close(self):
        if self._machine:
            self._machine.close()

    def mailbox(self):
        return self.lab.postfix.new_mailbox()

    def account(self, **keys):
        keys = {"tls_ca_file": "/etc/ssl/lab.pem", "user": PLAIN_USER, "from": PLAIN_USER,
                "password": PLAIN_PASSWORD, **keys}
        return "[account lab]\n" + account_lines(self.lab, "starttls", **keys)

    def configure(self, *lines, queue="", **keys):
        """The service's configuration, not yet in use."""
        self._machine.write(_SERVE, self.account(**keys)
                            + f"[queue]\ndir = /var/lib/postbag/queue\n{queue}[serve]\n"
                            + "".join(f"{line}\n" for line in lines), mode=0o640)

    def settle(self, *lines, **keys):
        """The same, in use, with an empty queue."""
        machine = self.machine
        self.configure(*lines, **keys)
        machine.must("systemctl", "stop", "postbag.service")
        shutil.rmtree(machine.path("/var/lib/postbag/queue"), ignore_errors=True)
        machine.must("systemctl", "start", "postbag.service")

    def drop_in(self, unit, text):
        self.machine.write(f"/etc/systemd/system/{unit}.d/lab.conf", text)
        self.machine.must("systemctl", "daemon-reload")

    def send(self, to, *words, user=_WHO, subject="hi"):
        """As a user without anything but the socket."""
        return self.machine.run("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
                                "env", "HOME=/nonexistent", "sendmail", "-i", *words, to,
                                text=f"Subject: {subject}\n\nho\n")

    def _follow_readme(self):
        machine = self._machine
        with open(_README, encoding="utf-8") as file:
            readme = file.read()
        steps, config = _STEPS.search(readme), _CONFIG.search(readme)
        expect(steps and config, "the README has no recipe for the service")
        lines = re.sub("^  ", "", config[0], flags=re.MULTILINE).replace("example.com", users.DOMAIN)
        shutil.copy(self.lab.certificates.ca, machine.path("/etc/ssl/lab.pem"))
        os.chmod(machine.path("/etc/ssl/lab.pem"), 0o644)
        machine.write("/my.conf", self.account() + lines, mode=0o600)
        for step in steps[0].splitlines():
            machine.must(*re.split(r" {2,}", step.strip())[0].split())


def _recipe(place):
    machine, box = place.machine, place.mailbox()
    for unit, state in (("postbag.socket", "running"), ("postbag.service", "running")):
        expect_same((machine.show(unit, "UnitFileState"), machine.show(unit, "SubState")),
                    ("enabled", state), unit)
    text = f"From: {_WHO}@{users.DOMAIN}\nTo: {box.address}\n\nhi\n"
    done = machine.confined(_WHO, "/usr/sbin/sendmail", "-t", "-i", text=text)
    expect_same((done.returncode, done.stdout + done.stderr), (0, ""), "sendmail -t -i")
    expect(b"hi" in box.wait()[0], "the message")
    score = machine.must("systemd-analyze", "security", "postbag.service").splitlines()[-1]
    return re.search(r"[\d.]+ \w+", score)[0]


def _credential(place):
    machine, box = place.machine, place.mailbox()
    machine.write("/etc/postbag/password", f"{PLAIN_PASSWORD}\n", mode=0o600)
    place.drop_in("postbag.service", "[Service]\nLoadCredential=smarthost:/etc/postbag/password\n")
    place.settle(password=None, password_credential="smarthost")
    done = place.send(box.address)
    expect_same((done.returncode, done.stderr), (0, ""), "sendmail")
    box.wait()


def _php(place):
    machine, to, bcc = place.machine, place.mailbox(), place.mailbox()
    shutil.copy(os.path.join(place.lab.scripts, "php-mail.php"), machine.path("/srv/mail.php"))
    php = machine.must("sh", "-c", "ls /usr/bin/php[0-9]* | tail -n 1").strip()
    done = machine.confined(_WHO, php, "-n", "/srv/mail.php", to.address, bcc.address, "lf",
                            text="hi\n")
    expect_same((done.returncode, done.stderr), (0, ""), "php")
    expect_same(to.wait()[0], bcc.wait()[0], "the copy by Bcc")


def _cannot(place):
    _credential(place)
    machine = place.machine
    for path in (_SERVE, "/etc/postbag/password", "/run/credentials/postbag.service/smarthost",
                 "/var/lib/postbag/queue"):
        expect(os.path.exists(machine.path(path)) or "credentials" in path, f"no {path}")
        done = machine.confined(_WHO, "/bin/cat", path)
        expect("Permission denied" in done.stderr, f"{path} can be read", done.stdout + done.stderr)
    place.settle(f"senders = {_WHO}:*@{users.DOMAIN}", "user_rate = 2/h", port=_CLOSED)
    done = place.send("bob@lab.example", "-f", "chief@other.example")
    expect_same(done.returncode, 77, f"exit status of a forbidden sender: {done.stderr}")
    expect_same(place.send("box1@lab.example", user="games").returncode, 0, "another user's")
    expect("Mail queue is empty" in machine.confined(_WHO, "/usr/bin/mailq").stdout, "his mailq")
    expect("box1@lab.example" in machine.must("mailq"), "root's mailq")
    sent = [place.send("bob@lab.example").returncode for _ in range(3)]
    expect_same(sent, [0, 0, 75], "exit statuses beyond the quota")
    place.settle()


def _loopback(place):
    machine, box = place.machine, place.mailbox()
    place.drop_in("postbag.socket", "[Socket]\nListenStream=127.0.0.1:25\n")
    machine.must("systemctl", "restart", "postbag.socket")
    script = ("import smtplib\nwith smtplib.SMTP('127.0.0.1', 25) as s:\n"
              f"    s.sendmail('{_WHO}@lab.example', ['{box.address}'], 'Subject: hi\\n\\nho\\n')\n")
    machine.write("/srv/smtp.py", script)
    machine.must("runuser", "-u", _WHO, "--", "python3", "/srv/smtp.py")
    box.wait()
    expect(f"uid={_uid(_WHO)}" in _last_record(machine), "whose it was")
    place.drop_in("postbag.socket", "")
    machine.must("systemctl", "restart", "postbag.socket")


def _reload(place):
    machine = place.machine
    place.settle()
    first = machine.show("postbag.service", "MainPID")
    place.configure("users = root")
    machine.must("systemctl", "reload", "postbag.service")
    _until(lambda: place.send("bob@lab.example").returncode == 77, "the new configuration")
    place.configure("nonsense = 1")
    machine.must("systemctl", "reload", "postbag.service")
    _until(lambda: "old" in machine.show("postbag.service", "StatusText"), "the status")
    expect("The old configuration is in use" in machine.must("systemctl", "status", "postbag"),
           "systemctl status")
    place.configure()
    machine.must("systemctl", "reload", "postbag.service")
    _until(lambda: not machine.show("postbag.service", "StatusText"), "no status")
    box = place.mailbox()
    expect_same(place.send(box.address).returncode, 0, "sendmail")
    box.wait()
    expect_same(machine.show("postbag.service", "MainPID"), first, "process")


def _mistake(place):
    """It is told to who restarts it; who submits meanwhile waits for its repair."""
    machine, box = place.machine, place.mailbox()
    place.settle()
    place.configure("nonsense = 1")
    for _ in range(6):
        done = machine.run("systemctl", "restart", "postbag.service")
        expect(done.returncode != 0, "systemctl restart is content")
    expect_same(machine.show("postbag.socket", "ActiveState"), "active", "the socket")
    sent = []
    waiting = threading.Thread(target=lambda: sent.append(place.send(box.address).returncode))
    waiting.start()
    place.configure()
    waiting.join()
    expect_same(sent, [0], "exit status")
    box.wait()
    expect_same(machine.show("postbag.service", "SubState"), "running", "the service")


def _restart(machine):
    for _ in range(4):
        machine.must("systemctl", "restart", "postbag.service")
        time.sleep(0.3)


def _reload_often(machine):
    for _ in range(8):
        machine.must("systemctl", "reload", "postbag.service")
        time.sleep(0.1)


def _upgrade(machine):
    """As a package manager does it: a new file in the place of the old one, then a restart."""
    binary = machine.must("sh", "-c", "command -v postbag").strip()
    for _ in range(3):
        machine.must("cp", binary, f"{binary}.new")
        machine.must("mv", f"{binary}.new", binary)
        time.sleep(0.2)
        machine.must("systemctl", "restart", "postbag.service")
        pid = machine.show("postbag.service", "MainPID")
        expect_same(machine.must("readlink", f"/proc/{pid}/exe").strip(), binary, "what runs")


def _restart_socket(machine):
    for _ in range(3):
        machine.must("systemctl", "restart", "postbag.socket", "postbag.service")
        time.sleep(0.3)


def _kill(machine):
    for _ in range(2):
        machine.must("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "postbag.service")
        _until(lambda: machine.show("postbag.service", "SubState") == "running", "a restart")
        time.sleep(0.3)


def _load(place, happens):
    """Every message that was taken arrives, once unless its worker was killed, and all are taken."""
    machine, box = place.machine, place.mailbox()
    place.settle("user_connections = 50")
    ended, taken, others = threading.Event(), [], []

    def load(who):
        number = 0
        while not ended.is_set():
            number += 1
            done = place.send(box.address, subject=f"{who}-{number}.")
            (others if done.returncode else taken).append(f"{who}-{number}. {done.stderr.strip()}")

    threads = [threading.Thread(target=load, args=(who,)) for who in range(6)]
    for thread in threads:
        thread.start()
    try:
        happens(machine)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    expect_same(others, [], "not taken")
    wanted = sorted(one.split()[0] for one in taken)
    _until(lambda: "is empty" in machine.must("mailq"), "an empty queue")
    letters = box.wait(len(wanted), timeout=60)
    arrived = [re.search(rb"^Subject: (.*)$", letter, re.MULTILINE)[1].decode() for letter in letters]
    if happens is _kill:
        arrived = set(arrived)
    expect_same(sorted(arrived), wanted, "what arrived")
    return f"{len(wanted)} messages"


def _stop(place):
    """The service is started again by who submits; without its socket he is told to try later."""
    machine, box = place.machine, place.mailbox()
    place.settle()
    machine.must("systemctl", "stop", "postbag.service")
    expect_same(machine.show("postbag.service", "Result"), "success", "the end")
    expect_same(place.send(box.address).returncode, 0, "sendmail starts it")
    machine.must("systemctl", "stop", "postbag.socket")
    expect_same(machine.show("postbag.service", "SubState"), "dead", "the service")
    done = place.send(box.address)
    expect_same(done.returncode, 75, f"exit status without a service: {done.stderr}")
    machine.must("systemctl", "start", "postbag.socket")
    expect_same(place.send(box.address).returncode, 0, "sendmail")
    box.wait(2)


def _start(place):
    """Nobody submits, and yet the service runs: what a start of the machine pulls in is enough."""
    machine, box = place.machine, place.mailbox()
    place.settle(queue="retry = 1s\n", port=_CLOSED)
    expect_same(place.send(box.address).returncode, 0, "sendmail")
    machine.must("systemctl", "stop", "postbag.socket", "postbag.service")
    place.configure(queue="retry = 1s\n")
    machine.must("systemctl", "start", "multi-user.target")
    box.wait()
    place.settle()


def _journal(place):
    """Trouble is told once, as such."""
    machine = place.machine
    place.settle(password="wrong")
    expect_same(place.send("bob@lab.example").returncode, 0, "sendmail")
    _until(lambda: _told(machine, "authentication failed.*next try"), "the trouble")
    machine.must("journalctl", "--sync")
    told = _told(machine, "account lab.*authentication failed.*next try")
    expect_same([line["PRIORITY"] for line in told], ["3"], "the priorities of the trouble's lines")
    expect_same({line["PRIORITY"] for line in _told(machine, "hint: ")}, {"3"}, "that of the hint")
    place.settle()
    box = place.mailbox()
    expect_same(place.send(box.address).returncode, 0, "sendmail")
    box.wait()
    expect_same({line["PRIORITY"] for line in _told(machine, f"result=sent.*{box.address}")}, {"6"},
                "the priority of what was sent")


def _runner(place):
    """The .path unit sends what is new, the .timer unit what waits."""
    machine, new, late = place.machine, place.mailbox(), place.mailbox()
    lines = "[queue]\nmode = queue\ndir = /var/spool/postbag\nretry = 1s\n"
    machine.write(_SYSTEM, place.account() + lines, mode=0o600)
    place.drop_in("postbag-queue.timer", "[Timer]\nOnBootSec=\nOnActiveSec=1s\nOnUnitInactiveSec=\n"
                  "OnUnitInactiveSec=1s\nAccuracySec=10ms\n")
    try:
        machine.must("systemctl", "enable", "--now", "postbag-queue.path")
        machine.must("sendmail", "-i", new.address, text="Subject: hi\n\nho\n")
        new.wait()
        machine.write(_SYSTEM, place.account(port=_CLOSED) + lines, mode=0o600)
        machine.must("sendmail", "-i", late.address, text="Subject: hi\n\nho\n")
        _until(lambda: "refused" in machine.must("mailq"), "a first try")
        machine.write(_SYSTEM, place.account() + lines, mode=0o600)
        machine.must("systemctl", "enable", "--now", "postbag-queue.timer")
        late.wait()
    finally:
        machine.must("systemctl", "disable", "--now", "postbag-queue.path", "postbag-queue.timer")
        os.unlink(machine.path(_SYSTEM))
    expect_same(machine.show("postbag-queue.service", "Result"), "success", "the last run")


def _runner_fails(place):
    """New mail is sent when what kept it from being sent has gone; nobody resets a unit."""
    machine, box = place.machine, place.mailbox()
    lines = "[queue]\nmode = queue\ndir = /var/spool/postbag\n"
    machine.write("/own.conf", place.account() + lines, mode=0o600)
    machine.write(_SYSTEM, "nonsense = 1\n", mode=0o600)
    place.drop_in("postbag-queue.service", "[Service]\nRestartSec=1\n")
    try:
        machine.must("systemctl", "start", "postbag-queue.path")
        machine.must("sendmail", "-C", "/own.conf", "-i", box.address, text="Subject: hi\n\nho\n")
        _until(lambda: int(machine.show("postbag-queue.service", "NRestarts")) > 1, "two failures")
        expect_same(machine.show("postbag-queue.path", "ActiveState"), "active", "the .path unit")
        machine.write(_SYSTEM, place.account() + lines, mode=0o600)
        box.wait()
    finally:
        machine.must("systemctl", "stop", "postbag-queue.path")
        os.unlink(machine.path(_SYSTEM))


def _user_runner(place):
    """Under a manager of that user's, as who is logged in has it."""
    machine, box = place.machine, place.mailbox()
    machine.must("useradd", "--create-home", _USER)
    own = ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "env",
           f"HOME=/home/{_USER}", "XDG_RUNTIME_DIR=/run/manager")
    machine.write(f"/home/{_USER}/.config/postbag/config",
                  place.account() + "[queue]\nmode = queue\n", mode=0o600)
    machine.must("chown", "-R", f"{_USER}:", f"/home/{_USER}")
    machine.write("/run/systemd/system/manager.service", _MANAGER)
    machine.must("systemctl", "daemon-reload")
    machine.must("systemctl", "start", "manager.service")
    machine.must(*own, "systemctl", "--user", "enable", "--now", "postbag-queue.path",
                 "postbag-queue.timer")
    machine.must(*own, "sendmail", "-i", box.address, text="Subject: hi\n\nho\n")
    box.wait()
    _until(lambda: machine.must(*own, "systemctl", "--user", "show", "--value", "-p", "SubState",
                                "postbag-queue.service").strip() == "dead", "the end of the run")
    expect("is empty" in machine.must(*own, "mailq"), "the queue")
    machine.must("systemctl", "stop", "manager.service")


def _told(machine, pattern):
    return [line for line in machine.journal("postbag.service")
            if re.search(pattern, str(line["MESSAGE"]))]


def _last_record(machine):
    return _told(machine, "^result=.* uid=")[-1]["MESSAGE"]


def _uid(name):
    return pwd.getpwnam(name).pw_uid


def _until(found, what, timeout=20):
    end = time.monotonic() + timeout
    while not found():
        expect(time.monotonic() < end, f"waited in vain for {what}")
        time.sleep(0.05)

"""What a test is given: a folder of its own, smarthosts, and postbag to run.

    def test_one_refused(t):
        t.smarthost("on RCPT bad@*: reply 550 5.1.1 User unknown")
        run = t.postbag("bob@example.net", "bad@example.net")
        t.equal(run.status, 67)
        t.match(run.stderr, "bad@example.net: refused: 550 5.1.1 User unknown")
        t.equal(t.message().to, ["bob@example.net"])

Every test also fails for what no run may do: violate the protocol, show the password, leave a
temporary file behind, run on, or trip a sanitizer.
"""

import base64
import contextlib
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from smarthost import Script, Smarthost  # noqa: E402

MESSAGE = (
    b"From: Ann <ann@example.org>\nTo: bob@example.net\nSubject: Greetings\n\nHello Bob,\nbye.\n"
)
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:")


class Failure(AssertionError):
    """The test has failed; the text says why."""


class Skip(Exception):
    """The test cannot run here; the text says why."""


def cases(*rows, **named):
    """Runs a test once for each row, which becomes its second argument."""

    def mark(function):
        function.rows = [(label(row), row) for row in rows] + list(named.items())
        return function

    return mark


def label(row):
    """A row as part of a test's name: one printable line."""
    return str(row).encode("unicode_escape").decode()


def full(function):
    """Only run by `run --full`."""
    function.full = True
    return function


class Run:
    """One finished run of the program."""

    def __init__(self, status, stdout, stderr, seconds):
        self.status = status  # negative: the signal that killed it
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds

    @property
    def lines(self):
        return self.stderr.splitlines()


class Process:
    """A run under way, for tests that send signals or feed stdin piece by piece."""

    def __init__(self, test, popen):
        self.test = test
        self.popen = popen
        self.begun = time.monotonic()

    def write(self, data):
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def signal(self, number):
        self.popen.send_signal(number)

    def finish(self, data=None, timeout=30):
        """Closes stdin behind `data` and waits."""
        try:
            stdout, stderr = self.popen.communicate(data, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            _, stderr = self.popen.communicate()
            raise Failure(
                f"still running after {timeout} s; stderr: {as_text(stderr)}{self.test.story()}\n{stacks()}"
            ) from None
        seconds = time.monotonic() - self.begun
        run = Run(self.popen.returncode, as_text(stdout), as_text(stderr), seconds)
        self.test.check_run(run)
        return run


def stacks():
    """What each thread of this test does at the moment."""
    found = (traceback.format_stack(frame, 4) for frame in sys._current_frames().values())
    return "\n".join(f"a thread:\n{''.join(lines)}" for lines in found)


def until(condition, what, seconds=20):
    """Waits for something that another process or a server does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited in vain: {what}")
        time.sleep(0.005)


def as_text(octets):
    return (octets or b"").decode("utf-8", "surrogateescape")


class Test:
    """Handed to every test function as its only or first argument."""

    def __init__(self, context, folder):
        self.context = context  # binary, certificates and flags of this whole run
        self.folder = pathlib.Path(folder)
        self.hosts = []
        self.allowed = []  # patterns of violations that this test provokes
        self.runs = []
        self.processes = []
        self.successes = 0  # runs that must have handed over a message
        self.user = None
        self.config_file = self.folder / "postbag.conf"
        self.aliases_file = self.folder / "aliases"
        self.tmp = self.folder / "tmp"
        self.home = self.folder / "home"
        self.state = self.home / "state"
        for path in (self.folder, self.tmp, self.home, self.state):
            path.mkdir(exist_ok=True)
        self.folder.chmod(0o755)

    # Servers

    def smarthost(self, *lines):
        """Starts a smarthost; the configuration's account points to it from now on."""
        host = Smarthost(Script(lines), self.context.certificates)
        self.hosts.append(host)
        self.config()
        return host

    @property
    def host(self):
        return self.hosts[-1]

    @property
    def messages(self):
        """Accepted messages of all smarthosts, when their sessions have ended."""
        for host in self.hosts:
            host.finish()
        return [m for host in self.hosts for m in host.messages]

    @property
    def sessions(self):
        return [s for host in self.hosts for s in host.finish()]

    def message(self):
        """The one message that was accepted."""
        self.equal(len(self.messages), 1, "number of accepted messages")
        return self.messages[0]

    @contextlib.contextmanager
    def closed_port(self):
        """A port on which nobody listens."""
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            yield sock.getsockname()[1]

    @contextlib.contextmanager
    def black_hole(self):
        """A port whose connections are never answered: a full accept queue."""
        with contextlib.ExitStack() as stack:
            sock = stack.enter_context(socket.socket())
            sock.bind(("127.0.0.1", 0))
            sock.listen(0)
            for _ in range(3):
                caller = stack.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex(sock.getsockname())
            yield sock.getsockname()[1]

    # Configuration

    def account(self):
        """Keys of the account for the newest smarthost."""
        keys = {"host": "127.0.0.1", "from": "acct@example.org", "domain": "client.example.org"}
        keys["aliases"] = str(self.aliases_file)
        if not self.hosts:
            return keys
        script = self.host.script
        if script["listen"].startswith("unix:"):
            keys["host"] = script["listen"].removeprefix("unix:")
        else:
            keys["port"] = str(self.host.port)
            keys["tls"] = script["tls"]
        if script["protocol"] != "smtp":
            keys["protocol"] = script["protocol"]
        if script["tls"] != "off":
            keys["tls_ca_file"] = self.context.certificates.ca
        if script["auth"]:
            keys.update(user=script["user"], password=script["password"])
        return keys

    def config(self, *lines, aliases=(), log=("syslog = off",), more=()):
        """Writes the configuration: the account for the newest smarthost, each of `lines` set in
        it ("key = value") or taken out ("-key")."""
        keys = self.account()
        for line in lines:
            if line.startswith("-"):
                keys.pop(line[1:], None)
            else:
                key, _, value = line.partition("=")
                keys[key.strip()] = value.strip()
        text = ["[account test]"] + [f"{key} = {value}" for key, value in keys.items()]
        self.aliases_file.touch()
        self.raw_config("\n".join([*text, "[log]", *log, "[aliases]", *aliases, *more]) + "\n")

    def raw_config(self, text):
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        self.config_file.write_bytes(data)
        self.config_file.chmod(0o600)
        self.own(self.config_file)

    # Running

    def drop_to(self, name):
        """Runs as this user from now on; only root can."""
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.user = pwd.getpwnam(name)
        for path in (self.tmp, self.home, self.state, self.config_file):
            if path.exists():
                self.own(path)

    def own(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def environment(self, extra):
        env = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.state),
            "TMPDIR": str(self.tmp),
            "LANG": "C.UTF-8",
            "POSTBAG_CONFIG": str(self.config_file),
            "POSTBAG_SOCKET": "/nonexistent",
        }
        for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if key in os.environ:
                env[key] = os.environ[key]
        env.update(extra or {})
        return {key: value for key, value in env.items() if value is not None}

    def door(self, name):
        """The program under another name."""
        link = self.folder / name
        if not link.exists():
            link.symlink_to(self.context.binary)
        return str(link)

    def start(self, door, *args, env=None, stdin=subprocess.PIPE, **options):
        user = {}
        if self.user:
            user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        popen = subprocess.Popen(
            [self.door(door), *args], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(env), start_new_session=True, **{"cwd": self.folder, **user, **options},
        )  # fmt: skip
        self.processes.append(popen)
        return Process(self, popen)

    def run(self, door, *args, stdin=MESSAGE, timeout=30, **options):
        return self.start(door, *args, **options).finish(stdin, timeout)

    def postbag(self, *args, **options):
        return self.run("postbag", *args, **options)

    def sendmail(self, *args, **options):
        return self.run("sendmail", *args, **options)

    # Saying what must be

    def equal(self, is_, should, what="value"):
        if is_ != should:
            raise Failure(f"{what}: is {is_!r}, should be {should!r}{self.story()}")

    def true(self, condition, what):
        if not condition:
            raise Failure(what + self.story())

    def match(self, text, pattern, what="text"):
        """`pattern`: a plain string that must stand in `text`, or a compiled expression."""
        found = pattern.search(text) if isinstance(pattern, re.Pattern) else pattern in text
        if not found:
            raise Failure(f"{what}: {pattern!r} does not stand in {text!r}{self.story()}")

    def lacks(self, text, pattern, what="text"):
        found = pattern.search(text) if isinstance(pattern, re.Pattern) else pattern in text
        if found:
            raise Failure(f"{what}: {pattern!r} stands in {text!r}{self.story()}")

    def accepted(self, run):
        """A success, and a silent one; finish() sees to it that a message has arrived."""
        self.successes += 1
        self.equal((run.status, run.stdout, run.stderr), (0, "", ""), "status, stdout, stderr")

    def failed(self, run, status, *patterns):
        """A failure with this status; stderr holds each pattern; stdout nothing."""
        self.equal(run.status, status, "status")
        self.equal(run.stdout, "", "stdout")
        for pattern in patterns:
            self.match(run.stderr, pattern, "stderr")

    def nothing_sent(self):
        self.equal([m for s in self.sessions for m in s.messages if m.complete], [], "messages")

    def allow(self, *patterns):
        """These violations are what the test is about."""
        self.allowed += [re.compile(p) for p in patterns]

    def story(self):
        """What happened so far, for a failure's details."""
        text = ""
        for run in self.runs[-1:]:
            text += f"\nstatus {run.status}, stderr:\n" + run.stderr[-2000:]
        for host in self.hosts:
            text += "".join(f"\nsmarthost: {trouble}" for trouble in host.troubles)
            for session in host.sessions:
                text += f"\nsession {session.number} ({session.end or 'open'}):"
                for line in session.commands[:40]:
                    text += "\n  " + repr(line[:200])[2:-1]
        return text

    # What holds always

    def check_run(self, run):
        self.runs.append(run)
        if SANITIZER.search(run.stderr):
            raise Failure("sanitizer:\n" + run.stderr[-6000:])
        if run.status < 0 and -run.status in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            raise Failure(f"killed by {signal.Signals(-run.status).name}\n{run.stderr[-2000:]}")
        self.check_secrets(run.stdout + run.stderr)

    def check_secrets(self, text):
        for host in self.hosts:
            user, password = host.script["user"], host.script["password"]
            pair = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            for secret in (password, base64.b64encode(password.encode()).decode(), pair):
                if secret and secret in text:
                    raise Failure("the password is shown in:\n" + text[-4000:])

    def finish(self):
        """The checks that every test ends with."""
        sessions = self.sessions
        found = [v for s in sessions for v in s.violations]
        found = [v for v in found if not any(p.search(v) for p in self.allowed)]
        self.equal(found[:5], [], "violations of the protocol")
        self.true(len(self.messages) >= self.successes, "not every success has handed over a message")
        self.equal(sorted(os.listdir(self.tmp)), [], "files left in TMPDIR")

    def close(self):
        for popen in self.processes:
            if popen.poll() is None:
                os.killpg(popen.pid, signal.SIGKILL)
                popen.communicate()
        for host in self.hosts:
            host.finish(1)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def children_maxrss():
    """Greatest resident memory of any child so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

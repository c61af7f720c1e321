"""What a test is given: a spool, a configuration, smarthosts, letters that cannot be mistaken for
each other, and postbag to run with or without a fault.

It is the bench of tests/e2e (harness.py: folder, environment, checks) with a queue put on it.
"""

import json
import os
import pathlib
import re
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent)]

import tracer  # noqa: E402
from harness import Failure, Skip, Test, cases, full  # noqa: E402,F401
from smarthost import Script, Smarthost  # noqa: E402

FOLDERS = ("tmp", "new", "defer", "hold", "failed", "corrupt")
WAITING = ("new", "defer")
NAME = re.compile(r"[0-9A-F]{19}")
SENDER = "acct@example.org"

# What a server thinks of recipients, by the first letters of their names.
OPINIONS = (
    "on RCPT soft*: reply 451 4.3.0 Not now",
    "on RCPT hard*: reply 550 5.1.1 No such user",
)
LATER = OPINIONS[1:]  # the same server when its trouble is over


class Letter:
    """A message whose every line says which one it is."""

    def __init__(self, token, recipients, lines=40):
        self.token = token
        self.recipients = [f"{name}@example.net" for name in recipients]
        self.lines = lines

    @property
    def body(self):
        return [f"{self.token} {n} of {self.lines}" for n in range(1, self.lines + 1)]

    @property
    def text(self):
        return "\n".join([f"Subject: {self.token}", "", *self.body]).encode() + b"\n"

    def is_whole(self, data):
        """Is this what must arrive: our header with what is added, our body, nothing else?"""
        head, _, body = data.partition(b"\r\n\r\n")
        subject = f"Subject: {self.token}".encode()
        return subject in head.split(b"\r\n") and body == "".join(
            line + "\r\n" for line in self.body
        ).encode("ascii")


class Arrivals:
    """What the servers of one phase have taken, by letters."""

    def __init__(self, messages):
        self.messages = [m for m in messages if m.sender != b""]
        self.bounces = [m for m in messages if m.sender == b""]

    def copies(self, letter):
        subject = f"Subject: {letter.token}\r\n".encode()
        return [m for m in self.messages if subject in m.header]

    def count(self, letter, recipient):
        return sum(m.to.count(recipient) for m in self.copies(letter))

    def bounced(self, letter, recipient):
        """How many bounces tell of this recipient of this letter?"""
        final = re.compile(rb"(?im)^Final-Recipient: *rfc822; *%b\r$" % re.escape(recipient.encode()))
        token = f"Subject: {letter.token}\r\n".encode()
        return sum(bool(final.search(m.data)) and token in m.data for m in self.bounces)


class Traced:
    """A run under the tracer."""

    def __init__(self, run, calls):
        self.run = run
        self.calls = calls
        self.hit = next((c for c in calls if c.struck), None)

    @property
    def killed(self):
        return self.run.status < 0


class Lab(Test):
    def __init__(self, context, folder):
        super().__init__(context, folder)
        self.spool = self.folder / "spool"
        self.settings = ()
        self.mode = "queue"

    # Servers and configuration

    def serve(self, *lines):
        """A smarthost; the account points to it from now on."""
        host = Smarthost(Script(["tls: off", *lines]), self.context.certificates)
        self.hosts.append(host)
        self.configure()
        return host

    def configure(self, *settings, port=None):
        """Writes the configuration: `mode`, the spool, `settings` of [queue], the newest host."""
        self.settings = settings or self.settings
        account = [f"port = {port}", "tls = off"] if port else []
        queue = ["[queue]", f"mode = {self.mode}", f"dir = {self.spool}", *self.settings]
        self.config("timeout = 20", *account, more=queue)

    def arrivals(self):
        """What has arrived since the last call; the servers are closed and forgotten. Protocol that
        no client may speak is a failure, here as everywhere."""
        messages = self.messages
        found = [v for s in self.sessions for v in s.violations]
        if found:
            raise Failure(f"violations of the protocol: {found[:5]}")
        self.hosts.clear()
        return Arrivals(messages)

    # Runs

    def send(self, letter, *options, mode=None):
        """Submits a letter."""
        words = {"queue": ["--queue"], "direct": ["--no-queue"], None: []}[mode]
        return self.postbag(*words, *options, *letter.recipients, stdin=letter.text)

    def keep(self, *letters):
        """Puts letters into the queue; all must be taken."""
        for letter in letters:
            self.equal(self.send(letter, mode="queue").status, 0, "status of a submission")

    def queue(self, *words, **options):
        return self.postbag("queue", *words, stdin=b"", **options)

    def traced(self, fault, *args, stdin=b"", timeout=20):
        """Runs postbag with these arguments and one fault ("-": none)."""
        path = self.folder / "trace"
        words = [self.context.inject, str(path), fault, self.door("postbag"), *args]
        process = self.start_words(words)
        try:
            run = process.finish(stdin, timeout)
        except BrokenPipeError:
            run = process.finish(None, timeout)
        calls = tracer.parse(path)
        path.unlink()
        return Traced(run, calls)

    def start_words(self, words, **options):
        door, self.door = self.door, lambda name: name
        try:
            return self.start(words[0], *words[1:], **options)
        finally:
            self.door = door

    def drain(self, tries=5):
        """Runs the queue, as often as it takes, until nothing waits. Everything is tried, due or
        not, and what may have been delivered is released."""
        for _ in range(tries):
            run = self.queue("run")
            if doubtful := self.names(*WAITING):
                self.queue("release", *doubtful)
                run = self.queue("run")
            waiting = self.names(*WAITING)
            self.equal(run.status, 75 if waiting else 0, "status of queue run")
            if not waiting:
                return
        raise Failure(f"still waiting after {tries} runs: {self.names(*WAITING)}{self.story()}")

    def recover(self):
        """A server without trouble and clean runs until the queue is empty; what has arrived."""
        self.serve(*LATER)
        self.drain()
        return self.arrivals()

    # The spool

    def names(self, *folders):
        found = []
        for folder in folders or FOLDERS:
            path = self.spool / folder
            found += sorted(os.listdir(path)) if path.is_dir() else []
        return found

    @staticmethod
    def copy_folder(source, target):
        """Makes `target` what `source` is, which may be nothing."""
        shutil.rmtree(target, ignore_errors=True)
        if pathlib.Path(source).exists():
            shutil.copytree(source, target, symlinks=True)

    def snapshot(self, to):
        self.copy_folder(self.spool, to)

    def restore(self, saved):
        self.copy_folder(saved, self.spool)

    def left(self):
        """What stands in the spool that does not belong into an empty one. Whatever is in tmp/ must
        go when it is old."""
        found = [f"{f}/{n}" for f in FOLDERS[1:] for n in self.names(f)]
        leftovers = self.names("tmp")
        for name in leftovers:
            old = time.time() - 7200
            os.utime(self.spool / "tmp" / name, (old, old))
        if leftovers:
            self.queue("run")
        return found + [f"tmp/{n}" for n in self.names("tmp")]


def verdicts(run):
    """{address: result} of a submission's JSON; {} if there is none."""
    try:
        return {r["address"]: r["result"] for r in json.loads(run.stdout)["recipients"]}
    except (ValueError, KeyError, TypeError):
        return {}

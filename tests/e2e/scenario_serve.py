"""The service: users without a readable secret submit through its socket, and cannot do more."""

import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import pwd
import re
import resource
import select
import shutil
import signal
import smtplib
import socket
import subprocess
import termios
import threading
import time

from harness import cases, Failure, full, MESSAGE, Skip
from scenario_bs import Dialogue
from scenario_queue import BOB, kept

QUEUED = re.compile(r"queued as ([0-9A-F]{19})$")


def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure("waited in vain: " + what)
        time.sleep(0.01)


def die_with_the_test():
    """Whatever becomes of the test, its service is not left behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Service:
    """A running service. Its socket is in a folder that everybody may enter."""

    def __init__(self, t, *lines, queue=(), account=(), aliases=(), env=None, words=(), log=None):
        self.t = t
        t.door("sendmail")  # for those who run it in threads
        self.socket = t.folder / "run" / "submit"
        self.spool, self.log = t.folder / "spool", log or t.folder / "log"
        self.lines, self.queue, self.account, self.aliases = lines, queue, account, aliases
        self.configure()
        self.process = t.start("postbag", *words, "serve", env=env, stdin=subprocess.DEVNULL, preexec_fn=die_with_the_test)
        until(self.is_up, "the service's socket")

    def configure(self, *lines):
        serve = ["[serve]", f"socket = {self.socket}", *self.lines, *lines]
        queue = ["[queue]", f"dir = {self.spool}", *self.queue]
        log = ("syslog = off", f"file = {self.log}")
        self.t.config(*self.account, aliases=self.aliases, log=log, more=(*queue, *serve))

    def is_up(self):
        if self.process.popen.poll() is not None:
            raise Failure("the service has ended: " + self.process.finish().stderr)
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(str(self.socket)) == 0

    def stop(self):
        if self.process.popen.poll() is None:
            self.process.signal(signal.SIGTERM)
        return self.process.finish(timeout=40)

    def records(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def environment(self):
        """Of a user who has nothing but the socket."""
        return {"POSTBAG_CONFIG": None, "XDG_CONFIG_HOME": None, "HOME": "/nonexistent", "POSTBAG_SOCKET": str(self.socket)}

    def submit(self, *args, user=None, door="sendmail", **options):
        return self.t.run(door, *args, env=self.environment(), **as_user(user), **options)


@contextlib.contextmanager
def service(t, *lines, settle=True, **options):
    """Ends well, or the test fails: nothing is left of it but its spool, and that is empty."""
    s = Service(t, *lines, **options)
    try:
        yield s
        if settle:
            until(lambda: not kept(t), "an empty queue")
        run = s.stop()
        t.equal(run.status, 0, "the service's status")
        t.equal(run.stderr if settle else "", "", "the service's stderr")
    finally:
        if s.process.popen.poll() is None:
            os.killpg(s.process.popen.pid, signal.SIGKILL)


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


def as_user(name):
    if not name:
        return {}
    need_root()
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


class Client:
    """Speaks LMTP to the service."""

    def __init__(self, s, hello="LHLO client"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(s.socket))
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()
        if hello:
            self.hello = self.say(hello)

    def reply(self):
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                return "".join(lines)
            lines.append(line.decode())
            if line[3:4] != b"-":
                return "".join(lines).rstrip()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def say(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def message(self, sender="ann@example.org", to=(BOB,), text="Subject: x\r\n\r\nHello\r\n", options=""):
        """The replies to the end of data, one a recipient."""
        for line in (f"MAIL FROM:<{sender}>{options}", *(f"RCPT TO:<{a}>" for a in to), "DATA"):
            reply = self.say(line)
            if reply[0] not in "23":
                return [reply]
        self.send(text + ".\r\n")
        return [self.reply() for _ in to]

    def close(self):
        self.file.close()
        self.socket.close()


# Delivery.


def test_unusable_queue_folder(t):
    """Whoever starts the service hears it, not each who submits."""
    t.smarthost()
    (t.folder / "spool").mkdir(mode=0o755)
    t.config(more=["[queue]", f"dir = {t.folder}/spool", "[serve]", f"socket = {t.folder}/submit"])
    t.failed(t.run("postbag", "serve", stdin=b""), 77, "chmod")
    t.true(not (t.folder / "submit").exists(), "a socket is left")


def test_sendmail(t):
    t.smarthost("tls: starttls", "auth: PLAIN")
    with service(t) as s:
        t.accepted(s.submit("-t", "-i"))
    message = t.message()
    t.equal(message.to, [BOB])
    t.equal(kept(t), [])
    t.match("\n".join(s.records()), f"uid={os.getuid()} pid=")


@cases(sent=("on RCPT x: reply 550 5.1.1 no", 0, "sent"), failed=("on RCPT bob@*: reply 550 5.1.1 no", 67, "failed"))
def test_records(t, row):
    """Who has submitted a message stands in one record, what became of it in another: once."""
    script, status, result = row
    t.smarthost(script)
    with service(t) as s:
        t.equal(s.submit("-i", BOB).status, status)
    records = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in s.records()]
    t.equal(sorted(r["result"] for r in records), sorted(("queued", result)))
    t.equal(len({r["queue_id"] for r in records}), 1)
    t.equal([r["uid"] for r in records if r["result"] == "queued"], [str(os.getuid())])


CONFINED = """
mount --make-rprivate / && mount -o remount,bind,ro / && cd / &&
exec setpriv --reuid www-data --regid www-data --clear-groups --no-new-privs "$@"
"""


def confined(s, *command, stdin=MESSAGE):
    """As www-data, with no network, no home, nothing to write to and no way to more rights."""
    need_root()
    env = {k: v for k, v in s.t.environment(s.environment()).items() if k != "TMPDIR"}
    return subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-c", CONFINED, "sh", *command],
        input=stdin, env=env, capture_output=True, check=False, timeout=30,
    )  # fmt: skip


def test_confined(t):
    t.smarthost("tls: starttls", "auth: PLAIN")
    with service(t) as s:
        done = confined(s, t.door("sendmail"), "-t", "-i")
        t.equal((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        wanted = [t.config_file, *(t.folder / "spool").iterdir(), s.log]
        for path in wanted:
            t.true(confined(s, "cat", str(path)).returncode != 0, f"{path} can be read")
    t.equal(t.message().to, [BOB])


def test_identity_and_aliases(t):
    t.smarthost()
    with service(t, aliases=("root = ops@example.net",)) as s:
        t.accepted(s.submit("root", user="nobody", stdin=b"Subject: x\n\nHello\n"))
    message = t.message()
    t.equal(message.to, ["ops@example.net"])
    t.equal(message.sender, b"acct@example.org")
    t.match(message.data.decode(), 'From: "nobody')


def test_environment_is_not_believed(t):
    """NAME, USER and the like are the submitter's, not the service's."""
    t.smarthost()
    with service(t, env={"NAME": "Mallory"}) as s:
        t.accepted(s.submit(BOB, stdin=b"Subject: x\n\nHello\n"))
    t.lacks(t.message().data.decode(), "Mallory")


def test_json(t):
    t.smarthost()
    with service(t) as s:
        run = s.submit("--json", BOB, door="postbag")
        t.equal(run.status, 0)
        told = json.loads(run.stdout)
        t.equal((told["account"], told["host"]), ("service", str(s.socket)))
        t.true(told["result"] in ("queued", "sent"), run.stdout)
    t.equal(t.message().to, [BOB])


def test_verdict(t):
    """The smarthost's own reply is the answer, for each recipient."""
    t.smarthost("on RCPT bad@*: reply 550 5.1.1 User unknown", "on END: reply 250 2.0.0 Taken as 4711")
    with service(t) as s:
        run = s.submit("--json", BOB, "bad@example.net", "carol@example.net", door="postbag")
        told = json.loads(run.stdout)
        t.equal((run.status, told["result"]), (67, "partial"))
        t.match(run.stderr, "bad@example.net: refused: 550 5.1.1 User unknown")
        t.equal([r["result"] for r in told["recipients"]], ["sent", "refused", "sent"])
        t.equal(told["recipients"][0]["text"], "Taken as 4711")
        until(lambda: not kept(t), "an empty queue")
    t.equal(t.message().to, [BOB, "carol@example.net"])  # and no bounce


def test_refusal_is_bounced_if_nobody_hears_it(t):
    t.smarthost("on RCPT bad@*: reply 550 5.1.1 User unknown")
    with service(t, settle=False) as s:
        client = Client(s)
        for line in ("MAIL FROM:<ann@example.org>", "RCPT TO:<bad@example.net>", "DATA"):
            client.say(line)
        client.send("Subject: x\r\n\r\nHello\r\n.\r\nQUIT\r\n")
        until(lambda: select.select([client.socket], [], [], 0)[0], "the answer")
        client.close()  # with the answer unread
        until(lambda: kept(t, "defer"), "the message, with its refusal")
    t.equal(t.postbag("queue", "run", stdin=b"").status, 0)
    t.equal(kept(t), [])
    t.equal(t.message().to, ["ann@example.org"])
    t.equal(t.message().sender, b"")


def test_wait_is_over(t):
    t.smarthost("on END: wait 3 | default")
    with service(t, "wait = 1s") as s:
        begun = time.monotonic()
        reply = Client(s).message()[0]
        t.match(reply, QUEUED)
        t.true(0.9 < time.monotonic() - begun < 2.5, "the time")
    t.message()


def test_mode_queue_waits_for_nobody(t):
    t.smarthost("on END: wait 2 | default")
    with service(t, queue=("mode = queue",)) as s:
        begun = time.monotonic()
        t.match(Client(s).message()[0], QUEUED)
        t.true(time.monotonic() - begun < 1.5, "the time")


def test_told_before_the_end(t):
    """TERM while somebody waits: he hears that his message is queued."""
    t.smarthost("on END: stall")
    s = Service(t)
    client = Client(s)
    for line in ("MAIL FROM:<ann@example.org>", f"RCPT TO:<{BOB}>", "DATA"):
        client.say(line)
    client.send("Subject: x\r\n\r\nHello\r\n.\r\n")
    until(lambda: t.host.sessions, "the runner")
    s.process.signal(signal.SIGTERM)
    t.match(client.reply(), QUEUED)
    t.equal(s.stop().status, 0)
    t.equal(len(kept(t)), 1)


def test_nonce(t):
    """The same message given twice is one, and both hear what became of it."""
    t.smarthost("on RCPT bad@*: reply 550 5.1.1 User unknown")
    with service(t) as s:
        for to, answer in ((BOB, "250"), ("bad@example.net", "550 5.1.1 User unknown")):
            nonce = f" XNONCE={int(time.time() * 1e6):013x}{'0123456789abcdef012'}"
            for _ in range(3):
                client = Client(s)
                t.match(client.message(to=[to], options=nonce)[0], answer)
                client.say("QUIT")
                client.close()
    t.equal(t.message().to, [BOB])


def test_nonce_is_counted_once(t):
    """What was taken already is not refused when it is given again, whatever the quota says."""
    t.smarthost()
    with service(t, "user_rate = 1/d") as s:
        nonce = f" XNONCE={int(time.time() * 1e6):013x}{'0123456789abcdef012'}"
        for _ in range(3):
            client = Client(s)
            t.match(client.message(options=nonce)[0], "250")
            client.close()
        t.match(Client(s).message()[0], "451 4.7.1")
    t.equal(t.message().to, [BOB])


def test_queued_when_nobody_answers(t):
    t.smarthost("on CONNECT: close")
    with service(t, settle=False) as s:
        run = s.submit("--json", BOB, door="postbag")
        told = json.loads(run.stdout)
        t.equal((run.status, told["result"]), (0, "queued"))
        t.equal(kept(t), [told["queue_id"]])


def test_why_it_is_queued(t):
    """As without the service: for each recipient the smarthost's words."""
    t.smarthost("on RCPT soft@*: reply 451 4.3.0 Not now")
    with service(t, settle=False) as s:
        run = s.submit("--json", "-v", "soft@example.net", BOB, door="postbag")
        soft, good = json.loads(run.stdout)["recipients"]
        t.equal((run.status, good["result"]), (0, "sent"))
        t.equal(soft, {"address": "soft@example.net", "result": "queued", "stage": "RCPT", "code": 451, "enhanced": "4.3.0", "text": "Not now"})
        t.match(run.stderr, re.compile("soft@example.net: queued as .*: 451 4.3.0 Not now"))


def test_why_all_is_queued(t):
    """What is wrong with the account is said, too."""
    with t.closed_port() as port, service(t, settle=False, account=(f"port = {port}", "tls = off")) as s:
        for _ in range(2):
            run = s.submit("--json", BOB, door="postbag")
            told = json.loads(run.stdout)["recipients"][0]
            t.equal((run.status, told["result"], told["stage"], told["code"]), (0, "queued", "connect", 0))
            t.match(told["text"], "refused")


def test_that_it_is_queued(t):
    """Whoever tries the service out hears that the smarthost does not have it."""
    t.smarthost("on RCPT soft@*: reply 451 4.3.0 Not now")
    with service(t, settle=False) as s:
        run = s.submit("test", BOB, door="postbag", stdin=b"")
        t.equal(run.status, 0)
        t.match(run.stdout, "All is well. The test mail is with the smarthost.")
        run = s.submit("test", "soft@example.net", door="postbag", stdin=b"")
        t.equal(run.status, 0)
        t.match(run.stdout, re.compile("^WARN .*soft@example.net: queued as [0-9A-F]{19}: 451 4.3.0 Not now$", re.MULTILINE))
        t.match(run.stdout, "see the warning above. The test mail waits in the service's queue.")


def test_queue_of_the_service(t):
    """Its users see their messages; all else would be said of an empty queue of their own."""
    t.smarthost()
    with service(t, settle=False) as s:
        for words in (["show", "ALL"], ["hold", "ALL"], ["release", "ALL"], ["remove", "ALL"], ["count"]):
            t.failed(s.submit("queue", *words, door="postbag"), 77, f"through the service at {s.socket}", "hint: mailq")
        run = s.submit("queue", "check", door="postbag")
        t.equal(run.status, 3)
        t.match(run.stdout, f"POSTBAG UNKNOWN - mail goes through the service at {s.socket}")
        t.match(s.submit("queue", door="postbag").stdout, "Mail queue is empty")
        t.equal(t.postbag("queue", "count").stdout, "0\n")


def test_no_service(t):
    """Without the service there is no account; a socket that nobody listens at is 75, however it ended."""
    t.smarthost()
    for number in (signal.SIGKILL, signal.SIGTERM):
        s = Service(t)
        os.kill(s.process.popen.pid, number)
        s.process.finish()
        t.failed(s.submit(BOB), 75, "Connection refused", "hint: nobody listens at this socket: start its server")
    s.socket.unlink()
    t.failed(s.submit(BOB), 78, "no configuration", f"does not run: no {s.socket}")


def test_bs_waits_for_the_service(t):
    """As sendmail does, if nobody listens for a while; then it is 451."""
    t.smarthost()
    s = Service(t)
    s.stop()
    lines = ("EHLO x", "MAIL FROM:<ann@example.org>", f"RCPT TO:<{BOB}>", "DATA", "Subject: x\r\n\r\nHello\r\n.", "QUIT")
    words = "".join(line + "\r\n" for line in lines).encode()
    process = t.start("sendmail", "-bs", env=s.environment())
    process.popen.stdin.write(words)
    process.popen.stdin.flush()
    until(lambda: waits(process.popen), "-bs to wait")
    s = Service(t)
    run = process.finish()
    t.equal((run.status, re.findall("^(...) ", run.stdout, re.MULTILINE)), (0, ["220", "250", "250", "250", "354", "250", "221"]))
    s.stop()
    t.equal(t.message().to, [BOB])
    t.match(s.submit("-bs", stdin=words).stdout, "451 4.4.1 ", "Connection refused")


@cases("MAIL", "RCPT", "again", "DATA", "body")
def test_bs_and_a_restart(t, stage):
    """Wherever the conversation is: it goes on with the next service."""
    t.smarthost()
    s = Service(t)
    steps = {"EHLO": ("EHLO x", "250"), "MAIL": ("MAIL FROM:<ann@example.org>", "250"), "RCPT": (f"RCPT TO:<{BOB}>", "250"),
             "again": ("RCPT TO:<eve@example.net>", "250"), "DATA": ("DATA", "354"), "body": ("Subject: x\r\n\r\nHello\r\n.", "250")}
    dialogue = Dialogue(t, env=s.environment())
    for name, (line, reply) in steps.items():
        if name == stage:
            s.stop()
        dialogue.process.write(f"{line}\r\n".encode())
        if name == stage:
            s = Service(t)
        dialogue.expect(reply)
    dialogue.say("QUIT", "221")
    t.equal(dialogue.process.finish().status, 0)
    s.stop()
    t.equal(t.message().to, [BOB, "eve@example.net"])


def waits(popen):
    """It has read all there is to read, and yet it sleeps."""
    left = fcntl.ioctl(popen.stdin, termios.FIONREAD, bytes(4))
    state = pathlib.Path(f"/proc/{popen.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return left == bytes(4) and state == "S"


def test_check_and_the_service(t):
    """A user is told of the service, and nothing of a queue that is not in use; root, whose queue that is not."""
    t.smarthost()
    with service(t) as s:
        run = s.submit("check", door="postbag", user="nobody")
        t.equal((run.status, run.stderr), (0, ""))
        t.match(run.stdout, f"mail goes through the service at {s.socket}")
        t.lacks(run.stdout, "mode = ")
        for words in (["--dry-run", BOB], ["test"]):
            t.match(s.submit(*words, door="postbag", user="nobody").stdout, f"service ({s.socket})")
    os.chown(t.folder / "spool", 65534, 65534)
    run = t.postbag("check")
    t.equal((run.status, run.stderr), (0, ""))
    t.match(run.stdout, "queue: it belongs to uid 65534")


def test_what_the_service_settles(t):
    """An account or a key of one's own would be ignored: so it is refused."""
    t.smarthost()
    with service(t) as s:
        t.failed(s.submit("-a", "other", BOB), 78, "other", "service")
        t.failed(s.submit("--set", "port=1", BOB, door="postbag"), 64, "--set", "service")
        t.failed(s.submit("--no-queue", BOB, door="postbag"), 64, "--no-queue", "service")
        t.accepted(s.submit("-a", "service", BOB))


# Policy.


def refused(t, run, status, words):
    t.failed(run, status, words)


def test_users(t):
    t.smarthost()
    with service(t, "users = www-data, 0") as s:
        t.accepted(s.submit(BOB))
        t.accepted(s.submit(BOB, user="www-data"))
        refused(t, s.submit(BOB, user="nobody"), 77, "550 5.7.1 User nobody may not send here")


def test_groups(t):
    t.smarthost()
    with service(t, "users = @nogroup") as s:
        t.accepted(s.submit(BOB, user="nobody"))
        refused(t, s.submit(BOB, user="www-data"), 77, "550 5.7.1 User www-data may not send here")


def test_senders(t):
    t.smarthost()
    with service(t, "senders = www-data:*@example.com, nobody:acct@example.org") as s:
        t.accepted(s.submit("-f", "shop@example.com", BOB, user="www-data"))
        refused(t, s.submit("-f", "boss@example.net", BOB, user="www-data"), 77, "550 5.7.1 User www-data may not send as <boss@example.net>")
        refused(t, s.submit("-f", "<>", BOB, user="www-data"), 77, "may not send as <>")
        t.accepted(s.submit("-f", "nobody@localhost", BOB, user="nobody"))  # after it was rewritten
        t.accepted(s.submit("-f", "boss@example.net", BOB))  # root has no entry


def test_rate(t):
    t.smarthost()
    with service(t, "user_rate = 3/d") as s:
        for _ in range(3):
            t.accepted(s.submit(BOB, user="nobody"))
        refused(t, s.submit(BOB, user="nobody"), 75, "451 4.7.1 User nobody is at the limit of 3 messages")
        t.accepted(s.submit(BOB, user="www-data"))
        reply = Client(s).message()
        t.match(reply[0], "250 2.0.0 queued as" if "queued" in reply[0] else "250")
    with service(t, "user_rate = 3/d") as s:  # a restart forgets nothing
        refused(t, s.submit(BOB, user="nobody"), 75, "451 4.7.1")


def test_size(t):
    t.smarthost()
    with service(t, "user_max_size = 20k") as s:
        big = MESSAGE + b"x" * 70 + b"\n"
        refused(t, s.submit(BOB, stdin=MESSAGE + (b"x" * 70 + b"\n") * 400), 65, "at most 20480")
        t.accepted(s.submit(BOB, stdin=big))
        client = Client(s)
        t.match(client.say("MAIL FROM:<a@example.org> SIZE=30000"), "552 5.3.4")
        t.match(client.message(text="\r\n" + ("y" * 70 + "\r\n") * 400)[0], "552 5.3.4")
        t.match(client.message()[0], "250")  # the session goes on
        client.close()


# The connection to the service.


def test_given_again(t):
    """A service that dies behind the end of data is given the message again, and has it once."""
    t.smarthost("on END: wait 1 | default")
    s = Service(t)
    process = submitting(t, s)
    until(lambda: kept(t), "the message in the queue")
    os.killpg(s.process.popen.pid, signal.SIGKILL)
    s.process.popen.wait()
    t.smarthost()  # a new one; the queue's file has been marked as being sent, perhaps
    s = Service(t)
    run = process.finish()
    t.equal((run.status, run.stderr), (0, ""))
    s.stop()
    names = set(kept(t))
    t.true(len(t.messages) + len(names) in (1, 2), "kept or sent")
    t.true(len(names) <= 1, "kept twice")


def submitting(t, s):
    """Somebody who has said all and waits."""
    process = t.start("sendmail", "-i", BOB, env=s.environment())
    process.popen.stdin.write(MESSAGE)
    process.popen.stdin.close()
    process.popen.stdin = None
    return process


def test_restart_is_not_heard(t):
    """Nobody listens for a moment: whoever submits waits for the next service."""
    t.smarthost()
    s = Service(t)
    os.killpg(s.process.popen.pid, signal.SIGKILL)
    s.process.popen.wait()
    process = submitting(t, s)
    time.sleep(0.3)
    t.equal(process.popen.poll(), None, "still waiting")
    with service(t):
        t.accepted(process.finish())
    t.equal(t.message().to, [BOB])


def patient(function, error):
    """Its result, as soon as it does not fail in this way."""
    end = time.monotonic() + 20
    while True:
        try:
            return function()
        except error:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def test_busy_service(t):
    """One connection too many is no failure: it waits for its turn."""
    t.smarthost()
    with service(t, "user_connections = 1") as s:
        client = patient(lambda: Client(s), ConnectionError)
        process = submitting(t, s)
        time.sleep(0.5)
        t.equal(process.popen.poll(), None, "still waiting")
        client.close()
        t.accepted(process.finish())


# The queue.


def test_mailq(t):
    """One's own messages; for root all of them; the layout is that of the queue itself."""
    t.smarthost("on CONNECT: close")
    with service(t, settle=False) as s:
        ids = {}
        for user in ("nobody", "www-data"):
            told = json.loads(s.submit("--json", f"{user}@example.net", user=user, door="postbag").stdout)
            ids[user] = told["queue_id"]
        until(lambda: len(kept(t, "defer")) == 2, "two messages that wait")
        for user, other in (("nobody", "www-data"), ("www-data", "nobody")):
            run = s.submit(user=user, door="mailq", stdin=b"")
            t.equal((run.status, run.stderr), (0, ""))
            t.match(run.stdout, ids[user])
            t.match(run.stdout, "1 Request")
            t.lacks(run.stdout, ids[other])
            run = s.submit("queue", "list", "--json", user=user, door="postbag", stdin=b"")
            t.equal([json.loads(line)["queue_id"] for line in run.stdout.splitlines()], [ids[user]])
        run = s.submit(door="mailq", stdin=b"")
        for name in ids.values():
            t.match(run.stdout, name)
        t.equal(run.stdout, t.run("mailq", stdin=b"").stdout, "what the queue's owner sees")


# Half messages, and clients that misbehave.


def test_half_a_message(t):
    """Whoever dies before the end of data has sent nothing."""
    t.smarthost()
    with service(t) as s:
        for text in ("", "Subject: x\r\n", "Subject: x\r\n\r\nHello\r\n", "Subject: x\r\n\r\nHello\r\n."):
            client = Client(s)
            for line in ("MAIL FROM:<ann@example.org>", f"RCPT TO:<{BOB}>", "DATA"):
                client.say(line)
            client.send(text)
            client.close()
        client = Client(s)
        for line in ("MAIL FROM:<ann@example.org>", f"RCPT TO:<{BOB}>"):
            client.say(line)
        client.send("BDAT 100 LAST\r\nSubject: x\r\n")
        client.close()
        until(lambda: not children(s, but_runner=True), "the sessions' end")
        t.equal(kept(t), [])
    t.nothing_sent()


def children(s, but_runner=False):
    pid = s.process.popen.pid
    found = [p for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found[:0] + [p for p in found if not (but_runner and p == runner_of(found))]


def runner_of(pids):
    """The first child that was started."""
    return min(pids, key=int, default=None)


def test_killed_submitter(t):
    t.smarthost()
    with service(t) as s:
        process = t.start("sendmail", "-t", "-i", env=s.environment())
        process.write(MESSAGE)
        process.signal(signal.SIGKILL)
        process.popen.communicate()
        t.equal(kept(t), [])
    t.nothing_sent()


def test_limits(t):
    """A session has its bounds; a message with very many recipients is within them."""
    t.smarthost()
    with service(t) as s:
        client = Client(s)
        session = children(s)[-1]
        limits = pathlib.Path(f"/proc/{session}/limits").read_text()
        t.match(limits, re.compile(r"Max open files +64 +64 "))
        t.match(limits, re.compile(r"Max address space +\d+ +\d+ "))
        to = [f"r{i}-{'x' * 50}@{'y' * 60}.example.net" for i in range(1500)]
        answers = client.message(to=to, text="Subject: x\r\n" + "X-Long: y\r\n" * 50000 + "\r\n")
        t.equal({a[:3] for a in answers}, {"250"})
    t.equal(sum(len(m.to) for m in t.messages), 1500)


def admitted(s):
    """A client that has a place; who was there before may only be leaving."""
    found = []

    def comes():
        found.append(Client(s, hello=None))
        return found[-1].greeting.startswith("220")

    until(comes, "a free place")
    return found[-1]


def test_too_many_connections(t):
    t.smarthost()
    with service(t, "user_connections = 3") as s:
        clients = [admitted(s) for _ in range(3)]
        turned = Client(s, hello=None)
        t.match(turned.greeting, "421 4.7.0")
        t.equal(turned.file.read(), b"")
        clients.pop().close()
        admitted(s)
        for client in clients:
            client.close()


def test_idle_and_malicious(t):
    """Connections that say nothing, too much, or nonsense keep nobody from sending."""
    idle_and_malicious(t, 200)


@full
def test_idle_and_malicious_at_full_number(t):
    idle_and_malicious(t, 10000)


def idle_and_malicious(t, n):
    """As many as that stay open; new ones come all the time."""
    need_root()
    t.smarthost()
    with service(t, "user_connections = 10", "connections = 40") as s:
        before = memory(s.process.popen.pid)
        pid, ready = fork_annoyer(s, n)
        try:
            t.equal(ready.read(1), b"+", "the connections are made")
            for _ in range(5):
                t.accepted(s.submit(BOB, user="www-data"))
                t.match(Client(s).message()[0], "250")
            sessions = [memory(int(p)) for p in children(s)]
            t.true(len(sessions) <= 41, f"{len(sessions)} processes")
            t.true(max(sessions) < 32 * 1024, f"sessions with {sessions} KiB")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            ready.close()
        t.accepted(s.submit(BOB, user="www-data"))
        after = memory(s.process.popen.pid)
        t.true(after < before + 2048 or t.context.sanitized, f"the parent grew from {before} to {after} KiB")


def memory(pid):
    """KiB; 0 for a process that has just ended."""
    with contextlib.suppress(OSError, TypeError):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
    return 0


def fork_annoyer(s, n):
    """Its process, and where it says that the connections are there."""
    nobody = pwd.getpwnam("nobody")
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        try:
            annoy(s, n, theirs)
        finally:
            os._exit(0)
    os.close(theirs)
    return pid, os.fdopen(ours, "rb", buffering=0)


def annoy(s, n, ready):
    """As nobody: open sockets, garbage, half messages, endless lines. A place that becomes free is
    taken again."""
    words = [b"", b"\0" * 3000, b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n", b"x" * 100000, b"BDAT 999999999999\r\n"]
    held = [annoy_once(s, words[i % len(words)]) for i in range(n)]
    os.write(ready, b"+")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        held.append(annoy_once(s, words[len(held) % len(words)]))
        held.pop(0).close()
        time.sleep(0.01)


def annoy_once(s, text):
    sock = socket.socket(socket.AF_UNIX)
    with contextlib.suppress(OSError):
        sock.connect(str(s.socket))
        sock.setblocking(False)
        sock.send(text)
    return sock


# Restart, reload.


def test_reload(t):
    t.smarthost()
    with service(t) as s:
        t.accepted(s.submit(BOB, user="nobody"))
        s.configure("users = root")
        s.process.signal(signal.SIGHUP)
        until(lambda: s.submit(BOB, user="nobody").status == 77, "the new configuration")
        t.accepted(s.submit(BOB))
        t.equal(s.process.popen.poll(), None)


def test_reload_and_the_home(t):
    """What is looked up only when it is wanted is found in the new configuration, too."""
    t.smarthost()
    with service(t, words=("--set", "tls_ca_file=~/none")) as s:
        for _ in range(2):
            t.accepted(s.submit(BOB, user="nobody"))
            s.configure("users = root")
            s.process.signal(signal.SIGHUP)
            until(lambda: s.submit(BOB, user="nobody").status == 77, "the new configuration")
            s.configure()
            s.process.signal(signal.SIGHUP)
            until(lambda: s.submit(BOB, user="nobody").status == 0, "the old configuration")


def test_reload_and_the_environment(t):
    """What was taken out of it at the start is still known."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    secret = ("-password", "password_env = SECRET")
    with service(t, account=secret, env={"SECRET": t.account()["password"]}) as s:
        t.accepted(s.submit(BOB))
        for number in range(2):
            s.configure("users = root")
            s.process.signal(signal.SIGHUP)
            until(lambda: s.submit(BOB, user="nobody").status == 77, "the new configuration")
            run = s.submit("--json", BOB, door="postbag")
            t.equal((run.status, json.loads(run.stdout)["recipients"][0]["result"]), (0, "sent"))
            s.configure()
            s.process.signal(signal.SIGHUP)
            until(lambda: s.submit(BOB, user="nobody").status == 0, "the old configuration")


def test_reload_with_a_mistake(t):
    t.smarthost()
    s = Service(t)
    s.configure("users = a:b")
    for _ in range(2):  # before HUP nobody looks at it, then the old one stays
        run = s.submit("--json", BOB, door="postbag")
        t.equal((run.status, json.loads(run.stdout)["recipients"][0]["result"]), (0, "sent"))
        s.process.signal(signal.SIGHUP)
    run = s.stop()
    t.equal(run.status, 0)
    t.match(run.stderr, "the old configuration stays in use")


def test_reload_with_another_queue(t):
    """One that cannot be made is a mistake."""
    t.smarthost()
    s = Service(t)
    (t.folder / "file").touch()
    s.spool = t.folder / "file" / "queue"
    s.configure()
    s.process.signal(signal.SIGHUP)
    t.accepted(s.submit(BOB))
    run = s.stop()
    t.equal(run.status, 0)
    t.match(run.stderr, "Not a directory", "the old configuration stays in use")


def test_reload_says_what_stays(t):
    t.smarthost()
    s = Service(t)
    usual, s.socket = s.socket, t.folder / "other"
    s.configure("users = root")
    s.process.signal(signal.SIGHUP)
    s.socket = usual
    until(lambda: s.submit(BOB, user="nobody").status == 77, "the new configuration")
    t.accepted(s.submit(BOB))
    t.equal(s.stop().stderr, "postbag: socket and listen are as they were until a restart\n")


def test_log_that_cannot_be_written(t):
    t.smarthost()
    s = Service(t, log="/dev/null/log")
    t.accepted(s.submit(BOB))
    t.equal(s.stop().stderr, "postbag: log: cannot write the log /dev/null/log: Not a directory\n")


def test_restart_under_load(t):
    """Whatever the service goes through: everything is accepted, and arrives."""
    t.smarthost()
    accepted, ended = [], threading.Event()
    s = Service(t)

    def load(who):
        i = 0
        while not ended.is_set():
            i += 1
            name = f"r{who}-{i}@example.net"
            run = subprocess.run([t.door("sendmail"), "-i", name], input=MESSAGE, env=t.environment(s.environment()), capture_output=True, check=False)
            accepted.append(name if run.returncode == 0 else f"{name}: {run}")

    threads = [threading.Thread(target=load, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for i in range(6):
        time.sleep(0.3)
        if i % 3 == 0:
            s.process.signal(signal.SIGHUP)
            continue
        if i % 3 == 1:
            s.stop()
        else:
            os.kill(s.process.popen.pid, signal.SIGKILL)
            s.process.popen.wait()
        s = Service(t)
    ended.set()
    for thread in threads:
        thread.join()
    until(lambda: not kept(t), "an empty queue")
    s.stop()
    arrived = [a for m in t.messages for a in m.to]
    t.true(len(accepted) > 10, f"only {len(accepted)} messages were taken")
    t.equal([a for a in accepted if a not in arrived], [], "lost")


# Many.


def test_many_submitters(t):
    """Many at once by many users; few connections to the smarthost."""
    many_submitters(t, 60)


@full
def test_many_submitters_at_full_number(t):
    many_submitters(t, 1000)


def many_submitters(t, n):
    need_root()
    t.smarthost("tls: starttls", "auth: PLAIN", "on RCPT bad*: reply 550 5.1.1 User unknown")
    names = [f"{'bad' if i % 10 == 7 else 'r'}{i}@example.net" for i in range(n)]
    with service(t, "user_connections = 50") as s:
        told = dict(zip(names, submit_at_once(s, names)))
        until(lambda: not kept(t), "an empty queue", 60)
    arrived = [a for m in t.messages if m.sender for a in m.to]
    t.equal(sorted(arrived), sorted(name for name in names if name[0] == "r"))
    t.true(len(t.sessions) <= 4, f"{len(t.sessions)} connections to the smarthost")
    bounces = b"".join(m.data for m in t.messages if not m.sender)
    for name, (status, stdout, stderr) in told.items():
        if name[0] == "r" or name.encode() in bounces:  # whoever has waited long enough hears "queued"
            t.equal((status, stdout, stderr), (0, "", ""), name)
        else:
            t.equal(status, 67, name)
            t.match(stderr, f"{name}: refused: 550 5.1.1 User unknown")


def submit_at_once(s, names):
    """Status, stdout and stderr of one submission to each of these, by 50 users."""
    words = [s.t.door("sendmail"), "-i"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    runs = [
        subprocess.Popen(
            [*words, name], **pipes, env=s.t.environment(s.environment()),
            user=60000 + i % 50, group=60000, extra_groups=[], cwd="/",
        )  # fmt: skip
        for i, name in enumerate(names)
    ]
    for run in runs:
        run.stdin.write(MESSAGE)
        run.stdin.close()
    return [(run.wait(), run.stdout.read().decode(), run.stderr.read().decode()) for run in runs]


# Loopback.


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_smtplib_over_loopback(t):
    need_root()
    t.smarthost()
    port = free_port()
    with service(t, f"listen = 127.0.0.1:{port}", "users = 0") as s:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
            t.equal(smtp.sendmail("ann@example.org", [BOB, "carol@example.net"], MESSAGE), {})
        script = f"import smtplib; smtplib.SMTP('127.0.0.1', {port}).sendmail('a@example.org', 'b@example.net', 'x')"
        run = subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, text=True, check=False, **as_user("nobody"))
        t.match(run.stderr, "User nobody may not send here")
    t.equal(t.message().to, [BOB, "carol@example.net"])
    t.match("\n".join(s.records()), "uid=0")


@cases("[::ffff:127.0.0.1]", "LocalHost")
def test_loopback_as_it_may_be_written(t, where):
    need_root()
    t.smarthost()
    port = free_port()
    with service(t, f"listen = {where}:{port}", "users = 0"):
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")):
            if family == socket.AF_INET6 and not os.path.exists("/proc/net/tcp6"):
                continue
            with socket.socket(family) as s:
                s.connect((host, port))
                s.sendall(b"EHLO x\r\nMAIL FROM:<ann@example.org>\r\nQUIT\r\n")
                t.match(s.makefile().read(), "\n250 2.0.0 OK\n221 ")


@cases("0.0.0.0:25", "[::]:25", "192.0.2.1:25", "[::ffff:192.0.2.1]:25")
def test_never_for_other_machines(t, where):
    t.smarthost()
    t.config(more=("[serve]", f"listen = {where}"))
    t.failed(t.postbag("serve", stdin=b""), 78, "neither TLS nor login")


# Sockets that systemd hands over.

HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], [sys.argv[2], "serve"])
"""


def start_with(t, sock, binary=None):
    command = ["python3", "-c", HAND_OVER, str(sock.fileno()), binary or t.door("postbag")]
    return subprocess.Popen(command, env=t.environment({}), pass_fds=[sock.fileno()], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_socket_activation(t):
    t.smarthost()
    path = t.folder / "activated"
    t.config(log=("syslog = off",), more=("[queue]", f"dir = {t.folder}/spool"))
    with listening(path) as sock:
        with start_with(t, sock) as popen:
            try:
                env = {"POSTBAG_CONFIG": None, "XDG_CONFIG_HOME": None, "HOME": "/nonexistent", "POSTBAG_SOCKET": str(path)}
                t.accepted(t.sendmail(BOB, env=env))
                until(lambda: not kept(t), "an empty queue")
            finally:
                popen.terminate()
        t.equal(popen.returncode, 0)
    t.true(path.exists(), "systemd's socket is not ours to remove")
    t.equal(t.message().to, [BOB])


def test_upgrade_under_load(t):
    """Another binary takes the place of the old one at systemd's socket, in order or after kill -9:
    nobody who submits hears of it, and everything arrives once."""
    t.smarthost()
    path = t.folder / "activated"
    t.config(log=("syslog = off",), more=("[queue]", f"dir = {t.folder}/spool"))
    env = {"POSTBAG_CONFIG": None, "XDG_CONFIG_HOME": None, "HOME": "/nonexistent", "POSTBAG_SOCKET": str(path)}
    with listening(path) as sock, under_load(t, env) as told:
        for turn, number in enumerate((signal.SIGTERM, signal.SIGKILL) * 3):
            binary = shutil.copy(t.context.binary, t.folder / f"postbag{turn}")
            with start_with(t, sock, str(binary)) as popen:
                before = len(told)
                until(lambda before=before: len(told) > before + 10, "submissions")
                popen.send_signal(number)
            t.equal(popen.returncode, 0 if number == signal.SIGTERM else -number)
        with start_with(t, sock) as popen:
            told.ended.set()
            until(lambda: told.over() and not kept(t), "an empty queue")
            popen.terminate()
    t.equal(set(told.values()), {(0, b"", b"")})
    t.equal(sorted(a for m in t.messages for a in m.to), sorted(told))


@contextlib.contextmanager
def listening(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        sock.listen(1000)
        yield sock


class Told(dict):
    """Status, stdout and stderr of each submission, by its recipient."""

    def __init__(self):
        super().__init__()
        self.ended = threading.Event()
        self.threads = []

    def over(self):
        return not any(thread.is_alive() for thread in self.threads)


@contextlib.contextmanager
def under_load(t, env, threads=4):
    """Submissions in threads, one after the other, until `ended`."""
    told, words = Told(), [t.door("sendmail"), "-i"]

    def submit(who):
        while not told.ended.is_set():
            name = f"r{who}-{len(told)}@example.net"
            run = subprocess.run([*words, name], input=MESSAGE, env=t.environment(env), capture_output=True, check=False)
            told[name] = (run.returncode, run.stdout, run.stderr)

    told.threads = [threading.Thread(target=submit, args=(who,)) for who in range(threads)]
    t.door("postbag")
    try:
        for thread in told.threads:
            thread.start()
        yield told
    finally:
        told.ended.set()
        for thread in told.threads:
            thread.join()


def test_inherited_socket_open_to_others(t):
    t.smarthost()
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        sock.listen(1)
        with start_with(t, sock) as popen:
            stderr = popen.communicate(timeout=20)[1]
    t.equal(popen.returncode, 78)
    t.match(stderr, "open to other machines")

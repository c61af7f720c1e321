"""-bs: SMTP on stdin and stdout."""

import json
import os
import re
import select
import time

from harness import Failure, cases

SENDER = "s@example.org"
BOB = "a@example.net"
TEXT = "From: S <s@example.org>\r\nTo: a@example.net\r\nSubject: t\r\n\r\nHello\r\n..x\r\nbye\r\n"
GREETING = re.compile(r"220 \S+ ESMTP")


class Dialogue:
    """A caller that waits for each reply."""

    def __init__(self, t, *args, door="sendmail", newline="\r\n", **options):
        self.t = t
        self.newline = newline
        self.process = t.start(door, "-bs", *args, **options)
        self.rest = b""
        self.said = []  # by the program
        self.expect(GREETING)

    def read_line(self):
        fd = self.process.popen.stdout.fileno()
        while b"\n" not in self.rest:
            if not select.select([fd], [], [], 20)[0]:
                raise Failure(f"no reply; so far: {self.said}")
            data = os.read(fd, 65536)
            if not data:
                raise Failure(f"end of output; so far: {self.said}{self.t.story()}")
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        self.t.true(line.endswith(b"\r"), f"{line!r} ends in a bare LF")
        return line[:-1].decode("utf-8", "surrogateescape")

    def read(self):
        """One reply, its lines joined by a line feed."""
        lines = [self.read_line()]
        while lines[-1][3:4] == "-":
            lines.append(self.read_line())
        self.said += lines
        return "\n".join(lines)

    def expect(self, pattern):
        reply = self.read()
        found = pattern.match(reply) if isinstance(pattern, re.Pattern) else reply.startswith(pattern)
        self.t.true(found, f"reply {reply!r}, should begin with {pattern!r}")
        return reply

    def say(self, line, pattern):
        self.process.write((line + self.newline).encode("utf-8", "surrogateescape"))
        return self.expect(pattern)

    def message(self, text, pattern):
        """DATA, the text (dots doubled already) and its end."""
        self.say("DATA", "354 ")
        data = text.replace("\r\n", self.newline)
        return self.say(data + ".", pattern)

    def mail(self, *rcpts, sender=SENDER):
        self.say(f"MAIL FROM:<{sender}>", "250 ")
        for rcpt in rcpts:
            self.say(f"RCPT TO:<{rcpt}>", "250 ")

    def finish(self, status=0, stderr=""):
        run = self.process.finish()
        self.t.equal((run.status, self.rest.decode() + run.stdout, run.stderr), (status, "", stderr))

    def quit(self):
        self.say("QUIT", "221 ")
        self.finish()


@cases(sendmail=("sendmail", "\r\n"), postbag=("postbag", "\r\n"), lf=("sendmail", "\n"))
def test_03_symfony(t, row):
    """Test 3 of facts/sendmail-cli.md: symfony/mailer's dialogue, with CRLF and with bare LF."""
    door, newline = row
    t.smarthost("on RCPT bad@*: reply 550 5.1.1 No such user here")
    d = Dialogue(t, door=door, newline=newline)
    d.say("HELO [127.0.0.1]", "250 ")
    d.say("NOOP", "250 ")
    d.mail(BOB)
    t.equal(d.say("RCPT TO:<bad@example.net>", "550 "), "550 5.1.1 No such user here")
    d.say("RSET", "250 ")
    d.mail(BOB)
    t.match(d.message(TEXT, "250 "), "Queued as")
    d.mail("b@example.net")
    d.message(TEXT.replace("Hello", "Again"), "250 ")
    d.quit()
    first, second = t.messages
    t.equal((first.sender, first.to), (b"s@example.org", [BOB]))
    t.equal((second.sender, second.to), (b"s@example.org", ["b@example.net"]))
    t.equal(first.body, b"Hello\r\n.x\r\nbye\r\n")
    t.equal(second.body, b"Again\r\n.x\r\nbye\r\n")
    t.match(first.raw, b"\r\n..x\r\n")
    for name in ("Date", "Message-ID", "From"):
        t.equal(len(first.field(name)), 1, name)
    t.equal(len(t.sessions), 1, "connections")
    t.equal(t.sessions[0].end, "quit")


@cases("\r\n", "\n")
def test_03_smarthost_down(t, newline):
    with t.closed_port() as port:
        t.config(f"port = {port}", "tls = off")
        d = Dialogue(t, newline=newline)
        d.say("HELO [127.0.0.1]", "250 ")
        d.say(f"MAIL FROM:<{SENDER}>", re.compile(r"451 4\.4\.1 .*Connection refused"))
        d.say(f"RCPT TO:<{BOB}>", "503 ")
        d.say("DATA", "503 ")
        d.say("RSET", "250 ")
        d.say(f"MAIL FROM:<{SENDER}>", "451 ")
        d.quit()


def test_greeting_comes_before_the_network(t):
    with t.black_hole() as port:
        t.config(f"port = {port}", "tls = off", "timeout = 1s")
        d = Dialogue(t)
        d.say("EHLO x", "250-")
        d.say(f"MAIL FROM:<{SENDER}>", re.compile("451 4.4.[12] "))
        d.quit()


def test_ehlo(t):
    t.smarthost()
    d = Dialogue(t)
    reply = d.say("EHLO [127.0.0.1]", "250-")
    words = {line[4:] for line in reply.split("\n")[1:]}
    t.equal(words, {"PIPELINING", "8BITMIME", "SIZE", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "DSN"})
    d.quit()
    t.equal(len(t.sessions), 0, "connections")


@cases("\r\n", "\n")
def test_pipelined(t, newline):
    """All in one write, before the greeting even; replies in order."""
    t.smarthost("on RCPT bad@*: reply 550 5.1.1 No such user here")
    lines = ["EHLO x", f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{BOB}>", "RCPT TO:<bad@example.net>", "DATA"]
    text = TEXT + ".\r\n" + f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<bad@example.net>\r\nDATA\r\nQUIT\r\n"
    stdin = newline.join(lines) + newline + text.replace("\r\n", newline)
    run = t.sendmail("-bs", stdin=stdin.encode())
    codes = [line[:3] for line in run.stdout.splitlines() if line[3] == " "]
    t.equal(codes, ["220", "250", "250", "250", "550", "354", "250", "250", "550", "554", "221"])
    t.equal((run.status, run.stderr), (0, ""))
    t.equal(t.message().to, [BOB])


def test_bdat(t):
    t.smarthost()
    d = Dialogue(t)
    d.say("EHLO x", "250-")
    d.mail(BOB)
    text = "Subject: t\r\n\r\n.\r\nQUIT\r\n"
    d.process.write(f"BDAT {len(text)}\r\n{text}".encode())
    d.expect("250 ")
    d.process.write(b"BDAT 5 LAST\r\nend\r\n")
    d.expect("250 ")
    d.mail(BOB)
    d.process.write(f"BDAT {len(text)} LAST\r\n{text}".encode())
    d.expect("250 ")
    d.quit()
    t.equal([m.body for m in t.messages], [b".\r\nQUIT\r\nend\r\n", b".\r\nQUIT\r\n"])


def test_bare_lf_around_a_dot_is_text(t):
    """symfony/mailer doubles dots behind CRLF only: what stands between bare LFs is not commands."""
    t.smarthost()
    d = Dialogue(t)
    d.say("HELO x", "250 ")
    d.mail(BOB)
    evil = "Subject: t\r\n\r\na\n.\nMAIL FROM:<e@example.org>\n.\r\nRCPT TO:<e@example.net>\r\n"
    d.message(evil, "250 ")
    d.quit()
    body = b"a\r\n.\r\nMAIL FROM:<e@example.org>\r\n.\r\nRCPT TO:<e@example.net>\r\n"
    t.equal(t.message().body, body)


@cases("\ra\r.\r", "x\r\r\n.\r", "\0.\0")
def test_bare_cr_and_nul_end_nothing(t, inside):
    t.smarthost()
    d = Dialogue(t)
    d.mail(BOB)
    d.message(f"Subject: t\r\n\r\na{inside}b\r\n", "250 ")
    d.quit()
    t.message()


def test_lost_when_idle(t):
    """The smarthost hangs up between two messages, and within one: another connection is made."""
    t.smarthost("on 1/END: default | close", "on 2/RCPT: default | reply 421 4.3.2 Idle too long | close")
    d = Dialogue(t)
    d.say("EHLO x", "250-")
    for i in range(2):
        d.mail(BOB)
        time.sleep(0.2)  # the caller thinks, the smarthost leaves
        d.message(TEXT.replace("Hello", f"Number {i}"), "250 ")
        time.sleep(0.2)
    d.quit()
    ended = [[m.body[:8] for m in s.messages if m.complete] for s in t.sessions]
    t.equal(ended, [[b"Number 0"], [], [b"Number 1"]])


def test_refused_when_said_again(t):
    """Lost within a message, and then a recipient is refused: the last reply says so."""
    t.smarthost("on 1/RCPT c@*: default | close", "on 2/RCPT c@*: reply 550 5.1.1 Gone")
    d = Dialogue(t)
    d.mail(BOB, "c@example.net")
    time.sleep(0.2)
    t.equal(d.message(TEXT, "550"), "550-5.1.1 Gone\n550 5.1.1 sent to 1 of 2 recipients")
    d.quit()
    t.equal(t.message().to, [BOB])


@cases(
    ("on MAIL: reply 550 5.7.1 Not you", "MAIL", "550 5.7.1 Not you"),
    ("on MAIL: reply 421 4.3.2 Leaving | close", "MAIL", "451 4.3.2 Leaving"),
    ("on GREETING: reply 554 5.7.1 Go away | close", "MAIL", "554 5.7.1 554 5.7.1 Go away"),
    ("on GREETING: reply 421 4.3.2 Busy | close", "MAIL", "451 4.3.2 421 4.3.2 Busy"),
    ("on GREETING: close", "MAIL", "451 4.4.2 "),
    ("on MAIL: close", "MAIL", "451 4.4.2 "),
    ("on RCPT: reply 452 4.2.2 Full", "RCPT", "452 4.2.2 Full"),
    ("on RCPT: reply 550-5.1.1 No\\n550 5.1.1 such user", "RCPT", "550 5.1.1 No such user"),
    ("on RCPT: reply 251 2.1.5 Will forward", "RCPT", "251 2.1.5 Will forward"),
    ("on RCPT: close", "RCPT", "451 4.4.2 "),
    ("on RCPT: garbage", "RCPT", "554 5.5.0 "),
    ("on DATA: reply 451 4.3.0 Not now", "END", "451 4.3.0 Not now"),
    ("on DATA: close", "END", "451 4.4.2 "),
    ("on BODY: reply 552 5.3.4 Too much | drain", "END", "552 5.3.4 Too much"),
    ("on END: reply 554 5.6.0 Spam", "END", "554 5.6.0 Spam"),
    ("on END: reply 452 4.3.1 Disk full", "END", "452 4.3.1 Disk full"),
    ("on END: reply 421 4.3.2 Leaving | close", "END", "451 4.3.2 Leaving"),
    ("on END: close", "END", re.compile("451 4.4.2 .*it may have been delivered")),
    ("on END: reply 250-2.0.0 One\\n250 2.0.0 two", "END", "250 2.0.0 One two"),
)
def test_replies_are_passed_on(t, row):
    rule, stage, reply = row
    t.smarthost(rule)
    t.allow("unfinished", "commands behind")
    d = Dialogue(t)
    d.say("EHLO x", "250-")
    d.say(f"MAIL FROM:<{SENDER}>", reply if stage == "MAIL" else "250 ")
    if stage != "MAIL":
        d.say(f"RCPT TO:<{BOB}>", reply if stage == "RCPT" else "250 ")
    if stage == "END":
        d.message(TEXT, reply)
    d.say("NOOP", "250 ")
    d.quit()


def test_next_message_after_a_failure(t):
    """Whatever became of one message, the next goes, over the same connection if it stands."""
    t.smarthost("on END 1: reply 554 5.6.0 Spam", "on DATA 2: reply 451 4.3.0 Not now", "on MAIL 4: reply 450 4.1.0 No")
    d = Dialogue(t)
    d.mail(BOB)
    d.message(TEXT, "554 ")
    d.mail(BOB)
    d.message(TEXT, "451 ")
    d.mail(BOB)
    d.say("RSET", "250 ")
    d.say(f"MAIL FROM:<{SENDER}>", "450 ")
    d.mail(BOB)
    d.message(TEXT, "250 ")
    d.quit()
    t.message()
    t.equal(len(t.sessions), 1, "connections")


def test_transformations(t):
    """The message goes through what every message goes through."""
    t.smarthost()
    t.config(aliases=["root = admin@example.net, ops@example.net"])
    d = Dialogue(t, "-F", "Cron Daemon")
    d.mail("root", sender="root@localhost")
    d.message("To: root@localhost\r\nBcc: secret@example.net\r\nno header\r\n", "250 ")
    d.quit()
    message = t.message()
    t.equal((message.sender, message.to), (b"acct@example.org", ["admin@example.net", "ops@example.net"]))
    t.equal(message.field("Bcc"), [])
    t.match(message.field("From")[0], "<acct@example.org>")
    t.equal(message.body, b"no header\r\n")


def test_one_of_an_alias_refused(t):
    t.smarthost("on RCPT ops@*: reply 550 5.1.1 Gone")
    t.config(aliases=["root = ops@example.net, admin@example.net", "nobody = ops@example.net"])
    d = Dialogue(t)
    d.mail("root")
    d.say("RCPT TO:<nobody>", "550 5.1.1 Gone")
    t.match(d.message(TEXT, "550-"), "sent to 1 of 2 recipients")
    d.quit()
    t.equal(t.message().to, ["admin@example.net"])


@cases(
    ("MAIL FROM:<a b@c>", "501 5.1.7 "),
    ("MAIL FROM:<@>", "501 5.1.7 "),
    ("MAIL FROM:<a@b\t>\t FOO=1", "555 5.5.4 "),
    ("MAIL FROM:<a@example.org> SIZE=99999999999", "552 5.3.4 "),
    ("MAIL FROM:<é@example.org>", "250 "),
    ("MAIL FROM:<>", "250 "),
    ("MAIL FROM: a@example.org", "250 "),
)
def test_senders(t, row):
    line, reply = row
    t.smarthost()
    d = Dialogue(t)
    d.say("EHLO x", "250-")
    d.say(line, reply)
    d.quit()


@cases(
    ("RCPT TO:<>", "501 5.1.3 "),
    ("RCPT TO:<a@b> c", "555 5.5.4 "),
    ("RCPT TO:<a,b@c>", "501 5.1.3 "),
    ("RCPT TO:<joe>", "550 5.1.1 "),
    ("RCPT TO:<a@[b.example>", "501 5.1.3 "),
    ("RCPT TO:<a\rb@c.example>", "500 5.5.2 "),
    ("RCPT TO:<é@example.net>", "501 5.1.3 "),
    ("RCPT TO:<@x.example,@y.example:joe@example.net>", "250 "),
    ('RCPT TO:<"a b"@example.net>', "250 "),
)
def test_recipients(t, row):
    line, reply = row
    t.smarthost()
    d = Dialogue(t)
    d.say("EHLO x", "250-")
    d.say(f"MAIL FROM:<{SENDER}>", "250 ")
    d.say(line, reply)
    d.quit()


def test_parameters(t):
    t.smarthost()
    d = Dialogue(t)
    d.say("EHLO x", "250-")
    d.say("MAIL FROM:<é@example.org> SMTPUTF8 BODY=8BITMIME SIZE=5 RET=HDRS ENVID=a+2Bb", "250 ")
    d.say("RCPT TO:<a@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@example.net", "250 ")
    d.say("RCPT TO:<b@example.net>", "250 ")
    d.message("Subject: é\r\n\r\né\r\n", "250 ")
    d.quit()
    message = t.message()
    t.equal(message.params, ["BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=a+2Bb"])
    t.equal([r.params for r in message.recipients], [["NOTIFY=SUCCESS,DELAY"], []])


@cases("EHLO x", "HELO x")
def test_8bit(t, hello):
    """What the caller does not declare may come all the same."""
    t.smarthost()
    d = Dialogue(t)
    d.say(hello, "250")
    d.mail(BOB)
    d.message("Subject: t\r\n\r\né\r\n", "250 ")
    d.say(f"MAIL FROM:<{SENDER}> BODY=7BIT", "250 ")
    d.say(f"RCPT TO:<{BOB}>", "250 ")
    d.message("Subject: t\r\n\r\né\r\n", "250 ")
    d.quit()
    first, second = t.messages
    t.equal((first.param("BODY"), first.body), ("8BITMIME", "é\r\n".encode()))
    t.equal((second.param("BODY"), second.body), (None, b"=C3=A9\r\n"))


def test_account_by_sender(t):
    """Each message goes to its sender's account."""
    one, two = t.smarthost(), t.smarthost()
    accounts = "".join(
        f"[account {name}]\nhost = 127.0.0.1\nport = {host.port}\ntls = off\nmatch = *@{name}.example\n"
        f"from = me@{name}.example\naliases = {t.folder}/aliases-{name}\n"
        for name, host in (("one", one), ("two", two))
    )
    t.raw_config(accounts + "[log]\nsyslog = off\n")
    for name in ("one", "two"):
        (t.folder / f"aliases-{name}").write_text(f"root: admin@{name}.example\n", encoding="ascii")
    d = Dialogue(t)
    for name in ("two", "one", "two", "two"):
        d.mail("root", sender=f"x@{name}.example")
        d.message(TEXT, "250 ")
    d.quit()
    for host, name, count in ((one, "one", 1), (two, "two", 3)):
        host.finish()
        t.equal([(m.sender.decode(), m.to) for m in host.messages],
                [(f"x@{name}.example", [f"admin@{name}.example"])] * count)  # fmt: skip
    t.equal(len(two.finish()), 2, "connections")


def test_log(t):
    """One record a message, also for one that was refused; none for one that was taken back."""
    log = t.folder / "log"
    t.smarthost("on RCPT bad@*: reply 550 5.1.1 No such user here")
    t.config(log=["syslog = off", f"file = {log}", "format = json"])
    d = Dialogue(t)
    d.mail(BOB)
    d.message(TEXT, "250 ")
    d.mail(BOB)
    d.say("RCPT TO:<bad@example.net>", "550 ")
    d.say("RSET", "250 ")
    d.mail(BOB)
    d.say("RSET", "250 ")
    d.mail(BOB)
    d.message(TEXT, "250 ")
    d.quit()
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    t.equal([(r["result"], r["exit"], r["reused"]) for r in records],
            [("sent", 0, "no"), ("failed", 67, "yes"), ("sent", 0, "yes")])  # fmt: skip
    t.equal([r["code"] for r in records[1]["recipients"]], [0, 550])


def test_verbose(t):
    """-v: the dialogue with the smarthost on stderr."""
    t.smarthost()
    d = Dialogue(t, "-v")
    d.mail(BOB)
    d.message(TEXT, "250 ")
    d.say("QUIT", "221 ")
    run = d.process.finish()
    t.equal(run.status, 0)
    t.match(run.stderr, "C: RCPT TO:<a@example.net>")
    t.match(run.stderr, re.compile(r"C: \(message, \d+ octets\)"))


def test_login_is_refused(t):
    t.smarthost("tls: starttls", "auth: PLAIN", "on AUTH: reply 535 5.7.8 Wrong")
    d = Dialogue(t)
    d.say(f"MAIL FROM:<{SENDER}>", "554 5.7.8 535 5.7.8 Wrong")
    d.quit()
    t.nothing_sent()


def test_tls(t):
    t.smarthost("tls: starttls", "auth: SCRAM-SHA-256 PLAIN")
    d = Dialogue(t)
    for _ in range(2):
        d.mail(BOB)
        d.message(TEXT, "250 ")
    d.quit()
    t.equal((len(t.messages), len(t.sessions)), (2, 1))


def test_lmtp(t):
    """One reply for all recipients; a failure of one is told."""
    t.smarthost("protocol: lmtp", f"listen: unix:{t.folder}/lmtp", "on END b@*: reply 550 5.2.1 Disabled")
    d = Dialogue(t)
    d.mail(BOB, "c@example.net")
    d.message(TEXT, "250 ")
    d.mail(BOB, "b@example.net", "c@example.net")
    t.equal(d.message(TEXT, "550"), "550-5.2.1 Disabled\n550 5.2.1 sent to 2 of 3 recipients")
    d.quit()


def test_timeout_spares_the_caller(t):
    """The account's time runs only while the smarthost is waited for."""
    t.smarthost()
    t.config("timeout = 2s")
    d = Dialogue(t)
    d.mail(BOB)
    time.sleep(2.5)
    d.message(TEXT, "250 ")
    d.quit()


def test_timeout(t):
    t.smarthost("on END: stall")
    t.config("timeout = 1s")
    d = Dialogue(t)
    d.mail(BOB)
    d.message(TEXT, re.compile("451 4.4.2 .*it may have been delivered"))
    d.quit()


def test_broken_configuration(t):
    """Greets, and says at MAIL what is wrong; a wrong call is told at once."""
    t.raw_config("[account x]\nhos = a\n")
    d = Dialogue(t)
    d.say("HELO x", "250 ")
    d.say(f"MAIL FROM:<{SENDER}>", re.compile("451 4.3.5 .*hos"))
    d.quit()
    for args in (["--dry-run"], ["--json"], ["--file", "x"], ["-f", "a b"]):
        run = t.postbag("-bs", *args)
        t.equal((run.status, run.stdout), (64, ""))


@cases(("", 0), ("HELO x\r\n", 0), ("HELO x\r\nQUIT", 0), ("MAIL FROM:<s@example.org>\r\n", 0),
       ("MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\nSubject: x\r\n", 66),
       ("MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nBDAT 9 LAST\r\nx", 66))  # fmt: skip
def test_end_of_input(t, row):
    """Without pending data the end is no failure; half a message is never sent."""
    stdin, status = row
    t.smarthost()
    run = t.sendmail("-bs", stdin=stdin.encode())
    t.equal(run.status, status)
    t.equal(run.stderr == "", status == 0, "stderr is empty")
    t.nothing_sent()


def test_signals(t):
    """Waiting for its caller it dies of a signal, after a message as before it."""
    t.smarthost()
    for messages in (0, 1):
        d = Dialogue(t)
        for _ in range(messages):
            d.mail(BOB)
            d.message(TEXT, "250 ")
        d.say("NOOP", "250 ")
        d.process.signal(15)
        d.finish(status=-15)


def test_many_messages(t):
    """Memory and descriptors do not grow; each message has its own Message-ID."""
    t.smarthost()
    d = Dialogue(t)
    for _ in range(60):
        d.mail(BOB)
        d.message(TEXT, "250 ")
    proc = f"/proc/{d.process.popen.pid}/fd"
    t.true(len(os.listdir(proc)) < 10, "descriptors leak")
    d.quit()
    t.equal(len({m.field("Message-ID")[0] for m in t.messages}), 60)
    t.equal(len(t.sessions), 1)

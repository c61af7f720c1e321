"""sendmail's door: the tests of facts/sendmail-cli.md section 5, as far as they are built."""

import os
import re

from harness import MESSAGE, cases

CRON = (
    b"From: root (Cron Daemon)\nTo: root\nSubject: Cron <joe@h> x\nMIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
    b"X-Cron-Env: <SHELL=/bin/sh>\n\n\xc3\xa9\n.\nlast"
)


def test_01_cron(t):
    """Debian's cron, as an ordinary user with an empty environment."""
    t.smarthost("tls: off")
    t.config(aliases=["root = admin@example.net"])
    if os.geteuid() == 0:
        t.drop_to("nobody")
    keep = {"POSTBAG_CONFIG": str(t.config_file), "TMPDIR": str(t.tmp)}
    empty = dict.fromkeys(t.environment({}), None)
    run = t.sendmail("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root", stdin=CRON, env={**empty, **keep})
    t.accepted(run)
    message = t.message()
    t.equal((message.sender, message.to), (b"acct@example.org", ["admin@example.net"]))
    t.equal(message.param("BODY"), "8BITMIME")
    t.true(message.param("SIZE") is not None, "no SIZE=")
    t.equal(len(message.field("From")), 1)
    t.match(message.field("From")[0], re.compile(r"Cron Daemon.*<acct@example\.org>"))
    names = [line.split(b":")[0] for line in message.header.split(b"\r\n") if b":" in line]
    kept = [n for n in names if n not in (b"Date", b"Message-ID")]
    t.equal(kept, [b"From", b"To", b"Subject", b"MIME-Version", b"Content-Type",
                   b"Content-Transfer-Encoding", b"X-Cron-Env"])  # fmt: skip
    t.true(message.raw.endswith(b"\r\n\xc3\xa9\r\n..\r\nlast\r\n"), f"body {message.raw[-30:]!r}")


def test_02_php(t):
    """PHP 8: CRLF and LF mixed."""
    stdin = (b"To: a@example.net\r\nSubject: t\r\nFrom: x@example.org\r\nReply-To: q@example.org\r\n\r\n"
             b"To: not@a.recipient\nl2\r\n\r\n")  # fmt: skip
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-t", "-i", "-fbounce@example.org", stdin=stdin))
    message = t.message()
    t.equal((message.sender, message.to), (b"bounce@example.org", ["a@example.net"]))
    t.equal(message.field("Reply-To"), ["q@example.org"])
    t.equal(message.body, b"To: not@a.recipient\r\nl2\r\n\r\n")
    t.lacks(message.raw, b"\r\r")


BCC = (
    b"To: a@example.net,\n B <b@example.net>\nCc: undisclosed-recipients:;\n"
    b"Bcc: c@example.net,\n d@example.net\nSubject: t\n\nb\n"
)


def test_04_bcc(t):
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-t", "-i", "extra@example.net", "a@example.net", stdin=BCC))
    t.accepted(t.sendmail("x@example.net", stdin=BCC))
    first, second = t.messages
    t.equal(sorted(first.to), [f"{who}@example.net" for who in ("a", "b", "c", "d", "extra")])
    t.equal(second.to, ["x@example.net"])
    for message in (first, second):
        t.lacks(message.header.lower(), re.compile(rb"bcc|d@example\.net"))
        t.match(message.header, b"To: a@example.net,\r\n B <b@example.net>\r\n")


def test_05_resent(t):
    """See scenario_message; here with -oi."""
    stdin = (
        b"Resent-From: me@example.org\nResent-To: r@example.net\nResent-Bcc: s@example.net\n"
        b"From: o@example.com\nTo: old@example.net\nBcc: hidden@example.net\n"
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.com>\n\nb\n"
    )
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-t", "-oi", stdin=stdin))
    t.equal(t.message().to, ["r@example.net", "s@example.net"])


@cases(
    no_header=(b"hello\nworld\n", b"hello\r\nworld\r\n"),
    empty=(b"", b""),
    header_only=(b"Subject: t\nX: y\n", b""),
    unclosed=(b"Subject: t\nno header here\nz: 1\n", b"no header here\r\nz: 1\r\n"),
    mbox=(b"From joe Thu Jan  1 00:00:00 2026\nSubject: t\n\nb\n", b"b\r\n"),
)
def test_06_degenerate(t, row):
    stdin, body = row
    t.smarthost("tls: off")
    t.accepted(t.sendmail("a@example.net", stdin=stdin))
    message = t.message()
    for name in ("From", "Date", "Message-ID"):
        t.equal(len(message.field(name)), 1, name)
    t.equal(message.body, body)
    t.lacks(message.header, b"From joe")


def test_07_senders(t):
    """The rest of it stands in scenario_address."""
    t.smarthost("tls: off")
    run = t.sendmail("-f", "a b", "bob@example.net")
    t.failed(run, 64)
    t.equal((len(run.lines) <= 2, t.sessions), (True, []))


TEMPORARY = {
    "greeting": "on GREETING: reply 421 4.3.2 full",
    "mail": "on MAIL: reply 450 4.7.1 later",
    "rcpt": "on RCPT: reply 451 4.2.0 greylisted",
    "data": "on DATA: reply 451 4.3.0 later",
    "end": "on END: reply 452 4.2.2 full",
    "close": "on DATA: close",
}


@cases(**TEMPORARY)
def test_09_temporary(t, rule):
    t.smarthost("tls: off", rule)
    t.failed(t.sendmail("a@example.net"), 75, rule.partition("reply ")[2])
    t.config("exit_tempfail = 69")
    t.failed(t.sendmail("a@example.net"), 69)
    t.nothing_sent() if "END" not in rule else None


PERMANENT = {
    "rcpt_511": ("on RCPT: reply 550 5.1.1 x", 67),
    "rcpt_571": ("on RCPT: reply 554 5.7.1 x", 77),
    "rcpt_550": ("on RCPT: reply 550 x", 67),
    "mail_534": ("on MAIL: reply 552 5.3.4 x", 65),
    "end_560": ("on END: reply 554 5.6.0 x", 65),
    "greeting_554": ("on GREETING: reply 554 x", 69),
    "data_554": ("on DATA: reply 554 x", 69),
    "mail_501": ("on MAIL: reply 501 5.1.7 x", 65),
    "rcpt_512": ("on RCPT: reply 550 5.1.2 x", 68),
    "rcpt_553": ("on RCPT: reply 553 x", 67),
    "mail_530": ("on MAIL: reply 530 5.7.0 x", 77),
    "rcpt_503": ("on RCPT: reply 503 5.5.1 x", 76),
    "rcpt_522": ("on RCPT: reply 552 5.2.2 x", 69),
    "class_wins": ("on RCPT: reply 450 5.1.1 x", 75),
}


@cases(**PERMANENT)
def test_10_permanent(t, row):
    rule, status = row
    t.smarthost("tls: off", rule)
    t.failed(t.sendmail("a@example.net"), status, rule.partition("reply ")[2].partition(" ")[0])


def test_11_silence(t):
    """As at and others call it; and with descriptors closed."""
    t.smarthost("tls: off")
    args = ["-oi", "-f", "a@example.org", "-oem", "-odb", "-t"]
    t.accepted(t.sendmail(*args))
    path, config = t.door("sendmail"), str(t.config_file)
    for closed in ("1>&- 2>&-", "0<&-", "0<&- 1>&- 2>&-"):
        script = f'exec "$@" {closed}'
        stdin = None if "0<&-" in closed else MESSAGE
        extra = ["bob@example.net"] if stdin is None else []
        run = t.run("sh-wrapper", "-c", script, "sh", path, *args, *extra, stdin=stdin,
                    executable="/bin/sh", env={"POSTBAG_CONFIG": config})  # fmt: skip
        t.true(run.status in (0, 66), f"{closed}: status {run.status} {run.stderr}")
    t.true(len(t.messages) >= 2, f"{len(t.messages)} messages")


def test_13_raw_bytes(t):
    stdin = (
        b"Subject: \xc3\xa9\nX-Long: " + b"w " * 1500 + b"\n\n"
        b"a\rb\nc\0d\n\r.\r\n.\r.\n" + b"x" * 1200 + b"\nend"
    )  # fmt: skip
    for dropped in ("", "8BITMIME, SMTPUTF8"):
        t.smarthost("tls: off", "ehlo-drop: " + dropped)
        t.allow("8-bit text")  # the raw Subject, where there is no way to declare it
        t.accepted(t.sendmail("-i", "a@example.net", stdin=stdin))
    for message in t.messages:
        t.lacks(message.raw, re.compile(rb"\0|\r(?!\n)|(?<!\r)\n"))
        t.true(message.data.rstrip(b"\r\n").endswith(b"end"), "the last line is lost")
    t.equal(len(t.messages), 2)


STORM = (
    "-Am -B 8BITMIME -h 3 -L tag -N failure,delay -R hdrs -V env1 -O ErrorMode=q -odi -oem -o i "
    "-oo -m -n -s -U -G -p X -X /dev/null -M a1 -T -Fme -- a@example.net"
).split()


def test_14_storm(t):
    t.smarthost("tls: off")
    t.accepted(t.sendmail(*STORM))
    message = t.message()
    t.equal(message.to, ["a@example.net"])
    t.equal((message.param("RET"), message.param("ENVID")), ("HDRS", "env1"))
    t.equal(message.recipients[0].params, ["NOTIFY=FAILURE,DELAY"])


def test_14_storm_without_dsn(t):
    t.smarthost("tls: off", "ehlo-drop: DSN")
    t.accepted(t.sendmail(*STORM))
    t.equal(t.message().recipients[0].params, [])


@cases(
    unknown=["-Z", "a@example.net"], dash_recipient=["a@example.net", "-f", "b@example.net"],
    long_option=["--set", "host=x", "a@example.net"], long_file=["--file=/etc/passwd", "a@example.net"],
    long_config=["--config", "x", "a@example.net"], daemon=["-bd"], test_mode=["-bt"],
    no_recipient=["-i"],
)  # fmt: skip
def test_14_usage(t, args):
    t.smarthost("tls: off")
    run = t.sendmail(*args)
    t.equal(run.status, 64)
    t.true(run.stderr != "", "nothing is said")
    t.equal(t.sessions, [])


@cases(
    ("sendmail", "-q"), ("sendmail", "-q30m"), ("sendmail", "-bp"), ("sendmail", "-bi"),
    ("mailq",), ("newaliases",), ("sendmail", "-bh"),
)  # fmt: skip
def test_14_not_reading(t, row):
    """Exit 0 at once, with an open and silent stdin."""
    t.config()
    process = t.start(*row)
    try:
        status = process.popen.wait(3)
    finally:
        process.popen.kill()
    t.equal(status, 0)


def test_14_eq(t):
    """-eq is an error mode, not -q."""
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-eq", "a@example.net"))
    t.equal(len(t.messages), 1)


def test_14_verify(t):
    t.smarthost("tls: off")
    t.config(aliases=["root = admin@example.net"])
    run = t.sendmail("-bv", "root", stdin=b"")
    t.equal((run.status, run.stdout.split()), (0, ["admin@example.net"]))
    t.equal(t.sessions, [])


@cases(
    ["-X", "{}"], ["-X{}"], ["-D", "{}"], ["-O", "QueueDirectory={}"], ["-OLogFile={}"], ["-oQ{}"],
    ["-C{}"], ["-C", "{}"], ["-d0.1>{}"], ["-Ac{}"],
)  # fmt: skip
def test_web_input(t, args):
    """PHP's fifth argument creates, reads and runs nothing."""
    t.smarthost("tls: off")
    if os.geteuid() == 0:
        t.drop_to("nobody")
        t.config()
    evil = t.tmp / "evil"
    run = t.sendmail("-t", "-i", *[word.format(evil) for word in args])
    t.true(not evil.exists(), "a file was made")
    t.true(run.status in (0, 64, 78), f"status {run.status}")
    marker = t.folder / "ran"
    config = t.folder / "evil.conf"
    config.write_text(
        f"[account x]\nhost = 127.0.0.1\nport = {t.host.port}\nuser = u\npassword_command = touch {marker}\n",
        encoding="utf-8",
    )
    os.chown(config, 65534, 65534) if os.geteuid() == 0 else None
    t.sendmail("-t", "-i", *[word.format(config) for word in args])
    t.true(not marker.exists(), "a command was run")


def test_lone_dot_from_pipe(t):
    """Without -i too: mail from a pipe is never cut."""
    t.smarthost("tls: off")
    t.accepted(t.sendmail("a@example.net", stdin=b"Subject: x\n\na\n.\nb\n"))
    t.equal(t.message().body, b"a\r\n.\r\nb\r\n")


def test_send_mail_is_sendmail(t):
    t.smarthost("tls: off")
    t.accepted(t.run("send-mail", "-oi", "a@example.net"))
    t.equal(len(t.messages), 1)


def test_prefix(t):
    """The prefix is the name it was called by."""
    t.smarthost("tls: off", "on RCPT: reply 550 5.1.1 No")
    run = t.sendmail("a@example.net")
    t.true(all(line.startswith("sendmail: ") for line in run.lines), run.stderr)

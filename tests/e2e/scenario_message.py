"""What the caller writes arrives, but for the promised changes."""

import os
import random
import re
import time

from harness import cases, full

HEAD = b"From: ann@example.org\nTo: bob@example.net\nSubject: x\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.org>\n"
MIME = b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"


def send(t, body, head=HEAD, server=("tls: off",)):
    t.smarthost(*server)
    t.accepted(t.postbag("-f", "ann@example.org", "bob@example.net", stdin=head + b"\n" + body))
    return t.message()


def test_unchanged(t):
    """A complete message is not touched at all."""
    body = b"one\n\n two \n\tthree\nFrom here\nTo: not@a.recipient\n" + b"w" * 990 + b"\n"
    message = send(t, body)
    t.equal(message.data, (HEAD + b"\n" + body).replace(b"\n", b"\r\n"))


@cases(
    lone=(b".\n", b"..\r\n"),
    two=(b"..\n.\n", b"...\r\n..\r\n"),
    leading=(b".a\n..b\na.\n", b"..a\r\n...b\r\na.\r\n"),
    last=(b"a\n.", b"a\r\n..\r\n"),
    only_dots=(b"....", b".....\r\n"),
)
def test_dots(t, row):
    body, stuffed = row
    message = send(t, body)
    t.true(message.raw.endswith(b"\r\n\r\n" + stuffed), f"stuffed as {message.raw[-20:]!r}")


@cases(
    crlf=(b"a\r\nb\r\n", b"a\r\nb\r\n"),
    mixed=(b"a\r\nb\nc\r\n", b"a\r\nb\r\nc\r\n"),
    crcrlf=(b"a\r\r\nb\r\r\r\n", b"a\r\nb\r\n"),
    bare_cr=(b"a\rb\n", b"a b\r\n"),
    nul=(b"a\0b\n", b"ab\r\n"),
    no_newline=(b"a", b"a\r\n"),
    empty=(b"", b""),
    blank_lines=(b"\n\n\n", b"\r\n\r\n\r\n"),
    smuggling=(b"a\r.\r\nb\n\r.\r\n.\rc\n", b"a .\r\nb\r\n .\r\n. c\r\n"),
)
def test_line_ends(t, row):
    body, arrived = row
    message = send(t, body)
    t.equal(message.body, arrived)


def test_crlf_header(t):
    """PHP: CRLF in the header, LF in the rest; nothing is taken for a fold."""
    head = HEAD.replace(b"\n", b"\r\n", 3)
    message = send(t, b"b\n", head)
    t.equal(message.header, HEAD.replace(b"\n", b"\r\n"))


def test_boundaries(t):
    """Line ends, dots and lone octets around every buffer boundary."""
    pieces = [b"x" * 700 + b"\n", b".\n", b"..\r\n", b"\n", b"a" * 61 + b"\r\n", b".b\n"]
    rng = random.Random(1)
    body = b"".join(rng.choice(pieces) for _ in range(3000))
    message = send(t, body)
    t.equal(message.body, body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


@full
@cases(*range(16))
def test_hostile_bodies(t, seed):
    """Any octets: one end of data, no bare CR, LF or NUL, and nothing but they is lost."""
    rng = random.Random(seed)
    alphabet = [b"\r", b"\n", b".", b"\0", b"a", b"\r\n", b"\r\n.\r\n", b"\n.\n", b"x" * 4090]
    for _ in range(30):
        body = b"".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 200)))
        run = t.postbag("bob@example.net", stdin=HEAD + b"\n" + body) if t.hosts else None
        if not run:
            t.smarthost("tls: off")
            continue
        t.accepted(run)
    for message in t.messages:
        t.lacks(message.raw, re.compile(rb"\0|\r(?!\n)|(?<!\r)\n"))


@cases(998, 999, 1000, 5000)
def test_long_body_line(t, octets):
    """No line beyond 998 octets, and the text can be had back."""
    line = b"word " * (octets // 5) + b"x" * (octets % 5)
    message = send(t, b"before\n" + line + b"\nend\n", HEAD + MIME)
    t.true(all(len(part) <= 998 for part in message.data.split(b"\r\n")), "a line is too long")
    encoded = message.field("Content-Transfer-Encoding") == ["quoted-printable"]
    t.equal(encoded, octets > 998, "quoted-printable")
    text = message.body.replace(b"=\r\n", b"") if encoded else message.body
    t.equal(text.replace(b"=20\r\n", b" \r\n"), b"before\r\n" + line + b"\r\nend\r\n")


def test_long_header_line(t):
    """A field is folded at its blanks."""
    head = HEAD + b"X-Long: " + b"word " * 300 + b"end\n"
    message = send(t, b"b\n", head)
    lines = message.header.split(b"\r\n")
    t.true(all(len(line) <= 998 for line in lines), "a line is too long")
    t.equal(message.field("X-Long"), [("word " * 300 + "end")])


def test_header_limit(t):
    """A header block beyond 1 MiB is refused."""
    t.smarthost("tls: off")
    run = t.postbag("bob@example.net", stdin=b"X-A: " + b"a" * 70 + b"\n" + b"X: y\n" * 300000 + b"\n")
    t.failed(run, 65)
    t.equal(t.sessions, [])


def test_completed(t):
    """Date, Message-ID and From are added; the full name is that of -F."""
    t.smarthost("tls: off")
    run = t.postbag("-F", 'Ann "the" Writer', "bob@example.net", stdin=b"Subject: x\n\nb\n")
    t.accepted(run)
    message = t.message()
    t.equal(message.field("From"), ['"Ann \\"the\\" Writer" <acct@example.org>'])
    t.match(message.field("Date")[0], re.compile(r"^\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$"))
    t.match(message.field("Message-ID")[0], re.compile(r"^<\S+@example\.org>$"))


def test_from_name_utf8(t):
    """A name beyond ASCII becomes an encoded word."""
    t.smarthost("tls: off", "ehlo-drop: SMTPUTF8, 8BITMIME")
    t.accepted(t.postbag("-F", "José", "bob@example.net", stdin=b"Subject: x\n\nb\n"))
    t.match(t.message().field("From")[0], re.compile(r"^=\?utf-8\?[qb]\?\S+\?= <acct@", re.I))


def test_no_header_at_all(t):
    t.smarthost("tls: off")
    t.accepted(t.postbag("bob@example.net", stdin=b"hello\nworld\n"))
    t.equal(t.message().body, b"hello\r\nworld\r\n")


def test_header_without_end(t):
    """The body begins at the first line that is no field."""
    t.smarthost("tls: off")
    t.accepted(t.postbag("bob@example.net", stdin=b"Subject: t\nno header here\nz: 1\n"))
    t.equal(t.message().body, b"no header here\r\nz: 1\r\n")
    t.equal(t.message().field("Subject"), ["t"])


@cases(b"From joe Thu Jan  1 00:00:00 2026\n", b">From joe Thu Jan  1 00:00:00 2026\n")
def test_mbox_line_removed(t, line):
    t.smarthost("tls: off")
    t.accepted(t.postbag("bob@example.net", stdin=line + HEAD + b"\nFrom here\n"))
    t.lacks(t.message().header, b"joe")
    t.equal(t.message().body, b"From here\r\n")


def test_removed_fields(t):
    t.smarthost("tls: off")
    head = HEAD + b"Return-Path: <x@y.z>\nContent-Length: 7\nX-Kept: 1\n"
    t.accepted(t.postbag("bob@example.net", stdin=head + b"\nb\n"))
    t.equal(t.message().header, (HEAD + b"X-Kept: 1\n").replace(b"\n", b"\r\n"))


def test_resent(t):
    """With a Resent- block -t takes its recipients, and the old fields stay."""
    t.smarthost("tls: off")
    old = b"From: o@example.com\nTo: old@example.net\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.com>\n"
    block = b"Resent-From: me@example.org\nResent-To: r@example.net\nResent-Bcc: s@example.net\n"
    t.accepted(t.postbag("-t", stdin=block + old + b"Bcc: hidden@example.net\n\nb\n"))
    message = t.message()
    t.equal(message.to, ["r@example.net", "s@example.net"])
    t.lacks(message.header.lower(), b"bcc")
    t.equal([message.field(f) for f in ("From", "Date", "Message-ID")],
            [["o@example.com"], ["Thu, 1 Jan 2026 00:00:00 +0000"], ["<1@example.com>"]])  # fmt: skip
    t.equal(len(message.field("Resent-Date")) + len(message.field("Resent-Message-ID")), 2)


def test_8bit_header_only(t):
    """A raw subject beyond ASCII passes as it is and asks for 8BITMIME, not for SMTPUTF8."""
    head = HEAD.replace(b"Subject: x", b"Subject: caf\xc3\xa9")
    message = send(t, b"b\n", head)
    t.equal(message.field("Subject"), ["caf\u00e9"])
    t.equal((message.param("BODY"), message.param("SMTPUTF8")), ("8BITMIME", None))


def test_dkim_keeps_header(t):
    head = b"DKIM-Signature: v=1\n" + HEAD.replace(b"ann@example.org", b"root@localhost")
    t.smarthost("tls: off")
    t.accepted(t.postbag("bob@example.net", stdin=head + b"\nb\n"))
    t.equal(t.message().header, head.replace(b"\n", b"\r\n"))


def test_cron(t):
    """root@localhost is rewritten, the name kept."""
    t.smarthost("tls: off")
    head = b"From: root (Cron Daemon)\nTo: root\nSubject: Cron <joe@h> x\n"
    t.config(aliases=["root = admin@example.net"])
    t.accepted(t.sendmail("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root", stdin=head + b"\nout\n"))
    message = t.message()
    t.equal((message.sender, message.to), (b"acct@example.org", ["admin@example.net"]))
    t.match(message.field("From")[0], re.compile(r'^"Cron Daemon \(root@[^)]+\)" <acct@example\.org>$'))


@cases("never", "auto", "always")
def test_rewrite_from(t, policy):
    """What becomes of an undeliverable and of a foreign From."""
    t.smarthost("tls: off")
    t.config("rewrite_from = " + policy)
    for sender in ("root@localhost", "x@foreign.example"):
        head = HEAD.replace(b"ann@example.org", sender.encode())
        t.accepted(t.postbag("bob@example.net", stdin=head + b"\nb\n"))
    local, foreign = [m.field("From")[0] for m in t.messages]
    t.equal("acct@example.org" in local, policy != "never", local)
    t.equal("acct@example.org" in foreign, policy == "always", foreign)


def test_large_message(t):
    """200 MB from a pipe: all of it arrives, memory does not grow with it."""
    megabytes = 200 if t.context.full else 40
    t.smarthost("tls: starttls", "auth: PLAIN", "keep: no", "ehlo: PIPELINING, SIZE, 8BITMIME")
    process = t.start("postbag", "bob@example.net")
    process.write(HEAD + b"\n")
    block = (b"y" * 76 + b"\n") * 13618
    lines = megabytes * 1000000 // len(block)
    for _ in range(lines):
        process.write(block)
    process.popen.stdin.close()
    process.popen.stdin = None
    peak = wait_for_peak(process.popen.pid)
    t.accepted(process.finish(timeout=120))
    t.equal(t.message().size, lines * 13618 * 78 + len(HEAD) + HEAD.count(b"\n") + 2)
    t.true(peak < 12 * 1024 or t.context.sanitized, f"peak resident memory {peak} KiB")


def wait_for_peak(pid):
    """VmHWM in KiB, the last value that can be read."""
    peak = 0
    while True:
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                found = re.search(r"VmHWM:\s+(\d+)", status.read())
        except OSError:
            return peak
        if not found:
            return peak
        peak = max(peak, int(found[1]))
        if not os.path.exists(f"/proc/{pid}"):
            return peak
        time.sleep(0.02)

"""Addresses: what is understood, and what can never reach a command."""

import re

from harness import cases

HEAD = b"From: ann@example.org\nSubject: x\n"


@cases(
    plain=("bob@example.net", ["bob@example.net"]),
    phrase=("Foo <a@b.example>, d@e.example", ["a@b.example", "d@e.example"]),
    group=("Us: a@b.example, c@d.example;", ["a@b.example", "c@d.example"]),
    comment=("g (c) @ h.example", ["g@h.example"]),
    route=("<@r.example:j@k.example>", ["j@k.example"]),
    quoted=('"a b"@c.example', ['"a b"@c.example']),
    needless_quotes=('"ab"@c.example', ["ab@c.example"]),
    twice=("a@b.example, A@b.example, a@B.example", None),
    literal=("a@[192.0.2.1]", ["a@[192.0.2.1]"]),
    idn=("a@bücher.example", ["a@xn--bcher-kva.example"]),
)
def test_argv(t, row):
    word, to = row
    t.smarthost("tls: off")
    t.accepted(t.postbag("-f", "ann@example.org", "--", word))
    if to:
        t.equal(t.message().to, to)
    else:
        t.true(t.message().to[0] == "a@b.example" and len(t.message().to) <= 2, "not unique")


ZOO = (
    b'To: Undisc: a@b.example, "B, C" <d@e.example> (com, ment), g (c) @ h.example;\n'
    b' ,<@r.example:j@k.example>\ncc : "q\\"r"@s.example\nSubject: t\n\nb\n'
)


def test_zoo(t):
    """Test 12 of facts/sendmail-cli.md: every old form, and the header's octets unchanged."""
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-t", stdin=ZOO))
    message = t.message()
    t.equal(message.to, ["a@b.example", "d@e.example", "g@h.example", "j@k.example", '"q\\"r"@s.example'])
    t.match(message.data, ZOO.partition(b"Subject")[0].replace(b"\n", b"\r\n"))


@cases(
    "a@b.example\r\nRCPT TO:<x@y.z>", "a@b.example\nDATA", "a@b.example\r", "<a@b.example>\nX",
    "a@b.example> NOTIFY=NEVER", "a b@c.example", "a@b.example>", "a@", "@b.example", "a@b..c",
    "a@b@c.example", '"a\rb"@c.example', '"a\nb"@c.example', "a@b.example\x01", '"a\x00',
)  # fmt: skip
def test_hostile_argv(t, word):
    """64, nothing connected, and nothing of it on a second line of stderr."""
    t.smarthost("tls: off")
    for args in (["--", word], ["-f", word, "bob@example.net"]):
        if "\0" in word:
            continue
        run = t.postbag(*args)
        t.failed(run, 64)
        t.true(all(line.startswith("postbag: ") for line in run.lines), run.stderr)
    t.equal(t.sessions, [])


@cases(
    cr=b"To: x@y.example\r z\n", nul=b"To: a@b.example\0\n", inside=b"To: a\0b@c.example\n",
    quoted=b'To: "a\rb"@c.example\n', fold=b"To: a@b.example\n\r c@d.example\n",
)  # fmt: skip
def test_hostile_header(t, field):
    """65 or cleaned, never raw in RCPT."""
    t.smarthost("tls: off")
    run = t.postbag("-t", stdin=HEAD + field + b"\nb\n")
    t.true(run.status in (0, 65), f"status {run.status}")
    if run.status == 65:
        t.equal(t.sessions, [])
    for session in t.sessions:
        for command in session.commands:
            t.lacks(command, re.compile(rb"[\0\r\n]"))


@cases("\n", "\r", "\r\nBcc: evil@example.net", "\x00x")
def test_hostile_name(t, ending):
    """-F cannot add a field."""
    t.smarthost("tls: off")
    if "\0" in ending:
        return
    run = t.postbag("-F", "Ann" + ending, "bob@example.net", stdin=b"Subject: x\n\nb\n")
    t.failed(run, 64)
    t.equal(t.sessions, [])


@cases(
    sender=("from = a@b.example> SIZE=1", 78),
    sender_name=("from_name = A\x01B", 78),
    hello=("domain = a b", 78),
    alias=(None, 78),
)
def test_hostile_config(t, row):
    """Nothing that stands in the configuration can end a command either."""
    line, status = row
    t.smarthost("tls: off")
    if line:
        t.config(line)
    else:
        t.config(aliases=["root = a@b.example> NOTIFY=NEVER"])
    run = t.postbag("--", "root" if not line else "bob@example.net", stdin=b"Subject: x\n\nb\n")
    t.true(run.status in (status, 65, 67), f"status {run.status}: {run.stderr}")
    t.equal(t.sessions, [])


@cases(
    empty=("", b""), null=("<>", b""), phrase=("N <n@example.org>", b"n@example.org"),
    local=("root", b"acct@example.org"), localhost=("root@localhost", b"acct@example.org"),
    foreign=("x@example.org", b"x@example.org"),
)  # fmt: skip
def test_dash_f(t, row):
    """Test 7 of facts/sendmail-cli.md."""
    given, sender = row
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-f", given, "bob@example.net"))
    t.equal(t.message().sender, sender)


def test_dash_f_attached(t):
    t.smarthost("tls: off")
    t.accepted(t.sendmail("-f<>", "bob@example.net"))
    t.accepted(t.sendmail("-rx@example.org", "bob@example.net"))
    t.equal([m.sender for m in t.messages], [b"", b"x@example.org"])


def test_null_sender_from(t):
    """Without a From field the null sender still gets one that can be read."""
    t.smarthost("tls: off")
    t.accepted(t.postbag("-f", "", "bob@example.net", stdin=b"Subject: x\n\nb\n"))
    t.match(t.message().field("From")[0], re.compile(r"\S+@\S+"))


def test_smtputf8_header(t):
    """A local part beyond ASCII in an address field asks for SMTPUTF8, a display name does not."""
    t.smarthost("tls: off")
    name = "From: José <ann@example.org>\nSubject: é\n\nb\n".encode()
    address = "From: josé@example.org\nSubject: x\n\nb\n".encode()
    t.accepted(t.postbag("bob@example.net", stdin=name))
    t.accepted(t.postbag("bob@example.net", stdin=address))
    t.equal([m.param("SMTPUTF8") for m in t.messages], [None, ""])


def test_qualified_headers(t):
    """Bare addresses in the header get the maildomain."""
    t.smarthost("tls: off")
    t.config("maildomain = example.org", aliases=["root = admin@example.net"])
    stdin = b"From: ann@example.org\nTo: root\nCc: joe (Joe), x@y.example\nSubject: x\n\nb\n"
    t.accepted(t.postbag("-t", stdin=stdin))
    message = t.message()
    t.equal(message.field("To"), ["root@example.org"])
    t.match(message.field("Cc")[0], "joe@example.org")
    t.equal(message.to, ["admin@example.net", "joe@example.org", "x@y.example"])


def test_many_recipients(t):
    """100 recipients a transaction; 452 after an accepted one moves the rest to the next."""
    t.smarthost("tls: off")
    t.accepted(t.postbag(*[f"r{i}@example.net" for i in range(250)]))
    t.equal([len(m.to) for m in t.messages], [100, 100, 50])
    t.equal(len({m.data for m in t.messages}), 1, "texts of the three")


def test_too_many_recipients(t):
    t.smarthost("tls: off", *[f"on RCPT {n}: reply 452 4.5.3 Too many" for n in (3, 4, 5)])
    t.accepted(t.postbag(*[f"r{i}@example.net" for i in range(5)]))
    t.equal(sorted(r for m in t.messages for r in m.to), [f"r{i}@example.net" for i in range(5)])
    t.equal(len(t.sessions), 1)

"""Injection and smuggling: whatever stands in a body, an address or an argument, the server sees
one message, the commands it should, and nothing is read, made or run for it."""

import itertools
import os
import quopri
import random
import re
import shutil

from harness import Skip, cases

HEAD = (
    b"From: ann@example.org\r\nTo: bob@example.net\r\nSubject: x\r\n"
    b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
)
MIME = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
BOB = "bob@example.net"

# Every sequence of up to four of these octets.
SEQUENCES = [
    b"".join(octets) for n in range(1, 5) for octets in itertools.product((b"\r", b"\n", b".", b"\0"), repeat=n)
]


def canonical(body):
    """What is promised to arrive (product.md, "Submitting")."""
    body = re.sub(rb"\r*\n", b"\n", body.replace(b"\0", b"")).replace(b"\r", b" ")
    if body and not body.endswith(b"\n"):
        body += b"\n"
    return body.replace(b"\n", b"\r\n")


def stuffed(text):
    return re.sub(rb"(?m)^\.", b"..", text)


def same(t, arrived, body, what):
    """Equal, or where they begin to differ."""
    should = canonical(body)
    if arrived == should:
        return
    at = next((i for i, (a, b) in enumerate(zip(arrived, should)) if a != b), min(len(arrived), len(should)))
    t.true(False, f"{what}: {len(arrived)} octets instead of {len(should)}; at {at} "
                  f"{arrived[at - 20:at + 20]!r} instead of {should[at - 20:at + 20]!r}")  # fmt: skip


def check_arrived(t, bodies):
    """Each body has arrived whole, in a session of its own with one end of data."""
    t.equal(len(t.messages), len(bodies), "messages")
    for session, body in zip(t.sessions, bodies):
        t.equal(session.verbs()[-4:], ["MAIL", "RCPT", "DATA", "QUIT"], "commands")
        same(t, session.messages[0].body, body, f"session {session.number}")


def submit(t, text):
    """From a file, so that every read(2) is a full one."""
    path = t.folder / "stdin"
    path.write_bytes(text)
    with open(path, "rb") as stdin:
        t.accepted(t.start("postbag", "-f", "ann@example.org", BOB, stdin=stdin).finish())


# Bodies. A placement is a sequence, what stands before it (text, or a line end), what behind it (text
# or a dot), and how far before the boundary it begins.


def filler(octets, at_line_start):
    """Text without dots in lines of 64 octets; ends behind a line end, or within a line."""
    lines = (b"y" * 62 + b"\r\n") * (octets // 64 + 1)
    text = lines[len(lines) - octets :]  # ends with a line end
    return text if at_line_start else text[:-2].replace(b"\r", b"y") + b"xx"


class Body:
    """Grows by placements; knows where it stands in three ways of counting."""

    def __init__(self, way):
        self.way = way
        self.text = b""
        # octets of stdin; of the body in its stored form; of the text behind DATA
        self.at = {"input": len(HEAD) + 2, "stored": 0, "wire": len(HEAD) + 2}

    def put(self, placement, boundary):
        """The sequence begins `before` octets in front of the boundary."""
        sequence, at_line_start, tail, before = placement
        gap = boundary - before - self.at[self.way]
        block = filler(gap, at_line_start) + sequence + tail + b"\r\n"
        self.text += block
        arrives = canonical(block)
        for way, text in (("input", block), ("stored", arrives), ("wire", stuffed(arrives))):
            self.at[way] += len(text)


def placements(rng):
    """All of them, in a random order."""
    found = list(itertools.product(SEQUENCES, (False, True), (b"x", b"."), range(-2, 7)))
    rng.shuffle(found)
    return found


WAYS = ("input", "stored", "wire")
RECORD = 16 * 1024  # of TLS; 64 KiB and 256 KiB are multiples of it


@cases(*[f"{way} {tls}" for way in WAYS for tls in ("off", "implicit")])
def test_boundaries(t, row):
    """Around every multiple of 16 KiB: of what is read, kept, and sent. One half of the placements
    in clear text, the other under TLS."""
    way, tls = row.split()
    rest = placements(random.Random(way))[tls == "off" :: 2]
    if not t.context.full:
        rest = rest[: 2 * 63]
    t.smarthost("tls: " + tls)
    bodies = []
    while rest:
        body = Body(way)
        for boundary in range(RECORD, 64 * RECORD, RECORD):
            if rest:
                body.put(rest.pop(), boundary)
        bodies.append(body.text)
        submit(t, HEAD + b"\r\n" + body.text)
    check_arrived(t, bodies)


@cases("input", "stored")
def test_memory_limit(t, way):
    """Around the 256 KiB that are kept in memory, with nothing else of that kind before."""
    rng = random.Random(way)
    chosen = placements(rng)[: 700 if t.context.full else 12]
    t.smarthost("tls: off")
    bodies = []
    for placement in chosen:
        body = Body(way)
        body.put(placement, 256 * 1024)
        bodies.append(body.text)
        submit(t, HEAD + b"\r\n" + body.text)
    check_arrived(t, bodies)


@cases("begin", "end", "all")
def test_begin_and_end(t, where):
    """At the begin of the body, at its end without a line end, and as all of it."""
    rng = random.Random(where)
    chosen = SEQUENCES if t.context.full else rng.sample(SEQUENCES, 30)
    t.smarthost("tls: off")
    bodies = []
    for sequence in chosen:
        body = {"begin": sequence + b"x\r\n", "end": b"x\r\n" + sequence, "all": sequence}[where]
        bodies.append(body)
        submit(t, HEAD + b"\r\n" + body)
    check_arrived(t, bodies)


@cases("8BITMIME", "none")
def test_encoded(t, kept):
    """As quoted-printable, for a server without 8BITMIME, the text can be had back."""
    rng = random.Random(7)
    t.smarthost("tls: off", "ehlo-drop: " + ("SMTPUTF8" if kept == "8BITMIME" else "8BITMIME, SMTPUTF8"))
    bodies = []
    for _ in range(20 if t.context.full else 3):
        parts = rng.choices([*SEQUENCES, b"\xc3\xa9", b"=", b" ", b"y" * 70], k=4000)
        bodies.append(b"\xc3\xa9" + b"".join(parts))
        submit(t, HEAD + MIME + b"\r\n" + bodies[-1])
    for session, body in zip(t.sessions, bodies):
        arrived = session.messages[0].body
        encoded = session.messages[0].field("Content-Transfer-Encoding") == ["quoted-printable"]
        t.true(encoded or kept != "none", "not encoded")
        same(t, quopri.decodestring(arrived) if encoded else arrived, body, f"session {session.number}")
    t.equal(len(t.messages), len(bodies))


@cases("signed", "unsigned")
def test_divided_lines(t, kind):
    """Lines that must be divided: a dot that comes to stand at the front is stuffed, too."""
    lines = [b"." * 5000] + [b"x" * n + b"." * 3 for n in range(990, 1002)] + [b"x" * 1996 + b"."]
    head = HEAD if kind == "unsigned" else b"DKIM-Signature: v=1\r\n" + HEAD
    t.smarthost("tls: off")
    submit(t, head + b"\r\n" + b"\r\n".join(lines) + b"\r\n")
    message = t.message()
    t.equal(message.body.replace(b"\r\n", b"").replace(b"=2E", b".").replace(b"=", b""), b"".join(lines))
    t.equal(t.sessions[0].verbs()[-4:], ["MAIL", "RCPT", "DATA", "QUIT"])


@cases(999, 1000, 1001, 70000)
def test_many_carriage_returns(t, count):
    """However many there are before a LF: spaces or part of the line end, never themselves."""
    t.smarthost("tls: off")
    t.accepted(t.postbag(BOB, stdin=HEAD + b"\r\na" + b"\r" * count + b"\nb\r\n"))
    t.match(quopri.decodestring(t.message().body), re.compile(rb"\Aa[ \r\n]*\r\nb\r\n\Z"))


def test_lmtp_and_lone_dots(t):
    """LMTP ends data alike."""
    t.smarthost(f"listen: unix:{t.folder}/lmtp", "protocol: lmtp")
    body = b"\r\n.\r\nQUIT\r\n.\n.\r.\r\n..\r\n."
    submit(t, HEAD + b"\r\n" + body)
    same(t, t.message().body, body, "LMTP")


def test_smuggled_message(t):
    """The well-known ways to end the data early carry a whole dialogue."""
    evil = b"MAIL FROM:<e@example.net>\r\nRCPT TO:<e@example.net>\r\nDATA\r\nevil\r\n"
    ends = [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r\n\0.\r\n",
            b"\r\n.\0\r\n", b"\r\0\n.\r\0\n", b"\r\n.\r\r\n", b"\r\r\n.\r\n", b"\r\n..\r\n", b"\r\n.\r\n"]  # fmt: skip
    t.smarthost("tls: starttls")
    bodies = [b"begin" + end + evil + end + b"QUIT\r\n" for end in ends]
    for body in bodies:
        submit(t, HEAD + b"\r\n" + body)
    check_arrived(t, bodies)


# Addresses. Whatever stands in them, either nothing is connected, or the commands are these.

COMMAND = re.compile(
    rb"(EHLO [\w.-]+|EHLO \[[\w.:]+\]|DATA|QUIT"
    rb"|MAIL FROM:<(?:\"(?:[^\"\\\r\n]|\\[ -~])*\"|[^\s<>\"\x00-\x1f]+)@[\w.-]+>(?: SIZE=\d+| BODY=8BITMIME)*"
    rb"|RCPT TO:<(?:\"(?:[^\"\\\r\n]|\\[ -~])*\"|[^\s<>\"\x00-\x1f]+)@[\w.-]+>)"
)
REFUSALS = (64, 65, 67, 78)
PLACES = ("example.net", "client.example.org", "exam")  # the last: a line end has ended its field
OCTETS = ("\r", "\n", "\0", ">", " ", "\t", "\x7f", "\r\n")


def hostile(address):
    """The address with each octet in each place, and with what could follow it."""
    local, _, domain = address.partition("@")
    for octet in OCTETS:
        yield octet + address
        yield address + octet
        yield local + octet + "@" + domain
        yield local + "@" + octet + domain
        yield local + "@exam" + octet + "ple.net"
        yield f'"{local}{octet}"@{domain}'
        yield address + octet + "RCPT TO:<eve@example.com>"
        yield address + octet + "NOTIFY=NEVER"
        yield f"<{address}{octet}>"
    yield address + "> NOTIFY=NEVER ORCPT=rfc822;<eve@example.com"
    yield address + ">\r\nRCPT TO:<eve@example.com"
    yield address + "\r\nDATA\r\n.\r\nQUIT"


def from_argv(word):
    return {"args": ["--", word]}


def from_sender(word):
    return {"args": ["-f", word, BOB]}


def from_name(word):
    return {"args": ["-F", word, BOB], "stdin": b"Subject: x\n\nb\n"}


def from_environment_name(word):
    return {"args": [BOB], "stdin": b"Subject: x\n\nb\n", "env": {"NAME": word}}


def from_header(field, *args):
    def source(word):
        head = b"From: ann@example.org\n" if field != "From" else b""
        return {"args": [*args], "stdin": head + f"{field}: {word}\n".encode() + b"Subject: x\n\nb\n"}

    return source


def from_config(key):
    def source(word):
        return {"args": [BOB], "config": [f"{key} = {word}"], "stdin": b"Subject: x\n\nb\n"}

    return source


def from_maildomain(word):
    return {"args": ["--", "joe"], "config": ["maildomain = " + word.partition("@")[2]]}


def from_aliases(word):
    return {"args": ["--", "joe"], "aliases": ["joe = " + word]}


def from_aliases_file(word):
    return {"args": ["--", "joe"], "file": "joe: " + word + "\n"}


def from_set(word):
    return {"args": ["--set", "from=" + word, BOB], "stdin": b"Subject: x\n\nb\n"}


def from_url(word):
    quoted = "".join(f"%{octet:02X}" for octet in word.encode())
    return {"args": [BOB], "url": "&from=" + quoted, "stdin": b"Subject: x\n\nb\n"}


def from_url_user(word):
    quoted = "".join(f"%{octet:02X}" for octet in word.encode())
    return {"args": [BOB], "url": "&domain=" + quoted, "stdin": b"Subject: x\n\nb\n"}


SOURCES = {
    "argv": from_argv,
    "dash_f": from_sender,
    "dash_F": from_name,
    "environment": from_environment_name,
    "to": from_header("To", "-t"),
    "cc": from_header("Cc", "-t", BOB),
    "bcc": from_header("Bcc", "-t", BOB),
    "resent": from_header("Resent-To", "-t", BOB),
    "to_unread": from_header("To", BOB),
    "from": from_header("From", BOB),
    "sender": from_header("Sender", BOB),
    "reply_to": from_header("Reply-To", BOB),
    "config_from": from_config("from"),
    "config_from_name": from_config("from_name"),
    "config_domain": from_config("domain"),
    "maildomain": from_maildomain,
    "aliases": from_aliases,
    "aliases_file": from_aliases_file,
    "set": from_set,
    "url": from_url,
    "url_domain": from_url_user,
}


def play(t, source, word):
    """One submission; None where the kernel or the file's format has no way to say it."""
    what = source(word)
    env = dict(what.get("env", {}))
    if any("\0" in text for text in [*what["args"], *env.values()]):
        return None
    t.config(*what.get("config", []), aliases=what.get("aliases", []))
    t.aliases_file.write_text(what.get("file", ""), encoding="utf-8", newline="")
    if "url" in what:
        env["POSTBAG_URL"] = f"smtp://127.0.0.1:{t.host.port}?tls=off{what['url']}"
    return t.postbag(*what["args"], stdin=what.get("stdin", b"From: ann@example.org\n\nb\n"), env=env)


@cases(*SOURCES)
def test_address(t, name):
    """Refused before anything is connected, or harmless."""
    t.smarthost("tls: off")
    t.allow("MAIL parameter")
    for word in hostile("joe@example.net"):
        before = len(t.host.conversations)
        run = play(t, SOURCES[name], word)
        if run is None:
            continue
        connected = len(t.host.conversations) - before
        t.true(run.status == 0 or run.status in REFUSALS, f"{word!r}: status {run.status}")
        t.equal(connected, int(run.status == 0), f"{word!r}: connections")
        t.true(all(line.startswith("postbag: ") for line in run.lines), f"{word!r}: {run.stderr!r}")
    for session in t.sessions:
        for command in session.commands:
            t.true(COMMAND.fullmatch(command), f"command {command!r}")
        t.true(len(session.messages) == 1, "not one message")
        message = session.messages[0]
        t.lacks(message.header, re.compile(rb"(?im)^(rcpt|data|notify)|\0"))
        for recipient in message.to:
            t.lacks(recipient, "eve@")
            t.true(recipient.split("@")[-1] in PLACES, f"recipient {recipient!r}")


@cases(cr="\r", lf="\n", nul="\0", close=">", blank=" ")
def test_address_never_passes(t, octet):
    """Unquoted inside an address, in a source that is always an envelope address: never sent."""
    t.smarthost("tls: off")
    for name in ("argv", "dash_f", "to", "config_from", "aliases", "aliases_file", "set", "url"):
        for word in (f"jo{octet}e@example.net", f"joe@exam{octet}ple.net", f"joe@example.net{octet}x"):
            if name == "to" and octet == "\n":
                continue  # that ends the field, and what follows is no field but the body
            run = play(t, SOURCES[name], word)
            t.true(run is None or run.status in REFUSALS, f"{name} {word!r}: status {run and run.status}")
    t.equal(t.sessions, [])


@cases("argv", "dash_f", "dash_F")
def test_line_end_in_argument(t, name):
    """CR and LF are 64 wherever they stand, even where a header could be folded."""
    t.smarthost("tls: off")
    for end in ("\r", "\n", "\r\n", "\r\n ", "\n\t"):
        for word in (f"joe@example.net{end}", f"{end}joe@example.net", f"joe@example.net,{end}eve@example.net",
                     f"Joe {end} <joe@example.net>", f"joe@example.net ({end})", f'"jo{end}e"@example.net'):  # fmt: skip
            run = play(t, SOURCES[name], word)
            t.equal(run.status, 64, f"{word!r}: status")
    t.equal(t.sessions, [])


@cases("-V", "-N", "-R", "-B", "-L", "-h", "-p", "-M", "-O", "-o")
def test_parameters(t, option):
    """What becomes a parameter of MAIL or RCPT, or is swallowed, cannot end the command."""
    t.smarthost("tls: off")
    for word in ("x\r\nRCPT TO:<eve@example.com>", "x> y", "x y", "x\n", "\r", "success\r\ndelay"):
        run = t.sendmail(option, word, BOB)
        t.true(run.status in (0, 64, 65), f"{option} {word!r}: status {run.status}")
    for session in t.sessions:
        t.equal(session.messages[0].to, [BOB])
        for command in session.commands[1:3]:
            t.match(command, re.compile(rb"\A(MAIL FROM|RCPT TO):<[^>]+>( [A-Z]+=[!-*,-<>-~+]+)*\Z"))


# PHP: mail() takes a fifth argument, whose words come behind those of sendmail_path.

ARGUMENTS = [
    ["-X", "%"], ["-X%"], ["-tiX%"], ["-vX", "%"], ["-C", "%"], ["-C%"], ["-tC%"], ["-iC", "%"],
    ["-O", "QueueDirectory=%"], ["-OQueueDirectory=%"], ["-OLogFile=%"], ["-oQ%"], ["-oA%"], ["-oS%"],
    ["-D", "%"], ["-D%"], ["-d0-99.100>%"], ["-Ac%"], ["-L", "%"], ["-p", "%"], ["-M", "%"],
    ["-be", "${run{/bin/sh -c 'touch %'}}"], ["-be%"], ["-bF", "%"], ["-bV"], ["-bd"], ["-bs"], ["-bt"],
    ["--set", "password_command=touch %"], ["--set=password_command=touch %"], ["--set", "tls_ca_file=%"],
    ["--set", "aliases=%"], ["--file", "%"], ["--file=%"], ["--config", "%"], ["--config=%"], ["--json"],
    ["--dry-run"], ["--account", "x"], ["-a", "x"], ["-F", "%", "-f", "%"], ["-f", "|touch %"], ["|touch %"],
    ["%"], [":include:%"], ["-t", "%"], ["--", ":include:%"], ["-q", "%"], ["-qS%"], ["-I"], ["-G", "-U%"],
    ["-X", "%", "-OQueueDirectory=%", "-C", "%", "-f", "x@example.org"], ["-R", "%"], ["-V", "%"],
    ["-N", "%"], ["-B", "%"], ["-r", "%"], ["-T", "%"], ["-e", "m"], ["-O%"], ["-o", "X%"],
]  # fmt: skip


def snapshot(folder):
    """Every path below, with its size, time and mode."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            about = os.lstat(os.path.join(place, name))
            found[os.path.join(place, name)] = (about.st_size, about.st_mtime_ns, about.st_mode)
    return found


def evil_files(t):
    """A configuration that would run a command, and a message that would be sent, readable by all."""
    marker = t.tmp / "marker"
    config = (
        f"[account x]\nhost = 127.0.0.1\nport = {t.host.port}\ntls = off\nuser = u\n"
        f"from = evil@example.org\npassword_command = touch {marker}\n[aliases]\nroot = eve@example.com\n"
    )
    message = "To: bob@example.net\nFrom: evil@example.org\nSubject: evil\n\njoe: eve@example.com\n"
    paths = []
    for name, text in (("evil.conf", config), ("evil.eml", message)):
        paths.append(t.folder / name)
        paths[-1].write_text(text, encoding="utf-8")
        paths[-1].chmod(0o644)
        t.own(paths[-1])
    return [*paths, marker]


def as_web_server(t):
    """Not as root, whose own files are good enough for -C."""
    t.smarthost("tls: off")
    if os.geteuid() == 0:
        t.drop_to("nobody")
        t.config()


@cases("configuration", "message", "missing")
def test_php(t, kind):
    """Creates, reads and runs nothing, whatever the fifth argument is; no mail goes elsewhere."""
    as_web_server(t)
    evil = dict(zip(("configuration", "message", "missing"), evil_files(t)))[kind]
    t.door("sendmail")
    before = snapshot(t.folder)
    for words in ARGUMENTS:
        run = t.sendmail("-t", "-i", *[word.replace("%", str(evil)) for word in words])
        t.true(run.status in (0, 64, 65, 67, 77, 78), f"{words}: status {run.status}")
        t.lacks(run.stdout + run.stderr, "evil@example.org")
        t.equal(snapshot(t.folder), before, f"{words}: files")
    for message in t.messages:
        t.lacks(" ".join(message.to), "@example.com")
        t.lacks(message.raw, b"evil@example.org")


def opened(trace):
    """Paths of the calls that went well, of a trace; programs started are told as "exec PATH"."""
    for line in trace.splitlines():
        call = re.match(r"(?:\d+ +)?(\w+)\(.*?\"((?:[^\"\\]|\\.)*)\".*\) += (-?\d+)", line)
        if call and int(call[3]) >= 0:
            yield ("exec " if call[1] == "execve" else "") + call[2]


def test_php_traced(t):
    """The same by its system calls: no path of the arguments is opened but for -C, to be refused."""
    if not shutil.which("strace"):
        raise Skip("no strace")
    as_web_server(t)
    evil = evil_files(t)[0]
    trace = t.folder / "trace"
    trace.touch()
    t.own(trace)
    leaks = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    for words in ARGUMENTS:
        words = [word.replace("%", str(evil)) for word in words]
        t.run("strace", "-f", "-qq", "-e", "trace=%file", "-o", str(trace), t.door("sendmail"), "-t", "-i",
              *words, executable=shutil.which("strace"), env=leaks)  # fmt: skip
        paths = list(opened(trace.read_text(encoding="utf-8", errors="replace")))
        t.equal([p for p in paths if p.startswith("exec ")][1:], [], f"{words}: programs run")
        if not any("C" in word for word in words):
            t.equal([p for p in paths if str(evil) in p], [], f"{words}: files")


def test_php_dash_c_unread(t):
    """A file of somebody else behind -C is refused, and what stands in it is not told."""
    t.smarthost("tls: off")
    t.drop_to("nobody")
    t.config()
    evil, *_ = evil_files(t)
    for words in (["-C", str(evil)], [f"-C{evil}"], [f"-tiC{evil}"], ["-C", "/etc/shadow"], ["-C", "/etc/passwd"]):
        run = t.sendmail("-i", *words, BOB)
        t.true(run.status in (77, 78), f"status {run.status}")
        t.lacks(run.stderr, re.compile("password_command|eve@|root:"))
    t.equal(t.sessions, [])

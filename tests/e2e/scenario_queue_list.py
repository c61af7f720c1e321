"""Looking after the queue: list, show, hold, release, remove, count, check, in all doors."""

import contextlib
import fcntl
import json
import os
import re
import subprocess
import time

from harness import cases, full

BOB = "bob@example.net"
CAROL = "carol@example.net"
FOLDERS = ("new", "defer", "hold", "failed")


def queue(t, *lines, **options):
    """[queue] in the configuration, with a spool of the test's own."""
    t.config(*options.pop("account", ()), more=("[queue]", f"dir = {t.folder}/spool", *lines), **options)


def keep(t, *recipients, sender="me@example.org"):
    """Puts a message into new/; its name."""
    before = set(names(t))
    run = t.postbag("--queue", "-f", sender, *(recipients or (BOB,)))
    t.equal((run.status, run.stdout, run.stderr), (0, "", ""), "keeping a message")
    return (set(names(t)) - before).pop()


def names(t, *folders):
    paths = [t.folder / "spool" / folder for folder in folders or FOLDERS]
    return [name for path in paths if path.is_dir() for name in sorted(os.listdir(path))]


def where(t, name):
    return [folder for folder in (*FOLDERS, "corrupt") if (t.folder / "spool" / folder / name).exists()]


def move(t, name, to, *edits):
    """Puts the message into another folder, with octets of its file replaced."""
    (folder,) = where(t, name)
    data = (t.folder / "spool" / folder / name).read_bytes()
    for old, new in edits:
        if len(re.findall(old, data)) != 1:
            raise AssertionError(f"{old!r} does not stand once in {data!r}")
        data = re.sub(old, new, data)
    (t.folder / "spool" / folder / name).write_bytes(data)
    (t.folder / "spool" / folder / name).rename(t.folder / "spool" / to / name)


@contextlib.contextmanager
def sent_at_this_moment(t, name):
    """As while a runner has it."""
    with open(t.folder / "spool" / "lock", "a") as runner, open(t.folder / "spool" / where(t, name)[0] / name) as file:
        fcntl.flock(runner, fcntl.LOCK_EX)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def q(t, *words):
    return t.postbag("queue", *words, stdin=b"")


def said(t, run, stdout, status=0):
    t.equal((run.status, run.stdout, run.stderr), (status, stdout, ""), "status, stdout, stderr")


def monitored(t, text):
    """What check_mailq of the monitoring plugins counts, taken for sendmail's and for Postfix's."""
    sendmail = 0
    for line in text.splitlines():
        if found := re.search(r"mqueue", line) and re.search(r" \((\d+) request", line):
            sendmail = int(found[1])
        elif found := re.search(r"^\s+Total\sRequests:\s(\d+)$", line, re.I):
            sendmail = int(found[1])
    last = text.splitlines()[-1]
    if found := re.search(r"Kbytes in (\d+)", last):
        return sendmail, int(found[1])
    t.match(last, "Mail queue is empty")
    return sendmail, 0


# Lists.


@cases(("mailq",), ("sendmail", "-bp"), ("postbag", "queue"), ("postbag", "queue", "list"), ("postbag", "-bp"))
def test_empty(t, words):
    queue(t)
    run = t.run(*words, stdin=b"")
    said(t, run, "Mail queue is empty\n")
    t.equal(monitored(t, run.stdout), (0, 0))
    t.true(not (t.folder / "spool").exists(), "a look has made the spool")


def test_empty_elsewhere(t):
    queue(t)
    said(t, q(t, "list", "--json"), "")
    said(t, q(t, "count"), "0\n")
    said(t, q(t, "check"), "POSTBAG OK - 0 messages | queue=0;;\n")
    said(t, q(t, "remove", "ALL"), "")
    t.failed(q(t, "show", "66"), 65, "66: no such message")


@cases(1, 2, 5)
def test_monitoring_counts(t, n):
    queue(t)
    for _ in range(n):
        keep(t)
    run = t.run("mailq", stdin=b"")
    t.equal(run.status, 0)
    t.equal(monitored(t, run.stdout), (n, n))
    t.match(run.stdout, re.compile(rf"\n\t\tTotal requests: {n}\n-- \d+ Kbytes in {n} Request{'s' if n > 1 else ''}\.\n\Z"))


def test_layout(t):
    t.smarthost("on RCPT bob@*: reply 450 4.2.0 Grey\x1blisted", "on RCPT carol@*: reply 450 4.2.0 Grey\x1blisted")
    queue(t, "mode = try")
    t.equal(t.postbag("-f", "me@example.org", BOB, CAROL, "dave@example.net").status, 0)
    held = keep(t, sender="<>")
    q(t, "hold", held)
    (waiting,) = names(t, "defer")
    run = q(t, "list")
    t.equal(run.status, 0)
    date = r"(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d"
    t.match(run.stdout, re.compile(
        r"\A-+Queue ID-+ --Size-- -+Arrival Time-+ -+Sender/Recipient-+\n"
        rf"{waiting}  +\d+ {date} me@example\.org\n"
        r" +\(RCPT: 450 4\.2\.0 Grey\\x1blisted\)\n"
        r" {50}bob@example\.net\n {50}carol@example\.net\n\n"
        rf"{held}! +\d+ {date} MAILER-DAEMON\n +\(held\)\n {{50}}bob@example\.net\n\n"))  # fmt: skip


def test_order_and_marks(t):
    """Oldest first, wherever they are; those that were given up last."""
    queue(t)
    given_up, held, tried, new = (keep(t, f"{who}@example.net") for who in "abcd")
    move(t, given_up, "failed", (rb" \.\n", b" F\n"))
    move(t, tried, "defer")
    q(t, "hold", held)
    with sent_at_this_moment(t, tried):
        run = q(t, "list")
    marks = re.findall(r"^([0-9A-F]{19})(.)", run.stdout, re.M)
    t.equal(marks, [(held, "!"), (tried, "*"), (new, " "), (given_up, "#")])
    t.match(run.stdout, "a@example.net")
    t.equal(monitored(t, run.stdout), (4, 4))
    said(t, q(t, "count"), "3\n")


@cases(b"!--", b"--1")
def test_may_have_been_delivered(t, state):
    queue(t)
    name = keep(t)
    sign, _, ends = (bytes([octet]) for octet in state)
    move(t, name, "defer", (rb"(?m)^state - (.) 0", b"state " + sign + rb" \1 " + (b"0" if ends == b"-" else ends)))
    t.match(q(t, "list").stdout, "(may have been delivered)")
    t.match(q(t, "show", name).stdout, "\nwarning: may have been delivered\n")
    t.equal(json.loads(q(t, "list", "--json").stdout)["ambiguous"], True)


def test_account_in_trouble(t):
    t.smarthost("tls: starttls", "auth: PLAIN", "on AUTH: reply 535 5.7.8 No\x07pe")
    queue(t)
    name = keep(t)
    t.equal(q(t, "run", "--due").status, 0)
    t.match(q(t, "list").stdout, re.compile(r" \(account test: .*535 5\.7\.8 No\\x07pe.*\)\n"))
    t.match(q(t, "show", name).stdout, "trouble: account test: ")
    run = q(t, "check")
    t.equal(run.status, 2)
    t.match(run.stdout, re.compile(r"\APOSTBAG CRITICAL - 1 message, account test: .*535.* \| queue=1;;\n\Z"))
    t.match(t.postbag("check").stdout, re.compile(r"note: queue: account test: .*535"))


def test_json(t):
    t.smarthost("on RCPT bob@*: reply 450 4.2.0 Greylisted")
    queue(t, "mode = try")
    t.equal(t.postbag("-f", "me@example.org", BOB, CAROL).status, 0)
    keep(t, sender="<>")
    first, second = (json.loads(line) for line in q(t, "list", "--json").stdout.splitlines())
    t.equal(list(first), ["queue_id", "queue_name", "account", "sender", "size", "created", "next_try", "attempts",
                          "ambiguous", "message_id", "recipients"])  # fmt: skip
    t.equal((first["queue_name"], second["queue_name"]), ("deferred", "new"))
    t.equal((first["account"], first["sender"], second["sender"]), ("test", "me@example.org", ""))
    t.match(first["created"], re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"))
    t.match(first["message_id"], re.compile(r"\A<.*>\Z"))
    waits = [r for r in first["recipients"] if r["result"] == "queued"]
    t.equal(waits, [{"address": BOB, "result": "queued", "stage": "RCPT", "code": 450, "enhanced": "4.2.0",
                     "text": "Greylisted"}])  # fmt: skip
    one = q(t, "show", "--json", first["queue_id"]).stdout
    t.equal(json.loads(one), first)


def test_damaged(t):
    queue(t)
    name = keep(t)
    path = t.folder / "spool" / "new" / name
    path.write_bytes(path.read_bytes()[:60])
    run = q(t, "list")
    t.match(run.stdout, re.compile(rf"{name}  +0 .* \?\n.*torn"))
    t.equal(monitored(t, run.stdout), (1, 1))
    t.match(json.loads(q(t, "list", "--json").stdout)["error"], "torn")
    t.failed(q(t, "show", name), 65, "torn")


# One message.


def test_show(t):
    queue(t)
    name = keep(t, BOB, CAROL)
    run = q(t, "show", name.lower())
    t.equal((run.status, run.stderr), (0, ""))
    head, _, message = run.stdout.partition("\n\n")
    lines = head.splitlines()
    t.true(all(re.match(r"[a-z -]+: ", line) for line in lines), "lines of the entry")
    for line in (f"id: {name}", "state: new", "account: test", "attempts: 0", "from: me@example.org",
                 f"to: {BOB} (waits)", f"to: {CAROL} (waits)"):  # fmt: skip
        t.true(line in lines, line)
    t.lacks(run.stdout, "\r")
    t.match(message, "Subject: Greetings\n")
    t.true(message.endswith("\n\nHello Bob,\nbye.\n"), "body")


def test_show_large(t):
    queue(t)
    t.equal(t.postbag("--queue", BOB, stdin=b"Subject: x\n\n" + b"0123456789\n" * 100000).status, 0)
    run = q(t, "show", names(t)[0])
    t.true(run.stdout.endswith("\n\n" + "0123456789\n" * 100000), "body")


@cases(
    ("show", "zz", "no message's name"),
    ("show", "6", "several messages begin so"),
    ("hold", "0", "no such message"),
    ("remove", "0123456789ABC012345", "no such message"),
    ("release", "../new", "no message's name"),
)
def test_wrong_name(t, row):
    queue(t)
    kept = [keep(t), keep(t)]
    t.failed(q(t, *row[:2]), 65, f"{row[1]}: {row[2]}")
    t.equal(names(t), kept)


# Changes.


def test_hold_release_remove(t):
    t.smarthost()
    queue(t)
    first, second, third = keep(t), keep(t), keep(t)
    said(t, q(t, "hold", first, second), "")
    t.equal((where(t, first), where(t, second), where(t, third)), (["hold"], ["hold"], ["new"]))
    said(t, q(t, "count"), "3\n")
    t.equal(q(t, "run").status, 0)
    t.equal(names(t), [first, second])
    said(t, q(t, "release", first[:16]), "")
    t.equal(where(t, first), ["new"])
    said(t, q(t, "remove", second), "")
    t.equal(names(t), [first])
    t.equal(q(t, "run").status, 0)
    t.equal((names(t), len(t.messages)), ([], 2))


def test_one_of_several_fails(t):
    queue(t)
    first, second = keep(t), keep(t)
    t.failed(q(t, "remove", first, "0000000000000000000", second), 65, "0000000000000000000: no such message")
    t.equal(names(t), [])


def test_release_of_what_was_given_up(t):
    """Who did not get it is tried again; who got it is not."""
    t.smarthost()
    queue(t)
    name = keep(t, BOB, CAROL)
    move(t, name, "failed", (rb" \.\.\n", b" DF\n"))
    t.failed(q(t, "hold", name), 65, "was given up")
    said(t, q(t, "release", name), "")
    t.equal(where(t, name), ["new"])
    t.equal(q(t, "run").status, 0)
    t.equal((t.message().to, names(t)), ([CAROL], []))


def test_all(t):
    queue(t)
    new, held, given_up = keep(t), keep(t), keep(t)
    q(t, "hold", held)
    move(t, given_up, "failed")
    said(t, q(t, "release", "ALL"), "")
    t.equal([where(t, name) for name in (new, held, given_up)], [["new"]] * 3)
    said(t, q(t, "hold", "ALL"), "")
    t.equal([where(t, name) for name in (new, held, given_up)], [["hold"]] * 3)
    said(t, q(t, "remove", "ALL"), "")
    t.equal(names(t), [])
    t.failed(q(t, "remove", "all"), 65, "no message's name")


@cases("hold", "release", "remove")
def test_while_it_is_sent(t, word):
    queue(t)
    busy, free = keep(t), keep(t)
    with sent_at_this_moment(t, busy):
        t.failed(q(t, word, busy), 75, f"postbag: {busy}: is being sent at this moment; try again\n")
        t.failed(q(t, word, busy, "00"), 65, "try again", "no such message")
        q(t, word, "ALL")
    t.equal(where(t, busy), ["new"])
    t.equal(where(t, free), {"hold": ["hold"], "release": ["new"], "remove": []}[word])


# Monitoring.


@cases(
    ((), 0, "OK - 3 messages | queue=3;;"),
    (("-w", "4", "-c", "9"), 0, "OK - 3 messages | queue=3;4;9"),
    (("-w", "3"), 1, "WARNING - 3 messages | queue=3;3;"),
    (("--warning=1", "--critical=3"), 2, "CRITICAL - 3 messages | queue=3;1;3"),
)
def test_thresholds(t, row):
    queue(t)
    for _ in range(3):
        keep(t)
    said(t, q(t, "check", *row[0]), f"POSTBAG {row[2]}\n", row[1])


def test_nobody_runs_it(t):
    queue(t)
    name = keep(t)
    hour_ago = b"created %d" % ((time.time() - 3600) * 1e6)
    move(t, name, "new", (rb"(?m)^created \d+", hour_ago))
    said(t, q(t, "check"), "POSTBAG WARNING - 1 message, nobody runs the queue | queue=1;;\n", 1)
    t.match(t.postbag("check").stdout, "note: queue: nobody runs the queue\n")
    stamp = t.folder / "spool" / "stamp"
    stamp.touch(0o600)
    said(t, q(t, "check"), "POSTBAG OK - 1 message | queue=1;;\n")
    for far in (-1000, 100000):  # the clock was set back
        os.utime(stamp, (time.time() + far, time.time() + far))
        said(t, q(t, "check"), "POSTBAG WARNING - 1 message, nobody runs the queue any more | queue=1;;\n", 1)
    with sent_at_this_moment(t, name):
        said(t, q(t, "check"), "POSTBAG OK - 1 message | queue=1;;\n")
    q(t, "hold", name)
    said(t, q(t, "check"), "POSTBAG OK - 1 message | queue=1;;\n")


def test_what_was_given_up(t):
    queue(t)
    failed, held = keep(t), keep(t)
    move(t, failed, "failed")
    move(t, held, "hold", (rb"(?m)^state - - 0", b"state - - 3"))
    (t.folder / "spool" / "corrupt" / "x.1").touch()
    said(t, q(t, "check"), "POSTBAG WARNING - 1 message, 1 given up, 1 held that may have been delivered, "
         "1 damaged files in corrupt/ | queue=1;;\n", 1)  # fmt: skip


def test_unknown(t):
    queue(t)
    keep(t)
    (t.folder / "spool").chmod(0o755)
    run = q(t, "check")
    t.equal((run.status, run.stderr), (3, ""))
    t.match(run.stdout, re.compile(r"\APOSTBAG UNKNOWN - .*open to other users.*\n\Z"))
    t.failed(q(t, "list"), 77, "open to other users", "hint: chmod 700")
    t.failed(t.run("mailq", stdin=b""), 77, "mailq: ")
    t.raw_config("[nonsense]\n")
    t.equal(q(t, "check").status, 3)


def test_check_shows_the_queue(t):
    queue(t, "mode = try", "lifetime = 3d")
    run = t.postbag("check")
    t.equal(run.status, 0)
    t.match(run.stdout, "lifetime = 3d\n")
    t.match(run.stdout, f"config     dir = {t.folder}/spool\n")
    t.lacks(run.stdout, "note: queue")
    keep(t)
    run = t.postbag("check")
    t.equal(run.status, 0)
    t.match(run.stdout, "note: queue: 1 waiting\n")
    t.match(run.stdout, "note: queue: nobody has ever run it; see postbag help queue\n")


def test_check_shows_the_folder_of_the_user(t):
    t.smarthost()
    run = t.postbag("check")
    t.equal(run.status, 0)
    t.match(run.stdout, f"built-in   dir = {t.state}/postbag/queue\n")


# Options.


@cases(
    (("queue", "flush"), "unknown command"),
    (("queue", "show"), "usage: postbag queue show ID"),
    (("queue", "list", "--due"), "--due and --watch go with queue run"),
    (("queue", "check", "-w", "x"), "--warning=x: write a number"),
)
def test_usage(t, row):
    queue(t)
    t.failed(t.postbag(*row[0], stdin=b""), 64, row[1])


def test_help(t):
    run = t.postbag("queue", "--help", stdin=b"")
    t.equal(run.status, 0)
    t.match(run.stdout, "--watch")
    t.equal(t.postbag("help", "queue", stdin=b"").stdout, run.stdout)


def test_output_cannot_be_written(t):
    queue(t)
    keep(t)
    with open("/dev/full", "wb") as out:
        run = subprocess.run([t.door("mailq")], stdout=out, stderr=out, env=t.environment({}), check=False)
    t.equal(run.returncode, 74)


# Size.


@full
def test_a_hundred_thousand(t):
    """List and count take less than a second each, if nobody else wants the processor."""
    queue(t)
    name = keep(t)
    data = (t.folder / "spool" / "new" / name).read_bytes()
    for i in range(100_000):
        other = f"{int(name[:13], 16) + 1 + i:013X}{i:06X}"
        (t.folder / "spool" / ("new", "defer")[i % 2] / other).write_bytes(data.replace(name.encode(), other.encode()))
    for word in ("count", "list"):
        share = max(1, 2 * os.getloadavg()[0] / os.cpu_count())
        seconds = [q(t, word).seconds for _ in range(5)]
        t.true(min(seconds) < share, f"{word}: {seconds} s, of which {share:.1f} are allowed")
    t.equal(monitored(t, q(t, "list").stdout), (100_001, 100_001))

"""BDAT in place of DATA where the server offers CHUNKING (RFC 3030), and LIMITS (RFC 9422)."""

import re

from harness import cases, full, until
from scenario_faults import FAULTS, LOST, MALFORMED
from scenario_queue import BOB, kept, queue
from scenario_queue_run import arrived, emptied, fill, put, run, start, worker_dies
from scenario_trips import SETTLE, flown

CHUNKING = "chunking: yes"
DOTS = b"Subject: x\n\n.\n..\n.a\n" + bytes("\u00e9\n", "utf-8")
LARGE = b"Subject: x\n\n" + (b"." + b"y" * 75 + b"\n") * 40000


@cases(
    ("starttls", "PLAIN", 8),
    ("implicit", "PLAIN", 6),
    ("starttls", "SCRAM-SHA-256", 10),
    ("off", "", 4),
)
def test_trips(t, row):
    tls, auth, flights = row
    t.smarthost("tls: " + tls, "auth: " + auth, CHUNKING, SETTLE)
    t.accepted(t.postbag("bob@example.net", stdin=DOTS))
    flown(t, flights)
    t.equal(t.message().by, "BDAT")
    t.equal(t.message().body, DOTS.partition(b"\n\n")[2].replace(b"\n", b"\r\n"))


@cases(small=b"Subject: x\n\nprivate words\nno line feed", large=LARGE)
def test_dialogue(t, message):
    """-v shows how much a chunk has, and not what; the commands behind it are there."""
    t.smarthost("tls: starttls", CHUNKING)
    run = t.postbag("-v", "bob@example.net", stdin=message)
    t.equal(run.status, 0)
    for words in (r"C: BDAT \d+ LAST\nC: \(message, \d+ octets\)\n", r"\nC: QUIT\n|\Z"):
        t.match(run.stderr, re.compile(words))
    for words in ("private", "yyyy", "Message-ID"):
        t.lacks(run.stderr, words)


@cases(1, 2, 100)
def test_recipients_cost_nothing(t, count):
    t.smarthost("tls: implicit", CHUNKING, SETTLE)
    t.accepted(t.postbag(*[f"r{i}@example.net" for i in range(count)]))
    t.equal((len(t.message().to), t.message().flights), (count, 5))


def test_without_pipelining(t):
    """Each command waits for its reply, and the message is one chunk."""
    t.smarthost("tls: off", CHUNKING, "ehlo-drop: PIPELINING", SETTLE)
    t.accepted(t.postbag("bob@example.net", stdin=LARGE))
    t.equal((t.message().flights, len(t.message().chunks)), (6, 1))


def test_off_by_option(t):
    t.smarthost("tls: off", CHUNKING)
    t.config("chunking = off")
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.message().by, "DATA")


def test_what_ehlo_before_tls_says_does_not_count(t):
    t.smarthost("tls: starttls", "ehlo-clear: STARTTLS, CHUNKING, PIPELINING", "ehlo-tls: PIPELINING")
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.message().by, "DATA")


def test_large(t):
    """Several chunks, none behind recipients whose replies are not known."""
    t.smarthost("tls: implicit", CHUNKING, SETTLE)
    t.accepted(t.postbag("bob@example.net", stdin=LARGE))
    t.equal(t.message().body, LARGE.partition(b"\n\n")[2].replace(b"\n", b"\r\n"))
    t.equal(t.message().chunks[:-1], [1 << 20] * 2)
    t.true(t.sessions[0].verbs().count("BDAT") == 3, "three chunks")


@cases("auto", "off")
def test_large_to_nobody(t, pipelining):
    t.smarthost("tls: off", CHUNKING, "on RCPT: reply 550 5.1.1 Nobody")
    t.config("pipelining = " + pipelining)
    t.failed(t.postbag("bob@example.net", stdin=LARGE), 67, "Nobody")
    t.lacks(" ".join(t.sessions[0].verbs()), "BDAT")


def test_one_of_two_refused(t):
    t.smarthost("tls: off", CHUNKING, "on RCPT a*: reply 550 5.1.1 Nobody")
    run = t.postbag("ann@example.net", "bob@example.net")
    t.equal(run.status, 67)
    t.match(run.stderr, "ann@example.net: refused: 550 5.1.1 Nobody")
    t.equal(t.message().to, ["bob@example.net"])


@cases(
    ("MAIL", "reply 550 5.7.1 Not you", 77, "Not you"),
    ("RCPT", "reply 550 5.1.1 Nobody", 67, "Nobody"),
    ("RCPT", "reply 450 4.2.1 Later", 75, "Later"),
    ("END", "reply 554 5.6.0 Spam", 65, "Spam"),
    ("END", "reply 552 5.3.4 Too big", 65, "Too big"),
    ("END", "reply 452 4.3.1 Disk full", 75, "Disk full"),
)
def test_verdicts(t, row):
    """What is said about the BDAT that comes too late counts for nothing."""
    stage, action, status, words = row
    t.smarthost("tls: off", CHUNKING, f"on {stage}: {action}")
    t.failed(t.postbag("bob@example.net"), status, words)
    t.equal(len(t.sessions), 1)


def test_250_to_nobody(t):
    t.smarthost("tls: off", CHUNKING, "on RCPT: reply 550 5.1.1 Nobody", "on END: reply 250 2.0.0 Ok")
    t.failed(t.postbag("bob@example.net"), 67, "Nobody")


@cases("close", "reset", "drain")
def test_refused_between_chunks(t, ending):
    t.smarthost("tls: implicit", CHUNKING, f"on BDAT 2: reply 552 5.3.4 Too big | {ending}")
    t.config("timeout = 5")
    t.failed(t.postbag("bob@example.net", stdin=LARGE * 4), 65, "552 5.3.4 Too big")
    t.equal(len(t.sessions), 1)


@cases(*[f"{stage} {code}" for stage in ("END", "BDAT") for code in (500, 501, 502, 503, 504)])
def test_unknown(t, row):
    """BDAT is offered and not known: another connection, DATA, and a verdict."""
    stage, code = row.split()
    text = LARGE if stage == "BDAT" else DOTS
    t.smarthost("tls: starttls", "auth: PLAIN", CHUNKING, f"on 1/{stage}: reply {code} 5.5.1 What?")
    t.accepted(t.postbag("bob@example.net", "ann@example.net", stdin=text))
    t.equal([s.mechanism for s in t.sessions], ["PLAIN", "PLAIN"])
    t.equal((t.message().by, len(t.message().to)), ("DATA", 2))
    t.true("DATA" not in t.sessions[0].verbs(), "no DATA where BDAT was said")


def test_unknown_and_then_refused(t):
    """Once only, and what the second connection says is the verdict."""
    t.smarthost("tls: off", CHUNKING, "on 1/END: reply 502 5.5.1 What?", "on 2/DATA: reply 502 5.5.1 What?")
    t.failed(t.postbag("bob@example.net"), 76, "502 5.5.1 What")
    t.equal(len(t.sessions), 2)


def test_unknown_with_somebody_refused(t):
    """He is not asked for again."""
    t.smarthost("tls: off", CHUNKING, "on 1/END: reply 500 5.5.1 What?", "on 1/RCPT a*: reply 550 5.1.1 Nobody")
    t.equal(t.postbag("ann@example.net", "bob@example.net").status, 67)
    t.equal(t.message().to, ["bob@example.net"])
    t.equal(len(t.sessions[1].messages[0].recipients), 1)


def test_known_and_then_unknown(t):
    """An end of data was accepted: then 503 is the verdict."""
    t.smarthost("tls: off", CHUNKING, "ehlo-add: LIMITS RCPTMAX=1", "on END 2: reply 503 5.5.1 No more")
    run = t.postbag("bob@example.net", "ann@example.net")
    t.match(run.stderr, "ann@example.net: refused: 503 5.5.1 No more")
    t.equal((len(t.sessions), len(t.messages)), (1, 1))


def test_too_many(t):
    """Those who are one too many go next, QUIT has not left before."""
    t.smarthost("tls: off", CHUNKING, "on RCPT 3: reply 452 4.5.3 Too many")
    t.accepted(t.postbag(*[f"{name}@example.net" for name in "abc"]))
    t.equal([m.to for m in t.messages], [["a@example.net", "b@example.net"], ["c@example.net"]])
    t.equal([s.end for s in t.sessions], ["quit"])


@cases("chunking: yes", "chunking: no")
def test_limits(t, chunking):
    domains = ("a.example", "b.example", "c.example", "a.example", "b.example")
    t.smarthost("tls: off", chunking, "ehlo-add: LIMITS RCPTDOMAINMAX=2 MAILMAX=1")
    t.accepted(t.postbag(*[f"u{i}@{domain}" for i, domain in enumerate(domains)]))
    t.equal([m.to for m in t.messages],
            [["u0@a.example", "u1@b.example", "u3@a.example", "u4@b.example"], ["u2@c.example"]])
    t.equal([len(s.messages) for s in t.sessions], [1, 1])


@cases("250 250", "250 452", "550 550")
def test_lmtp(t, row):
    """One reply for each recipient that was accepted, however many these turn out to be."""
    first, second = row.split()
    t.smarthost("protocol: lmtp", f"listen: unix:{t.folder}/s", CHUNKING,
                "on RCPT x*: reply 550 5.1.1 Nobody",
                f"on END a*: reply {first} {first[0]}.2.2 First",
                f"on END b*: reply {second} {second[0]}.2.2 Second")  # fmt: skip
    run = t.postbag("a@example.net", "x@example.net", "b@example.net")
    t.match(run.stderr, "x@example.net: refused: 550 5.1.1 Nobody")
    for name, code in (("a", first), ("b", second)):
        t.equal(f"{name}@example.net" in run.stderr, code != "250", f"{name} is told")
    t.equal([r.reply[:3].decode() for s in t.sessions for m in s.messages for r in m.recipients],
            [first, "550", second])


def test_lmtp_to_nobody(t):
    t.smarthost("protocol: lmtp", f"listen: unix:{t.folder}/s", CHUNKING, "on RCPT: reply 550 5.1.1 Nobody")
    t.failed(t.postbag("a@example.net", "b@example.net"), 67, "Nobody")


# The queue.


def test_one_trip_a_message(t):
    t.smarthost(CHUNKING, SETTLE)
    queue(t)
    fill(t, 10)
    emptied(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(10)])
    t.equal((len(t.sessions), {m.by for m in t.messages}), (1, {"BDAT"}))
    t.true(t.messages[-1].flights - t.messages[0].flights <= 2, "round trips behind the first")


def test_refused_among_many(t):
    """RSET lies between what was refused and the next message."""
    t.smarthost(CHUNKING, "on RCPT r2@*: reply 550 5.1.1 Nobody", "on END 1: reply 554 5.6.0 Spam")
    queue(t)
    fill(t, 6)
    run(t)
    t.equal([to for to in arrived(t) if to[0] == "r"], [f"r{i}@example.net" for i in (1, 3, 4, 5)])
    t.equal({len(m.to) for m in t.messages}, {1}, "recipients of each")


@cases("MAIL 3", "RCPT 3", "END 3")
def test_421_in_mid_run(t, stage):
    t.smarthost(CHUNKING, f"on {stage}: reply 421 4.3.2 enough | close")
    queue(t)
    fill(t, 6)
    emptied(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(6)])
    t.equal(len(t.sessions), 3)


def test_unknown_in_the_queue(t):
    t.smarthost(CHUNKING, "on 1/END: reply 500 5.5.1 What?")
    queue(t)
    fill(t, 4)
    emptied(t, run(t))
    t.equal([m.by for m in t.messages], ["DATA"] * 4)
    t.equal(len(t.sessions), 2)


@cases("MAIL", "END")
def test_worker_killed(t, stage):
    """Whatever reply was missing, the message has left whole, and its file says so."""
    t.smarthost(CHUNKING, f"on {stage} 1: wait 1 | default")
    queue(t)
    name = put(t, BOB)
    process = start(t)
    until(lambda: any(c.counts.get(stage) for c in t.host.conversations), stage)
    worker_dies(t, process, name)


# The one flight: once it has left whole, a lost connection leaves the outcome open, whatever reply
# it was that did not come. With little time there is none.


def test_budget(t):
    """A server that takes its time before the end of data does not keep the caller."""
    t.smarthost(CHUNKING, "on MAIL: stall")
    queue(t, "mode = try", "budget = 1s")
    run = t.postbag("bob@example.net")
    t.equal(run.status, 0)
    t.true(run.seconds < 8, f"took {run.seconds} s")
    t.equal(len(kept(t, "defer")), 1)

STAGES = ("MAIL", "RCPT", "END")


def expected(fault):
    if fault in LOST + MALFORMED:
        return 75, True
    return (69 if fault == "5xx" else 75), False


def rows(modes):
    for mode in modes:
        for stage in STAGES:
            for fault in FAULTS:
                yield f"{mode}-{stage}-{fault}"


def play(t, row):
    mode, stage, fault = row.split("-", 2)
    hurried = fault in ("stall", "drip")
    early = stage != "END" and (mode == "lockstep" or hurried)
    t.smarthost("tls: " + ("starttls" if mode == "tls" else "off"), CHUNKING, f"on {stage}: {FAULTS[fault]}",
                *(["ehlo-drop: PIPELINING"] if mode == "lockstep" else []))  # fmt: skip
    t.config(*["timeout = 2"] * hurried)
    run = t.postbag("bob@example.net", timeout=20)
    status, ambiguous = expected(fault)
    if early and ambiguous:
        status, ambiguous = (76 if fault in MALFORMED else 75), False
    t.failed(run, status)
    t.equal("may have been delivered" in run.stderr, ambiguous, "ambiguous")
    t.equal(len(t.sessions), 1)
    if fault in ("4xx", "5xx", "421", "split"):
        t.match(run.stderr, FAULTS[fault].partition(" ")[2].partition(" | ")[0])


SAMPLE = [row for row in rows(["tls", "lockstep"]) if not row.endswith(("stall", "drip", "lines"))][::3]


@cases(*SAMPLE)
def test_fault_sample(t, row):
    play(t, row)


@full
@cases(*rows(["tls", "clear", "lockstep"]))
def test_faults(t, row):
    play(t, row)

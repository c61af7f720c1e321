"""Every fault at every stage, in clear text and TLS, pipelining on and off.

What must come out follows from one rule each: a 4xx is 75; a 5xx never; no sense is 76; a lost
connection or silence is 75; behind the end of data what is no reply is ambiguous.
"""

from harness import cases, full

STAGES = ("GREETING", "EHLO", "STARTTLS", "TLS", "EHLO2", "AUTH", "RESPONSE", "MAIL", "RCPT", "DATA", "END")
OVER_TLS = STAGES
IN_CLEAR = tuple(s for s in STAGES if s not in ("STARTTLS", "TLS", "EHLO2"))

FAULTS = {
    "4xx": "reply 451 4.3.0 Local trouble",
    "5xx": "reply 554 5.3.0 Never",
    "421": "reply 421 4.3.2 Closing | close",
    "close": "close",
    "cut": "cut",
    "reset": "reset",
    "stall": "stall",
    "garbage": "garbage",
    "no-digits": "reply what do you want?",
    "wrong-continuation": "reply 250-yes\\n550 no",
    "split": "split 451 4.3.0 Local trouble",
    "drip": "drip 1",
    "long-line": "long 12290 250",
    "many-lines": "lines 100000 250",
}
MALFORMED = ("garbage", "no-digits", "wrong-continuation", "long-line", "many-lines")
LOST = ("close", "cut", "reset", "stall", "drip")


def expected(stage, fault):
    """Status, and whether the end is ambiguous."""
    if stage == "TLS":
        return (75 if fault in LOST else 76), False
    if stage == "END" and fault in LOST + MALFORMED:
        return 75, True
    if fault == "5xx":
        return 69, False
    return (76 if fault in MALFORMED else 75), False


def rows(stages, modes):
    for mode in modes:
        for stage in stages:
            for fault in FAULTS:
                if (stage, fault) == ("TLS", "drip"):
                    continue  # there is no reply to take apart
                yield f"{mode}-{stage}-{fault}"


def play(t, row, *script):
    mode, stage, fault = row.split("-", 2)
    script = [*script, f"on {stage}: {FAULTS[fault]}"]
    if mode.endswith("lockstep"):
        script.append("ehlo-drop: PIPELINING")
    t.smarthost(*script)
    t.config("timeout = 2")
    run = t.postbag("bob@example.net", timeout=20)
    status, ambiguous = expected(stage, fault)
    t.failed(run, status)
    t.equal("may have been delivered" in run.stderr, ambiguous, "ambiguous")
    t.true(run.seconds <= 3.5, f"took {run.seconds:.1f} s")
    if stage != "TLS" and fault in ("4xx", "5xx", "421", "split"):
        t.match(run.stderr, FAULTS[fault].partition(" ")[2].partition(" | ")[0])


SAMPLE = [
    row for number, row in enumerate(rows(STAGES, ["tls"]))
    if not row.endswith(("stall", "drip", "lines")) and number % 3 == 0
]  # fmt: skip


@cases(*SAMPLE)
def test_sample(t, row):
    play(t, row, "tls: starttls", "auth: SCRAM-SHA-256")


@full
@cases(*rows(OVER_TLS, ["tls", "tlslockstep"]))
def test_tls(t, row):
    play(t, row, "tls: starttls", "auth: SCRAM-SHA-256")


@full
@cases(*rows(IN_CLEAR, ["clear", "lockstep"]))
def test_clear(t, row):
    play(t, row, "tls: off", "auth: SCRAM-SHA-256", "auth-clear: yes")


def test_reply_before_its_command(t):
    """One reply too many: it may be taken for the next command's, but never makes a success."""
    t.allow("pipelined")  # as it must seem to the smarthost
    t.smarthost("tls: off", "ehlo-drop: PIPELINING", "on MAIL: default | reply 250 2.1.5 Ok",
                "on RCPT: reply 550 5.1.1 Nobody")  # fmt: skip
    run = t.postbag("bob@example.net")
    t.true(run.status != 0, "a success")
    t.nothing_sent()


@cases("close", "reset", "drain")
def test_early_reply(t, ending):
    """A refusal in the middle of a large body is the verdict, also when the link dies with it."""
    t.smarthost("tls: implicit", f"on BODY 100000: reply 552 5.3.4 Too big | {ending}")
    body = b"Subject: x\n\n" + (b"y" * 76 + b"\n") * 100000
    t.config("timeout = 5")
    t.failed(t.postbag("bob@example.net", stdin=body), 65, "552 5.3.4 Too big")


def test_354_to_nobody(t):
    """354 although all were refused, and 250 to the lone dot."""
    t.smarthost("tls: off", "on RCPT: reply 550 5.1.1 Nobody", "on DATA: reply 354 Go on",
                "on END: reply 250 2.0.0 Ok")  # fmt: skip
    t.failed(t.postbag("bob@example.net", "ann@example.net"), 67, "not sent, not queued")
    t.equal([m.data for s in t.sessions for m in s.messages], [b""])

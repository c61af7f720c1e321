"""Round trips: the fewest that the protocol allows (counted by the smarthost)."""

from harness import cases

SETTLE = "settle: 0.05"


def flown(t, flights):
    t.equal(t.message().flights, flights, "round trips until accepted")
    t.equal(t.sessions[0].flights, flights, "round trips in all: none for QUIT")
    t.equal(t.sessions[0].end, "quit")


@cases(
    ("starttls", "PLAIN", 9),
    ("implicit", "PLAIN", 7),
    ("starttls", "SCRAM-SHA-256", 11),
    ("implicit", "LOGIN", 9),
    ("off", "", 5),
)
def test_until_accepted(t, row):
    tls, auth, flights = row
    t.smarthost("tls: " + tls, "auth: " + auth, SETTLE)
    t.accepted(t.postbag("bob@example.net"))
    flown(t, flights)


@cases(("starttls", 10), ("implicit", 7))
def test_tls12(t, row):
    """One more behind STARTTLS; with implicit TLS the greeting rides with the server's Finished."""
    tls, flights = row
    t.smarthost("tls: " + tls, "auth: PLAIN", "tls-max: 1.2", SETTLE)
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.message().flights, flights)


def test_many_recipients_cost_nothing(t):
    t.smarthost("tls: implicit", "auth: PLAIN", SETTLE)
    t.accepted(t.postbag(*[f"r{i}@example.net" for i in range(100)]))
    t.equal(len(t.message().to), 100)
    t.equal(t.message().flights, 7)


def test_one_write_a_flight(t):
    """What arrives between two of the server's writes arrives in one piece."""
    t.smarthost("tls: off")
    t.accepted(t.postbag("bob@example.net", "ann@example.net"))
    t.equal(t.sessions[0].reads, 3, "EHLO; MAIL, RCPT, RCPT, DATA; message and QUIT")


def test_without_pipelining(t):
    t.smarthost("tls: off", "ehlo-drop: PIPELINING", SETTLE)
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.message().flights, 7)


def test_pipelining_off_by_option(t):
    t.smarthost("tls: off", SETTLE)
    t.config("pipelining = off")
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.message().flights, 7)

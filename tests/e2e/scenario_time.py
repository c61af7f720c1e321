"""One deadline in every phase."""

from harness import cases
from scenario_auth import helper, without_password

LIMIT = 3.0  # for timeout = 1 and 2: with room for a slow machine

STAGES = {
    "greeting": ["tls: off", "on GREETING: stall"],
    "ehlo": ["tls: off", "on EHLO: stall"],
    "starttls": ["tls: starttls", "on STARTTLS: stall"],
    "tls": ["tls: starttls", "on TLS: stall"],
    "tls-implicit": ["tls: implicit", "on TLS: stall"],
    "ehlo2": ["tls: starttls", "on EHLO2: stall"],
    "auth": ["tls: starttls", "auth: PLAIN", "on AUTH: stall"],
    "response": ["tls: starttls", "auth: SCRAM-SHA-256", "on RESPONSE: stall"],
    "mail": ["tls: off", "on MAIL: stall"],
    "rcpt": ["tls: implicit", "on RCPT: stall"],
    "data": ["tls: off", "on DATA: stall"],
    "drip": ["tls: off", "on EHLO: drip 0.4"],
    "drip-tls": ["tls: implicit", "on GREETING: drip 0.4"],
}


@cases(**STAGES)
def test_stall(t, script):
    """Nothing more comes: 75, temporary, within the limit."""
    t.smarthost(*script)
    t.config("timeout = 1")
    run = t.postbag("bob@example.net")
    t.failed(run, 75, "not sent, not queued")
    t.true(0.9 <= run.seconds <= LIMIT, f"took {run.seconds:.1f} s")
    t.nothing_sent()


@cases("off", "implicit")
def test_after_the_end_of_data(t, tls):
    """An explicit timeout binds there too, and its end is ambiguous."""
    t.smarthost("tls: " + tls, "on END: stall")
    t.config("timeout = 1")
    run = t.postbag("bob@example.net")
    t.failed(run, 75, "may have been delivered")
    t.true(run.seconds <= LIMIT, f"took {run.seconds:.1f} s")


def test_quit_is_not_waited_for(t):
    """A server that never answers QUIT costs nothing once the message is accepted."""
    t.smarthost("tls: off", "on QUIT: stall")
    t.config("timeout = 2")
    run = t.postbag("bob@example.net")
    t.accepted(run)
    t.true(run.seconds < 1.5, f"took {run.seconds:.1f} s")


@cases("off", "implicit")
def test_writes(t, tls):
    """A server that stops reading in the middle of a large message."""
    t.smarthost("tls: " + tls, "on BODY 1000: wait 6")
    t.config("timeout = 2")
    body = b"Subject: x\n\n" + (b"y" * 76 + b"\n") * 300000
    run = t.postbag("bob@example.net", stdin=body)
    t.failed(run, 75)
    t.true(run.seconds <= LIMIT + 2, f"took {run.seconds:.1f} s")


def test_command_timeout(t):
    t.smarthost("tls: off", "on MAIL: stall")
    t.config("command_timeout = 1")
    run = t.postbag("bob@example.net")
    t.failed(run, 75)
    t.true(run.seconds <= LIMIT, f"took {run.seconds:.1f} s")


def test_connect_timeout(t):
    t.smarthost("tls: off")
    with t.black_hole() as port:
        t.config(f"port = {port}", "connect_timeout = 1")
        run = t.postbag("bob@example.net")
    t.failed(run, 75)
    t.true(run.seconds <= LIMIT, f"took {run.seconds:.1f} s")


def test_password_command(t):
    """It and its children are ended at the deadline."""
    without_password(t, f"password_command = {helper(t, 'sleep 20; echo late')}", "timeout = 1")
    run = t.postbag("bob@example.net")
    t.failed(run, 75, "password_command")
    t.true(run.seconds <= LIMIT, f"took {run.seconds:.1f} s")


def test_password_command_keeps_pipe(t):
    """A grandchild that holds the pipe open does not hold us."""
    text = "sleep 20 2>/dev/null & echo pa55-word-never-shown"
    without_password(t, f"password_command = {helper(t, text)}", "timeout = 2")
    run = t.postbag("bob@example.net")
    t.true(run.seconds <= LIMIT + 1, f"took {run.seconds:.1f} s")


def test_refused(t):
    with t.closed_port() as port:
        t.config(f"port = {port}", "tls = off")
        t.failed(t.postbag("bob@example.net"), 75, "refused")


def test_next_host(t):
    """Several hosts are tried in order."""
    with t.closed_port() as port:
        t.smarthost("tls: off")
        t.config(f"host = 127.0.0.1:{port}, 127.0.0.1:{t.host.port}", "-port")
        t.accepted(t.postbag("bob@example.net"))
    t.equal(len(t.messages), 1)


def test_next_host_after_421(t):
    t.smarthost("tls: off", "on GREETING: reply 421 4.3.2 Full | close")
    first = t.host.port
    t.smarthost("tls: off")
    t.config(f"host = 127.0.0.1:{first}, 127.0.0.1:{t.host.port}", "-port")
    t.accepted(t.postbag("bob@example.net"))
    t.equal(len(t.messages), 1)


def test_name_lookup(t):
    """A name that does not exist, or a resolver that cannot say so."""
    t.config("host = no-such-host.invalid", "timeout = 2", "tls = off")
    run = t.postbag("bob@example.net")
    t.true(run.status in (68, 75), f"status {run.status}")
    t.true(run.seconds <= LIMIT, f"took {run.seconds:.1f} s")

"""TLS sessions that a worker of the queue resumes on its next connection to the same server."""

import shutil

from harness import cases, until
from scenario_queue import kept, queue, silent
from scenario_queue_run import accepted, arrived, fill, run, start

ENOUGH = "on MAIL 3: reply 421 4.3.2 enough | close"


def resumed(t):
    return [s.tls_resumed for s in t.sessions]


@cases("implicit 1.2", "implicit 1.3", "starttls 1.2", "starttls 1.3")
def test_next_connection(t, row):
    """The server lets go of us after each second message."""
    mode, version = row.split()
    t.smarthost(f"tls: {mode}", f"tls-max: {version}", "tls-resume: yes", ENOUGH)
    queue(t)
    fill(t, 6)
    silent(t, run(t))
    t.equal((kept(t), arrived(t)), ([], [f"r{i}@example.net" for i in range(6)]))
    t.equal(resumed(t), [False, True, True])


def test_login_over_a_resumed_session(t):
    """Who we are is said again."""
    t.smarthost("tls: implicit", "tls-resume: yes", "auth: PLAIN", ENOUGH)
    queue(t, account=("user = user@example.org", "password = pa55-word-never-shown"))
    fill(t, 4)
    silent(t, run(t))
    t.equal((kept(t), resumed(t)), ([], [False, True]))
    t.equal([s.mechanism for s in t.sessions], ["PLAIN", "PLAIN"])


def test_not_from_run_to_run(t):
    """Nothing of it is on disk."""
    t.smarthost("tls: implicit", "tls-resume: yes")
    queue(t)
    for _ in range(2):
        fill(t, 1)
        silent(t, run(t))
    t.equal(resumed(t), [False, False])


@cases(
    insecure=("tls_verify = insecure",),
    identity=("tls_cert = {client}.pem", "tls_key = {client}.key"),
)
def test_never(t, keys):
    certificates = t.context.certificates
    t.smarthost("tls: implicit", "tls-resume: yes", "client-cert: wanted", ENOUGH)
    queue(t, account=[key.format(client=certificates.path("client")) for key in keys])
    fill(t, 4)
    silent(t, run(t))
    t.equal(resumed(t), [False, False])


@cases("1.2", "1.3")
def test_certificate_is_checked_again(t, version):
    """Between two connections its authority is trusted no more. The session is resumed by the server
    and refused by us, before a word is said; so is the full handshake that follows."""
    authorities = t.folder / "authorities.pem"
    shutil.copy(t.context.certificates.ca, authorities)
    t.smarthost("tls: implicit", f"tls-max: {version}", "tls-resume: yes", "on 1/MAIL 3: wait 2 | reply 421 4.3.2 enough | close")  # fmt: skip
    queue(t, account=(f"tls_ca_file = {authorities}",))
    names = fill(t, 4)
    process = start(t)
    until(lambda: len(accepted(t)) == 2, "two messages")
    shutil.copy(t.context.certificates.path("stranger.pem"), authorities)
    done = process.finish(timeout=20)
    t.equal(done.status, 75)
    t.match(done.stderr, "Throwaway ca")
    t.equal(kept(t), names[2:])
    shutil.copy(t.context.certificates.ca, authorities)
    silent(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(4)])
    t.equal(resumed(t), [False, True, False, False])
    t.equal([bool(s.commands) for s in t.sessions], [True, False, False, True])


def test_session_that_is_of_no_use(t):
    """A server that ends every connection on which a session is resumed is spoken to without."""
    t.smarthost("tls: implicit", "tls-resume: yes", "on 1/MAIL 3: reply 421 4.3.2 enough | close", "on 2/TLS: close")  # fmt: skip
    queue(t)
    fill(t, 4)
    silent(t, run(t))
    t.equal((kept(t), arrived(t)), ([], [f"r{i}@example.net" for i in range(4)]))
    t.equal(resumed(t), [False, False, False])

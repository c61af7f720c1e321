"""Logins: mechanisms, sources of the password, and that it is never seen."""

import base64
import os
import re
import stat

from harness import cases

SECRET = "pa55-word-never-shown"
MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "CRAM-MD5")
TOKENS = ("OAUTHBEARER", "XOAUTH2")


@cases(*[f"{tls} {mechanism}" for tls in ("starttls", "implicit") for mechanism in MECHANISMS])
def test_mechanism(t, row):
    tls, mechanism = row.split()
    t.smarthost("tls: " + tls, "auth: " + mechanism)
    t.accepted(t.postbag("bob@example.net"))
    session = t.sessions[0]
    t.equal((session.mechanism, session.user), (mechanism, "user@example.org"))
    t.equal(len(t.messages), 1)


@cases(
    ("LOGIN PLAIN", "PLAIN"), ("PLAIN LOGIN SCRAM-SHA-1", "SCRAM-SHA-1"),
    ("PLAIN SCRAM-SHA-1 SCRAM-SHA-256", "SCRAM-SHA-256"), ("X-FOO LOGIN", "LOGIN"),
)  # fmt: skip
def test_choice(t, row):
    """The strongest that both know."""
    offered, chosen = row
    t.smarthost("tls: implicit", "auth: " + offered)
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.sessions[0].mechanism, chosen)


@cases(*MECHANISMS)
def test_refused_is_refused(t, mechanism):
    """A login refused is repeated with no other mechanism, and at no other host."""
    offer = "PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256 CRAM-MD5"
    first = t.smarthost("tls: implicit", "auth: " + offer)
    second = t.smarthost("tls: implicit", "auth: " + offer)
    t.config(
        f"host = 127.0.0.1:{first.port} 127.0.0.1:{second.port}", "-port", "tls = implicit",
        "auth = " + mechanism, "password = wrong",
    )  # fmt: skip
    t.failed(t.postbag("bob@example.net"), 77, "535 5.7.8")
    t.equal([[v for v in s.verbs() if v == "AUTH"] for s in first.finish()], [["AUTH"]])
    t.equal(second.finish(), [])


@cases(*TOKENS)
def test_token(t, mechanism):
    """The token takes the place of the password, and is not shown either."""
    t.smarthost("tls: starttls", "auth: PLAIN LOGIN " + mechanism)
    t.config("-password", "oauth_token_command = echo " + SECRET)
    run = t.postbag("-vv", "bob@example.net")
    t.equal((run.status, run.stdout), (0, ""))
    t.match(run.stderr, "AUTH " + mechanism)
    t.equal((t.sessions[0].mechanism, t.sessions[0].user), (mechanism, "user@example.org"))
    t.equal(len(t.messages), 1)


@cases(*TOKENS)
def test_token_in_test(t, mechanism):
    """`postbag test` shows why it is refused."""
    t.smarthost("tls: implicit", "auth: " + mechanism)
    t.config("-password", f"oauth_token_command = {helper(t, 'echo stale')}")
    run = t.postbag("test", stdin=b"")
    t.equal(run.status, 77)
    t.match(run.stdout + run.stderr, "(status 401, scope https://mail.example.net/)")
    t.lacks(run.stdout + run.stderr, "stale")


@cases(*TOKENS)
def test_token_refused_then_accepted(t, mechanism):
    """Reasons against the token and then a yes: nobody to trust with a message."""
    t.smarthost("tls: implicit", "auth: " + mechanism, "on RESPONSE: reply 235 2.7.0 Welcome")
    t.config("-password", "oauth_token_command = echo stale")
    t.failed(t.postbag("bob@example.net"), 77, "refuses the token, and accepts the login")
    t.nothing_sent()


def test_external_empty_response(t):
    """An empty initial response is "=" (RFC 4954 section 4)."""
    path = t.context.certificates.path
    t.smarthost("tls: implicit", "auth: EXTERNAL", "client-cert: wanted")
    t.config("-password", "-user", "auth = EXTERNAL", f"tls_cert = {path('client.pem')}", f"tls_key = {path('client.key')}")
    t.accepted(t.postbag("bob@example.net"))
    t.match(b"\n".join(t.sessions[0].commands), b"AUTH EXTERNAL =")


def test_initial_response_too_long(t):
    """Beyond 512 octets the response does not ride on the AUTH line."""
    for length, together in ((300, True), (400, False)):
        t.smarthost("tls: implicit", "auth: PLAIN", "password: " + "p" * length)
        t.accepted(t.postbag("bob@example.net"))
        lines = [line for line in t.host.finish()[0].commands if line.startswith(b"AUTH")]
        t.equal(lines[0] != b"AUTH PLAIN", together, "together")


@cases("SCRAM-SHA-256", "CRAM-MD5")
def test_cancelled(t, mechanism):
    """A challenge without an answer is cancelled, so that the connection can end in order."""
    t.smarthost("tls: implicit", "auth: " + mechanism, "on AUTH: reply 334 !!!", "on RESPONSE: reply 501 5.7.0 Cancelled")
    t.failed(t.postbag("bob@example.net"), 76, "not base64")
    t.equal(t.sessions[0].commands[-2:], [b"*", b"QUIT"])


def test_named(t):
    """auth names what may be used."""
    t.smarthost("tls: implicit", "auth: PLAIN SCRAM-SHA-256")
    t.config("auth = PLAIN")
    t.accepted(t.postbag("bob@example.net"))
    t.config("auth = LOGIN")
    t.failed(t.postbag("bob@example.net"), 69, "LOGIN")
    t.equal([s.mechanism for s in t.sessions], ["PLAIN", ""])


def test_auth_min(t):
    t.smarthost("tls: implicit", "auth: PLAIN LOGIN")
    t.config("auth_min = scram")
    t.failed(t.postbag("bob@example.net"), 69)
    t.lacks(b" ".join(t.sessions[0].commands), b"AUTH")


def test_auth_off(t):
    t.smarthost("tls: implicit", "auth: PLAIN", "auth-required: no")
    t.config("auth = off", "-password")
    t.accepted(t.postbag("bob@example.net"))
    t.equal(t.sessions[0].mechanism, "")


@cases(
    ("wrong-signature", ""), ("wrong-nonce", ""), ("early-success", ""), ("error", ""),
)  # fmt: skip
def test_scram_liars(t, row):
    """A server that cannot prove itself is not trusted with the message."""
    flaw, _ = row
    t.smarthost("tls: implicit", "auth: SCRAM-SHA-256", "scram-flaw: " + flaw)
    run = t.postbag("bob@example.net")
    t.true(run.status in (76, 77), f"status {run.status}")
    t.nothing_sent()


@cases(1, 4095, 1000001)
def test_scram_iterations(t, count):
    t.smarthost("tls: implicit", "auth: SCRAM-SHA-256", f"scram-iterations: {count}")
    run = t.postbag("bob@example.net", timeout=10)
    t.true(run.status in (69, 76, 77), f"status {run.status}")
    t.match(run.stderr, str(count))
    t.nothing_sent()


def test_garbled_challenge(t):
    t.smarthost("tls: implicit", "auth: SCRAM-SHA-256", "on AUTH: reply 334 !!!not base64")
    run = t.postbag("bob@example.net")
    t.true(run.status in (76, 77), f"status {run.status}")
    t.nothing_sent()


@cases("PLAIN", "LOGIN", "SCRAM-SHA-256")
def test_endless_challenges(t, mechanism):
    t.smarthost(
        "tls: implicit", "auth: " + mechanism, "on AUTH: reply 334 AAAA", "on RESPONSE: reply 334 AAAA",
    )  # fmt: skip
    run = t.postbag("bob@example.net", timeout=10)
    t.true(run.status in (76, 77), f"status {run.status}")
    t.true(len(t.sessions[0].commands) < 12, "it goes on answering")


# Where the password comes from


def helper(t, text, mode=0o755):
    """A little program in the test's folder."""
    path = t.folder / "helper"
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(mode)
    return path


def without_password(t, *lines):
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.config("-password", *lines)


def test_password_file(t):
    path = t.folder / "secret"
    without_password(t, f"password_file = {path}")
    path.write_text(SECRET + "\n", encoding="utf-8")
    for mode in (0o600, 0o444):
        path.chmod(mode)
        t.accepted(t.postbag("bob@example.net"))
    path.chmod(0o666)
    t.failed(t.postbag("bob@example.net"), 78, "secret")
    path.unlink()
    t.failed(t.postbag("bob@example.net"), 78, "secret")
    t.equal(len(t.messages), 2)


def test_password_command(t):
    path = helper(t, f"cat; env >{t.folder}/env; echo '{SECRET}'\n")
    without_password(t, f"password_command = {path}")
    t.accepted(t.postbag("bob@example.net", env={"STRANGE": "1"}))
    t.equal(len(t.messages), 1)


def test_password_command_words(t):
    """Words are split as a shell would, but no shell runs."""
    path = helper(t, '[ "$1" = "a b" ] && [ "$2" = \'$(id);x\' ] && [ $# = 2 ] && echo ' + SECRET)
    without_password(t, f"password_command = {path} 'a b' $(id)\\;x")
    t.accepted(t.postbag("bob@example.net"))


@cases(
    fails=("exit 1", 78), temporary=("exit 75", 75), empty=("true", 78), killed=("kill -9 $$", 78),
    complains=("echo vault is locked >&2; exit 1", 78),
)  # fmt: skip
def test_password_command_fails(t, row):
    text, status = row
    without_password(t, f"password_command = {helper(t, text)}")
    run = t.postbag("bob@example.net")
    t.failed(run, status, "password_command")
    t.equal(t.sessions, [])


def test_password_command_missing(t):
    without_password(t, "password_command = /nonexistent/helper")
    t.failed(t.postbag("bob@example.net"), 78, "/nonexistent/helper")


@cases(1, 2)
def test_verbose_masks(t, level):
    """-v and -vv show the dialogue, secrets as ***."""
    for mechanism in MECHANISMS:
        t.smarthost("tls: starttls", "auth: " + mechanism)
        run = t.postbag("-" + "v" * level, "bob@example.net")
        t.equal((run.status, run.stdout), (0, ""))
        for word in ("EHLO client.example.org", "AUTH " + mechanism, "***", "RCPT TO:<bob@example.net>"):
            t.match(run.stderr, word)
        for line in t.host.finish()[0].commands:
            token = line.split(b" ")[-1].decode("utf-8", "replace")
            if token in ("DATA", "STARTTLS", "QUIT", "LOGIN", "", mechanism):
                continue
            if b" " not in line or line.startswith(b"AUTH "):
                t.lacks(run.stderr, token)
        shown = re.findall(r"S: 334 (.*)", run.stderr)
        if mechanism.startswith("SCRAM"):
            t.equal(set(shown), {"***"}, "salt, rounds and signature: enough to guess the password by")
    if level == 2:
        t.match(run.stderr, "TLS1.3")


def test_command_line_is_clean(t):
    """Neither password nor token in argv or environment of a child."""
    copy = t.folder / "seen"
    path = helper(t, f"tr '\\0' '\\n' </proc/$PPID/cmdline >{copy}; env >>{copy}; echo {SECRET}")
    without_password(t, f"password_command = {path}")
    t.accepted(t.postbag("bob@example.net", env={"POSTBAG_SECRET": SECRET}))
    t.lacks(copy.read_text(encoding="utf-8"), SECRET)


def test_log_holds_no_secret(t):
    log = t.folder / "log"
    t.smarthost("tls: starttls", "auth: PLAIN")
    t.config(log=["syslog = off", f"file = {log}", "format = json"])
    t.accepted(t.postbag("bob@example.net"))
    t.config("password = wr0ng-secret", log=["syslog = off", f"file = {log}"])
    t.failed(t.postbag("bob@example.net"), 77)
    text = log.read_text(encoding="utf-8")
    for secret in (SECRET, "wr0ng-secret"):
        t.lacks(text, secret)
        t.lacks(text, base64.b64encode(secret.encode()).decode()[:8])
    t.equal(stat.S_IMODE(os.stat(log).st_mode) & 0o007, 0, "others may read the log")

"""Logins at a server on GnuTLS and GNU SASL (tests/peer): every mechanism, channel binding, tokens."""

import contextlib

from harness import Skip, cases
from peer import TLS, Middle, Peer, Realm

BOB = "bob@example.net"
PLUS = ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS")
SCRAM = ("SCRAM-SHA-1", "SCRAM-SHA-256")
TOKEN = ("OAUTHBEARER", "XOAUTH2")
PASSWORD = ("PLAIN", "LOGIN", "CRAM-MD5", *SCRAM, *PLUS)
ALL = " ".join((*PASSWORD, *TOKEN))


@contextlib.contextmanager
def peer(t, env=None, **options):
    binary = t.context.build / "tests" / "peer" / "sasl_peer"
    if not binary.exists():
        raise Skip("tests/peer is not built")
    server = Peer(str(binary), t.context.certificates, env, **options)
    try:
        yield server
    finally:
        server.close()


def configure(t, port, *lines, password="password = pencil", host="127.0.0.1", user="user = user"):
    keys = [
        "[account test]", f"host = {host}", "ip = 4", f"port = {port}", "tls = implicit", "from = acct@example.org",
        "domain = client.example.org", f"tls_ca_file = {t.context.certificates.ca}", user, password, *lines,
    ]  # fmt: skip
    t.raw_config("\n".join(keys) + "\n[log]\nsyslog = off\n")


def helper(t, text):
    path = t.folder / "helper"
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o755)
    return f"oauth_token_command = {path}"


def succeeded(t, run, server, mech):
    t.equal((run.status, run.stdout, run.stderr), (0, "", ""), "status, stdout, stderr")
    seen = server.connection()
    t.equal([line.split()[:2] for line in seen["auth"]], [[mech, "ok"]])
    t.equal(len(seen.get("message", [])), 1, "messages")
    return seen


def refused(t, run, server, mech):
    t.failed(run, 77, "535 5.7.8 Credentials invalid", "not sent, not queued")
    seen = server.connection()
    t.equal([line.split()[:2] for line in seen["auth"]], [[mech, "no"]])
    t.equal(seen.get("message"), None, "messages")
    return seen


def binding(mech, tls):
    """What SCRAM says of channel binding, where the server offers nothing else."""
    if mech in PLUS:
        return "p=tls-exporter,," if tls == "1.3" else "p=tls-unique,,"
    return "n,," if tls == "1.2" else "y,,"


@cases(*[f"{mech} {tls}" for mech in (*PASSWORD, *TOKEN) for tls in TLS])
def test_matrix(t, row):
    """Right and wrong, on TLS 1.3, and 1.2 with and without extended master secret."""
    mech, tls = row.split()
    secrets = ("password = pencil", "password = pencils")
    if mech in TOKEN:
        secrets = ("oauth_token_command = echo pencil", "oauth_token_command = echo pencils")
    with peer(t, mechs=mech, priority=TLS[tls]) as server:
        for secret, check in zip(secrets, (succeeded, refused)):
            configure(t, server.port, password=secret)
            run = t.postbag(BOB)
            if mech in PLUS and tls == "1.2":
                t.failed(run, 69, "nothing to bind to")
                t.equal(server.connection().get("auth"), None)
                continue
            seen = check(t, run, server, mech)
            t.equal(seen["tls"], [{"1.3": "TLS1.3", "1.2": "TLS1.2", "1.2-ems": "TLS1.2 ems"}[tls]])
            if mech.startswith("SCRAM"):
                t.equal(seen["header"], [binding(mech, tls)])


@cases(
    ("1.3", "", ALL, "SCRAM-SHA-256-PLUS p=tls-exporter,,"),
    ("1.2-ems", "", ALL, "SCRAM-SHA-256-PLUS p=tls-unique,,"),
    ("1.2", "", ALL, "SCRAM-SHA-256 n,,"),
    ("1.3", "", "PLAIN SCRAM-SHA-256", "SCRAM-SHA-256 y,,"),
    ("1.3", "", "SCRAM-SHA-256 SCRAM-SHA-1-PLUS", "SCRAM-SHA-1-PLUS p=tls-exporter,,"),
    ("1.3", "auth = SCRAM-SHA-256", ALL, "SCRAM-SHA-256 n,,"),
    ("1.3", "auth = CRAM-MD5, LOGIN", ALL, "LOGIN"),
    ("1.3", "", "CRAM-MD5", "CRAM-MD5"),
)  # fmt: skip
def test_choice(t, row):
    """The best that both know and the connection allows, and what the server is told of binding."""
    tls, line, mechs, result = row
    mech, _, header = result.partition(" ")
    with peer(t, mechs=mechs, priority=TLS[tls]) as server:
        configure(t, server.port, line)
        seen = succeeded(t, t.postbag(BOB), server, mech)
        t.equal(seen.get("header", [""]), [header])


@cases("1.3", "1.2-ems")
def test_middle_is_caught(t, tls):
    """Whoever ends TLS in the middle cannot use a login that is bound to the channel."""
    for mech in PLUS:
        with peer(t, mechs=mech, priority=TLS[tls]) as server:
            middle = Middle(server.port, t.context.certificates, tls=tls)
            configure(t, middle.port)
            run = t.postbag(BOB)
            refused(t, run, server, mech)
            t.match(run.stderr, "sits between here and the server")
            middle.close()


def test_middle_that_hides_binding(t):
    """Who takes -PLUS out of the offer is found out by the server, which is told."""
    with peer(t, mechs="PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS") as server:
        middle = Middle(server.port, t.context.certificates, lambda octets: octets.replace(b" SCRAM-SHA-256-PLUS", b""))
        configure(t, middle.port)
        seen = refused(t, t.postbag(BOB), server, "SCRAM-SHA-256")
        t.equal(seen["header"], ["y,,"])
        middle.close()


@cases(
    ("auth_min = scram-plus", " SCRAM-SHA-256-PLUS"), ("auth_min = scram", " SCRAM-SHA-256-PLUS", " SCRAM-SHA-256"),
)  # fmt: skip
def test_middle_gets_nothing(t, row):
    """With auth_min nothing is tried where less is offered."""
    line, *hidden = row

    def hide(octets):
        for word in hidden:
            octets = octets.replace(word.encode(), b"")
        return octets

    with peer(t, mechs="PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS") as server:
        middle = Middle(server.port, t.context.certificates, hide)
        configure(t, middle.port, line)
        t.failed(t.postbag(BOB), 69, "no login mechanism in common")
        t.equal(server.connection().get("auth"), None)
        middle.close()


@cases(*[f"{mech} {flaw}" for mech in (*SCRAM, *PLUS) for flaw in ("silent", "wrong")])
def test_server_without_proof(t, row):
    """A server that accepts the login but does not prove that it knows the password gets no message."""
    mech, flaw = row.split()
    with peer(t, mechs=mech, flaw=flaw) as server:
        configure(t, server.port)
        words = {"silent": "without proof that it knows the password", "wrong": "signature is wrong"}
        t.failed(t.postbag(BOB), 77, words[flaw], "not sent, not queued")
        t.equal(server.connection().get("message"), None)


FOREIGN = ("paßwort", "ключ", "Ⅸ x\u00ady", "ゟ｡", "₿itcoin", "😀😀")
STRANGE = {"CRAM-MD5": FOREIGN[2:], "PLAIN": FOREIGN[2:]}  # what the library prepares, or refuses, at the other end


@cases(*PASSWORD)
def test_foreign_passwords(t, mech):
    """Not ASCII, compatibility forms, characters newer than SASLprep knows."""
    for password in FOREIGN:
        if mech in STRANGE and password in STRANGE[mech]:
            continue
        with peer(t, mechs=mech, password=password) as server:
            configure(t, server.port, password="password = " + password)
            succeeded(t, t.postbag(BOB), server, mech)


@cases(*SCRAM)
def test_foreign_user(t, mech):
    with peer(t, mechs=mech, user="jürg,=x") as server:
        configure(t, server.port, user="user = jürg,=x")
        succeeded(t, t.postbag(BOB), server, mech)


def test_what_scram_cannot_express(t):
    """Then the next best is taken, if the account allows it."""
    password = "a\u0627\u0031"  # of both directions
    with peer(t, mechs="LOGIN SCRAM-SHA-256", password=password) as server:
        configure(t, server.port, password="password = " + password)
        succeeded(t, t.postbag(BOB), server, "LOGIN")
        configure(t, server.port, "auth_min = scram", password="password = " + password)
        t.failed(t.postbag(BOB), 69, "only SCRAM is in common")


@cases(*[f"{tls} {user}" for tls in TLS for user in ("none", "user")])
def test_external(t, row):
    """The certificate is the login, with a name or without."""
    tls, user = row.split()
    path = t.context.certificates.path
    own = f"tls_cert = {path('client.pem')}", f"tls_key = {path('client.key')}"
    name = "auth = EXTERNAL" if user == "none" else "user = user"
    with peer(t, mechs="PLAIN EXTERNAL", ca=t.context.certificates.ca, priority=TLS[tls]) as server:
        configure(t, server.port, *own, user=name, password="")
        succeeded(t, t.postbag(BOB), server, "EXTERNAL")


def test_external_needs_the_certificate(t):
    """Not where the server asks for none, nor beside a password; but if it is named, before that."""
    path = t.context.certificates.path
    own = f"tls_cert = {path('client.pem')}", f"tls_key = {path('client.key')}"
    with peer(t, mechs="PLAIN EXTERNAL") as server:
        configure(t, server.port, *own, "auth = EXTERNAL", user="", password="")
        t.failed(t.postbag(BOB), 69, "has not taken a client certificate")
        t.equal(server.connection().get("auth"), None)
    with peer(t, mechs="PLAIN EXTERNAL", ca=t.context.certificates.ca) as server:
        configure(t, server.port, *own)
        succeeded(t, t.postbag(BOB), server, "PLAIN")
        configure(t, server.port, *own, "auth = PLAIN, EXTERNAL")
        succeeded(t, t.postbag(BOB), server, "EXTERNAL")


# Tokens


@cases(*TOKEN)
def test_token_refused(t, mech):
    """The server's reasons are shown; a token that stays the same is tried once."""
    with peer(t, mechs=mech) as server:
        configure(t, server.port, password=helper(t, f"echo x >>{t.folder}/runs; echo stale\n"))
        run = t.postbag(BOB)
        refused(t, run, server, mech)
        t.match(run.stderr, "(status invalid_token, scope mail-send)")
        t.match(run.stderr, "run out or was revoked")
        t.lacks(run.stderr, "stale")
        t.equal((t.folder / "runs").read_text(), "x\nx\n", "runs of the command")


@cases(*TOKEN)
def test_token_renewed(t, mech):
    """A token that has run out is renewed once, over a new connection."""
    text = f'echo "$POSTBAG_OAUTH_REFRESH" >>{t.folder}/runs\n[ "$POSTBAG_OAUTH_REFRESH" ] && echo pencil || echo stale\n'
    with peer(t, mechs=mech) as server:
        configure(t, server.port, password=helper(t, text))
        run = t.postbag("-v", BOB)
        t.equal(run.status, 0)
        for secret in ("stale", "pencil"):
            t.lacks(run.stderr, secret)
        t.equal([line.split()[:2] for line in server.connection()["auth"]], [[mech, "no"]])
        seen = server.connection()
        t.equal([line.split()[:2] for line in seen["auth"]], [[mech, "ok"]])
        t.equal(len(seen["message"]), 1)
        t.equal((t.folder / "runs").read_text(), "\n1\n", "what the command was told")


@cases(fails=("exit 1", 77), temporary=("exit 75", 75), page=("echo '<html>'", 77), other=("echo stale2", 77))
def test_token_not_renewed(t, row):
    """The second refusal is the last, and a command that fails then does not hide the first."""
    text, status = row
    with peer(t, mechs="XOAUTH2") as server:
        script = f'echo x >>{t.folder}/runs\n[ "$POSTBAG_OAUTH_REFRESH" ] || {{ echo stale; exit; }}\n{text}\n'
        configure(t, server.port, password=helper(t, script))
        t.failed(t.postbag(BOB), status, "535" if status == 77 else "oauth_token_command: exit status 75")
        t.equal((t.folder / "runs").read_text(), "x\nx\n", "runs of the command")


@cases(
    fails=("echo no grant >&2; exit 1", 78, "oauth_token_command: exit status 1"),
    temporary=("exit 75", 75, "oauth_token_command: exit status 75"),
    page=("echo '<!DOCTYPE html><title>Sign in</title>'", 78, "it prints a web page, not a token"),
    json=("echo '{\"access_token\":\"s3cret\"}'", 78, "it prints JSON, not a token"),
    words=("echo Bearer s3cret", 78, "what it prints is no token"),
    nothing=("true", 78, "it prints no token"),
    stalls=("exec sleep 600", 75, "did not end in time"),
)  # fmt: skip
def test_token_command(t, row):
    """What is wrong with the command is named, before anything is connected."""
    text, status, words = row
    configure(t, 1, "timeout = 1" if "sleep" in text else "", password=helper(t, text + "\n"))
    run = t.postbag(BOB, timeout=20)
    t.failed(run, status, words)
    t.match(run.stderr, "hint: ") if "75" not in text else None
    t.lacks(run.stderr, "s3cret")


@cases(*TOKEN)
def test_long_token(t, mech):
    """One that does not fit on the AUTH line goes on a line of its own; one too long for that is refused."""
    for length, status in ((300, 0), (400, 0), (2500, 0), (8500, 0), (9500, 78)):
        with peer(t, mechs=mech, password="t" * length) as server:
            configure(t, server.port, password=helper(t, f"head -c {length} /dev/zero | tr '\\0' t\n"))
            run = t.postbag(BOB)
            if status == 0:
                succeeded(t, run, server, mech)
            else:
                t.failed(run, status, "SMTP allows 12288")


def test_token_only_for_oauth(t):
    """A token goes to no other mechanism."""
    with peer(t, mechs="PLAIN LOGIN SCRAM-SHA-256") as server:
        configure(t, server.port, password="oauth_token_command = echo pencil")
        t.failed(t.postbag(BOB), 69, "takes no OAuth 2.0 token")
        t.equal(server.connection().get("auth"), None)


# Kerberos


def test_gssapi(t):
    """A ticket of Debian's KDC; none without a ticket, nor unless it is named."""
    if Realm.missing():
        raise Skip("needs " + ", ".join(Realm.missing()))
    realm = Realm(t.folder / "realm")
    try:
        realm.start()
        env = {key: value for key, value in realm.env.items() if key.startswith("KRB5")}
        env["LSAN_OPTIONS"] = "detect_leaks=0"  # the Kerberos library forgets 16 octets
        with peer(t, env, mechs="GSSAPI PLAIN", host="localhost") as server:
            configure(t, server.port, "auth = GSSAPI", host="localhost", user="", password="")
            t.failed(t.postbag(BOB, env=env), 77, "kinit")
            t.equal(server.connection().get("message"), None)
            realm.sign_in()
            succeeded(t, t.postbag(BOB, env=env), server, "GSSAPI")
            configure(t, server.port, host="localhost")
            succeeded(t, t.postbag(BOB, env=env), server, "PLAIN")
    finally:
        realm.close()


# Nothing more than needed


@cases("PLAIN", "LOGIN", "CRAM-MD5", *SCRAM, *PLUS, *TOKEN)
def test_no_library(t, mech):
    """libgsasl is opened by none of these for a password in ASCII."""
    with peer(t, mechs=mech) as server:
        secret = "oauth_token_command = echo pencil" if mech in TOKEN else "password = pencil"
        configure(t, server.port, password=secret)
        trace = t.folder / "trace"
        run = t.postbag(BOB, env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(trace)})
        t.equal(run.status, 0)
        loaded = "".join(path.read_text(errors="replace") for path in t.folder.glob("trace.*"))
        t.match(loaded, "libgnutls")
        t.lacks(loaded, "gsasl")

"""The client certificate on a token: its PIN is a secret, given once; without it no PKCS#11."""

import shutil
import subprocess

from harness import Skip, cases
from hsm import PIN, Token

WRONG = "624194"


def account(t, *lines, versions="1.3"):
    t.smarthost("tls: implicit", "client-cert: required", "tls-max: " + versions)
    t.config(*lines)


@cases("1.2", "1.3")
def test_pin_value(t, version):
    """Certificate and key by one URI; what p11tool says of the type does not matter."""
    token = Token(t)
    account(t, f"tls_cert = {token.uri(';type=cert?pin-value=' + PIN)}", versions=version)
    t.accepted(t.postbag("bob@example.net", env=token.env))
    t.equal(len(t.messages), 1)


def test_pin_source(t):
    token = Token(t)
    file = t.folder / "pin"
    file.write_text(PIN + "\n")
    file.chmod(0o600)
    account(t, f"tls_cert = {token.uri()}", f"tls_key = {token.uri(f'?pin-source=file:{file}')}")
    t.accepted(t.postbag("bob@example.net", env=token.env))
    file.chmod(0o644)
    t.failed(t.postbag("bob@example.net", env=token.env), 78, "others may read", "chmod")


def test_certificate_in_a_file(t):
    """Only the key is on the token."""
    token = Token(t)
    cert = t.context.certificates.path("client.pem")
    account(t, f"tls_cert = {cert}", f"tls_key = {token.uri('?pin-value=' + PIN)}")
    t.accepted(t.postbag("bob@example.net", env=token.env))


def test_wrong_pin(t):
    """One try in all runs together: also the right one is not given before somebody has logged in
    by hand, so that a runner that comes again and again locks nothing."""
    token = Token(t)
    wrong, right = (f"tls_cert = {token.uri('?pin-value=' + pin)}" for pin in (WRONG, PIN))
    account(t, wrong)
    for line in (wrong, wrong, wrong, wrong, right):
        t.config(line)
        run = t.postbag("bob@example.net", env=token.env)
        t.failed(run, 78, "PIN", "hint: ", "p11tool --login", "not sent")
        t.lacks(run.stderr, WRONG)
        t.lacks(run.stderr, PIN)
    token.log_in()
    t.accepted(t.postbag("bob@example.net", env=token.env))


@cases(
    no_pin=("", "own", "postbag", "the token wants a PIN"),
    no_object=("?pin-value=" + PIN, "other", "postbag", "no token has that object"),
    no_token=("?pin-value=" + PIN, "own", "other", "no token has that object"),
)
def test_not_there(t, row):
    query, label, name, hint = row
    token = Token(t)
    account(t, f"tls_cert = {token.uri(query, label, name)}")
    run = t.postbag("bob@example.net", env=token.env)
    t.failed(run, 78, "tls_cert pkcs11:", hint)
    t.lacks(run.stderr, PIN)


def test_pin_is_not_shown(t):
    token = Token(t)
    account(t, f"tls_cert = {token.uri('?pin-value=' + PIN)}")
    for args in (("check",), ("test", "--no-mail"), ("-vv", "bob@example.net")):
        run = t.postbag(*args, env=token.env)
        t.lacks(run.stdout + run.stderr, PIN)


@cases("without", "file", "token")
def test_libraries(t, kind):
    """No module of PKCS#11 is opened unless an account names a token."""
    if not shutil.which("strace"):
        raise Skip("needs strace")
    token = Token(t)
    certificates = t.context.certificates
    lines = {
        "without": ["tls_min = 1.2"],
        "file": [f"tls_cert = {certificates.path('client.pem')}", f"tls_key = {certificates.path('client.key')}"],  # fmt: skip
        "token": [f"tls_cert = {token.uri('?pin-value=' + PIN)}"],
    }[kind]
    t.smarthost("tls: implicit", "client-cert: wanted")
    t.config(*lines)
    trace = t.folder / "trace"
    env = {**t.environment(None), **token.env, "ASAN_OPTIONS": "detect_leaks=0"}  # not when traced
    done = subprocess.run(
        ["strace", "-f", "-e", "trace=%file", "-o", trace, t.door("postbag"), "bob@example.net"],
        input=b"Subject: x\n\nHi.\n", env=env, capture_output=True, check=False,
    )  # fmt: skip
    t.equal((done.returncode, done.stderr), (0, b""), "status, stderr")
    text = trace.read_text()
    for what in ("softhsm", "/p11-kit/modules", "/etc/pkcs11"):
        (t.match if kind == "token" else t.lacks)(text, what, "files opened")

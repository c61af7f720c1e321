"""Secrets stay secret: on the wire, in what is said and logged, and around the process; and nobody
is believed who has not verified them."""

import base64
import fcntl
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import urllib.parse

from harness import MESSAGE, Skip, cases
from namespace import private

BOB = "bob@example.net"
USER = "user@example.org"
SECRET = "Zq7.vK%2~w!Xj9&Rt"  # nothing else looks like it; it changes in a URL and in base64
MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256")


def encoded(octets):
    """How the octets look inside base64, wherever they begin in it: three forms, without what
    depends on the neighbours."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + octets).decode()
        yield text[(shift * 8 + 5) // 6 : len(octets + b"\0" * shift) * 8 // 6]


def forms(secret=SECRET):
    raw = secret.encode()
    blob = base64.b64encode(b"\0" + USER.encode() + b"\0" + raw).decode()
    return {secret, urllib.parse.quote(secret, safe=""), raw.hex(), base64.b64encode(raw).decode(), blob,
            repr(raw)[2:-1], *encoded(raw)}  # fmt: skip


def check(t, text, what="output"):
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    for form in forms():
        t.lacks(text, form, what)


def serve(t, mechanism, *lines, tls="starttls"):
    """A smarthost that knows SECRET."""
    host = t.smarthost("tls: " + tls, "auth: " + mechanism, *lines)
    host.script.options["password"] = SECRET
    return host


# Where the password comes from. Each sets the account up, and gives the environment.


def from_config(t, secret, more):
    t.config("password = " + secret.replace("$", "$$"), *more, log=t.log_lines)


def from_file(t, secret, more):
    path = t.folder / "secret"
    path.write_text(secret + "\n", encoding="utf-8")
    path.chmod(0o600)
    t.own(path)
    t.config("-password", f"password_file = {path}", *more, log=t.log_lines)


def from_command(t, secret, more):
    """The helper also tells what it and its parent look like from outside."""
    (t.folder / "said").write_text(secret + "\n", encoding="utf-8")
    helper = t.folder / "helper"
    helper.write_text(
        f"#!/bin/sh\nfor p in $PPID self; do cat /proc/$p/cmdline /proc/$p/environ; done >{t.folder}/seen 2>&1\n"
        f"cat {t.folder}/said\n"
    )
    helper.chmod(0o755)
    t.config("-password", f"password_command = {helper} argument", *more, log=t.log_lines)


def from_variable(t, secret, more):
    t.config("password = ${MY_SECRET}", *more, log=t.log_lines)
    return {"MY_SECRET": secret}


def from_url(t, secret, more):
    """The account of the URL; log and the rest stand in the file."""
    keys = {"tls": t.host.script["tls"], "tls_ca_file": t.context.certificates.ca, "domain": "client.example.org",
            "from": "acct@example.org", **dict(line.split(" = ", 1) for line in more)}  # fmt: skip
    t.config("-password", "auth = off", log=t.log_lines)
    parts = [urllib.parse.quote(text, safe="") for text in (USER, secret)]
    query = urllib.parse.urlencode(keys)
    return {"POSTBAG_URL": f"smtp://{parts[0]}:{parts[1]}@127.0.0.1:{t.host.port}?{query}"}


SOURCES = {"password": from_config, "password_file": from_file, "password_command": from_command,
           "variable": from_variable, "url": from_url}  # fmt: skip


def prepare(t, source, secret=SECRET, more=(), form="text"):
    """Returns the environment for the runs; the log is a file of the test's folder."""
    t.log_file = t.folder / "log"
    t.log_lines = ("syslog = off", f"file = {t.log_file}", "format = " + form)
    return SOURCES[source](t, secret, more) or {}


def check_all(t, *runs):
    for run in runs:
        check(t, run.stdout + run.stderr)
    if t.log_file.exists():
        check(t, t.log_file.read_bytes(), "log")
    seen = t.folder / "seen"
    if seen.exists():
        check(t, seen.read_bytes(), "/proc as the helper saw it")


@cases(*[f"{source} {mechanism}" for source in SOURCES for mechanism in MECHANISMS])
def test_told_to_nobody(t, row):
    """-vv, --json, test, check, both forms of the log: after a success and after a refusal."""
    source, mechanism = row.split()
    serve(t, mechanism, "on 3/AUTH: reply 535 5.7.8 No")
    form = "json" if mechanism.endswith("1") else "text"
    env = prepare(t, source, form=form)
    good = t.postbag("-vv", "--json", BOB, env=env)
    t.equal(good.status, 0)
    tested = t.postbag("-vv", "test", stdin=b"", env=env)
    t.equal(tested.status, 0)
    refused = t.postbag("-vv", "--json", BOB, env=env)
    t.equal(refused.status, 77)
    checked = t.postbag("check", stdin=b"", env=env)
    dry = t.postbag("--dry-run", "-vv", BOB, env=env)
    t.equal((checked.status, dry.status), (0, 0))
    check_all(t, good, tested, refused, checked, dry)
    t.match(good.stderr, "***")
    t.equal([s.mechanism for s in t.sessions], [mechanism] * 3)
    t.equal([s.user for s in t.sessions][:2], [USER, USER])
    for session in t.sessions:
        check(t, session.clear, "clear text")


STAGES = ("GREETING", "EHLO", "STARTTLS", "TLS", "EHLO2", "AUTH", "RESPONSE", "MAIL", "RCPT", "DATA", "BODY 1",
          "END", "QUIT")  # fmt: skip
FAULTS = ("reply 554 5.7.0 No", "reply 421 4.3.2 Bye | close", "reply 334 YWJj", "reply 235 2.7.0 Yes",
          "garbage", "close", "cut", "reset")  # fmt: skip


@cases(*[f"{mechanism} {stage}" for mechanism in ("PLAIN", "LOGIN", "SCRAM-SHA-256") for stage in STAGES])
def test_told_on_no_failure(t, row):
    """Whatever goes wrong wherever."""
    mechanism, stage = row.split(" ", 1)
    for fault in FAULTS:
        serve(t, mechanism, f"on {stage}: {fault}")
        env = prepare(t, "password")
        run = t.postbag("-vv", "--json", BOB, env=env)
        t.true(run.status >= 0, f"{fault}: killed")
        check_all(t, run)
        t.allow("")  # what is violated here is not the matter of this test
    for host in t.hosts:
        for session in host.finish():
            check(t, session.clear, "clear text")


MISTAKES = {
    "unknown_key": ("passwrod = @", {}),
    "twice": ("password = @\npassword = @", {}),
    "no_equals": ("password @", {}),
    "unset": ("password = @${UNSET_VARIABLE}", {}),
    "open_brace": ("password = @${", {}),
    "nul": ("password = @\0", {}),
    "not_utf8": ("password = @\udcff", {}),
    "wrong_section": ("password = @\n[log]\npassword = @", {}),
    "in_log": ("[log]\nfile = @", {}),
    "two_sources": ("password = @\npassword_file = /nonexistent", {}),
    "section": ("[@]", {}),
    "url_port": ("", {"POSTBAG_URL": "smtp://u:@SECRET@@h:port"}),
    "url_escape": ("", {"POSTBAG_URL": "smtp://u:%zz@SECRET@@h"}),
    "url_scheme": ("", {"POSTBAG_URL": "http://u:@SECRET@@h"}),
    "url_slash": ("", {"POSTBAG_URL": "smtp:u:@SECRET@@h"}),
    "url_host": ("", {"POSTBAG_URL": "smtp://u:@SECRET@@h h"}),
    "url_key": ("", {"POSTBAG_URL": "smtp://u:@SECRET@@h?passwrod=x"}),
    "url_password": ("", {"POSTBAG_URL": "smtp://u@h?password=@SECRET@"}),
    "url_bare": ("", {"POSTBAG_URL": "@SECRET@"}),
}  # fmt: skip


@cases(*MISTAKES)
def test_told_by_no_mistake(t, name):
    """Messages about a configuration that is wrong do not repeat what may be the password."""
    text, env = MISTAKES[name]
    t.smarthost("tls: off")
    section = f"[account a]\nhost = 127.0.0.1\nport = {t.host.port}\nfrom = a@example.org\nuser = u\n"
    t.raw_config(section + text.replace("@", SECRET) + "\n")
    quoted = urllib.parse.quote(SECRET, safe="")
    env = {key: value.replace("@SECRET@", quoted) for key, value in env.items()}
    for args in (["-vv", "--json", BOB], ["test"], ["check"]):
        run = t.postbag(*args, env=env)
        if name not in ("in_log", "section"):  # nobody writes it there
            check(t, run.stdout + run.stderr)
        t.true(run.status >= 0, f"killed by {-run.status}")


# Servers that repeat what they were sent


@cases(
    plain=("PLAIN", "on AUTH: reply 500 5.5.1 Command unrecognized: \"AUTH PLAIN @BLOB@\""),
    login=("LOGIN", "on RESPONSE 2: reply 500 5.5.1 Command unrecognized: \"@PASSWORD@\""),
    decoded=("PLAIN", "on AUTH: reply 535 5.7.8 Wrong password @SECRET@"),
    lines=("PLAIN", "on AUTH: reply 535-5.7.8 Not\\n535 5.7.8 @BLOB@"),
)
def test_echo(t, row):
    """A server's words are shown, but not the secret that they repeat."""
    mechanism, rule = row
    blob = base64.b64encode(f"\0{USER}\0{SECRET}".encode()).decode()
    words = {"@BLOB@": blob, "@PASSWORD@": base64.b64encode(SECRET.encode()).decode(), "@SECRET@": SECRET}
    for word, value in words.items():
        rule = rule.replace(word, value)
    serve(t, mechanism, rule)
    env = prepare(t, "password")
    runs = [t.postbag(*args, BOB, env=env) for args in ([], ["-vv", "--json"])]
    t.true(all(run.status in (76, 77) for run in runs), f"status {runs[0].status}")
    check_all(t, *runs, t.postbag("test", stdin=b"", env=env))


# Around the process


def held_at_rcpt(t, env, **options):
    """A run that waits for a reply, its password in memory."""
    process = t.start("postbag", BOB, env=env, **options)
    process.popen.stdin.write(MESSAGE)
    process.popen.stdin.close()
    process.popen.stdin = None
    while not any(c.startswith(b"RCPT") for s in t.host.conversations for c in s.record.commands):
        t.true(process.popen.poll() is None, "it has ended")
        select.select([], [], [], 0.01)
    return process


def peek(t, pid, what):
    """What another process of the same user reads in /proc/PID; None if it may not."""
    code = f"import sys; sys.stdout.buffer.write(open('/proc/{pid}/{what}', 'rb').read())"
    user = {"user": t.user.pw_uid, "group": t.user.pw_gid, "extra_groups": []} if t.user else {}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, **user)
    return done.stdout if done.returncode == 0 else None


@cases(*SOURCES)
def test_seen_by_nobody(t, source):
    """Another process of the same user can look neither into memory nor into the environment; in
    the command line there is nothing to see."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    t.drop_to("nobody")
    serve(t, "SCRAM-SHA-256", "on RCPT: stall", tls="implicit")
    env = prepare(t, source, more=["command_timeout = 20"])
    process = held_at_rcpt(t, env)
    pid = process.popen.pid
    t.true(peek(t, pid, "stat") is not None, "nothing can be read at all")
    for what in ("environ", "maps", "mem", "auxv"):
        t.equal(peek(t, pid, what), None, f"/proc/PID/{what}")
    check(t, peek(t, pid, "cmdline"), "command line")
    t.true(not attach(t, pid), "ptrace(2) is allowed")
    process.signal(signal.SIGKILL)
    process.popen.communicate()


def attach(t, pid):
    """May a process of the same user trace it?"""
    code = f"import ctypes; raise SystemExit(ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) != 0)"  # PTRACE_ATTACH
    user = {"user": t.user.pw_uid, "group": t.user.pw_gid, "extra_groups": []}
    return subprocess.run([sys.executable, "-c", code], check=False, **user).returncode == 0


@cases("SIGSEGV", "SIGABRT", "SIGQUIT")
def test_no_core(t, name):
    """A crash leaves no core, though the limit allows it."""
    if t.context.sanitized:
        return  # its handler catches some of these
    serve(t, "PLAIN", "on RCPT: stall", tls="implicit")
    env = prepare(t, "password")
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    if os.geteuid() != 0:
        unlimited = (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2
    folder = t.folder / "cwd"
    folder.mkdir()
    process = held_at_rcpt(t, env, cwd=folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited))
    process.signal(getattr(signal, name))
    _, status = os.waitpid(process.popen.pid, 0)
    process.popen.returncode = 0  # it is reaped
    t.equal((os.WTERMSIG(status), os.WCOREDUMP(status)), (getattr(signal, name), False))
    t.equal(os.listdir(folder), [])
    process.popen.stdout.close()
    process.popen.stderr.close()


def test_helper_sees_no_url(t):
    """POSTBAG_URL, which may hold a password, is not handed on; nor can the helper dump core."""
    serve(t, "PLAIN")
    path = t.folder / "helper"
    path.write_text(f"#!/bin/sh\nenv >{t.folder}/env; ulimit -c >>{t.folder}/env; echo '{SECRET}'\n")
    path.chmod(0o755)
    query = urllib.parse.urlencode({"tls": "starttls", "tls_ca_file": t.context.certificates.ca,
                                    "password_command": str(path), "from": "acct@example.org"})  # fmt: skip
    url = f"smtp://{urllib.parse.quote(USER)}@127.0.0.1:{t.host.port}?{query}"
    t.accepted(t.postbag(BOB, env={"POSTBAG_URL": url}))
    seen = (t.folder / "env").read_text(encoding="utf-8")
    t.lacks(seen, "POSTBAG_URL")
    t.equal(seen.splitlines()[-1], "0", "core limit")


# Never in the clear


def never_in_clear(t, host=None):
    for session in (host or t.host).finish():
        check(t, session.clear, "clear text")
        t.lacks(session.clear, b"AUTH")


INJECTED = {
    "reply": "on STARTTLS: reply 220 go\\n250 injected",
    "capabilities": "on STARTTLS: raw 220 go\\r\\n250-x\\r\\n250 AUTH PLAIN LOGIN\\r\\n",
    "login": "on STARTTLS: raw 220 go\\r\\n250 AUTH PLAIN\\r\\n235 ok\\r\\n250 ok\\r\\n250 ok\\r\\n354 go\\r\\n250 ok\\r\\n",
    "part": "on STARTTLS: raw 220 go\\r\\n2",
    "octet": "on STARTTLS: raw 220 go\\r\\n\\n",
    "later": "on TLS: raw 250 AUTH PLAIN LOGIN\\r\\n",
}


@cases(*[f"{name} {mechanism}" for name in INJECTED for mechanism in ("PLAIN", "SCRAM-SHA-256")])
def test_injected(t, row):
    """Octets in clear text behind the reply to STARTTLS end everything."""
    name, mechanism = row.split()
    serve(t, mechanism, INJECTED[name])
    run = t.postbag(BOB, env=prepare(t, "password"))
    t.failed(run, 76, "not sent, not queued")
    t.equal([s.verbs()[:2] for s in t.sessions], [["EHLO", "STARTTLS"]])
    t.equal([s.mechanism for s in t.sessions], [""])
    t.nothing_sent()
    never_in_clear(t)
    t.allow("")  # an alert instead of a command


@cases(*[f"{reply} {mechanism}" for reply in (250, 221, 334, 454, 500, 554) for mechanism in ("PLAIN", "LOGIN")])
def test_starttls_refused(t, row):
    """Any other reply to STARTTLS: nothing more is said in the clear."""
    reply, mechanism = row.split()
    serve(t, mechanism, "auth-clear: yes", f"on STARTTLS: reply {reply} 4.7.0 Words" if reply == "454" else
          f"on STARTTLS: reply {reply} {reply[0]}.7.0 Words")  # fmt: skip
    run = t.postbag(BOB, env=prepare(t, "password"))
    t.true(run.status in (69, 75, 76, 77), f"status {run.status}")
    t.true(set(t.sessions[0].verbs()) <= {"EHLO", "STARTTLS", "QUIT"}, f"{t.sessions[0].verbs()}")
    never_in_clear(t)


CHANGED = {
    # before TLS, after it, mechanism then used or status
    "weaker": ("STARTTLS, AUTH SCRAM-SHA-256", "PIPELINING, AUTH PLAIN", "PLAIN"),
    "stronger": ("STARTTLS, AUTH PLAIN", "AUTH PLAIN SCRAM-SHA-256", "SCRAM-SHA-256"),
    "gone": ("STARTTLS, AUTH PLAIN LOGIN", "PIPELINING", 69),
    "unknown": ("STARTTLS, AUTH PLAIN", "AUTH GSSAPI", 69),
    "empty": ("STARTTLS, AUTH PLAIN", "AUTH", 69),
    "again": ("STARTTLS", "STARTTLS, AUTH LOGIN", "LOGIN"),
    "old_form": ("STARTTLS", "AUTH=LOGIN PLAIN", "PLAIN"),
    "both_forms": ("STARTTLS", "AUTH PLAIN, AUTH=LOGIN", "PLAIN"),
    "old_form_first": ("STARTTLS", "AUTH=LOGIN, AUTH SCRAM-SHA-1 PLAIN", "SCRAM-SHA-1"),
    "old_form_only_before": ("STARTTLS, AUTH=PLAIN", "SIZE", 69),
    "lower_case": ("starttls", "auth plain", "PLAIN"),
    "blanks": ("STARTTLS", "AUTH   LOGIN   PLAIN ", "PLAIN"),
    "prefix": ("STARTTLS", "AUTHX PLAIN", 69),
    "look_alike": ("STARTTLS", "AUTH PLAINX XPLAIN", 69),
    "nothing": ("STARTTLS, AUTH PLAIN", "none", 69),
}


@cases(*CHANGED)
def test_changed_by_tls(t, name):
    """What is offered inside TLS counts, and only that."""
    before, after, result = CHANGED[name]
    serve(t, "PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256", "ehlo-clear: " + before, "ehlo-tls: " + after)
    run = t.postbag(BOB, env=prepare(t, "password"))
    t.allow("STARTTLS, which was not offered")  # spelled in small letters
    if isinstance(result, int):
        t.failed(run, result, "not sent, not queued")
        t.equal([s.mechanism for s in t.sessions], [""])
    else:
        t.accepted(run)
        t.equal([s.mechanism for s in t.sessions], [result])
    never_in_clear(t)


@cases("reply 554 5.7.0 No", "reply 421 4.3.2 Bye", "close", "garbage", "reply 235 2.7.0 Welcome",
       "reply 220 again", "reply 334 ", "reply 502 5.5.1 Say HELO")  # fmt: skip
def test_second_ehlo(t, fault):
    """No login where it is not known what is offered, whatever was offered before."""
    serve(t, "PLAIN", "auth-clear: yes", "on EHLO2: " + fault)
    run = t.postbag(BOB, env=prepare(t, "password"))
    t.true(run.status in (69, 75, 76, 77), f"status {run.status}")
    t.equal([s.mechanism for s in t.sessions], [""])
    t.nothing_sent()
    never_in_clear(t)


def give_address(address):
    """Another address of this machine's own that is not loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        wanted = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(sock, 0x8916, wanted)  # SIOCSIFADDR


@cases(
    clear_plain=("off", "PLAIN LOGIN", "", 78),
    clear_scram=("off", "PLAIN SCRAM-SHA-256", "auth = SCRAM-SHA-256", "SCRAM-SHA-256"),
    insecure_plain=("starttls", "PLAIN LOGIN", "tls_verify = insecure", 78),
    insecure_implicit=("implicit", "LOGIN", "tls_verify = insecure", 78),
    insecure_scram=("implicit", "PLAIN SCRAM-SHA-256", "tls_verify = insecure", "SCRAM-SHA-256"),
    insecure_named=("implicit", "PLAIN", "tls_verify = insecure\nauth = PLAIN", 78),
)  # fmt: skip
@private
def test_channel_that_others_read(t, row):
    """To another machine, PLAIN and LOGIN need verified TLS; a proof of SCRAM shows nothing."""
    tls, mechanisms, more, result = row
    give_address("192.0.2.1")
    serve(t, mechanisms, "auth-clear: yes", "listen: 192.0.2.1", "cert: self-signed", tls=tls)
    run = t.postbag(BOB, env=prepare(t, "password", more=["host = 192.0.2.1", *more.splitlines()]))
    if isinstance(result, int):
        t.failed(run, result)
        t.true(not any("AUTH" in s.verbs() for s in t.sessions), "a login was tried")
        t.nothing_sent()
    else:
        t.accepted(run)
    for session in t.sessions:
        check(t, b" ".join(session.commands), "commands")


# Never an unverified success

REPLIES = ("200 ok", "220 ok", "250 2.0.0 ok", "251 ok", "299 ok", "354 go", "221 bye", "236 ok", "2350 ok", "23 ok",
           "235x ok", "335 YWJj", "450 4.7.0 later", "535 5.7.8 no", "599 no")  # fmt: skip


@cases(*[f"{mechanism} {stage}" for mechanism in MECHANISMS for stage in ("AUTH", "RESPONSE")])
def test_answer_to_auth(t, row):
    """Only 235 is a success, not before the password was sent, and SCRAM's needs the server's proof."""
    mechanism, stage = row.split()
    replies = REPLIES
    if (mechanism, stage) not in (("PLAIN", "AUTH"), ("LOGIN", "RESPONSE")):
        replies += ("235 2.7.0 Welcome", "235 2.7.0 dj1BQUFB")
    for reply in replies:
        key = " 2" if (mechanism, stage) == ("LOGIN", "RESPONSE") else ""
        serve(t, mechanism, f"on {stage}{key}: reply {reply}", tls="implicit")
        run = t.postbag(BOB, env=prepare(t, "password"))
        if (mechanism, stage) == ("PLAIN", "RESPONSE"):
            t.accepted(run)  # PLAIN has no second step
            continue
        t.true(run.status in (69, 75, 76, 77), f"{reply}: status {run.status}")
        verbs = [verb for session in t.host.finish() for verb in session.verbs()]
        t.true("MAIL" not in verbs, f"{reply}: {verbs}")


@cases("wrong-signature", "wrong-nonce", "early-success", "error")
def test_scram_to_end(t, flaw):
    """Neither form of SCRAM believes a server that cannot prove itself, nor sends it any mail."""
    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256"):
        serve(t, mechanism, "scram-flaw: " + flaw)
        run = t.postbag("-v", BOB, env=prepare(t, "password"))
        t.true(run.status in (76, 77), f"status {run.status}")
        check(t, run.stderr)
        t.lacks(run.stderr, re.compile("C: MAIL"))
    t.nothing_sent()

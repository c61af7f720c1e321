"""`postbag test`: every broken set-up is named with its remedy, and a healthy one is shown as such."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess

from harness import cases
from namespace import NameServer, private

BOB = "bob@example.net"
GOOGLE = "https://support.google.com/mail/?p=x 5b1f17b1804b1-4 - gsmtp"


def try_out(t, *args, **options):
    return t.postbag("test", *args, stdin=b"", **options)


def check_end(t, run, status, cause, remedy):
    """The verdict and the remedy are the last lines, and the failed step is the last one shown."""
    t.equal(run.status, status, "status")
    told = [line.removeprefix("postbag: ") for line in run.lines]
    t.true(len(told) >= 2 and told[1].startswith("hint: "), "no verdict with a remedy at the end")
    t.match(told[0], re.compile(cause), "verdict")
    t.match(told[1], re.compile(remedy), "remedy")
    shown = run.stdout.splitlines()
    t.true(shown[-1].startswith("FAIL  "), "the last step is not the one that failed")
    t.equal([line[:4] for line in shown].count("FAIL"), 1, "failed steps")
    t.lacks(run.stdout, "All is well")


def check_healthy(t, run):
    t.equal((run.status, run.stderr), (0, ""), "status, stderr")
    t.match(run.stdout, "All is well")
    t.lacks(run.stdout, "FAIL")


# Broken set-ups. Each row: script, configuration, arguments, status, cause, remedy; and what to
# set when the remedy is followed.

TLS = {
    "expired": (
        ["tls: implicit", "cert: expired"], [], [],
        69, "account test: .*certificate has expired on 2020-02-01.*it is 20.*clock.*127.0.0.1:",
        "clock is right.*renew", None,
    ),
    "not-yet-valid": (
        ["tls: starttls", "cert: not-yet-valid"], [], [],
        69, "certificate is not valid before 2099-01-01.*it is 20.*clock", "clock of this machine is behind", None,
    ),
    "wrong-name": (
        ["tls: implicit", "cert: wrong-name"], [], [],
        69, "certificate is for other.example.com, not for 127.0.0.1", "tls_name",
        ["tls_name = other.example.com"],
    ),
    "private-ca": (
        ["tls: implicit", "cert: unknown-ca"], [], [],
        69, "unknown authority, \"CN=Throwaway stranger\"", "tls_ca_file",
        ["tls_ca_file = @CERTS@/stranger.pem"],
    ),
    "missing-intermediate": (
        ["tls: implicit", "cert: missing-intermediate"], [], [],
        69, "sent only its own certificate.*unknown authority, \"CN=Throwaway intermediate\"", "left out the certificate",
        ["tls_ca_file = @CERTS@/intermediate.pem"],
    ),
    "starttls-on-implicit": (
        ["tls: implicit"], ["tls = starttls", "connect_timeout = 2"], [],
        75, "says nothing on port [0-9]+: it waits for TLS", "tls = implicit", ["tls = implicit"],
    ),
    "implicit-on-starttls": (
        ["tls: starttls"], ["tls = implicit"], [],
        76, "answered in clear text: \"220 mail.example.net", "clear text: set tls = starttls", ["tls = starttls"],
    ),
    "clear-on-implicit": (
        ["tls: implicit"], ["tls = off", "connect_timeout = 2"], [],
        75, "says nothing on port [0-9]+: it waits for TLS", "tls = implicit", ["tls = implicit"],
    ),
    "imap": (
        ["tls: implicit", "on GREETING: raw * OK [CAPABILITY IMAP4rev1] ready.\\r\\n"], [], [],
        76, "no valid reply: \"\\* OK", "for reading mail.*465 or 587", None,
    ),
    "imap-in-clear": (
        ["tls: off", "on GREETING: raw * OK [CAPABILITY STARTTLS] ready.\\r\\n | stall"], ["tls = implicit"], [],
        76, "in clear text: \"\\* OK", "for reading mail.*465 or 587", None,
    ),
    "pop3": (
        ["tls: implicit", "on GREETING: raw +OK ready\\r\\n"], [], [],
        76, "no valid reply: \"\\+OK", "for reading mail", None,
    ),
    "no-starttls": (
        ["tls: off"], ["tls = starttls"], [],
        69, "does not offer STARTTLS", "nothing is sent without TLS", None,
    ),
    "tls-too-old": (
        ["tls: implicit", "tls-min: 1.0", "tls-max: 1.1"], [], [],
        76, "no TLS version in common", "tls_min", None,
    ),
}  # fmt: skip

LOGIN = {
    "no-auth": (
        ["tls: implicit", "auth: PLAIN", "auth-required: no", "ehlo-drop: AUTH"], [], [],
        69, "offers no login", "auth = off", ["auth = off", "-password"],
    ),
    "wrong-password": (
        ["tls: implicit", "auth: PLAIN"], ["password = wrong"], [],
        77, "535 5.7.8.*AUTH", "check user and password", ["password = pa55-word-never-shown"],
    ),
    "app-password": (
        ["tls: implicit", "auth: PLAIN",
         "on AUTH: reply 534-5.7.9 Application-specific password required. For more information, go "
         "to\\n534 5.7.9  https://support.google.com/accounts/answer/185833"], [], [],
        77, "534 5.7.9 Application-specific", "make an app password at https://", None,
    ),
    "gmail-password": (
        ["tls: implicit", "auth: PLAIN",
         "on AUTH: reply 535-5.7.8 Username and Password not accepted. For more information, go to\\n"
         "535 5.7.8  " + GOOGLE], [], [],
        77, "535 5.7.8", "Gmail needs an app password", None,
    ),
    "auth-disabled": (
        ["tls: implicit", "auth: LOGIN",
         "on RESPONSE 2: reply 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
         "disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information."],
        [], [], 77, "5.7.139.*disabled for the Tenant", "SMTP AUTH is off in the whole organization", None,
    ),
    "login-wanted": (
        ["tls: implicit", "auth: PLAIN"], ["auth = off", "-password"], [],
        77, "530 5.7.0.*MAIL", "set user and password", ["auth = auto"],
    ),
    "password-command": (
        ["tls: implicit", "auth: PLAIN"], ["-password", "password_command = false"], [],
        78, "password_command: exit status 1", "try it", None,
    ),
}  # fmt: skip

ENVELOPE = {
    "sender-refused": (
        ["tls: implicit", "auth: PLAIN",
         "on MAIL: reply 553 5.7.1 <acct@example.org>: Sender address rejected: not owned by user u"],
        [], [], 77, "553 5.7.1.*MAIL", "set from to", None,
    ),
    "sender-refused-late": (
        ["tls: off", "on RCPT: reply 553 5.7.1 <acct@example.org>: Sender address rejected: not owned "
         "by user u"], [], [BOB],
        77, "^bob@example.net: refused: 553 5.7.1.*RCPT", "set from to", None,
    ),
    "relay-denied": (
        ["tls: off", "on RCPT: reply 554 5.7.1 <bob@example.net>: Relay access denied"], [], [BOB],
        77, "^bob@example.net: refused: 554 5.7.1.*RCPT", "set user and password", None,
    ),
    "size-declared": (
        ["tls: off", "ehlo: PIPELINING, SIZE 100, 8BITMIME"], [], [BOB],
        65, "^bob@example.net: refused: .*100", "smaller|less", None,
    ),
    "size": (
        ["tls: off", "on END: reply 552 5.3.4 Message size exceeds fixed limit"], [], [BOB],
        65, "^bob@example.net: refused: 552 5.3.4.*end of data", "larger than the server takes", None,
    ),
    "greylisting": (
        ["tls: off", "on RCPT: reply 451 4.7.1 Greylisting in action, please come back later"], [], [BOB],
        75, "^bob@example.net: failed: 451 4.7.1.*RCPT", "try again in 5 to 15 minutes", None,
    ),
    "hung-up": (
        ["tls: implicit", "on EHLO: close"], [], [], 75, "closed the connection.*EHLO", "try again later", None,
    ),
    "silence": (
        ["tls: implicit", "on EHLO: stall"], ["timeout = 1"], [],
        75, "no answer in time.*EHLO", "try again later", None,
    ),
    "rate-limit": (
        ["tls: off", "on MAIL: reply 450 4.7.1 Error: too much mail from 192.0.2.1"], [], [],
        75, "450 4.7.1 Error: too much mail", "send more slowly", None,
    ),
    "rate-limit-google": (
        ["tls: off", "on END: reply 421 4.7.0 Try again later, closing connection. " + GOOGLE], [], [BOB],
        75, "^bob@example.net: failed: 421 4.7.0", "less mail in this time", None,
    ),
}  # fmt: skip

BROKEN = {**TLS, **LOGIN, **ENVELOPE}


@cases(**BROKEN)
def test_broken(t, row):
    """The true cause, the remedy, the status; and the remedy works."""
    script, config, args, status, cause, remedy, mended = row
    t.smarthost(*script)
    t.config(*config)
    run = try_out(t, *args)
    check_end(t, run, status, cause, remedy)
    t.equal(run.lines[2:], ["postbag: the test mail was not sent"] if args else [], "last lines")
    if mended:
        t.config(*[line.replace("@CERTS@", t.context.certificates.folder) for line in mended])
        check_healthy(t, try_out(t))
    t.equal(t.messages, [])
    if "clear" in cause:
        t.allow("")  # the server takes the handshake for commands


def test_self_signed(t):
    """The remedy can be pasted."""
    t.smarthost("tls: implicit", "cert: self-signed")
    run = try_out(t)
    check_end(t, run, 69, "self-signed .names: localhost.*valid until 2099", "if it is your server")
    t.config("-tls_ca_file", re.search("tls_fingerprint = spki:[0-9a-f]{64}", run.stderr)[0])
    check_healthy(t, try_out(t))


def test_clock_behind(t):
    """A clock that stands before this program was made is to blame, not the certificate."""
    t.smarthost("tls: implicit", "cert: not-yet-valid")
    copy = t.folder / "copy"
    shutil.copy(t.context.binary, copy)
    os.utime(copy, (4099680000, 4099680000))  # 2099-11-30
    run = try_out(t, executable=str(copy))
    check_end(t, run, 69, "not valid before 2099", "the clock of this machine is wrong.*set it")
    t.match(run.stdout, re.compile("^WARN  clock ", re.M))


@cases(
    nxdomain=("nxdomain", 68, "no such host", "spelling of host"),
    servfail=("servfail", 75, "no name server answers", "resolv.conf"),
    none=("none", 75, "no name server answers", "resolv.conf"),
)
@private
def test_broken_name(t, row):
    way, status, cause, remedy = row
    with NameServer(t, way):
        t.config("host = smtp.example.com", "timeout = 4")
        run = try_out(t)
    check_end(t, run, status, "smtp.example.com.*" + cause, remedy)


def listen(*ports):
    found = []
    for port in ports:
        sock = socket.socket()
        sock.bind(("127.0.0.1", port))
        sock.listen(8)
        found.append(sock)
    return found


@private
def test_refused(t):
    """Nobody listens, neither there nor on any other port of mail."""
    with t.closed_port() as port:
        t.config(f"port = {port}")
        run = try_out(t)
    check_end(t, run, 75, f"127.0.0.1 port {port} cannot be reached .*refused", "465, 587, 2525 and 25")


@cases(one=([587], "but 587 does: set port = 587 and tls = starttls"),
       two=([25, 465], "but 465, 25 do: set port = 465 and tls = implicit"))  # fmt: skip
@private
def test_black_hole(t, row):
    """Told within the time for connecting, and which other ports answer."""
    ports, remedy = row
    others = listen(*ports)
    with t.black_hole() as port:
        t.config(f"port = {port}", "connect_timeout = 1")
        run = try_out(t)
    check_end(t, run, 75, f"127.0.0.1 port {port} cannot be reached .*no answer in time", remedy)
    t.true(run.seconds < 3, f"took {run.seconds:.1f} s")
    t.equal(len(others), len(ports))


@private
def test_no_network(t):
    t.config("host = 192.0.2.1")
    check_end(t, try_out(t), 75, "192.0.2.1 port 465 cannot be reached .*unreachable", "check host")


def test_slow_greeting(t):
    """A server that greets late is no server that waits for TLS."""
    t.smarthost("tls: off", "on 1/GREETING: wait 0.6 | default")
    t.config("connect_timeout = 1")
    check_healthy(t, try_out(t))
    t.allow("")  # the question for TLS is no command


# A healthy one

STEPS = {
    "off": "account DNS TCP greeting EHLO sender",
    "starttls": "account password DNS TCP greeting EHLO,clear TLS certificate EHLO,TLS login sender",
    "implicit": "account password DNS TCP TLS certificate greeting EHLO login sender",
}


def steps_of(run):
    """Names of the timed steps, in order."""
    lines = [line for line in run.stdout.splitlines() if line.startswith("ok  ")]
    return [line[6:17].strip().replace(", ", ",") for line in lines]


@cases(*STEPS)
def test_healthy(t, mode):
    """Each step on a line of its own, with its time."""
    t.smarthost("tls: " + mode, *(["auth: PLAIN SCRAM-SHA-256"] if mode != "off" else []))
    t.config("host = localhost", "ip = 4")
    run = try_out(t)
    check_healthy(t, run)
    t.equal(" ".join(steps_of(run)), STEPS[mode])
    for line in run.stdout.splitlines():
        if line.startswith("ok  "):
            t.match(line, re.compile(r"  \[[0-9]+ ms\]$"))
    words = ["localhost is 127.0.0.1", "220 mail.example.net", "<acct@example.org> is accepted",
             "up to 52428800 octets", "`postbag test ADDRESS`"]  # fmt: skip
    if mode != "off":
        words += ["TLS1.3", "mail.example.net, 127.0.0.1", "days left", "trusted",
                  "AUTH PLAIN SCRAM-SHA-256", "SCRAM-SHA-256, user user@example.org"]  # fmt: skip
    for word in words:
        t.match(run.stdout, word)
    t.nothing_sent()
    t.equal([s.verbs()[-3:] for s in t.sessions], [["MAIL", "RSET", "QUIT"]])


def test_healthy_with_address(t):
    """The test mail is a complete one."""
    t.smarthost("tls: starttls", "auth: SCRAM-SHA-256")
    run = try_out(t, "Bob <bob@example.net>, eve@example.net", "dan@example.net")
    check_healthy(t, run)
    t.match(run.stdout, "bob@example.net: 250 2.0.0 Queued")
    t.match(run.stdout, "the test mail is with the smarthost".capitalize())
    message = t.message()
    t.equal(message.to, ["bob@example.net", "eve@example.net", "dan@example.net"])
    t.equal(message.sender, b"acct@example.org")
    t.equal(message.field("Subject"), ["postbag test"])
    t.match(message.field("To")[0], "Bob <bob@example.net>")
    for name in ("From", "Date", "Message-ID"):
        t.equal(len(message.field(name)), 1, name)


def test_some_recipients_refused(t):
    """Each one is shown; the status is that of the first refused for good."""
    t.smarthost("tls: off", "on RCPT grey@*: reply 451 4.7.1 Greylisted", "on RCPT bad@*: reply 550 5.1.1 No")
    run = try_out(t, BOB, "grey@example.net", "bad@example.net")
    t.equal(run.status, 67)
    for line in ("ok    test mail    bob@", "FAIL  RCPT         grey@", "FAIL  RCPT         bad@"):
        t.match(run.stdout, line)
    t.match(run.lines[0], "bad@example.net: refused: 550 5.1.1 No")
    t.equal(run.lines[-1], "postbag: the test mail was sent to 1 of 3 recipients")
    t.equal(t.message().to, [BOB])


@cases(alone=[], mail=[BOB])
def test_rset_refused(t, args):
    """Worth a warning; the test mail shows whether it matters."""
    t.smarthost("tls: off", "on RSET: reply 502 5.5.1 No RSET here")
    run = try_out(t, *args)
    check_healthy(t, run)
    t.match(run.stdout, re.compile("^WARN  RSET +502 5.5.1 No RSET here", re.M))
    t.equal(len(t.messages), len(args))


def test_ambiguous(t):
    t.smarthost("tls: off", "on END: cut")
    run = try_out(t, BOB)
    t.equal(run.status, 75)
    t.match(run.lines[0], "bob@example.net: may have been delivered")
    t.equal(run.lines[-1], "postbag: the recipients may have the test mail already")


@cases(bad_address=(["a b"], 64), line_end=(["a@example.net\nBcc: eve@example.net"], 64), unknown=(["nobody"], 67))
def test_bad_address(t, row):
    """Told before anything is connected."""
    args, status = row
    t.smarthost("tls: off")
    t.equal(try_out(t, *args).status, status)
    t.equal(t.sessions, [])


def test_settings(t):
    """What is set, where it was set, and what follows from it."""
    t.smarthost("tls: off")
    port = t.host.port
    t.raw_config(
        f"[defaults]\ntls = off\ntimeout = 60\n[account base]\nhost = 127.0.0.1:{port}\nfrom = a@example.org\n"
        "[account heir]\ninherit = base\ndomain = c.example.org\n[log]\nsyslog = off\n"
    )
    run = t.postbag("-a", "heir", "--set", "ip=4", "test", stdin=b"")
    check_healthy(t, run)
    t.match(run.stdout, re.compile(rf"account +heir \({re.escape(str(t.config_file))}:7\)"))
    for line in (f"host = 127.0.0.1:{port} (inherit)", f"port = {port} (host)", "tls = off ([defaults])",
                 "timeout = 1m ([defaults])", "domain = c.example.org (account)", "ip = 4 (--set)"):  # fmt: skip
        t.match(run.stdout, "setting      " + line)


def test_built_in_settings(t):
    t.config("host = nowhere.invalid")
    run = try_out(t)
    t.match(run.stdout, "port = 465 (built-in)")
    t.match(run.stdout, "tls = implicit (built-in)")


@private
def test_several_addresses(t):
    """Each is shown; one that is down is a warning."""
    with NameServer(t, "two"):
        t.smarthost("tls: off")
        t.config("host = smtp.example.com")
        run = try_out(t)
    check_healthy(t, run)
    t.match(run.stdout, re.compile("DNS +smtp.example.com is 127.0.0.[12], 127.0.0.[12]  "))
    t.match(run.stdout, re.compile("^WARN  TCP .*127.0.0.2.*refused", re.M))
    t.match(run.stdout, re.compile(f"^ok    TCP +127.0.0.1 port {t.host.port} answers", re.M))
    t.match(run.stdout, "All is well, but see the warning above.")


# Certificates


def certificate(t, days):
    """A good one of our own CA that runs out in so many days; its name for the smarthost."""
    certs, name = t.context.certificates, str(t.folder / "leaf")
    extensions = t.folder / "extensions"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    for command in (
        ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
         "-out", name + ".csr", "-subj", "/CN=leaf"],
        ["x509", "-req", "-in", name + ".csr", "-CA", certs.ca, "-CAkey", certs.path("ca.key"),
         "-set_serial", "7", "-days", str(days), "-extfile", str(extensions), "-out", name + ".pem"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return name


@cases((5, "in [45] days"), (13, "in 1[23] days"), (20, ""))
def test_runs_out(t, row):
    """A certificate that runs out soon still works, with a warning."""
    days, words = row
    t.smarthost("tls: implicit", "cert: " + certificate(t, days))
    run = try_out(t)
    check_healthy(t, run)
    if words:
        t.match(run.stdout, re.compile(f"^WARN  certificate .*runs out {words}.*renew", re.M))
        t.match(run.stdout, "All is well, but see the warning above.")
    else:
        t.match(run.stdout, re.compile("(19|20) days left"))
        t.lacks(run.stdout, "WARN")


def test_insecure(t):
    """Works, with warnings: not verified, and out of date."""
    t.smarthost("tls: starttls", "cert: expired")
    t.config("tls_verify = insecure")
    run = try_out(t)
    check_healthy(t, run)
    t.match(run.stdout, "NOT verified")
    t.match(run.stdout, re.compile("^WARN  certificate .*ran out [0-9]+ days ago", re.M))
    t.match(run.stdout, re.compile("^WARN  certificate .*tls_verify = insecure", re.M))


# For programs, and for people at a terminal


def one_object(t, run):
    t.equal(run.stdout.count("\n"), 1, "lines on stdout")
    return json.loads(run.stdout)


def test_json(t):
    t.smarthost("tls: implicit", "auth: PLAIN")
    for args in ([], [BOB]):
        run = t.postbag("--json", "test", *args, stdin=b"")
        said = one_object(t, run)
        t.equal((run.status, run.stderr), (0, ""))
        t.equal((said["result"], said["exit"], said["account"]), ("ok", 0, "test"))
        t.equal(said["error"], {"kind": "", "text": "", "hint": ""})
        steps = [step["step"] for step in said["steps"] if step["result"] == "ok"]
        should = "account password TCP TLS certificate greeting EHLO login sender".split()
        t.equal(steps, should + (["test mail"] if args else []))
        t.true(all(isinstance(step["ms"], int) for step in said["steps"]), "a step without time")
    t.equal(len(t.messages), 1)


@cases(login=("on AUTH: reply 535 5.7.8 No", [], 77, "reply", "AUTH", "check user"),
       recipient=("on RCPT: reply 554 5.7.1 Relay access denied", [BOB], 77, "reply", "RCPT", "relays for"),
       lost=("on EHLO: close", [], 75, "closed", "EHLO", "try again"))  # fmt: skip
def test_json_failed(t, row):
    rule, args, status, kind, step, hint = row
    t.smarthost("tls: implicit", "auth: PLAIN", rule)
    run = t.postbag("--json", "test", *args, stdin=b"")
    said = one_object(t, run)
    t.equal((run.status, said["exit"], said["result"]), (status, status, "failed"))
    t.equal((said["error"]["kind"], said["host"]), (kind, f"127.0.0.1:{t.host.port}"))
    t.match(said["error"]["hint"], hint)
    t.equal((said["steps"][-1]["step"], said["steps"][-1]["result"]), (step, "failed"))


def at_terminal(t, **env):
    """What a terminal gets."""
    master, slave = pty.openpty()
    env = t.environment({"TERM": "xterm", **env})
    child = subprocess.Popen([t.door("postbag"), "test"], stdin=subprocess.DEVNULL, stdout=slave,
                             stderr=slave, env=env, start_new_session=True)  # fmt: skip
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other side has been closed
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    return child.wait(10), seen.decode()


def test_colour(t):
    """On a terminal only, and not where it is not wanted."""
    t.smarthost("tls: off")
    status, seen = at_terminal(t)
    t.equal(status, 0)
    t.match(seen, "\033[32mok  \033[0m  account")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": None}):
        t.lacks(at_terminal(t, **env)[1], "\033")
    t.lacks(try_out(t, env={"TERM": "xterm"}).stdout, "\033")


def test_as_it_happens(t):
    """A step is shown before the next one is done."""
    t.smarthost("tls: off", "on MAIL: stall")
    process = t.start("postbag", "test", stdin=subprocess.DEVNULL)
    seen = b""
    while b"ok    EHLO " not in seen:
        seen += os.read(process.popen.stdout.fileno(), 65536)
    t.equal(process.popen.poll(), None)
    t.lacks(seen, b"sender")
    process.popen.kill()
    process.popen.communicate()


# Status and time


@cases((["exit_status = reply"], [], 235), (["exit_tempfail = 111"], ["on EHLO: reply 421 4.3.2 Bye"], 111))
def test_exit_rules(t, row):
    """As any other delivery of this account would end."""
    config, rules, status = row
    t.smarthost("tls: implicit", "auth: PLAIN", *rules)
    t.config("password = wrong", *config)
    t.equal(try_out(t).status, status)


@cases("GREETING", "EHLO", "AUTH", "MAIL", "RSET")
def test_timeout(t, stage):
    """An explicit timeout ends the test wherever it stands."""
    t.smarthost("tls: off", "auth: PLAIN", "auth-clear: yes", f"on {stage}: stall")
    t.config("timeout = 1")
    run = try_out(t)
    t.equal(run.status, 75)
    t.true(run.seconds < 2.5, f"took {run.seconds:.1f} s")
    t.match(run.stderr, "no answer in time")


def test_unix_socket(t):
    path = t.folder / "socket"
    t.smarthost(f"listen: unix:{path}", "protocol: lmtp")
    run = try_out(t, BOB)
    check_healthy(t, run)
    t.match(run.stdout, f"connected to {path}")
    t.equal(t.message().to, [BOB])


def test_no_config(t):
    t.raw_config("")
    run = try_out(t)
    t.equal(run.status, 78)
    t.match(run.stdout, "FAIL  config")

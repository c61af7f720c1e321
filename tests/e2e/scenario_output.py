"""What users and machines are told: stderr, --json, --dry-run, -v, logs."""

import contextlib
import json
import os
import shutil
import socket
import subprocess

from harness import MESSAGE, Skip, cases


def one_object(t, run):
    """--json prints one object on one line."""
    t.equal(run.stdout.count("\n"), 1, "lines on stdout")
    return json.loads(run.stdout)


def test_json_sent(t):
    t.smarthost("tls: off")
    run = t.postbag("--json", "bob@example.net")
    t.equal((run.status, run.stderr), (0, ""))
    said = one_object(t, run)
    t.equal(list(said), ["result", "exit", "account", "host", "queue_id", "message_id", "recipients", "error"])
    t.equal((said["result"], said["exit"], said["account"]), ("sent", 0, "test"))
    t.match(said["host"], "127.0.0.1")
    t.equal(said["message_id"], t.message().field("Message-ID")[0])
    recipient = said["recipients"][0]
    t.equal(list(recipient), ["address", "result", "stage", "code", "enhanced", "text"])
    t.equal((recipient["address"], recipient["result"]), ("bob@example.net", "sent"))
    t.equal(said["error"], {"kind": "", "text": "", "hint": ""})


def test_json_partial(t):
    t.smarthost("tls: off", "on RCPT bad@*: reply 550 5.1.1 User \\xff\\x01\"unknown\"")
    run = t.postbag("--json", "bob@example.net", "bad@example.net")
    said = one_object(t, run)
    t.equal((run.status, said["exit"], said["result"]), (67, 67, "partial"))
    t.equal([r["result"] for r in said["recipients"]], ["sent", "refused"])
    bad = said["recipients"][1]
    t.equal((bad["stage"], bad["code"], bad["enhanced"]), ("RCPT", 550, "5.1.1"))
    t.match(bad["text"], '"unknown"')


@cases(
    failed=("on MAIL: reply 451 4.3.0 later", "failed", 75),
    ambiguous=("on END: cut", "ambiguous", 75),
    refused=("on END: reply 554 5.7.1 spam", "failed", 77),
    lost=("on GREETING: close", "failed", 75),
)
def test_json_result(t, row):
    rule, result, status = row
    t.smarthost("tls: off", rule)
    run = t.postbag("--json", "bob@example.net")
    said = one_object(t, run)
    t.equal((run.status, said["exit"], said["result"]), (status, status, result))
    t.true(said["error"]["text"] and said["error"]["kind"], "no error is told")


@cases(usage=(["-f", "a b", "bob@example.net"], 64), config=(["-a", "no", "bob@example.net"], 78))
def test_json_before_connecting(t, row):
    args, status = row
    t.smarthost("tls: off")
    run = t.postbag("--json", *args)
    t.equal((run.status, one_object(t, run)["exit"]), (status, status))


def test_dry_run(t):
    """Account, envelope and the bytes; nothing is connected."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    run = t.postbag("--dry-run", "-t", "-f", "x@example.org", stdin=MESSAGE + b".dot\n")
    t.equal((run.status, run.stderr), (0, ""))
    for word in ("test", "x@example.org", "bob@example.net", "Subject: Greetings", "\n.dot"):
        t.match(run.stdout, word)
    t.equal(t.sessions, [])


def test_verbose(t):
    t.smarthost("tls: off")
    run = t.postbag("-v", "bob@example.net")
    t.equal((run.status, run.stdout), (0, ""))
    for word in ("220 mail.example.net", "EHLO client.example.org", "MAIL FROM:", "354 ", "250 2.0.0 Queued"):
        t.match(run.stderr, word)
    t.lacks(run.stderr, "Hello Bob", "the body is shown")


def test_hostile_reply(t):
    """A server's words cannot draw on the terminal or fake a line."""
    t.smarthost("tls: off", "on RCPT: reply 550 5.1.1 \\x1b[2J\\x07\\x9b31m\\rpostbag: sent")
    for args in ([], ["-v"]):
        run = t.postbag(*args, "bob@example.net")
        t.equal(run.status, 67)
        t.true(all(c == "\n" or c.isprintable() for c in run.stderr), repr(run.stderr))
        t.true(all(line.startswith(("postbag: ", "S: ", "C: ", "note: ")) for line in run.lines), run.stderr)


def test_several_lines(t):
    """A reply of several lines is one line on stderr."""
    t.smarthost("tls: off", "on RCPT: reply 550-5.1.1 first\\n550 5.1.1 second")
    run = t.postbag("bob@example.net")
    t.failed(run, 67, "first", "second")


def test_gmail_hint(t):
    t.smarthost(
        "tls: starttls", "auth: PLAIN",
        "on AUTH: reply 534-5.7.9 Application-specific password required. Learn more at\\n"
        "534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor x - gsmtp",
    )  # fmt: skip
    t.failed(t.postbag("bob@example.net"), 77, "534 5.7.9 Application-specific", "hint: ", "app password")


def test_version_and_help(t):
    for args in (["--version"], ["--help"], ["help"]):
        run = t.postbag(*args, stdin=b"")
        t.equal((run.status, run.stderr), (0, ""))
        t.match(run.stdout, "postbag")
    t.equal(t.sendmail("--version", stdin=b"").status, 0)


# Logs


def test_file_log_text(t):
    log = t.folder / "log"
    t.smarthost("tls: starttls", "auth: PLAIN", "on RCPT bad@*: reply 550 5.1.1 No")
    t.config(log=["syslog = off", f"file = {log}"])
    t.accepted(t.postbag("bob@example.net"))
    t.postbag("bob@example.net", "bad@example.net")
    lines = log.read_text(encoding="utf-8").splitlines()
    t.equal(len(lines), 2, "lines in the log")
    for word in ("result=sent", "exit=0", "account=test", "bob@example.net", "TLS1.3", "PLAIN",
                 "sender=acct@example.org", "Queued as"):  # fmt: skip
        t.match(lines[0], word)
    t.match(lines[1], "550 5.1.1 No")
    t.lacks(lines[0] + lines[1], "Greetings", "the subject")


def test_file_log_json(t):
    log = t.folder / "log"
    t.smarthost("tls: starttls", "auth: PLAIN", "on 2/RCPT: reply 550 5.1.1 No")
    t.config(log=["syslog = off", f"file = {log}", "format = json"])
    t.accepted(t.postbag("bob@example.net"))
    t.failed(t.postbag("bob@example.net"), 67)
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    t.equal([r["result"] for r in records], ["sent", "failed"])
    for record in records:
        t.match(record["time"], "T")
        t.equal((record["sender"], record["account"]), ("acct@example.org", "test"))
        t.equal(record["recipients"][0]["address"], "bob@example.net")
        t.true(record["size"] > 0, "size")


def test_log_cannot_be_written(t):
    """It never changes the verdict; on stderr only beside a failure or under -v."""
    t.smarthost("tls: off", "on 3/RCPT: reply 550 5.1.1 No")
    t.config(log=["syslog = off", "file = /nonexistent/folder/log"])
    t.accepted(t.postbag("bob@example.net"))
    t.match(t.postbag("-v", "bob@example.net").stderr, "/nonexistent/folder/log")
    t.failed(t.postbag("bob@example.net"), 67, "/nonexistent/folder/log")


@contextlib.contextmanager
def syslog(t):
    """A private /dev/log: a socket, and the command that puts it there for one program."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skip("needs root and unshare")
    path = t.folder / "log.socket"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(path))
    sock.settimeout(5)
    script = (
        "mkdir -p $1/dev && mount -t tmpfs none $1/dev && "
        "for n in null urandom random zero; do : >$1/dev/$n; mount --bind /dev/$n $1/dev/$n; done && "
        "ln -s $2 $1/dev/log && mount --rbind $1/dev /dev && shift 2 && exec \"$@\""
    )
    try:
        yield sock, ["unshare", "-m", "--propagation", "private", "sh", "-ec", script, "sh", str(t.folder), str(path)]
    finally:
        sock.close()


def test_syslog(t):
    t.smarthost("tls: off", "on 2/RCPT: reply 550 5.1.1 No")
    t.config(log=["format = text"])
    with syslog(t) as (sock, prefix):
        for status in (0, 67):
            done = subprocess.run([*prefix, t.door("postbag"), "bob@example.net"], input=MESSAGE,
                                  capture_output=True, env=t.environment({}), check=False)  # fmt: skip
            t.equal(done.returncode, status, done.stderr.decode())
        first, second = sock.recv(65536).decode(), sock.recv(65536).decode()
    t.match(first, "<22>")  # mail.info
    t.match(first, "postbag")
    t.match(first, "result=sent")
    t.match(second, "550 5.1.1 No")


def test_syslog_facility(t):
    t.smarthost("tls: off")
    t.config(log=["syslog = local3", "format = json"])
    with syslog(t) as (sock, prefix):
        subprocess.run([*prefix, t.door("postbag"), "bob@example.net"], input=MESSAGE,
                       env=t.environment({}), check=True)  # fmt: skip
        record = sock.recv(65536).decode()
    t.match(record, "<158>")  # local3.info
    t.equal(json.loads(record[record.index("{") :])["result"], "sent")

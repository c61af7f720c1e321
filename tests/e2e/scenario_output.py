"""What users and machines are told: stderr, --json, --dry-run, -v, logs."""

import json

from harness import MESSAGE, cases


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


def test_help_topics(t):
    """Each topic that is named is there; a command's --help is its topic."""
    named = t.postbag("help", "nonsense").stderr.split("topics: ")[1]
    for topic in named.replace(",", "").split():
        run = t.postbag("help", topic)
        t.equal((run.status, run.stderr), (0, ""))
        t.true(run.stdout, topic)
    for command in ("queue", "serve"):
        t.equal(t.postbag(command, "--help").stdout, t.postbag("help", command).stdout)


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

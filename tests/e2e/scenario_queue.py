"""What the modes make of a message: sent, kept or refused, and nothing else."""

import json
import os
import re
import select
import signal
import time

from harness import MESSAGE, cases
from scenario_bs import Dialogue

BOB = "bob@example.net"
ID = re.compile(r"\A[0-9A-F]{19}\Z")


def queue(t, *lines, **options):
    """[queue] in the configuration, with a spool of the test's own."""
    t.config(*options.pop("account", ()), more=("[queue]", f"dir = {t.folder}/spool", *lines), **options)


def kept(t, folder=None):
    """Names of the messages in the spool, or in one of its folders."""
    found = []
    for name in (folder,) if folder else ("new", "defer", "hold", "failed", "tmp", "corrupt"):
        path = t.folder / "spool" / name
        if path.is_dir():
            found += sorted(os.listdir(path))
    return found


def release(t):
    """So that what may have been delivered is sent at once."""
    t.equal(t.postbag("queue", "release", *kept(t), stdin=b"").status, 0)


def silent(t, run):
    t.equal((run.status, run.stdout, run.stderr), (0, "", ""), "status, stdout, stderr")


def drain(t):
    run = t.postbag("queue", "run", stdin=b"")
    t.equal(run.status, 0, "status of the runner")
    t.equal(kept(t), [], "what is left")


# Modes.


def test_queue_mode_asks_nobody(t):
    t.smarthost("on CONNECT: close")
    queue(t, "mode = queue")
    silent(t, t.postbag(BOB))
    t.equal(t.sessions, [])
    t.equal(len(kept(t, "new")), 1)
    t.true(ID.match(kept(t, "new")[0]), "the file's name")


def test_option_queue_then_run(t):
    t.smarthost()
    queue(t)
    silent(t, t.postbag("--queue", BOB, "carol@example.net"))
    t.equal(t.host.sessions, [])
    drain(t)
    t.equal(t.message().to, [BOB, "carol@example.net"])
    t.match(t.message().raw, b"Hello Bob,\r\nbye.\r\n")


def test_odq_is_queue(t):
    t.smarthost()
    queue(t)
    silent(t, t.sendmail("-odq", BOB))
    t.equal(len(kept(t, "new")), 1)
    drain(t)
    t.equal(t.message().to, [BOB])


def test_no_queue_keeps_nothing(t):
    t.smarthost("on MAIL: reply 451 4.3.0 later")
    queue(t, "mode = queue")
    t.failed(t.postbag("--no-queue", BOB), 75, "451 4.3.0 later", "not sent, not queued")
    t.equal(kept(t), [])


def test_both_options(t):
    t.smarthost()
    t.failed(t.postbag("--queue", "--no-queue", BOB), 64)


def test_try_sends_at_once(t):
    t.smarthost()
    queue(t, "mode = try")
    t.accepted(t.postbag(BOB))
    t.true(not (t.folder / "spool").exists(), "there is a spool that nobody needs")


@cases("MAIL", "RCPT", "DATA", "END", "GREETING")
def test_try_keeps_what_may_pass(t, stage):
    t.smarthost(f"on 1/{stage}: reply 451 4.3.0 later")
    queue(t, "mode = try")
    silent(t, t.postbag(BOB))
    t.equal(len(kept(t, "defer")), 1)
    drain(t)
    t.equal(t.message().to, [BOB])


@cases("MAIL", "RCPT", "DATA", "END")
def test_try_keeps_nothing_that_is_refused(t, stage):
    t.smarthost(f"on {stage}: reply 550 5.7.1 no")
    queue(t, "mode = try")
    t.failed(t.postbag(BOB), 77, "550 5.7.1 no", "not sent, not queued")
    t.equal(kept(t), [])


def test_try_without_a_server(t):
    t.smarthost()
    with t.closed_port() as port:
        queue(t, "mode = try", account=(f"port = {port}",))
        silent(t, t.postbag(BOB))
    t.equal(len(kept(t, "defer")), 1)
    queue(t)
    drain(t)
    t.equal(t.message().to, [BOB])


@cases(
    login=("auth: PLAIN", "on AUTH: reply 535 5.7.8 no"),
    tls=("tls: starttls", "ehlo-drop: STARTTLS"),
    certificate=("tls: implicit", "cert: unknown-ca"),
)
def test_try_reports_what_needs_mending(t, script):
    t.smarthost(*script)
    queue(t, "mode = try")
    run = t.postbag(BOB)
    t.true(run.status in (69, 77), f"status {run.status}")
    t.match(run.stderr, "not sent, not queued")
    t.equal(kept(t), [])


def test_three_verdicts_in_one_message(t):
    t.smarthost("on 1/RCPT later@*: reply 450 4.2.0 busy", "on RCPT never@*: reply 550 5.1.1 unknown")
    queue(t, "mode = try")
    run = t.postbag("--json", BOB, "later@example.net", "never@example.net")
    t.equal(run.status, 67)
    t.match(run.stderr, "never@example.net: refused: 550 5.1.1 unknown")
    t.match(run.stderr, "sent to 1 of 3 recipients, queued for 1 of 3 as ")
    t.lacks(run.stderr, "later@example.net")
    said = json.loads(run.stdout)
    t.equal(said["result"], "partial")
    t.equal([r["result"] for r in said["recipients"]], ["sent", "queued", "refused"])
    t.true(ID.match(said["queue_id"]), "queue_id")
    t.equal(kept(t), [said["queue_id"]])
    drain(t)
    first, second = t.messages
    t.equal((first.to, second.to), ([BOB], ["later@example.net"]))
    t.equal(first.raw, second.raw, "both copies")


@cases("json", "verbose")
def test_queued_is_told_on_demand(t, how):
    t.smarthost("on MAIL: reply 451 4.3.0 later")
    queue(t, "mode = try")
    run = t.postbag("--json" if how == "json" else "-v", BOB)
    t.equal(run.status, 0)
    if how == "json":
        said = json.loads(run.stdout)
        t.equal((said["result"], said["exit"]), ("queued", 0))
        t.equal(said["recipients"][0]["result"], "queued")
        t.equal(said["recipients"][0]["text"], "later")
    else:
        t.match(run.stderr, f"{BOB}: queued as {kept(t)[0]}: 451 4.3.0 later")


# Time and signals.


def test_budget(t):
    t.smarthost("on MAIL: stall")
    queue(t, "mode = try", "budget = 1s")
    run = t.postbag(BOB)
    silent(t, run)
    t.true(0.9 < run.seconds < 8, f"took {run.seconds} s")
    t.equal(len(kept(t, "defer")), 1)


def test_budget_does_not_bind_the_verdict(t):
    t.smarthost("on END: wait 2 | default")
    queue(t, "mode = try", "budget = 1s")
    t.accepted(t.postbag(BOB))
    t.equal(kept(t), [])


def start_and_wait(t, stage, *args):
    """A run that waits for the server at that stage."""
    path = t.folder / "stdin"
    path.write_bytes(MESSAGE)
    with open(path, "rb") as stdin:
        process = t.start("postbag", *args, stdin=stdin)
    deadline = time.monotonic() + 20
    while not any(c.counts.get(stage) for c in t.host.conversations):
        t.true(time.monotonic() < deadline, "the stage is not reached")
        select.select([], [], [], 0.005)
    return process


@cases("GREETING", "MAIL", "DATA")
def test_term_before_the_end_of_data_keeps(t, stage):
    t.smarthost(f"on {stage}: stall")
    queue(t, "mode = try")
    process = start_and_wait(t, stage, BOB)
    process.signal(signal.SIGTERM)
    silent(t, process.finish(timeout=8))
    t.equal(len(kept(t, "defer")), 1)
    t.nothing_sent()


def test_interrupt_keeps_nothing(t):
    t.smarthost("on MAIL: stall")
    queue(t, "mode = try")
    process = start_and_wait(t, "MAIL", BOB)
    process.signal(signal.SIGINT)
    t.equal(process.finish(timeout=8).status, -signal.SIGINT)
    t.equal(kept(t), [])


def test_left_open_is_kept_as_such(t):
    t.smarthost("on 1/END: cut")
    queue(t, "mode = try")
    run = t.postbag("-v", BOB)
    t.equal(run.status, 0)
    t.match(run.stderr, re.compile(f"{BOB}: queued as [0-9A-F]+: .*may have been delivered"))
    t.match((t.folder / "spool/defer" / kept(t)[0]).read_bytes(), b"state - - 1 00001")
    release(t)
    drain(t)
    t.equal(t.message().to, [BOB])


# What cannot be kept.


def test_spool_that_cannot_be_made(t):
    t.smarthost()
    (t.folder / "spool").write_text("in the way")
    queue(t, "mode = queue")
    t.failed(t.postbag(BOB), 75, "not sent, not queued")
    t.nothing_sent()


def test_try_without_a_spool(t):
    t.smarthost("on MAIL: reply 451 4.3.0 later")
    (t.folder / "spool").write_text("in the way")
    queue(t, "mode = try")
    t.failed(t.postbag(BOB), 75, "451 4.3.0 later", "queue: ", "not sent, not queued")


@cases("max_messages = 1", "max_bytes = 400")
def test_limits(t, limit):
    t.smarthost()
    queue(t, "mode = queue", limit)
    silent(t, t.postbag(BOB))
    t.failed(t.postbag(BOB), 75, limit.split()[0], "not sent, not queued")
    t.equal(len(kept(t)), 1)


def test_password_of_the_command_line_is_not_kept(t):
    t.smarthost("tls: implicit", "auth: PLAIN", "on 1/MAIL: reply 451 4.3.0 later")
    queue(t, "mode = try", account=("-password",))
    secret = "password=" + t.host.script["password"]
    t.failed(t.postbag("--queue", "--set", secret, BOB), 64, "--set")
    t.failed(t.postbag("--set", secret, BOB), 75, "not sent, not queued")
    t.accepted(t.postbag("--set", secret, BOB))
    t.equal(kept(t), [])


def test_settings_and_configuration_are_kept(t):
    t.smarthost()
    queue(t, account=("port = 1",))
    silent(t, t.postbag("--queue", "--set", f"port={t.host.port}", BOB))
    other = t.folder / "other.conf"
    other.write_text(f"[account x]\nhost = 127.0.0.1\nport = 1\n[queue]\ndir = {t.folder}/spool\n")
    run = t.postbag("-C", str(other), "queue", "run", stdin=b"", env={"POSTBAG_CONFIG": None})
    t.equal(run.status, 0)
    t.equal(kept(t), [])
    t.equal(t.message().to, [BOB])


# -bs.


def kept_by_bs(t):
    d = Dialogue(t)
    d.say("EHLO me", "250")
    d.say("MAIL FROM:<s@example.org>", "250")
    d.say(f"RCPT TO:<{BOB}>", "250")
    d.message("Subject: t\r\n\r\nHello\r\n", re.compile(r"250.*queued as [0-9A-F]{19}", re.S))
    d.say("QUIT", "221")
    t.equal(d.process.finish().status, 0)


def test_bs_in_queue_mode(t):
    t.smarthost("on CONNECT: close")
    queue(t, "mode = queue")
    kept_by_bs(t)
    t.equal(len(kept(t, "new")), 1)
    t.equal(t.sessions, [])


@cases("MAIL", "RCPT", "END", "GREETING")
def test_bs_in_try_mode(t, stage):
    t.smarthost(f"on 1/{stage}: reply 451 4.3.0 later", "on RCPT never@*: reply 550 5.1.1 unknown")
    queue(t, "mode = try")
    kept_by_bs(t)
    drain(t)
    t.equal(t.message().to, [BOB])

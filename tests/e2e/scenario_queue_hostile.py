"""The queue against messages, servers and folders that mean it no good."""

import os
import shutil
import signal
import time

from harness import MESSAGE, cases, until
from scenario_queue import BOB, kept, queue, silent
from scenario_queue_run import accepted, arrived, fill, put, run, start, state

# One message must not stop others.


@cases(
    "RCPT poison@*: reply 421 4.7.0 Try again later",
    "RCPT poison@*: reply 450 4.7.1 rate limit of the recipient exceeded",
    "RCPT poison@*: reply 530 5.7.1 Authentication required",
    "RCPT poison@*: reply 550 5.4.5 Daily user sending quota exceeded",
    "RCPT poison@*: reset",
    "MAIL 1: reply 553 5.7.1 Sender address rejected: not logged in",
    "MAIL 1: reply 450 4.7.1 Error: too much mail from 192.0.2.1",
    "END 1: reply 550 5.4.5 Daily user sending quota exceeded",
)
def test_words_for_the_account_about_one_message(t, rule):
    t.smarthost(f"on 1/{rule}")
    queue(t)
    name = put(t, "poison@example.net")
    fill(t, 5)
    done = run(t)
    t.equal(done.status, 75)
    t.equal(kept(t), [name])
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(5)])
    t.equal(state(t, name)[3], "00001", "attempts of the message")
    t.lacks(done.stderr, "account test", "the account is well")


def test_two_such_messages_are_behind_others_the_next_time(t):
    t.smarthost("on RCPT poison@*: reply 421 4.7.0 Try again later")
    queue(t)
    names = [put(t, "poison@example.net"), put(t, "poison@example.net")]
    fill(t, 5)
    done = run(t)
    t.match(done.stderr, "account test: 421 4.7.0 Try again later")
    t.equal(len(kept(t)), 7)
    run(t)
    t.equal(kept(t), names)
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(5)])


# Things in the folders.


def queue_of_nobody(t):
    t.smarthost()
    t.drop_to("nobody")
    os.chown(t.folder, t.user.pw_uid, t.user.pw_gid)
    queue(t)


def test_what_cannot_be_set_aside(t):
    queue_of_nobody(t)
    fill(t, 3)
    foreign = t.folder / "spool" / "new" / "foreign"
    foreign.mkdir()  # of root: nobody else can move a folder
    silent(t, run(t))
    t.equal(kept(t), ["foreign"])
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(3)])


def test_folders_of_root(t):
    """A chown without -R, or a runner that root started once."""
    queue_of_nobody(t)
    fill(t, 1)
    os.chown(t.folder / "spool" / "new", 0, 0)
    for words in (("queue", "run"), ("queue", "list"), ("--queue", BOB)):
        refused = t.postbag(*words, stdin=MESSAGE)
        t.equal(refused.status, 75)
        t.match(refused.stderr, f"hint: part of it belongs to another user: chown -R {t.user.pw_uid} {t.folder}/spool\n")


def test_root_in_the_queue_of_another(t):
    queue_of_nobody(t)
    fill(t, 1)
    user, t.user = t.user, None
    refused = t.postbag("queue", "list", stdin=b"", env={"POSTBAG_CONFIG": t.config_file})
    t.equal(refused.status, 77)
    t.match(refused.stderr, f"run it as that user: setpriv --reuid {user.pw_uid} --regid ")
    t.user = user


# What was true once.


def test_trouble_ends_with_the_last_message(t):
    t.smarthost("tls: starttls", "auth: PLAIN", "on AUTH: reply 535 5.7.8 no")
    queue(t)
    put(t, BOB)
    t.equal(run(t).status, 75)
    t.equal(t.postbag("queue", "check", stdin=b"").status, 2)
    silent(t, t.postbag("queue", "remove", "ALL", stdin=b""))
    silent(t, run(t, "--due"))
    check = t.postbag("queue", "check", stdin=b"")
    t.equal((check.status, check.stdout), (0, "POSTBAG OK - 0 messages | queue=0;;\n"))


# A configuration that is gone when the queue is run.


@cases("try", "queue", "--queue")
def test_configuration_from_a_pipe(t, mode):
    t.smarthost(*(["on MAIL: reply 450 4.3.0 later"] if mode == "try" else []))
    option = (mode,) if mode == "--queue" else ()
    queue(t, *([] if option else [f"mode = {mode}"]))
    with open(t.config_file, "rb") as file:
        fd = file.fileno()
        done = t.postbag(
            *option, "-C", f"/dev/fd/{fd}", BOB, pass_fds=(fd,), env={"POSTBAG_CONFIG": None}
        )
    if mode == "queue":
        silent(t, done)
        t.equal(t.message().to, [BOB])
    elif mode == "try":
        t.failed(done, 75, "450 4.3.0 later", "not sent, not queued")
    else:
        t.failed(done, 64, "is gone when the queue is run")
    t.equal(kept(t), [])


def test_runner_that_stands_still(t):
    t.smarthost("on MAIL: stall")
    queue(t)
    names = fill(t, 2)
    runner = start(t)
    until(lambda: t.host.sessions and len(t.host.sessions[0].commands) > 1, "MAIL")
    old = t.folder / "spool" / "new" / names[1]
    text = old.read_bytes()
    at = text.index(b"\ncreated ") + len(b"\ncreated ")
    old.write_bytes(text[:at] + b"1" + b"0" * 15 + text[at + 16 :])
    check = t.postbag("queue", "check", stdin=b"")
    t.equal((check.status, check.stdout[:10]), (0, "POSTBAG OK"))
    hours_ago = time.time() - 2 * 3600
    os.utime(t.folder / "spool" / "stamp", (hours_ago, hours_ago))
    check = t.postbag("queue", "check", stdin=b"")
    t.equal(check.status, 1)
    t.match(check.stdout, "the runner has come to a stop")
    runner.signal(signal.SIGTERM)
    t.equal(runner.finish().status, -signal.SIGTERM)


@cases("hold", "failed")
def test_damaged_file_that_no_runner_looks_at(t, folder):
    queue(t)
    name = put(t, BOB)
    spool = t.folder / "spool"
    (spool / folder / name).write_bytes((spool / "new" / name).read_bytes()[:-9])
    (spool / "new" / name).unlink()
    t.failed(t.postbag("queue", "remove", name, stdin=b""), 65, "torn", "set aside in corrupt/")
    t.equal((kept(t, folder), kept(t, "corrupt")), ([], [name]))


def test_folder_that_is_replaced_under_a_runner(t):
    t.smarthost()
    queue(t)
    put(t, BOB)
    runner = start(t, "--watch")
    until(lambda: not kept(t) and arrived_until_now(t) == [BOB], "the first")
    (t.folder / "spool").rename(t.folder / "gone")
    shutil.rmtree(t.folder / "gone", ignore_errors=True)
    silent(t, t.postbag("--queue", "carol@example.net"))
    until(lambda: arrived_until_now(t) == [BOB, "carol@example.net"], "the second")
    until(lambda: not kept(t), "an empty queue")
    runner.signal(signal.SIGTERM)
    silent(t, runner.finish())


def arrived_until_now(t):
    return [m.to[0] for m in accepted(t)]

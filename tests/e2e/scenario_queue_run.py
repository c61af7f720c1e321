"""The queue's runner: one connection for many messages, what the verdicts make of each, accounts in
trouble, signals, and several at once."""

import fcntl
import os
import pathlib
import re
import signal
import time

from crash.queuefile import crc32c
from harness import MESSAGE, Failure, Skip, cases, until
from scenario_queue import BOB, kept, queue, release, silent

FOLDERS = ("new", "defer", "hold", "failed", "corrupt")


def put(t, *recipients, stdin=MESSAGE, account=None):
    """Queues a message; its name."""
    before = set(kept(t, "new"))
    chosen = ("-a", account) if account else ()
    silent(t, t.postbag("--queue", *chosen, *recipients, stdin=stdin))
    return (set(kept(t, "new")) - before).pop()


def fill(t, n, stdin=MESSAGE, account=None):
    """Queues so many, to r0 and so on, all by one process; their names, in order."""
    before = set(kept(t, "new"))
    text = re.sub(rb"(?m)^\.", b"..", stdin)
    letters = [f"MAIL FROM:<acct@example.org>\nRCPT TO:<r{i}@example.net>\nDATA\n".encode() + text + b".\n"
               for i in range(n)]  # fmt: skip
    said = b"EHLO me\n" + b"".join(letters) + b"QUIT\n"
    chosen = ("-a", account) if account else ()
    done = t.postbag("-bs", "--queue", *chosen, stdin=said.replace(b"\n", b"\r\n"))
    names = sorted(set(kept(t, "new")) - before)
    t.equal((done.status, done.stderr, len(names)), (0, "", n), "what is queued")
    return names


def run(t, *words, **options):
    return t.postbag("queue", "run", *words, stdin=b"", **options)


def emptied(t, done):
    silent(t, done)
    t.equal(kept(t), [], "what is left")


def head(t, name):
    """The lines up to the message, of wherever it is."""
    for folder in FOLDERS:
        path = t.folder / "spool" / folder / name
        if path.exists():
            return path.read_bytes().partition(b"\n\n")[0].decode()
    raise Failure(f"{name} is not in the queue")


def state(t, name):
    """Words of the state line: S W A ATTEMPTS TRIED LAST NEXT MARKS."""
    return head(t, name).splitlines()[1].split()[1:]


def age(t, hours):
    """Makes all that is deferred so much older, and tried as long."""
    for name in kept(t, "defer"):
        path = t.folder / "spool" / "defer" / name
        own, state_line, rest = path.read_bytes().split(b"\n", 2)
        words = state_line.split(b" ")
        words[5] = b"%010d" % (hours * 3600)  # TRIED
        rest = re.sub(rb"(?m)^created (\d+)", lambda m: b"created %d" % (int(m[1]) - hours * 3600 * 10**6), rest, count=1)
        rest, end, size, replies = re.split(rb"(?m)(^END )([0-9A-Fa-f]{16} )[0-9A-Fa-f]{8}\n", rest)
        crc = b"%08X\n" % crc32c(own + b"\n" + rest)
        path.write_bytes(b"\n".join((own, b" ".join(words), rest)) + end + size + crc + replies)


def accepted(t):
    """Messages that the smarthosts have taken up to now."""
    return [m for host in t.hosts for s in list(host.sessions) for m in list(s.messages) if m.accepted]


def arrived(t):
    return [m.to[0] for m in t.messages]


def start(t, *words, **options):
    return t.start("postbag", "queue", "run", *words, **options)


# One after the other.


def test_many_over_one_connection(t):
    t.smarthost()
    queue(t)
    fill(t, 50)
    emptied(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(50)], "in order")
    t.equal(len(t.sessions), 1)
    t.equal(t.sessions[0].end, "quit")


def test_login_once(t):
    t.smarthost("tls: starttls", "auth: PLAIN")
    queue(t)
    fill(t, 5)
    emptied(t, run(t))
    t.equal(len(t.messages), 5)
    t.equal(len(t.sessions), 1)


def test_nothing_to_do(t):
    t.smarthost()
    queue(t)
    silent(t, run(t))
    t.true(not (t.folder / "spool").exists(), "a spool for nothing")
    t.equal(t.sessions, [])


def test_verbose_tells_each(t):
    t.smarthost()
    queue(t)
    name = put(t, BOB)
    done = run(t, "-v")
    t.equal(done.status, 0)
    t.match(done.stderr, f"{name}: sent to 1 of 1")


def test_log_has_a_record_for_each(t):
    t.smarthost()
    queue(t, log=("syslog = off", f"file = {t.folder}/log"))
    name = put(t, BOB)
    silent(t, run(t))
    log = (t.folder / "log").read_text().splitlines()
    t.true(any("result=sent" in line and f"queue_id={name}" in line for line in log), "record: " + str(log))


# Verdicts.


def test_three_verdicts(t):
    t.smarthost("on 1/RCPT later@*: reply 450 4.2.0 busy", "on RCPT never@*: reply 550 5.1.1 unknown")
    queue(t)
    name = put(t, BOB, "later@example.net", "never@example.net")
    done = run(t)
    t.equal(done.status, 75)
    t.equal(done.lines, ["postbag: 1 message is left; see postbag queue list"])
    t.equal(state(t, name)[7], "D.F")
    t.equal([m.to for m in accepted(t)], [[BOB], ["acct@example.org"]], "the message and a bounce")
    emptied(t, run(t))
    t.equal([m.to for m in t.messages][2:], [["later@example.net"]])


@cases("MAIL acct@*", "RCPT bob@*", "DATA 1", "END 1")
def test_refused_message_is_bounced(t, stage):
    t.smarthost(f"on {stage}: reply 550 5.6.0 not this one")
    queue(t)
    put(t, BOB)
    emptied(t, run(t))
    bounce = t.message()
    t.equal((bounce.sender, bounce.to), (b"", ["acct@example.org"]))
    t.match(bounce.data.decode(), "not this one")
    t.match(bounce.data.decode(), "Hello Bob,")


def test_bounce_without_inotify(t):
    """Where no more watches are to be had, the run that makes a bounce sends it all the same."""
    t.smarthost("on RCPT bob@*: reply 550 5.1.1 nobody")
    queue(t)
    put(t, BOB)
    limit = "echo 0 > /proc/sys/user/max_inotify_instances || exit 99; exec \"$@\""
    done = t.run("wrapper", "-Ur", "sh", "-c", limit, "sh", t.door("postbag"), "queue", "run", stdin=b"",
                 executable="/usr/bin/unshare")  # fmt: skip
    if "unshare" in done.stderr or done.status == 99:
        raise Skip("needs user namespaces")
    emptied(t, done)
    t.equal(t.message().to, ["acct@example.org"])


def test_refused_bounce_is_kept(t):
    t.smarthost("on RCPT: reply 550 5.1.1 nobody")
    queue(t)
    put(t, BOB)
    done = run(t)
    t.equal(done.status, 0)
    t.match(done.stderr, "given up, and kept in failed/")
    t.equal(len(kept(t, "failed")), 1)
    t.equal(len(kept(t)), 1)


def test_no_bounces(t):
    t.smarthost("on RCPT: reply 550 5.1.1 nobody")
    queue(t, "bounce = none")
    name = put(t, BOB)
    t.equal(run(t).status, 0)
    t.equal(kept(t, "failed"), [name])


def test_poison_among_many(t):
    """A message that breaks the connection each time costs the others nothing."""
    t.smarthost("on RCPT poison@*: reset")
    queue(t)
    poison = put(t, "poison@example.net")
    fill(t, 20)
    done = run(t)
    t.equal(done.status, 75)
    t.equal(kept(t), [poison])
    t.equal(state(t, poison)[3], "00001", "attempts")
    t.equal(len(t.messages), 20)
    t.equal(len(t.sessions), 2)


def test_open_end(t):
    t.smarthost("on END: reset")
    queue(t)
    name = put(t, BOB)
    t.equal(run(t).status, 75)
    s = state(t, name)
    t.equal((s[0], s[2]), ("-", "1"))
    t.true(int(s[6]) - int(s[5]) >= 30 * 60, "half an hour at least: " + str(s))
    silent(t, run(t, "--due"))
    t.equal(run(t).status, 75)
    t.equal(len(t.host.sessions), 1, "no second copy at once, even if all is to be tried")
    release(t)
    t.equal(run(t).status, 75)
    release(t)
    done = run(t)
    t.equal(done.status, 0)
    t.match(done.stderr, "may have been delivered 3 times; held")
    t.equal(kept(t, "hold"), [name])
    t.equal(len(t.sessions), 3)


def test_mark_of_a_crash(t):
    t.smarthost()
    queue(t, log=("syslog = off", f"file = {t.folder}/log"))
    name = put(t, BOB)
    path = t.folder / "spool" / "new" / name
    text = path.read_bytes()
    path.write_bytes(text.replace(b"\nstate - ", b"\nstate ! ", 1))
    t.equal(run(t).status, 75)
    t.equal(t.host.sessions, [])
    t.match((t.folder / "log").read_text(), f"{name}: may have been delivered")
    t.true(int(state(t, name)[6]) >= int(time.time()) + 29 * 60, "half an hour")
    release(t)
    emptied(t, run(t))
    t.equal(t.message().to, [BOB])


def test_torn_file_is_set_aside(t):
    t.smarthost()
    queue(t)
    names = fill(t, 3)
    path = t.folder / "spool" / "new" / names[1]
    path.write_bytes(path.read_bytes()[:-20])
    done = run(t)
    t.equal(done.status, 0)
    t.match(done.stderr, "set aside in corrupt/")
    t.equal(kept(t), [names[1]])
    t.equal(len(t.messages), 2)
    silent(t, run(t))


def test_expired(t):
    t.smarthost("on RCPT later@*: reply 450 4.2.0 busy")
    queue(t, "lifetime = 1h")
    put(t, "later@example.net")
    t.equal(run(t).status, 75)
    age(t, hours=2)
    emptied(t, run(t))
    t.match(t.message().data.decode(), "450 4.2.0 busy")


# The account.


@cases(
    closed=("on CONNECT: close",),
    busy=("on GREETING: reply 421 4.3.2 busy | close",),
    login=("tls: starttls", "auth: PLAIN", "on AUTH: reply 535 5.7.8 no"),
    later=("tls: starttls", "auth: PLAIN", "on AUTH: reply 454 4.7.0 later"),
    at_mail=("on MAIL: reply 421 4.3.2 busy | close",),
)
def test_trouble_is_met_once(t, script):
    t.smarthost(*script)
    queue(t)
    names = fill(t, 40)
    done = run(t)
    t.equal(done.status, 75)
    t.equal(len(t.sessions), 1)
    t.equal(kept(t, "defer"), sorted(names))
    t.equal(kept(t, "new"), [])
    t.equal(len([line for line in done.lines if "account test: " in line]), 1)
    t.equal({tuple(state(t, name)) for name in names}, {tuple(state(t, names[0]))})
    t.equal(state(t, names[0])[3], "00000", "attempts of the message")
    silent(t, run(t, "--due"))
    t.equal(len(t.sessions), 1, "not before it is due")


def test_no_server(t):
    t.smarthost("tls: starttls", "auth: PLAIN")
    secret = ("-password", "password_command = printf pa55-word-never-shown")
    with t.closed_port() as port:
        queue(t, account=(f"port = {port}", *secret))
        names = fill(t, 10)
        done = run(t)
    t.equal(done.status, 75)
    t.equal(kept(t, "defer"), names)
    queue(t)
    emptied(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(10)])


def test_no_such_account_any_more(t):
    t.smarthost()
    queue(t)
    name = put(t, BOB)
    queue(t)
    text = t.config_file.read_text()
    t.raw_config(text.replace("[account test]", "[account other]"))
    done = run(t)
    t.equal(done.status, 75)
    t.match(done.stderr, 'account test: there is no account "test"')
    t.equal(kept(t), [name])


ENOUGH = "reply 421 4.3.2 enough | close"


@cases(f"MAIL 3: {ENOUGH}", f"RCPT 3: {ENOUGH}", f"DATA 3: {ENOUGH}", f"END 3: {ENOUGH}", "MAIL 3: close")
def test_server_that_has_enough(t, rule):
    t.smarthost(f"on {rule}")
    queue(t)
    fill(t, 6)
    emptied(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(6)])
    t.equal(len(t.sessions), 3)


def test_two_accounts_side_by_side(t):
    slow, fast = t.smarthost("on END 1: wait 3 | default"), t.smarthost()
    other = ("[account other]", "host = 127.0.0.1", f"port = {slow.port}", "tls = off", "from = a@example.org")
    t.config(more=("[queue]", f"dir = {t.folder}/spool", *other))
    fill(t, 3, account="other")
    fill(t, 3, account="test")
    process = start(t)
    until(lambda: sum(len(s.messages) for s in list(fast.sessions)) == 3, "the fast account's messages")
    t.equal([m for s in slow.sessions for m in s.messages if m.accepted], [])
    emptied(t, process.finish())
    t.equal((len(slow.messages), len(fast.messages)), (3, 3))


def test_one_account_in_trouble(t):
    dead, alive = t.smarthost("on CONNECT: close"), t.smarthost()
    other = ("[account other]", "host = 127.0.0.1", f"port = {dead.port}", "tls = off", "from = a@example.org")
    t.config(more=("[queue]", f"dir = {t.folder}/spool", *other))
    waiting = fill(t, 5, account="other")
    fill(t, 5, account="test")
    t.equal(run(t).status, 75)
    t.equal(kept(t), waiting)
    t.equal((len(dead.sessions), len(alive.messages)), (1, 5))


def test_rate(t):
    t.smarthost()
    queue(t, account=("rate = 2/hour",))
    names = fill(t, 4)
    done = run(t)
    t.equal(done.status, 75)
    t.equal(kept(t, "defer"), names[2:])
    t.equal(len(t.messages), 2)


def fail_twice(t):
    """Two runs, with more than the lifetime of an hour between them."""
    t.equal(run(t).status, 75)
    age(t, hours=2)
    return run(t)


def test_expired_while_the_server_is_down(t):
    t.smarthost("on CONNECT: close")
    queue(t, "lifetime = 1h")
    names = fill(t, 3)
    t.equal(fail_twice(t).status, 75)
    left = kept(t, "defer")
    t.equal((len(left), set(left) & set(names)), (3, set()), "three bounces")
    t.equal({head(t, name).partition("sender")[2].split("\n")[0].strip() for name in left}, {""})
    t.equal(len(t.sessions), 2)


def test_what_needs_mending_expires_nothing(t):
    t.smarthost("tls: starttls", "auth: PLAIN", "on AUTH: reply 535 5.7.8 no")
    queue(t, "lifetime = 1h")
    names = fill(t, 3)
    t.equal(fail_twice(t).status, 75)
    t.equal(kept(t), names)
    t.equal(len(t.sessions), 2)


def worker_dies(t, process, name):
    """After the end of data: nobody knows what has become of the message."""
    os.kill(worker_of(process), signal.SIGKILL)
    t.equal(process.finish(timeout=10).status, 75)
    t.equal(state(t, name)[0], "!")
    t.match(run(t, "-v").stderr, f"{name}: may have been delivered")
    release(t)
    emptied(t, run(t))


def worker_of(process):
    path = pathlib.Path(f"/proc/{process.popen.pid}/task/{process.popen.pid}/children")
    return int(path.read_text().split()[0])


def test_worker_killed(t):
    t.smarthost("on RCPT r1@*: stall")
    queue(t)
    names = fill(t, 4)
    process = start(t)
    until(lambda: len(accepted(t)) == 1 and len(t.host.sessions[0].messages) == 2, "the second message")
    os.kill(worker_of(process), signal.SIGKILL)
    done = process.finish(timeout=10)
    t.equal(done.status, 75)
    t.match(done.stderr, f"{names[1]}: its process was ended by signal 9; the message waits")
    t.equal(kept(t, "defer"), [names[1]])
    t.equal(state(t, names[1])[3], "00001")
    t.equal(arrived(t), ["r0@example.net", "r2@example.net", "r3@example.net"])


def test_worker_killed_behind_the_end_of_data(t):
    t.smarthost("on END 1: wait 1 | default")
    queue(t)
    name = put(t, BOB)
    process = start(t)
    until(lambda: [m for s in t.host.sessions for m in s.messages if m.complete], "the message")
    worker_dies(t, process, name)


def test_locked_by_another(t):
    t.smarthost()
    queue(t)
    names = fill(t, 3)
    with open(t.folder / "spool" / "new" / names[1], "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        t.equal(run(t).status, 75)
        t.equal(kept(t), [names[1]])
    emptied(t, run(t))


# Signals, and several at once.


def test_term_between(t):
    """Before the end of data: at once, and the message waits as it was."""
    t.smarthost("on RCPT r2@*: stall")
    queue(t)
    names = fill(t, 4)
    process = start(t)
    until(lambda: len(accepted(t)) == 2 and len(t.host.sessions[0].messages) == 3, "the third message")
    process.signal(signal.SIGTERM)
    done = process.finish(timeout=5)
    t.equal((done.status, done.stderr), (-signal.SIGTERM, ""))
    t.equal(kept(t), names[2:])
    t.equal(state(t, names[2])[3], "00000")


def test_term_behind_the_end_of_data(t):
    t.smarthost("on END 3: wait 1 | default")
    queue(t)
    names = fill(t, 5)
    process = start(t)
    until(lambda: len(accepted(t)) == 2 and [m for m in t.host.sessions[0].messages if m.complete][2:], "the third")
    process.signal(signal.SIGTERM)
    done = process.finish(timeout=8)
    t.equal((done.status, done.stderr), (-signal.SIGTERM, ""))
    t.equal(kept(t), names[3:])
    emptied(t, run(t))
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(5)])


def test_runner_killed(t):
    """Its worker brings its message home; the next runner does the rest."""
    t.smarthost("on END 2: wait 1 | default")
    queue(t)
    fill(t, 5)
    process = start(t)
    until(lambda: [m for m in t.host.sessions[0].messages if m.complete][1:] if t.host.sessions else 0, "the second")
    process.popen.kill()
    process.popen.wait()
    silent(t, run(t))
    until(lambda: not kept(t), "an empty queue")
    t.equal(sorted(arrived(t)), [f"r{i}@example.net" for i in range(5)])


def test_hold_and_remove_meanwhile(t):
    t.smarthost("on END 1: wait 1 | default")
    queue(t)
    names = fill(t, 6)
    process = start(t)
    until(lambda: t.host.sessions and t.host.sessions[0].messages, "the first message")
    t.equal(t.postbag("queue", "hold", names[3], stdin=b"").status, 0)
    t.equal(t.postbag("queue", "remove", names[4], stdin=b"").status, 0)
    silent(t, process.finish())
    t.equal(kept(t), [names[3]])
    t.equal(arrived(t), [f"r{i}@example.net" for i in (0, 1, 2, 5)])


def test_runners_at_once(t):
    t.smarthost("on END 1: wait 1 | default")
    queue(t)
    fill(t, 6)
    first = start(t)
    until(lambda: t.host.sessions and t.host.sessions[0].messages, "the first message")
    others = [start(t) for _ in range(3)]
    late = put(t, "late@example.net")
    for process in (first, *others):
        silent(t, process.finish())
    t.equal(kept(t), [], f"what is left; {late} came last")
    t.equal(arrived(t), [f"r{i}@example.net" for i in range(6)] + ["late@example.net"])


def test_mail_that_comes_meanwhile(t):
    t.smarthost("on END 1: wait 1 | default")
    queue(t)
    fill(t, 1)
    process = start(t, "--due")
    until(lambda: t.host.sessions and t.host.sessions[0].messages, "the first message")
    put(t, "late@example.net")
    emptied(t, process.finish())
    t.equal(arrived(t), ["r0@example.net", "late@example.net"])
    t.equal(len(t.sessions), 1)


# Watching.


def test_watch(t):
    t.smarthost()
    queue(t)
    process = start(t, "--watch")
    until(lambda: (t.folder / "spool" / "stamp").exists(), "the spool")
    for i in range(3):
        put_one(t, f"r{i}@example.net")
        until(lambda n=i: len(accepted(t)) == n + 1, "the message")
    process.signal(signal.SIGTERM)
    silent(t, process.finish(timeout=5))
    t.equal(kept(t), [])


def put_one(t, recipient):
    silent(t, t.postbag("--queue", recipient))


def test_watch_and_a_new_account(t):
    """Whoever submits knows it: so does who sends."""
    t.smarthost()
    queue(t)
    process = start(t, "--watch")
    until(lambda: (t.folder / "spool" / "stamp").exists(), "the spool")
    put_one(t, BOB)
    until(lambda: len(accepted(t)) == 1, "the first message")
    text = t.config_file.read_text()
    t.raw_config(text.replace("[account test]", "[account new]"))
    put_one(t, BOB)
    until(lambda: len(accepted(t)) == 2, "the second message")
    process.signal(signal.SIGTERM)
    silent(t, process.finish(timeout=5))


def test_watch_takes_up_its_configuration(t):
    """And tries what was in trouble again at once."""
    t.smarthost("tls: starttls", "auth: PLAIN")
    secret = ("-password", "password_command = printf pa55-word-never-shown")
    with t.closed_port() as port:
        queue(t, account=(f"port = {port}", *secret))
        process = start(t, "--watch")
        until(lambda: (t.folder / "spool" / "stamp").exists(), "the spool")
        put_one(t, BOB)
        until(lambda: list((t.folder / "spool" / "accounts").iterdir()), "the account's trouble")
    queue(t, account=secret)
    process.signal(signal.SIGHUP)
    until(lambda: len(accepted(t)) == 1, "the message")
    process.signal(signal.SIGINT)
    done = process.finish(timeout=5)
    t.equal(done.status, 0)
    t.equal(t.message().to, [BOB])


def test_no_process_is_left(t):
    t.smarthost()
    queue(t)
    fill(t, 2)
    process = start(t)
    group = process.popen.pid
    emptied(t, process.finish())
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[2]) == group:
            found.append(path)
    t.equal(found, [])


def test_sendmail_door(t):
    t.smarthost("on CONNECT: close")
    queue(t)
    put(t, BOB)
    done = t.sendmail("-q", stdin=b"")
    t.equal(done.status, 0)
    t.true(re.search("account test: ", done.stderr), done.stderr)
    t.equal(len(os.listdir(t.folder / "spool" / "defer")), 1)


def test_nobody_without_a_home(t):
    """A user who has no place for a queue has an empty one."""
    t.drop_to("nobody")
    t.config()
    for door, words in (("sendmail", ["-q"]), ("postbag", ["queue", "run"])):
        done = t.run(door, *words, stdin=b"", env={"XDG_STATE_HOME": None})
        t.equal((done.status, done.stdout, done.stderr), (0, "", ""), f"{door} {words}")
    done = t.postbag("queue", "run", "--watch", stdin=b"", env={"XDG_STATE_HOME": None})
    t.failed(done, 75, "dir")

"""Several messages on the wire of one connection: how many, what each verdict is, and what a connection
that dies with them leaves behind."""

import contextlib
import fcntl
import os
import re
import resource
import signal
import socket
import threading
import time

from harness import cases, full, until
from scenario_queue import BOB, kept, queue, release, silent
from scenario_queue_run import accepted, arrived, emptied, fill, put, run, start, state, worker_of
from scenario_serve import service

OFFERS = {"bdat": ["chunking: yes"], "data": [], "lockstep": ["ehlo-drop: PIPELINING"]}
DEEP = ("bdat", "data")
SETTLE = "settle: 0.05"
FLIGHT = 20
ONLY_MARKS = 50  # octets of a message's file: it can be marked as being sent, and no more


def recipients(n, begin=0):
    return [f"r{i}@example.net" for i in range(begin, n)]


def open_ends(t):
    """Messages whose file says that they may have been delivered."""
    return [name for name in kept(t, "new") + kept(t, "defer") if state(t, name)[0] == "!" or int(state(t, name)[2])]


# Round trips.


@cases(("bdat", 0.2, "BDAT"), ("data", 1.2, "DATA"), ("lockstep", 5, "DATA"))
def test_trips(t, row):
    """Of forty messages, without those of the connection."""
    offer, most, by = row
    t.smarthost("tls: off", SETTLE, *OFFERS[offer])
    queue(t)
    fill(t, 40)
    emptied(t, run(t))
    t.equal(arrived(t), recipients(40), "in order")
    t.equal({m.by for m in t.messages}, {by})
    t.equal(len(t.sessions), 1)
    trips = (t.sessions[0].flights - 3) / 40
    t.true(trips <= most, f"{trips} round trips a message")


def test_comes_while_waiting(t):
    """A message that comes while a verdict is waited for is sent at once."""
    t.smarthost("tls: off", "chunking: yes", "on 1/END 2: wait 4 | default")
    queue(t)
    fill(t, 2)
    process = start(t, "--watch")
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) > 1, "the second message")
    name = put(t, BOB)
    until(lambda: marked(t, [name]), "its turn")
    t.equal(len(accepted(t)), 1, "verdicts before it left")
    until(lambda: len(accepted(t)) == 3, "all")
    process.signal(signal.SIGTERM)
    process.finish()


def test_next_is_ready(t):
    """While nothing more can be sent the next message, and no other, is opened and locked."""
    t.smarthost("tls: off", "chunking: yes", "on 1/END 2: wait 2 | default")
    queue(t)
    names = fill(t, 40)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) > 1, "the second message")
    until(lambda: locked(t, names[FLIGHT + 1]), "the next")
    t.true(not locked(t, names[FLIGHT + 2]), "one is enough")
    t.equal(len(accepted(t)), 1, "verdicts meanwhile")
    emptied(t, process.finish())
    t.equal(arrived(t), recipients(40))


def locked(t, name):
    with open(t.folder / "spool" / "new" / name, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


# Verdicts in the middle of a flight.


@cases(*[f"{offer} {stage}" for offer in OFFERS for stage in ("MAIL 4", "RCPT r3@*", "END 4")])
def test_one_refused(t, row):
    offer, stage = row.split(" ", 1)
    t.smarthost("tls: off", *OFFERS[offer], f"on 1/{stage}: reply 550 5.6.0 not this one")
    queue(t)
    fill(t, 12)
    emptied(t, run(t))
    t.equal([a for a in arrived(t) if a != "acct@example.org"], [a for a in recipients(12) if a != "r3@example.net"])
    t.equal(arrived(t).count("acct@example.org"), 1, "bounces")
    bounce = next(m for m in t.messages if m.to == ["acct@example.org"])
    t.match(bounce.data.decode(), "not this one")


@cases(*DEEP)
def test_every_other_refused(t, offer):
    """A transaction that the server still has open is ended before the next."""
    t.smarthost("tls: off", *OFFERS[offer], *[f"on END {i}: reply 554 5.6.0 Spam" for i in range(2, 30, 2)])
    queue(t, "bounce = none")
    fill(t, 20)
    t.equal(run(t).status, 0)
    t.equal(arrived(t), recipients(20)[::2])
    t.equal(len(kept(t, "failed")), 10)


@cases(*DEEP)
def test_too_many_recipients(t, offer):
    """The rest of one message goes in a transaction of its own, before the next message."""
    t.smarthost("tls: off", *OFFERS[offer], "on RCPT 4: reply 452 4.5.3 Too many")  # fmt: skip
    queue(t)
    fill(t, 2)
    put(t, "a@example.net", "b@example.net", "c@example.net")
    fill(t, 3)
    emptied(t, run(t))
    got = [sorted(m.to) for m in t.messages]
    three = [f"{name}@example.net" for name in "abc"]
    t.equal(sorted(sum(got, [])), sorted([*recipients(2), *recipients(3), *three]))
    t.equal(len(got), 7, "transactions")


@cases(*[f"{offer} {n}" for offer in DEEP for n in (2, 4, 9)])
def test_account_is_refused(t, row):
    """Words that concern the account, from the nth message on: the others wait, nothing is bounced, and
    what was accepted is not sent again."""
    offer, n = row.split()
    t.smarthost("tls: off", *OFFERS[offer],
                *[f"on 1/END {i}: reply 550 5.4.5 Daily user sending limit exceeded" for i in range(int(n), 60)])  # fmt: skip
    queue(t)
    fill(t, 40)
    done = run(t)
    t.equal(done.status, 75)
    t.match(done.stderr, "Daily user sending limit exceeded")
    before = [m.to[0] for m in accepted(t)]
    t.equal(before, recipients(int(n) - 1))
    t.equal(len(kept(t)), 40 - len(before))
    t.equal(open_ends(t), [])
    emptied(t, run(t))
    t.equal(sorted(arrived(t)), sorted(recipients(40)))


def test_one_word_for_the_account(t):
    """Only one message hears it: the others go on."""
    t.smarthost("tls: off", "chunking: yes", "on 1/END 5: reply 450 4.2.0 mailbox quota exceeded")
    queue(t)
    names = fill(t, 30)
    t.equal(run(t).status, 75)
    t.equal(kept(t), [names[4]])
    t.equal(len(t.messages), 29)


# A connection that dies. What is gone was accepted; what is kept and not marked was not.

FAULTS = ("reset", "cut", "reply 421 4.7.0 Enough | cut", "garbage | cut")


def points(offers, ns):
    for offer in offers:
        for stage in ("MAIL", "RCPT", "DATA", "END") if offer == "data" else ("MAIL", "RCPT", "END"):
            for fault in FAULTS:
                for n in ns:
                    yield f"{offer} {stage} {n} {fault}"


def die(t, row):
    offer, stage, n, fault = row.split(" ", 3)
    t.smarthost("tls: off", *OFFERS[offer], f"on 1/{stage} {n}: {fault}")
    queue(t)
    names = dict(zip(recipients(25), fill(t, 25)))
    run(t)
    taken = {m.to[0] for m in accepted(t)}
    left, doubtful = set(kept(t)), set(open_ends(t))
    for address, name in names.items():
        t.true(name in left or address in taken, f"{address} is lost")
        t.true(name not in left or name in doubtful or address not in taken, f"{address} would be sent twice")
    t.true(len(doubtful) <= FLIGHT, f"{len(doubtful)} may have been delivered")
    t.true("421" not in fault or not doubtful, "a farewell leaves nothing open")
    silent(t, run(t, "--due"))
    t.equal(set(kept(t)), doubtful, "those wait")
    t.equal(run(t).status, 75 if doubtful else 0)
    t.equal(set(kept(t)), doubtful, "even if all is to be tried")
    if doubtful:
        release(t)
    emptied(t, run(t))
    t.equal({m.to[0] for m in t.messages}, set(names), "arrived")
    twice = [a for a in names if arrived(t).count(a) > 1]
    t.true({names[a] for a in twice} <= doubtful, f"twice: {twice}")


@cases(*list(points(DEEP, (2, 7)))[::3])
def test_dies(t, row):
    die(t, row)


@full
@cases(*points(DEEP, (2, 3, 5, 8, 13, 21, 22, 25)))
def test_dies_anywhere(t, row):
    die(t, row)


@cases(*DEEP)
def test_next_connection_begins_with_one(t, offer):
    """After a loss with several undecided one message has to succeed alone."""
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 4: reset", "on 2/END 1: wait 1 | default")
    queue(t)
    fill(t, 25)
    process = start(t)
    until(lambda: len(t.host.sessions) > 1 and t.host.conversations[1].counts.get("END"), "the second connection")
    t.equal(sum(c.startswith(b"MAIL") for c in t.host.sessions[1].commands), 1, "MAIL on it")
    t.true(process.finish().status in (0, 75), "status")


# Signals.


@cases(*[f"{offer} {size}" for offer in DEEP for size in (100, 60_000)])
def test_worker_killed(t, row):
    """Marked are those on the wire, so many at most; the others go at once, those in half an hour."""
    offer, size = row.split()
    most = min(FLIGHT, 256 * 1024 // int(size))
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 2: wait 2 | default")
    queue(t)
    text = b"Subject: x\n\n" + (b"y" * 75 + b"\n") * (int(size) // 76)
    names = fill(t, 40, stdin=text)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) > 1, "the second message")
    if offer == "bdat":
        until(lambda: len(marked(t, names)) >= most, f"{most} on the wire: {len(marked(t, names))}")
    os.kill(worker_of(process), signal.SIGKILL)
    t.equal(process.finish().status, 75)
    doubtful = open_ends(t)
    t.true(1 <= len(doubtful) <= most, f"{len(doubtful)} of at most {most} are marked")
    silent(t, run(t, "--due"))
    t.equal(sorted(kept(t)), sorted(doubtful))
    release(t)
    emptied(t, run(t))
    t.equal({m.to[0] for m in t.messages}, set(recipients(40)))


def marked(t, names):
    """While they are sent: their files come and go."""
    found = []
    for name in names:
        for folder in ("new", "defer"):
            path = t.folder / "spool" / folder / name
            try:
                found += [name] if re.search(rb"\nstate !", path.read_bytes()[:200]) else []
            except FileNotFoundError:
                pass
    return found


@cases(*DEEP)
def test_term(t, offer):
    """Those on the wire get their verdicts; the others wait as they were."""
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 3: wait 1 | default")
    queue(t)
    fill(t, 60)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) > 2, "the third message")
    process.signal(signal.SIGTERM)
    done = process.finish(timeout=20)
    t.equal((done.status, done.stderr), (-signal.SIGTERM, ""))
    t.equal(open_ends(t), [])
    sent = len(accepted(t))
    t.true(3 <= sent <= 3 + FLIGHT, f"{sent} were sent")
    t.equal(len(kept(t)), 60 - sent)
    emptied(t, run(t))
    t.equal(arrived(t), recipients(60))


def test_large_goes_alone(t):
    t.smarthost("tls: off", "chunking: yes")
    queue(t)
    large = b"Subject: x\n\n" + (b"y" * 75 + b"\n") * 5000
    fill(t, 3)
    put(t, BOB, stdin=large)
    fill(t, 3)
    emptied(t, run(t))
    t.equal(arrived(t), [*recipients(3), BOB, *recipients(3)])
    t.equal(len(t.sessions), 1)


@cases(*DEEP)
def test_limit_of_messages(t, offer):
    """LIMITS MAILMAX: another connection for the rest."""
    t.smarthost("tls: off", *OFFERS[offer], "ehlo-add: LIMITS MAILMAX=7")
    queue(t)
    fill(t, 20)
    emptied(t, run(t))
    t.equal(arrived(t), recipients(20))
    t.equal([len(s.messages) for s in t.sessions], [7, 7, 6])


# What a message's file says afterwards.


@cases(*DEEP)
def test_farewell_before_trouble(t, offer):
    """Neither was accepted, and nobody can be reached now: nothing may have been delivered."""
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 4: reply 421 4.7.0 Enough | cut", "on 2/GREETING: reply 421 4.7.0 No")  # fmt: skip
    queue(t)
    fill(t, 12)
    t.equal(run(t).status, 75)
    t.equal(open_ends(t), [])
    emptied(t, run(t))
    t.equal(sorted(arrived(t)), sorted(recipients(12)))


@cases(*[f"{offer} {n}" for offer in DEEP for n in (1, 4)])
def test_spool_fails(t, row):
    """What is on the wire gets its verdicts; nothing else is sent, and the runner says why."""
    offer, n = row.split()
    t.smarthost("tls: off", *OFFERS[offer], f"on 1/END {n}: wait 1 | default")
    queue(t)
    names = fill(t, 60)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) >= int(n), "the message")
    resource.prlimit(worker_of(process), resource.RLIMIT_FSIZE, (ONLY_MARKS, ONLY_MARKS))
    done = process.finish()
    t.equal(done.status, 75)
    t.match(done.stderr, "the spool cannot be written")
    t.true("its process ended" not in done.stderr, "a worker that ends is not told of as dead: " + done.stderr)
    t.true(len(accepted(t)) < int(n) + FLIGHT, f"{len(accepted(t))} were sent")
    t.true(len(kept(t)) + len(accepted(t)) >= len(names), "lost")
    t.equal(len(t.host.sessions), 1)


@cases(*DEEP)
def test_term_after_farewell(t, offer):
    """What is to be sent once more waits as it was."""
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 4: reply 421 4.7.0 Enough | cut", "on 2/END 1: wait 1 | default")
    queue(t)
    fill(t, 30)
    process = start(t)
    until(lambda: len(t.host.sessions) > 1 and t.host.conversations[1].counts.get("END"), "the second connection")
    process.signal(signal.SIGTERM)
    done = process.finish(timeout=20)
    t.equal((done.status, done.stderr), (-signal.SIGTERM, ""))
    t.equal(open_ends(t), [])
    t.equal(len(accepted(t)), 4)
    emptied(t, run(t))
    t.equal(sorted(arrived(t)), sorted(recipients(30)))


@cases(*DEEP)
def test_server_of_few_messages(t, offer):
    """It hangs up without a word. What may have been delivered is not put at risk once more."""
    t.smarthost("tls: off", *OFFERS[offer], "on MAIL 7: cut")
    queue(t)
    fill(t, 60)
    for _ in range(9):
        t.true(run(t).status in (0, 75), "status")
        if kept(t):
            t.equal(kept(t, "hold"), [])
            release(t)
    t.equal(kept(t), [])
    t.equal(set(recipients(60)) - {m.to[0] for m in t.messages}, set())


@cases(*[f"{offer} {most}" for offer in DEEP for most in (16, 24, 32, 64)])
def test_few_descriptors(t, row):
    offer, most = row.split()
    t.smarthost("tls: off", *OFFERS[offer])
    queue(t)
    fill(t, 60)
    few = (int(most),) * 2
    emptied(t, run(t, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, few)))
    t.equal(arrived(t), recipients(60))


# Servers that are not as they say.


def forgetful():
    """A server that offers PIPELINING and forgets what has come behind an end of data."""
    taken, listener = [], socket.create_server(("127.0.0.1", 0))

    def talk(connection):
        connection.sendall(b"220 hello\r\n")
        octets, text = b"", None
        while True:
            line, found, rest = octets.partition(b"\r\n")
            if not found:
                more = connection.recv(65536)
                if not more:
                    return
                octets += more
                continue
            octets = rest
            if text is None:
                connection.sendall(ANSWERS.get(line[:4].upper(), b"250 ok\r\n"))
                text = b"" if line.upper() == b"DATA" else None
            elif line != b".":
                text += line
            else:
                time.sleep(0.05)
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    connection.recv(65536)
                connection.setblocking(True)
                octets, text = b"", taken.append(text)
                connection.sendall(b"250 taken\r\n")

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                talk(connection)

    server = threading.Thread(target=serve)
    server.start()
    return listener, server, taken


ANSWERS = {b"EHLO": b"250-hello\r\n250 PIPELINING\r\n", b"DATA": b"354 go\r\n"}


def test_server_that_forgets(t):
    """Twice it is not understood; then one message goes behind the verdict of the other."""
    listener, server, taken = forgetful()
    try:
        port = listener.getsockname()[1]
        queue(t, account=("tls = off", f"host = 127.0.0.1:{port}", "command_timeout = 2s"))
        fill(t, 30)
        begun = time.monotonic()
        emptied(t, run(t))
        t.true(time.monotonic() - begun < 10, "it takes too long")
        t.equal(len(taken), 30)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join()


# What cannot be sent as it is.


@cases(*DEEP)
def test_eight_bits(t, offer):
    """Each message goes as the server takes it."""
    t.smarthost("tls: off", *OFFERS[offer], "ehlo-drop: 8BITMIME")
    queue(t)
    text = b"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    for i in range(12):
        put(t, f"r{i}@example.net", stdin=text + ("caf\u00e9\n".encode() if i % 2 else b"coffee\n"))
    emptied(t, run(t))
    t.equal(arrived(t), recipients(12))
    t.equal([b"caf=C3=A9" in m.data for m in t.messages], [False, True] * 6)


@cases(*DEEP)
def test_too_large(t, offer):
    """What the server says it does not take is not offered; those before and behind it go."""
    t.smarthost("tls: off", *OFFERS[offer], "ehlo: PIPELINING, SIZE 3000")
    queue(t, "bounce = none")
    for i in range(20):
        put(t, f"r{i}@example.net", stdin=b"Subject: x\n\n" + b"0123456789\n" * (500 if i % 5 == 3 else 1))
    t.equal(run(t).status, 0)
    t.equal(arrived(t), [a for i, a in enumerate(recipients(20)) if i % 5 != 3])
    t.equal(len(kept(t, "failed")), 4)
    t.equal(len(t.sessions), 1)


@cases(*DEEP)
def test_lmtp(t, offer):
    t.smarthost("protocol: lmtp", "tls: off", *OFFERS[offer], "on END r5@*: reply 550 5.7.1 no", "on RCPT r7@*: reply 550 5.1.1 who",
                "on END b@*: reply 451 4.2.0 later")  # fmt: skip
    queue(t, "bounce = none", account=("protocol = lmtp",))
    fill(t, 10)
    put(t, "a@example.net", "b@example.net", "c@example.net")
    fill(t, 3)
    t.equal(run(t).status, 75)
    got = [m.to for m in t.messages]
    t.equal(len(kept(t, "failed")), 2)
    t.equal(len(kept(t, "defer")), 1)
    t.equal(open_ends(t), [])


@cases(*[f"{offer} {reply}" for offer in DEEP for reply in ("lines 300 250", "split", "drip 0.001")])
def test_long_replies(t, row):
    offer, reply = row.split(" ", 1)
    t.smarthost("tls: off", *OFFERS[offer], f"on RCPT: {reply}", f"on END: {reply}")
    queue(t)
    fill(t, 50)
    emptied(t, run(t))
    t.equal(arrived(t), recipients(50))
    t.equal(len(t.sessions), 1)


@cases(*DEEP)
def test_rate(t, offer):
    """No more than it allows are on the wire."""
    t.smarthost("tls: off", *OFFERS[offer])
    queue(t, account=("rate = 5/h",))
    fill(t, 30)
    t.equal(run(t).status, 75)
    t.equal(arrived(t), recipients(5))
    t.equal(len(kept(t)), 25)


@cases(*DEEP)
def test_hands_off(t, offer):
    """What is on the wire can neither be held nor removed; what waits for its turn can."""
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 3: wait 2 | default")
    queue(t)
    names = fill(t, 60)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) > 2, "the third message")
    if offer == "bdat":
        until(lambda: len(marked(t, names)) >= FLIGHT, "many on the wire")
    flying = marked(t, names)
    t.equal(t.postbag("queue", "hold", names[58], stdin=b"").status, 0)
    t.equal(t.postbag("queue", "remove", names[59], stdin=b"").status, 0)
    for name in flying:
        t.true(t.postbag("queue", "remove", name, stdin=b"").status != 0, "removed while it is sent")
        t.true(t.postbag("queue", "hold", name, stdin=b"").status != 0, "held while it is sent")
    t.equal(process.finish().status, 0)
    t.equal(arrived(t), recipients(58))
    t.equal(kept(t), [names[58]])


@cases(*[f"{offer} {who} {number}" for offer in DEEP for who, number in (("runner", 9), ("worker", 15), ("worker", 1), ("worker", 2))])
def test_killed(t, row):
    """Whoever is left brings it to its end; nothing is lost, and nothing is sent twice."""
    offer, who, number = row.split()
    t.smarthost("tls: off", *OFFERS[offer], "on 1/END 3: wait 1 | default")
    queue(t)
    fill(t, 60)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("END", 0) > 2, "the third message")
    worker = worker_of(process)
    os.kill(process.popen.pid if who == "runner" else worker, int(number))
    process.finish()
    until(lambda: not os.path.exists(f"/proc/{worker}"), "the worker's end", 20)
    t.equal(open_ends(t), [])
    emptied(t, run(t))
    t.equal(sorted(arrived(t)), sorted(recipients(60)))


@cases(*DEEP)
def test_cannot_be_read(t, offer):
    """A file that is broken while it is sent harms neither those on the wire nor the account."""
    t.smarthost("tls: off", *OFFERS[offer], "on RCPT large@*: wait 1 | default")
    queue(t)
    fill(t, 3)
    name = put(t, "large@example.net", stdin=b"Subject: x\n\n" + (b"y" * 75 + b"\n") * 1500)
    fill(t, 3)
    process = start(t)
    until(lambda: t.host.conversations and t.host.conversations[0].counts.get("RCPT", 0) > 3, "its turn")
    os.truncate(t.folder / "spool" / "new" / name, 20000)
    done = process.finish()
    t.true("account" not in done.stderr, "the account is blamed: " + done.stderr)
    t.equal(arrived(t), [*recipients(3), *recipients(3)])
    t.equal(len(kept(t)), 1)


def narrow(t):
    """A server that neither reads while it writes nor has much room for either."""
    taken, listener = [], socket.socket()
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        listener.setsockopt(socket.SOL_SOCKET, option, 2048)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    words = b"250-" + b"word " * 90 + b"\r\n"

    def serve():
        connection = listener.accept()[0]
        with connection, connection.makefile("rb", buffering=512) as lines:
            connection.sendall(b"220 hello\r\n")
            for line in lines:
                if line.startswith(b"EHLO"):
                    connection.sendall(b"250-hello\r\n250-PIPELINING\r\n250 CHUNKING\r\n")
                    continue
                if line.startswith(b"BDAT"):
                    taken.append(lines.read(int(line.split()[1])))
                connection.sendall(words * 40 + b"250 ok\r\n")

    server = threading.Thread(target=serve)
    server.start()
    return listener, server, taken


def test_narrow(t):
    """Both sides have more to say than the other's window takes."""
    listener, server, taken = narrow(t)
    try:
        queue(t, account=("tls = off", f"host = 127.0.0.1:{listener.getsockname()[1]}", "command_timeout = 5s"))
        fill(t, 60, stdin=b"Subject: x\n\n" + (b"y" * 75 + b"\n") * 160)
        emptied(t, run(t))
        t.equal(len(taken), 60)
    finally:
        listener.close()
        server.join()


def test_watched_after_death(t):
    """A message whose worker was killed has its turn again, also while others keep coming."""
    t.smarthost("tls: off", "on 1/MAIL 1: stall")
    queue(t, "retry = 1s")
    put(t, BOB)
    process = start(t, "--watch")
    try:
        until(lambda: t.host.conversations and t.host.conversations[0].counts.get("MAIL"), "MAIL")
        os.kill(worker_of(process), signal.SIGKILL)
        end = time.monotonic() + 10
        while BOB not in [m.to[0] for m in accepted(t)]:
            t.true(time.monotonic() < end, "it is not tried again")
            silent(t, t.postbag("--queue", "other@example.net"))
            time.sleep(0.2)
    finally:
        process.signal(signal.SIGTERM)
        process.finish()


@cases(*DEEP)
def test_rested_connection(t, offer):
    """The server may hang up just as it is used again: nothing is put at risk before it has answered."""
    t.smarthost("tls: off", *OFFERS[offer], "on 1/MAIL 3: cut")
    with service(t) as s:
        for _ in range(2):
            silent(t, s.submit(BOB))
        time.sleep(1.2)
        silent(t, s.submit(BOB))
    t.equal(len(t.messages), 3)
    t.equal(len(t.sessions), 2)

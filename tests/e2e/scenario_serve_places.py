"""Places at the service are for those who submit: whoever waits for a verdict that does not come makes
room for the next one, and has his message in the queue."""

import contextlib
import select
import signal
import socket
import threading
import time

from harness import cases, until
from scenario_queue import BOB, kept
from scenario_queue_run import fill
from scenario_serve import admitted, Client, QUEUED, Service, service, submitting

SILENT = "on GREETING: stall"  # no verdict, ever


def come(s):
    """A client, as soon as there is a place."""
    client = admitted(s)
    client.say("LHLO client")
    return client


def is_queued(t, run):
    t.equal((run.status, run.stdout, run.stderr), (0, "", ""))


def give(client, to=BOB):
    """A whole message, whose answer is awaited."""
    for line in ("MAIL FROM:<ann@example.org>", f"RCPT TO:<{to}>", "DATA"):
        client.say(line)
    client.send("Subject: x\r\n\r\nHello\r\n.\r\n")


def next_to_hear(clients):
    """The names of those whom something is said, by now or as soon as there is one; then of the others."""
    ready = select.select([c.socket for c in clients.values()], [], [], 20)[0]
    return [n for n in clients if clients[n].socket in ready], [n for n in clients if clients[n].socket not in ready]


def end_now(t, s):
    """Nobody has to wait for a smarthost that says nothing."""
    s.process.signal(signal.SIGTERM)
    t.equal(s.stop().status, 0)


def test_one_makes_room(t):
    """Three wait, a fourth comes: the message of one of them is queued, the fourth's is taken at once."""
    t.smarthost(SILENT)
    s = Service(t, "user_connections = 3")
    waiting = []
    for i in range(3):
        waiting.append(submitting(t, s))
        until(lambda i=i: len(kept(t)) == i + 1, "the message in the queue")
    t.equal([w.popen.poll() for w in waiting], [None] * 3, "all wait")
    begun = time.monotonic()
    fourth = submitting(t, s)
    until(lambda: len(kept(t)) == 4, "the fourth message")
    t.true(time.monotonic() - begun < 10, "the fourth is taken before anybody's time is over")
    until(lambda: any(w.popen.poll() is not None for w in waiting), "one who makes room")
    still = [w for w in waiting if w.popen.poll() is None]
    t.equal((len(still), fourth.popen.poll()), (2, None), "the others still wait")
    end_now(t, s)
    for process in (*waiting, fourth):
        is_queued(t, process.finish())
    t.equal(len(kept(t)), 4)


def test_what_he_hears(t):
    """That it is queued, under its name; and his session goes on."""
    t.smarthost(SILENT)
    s = Service(t, "user_connections = 1")
    client = come(s)
    give(client)
    until(lambda: len(kept(t)) == 1, "the message in the queue")
    begun = time.monotonic()
    process = submitting(t, s)
    reply = client.reply()
    t.match(reply, QUEUED)
    t.true(time.monotonic() - begun < 10, "before his time is over")
    t.equal(kept(t), [QUEUED.search(reply)[1]])
    t.match(client.say("NOOP"), "250")
    t.match(client.say("QUIT"), "221")
    client.close()
    until(lambda: len(kept(t)) == 2, "the next message")
    end_now(t, s)
    is_queued(t, process.finish())


@cases("users = 0", "connections = 2")
def test_again_and_again(t, line):
    """However many come: each has its turn, and is queued."""
    t.smarthost(SILENT)
    s = Service(t, "user_connections = 2", line)
    runs = [submitting(t, s) for _ in range(6)]
    until(lambda: len(kept(t)) == 6, "all messages")
    end_now(t, s)
    for run in runs:
        is_queued(t, run.finish())
    t.equal(len(kept(t)), 6)


def test_idle_ones_are_not_asked(t):
    """Whoever says nothing keeps his place; nobody else is disturbed for one who has as many."""
    t.smarthost(SILENT)
    s = Service(t, "user_connections = 1")
    client = come(s)
    turned = Client(s, hello=None)
    t.match(turned.greeting, "421 4.7.0")
    t.match(client.say("NOOP"), "250")
    end_now(t, s)


class Gate:
    """In front of the smarthost: nobody gets through before it is opened."""

    def __init__(self, port):
        self.port, self.opened, self.threads = port, threading.Event(), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        self.start(self.accept)

    def start(self, function, *args):
        self.threads.append(threading.Thread(target=function, args=args))
        self.threads[-1].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.start(self.relay, self.listener.accept()[0])

    def relay(self, ours):
        self.opened.wait()
        with ours, socket.create_connection(("127.0.0.1", self.port)) as theirs:
            back = threading.Thread(target=pump, args=(theirs, ours))
            back.start()
            pump(ours, theirs)
            back.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.opened.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()


def pump(source, sink):
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)


def test_refused_later(t):
    """He has heard that it is queued: so he gets a bounce. The one who waits on hears the refusal, and gets none."""
    host = t.smarthost("on RCPT first@*: reply 550 5.1.1 No first", "on RCPT second@*: reply 550 5.1.1 No second")
    with Gate(host.port) as gate, service(t, "user_connections = 2", account=(f"port = {gate.own_port}",)) as s:
        clients = {"first": come(s), "second": come(s)}
        for number, name in enumerate(clients):
            give(clients[name], f"{name}@example.net")
            until(lambda number=number: len(kept(t)) == number + 1, "the message in the queue")
        third = submitting(t, s)
        (asked,), (waits,) = next_to_hear(clients)  # they may have begun to wait in the same millisecond
        t.match(clients[asked].reply(), QUEUED)
        clients.pop(asked).close()
        until(lambda: len(kept(t)) == 3, "the third message")
        t.equal(select.select([clients[waits].socket], [], [], 0)[0], [], "the other one waits")
        gate.opened.set()
        t.match(clients[waits].reply(), f"550 5.1.1 No {waits}")
        clients[waits].say("QUIT")
        clients[waits].close()
        is_queued(t, third.finish())
    bounces = [m for m in t.messages if m.sender == b""]
    t.equal([m.to for m in bounces], [["ann@example.org"]])
    t.match(bounces[0].data.decode(), f"{asked}@example.net")
    t.equal([m.to for m in t.messages if m.sender], [[BOB]])


# A queue that is too long.


def test_too_many_before_him(t):
    """Nobody waits until his time is over for a verdict that will not come by then."""
    t.smarthost(SILENT)
    s = Service(t)
    fill(t, 50)
    begun = time.monotonic()
    t.match(come_and_give(s).reply(), QUEUED)
    t.true(time.monotonic() - begun < 15, "the time")
    t.equal(len(kept(t)), 51)
    end_now(t, s)


def come_and_give(s):
    client = come(s)
    give(client)
    return client


def test_on_its_way(t):
    """Others wait for another account: who has been sent already will have his verdict, however long it takes."""
    t.smarthost("on END: wait 6 | reply 550 5.7.1 No spam")
    with t.black_hole() as port:
        stuck = ("[account stuck]", "host = 127.0.0.1", f"port = {port}", "tls = off", "from = stuck@example.org")
        s = Service(t, *stuck, account=("from = ann@example.org",))
        fill(t, 50, account="stuck")
        client = come_and_give(s)
        t.match(client.reply(), "550 5.7.1 No spam")
        client.close()
        end_now(t, s)

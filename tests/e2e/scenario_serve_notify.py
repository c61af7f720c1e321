"""The service under a supervisor that wants to know how it is: sd_notify(3)."""

import contextlib
import signal
import socket

from harness import cases, Failure
from scenario_queue import BOB
from scenario_serve import service, Service


@contextlib.contextmanager
def supervisor(name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(20)
        listener.bind(name.replace("@", "\0"))
        yield listener


def hear(listener):
    try:
        return listener.recv(4096).decode()
    except TimeoutError:
        raise Failure("the supervisor hears nothing") from None


@cases("file", "abstract")
def test_told(t, kind):
    """It listens before it says so; HUP with a mistake in the configuration shows in its status."""
    name = str(t.folder / "notify") if kind == "file" else f"@postbag-{t.folder.name}-{id(t)}"
    with supervisor(name) as listener:
        with service(t, settle=False, env={"NOTIFY_SOCKET": name}) as s:
            t.equal(hear(listener), "READY=1")
            s.configure("nonsense = 1")
            s.process.signal(signal.SIGHUP)
            t.equal(hear(listener), "STATUS=The old configuration is in use: the new one has a mistake")
            s.configure()
            s.process.signal(signal.SIGHUP)
            t.equal(hear(listener), "STATUS=")
        t.equal(hear(listener), "STOPPING=1")


def test_nobody_there(t):
    """A supervisor that has gone holds up nothing."""
    t.smarthost()
    with service(t, env={"NOTIFY_SOCKET": str(t.folder / "nobody")}) as s:
        t.accepted(s.submit(BOB))


@cases("file", "abstract")
def test_nobody_reads(t, kind):
    """A supervisor whose ear is full neither: the service works, and ends."""
    t.smarthost()
    name = str(t.folder / "notify") if kind == "file" else f"@postbag-{t.folder.name}-{id(t)}"
    with supervisor(name), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as chatter:
        chatter.setblocking(False)
        chatter.connect(name.replace("@", "\0"))
        with contextlib.suppress(BlockingIOError):
            while True:
                chatter.send(b"STATUS=")
        with service(t, env={"NOTIFY_SOCKET": name}) as s:
            t.accepted(s.submit(BOB))


def test_not_ready(t):
    """Whoever cannot start says nothing of the kind."""
    with supervisor(str(t.folder / "notify")) as listener:
        try:
            Service(t, "nonsense = 1", env={"NOTIFY_SOCKET": str(t.folder / "notify")})
        except Failure as ended:
            t.match(str(ended), "unknown key")
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise Failure("it said " + listener.recv(4096).decode())

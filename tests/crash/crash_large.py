"""A very full queue: list and count stay quick, the runner stays small."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import queuefile
from lab import Failure, Letter, Skip, full

BOUND = 2.0  # seconds of CPU time for 100,000, of two processes; the aim is one by the clock, but
# the machine may be busy
MEMORY = 64 * 1024  # KiB
MEMORY_DISK = "/dev/shm"


def fill(t, folder, count):
    """Puts many messages into one folder of the spool."""
    t.mode = "queue"
    with t.closed_port() as port:
        t.configure(port=port)
    t.keep(Letter("letter", ["good1"], 5))
    name = t.names("new")[0]
    copier = queuefile.Copier(t.spool / "new" / name)
    os.unlink(t.spool / "new" / name)
    top = os.open(t.spool / folder, os.O_RDONLY)
    for number in range(count):
        name = queuefile.name_of(number)
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=top)
        os.write(fd, copier.make(name))
        os.close(fd)
    os.close(top)


def cpu(t, *words):
    """Seconds of CPU time of `postbag queue …` and by the clock, and what it has said."""
    begun = time.monotonic()
    with open(t.folder / "out", "w+b") as out:
        process = subprocess.Popen([t.door("postbag"), "queue", *words], stdin=subprocess.DEVNULL,
                                   stdout=out, env=t.environment(None))  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        clock = time.monotonic() - begun
        out.seek(0)
        text = out.read().decode()
    t.equal(process.returncode, 0, f"status of {words}")
    return usage.ru_utime + usage.ru_stime, clock, text


def in_order(t, text, count):
    """All of them, each once, the oldest first, and one head."""
    names = [line[:19] for line in text.splitlines() if line[:1].isalnum()]
    t.equal(names, [queuefile.name_of(number) for number in range(count)], "names in the list")
    t.equal(text.count("Queue ID"), 1, "heads")


def measure(t, count):
    """`queue list` and `queue count`."""
    bound = max(BOUND * count / 100_000, 0.3)
    for words, expected in ((("list",), f"in {count} Requests"), (("count",), str(count))):
        seconds, clock, text = cpu(t, *words)
        t.match(text[-200:], expected, "output")
        print(f"# queue {words[0]}: {clock:.2f} s, {seconds:.2f} s of CPU time, {count} messages", flush=True)
        if seconds > bound:
            raise Failure(f"queue {words[0]} took {seconds:.2f} s of CPU time, {count} messages")
        if words[0] == "list":
            in_order(t, text, count)


def measure_runner(t, count):
    """The runner with a dead smarthost: all goes to defer/, or stays there."""
    with t.closed_port() as port:
        t.configure(port=port)
        traced = t.traced("memory", "queue", "run", timeout=300)
    t.equal(traced.run.status, 75, "status")
    t.equal(len(t.names("defer")), count, "messages in defer/")
    peak = max(c.number for c in traced.calls)
    print(f"# queue run: {peak} KiB, {count} messages", flush=True)
    if peak > MEMORY:
        raise Failure(f"{peak} KiB for {count} messages")


def play(t, count):
    """New mail first, then, once it was tried, deferred mail."""
    if t.context.sanitized:
        raise Skip("CPU time and memory mean nothing under the sanitizers")
    with contextlib.ExitStack() as stack:
        if os.access(MEMORY_DISK, os.W_OK):
            t.spool = stack.enter_context(memory_disk()) / "spool"
        fill(t, "new", count)
        measure(t, count)
        measure_runner(t, count)
        measure(t, count)
        measure_runner(t, count)


@contextlib.contextmanager
def memory_disk():
    """A folder in which very many files are quickly made."""
    folder = tempfile.mkdtemp(prefix="postbag-crash-", dir=MEMORY_DISK)
    try:
        yield pathlib.Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_large(t):
    play(t, 5_000)


@full
def test_large_100000(t):
    play(t, 100_000)

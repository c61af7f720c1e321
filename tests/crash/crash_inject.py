"""kill -9, errors, short writes and SIGTERM at every file and socket call of submitter and runner.

One dry run shows the calls; then one run for each (process, call, N, fault), then clean runs until
the queue is empty, then judge.py. A sample of fixed seed, or with --full all of them.
"""

import random
import signal

import judge
import lab
import tracer
from lab import Failure, Letter, cases, full

MOST_FINDINGS = 8  # then a test ends early
SAMPLE = 6  # faults of each kind and scenario, without --full
HANGUPS = 60  # with it

# What each scenario sends to whom, and how the server behaves before its trouble is over.
SERVERS = {
    "good": (("good1", "good2"), ()),
    "temporary": (("good1", "good2"), ("on END: reply 451 4.3.0 Not now",)),
    "refusing": (("hard1", "hard2"), lab.OPINIONS),
    "half": (("good1", "soft1", "hard1", "good2"), lab.OPINIONS),
    "closing": (("good1", "good2"), ("on MAIL: close",)),
    "silenced": (("good1", "good2"), ("on END: close",)),
}
SUBMISSIONS = [
    f"{mode}-{server}-{kind}"
    for mode in ("direct", "try", "queue")
    for server in (SERVERS if mode != "queue" else ("half",))
    for kind in tracer.KINDS
]
RUNS = [f"{server}-{kind}" for server in SERVERS for kind in tracer.KINDS]
OFFERS = {"": (), "bdat": ("chunking: yes",), "data": (), "lockstep": ("ehlo-drop: PIPELINING",)}
ALL_FLIGHTS = [f"{server}+{offer}-{kind}" for server in SERVERS for offer in ("bdat", "data", "lockstep")
               for kind in tracer.KINDS]  # fmt: skip
FLIGHTS = [f"{server}+{offer}-{kind}" for server in ("good", "half", "silenced") for offer in ("bdat", "data")
           for kind in ("kill", "error", "term")]  # fmt: skip


def sample(t, name, faults):
    """All of them, or some that are always the same; of HUP, which does what TERM does, only some."""
    most = SAMPLE
    if t.context.full:
        most = HANGUPS if name.endswith("hup") else len(faults)
    return random.Random(name).sample(faults, most) if len(faults) > most else faults


def strike(t, row, function, letters, faults):
    """Plays the faults one by one; Failure with what they found. A fault after which something
    hangs or does not end is a finding like any other."""
    found = []
    for fault in faults:
        try:
            found += function(t, row, letters, fault)
        except Failure as e:
            t.close()
            t.hosts.clear()
            found.append(f"{fault}: {e}")
        if len(found) > MOST_FINDINGS:
            break
    if not faults:
        raise Failure("there was nothing to strike")
    if found:
        raise Failure(f"{len(found)} findings in {len(faults)} faults:\n" + "\n".join(found[:8]))


def unexpected(traced):
    """A status that no fault may cause."""
    bad = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
    return [f"ended by signal {-traced.run.status}"] if -traced.run.status in bad else []


# The submitter


def submit(t, mode, letter, fault):
    words = {"queue": ["--queue"], "direct": ["--no-queue"], "try": []}[mode]
    return t.traced(fault, *words, "--json", *letter.recipients, stdin=letter.text)


def try_submission(t, row, letter, fault):
    """One fault; what does not hold, as lines."""
    mode, server, _ = row.split("-")
    t.restore(t.folder / "empty")
    t.serve(*SERVERS[server][1])
    traced = submit(t, mode, letter, fault)
    before = t.arrivals()
    after = t.recover()
    twice = judge.window_of(traced.calls, t.spool, True) or server == "silenced"
    said = judge.expected(traced.run, letter)
    found = unexpected(traced) + judge.check_copies([letter], before, after)
    for recipient in letter.recipients:
        found += judge.check_recipient(letter, recipient, said[recipient], (before, after), twice)
    found += judge.check_end(t)
    hint = f"\n  status {traced.run.status}: {traced.run.stderr.strip()} {traced.run.stdout.strip()}"
    return [f"{fault} at {traced.hit and traced.hit.path}: {line}{hint}" for line in found]


@cases(*SUBMISSIONS)
def test_submitter(t, row):
    mode, server, kind = row.split("-")
    t.mode = "try"
    letter = Letter("letter", SERVERS[server][0])
    if mode != "direct":
        t.serve()
        t.keep(Letter("first", ["good1"]))  # makes the spool
        t.drain()
        t.arrivals()
    t.snapshot(t.folder / "empty")
    t.serve(*SERVERS[server][1])
    calls = submit(t, mode, letter, "-").calls
    t.arrivals()
    faults = tracer.faults(tracer.interesting(calls, t.config_file), kind)
    chosen = sample(t, row, faults)
    strike(t, row, try_submission, letter, chosen)


# The runner


def serve(t, row):
    """The server of a row: "half", or what is offered too: "half+bdat"."""
    server, _, offer = row.split("-")[0].partition("+")
    t.serve(*OFFERS[offer], *SERVERS[server][1])
    return server


def try_run(t, row, letters, fault):
    t.restore(t.folder / "full")
    server = serve(t, row)
    traced = t.traced(fault, "queue", "run")
    before = t.arrivals()
    after = t.recover()
    window = judge.flight_window_of(traced.calls, t.spool) or judge.window_of(traced.calls, t.spool, False)
    twice = window or server == "silenced"
    told_twice = judge.bounce_window_of(traced.calls, t.spool)
    found = unexpected(traced) + judge.check_copies(letters, before, after)
    for letter in letters:
        for recipient in letter.recipients:
            found += judge.check_recipient(
                letter, recipient, "queued", (before, after), twice, told_twice
            )
    found += judge.check_end(t)
    hint = f"\n  status {traced.run.status}: {traced.run.stderr.strip()}"
    return [f"{fault} at {traced.hit and traced.hit.path}: {line}{hint}" for line in found]


@cases(*RUNS)
def test_runner(t, row):
    strike_runner(t, row, (4, 1, 2))


@cases(*FLIGHTS)
def test_flight(t, row):
    """Many small ones, so that most are on the wire at the same time."""
    strike_runner(t, row, (1, 1, 1, 2, 1, 1, 4, 1))


@full
@cases(*ALL_FLIGHTS)
def test_any_flight(t, row):
    strike_runner(t, row, (1, 1, 1, 2, 1, 1, 4, 1))


def strike_runner(t, row, sizes):
    kind = row.split("-")[1]
    letters = []
    for n, size in enumerate(sizes):
        names = SERVERS[row.split("-")[0].partition("+")[0]][0]
        first = n % len(names) if size == 1 else 0
        letters.append(Letter(f"letter{n}", names[first : first + size], 10))
    t.serve()
    t.keep(*letters)
    t.arrivals()
    t.snapshot(t.folder / "full")
    serve(t, row)
    calls = t.traced("-", "queue", "run").calls
    t.arrivals()
    faults = tracer.faults(tracer.interesting(calls, t.config_file), kind)
    chosen = sample(t, row, faults)
    strike(t, row, try_run, letters, chosen)

"""kill -9 at each file and socket call of a submitter, of the service's parent, its sessions, its
runner and its worker, while two letters are submitted through it; with --full errors, too.

Whoever dies is what systemd would start again: a parent is, at once, with its submitters still there.
After that one clean service empties the queue by itself, but for what waits because it may have
arrived already; then judge.py.
"""

import os
import random
import re
import signal
import subprocess
import time

import judge
import lab
import queuefile
import tracer
from crash_inject import strike, unexpected
from lab import Failure, Letter, cases, full

SAMPLE = 4  # faults of each row, without --full
DRAIN_S = 10
SUBMIT_S = 60
SETTLE_S = 2
LARGE = 12000  # lines: more than are kept in memory, or sent by one call

# What each scenario sends to whom, how the server behaves before its trouble is over, and whether
# the service waits for its verdict.
SCENARIOS = {
    "good": (("good1", "good2"), (), "try"),
    "half": (("good1", "soft1", "hard1", "good2"), lab.OPINIONS, "try"),
    "later": (("good1", "hard1"), lab.OPINIONS, "queue"),
}
ROLES = ("parent", "runner", "session", "worker")
ROWS = [f"{scenario}-{role}-kill" for scenario in SCENARIOS for role in ROLES]
ERRORS = [f"half-{role}-error" for role in ROLES]
SUBMITTERS = [f"{scenario}-submitter-kill" for scenario in SCENARIOS]


class Service:
    """`postbag serve`, under the tracer if there is a fault. A parent that dies is started again."""

    def __init__(self, t, fault=None):
        self.t = t
        self.socket = t.folder / "submit"
        self.trace = t.folder / "service.trace"
        self.parents = []  # pairs of a process and whether it is the tracer, the newest last
        self.traced = 0  # the parent below the tracer; 0: not yet there, None: no more
        t.configure(*settings(t), port=t.hosts[-1].port)
        self.start(fault)

    def start(self, fault=None):
        """A new parent, which listens when this returns, or has died of its fault."""
        door = self.t.door("postbag")
        words = [door, "serve"]
        if fault:
            words[:0] = [self.t.context.inject, str(self.trace), fault]
        process = self.t.start_words(words, stdin=subprocess.DEVNULL)
        self.parents.append((process, bool(fault)))
        until(lambda: self.listens() or not self.lives(), "the service's socket", 20)

    def pid(self):
        """Of the newest parent; None when it has ended."""
        process, traced = self.parents[-1]
        if process.popen.poll() is not None:
            return None
        if not traced:
            return process.popen.pid
        self.traced = next(iter(children(process.popen.pid)), None if self.traced else 0)
        return self.traced

    def lives(self):
        return self.pid() is not None

    def listens(self):
        with open("/proc/net/unix", encoding="ascii", errors="replace") as table:
            rows = [line.split() for line in table]
        return any(r[-1] == f"{self.socket}.new" and r[3] == "00010000" for r in rows)

    def submit(self, letter, fault=None):
        """Submits a letter; meanwhile a parent that has died is started again. A Traced."""
        t = self.t
        env = {"POSTBAG_CONFIG": None, "XDG_CONFIG_HOME": None, "POSTBAG_SOCKET": str(self.socket)}
        trace = t.folder / "trace"
        words = [t.door("postbag"), "--json", *letter.recipients]
        if fault:
            words[:0] = [t.context.inject, str(trace), fault]
        process = t.start_words(words, env=env)
        try:
            process.write(letter.text)
            process.popen.stdin.close()
        except BrokenPipeError:
            pass
        process.popen.stdin = None
        end = time.monotonic() + SUBMIT_S
        while process.popen.poll() is None and time.monotonic() < end:
            self.look_after()
            time.sleep(0.004)
        return lab.Traced(process.finish(None, 1), tracer.parse(trace) if fault else [])

    def look_after(self):
        if not self.lives():
            self.start()

    def settle(self):
        """Gives what nobody has waited for its time."""
        end = time.monotonic() + SETTLE_S
        while due(self.t) and time.monotonic() < end:
            self.look_after()
            time.sleep(0.004)

    def stop(self):
        """Ends all that is left of it; what was not killed must end well."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
        return [process.finish(None, 40) for process, _ in self.parents]

    @property
    def calls(self):
        return tracer.parse(self.trace)


def settings(t):
    return ("retry = 1s", "[serve]", f"socket = {t.folder}/submit", "wait = 3s", "connections = 20")


def until(condition, what, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited in vain: {what}")
        time.sleep(0.004)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


# What is struck


def role_of(process, calls):
    """Parent and runner are always the first two; only a worker connects."""
    if process < 2:
        return ROLES[process]
    return "worker" if any(c.name == "connect" and c.process == process for c in calls) else "session"


def faults_of(t, row, calls):
    """Those of the row: all of them, or some that are always the same."""
    role, kind = row.split("-")[1:]
    if role == "submitter":
        first = next(c.at for c in calls if c.name == "read" and c.number >= 0 and c.path.startswith("pipe:"))
        own = [c for c in calls if c.at >= first and c.name != "exit"]
    else:
        first = next(c.at for c in calls if c.path == str(t.config_file))
        own = [c for c in calls if c.at >= first and c.name != "exit"]
        own = [c for c in own if role_of(c.process, calls) == role]
    found = tracer.faults(own, kind)
    most = len(found) if t.context.full else SAMPLE
    return random.Random(row).sample(found, most) if len(found) > most else found


# The service


def play(t, row, letters, fault):
    """The letters, one after the other, through a service with this fault; what has arrived, what
    the submitters were told, and the calls."""
    names, lines, t.mode = SCENARIOS[row.split("-")[0]]
    t.restore(t.folder / "nothing")
    t.serve(*lines)
    s = Service(t, fault)
    runs = []
    for letter in letters:
        runs.append(s.submit(letter).run)
        s.settle()  # so that the processes begin in the same order each time
    ended = s.stop()
    return t.arrivals(), runs, ended, s.calls


def recover(t):
    """A clean service empties the queue but for what has to wait, because it may have arrived; a
    run that waits for nothing does the rest."""
    t.serve(*lab.LATER)
    s = Service(t)
    until(lambda: not due(t), "an empty queue", DRAIN_S)
    for run in s.stop():
        t.equal((run.status, run.stderr), (0, ""), "the clean service")
    t.drain()
    return t.arrivals()


def due(t):
    """Messages that a service has to send by now."""
    return [name for folder in lab.WAITING for name in t.names(folder) if is_due(t.spool / folder / name)]


def is_due(path):
    try:
        return queuefile.read(path).next <= time.time()
    except (OSError, ValueError):
        return True  # on its way elsewhere, or just being marked


def try_service(t, row, letters, fault):
    """One fault; what does not hold, as lines."""
    before, runs, ended, calls = play(t, row, letters, fault)
    after = recover(t)
    hit = next((c for c in calls if c.struck), None)
    t.hits += hit is not None
    twice = judge.window_of(calls, t.spool, False)
    worker = hit and role_of(hit.process, calls) == "worker"
    told_twice = worker and judge.bounce_window_of(calls, t.spool)
    found = judge.check_copies(letters, before, after)
    for run in ended:
        found += unexpected(lab.Traced(run, calls))
    for letter, run in zip(letters, runs):
        said = judge.expected(run, letter)
        for recipient in letter.recipients:
            found += check(letter, recipient, said[recipient], (before, after), twice, told_twice)
    found += judge.check_end(t)
    told = [f"status {run.status}: {run.stderr.strip()} {run.stdout.strip()}" for run in runs + ended]
    hint = "\n  ".join(["", *told])
    return [f"{fault} at {hit and hit.path}: {line}{hint}" for line in found]


def check(letter, recipient, said, phases, twice, told_twice=False):
    """As judge.py has it; but who was told of a refusal by a session that was killed before it could
    take that down may hear of it once more, by a bounce."""
    told = sum(phase.bounced(letter, recipient) for phase in phases)
    arrived = sum(phase.count(letter, recipient) for phase in phases)
    if said == "failed" and recipient.startswith("hard") and told == 1 and arrived == 0:
        return []
    return judge.check_recipient(letter, recipient, said, phases, twice, told_twice)


@cases(*ROWS)
def test_service(t, row):
    strike_service(t, row)


@full
@cases(*ERRORS)
def test_errors(t, row):
    strike_service(t, row)


def strike_service(t, row):
    names = SCENARIOS[row.split("-")[0]][0]
    letters = [Letter(f"letter{n}", names[: 4 - n]) for n in range(2)]
    calls = play(t, row, letters, "-")[3]
    faults = faults_of(t, row, calls)
    t.hits = 0
    strike(t, row, try_service, letters, faults)
    # What meets what is not the same each time, so that some calls are not made again.
    least = len(faults) // 2 if t.context.full else 1
    t.true(t.hits >= least, f"only {t.hits} of {len(faults)} faults have come about")


# The submitter


def try_submitter(t, row, service, fault):
    """One fault; the service is the same for all of them, the letter is another one."""
    scenario = row.split("-")[0]
    names, lines = SCENARIOS[scenario][0], LARGE if scenario == "good" else 40
    letter = Letter(f"letter{len(service.letters)}", names, lines)
    traced = service.submit(letter, fault)
    service.letters.append((letter, fault, traced))
    return unexpected(traced)


def judge_submitters(t, row, service):
    """When the service has come to rest: each letter arrived whole, once, or not at all; not at all
    if its end had not left."""
    until(lambda: not due(t), "an empty queue", DRAIN_S)
    service.stop()
    before = t.arrivals()
    t.serve(*lab.LATER)
    t.drain()
    after = t.arrivals()
    letters = [letter for letter, _, _ in service.letters]
    found = judge.check_copies(letters, before, after) + judge.check_end(t)
    for letter, fault, traced in service.letters:
        said = judge.expected(traced.run, letter)
        given = has_given(traced.calls)
        for r in letter.recipients:
            lines = check(letter, r, said[r] if given else "failed", (before, after), False)
            found += [f"{fault}: {line}" for line in lines]
    return found


def has_given(calls):
    """Has the service got the whole message?"""
    sent = b"".join(c.sent for c in calls if c.on_socket)
    end = re.search(rb"BDAT (\d+) LAST\r\n", sent)
    return bool(end) and len(sent) - end.end() >= int(end[1])


@cases(*SUBMITTERS)
def test_submitter(t, row):
    _, lines, t.mode = SCENARIOS[row.split("-")[0]]
    t.serve(*lines)
    service = Service(t)
    service.letters = []
    try_submitter(t, row, service, "-")
    calls = service.letters[0][2].calls
    faults = faults_of(t, row, calls)
    strike(t, row, try_submitter, service, faults)
    found = judge_submitters(t, row, service)
    if found:
        raise Failure(f"{len(found)} findings in {len(faults)} faults:\n" + "\n".join(found[:8]))

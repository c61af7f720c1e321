"""Clocks that jump, an hour and ten years, forward and back, between the attempts: nothing is given
up, nothing waits for ever, the order stays. And an evening without a server, through the command
line of the timer's own unit.
"""

import re
import shlex
import time

import queuefile
from lab import Failure, Letter, Skip, cases

HOUR, YEAR = 3600, 365 * 86400
STEPS = {"hour": HOUR, "hour-back": -HOUR, "decade": 10 * YEAR, "decade-back": -10 * YEAR}
LONGEST = 4 * HOUR  # more than any pause of the built-in schedule, with its 15 %
TICK = 300  # of the timer


def at(t, shift, **more):
    """Options of a run at another time of day."""
    if t.context.sanitized:
        raise Skip("a sanitizer wants to be loaded first")
    return {"env": {"LD_PRELOAD": str(t.context.clock), "CLOCK_SHIFT": str(int(shift)), **more}}


def submit(t, letters, shift):
    for letter in letters:
        run = t.postbag(*letter.recipients, stdin=letter.text, **at(t, shift))
        t.equal(run.status, 0, "status of a submission")


def due(t, shift):
    """What the timer does."""
    run = t.queue("run", "--due", **at(t, shift))
    t.equal(run.status, 0, "status of queue run --due")


def tokens(got):
    return [m.field("Subject")[0] for m in got.messages]


def tick_until_empty(t, shift, limit):
    """Ticks of the timer until nothing waits; the seconds that it took. What has arrived is left to
    the caller."""
    for waited in range(0, limit + TICK, TICK):
        due(t, shift + waited)
        if not t.names("new", "defer"):
            return waited
    raise Failure(f"still waiting after {limit} s: {t.names('new', 'defer')}{t.story()}")


def letters_of(name, count=8):
    return [Letter(f"{name}{n:03}", ["good1"], 5) for n in range(count)]


@cases(*[f"{step}-{server}" for step in STEPS for server in ("down", "temporary")])
def test_step(t, row):
    """Two attempts, a step of the clock, two attempts more, then the server recovers."""
    step, server = row.rsplit("-", 1)
    step = STEPS[step]
    t.mode = "try"
    letters = letters_of("letter")
    with t.closed_port() as port:
        if server == "down":
            t.configure(port=port)
        else:
            t.serve("on MAIL: reply 451 4.3.0 Not now")
        submit(t, letters, 0)
        for shift in (TICK, HOUR, step + HOUR, step + HOUR + TICK, step + 2 * HOUR):
            due(t, shift)
    t.equal(t.arrivals().bounces, [], "bounces while the server was away")
    t.equal(len(t.names("new", "defer")), len(letters), "messages kept")
    t.serve()
    tick_until_empty(t, step + 2 * HOUR, LONGEST)
    got = t.arrivals()
    t.equal(got.bounces, [], "bounces")
    # What was refused message by message comes back so, too, no two at the same moment.
    order = tokens(got) if server == "down" else sorted(tokens(got))
    t.equal(order, [x.token for x in letters], "arrivals, in order")
    t.equal(t.left(), [], "what is left")


@cases(*STEPS)
def test_numbers(t, row):
    """The same by the numbers in the files: a last and a next attempt that lie far away."""
    t.mode = "try"
    letters = letters_of("letter", 4)
    t.serve("on MAIL: reply 451 4.3.0 Not now")
    submit(t, letters, 0)
    t.arrivals()
    now = int(time.time())
    for name in t.names("defer"):
        moment = now + STEPS[row]
        path = t.spool / "defer" / name
        queuefile.set_state(path, last=moment, next=moment + 60)
    t.serve()
    tick_until_empty(t, 0, LONGEST)
    got = t.arrivals()
    t.equal(got.bounces, [], "bounces")
    t.equal(tokens(got), [x.token for x in letters], "order of arrival")


def test_submitted_across_a_step(t):
    """Mail from before and from after a step back: everything goes out at the next tick, each
    part in its order."""
    t.mode = "queue"
    first, second = letters_of("first"), letters_of("second")
    t.serve()
    submit(t, first, 10 * YEAR)
    submit(t, second, 0)
    due(t, TICK)
    got = tokens(t.arrivals())
    t.equal([x for x in got if x.startswith("first")], [x.token for x in first], "order")
    t.equal([x for x in got if x.startswith("second")], [x.token for x in second], "order")
    t.equal(t.left(), [], "what is left")


def test_expiry(t):
    """For comparison: where time passes as it should, patience ends after `lifetime`, with one
    bounce."""
    t.mode = "queue"
    letter = Letter("letter", ["good1", "good2"], 5)
    t.serve("on RCPT good*: reply 451 4.3.0 Not now")
    t.configure("lifetime = 12h", "retry = 1h")
    t.keep(letter)
    shift = 0
    while t.names("new", "defer"):
        due(t, shift)
        shift += HOUR
        t.true(shift < 24 * HOUR, "nothing expires")
    t.true(shift > 10 * HOUR, f"given up after {shift} s")
    got = t.arrivals()
    t.equal([got.bounced(letter, r) for r in letter.recipients], [1, 1], "bounces")


def command_of(unit, binary):
    """The words of ExecStart in a unit of contrib/systemd."""
    text = unit.read_text("utf-8")
    line = re.search(r"(?m)^ExecStart=(.*)$", text)[1]
    words = shlex.split(re.sub(r"@bindir@/postbag|\S*/postbag\b", "postbag", line))
    return [binary if word == "postbag" else word for word in words]


@cases("user", "system")
def test_evening(t, kind):
    """The server is down for the first 100 submissions, then it is back: all arrive once, in order,
    by ticks of the timer."""
    unit = t.context.source / "contrib/systemd" / kind / "postbag-queue.service.in"
    words = command_of(unit, t.door("postbag"))
    t.mode = "try"
    letters = letters_of("letter", 100)
    with t.closed_port() as port:
        t.configure(port=port)
        for number, letter in enumerate(letters):
            submit(t, [letter], number * 60)
            if number * 60 % TICK == 0:
                t.equal(tick(t, words, number * 60).status, 0, "status of the timer's command")
    t.equal(len(t.names("new", "defer")), 100, "messages kept")
    t.serve()
    shift = 100 * 60
    while t.names("new", "defer"):
        tick(t, words, shift)
        shift += TICK
        t.true(shift < 100 * 60 + LONGEST, f"still waiting: {len(t.names('new', 'defer'))}")
    sessions = len(t.hosts[-1].conversations)
    got = t.arrivals()
    t.equal(tokens(got), [x.token for x in letters], "order of arrival")
    t.true(sessions <= 3, f"{sessions} connections")
    t.equal(t.left(), [], "what is left")


def tick(t, words, shift):
    return t.start_words(words, **at(t, shift)).finish(b"")

"""The power is cut at any moment of a submission and of a run of the queue.

The recorded calls give every state that the disk may be found in (disk.py). In each of them a clean
run of the queue must deliver what was promised before the cut, nothing torn, and twice only what
was on its way to a verdict.
"""

import random

import disk
import judge
import lab
from lab import Failure, Letter, cases

SAMPLE = 30  # states of each scenario, without --full
MOST = 1500  # with it

SCENARIOS = {
    # how, the server while it is recorded, recipients
    "submit-first": ("submit", (), ("good1", "hard1")),
    "submit": ("submit", (), ("good1", "hard1")),
    "try-half": ("try", lab.OPINIONS, ("good1", "soft1")),
    "run-good": ("run", (), ("good1", "good2")),
    "run-half": ("run", lab.OPINIONS, ("good1", "soft1", "hard1")),
    "run-refused": ("run", lab.OPINIONS, ("hard1", "hard2")),
    "run-temporary": ("run", ("on END: reply 451 4.3.0 Not now",), ("good1", "good2")),
    "hold": ("hold", (), ("good1", "good2")),
    "release": ("release", (), ("good1", "good2")),
}


class Moment:
    """A cut: what the disk holds, what the server has taken, what was promised."""

    def __init__(self, tree, taken, open_end, open_bounce, promised):
        self.tree = tree
        self.open_bounce = open_bounce  # it is committed, but those it tells of are not marked
        self.taken = taken  # number of ends of data before it
        self.open_end = open_end  # the last of them is not recorded
        self.promised = promised


def moments(t, recorded, root, status):
    """Every Moment of a recorded run, each state of the disk once for each number of messages."""
    model = disk.Disk(root)
    seen = set()
    taken, open_end, open_bounce, sent = 0, False, False, []
    written = False  # a state, which nothing but its sync may follow
    calls = [c for c in recorded if c.name != "exit"]
    for call in calls:
        if call.on_socket and judge.is_end(call, sent):
            taken, open_end = taken + 1, True
        sent.append(call)
        open_bounce |= judge.is_commit(call)
        if is_safe_record(t, call) or (written and changes_something(call)):
            open_end = open_bounce = written = False
        written |= judge.is_record(call, t.spool, False)
        changed = model.feed(call)
        last = call is calls[-1]
        if not changed and not last and not call.on_socket:
            continue
        for tree in model.states():
            key = (disk.digest(tree), taken, open_end, open_bounce, last)
            if key not in seen:
                seen.add(key)
                yield Moment(tree, taken, open_end, open_bounce, last and status == 0)


def is_safe_record(t, call):
    return call.name == "fdatasync" and call.result == 0 and call.path.startswith(str(t.spool))


def changes_something(call):
    return call.name in ("unlinkat", "renameat2", "sendto")


def record(t, how, letters):
    """Plays the scenario once; its trace."""
    words = ["queue", how, *t.names("new", "hold")]
    if how in ("submit", "try"):
        words = (["--queue"] if how == "submit" else []) + ["--json", *letters[0].recipients]
        return t.traced("-", *words, stdin=letters[0].text)
    return t.traced("-", *(["queue", "run"] if how == "run" else words))


def prepare(t, row, how):
    """What is there before; the letters and the name of the spool's top folder."""
    root = t.folder / "disk"
    root.mkdir(mode=0o700)
    t.spool = root / "state" / "spool" if row == "submit-first" else root / "spool"
    t.mode = "try"
    t.serve()
    names = SCENARIOS[row][2]
    if how in ("submit", "try"):
        if row != "submit-first":
            t.keep(Letter("first", ["good1"]))
            t.drain()
        letters = [Letter("letter", names)]
    else:
        letters = [Letter("letter0", names, 5), Letter("letter1", names[:1], 5)]
        t.keep(*letters)
        if how == "release":
            t.equal(t.queue("hold", *t.names("new")).status, 0, "status of queue hold")
    t.arrivals()
    return root, letters


def play(t, moment, root, letters, messages):
    """Recovery from one state; what does not hold."""
    disk.write(root, moment.tree)
    t.serve(*lab.LATER)
    held = t.names("hold")
    if held:
        t.equal(t.queue("release", *held).status, 0, "status of queue release")
    t.drain()
    after = t.arrivals()
    before = lab.Arrivals([m for m in messages[: moment.taken] if m.accepted])
    found = judge.check_copies(letters, before, after)
    said = "queued" if moment.promised else "unknown"
    last = messages[moment.taken - 1] if moment.taken and moment.open_end else None
    for letter in letters:
        twice = last is not None and last in before.copies(letter) + before.bounces
        for r in letter.recipients:
            found += judge.check_recipient(
                letter, r, said, (before, after), twice, moment.open_bounce
            )
    return found + judge.check_end(t)


def guarded(t, moment, *args):
    try:
        return play(t, moment, *args)
    except Failure as e:
        t.close()
        t.hosts.clear()
        return [str(e)]


@cases(*SCENARIOS)
def test_cut(t, row):
    how, server, _ = SCENARIOS[row]
    root, letters = prepare(t, row, how)
    keep = t.folder / "before"
    t.copy_folder(root, keep)
    t.serve(*server)
    traced = record(t, how, letters)
    t.close()
    messages = [m for s in t.sessions for m in s.messages if m.complete]
    t.hosts.clear()
    t.copy_folder(keep, root)
    cuts = list(moments(t, traced.calls, root, traced.run.status))
    if how not in ("submit", "try"):
        for cut in cuts:
            cut.promised = True
    most = MOST if t.context.full else SAMPLE
    if len(cuts) > most:
        cuts = random.Random(row).sample(cuts[:-1], most - 1) + cuts[-1:]
    found = []
    for cut in cuts:
        lines = guarded(t, cut, root, letters, messages)
        found += [f"after {cut.taken} messages, {sorted(cut.tree)}: {line}" for line in lines]
    if len(cuts) < 3:
        raise Failure(f"only {len(cuts)} states")
    if found:
        raise Failure(f"{len(cuts)} states:\n" + "\n".join(found[:6]))


def test_syncs(t):
    """A message of 4 KiB costs at most two syncs, one of them of the file, one of the folder."""
    t.serve()
    t.keep(Letter("first", ["good1"]))
    letter = Letter("letter", ["good1"], 256)
    calls = t.traced("-", "--queue", *letter.recipients, stdin=letter.text).calls
    t.arrivals()
    synced = [c.path for c in calls if c.name in ("fsync", "fdatasync", "syncfs", "sync")]
    t.true(len(synced) <= 2, f"{len(synced)} syncs: {synced}")
    folders = [path for path in synced if path == str(t.spool / "new")]
    t.equal((len(synced), len(folders)), (2, 1), "syncs, and those of new/")

"""Many at once: submitters, also in other PID namespaces, runners, and people who look after the
queue. Every message arrives exactly once, or was removed and never arrives.
"""

import collections
import os
import random
import resource
import subprocess

from lab import Failure, Letter, Skip

AT_ONCE = 64  # processes side by side, where not all are


def together(t, commands, at_once=AT_ONCE):
    """Runs (words, stdin) pairs side by side; the Runs in their order."""
    waiting = collections.deque(enumerate(commands))
    running, done = collections.deque(), {}
    while waiting or running:
        while waiting and len(running) < at_once:
            number, (words, text) = waiting.popleft()
            process = t.start_words(words)
            process.write(text)
            process.popen.stdin.close()
            process.popen.stdin = None
            running.append((number, process))
        number, process = running.popleft()
        done[number] = process.finish(None, 120)
    return [done[n] for n in sorted(done)]


def all_at_once(t, commands, then=()):
    """The same, but nobody has his input before the last one is running, and `then` is started when
    all have it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    processes = [t.start_words(words) for words, _ in commands]
    for process, (_, text) in zip(processes, commands):
        process.write(text)
        process.popen.stdin.close()
        process.popen.stdin = None
    processes += [t.start_words(words, stdin=subprocess.DEVNULL) for words in then]
    return [process.finish(None, 300) for process in processes]


def submissions(t, letters, *words):
    door = t.door("postbag")
    return [([*words, door, "--queue", *x.recipients], x.text) for x in letters]


def arrived(t, letters):
    """How often each letter has arrived, whole."""
    t.close()
    got = t.arrivals()
    tokens = collections.Counter()
    known = {letter.token: letter for letter in letters}
    for message in got.messages:
        letter = known.get(message.field("Subject")[0])
        if not letter or not letter.is_whole(message.data):
            raise Failure(f"foreign or torn: {message.data!r}")
        tokens[letter.token] += 1
    return tokens


def each_once(t, letters):
    tokens = arrived(t, letters)
    wrong = {x.token: tokens[x.token] for x in letters if tokens[x.token] != 1}
    if wrong:
        raise Failure(f"{len(wrong)} of {len(letters)} did not arrive once: {str(wrong)[:400]}")


def letters_of(t, name, few=100, many=1000):
    count = many if t.context.full else few
    return [Letter(f"{name}{n:04}", ["good1"], 10) for n in range(count)]


def test_submitters(t):
    """So many submitters on a spool that is not there yet, while a runner is at work."""
    letters = letters_of(t, "letter")
    t.serve()
    runs = all_at_once(t, submissions(t, letters), [[t.door("postbag"), "queue", "run"]] * 3)
    t.equal({run.status for run in runs[: len(letters)]}, {0}, "statuses of the submitters")
    t.true({run.status for run in runs[len(letters) :]} <= {0, 75}, "statuses of the runners")
    t.drain()
    each_once(t, letters)
    t.equal(t.left(), [], "what is left")


def test_twin_namespaces(t):
    """Submitters that all have the same process number, on one spool."""
    twins = ["unshare", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        twins += ["--user", "--map-root-user"]
    if subprocess.run([*twins, "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no PID namespaces")
    letters = letters_of(t, "twin", 60)
    t.serve()
    runs = all_at_once(t, submissions(t, letters, *twins))
    t.equal({run.status for run in runs}, {0}, "statuses")
    t.drain()
    each_once(t, letters)


def test_three_runners(t):
    """Three runners at once while messages are held, released and removed."""
    letters = letters_of(t, "letter")
    t.serve()
    together(t, submissions(t, letters))
    ids = t.names("new")
    t.equal(len(ids), len(letters), "messages in the queue")
    dice = random.Random("runners")
    runner = [t.door("postbag"), "queue", "run"]
    commands = [(runner, b"")] * 3
    meant = dice.sample(ids, len(ids) // 2)
    for name in meant:
        verb = dice.choice(("hold", "release", "remove"))
        commands.append(([t.door("postbag"), "queue", verb, name], b""))
    runs = together(t, commands, 12)
    t.true({run.status for run in runs[:3]} <= {0, 75}, "statuses of the runners")
    removed = removed_of(t, runs[3:], commands[3:])
    left = t.names("hold")
    if left:
        t.equal(t.queue("release", *left).status, 0, "status of queue release")
    t.drain()
    check_removed(t, letters, removed)


def removed_of(t, runs, commands):
    """Names that `queue remove` says it has removed; whoever comes too late must say so."""
    removed = set()
    for run, (words, _) in zip(runs, commands):
        verb, name = words[2:]
        if run.status == 0 and verb == "remove":
            removed.add(name)
        if run.status != 0:
            t.match(run.stderr, name, "stderr of a command that came too late")
    return removed


def check_removed(t, letters, removed):
    tokens = arrived(t, letters)
    t.equal(t.left(), [], "what is left")
    counts = collections.Counter(tokens[x.token] for x in letters)
    if set(counts) - {0, 1} or counts[0] != len(removed):
        raise Failure(f"{len(removed)} removed, arrivals by number of copies: {dict(counts)}")


def test_killed_runners(t):
    """Runners that are killed again and again: nothing is lost, and twice comes only what was on
    its way to a verdict at a kill."""
    letters = letters_of(t, "letter", 60, 400)
    t.serve()
    together(t, submissions(t, letters))
    kills = 0
    dice = random.Random("kills")
    while t.names("new", "defer") and kills < 40:
        nth = dice.randrange(1, 40)
        name = dice.choice(("recvfrom", "sendto", "pwrite64", "fdatasync", "unlinkat"))
        traced = t.traced(f"{dice.randrange(2)}:{name}:{nth}:signal=9", "queue", "run")
        kills += traced.hit is not None
        if traced.hit is None:
            break
    t.drain()
    tokens = arrived(t, letters)
    counts = collections.Counter(tokens[x.token] for x in letters)
    if counts[0] or sum(n - 1 for n in tokens.values()) > kills:
        raise Failure(f"{kills} kills, arrivals by number of copies: {dict(counts)}")



"""Disks that are full, by octets and by inodes, that cannot be written to, and limits of the
process: a submission exits 75 and leaves nothing behind, and earlier mail still goes out and is
still marked.
"""

import os
import pathlib
import resource
import subprocess

import judge
import queuefile
from lab import Failure, Letter, Skip, cases, full
from namespace import mount, private

EARLIER = Letter("earlier", ["good1", "good2"])
LATE = Letter("late", ["good1", "good2"], 400)
MODES = ("queue", "try")  # `try` meets a server that is down


def fill(folder):
    """Takes every octet that is left."""
    with open(folder / "filler", "wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


def fill_inodes(folder):
    try:
        for number in range(10000):
            (folder / f"filler{number}").touch()
    except OSError:
        return
    raise Skip("this file system does not run out of inodes")


def mount_spool(t, kind):
    """Puts the spool on a small file system of that kind."""
    disk = t.folder / "disk"
    disk.mkdir()
    if kind == "tmpfs":
        mount("-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", disk)
    elif kind == "tmpfs-inodes":
        mount("-t", "tmpfs", "-o", "nr_inodes=40,mode=700", "tmpfs", disk)
    else:
        mount_ext4(t, disk, ["-N", "64"] if kind == "ext4-inodes" else [])
    t.spool = disk / "spool"
    return disk


def mount_ext4(t, disk, options):
    image = t.folder / "image"
    with open(image, "wb") as file:
        file.truncate(4 * 1024 * 1024)
    try:
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", *options, image], check=True, capture_output=True)
        mount("-o", "loop", image, disk)
    except (OSError, subprocess.CalledProcessError) as e:
        raise Skip(f"no ext4 by loop device: {e}") from None


def refuse(t, mode, run_options=None):
    """A submission that cannot be kept: 75, the reason is told, nothing is there that was not."""
    before = listing(t.spool)
    t.mode = mode
    with t.closed_port() as port:
        t.configure(port=port)
        run = t.postbag(*LATE.recipients, stdin=LATE.text, **(run_options or {}))
    t.equal(run.status, 75, "status")
    t.match(run.stderr, "not queued", "stderr")
    t.equal(listing(t.spool), before, "the spool")


def listing(spool):
    """Names and octets of the messages."""
    found = {}
    for path in sorted(pathlib.Path(spool).glob("*/*")):
        if path.parent.name != "accounts" and path.is_file():
            found[str(path)] = path.read_bytes()
    return found


def deliver(t, *letters, server=()):
    """A clean run: all of these arrive once; nothing else does."""
    t.serve(*server)
    t.drain()
    after = t.arrivals()
    found = judge.check_copies(letters, after, NOTHING)
    for letter in letters:
        for r in letter.recipients:
            found += judge.check_recipient(letter, r, "queued", (NOTHING, after), False)
    if found:
        raise Failure("\n".join(found))


class Nothing:
    messages, bounces = [], []

    @staticmethod
    def copies(_):
        return []

    @staticmethod
    def count(*_):
        return 0

    bounced = count


NOTHING = Nothing()


def mark(t):
    """A run in which the server takes one recipient and puts the other off: the full disk must
    hold what became of each."""
    t.mode = "queue"
    t.serve("on RCPT good2*: reply 451 4.3.0 Not now")
    t.queue("run")
    got = t.arrivals()
    t.equal([got.count(EARLIER, r) for r in EARLIER.recipients], [1, 0], "copies")
    names = [p for f in ("new", "defer") for p in (t.spool / f).iterdir()]
    t.equal([queuefile.read(p).marks for p in names], ["D."], "marks")
    t.equal([queuefile.read(p).whole for p in names], [True], "whole")


KINDS = ("tmpfs", "tmpfs-inodes", "ext4", "ext4-inodes")


@cases(*[f"{kind}-{mode}" for kind in KINDS for mode in MODES])
@private
def test_full(t, row):
    kind, mode = row.rsplit("-", 1)
    disk = mount_spool(t, kind)
    t.mode = "queue"
    t.serve()
    t.keep(EARLIER)
    t.arrivals()
    (fill_inodes if kind.endswith("inodes") else fill)(disk)
    refuse(t, mode)
    mark(t)
    refuse(t, mode)
    t.serve()
    t.drain()
    got = t.arrivals()
    t.equal([got.count(EARLIER, r) for r in EARLIER.recipients], [0, 1], "copies")
    t.equal(t.left(), [], "what is left")


@cases(*MODES)
@private
def test_fills_up(t, mode):
    """Submissions until one is refused: those that were taken arrive, whatever size they have."""
    mount_spool(t, "tmpfs")
    t.mode = mode
    taken = []
    with t.closed_port() as port:
        t.configure("retry = 1m", port=port)
        for number in range(400):
            letter = Letter(f"letter{number}", ["good1"], 10 + number % 7 * 40)
            run = t.postbag(*letter.recipients, stdin=letter.text)
            if run.status != 0:
                t.equal(run.status, 75, "status")
                break
            taken.append(letter)
    t.true(3 < len(taken) < 400, f"{len(taken)} were taken")
    t.equal(t.names("tmp"), [], "tmp/")
    deliver(t, *taken)


@cases("bind", "tmpfs")
@private
def test_read_only(t, kind):
    """Refused with 75; what is there is listed, but not sent, for it could not be marked."""
    t.mode = "queue"
    t.serve()
    if kind == "tmpfs":
        mount_spool(t, "tmpfs")
        t.configure()
    t.keep(EARLIER)
    t.arrivals()
    top = t.spool if kind == "bind" else t.spool.parent
    if kind == "bind":
        mount("--bind", top, top)
    mount("-o", "remount,bind,ro" if kind == "bind" else "remount,ro", top)
    refuse(t, "queue")
    refuse(t, "try")
    t.serve()
    run = t.queue("run")
    t.true(run.status in (0, 75), f"status {run.status}")
    t.equal(t.arrivals().messages, [], "messages")
    t.equal(t.queue("count").stdout.split()[:1], ["1"], "queue count")
    mount("-o", "remount,bind,rw" if kind == "bind" else "remount,rw", top)
    deliver(t, EARLIER)


@cases(*MODES)
def test_file_size(t, mode):
    """RLIMIT_FSIZE, with SIGXFSZ as the shell leaves it, at every size up to the file's."""
    t.mode = "queue"
    t.serve()
    t.keep(EARLIER)
    t.arrivals()
    t.may_litter = True
    for size in (0, 1, 512, 1024, 4096, 6000):
        refuse(t, mode, {"preexec_fn": lambda size=size: limit(resource.RLIMIT_FSIZE, size)})
    deliver(t, EARLIER)


@cases("queue", "try", "direct", "run")
def test_descriptors(t, mode):
    """RLIMIT_NOFILE from the least that the loader can live with: either all is well or nothing was
    kept; the runner loses nothing."""
    t.mode = "queue" if mode == "run" else mode
    t.serve()
    t.keep(EARLIER)
    t.arrivals()
    saved = t.folder / "saved"
    t.snapshot(saved)
    for number in range(4, 24):
        t.restore(saved)
        limits = {"preexec_fn": lambda number=number: limit(resource.RLIMIT_NOFILE, number)}
        t.serve()
        if mode == "run":
            t.queue("run", **limits)
            letters, said = [EARLIER], "queued"
        else:
            run = t.postbag(*LATE.recipients, stdin=LATE.text, **limits)
            letters = [EARLIER, LATE]
            said = "queued" if run.status == 0 else "failed"
        before = t.arrivals()
        after = t.recover()
        found = judge.check_copies(letters, before, after)
        for r in EARLIER.recipients:
            found += judge.check_recipient(EARLIER, r, "queued", (before, after), False)
        for r in LATE.recipients if mode != "run" else ():
            found += judge.check_recipient(LATE, r, said, (before, after), False)
        if found:
            raise Failure(f"with {number} descriptors: {found}{t.story()}")


@full
@private
def test_every_size(t):
    """A tmpfs that ends at each page of a submission."""
    mount_spool(t, "tmpfs")
    t.mode = "queue"
    disk = t.spool.parent
    t.serve()
    t.keep(EARLIER)
    t.arrivals()
    for pages in range(1, 24):
        fill(disk)
        with open(disk / "filler", "r+b") as file:
            file.truncate(max(0, os.path.getsize(disk / "filler") - pages * 4096))
        t.configure("retry = 1m", port=9)
        run = t.postbag(*LATE.recipients, stdin=LATE.text)
        t.true(run.status in (0, 75), f"status {run.status}")
        t.equal(t.names("tmp"), [], "tmp/")
        if run.status == 0:
            break
        (disk / "filler").unlink()
    deliver(t, EARLIER, LATE)


def limit(what, value):
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (value, value if what == resource.RLIMIT_NOFILE else hard))

"""What a disk may hold after the power was cut, worked out from a trace of system calls.

The model is the least that POSIX and Linux file systems promise, and what src/queue/commit.c relies
on:

- octets are safe once fsync or fdatasync of their file has returned; before that a file may have
  its old octets, all of the new ones, the first half of them, or zeros where it has grown;
- a name is safe once fsync of its folder has returned; before that any of the changes since the
  last one may be undone, each for itself;
- a rename is atomic, between two folders too: safe when either folder was synced.
"""

import hashlib
import itertools
import os
import pathlib
import random
import shutil
from dataclasses import dataclass, field

SUBSETS = 64  # of pending changes of names, at most


@dataclass(eq=False)
class Inode:
    safe: bytes = b""
    pending: list = field(default_factory=list)  # (offset, octets), or (length, None) for a cut

    def content(self, way):
        """Its octets after the cut: "none" of what is pending, "all", "half" or "zeros"."""
        data = bytearray(self.safe)
        if way == "none":
            return bytes(data)
        for number, (offset, octets) in enumerate(self.pending):
            if octets is None:
                del data[offset:]
                data.extend(bytes(offset - len(data)))
                continue
            grows = offset + len(octets) > len(self.safe)
            if grows and way == "half" and number == len(self.pending) - 1:
                octets = octets[: len(octets) // 2]
            if grows and way == "zeros":
                octets = bytes(len(octets))
            data.extend(bytes(max(0, offset - len(data))))
            data[offset : offset + len(octets)] = octets
        return bytes(data)


@dataclass(eq=False)
class Change:
    """Of names: `old` goes, `new` comes; either may be None."""

    old: str | None
    new: str | None
    inode: Inode | None  # None: a folder

    @property
    def folders(self):
        return {os.path.dirname(p) for p in (self.old, self.new) if p}

    def apply(self, tree):
        if self.old:
            tree.pop(self.old, None)
        if self.new:
            tree[self.new] = self.inode


class Disk:
    """The state of everything below `root`, fed with calls."""

    def __init__(self, root):
        self.root = str(root)
        self.safe = {}  # path: Inode, or None for a folder
        self.now = {}
        self.changes = []
        self.load()

    def load(self):
        for folder, folders, files in os.walk(self.root):
            for name in folders:
                self.safe[os.path.join(folder, name)] = None
            for name in files:
                path = os.path.join(folder, name)
                self.safe[path] = Inode(pathlib.Path(path).read_bytes())
        self.now = dict(self.safe)

    def ours(self, path):
        """The path in one form, None if it is of no interest."""
        path = os.path.normpath(path) if path else ""
        inside = path == self.root or path.startswith(self.root + "/")
        return path if inside and not path.endswith(" (deleted)") else None

    def feed(self, call):
        """True if the call has changed something."""
        handler = getattr(self, "on_" + call.name, None)
        if not handler or call.result is None or call.result < 0:
            return False
        path = self.ours(call.path)
        return bool(path and handler(call, path))

    def change(self, old, new, inode):
        change = Change(old, new, inode)
        change.apply(self.now)
        self.changes.append(change)
        return True

    def on_openat(self, call, path):
        if call.number & os.O_CREAT and path not in self.now:
            return self.change(None, path, Inode())
        if call.number & os.O_TRUNC and self.now.get(path):
            self.now[path].pending.append((0, None))
            return True
        return False

    def on_mkdirat(self, _, path):
        return self.change(None, path, None)

    on_mkdir = on_mkdirat

    def on_renameat2(self, call, path):
        return self.change(path, self.ours(call.path2), self.now.get(path))

    on_renameat = on_renameat2

    def on_linkat(self, call, path):
        return self.change(None, self.ours(call.path2), self.now.get(path))

    def on_unlinkat(self, _, path):
        return self.change(path, None, self.now.get(path))

    def on_write(self, call, path):
        inode = self.now.get(path)
        if not inode or call.result > len(call.data):
            return False
        inode.pending.append((call.number, call.sent))
        return True

    on_pwrite64 = on_write

    def on_ftruncate(self, call, path):
        inode = self.now.get(path)
        if inode:
            inode.pending.append((call.number, None))
        return bool(inode)

    def on_fsync(self, _, path):
        inode = self.now.get(path)
        if inode:
            inode.safe, inode.pending = inode.content("all"), []
        elif path in self.now or path == self.root:
            self.sync_folder(path)
        return True

    on_fdatasync = on_fsync

    def sync_folder(self, path):
        """What has touched the folder is safe; what it has overtaken does not matter any more."""
        for change in [c for c in self.changes if path in c.folders]:
            change.apply(self.safe)
            at = self.changes.index(change)
            gone = [c for c in self.changes[:at] if c.new and c.new == change.old]
            self.changes = [c for c in self.changes if c is not change and c not in gone]

    def states(self):
        """Every tree that may be found after a cut now: {path: octets, or None for a folder}."""
        for chosen in self.subsets():
            tree = dict(self.safe)
            for change in chosen:
                change.apply(tree)
            tree = {p: i for p, i in tree.items() if self.has_parents(p, tree)}
            dirty = any(i and i.pending for i in tree.values())
            for way in ("none", "all", "half", "zeros") if dirty else ("none",):
                yield {p: i.content(way) if i else None for p, i in tree.items()}

    def subsets(self):
        """Which of the pending changes have come through: all choices, or a sample of them."""
        n = len(self.changes)
        if 2**n <= SUBSETS:
            masks = list(itertools.product((False, True), repeat=n))
        else:
            dice = random.Random(n)
            masks = [tuple(dice.random() < 0.5 for _ in range(n)) for _ in range(SUBSETS - 2)]
            masks += [(False,) * n, (True,) * n]
        return [[c for c, keep in zip(self.changes, mask) if keep] for mask in masks]

    def has_parents(self, path, tree):
        parent = os.path.dirname(path)
        while parent != self.root:
            if parent not in tree:
                return False
            parent = os.path.dirname(parent)
        return True


def digest(tree):
    """The same for trees that do not differ."""
    ret = hashlib.sha256()
    for path in sorted(tree):
        ret.update(repr((path, tree[path])).encode())
    return ret.digest()


def write(root, tree):
    """Makes the folder `root` look like that."""
    root = pathlib.Path(root)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(mode=0o700)
    for path in sorted(tree):
        if tree[path] is None:
            os.makedirs(path, mode=0o700, exist_ok=True)
    for path, data in tree.items():
        if data is not None:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)

"""Runs cases and says one line for each.

    ok NAME (0.12 s)
    not ok NAME: reason      followed by detail, "    # " in front
    skip NAME: reason
"""

import sys
import time
import traceback


class Skipped(Exception):
    """This case cannot run here; the text says why."""


class Suite:
    """Counts what it runs; `pattern` is a part of the names that are wanted."""

    def __init__(self, pattern=""):
        self._pattern = pattern
        self._counts = {"passed": 0, "failed": 0, "skipped": 0}

    def run(self, name, case, *arguments):
        """Calls case(*arguments): an exception fails it, Skipped skips it, a text it returns is
        shown."""
        if self._pattern not in name:
            return
        start = time.monotonic()
        try:
            note = case(*arguments)
        except Skipped as reason:
            self._count("skipped", f"skip {name}: {reason}")
        except AssertionError as wrong:
            summary, _, detail = str(wrong).partition("\n")
            self._count("failed", f"not ok {name}: {summary}", detail)
        except Exception:  # a broken case must not hide the others
            self._count("failed", f"not ok {name}: broken", traceback.format_exc())
        else:
            took = f"{time.monotonic() - start:.2f} s"
            self._count("passed", f"ok {name} ({f'{note}, ' if note else ''}{took})")

    def finish(self):
        """The closing line; the exit status."""
        print(", ".join(f"{count} {what}" for what, count in self._counts.items()))
        return 1 if self._counts["failed"] else 0

    def _count(self, what, line, detail=""):
        self._counts[what] += 1
        print(line)
        for extra in detail.splitlines():
            print(f"    # {extra}")
        sys.stdout.flush()


def expect(condition, summary, detail=""):
    """A check that says what it wanted."""
    if not condition:
        raise AssertionError(f"{summary}\n{detail}")


def expect_same(got, wanted, what):
    """Octets or values, shown at the first difference."""
    if got == wanted:
        return
    if not isinstance(got, bytes):
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}")
    at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b),
              min(len(got), len(wanted)))
    near = slice(max(at - 40, 0), at + 60)
    raise AssertionError(f"{what}: differs at octet {at}\ngot    {got[near]!r}\n"
                         f"wanted {wanted[near]!r}")

"""Reads and plays a case file, cases/*.t (described in README)."""

import re
import shlex

from harness import MESSAGE, Failure
from smarthost.script import unescape

BLOCKS = "config file aliases log env stdin server stdout stderr message commands".split()
VALUES = "args door status messages sessions from to within full violations".split()


class CaseError(ValueError):
    pass


def parse(text, name):
    """Keys and values; a key without a value takes the indented lines below it, as a list."""
    case = {"title": ""}
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None and (line.startswith("    ") or not line.strip()):
            block.append(line[4:])
            continue
        block = None
        if line.startswith("#"):
            case["title"] = case["title"] or line[1:].strip()
        elif line.strip():
            key, colon, value = line.partition(":")
            if not colon or key not in BLOCKS + VALUES or key in case:
                raise CaseError(f"{name}:{number}: {line}")
            case[key] = block = [] if key in BLOCKS else value.strip()
            if key not in BLOCKS:
                block = None
            elif value.strip():
                block.append(value.strip())
    return {key: strip_end(value) for key, value in case.items()}


def strip_end(value):
    """Blank lines at the end of a block only part it from the next key."""
    while isinstance(value, list) and value and not value[-1].strip():
        value.pop()
    return value


def pattern_of(line):
    """A line of a block as an expression: /…/ is one, anything else is plain text."""
    if len(line) > 1 and line.startswith("/") and line.endswith("/"):
        return re.compile(line[1:-1])
    return line


def glob(line):
    """A line in which `*` stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in line.split("*")), re.S)


class Case:
    def __init__(self, path):
        self.case = parse(path.read_text(encoding="utf-8"), path.name)
        self.full = self.case.get("full") == "yes"

    def get(self, key, otherwise=None):
        return self.case.get(key, otherwise)

    def __call__(self, t):
        if "server" in self.case:
            t.smarthost(*self.case["server"])
        self.configure(t)
        t.allow(*filter(None, [self.get("violations")]))
        run = t.run(
            self.get("door", "postbag"), *shlex.split(self.get("args", "bob@example.net")),
            stdin=self.stdin(), env=dict(line.split("=", 1) for line in self.get("env", [])),
        )  # fmt: skip
        self.check_run(t, run)
        if t.hosts:
            self.check_server(t)

    def configure(self, t):
        port = str(t.host.port) if t.hosts else "25"

        def fill(line):
            return line.replace("@PORT@", port).replace("@CA@", t.context.certificates.ca)

        if "file" in self.case:
            t.raw_config("".join(fill(line) + "\n" for line in self.case["file"]))
        else:
            t.config(
                *map(fill, self.get("config", [])),
                aliases=self.get("aliases", []),
                log=self.get("log", ["syslog = off"]),
            )

    def stdin(self):
        if "stdin" not in self.case:
            return MESSAGE
        lines = self.case["stdin"]
        if lines[-1:] == ["\\c"]:
            return b"\n".join(map(unescape, lines[:-1]))
        return b"".join(unescape(line) + b"\n" for line in lines)

    def check_run(self, t, run):
        status = int(self.get("status", "0"))
        t.equal(run.status, status, "status")
        for name, text in (("stdout", run.stdout), ("stderr", run.stderr)):
            if name not in self.case:
                t.true(text == "" or (name == "stderr" and status), f"{name} is not empty: {text}")
            for line in self.get(name, []):
                if line.startswith("!"):
                    t.lacks(text, pattern_of(line[1:]), name)
                else:
                    t.match(text, pattern_of(line), name)
        if "within" in self.case:
            t.true(run.seconds <= float(self.case["within"]), f"took {run.seconds:.1f} s")

    def check_server(self, t):
        messages = t.messages
        count = self.get("messages", "1" if self.get("status", "0") == "0" else "0")
        t.equal(len(messages), int(count), "number of accepted messages")
        if "sessions" in self.case:
            t.equal(len(t.sessions), int(self.case["sessions"]), "number of sessions")
        if "from" in self.case:
            t.equal([m.sender.decode() for m in messages], [self.case["from"].strip("<>")], "sender")
        if "to" in self.case:
            t.equal([r for m in messages for r in m.to], self.case["to"].split(), "recipients")
        if "commands" in self.case:
            said = [c.decode("utf-8", "replace") for s in t.sessions for c in s.commands]
            self.compare(t, said, self.case["commands"], "commands")
        if "message" in self.case:
            text = messages[0].data.decode("utf-8", "backslashreplace")
            self.compare(t, text.split("\r\n")[:-1], self.case["message"], "message")

    @staticmethod
    def compare(t, lines, patterns, what):
        """All lines, one pattern each."""
        for number, pattern in enumerate(patterns):
            line = lines[number] if number < len(lines) else None
            if line is None or not glob(pattern).fullmatch(line):
                raise Failure(f"{what}: expected {pattern!r}, is {line!r}, all: {lines}{t.story()}")
        t.equal(lines[len(patterns) :], [], f"{what} beyond what was expected")

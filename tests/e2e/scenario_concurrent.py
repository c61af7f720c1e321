"""Many callers at once, each under a uid of its own."""

import os

from harness import Skip


def body_of(number):
    """Every tenth is larger than what stays in memory."""
    size = 5000 if number % 10 == 0 else 5
    return "".join(f"{number}: line {line} of a body that nobody else has\n" for line in range(size))


def test_uids(t):
    """All are delivered, nothing is shared, nothing is left behind."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    count = 200 if t.context.full else 80
    group = 30000
    t.smarthost("tls: implicit", "auth: PLAIN")
    t.config()
    os.chown(t.config_file, 0, group)
    t.config_file.chmod(0o640)
    t.tmp.chmod(0o1777)
    running = [
        t.start("sendmail", "-t", "-i", user=30001 + i, group=group, extra_groups=[], cwd="/")
        for i in range(count)
    ]
    for i, process in enumerate(running):
        text = f"To: r{i}@example.net\nSubject: number {i}\n\n{body_of(i)}"
        t.accepted(process.finish(text.encode(), timeout=120))
    found = {m.to[0]: m for m in t.messages}
    t.equal(sorted(found), sorted(f"r{i}@example.net" for i in range(count)))
    for i in range(count):
        arrived = found[f"r{i}@example.net"].body.decode().replace("\r\n", "\n")
        t.true(arrived == body_of(i), f"message {i} is not as it was submitted")
    t.equal(len({m.field("Message-ID")[0] for m in found.values()}), count, "number of Message-IDs")
    t.equal(os.listdir(t.tmp), [], "files left behind")

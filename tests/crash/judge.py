"""What must hold after a fault and a recovery (the promises in the manual's words):

- exit 0: every recipient gets the message, once;
- failure: exactly those who are named never get it;
- killed: nobody was promised anything, but nobody gets it twice;
- twice only if the process ended, or lost the link, between the end of data and the record of its
  verdict; then octet for octet the same;
- never a torn or foreign message; at the end the spool is empty.
"""

import re

import lab

END_OF_DATA = b"\r\n.\r\n"


def window_of(calls, spool, submission):
    """Did the fault strike between the end of data and its record? There a second copy is no
    fault. For a submission the record is what the server's answer, once read, makes of it."""
    hit = next((c for c in calls if c.struck), None)
    if not hit:
        return False
    own = [c for c in calls if c.process == hit.process]
    before = [c for c in own if c.at < hit.at]
    sent = [c for c in before if is_end(c, before)]
    if not sent:
        return False
    since = [c for c in before if c.at > sent[-1].at]
    return not any(is_record(c, spool, submission) for c in since)


def flight_window_of(calls, spool):
    """The same for a runner that may have several messages on the wire: was one of them marked as
    being sent, and its verdict not recorded?"""
    hit = next((c for c in calls if c.struck), None)
    doubtful = set()
    for call in (c for c in calls if hit and c.process == hit.process and c.at < hit.at):
        if call.name == "pwrite64" and call.path.startswith(str(spool)) and call.data == b"!":
            doubtful.add(call.path)
        elif is_record(call, spool, False):
            doubtful.discard(call.path)
    return bool(doubtful)


def bounce_window_of(calls, spool):
    """Did the fault strike between the commit of a bounce and the mark of those it tells of? Then it
    is made once more, under the same name; if the first one has left by then, it is told twice."""
    hit = next((c for c in calls if c.struck), None)
    before = [c for c in calls if hit and c.process == hit.process and c.at < hit.at]
    commits = [c for c in before if is_commit(c)]
    if not commits and hit and is_commit(hit):
        return True
    since = [c for c in before if commits and c.at > commits[-1].at]
    return bool(commits) and not any(is_record(c, spool, False) for c in since)


def is_commit(call):
    """Is a message put into the queue?"""
    return call.name == "renameat2" and "/tmp/" in call.path[-30:] and call.result in (0, None)


def is_end(call, calls):
    """Has this call handed over the end of data? It may have come in pieces."""
    if not call.on_socket or not call.sent:
        return False
    before = b"".join(c.sent[-4:] for c in calls if c.on_socket and c.at < call.at and c.sent)
    tail = before[-4:]
    return (tail + call.sent).find(END_OF_DATA) >= 0


def is_record(call, spool, submission):
    if submission:
        return call.name == "recvfrom" and (call.result or 0) > 0
    return (
        call.name == "pwrite64"
        and call.path.startswith(str(spool))
        and call.data.startswith(b"state ")
        and call.result == len(call.data)
    )


def check_copies(letters, before, after):
    """Nothing torn, nothing foreign; copies of one letter are the same."""
    found = []
    for phase in (before, after):
        known = sum(len(phase.copies(letter)) for letter in letters)
        if known != len(phase.messages):
            found.append(f"{len(phase.messages) - known} foreign messages")
    for letter in letters:
        copies = before.copies(letter) + after.copies(letter)
        found += [f"{letter.token}: torn: {m.data!r}" for m in copies if not letter.is_whole(m.data)]
        if len({m.data for m in copies}) > 1:
            found.append(f"{letter.token}: copies differ: {[m.header for m in copies]}")
    return found


def expected(run, letter):
    """What the submitter has said of each recipient: "sent", "queued", "failed", "ambiguous",
    "unknown"."""
    if run.status < 0:
        return {r: "unknown" for r in letter.recipients}
    said = lab.verdicts(run)
    if said:
        return {r: {"refused": "failed"}.get(said.get(r), said.get(r, "failed")) for r in letter.recipients}
    if run.status == 0:
        return {r: "queued" for r in letter.recipients}
    named = [r for r in letter.recipients if re.search(rf"^\S+: {re.escape(r)}: ", run.stderr, re.M)]
    doubt = "may have been delivered" in run.stderr
    bad = "ambiguous" if doubt else "failed"
    if not named:
        return {r: bad for r in letter.recipients}
    return {r: bad if r in named else "queued" for r in letter.recipients}


def check_recipient(letter, recipient, said, phases, twice, told_twice=False):
    """One recipient of one letter: what was said against what has arrived."""
    before, after = phases
    got = before.count(letter, recipient) + after.count(letter, recipient)
    told = before.bounced(letter, recipient) + after.bounced(letter, recipient)
    who = f"{letter.token} {recipient} ({said})"
    found = []
    if got > (2 if twice else 1):
        found.append(f"{who}: arrived {got} times")
    if told > (2 if twice or told_twice else 1):
        found.append(f"{who}: bounced {told} times")
    if said in ("sent", "queued") and got + told == 0:
        found.append(f"{who}: LOST")
    if said == "failed" and got + told > 0:
        found.append(f"{who}: arrived {got} times, bounced {told} times, though it was called a failure")
    if recipient.startswith(("good", "soft")) and told:
        found.append(f"{who}: bounced")
    return found


def check_end(t):
    left = t.left()
    return [f"left in the spool: {left}"] if left else []

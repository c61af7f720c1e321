"""One SMTP or LMTP session of the smarthost: a strict server that does as the script says."""

import base64
import re
import time

from . import record, sasl
from .data import DataReader
from .script import unescape
from .wire import Done, Gone

ENDS_GROUP = ("EHLO", "HELO", "LHLO", "STARTTLS", "AUTH", "DATA", "QUIT")  # RFC 2920 section 3.1
COMMAND_LIMIT = 1024
AUTH_LIMIT = 12288
PATH = re.compile(rb"(?:FROM|TO):<([^>]*|\"[^\r\n]*\"@[^>]*)>(?: (.*))?", re.I)
PARAM_NEEDS = {
    "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN",
    "NOTIFY": "DSN", "ORCPT": "DSN",
}  # fmt: skip


def lines_of(text):
    """Text of a script as octets on the wire."""
    return unescape(text).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n"


class Conversation:
    def __init__(self, script, number, wire, contexts):
        self.script = script
        self.wire = wire
        self.contexts = contexts  # makes the TLS context of this session
        self.record = record.Session(number)
        self.policy = sasl.Policy(
            script["user"], script["password"], int(script["scram-iterations"]), script["scram-flaw"]
        )
        self.counts = {}
        self.message = None
        self.chunk_failed = False  # since when BDAT is refused, until RSET (RFC 3030 section 2)
        self.authenticated = False
        self.offered = []

    def run(self):
        try:
            self.talk()
        except (Gone, Done, OSError) as e:
            self.record.end = self.record.end or str(e)
        finally:
            self.wire.sock.close()
            self.record.flights = self.wire.flights
            self.record.reads = self.wire.reads
            self.record.clear = bytes(self.wire.clear)

    def talk(self):
        self.answer("CONNECT", None)
        if self.script["tls"] == "implicit":
            self.start_tls()
        if self.wire.spoken():
            self.violation("input before the greeting")
        self.answer("GREETING", f"220 {self.script['hostname']} ESMTP ready")
        while True:
            self.command(self.wire.read_line())

    def violation(self, text):
        self.record.violations.append(text)

    # The script's say

    def answer(self, stage, normal, address=""):
        """Says `normal`, or what the script wants instead. Returns the first reply, b"" if none."""
        count = self.counts[stage] = self.counts.get(stage, 0) + 1
        rule = self.script.rule(self.record.number, stage, count, address)
        said = b""
        for word, rest in rule.actions if rule else [("default", "")]:
            reply = getattr(self, "do_" + word)(rest, normal)
            said = said or reply or b""
        return said

    def do_default(self, _, normal):
        if normal is None:
            return b""
        return self.do_reply(normal, normal)

    def do_reply(self, text, _):
        self.wire.put(lines_of(text))
        return unescape(text)

    def do_raw(self, text, _):
        self.wire.put(unescape(text))

    def do_split(self, text, normal):
        self.wire.send_slowly(lines_of(text or normal), 0)
        return unescape(text or normal)

    def do_drip(self, text, normal):
        seconds, _, reply = text.partition(" ")
        self.wire.send_slowly(lines_of(reply or normal), float(seconds))
        return unescape(reply or normal)

    def do_wait(self, text, _):
        self.wire.flush()
        time.sleep(float(text))

    def do_close(self, _, __):
        self.wire.close()
        raise Done("closed by the server")

    def do_cut(self, _, __):
        self.wire.close(notify=False)
        raise Done("cut by the server")

    def do_reset(self, _, __):
        self.wire.flush()
        self.wire.reset()
        raise Done("reset by the server")

    def do_stall(self, _, __):
        self.wire.drain()
        raise Done("stalled by the server")

    def do_drain(self, _, __):
        self.wire.drain()
        raise Done("drained by the server")

    def do_silent(self, _, __):
        return b""

    def do_garbage(self, _, __):
        self.wire.put(bytes(range(128, 256)) + b"\x00\x01\xff\r\n")

    def do_long(self, text, _):
        octets, code = text.split()
        self.wire.put(f"{code} ".encode().ljust(int(octets), b"x") + b"\r\n")

    def do_lines(self, text, _):
        count, code = text.split()
        self.wire.put((code.encode() + b"-more\r\n") * (int(count) - 1) + lines_of(code + " done"))
        return code.encode()

    # Commands

    def command(self, line):
        self.check_line(line)
        line = line.rstrip(b"\r\n")
        self.record.commands.append(line)
        verb, _, rest = line.partition(b" ")
        verb = verb.upper().decode("ascii", "replace")
        self.check_group(verb)
        handler = getattr(self, "on_" + verb.lower(), None) if verb.isalnum() else None
        if not handler:
            self.violation(f"unknown command: {line[:80]!r}")
            self.wire.put(b"500 5.5.2 What?\r\n")
            return
        handler(rest)

    def check_line(self, line):
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
            self.violation(f"bare CR, LF or NUL in a command: {line[:80]!r}")
        if len(line) > (AUTH_LIMIT if line[:5].upper() == b"AUTH " else COMMAND_LIMIT):
            self.violation(f"a command of {len(line)} octets")
        utf8 = self.message and self.message.param("SMTPUTF8") is not None
        if not line.isascii() and not utf8 and b" SMTPUTF8" not in line:
            self.violation(f"8-bit command without SMTPUTF8: {line[:80]!r}")

    def check_group(self, verb):
        if not self.wire.inbox:
            return
        if verb in ENDS_GROUP:
            self.violation(f"input behind {verb}: {bytes(self.wire.inbox[:80])!r}")
        elif "PIPELINING" not in self.offered and verb != "BDAT":
            self.violation(f"{verb} pipelined, which was not offered")

    def on_ehlo(self, rest):
        self.hello("EHLO2" if self.wire.tls and self.script["tls"] == "starttls" else "EHLO", rest)

    def on_lhlo(self, rest):
        self.hello("LHLO", rest)

    def hello(self, stage, rest):
        wants = "LHLO" if self.script["protocol"] == "lmtp" else "EHLO"
        if not stage.startswith(wants):
            self.violation(f"{stage} where {wants} is spoken")
        self.record.hello = rest.decode("ascii", "replace")
        self.message = None
        keywords = self.script.keywords(bool(self.wire.tls))
        lines = [f"250-{self.script['hostname']}"] + ["250-" + word for word in keywords]
        lines[-1] = lines[-1].replace("250-", "250 ", 1)
        if self.answer(stage, "\\n".join(lines)).startswith(b"2"):
            self.offered = [word.split()[0].upper() for word in keywords]

    def on_helo(self, rest):
        self.record.hello = rest.decode("ascii", "replace")
        self.offered = []
        self.answer("HELO", f"250 {self.script['hostname']}")

    def on_starttls(self, _):
        if self.wire.tls or "STARTTLS" not in self.offered:
            self.violation("STARTTLS, which was not offered")
        if self.answer("STARTTLS", "220 2.0.0 Go ahead").startswith(b"2"):
            self.wire.flush()
            self.start_tls()
            self.offered = []
            self.message = None

    def start_tls(self):
        self.answer("TLS", None)
        try:
            self.wire.start_tls(self.contexts(self.script, self.record))
        except Gone as e:
            self.record.tls_error = str(e)
            raise
        self.record.tls_version = self.wire.tls.version()
        self.record.tls_resumed = self.wire.tls.session_reused
        self.record.tls_cipher = self.wire.tls.cipher()[0]

    def on_auth(self, rest):
        name, _, initial = rest.decode("ascii", "replace").partition(" ")
        if name not in self.script["auth"].split():
            self.violation(f"AUTH {name}, which was not offered")
        if not self.wire.tls and not self.script.yes("auth-clear"):
            self.violation(f"AUTH {name} in the clear")
        self.record.mechanism = name
        self.authenticated = self.exchange(name, initial or None)

    def exchange(self, name, initial):
        """Challenges and responses until a final reply. True if it was a success."""
        stage = "AUTH"
        text, mechanism = self.first_step(name, initial)
        while (said := self.answer(stage, text)).startswith(b"334"):
            stage = "RESPONSE"
            line = self.wire.read_line()
            self.check_line(b"AUTH " + line)
            self.record.commands.append(line.rstrip(b"\r\n"))
            text = self.step(mechanism, line.rstrip(b"\r\n"))
        return said.startswith(b"2")

    def first_step(self, name, initial):
        mechanism = sasl.MECHANISMS.get(name)
        if not mechanism:
            return "504 5.5.4 Unknown mechanism", None
        try:
            response = None if initial is None else sasl.decode("" if initial == "=" else initial)
        except sasl.Refused as e:
            return str(e), None
        running = mechanism(self.policy, response)
        return self.advance(lambda: next(running)), running

    def step(self, mechanism, line):
        if line == b"*":
            return "501 5.7.0 Cancelled"
        try:
            response = sasl.decode(line)
        except sasl.Refused as e:
            return str(e)
        return self.advance(lambda: mechanism.send(response))

    def advance(self, move):
        try:
            return "334 " + base64.b64encode(move()).decode()
        except StopIteration as e:
            if e.value is None:  # the script has gone on beyond the mechanism's end
                return "535 5.7.8 Too many responses"
            self.record.user = e.value.decode("utf-8", "surrogateescape")
            return "235 2.7.0 Welcome"
        except sasl.Refused as e:
            return str(e)

    # Transactions

    def path(self, verb, rest):
        match = PATH.fullmatch(rest)
        if not match:
            self.violation(f"malformed {verb} {rest[:80]!r}")
            return None, []
        params = (match[2] or b"").decode("utf-8", "surrogateescape").split(" ")
        params = [word for word in params if word]
        for word in params:
            needs = PARAM_NEEDS.get(word.partition("=")[0].upper())
            if needs not in self.offered:
                self.violation(f"{verb} parameter {word}, which was not offered")
        return match[1], params

    def on_mail(self, rest):
        sender, params = self.path("MAIL", rest)
        normal = "250 2.1.0 Sender ok"
        if sender is None:
            normal = "501 5.5.4 Syntax"
        elif self.message:
            self.violation("MAIL inside a transaction")
            normal = "503 5.5.1 Nested MAIL"
        elif not self.record.hello:
            normal = "503 5.5.1 Say EHLO first"
        elif self.script["auth"] and self.script.yes("auth-required") and not self.authenticated:
            normal = "530 5.7.0 Authentication required"
        address = (sender or b"").decode("utf-8", "surrogateescape")
        if self.answer("MAIL", normal, address).startswith(b"2"):
            self.message = record.Message(sender, params)
            self.record.messages.append(self.message)

    def on_rcpt(self, rest):
        address, params = self.path("RCPT", rest)
        normal = "250 2.1.5 Recipient ok"
        if not self.message:
            normal = "503 5.5.1 Need MAIL"
        elif not address:
            normal = "501 5.1.3 Syntax"
        text = (address or b"").decode("utf-8", "surrogateescape")
        said = self.answer("RCPT", normal, text)
        if self.message:
            self.message.recipients.append(record.Recipient(address or b"", params, said))

    def accepted(self):
        return [r for r in self.message.recipients if r.accepted] if self.message else []

    def on_data(self, _):
        normal = "354 End data with a lone dot" if self.accepted() else "554 5.5.1 No recipients"
        if not self.message:
            normal = "503 5.5.1 Need MAIL"
        if not self.answer("DATA", normal).startswith(b"354"):
            return
        message = self.message or record.Message(b"", [])
        message.by = "DATA"
        reader = DataReader(self.script.yes("keep"))
        answered = self.read_data(reader)
        message.raw, message.data = reader.raw, record.unstuff(reader.raw)
        message.size, message.sha256 = reader.size, reader.hash.hexdigest()
        self.end(message, answered)

    def read_data(self, reader):
        """Until the end of data. Returns the script's reply inside the body, b"" if none."""
        rule = self.script.rule(self.record.number, "BODY")
        said = b""
        while True:
            if rule and reader.octets >= int(rule.key or 0):
                said = self.answer("BODY", None)
                self.wire.flush()
                rule = None
            rest = reader.feed(self.wire.read_some())
            if rest is not None:
                self.wire.inbox[:0] = rest
                return said

    def on_bdat(self, rest):
        size, _, last = rest.partition(b" ")
        if "CHUNKING" not in self.offered:
            self.violation("BDAT, which was not offered")
        if not size.isdigit() or last.upper() not in (b"", b"LAST"):
            self.violation(f"malformed BDAT {rest!r}")
            raise Done("BDAT out of step")
        said = self.early_chunk(int(size))
        while len(self.wire.inbox) < int(size):
            self.wire.fill()
        chunk = self.wire.take(int(size))
        if self.wire.inbox and "PIPELINING" not in self.offered:
            self.violation("input behind BDAT without PIPELINING")
        message = self.message or record.Message(b"", [])
        if message.by == "DATA":
            self.violation("DATA and BDAT in one transaction")
        message.by = "BDAT"
        message.chunks.append(int(size))
        message.data += chunk
        if last and not self.chunk_failed:
            self.finish_chunks(message, said)
        else:
            self.end_chunk(size, said)

    def early_chunk(self, size):
        """The script's reply to a BDAT that has come only in part, b"" if none."""
        if not self.script.rule(self.record.number, "BODY") or len(self.wire.inbox) >= size:
            return b""
        said = self.answer("BODY", None)
        self.wire.flush()
        return said

    def finish_chunks(self, message, said):
        message.raw = b"".join(
            b"." + line if line.startswith(b".") else line
            for line in message.data.splitlines(keepends=True)
        )
        message.size = len(message.data)
        message.sha256 = record.digest(message.raw)
        still_open = None if self.accepted() else self.message
        self.end(message, said)
        if still_open:  # until RSET
            self.message = still_open
            self.chunk_failed = True

    def end_chunk(self, size, said):
        normal = f"250 2.0.0 {size.decode()} octets"
        if not self.accepted():
            normal = "554 5.5.1 No recipients"
        if self.chunk_failed:
            normal = "503 5.5.1 RSET first"
            said = said or self.do_reply(normal, normal)
        said = said or self.answer("BDAT", normal)
        self.chunk_failed = self.chunk_failed or not said.startswith(b"2")

    def end(self, message, answered):
        """The end of data: one reply, in LMTP one for each accepted recipient."""
        message.complete = True
        self.record.violations += record.message_faults(message, self.offered)
        taken = self.accepted()
        self.message = None
        if answered:
            message.reply = answered
        elif taken and self.script["protocol"] == "lmtp":
            self.end_each(message, taken)
        else:
            normal = f"250 2.0.0 Queued as {self.record.number:04X}" if taken else "554 5.5.1 None"
            message.reply = self.answer("END", normal)
        message.flights = self.wire.flights + self.wire.heard

    def end_each(self, message, recipients):
        for one in recipients:
            one.reply = self.answer("END", "250 2.0.0 Delivered", one.address.decode())
            if one.accepted or not message.reply:
                message.reply = one.reply

    def on_rset(self, _):
        self.message = None
        self.chunk_failed = False
        self.answer("RSET", "250 2.0.0 Ok")

    def on_noop(self, _):
        self.answer("NOOP", "250 2.0.0 Ok")

    def on_quit(self, _):
        self.record.end = "quit"
        self.answer("QUIT", "221 2.0.0 Bye")
        self.wire.close()
        raise Done("quit")

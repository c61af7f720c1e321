"""What the smarthost offers and where it misbehaves, as lines of text (see tests/e2e/README).

    tls: starttls
    auth: SCRAM-SHA-256 PLAIN
    on RCPT bob@*: reply 550 5.1.1 User unknown
    on 2/END: wait 1 | reset
"""

import fnmatch
import re

DEFAULTS = {
    "tls": "off",  # off, starttls, implicit
    "protocol": "smtp",  # smtp, lmtp
    "hostname": "mail.example.net",
    "listen": "127.0.0.1",  # an address, or unix:/path
    "cert": "good",  # a name of certs.py
    "tls-library": "openssl",  # or gnutls
    "staple": "no",  # gnutls only: what the CA says of the certificate, revoked or not
    "tls-min": "1.2",
    "tls-max": "1.3",
    "tls-resume": "no",  # openssl only: sessions of an earlier connection may be resumed
    "client-cert": "no",  # no, wanted, required
    "auth": "",  # mechanisms, blanks between
    "auth-clear": "no",  # offer AUTH outside TLS too
    "auth-required": "yes",  # before MAIL, if `auth` names any
    "user": "user@example.org",
    "password": "pa55-word-never-shown",
    "scram-iterations": "4096",
    "scram-flaw": "",  # wrong-signature, wrong-nonce, early-success, error
    "ehlo": "PIPELINING, SIZE 52428800, 8BITMIME, SMTPUTF8, DSN, ENHANCEDSTATUSCODES",
    "ehlo-drop": "",  # keywords to leave out
    "ehlo-add": "",  # keywords to offer besides
    "ehlo-clear": "",  # instead of all these, outside TLS
    "ehlo-tls": "",  # instead of all these, inside TLS
    "chunking": "no",
    "settle": "0",  # seconds to wait for more input before each reply
    "keep": "yes",  # no: only size and hash of messages are kept
}

STAGES = (
    "CONNECT GREETING EHLO EHLO2 HELO LHLO STARTTLS TLS AUTH RESPONSE MAIL RCPT DATA BODY END "
    "BDAT RSET NOOP QUIT"
).split()

ACTIONS = (
    "default reply raw split drip wait close cut reset stall silent garbage long lines drain"
).split()

RULE = re.compile(r"on (?:(\d+)/)?(\w+)(?: ([^:\s]\S*))?: *(.*)")
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
LETTERS = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


class ScriptError(ValueError):
    pass


def unescape(text):
    r"""\r \n \t \0 \\ \xHH; the result as octets."""

    def octet(match):
        word = match[1]
        if word[0] == "x" and len(word) == 3:
            return chr(0xDC00 + int(word[1:], 16)) if word[1] > "7" else chr(int(word[1:], 16))
        return LETTERS.get(word, word)

    return ESCAPE.sub(octet, text).encode("utf-8", "surrogateescape")


class Rule:
    """`on [CONNECTION/]STAGE [KEY]: ACTION | ACTION`. KEY is a count or an address pattern."""

    def __init__(self, line):
        match = RULE.fullmatch(line)
        if not match or match[2] not in STAGES:
            raise ScriptError(f"not a rule: {line}")
        self.connection = int(match[1] or 0)
        self.stage = match[2]
        self.key = match[3]
        self.actions = [self.action(part) for part in match[4].split(" | ")]

    @staticmethod
    def action(text):
        word, _, rest = text.strip().partition(" ")
        if word not in ACTIONS:
            raise ScriptError(f"not an action: {text}")
        return word, rest

    def matches(self, connection, stage, count, address):
        if stage != self.stage or self.connection not in (0, connection):
            return False
        if self.key is None or stage == "BODY":
            return True
        if self.key.isdigit():
            return int(self.key) == count
        return fnmatch.fnmatchcase(address, self.key)


class Script:
    def __init__(self, text=""):
        self.options = dict(DEFAULTS)
        self.rules = []
        self.tls_context = None  # of all sessions, with tls-resume
        self.dialogue = []  # of a strict transcript: pairs of S, C or ! and text
        for line in text.splitlines() if isinstance(text, str) else text:
            self.add(line.strip())

    def add(self, line):
        if not line or line.startswith("#"):
            return
        if line[:2] in ("S:", "C:", "!:"):
            self.dialogue.append((line[0], line[2:].strip()))
            return
        if line.startswith("on "):
            self.rules.append(Rule(line))
            return
        key, colon, value = line.partition(":")
        if not colon or key not in self.options:
            raise ScriptError(f"unknown option: {line}")
        self.options[key] = value.strip()

    def __getitem__(self, key):
        return self.options[key]

    def yes(self, key):
        return self.options[key] == "yes"

    def rule(self, connection, stage, count=0, address=""):
        """The first rule that fits, or None."""
        for rule in self.rules:
            if rule.matches(connection, stage, count, address):
                return rule
        return None

    def keywords(self, secure):
        """What EHLO offers: the list, STARTTLS and AUTH where they belong."""
        fixed = self["ehlo-tls" if secure else "ehlo-clear"]
        if fixed:
            return [] if fixed == "none" else self.words(fixed)
        dropped = {word.upper() for word in self.words(self["ehlo-drop"])}
        offered = self.words(self["ehlo"]) + self.words(self["ehlo-add"])
        if self.yes("chunking"):
            offered.append("CHUNKING")
        if self["tls"] == "starttls" and not secure:
            offered.append("STARTTLS")
        if self["auth"] and (secure or self.yes("auth-clear")):
            offered.append("AUTH " + self["auth"])
        return [word for word in offered if word.split()[0].upper() not in dropped]

    @staticmethod
    def words(text):
        return [word.strip() for word in text.split(",") if word.strip()]

"""The server's side of SASL: PLAIN, LOGIN, SCRAM-SHA-1, SCRAM-SHA-256 (RFC 4616, 5802, 7677), CRAM-MD5
(RFC 2195), and OAUTHBEARER, XOAUTH2 (RFC 7628) with the password as token. EXTERNAL believes everybody.

A mechanism is a generator: it yields challenges (octets) and is sent responses; it returns the user
name, or raises Refused. The first response is None when the client sent no initial response.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re


class Refused(Exception):
    """The login has failed; the text is for the reply."""

    def __init__(self, text="535 5.7.8 Authentication credentials invalid"):
        super().__init__(text)


def decode(text):
    """Strict base64, as octets."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise Refused("501 5.5.2 Invalid base64") from e


def plain(policy, response):
    if response is None:
        response = yield b""
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise Refused("501 5.5.2 Malformed PLAIN message")
    return policy.check(parts[1], parts[2])


def login(policy, response):
    user = response
    if user is None:
        user = yield b"Username:"
    password = yield b"Password:"
    return policy.check(user, password)


def cram_md5(policy, response):
    challenge = b"<%b@mail.example.net>" % base64.b16encode(os.urandom(8))
    response = yield challenge
    user, _, proof = response.rpartition(b" ")
    if hmac.new(policy.password_of(user), challenge, "md5").hexdigest().encode() != proof:
        raise Refused()
    return user


def external(policy, response):
    if response is None:
        response = yield b""
    return response or policy.user


class Bearer:
    """A token; `answer` is what the client must say to the reasons of a refusal."""

    def __init__(self, pattern, answer):
        self.pattern = pattern
        self.answer = answer

    def __call__(self, policy, response):
        if response is None:
            response = yield b""
        match = re.fullmatch(self.pattern, response)
        if not match:
            raise Refused("501 5.5.2 Malformed message")
        user = match["user"].replace(b"=2C", b",").replace(b"=3D", b"=")
        if user == policy.user and match["token"] == policy.password:
            return user
        answer = yield b'{"status":"401","schemes":"bearer","scope":"https://mail.example.net/"}'
        raise Refused() if answer == self.answer else Refused("501 5.5.2 Malformed answer")


def scram_fields(text):
    """name=value pairs; a value may hold '='."""
    pairs = (part.partition(b"=") for part in text.split(b","))
    return {name: value for name, _, value in pairs}


class Scram:
    """One exchange. `policy.scram_flaw` makes it misbehave on purpose."""

    def __init__(self, name):
        self.hash = name

    def __call__(self, policy, response):
        if response is None:
            response = yield b""
        gs2, bare = self.split_first(response)
        first = scram_fields(bare)
        user = first[b"n"].replace(b"=2C", b",").replace(b"=3D", b"=")
        server_first, nonce, salt = self.challenge(policy, first[b"r"])
        final = yield server_first
        without_proof, _, proof = final.rpartition(b",p=")
        fields = scram_fields(without_proof)
        if fields.get(b"c") != base64.b64encode(gs2) or fields.get(b"r") != nonce:
            raise Refused()
        auth_message = b",".join((bare, server_first, without_proof))
        signature = self.verify(policy, user, salt, auth_message, decode(proof))
        if policy.scram_flaw == "error":
            yield b"e=other-error"
            raise Refused()
        if policy.scram_flaw != "early-success":
            if policy.scram_flaw == "wrong-signature":
                signature = bytes(len(signature))
            yield b"v=" + base64.b64encode(signature)
        return user

    @staticmethod
    def split_first(message):
        """client-first-message into GS2 header and bare message."""
        flag, _, rest = message.partition(b",")
        authzid, _, bare = rest.partition(b",")
        if flag not in (b"n", b"y") or not bare.startswith(b"n="):
            raise Refused("501 5.5.2 Malformed SCRAM message")
        return flag + b"," + authzid + b",", bare

    @staticmethod
    def challenge(policy, client_nonce):
        salt = os.urandom(16)
        nonce = client_nonce + base64.b64encode(os.urandom(12))
        if policy.scram_flaw == "wrong-nonce":
            nonce = base64.b64encode(os.urandom(24))
        fields = (nonce, base64.b64encode(salt), policy.scram_iterations)
        return b"r=%b,s=%b,i=%d" % fields, nonce, salt

    def verify(self, policy, user, salt, auth_message, proof):
        """Returns ServerSignature, or raises Refused."""
        password = policy.password_of(user)
        salted = hashlib.pbkdf2_hmac(self.hash, password, salt, policy.scram_iterations)
        client_key = self.hmac(salted, b"Client Key")
        stored_key = hashlib.new(self.hash, client_key).digest()
        mask = self.hmac(stored_key, auth_message)
        if len(proof) != len(mask) or bytes(a ^ b for a, b in zip(proof, mask)) != client_key:
            raise Refused()
        return self.hmac(self.hmac(salted, b"Server Key"), auth_message)

    def hmac(self, key, text):
        return hmac.new(key, text, self.hash).digest()


MECHANISMS = {
    "PLAIN": plain,
    "LOGIN": login,
    "SCRAM-SHA-1": Scram("sha1"),
    "SCRAM-SHA-256": Scram("sha256"),
    "CRAM-MD5": cram_md5,
    "EXTERNAL": external,
    "OAUTHBEARER": Bearer(
        rb"n,a=(?P<user>[^,]*),\x01host=[^\x01]+\x01port=\d+\x01auth=Bearer (?P<token>[^\x01]*)\x01\x01", b"\1"
    ),
    "XOAUTH2": Bearer(rb"user=(?P<user>[^\x01]*)\x01auth=Bearer (?P<token>[^\x01]*)\x01\x01", b""),
}


class Policy:
    """Who may log in, and with what."""

    def __init__(self, user, password, scram_iterations=4096, scram_flaw=""):
        self.user = user.encode("utf-8", "surrogateescape")
        self.password = password.encode("utf-8", "surrogateescape")
        self.scram_iterations = scram_iterations
        self.scram_flaw = scram_flaw

    def password_of(self, user):
        if user != self.user:
            raise Refused()
        return self.password

    def check(self, user, password):
        if self.password_of(user) != password:
            raise Refused()
        return user

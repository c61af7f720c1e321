"""Who is measured, and how each is told to send one message with AUTH PLAIN."""

import os

_SENDER = "tester@lab.example"
_RECIPIENT = "box0@lab.example"

_POSTBAG = """\
[account bench]
host = {host}
port = {port}
tls = {tls}
{trust}
user = {user}
password = {password}
auth = PLAIN
from = {sender}
domain = client.lab.example
"""
_MSMTP = """\
account default
host {host}
port {port}
tls on
tls_starttls {starttls}
tls_trust_file {ca}
auth plain
user {user}
password {password}
from {sender}
domain client.lab.example
"""


class Target:
    """Where to send: `mode` is starttls or tls, `system` asks for the system's trust store."""

    def __init__(self, mode, system, port, chunking=False, **lab):
        self.chunking = chunking
        self.mode = mode
        self.system = system
        self.port = port
        self.host, self.ca, self.bundle = lab["host"], lab["ca"], lab["bundle"]
        self.user, self.password, self.folder = lab["user"], lab["password"], lab["folder"]

    def trust(self):
        """The one file with all trusted certificates."""
        return self.bundle if self.system else self.ca


def floor(target, message):
    words = ["nodelay", "quickack", "cork", *(["sys"] if target.system else []),
             *(["chunk"] if target.chunking else [])]
    return [os.path.join(target.folder, "floor"), target.mode, target.host, str(target.port),
            target.ca, target.user, target.password, message, *words]


def postbag(target, _):
    trust = "" if target.system else f"tls_ca_file = {target.ca}"
    config = _config(target, "postbag", _POSTBAG, trust=trust,
                     tls="implicit" if target.mode == "tls" else "starttls")
    return ["/usr/bin/postbag", "-C", config, _RECIPIENT]


def msmtp(target, _):
    config = _config(target, "msmtp", _MSMTP, ca=target.trust(),
                     starttls="on" if target.mode == "starttls" else "off")
    return ["/usr/bin/msmtp", "-C", config, _RECIPIENT]


def curl(target, message):
    scheme = "smtps" if target.mode == "tls" else "smtp"
    return ["/usr/bin/curl", "-sS", "-q", "--ssl-reqd", "--crlf", "--sasl-ir",
            "--login-options", "AUTH=PLAIN", "--cacert", target.trust(),
            "--mail-from", _SENDER, "--mail-rcpt", _RECIPIENT,
            "--user", f"{target.user}:{target.password}", "--upload-file", message,
            f"{scheme}://{target.host}:{target.port}/client.lab.example"]


CONTENDERS = {"floor": floor, "postbag": postbag, "msmtp": msmtp, "curl": curl}


def _config(target, name, template, **words):
    kind = "system" if target.system else "ca"
    path = os.path.join(target.folder, f"{name}-{target.mode}-{kind}-{target.port}")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="ascii") as file:
        file.write(template.format(host=target.host, port=target.port, user=target.user,
                                   password=target.password, sender=_SENDER, **words))
    return path

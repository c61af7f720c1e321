"""A throwaway CA and certificates, good and bad, made by openssl(1)."""

import contextlib
import fcntl
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import time

from . import gnutls

HERE = "DNS:localhost,DNS:mail.example.net,IP:127.0.0.1,IP:::1"
# GeneralNames of one dNSName, for which a C program reads "localhost".
NUL = b"localhost\0.other.example.com"
NUL_NAME = "DER:" + bytes([0x30, len(NUL) + 2, 0x82, len(NUL), *NUL]).hex(":")
CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
[ca]
default_ca = book
[book]
new_certs_dir = {folder}
database = {folder}/book
rand_serial = yes
default_md = sha256
policy = anything
copy_extensions = none
unique_subject = no
[anything]
commonName = optional
"""
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n"
SERVER = "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"

# name: (issuer, extensions, dates or days, key, common name)
EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
PAST = ("20200101000000Z", "20200201000000Z")
FUTURE = ("20990101000000Z", "20990201000000Z")
NOW = ("20200101000000Z", "20990101000000Z")
SOON = ("20200101000000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5.5 * 86400)))
LEAVES = {
    "good": ("ca", SERVER + f"subjectAltName={HERE}", NOW, EC, "mail.example.net"),
    "wrong-name": ("ca", SERVER + "subjectAltName=DNS:other.example.com", NOW, EC, "other"),
    "expired": ("ca", SERVER + f"subjectAltName={HERE}", PAST, EC, "localhost"),
    "not-yet-valid": ("ca", SERVER + f"subjectAltName={HERE}", FUTURE, EC, "localhost"),
    "unknown-ca": ("stranger", SERVER + f"subjectAltName={HERE}", NOW, EC, "localhost"),
    "no-san": ("ca", SERVER, NOW, EC, "localhost"),
    "weak": ("ca", SERVER + f"subjectAltName={HERE}", NOW, ("rsa:1024",), "localhost"),
    "rsa": ("ca", SERVER + f"subjectAltName={HERE}", NOW, ("rsa:2048",), "localhost"),
    "client-only": (
        "ca", f"extendedKeyUsage=clientAuth\nsubjectAltName={HERE}", NOW, EC, "localhost",
    ),
    "wildcard": ("ca", SERVER + "subjectAltName=DNS:*.example.net", NOW, EC, "wildcard"),
    "address": ("ca", SERVER + "subjectAltName=IP:127.0.0.1", NOW, EC, "address"),
    "address-as-name": ("ca", SERVER + "subjectAltName=DNS:127.0.0.1", NOW, EC, "127.0.0.1"),
    "nul": ("ca", SERVER + "subjectAltName=" + NUL_NAME, NOW, EC, "localhost"),
    "idn": ("ca", SERVER + "subjectAltName=DNS:xn--mnchen-3ya.example.net", NOW, EC, "idn"),
    "must-staple": (
        "ca", SERVER + f"tlsfeature=status_request\nsubjectAltName={HERE}", NOW, EC, "localhost",
    ),
    "soon": ("ca", SERVER + f"subjectAltName={HERE}", SOON, EC, "localhost"),
    "chain": ("intermediate", SERVER + f"subjectAltName={HERE}", NOW, EC, "localhost"),
    "revoked": ("ca", SERVER + f"subjectAltName={HERE}", NOW, EC, "localhost"),
    "client": ("ca", "extendedKeyUsage=clientAuth", NOW, EC, "client"),
    "client-soon": ("ca", "extendedKeyUsage=clientAuth", SOON, EC, "client"),
    "client-expired": ("ca", "extendedKeyUsage=clientAuth", PAST, EC, "client"),
}  # fmt: skip
VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3,
}  # fmt: skip


class Certificates:
    """A folder of NAME.pem (with the chain to send) and NAME.key; `ca` is the trusted root.

    Besides LEAVES there are `self-signed`, and `missing-intermediate`: `chain` cut short.
    """

    def __init__(self, folder=None):
        self.own = None
        if folder is None:
            folder = self.own = tempfile.mkdtemp(prefix="certs-")
        self.folder = os.fspath(folder)
        if not os.path.exists(self.path("book")):
            self.make()

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def ca(self):
        return self.path("ca.pem")

    def remove(self):
        if self.own:
            shutil.rmtree(self.own)

    def make(self):
        os.makedirs(self.folder, exist_ok=True)
        self.write("config", CONFIG.format(folder=self.folder))
        self.write("book", "")
        for name in ("ca", "stranger"):
            self.issue(name, name, CA, NOW, EC, f"Throwaway {name}")
        self.issue("intermediate", "ca", CA, NOW, EC, "Throwaway intermediate")
        extensions = SERVER + f"subjectAltName={HERE}"
        self.issue("self-signed", "self-signed", extensions, NOW, EC, "localhost")
        for name, (issuer, extensions, dates, key, common_name) in LEAVES.items():
            self.issue(name, issuer, extensions, dates, key, common_name)
        shutil.copy(self.path("chain.pem"), self.path("missing-intermediate.pem"))
        shutil.copy(self.path("chain.key"), self.path("missing-intermediate.key"))
        with open(self.path("chain.pem"), "ab") as chain:
            chain.write(open(self.path("intermediate.pem"), "rb").read())

    @property
    def revocations(self):
        """The CA's revocation list, with `revoked` in it; made when it is first wanted."""
        return self.revocation_list("revocations", "-crldays", "3650")

    @property
    def old_revocations(self):
        """The same, out of date."""
        dates = ("-crl_lastupdate", PAST[0], "-crl_nextupdate", PAST[1])
        return self.revocation_list("old-revocations", *dates)

    def revocation_list(self, name, *dates):
        path = self.path(name + ".pem")
        with self.open_book():
            if not os.path.exists(path):
                signer = ("-cert", self.ca, "-keyfile", self.path("ca.key"))
                self.openssl("ca", "-gencrl", *signer, *dates, "-md", "sha256", "-out", path)
        return path

    def statement(self, name):
        """What the CA says of a certificate (an OCSP response), for the server to staple."""
        path, request = self.path(name + ".ocsp"), self.path(name + ".ask")
        with self.open_book():
            if not os.path.exists(path):
                about = ("-issuer", self.ca, "-cert", self.path(name + ".pem"), "-no_nonce")
                signer = ("-rsigner", self.ca, "-rkey", self.path("ca.key"), "-CA", self.ca)
                self.run("ocsp", *about, "-reqout", request)
                self.run("ocsp", "-index", self.path("book"), *signer, "-reqin", request, "-ndays", "30", "-respout", path)  # fmt: skip
        return path

    @contextlib.contextmanager
    def open_book(self):
        """For one test at a time: they run side by side. `revoked` is marked so in it."""
        with open(self.path("book-lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not re.search("^R", open(self.path("book"), encoding="ascii").read(), re.M):
                signer = ("-cert", self.ca, "-keyfile", self.path("ca.key"))
                self.openssl("ca", "-revoke", self.path("revoked.pem"), *signer)
            yield

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def issue(self, name, issuer, extensions, dates, key, common_name):
        """A key, and a certificate for it that `issuer` has signed."""
        key_file, request, out = (self.path(name + end) for end in (".key", ".csr", ".pem"))
        self.write("extensions", extensions + "\n")
        self.openssl(
            "req", "-newkey", *key, "-nodes", "-keyout", key_file, "-out", request,
            "-subj", "/CN=" + common_name,
        )  # fmt: skip
        signer = ["-selfsign", "-keyfile", key_file]
        if issuer != name:
            signer = ["-cert", self.path(issuer + ".pem"), "-keyfile", self.path(issuer + ".key")]
        self.openssl(
            "ca", "-batch", "-notext", "-in", request, "-out", out, *signer,
            "-startdate", dates[0], "-enddate", dates[1], "-extfile", self.path("extensions"),
        )  # fmt: skip

    def openssl(self, command, *args):
        self.run(command, "-config", self.path("config"), *args)

    @staticmethod
    def run(command, *args):
        done = subprocess.run(
            ["openssl", command, *args], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"openssl {command}: {done.stderr}")

    def context(self, script, session):
        """The TLS side of one session, as the script wants it; the name asked for is recorded."""
        name = self.path(script["cert"])

        def asked(_, name, __):
            session.sni = name or ""

        if script["tls-library"] == "gnutls":
            versions = [v for v in VERSIONS if script["tls-min"] <= v <= script["tls-max"]]
            server = gnutls.Server(name + ".pem", name + ".key", versions, script["client-cert"], asked)
            server.staple = self.statement(script["cert"]) if script["staple"] != "no" else None
            return server
        if script["tls-resume"] != "no":
            script.tls_context = script.tls_context or self.openssl_context(script, name)
            context = script.tls_context  # which has the key of the tickets
        else:
            context = self.openssl_context(script, name)
        context.sni_callback = asked
        return context

    def openssl_context(self, script, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if script["tls-min"] < "1.2" or script["cert"] == "weak":
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = VERSIONS[script["tls-min"]]
        context.maximum_version = VERSIONS[script["tls-max"]]
        context.load_cert_chain(name + ".pem", name + ".key")
        if script["client-cert"] != "no":
            context.load_verify_locations(self.ca)
            required = script["client-cert"] == "required"
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        return context

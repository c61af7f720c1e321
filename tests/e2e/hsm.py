"""A PKCS#11 token of the test's own, by SoftHSM."""

import os
import pathlib
import shutil
import subprocess

from harness import Skip

MODULE = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "624193"


class Token:
    """`with` the certificate and key of this name of certs.py on it, under the label `own`."""

    def __init__(self, t, name="client"):
        if not MODULE.exists() or not shutil.which("p11tool"):
            raise Skip("needs softhsm2 and gnutls-bin")
        self.folder = t.folder / "token"
        self.folder.mkdir()
        config = self.folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {self.folder}\nlog.level = ERROR\n")
        self.env = {"SOFTHSM2_CONF": str(config)}
        self.run("softhsm2-util", "--init-token", "--free", "--label", "postbag", "--so-pin", "00000000", "--pin", PIN)  # fmt: skip
        certificates = t.context.certificates
        self.write("--load-privkey", certificates.path(name + ".key"))
        self.write("--load-certificate", certificates.path(name + ".pem"))

    def run(self, *args):
        done = subprocess.run(
            args, env={**os.environ, **self.env}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{args[0]}: {done.stderr}")
        return done.stdout

    def write(self, what, file):
        self.run("p11tool", "--login", f"--set-pin={PIN}", "--write", what, file, "--label", "own",
                 "pkcs11:token=postbag")  # fmt: skip

    def log_in(self):
        """By hand, with the right PIN."""
        self.run("p11tool", "--login", f"--set-pin={PIN}", "--list-all", "pkcs11:token=postbag")

    @staticmethod
    def uri(query="", label="own", token="postbag"):
        return f"pkcs11:token={token};object={label}{query}"

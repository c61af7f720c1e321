"""Certificates of the lab: a private CA and leaves that are good, expired, misnamed, unknown."""

import os
import subprocess

from .users import SMARTHOST

_CA_CONFIG = """\
[ca]
default_ca = lab
[lab]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


class Certificates:
    """Files below one folder: `ca` is the trusted one, leaf(name) gives (certificate, key)."""

    def __init__(self, folder):
        self._folder = folder
        os.mkdir(folder)
        self.ca = self._make_ca("ca", "Lab CA")
        self._make_ca("unknown-ca", "Unknown CA")
        self._make_leaf("good", "ca", SMARTHOST)
        self._make_leaf("expired", "ca", SMARTHOST, "20200101000000Z", "20210101000000Z")
        self._make_leaf("wrong-name", "ca", "other.example")
        self._make_leaf("unknown", "unknown-ca", SMARTHOST)

    def leaf(self, name):
        return self._path(f"{name}.pem"), self._path(f"{name}.key")

    def _make_ca(self, name, title):
        self._openssl("req", "-x509", *self._new_key(name), "-out", self._path(f"{name}.pem"),
                      "-days", "30", "-subj", f"/CN={title}",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        return self._path(f"{name}.pem")

    def _make_leaf(self, name, ca, host, start=None, end=None):
        request = self._path(f"{name}.csr")
        self._openssl("req", *self._new_key(name), "-out", request, "-subj", f"/CN={host}",
                      "-addext", f"subjectAltName=DNS:{host}",
                      "-addext", "basicConstraints=critical,CA:FALSE",
                      "-addext", "extendedKeyUsage=serverAuth")
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", "30"]
        self._write("config", _CA_CONFIG.format(folder=self._folder))
        self._write("index", "")
        self._openssl("ca", "-batch", "-notext", "-config", self._path("config"), "-rand_serial",
                      "-cert", self._path(f"{ca}.pem"), "-keyfile", self._path(f"{ca}.key"),
                      "-in", request, "-out", self._path(f"{name}.pem"), *dates)

    def _new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self._path(f"{name}.key")]

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="ascii") as file:
            file.write(text)

    @staticmethod
    def _openssl(*words):
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr}")

"""The server of tests/peer, somebody in the middle before it, and a Kerberos realm for it."""

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading

TLS = {
    "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
    "1.2-ems": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
    "1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH",
}


class Peer:
    """One server; its options are those of sasl_peer."""

    def __init__(self, binary, certificates, env=None, **options):
        options = {"cert": certificates.path("good.pem"), "key": certificates.path("good.key"), **options}
        self.popen = subprocess.Popen(
            [binary, *(f"{key}={value}" for key, value in options.items())],
            stdout=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, **(env or {})},
        )  # fmt: skip
        self.port = int(self.popen.stdout.readline().split()[1])

    def close(self):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()

    def connection(self):
        """What it wrote of the next connection: {first word: [rest of the line]}."""
        seen = {}
        for line in self.popen.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "end":
                return seen
            seen.setdefault(word, []).append(rest)
        raise EOFError("the peer has gone")


class Middle:
    """Sits between client and server with a good certificate and reads along, with the same version
    of TLS on both sides; `change` may rewrite what the server says."""

    def __init__(self, port, certificates, change=lambda octets: octets, tls="1.3"):
        self.port_behind = port
        self.change = change
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.path("good.pem"), certificates.path("good.key"))
        if tls != "1.3":
            self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        with contextlib.suppress(OSError):  # the thread may still wait for a caller
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.listener.close()

    def serve(self):
        behind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        behind.check_hostname = False
        behind.verify_mode = ssl.CERT_NONE
        try:
            here = self.context.wrap_socket(self.listener.accept()[0], server_side=True)
            there = behind.wrap_socket(socket.create_connection(("127.0.0.1", self.port_behind)))
        except OSError:
            return
        pump = threading.Thread(target=copy, args=(here, there, lambda octets: octets), daemon=True)
        pump.start()
        copy(there, here, self.change)
        pump.join(10)


def copy(source, target, change):
    try:
        while octets := source.recv(65536):
            target.sendall(change(octets))
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Realm:
    """A Kerberos realm with a user and the service smtp/localhost, all in one folder."""

    NEEDS = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")
    PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.env = {
            "PATH": self.PATH, "KRB5_CONFIG": str(folder / "krb5.conf"), "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{folder}/tickets", "KRB5_KTNAME": f"FILE:{folder}/keytab",
            "KRB5RCACHENAME": "none:",
        }  # fmt: skip
        self.kdc = None
        self.write()
        self.run("kdb5_util", "create", "-s", "-P", "master")
        for query in ("addprinc -pw pencil user", "addprinc -randkey smtp/localhost", f"ktadd -k {folder}/keytab smtp/localhost"):
            self.run("kadmin.local", "-q", query)

    @classmethod
    def missing(cls):
        return [name for name in cls.NEEDS if not shutil.which(name, path=cls.PATH)]

    def write(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        where = self.folder
        (where / "krb5.conf").write_text(
            "[libdefaults]\ndefault_realm = EXAMPLE.ORG\ndns_lookup_kdc = false\nrdns = false\n"
            "dns_canonicalize_hostname = false\nudp_preference_limit = 1\n"
            f"[realms]\nEXAMPLE.ORG = {{\n kdc = 127.0.0.1:{port}\n}}\n"
            "[domain_realm]\nlocalhost = EXAMPLE.ORG\n"
        )
        (where / "kdc.conf").write_text(
            f"[kdcdefaults]\nkdc_listen = 127.0.0.1:{port}\nkdc_tcp_listen = 127.0.0.1:{port}\n"
            f"[realms]\nEXAMPLE.ORG = {{\n database_name = {where}/principal\n key_stash_file = {where}/stash\n"
            f" acl_file = {where}/acl\n}}\n[logging]\nkdc = FILE:{where}/log\n"
        )

    def run(self, *command, text=""):
        done = subprocess.run(command, input=text, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    def start(self):
        self.kdc = subprocess.Popen(["krb5kdc", "-n", "-P", str(self.folder / "pid")], env=self.env,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        for line in self.kdc.stdout:
            if re.search(r"starting\.\.\.|commencing operation", line):
                return
        raise RuntimeError("krb5kdc does not start")

    def sign_in(self):
        self.run("kinit", "user", text="pencil\n")

    def close(self):
        if self.kdc:
            self.kdc.kill()
            self.kdc.wait()
            self.kdc.stdout.close()

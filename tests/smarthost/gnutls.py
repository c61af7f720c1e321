"""GnuTLS as a server, in the shape of an ssl.SSLObject over two ssl.MemoryBIOs.

Only what Wire asks for, straight from the library, so that the client under test does not meet
OpenSSL alone.
"""

import ctypes
import errno
import ssl

SERVER, CRD_CERTIFICATE, PEM, SHUT_WR, NAME_DNS = 1, 1, 1, 1, 1
AGAIN, INTERRUPTED, PREMATURE = -28, -52, -110
REQUEST, REQUIRE = 1, 2
PULL = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
STAPLE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
VERSIONS = {"TLS1.2": "TLSv1.2", "TLS1.3": "TLSv1.3"}


def library():
    lib = ctypes.CDLL("libgnutls.so.30")
    for name in ("strerror", "protocol_get_name", "cipher_get_name"):
        getattr(lib, "gnutls_" + name).restype = ctypes.c_char_p
    for name in ("record_recv", "record_send"):
        function = getattr(lib, "gnutls_" + name)
        function.restype = ctypes.c_ssize_t
        function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    return lib


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


class Server:
    """The settings of one session, as ssl.SSLContext; the name asked for is told to `asked`."""

    def __init__(self, certificate, key, versions, client, asked):
        self.certificate, self.key = certificate, key
        self.priority = "NORMAL:-VERS-ALL" + "".join(f":+VERS-TLS{v}" for v in versions)
        self.client, self.asked = client, asked
        self.staple = None  # a file with an OCSP response

    def wrap_bio(self, incoming, outgoing, **_):
        return Session(self, incoming, outgoing)


class Session:
    def __init__(self, server, incoming, outgoing):
        self.lib, self.server = library(), server
        self.incoming, self.outgoing = incoming, outgoing
        self.session, self.credentials = ctypes.c_void_p(), ctypes.c_void_p()
        # The library calls these as long as the session lives.
        self.pull, self.push = PULL(self.give), PULL(self.take)
        self.call("certificate_allocate_credentials", ctypes.byref(self.credentials))
        self.call("certificate_set_x509_key_file", self.credentials, server.certificate.encode(), server.key.encode(), PEM)  # fmt: skip
        if server.staple:
            self.tell = STAPLE(self.give_statement)
            self.lib.gnutls_certificate_set_ocsp_status_request_function(self.credentials, self.tell, None)
        self.call("init", ctypes.byref(self.session), SERVER)
        self.call("priority_set_direct", self.session, server.priority.encode(), None)
        self.call("credentials_set", self.session, CRD_CERTIFICATE, self.credentials)
        if server.client != "no":
            how = REQUIRE if server.client == "required" else REQUEST
            self.lib.gnutls_certificate_server_set_request(self.session, how)
        self.lib.gnutls_transport_set_pull_function(self.session, self.pull)
        self.lib.gnutls_transport_set_push_function(self.session, self.push)

    def __del__(self):
        if self.session:
            self.lib.gnutls_deinit(self.session)
        if self.credentials:
            self.lib.gnutls_certificate_free_credentials(self.credentials)

    def call(self, name, *args):
        return self.checked(getattr(self.lib, "gnutls_" + name)(*args))

    def checked(self, code):
        if code >= 0:
            return code
        if code in (AGAIN, INTERRUPTED):
            raise ssl.SSLWantReadError(code)
        error = ssl.SSLError(code, self.lib.gnutls_strerror(code).decode())
        error.reason = error.args[1]
        raise error

    # The other side of the library

    def give(self, _, to, size):
        data = self.incoming.read(size)
        if not data and not self.incoming.eof:
            self.lib.gnutls_transport_set_errno(self.session, errno.EAGAIN)
            return -1
        ctypes.memmove(to, data, len(data))
        return len(data)

    def take(self, _, octets, size):
        self.outgoing.write(ctypes.string_at(octets, size))
        return size

    def give_statement(self, _, __, to):
        """Whatever it says; from a file the library would staple none of a revoked certificate."""
        with open(self.server.staple, "rb") as file:
            data = file.read()
        self.lib.malloc.restype = ctypes.c_void_p
        datum = Datum.from_address(to)
        datum.data, datum.size = self.lib.malloc(len(data)), len(data)  # the library frees it
        ctypes.memmove(datum.data, data, len(data))
        return 0

    # As ssl.SSLObject

    def do_handshake(self):
        self.call("handshake", self.session)
        size, kind = ctypes.c_size_t(256), ctypes.c_uint()
        name = ctypes.create_string_buffer(size.value)
        got = self.lib.gnutls_server_name_get(self.session, name, ctypes.byref(size), ctypes.byref(kind), 0)  # fmt: skip
        self.server.asked(None, name.value.decode() if got == 0 else None, None)

    def read(self, size):
        to = ctypes.create_string_buffer(size)
        n = self.checked(self.lib.gnutls_record_recv(self.session, to, size))
        if n == 0:
            raise ssl.SSLZeroReturnError(0)
        return to.raw[:n]

    def write(self, data):
        data, sent = bytes(data), 0
        while sent < len(data):
            part = data[sent:]
            sent += self.checked(self.lib.gnutls_record_send(self.session, part, len(part)))

    def pending(self):
        return self.lib.gnutls_record_check_pending(self.session)

    @property
    def session_reused(self):
        return bool(self.lib.gnutls_session_is_resumed(self.session))

    def version(self):
        name = self.lib.gnutls_protocol_get_name(self.lib.gnutls_protocol_get_version(self.session))
        return VERSIONS.get(name.decode(), name.decode())

    def cipher(self):
        name = self.lib.gnutls_cipher_get_name(self.lib.gnutls_cipher_get(self.session))
        return name.decode(), self.version(), 0

    def unwrap(self):
        self.call("bye", self.session, SHUT_WR)

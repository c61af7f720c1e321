"""Postfix as the smarthost: submission services on ports that the kernel picked, a Maildir behind.

    service            TLS        certificate
    starttls, tls      both       good
    starttls-NAME      STARTTLS   NAME: expired, wrong-name, unknown
    tls-NAME           implicit   NAME
"""

import os
import socket
import subprocess

from . import users
from .mailbox import Mailbox
from .maillog import Maillog

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = {folder}/meta
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = {host}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
biff = no
alias_maps =
alias_database =
local_recipient_maps =
message_size_limit = 524288000
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_mailbox_limit = 0
virtual_uid_maps = static:{vmail}
virtual_gid_maps = static:{vmail}
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_tls_loglevel = 1
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""

_SMTPD = """\
127.0.0.1:{port} inet n - n - - smtpd
  -o syslog_name=postfix/{name}
  -o smtpd_tls_cert_file={cert}
  -o smtpd_tls_key_file={key}
  -o {mode}
"""

_DAEMONS = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

# Local parts with a Maildir; any other is refused with 550 5.1.1.
_MAILBOXES = tuple(f"box{n}" for n in range(200))

_MODES = {"starttls": "smtpd_tls_security_level=encrypt", "tls": "smtpd_tls_wrappermode=yes"}
_SPOOLS = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
           "private", "saved", "trace")


class Postfix:
    """Runs from start() to the end of the lab."""

    def __init__(self, folder, certificates):
        self._folder = folder
        self.auth_socket = os.path.join(folder, "queue/private/auth")
        self.mail = os.path.join(folder, "mail")
        self._unused = iter(_MAILBOXES)
        self.log = Maillog(os.path.join(folder, "maillog"))
        names = [f"{mode}{suffix}" for mode in _MODES
                 for suffix in ("", "-expired", "-wrong-name", "-unknown")]
        self.ports = dict(zip(names, _free_ports(len(names))))
        self._make_folders()
        self._write_config(certificates)

    def start(self):
        """Returns when every service listens."""
        subprocess.run(["/usr/lib/postfix/sbin/master", "-c", self._path("conf"), "-w"],
                       check=True, stdin=subprocess.DEVNULL)

    def new_mailbox(self):
        """One that nobody has written to."""
        name = next(self._unused)
        return Mailbox(f"{name}@{users.DOMAIN}", os.path.join(self.mail, name))

    def _make_folders(self):
        for name in ("conf", "meta", "queue/pid"):
            os.makedirs(self._path(name))
        for name in ("data", "mail", *(f"queue/{spool}" for spool in _SPOOLS)):
            os.mkdir(self._path(name), 0o700)
            users.own(self._path(name), "vmail" if name == "mail" else "postfix")
        for name, mode in (("queue/maildrop", 0o730), ("queue/public", 0o710)):
            os.mkdir(self._path(name))
            users.own(self._path(name), "postfix")
            os.chmod(self._path(name), mode)

    def _write_config(self, certificates):
        self._write("conf/main.cf", _MAIN.format(folder=self._folder, host=users.SMARTHOST,
                                                 domain=users.DOMAIN,
                                                 vmail=os.stat(self.mail).st_uid))
        self._write("conf/master.cf", "".join(self._service(name, certificates)
                                              for name in self.ports) + _DAEMONS)
        self._write("mailboxes", "".join(f"{name}@{users.DOMAIN} {name}/\n"
                                         for name in _MAILBOXES))

    def _service(self, name, certificates):
        mode, _, certificate = name.partition("-")
        cert, key = certificates.leaf(certificate or "good")
        return _SMTPD.format(port=self.ports[name], name=name, cert=cert, key=key,
                             mode=_MODES[mode])

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _write(self, name, text):
        """Dated back: Postfix waits until a file it reads is a second old and more."""
        with open(self._path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(self._path(name), (0, 0))


def _free_ports(count):
    """Ports that nothing else in this private network can take before Postfix does."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports

"""Postfix, as the smarthost and as a client of another.

The smarthost has submission services on ports that the kernel picked, and Maildirs behind:

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
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
biff = no
alias_maps =
alias_database =
local_recipient_maps =
message_size_limit = 524288000
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
"""

_SUBMISSION = """\
mynetworks =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_mailbox_limit = 0
virtual_uid_maps = static:{vmail}
virtual_gid_maps = static:{vmail}
smtpd_tls_loglevel = 1
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""

_RELAY = """\
mynetworks = 127.0.0.0/8
relayhost = {next_hop}
smtp_host_lookup = native
smtp_tls_security_level = secure
smtp_tls_wrappermode = {wrapper}
smtp_tls_CAfile = {ca}
smtp_tls_loglevel = 1
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{folder}/passwords
smtp_sasl_security_options = noanonymous
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


class Instance:
    """A Postfix of its own, from start() to the end of the lab."""

    def __init__(self, folder):
        self._folder = folder
        self.log = Maillog(self.path("maillog"))
        for name in ("conf", "meta", "queue/pid"):
            os.makedirs(self.path(name))
        for name in ("data", *(f"queue/{spool}" for spool in _SPOOLS)):
            os.mkdir(self.path(name), 0o700)
            users.own(self.path(name), "postfix")
        for name, mode in (("queue/maildrop", 0o730), ("queue/public", 0o710)):
            os.mkdir(self.path(name))
            users.own(self.path(name), "postfix")
            os.chmod(self.path(name), mode)

    def start(self):
        """Returns when every service listens."""
        subprocess.run(["/usr/lib/postfix/sbin/master", "-c", self.path("conf"), "-w"],
                       check=True, stdin=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self._folder, name)

    def configure(self, services, template, **words):
        """main.cf is the common part and `template`; `services` are those of master.cf besides."""
        words.update(folder=self._folder)
        self.write("conf/main.cf", (_MAIN + template).format(**words))
        self.write("conf/master.cf", services + _DAEMONS)

    def write(self, name, text):
        """Dated back: Postfix waits until a file it reads is a second old and more."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(self.path(name), (0, 0))


class Submission(Instance):
    """The smarthost."""

    def __init__(self, folder, certificates):
        super().__init__(folder)
        self.auth_socket = self.path("queue/private/auth")
        self.mail = self.path("mail")
        os.mkdir(self.mail, 0o700)
        users.own(self.mail, "vmail")
        self._unused = iter(_MAILBOXES)
        names = [f"{mode}{suffix}" for mode in _MODES
                 for suffix in ("", "-expired", "-wrong-name", "-unknown")]
        self.ports = dict(zip(names, _free_ports(len(names))))
        self.configure("".join(self._service(name, certificates) for name in names), _SUBMISSION,
                       host=users.SMARTHOST, domain=users.DOMAIN, vmail=os.stat(self.mail).st_uid)
        self.write("mailboxes", "".join(f"{name}@{users.DOMAIN} {name}/\n"
                                        for name in _MAILBOXES))

    def new_mailbox(self):
        """One that nobody has written to."""
        name = next(self._unused)
        return Mailbox(f"{name}@{users.DOMAIN}", os.path.join(self.mail, name))

    def _service(self, name, certificates):
        mode, _, certificate = name.partition("-")
        cert, key = certificates.leaf(certificate or "good")
        return _SMTPD.format(port=self.ports[name], name=name, cert=cert, key=key,
                             mode=_MODES[mode])


class Relay(Instance):
    """A client: hands all mail that comes in on `port` to one smarthost, over verified TLS."""

    def __init__(self, folder, host, port, implicit, **login):
        super().__init__(folder)
        self.port = _free_ports(1)[0]
        next_hop = f"[{host}]:{port}"
        self.configure(f"127.0.0.1:{self.port} inet n - n - - smtpd\n", _RELAY,
                       host=f"relay.{users.DOMAIN}", next_hop=next_hop, ca=login["ca"],
                       wrapper="yes" if implicit else "no")
        self.write("passwords", f"{next_hop} {login['user']}:{login['password']}\n")


def _free_ports(count):
    """Ports that nothing else in this private network can take before Postfix does."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports

"""The lab as a whole: what the cases and the commands inside it see."""

import glob
import os
import shutil

from . import namespace, users
from .certificates import Certificates
from .dovecot import Dovecot
from .packages import GROUPS
from .postfix import Submission
from .suite import Skipped

USER = f"alice@{users.DOMAIN}"
# Everything that a configuration file could trip over, but for the separator of passwd-file.
PASSWORD = """p4ss ;no #comment "quote' $$HOME ${HOME} \\end="""

# For clients whose configuration is not the point.
PLAIN_USER, PLAIN_PASSWORD = f"bench@{users.DOMAIN}", "bench"


_HERE = os.path.dirname(os.path.abspath(__file__))


class Lab:
    """Built once by the inner process; lives as long as it does."""

    def __init__(self, binary=None):
        self.binary = "/usr/bin/postbag" if binary else None
        self.build = os.path.dirname(os.path.dirname(os.path.realpath(binary))) if binary else None
        self.folder = namespace.build(lambda layer: _install(layer, binary))
        self.disk = os.path.join(namespace.work_folder(), "disk")  # not in memory
        os.chmod(self.disk, 0o1777)
        users.write(self.folder)
        self.scripts = os.path.join(self.folder, "scripts")
        shutil.copytree(os.path.join(_HERE, "../scripts"), self.scripts)
        self.certificates = Certificates(os.path.join(self.folder, "certificates"))
        self.postfix = Submission(os.path.join(self.folder, "postfix"), self.certificates)
        Dovecot(os.path.join(self.folder, "dovecot"), self.postfix.auth_socket,
                {USER: PASSWORD, PLAIN_USER: PLAIN_PASSWORD}).start()
        self.postfix.start()

    def need(self, group):
        """Skips a case without this group of packages if it was not asked for; fails it if it
        cannot be had."""
        missing = namespace.missing_groups()
        if group in missing:
            raise AssertionError(f"no {group}: {missing[group]}")
        if group in GROUPS and group not in namespace.groups():
            raise Skipped(f"{group}: only with --full")

    def port(self, service):
        return self.postfix.ports[service]

    def environment(self):
        """For commands: where everything is."""
        return dict(os.environ, LAB_HOST=users.SMARTHOST, LAB_CA=self.certificates.ca,
                    LAB_USER=USER, LAB_PASSWORD=PASSWORD, LAB_MAIL=self.postfix.mail,
                    LAB_DISK=self.disk,
                    **{f"LAB_PORT_{name.upper().replace('-', '_')}": str(port)
                       for name, port in self.postfix.ports.items()})


def _install(layer, binary):
    """The binary under test is the machine's postbag and its mail system."""
    if not binary:
        return
    for name in ("bin", "sbin", "lib"):
        os.mkdir(os.path.join(layer, name))
    installed = os.path.join(layer, "bin", "postbag")
    shutil.copyfile(binary, installed)
    os.chmod(installed, 0o755)
    os.symlink("../bin/postbag", os.path.join(layer, "sbin", "sendmail"))
    os.symlink("../sbin/sendmail", os.path.join(layer, "lib", "sendmail"))
    for name in ("mailq", "newaliases"):
        os.symlink("postbag", os.path.join(layer, "bin", name))


def newest_binary():
    """The program that was built last in this tree, or None."""
    found = glob.glob(os.path.join(_HERE, "../../..", "build*", "src", "postbag"))
    return max(map(os.path.realpath, found), key=os.path.getmtime, default=None)

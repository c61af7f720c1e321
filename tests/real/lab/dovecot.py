"""Dovecot as the SASL provider of Postfix: nothing but its auth service."""

import os
import subprocess

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols =
ssl = no
default_internal_user = dovecot
default_internal_group = dovecot
default_login_user = dovenull
auth_mechanisms = plain login scram-sha-1 scram-sha-256 cram-md5
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=vmail gid=vmail home=/nonexistent
}}
# No delay for an address whose last login failed.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {socket} {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""

MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "CRAM-MD5")


class Dovecot:
    """Runs from start() to the end of the lab; answers on `socket`."""

    def __init__(self, folder, socket, passwords):
        self._folder = folder
        os.makedirs(os.path.join(folder, "state"))
        self._write("users", "".join(f"{user}:{password}\n"
                                     for user, password in passwords.items()))
        self._write("conf", _CONFIG.format(folder=folder, socket=socket))

    def start(self):
        """Returns when the socket listens: dovecot opens it before it leaves the foreground."""
        subprocess.run(["dovecot", "-c", os.path.join(self._folder, "conf")], check=True)

    def _write(self, name, text):
        with open(os.path.join(self._folder, name), "w", encoding="utf-8") as file:
            file.write(text)

# Implicit TLS against a port that speaks first in clear text: the remedy names the other mode.
server:
    tls: off
config:
    tls = implicit
    tls_ca_file = @CA@
status: 76
stderr:
    starttls
violations: .

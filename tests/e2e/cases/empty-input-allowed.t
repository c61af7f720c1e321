# Unless it is allowed.
args: --allow-empty bob@example.net
stdin:
    \c
server:
    tls: off
to: bob@example.net

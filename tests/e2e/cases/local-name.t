# Behind -- a local name is a recipient, and goes through the aliases.
args: -- root
aliases:
    root = ops@example.com
server:
    tls: off
to: ops@example.com

# A header without a body and without a blank line is completed.
stdin:
    From: ann@example.org
    To: bob@example.net
    Subject: nothing more
server:
    tls: off
to: bob@example.net

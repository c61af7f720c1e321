# -f gives the envelope sender and leaves From alone.
args: -f bounces@example.org bob@example.net
server:
    tls: off
from: bounces@example.org
message:
    From: Ann <ann@example.org>
    To: bob@example.net
    Subject: Greetings
    Date: *
    Message-ID: <*@*>
    *
    Hello Bob,
    bye.

# Without -f the account's address is the envelope sender where the user's own is of no use.
args: bob@example.net
stdin:
    To: bob@example.net
    Subject: x

    y
server:
    tls: off
from: acct@example.org

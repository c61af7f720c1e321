# A message goes out in clear text on loopback; the commands, to the letter.
server:
    tls: off
commands:
    EHLO client.example.org
    MAIL FROM:<acct@example.org> *SIZE=*
    RCPT TO:<bob@example.net>
    DATA
    QUIT
from: acct@example.org
to: bob@example.net

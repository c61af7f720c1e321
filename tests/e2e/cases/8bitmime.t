# 8-bit text is declared.
stdin:
    From: ann@example.org
    Subject: x
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: 8bit

    \xc3\xa9
server:
    tls: off
commands:
    EHLO *
    MAIL FROM:<acct@example.org> *BODY=8BITMIME*
    RCPT TO:<bob@example.net>
    DATA
    QUIT

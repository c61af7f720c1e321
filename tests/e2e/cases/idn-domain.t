# An internationalized domain goes as A-label, without SMTPUTF8.
args: bob@münchen.example
server:
    tls: off
    ehlo-drop: SMTPUTF8
commands:
    EHLO *
    MAIL FROM:<acct@example.org> *
    RCPT TO:<bob@xn--mnchen-3ya.example>
    DATA
    QUIT

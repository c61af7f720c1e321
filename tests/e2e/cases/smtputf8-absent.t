# And is refused where the server does not offer it.
args: josé@example.net
server:
    tls: off
    ehlo-drop: SMTPUTF8
status: 65
stderr:
    SMTPUTF8

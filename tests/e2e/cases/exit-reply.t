# --exit-status=reply folds the server's code.
args: --exit-status=reply bob@example.net
server:
    tls: off
    on RCPT: reply 550 5.1.1 User unknown
status: 250

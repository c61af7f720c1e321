# 421 folds to 121.
config:
    exit_status = reply
server:
    tls: off
    on GREETING: reply 421 4.3.2 closing
status: 121

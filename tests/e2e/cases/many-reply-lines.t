# 1,000 reply lines are too many.
server:
    tls: off
    on GREETING: lines 100000 220
status: 76

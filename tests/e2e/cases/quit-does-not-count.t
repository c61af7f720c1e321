# A failure to QUIT never changes the verdict.
server:
    tls: implicit
    on QUIT: reset

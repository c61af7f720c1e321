# The link dies behind the end of data: may have been delivered.
server:
    tls: off
    on END: close
status: 75
stderr:
    may have been delivered

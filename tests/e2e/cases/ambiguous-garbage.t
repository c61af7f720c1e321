# An unparsable reply behind the end of data is the ambiguous end too.
server:
    tls: off
    on END: garbage
status: 75
stderr:
    may have been delivered

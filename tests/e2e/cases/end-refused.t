# 5xx behind the end of data.
server:
    tls: off
    on END: reply 554 5.6.0 Looks like spam\nand smells like it
status: 65
stderr:
    554 5.6.0 Looks like spam
    !may have been

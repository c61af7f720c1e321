# exit_tempfail takes the place of 75.
config:
    exit_tempfail = 69
server:
    tls: off
    on MAIL: reply 450 4.7.1 Try later
status: 69
stderr:
    450 4.7.1 Try later

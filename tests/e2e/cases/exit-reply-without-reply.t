# Failures without a reply keep their status.
args: --exit-status=reply bob@example.net
server:
    tls: off
    on MAIL: close
status: 75

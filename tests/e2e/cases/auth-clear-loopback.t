# To loopback it is taken.
server:
    tls: off
    auth: PLAIN
    auth-clear: yes
to: bob@example.net

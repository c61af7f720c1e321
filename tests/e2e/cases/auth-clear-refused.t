# PLAIN in the clear is refused but to this machine.
server:
    tls: off
    auth: PLAIN
    auth-clear: yes
config:
    host = 192.0.2.1
status: 78
stderr:
    tls
sessions: 0

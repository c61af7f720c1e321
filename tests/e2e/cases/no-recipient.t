# Nobody to send to: 64.
args: -f ann@example.org
status: 64

# An unknown option is named.
args: --no-such-thing bob@example.net
status: 64
stderr:
    no-such-thing

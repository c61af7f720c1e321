# A subcommand that this version does not have says so.
args: serve
status: 64

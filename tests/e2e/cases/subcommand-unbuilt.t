# A subcommand that this version does not have says so.
args: import
status: 64

# A first word without @ that is no subcommand.
args: bob
status: 64
stderr:
    unknown command
    postbag -- bob

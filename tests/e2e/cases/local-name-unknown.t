# A local name that no alias knows and no maildomain completes: 67, with the remedy.
args: -- root
status: 67
stderr:
    add "default =

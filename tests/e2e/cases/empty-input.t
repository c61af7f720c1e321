# postbag's own door refuses empty input.
stdin:
    \c
status: 66

# With -t the recipients of To, Cc and Bcc and those of argv add up, each once.
args: -t extra@example.net a@example.net
stdin:
    From: ann@example.org
    To: a@example.net,
     B <b@example.net>
    Cc: undisclosed-recipients:;
    Bcc: c@example.net,
     d@example.net
    Subject: t

    b
server:
    tls: off
messages: 1
to: extra@example.net a@example.net b@example.net c@example.net d@example.net

/* What an account says about messages and senders. Strings belong to the config's arena. */
#ifndef MAIL_OPTS_H
#define MAIL_OPTS_H

#include "base/arena.h"

enum rewrite_from { REWRITE_AUTO, REWRITE_ALWAYS, REWRITE_NEVER };
enum dsn_return { DSN_RETURN_UNSET, DSN_RETURN_HDRS, DSN_RETURN_FULL };

enum { /* dsn_notify is a set of these, 0 for unset */
       DSN_NOTIFY_NEVER = 1,
       DSN_NOTIFY_SUCCESS = 2,
       DSN_NOTIFY_FAILURE = 4,
       DSN_NOTIFY_DELAY = 8,
};

struct mail_opts {
    const char *from;          /* the account's address, or NULL */
    const struct strlist *own; /* patterns of its further addresses, or NULL */
    const char *from_name;     /* full name for a generated From, or NULL */
    const char *maildomain;
    bool leave_local; /* names of this host stay as they are: another one completes them */
    enum rewrite_from rewrite_from;
    const char *aliases; /* file, or NULL */
    bool set_date;
    bool set_message_id;
    bool undisclosed_recipients;
    uint64_t max_size; /* octets of the stored form, 0 for no limit */
    unsigned dsn_notify;
    enum dsn_return dsn_return;
};

#endif

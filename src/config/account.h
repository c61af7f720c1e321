/* One account: the options of every lower floor, side by side, and what only the choice of an
 * account and the verdict need. */
#ifndef CONFIG_ACCOUNT_H
#define CONFIG_ACCOUNT_H

#include "auth/opts.h"
#include "mail/opts.h"
#include "net/opts.h"
#include "smtp/opts.h"

enum exit_style { EXIT_STYLE_SYSEXITS, EXIT_STYLE_REPLY };

struct account {
    const char *name;
    const char *file; /* where its section stands; "POSTBAG_URL" for the account env */
    unsigned line;
    const char *inherit;
    bool is_default;
    bool is_service; /* config/service.h */
    struct strlist match;
    enum exit_style exit_style;
    int exit_tempfail; /* 75 unless changed */

    struct { /* the runner's pace, as struct rate; 0 messages: any */
        unsigned rate_messages;
        int64_t rate_period_s;
    };

    struct net_opts net;
    struct auth_opts auth;
    struct smtp_opts smtp;
    struct mail_opts mail;

    uint8_t *origins; /* one per option table row: enum option_origin */
};

#endif

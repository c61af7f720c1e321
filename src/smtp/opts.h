/* What an account says about the protocol. Strings belong to the config's arena. */
#ifndef SMTP_OPTS_H
#define SMTP_OPTS_H

#include "base/arena.h"

enum smtp_protocol { PROTOCOL_UNSET, PROTOCOL_SMTP, PROTOCOL_LMTP };
enum smtp_switch { SWITCH_AUTO, SWITCH_OFF };

struct smtp_opts {
    enum smtp_protocol protocol;
    const char *domain; /* EHLO name, or NULL for the default */
    enum smtp_switch pipelining;
    enum smtp_switch chunking;
};

#endif

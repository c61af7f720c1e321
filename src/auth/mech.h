/* SASL mechanisms: names, sets, and the choice among them. Pure. */
#ifndef AUTH_MECH_H
#define AUTH_MECH_H

#include "auth/opts.h"
#include "base/err.h"

enum mech {
    MECH_PLAIN = 1,
    MECH_LOGIN = 2,
    MECH_SCRAM_SHA_1 = 4,
    MECH_SCRAM_SHA_256 = 8,
};

/* 0 for a name that is not ours. Without case. */
enum mech mech_by_name(struct span name);
const char *mech_name(enum mech mech);

/* What the choice depends on. */
struct mech_facts {
    unsigned offered;     /* set of enum mech */
    struct span words;    /* the server's list as it stands, for messages */
    bool private_channel; /* verified TLS, loopback or Unix socket */
    bool scram_possible;  /* libgsasl is there and SASLprep takes the password */
};

/* SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN, less what `opts` leaves out. Clear-text mechanisms only
 * over a private channel. -1 with ERR_UNAVAILABLE (nothing offered or nothing in common, both lists
 * named) or ERR_CONFIG. */
int mech_choose(const struct auth_opts *opts, const struct mech_facts *facts, enum mech *ret,
                struct err *e) MUST_USE;

#endif

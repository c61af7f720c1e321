/* SASL mechanisms: names, sets, and the choice among them. Pure. */
#ifndef AUTH_MECH_H
#define AUTH_MECH_H

#include "auth/opts.h"
#include "base/buf.h"
#include "base/err.h"

enum mech {
    MECH_PLAIN = 1,
    MECH_LOGIN = 2,
    MECH_SCRAM_SHA_1 = 4,
    MECH_SCRAM_SHA_256 = 8,
};

/* Sets: those that show the password to whoever reads the channel, and those that never do. */
enum {
    MECHS_CLEAR = MECH_PLAIN | MECH_LOGIN,
    MECHS_SCRAM = MECH_SCRAM_SHA_1 | MECH_SCRAM_SHA_256,
    MECHS_ALL = MECHS_CLEAR | MECHS_SCRAM,
};

/* 0 for a name that is not ours. Without case. */
enum mech mech_by_name(struct span name);
const char *mech_name(enum mech mech);

/* Appends the names of a set, best first, blanks between. */
void mech_add_names(struct buf *to, unsigned set);

/* The set that `auth` and `auth_min` leave. -1 with ERR_CONFIG: an unknown name, or nothing left.
 */
int mech_allowed(const struct auth_opts *opts, unsigned *ret, struct err *e) MUST_USE;

/* What the choice depends on. */
struct mech_facts {
    unsigned offered;     /* set of enum mech */
    struct span words;    /* the server's list as it stands, for messages */
    bool private_channel; /* verified TLS, loopback or Unix socket */
    bool scram_possible;  /* libgsasl is there and SASLprep takes user and password */
};

/* SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN, less what `opts` leaves out. Clear-text mechanisms only
 * over a private channel. -1 with ERR_UNAVAILABLE (nothing offered, nothing in common, both lists
 * named, or only SCRAM in common and impossible here) or ERR_CONFIG (as mech_allowed, or the
 * password would go over a channel that others can read). */
int mech_choose(const struct auth_opts *opts, const struct mech_facts *facts, enum mech *ret,
                struct err *e) MUST_USE;

#endif

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
    MECH_SCRAM_SHA_1_PLUS = 16,
    MECH_SCRAM_SHA_256_PLUS = 32,
    MECH_CRAM_MD5 = 64,
    MECH_EXTERNAL = 128,
    MECH_GSSAPI = 256,
    MECH_OAUTHBEARER = 512,
    MECH_XOAUTH2 = 1024,
};

enum {
    /* They show the password to the server, and to whoever reads the channel. */
    MECHS_CLEAR = MECH_PLAIN | MECH_LOGIN,
    /* They bind the login to the TLS session, so that nobody can sit in the middle. */
    MECHS_PLUS = MECH_SCRAM_SHA_1_PLUS | MECH_SCRAM_SHA_256_PLUS,
    MECHS_SCRAM = MECH_SCRAM_SHA_1 | MECH_SCRAM_SHA_256 | MECHS_PLUS,
    /* They want a password, a token, or neither. */
    MECHS_PASSWORD = MECHS_CLEAR | MECHS_SCRAM | MECH_CRAM_MD5,
    MECHS_OAUTH = MECH_OAUTHBEARER | MECH_XOAUTH2,
    MECHS_BARE = MECH_EXTERNAL | MECH_GSSAPI,
    MECHS_ALL = MECHS_PASSWORD | MECHS_OAUTH | MECHS_BARE,
};

/* 0 for a name that is not ours. Without case. */
enum mech mech_by_name(struct span name);
const char *mech_name(enum mech mech);

/* Appends the names of a set, best first, blanks between. */
void mech_add_names(struct buf *to, unsigned set);

/* The set that `auth` and `auth_min` leave; of MECHS_OAUTH and MECHS_PASSWORD never both, since an
 * account has a token or a password. GSSAPI must be named. -1 with ERR_CONFIG: an unknown name, or
 * nothing left. */
int mech_allowed(const struct auth_opts *opts, unsigned *ret, struct err *e) MUST_USE;

/* What the choice depends on. */
struct mech_facts {
    unsigned offered;      /* set of enum mech */
    struct span words;     /* the server's list as it stands, for messages */
    bool private_channel;  /* verified TLS, loopback or Unix socket */
    bool scram_possible;   /* user and password can be prepared for it */
    bool binding;          /* the TLS session has a channel binding */
    bool certificate_sent; /* the server asked for a client certificate, and has got one */
    bool secret;           /* there is a password, or a token */
};

/* Best first: GSSAPI and EXTERNAL (in "auto" only without a secret), SCRAM-SHA-256-PLUS,
 * SCRAM-SHA-1-PLUS, SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN, CRAM-MD5; or OAUTHBEARER, XOAUTH2.
 * What shows a password or token, and CRAM-MD5, only over a private channel. -1 with
 * ERR_UNAVAILABLE (nothing offered, nothing in common, or what is in common is impossible here) or
 * ERR_CONFIG (as mech_allowed, or a secret would go over a channel that others can read). */
int mech_choose(const struct auth_opts *opts, const struct mech_facts *facts, enum mech *ret,
                struct err *e) MUST_USE;

/* Is SCRAM without -PLUS used only because the server offers no -PLUS? It is then told so, and
 * knows better if somebody in the middle has taken it out (RFC 5802 section 6, flag "y"). */
bool mech_plus_missed(const struct auth_opts *opts, const struct mech_facts *facts);

#endif

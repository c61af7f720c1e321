/* One SASL exchange (RFC 4422), without base64 and without knowledge of SMTP. */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "auth/mech.h"
#include "base/buf.h"

/* What a login is made with; all borrowed until sasl_free. */
struct sasl_setup {
    enum mech mech;
    const char *user;         /* may be NULL or empty for EXTERNAL and GSSAPI */
    struct span secret;       /* password, or token of MECHS_OAUTH; nothing for MECHS_BARE */
    const char *host;         /* of the server, for MECHS_OAUTH and GSSAPI */
    int port;                 /* likewise */
    struct span binding;      /* for MECHS_PLUS: the channel binding … */
    const char *binding_type; /* … and its name, "tls-exporter" or "tls-unique" */
    bool plus_missed;         /* see mech_plus_missed */
};

struct sasl;

/* -1 with ERR_UNAVAILABLE (no channel to bind to), ERR_LIBRARY (a library that it needs is missing)
 * or ERR_CONFIG (user or secret empty, or not to be expressed in this mechanism). */
int sasl_new(const struct sasl_setup *setup, struct sasl **ret, struct err *e) MUST_USE;
void sasl_free(struct sasl *s); /* wipes; NULL allowed */

/* Does the mechanism send first? If so sasl_step(s, NULL, …) gives the initial response. */
bool sasl_client_first(const struct sasl *s);

/* Are the server's challenges enough to guess the password by? */
bool sasl_is_veiled(const struct sasl *s);

/* May the initial response ride on the AUTH line by default? Not for LOGIN. */
bool sasl_initial_response(const struct sasl *s);

/* Answers one challenge: appends the response (raw, secret) to `ret`. -1 with ERR_AUTH when the
 * challenge cannot be answered, or as auth/digest.h: the caller then cancels with "*", and only
 * sasl_free is left. */
int sasl_step(struct sasl *s, const struct span *challenge, struct buf *ret,
              struct err *e) MUST_USE;

/* The server said yes: is that believable? SCRAM wants the server's signature first, LOGIN to have
 * been asked for the password. -1 with ERR_AUTH. */
int sasl_finish(struct sasl *s, struct err *e) MUST_USE;

/* The server said no, in `e`: adds what it told about that beforehand (OAuth only), and the remedy
 * that the mechanism knows. */
void sasl_explain(const struct sasl *s, struct err *e);

/* Is SCRAM possible here: can user and password be prepared for it? */
bool sasl_scram_possible(const char *user, struct span password);

#endif

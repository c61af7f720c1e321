/* One SASL exchange (RFC 4422), without base64 and without knowledge of SMTP. */
#ifndef AUTH_SASL_H
#define AUTH_SASL_H

#include "auth/mech.h"
#include "base/buf.h"

struct sasl;

/* `password` is borrowed until sasl_free. -1 with ERR_UNAVAILABLE (SCRAM without libgsasl) or
 * ERR_CONFIG (user or password empty, or not to be expressed in this mechanism). */
int sasl_new(enum mech mech, const char *user, struct span password, struct sasl **ret,
             struct err *e) MUST_USE;
void sasl_free(struct sasl *s); /* wipes */

/* Does the mechanism send first? If so sasl_step(s, NULL, …) gives the initial response. */
bool sasl_client_first(const struct sasl *s);

/* May the initial response ride on the AUTH line by default? Not for LOGIN. */
bool sasl_initial_response(const struct sasl *s);

/* Answers one challenge: appends the response (raw, secret) to `ret`. -1 with ERR_AUTH when the
 * challenge cannot be answered: the caller then cancels with "*", and only sasl_free is left. */
int sasl_step(struct sasl *s, const struct span *challenge, struct buf *ret,
              struct err *e) MUST_USE;

/* The server said yes: is that believable? SCRAM wants the server's signature first, LOGIN to have
 * been asked for the password. -1 with ERR_AUTH. */
int sasl_finish(struct sasl *s, struct err *e) MUST_USE;

/* Is SCRAM possible here: libgsasl can be opened, and SASLprep takes user and password? */
bool sasl_scram_possible(const char *user, struct span password);

#endif

/* Why a server refuses a token: the JSON object of its challenge (RFC 7628 section 3.2.2), as
 * {"status":"invalid_token","scope":"mail"}, or {"status":"401","schemes":"bearer","scope":"…"}. */
#ifndef AUTH_REFUSAL_H
#define AUTH_REFUSAL_H

#include "base/buf.h"
#include "base/err.h"

/* Zeroed is valid: the server has said nothing. Both are printable and short. */
struct refusal {
    struct buf status;
    struct buf scope;
};

void refusal_done(struct refusal *r);

/* Takes what it understands; text that is no JSON, or repeats the token, leaves nothing. */
void refusal_read(struct refusal *r, struct span challenge, struct span token);

/* Adds status and scope to the reply in `e`, and the remedy; nothing if nothing was said. */
void refusal_explain(const struct refusal *r, struct err *e);

#endif

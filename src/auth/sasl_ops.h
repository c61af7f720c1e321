/* Behind sasl.h: one table of functions for each kind of mechanism. Only for the floor's own .c
 * files. */
#ifndef AUTH_SASL_OPS_H
#define AUTH_SASL_OPS_H

#include "auth/sasl.h"

struct sasl_ops {
    bool client_first;
    bool initial_response;
    bool bare;   /* needs neither user nor secret */
    bool veiled; /* as sasl_is_veiled */

    /* Acquires what the exchange needs, or NULL for nothing. As sasl_new. */
    int (*open)(struct sasl *s, struct err *e);

    /* As sasl_step, which counts the successful calls in `steps`. */
    int (*step)(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e);

    /* As sasl_finish, or NULL when the server has nothing to prove. */
    int (*finish)(const struct sasl *s, struct err *e);

    /* As sasl_explain, or NULL when there is nothing to add. */
    void (*explain)(const struct sasl *s, struct err *e);

    /* Gives back what `open` acquired, all or part of it. NULL for nothing. */
    void (*close)(struct sasl *s);
};

extern const struct sasl_ops plain_ops;       /* RFC 4616 */
extern const struct sasl_ops login_ops;       /* draft-murchison-sasl-login */
extern const struct sasl_ops scram_ops;       /* RFC 5802, RFC 7677 */
extern const struct sasl_ops cram_ops;        /* RFC 2195 */
extern const struct sasl_ops external_ops;    /* RFC 4422 appendix A */
extern const struct sasl_ops gssapi_ops;      /* RFC 4752 */
extern const struct sasl_ops oauthbearer_ops; /* RFC 7628 */
extern const struct sasl_ops xoauth2_ops;     /* Google's and Microsoft's */

struct sasl {
    struct sasl_setup setup;
    const struct sasl_ops *ops;
    unsigned steps; /* responses given */
    void *state;    /* belongs to the mechanism's file */
};

/* For `step`: a challenge came that the mechanism has no place for. */
int sasl_unexpected(const struct sasl *s, struct err *e);

/* Appends a user's name as a saslname (RFC 5801 section 4): "=2C" is a comma, "=3D" an equals
 * sign. */
void sasl_add_name(struct buf *to, struct span name);

#endif

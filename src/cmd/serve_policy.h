/* Who may send at the service, and as whom: the rules of [serve]. Refusals are errors with a reply:
 * cmd/answer.h. */
#ifndef CMD_SERVE_POLICY_H
#define CMD_SERVE_POLICY_H

#include "base/ident.h"
#include "cmd/serve_peer.h"
#include "config/serve_opts.h"

struct serve_user {
    const struct serve_opts *opts;
    const struct ident *ident;
    struct serve_peer peer;
};

/* May this user submit at all? 550 5.7.1. */
int serve_allows_user(const struct serve_user *user, struct err *e) MUST_USE;

/* May this user send in this name? `sender` is the final one of the envelope. The null sender is
 * nobody's, and so only for those who may use any. 550 5.7.1. */
int serve_allows_sender(const struct serve_user *user, const char *sender, struct err *e) MUST_USE;

#endif

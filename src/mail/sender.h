/* Addresses that mail is sent from, made such that the world can answer to them. By rewrite_from:
 *
 *   auto     an address is replaced if it cannot be delivered to from outside
 *   always   also if it is none of the account's own
 *   never    none is replaced
 *
 * It is replaced by the account's `from`, or else its local part is put at `maildomain`. What is
 * the account's `from` already stays, even if it leads nowhere: nothing better is known. */
#ifndef MAIL_SENDER_H
#define MAIL_SENDER_H

#include "mail/plan.h"

/* Of the facts `opts` and `host` count. */
bool sender_is_replaced(const struct plan_facts *facts, const struct addr *addr);

/* What it becomes. -1 with ERR_CONFIG when there is neither `from` nor `maildomain`. */
int sender_replace(struct arena *a, const struct plan_facts *facts, const struct addr *addr,
                   struct addr *ret, struct err *e) MUST_USE;

/* Deliverable from outside, or at `maildomain`. */
bool sender_is_deliverable(const struct plan_facts *facts, const struct addr *addr);

#endif

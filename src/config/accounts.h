/* From a draft to accounts: initial values, [defaults], what is inherited, the account's own. */
#ifndef CONFIG_ACCOUNTS_H
#define CONFIG_ACCOUNTS_H

#include "config/config.h"
#include "config/draft.h"

/* Fills c->accounts in the draft's order. ERR_CONFIG: "file:line: key: what; …". */
int accounts_build(struct config *c, const struct draft *draft, struct err *e) MUST_USE;

/* Applies one setting to an account as if it stood in a section of its own. */
int account_apply(struct arena *a, struct account *account, const struct setting *setting,
                  enum option_origin origin, struct err *e) MUST_USE;

#endif

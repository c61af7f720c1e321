/* --set KEY=VALUE: the last word on the account that is chosen. */
#ifndef CONFIG_SETS_H
#define CONFIG_SETS_H

#include "config/config.h"

/* Checks them all and keeps them in c->sets. ERR_USAGE. */
int sets_load(struct config *c, const struct strlist *sets, struct err *e) MUST_USE;

/* Applies them; they have been checked. */
int sets_apply(struct config *c, struct account *account, struct err *e) MUST_USE;

#endif

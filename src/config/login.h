/* What the login of the chosen account needs from elsewhere. */
#ifndef CONFIG_LOGIN_H
#define CONFIG_LOGIN_H

#include "config/config.h"

/* Fills in what is no key of its own: the value of `password_env`, which is taken out of our
 * environment, lest a child or /proc has it (other accounts of `c` that name the same variable
 * find it all the same); and the names to look for in the netrc. */
void login_complete(struct config *c, struct account *account);

/* What `before` has taken out of the environment is known to `c`, too. */
void login_inherit(struct config *c, const struct config *before);

#endif

/* What `postbag test` says of the settings: each that is not built in, and where it comes from. */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include "cmd/steps.h"
#include "config/account.h"
#include "net/target.h"

void settings_show(struct steps *steps, const struct account *account);

/* Port and TLS mode, where they are not set but follow from the item of `host` that `target` was
 * made of. */
void settings_show_target(struct steps *steps, const struct account *account,
                          const struct target *target);

#endif

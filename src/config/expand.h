/* Environment variables in the values of a configuration file. */
#ifndef CONFIG_EXPAND_H
#define CONFIG_EXPAND_H

#include "base/arena.h"
#include "base/err.h"

/* "${NAME}" becomes the environment variable, "$$" a dollar sign, any other "$" stays. NAME is a
 * letter or "_" and then letters, digits, "_"; anything else in the braces is no reference.
 * ERR_CONFIG: "what; what to write instead", for a variable that is unset. */
int expand_value(struct arena *a, const char *value, const char **ret, struct err *e) MUST_USE;

/* Does anything stand in it besides references? */
bool expand_is_literal(const char *value);

#endif

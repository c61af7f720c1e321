/* The rules of single keys of [serve], as in config/rules.h. */
#ifndef CONFIG_SERVE_RULES_H
#define CONFIG_SERVE_RULES_H

#include "base/arena.h"
#include "base/err.h"

int check_listen(struct arena *a, const char *value, struct err *e);
int check_user(struct arena *a, const char *value, struct err *e);
int check_sender(struct arena *a, const char *value, struct err *e);

#endif

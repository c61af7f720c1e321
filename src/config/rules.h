/* The rules of single keys beyond their type, for the `check` column of the option table: 0, or -1
 * with ERR_CONFIG and "what; what to write instead". */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "base/arena.h"
#include "base/err.h"

int check_host(struct arena *a, const char *value, struct err *e);
int check_ehlo(struct arena *a, const char *value, struct err *e);
int check_ip(struct arena *a, const char *value, struct err *e);
int check_pin(struct arena *a, const char *value, struct err *e);
int check_proxy(struct arena *a, const char *value, struct err *e);
int check_mechanism(struct arena *a, const char *value, struct err *e);
int check_auth_min(struct arena *a, const char *value, struct err *e);
int check_credential(struct arena *a, const char *value, struct err *e);
int check_variable(struct arena *a, const char *value, struct err *e);
int check_address(struct arena *a, const char *value, struct err *e);
int check_domain(struct arena *a, const char *value, struct err *e);
int check_tls_name(struct arena *a, const char *value, struct err *e); /* or an address */
int check_pattern(struct arena *a, const char *value, struct err *e);
int check_account_name(struct arena *a, const char *value, struct err *e);
int check_notify(struct arena *a, const char *value, struct err *e);
int check_bounce(struct arena *a, const char *value, struct err *e);
int check_facility(struct arena *a, const char *value, struct err *e);

#endif

/* $POSTBAG_URL: smtp[s]://user:pass@host:port?key=value&… into key and value pairs of an account.
 */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

#include "config/ini.h"

/* Fills `ret` as if "[account env]" had been written in a file named POSTBAG_URL. Everything is
 * percent-decoded; `from` defaults to the user if that is an address. ERR_CONFIG; never echoes the
 * URL, which holds a password. */
int url_parse(struct arena *a, const char *url, struct ini_file *ret, struct err *e) MUST_USE;

#endif

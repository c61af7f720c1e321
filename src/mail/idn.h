/* Internationalized domain names: the only place on this floor that knows libidn2. */
#ifndef MAIL_IDN_H
#define MAIL_IDN_H

#include "base/buf.h"
#include "base/err.h"

/* Appends `domain` (UTF-8) with its labels mapped (UTS 46, non-transitional) and made A-labels
 * (IDNA 2008). The mapping can yield any ASCII character, ">" or a blank for example: check the
 * result as an ASCII name. -1 with ERR_DATA. */
int idn_add_ascii(struct buf *to, const char *domain, struct err *e) MUST_USE;

#endif

/* Internationalized domain names, by libidn2, which is opened for those that are not ASCII. */
#ifndef BASE_IDN_H
#define BASE_IDN_H

#include "base/buf.h"
#include "base/err.h"

/* Appends `domain` (UTF-8) with its labels mapped (UTS 46, non-transitional) and made A-labels
 * (IDNA 2008). The mapping can yield any ASCII character, ">" or a blank for example: check the
 * result as an ASCII name. -1: ERR_DATA, or ERR_LIBRARY without the library. */
int idn_add_ascii(struct buf *to, const char *domain, struct err *e) MUST_USE;

#endif

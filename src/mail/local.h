/* The local part of an address, before the "@": its meaning, without quotes and backslashes. */
#ifndef MAIL_LOCAL_H
#define MAIL_LOCAL_H

#include "base/buf.h"

enum { LOCAL_LIMIT = 64 }; /* octets, RFC 5321 section 4.5.3.1.1 */

/* What forbids to use it in an address, or NULL: empty, longer than LOCAL_LIMIT, not UTF-8, or a
 * control character (C0, DEL, C1) in it. */
const char *local_problem(struct span local);

/* Appends a local part without problem as RFC 5321 section 4.1.2 spells it: a Dot-string if it can
 * be one, else a Quoted-string. */
void local_add_wire(struct buf *to, struct span local);

#endif

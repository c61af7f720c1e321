/* SASLprep (RFC 4013): how user names and passwords are written before they are hashed. */
#ifndef AUTH_PREPARE_H
#define AUTH_PREPARE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends `text` prepared. What is ASCII stays as it is; for anything else libgsasl is opened.
 * Characters newer than Unicode 3.2 are let through, as section 2.5 wants it of a client. -1:
 * ERR_CONFIG (control characters, not UTF-8, nothing left), ERR_LIBRARY (no libgsasl). */
int prepare(struct span text, struct buf *ret, struct err *e) MUST_USE;

#endif

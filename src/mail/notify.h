/* NOTIFY (RFC 3461 section 4.1) as text: a set of DSN_NOTIFY_… of mail/opts.h.
 *
 *   notify = "NEVER" / word *( "," word )      word = "SUCCESS" / "FAILURE" / "DELAY"
 *
 * Case counts for nothing, nor do blanks around a word. */
#ifndef MAIL_NOTIFY_H
#define MAIL_NOTIFY_H

#include "base/buf.h"
#include "mail/opts.h"

/* 0, or -1 for anything else. */
int notify_parse(struct span text, unsigned *ret) MUST_USE;

/* Appends it as the protocol has it; nothing for an empty set. */
void notify_print(unsigned set, struct buf *to);

#endif

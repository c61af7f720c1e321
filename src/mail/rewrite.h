/* The address fields of a header: senders made good by the rules of mail/sender.h, bare addresses
 * in Reply-To, To, Cc and their Resent- forms qualified with `maildomain`, if there is one. */
#ifndef MAIL_REWRITE_H
#define MAIL_REWRITE_H

#include "mail/edit.h"

/* Where nothing changes a field's octets stay as they are, and only the mailboxes in question
 * change: `root (Cron Daemon)` becomes `"Cron Daemon (root@host)" <account>`. A From address that
 * was deliverable goes into Reply-To, unless the message has one. -1: ERR_CONFIG, or ERR_DATA for a
 * field that must change but had a bare CR or NUL in it or cannot be parsed. */
int rewrite_header(struct edit *ed, struct err *e) MUST_USE;

/* Is there an address field with a non-ASCII local part? */
bool rewrite_finds_utf8(const struct header *h);

#endif

/* A Bcc that a malformed header keeps from being seen as one would be mailed to all. */
#ifndef MAIL_HIDDEN_H
#define MAIL_HIDDEN_H

#include "mail/message.h"

/* Looks where Bcc and Resent-Bcc can hide: behind a bare CR in a field and, if the header ended
 * without an empty line, in the lines up to the first one. -1 with ERR_DATA that names the place.
 */
int hidden_bcc_check(const struct message *m, bool unclosed, struct err *e) MUST_USE;

#endif

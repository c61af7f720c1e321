/* Fields that a message must have (RFC 5322 section 3.6), where the caller left them out. */
#ifndef MAIL_COMPLETE_H
#define MAIL_COMPLETE_H

#include "mail/edit.h"

/* Appends From, To (undisclosed_recipients), Date and Message-ID as far as they are missing or, but
 * for To, empty. A message that is sent again gets the Resent- forms instead, in front of its
 * newest Resent- fields, and its own fields are left alone (section 3.6.6). -1: ERR_DATA for a
 * sender without a valid wire form. */
int complete_header(struct edit *ed, struct err *e) MUST_USE;

#endif

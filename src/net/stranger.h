/* A server of another trade shows it by its first words. */
#ifndef NET_STRANGER_H
#define NET_STRANGER_H

#include "base/err.h"
#include "base/span.h"

/* Puts the remedy into `e` if these are the words of a server for reading mail, IMAP (RFC 9051) or
 * POP3 (RFC 1939). Otherwise false, and `e` stays as it is. */
bool stranger_hint(struct span words, struct err *e);

#endif

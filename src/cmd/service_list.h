/* mailq of a user who sends through the service: his messages in its queue; for root all of them.
 *
 *   C: XQUEUE JSON (or TEXT)    S: 250 …, then the list, each line in CRLF, dots stuffed, and "."
 */
#ifndef CMD_SERVICE_LIST_H
#define CMD_SERVICE_LIST_H

#include "base/err.h"

/* Writes it to standard output. -1: ERR_TEMPORARY, ERR_CONNECT, ERR_PROTOCOL and the like. */
int service_list(const char *socket, bool json, struct err *e) MUST_USE;

#endif

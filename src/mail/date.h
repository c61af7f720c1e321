/* Dates of header fields (RFC 5322 section 3.3). */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include "base/buf.h"

#include <time.h>

/* Appends e.g. "Fri, 27 Nov 2026 09:05:00 +0100": local time, English names whatever the locale. */
void date_add(struct buf *to, time_t when);

#endif

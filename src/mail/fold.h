/* Header lines of more than HEADER_LINE_MAX octets (RFC 5322 section 2.1.1), made shorter. */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include "base/buf.h"

/* Appends a field (`raw`, canonical, with its CRLF) with no line over the limit; lines that keep to
 * it stay as they are, folding included. A longer one is folded at the last blank that fits; where
 * there is none it is cut, not inside a UTF-8 character, and gets a blank. No line of blanks alone
 * comes of it: in a line that is too long blanks at its end are left out, and of a run of blanks
 * that fills a line all but one. True if there was anything to do. */
bool fold_field(struct buf *to, struct span raw);

/* The largest length up to `most` at which `text` can be cut without dividing a UTF-8 character;
 * `most` itself where the octets are not UTF-8. */
size_t fold_cut(struct span text, size_t most);

#endif

/* UTF-8 (RFC 3629): strict, without overlong forms, surrogates, or anything above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* Octets of the character at the front (1 to 4), or 0 when it is not valid UTF-8 or the span is
 * empty. `ret` (may be NULL) gets the code point. */
size_t utf8_next(struct span text, uint32_t *ret);

bool utf8_is_valid(struct span text);

/* Has octets above 127. */
bool utf8_has_8bit(struct span text);

/* Can this octet only stand within a character, not at its beginning (UTF8-tail)? */
bool utf8_is_tail(char octet);

/* A control character: C0, DEL or C1. */
bool utf8_is_control(uint32_t code);

/* Appends foreign text so that it can be shown on a terminal or in a log line: control characters,
 * marks that turn the direction of text, and invalid octets become "\xNN", line feeds become
 * `newline`. */
void utf8_add_printable(struct buf *to, struct span text, const char *newline);

#endif

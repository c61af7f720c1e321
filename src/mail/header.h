/* A header block in canonical form: fields end in CRLF, continuation lines begin with a blank,
 * no empty line. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/arena.h"

struct field {
    struct span name;  /* without the colon and blanks before it (RFC 5322 section 4.5.8) */
    struct span value; /* all behind the colon up to the last CRLF, folding included */
    struct span raw;   /* the whole field with its CRLF */
};

struct header {
    struct field *fields;
    size_t n;
};

/* Parses a block whose every line is a field or a continuation (body_read makes sure of that).
 * The fields borrow from `block`. */
void header_parse(struct arena *a, struct span block, struct header *ret);

/* Does `line` (without line end) begin a field: 1*printable-without-colon *blank ":"? */
bool header_is_field_line(struct span line);

/* The first field of that name (case ignored) from index `start` on, or NULL. */
const struct field *header_find(const struct header *h, const char *name, size_t start);
bool header_has(const struct header *h, const char *name);

/* Value without folding and outer blanks, in the arena. */
const char *header_value(struct arena *a, const struct field *field);

#endif

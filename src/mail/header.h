/* A header block in canonical form: fields end in CRLF, continuation lines begin with a blank,
 * no empty line. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/arena.h"

struct field {
    struct span name;  /* without the colon and blanks before it (RFC 5322 section 4.5.8) */
    struct span value; /* all behind the colon up to the last CRLF, folding included */
    struct span raw;   /* the whole field with its CRLF */
    bool cleaned;      /* a bare CR or a NUL was taken out: take no addresses from it (ERR_DATA) */
};

struct header {
    struct field *fields;
    size_t n;
};

/* Octets of a line without its CRLF (RFC 5322 section 2.1.1). */
enum { HEADER_LINE_MAX = 998 };

/* Parses a block whose every line is a field or a continuation (message_read makes sure of that).
 * The fields borrow from `block`. */
void header_parse(struct arena *a, struct span block, struct header *ret);

/* One field: `raw` with its CRLF. */
struct field header_field(struct span raw);

/* Does `line` (without line end) begin a field: 1*printable-without-colon *blank ":", with the
 * colon among the first HEADER_LINE_MAX octets? */
bool header_is_field_line(struct span line);

/* The first field of that name (case ignored) from index `start` on, or NULL. */
const struct field *header_find(const struct header *h, const char *name, size_t start);
bool header_has(const struct header *h, const char *name);

/* Value without folding and outer blanks, in the arena. */
const char *header_value(struct arena *a, const struct field *field);

/* Changes. Pointers to fields are void afterwards; `raw` must live as long as the header. */
void header_insert(struct arena *a, struct header *h, size_t at, struct span raw);
void header_append(struct arena *a, struct header *h, struct span raw);
void header_replace(struct header *h, size_t at, struct span raw);

/* Removes every field of that name (case ignored); how many there were. */
size_t header_remove(struct header *h, const char *name);

#endif

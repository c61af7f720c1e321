/* INI files by libinih, guarded: inih sees each line with the value replaced by an index and the
 * raw value comes from our own table, so that its 200-octet lines, its inline comments and its
 * trimming can do no harm. Section and key: at most 49 octets. Values run to the end of the line;
 * a line with a leading blank goes on with the value before it (joined by one space); one that
 * looks like "key = value" is refused, as are NUL and invalid UTF-8. */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include "base/arena.h"
#include "base/err.h"

struct ini_entry {
    const char *section; /* as written between the brackets, trimmed */
    const char *key;     /* NULL for the section line itself */
    const char *value;   /* outer blanks trimmed; "" if empty */
    unsigned line;
};

struct ini_file {
    const char *name;
    struct ini_entry *entries; /* in order */
    size_t n, room;
};

/* Parses `text`. (Not ini_parse(), which is libinih's own.) ERR_CONFIG: "file:line: what; what to
 * write instead". */
int ini_read(struct arena *a, const char *name, struct span text, struct ini_file *ret,
             struct err *e) MUST_USE;

#endif

/* The option table: one row a key. Parsing, `check`, --set, sample.conf, the manual and the
 * completions are all held against it. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "base/err.h"
#include "base/span.h"
#include "config/account.h"

enum option_section { OPTION_ACCOUNT, OPTION_LOG }; /* account keys may stand in [defaults] too */

enum option_type {
    OPTION_STRING,
    OPTION_SECRET, /* a string that is never shown and makes the file's permissions matter */
    OPTION_PATH,   /* "~/" becomes the home; else must be absolute */
    OPTION_BOOL,   /* yes, no, on, off, true, false, 1, 0 */
    OPTION_NUMBER,
    OPTION_DURATION, /* 30s, 5m, 2h, 1d; a bare number is seconds; stored as milliseconds */
    OPTION_SIZE,     /* octets; k, M, G are powers of 1024 */
    OPTION_CHOICE,   /* one of `choices` */
    OPTION_LIST,     /* commas or blanks between */
    OPTION_SET,      /* a list of `choices`, or-ed together */
};

enum option_origin { ORIGIN_UNSET, ORIGIN_DEFAULTS, ORIGIN_INHERITED, ORIGIN_ACCOUNT, ORIGIN_SET };

struct option_choice {
    const char *word;
    int value;
};

struct option {
    const char *key;
    const char *group; /* server, tls, auth, sender, message, verdict, log */
    enum option_section section;
    enum option_type type;
    size_t offset; /* in struct account, or in struct log_opts */
    const struct option_choice *choices;
    int64_t min, max;
    const char *initial; /* default as it would be written; NULL for none */
    const char *help;    /* one line: what it is for */
    int (*check)(struct arena *a, const char *value, struct err *e); /* NULL, or further rules */
};

extern const struct option option_table[];
extern const size_t option_count;

/* The row of a key, or NULL; and the known key that is spelled most like it, or NULL if none is. */
const struct option *option_find(enum option_section section, struct span key);
const char *option_nearest(enum option_section section, struct span key);

/* Sets the field of `object` that the row names. ERR_CONFIG says what is expected instead. */
int option_set(struct arena *a, const struct option *row, void *object, const char *value,
               const char *home, struct err *e) MUST_USE;

/* Gives every field its initial value. */
void option_set_initial(struct arena *a, enum option_section section, void *object);

/* Appends the value as it would be written; `***` for a secret; nothing if unset. */
struct buf;
void option_show(struct buf *to, const struct option *row, const void *object);

#endif

/* The option table: one row a key. Parsing, `check`, --set, sample.conf, the manual and the
 * completions are all held against it. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "base/buf.h"
#include "base/err.h"
#include "config/account.h"

/* Where a key stands: below [account NAME] or [defaults]; in [log]; in [queue]; in [serve]. */
enum option_section { OPTION_ACCOUNT, OPTION_LOG, OPTION_QUEUE, OPTION_SERVE };

enum option_type {
    OPTION_STRING,
    OPTION_SECRET, /* a string that is never shown and makes the file's permissions matter */
    OPTION_PATH,   /* "~/" becomes the home; else must be absolute, or one of `choices`, if any */
    OPTION_URI,    /* a path, or a "pkcs11:" URI, whose PIN is a secret */
    OPTION_URL,    /* as in "http://user:password@host:port", whose password is a secret */
    OPTION_BOOL,   /* yes, no, on, off, true, false, 1, 0 */
    OPTION_NUMBER,
    OPTION_DURATION,  /* 30s, 5m, 2h, 1d; a bare number is seconds; stored as milliseconds. Or one
                         of `choices`, if there are any */
    OPTION_DURATIONS, /* a list of them, one at least; stored as struct durations */
    OPTION_SIZE,      /* octets; k, M, G are powers of 1024 */
    OPTION_RATE,      /* 30/m, 100/h, 500/d; stored as struct rate */
    OPTION_CHOICE,    /* one of `choices` */
    OPTION_LIST,      /* commas or blanks between */
    OPTION_SET,       /* a list of `choices`, or-ed together */
};

enum option_origin {
    ORIGIN_UNSET,
    ORIGIN_DEFAULTS,
    ORIGIN_INHERITED,
    ORIGIN_ACCOUNT,
    ORIGIN_SET,
    ORIGIN_CONFIG, /* a section that is no account's */
};

struct option_choice {
    const char *word; /* NULL ends the list */
    int value;
};

struct option {
    const char *key;
    const char *group; /* server, tls, auth, sender, message, verdict, log, queue, serve */
    enum option_section section;
    enum option_type type;
    bool personal; /* about this one account: neither inherited, nor in [defaults], nor --set */
    size_t offset; /* in struct account, log_opts, queue_opts or serve_opts, as the section says */
    size_t size;   /* of the field */
    const struct option_choice *choices;
    int64_t min, max;    /* as stored: milliseconds, octets */
    const char *initial; /* default as it would be written; NULL for none */
    const char *help;    /* one line: what it is for */
    /* Further rules, or NULL; called for each item of a list. The text of the error is "what; what
     * to write instead". */
    int (*check)(struct arena *a, const char *value, struct err *e);
};

extern const struct option option_table[];
extern const size_t option_count;

/* The row of a key, or NULL; and the known key that is spelled most like it, or that other tools
 * call so, or NULL if none is. */
const struct option *option_find(enum option_section section, struct span key);
const char *option_nearest(enum option_section section, struct span key);

/* The word of `words` (NULL at the end) that is spelled most like `text`, or NULL if none is. */
const char *option_nearest_word(struct span text, const char *const *words);

/* Is this a key of the design that this version does not have yet? */
bool option_is_planned(struct span key);

/* Says what is wrong with a key that has no row in this section: it is planned, belongs elsewhere,
 * is misspelled, or unknown. ERR_CONFIG, "what; what to write instead"; returns -1. */
int option_refuse(enum option_section section, const char *key, struct err *e);

/* Sets the field of `object` that the row names; an empty value gives it its initial value back.
 * The text is copied into `a`; "~" is the home of `who`, who may be NULL. ERR_CONFIG: "key: what;
 * what to write instead", without the value of a secret. */
int option_set(struct arena *a, const struct option *row, void *object, const char *value,
               const struct ident *who, struct err *e) MUST_USE;

/* Does it stand in quotation marks, as it would have to elsewhere? Here they are part of it. */
bool option_is_quoted(const char *value);

/* Gives one field, or every field of a section, its initial value. */
void option_reset(struct arena *a, const struct option *row, void *object);
void option_set_initial(struct arena *a, enum option_section section, void *object);

/* Appends the value as it would be written; `***` for a secret; nothing if unset. */
void option_show(struct buf *to, const struct option *row, const void *object);

/* Would this value put a secret into the file? Not if it is nothing but "${NAME}". */
bool option_is_literal_secret(const struct option *row, const char *value);

/* The name of a type for people: "duration", "list", … */
const char *option_type_name(enum option_type type);

#endif

/* What the files say, before accounts are made of it: sections with their settings, the files
 * merged. Keys are known and given once, references to the environment are expanded; values are
 * not yet looked at. */
#ifndef CONFIG_DRAFT_H
#define CONFIG_DRAFT_H

#include "config/ini.h"
#include "config/option.h"

/* Where something stands. Line 0: not in a file ($POSTBAG_URL). */
struct place {
    const char *file;
    unsigned line;
};

struct setting {
    const char *key;
    const struct option *row; /* NULL in [aliases] */
    const char *value;
    struct place place;
};

struct section {
    const char *name; /* of the account; NULL for the other sections */
    struct place place;
    struct setting *items;
    size_t n, room;
};

/* The sections that a file has once. */
enum single { SINGLE_DEFAULTS, SINGLE_ALIASES, SINGLE_LOG, SINGLE_QUEUE, SINGLE_SERVE, SINGLES };

struct draft {
    struct section singles[SINGLES];
    struct section *accounts; /* those of later files first, else in order */
    size_t n_accounts, room;
    struct place secret; /* the first literal secret; no file if there is none */
};

/* Turns one file into a draft. `expand`: "${NAME}" means the environment. ERR_CONFIG:
 * "file:line: what; what to write instead". */
int draft_read(struct arena *a, const struct ini_file *file, bool expand, struct draft *ret,
               struct err *e) MUST_USE;

/* Puts a later file's draft over an earlier one's: an account replaces its namesake whole, the
 * other sections merge by key. */
void draft_merge(struct arena *a, struct draft *to, const struct draft *later);

/* The account's section or the section's setting of that name; NULL if there is none. */
const struct section *draft_account(const struct draft *draft, const char *name);
const struct setting *section_find(const struct section *section, const char *key);

/* Puts "file:line: " in front of the error. */
int place_error(const struct place *place, struct err *e);

#endif

/* Aliases: the [aliases] section and an aliases(5) file. Names are matched without case; a value
 * is a comma list of addresses or further names; "default" and "*" catch what nothing else does. */
#ifndef MAIL_ALIAS_H
#define MAIL_ALIAS_H

#include "mail/addr.h"

struct aliases {
    struct alias *items;
    size_t n;
    size_t room;
    size_t *slots; /* hash table of the names: index into `items` plus one, 0 for none */
    size_t n_slots;
    unsigned walks; /* expansions so far: marks what the present one has met */
};

/* Adds one entry; a name that is there already stays (the [aliases] section is added first).
 * ERR_CONFIG with the name for a value that cannot be parsed; pipes, files and :include: are
 * skipped, each with a line in `notes`. Name and value are copied. */
int aliases_add(struct arena *a, struct aliases *to, struct span name, struct span value,
                struct strlist *notes, struct err *e) MUST_USE;

/* Reads the text of an aliases file: "name: value", continuation lines, "#" comments, quoted
 * names. ERR_CONFIG says "file:line"; the entries before that line have been added. */
int aliases_parse(struct arena *a, struct aliases *to, struct span text, const char *file,
                  struct strlist *notes, struct err *e) MUST_USE;

/* Appends what `name` (a local part) stands for, expanded to depth 10, to `ret`. Returns 1, 0 when
 * nothing is known of it, -1 with ERR_CONFIG for a loop, a greater depth, or a name of which
 * nothing is left but what was skipped. What stays a name in the end is an address without domain:
 * a name that nothing is known of, "\name", and a name in its own value ("joe: joe, joe@there").
 * A name inside a value is one without domain or with the domain "localhost". Nothing is appended
 * twice for one name; `text` and `spec` of the results point into the values. */
int aliases_expand(struct arena *a, struct aliases *from, const char *name, struct addr_list *ret,
                   struct err *e) MUST_USE;

#endif

/* Aliases: the [aliases] section and an aliases(5) file. Names are matched without case; a value
 * is a comma list of addresses or further names; "default" and "*" catch what nothing else does. */
#ifndef MAIL_ALIAS_H
#define MAIL_ALIAS_H

#include "mail/addr.h"

struct aliases {
    struct alias *items;
    size_t n;
    size_t room;
};

/* Adds one entry; a name that is there already stays (the [aliases] section is added first).
 * ERR_CONFIG with the name for a value that cannot be parsed; pipes, files and :include: are
 * skipped, each with a line in `notes`. */
int aliases_add(struct arena *a, struct aliases *to, struct span name, struct span value,
                struct strlist *notes, struct err *e) MUST_USE;

/* Reads the text of an aliases file: "name: value", continuation lines, "#" comments, quoted
 * names. ERR_CONFIG says "file:line". */
int aliases_parse(struct arena *a, struct aliases *to, struct span text, const char *file,
                  struct strlist *notes, struct err *e) MUST_USE;

/* Appends what `name` (a local part) stands for, expanded to depth 10, to `ret`. Returns 1, 0 when
 * nothing is known of it, -1 with ERR_CONFIG for a loop. "\name" stops expansion. */
int aliases_expand(struct arena *a, const struct aliases *from, const char *name,
                   struct addr_list *ret, struct err *e) MUST_USE;

#endif

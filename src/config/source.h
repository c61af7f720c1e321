/* One configuration file: opened once, judged by its descriptor, read. */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/stat.h>

enum source_state { SOURCE_ABSENT, SOURCE_DENIED, SOURCE_READ };

/* What may be asked of a file before a line of it is read. */
struct source_rules {
    bool required;     /* absent or unreadable is an error: ERR_CONFIG, ERR_PERMISSION */
    bool only_by_root; /* a plain file of root's that nobody else may write, else ERR_CONFIG */
};

/* Appends the text to `text` (make it secret). A file that anybody may write is refused. */
int source_read(const char *path, const struct source_rules *rules, struct buf *text,
                struct stat *st, enum source_state *ret, struct err *e) MUST_USE;

/* May a file like this hold a secret of `uid`? It must belong to that user or to root, not be
 * writable by group or others, not be readable by others. ERR_CONFIG without the name. */
int source_check_private(const struct stat *st, uid_t uid, struct err *e) MUST_USE;

#endif

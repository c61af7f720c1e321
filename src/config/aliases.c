#include "base/io.h"
#include "config/config.h"

#include <errno.h>

enum { ALIASES_LIMIT = 16 << 20 };

static const char standard[] = "/etc/aliases";

int config_aliases(struct config *c, const struct account *account, struct err *e)
{
    const char *own = account->mail.aliases;
    const char *path = own ? own : standard;
    BUF text = { 0 };
    CLEANUP(io_close) int fd = io_open_file(path);
    if (fd < 0) {
        int errnum = errno;
        enum err_kind kind = err_kind_of(errnum, ERR_CONFIG);
        if (!own && kind == ERR_CONFIG)
            return 0;
        return err_system(e, kind, errnum, "%s: the aliases cannot be read", path);
    }
    if (io_read_all(fd, path, ALIASES_LIMIT, &text, e) < 0) {
        e->kind = ERR_CONFIG;
        return -1;
    }
    return aliases_parse(&c->arena, &c->aliases, buf_span(&text),
                         arena_string(&c->arena, span_of(path)), &c->notes, e);
}

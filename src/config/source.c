#include "config/source.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>

enum { SOURCE_LIMIT = 1 << 20 };

static int not_opened(const char *path, bool required, enum source_state *ret, struct err *e)
{
    int errnum = errno;
    bool denied = errnum == EACCES || errnum == EPERM;
    bool absent = errnum == ENOENT || errnum == ENOTDIR;
    if (!required && (denied || absent)) {
        *ret = denied ? SOURCE_DENIED : SOURCE_ABSENT;
        return 0;
    }
    return err_system(e, denied ? ERR_PERMISSION : err_kind_of(errnum, ERR_CONFIG), errnum,
                      "%s: cannot be read", path);
}

static int check_file(const char *path, const struct stat *st, bool only_by_root, struct err *e)
{
    if (only_by_root && (!S_ISREG(st->st_mode) || st->st_uid != 0 || st->st_mode & 022))
        return err_set(e, ERR_CONFIG,
                       "%s: not a file of root's that nobody else may write; name another through "
                       "the environment variable POSTBAG_CONFIG",
                       path);
    if (S_ISREG(st->st_mode) && st->st_mode & 002)
        return err_set(e, ERR_CONFIG, "%s: anybody may write it; chmod o-w it", path);
    if (S_ISDIR(st->st_mode))
        return err_set(e, ERR_CONFIG, "%s: a directory; name a file", path);
    return 0;
}

static int read_open(int fd, const char *path, struct buf *text, struct err *e)
{
    if (io_read_all(fd, path, SOURCE_LIMIT, text, e) == 0)
        return 0;
    e->kind = ERR_CONFIG;
    return -1;
}

int source_read(const char *path, const struct source_rules *rules, struct buf *text,
                struct stat *st, enum source_state *ret, struct err *e)
{
    /* Only a plain file can pass for root's, and no FIFO shall hold up the check. */
    int wait = rules->only_by_root ? O_NONBLOCK : 0;
    CLEANUP(io_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | wait);
    if (fd < 0)
        return not_opened(path, rules->required, ret, e);
    struct stat now;
    if (fstat(fd, &now) < 0)
        return err_system(e, ERR_CONFIG, errno, "%s", path);
    if (check_file(path, &now, rules->only_by_root, e) < 0 || read_open(fd, path, text, e) < 0)
        return -1;
    *st = now;
    *ret = SOURCE_READ;
    return 0;
}

int source_check_private(const struct stat *st, uid_t uid, struct err *e)
{
    if (st->st_uid != uid && st->st_uid != 0)
        return err_set(e, ERR_CONFIG,
                       "a password in a file of another user; chown the file, or use "
                       "password_command");
    if (st->st_mode & 022)
        return err_set(e, ERR_CONFIG,
                       "a password in a file that others may write; chmod go-w the file");
    if (st->st_mode & 004)
        return err_set(e, ERR_CONFIG,
                       "a password in a file that everybody may read; chmod o-r the file, or use "
                       "password_file");
    return 0;
}

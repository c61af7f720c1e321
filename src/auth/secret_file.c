#include "auth/secret_file.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_FILE_MAX = 64 * 1024 };

static int refuse(const struct secret_file *f, const char *why, struct err *e)
{
    return err_set(e, ERR_CONFIG, "%s %s: %s", f->key, f->path, why);
}

/* Whoever can write the file chooses the password, so that only we and root may. */
static int check(int fd, const struct secret_file *f, struct stat *about, struct err *e)
{
    if (fstat(fd, about) < 0)
        return err_system(e, ERR_CONFIG, errno, "%s %s", f->key, f->path);
    if (!S_ISREG(about->st_mode))
        return refuse(f, "not a regular file", e);
    if (about->st_uid != 0 && about->st_uid != getuid())
        return refuse(f, "belongs to another user", e);
    if (about->st_mode & (S_IWGRP | S_IWOTH)) {
        refuse(f, "group or others may write it", e);
        err_hint(e, "chmod go-w %s", f->path);
        return -1;
    }
    if (f->readers == SECRET_READERS_REFUSED && about->st_mode & S_IROTH) {
        refuse(f, "others may read it", e);
        err_hint(e, "chmod o= %s", f->path);
        return -1;
    }
    return 0;
}

/* O_NONBLOCK, lest a FIFO keeps us waiting. */
static int open_file(const struct secret_file *f, struct err *e)
{
    int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0)
        return fd;
    int reason = errno;
    err_system(e, err_kind_of(reason, ERR_CONFIG), reason, "%s %s", f->key, f->path);
    if (reason == EACCES || reason == EPERM)
        err_hint(e, "uid %ld runs this and may not read it", (long)getuid());
    return -1;
}

static void note_readers(const struct secret_file *f, mode_t mode, struct arena *a,
                         struct strlist *notes)
{
    if (f->readers == SECRET_READERS_NOTED && mode & (S_IRGRP | S_IROTH))
        strlist_add(a, notes,
                    arena_printf(a, "%s %s: group or others may read it", f->key, f->path));
    if (f->readers == SECRET_READERS_GROUP && mode & S_IROTH)
        strlist_add(a, notes, arena_printf(a, "%s %s: others may read it", f->key, f->path));
}

int secret_file_read(const struct secret_file *file, struct arena *a, struct buf *to,
                     struct strlist *notes, struct err *e)
{
    struct stat about;
    CLEANUP(io_close) int fd = open_file(file, e);
    if (fd < 0 || check(fd, file, &about, e) < 0)
        return -1;
    to->secret = true;
    if (io_read_all(fd, file->path, SECRET_FILE_MAX, to, e) < 0) {
        e->kind = ERR_CONFIG;
        err_context(e, "%s", file->key);
        return -1;
    }
    note_readers(file, about.st_mode, a, notes);
    return 0;
}

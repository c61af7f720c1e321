#include "queue/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int listing_open(const struct spool *s, enum folder folder, struct listing *ret, struct err *e)
{
    const char *name = folder_name(folder);
    *ret = (struct listing){ s, folder, NULL };
    int fd = openat(s->root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : spool_failed(s, errno, "open", name, e);
    ret->dir = fdopendir(fd);
    if (ret->dir)
        return 0;
    close(fd);
    return spool_failed(s, errno, "open", name, e);
}

void listing_done(struct listing *l)
{
    if (l->dir)
        closedir(l->dir);
}

int listing_next(struct listing *l, const struct dirent **ret, struct err *e)
{
    while (l->dir) {
        errno = 0;
        *ret = readdir(l->dir);
        if (!*ret)
            return errno ? spool_failed(l->spool, errno, "list", folder_name(l->folder), e) : 0;
        if (strcmp((*ret)->d_name, ".") != 0 && strcmp((*ret)->d_name, "..") != 0)
            return 1;
    }
    return 0;
}

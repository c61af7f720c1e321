#include "base/io.h"
#include "queue/listing.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What nobody needs any more when it has lain there for so long. The age also protects a writer
 * between its open and its lock. */
struct remains {
    enum folder folder;
    const char *prefix; /* of the names */
    int64_t age_s;
};

enum { HOUR = 3600, DAY = 24 * HOUR };

static const struct remains all_remains[] = {
    { FOLDER_TMP, "", HOUR },
    { FOLDER_SENT, "", HOUR },
    { FOLDER_ACCOUNTS, "uid-", DAY }, /* by then he may send as many as if he never had */
};

/* Clocks jump: a file from the future is old. */
static bool is_old(const struct stat *facts, int64_t age_s)
{
    int64_t age = (int64_t)time(NULL) - (int64_t)facts->st_mtime;
    return age > age_s || age < -age_s;
}

/* With the lock, and not removed before it was had: then the name is still this file's. */
static bool is_abandoned(int fd, int64_t age_s)
{
    struct stat facts;
    return io_lock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &facts) == 0 && facts.st_nlink &&
           S_ISREG(facts.st_mode) && is_old(&facts, age_s);
}

static size_t sweep(int folder, const char *name, int64_t age_s)
{
    struct stat facts;
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) < 0 || !is_old(&facts, age_s))
        return 0;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    size_t gone = is_abandoned(fd, age_s) && unlinkat(folder, name, 0) == 0;
    close(fd);
    return gone;
}

static size_t sweep_folder(const struct spool *s, const struct remains *r)
{
    CLEANUP(listing_done) struct listing l;
    ERR e = { 0 };
    const struct dirent *d;
    size_t n = 0;
    if (listing_open(s, r->folder, &l, &e) < 0)
        return 0;
    while (listing_next(&l, &d, &e) > 0)
        if (span_starts(span_of(d->d_name), r->prefix))
            n += sweep(dirfd(l.dir), d->d_name, r->age_s);
    return n;
}

size_t spool_sweep(const struct spool *s)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof all_remains / sizeof *all_remains; i++)
        n += sweep_folder(s, &all_remains[i]);
    return n;
}

#include "cmd/serve_count.h"

#include "base/clock.h"
#include "base/io.h"
#include "cmd/answer.h"
#include "queue/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

/* A small file for each user: "TOKENS-IN-MILLIONTHS MILLISECONDS-SINCE-1970" in digits of
 * fixed number, changed in place under a lock, not synced: losing it only means a fresh start. */

enum { COUNT_SIZE = 16 + 1 + 16 + 1, MILLION = 1000000 };

static int open_count(const struct serve_user *user, const struct spool *spool)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    BUF name = { 0 };
    buf_addf(&name, "%s/uid-%lu", folder_name(FOLDER_ACCOUNTS), (unsigned long)user->peer.uid);
    int fd = openat(spool->root, buf_string(&name), flags, 0600);
    if (fd < 0 && errno == ENOENT && spool_make(spool->path) == 0)
        fd = openat(spool->root, buf_string(&name), flags, 0600);
    if (fd >= 0 && io_lock(fd, LOCK_EX) < 0)
        io_close(&fd);
    return fd;
}

static void read_count(int fd, struct bucket *ret)
{
    char text[COUNT_SIZE];
    uint64_t tokens, at;
    if (io_read_at(fd, text, COUNT_SIZE, 0) != COUNT_SIZE ||
        span_number((struct span){ text, 16 }, INT64_MAX, &tokens) < 0 ||
        span_number((struct span){ text + 17, 16 }, INT64_MAX, &at) < 0)
        return;
    ret->tokens = (double)tokens / MILLION;
    ret->tokens_at = (int64_t)at;
}

static void write_count(int fd, const struct bucket *b)
{
    BUF text = { 0 };
    buf_addf(&text, "%016" PRIu64 " %016" PRId64 "\n", (uint64_t)(b->tokens * MILLION),
             b->tokens_at);
    if (pwrite(fd, text.at, text.len, 0) < 0)
        return;
}

int serve_allows_message(const struct serve_user *user, const struct spool *spool, bool take,
                         struct err *e)
{
    BUF words = { 0 };
    struct bucket count = { 0 };
    const struct serve_opts *o = user->opts;
    if (!o->rate_messages)
        return 0;
    CLEANUP(io_close) int fd = open_count(user, spool);
    if (fd < 0)
        return answer_refuse(451, "4.3.0", "Your messages cannot be counted", e);
    read_count(fd, &count);
    int64_t now = clock_wall_ms();
    int64_t wait_ms = bucket_take(&count, o->rate_messages, o->rate_period_s, now);
    if (take && !wait_ms)
        write_count(fd, &count);
    if (!wait_ms)
        return 0;
    buf_addf(&words, "User %s is at the limit of %u messages; the next one may go in %" PRId64 " s",
             ident_login(user->ident), o->rate_messages, (wait_ms + 999) / 1000);
    return answer_refuse(451, "4.7.1", buf_string(&words), e);
}

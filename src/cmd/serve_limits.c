#include "cmd/serve_limits.h"

#include "base/io.h"
#include "base/span.h"

#include <sys/resource.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, STATM_MAX = 1024 };

static const uint64_t most_pages = (uint64_t)1 << 40;

static void lower(__rlimit_resource_t what, rlim_t to)
{
    struct rlimit limit;
    if (getrlimit(what, &limit) < 0)
        return;
    limit.rlim_max = limit.rlim_max < to ? limit.rlim_max : to;
    limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
    if (setrlimit(what, &limit) < 0)
        return;
}

/* The octets of addresses in use: the first word, in pages. 0: not known. */
static uint64_t memory_now(void)
{
    static const char name[] = "/proc/self/statm";
    BUF text = { 0 };
    ERR ignored = { 0 };
    struct span word;
    uint64_t pages;
    CLEANUP(io_close) int fd = io_open_file(name);
    if (fd < 0 || io_read_all(fd, name, STATM_MAX, &text, &ignored) < 0)
        return 0;
    struct span rest = buf_span(&text);
    if (!span_word(&rest, &word) || span_number(word, most_pages, &pages) < 0)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void serve_limit_session(void)
{
    uint64_t now = memory_now();
    if (now)
        lower(RLIMIT_AS, now + (uint64_t)SESSION_MEMORY_MIB * MIB);
    lower(RLIMIT_NOFILE, SESSION_FILES);
}

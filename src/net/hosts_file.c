#include "net/hosts_file.h"

#include "base/io.h"

#include <arpa/inet.h>

/* A longer list, as of those who block advertisers by it, is read by getaddrinfo. */
enum { LIST_LIMIT = 64 * 1024 };

static struct span without_comment(struct span line)
{
    struct span front = line;
    span_next(&line, '#', &front);
    return span_trim(front);
}

bool hosts_file_is_first(struct span nsswitch)
{
    struct span line, word;
    while (span_next(&nsswitch, '\n', &line)) {
        line = without_comment(line);
        if (!span_next(&line, ':', &word) || !span_is(span_trim(word), "hosts"))
            continue;
        return span_word(&line, &word) && span_is(word, "files") &&
               (!span_word(&line, &word) || !span_starts(word, "["));
    }
    return false;
}

static bool names(struct span words, struct span host)
{
    struct span word;
    while (span_word(&words, &word))
        if (span_ieq(word, host))
            return true;
    return false;
}

/* IP_ANY for what is no plain address. */
static enum ip_family family_of(struct span address)
{
    BUF text = { 0 };
    struct in6_addr octets;
    buf_add_span(&text, address);
    if (inet_pton(AF_INET, buf_string(&text), &octets) == 1)
        return IP_4;
    return inet_pton(AF_INET6, buf_string(&text), &octets) == 1 ? IP_6 : IP_ANY;
}

bool hosts_file_look(struct span list, const char *host, enum ip_family family, struct buf *ret)
{
    struct span line, address, found = { 0 };
    while (span_next(&list, '\n', &line)) {
        line = without_comment(line);
        if (!span_word(&line, &address) || !names(line, span_of(host)))
            continue;
        enum ip_family of = family_of(address);
        if (of != IP_ANY && family != IP_ANY && of != family)
            continue;
        if (of == IP_ANY || found.len)
            return false;
        found = address;
    }
    buf_add_span(ret, found);
    return found.len > 0;
}

static bool read_file(const char *path, struct buf *ret)
{
    ERR ignored = { 0 };
    CLEANUP(io_close) int fd = io_open_file(path);
    return fd >= 0 && io_read_all(fd, path, LIST_LIMIT, ret, &ignored) == 0;
}

bool hosts_file_find(const char *host, enum ip_family family, struct buf *ret)
{
    BUF order = { 0 };
    BUF list = { 0 };
    return read_file("/etc/nsswitch.conf", &order) && hosts_file_is_first(buf_span(&order)) &&
           read_file("/etc/hosts", &list) && hosts_file_look(buf_span(&list), host, family, ret);
}

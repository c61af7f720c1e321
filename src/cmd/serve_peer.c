#include "cmd/serve_peer.h"

#include "base/span.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { NOBODY = 65534 };

static const struct serve_peer unknown = { .uid = NOBODY, .gid = NOBODY };

/* An end of a connection; an IPv4 address is mapped, as a socket of IPv6 has it. */
struct end {
    uint32_t words[4];
    uint16_t port;
};

/* As /proc/net/tcp and tcp6 write it. */
struct end_text {
    char text[48];
};

static const uint32_t mapped[] = { 0, 0, 0xffff };

static struct end end_of(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    struct end end = { .words = { mapped[0], mapped[1], htonl(mapped[2]) } };
    if (address->ss_family == AF_INET) {
        end.words[3] = v4->sin_addr.s_addr;
        end.port = ntohs(v4->sin_port);
    } else {
        memcpy(end.words, &v6->sin6_addr, sizeof end.words);
        end.port = ntohs(v6->sin6_port);
    }
    return end;
}

static bool is_v4(struct end end)
{
    return end.words[0] == mapped[0] && end.words[1] == mapped[1] &&
           end.words[2] == htonl(mapped[2]);
}

static struct end_text write_end(struct end end, size_t first)
{
    struct end_text ret;
    size_t len = 0;
    for (size_t i = first; i < 4; i++, len += 8)
        (void)snprintf(ret.text + len, sizeof ret.text - len, "%08" PRIX32, end.words[i]);
    (void)snprintf(ret.text + len, sizeof ret.text - len, ":%04X", end.port);
    return ret;
}

/* A line: number local remote state queues timer retransmits uid timeout inode … What its process
 * has closed already has no inode any more, and uid 0, whosever it was. */
static bool is_end(struct span line, const char *local, const char *remote, uid_t *ret)
{
    enum { LOCAL = 1, REMOTE = 2, UID = 7, INODE = 9, WORDS = 10 };
    struct span words[WORDS] = { 0 };
    uint64_t uid;
    for (size_t i = 0; i < WORDS; i++)
        if (!span_word(&line, &words[i]))
            return false;
    if (!span_is(words[LOCAL], local) || !span_is(words[REMOTE], remote) ||
        span_is(words[INODE], "0") || span_number(words[UID], UINT32_MAX, &uid) < 0)
        return false;
    *ret = (uid_t)uid;
    return true;
}

/* The addresses stand there from the word `first` on. */
static bool find_owner(const char *table, size_t first, const struct end ends[static 2], uid_t *ret)
{
    struct end_text local = write_end(ends[0], first), remote = write_end(ends[1], first);
    char line[256];
    bool found = false;
    FILE *file = fopen(table, "re");
    if (!file)
        return false;
    while (!found && fgets(line, sizeof line, file))
        found = is_end(span_of(line), local.text, remote.text, ret);
    (void)fclose(file);
    return found;
}

/* Their local end is our remote one. Over IPv4 either side's socket may be one of IPv6. */
static struct serve_peer peer_of_tcp(int fd, const struct sockaddr_storage *ours)
{
    struct sockaddr_storage theirs = { 0 };
    socklen_t len = sizeof theirs;
    struct serve_peer peer = unknown;
    if (getpeername(fd, (struct sockaddr *)&theirs, &len) < 0)
        return unknown;
    const struct end ends[] = { end_of(&theirs), end_of(ours) };
    peer.known = (is_v4(ends[0]) && find_owner("/proc/self/net/tcp", 3, ends, &peer.uid)) ||
                 find_owner("/proc/self/net/tcp6", 0, ends, &peer.uid);
    return peer;
}

struct serve_peer serve_peer_of(int fd)
{
    struct sockaddr_storage ours = { 0 };
    socklen_t len = sizeof ours;
    struct ucred cred;
    socklen_t size = sizeof cred;
    if (getsockname(fd, (struct sockaddr *)&ours, &len) < 0)
        return unknown;
    if (ours.ss_family == AF_INET || ours.ss_family == AF_INET6)
        return peer_of_tcp(fd, &ours);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
        return unknown;
    return (struct serve_peer){ cred.uid, cred.gid, cred.pid, true };
}

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

/* An end of a connection as /proc/net/tcp and tcp6 write it. */
struct end {
    char text[48];
};

static struct end end_of(const struct sockaddr_storage *address)
{
    struct end end = { "" };
    uint32_t w[4] = { 0 };
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        (void)snprintf(end.text, sizeof end.text, "%08" PRIX32 ":%04X", in->sin_addr.s_addr,
                       ntohs(in->sin_port));
    } else {
        const struct sockaddr_in6 *in = (const void *)address;
        memcpy(w, &in->sin6_addr, sizeof w);
        (void)snprintf(end.text, sizeof end.text,
                       "%08" PRIX32 "%08" PRIX32 "%08" PRIX32 "%08" PRIX32 ":%04X", w[0], w[1],
                       w[2], w[3], ntohs(in->sin6_port));
    }
    return end;
}

/* A line: number local remote state queues timer retransmits uid … */
static bool is_end(struct span line, struct end local, struct end remote, uid_t *ret)
{
    enum { LOCAL = 1, REMOTE = 2, UID = 7, WORDS = 8 };
    struct span words[WORDS] = { 0 };
    uint64_t uid;
    for (size_t i = 0; i < WORDS; i++)
        if (!span_word(&line, &words[i]))
            return false;
    if (!span_is(words[LOCAL], local.text) || !span_is(words[REMOTE], remote.text) ||
        span_number(words[UID], UINT32_MAX, &uid) < 0)
        return false;
    *ret = (uid_t)uid;
    return true;
}

static bool find_owner(const char *table, struct end local, struct end remote, uid_t *ret)
{
    char line[256];
    bool found = false;
    FILE *file = fopen(table, "re");
    if (!file)
        return false;
    while (!found && fgets(line, sizeof line, file))
        found = is_end(span_of(line), local, remote, ret);
    (void)fclose(file);
    return found;
}

/* Their local end is our remote one. */
static struct serve_peer peer_of_tcp(int fd, const struct sockaddr_storage *ours)
{
    struct sockaddr_storage theirs = { 0 };
    socklen_t len = sizeof theirs;
    struct serve_peer peer = unknown;
    const char *table = ours->ss_family == AF_INET ? "/proc/self/net/tcp" : "/proc/self/net/tcp6";
    if (getpeername(fd, (struct sockaddr *)&theirs, &len) < 0)
        return unknown;
    peer.known = find_owner(table, end_of(&theirs), end_of(ours), &peer.uid);
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

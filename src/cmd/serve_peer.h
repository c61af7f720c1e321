/* Who is at the other end of a connection to the service, by the kernel's word. */
#ifndef CMD_SERVE_PEER_H
#define CMD_SERVE_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct serve_peer {
    uid_t uid;
    gid_t gid;
    pid_t pid;  /* 0: not known */
    bool known; /* else nobody can say who it is, and uid and gid are those of nobody */
};

/* SO_PEERCRED of a Unix socket. For TCP the owner of the other end, which must be on this machine
 * (/proc/net/tcp); a socket that is closed already has none. */
struct serve_peer serve_peer_of(int fd);

#endif

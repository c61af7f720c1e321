/* The machine's own list of names, hosts(5). getaddrinfo(3), which cannot be bounded, needs a
 * process of its own; a name of which this list says all there is to say needs none. */
#ifndef NET_HOSTS_FILE_H
#define NET_HOSTS_FILE_H

#include "base/buf.h"
#include "net/opts.h"

/* Does nsswitch.conf(5) ask the list before anything else, and end there if it knows the name? */
bool hosts_file_is_first(struct span nsswitch);

/* Appends the only address of this family that `list`, the text of hosts(5), has for `host`. False
 * when there is none, when there are several, whose order is a matter of getaddrinfo, or when a
 * line that names the host is not understood. */
bool hosts_file_look(struct span list, const char *host, enum ip_family family, struct buf *ret);

/* Both, of this machine's files. False: ask getaddrinfo, whatever the reason. */
bool hosts_file_find(const char *host, enum ip_family family, struct buf *ret);

#endif

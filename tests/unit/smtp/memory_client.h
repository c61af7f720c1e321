/* A client whose server is a text: it says all of that, whatever it hears, and what it hears is
 * kept. */
#ifndef TESTS_UNIT_SMTP_MEMORY_CLIENT_H
#define TESTS_UNIT_SMTP_MEMORY_CLIENT_H

#include "smtp/client.h"

struct memory_client { /* stays where it is */
    struct target target;
    struct net_opts net;
    struct auth_opts auth;
    struct smtp_opts smtp;
    struct client client;
    struct buf sent;
};

/* Connected; `caps` (NULL: none yet) are what EHLO has offered, a line each behind the server's
 * name. */
void memory_client_open(struct memory_client *m, const char *script, const char *caps);
void memory_client_close(struct memory_client *m);

#endif

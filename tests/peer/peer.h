/* A submission server for tests: see README. Errors end the connection, or the program. */
#ifndef PEER_H
#define PEER_H

#include <gnutls/gnutls.h>
#include <gsasl.h>
#include <stdbool.h>

struct peer {
    const char *cert, *key, *ca, *priority, *mechs, *user, *password, *host, *flaw;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session; /* of the connection */
    char input[16384];        /* what has come and was not taken */
    unsigned have;
};

/* wire.c */
bool wire_open(struct peer *p, int fd);
void wire_close(struct peer *p);
bool wire_put(struct peer *p, const char *line);       /* adds CRLF */
bool wire_get(struct peer *p, char *line, size_t max); /* without CRLF; false at the end */

/* smtp.c */
void smtp_serve(struct peer *p);

/* login.c: the whole exchange with its last reply; `initial` may be NULL. True for 235. */
bool login(struct peer *p, const char *mech, const char *initial);

/* Is the word in the list? */
bool has_word(const char *list, const char *word);

#endif

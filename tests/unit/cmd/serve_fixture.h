/* A service's configuration and spool in a folder of their own, for the tests of its parts. Nobody
 * is there to send what it keeps. */
#ifndef TESTS_SERVE_FIXTURE_H
#define TESTS_SERVE_FIXTURE_H

#include "../queue/scratch.h"
#include "cmd/serve.h"

struct serve_place {
    struct scratch scratch; /* its `above` holds all */
    char config[64];
    char socket[64];
    struct options options;
    struct serve serve;
};

/* `lines` stand in [serve]. */
void serve_place_open(struct serve_place *p, const char *lines);
void serve_place_close(struct serve_place *p);

/* Writes another configuration, for whoever reads it again. */
void serve_place_configure(const struct serve_place *p, const char *lines);

#endif

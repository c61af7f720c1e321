/* Files and requests for the tests of whole configurations. */
#ifndef TESTS_CONFIG_FIXTURE_H
#define TESTS_CONFIG_FIXTURE_H

#include "config/config.h"
#include "config/draft.h"

/* A private folder with the layout that config_load() looks for; removed by fixture_done. */
struct fixture {
    char root[64];
    struct ident ident;
    const char *system; /* ROOT/postbag.conf */
    const char *user;   /* ROOT/home/.config/postbag/config */
    struct arena arena;
};

void fixture_init(struct fixture *f);
void fixture_done(struct fixture *f);

/* Writes a file with these access rights. */
void fixture_write(const char *path, const char *text, unsigned mode);

/* config_load() with nothing but the two usual files. */
int fixture_load(struct fixture *f, struct config *ret, struct err *e);

/* The same where it must succeed; and the account that is chosen when nobody wishes, which must be
 * of this name. */
struct config fixture_loaded(struct fixture *f);
const struct account *fixture_chosen(struct config *c, const char *name);

/* A draft of one file named "f"; the test fails if it cannot be made. */
struct draft fixture_draft(struct arena *a, const char *text);

#endif

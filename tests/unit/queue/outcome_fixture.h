/* What became of a message to some recipients, for the tests of what tells it. */
#ifndef TESTS_OUTCOME_FIXTURE_H
#define TESTS_OUTCOME_FIXTURE_H

#include "queue/outcome.h"

enum { MOST = 3 };

struct fixture {
    struct account account;
    struct rcpt rcpts[MOST];
    struct envelope envelope;
    struct stored stored;
    struct verdict verdicts[MOST];
    struct delivery delivery;
    struct outcome outcome;
};

/* To the first `n` recipients, by account gmail; nothing is decided yet. */
void set_up(struct fixture *f, size_t n);
void tear_down(struct fixture *f);

/* With the server's reply; code 0: without, and so ambiguous. */
void decide(struct verdict *v, enum verdict_result result, int code, const char *words);

#endif

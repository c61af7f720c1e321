/* What the tests of planning share: a message from text, and fixed facts. */
#ifndef TESTS_MAIL_TEXT_H
#define TESTS_MAIL_TEXT_H

#include "mail/edit.h"
#include "mail/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void text_message(struct span text, struct message *m)
{
    ERR e = { 0 };
    CLEANUP(reader_done) struct reader r;
    reader_init(&r, m, (struct message_limits){ 0 });
    assert_int_equal(reader_feed(&r, text, &e), 0);
    assert_int_equal(reader_finish(&r, &e), 0);
}

/* 27 November 2026, 09:05 UTC, on the host "h". */
static inline struct plan_facts text_facts(const struct mail_opts *opts, const struct addr *sender)
{
    setenv("TZ", "UTC0", 1);
    return (struct plan_facts){
        .opts = opts,
        .sender = sender,
        .full_name = "Joe Doe",
        .host = "h",
        .now = 1795770300,
        .random = { 1, 2 },
    };
}

#define TEXT_DATE "Fri, 27 Nov 2026 09:05:00 +0000"
#define TEXT_ID   "20261127090500.00000000000000010000000000000002"

static inline void text_print(const struct header *h, struct buf *to)
{
    for (size_t i = 0; i < h->n; i++)
        buf_add_span(to, h->fields[i].raw);
}

/* Does a note begin with these words? */
static inline bool text_has_note(const struct strlist *notes, const char *words)
{
    for (size_t i = 0; i < notes->n; i++)
        if (span_starts(span_of(notes->items[i]), words))
            return true;
    return false;
}

#endif

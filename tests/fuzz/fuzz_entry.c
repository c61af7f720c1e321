/* The head of a queue file, and the replies behind its end: what is accepted prints, and what was
 * printed is accepted as the same. */
#include "fuzz.h"

#include "queue/entry.h"
#include "queue/replies.h"

#include <string.h>

enum { RCPTS = 4 };

static void check_span_is(struct span a, struct span b)
{
    FUZZ_CHECK(span_eq(a, b));
}

/* No line of it can be taken for two, and none for the end. */
static void check_lines(struct span head)
{
    for (size_t i = 0; i + 2 < head.len; i++)
        FUZZ_CHECK(!ascii_is_control(head.at[i]) || (head.at[i] == '\n' && head.at[i + 1] != '\n'));
}

static void check_entry(struct arena *a, const struct entry *entry)
{
    ERR e = { 0 };
    BUF first = { 0 };
    BUF second = { 0 };
    struct entry again;
    FUZZ_CHECK(entry_print(entry, &first, &e) == 0);
    check_lines(buf_span(&first));
    FUZZ_CHECK(entry_parse(a, buf_span(&first), &again, &e) == 1);
    FUZZ_CHECK(again.message_at == first.len);
    FUZZ_CHECK(route_equals(&entry->route, &again.route));
    FUZZ_CHECK(again.state.n == again.envelope.n_rcpts && again.state.n > 0);
    FUZZ_CHECK(entry_print(&again, &second, &e) == 0);
    check_span_is(buf_span(&first), buf_span(&second));
}

static void check_head(struct span head)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct entry entry, shorter;
    int done = entry_parse(&a, head, &entry, &e);
    if (done < 0)
        FUZZ_CHECK((e.kind == ERR_DATA || e.kind == ERR_UNAVAILABLE) && e.text);
    if (done <= 0)
        return;
    FUZZ_CHECK(entry.message_at <= head.len);
    check_entry(&a, &entry);
    struct span cut = { head.at, (size_t)entry.message_at - 1 };
    FUZZ_CHECK(entry_parse(&a, cut, &shorter, &e) == 0);
}

static void check_state(struct span line)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF again = { 0 };
    struct state s;
    if (state_parse(&a, line, &s, &e) < 0) {
        FUZZ_CHECK(e.kind == ERR_DATA);
        return;
    }
    state_print(&s, &again);
    FUZZ_CHECK(again.len == line.len + 1 && memcmp(again.at, line.at, line.len) == 0);
}

static void check_replies(struct span text)
{
    ARENA a = { 0 };
    struct last_reply got[RCPTS], again[RCPTS];
    replies_parse(&a, text, RCPTS, got);
    for (size_t i = 0; i < RCPTS; i++) {
        BUF line = { 0 };
        if (!got[i].text)
            continue;
        FUZZ_CHECK(strlen(got[i].text) <= REPLY_TEXT_MAX);
        reply_print(i, &got[i], &line);
        replies_parse(&a, buf_span(&line), RCPTS, again);
        FUZZ_CHECK(again[i].text && again[i].code == got[i].code);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = { (const char *)data, size };
    check_head(text);
    check_state(text);
    check_replies(text);
    return 0;
}

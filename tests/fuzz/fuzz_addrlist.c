/* Address lists: the spans of the results lie in the input, in order and apart, so that a mailbox
 * can be replaced and a bare name qualified in place; recipients come out clean and each once. */
#include "fuzz.h"

#include "base/utf8.h"
#include "mail/addr.h"
#include "mail/envelope.h"

#include <string.h>

static void check_spans(struct span text, const struct addr_list *list)
{
    const char *end = text.at;
    for (size_t i = 0; i < list->n; i++) {
        const struct addr *addr = &list->items[i];
        FUZZ_CHECK(addr->text.len && addr->spec.len);
        FUZZ_CHECK(addr->text.at >= end && addr->spec.at >= addr->text.at);
        end = addr->text.at + addr->text.len;
        FUZZ_CHECK(end <= text.at + text.len && addr->spec.at + addr->spec.len <= end);
        FUZZ_CHECK(span_eq(span_trim(addr->text), addr->text));
        FUZZ_CHECK(span_eq(span_trim(addr->spec), addr->spec));
    }
}

static bool same_name(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A mailbox means the same alone. */
static void check_alone(struct arena *a, const struct addr *addr)
{
    ERR e = { 0 };
    struct addr again = { 0 };
    FUZZ_CHECK(addr_parse_one(a, addr->text, &again, &e) == 0);
    FUZZ_CHECK(strcmp(again.local, addr->local) == 0 && strcmp(again.domain, addr->domain) == 0);
    FUZZ_CHECK(same_name(again.name, addr->name) && again.angle == addr->angle);
    FUZZ_CHECK(span_eq(again.spec, addr->spec));
}

static void parse_again(struct arena *a, const struct buf *text, size_t n, struct addr_list *ret)
{
    ERR e = { 0 };
    FUZZ_CHECK(addr_parse_list(a, buf_span(text), ret, &e) == 0);
    FUZZ_CHECK(ret->n == n);
}

/* What the header rewriter does: "@domain" right behind every bare local part. */
static void check_qualified(struct arena *a, struct span text, const struct addr_list *list)
{
    BUF out = { 0 };
    struct addr_list again = { 0 };
    const char *at = text.at;
    for (size_t i = 0; i < list->n; i++) {
        const struct span spec = list->items[i].spec;
        buf_add(&out, at, (size_t)(spec.at + spec.len - at));
        if (!*list->items[i].domain)
            buf_add_string(&out, "@q.example");
        at = spec.at + spec.len;
    }
    buf_add(&out, at, (size_t)(text.at + text.len - at));
    parse_again(a, &out, list->n, &again);
    for (size_t i = 0; i < list->n; i++) {
        const char *domain = list->items[i].domain;
        FUZZ_CHECK(strcmp(again.items[i].local, list->items[i].local) == 0);
        FUZZ_CHECK(strcmp(again.items[i].domain, *domain ? domain : "q.example") == 0);
    }
}

/* The same with whole mailboxes. */
static void check_replaced(struct arena *a, struct span text, const struct addr_list *list)
{
    BUF out = { 0 };
    struct addr_list again = { 0 };
    const char *at = text.at;
    for (size_t i = 0; i < list->n; i++) {
        const struct span mailbox = list->items[i].text;
        buf_add(&out, at, (size_t)(mailbox.at - at));
        buf_add_string(&out, "\"N, N\" <r@r.example>");
        at = mailbox.at + mailbox.len;
    }
    buf_add(&out, at, (size_t)(text.at + text.len - at));
    parse_again(a, &out, list->n, &again);
    for (size_t i = 0; i < list->n; i++)
        FUZZ_CHECK(strcmp(again.items[i].local, "r") == 0);
}

static void check_recipients(struct arena *a, const struct addr_list *list)
{
    static const struct mail_opts opts = { .maildomain = "m.example" };
    ERR e = { 0 };
    struct envelope env = { 0 };
    if (envelope_set_recipients(a, &env, list, NULL, "web1", &opts, &e) < 0) {
        FUZZ_CHECK(e.kind == ERR_DATA && e.text && !env.rcpts);
        return;
    }
    FUZZ_CHECK(env.n_rcpts <= list->n && (env.n_rcpts > 0) == (list->n > 0));
    for (size_t i = 0; i < env.n_rcpts; i++) {
        FUZZ_CHECK(strchr(env.rcpts[i].wire, '@') && *env.rcpts[i].original);
        FUZZ_CHECK(!strpbrk(env.rcpts[i].wire, "\r\n\t") &&
                   !strpbrk(env.rcpts[i].original, "\r\n"));
        for (size_t k = 0; k < i && i < 100; k++)
            FUZZ_CHECK(strcmp(env.rcpts[i].wire, env.rcpts[k].wire) != 0);
    }
}

static void check_error(const struct err *e)
{
    FUZZ_CHECK(e->kind == ERR_DATA && span_starts(span_of(e->text), "address "));
    FUZZ_CHECK(strlen(e->text) < 512);
    for (const char *c = e->text; *c; c++)
        FUZZ_CHECK(!ascii_is_control(*c));
    FUZZ_CHECK(utf8_is_valid(span_of(e->text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct span text = { (const char *)data, size };
    struct addr_list list = { 0 };
    if (addr_parse_list(&arena, text, &list, &e) < 0) {
        FUZZ_CHECK(list.n == 0);
        check_error(&e);
        return 0;
    }
    check_spans(text, &list);
    for (size_t i = 0; i < list.n; i++)
        check_alone(&arena, &list.items[i]);
    check_qualified(&arena, text, &list);
    check_replaced(&arena, text, &list);
    check_recipients(&arena, &list);
    return 0;
}

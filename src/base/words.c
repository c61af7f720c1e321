#include "base/words.h"

#include "base/buf.h"

/* The command behind the point reached, and the word being built. */
struct splitter {
    struct span rest;
    struct buf word;
};

static char words_take(struct splitter *s)
{
    char c = *s->rest.at;
    s->rest = span_from(s->rest, 1);
    return c;
}

/* After the opening quote: everything up to the closing one. */
static int words_quoted(struct splitter *s, char quote, struct err *e)
{
    while (s->rest.len) {
        char c = words_take(s);
        if (c == quote)
            return 0;
        if (c == '\\' && quote == '"' && s->rest.len && span_has(SPAN("\"\\$`"), *s->rest.at))
            c = words_take(s);
        buf_add_char(&s->word, c);
    }
    return err_set(e, ERR_CONFIG, "the quote %c is not closed", quote);
}

static int words_step(struct splitter *s, struct err *e)
{
    char c = words_take(s);
    if (c == '\'' || c == '"')
        return words_quoted(s, c, e);
    if (c == '\\' && !s->rest.len)
        return err_set(e, ERR_CONFIG, "a backslash stands at the end");
    buf_add_char(&s->word, c == '\\' ? words_take(s) : c);
    return 0;
}

/* One word, from its first character to the blank behind it. */
static int words_one(struct splitter *s, const char *home, struct err *e)
{
    buf_clear(&s->word);
    if (span_starts(s->rest, "~/")) {
        if (!home)
            return err_set(e, ERR_CONFIG, "\"~/\" is used, but this user has no home directory");
        buf_add_string(&s->word, home);
        s->rest = span_from(s->rest, 1);
    }
    while (s->rest.len && !ascii_is_blank(*s->rest.at))
        if (words_step(s, e) < 0)
            return -1;
    return 0;
}

static void words_skip_blanks(struct splitter *s)
{
    while (s->rest.len && ascii_is_blank(*s->rest.at))
        s->rest = span_from(s->rest, 1);
}

static void splitter_done(struct splitter *s)
{
    buf_done(&s->word);
}

int words_split(struct arena *a, struct span command, const char *home, struct strlist *ret,
                struct err *e)
{
    CLEANUP(splitter_done) struct splitter s = { .rest = command };
    struct strlist words = { 0 };
    for (words_skip_blanks(&s); s.rest.len; words_skip_blanks(&s)) {
        if (words_one(&s, home, e) < 0)
            return -1;
        strlist_add(a, &words, arena_string(a, buf_span(&s.word)));
    }
    if (!words.n)
        return err_set(e, ERR_CONFIG, "the command is empty");
    *ret = words;
    return 0;
}

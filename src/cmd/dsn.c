#include "cmd/dsn.h"

#include "base/span.h"

static unsigned notify_flag(struct span word)
{
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {
        { "never", DSN_NOTIFY_NEVER },
        { "success", DSN_NOTIFY_SUCCESS },
        { "failure", DSN_NOTIFY_FAILURE },
        { "delay", DSN_NOTIFY_DELAY },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_iis(word, words[i].word))
            return words[i].flag;
    return 0;
}

int dsn_parse_notify(const char *text, unsigned *ret, struct err *e)
{
    struct span rest = span_of(text), word;
    unsigned set = 0;
    bool bad = false;
    while (span_next(&rest, ',', &word)) {
        unsigned flag = notify_flag(span_trim(word));
        bad |= !flag;
        set |= flag;
    }
    if (bad || ((set & DSN_NOTIFY_NEVER) && set != DSN_NOTIFY_NEVER))
        return err_set(e, ERR_USAGE, "-N %s: write never, or a list of success, failure and delay",
                       text);
    *ret = set;
    return 0;
}

int dsn_parse_return(const char *text, enum dsn_return *ret, struct err *e)
{
    if (span_iis(span_of(text), "hdrs"))
        *ret = DSN_RETURN_HDRS;
    else if (span_iis(span_of(text), "full"))
        *ret = DSN_RETURN_FULL;
    else
        return err_set(e, ERR_USAGE, "-R %s: write hdrs or full", text);
    return 0;
}

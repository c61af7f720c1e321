#include "mail/notify.h"

static const struct {
    const char *word;
    unsigned flag;
} words[] = {
    { "NEVER", DSN_NOTIFY_NEVER },
    { "SUCCESS", DSN_NOTIFY_SUCCESS },
    { "FAILURE", DSN_NOTIFY_FAILURE },
    { "DELAY", DSN_NOTIFY_DELAY },
};

enum { WORDS = sizeof words / sizeof *words };

static unsigned flag_of(struct span word)
{
    for (size_t i = 0; i < WORDS; i++)
        if (span_iis(word, words[i].word))
            return words[i].flag;
    return 0;
}

int notify_parse(struct span text, unsigned *ret)
{
    unsigned set = 0;
    struct span word;
    while (span_next(&text, ',', &word)) {
        unsigned flag = flag_of(span_trim(word));
        if (!flag)
            return -1;
        set |= flag;
    }
    if (!set || ((set & DSN_NOTIFY_NEVER) && set != DSN_NOTIFY_NEVER))
        return -1;
    *ret = set;
    return 0;
}

void notify_print(unsigned set, struct buf *to)
{
    const char *between = "";
    for (size_t i = 0; i < WORDS; i++) {
        if (!(set & words[i].flag))
            continue;
        buf_addf(to, "%s%s", between, words[i].word);
        between = ",";
    }
}

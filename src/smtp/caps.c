#include "smtp/caps.h"

void caps_done(struct caps *c)
{
    buf_done(&c->words);
    *c = (struct caps){ 0 };
}

/* AUTH SP mech *( SP mech ), or the old "AUTH=mech …": both may stand in one reply. */
static void take_auth(struct span words, struct caps *ret)
{
    struct span word;
    ret->set |= CAP_AUTH;
    while (span_word(&words, &word)) {
        if (ret->words.len)
            buf_add_char(&ret->words, ' ');
        buf_add_span(&ret->words, word);
        ret->mechs |= mech_by_name(word);
    }
}

/* RFC 9422: LIMITS name=value *( SP name=value ) */
static void take_limits(struct span words, struct caps *ret)
{
    struct span word, name;
    ret->set |= CAP_LIMITS;
    while (span_word(&words, &word)) {
        uint64_t value = 0;
        if (!span_next(&word, '=', &name) || span_number(word, UINT32_MAX, &value) < 0)
            continue;
        if (span_iis(name, "RCPTMAX"))
            ret->rcpt_max = value;
        else if (span_iis(name, "MAILMAX"))
            ret->mail_max = value;
        else if (span_iis(name, "RCPTDOMAINMAX"))
            ret->rcpt_domain_max = value;
    }
}

static void take_size(struct span words, struct caps *ret)
{
    struct span word;
    ret->set |= CAP_SIZE;
    if (!span_word(&words, &word) || span_number(word, UINT64_MAX, &ret->size) < 0)
        ret->size = 0;
}

static void take_line(struct span line, struct caps *ret)
{
    static const struct {
        const char *keyword;
        enum cap cap;
        void (*take)(struct span words, struct caps *ret);
    } table[] = {
        { "STARTTLS", CAP_STARTTLS, NULL },
        { "AUTH", CAP_AUTH, take_auth },
        { "PIPELINING", CAP_PIPELINING, NULL },
        { "8BITMIME", CAP_8BITMIME, NULL },
        { "SIZE", CAP_SIZE, take_size },
        { "SMTPUTF8", CAP_SMTPUTF8, NULL },
        { "DSN", CAP_DSN, NULL },
        { "CHUNKING", CAP_CHUNKING, NULL },
        { "ENHANCEDSTATUSCODES", CAP_ENHANCED, NULL },
        { "LIMITS", CAP_LIMITS, take_limits },
        { "XNONCE", CAP_XNONCE, NULL },
    };
    if (span_istarts(line, "AUTH=")) {
        take_auth(span_from(line, sizeof "AUTH=" - 1), ret);
        return;
    }
    struct span keyword;
    if (!span_word(&line, &keyword))
        return;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!span_iis(keyword, table[i].keyword))
            continue;
        ret->set |= table[i].cap;
        if (table[i].take)
            table[i].take(line, ret);
    }
}

void caps_parse(struct span text, struct caps *ret)
{
    struct span line;
    caps_done(ret);
    if (!span_next(&text, '\n', &line)) /* the greeting line */
        return;
    while (span_next(&text, '\n', &line))
        take_line(span_trim(line), ret);
}

bool caps_has(const struct caps *c, enum cap cap)
{
    return (c->set & cap) != 0;
}

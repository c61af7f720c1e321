#include "smtp/hint.h"

#include "base/span.h"

#include <string.h>

/* Where `words` end if `text` begins with them, else NULL. */
static const char *skip_words(const char *text, const char *words)
{
    for (; *words; words++) {
        if (ascii_lower(*text) != ascii_lower(*words))
            return NULL;
        text++;
        while (*words == ' ' && *text == ' ')
            text++;
    }
    return text;
}

/* Where the first occurrence of `words` ends, or NULL. */
static const char *find_words(const char *text, const char *words)
{
    for (; *text; text++) {
        const char *end = skip_words(text, words);
        if (end)
            return end;
    }
    return NULL;
}

static bool words_fit(const struct hint *h, const char *text)
{
    for (size_t i = 0; i < HINT_WORDS && h->words[i]; i++) {
        text = find_words(text, h->words[i]);
        if (!text)
            return false;
    }
    return true;
}

static bool codes_fit(const struct hint *h, const struct err *reply)
{
    if (h->enhanced && strcmp(h->enhanced, reply->enhanced) != 0)
        return false;
    return h->code == 0 || h->code == reply->code || h->code == reply->code / 100;
}

static bool stage_fits(const struct hint *h, enum stage stage)
{
    return h->stages == 0 || (h->stages >> stage & 1);
}

const struct hint *hint_find(enum stage stage, const struct err *reply)
{
    if (reply->kind != ERR_REPLY || reply->code < 400)
        return NULL;
    const char *text = reply->reply ? reply->reply : "";
    for (size_t i = 0; i < hint_count; i++) {
        const struct hint *h = &hint_table[i];
        if (stage_fits(h, stage) && codes_fit(h, reply) && words_fit(h, text))
            return h;
    }
    return NULL;
}

void hint_apply(enum stage stage, struct err *e)
{
    const struct hint *h = e->hint ? NULL : hint_find(stage, e);
    if (h)
        err_hint(e, "%s", h->text);
}

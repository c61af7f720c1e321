#include "mail/addr.h"
#include "mail/addr_scan.h"
#include "mail/encode.h"

#include "base/utf8.h"

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" (RFC 2047 section 2), here of
 * atext only, so that it can stand unquoted whatever it means. */
static bool is_encoded_word(struct span word)
{
    size_t marks = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (!addr_scan_is_atext(word.at[i]) || (unsigned char)word.at[i] > 127)
            return false;
        marks += word.at[i] == '?';
    }
    return marks == 4 && word.len > 4 && span_starts(word, "=?") &&
           span_is(span_from(word, word.len - 2), "?=");
}

/* Takes one encoded word, or all words before the next one, off the front of `rest`. */
static bool next_run(struct span *rest, struct span *ret, bool *encoded)
{
    struct span word;
    struct span after = *rest;
    if (!span_word(&after, &word))
        return false;
    *encoded = is_encoded_word(word);
    *ret = word;
    *rest = after;
    while (!*encoded && span_word(&after, &word) && !is_encoded_word(word)) {
        ret->len = (size_t)(word.at + word.len - ret->at);
        *rest = after;
    }
    return true;
}

static bool is_phrase(struct span run)
{
    for (size_t i = 0; i < run.len; i++)
        if (run.at[i] != ' ' && !addr_scan_is_atext(run.at[i]))
            return false;
    return true;
}

/* Each run with a blank behind it. */
static void add_name(struct buf *to, struct span name)
{
    struct span run;
    bool encoded;
    while (next_run(&name, &run, &encoded)) {
        if (utf8_has_8bit(run))
            encode_words(to, run);
        else if (encoded || is_phrase(run))
            buf_add_span(to, run);
        else
            addr_scan_quote(to, run);
        buf_add_char(to, ' ');
    }
}

static void blank_controls(struct buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (ascii_is_control(text->at[i]))
            text->at[i] = ' ';
}

int addr_add_mailbox(struct buf *to, const char *name, const struct addr *addr, struct err *e)
{
    BUF wire = { 0 };
    BUF clean = { 0 };
    BUF phrase = { 0 };
    if (addr_add_wire(&wire, addr, e) < 0)
        return -1;
    buf_add_string(&clean, name ? name : "");
    blank_controls(&clean);
    add_name(&phrase, buf_span(&clean));
    if (phrase.len || !wire.len)
        buf_addf(to, "%s<%s>", buf_string(&phrase), buf_string(&wire));
    else
        buf_add_span(to, buf_span(&wire));
    return 0;
}

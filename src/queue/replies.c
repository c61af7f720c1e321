#include "queue/replies.h"

#include "base/utf8.h"
#include "smtp/hint.h"
#include "smtp/reply.h"

#include <string.h>

enum { CODE_MAX = 999, LINE_WORDS = 4 };

/* Cuts at the end of a character. */
static size_t cut_length(struct span text, size_t most)
{
    if (text.len <= most)
        return text.len;
    while (most && ((unsigned char)text.at[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void reply_print(size_t index, const struct last_reply *r, struct buf *to)
{
    BUF text = { 0 };
    struct span given = span_of(r->text);
    given.len = cut_length(given, REPLY_TEXT_MAX);
    utf8_add_printable(&text, given, " ");
    buf_addf(to, "reply %zu %d %d %s ", index, (int)r->stage, r->code,
             *r->enhanced ? r->enhanced : "-");
    buf_add(to, text.at, cut_length(buf_span(&text), REPLY_TEXT_MAX));
    buf_add_char(to, '\n');
}

void reply_print_last(size_t index, const struct verdict *v, struct buf *to)
{
    struct last_reply r = { .stage = v->stage, .code = v->err.code };
    memcpy(r.enhanced, v->err.enhanced, sizeof r.enhanced);
    r.text = v->err.reply ? v->err.reply : v->err.text;
    if (!r.text)
        r.text = "";
    reply_print(index, &r, to);
}

void reply_recall(const struct last_reply *r, struct verdict *ret)
{
    struct reply said = { .code = r->code };
    *ret = (struct verdict){ .result = VERDICT_REFUSED, .stage = r->stage };
    memcpy(said.enhanced, r->enhanced, sizeof said.enhanced);
    if (r->text)
        buf_add_string(&said.text, r->text);
    if (r->code)
        reply_error(&said, &ret->err);
    else
        err_set(&ret->err, ERR_DATA, "%s", r->text ? r->text : "it was refused");
    hint_apply(r->stage, &ret->err);
    reply_done(&said);
}

/* ---- parsing ---- */

static bool is_enhanced(struct span word)
{
    if (span_is(word, "-"))
        return true;
    for (size_t i = 0; i < word.len; i++)
        if (!ascii_is_digit(word.at[i]) && word.at[i] != '.')
            return false;
    return word.len > 0 && word.len < ENHANCED_SIZE;
}

static bool is_printable(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (ascii_is_control(text.at[i]))
            return false;
    return text.len <= REPLY_TEXT_MAX && utf8_is_valid(text);
}

/* False for what makes no sense. */
static bool parse_line(struct span line, size_t n, size_t *index, struct last_reply *ret)
{
    struct span words[LINE_WORDS];
    uint64_t number = 0, stage = 0, code = 0;
    if (!span_starts(line, "reply "))
        return false;
    line = span_from(line, strlen("reply "));
    for (size_t i = 0; i < LINE_WORDS; i++)
        if (!span_next(&line, ' ', &words[i]))
            return false;
    if (!n || !line.at || span_number(words[0], n - 1, &number) < 0 ||
        span_number(words[1], STAGE_QUIT, &stage) < 0 ||
        span_number(words[2], CODE_MAX, &code) < 0 || !is_enhanced(words[3]) || !is_printable(line))
        return false;
    *index = (size_t)number;
    *ret = (struct last_reply){ .stage = (enum stage)stage, .code = (int)code };
    if (!span_is(words[3], "-"))
        memcpy(ret->enhanced, words[3].at, words[3].len);
    ret->text = line.at; /* until it is copied */
    return true;
}

void replies_parse(struct arena *a, struct span text, size_t n, struct last_reply *ret)
{
    struct span line;
    memset(ret, 0, n * sizeof *ret);
    while (span_next(&text, '\n', &line)) {
        size_t i = 0;
        struct last_reply r;
        if (!text.at || !parse_line(line, n, &i, &r))
            continue; /* without its LF it was cut short */
        r.text = arena_string(a, (struct span){ r.text, (size_t)(line.at + line.len - r.text) });
        ret[i] = r;
    }
}

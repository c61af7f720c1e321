#include "base/json.h"

#include "base/utf8.h"

/* RFC 8259, section 7. C1 controls need no escape there, but get one: the text may be shown. */
static void json_add_character(struct buf *out, uint32_t code, struct span octets)
{
    if (code == '"' || code == '\\')
        buf_addf(out, "\\%c", (int)code);
    else if (code == '\n')
        buf_add_string(out, "\\n");
    else if (code == '\r')
        buf_add_string(out, "\\r");
    else if (code == '\t')
        buf_add_string(out, "\\t");
    else if (utf8_is_control(code))
        buf_addf(out, "\\u%04x", (unsigned)code);
    else
        buf_add_span(out, octets);
}

/* Octets at the front that need no escape: nearly all text is plain. */
static size_t json_plain(struct span text)
{
    size_t n = 0;
    while (n < text.len && text.at[n] >= ' ' && text.at[n] < 0x7F && text.at[n] != '"' &&
           text.at[n] != '\\')
        n++;
    return n;
}

static void json_add_text(struct buf *out, struct span text)
{
    buf_add_char(out, '"');
    while (text.len) {
        size_t plain = json_plain(text);
        buf_add(out, text.at, plain);
        text = span_from(text, plain);
        if (!text.len)
            break;
        uint32_t code = 0;
        size_t len = utf8_next(text, &code);
        if (len)
            json_add_character(out, code, (struct span){ text.at, len });
        else
            buf_add_string(out, "\xEF\xBF\xBD");
        text = span_from(text, len ? len : 1);
    }
    buf_add_char(out, '"');
}

/* What goes in front of every value. */
static void json_begin(struct json *j, const char *key)
{
    if (j->comma)
        buf_add_char(j->out, ',');
    j->comma = true;
    if (!key)
        return;
    buf_add_char(j->out, '"');
    buf_add_string(j->out, key);
    buf_add(j->out, "\":", 2);
}

void json_open(struct json *j, const char *key, char bracket)
{
    json_begin(j, key);
    buf_add_char(j->out, bracket);
    j->comma = false;
}

void json_close(struct json *j, char bracket)
{
    buf_add_char(j->out, bracket);
    j->comma = true;
}

void json_string(struct json *j, const char *key, struct span value)
{
    json_begin(j, key);
    json_add_text(j->out, value);
}

void json_number(struct json *j, const char *key, int64_t value)
{
    json_begin(j, key);
    if (value < 0)
        buf_add_char(j->out, '-');
    buf_add_number(j->out, value < 0 ? -(uint64_t)value : (uint64_t)value, 0);
}

void json_bool(struct json *j, const char *key, bool value)
{
    json_begin(j, key);
    buf_add_string(j->out, value ? "true" : "false");
}

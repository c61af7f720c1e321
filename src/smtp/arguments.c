#include "smtp/arguments.h"

#include "mail/notify.h"

enum {
    ENVID_LIMIT = 100, /* RFC 3461 section 4.4 */
    ORCPT_LIMIT = 500, /* RFC 3461 section 4.2 */
};

/* Paths. */

/* The octets of the path at the front of `text`, 0 when it does not end. */
static size_t path_length(struct span text)
{
    bool angle = text.len && *text.at == '<';
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && angle && c == '>')
            return i + 1;
        else if (!quoted && !angle && ascii_is_blank(c))
            return i;
    }
    return angle || quoted ? 0 : text.len;
}

/* Takes the prefix and the path off the front; blanks or nothing may follow. */
static bool take_path(struct span *rest, const char *prefix, struct span *ret)
{
    if (!span_istarts(*rest, prefix))
        return false;
    *rest = span_trim(span_from(*rest, span_of(prefix).len));
    size_t len = path_length(*rest);
    if (!len || (len < rest->len && !ascii_is_blank(rest->at[len])))
        return false;
    *ret = (struct span){ rest->at, len };
    *rest = span_from(*rest, len);
    return true;
}

/* Values. */

/* RFC 3461 section 4: "+" and two hexadecimal digits stand for an octet. */
static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Appends what the text means; false for anything but printable ASCII. */
static bool xtext_decode(struct span text, struct buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        int c = (unsigned char)text.at[i];
        if (c == '+') {
            int high = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
            if (low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (c < ' ' || c > 126)
            return false;
        buf_add_char(to, (char)c);
    }
    return true;
}

static bool take_notify(struct span value, void *ret)
{
    struct rcpt_arguments *a = ret;
    return notify_parse(value, &a->notify) == 0;
}

/* addr-type ";" xtext */
static bool take_orcpt(struct span value, void *ret)
{
    BUF ignored = { 0 };
    struct span type;
    (void)ret;
    return value.len <= ORCPT_LIMIT && span_has(value, ';') && span_next(&value, ';', &type) &&
           type.len && value.len && xtext_decode(value, &ignored);
}

static bool take_size(struct span value, void *ret)
{
    struct mail_arguments *a = ret;
    a->size_given = true;
    return value.len <= 20 && span_number(value, UINT64_MAX, &a->size) == 0;
}

static bool take_body(struct span value, void *ret)
{
    struct mail_arguments *a = ret;
    a->body_7bit = span_iis(value, "7BIT");
    a->body_8bit = span_iis(value, "8BITMIME");
    return a->body_7bit || a->body_8bit;
}

static bool take_smtputf8(struct span value, void *ret)
{
    struct mail_arguments *a = ret;
    a->smtputf8 = true;
    return !value.at;
}

static bool take_ret(struct span value, void *ret)
{
    struct mail_arguments *a = ret;
    a->ret = span_iis(value, "HDRS")   ? DSN_RETURN_HDRS
             : span_iis(value, "FULL") ? DSN_RETURN_FULL
                                       : DSN_RETURN_UNSET;
    return a->ret != DSN_RETURN_UNSET;
}

static bool take_envid(struct span value, void *ret)
{
    struct mail_arguments *a = ret;
    return value.len && value.len <= ENVID_LIMIT && xtext_decode(value, &a->envid);
}

static bool take_nonce(struct span value, void *ret)
{
    struct mail_arguments *a = ret;
    if (value.len != NONCE_SIZE)
        return false;
    for (size_t i = 0; i < NONCE_SIZE; i++) {
        char c = ascii_upper(value.at[i]);
        if (hex_digit(c) < 0)
            return false;
        a->nonce[i] = c;
    }
    return true;
}

/* Parameters. */

struct keyword {
    const char *name;
    bool (*take)(struct span value, void *ret); /* value.at is NULL without "=" */
};

static const struct keyword of_mail[] = {
    { "SIZE", take_size }, { "BODY", take_body },   { "SMTPUTF8", take_smtputf8 },
    { "RET", take_ret },   { "ENVID", take_envid }, { "XNONCE", take_nonce },
    { NULL, NULL },
};

static const struct keyword of_rcpt[] = {
    { "NOTIFY", take_notify },
    { "ORCPT", take_orcpt },
    { NULL, NULL },
};

static enum arguments_fault take_parameters(struct span rest, const struct keyword *table,
                                            void *ret)
{
    struct span value, name;
    unsigned seen = 0;
    while (span_word(&rest, &value)) {
        unsigned i = 0;
        (void)span_next(&value, '=', &name); /* leaves the value, or a NULL without "=" */
        while (table[i].name && !span_iis(name, table[i].name))
            i++;
        if (!table[i].name)
            return ARGUMENTS_UNKNOWN;
        if ((seen & (1u << i)) || !table[i].take(value, ret))
            return ARGUMENTS_VALUE;
        seen |= 1u << i;
    }
    return ARGUMENTS_FINE;
}

enum arguments_fault arguments_of_mail(struct span text, struct mail_arguments *ret)
{
    mail_arguments_done(ret);
    if (!take_path(&text, "FROM:", &ret->path))
        return ARGUMENTS_SYNTAX;
    return take_parameters(text, of_mail, ret);
}

enum arguments_fault arguments_of_rcpt(struct span text, struct rcpt_arguments *ret)
{
    *ret = (struct rcpt_arguments){ 0 };
    if (!take_path(&text, "TO:", &ret->path))
        return ARGUMENTS_SYNTAX;
    return take_parameters(text, of_rcpt, ret);
}

void mail_arguments_done(struct mail_arguments *a)
{
    buf_done(&a->envid);
    *a = (struct mail_arguments){ 0 };
}

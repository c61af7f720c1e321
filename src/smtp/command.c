#include "smtp/command.h"

#include "base/utf8.h"
#include "mail/notify.h"

#include <string.h>

static int refuse(struct span what, const char *why, struct err *e)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, what, "\\n");
    return err_set(e, ERR_DATA, "\"%s\" cannot be sent to a server: %s", buf_string(&shown), why);
}

/* What may stand between the angle brackets of a path (RFC 5321 section 4.1.2). */
static int check_path(const char *path, struct err *e)
{
    bool quoted = false;
    for (const char *at = path; *at; at++) {
        if (ascii_is_control(*at))
            return refuse(span_of(path), "it holds a control character", e);
        if (quoted && *at == '\\' && at[1] && !ascii_is_control(at[1]))
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && strchr(" <>", *at))
            return refuse(span_of(path), "it holds a blank or bracket outside quotes", e);
    }
    if (quoted)
        return refuse(span_of(path), "a quote is not closed", e);
    return 0;
}

/* A single word: nothing that could end it. */
static int check_word(const char *word, struct err *e)
{
    for (const char *at = word; *at; at++)
        if (ascii_is_control(*at) || *at == ' ' || (unsigned char)*at > 127)
            return refuse(span_of(word), "it is not one ASCII word", e);
    if (!*word)
        return refuse(span_of(word), "it is empty", e);
    return 0;
}

int command_hello(struct buf *to, const char *verb, const char *name, struct err *e)
{
    if (check_word(name, e) < 0)
        return -1;
    buf_addf(to, "%s %s\r\n", verb, name);
    return 0;
}

/* RFC 3461 section 4: printable ASCII but "+" and "=", the rest as "+" and two hexadecimal digits.
 */
static void add_xtext(struct buf *to, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at > ' ' && *at < 127 && *at != '+' && *at != '=')
            buf_add_char(to, (char)*at);
        else
            buf_addf(to, "+%02X", *at);
    }
}

static void add_dsn_params(struct buf *to, const struct mail_params *params)
{
    switch (params->ret) {
    case DSN_RETURN_UNSET: break;
    case DSN_RETURN_HDRS: buf_add_string(to, " RET=HDRS"); break;
    case DSN_RETURN_FULL: buf_add_string(to, " RET=FULL"); break;
    }
    if (params->envid) {
        buf_add_string(to, " ENVID=");
        add_xtext(to, params->envid);
    }
}

int command_mail(struct buf *to, const char *sender, const struct mail_params *params,
                 struct err *e)
{
    if (check_path(sender, e) < 0)
        return -1;
    buf_addf(to, "MAIL FROM:<%s>", sender);
    if (params->size)
        buf_addf(to, " SIZE=%llu", (unsigned long long)params->size_value);
    if (params->body_8bit)
        buf_add_string(to, " BODY=8BITMIME");
    if (params->smtputf8)
        buf_add_string(to, " SMTPUTF8");
    add_dsn_params(to, params);
    if (params->nonce)
        buf_addf(to, " XNONCE=%s", params->nonce);
    buf_add_string(to, "\r\n");
    return 0;
}

void command_bdat(struct buf *to, uint64_t size, bool last)
{
    buf_addf(to, "BDAT %llu%s\r\n", (unsigned long long)size, last ? " LAST" : "");
}

int command_rcpt(struct buf *to, const char *recipient, unsigned dsn_notify, struct err *e)
{
    if (!*recipient)
        return refuse(span_of(recipient), "it is empty", e);
    if (check_path(recipient, e) < 0)
        return -1;
    buf_addf(to, "RCPT TO:<%s>", recipient);
    buf_add_string(to, dsn_notify ? " NOTIFY=" : "");
    notify_print(dsn_notify, to);
    buf_add_string(to, "\r\n");
    return 0;
}

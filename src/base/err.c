#include "base/err.h"

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool temporary;
} kinds[] = {
    [ERR_NONE] = { "", false },
    [ERR_USAGE] = { "usage", false },
    [ERR_DATA] = { "data", false },
    [ERR_INPUT] = { "input", false },
    [ERR_NOUSER] = { "no-user", false },
    [ERR_NOHOST] = { "no-host", false },
    [ERR_UNAVAILABLE] = { "unavailable", false },
    [ERR_LIBRARY] = { "library", false },
    [ERR_CERTIFICATE] = { "certificate", false },
    [ERR_INTERNAL] = { "internal", false },
    [ERR_SYSTEM] = { "system", false },
    [ERR_SYSFILE] = { "system-file", false },
    [ERR_CREATE] = { "create", false },
    [ERR_IO] = { "io", false },
    [ERR_LOOKUP] = { "lookup", true },
    [ERR_CONNECT] = { "connect", true },
    [ERR_TIMEOUT] = { "timeout", true },
    [ERR_CLOSED] = { "closed", true },
    [ERR_TEMPORARY] = { "temporary", true },
    [ERR_AMBIGUOUS] = { "ambiguous", true },
    [ERR_PROTOCOL] = { "protocol", false },
    [ERR_TLS] = { "tls", false },
    [ERR_AUTH] = { "auth", false },
    [ERR_PERMISSION] = { "permission", false },
    [ERR_CONFIG] = { "config", false },
    [ERR_REPLY] = { "reply", false },
};

static void err_fill(struct err *e, enum err_kind kind, struct buf *text)
{
    err_done(e);
    e->kind = kind;
    e->text = buf_take(text);
}

int err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    BUF text = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&text, format, args);
    va_end(args);
    err_fill(e, kind, &text);
    return -1;
}

int err_system(struct err *e, enum err_kind kind, int errnum, const char *format, ...)
{
    BUF text = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&text, format, args);
    va_end(args);
    buf_addf(&text, ": %s", strerror(errnum));
    err_fill(e, kind, &text);
    return -1;
}

enum err_kind err_kind_of(int errnum, enum err_kind usual)
{
    return errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM ? ERR_SYSTEM : usual;
}

void err_hint(struct err *e, const char *format, ...)
{
    BUF text = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&text, format, args);
    va_end(args);
    free(e->hint);
    e->hint = buf_take(&text);
}

void err_context(struct err *e, const char *format, ...)
{
    BUF text = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&text, format, args);
    va_end(args);
    buf_addf(&text, ": %s", e->text ? e->text : "");
    free(e->text);
    e->text = buf_take(&text);
}

void err_move(struct err *to, struct err *from)
{
    err_done(to);
    *to = *from;
    *from = (struct err){ 0 };
}

void err_copy(struct err *to, const struct err *from)
{
    struct err copy = *from;
    copy.text = from->text ? mem_string(from->text) : NULL;
    copy.reply = from->reply ? mem_string(from->reply) : NULL;
    copy.hint = from->hint ? mem_string(from->hint) : NULL;
    err_move(to, &copy);
}

void err_done(struct err *e)
{
    free(e->text);
    free(e->reply);
    free(e->hint);
    *e = (struct err){ 0 };
}

bool err_is_temporary(const struct err *e)
{
    if (e->kind == ERR_REPLY)
        return e->code >= 400 && e->code < 500;
    return kinds[e->kind].temporary;
}

const char *err_kind_name(enum err_kind kind)
{
    return kinds[kind].name;
}

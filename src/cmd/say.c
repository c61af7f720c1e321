#include "cmd/say.h"

#include "base/io.h"
#include "base/utf8.h"

#include <errno.h>
#include <unistd.h>

void say(const char *name, const char *format, ...)
{
    BUF words = { 0 };
    BUF line = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    buf_addf(&line, "%s: ", name);
    utf8_add_printable(&line, buf_span(&words), " ");
    buf_add_char(&line, '\n');
    say_raw(buf_span(&line));
}

void say_error(const char *name, const struct err *e)
{
    say(name, "%s", e->text ? e->text : err_kind_name(e->kind));
    if (e->hint)
        say(name, "hint: %s", e->hint);
}

void say_raw(struct span octets)
{
    /* Nowhere is left to complain to. */
    if (io_write(STDERR_FILENO, octets.at, octets.len) < 0)
        return;
}

int say_out(struct span octets, struct err *e)
{
    if (io_write(STDOUT_FILENO, octets.at, octets.len) < 0)
        return err_system(e, ERR_IO, errno, "standard output");
    return 0;
}

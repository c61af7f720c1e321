#include "auth/prepare.h"

#include "auth/gsasl.h"
#include "base/utf8.h"

#include <string.h>

static bool is_plain(struct span text)
{
    return text.len > 0 && !span_has_control(text);
}

/* Version 2.2 of the library maps the flag for unassigned characters the wrong way round, so that
 * either way of asking may be the one that lets them through. */
static char *ask_library(const char *text)
{
    static const Gsasl_saslprep_flags flags[] = { GSASL_ALLOW_UNASSIGNED, 0 };
    char *prepared = NULL;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (gsasl.saslprep(text, flags[i], &prepared, NULL) == GSASL_OK && prepared)
            return prepared;
    return NULL;
}

static int prepare_foreign(struct span text, struct buf *ret, struct err *e)
{
    BUF copy = { .secret = true };
    if (gsasl_open("SASLprep of what is not ASCII", e) < 0)
        return -1;
    buf_add_span(&copy, text);
    char *prepared = ask_library(buf_string(&copy));
    bool usable = prepared && *prepared;
    if (usable)
        buf_add_string(ret, prepared);
    if (prepared) {
        mem_wipe(prepared, strlen(prepared));
        gsasl.free(prepared);
    }
    return usable ? 0 : err_set(e, ERR_CONFIG, "SASLprep leaves nothing of it, or forbids it");
}

int prepare(struct span text, struct buf *ret, struct err *e)
{
    ret->secret = true;
    if (!span_has(text, '\0') && utf8_has_8bit(text))
        return prepare_foreign(text, ret, e);
    if (!is_plain(text))
        return err_set(e, ERR_CONFIG, "SASLprep forbids control characters, and nothing at all");
    buf_add_span(ret, text);
    return 0;
}

#include "cmd/dsn.h"

#include "mail/notify.h"

int dsn_parse_notify(const char *text, unsigned *ret, struct err *e)
{
    if (notify_parse(span_of(text), ret) == 0)
        return 0;
    return err_set(e, ERR_USAGE, "-N %s: write never, or a list of success, failure and delay",
                   text);
}

int dsn_parse_return(const char *text, enum dsn_return *ret, struct err *e)
{
    if (span_iis(span_of(text), "hdrs"))
        *ret = DSN_RETURN_HDRS;
    else if (span_iis(span_of(text), "full"))
        *ret = DSN_RETURN_FULL;
    else
        return err_set(e, ERR_USAGE, "-R %s: write hdrs or full", text);
    return 0;
}

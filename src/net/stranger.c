#include "net/stranger.h"

bool stranger_hint(struct span words, struct err *e)
{
    if (!span_starts(words, "* ") && !span_starts(words, "+OK"))
        return false;
    err_hint(e, "this server is for reading mail (IMAP or POP3): set host and port to the one for "
                "sending, usually port 465 or 587");
    return true;
}

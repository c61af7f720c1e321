/* Makes a message of octets that come in pieces; the result is the same for any division.
 *
 *   first   -> header   a first line "From " or ">From " (mbox) is dropped
 *   header  -> body     at the first empty line, which belongs to neither; or before the first line
 *                       that is no field and continues none
 *   body    -> ended    only with limits.dot_ends, at a line that is a lone dot
 *
 * A line of more than HEADER_LINE_MAX octets that does not begin a field is body however it goes
 * on, so that no line without an end piles up in memory. */
#ifndef MAIL_READER_H
#define MAIL_READER_H

#include "mail/message.h"

enum reader_stage { READER_FIRST, READER_HEADER, READER_BODY, READER_ENDED };

struct reader {
    struct message *message; /* filled as the octets come; the caller's, also after a failure */
    struct message_limits limits;
    enum reader_stage stage;
    struct canon canon; /* of the header's current line, then of the body */
    struct buf line;    /* canonical text not yet in the block or the body */
    bool unclosed;      /* the header ended at a line that is no field */
    bool inside;        /* in the body: `line` goes on with a line that began before it */
    struct buf cleaned; /* one octet a field: 1 if a bare CR or a NUL was taken out */
};

void reader_init(struct reader *r, struct message *m, struct message_limits limits);
void reader_done(struct reader *r);

/* Takes a piece. 1 when the message ended by a dot (the rest of the piece is left out), else 0.
 * -1: ERR_DATA (header block above MESSAGE_HEADER_LIMIT, body above max_size), ERR_CREATE or
 * ERR_IO (the body's nameless file). */
int reader_feed(struct reader *r, struct span piece, struct err *e) MUST_USE;

/* End of input: completes the message and parses its header. ERR_DATA for a Bcc that a malformed
 * header hides (mail/hidden.h). */
int reader_finish(struct reader *r, struct err *e) MUST_USE;

#endif

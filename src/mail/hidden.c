#include "mail/hidden.h"

enum { LOOK_AT = 64 * 1024 }; /* octets of the body */

static bool is_bcc(struct span line)
{
    struct field field = header_field(line);
    return header_is_field_line(line) &&
           (span_iis(field.name, "Bcc") || span_iis(field.name, "Resent-Bcc"));
}

/* Bare CRs have become blanks, so any blank may have been one. */
static bool hides_in(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (ascii_is_blank(value.at[i]) && is_bcc(span_from(value, i + 1)))
            return true;
    return false;
}

static int check_fields(const struct header *h, struct err *e)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->fields[i].cleaned && hides_in(h->fields[i].value))
            return err_set(e, ERR_DATA, "header field %.*s: a Bcc stands behind a bare CR in it",
                           SPAN_ARGS(h->fields[i].name));
    return 0;
}

static int check_lines(struct span rest, struct err *e)
{
    struct span line;
    for (size_t n = 1; span_next(&rest, '\n', &line); n++) {
        line = span_trim(line);
        if (!line.len)
            return 0;
        if (!is_bcc(line))
            continue;
        err_set(e, ERR_DATA, "the header ends at a line that is no field, and a Bcc follows it");
        err_hint(e, "every line of the header is \"Name: value\", or begins with a blank to go on");
        return -1;
    }
    return 0;
}

int hidden_bcc_check(const struct message *m, bool unclosed, struct err *e)
{
    struct body_piece piece = { 0 };
    if (check_fields(&m->header, e) < 0)
        return -1;
    if (!unclosed)
        return 0;
    int done = body_next(&m->body, 0, LOOK_AT, &piece, e);
    if (done > 0)
        done = check_lines(piece.octets, e);
    body_piece_done(&piece);
    return done < 0 ? -1 : 0;
}

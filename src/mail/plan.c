#include "mail/plan.h"

#include "base/utf8.h"
#include "mail/complete.h"
#include "mail/content.h"
#include "mail/edit.h"
#include "mail/rewrite.h"

#include <inttypes.h>

void stored_done(struct stored *s)
{
    buf_done(&s->header);
    body_done(&s->body);
    *s = (struct stored){ 0 };
}

uint64_t stored_size(const struct stored *s)
{
    return s->header.len + s->body.size;
}

static void note_cleaning(struct edit *ed, const char *where, const struct traits *t)
{
    if (t->bare_crs)
        edit_note(ed, "%s: %" PRIu64 " bare CR became a blank", where, t->bare_crs);
    if (t->nuls)
        edit_note(ed, "%s: %" PRIu64 " NUL removed", where, t->nuls);
}

static int plan_header(struct edit *ed, struct err *e)
{
    if (ed->is_signed) {
        edit_note(ed, "DKIM-Signature: the header is kept as it is");
        return 0;
    }
    if (rewrite_header(ed, e) < 0)
        return -1;
    return complete_header(ed, e);
}

static int plan_encode(struct edit *ed, const struct message *m, struct stored *ret, struct err *e)
{
    if (content_declare_qp(ed->arena, &ed->header, &m->body, e) < 0)
        return -1;
    edit_note(ed, "body: quoted-printable, it had a line of %" PRIu64 " octets", m->traits.longest);
    ret->eight_bit = false;
    return content_encode(&m->body, &ret->body, e);
}

static int plan_divide(struct edit *ed, const struct message *m, struct stored *ret, struct err *e)
{
    edit_note(ed, "body: cut at %d octets, it had a line of %" PRIu64 "%s", HEADER_LINE_MAX,
              m->traits.longest, ed->is_signed ? "; the DKIM signature breaks by it" : "");
    return content_divide(&m->body, &ret->body, e);
}

static int plan_body(struct edit *ed, struct message *m, struct stored *ret, struct err *e)
{
    ret->eight_bit = m->traits.eight_bit;
    if (m->traits.longest > HEADER_LINE_MAX) {
        if (!ed->is_signed && content_is_text(&ed->header))
            return plan_encode(ed, m, ret, e);
        return plan_divide(ed, m, ret, e);
    }
    ret->body = m->body;
    m->body = (struct body){ 0 };
    return 0;
}

static const char *plan_message_id(const struct edit *ed)
{
    const struct field *f = header_find(&ed->header, "Message-ID", 0);
    if (!f)
        f = header_find(&ed->header, "Resent-Message-ID", 0);
    return f ? header_value(ed->arena, f) : "";
}

static void plan_finish(struct edit *ed, struct stored *ret)
{
    edit_print(ed, &ret->header);
    ret->eight_bit |= utf8_has_8bit(buf_span(&ret->header));
    ret->utf8_addresses = rewrite_finds_utf8(&ed->header);
    ret->qp_allowed = !ed->is_signed && content_is_text(&ed->header);
    ret->message_id = plan_message_id(ed);
    ret->notes = ed->notes;
}

int plan_store(struct arena *a, struct message *m, const struct plan_facts *facts,
               struct stored *ret, struct err *e)
{
    struct edit ed;
    struct stored stored = { 0 };
    edit_init(&ed, a, m, facts);
    note_cleaning(&ed, "header", &m->header_traits);
    note_cleaning(&ed, "body", &m->traits);
    if (plan_header(&ed, e) < 0 || plan_body(&ed, m, &stored, e) < 0) {
        stored_done(&stored);
        return -1;
    }
    plan_finish(&ed, &stored);
    *ret = stored;
    return 0;
}

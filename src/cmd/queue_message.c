#include "cmd/queue_message.h"

#include "base/utf8.h"

static const struct standing *find_trouble(const struct standing_list *l, const struct route *route)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->items[i].standing.failures && route_equals(&l->items[i].route, route))
            return &l->items[i].standing;
    return NULL;
}

static void describe_item(struct queue_message *m, const struct queue *q)
{
    struct item *item = &m->item;
    size_t n = item->entry.envelope.n_rcpts;
    struct last_reply *replies = arena_new(&item->arena, n, sizeof *replies);
    if (item->has_replies)
        item_replies(item, replies);
    m->entry = &item->entry;
    m->replies = replies;
    m->busy =
        q->at_work && (m->folder == FOLDER_NEW || m->folder == FOLDER_DEFER) && item_is_busy(item);
    m->trouble = find_trouble(&q->standings, &item->entry.route);
}

bool queue_message_load(const struct queue *q, enum folder folder, const struct queue_id *id,
                        struct queue_message *ret)
{
    ERR e = { 0 };
    *ret = (struct queue_message){ .id = *id, .folder = folder };
    switch (item_open(&q->spool, folder, id, true, &ret->item, &e)) {
    case ITEM_OPEN: describe_item(ret, q); return true;
    case ITEM_BUSY: ret->problem = "being written"; return true;
    case ITEM_BAD: ret->problem = arena_string(&ret->arena, span_of(e.text)); return true;
    case ITEM_GONE: break;
    }
    return false;
}

void queue_message_done(struct queue_message *m)
{
    if (m->entry)
        item_close(&m->item);
    arena_done(&m->arena);
    *m = (struct queue_message){ 0 };
}

const char *queue_message_state(const struct queue_message *m)
{
    if (m->folder == FOLDER_DEFER)
        return "deferred";
    return folder_name(m->folder);
}

bool queue_message_concerns(const struct queue_message *m, size_t recipient)
{
    char mark = m->entry->state.marks[recipient];
    return mark == MARK_TODO || mark == MARK_REFUSED ||
           (mark == MARK_FAILED && m->folder == FOLDER_FAILED);
}

int64_t queue_message_created(const struct queue_message *m)
{
    return m->entry ? m->entry->created_us / 1000000 : queue_id_created(&m->id);
}

int64_t queue_message_next(const struct queue_message *m)
{
    if (!m->entry || (m->folder != FOLDER_NEW && m->folder != FOLDER_DEFER))
        return 0;
    int64_t own = m->entry->state.next_s, account = m->trouble ? m->trouble->next_s : 0;
    return own > account ? own : account;
}

uint64_t queue_message_size(const struct queue_message *m)
{
    return m->entry ? m->entry->header_size + m->entry->body_size : 0;
}

void queue_message_reply(const struct queue_message *m, size_t recipient, struct buf *to)
{
    const struct last_reply *r = &m->replies[recipient];
    if (!r->text)
        return;
    if (r->stage != STAGE_NONE) {
        buf_add_string(to, stage_name(r->stage));
        buf_add_string(to, ": ");
    }
    if (r->code) {
        buf_add_number(to, (uint64_t)r->code, 0);
        buf_add_char(to, ' ');
    }
    if (*r->enhanced) {
        buf_add_string(to, r->enhanced);
        buf_add_char(to, ' ');
    }
    utf8_add_printable(to, span_of(r->text), " ");
}

void queue_message_trouble(const struct queue_message *m, struct buf *to)
{
    if (!m->trouble)
        return;
    buf_add_string(to, "account ");
    utf8_add_printable(to, span_of(m->entry->route.account), " ");
    buf_add_string(to, ": ");
    utf8_add_printable(to, span_of(m->trouble->text ? m->trouble->text : "in trouble"), " ");
}

static void add_part(struct buf *to, size_t start, const char *text)
{
    if (!*text)
        return;
    buf_add_string(to, to->len > start ? "; " : "");
    buf_add_string(to, text);
}

static bool waits_for_account(const struct queue_message *m)
{
    return m->trouble && m->folder != FOLDER_HOLD && m->folder != FOLDER_FAILED;
}

/* What happened last goes first. */
void queue_message_reason(const struct queue_message *m, size_t recipient, struct buf *to)
{
    size_t start = to->len;
    BUF words = { 0 };
    if (waits_for_account(m) && m->trouble->last_s >= m->entry->state.last_s)
        queue_message_trouble(m, &words);
    if (!words.len)
        queue_message_reply(m, recipient, &words);
    if (!words.len && waits_for_account(m))
        queue_message_trouble(m, &words);
    if (m->folder == FOLDER_HOLD)
        add_part(to, start, "held");
    if (state_is_ambiguous(&m->entry->state) && !m->busy)
        add_part(to, start, "may have been delivered");
    add_part(to, start, buf_string(&words));
}

/* postbag queue show ID. */
#include "base/io.h"
#include "base/utf8.h"
#include "cmd/queue.h"
#include "cmd/queue_json.h"
#include "cmd/queue_text.h"
#include "cmd/say.h"

#include <errno.h>
#include <inttypes.h>

enum { PIECE = 64 * 1024 };

static void add_line(struct buf *to, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    buf_addf(to, "%s: ", key);
    utf8_add_printable(to, span_of(value), " ");
    buf_add_char(to, '\n');
}

static void add_date(struct buf *to, const char *key, int64_t when)
{
    buf_addf(to, "%s: ", key);
    queue_text_add_date(to, when);
    buf_add_char(to, '\n');
}

static void add_state(const struct queue_message *m, struct buf *to)
{
    BUF trouble = { 0 };
    int64_t next = queue_message_next(m);
    bool tried_by_itself = m->folder == FOLDER_NEW || m->folder == FOLDER_DEFER;
    buf_addf(to, "state: %s\n", m->busy ? "being sent" : queue_message_state(m));
    if (state_is_ambiguous(&m->entry->state) && !m->busy)
        buf_add_string(to, "warning: may have been delivered\n");
    queue_message_trouble(m, &trouble);
    add_line(to, "trouble", buf_string(&trouble));
    buf_addf(to, "attempts: %u\n", m->entry->state.attempts);
    if (m->entry->state.last_s)
        add_date(to, "last try", m->entry->state.last_s);
    if (tried_by_itself && next)
        add_date(to, "next try", next);
    else if (tried_by_itself)
        buf_add_string(to, "next try: at once\n");
}

static const char *word_of(char mark)
{
    if (mark == MARK_DELIVERED)
        return "sent";
    if (mark == MARK_REFUSED)
        return "refused";
    return mark == MARK_FAILED ? "failed" : "waits";
}

static void add_recipients(const struct queue_message *m, struct buf *to)
{
    const struct envelope *envelope = &m->entry->envelope;
    for (size_t i = 0; i < envelope->n_rcpts; i++) {
        BUF reply = { 0 };
        queue_message_reply(m, i, &reply);
        buf_add_string(to, "to: ");
        utf8_add_printable(to, span_of(envelope->rcpts[i].wire), " ");
        buf_addf(to, " (%s)%s%s\n", word_of(m->entry->state.marks[i]), reply.len ? " " : "",
                 buf_string(&reply));
    }
}

static void add_entry(const struct queue_message *m, struct buf *to)
{
    const struct entry *entry = m->entry;
    buf_addf(to, "id: %s\n", m->id.text);
    add_state(m, to);
    add_date(to, "created", queue_message_created(m));
    add_line(to, "account", entry->route.account);
    add_line(to, "config", entry->route.config);
    for (size_t i = 0; i < entry->route.sets.n; i++)
        add_line(to, "set", entry->route.sets.items[i]);
    add_line(to, "message-id", entry->message_id);
    buf_addf(to, "size: %" PRIu64 "\n", queue_message_size(m));
    buf_add_string(to, "from: ");
    queue_text_add_sender(to, entry->envelope.sender);
    buf_add_char(to, '\n');
    add_recipients(m, to);
    buf_add_char(to, '\n');
}

/* Line ends as they are in files here: the stored form has CRLF, and no other CR. */
static void drop_returns(char *octets, size_t *len)
{
    size_t kept = 0;
    for (size_t i = 0; i < *len; i++)
        if (octets[i] != '\r')
            octets[kept++] = octets[i];
    *len = kept;
}

static int copy_message(const struct queue_message *m, struct err *e)
{
    uint64_t at = m->entry->message_at, end = at + queue_message_size(m);
    BUF piece = { 0 };
    while (at < end) {
        buf_clear(&piece);
        size_t most = end - at < PIECE ? (size_t)(end - at) : PIECE;
        char *room = buf_room(&piece, most);
        ssize_t got = io_read_at(m->item.fd, room, most, at);
        if (got <= 0)
            return err_system(e, ERR_IO, got < 0 ? errno : EIO, "%s", m->id.text);
        size_t len = (size_t)got;
        at += len;
        drop_returns(room, &len);
        if (say_out((struct span){ room, len }, e) < 0)
            return -1;
    }
    return 0;
}

static int show(const struct queue_message *m, bool json, struct err *e)
{
    BUF text = { 0 };
    if (json)
        queue_json_add(m, &text);
    else if (m->entry)
        add_entry(m, &text);
    else
        return err_set(e, ERR_DATA, "%s", m->problem);
    if (say_out(buf_span(&text), e) < 0)
        return -1;
    return json ? 0 : copy_message(m, e);
}

int queue_show(struct queue *q, struct err *e)
{
    struct span word = span_of(q->options->operands.items[0]);
    struct queue_id id;
    enum folder folder;
    struct queue_message m;
    if (queue_find(q, word, &id, &folder, e) < 0 || queue_read_standings(q, e) < 0)
        return -1;
    if (!queue_message_load(q, folder, &id, &m))
        return err_set(e, ERR_DATA, "%s: is gone at this moment", id.text);
    int done = show(&m, q->options->json, e);
    queue_message_done(&m);
    return done;
}

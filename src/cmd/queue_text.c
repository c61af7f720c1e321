#include "cmd/queue_text.h"

#include "base/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <time.h>

/* Columns: name with its mark, size, date, address; a reason ends in column REASON. */
enum { NAME = QUEUE_ID_SIZE + 1, SIZE = 8, DATE = 19, REASON = 76 };
enum { ADDRESS_AT = NAME + 1 + SIZE + 1 + DATE + 1 };
static const char blanks[] = "                                                  "
                             "                          ";
static_assert(sizeof blanks > ADDRESS_AT && sizeof blanks > REASON, "blanks up to a column");

static const char head[] =
    "------Queue ID------ --Size-- ---Arrival Time---- --Sender/Recipient------\n";

/* Numbers and names of fixed width by hand: a long list is made of nothing else. */
static void add_two(struct buf *to, char zero, int n, char separator)
{
    char text[] = { n < 10 ? zero : (char)('0' + n / 10), (char)('0' + n % 10), separator };
    buf_add(to, text, sizeof text);
}

void queue_text_add_date(struct buf *to, int64_t when)
{
    static const char days[] = "Sun Mon Tue Wed Thu Fri Sat ";
    static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
    time_t t = (time_t)when;
    struct tm tm;
    if (!localtime_r(&t, &tm))
        tm = (struct tm){ .tm_mday = 1 };
    buf_add(to, days + tm.tm_wday * 4L, 4);
    buf_add(to, months + tm.tm_mon * 4L, 4);
    add_two(to, ' ', tm.tm_mday, ' ');
    add_two(to, '0', tm.tm_hour, ':');
    add_two(to, '0', tm.tm_min, ':');
    add_two(to, '0', tm.tm_sec, ' ');
    buf_truncate(to, to->len - 1);
}

void queue_text_add_sender(struct buf *to, const char *sender)
{
    utf8_add_printable(to, span_of(*sender ? sender : "MAILER-DAEMON"), " ");
}

static char mark_of(const struct queue_message *m)
{
    if (m->folder == FOLDER_FAILED)
        return '#';
    if (m->folder == FOLDER_HOLD)
        return '!';
    return m->busy ? '*' : ' ';
}

static void add_reason(struct buf *to, struct span reason)
{
    if (reason.len < REASON)
        buf_add_span(to, (struct span){ blanks, REASON - reason.len });
    buf_add_char(to, '(');
    buf_add_span(to, reason);
    buf_add_string(to, ")\n");
}

static void add_recipients(const struct queue_message *m, struct buf *to)
{
    BUF last = { 0 };
    for (size_t i = 0; i < m->entry->envelope.n_rcpts; i++) {
        if (!queue_message_concerns(m, i))
            continue;
        BUF reason = { 0 };
        queue_message_reason(m, i, &reason);
        if (reason.len && !span_eq(buf_span(&reason), buf_span(&last)))
            add_reason(to, buf_span(&reason));
        buf_clear(&last);
        buf_add_span(&last, buf_span(&reason));
        buf_add_span(to, (struct span){ blanks, ADDRESS_AT });
        utf8_add_printable(to, span_of(m->entry->envelope.rcpts[i].wire), " ");
        buf_add_char(to, '\n');
    }
}

void queue_text_add(struct queue_text *t, const struct queue_message *m, struct buf *to)
{
    if (!t->messages && !t->headless)
        buf_add_string(to, head);
    buf_add(to, m->id.text, QUEUE_ID_SIZE);
    buf_add(to, (char[]){ mark_of(m), ' ' }, 2);
    buf_add_number(to, queue_message_size(m), SIZE);
    buf_add_char(to, ' ');
    queue_text_add_date(to, queue_message_created(m));
    buf_add_char(to, ' ');
    if (m->entry) {
        queue_text_add_sender(to, m->entry->envelope.sender);
        buf_add_char(to, '\n');
        add_recipients(m, to);
    } else {
        BUF problem = { 0 };
        utf8_add_printable(&problem, span_of(m->problem), " ");
        buf_add_string(to, "?\n");
        add_reason(to, buf_span(&problem));
    }
    buf_add_char(to, '\n');
    t->messages++;
    t->octets += queue_message_size(m);
}

void queue_text_join(struct queue_text *t, const struct queue_text *second, struct buf *to)
{
    if (!t->messages && second->messages)
        buf_add_string(to, head);
    t->messages += second->messages;
    t->octets += second->octets;
}

void queue_text_end(const struct queue_text *t, struct buf *to)
{
    if (!t->messages) {
        buf_add_string(to, "Mail queue is empty\n");
        return;
    }
    buf_addf(to, "\t\tTotal requests: %zu\n", t->messages);
    buf_addf(to, "-- %" PRIu64 " Kbytes in %zu Request%s.\n", t->octets / 1024, t->messages,
             t->messages == 1 ? "" : "s");
}

#include "cmd/queue_json.h"

#include "base/json.h"

#include <time.h>

static void add_time(struct json *j, const char *key, int64_t when)
{
    char text[64] = "";
    time_t t = (time_t)when;
    struct tm tm;
    if (when && gmtime_r(&t, &tm) && !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        text[0] = '\0';
    json_string(j, key, span_of(text));
}

static const char *result_of(char mark)
{
    if (mark == MARK_DELIVERED)
        return "sent";
    return mark == MARK_FAILED || mark == MARK_REFUSED ? "failed" : "queued";
}

static void add_recipient(struct json *j, const struct queue_message *m, size_t i)
{
    const struct last_reply *reply = &m->replies[i];
    json_open(j, NULL, '{');
    json_string(j, "address", span_of(m->entry->envelope.rcpts[i].wire));
    json_string(j, "result", span_of(result_of(m->entry->state.marks[i])));
    json_string(j, "stage", span_of(reply->text ? stage_name(reply->stage) : ""));
    json_number(j, "code", reply->code);
    json_string(j, "enhanced", span_of(reply->enhanced));
    json_string(j, "text", span_of(reply->text));
    json_close(j, '}');
}

static void add_entry(struct json *j, const struct queue_message *m)
{
    const struct entry *entry = m->entry;
    json_string(j, "account", span_of(entry->route.account));
    json_string(j, "sender", span_of(entry->envelope.sender));
    json_number(j, "size", (int64_t)queue_message_size(m));
    add_time(j, "created", queue_message_created(m));
    add_time(j, "next_try", queue_message_next(m));
    json_number(j, "attempts", entry->state.attempts);
    json_bool(j, "ambiguous", state_is_ambiguous(&entry->state) && !m->busy);
    json_string(j, "message_id", span_of(entry->message_id));
    json_open(j, "recipients", '[');
    for (size_t i = 0; i < entry->envelope.n_rcpts; i++)
        add_recipient(j, m, i);
    json_close(j, ']');
}

void queue_json_add(const struct queue_message *m, struct buf *to)
{
    struct json j = { .out = to };
    json_open(&j, NULL, '{');
    json_string(&j, "queue_id", span_of(m->id.text));
    json_string(&j, "queue_name", span_of(queue_message_state(m)));
    if (m->entry) {
        add_entry(&j, m);
    } else {
        add_time(&j, "created", queue_message_created(m));
        json_string(&j, "error", span_of(m->problem));
    }
    json_close(&j, '}');
    buf_add_char(to, '\n');
}

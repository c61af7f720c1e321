/* The outcome for machines: --json and the log. */
#include "base/json.h"
#include "base/log.h"
#include "queue/outcome.h"

#include <string.h>
#include <time.h>

static struct span text_or_empty(const char *text)
{
    return text ? span_of(text) : SPAN("");
}

static struct span words_of(const struct err *err)
{
    return text_or_empty(err->reply ? err->reply : err->text);
}

static void add_recipient(struct json *j, const struct outcome *o, size_t i)
{
    json_open(j, NULL, '{');
    json_string(j, "address", span_of(o->envelope->rcpts[i].wire));
    if (o->delivery) {
        const struct verdict *v = &o->delivery->verdicts[i];
        json_string(j, "result", span_of(verdict_name(v->result)));
        json_string(j, "stage", span_of(stage_name(v->stage)));
        json_number(j, "code", v->err.code);
        json_string(j, "enhanced", span_of(v->err.enhanced));
        json_string(j, "text", words_of(&v->err));
    } else {
        json_string(j, "result", SPAN("failed"));
        json_string(j, "stage", SPAN(""));
        json_number(j, "code", 0);
        json_string(j, "enhanced", SPAN(""));
        json_string(j, "text", words_of(o->error));
    }
    json_close(j, '}');
}

static void add_outcome(struct json *j, const struct outcome *o)
{
    const struct err *error = outcome_error(o);
    const struct delivery *d = o->delivery;
    json_string(j, "result", span_of(outcome_result(o)));
    if (o->status >= 0)
        json_number(j, "exit", o->status);
    json_string(j, "account", text_or_empty(o->account ? o->account->name : NULL));
    json_string(j, "host", text_or_empty(d ? d->server : NULL));
    json_string(j, "queue_id", text_or_empty(o->queue_id));
    json_string(j, "message_id", text_or_empty(o->stored ? o->stored->message_id : NULL));
    json_open(j, "recipients", '[');
    for (size_t i = 0; o->envelope && i < o->envelope->n_rcpts; i++)
        add_recipient(j, o, i);
    json_close(j, ']');
    json_open(j, "error", '{');
    json_string(j, "kind", span_of(error ? err_kind_name(error->kind) : ""));
    json_string(j, "text", text_or_empty(error ? error->text : NULL));
    json_string(j, "hint", text_or_empty(error ? error->hint : NULL));
    json_close(j, '}');
}

void outcome_json(const struct outcome *o, struct buf *to)
{
    struct json j = { .out = to };
    json_open(&j, NULL, '{');
    add_outcome(&j, o);
    json_close(&j, '}');
    buf_add_char(to, '\n');
}

/* The log's further facts; names and order are the same in both formats. */
struct fact {
    const char *key;
    const char *text; /* NULL: the number counts */
    int64_t number;
};
enum { FACTS = 15 };

static void collect(const struct outcome *o, struct fact facts[static FACTS])
{
    static const struct delivery none;
    const struct delivery *d = o->delivery ? o->delivery : &none;
    const struct fact all[FACTS] = {
        { "sender", o->envelope ? o->envelope->sender : "", 0 },
        { "size", NULL, o->stored ? (int64_t)stored_size(o->stored) : 0 },
        { "address", d->address ? d->address : "", 0 },
        { "port", NULL, d->port },
        { "tls", d->tls_version ? d->tls_version : "", 0 },
        { "cipher", d->tls_cipher ? d->tls_cipher : "", 0 },
        { "mechanism", d->mech ? d->mech : "", 0 },
        { "reused", d->reused ? "yes" : "no", 0 },
        { "ms_password", NULL, d->secret_ms },
        { "ms_lookup", NULL, d->times.dial.lookup_ms },
        { "ms_connect", NULL, d->times.dial.connect_ms },
        { "ms_tls", NULL, d->times.tls_ms },
        { "ms_greeting", NULL, d->times.greeting_ms },
        { "ms_login", NULL, d->times.login_ms },
        { "ms_transfer", NULL, d->times.transfer_ms },
    };
    memcpy(facts, all, sizeof all);
}

static void add_time(struct buf *to)
{
    struct tm utc;
    time_t now = time(NULL);
    char text[sizeof "2026-01-01T00:00:00Z"];
    gmtime_r(&now, &utc);
    if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
        buf_add_string(to, text);
}

static void record_json(const struct outcome *o, struct buf *to)
{
    struct fact facts[FACTS];
    struct json j = { .out = to };
    BUF now = { 0 };
    add_time(&now);
    collect(o, facts);
    json_open(&j, NULL, '{');
    json_string(&j, "time", buf_span(&now));
    add_outcome(&j, o);
    for (size_t i = 0; i < FACTS; i++) {
        if (facts[i].text)
            json_string(&j, facts[i].key, span_of(facts[i].text));
        else
            json_number(&j, facts[i].key, facts[i].number);
    }
    if (o->submitter) {
        json_number(&j, "uid", o->uid);
        json_number(&j, "pid", o->pid);
    }
    json_close(&j, '}');
}

/* key=value, the value in quotes when it holds a blank or quote. */
static void add_pair(struct buf *to, const char *key, const char *value)
{
    if (!*value)
        return;
    bool quote = strpbrk(value, " \"=") != NULL;
    buf_addf(to, "%s%s=%s", to->len ? " " : "", key, quote ? "\"" : "");
    for (const char *at = value; *at; at++) {
        if (quote && (*at == '"' || *at == '\\'))
            buf_add_char(to, '\\');
        buf_add_char(to, *at);
    }
    if (quote)
        buf_add_char(to, '"');
}

static void add_text_recipient(struct buf *to, const struct outcome *o, size_t i)
{
    BUF value = { 0 };
    buf_add_string(&value, o->envelope->rcpts[i].wire);
    if (o->delivery) {
        const struct verdict *v = &o->delivery->verdicts[i];
        buf_addf(&value, " %s: %s", verdict_name(v->result), v->err.text ? v->err.text : "");
    }
    add_pair(to, "recipient", buf_string(&value));
}

static void record_text(const struct outcome *o, struct buf *to)
{
    struct fact facts[FACTS];
    const struct err *error = outcome_error(o);
    BUF status = { 0 };
    collect(o, facts);
    buf_addf(&status, "%d", o->status);
    add_pair(to, "result", outcome_result(o));
    add_pair(to, "exit", o->status >= 0 ? buf_string(&status) : "");
    add_pair(to, "account", o->account ? o->account->name : "");
    add_pair(to, "host", o->delivery && o->delivery->server ? o->delivery->server : "");
    add_pair(to, "queue_id", o->queue_id ? o->queue_id : "");
    add_pair(to, "message_id", o->stored && o->stored->message_id ? o->stored->message_id : "");
    for (size_t i = 0; o->envelope && i < o->envelope->n_rcpts; i++)
        add_text_recipient(to, o, i);
    if (error)
        add_pair(to, "error", error->text);
    for (size_t i = 0; i < FACTS; i++) {
        if (facts[i].text)
            add_pair(to, facts[i].key, facts[i].text);
        else
            buf_addf(to, " %s=%lld", facts[i].key, (long long)facts[i].number);
    }
    if (o->submitter)
        buf_addf(to, " uid=%lu pid=%ld", (unsigned long)o->uid, (long)o->pid);
}

void outcome_record(const struct outcome *o, bool json, struct buf *to)
{
    if (json) {
        record_json(o, to);
        return;
    }
    BUF line = { 0 };
    record_text(o, &line);
    buf_add_span(to, buf_span(&line));
}

void outcome_log(const struct outcome *o, const struct config *config)
{
    BUF line = { 0 };
    config_start_log(config, o->name);
    outcome_record(o, config->log.json, &line);
    log_write(o->status ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, buf_span(&line));
}

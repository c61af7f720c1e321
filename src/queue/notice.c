#include "queue/notice.h"

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"

#include <time.h>
#include <unistd.h>

/* One write, so that the lines of several workers do not mix. */
static void print(const struct notice *n, const char *words)
{
    BUF line = { 0 };
    buf_addf(&line, "%s: ", n->name);
    utf8_add_printable(&line, span_of(words), " ");
    buf_add_char(&line, '\n');
    if (io_write(STDERR_FILENO, line.at, line.len) < 0)
        return; /* nowhere is left to complain to */
}

static void record(const struct notice *n, enum log_level level, const char *words)
{
    BUF line = { 0 };
    if (!n->json) {
        log_write(level, span_of(words));
        return;
    }
    struct json j = { .out = &line };
    char text[sizeof "2026-01-01T00:00:00Z"] = "";
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_open(&j, NULL, '{');
    json_string(&j, "time", span_of(text));
    json_string(&j, "note", span_of(words));
    json_close(&j, '}');
    log_write(level, buf_span(&line));
}

void notice_tell(const struct notice *n, const char *hint, const char *format, ...)
{
    BUF words = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    record(n, LOG_LEVEL_ERROR, buf_string(&words));
    if (!log_was_heard_at(STDERR_FILENO))
        print(n, buf_string(&words));
    if (!hint)
        return;
    buf_clear(&words);
    buf_addf(&words, "hint: %s", hint);
    print(n, buf_string(&words));
}

void notice_note(const struct notice *n, const char *format, ...)
{
    BUF words = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    if (n->verbose)
        print(n, buf_string(&words));
    record(n, LOG_LEVEL_WARNING, buf_string(&words));
}

void notice_show(const struct notice *n, const char *format, ...)
{
    BUF words = { 0 };
    va_list args;
    if (!n->verbose)
        return;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    print(n, buf_string(&words));
}

void notice_outcome(const struct notice *n, const struct outcome *o)
{
    BUF line = { 0 };
    bool sent = outcome_count(o, VERDICT_SENT) == (o->delivery ? o->delivery->n : 0);
    outcome_record(o, n->json, &line);
    log_write(sent ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, buf_span(&line));
}

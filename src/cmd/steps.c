#include "cmd/steps.h"

#include "base/utf8.h"
#include "cmd/say.h"

#include <unistd.h>

enum mark { MARK_PASS, MARK_NOTE, MARK_FAIL };

void steps_init(struct steps *s, const char *name, bool as_json)
{
    *s = (struct steps){ .name = name, .as_json = as_json };
    s->colour = !as_json && isatty(STDOUT_FILENO);
    s->json.out = &s->text;
    s->start = clock_ms();
    if (!as_json)
        return;
    json_open(&s->json, NULL, '{');
    json_open(&s->json, "steps", '[');
}

void steps_done(struct steps *s)
{
    buf_done(&s->text);
}

void steps_begin(struct steps *s)
{
    s->start = clock_ms();
}

static void show_line(const struct steps *s, enum mark mark, const char *step, struct span words)
{
    static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };
    static const char *const marks[] = { "ok  ", "note", "FAIL" };
    ERR ignored = { 0 };
    BUF line = { 0 };
    buf_addf(&line, "%s%s%s  %-11s  ", s->colour ? colours[mark] : "", marks[mark],
             s->colour ? "\033[0m" : "", step);
    utf8_add_printable(&line, words, " ");
    if (mark != MARK_NOTE)
        buf_addf(&line, "  [%lld ms]", (long long)(clock_ms() - s->start));
    buf_add_char(&line, '\n');
    if (say_out(buf_span(&line), &ignored) < 0)
        return; /* the exit status still tells */
}

static void add(struct steps *s, enum mark mark, const char *step, struct span words)
{
    static const char *const results[] = { "ok", "note", "failed" };
    if (!s->as_json) {
        show_line(s, mark, step, words);
    } else {
        json_open(&s->json, NULL, '{');
        json_string(&s->json, "step", span_of(step));
        json_string(&s->json, "result", span_of(results[mark]));
        json_string(&s->json, "text", words);
        json_number(&s->json, "ms", clock_ms() - s->start);
        json_close(&s->json, '}');
    }
    steps_begin(s);
}

void steps_pass(struct steps *s, const char *step, const char *format, ...)
{
    BUF words = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    add(s, MARK_PASS, step, buf_span(&words));
}

void steps_note(struct steps *s, const char *step, const char *format, ...)
{
    BUF words = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    add(s, MARK_NOTE, step, buf_span(&words));
}

void steps_fail(struct steps *s, const char *step, const struct err *e)
{
    add(s, MARK_FAIL, step, span_of(e->text ? e->text : err_kind_name(e->kind)));
}

static void conclude_json(struct steps *s, const struct err *e, int status)
{
    ERR ignored = { 0 };
    json_close(&s->json, ']');
    json_string(&s->json, "result", e ? SPAN("failed") : SPAN("ok"));
    json_number(&s->json, "exit", status);
    json_open(&s->json, "error", '{');
    json_string(&s->json, "kind", span_of(e ? err_kind_name(e->kind) : ""));
    json_string(&s->json, "text", span_of(e ? e->text : ""));
    json_string(&s->json, "hint", span_of(e && e->hint ? e->hint : ""));
    json_close(&s->json, '}');
    json_close(&s->json, '}');
    buf_add_char(&s->text, '\n');
    if (say_out(buf_span(&s->text), &ignored) < 0)
        return;
}

void steps_conclude(struct steps *s, const char *good, const struct err *e, int status)
{
    ERR ignored = { 0 };
    BUF line = { 0 };
    if (s->as_json) {
        conclude_json(s, e, status);
        return;
    }
    if (e) {
        say_error(s->name, e);
        return;
    }
    buf_addf(&line, "\n%s\n", good);
    if (say_out(buf_span(&line), &ignored) < 0)
        return;
}

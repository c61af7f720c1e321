#include "cmd/steps.h"

#include "base/utf8.h"
#include "cmd/say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *word;
    const char *colour;
    const char *result; /* in JSON */
    bool timed;
} marks[] = {
    [STEPS_PASS] = { "ok  ", "\033[32m", "ok", true },
    [STEPS_FACT] = { "    ", "", "fact", false },
    [STEPS_NOTE] = { "note", "\033[36m", "note", false },
    [STEPS_WARN] = { "WARN", "\033[33m", "warning", false },
    [STEPS_FAIL] = { "FAIL", "\033[31m", "failed", true },
};

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

void steps_init(struct steps *s, const char *name, bool as_json)
{
    *s = (struct steps){ .name = name, .as_json = as_json };
    s->colour = !as_json && wants_colour();
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

/* A stdout that takes nothing stops no test: the exit status still tells. */
static void print(struct span line)
{
    ERR ignored = { 0 };
    if (say_out(line, &ignored) < 0)
        return;
}

static void show_line(const struct steps *s, enum steps_mark mark, const char *step,
                      struct span words)
{
    BUF line = { 0 };
    bool colour = s->colour && *marks[mark].colour;
    buf_addf(&line, "%s%s%s  %-11s  ", colour ? marks[mark].colour : "", marks[mark].word,
             colour ? "\033[0m" : "", step);
    utf8_add_printable(&line, words, " ");
    if (marks[mark].timed)
        buf_addf(&line, "  [%lld ms]", (long long)(clock_ms() - s->start));
    buf_add_char(&line, '\n');
    print(buf_span(&line));
}

static void add(struct steps *s, enum steps_mark mark, const char *step, struct span words)
{
    if (!s->as_json) {
        show_line(s, mark, step, words);
    } else {
        json_open(&s->json, NULL, '{');
        json_string(&s->json, "step", span_of(step));
        json_string(&s->json, "result", span_of(marks[mark].result));
        json_string(&s->json, "text", words);
        json_number(&s->json, "ms", clock_ms() - s->start);
        json_close(&s->json, '}');
    }
    s->warnings += mark == STEPS_WARN;
    steps_begin(s);
}

void steps_add(struct steps *s, enum steps_mark mark, const char *step, const char *format, ...)
{
    BUF words = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&words, format, args);
    va_end(args);
    add(s, mark, step, buf_span(&words));
}

/* The end. */

static void conclude_json(struct steps *s, const struct steps_end *end)
{
    const struct err *e = end->error;
    struct json *j = &s->json;
    json_close(j, ']');
    json_string(j, "result", e ? SPAN("failed") : SPAN("ok"));
    json_number(j, "exit", end->status);
    json_string(j, "account", span_of(end->account));
    json_string(j, "host", span_of(end->server));
    json_number(j, "warnings", s->warnings);
    json_open(j, "error", '{');
    json_string(j, "kind", span_of(e ? err_kind_name(e->kind) : ""));
    json_string(j, "text", span_of(e ? e->text : ""));
    json_string(j, "hint", span_of(e && e->hint ? e->hint : ""));
    json_close(j, '}');
    json_close(j, '}');
    buf_add_char(&s->text, '\n');
    print(buf_span(&s->text));
}

static void conclude_good(const struct steps *s, const char *rest)
{
    BUF line = { 0 };
    buf_add_string(&line, "\nAll is well");
    if (s->warnings)
        buf_addf(&line, ", but see the %s above", s->warnings == 1 ? "warning" : "warnings");
    buf_addf(&line, ". %s\n", rest);
    print(buf_span(&line));
}

static void conclude_bad(const struct steps *s, const struct steps_end *end)
{
    const struct err *e = end->error;
    say(s->name, "%s%s%s%s", end->whom, *end->whom ? ": " : "", e->text, end->place);
    if (e->hint)
        say(s->name, "hint: %s", e->hint);
    if (*end->rest)
        say(s->name, "%s", end->rest);
}

void steps_conclude(struct steps *s, const struct steps_end *end)
{
    if (end->error)
        conclude_bad(s, end);
    if (s->as_json)
        conclude_json(s, end);
    else if (!end->error)
        conclude_good(s, end->rest);
}

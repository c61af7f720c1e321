#include "queue/state.h"

#include <string.h>

/* Where the parts of the line stand, and how many digits the numbers have. */
enum {
    AT_SENDING = STATE_SENDING_AT,
    AT_WARNED = 8,
    AT_AMBIGUOUS = 10,
    AT_ATTEMPTS = 12,
    AT_TRIED = 18,
    AT_LAST = 29,
    AT_NEXT = 43,
    AT_MARKS = STATE_MARKS_AT,
    ATTEMPTS_DIGITS = 5,
    TRIED_DIGITS = 10,
    TIME_DIGITS = 13,
};

void state_init(struct arena *a, size_t n, struct state *ret)
{
    char *marks = arena_new(a, n + 1, 1);
    memset(marks, MARK_TODO, n);
    *ret = (struct state){ .marks = marks, .n = n };
}

static void put_number(char *to, size_t digits, int64_t value)
{
    for (size_t i = digits; i > 0; i--, value /= 10)
        to[i - 1] = (char)('0' + (value > 0 ? value % 10 : 0));
    if (value > 0) /* too large for its place */
        memset(to, '9', digits);
}

void state_print(const struct state *s, struct buf *to)
{
    char line[AT_MARKS];
    memset(line, ' ', sizeof line);
    memcpy(line, "state", 5);
    line[AT_SENDING] = s->sending ? STATE_SENDING : '-';
    line[AT_WARNED] = s->warned ? 'w' : '-';
    put_number(line + AT_AMBIGUOUS, 1, s->ambiguous);
    put_number(line + AT_ATTEMPTS, ATTEMPTS_DIGITS, s->attempts);
    put_number(line + AT_TRIED, TRIED_DIGITS, s->tried_s);
    put_number(line + AT_LAST, TIME_DIGITS, s->last_s);
    put_number(line + AT_NEXT, TIME_DIGITS, s->next_s);
    buf_add(to, line, sizeof line);
    buf_add(to, s->marks, s->n);
    buf_add_char(to, '\n');
}

static bool get_number(const char *at, size_t digits, int64_t *ret)
{
    uint64_t value = 0;
    if (span_number((struct span){ at, digits }, INT64_MAX, &value) < 0)
        return false;
    *ret = (int64_t)value;
    return true;
}

static bool get_flag(char c, char set, bool *ret)
{
    *ret = c == set;
    return c == set || c == '-';
}

static bool has_blanks(const char *line)
{
    static const unsigned char blanks[] = { 5,           7,           9,           11, AT_TRIED - 1,
                                            AT_LAST - 1, AT_NEXT - 1, AT_MARKS - 1 };
    for (size_t i = 0; i < sizeof blanks; i++)
        if (line[blanks[i]] != ' ')
            return false;
    return memcmp(line, "state", 5) == 0;
}

static bool is_mark(char c)
{
    return c == MARK_TODO || c == MARK_DELIVERED || c == MARK_FAILED || c == MARK_REFUSED;
}

static bool are_marks(struct span marks)
{
    for (size_t i = 0; i < marks.len; i++)
        if (!is_mark(marks.at[i]))
            return false;
    return true;
}

static bool parse_numbers(const char *line, struct state *s)
{
    int64_t ambiguous = 0;
    int64_t attempts = 0;
    if (!get_number(line + AT_AMBIGUOUS, 1, &ambiguous) ||
        !get_number(line + AT_ATTEMPTS, ATTEMPTS_DIGITS, &attempts))
        return false;
    s->ambiguous = (unsigned)ambiguous;
    s->attempts = (unsigned)attempts;
    return get_number(line + AT_TRIED, TRIED_DIGITS, &s->tried_s) &&
           get_number(line + AT_LAST, TIME_DIGITS, &s->last_s) &&
           get_number(line + AT_NEXT, TIME_DIGITS, &s->next_s);
}

int state_parse(struct arena *a, struct span line, struct state *ret, struct err *e)
{
    struct state s = { 0 };
    struct span marks = span_from(line, AT_MARKS);
    if (line.len < AT_MARKS || !has_blanks(line.at) || !are_marks(marks) ||
        !get_flag(line.at[AT_SENDING], STATE_SENDING, &s.sending) ||
        !get_flag(line.at[AT_WARNED], 'w', &s.warned) || !parse_numbers(line.at, &s))
        return err_set(e, ERR_DATA, "its state line makes no sense");
    s.marks = arena_string(a, marks);
    s.n = marks.len;
    *ret = s;
    return 0;
}

size_t state_count(const struct state *s, enum mark mark)
{
    size_t count = 0;
    for (size_t i = 0; i < s->n; i++)
        count += s->marks[i] == (char)mark;
    return count;
}

bool state_is_ambiguous(const struct state *s)
{
    return s->sending || s->ambiguous;
}

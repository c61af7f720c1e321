#include "cmd/answer.h"

#include <string.h>

/* Kinds without a reply. */
static const struct {
    int code;
    const char *enhanced;
} of_kind[] = {
    [ERR_NONE] = { 250, "2.0.0" },        [ERR_USAGE] = { 501, "5.5.4" },
    [ERR_DATA] = { 554, "5.6.0" },        [ERR_INPUT] = { 451, "4.3.0" },
    [ERR_NOUSER] = { 550, "5.1.1" },      [ERR_NOHOST] = { 451, "4.4.4" },
    [ERR_UNAVAILABLE] = { 554, "5.3.3" }, [ERR_CERTIFICATE] = { 554, "5.7.5" },
    [ERR_INTERNAL] = { 451, "4.3.0" },    [ERR_SYSTEM] = { 451, "4.3.0" },
    [ERR_SYSFILE] = { 451, "4.3.5" },     [ERR_CREATE] = { 451, "4.3.1" },
    [ERR_IO] = { 451, "4.3.0" },          [ERR_LOOKUP] = { 451, "4.4.3" },
    [ERR_CONNECT] = { 451, "4.4.1" },     [ERR_TIMEOUT] = { 451, "4.4.2" },
    [ERR_CLOSED] = { 451, "4.4.2" },      [ERR_TEMPORARY] = { 451, "4.3.0" },
    [ERR_AMBIGUOUS] = { 451, "4.4.2" },   [ERR_PROTOCOL] = { 554, "5.5.0" },
    [ERR_TLS] = { 554, "5.7.5" },         [ERR_AUTH] = { 554, "5.7.8" },
    [ERR_PERMISSION] = { 451, "4.3.5" },  [ERR_CONFIG] = { 451, "4.3.5" },
    [ERR_LIBRARY] = { 451, "4.3.5" },
};

void answer_done(struct answer *a)
{
    buf_done(&a->words);
    *a = (struct answer){ 0 };
}

static void set(struct answer *a, int code, const char *enhanced, const char *words)
{
    answer_done(a);
    a->code = code;
    memccpy(a->enhanced, enhanced, '\0', sizeof a->enhanced - 1);
    buf_add_string(&a->words, words);
}

/* An address that cannot be used is the fault of that command's argument. */
static void of_local(enum stage stage, const struct err *err, struct answer *ret)
{
    const char *words = err->text ? err->text : "OK";
    if (err->kind == ERR_DATA && stage == STAGE_MAIL)
        set(ret, 501, "5.1.7", words);
    else if (err->kind == ERR_DATA && stage == STAGE_RCPT)
        set(ret, 501, "5.1.3", words);
    else
        set(ret, of_kind[err->kind].code, of_kind[err->kind].enhanced, words);
    if (err->kind == ERR_AMBIGUOUS)
        buf_add_string(&ret->words, "; it may have been delivered");
}

void answer_of_error(enum stage stage, const struct err *err, struct answer *ret)
{
    if (err->kind != ERR_REPLY)
        of_local(stage, err, ret);
    else if (stage < STAGE_MAIL) /* the smarthost does not speak of the message, but of us */
        set(ret, err_is_temporary(err) ? 451 : 554, err->enhanced, err->text);
    else
        set(ret, err->code == 421 ? 451 : err->code, err->enhanced, err->reply ? err->reply : "");
}

int answer_refuse(int code, const char *enhanced, const char *words, struct err *e)
{
    err_set(e, ERR_REPLY, "%d %s %s", code, enhanced, words);
    e->code = code;
    memccpy(e->enhanced, enhanced, '\0', sizeof e->enhanced - 1);
    e->reply = mem_copy(words, strlen(words));
    return -1;
}

static const struct verdict *last_sent(const struct verdict *verdicts, size_t n)
{
    while (n > 0 && verdicts[n - 1].result != VERDICT_SENT)
        n--;
    return n ? &verdicts[n - 1] : NULL;
}

static void add_counts(const struct verdict *verdicts, const bool *told, size_t n, struct buf *to)
{
    size_t sent = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        sent += verdicts[i].result == VERDICT_SENT;
        all += !told[i];
    }
    if (sent)
        buf_addf(to, "\nsent to %zu of %zu recipients", sent, all);
}

void answer_of_verdicts(const struct verdict *verdicts, const bool *told, size_t n,
                        struct answer *ret)
{
    static const struct verdict nothing = { .stage = STAGE_END };
    const struct verdict *worst = verdict_worst(verdicts, told, n);
    const struct verdict *good = last_sent(verdicts, n);
    if (worst) {
        answer_of_error(worst->stage == STAGE_RCPT ? STAGE_END : worst->stage, &worst->err, ret);
        add_counts(verdicts, told, n, &ret->words);
    } else {
        answer_of_error(STAGE_END, good ? &good->err : &nothing.err, ret);
    }
}

#include "auth/helper.h"

#include "base/child.h"
#include "base/words.h"

#include <sysexits.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 * 1024, PREFIX_WORDS = 2 };

/* env(1) sets the variable: what is ours in the environment is not handed on. */
static char *const *helper_argv(const struct helper *helper, struct arena *a,
                                const struct strlist *words)
{
    char **argv = arena_new(a, PREFIX_WORDS + words->n + 1, sizeof *argv);
    size_t n = 0;
    if (helper->variable) {
        argv[n++] = arena_string(a, SPAN("env"));
        argv[n++] = arena_string(a, span_of(helper->variable));
    }
    for (size_t i = 0; i < words->n; i++)
        argv[n++] = arena_string(a, span_of(words->items[i]));
    return argv;
}

static int helper_failed(const struct helper *helper, const struct child_result *result,
                         struct err *e)
{
    if (!result->exited)
        return err_set(e, ERR_CONFIG, "%s: killed by signal %d", helper->key, result->status);
    if (result->status == EX_TEMPFAIL)
        return err_set(e, ERR_TEMPORARY, "%s: exit status 75, temporary failure", helper->key);
    err_set(e, ERR_CONFIG, "%s: exit status %d", helper->key, result->status);
    err_hint(e, "it runs as uid %ld without a shell, a terminal or input; try it that way",
             (long)getuid());
    return -1;
}

static int helper_start(const struct helper *helper, struct deadline deadline, struct arena *a,
                        struct buf *out, struct err *e)
{
    struct strlist words = { 0 };
    struct child_result result = { 0 };
    if (words_split(a, span_of(helper->command), helper->home, &words, e) < 0 ||
        child_run(helper_argv(helper, a, &words), deadline, out, &result, e) < 0) {
        if (e->kind == ERR_DATA)
            e->kind = ERR_CONFIG;
        err_context(e, "%s", helper->key);
        if (e->kind == ERR_TIMEOUT)
            err_hint(e, "it runs without a terminal or input; does it wait for somebody?");
        return -1;
    }
    return result.exited && result.status == 0 ? 0 : helper_failed(helper, &result, e);
}

int helper_run(const struct helper *helper, struct deadline deadline, struct arena *a,
               struct buf *ret, struct err *e)
{
    BUF out = { .secret = true, .limit = OUTPUT_MAX };
    if (helper_start(helper, deadline, a, &out, e) < 0)
        return -1;
    ret->secret = true;
    buf_add_span(ret, span_line(buf_span(&out)));
    return 0;
}

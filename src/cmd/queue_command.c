#include "cmd/queue_command.h"

#include "cmd/options.h"
#include "config/option.h"

/* A command's word, how many operands it takes, and whether it says what it says in JSON too. */
static const struct {
    const char *word;
    size_t least, most;
    const char *operands;
    bool json;
} commands[] = {
    [QUEUE_LIST] = { "list", 0, 0, "", true },
    [QUEUE_SHOW] = { "show", 1, 1, " ID", true },
    [QUEUE_RUN] = { "run", 0, 0, "", false },
    [QUEUE_HOLD] = { "hold", 1, SIZE_MAX, " ID...", false },
    [QUEUE_RELEASE] = { "release", 1, SIZE_MAX, " ID...", false },
    [QUEUE_REMOVE] = { "remove", 1, SIZE_MAX, " ID...", false },
    [QUEUE_COUNT] = { "count", 0, 0, "", false },
    [QUEUE_CHECK] = { "check", 0, 0, "", false },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int unknown(struct span word, struct err *e)
{
    const char *words[COMMANDS + 1] = { NULL };
    for (size_t i = 0; i < COMMANDS; i++)
        words[i] = commands[i].word;
    const char *nearest = option_nearest_word(word, words);
    err_set(e, ERR_USAGE, "unknown command \"queue %.*s\"", SPAN_ARGS(word));
    if (nearest)
        err_hint(e, "did you mean %s?", nearest);
    else
        err_hint(e, "write list, show, run, hold, release, remove, count or check");
    return -1;
}

int queue_command_parse(struct span word, enum queue_command *ret, struct err *e)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (span_is(word, commands[i].word)) {
            *ret = (enum queue_command)i;
            return 0;
        }
    }
    return unknown(word, e);
}

int queue_command_check(const struct options *o, struct err *e)
{
    enum queue_command c = o->queue_command;
    size_t n = o->operands.n;
    if (n < commands[c].least || n > commands[c].most)
        return err_set(e, ERR_USAGE, "usage: %s queue %s%s", o->name, commands[c].word,
                       commands[c].operands);
    if (o->json && !commands[c].json)
        return err_set(e, ERR_USAGE, "--json goes with queue list and queue show");
    if (o->run != RUNNER_ALL && c != QUEUE_RUN)
        return err_set(e, ERR_USAGE, "--due and --watch go with queue run");
    if ((o->warning >= 0 || o->critical >= 0) && c != QUEUE_CHECK)
        return err_set(e, ERR_USAGE, "--warning and --critical go with queue check");
    return 0;
}

/* The front door: put the process in order, see which door it is, do the task. */
#include "base/ident.h"
#include "base/io.h"
#include "base/sig.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/say.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* A core dump would hold passwords, and so would what GnuTLS writes for a debugger. */
static void keep_secrets(void)
{
    unsetenv("SSLKEYLOGFILE");
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

static int unbuilt(const struct options *o, const char *what)
{
    ERR e = { 0 };
    err_set(&e, ERR_USAGE, "%s: this version does not have it yet", what);
    err_hint(&e, "postbag help config shows how to write an account by hand");
    say_error(o->name, &e);
    return exit_of_error(&exit_default, &e, STAGE_NONE);
}

static int dispatch(const struct options *o)
{
    switch (o->task) {
    case TASK_SEND: return cmd_send(o);
    case TASK_CHECK: return cmd_check(o);
    case TASK_TEST: return cmd_test(o);
    case TASK_HELP: return cmd_help(o);
    case TASK_VERSION: return cmd_version(o);
    case TASK_QUEUE: return cmd_queue(o);
    case TASK_NOTHING: return 0;
    case TASK_ALIASES: return cmd_aliases(o);
    case TASK_VERIFY: return cmd_verify(o);
    case TASK_SMTP: return cmd_smtp(o);
    case TASK_SERVE: return cmd_serve(o);
    case TASK_UNBUILT: return unbuilt(o, o->command);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    ERR e = { 0 };
    ARENA arena = { 0 };
    struct options options;
    io_sanitize();
    sig_start();
    ident_drop_privileges();
    keep_secrets();
    umask(077);
    if (options_parse(&arena, argc, argv, &options, &e) < 0) {
        say_error(options.name, &e);
        return exit_of_error(&exit_default, &e, STAGE_NONE);
    }
    return dispatch(&options);
}

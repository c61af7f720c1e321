/* The command line: both doors' options by one table. Pure. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "cmd/queue_command.h"
#include "config/account.h"
#include "queue/runner.h"

enum door { DOOR_POSTBAG = 1, DOOR_SENDMAIL = 2 };

/* What is to be done. The first word of postbag's door, -bX, -q, and the names mailq and
 * newaliases choose it. */
enum task {
    TASK_SEND,
    TASK_CHECK,
    TASK_TEST,
    TASK_HELP,
    TASK_VERSION,
    TASK_QUEUE,   /* queue_command says what */
    TASK_ALIASES, /* -bi */
    TASK_VERIFY,  /* -bv */
    TASK_SMTP,    /* -bs */
    TASK_SERVE,
    TASK_NOTHING, /* -bh, -bH: nothing to do, exit 0 */
    TASK_UNBUILT, /* a subcommand that this version does not have */
};

struct options {
    enum door door;
    const char *name; /* basename(argv[0]): the prefix of every line on stderr */
    enum task task;
    const char *command; /* the first word, if it is a subcommand */

    const char *config;  /* -C */
    const char *account; /* -a */
    struct strlist sets; /* --set */
    const char *file;    /* --file, NULL or "-" for stdin */
    const char *sender;  /* -f */
    const char *full_name;
    bool from_header; /* -t */
    bool ignore_dots; /* -i */
    bool allow_empty;
    bool dry_run;
    bool json;
    bool queue; /* never both of these */
    bool no_queue;
    bool no_alias;  /* -n */
    int verbose;    /* -v, -vv */
    int exit_style; /* enum exit_style, or -1 if not given */
    const char *dsn_notify;
    const char *dsn_return;
    const char *envid;
    enum queue_command queue_command;
    enum runner_mode run;      /* of QUEUE_RUN */
    int64_t warning, critical; /* of QUEUE_CHECK; -1: not given */
    struct strlist operands;   /* recipients, or the words behind a subcommand */
};

/* Never looks at anything but its arguments. -1 with ERR_USAGE; ret->name is set even then. */
int options_parse(struct arena *a, int argc, char *const argv[], struct options *ret,
                  struct err *e) MUST_USE;

/* Appends the lines of --help that describe a door's options, or those behind `postbag queue`. */
void options_describe(enum door door, struct buf *to);
void options_describe_queue(struct buf *to);

#endif

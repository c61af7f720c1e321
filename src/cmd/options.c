#include "cmd/options.h"

#include "config/option.h"

#include <string.h>

enum argument {
    ARG_NONE,
    ARG_REQUIRED, /* attached or the next word */
    ARG_ATTACHED, /* only what is attached, possibly nothing */
};

/* A place beside the doors: behind `postbag queue`. */
enum { BEHIND_QUEUE = 4 };

struct row {
    char letter;      /* 0 for none */
    const char *name; /* of the long option, postbag's door only; NULL for none */
    enum argument argument;
    unsigned places; /* enum door, BEHIND_QUEUE */
    int (*take)(struct arena *a, const struct row *row, const char *value, struct options *o,
                struct err *e);
    size_t offset;
    const char *metavar;
    const char *help; /* NULL: accepted, not worth a line */
};

static void *field(const struct row *row, struct options *o)
{
    return (char *)o + row->offset;
}

static int take_flag(struct arena *a, const struct row *row, const char *value, struct options *o,
                     struct err *e)
{
    (void)a, (void)value, (void)e;
    *(bool *)field(row, o) = true;
    return 0;
}

static int take_string(struct arena *a, const struct row *row, const char *value, struct options *o,
                       struct err *e)
{
    (void)a, (void)e;
    *(const char **)field(row, o) = value;
    return 0;
}

static int take_list(struct arena *a, const struct row *row, const char *value, struct options *o,
                     struct err *e)
{
    (void)e;
    strlist_add(a, field(row, o), value);
    return 0;
}

static int take_nothing(struct arena *a, const struct row *row, const char *value,
                        struct options *o, struct err *e)
{
    (void)a, (void)row, (void)value, (void)o, (void)e;
    return 0;
}

static int take_verbose(struct arena *a, const struct row *row, const char *value,
                        struct options *o, struct err *e)
{
    (void)a, (void)row, (void)value, (void)e;
    o->verbose++;
    return 0;
}

static int take_help(struct arena *a, const struct row *row, const char *value, struct options *o,
                     struct err *e)
{
    (void)a, (void)row, (void)value, (void)e;
    o->task = TASK_HELP;
    return 0;
}

static int take_version(struct arena *a, const struct row *row, const char *value,
                        struct options *o, struct err *e)
{
    (void)a, (void)row, (void)value, (void)e;
    o->task = TASK_VERSION;
    return 0;
}

/* -bX */
static int take_mode(struct arena *a, const struct row *row, const char *value, struct options *o,
                     struct err *e)
{
    static const struct {
        const char *word;
        enum task task;
    } modes[] = {
        { "m", TASK_SEND }, { "p", TASK_QUEUE },   { "i", TASK_ALIASES }, { "v", TASK_VERIFY },
        { "s", TASK_SMTP }, { "h", TASK_NOTHING }, { "H", TASK_NOTHING },
    };
    (void)a, (void)row;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(value, modes[i].word) == 0) {
            o->task = modes[i].task;
            return 0;
        }
    }
    return err_set(e, ERR_USAGE, "-b%s is not supported: this is no mail daemon", value);
}

/* -q, and what sendmail's callers put behind it: an interval asks for a daemon, and gets one look
 * at what is due; a choice of messages gets all of them. */
static int take_queue_run(struct arena *a, const struct row *row, const char *value,
                          struct options *o, struct err *e)
{
    (void)a, (void)row, (void)e;
    o->task = TASK_QUEUE;
    o->queue_command = QUEUE_RUN;
    o->run = ascii_is_digit(value[*value == 'p']) ? RUNNER_DUE : RUNNER_ALL;
    return 0;
}

static int take_due(struct arena *a, const struct row *row, const char *value, struct options *o,
                    struct err *e)
{
    (void)a, (void)row, (void)value, (void)e;
    o->run = RUNNER_DUE;
    return 0;
}

static int take_watch(struct arena *a, const struct row *row, const char *value, struct options *o,
                      struct err *e)
{
    (void)a, (void)row, (void)value, (void)e;
    o->run = RUNNER_WATCH;
    return 0;
}

static int take_number(struct arena *a, const struct row *row, const char *value, struct options *o,
                       struct err *e)
{
    (void)a;
    uint64_t number;
    if (span_number(span_of(value), INT64_MAX, &number) < 0)
        return err_set(e, ERR_USAGE, "--%s=%s: write a number", row->name, value);
    *(int64_t *)field(row, o) = (int64_t)number;
    return 0;
}

/* -oX: sendmail's options of one letter and more. All but these change nothing here. */
static int take_o(struct arena *a, const struct row *row, const char *value, struct options *o,
                  struct err *e)
{
    (void)a, (void)row, (void)e;
    if (value[0] == 'i')
        o->ignore_dots = true;
    else if (strcmp(value, "dq") == 0)
        o->queue = true;
    return 0;
}

static int take_exit_style(struct arena *a, const struct row *row, const char *value,
                           struct options *o, struct err *e)
{
    (void)a, (void)row;
    if (strcmp(value, "sysexits") == 0)
        o->exit_style = EXIT_STYLE_SYSEXITS;
    else if (strcmp(value, "reply") == 0)
        o->exit_style = EXIT_STYLE_REPLY;
    else
        return err_set(e, ERR_USAGE, "--exit-status=%s: write sysexits or reply", value);
    return 0;
}

#define BOTH     (DOOR_POSTBAG | DOOR_SENDMAIL)
#define IN(name) offsetof(struct options, name)

static const struct row rows[] = {
    { 'C', "config", ARG_REQUIRED, BOTH, take_string, IN(config), "FILE",
      "read this configuration in place of the usual files" },
    { 'a', "account", ARG_REQUIRED, BOTH, take_string, IN(account), "NAME", "use this account" },
    { 0, "set", ARG_REQUIRED, DOOR_POSTBAG, take_list, IN(sets), "KEY=VALUE",
      "set any key of the account (repeatable)" },
    { 't', NULL, ARG_NONE, BOTH, take_flag, IN(from_header), NULL,
      "take recipients from To, Cc and Bcc" },
    { 'f', "from", ARG_REQUIRED, BOTH, take_string, IN(sender), "ADDRESS", "envelope sender" },
    { 'r', NULL, ARG_REQUIRED, BOTH, take_string, IN(sender), "ADDRESS", NULL },
    { 'F', NULL, ARG_REQUIRED, BOTH, take_string, IN(full_name), "NAME",
      "full name for a From field that is added" },
    { 'i', NULL, ARG_NONE, BOTH, take_flag, IN(ignore_dots), NULL,
      "a line with only a dot does not end the message" },
    { 0, "file", ARG_REQUIRED, DOOR_POSTBAG, take_string, IN(file), "FILE",
      "read the message from FILE (- for standard input)" },
    { 0, "allow-empty", ARG_NONE, DOOR_POSTBAG, take_flag, IN(allow_empty), NULL,
      "send an empty message too" },
    { 0, "dry-run", ARG_NONE, DOOR_POSTBAG, take_flag, IN(dry_run), NULL,
      "show account, envelope and message; connect to nothing" },
    { 0, "json", ARG_NONE, DOOR_POSTBAG, take_flag, IN(json), NULL,
      "report the outcome as one JSON object on standard output" },
    { 0, "queue", ARG_NONE, DOOR_POSTBAG, take_flag, IN(queue), NULL,
      "put the message into the queue, to be delivered later" },
    { 0, "no-queue", ARG_NONE, DOOR_POSTBAG, take_flag, IN(no_queue), NULL,
      "deliver now or fail; keep nothing" },
    { 0, "due", ARG_NONE, BEHIND_QUEUE, take_due, 0, NULL, "run: only what is due" },
    { 0, "watch", ARG_NONE, BEHIND_QUEUE, take_watch, 0, NULL,
      "run: what is due, and stay until TERM or INT" },
    { 'w', "warning", ARG_REQUIRED, BEHIND_QUEUE, take_number, IN(warning), "N",
      "check: warn from N messages on" },
    { 'c', "critical", ARG_REQUIRED, BEHIND_QUEUE, take_number, IN(critical), "N",
      "check: critical from N messages on" },
    { 0, "exit-status", ARG_REQUIRED, DOOR_POSTBAG, take_exit_style, 0, "sysexits|reply",
      "which exit statuses to use" },
    { 'v', NULL, ARG_NONE, BOTH, take_verbose, 0, NULL,
      "show the dialogue on standard error; twice: TLS too" },
    { 'h', "help", ARG_NONE, DOOR_POSTBAG, take_help, 0, NULL, "show this help" },
    { 0, "version", ARG_NONE, DOOR_POSTBAG, take_version, 0, NULL, "show the version" },

    /* sendmail's, taken by both doors */
    { 'b', NULL, ARG_REQUIRED, BOTH, take_mode, 0, "MODE", NULL },
    { 'q', NULL, ARG_ATTACHED, BOTH, take_queue_run, 0, NULL, NULL },
    { 'o', NULL, ARG_REQUIRED, BOTH, take_o, 0, "OPTION", NULL },
    { 'B', NULL, ARG_REQUIRED, BOTH, take_nothing, 0, "TYPE", NULL },
    { 'N', NULL, ARG_REQUIRED, BOTH, take_string, IN(dsn_notify), "WHEN",
      "ask for delivery status notifications (never, or of success, failure, delay)" },
    { 'R', NULL, ARG_REQUIRED, BOTH, take_string, IN(dsn_return), "hdrs|full",
      "what such a notification returns" },
    { 'V', NULL, ARG_REQUIRED, BOTH, take_string, IN(envid), "ID",
      "the envelope's name in such a notification" },
    { 'n', NULL, ARG_NONE, BOTH, take_flag, IN(no_alias), NULL, "do not expand aliases" },

    /* accepted for the sake of callers; they change nothing */
    { 'A', NULL, ARG_ATTACHED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'c', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'D', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'd', NULL, ARG_ATTACHED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'E', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'e', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'G', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'h', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'J', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'L', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'M', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'm', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'O', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'p', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 's', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'T', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'U', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'X', NULL, ARG_REQUIRED, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
    { 'x', NULL, ARG_NONE, DOOR_SENDMAIL, take_nothing, 0, NULL, NULL },
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Subcommands of postbag's door. */
static const struct {
    const char *word;
    enum task task;
} commands[] = {
    { "send", TASK_SEND },      { "check", TASK_CHECK },    { "help", TASK_HELP },
    { "mail", TASK_UNBUILT },   { "test", TASK_TEST },      { "setup", TASK_UNBUILT },
    { "login", TASK_UNBUILT },  { "logout", TASK_UNBUILT }, { "queue", TASK_QUEUE },
    { "import", TASK_UNBUILT }, { "serve", TASK_SERVE },
};

/* One run over argv. */
struct parse {
    struct arena *arena;
    int argc;
    char *const *argv;
    int at;          /* the word to look at next */
    unsigned places; /* whose rows hold here */
    bool chosen;     /* -bX or -q has said what to do: there is no subcommand */
};

static const struct row *find_letter(char letter, unsigned places)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].letter == letter && (rows[i].places & places))
            return &rows[i];
    return NULL;
}

/* Long options exist in postbag's door only. */
static const struct row *find_name(struct span name, unsigned places)
{
    if (!(places & DOOR_POSTBAG))
        return NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].name && (rows[i].places & places) && span_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static int missing_argument(const char *option, const struct row *row, struct err *e)
{
    return err_set(e, ERR_USAGE, "%s needs an argument%s%s", option, row->metavar ? ": " : "",
                   row->metavar ? row->metavar : "");
}

/* What is unknown stands in `e` already; `name` is it, without its dashes. */
static int hint_option(const struct parse *p, const struct options *o, struct span name,
                       struct err *e)
{
    const char *names[ROWS + 1] = { NULL };
    size_t n = 0;
    for (size_t i = 0; i < ROWS && p->places & DOOR_POSTBAG; i++)
        if (rows[i].name && (rows[i].places & p->places))
            names[n++] = rows[i].name;
    const char *nearest = option_nearest_word(name, names);
    if (nearest)
        err_hint(e, "did you mean --%s?", nearest);
    else if (p->places & DOOR_POSTBAG && option_find(OPTION_ACCOUNT, name))
        err_hint(e, "%.*s is a key of the account: --set %.*s=VALUE", SPAN_ARGS(name),
                 SPAN_ARGS(name));
    else
        err_hint(e, "%s --help lists the options", o->name);
    return -1;
}

/* "--name", "--name=value", "--name value". */
static int parse_long(struct parse *p, struct options *o, struct err *e)
{
    const char *word = p->argv[p->at++];
    struct span rest = span_of(word + 2), name;
    span_next(&rest, '=', &name);
    const char *value = rest.at; /* NULL without "=" */
    if (o->door == DOOR_SENDMAIL && !value && span_is(name, "help"))
        return take_help(p->arena, NULL, NULL, o, e);
    if (o->door == DOOR_SENDMAIL && !value && span_is(name, "version"))
        return take_version(p->arena, NULL, NULL, o, e);
    const struct row *row = find_name(name, p->places);
    if (!row) {
        err_set(e, ERR_USAGE, "unknown option %s", word);
        return hint_option(p, o, name, e);
    }
    if (row->argument == ARG_NONE && value)
        return err_set(e, ERR_USAGE, "--%s takes no argument", row->name);
    if (row->argument == ARG_REQUIRED && !value) {
        if (p->at == p->argc)
            return missing_argument(word, row, e);
        value = p->argv[p->at++];
    }
    return row->take(p->arena, row, value, o, e);
}

/* A cluster: "-ti", "-fjoe@example.com", "-f" "joe@example.com". */
static int parse_short(struct parse *p, struct options *o, struct err *e)
{
    const char *word = p->argv[p->at++];
    for (const char *at = word + 1; *at; at++) {
        const struct row *row = find_letter(*at, p->places);
        if (!row) {
            err_set(e, ERR_USAGE, "unknown option -%c in \"%s\"", *at, word);
            return hint_option(p, o, span_of(word + 1), e);
        }
        p->chosen |= row->take == take_mode || row->take == take_queue_run;
        if (row->argument == ARG_NONE) {
            if (row->take(p->arena, row, NULL, o, e) < 0)
                return -1;
            continue;
        }
        const char *value = at + 1;
        if (row->argument == ARG_REQUIRED && !*value) {
            char option[] = { '-', *at, '\0' };
            if (p->at == p->argc)
                return missing_argument(option, row, e);
            value = p->argv[p->at++];
        }
        return row->take(p->arena, row, value, o, e);
    }
    return 0;
}

/* Options up to the first word that is none, or "--". 1 when "--" was seen. */
static int parse_options(struct parse *p, struct options *o, struct err *e)
{
    while (p->at < p->argc) {
        const char *word = p->argv[p->at];
        if (strcmp(word, "--") == 0) {
            p->at++;
            return 1;
        }
        if (word[0] != '-' || !word[1])
            return 0;
        if ((word[1] == '-' ? parse_long(p, o, e) : parse_short(p, o, e)) < 0)
            return -1;
    }
    return 0;
}

/* A word that goes behind "queue", or one that is spelled much like a command. */
static void hint_command(const struct options *o, const char *word, struct err *e)
{
    ERR ignored = { 0 };
    enum queue_command command;
    const char *words[sizeof commands / sizeof *commands + 1] = { NULL };
    size_t n = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].task != TASK_UNBUILT)
            words[n++] = commands[i].word;
    const char *nearest = option_nearest_word(span_of(word), words);
    if (queue_command_parse(span_of(word), &command, &ignored) == 0)
        err_hint(e, "did you mean %s queue %s?", o->name, word);
    else if (nearest)
        err_hint(e, "did you mean %s %s?", o->name, nearest);
    else
        err_hint(e, "%s --help lists the commands", o->name);
}

/* The first word of postbag's door. 1 when it was a subcommand. */
static int parse_command(struct parse *p, struct options *o, struct err *e)
{
    const char *word = p->argv[p->at];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(word, commands[i].word) != 0)
            continue;
        if (o->task == TASK_SEND)
            o->task = commands[i].task;
        o->command = word;
        p->at++;
        return 1;
    }
    if (strchr(word, '@'))
        return 0;
    err_set(e, ERR_USAGE, "unknown command \"%s\"; to mail a local name: postbag -- %s", word,
            word);
    hint_command(o, word, e);
    return -1;
}

static int take_operands(struct parse *p, bool dashes_allowed, struct options *o, struct err *e)
{
    for (; p->at < p->argc; p->at++) {
        const char *word = p->argv[p->at];
        if (!dashes_allowed && strcmp(word, "--") == 0) {
            dashes_allowed = true;
            continue;
        }
        if (!dashes_allowed && word[0] == '-' && word[1])
            return err_set(e, ERR_USAGE,
                           "\"%s\" after a recipient: options come first; write -- before an "
                           "address that begins with a dash",
                           word);
        strlist_add(p->arena, &o->operands, word);
    }
    return 0;
}

/* Behind "queue": the command's word and its operands, options anywhere among them. */
static int parse_queue(struct parse *p, struct options *o, struct err *e)
{
    bool named = false;
    p->places |= BEHIND_QUEUE;
    for (;;) {
        int dashes = parse_options(p, o, e);
        if (dashes < 0)
            return -1;
        if (p->at == p->argc)
            break;
        if (named)
            strlist_add(p->arena, &o->operands, p->argv[p->at]);
        else if (queue_command_parse(span_of(p->argv[p->at]), &o->queue_command, e) < 0)
            return -1;
        named = true;
        p->at++;
    }
    if (o->task == TASK_QUEUE)
        return queue_command_check(o, e);
    o->operands = (struct strlist){ 0 };
    if (o->task == TASK_HELP)
        strlist_add(p->arena, &o->operands, "queue");
    return 0;
}

static int parse_words(struct parse *p, struct options *o, struct err *e)
{
    int dashes = parse_options(p, o, e);
    if (dashes < 0)
        return -1;
    bool subcommands = o->door == DOOR_POSTBAG && !p->chosen && !o->from_header;
    if (!dashes && subcommands && p->at < p->argc) {
        int command = parse_command(p, o, e);
        if (command < 0)
            return -1;
        if (command && strcmp(o->command, "queue") == 0)
            return parse_queue(p, o, e);
        if (command && (dashes = parse_options(p, o, e)) < 0)
            return -1;
        if (command && o->task == TASK_HELP && strcmp(o->command, "serve") == 0)
            strlist_add(p->arena, &o->operands, o->command);
    }
    return take_operands(p, dashes > 0, o, e);
}

/* The caller chose it, and it stands in front of all that we say. */
static bool is_plain_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (*at <= ' ' || *at >= 127)
            return false;
    return *name;
}

/* The door is the name alone; mailq and newaliases are sendmail with a mode. */
static void choose_door(const char *path, struct options *o)
{
    const char *slash = strrchr(path, '/');
    o->name = slash ? slash + 1 : path;
    if (!is_plain_name(o->name))
        o->name = "postbag";
    o->door = DOOR_SENDMAIL;
    if (strcmp(o->name, "mailq") == 0)
        o->task = TASK_QUEUE;
    else if (strcmp(o->name, "newaliases") == 0)
        o->task = TASK_ALIASES;
    else if (strcmp(o->name, "sendmail") != 0 && strcmp(o->name, "send-mail") != 0)
        o->door = DOOR_POSTBAG;
}

int options_parse(struct arena *a, int argc, char *const argv[], struct options *ret, struct err *e)
{
    struct parse p = { .arena = a, .argc = argc, .argv = argv, .at = 1 };
    *ret = (struct options){ .exit_style = -1, .warning = -1, .critical = -1 };
    choose_door(argc > 0 && *argv[0] ? argv[0] : "postbag", ret);
    if (argc == 0)
        return 0;
    p.places = ret->door;
    if (parse_words(&p, ret, e) < 0)
        return -1;
    if (ret->queue && ret->no_queue)
        return err_set(e, ERR_USAGE, "--queue and --no-queue exclude each other");
    return 0;
}

static void describe(unsigned place, struct buf *to)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        BUF left = { 0 };
        if (!row->help || !(row->places & place))
            continue;
        bool named = row->name && place != DOOR_SENDMAIL;
        if (row->letter)
            buf_addf(&left, "-%c%s", row->letter, named ? ", " : "");
        if (named)
            buf_addf(&left, "--%s", row->name);
        if (row->metavar)
            buf_addf(&left, "%c%s", named ? '=' : ' ', row->metavar);
        buf_addf(to, "  %-26s %s\n", buf_string(&left), row->help);
    }
}

void options_describe(enum door door, struct buf *to)
{
    describe(door, to);
}

void options_describe_queue(struct buf *to)
{
    describe(BEHIND_QUEUE, to);
}

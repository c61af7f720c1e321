#include "cmd/submission.h"

#include "cmd/dsn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void identify(struct submission *s)
{
    if (s->as)
        s->ident = *s->as;
    else
        ident_get(&s->arena, &s->ident);
}

const char *submission_config_file(const struct options *options)
{
    const char *file = options->config ? options->config : getenv("POSTBAG_CONFIG");
    return file && *file ? file : NULL;
}

bool submission_config_is_passing(const struct options *options)
{
    static const char *const places[] = { "/dev/fd/", "/dev/std", "/proc/" };
    const char *file = submission_config_file(options);
    bool passing = false;
    for (size_t i = 0; file && i < sizeof places / sizeof *places; i++)
        passing |= span_starts(span_of(file), places[i]);
    return passing;
}

void submission_init(struct submission *s, const struct options *options)
{
    *s = (struct submission){ .options = options };
    identify(s);
}

void submission_adopt(struct submission *s, const struct options *options, const struct ident *as,
                      const struct config *config)
{
    *s = (struct submission){ .options = options, .as = as, .config = *config };
    identify(s);
}

void submission_done(struct submission *s)
{
    stored_done(&s->stored);
    message_done(&s->message);
    config_done(&s->config);
    arena_done(&s->arena);
}

/* What stands on the command line is the caller's mistake, whatever the parser calls it; a
 * library that it lacks is not. */
static int blame_caller(struct err *e, const char *what)
{
    if (e->kind != ERR_LIBRARY)
        e->kind = ERR_USAGE;
    err_context(e, "%s", what);
    return -1;
}

/* No line end may hide in an argument: not as folding of an address list either. */
static int check_argument(const char *what, const char *value, struct err *e)
{
    for (const char *at = value; at && *at; at++)
        if (ascii_is_control(*at) && *at != '\t')
            return err_set(e, ERR_USAGE, "%s: a control character stands in it", what);
    return 0;
}

static int take_sender(struct submission *s, struct err *e)
{
    const char *sender = s->options->sender;
    if (!sender)
        return 0;
    if (check_argument("-f", sender, e) < 0)
        return -1;
    if (addr_parse_sender(&s->arena, span_of(sender), &s->given_sender, e) < 0 ||
        !addr_wire(&s->arena, &s->given_sender, e))
        return blame_caller(e, "-f");
    s->has_given_sender = true;
    return 0;
}

static int take_recipient(struct submission *s, const char *word, struct err *e)
{
    size_t first = s->recipients.n;
    if (check_argument("recipient", word, e) < 0)
        return -1;
    if (addr_parse_list(&s->arena, span_of(word), &s->recipients, e) < 0)
        return blame_caller(e, "recipient");
    for (size_t i = first; i < s->recipients.n; i++)
        if (!addr_wire(&s->arena, &s->recipients.items[i], e))
            return blame_caller(e, "recipient");
    return 0;
}

static int take_recipients(struct submission *s, struct err *e)
{
    const struct strlist *words = &s->options->operands;
    for (size_t i = 0; i < words->n; i++)
        if (take_recipient(s, words->items[i], e) < 0)
            return -1;
    return 0;
}

/* Everything that argv alone can get wrong, before a file is opened. */
static int take_arguments(struct submission *s, struct err *e)
{
    const struct options *o = s->options;
    if (o->queue && submission_config_is_passing(o))
        return err_set(e, ERR_USAGE,
                       "--queue: %s is gone when the queue is run; write the configuration into a "
                       "file",
                       submission_config_file(o));
    if (o->queue && sets_are_secret(&o->sets))
        return err_set(e, ERR_USAGE,
                       "--queue: a password that --set gives is not kept; write it into the "
                       "configuration");
    if (take_sender(s, e) < 0 || check_argument("-F", o->full_name, e) < 0)
        return -1;
    if (o->dsn_notify && dsn_parse_notify(o->dsn_notify, &s->envelope.dsn_notify, e) < 0)
        return -1;
    if (o->dsn_return && dsn_parse_return(o->dsn_return, &s->envelope.dsn_return, e) < 0)
        return -1;
    s->envelope.envid = o->envid;
    return take_recipients(s, e);
}

static int load_config(struct submission *s, struct err *e)
{
    struct config_request request = {
        .ident = &s->ident,
        .file = s->options->config,
        .file_must_be_root = s->options->door == DOOR_SENDMAIL,
        .sets = s->options->sets,
    };
    return config_load(&request, &s->config, e);
}

static int open_input(const struct options *o, struct err *e)
{
    if (!o->file || strcmp(o->file, "-") == 0)
        return STDIN_FILENO;
    int fd = open(o->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? err_system(e, ERR_INPUT, errno, "--file %s", o->file) : fd;
}

static int no_recipients(const struct options *o, struct err *e)
{
    err_set(e, ERR_USAGE, "no recipients");
    if (o->from_header)
        err_hint(e, "-t found no address in To, Cc and Bcc");
    else
        err_hint(e,
                 "name them behind the options, or use -t to take them from the header; %s --help "
                 "shows more",
                 o->name);
    return -1;
}

/* Nobody need type a message that cannot go anywhere. */
static bool is_typed_in_vain(const struct submission *s, int fd)
{
    return !s->recipients.n && !s->options->from_header && isatty(fd);
}

static int read_message(struct submission *s, struct err *e)
{
    const struct options *o = s->options;
    int fd = open_input(o, e);
    if (fd < 0)
        return -1;
    if (is_typed_in_vain(s, fd))
        return no_recipients(o, e);
    struct message_limits limits = { .dot_ends = !o->ignore_dots && isatty(fd) };
    int done = message_read(fd, limits, &s->message, e);
    if (fd != STDIN_FILENO)
        close(fd);
    if (done < 0)
        return -1;
    if (s->message.empty && o->door == DOOR_POSTBAG && !o->allow_empty) {
        err_set(e, ERR_INPUT, "the message is empty");
        err_hint(e, "--allow-empty sends it all the same");
        return -1;
    }
    return 0;
}

static int collect_recipients(struct submission *s, struct err *e)
{
    if (s->options->from_header &&
        envelope_from_header(&s->arena, &s->message.header, &s->recipients, e) < 0)
        return -1;
    return s->recipients.n ? 0 : no_recipients(s->options, e);
}

/* "local@domain" for matching, NULL without. */
static const char *plain_address(struct arena *a, const struct addr *addr)
{
    if (!addr->local)
        return NULL;
    return arena_printf(a, "%s%s%s", addr->local, *addr->domain ? "@" : "", addr->domain);
}

static const char *header_from(struct submission *s)
{
    ERR ignored = { 0 };
    struct addr_list list = { 0 };
    const struct field *from = header_find(&s->message.header, "From", 0);
    if (!from || addr_parse_list(&s->arena, from->value, &list, &ignored) < 0 || !list.n)
        return NULL;
    return plain_address(&s->arena, &list.items[0]);
}

static int choose_account(struct submission *s, struct err *e)
{
    bool named = s->has_given_sender && !s->given_sender.null;
    const char *sender = named ? plain_address(&s->arena, &s->given_sender) : NULL;
    if (config_choose(&s->config, s->options->account, sender, header_from(s), &s->account, e) < 0)
        return -1;
    if (s->account->is_service && s->options->no_queue)
        return err_set(e, ERR_USAGE, "--no-queue: the service at %s keeps every message first",
                       s->account->net.host.items[0]);
    if (!s->envelope.dsn_notify)
        s->envelope.dsn_notify = s->account->mail.dsn_notify;
    if (s->envelope.dsn_return == DSN_RETURN_UNSET)
        s->envelope.dsn_return = s->account->mail.dsn_return;
    return 0;
}

/* The section and the account's file; never the file of another account. */
static int load_aliases(struct submission *s, struct err *e)
{
    if (s->options->no_alias || s->completed == s->account)
        return 0;
    if (s->completed)
        s->config.aliases = s->section;
    s->completed = NULL;
    s->section = s->config.aliases;
    if (config_aliases(&s->config, s->account, e) < 0)
        return -1;
    s->completed = s->account;
    return 0;
}

static int expand(struct submission *s, const struct addr_list *list, struct envelope *ret,
                  struct err *e)
{
    struct aliases *aliases = s->options->no_alias ? NULL : &s->config.aliases;
    return envelope_set_recipients(&s->arena, ret, list, aliases, s->ident.host, &s->account->mail,
                                   e);
}

int submission_make_sender(struct submission *s, struct err *e)
{
    const struct addr *given = s->has_given_sender ? &s->given_sender : NULL;
    const char *login = given ? "" : ident_login(&s->ident);
    if (plan_sender(&s->arena, given, login, s->ident.host, &s->account->mail, &s->sender, e) < 0)
        return -1;
    s->envelope.sender = addr_wire(&s->arena, &s->sender, e);
    s->envelope.sender_utf8 = addr_needs_utf8(&s->sender);
    return s->envelope.sender ? 0 : -1;
}

static int make_envelope(struct submission *s, struct err *e)
{
    if (load_aliases(s, e) < 0 || expand(s, &s->recipients, &s->envelope, e) < 0)
        return -1;
    return submission_make_sender(s, e);
}

static int check_size(const struct submission *s, struct err *e)
{
    uint64_t size = stored_size(&s->stored);
    uint64_t limit = s->account->mail.max_size;
    if (!limit || size <= limit)
        return 0;
    return err_set(e, ERR_DATA,
                   "the message has %llu octets; account %s sends at most %llu "
                   "(max_size)",
                   (unsigned long long)size, s->account->name, (unsigned long long)limit);
}

/* NULL: the one that the system knows. */
static const char *full_name(const struct submission *s)
{
    const char *name = s->as ? NULL : getenv("NAME");
    ERR ignored = { 0 };
    if (name && *name && check_argument("NAME", name, &ignored) == 0)
        return name;
    return NULL;
}

int submission_store(struct submission *s, struct err *e)
{
    struct plan_facts facts = { .opts = &s->account->mail,
                                .sender = &s->sender,
                                .given_name = s->options->full_name,
                                .full_name = full_name(s),
                                .who = &s->ident,
                                .host = s->ident.host,
                                .now = time(NULL) };
    if (getrandom(facts.random, sizeof facts.random, 0) != sizeof facts.random)
        return err_system(e, ERR_SYSTEM, errno, "random octets");
    if (plan_store(&s->arena, &s->message, &facts, &s->stored, e) < 0)
        return -1;
    return check_size(s, e);
}

typedef int step(struct submission *s, struct err *e);

static int take_steps(struct submission *s, step *const steps[], struct err *e)
{
    for (; *steps; steps++)
        if ((*steps)(s, e) < 0)
            return -1;
    return 0;
}

int submission_prepare(struct submission *s, struct err *e)
{
    static step *const steps[] = { take_arguments,   load_config,
                                   read_message,     collect_recipients,
                                   choose_account,   make_envelope,
                                   submission_store, NULL };
    return take_steps(s, steps, e);
}

int submission_prepare_recipients(struct submission *s, struct err *e)
{
    static step *const steps[] = { take_arguments, load_config,   collect_recipients,
                                   choose_account, make_envelope, NULL };
    return take_steps(s, steps, e);
}

int submission_start(struct submission *s, struct err *e)
{
    static step *const steps[] = { take_arguments, load_config, choose_account, NULL };
    return take_steps(s, steps, e);
}

int submission_finish(struct submission *s, struct err *e)
{
    static step *const steps[] = { collect_recipients, make_envelope, submission_store, NULL };
    return take_steps(s, steps, e);
}

int submission_open(struct submission *s, struct err *e)
{
    static step *const steps[] = { take_arguments, load_config, NULL };
    return take_steps(s, steps, e);
}

int submission_set_sender(struct submission *s, struct span path, struct err *e)
{
    if (addr_parse_sender(&s->arena, path, &s->given_sender, e) < 0)
        return -1;
    s->has_given_sender = true;
    static step *const steps[] = { choose_account, load_aliases, submission_make_sender, NULL };
    return take_steps(s, steps, e);
}

static void append_recipient(struct submission *s, const struct rcpt *rcpt)
{
    struct envelope *env = &s->envelope;
    env->rcpts =
        arena_grow(&s->arena, env->rcpts, env->n_rcpts, &s->rcpts_room, sizeof *env->rcpts);
    env->rcpts[env->n_rcpts++] = *rcpt;
}

int submission_add_recipient(struct submission *s, struct span path, unsigned dsn_notify,
                             struct err *e)
{
    struct addr addr;
    struct addr_list list = { 0 };
    struct envelope found = { 0 };
    if (addr_parse_one(&s->arena, path, &addr, e) < 0)
        return -1;
    addr_list_add(&s->arena, &list, &addr);
    if (expand(s, &list, &found, e) < 0)
        return -1;
    for (size_t i = 0; i < found.n_rcpts; i++) {
        found.rcpts[i].dsn_notify = dsn_notify;
        append_recipient(s, &found.rcpts[i]);
    }
    return 0;
}

void submission_forget(struct submission *s)
{
    struct submission kept = { .options = s->options,
                               .as = s->as,
                               .config = s->config,
                               .section = s->section,
                               .completed = s->completed };
    stored_done(&s->stored);
    message_done(&s->message);
    arena_done(&s->arena);
    *s = kept;
    identify(s);
}

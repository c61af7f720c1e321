/* postbag check: is the configuration in order, and what does it come to? */
#include "base/log.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/queue_health.h"
#include "cmd/say.h"
#include "cmd/tls_remarks.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void add_files(const struct config *c, struct buf *to)
{
    for (size_t i = 0; i < c->files.n; i++)
        buf_addf(to, "file %s\n", c->files.items[i]);
}

static void add_others(const struct config *c, const struct account *chosen, struct buf *to)
{
    const char *between = "other accounts: ";
    for (size_t i = 0; i < c->n_accounts; i++) {
        if (&c->accounts[i] == chosen)
            continue;
        buf_addf(to, "%s%s", between, c->accounts[i].name);
        between = ", ";
    }
    if (c->n_accounts > 1)
        buf_add_char(to, '\n');
}

static void add_log(const struct config *c, const char *name, struct buf *to)
{
    config_start_log(c, name);
    log_probe();
    if (log_problem())
        buf_addf(to, "note: %s\n", log_problem());
    log_done();
}

/* Root looks at the configuration of the service, whose queue is another user's. Whose, or -1. */
static int64_t owner_elsewhere(const struct queue *q)
{
    struct stat facts;
    if (geteuid() || !q->path || !serve_is_configured(&q->config) || stat(q->path, &facts) < 0)
        return -1;
    return facts.st_uid ? (int64_t)facts.st_uid : -1;
}

/* What monitoring would complain of, and what only a person can judge. */
static int add_queue(struct queue *q, struct buf *to, struct err *e)
{
    bool wanted = q->config.queue.mode != QUEUE_MODE_DIRECT;
    struct queue_health health;
    struct queue_complaints complaints = { 0 };
    int64_t owner = owner_elsewhere(q);
    if (owner >= 0) {
        buf_addf(to, "note: queue: it belongs to uid %lld, and only that user can look into it\n",
                 (long long)owner);
        return 0;
    }
    if (queue_enter(q, e) < 0 || queue_health_look(q, time(NULL), &health, e) < 0)
        return -1;
    if (health.waiting)
        buf_addf(to, "note: queue: %zu waiting\n", health.waiting);
    queue_health_judge(&q->arena, &health, &complaints);
    for (size_t i = 0; i < complaints.n; i++) {
        buf_add_string(to, "note: queue: ");
        utf8_add_printable(to, span_of(complaints.items[i].text), " ");
        buf_add_char(to, '\n');
    }
    if (wanted && !q->path)
        buf_addf(to, "note: queue: %s\n", q->no_path.text);
    else if (q->exists && !health.stamped && !health.unattended)
        buf_add_string(to, "note: queue: nobody has ever run it; see postbag help queue\n");
    return 0;
}

static int add_tls(struct config *c, const struct account *account, struct buf *to, struct err *e)
{
    struct tls_remarks remarks;
    if (tls_remarks(&c->arena, account, &remarks, e) < 0) {
        err_context(e, "account %s", account->name);
        return -1;
    }
    for (size_t i = 0; i < remarks.notes.n; i++)
        buf_addf(to, "note: %s\n", remarks.notes.items[i]);
    for (size_t i = 0; i < remarks.warnings.n; i++)
        buf_addf(to, "warning: %s\n", remarks.warnings.items[i]);
    return 0;
}

static void add_sender(const struct account *account, struct buf *to)
{
    if (!account->mail.from && !account->mail.maildomain)
        buf_add_string(to, "note: without from or maildomain mail of a sender without a domain, as "
                           "cron's, is not sent (78)\n");
}

/* With the user's own spool where no other is named. */
static void add_queue_keys(const struct queue *q, struct buf *to)
{
    struct config shown = q->config;
    shown.queue.dir = q->path;
    queue_describe(to, &shown);
}

static void add_service(const struct account *account, struct buf *to)
{
    buf_addf(to,
             "no configuration that this user may read: mail goes through the service at %s,\n"
             "which has its own\n",
             account->file);
}

static int check(const struct options *o, struct queue *q, struct buf *to, struct err *e)
{
    const struct account *account;
    struct config *c = &q->config;
    if (o->operands.n) {
        err_set(e, ERR_USAGE, "check takes no operand");
        err_hint(e, "%s test ADDRESS sends a test mail", o->name);
        return -1;
    }
    if (queue_load(o, q, e) < 0 || config_choose(c, o->account, NULL, NULL, &account, e) < 0 ||
        config_aliases(c, account, e) < 0)
        return -1;
    for (size_t i = 0; i < c->n_accounts; i++)
        if (account_check(&c->arena, &c->accounts[i], e) < 0)
            return -1;
    if (account->is_service) {
        add_service(account, to);
        return 0;
    }
    add_files(c, to);
    buf_add_char(to, '\n');
    account_describe(to, account);
    add_others(c, account, to);
    buf_add_char(to, '\n');
    add_queue_keys(q, to);
    serve_describe(to, c);
    for (size_t i = 0; i < c->notes.n; i++)
        buf_addf(to, "note: %s\n", c->notes.items[i]);
    add_sender(account, to);
    add_log(c, o->name, to);
    return add_tls(c, account, to, e);
}

int cmd_check(const struct options *o)
{
    ERR e = { 0 };
    BUF text = { 0 };
    struct queue q;
    int done = check(o, &q, &text, &e);
    bool whole = done == 0 && q.config.n_accounts;
    int queued = whole ? add_queue(&q, &text, &e) : 0;
    if (done == 0 && queued == 0)
        buf_add_string(&text, "\nno mistakes; `postbag test` tries it\n");
    if (done == 0 && say_out(buf_span(&text), &e) < 0)
        done = -1;
    if (done < 0 || queued < 0)
        say_error(o->name, &e);
    queue_close(&q);
    return done < 0 || queued < 0 ? exit_of_error(&exit_default, &e, STAGE_NONE) : 0;
}

/* postbag test [ADDRESS]...: walk the way of a message step by step, show each, and name the remedy
 * for what fails. With ADDRESS a test mail goes the whole way. */
#include "auth/secret.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/kept.h"
#include "cmd/settings.h"
#include "cmd/tls_remarks.h"
#include "cmd/way.h"
#include "mail/reader.h"
#include "net/names.h"
#include "smtp/command.h"
#include "smtp/hint.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Nobody wants to watch a test for the full time limits: these are the longest. */
enum { GREETING_MS = 15000, COMMAND_MS = 60000, DAY = 24 * 60 * 60 };

/* Before anything is connected. */

/* A clock that is behind the program's own file makes good certificates bad. */
static void check_clock(struct test *t)
{
    struct stat own;
    time_t now = time(NULL);
    if (stat("/proc/self/exe", &own) < 0 || own.st_mtime < now + DAY)
        return;
    BUF shown = { 0 };
    names_add_time(&shown, now);
    t->clock_behind = true;
    steps_warn(&t->steps, "clock",
               "it is %s by the clock of this machine, which is before this program was made: set "
               "the clock",
               buf_string(&shown));
}

static int show_remarks(struct test *t, struct err *e)
{
    struct tls_remarks remarks;
    if (tls_remarks(&t->s.arena, &t->account, &remarks, e) < 0)
        return -1;
    for (size_t i = 0; i < remarks.notes.n; i++)
        steps_note(&t->steps, "config", "%s", remarks.notes.items[i]);
    for (size_t i = 0; i < remarks.warnings.n; i++)
        steps_warn(&t->steps, "config", "%s", remarks.warnings.items[i]);
    return 0;
}

static int load(struct test *t, struct err *e)
{
    struct submission *s = &t->s;
    BUF title = { 0 };
    check_clock(t);
    if (submission_start(s, e) < 0)
        return -1;
    t->account = *s->account;
    t->deadline = deadline_in(t->account.net.timeout_ms);
    way_shorten(&t->account.net.connect_timeout_ms, GREETING_MS);
    way_shorten(&t->account.net.command_timeout_ms, COMMAND_MS);
    account_title(&title, s->account);
    steps_pass(&t->steps, "account", "%s", buf_string(&title));
    settings_show(&t->steps, &t->account);
    for (size_t i = 0; i < s->config.notes.n; i++)
        steps_note(&t->steps, "config", "%s", s->config.notes.items[i]);
    return show_remarks(t, e);
}

/* The test mail, and with it the envelope. */
static int compose(struct test *t, struct err *e)
{
    struct submission *s = &t->s;
    const struct strlist *to = &t->s.options->operands;
    struct reader reader;
    BUF text = { 0 };
    for (size_t i = 0; i < to->n; i++)
        buf_addf(&text, "%s%s", i ? ",\n " : "To: ", to->items[i]);
    buf_addf(&text,
             "\nSubject: postbag test\n\nThis message was sent by `postbag test` through "
             "account %s.\n",
             s->account->name);
    reader_init(&reader, &s->message, (struct message_limits){ 0 });
    int done = reader_feed(&reader, buf_span(&text), e) < 0 ? -1 : reader_finish(&reader, e);
    reader_done(&reader);
    return done < 0 ? -1 : submission_finish(s, e);
}

static int plan(struct test *t, struct err *e)
{
    return t->s.options->operands.n ? compose(t, e) : submission_make_sender(&t->s, e);
}

static int get_password(struct test *t, struct err *e)
{
    const struct auth_opts *auth = &t->account.auth;
    struct strlist notes = { 0 };
    t->stage = STAGE_SECRET;
    if (!auth_opts_wanted(auth)) {
        steps_note(&t->steps, "password", "no login is configured");
        return 0;
    }
    if (!secret_source(auth)) {
        steps_note(&t->steps, "password", "none is needed for %s",
                   auth->auth.n ? auth->auth.items[0] : "EXTERNAL");
        return 0;
    }
    if (secret_get(auth, t->deadline, &t->s.arena, &t->password, &notes, e) < 0)
        return -1;
    steps_pass(&t->steps, "password", "from %s", secret_source(auth));
    for (size_t i = 0; i < notes.n; i++)
        steps_note(&t->steps, "password", "%s", notes.items[i]);
    return 0;
}

/* The dialogue. */

static int log_in(struct test *t, struct err *e)
{
    if (!auth_opts_wanted(&t->account.auth))
        return 0;
    if (client_login(&t->client, e) < 0)
        return -1;
    steps_pass(&t->steps, "login", "%s, user %s", mech_name(t->client.mech),
               t->account.auth.user ? t->account.auth.user : "as the server knows");
    return 0;
}

/* A transaction that cannot be taken back need not matter: what comes next shows it. */
static int take_back(struct test *t, struct err *e)
{
    ERR said = { 0 };
    struct client *c = &t->client;
    if (client_command(c, STAGE_MAIL, SPAN("RSET\r\n"), e) < 0)
        return -1;
    if (c->reply.code < 300)
        return 0;
    reply_error(&c->reply, &said);
    steps_warn(&t->steps, "RSET", "%s", said.text);
    return 0;
}

/* MAIL and RSET: does the server take this sender? */
static int try_sender(struct test *t, struct err *e)
{
    const struct envelope *envelope = &t->s.envelope;
    struct client *c = &t->client;
    struct mail_params params = { .smtputf8 = envelope->sender_utf8 };
    BUF line = { 0 };
    c->stage = STAGE_MAIL;
    if (params.smtputf8 && !caps_has(&c->caps, CAP_SMTPUTF8))
        return err_set(e, ERR_DATA, "sender %s: the server does not offer SMTPUTF8",
                       envelope->sender);
    if (command_mail(&line, envelope->sender, &params, e) < 0 ||
        client_command(c, STAGE_MAIL, buf_span(&line), e) < 0)
        return -1;
    if (c->reply.code >= 300)
        return reply_error(&c->reply, e);
    steps_pass(&t->steps, "sender", "<%s> is accepted", envelope->sender);
    if (c->caps.size)
        steps_fact(&t->steps, "size", "messages up to %llu octets",
                   (unsigned long long)c->caps.size);
    return take_back(t, e);
}

/* Returns -1 when a recipient is left without mail; `e` stays empty, the verdicts tell. */
static int send_mail(struct test *t)
{
    const struct envelope *envelope = &t->s.envelope;
    struct queue_id id;
    int done = 0;
    t->verdicts = mem_new(envelope->n_rcpts, sizeof *t->verdicts);
    client_send(&t->client, envelope, &t->s.stored, true, t->verdicts);
    t->queued = kept_by_service(&t->account, t->verdicts, envelope->n_rcpts, &id);
    for (size_t i = 0; i < envelope->n_rcpts; i++) {
        struct verdict *v = &t->verdicts[i];
        const char *whom = envelope->rcpts[i].original;
        if (v->result == VERDICT_SENT) {
            steps_pass(&t->steps, "test mail", "%s: %s", whom, v->err.text);
            continue;
        }
        if (v->result == VERDICT_QUEUED) {
            steps_warn(&t->steps, "test mail", "%s: queued as %s%s%s", whom, id.text,
                       v->err.text ? ": " : "", v->err.text ? v->err.text : "");
            continue;
        }
        hint_apply(v->stage, &v->err);
        steps_fail(&t->steps, stage_name(v->stage), "%s: %s", whom, v->err.text);
        done = -1;
    }
    return done;
}

static int talk(struct test *t, struct err *e)
{
    struct client_setup setup = { .target = &t->target,
                                  .net = &t->account.net,
                                  .auth = &t->account.auth,
                                  .smtp = &t->account.smtp,
                                  .password = buf_span(&t->password),
                                  .host = t->s.ident.host,
                                  .deadline = t->deadline,
                                  .end = t->deadline,
                                  .trace = trace_hook(&t->trace) };
    client_init(&t->client, &setup);
    int done = way_open(t, e);
    if (done == 0)
        done = log_in(t, e);
    if (done == 0)
        done = try_sender(t, e);
    if (done == 0 && t->s.envelope.n_rcpts)
        done = send_mail(t);
    t->stage = t->client.stage;
    client_close(&t->client);
    return done;
}

static int walk(struct test *t, struct err *e)
{
    if (load(t, e) < 0 || plan(t, e) < 0 || get_password(t, e) < 0 || way_find(t, e) < 0)
        return -1;
    return talk(t, e);
}

/* The end. */

/* As for any other delivery: the test shows what its status will be. */
static struct exit_rules rules_of(const struct test *t)
{
    return exit_rules_of(t->s.options->exit_style, t->s.account);
}

static const char *server_of(struct test *t)
{
    if (!t->target.host || t->target.is_path)
        return t->target.host ? t->target.host : "";
    return arena_printf(&t->s.arena, "%s:%d", t->target.host, t->target.port);
}

static const char *step_of(const struct err *e, enum stage stage)
{
    if (e->kind == ERR_CERTIFICATE)
        return "certificate";
    return *stage_name(stage) ? stage_name(stage) : "config";
}

/* " (smtp.example.com:465, AUTH)" */
static const char *place_of(struct test *t, enum stage stage)
{
    const char *server = server_of(t);
    return *server && *stage_name(stage)
               ? arena_printf(&t->s.arena, " (%s, %s)", server, stage_name(stage))
               : "";
}

static void blame_recipient(struct test *t, struct steps_end *end)
{
    struct exit_rules rules = rules_of(t);
    const struct envelope *envelope = &t->s.envelope;
    const struct verdict *v = verdict_worst(t->verdicts, NULL, envelope->n_rcpts);
    size_t sent = 0;
    for (size_t i = 0; i < envelope->n_rcpts; i++)
        sent += t->verdicts[i].result == VERDICT_SENT;
    end->error = &v->err;
    end->whom = arena_printf(&t->s.arena, "%s: %s", envelope->rcpts[v - t->verdicts].original,
                             v->result == VERDICT_AMBIGUOUS ? "may have been delivered"
                                                            : verdict_name(v->result));
    end->place = place_of(t, v->stage);
    end->status = exit_of_verdicts(&rules, t->verdicts, envelope->n_rcpts);
    if (sent)
        end->rest = arena_printf(&t->s.arena, "the test mail was sent to %zu of %zu recipients",
                                 sent, envelope->n_rcpts);
    else if (v->result == VERDICT_AMBIGUOUS)
        end->rest = "the recipients may have the test mail already";
    else
        end->rest = "the test mail was not sent";
}

/* For what no table knows: a server that falls silent, or hangs up without a word. */
static void add_last_hint(struct err *e)
{
    bool silent = e->kind == ERR_TIMEOUT || e->kind == ERR_CLOSED;
    if (silent && !e->hint)
        err_hint(e, "try again later; if it stays so, ask the server's operator, and look for a "
                    "firewall or filter on the way");
}

static void blame_session(struct test *t, struct err *e, struct steps_end *end)
{
    struct exit_rules rules = rules_of(t);
    hint_apply(t->stage, e);
    add_last_hint(e);
    steps_fail(&t->steps, step_of(e, t->stage), "%s", e->text);
    end->error = e;
    if (t->s.account)
        end->whom = arena_printf(&t->s.arena, "account %s", t->s.account->name);
    end->place = place_of(t, t->stage);
    end->rest = t->s.options->operands.n ? "the test mail was not sent" : "";
    end->status = exit_of_error(&rules, e, t->stage);
}

static int conclude(struct test *t, int done, struct err *e)
{
    struct steps_end end = { .account = t->s.account ? t->s.account->name : "",
                             .server = server_of(t),
                             .whom = "",
                             .place = "" };
    if (done < 0 && e->kind)
        blame_session(t, e, &end);
    else if (done < 0)
        blame_recipient(t, &end);
    else if (t->queued)
        end.rest = "The test mail waits in the service's queue.";
    else if (t->verdicts)
        end.rest = "The test mail is with the smarthost.";
    else
        end.rest = "`postbag test ADDRESS` sends a test mail too.";
    steps_conclude(&t->steps, &end);
    return end.status;
}

static void test_done(struct test *t)
{
    for (size_t i = 0; t->verdicts && i < t->s.envelope.n_rcpts; i++)
        verdict_done(&t->verdicts[i]);
    free(t->verdicts);
    trace_done(&t->trace);
    steps_done(&t->steps);
    buf_done(&t->password);
    submission_done(&t->s);
}

int cmd_test(const struct options *o)
{
    ERR e = { 0 };
    struct test t = { .password = { .secret = true }, .trace = { .level = o->verbose } };
    submission_init(&t.s, o);
    steps_init(&t.steps, o->name, o->json);
    int status = conclude(&t, walk(&t, &e), &e);
    test_done(&t);
    return status;
}

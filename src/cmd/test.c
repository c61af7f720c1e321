/* postbag test [ADDRESS]: walk the way of a message step by step, show each, and name the remedy
 * for what fails. With ADDRESS a test mail goes the whole way. */
#include "auth/secret.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/say.h"
#include "cmd/steps.h"
#include "cmd/submission.h"
#include "cmd/trace.h"
#include "config/option.h"
#include "mail/reader.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "queue/deliver.h"
#include "smtp/command.h"
#include "smtp/hint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    GREETING_MS = 15000, /* nobody wants to watch a test for the full time limits */
    CONNECT_MS = 10000,
    ADDRESSES_SHOWN = 6,
    EXPIRY_WARNING_DAYS = 14,
};

struct test {
    struct submission s;
    struct steps steps;
    struct trace trace;
    struct buf password;
    struct target target;
    struct client client;
    enum stage stage; /* where it failed */
};

/* The settings that people get wrong, and where each comes from. */
static void show_settings(struct test *t)
{
    static const char *const keys[] = { "host", "port", "tls", "user", "auth", "from" };
    static const char *const origins[] = { "built-in", "defaults", "inherited", "account",
                                           "--set" };
    const struct account *account = t->s.account;
    BUF line = { 0 };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct option *row = option_find(OPTION_ACCOUNT, span_of(keys[i]));
        BUF value = { 0 };
        option_show(&value, row, account);
        if (value.len)
            buf_addf(&line, "%s%s = %s (%s)", line.len ? ", " : "", row->key, buf_string(&value),
                     origins[account->origins[row - option_table]]);
    }
    steps_pass(&t->steps, "settings", "%s", buf_string(&line));
}

static int load(struct test *t, struct err *e)
{
    struct submission *s = &t->s;
    if (submission_start(s, e) < 0)
        return -1;
    steps_pass(&t->steps, "account", "%s (%s:%u)", s->account->name, s->account->file,
               s->account->line);
    show_settings(t);
    for (size_t i = 0; i < s->config.notes.n; i++)
        steps_note(&t->steps, "config", "%s", s->config.notes.items[i]);
    return 0;
}

static int get_password(struct test *t, struct err *e)
{
    const struct auth_opts *auth = &t->s.account->auth;
    struct strlist notes = { 0 };
    t->stage = STAGE_SECRET;
    if (!auth_opts_wanted(auth)) {
        steps_note(&t->steps, "password", "no login is configured");
        return 0;
    }
    struct deadline deadline = deadline_in(t->s.account->net.timeout_ms);
    if (secret_get(auth, deadline, &t->s.arena, &t->password, &notes, e) < 0)
        return -1;
    steps_pass(&t->steps, "password", "from %s", secret_source(auth));
    for (size_t i = 0; i < notes.n; i++)
        steps_note(&t->steps, "password", "%s", notes.items[i]);
    return 0;
}

static int find_target(struct test *t, struct err *e)
{
    const struct net_opts *net = &t->s.account->net;
    if (net->host.n > 1)
        steps_note(&t->steps, "server", "only the first of %zu hosts is tested", net->host.n);
    return target_parse(&t->s.arena, net->host.items[0], net, &t->target, e);
}

/* Tries one address by itself. */
static void show_address(struct test *t, const struct sockaddr_storage *address)
{
    ERR e = { 0 };
    BUF text = { 0 };
    resolve_add_text(&text, address);
    struct target one = t->target;
    one.host = buf_string(&text);
    one.is_literal = true;
    steps_begin(&t->steps);
    int fd = dial(&one, &t->s.account->net, deadline_in(CONNECT_MS), NULL, NULL, &e);
    if (fd < 0) {
        steps_note(&t->steps, "TCP", "%s", e.text);
        return;
    }
    close(fd);
    steps_pass(&t->steps, "TCP", "%s port %d", one.host, one.port);
}

static int look_up(struct test *t, struct err *e)
{
    const struct net_opts *net = &t->s.account->net;
    struct resolved found = { 0 };
    BUF line = { 0 };
    t->stage = STAGE_LOOKUP;
    if (t->target.is_path)
        return 0;
    if (resolve(&t->s.arena, t->target.host, t->target.port, net->ip,
                deadline_in(net->connect_timeout_ms), &found, e) < 0)
        return -1;
    for (size_t i = 0; i < found.n; i++) {
        buf_add_string(&line, i ? ", " : "");
        resolve_add_text(&line, &found.items[i]);
    }
    steps_pass(&t->steps, "DNS", "%s: %s", t->target.host, buf_string(&line));
    for (size_t i = 0; i < found.n && i < ADDRESSES_SHOWN; i++)
        show_address(t, &found.items[i]);
    return 0;
}

/* A port that does not answer is often one that a provider blocks: which others do? */
static void probe_other_ports(struct test *t, struct err *e)
{
    static const int ports[] = { 465, 587, 2525, 25 };
    BUF open = { 0 };
    if (t->target.is_path)
        return;
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        ERR ignored = { 0 };
        struct target other = t->target;
        other.port = ports[i];
        if (ports[i] == t->target.port)
            continue;
        int fd = dial(&other, &t->s.account->net, deadline_in(2000), NULL, NULL, &ignored);
        if (fd < 0)
            continue;
        buf_addf(&open, "%s%d", open.len ? ", " : "", ports[i]);
        close(fd);
    }
    if (open.len && !e->hint)
        err_hint(e,
                 "port %d does not answer, but %s does: set port (465 is implicit TLS, the "
                 "others STARTTLS)",
                 t->target.port, buf_string(&open));
}

static int reach(struct test *t, struct err *e)
{
    struct client *c = &t->client;
    if (client_connect(c, e) == 0) {
        steps_pass(&t->steps, "connect", "%s port %d", buf_string(&c->address), t->target.port);
        return 0;
    }
    if (c->stage == STAGE_CONNECT)
        probe_other_ports(t, e);
    return -1;
}

static void show_tls(struct test *t)
{
    const struct tls_facts *tls = stream_tls(t->client.stream);
    if (!tls)
        return;
    int64_t days = (tls->expires - time(NULL)) / (24 * 60 * 60);
    steps_pass(&t->steps, "TLS", "%s, %s", tls->version, tls->cipher);
    steps_pass(&t->steps, "certificate", "%s; %lld days left; %s", tls->peer, (long long)days,
               tls->verified ? "trusted" : "NOT verified (tls_verify = insecure)");
    if (days < EXPIRY_WARNING_DAYS)
        steps_note(&t->steps, "certificate", "it runs out in %lld days", (long long)days);
}

static void show_offer(struct test *t, const char *step)
{
    BUF words = { 0 };
    struct span rest = buf_span(&t->client.reply.text), line;
    span_next(&rest, '\n', &line);
    while (span_next(&rest, '\n', &line)) {
        buf_add_string(&words, words.len ? ", " : "");
        buf_add_span(&words, span_trim(line));
    }
    steps_pass(&t->steps, step, "%s", words.len ? buf_string(&words) : "no extensions");
}

/* From TCP to the second EHLO. */
static int open_session(struct test *t, struct err *e)
{
    struct client *c = &t->client;
    enum tls_mode mode = t->target.tls;
    if (reach(t, e) < 0)
        return -1;
    if (mode == TLS_MODE_IMPLICIT) {
        if (client_tls(c, e) < 0)
            return -1;
        show_tls(t);
    }
    if (client_greeting(c, e) < 0)
        return -1;
    steps_pass(&t->steps, "greeting", "%d %s", c->reply.code, buf_string(&c->reply.text));
    if (client_hello(c, e) < 0)
        return -1;
    show_offer(t, mode == TLS_MODE_STARTTLS ? "EHLO, clear" : "EHLO");
    if (mode != TLS_MODE_STARTTLS)
        return 0;
    if (client_starttls(c, e) < 0)
        return -1;
    show_tls(t);
    show_offer(t, "EHLO, TLS");
    return 0;
}

static int log_in(struct test *t, struct err *e)
{
    if (!auth_opts_wanted(&t->s.account->auth))
        return 0;
    if (client_login(&t->client, e) < 0)
        return -1;
    steps_pass(&t->steps, "login", "%s, user %s", mech_name(t->client.mech),
               t->s.account->auth.user);
    return 0;
}

static int command(struct test *t, enum stage stage, struct span line, struct err *e)
{
    if (client_command(&t->client, stage, line, e) < 0)
        return -1;
    return t->client.reply.code < 300 ? 0 : reply_error(&t->client.reply, e);
}

/* MAIL and RSET: does the server take this sender? */
static int try_sender(struct test *t, struct err *e)
{
    struct submission *s = &t->s;
    BUF line = { 0 };
    struct mail_params none = { 0 };
    t->client.stage = STAGE_MAIL;
    const struct addr *given = s->has_given_sender ? &s->given_sender : NULL;
    if (plan_sender(&s->arena, given, s->ident.login, s->ident.host, &s->account->mail, &s->sender,
                    e) < 0)
        return -1;
    s->envelope.sender = addr_wire(&s->arena, &s->sender, e);
    if (!s->envelope.sender || command_mail(&line, s->envelope.sender, &none, e) < 0 ||
        command(t, STAGE_MAIL, buf_span(&line), e) < 0 ||
        command(t, STAGE_MAIL, SPAN("RSET\r\n"), e) < 0)
        return -1;
    steps_pass(&t->steps, "sender", "%s is accepted", s->envelope.sender);
    if (t->client.caps.size)
        steps_pass(&t->steps, "size", "messages up to %llu octets",
                   (unsigned long long)t->client.caps.size);
    return 0;
}

static int compose(struct test *t, const char *to, struct err *e)
{
    struct submission *s = &t->s;
    struct reader reader;
    BUF text = { 0 };
    buf_addf(&text,
             "To: %s\nSubject: postbag test\n\nThis message was sent by `postbag test` through "
             "account %s.\n",
             to, s->account->name);
    reader_init(&reader, &s->message, (struct message_limits){ 0 });
    int done = reader_feed(&reader, buf_span(&text), e) < 0 ? -1 : reader_finish(&reader, e);
    reader_done(&reader);
    return done < 0 ? -1 : submission_finish(s, e);
}

static int send_mail(struct test *t, const char *to, struct err *e)
{
    struct submission *s = &t->s;
    struct client *c = &t->client;
    if (compose(t, to, e) < 0)
        return -1;
    struct verdict *verdicts = mem_new(s->envelope.n_rcpts, sizeof *verdicts);
    client_send(c, &s->envelope, &s->stored, true, verdicts);
    int done = 0;
    for (size_t i = 0; i < s->envelope.n_rcpts; i++) {
        if (verdicts[i].result == VERDICT_SENT) {
            steps_pass(&t->steps, "test mail", "%s: %s", s->envelope.rcpts[i].wire,
                       verdicts[i].err.text);
        } else if (done == 0) {
            done = -1;
            c->stage = verdicts[i].stage;
            err_move(e, &verdicts[i].err);
        }
        verdict_done(&verdicts[i]);
    }
    free(verdicts);
    return done;
}

static int walk(struct test *t, const char *to, struct err *e)
{
    if (load(t, e) < 0 || get_password(t, e) < 0 || find_target(t, e) < 0 || look_up(t, e) < 0)
        return -1;
    struct account *account = arena_new(&t->s.arena, 1, sizeof *account);
    *account = *t->s.account;
    if (account->net.connect_timeout_ms > GREETING_MS)
        account->net.connect_timeout_ms = GREETING_MS;
    struct client_setup setup = { .target = &t->target,
                                  .net = &account->net,
                                  .auth = &account->auth,
                                  .smtp = &account->smtp,
                                  .password = buf_span(&t->password),
                                  .host = t->s.ident.host,
                                  .deadline = deadline_in(account->net.timeout_ms),
                                  .trace = trace_hook(&t->trace) };
    client_init(&t->client, &setup);
    int done = open_session(t, e);
    if (done == 0)
        done = log_in(t, e);
    if (done == 0)
        done = try_sender(t, e);
    if (done == 0 && to)
        done = send_mail(t, to, e);
    t->stage = t->client.stage;
    client_close(&t->client);
    return done;
}

static int conclude(struct test *t, int done, struct err *e)
{
    int status = 0;
    const char *good = t->s.options->operands.n
                           ? "All is well: the test mail is with the smarthost."
                           : "All is well. `postbag test ADDRESS` sends a test mail too.";
    if (done < 0) {
        hint_apply(t->stage, e);
        steps_fail(&t->steps, *stage_name(t->stage) ? stage_name(t->stage) : "config", e);
        status = exit_of_error(&exit_default, e, t->stage);
    }
    steps_conclude(&t->steps, good, done < 0 ? e : NULL, status);
    return status;
}

int cmd_test(const struct options *o)
{
    ERR e = { 0 };
    struct test t = { .password = { .secret = true }, .trace = { .level = o->verbose } };
    const char *to = o->operands.n ? o->operands.items[0] : NULL;
    submission_init(&t.s, o);
    steps_init(&t.steps, o->name, o->json);
    int status = conclude(&t, walk(&t, to, &e), &e);
    trace_done(&t.trace);
    steps_done(&t.steps);
    buf_done(&t.password);
    submission_done(&t.s);
    return status;
}

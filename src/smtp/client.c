#include "smtp/client.h"

#include "base/utf8.h"
#include "net/service.h"
#include "net/stranger.h"
#include "smtp/command.h"

#include <string.h>

void client_init(struct client *c, const struct client_setup *setup)
{
    *c = (struct client){ .setup = *setup };
    c->lmtp = setup->smtp->protocol == PROTOCOL_LMTP ||
              (setup->smtp->protocol == PROTOCOL_UNSET && setup->target->is_path);
}

void client_set_deadline(struct client *c, int64_t ms)
{
    struct deadline limit = deadline_min(c->setup.deadline, deadline_in(ms));
    if (c->stage < STAGE_AUTH)
        limit = deadline_min(deadline_min(limit, c->setup.reach), c->greet_by);
    stream_set_deadline(c->stream, limit);
}

/* Replies. */

static int malformed(struct client *c, struct err *e)
{
    BUF shown = { 0 };
    struct span input = stream_input(c->stream);
    bool tls_record = input.len > 2 && input.at[0] >= 20 && input.at[0] <= 23 && input.at[1] == 3;
    struct span front = { input.at, input.len < 60 ? input.len : 60 };
    utf8_add_printable(&shown, front, "\\n");
    err_set(e, ERR_PROTOCOL, "the server sent no valid reply: \"%s%s\"", buf_string(&shown),
            front.len < input.len ? "…" : "");
    if (tls_record && !stream_tls(c->stream))
        err_hint(e, "the server speaks TLS from the start on this port: set tls = implicit");
    else if (c->stage == STAGE_GREETING)
        stranger_hint(front, e);
    return -1;
}

int client_take_reply(struct client *c, struct err *e)
{
    size_t used = 0;
    int done = reply_feed(&c->parser, stream_input(c->stream), &used, &c->reply);
    if (done < 0) {
        c->broken = true;
        return malformed(c, e);
    }
    stream_consume(c->stream, used);
    if (done && c->reply.code != 334) /* a challenge is taken as it is */
        stream_conceal(c->stream, &c->reply.text);
    return done;
}

/* The words for a connection that gave no reply. */
static void explain_silence(const struct client *c, struct err *e)
{
    if (e->kind == ERR_TIMEOUT)
        err_set(e, ERR_TIMEOUT, "the server gave no answer in time");
    bool may_want_tls = !stream_tls(c->stream) && !c->setup.target->is_path;
    if (c->stage == STAGE_GREETING && may_want_tls && !e->hint)
        err_hint(e, "if this port expects TLS from the start, set tls = implicit");
}

static int lost(struct client *c, struct err *e)
{
    c->broken = true;
    explain_silence(c, e);
    return -1;
}

/* Sends what is queued, unless the server speaks first. */
static int send_queued(struct client *c, struct err *e)
{
    size_t before = stream_input(c->stream).len;
    while (stream_pending(c->stream) && stream_input(c->stream).len == before)
        if (stream_flush(c->stream, false, e) < 0)
            return -1;
    return 0;
}

/* The last words of a server that has gone count more than the error. */
int client_read_reply(struct client *c, struct err *e)
{
    ERR gone = { 0 };
    int sent = send_queued(c, &gone);
    int done;
    while ((done = client_take_reply(c, e)) == 0) {
        int more = sent < 0 ? -1 : stream_fill(c->stream, e);
        if (sent < 0)
            err_move(e, &gone);
        if (more == 0)
            err_set(e, ERR_CLOSED, "the server closed the connection");
        if (more <= 0)
            return lost(c, e);
    }
    return done < 0 ? -1 : 0;
}

int client_expect_silence(struct client *c, struct err *e)
{
    if (!stream_input(c->stream).len)
        return 0;
    int done = client_take_reply(c, e);
    c->broken = true;
    if (done < 0)
        return -1;
    ERR said = { 0 };
    reply_error(&c->reply, &said);
    if (c->reply.code == 421) {
        err_move(e, &said);
        return -1;
    }
    return err_set(e, ERR_PROTOCOL, "the server spoke out of turn: \"%s\"", said.text);
}

int client_command(struct client *c, enum stage stage, struct span line, struct err *e)
{
    c->stage = stage;
    if (client_expect_silence(c, e) < 0)
        return -1;
    client_set_deadline(c, c->setup.net->command_timeout_ms);
    stream_put(c->stream, line);
    return client_read_reply(c, e);
}

int client_not_expected(const struct client *c, struct err *e)
{
    reply_error(&c->reply, e);
    if (c->reply.code >= 400)
        return -1;
    ERR said = { 0 };
    err_move(&said, e);
    return err_set(e, ERR_PROTOCOL, "the server breaks the protocol: \"%s\" at %s", said.text,
                   stage_name(c->stage));
}

/* The steps. */

/* Takes `d` over. */
static void note_dialled(struct client *c, struct dialled *d)
{
    const struct stream_trace *trace = &c->setup.trace;
    c->times.dial = d->times;
    c->address = d->address;
    if (d->tried.len && trace->note) {
        BUF line = { 0 };
        buf_addf(&line, "connected to %s; not reached: %s", buf_string(&d->address),
                 buf_string(&d->tried));
        trace->note(trace->context, buf_span(&line));
    }
    buf_done(&d->tried);
}

int client_connect(struct client *c, struct err *e)
{
    const struct client_setup *setup = &c->setup;
    struct dialled dialled = { 0 };
    c->stage = STAGE_CONNECT;
    c->greet_by = deadline_in(setup->net->connect_timeout_ms);
    struct deadline deadline =
        deadline_min(deadline_min(setup->deadline, setup->reach), c->greet_by);
    int fd = dial(setup->target, setup->net, deadline, &dialled, e);
    if (fd < 0) {
        if (e->kind == ERR_NOHOST || e->kind == ERR_LOOKUP)
            c->stage = STAGE_LOOKUP;
        return -1;
    }
    note_dialled(c, &dialled);
    c->stream = stream_new(fd, setup->trace);
    return 0;
}

int client_tls(struct client *c, struct err *e)
{
    const struct client_setup *setup = &c->setup;
    int64_t start = clock_ms();
    c->stage = STAGE_TLS;
    client_set_deadline(c, setup->net->connect_timeout_ms);
    const struct target *target = setup->target;
    const char *name = target->tls_name ? target->tls_name : target->host;
    stream_remember(c->stream, setup->tls_memory);
    if (stream_start_tls(c->stream, setup->net, name, target->is_literal, e) < 0) {
        service_explain(target, e);
        c->broken = true;
        return -1;
    }
    c->times.tls_ms = clock_ms() - start;
    return 0;
}

int client_greeting(struct client *c, struct err *e)
{
    int64_t start = clock_ms();
    c->stage = STAGE_GREETING;
    client_set_deadline(c, c->setup.net->connect_timeout_ms);
    if (client_read_reply(c, e) < 0)
        return -1;
    c->times.greeting_ms = clock_ms() - start;
    c->greet_by = (struct deadline){ 0 };
    return c->reply.code == 220 ? 0 : client_not_expected(c, e);
}

/* What EHLO takes: letters, digits, dots and hyphens, and more than one label. */
static bool is_full_name(const char *host)
{
    const char *dot = strchr(host, '.');
    for (const char *at = host; *at; at++)
        if (!ascii_is_alpha(*at) && !ascii_is_digit(*at) && *at != '.' && *at != '-')
            return false;
    return dot && dot != host && dot[1];
}

static void add_own_name(const struct client *c, struct buf *to)
{
    const char *domain = c->setup.smtp->domain;
    if (domain)
        buf_add_string(to, domain);
    else if (is_full_name(c->setup.host))
        buf_add_string(to, c->setup.host);
    else
        stream_add_local_literal(c->stream, to);
}

static int say_hello(struct client *c, const char *verb, struct err *e)
{
    BUF name = { 0 };
    BUF line = { 0 };
    add_own_name(c, &name);
    c->stage = STAGE_EHLO;
    if (command_hello(&line, verb, buf_string(&name), e) < 0)
        return -1;
    return client_command(c, STAGE_EHLO, buf_span(&line), e);
}

/* RFC 5321 section 3.2: a server that does not know EHLO gets HELO, and offers nothing. */
int client_hello(struct client *c, struct err *e)
{
    caps_done(&c->caps);
    if (say_hello(c, c->lmtp ? "LHLO" : "EHLO", e) < 0)
        return -1;
    if (c->reply.code == 250) {
        caps_parse(buf_span(&c->reply.text), &c->caps);
        return 0;
    }
    if (c->lmtp || (c->reply.code != 500 && c->reply.code != 502))
        return client_not_expected(c, e);
    if (say_hello(c, "HELO", e) < 0)
        return -1;
    return c->reply.code == 250 ? 0 : client_not_expected(c, e);
}

int client_starttls(struct client *c, struct err *e)
{
    c->stage = STAGE_STARTTLS;
    if (!caps_has(&c->caps, CAP_STARTTLS)) {
        err_set(e, ERR_UNAVAILABLE, "the server does not offer STARTTLS");
        err_hint(e, "nothing is sent without TLS; try port 465 with tls = implicit, or ask why a "
                    "device on the way removes STARTTLS");
        return -1;
    }
    if (client_command(c, STAGE_STARTTLS, SPAN("STARTTLS\r\n"), e) < 0)
        return -1;
    if (c->reply.code != 220)
        return client_not_expected(c, e);
    if (client_tls(c, e) < 0)
        return -1;
    return client_hello(c, e);
}

int client_open(struct client *c, struct err *e)
{
    enum tls_mode tls = c->setup.target->tls;
    if (client_connect(c, e) < 0)
        return -1;
    if (tls == TLS_MODE_IMPLICIT && client_tls(c, e) < 0)
        return -1;
    if (client_greeting(c, e) < 0 || client_hello(c, e) < 0)
        return -1;
    if (tls == TLS_MODE_STARTTLS && client_starttls(c, e) < 0)
        return -1;
    return auth_opts_wanted(c->setup.auth) ? client_login(c, e) : 0;
}

int client_renew(struct client *c, struct err *e)
{
    struct client_setup setup = c->setup;
    struct client_times times = c->times;
    struct intent intent = c->intent;
    bool unchunked = c->unchunked;
    client_close(c);
    setup.reach = (struct deadline){ 0 };
    client_init(c, &setup);
    c->times = times;
    c->intent = intent;
    c->unchunked = unchunked;
    int done = client_open(c, e);
    c->broken = done < 0;
    return done;
}

bool client_is_spent(const struct client *c)
{
    return c->caps.mail_max && c->mails >= c->caps.mail_max;
}

bool client_is_alive(struct client *c)
{
    if (!c->stream || (client_is_spent(c) && !c->unclean))
        return false;
    stream_peek(c->stream);
    return !c->broken && !stream_is_over(c->stream) && !stream_input(c->stream).len;
}

/* The end. */

void client_close(struct client *c)
{
    ERR ignored = { 0 };
    if (c->stream && !c->broken) {
        client_set_deadline(c, 1000);
        if (!c->quit_sent)
            stream_put(c->stream, SPAN("QUIT\r\n"));
        if (stream_flush(c->stream, true, &ignored) == 0)
            stream_peek(c->stream);
        stream_bye(c->stream);
    }
    stream_free(c->stream);
    reply_parser_done(&c->parser);
    reply_done(&c->reply);
    caps_done(&c->caps);
    buf_done(&c->address);
    c->stream = NULL;
}

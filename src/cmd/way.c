#include "cmd/way.h"

#include "cmd/probe.h"
#include "cmd/settings.h"
#include "cmd/tls_remarks.h"
#include "net/tls.h"
#include "queue/hosts.h"

#include <time.h>
#include <unistd.h>

enum {
    CONNECT_MS = 10000, /* of all addresses together */
    ADDRESS_MS = 3000,  /* of each by itself */
    SILENCE_PART = 3,   /* after this part of its time a silent server is asked for TLS */
    ADDRESSES_SHOWN = 6,
    DAY = 24 * 60 * 60,
};

void way_shorten(int64_t *ms, int64_t limit)
{
    if (*ms <= 0 || *ms > limit)
        *ms = limit;
}

/* The servers that the DNS of a domain names, in the order of this time. */
static int find_service(struct test *t, struct err *e)
{
    const struct net_opts *net = &t->account.net;
    struct deadline limit = deadline_min(t->deadline, deadline_in(net->connect_timeout_ms));
    struct targets found = { 0 };
    BUF line = { 0 };
    const char *domain = t->target.host;
    if (service_find(&t->s.arena, &t->target, limit, &found, e) < 0)
        return -1;
    for (size_t i = 0; i < found.n; i++) {
        buf_add_string(&line, i ? "; " : "");
        hosts_describe(&line, &found.items[i], net);
    }
    t->target = found.items[0];
    steps_pass(&t->steps, "SRV", "%s names %s", domain, buf_string(&line));
    if (found.n + net->host.n > 2)
        steps_note(&t->steps, "server", "only %s is tested", t->target.host);
    return 0;
}

static int find_target(struct test *t, struct err *e)
{
    const struct net_opts *net = &t->account.net;
    t->stage = STAGE_LOOKUP;
    if (target_parse(&t->s.arena, net->host.items[0], net, &t->target, e) < 0)
        return -1;
    if (t->target.is_service)
        return find_service(t, e);
    settings_show_target(&t->steps, &t->account, &t->target);
    if (net->host.n > 1)
        steps_note(&t->steps, "server", "only the first of %zu hosts is tested", net->host.n);
    return 0;
}

static int look_up(struct test *t, struct err *e)
{
    const struct net_opts *net = &t->account.net;
    struct resolved *found = &t->addresses;
    struct deadline limit = deadline_min(t->deadline, deadline_in(net->connect_timeout_ms));
    BUF line = { 0 };
    if (t->target.is_path || t->target.is_literal)
        return 0;
    if (net->proxy) {
        steps_note(&t->steps, "DNS", "the proxy looks %s up", t->target.host);
        return 0;
    }
    if (resolve(&t->s.arena, t->target.host, t->target.port, net->ip, limit, found, e) < 0)
        return -1;
    for (size_t i = 0; i < found->n; i++) {
        buf_add_string(&line, i ? ", " : "");
        resolve_add_text(&line, &found->items[i]);
    }
    steps_pass(&t->steps, "DNS", "%s is %s", t->target.host, buf_string(&line));
    return 0;
}

int way_find(struct test *t, struct err *e)
{
    return find_target(t, e) < 0 ? -1 : look_up(t, e);
}

/* Of several addresses, each by itself: one that is down makes every delivery slower. */
static void show_address(struct test *t, const struct sockaddr_storage *address)
{
    ERR e = { 0 };
    BUF text = { 0 };
    int64_t ms = t->account.net.connect_timeout_ms;
    struct target one = t->target;
    way_shorten(&ms, ADDRESS_MS);
    resolve_add_text(&text, address);
    one.host = buf_string(&text);
    one.is_literal = true;
    steps_begin(&t->steps);
    int fd = dial(&one, &t->account.net, deadline_min(t->deadline, deadline_in(ms)), NULL, &e);
    if (fd < 0) {
        steps_warn(&t->steps, "TCP", "%s", e.text);
        return;
    }
    close(fd);
    steps_pass(&t->steps, "TCP", "%s port %d answers", one.host, one.port);
}

static const char *mode_of_port(int port)
{
    return port == 465 ? "implicit" : "starttls";
}

/* A port that does not answer is often one that a provider blocks: which others do? */
static void suggest_port(const struct test *t, struct err *e)
{
    int open[PROBE_PORTS];
    BUF list = { 0 };
    if (t->target.is_path || t->account.net.proxy || deadline_passed(t->deadline))
        return;
    size_t n = probe_ports(&t->target, &t->account.net, open);
    for (size_t i = 0; i < n; i++)
        buf_addf(&list, "%s%d", i ? ", " : "", open[i]);
    if (n)
        err_hint(e, "port %d does not answer there, but %s %s: set port = %d and tls = %s",
                 t->target.port, buf_string(&list), n > 1 ? "do" : "does", open[0],
                 mode_of_port(open[0]));
    else
        err_hint(e, "none of the ports 465, 587, 2525 and 25 answers: check host, and whether a "
                    "firewall or this network blocks mail");
}

static int reach(struct test *t, struct err *e)
{
    struct client *c = &t->client;
    for (size_t i = 0; t->addresses.n > 1 && i < t->addresses.n && i < ADDRESSES_SHOWN; i++)
        show_address(t, &t->addresses.items[i]);
    int64_t usual = t->account.net.connect_timeout_ms;
    way_shorten(&t->account.net.connect_timeout_ms, CONNECT_MS);
    int done = client_connect(c, e);
    t->account.net.connect_timeout_ms = usual;
    if (done < 0) {
        if (c->stage == STAGE_CONNECT)
            suggest_port(t, e);
        return -1;
    }
    c->greet_by = (struct deadline){ 0 }; /* the greeting has its own time here */
    if (t->target.is_path)
        steps_pass(&t->steps, "connect", "connected to %s", t->target.host);
    else if (t->account.net.proxy)
        steps_pass(&t->steps, "TCP", "connected to %s port %d through the proxy %s", t->target.host,
                   t->target.port, buf_string(&c->address));
    else
        steps_pass(&t->steps, "TCP", "connected to %s port %d", buf_string(&c->address),
                   t->target.port);
    return 0;
}

/* The new certificate may have another key. */
static void warn_of_renewal(struct test *t)
{
    const struct net_opts *net = &t->account.net;
    const char *key = net->tls_fingerprint.n == 1 ? "tls_fingerprint"
                      : net->tls_pin.n == 1       ? "tls_pin"
                                                  : NULL;
    if (key)
        steps_warn(&t->steps, "certificate",
                   "%s names this one alone: nothing can be sent after a change, unless the next "
                   "one is added before",
                   key);
}

static void show_certificate(struct test *t, const struct tls_facts *tls)
{
    int64_t days = (tls->expires - time(NULL)) / DAY;
    steps_pass(&t->steps, "certificate", "for %s; %s", *tls->peer ? tls->peer : "nobody",
               tls->verified ? "trusted" : "NOT verified");
    if (tls->expires < time(NULL))
        steps_warn(&t->steps, "certificate", "it ran out %lld days ago", -(long long)days);
    else if (days < EXPIRY_WARNING_DAYS)
        steps_warn(&t->steps, "certificate",
                   "it runs out in %lld days: the server's operator has to renew it",
                   (long long)days);
    else
        steps_fact(&t->steps, "certificate", "%lld days left", (long long)days);
    if (days < EXPIRY_WARNING_DAYS)
        warn_of_renewal(t);
    if (!tls->verified)
        steps_warn(&t->steps, "certificate",
                   "tls_verify = insecure: anybody on the way can read the password and the mail");
}

static int start_tls(struct test *t, struct err *e)
{
    struct client *c = &t->client;
    int done = t->target.tls == TLS_MODE_IMPLICIT ? client_tls(c, e) : client_starttls(c, e);
    const struct tls_facts *tls = done == 0 ? stream_tls(c->stream) : NULL;
    if (e->kind == ERR_CERTIFICATE && t->clock_behind)
        err_hint(e, "the clock of this machine is wrong, and certificates are held against it: "
                    "set it first (timedatectl set-ntp true)");
    if (!tls)
        return done;
    steps_pass(&t->steps, "TLS", "%s, %s", tls->version, tls->cipher);
    show_certificate(t, tls);
    return 0;
}

/* The dialogue. */

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

/* A server that says nothing may wait for TLS, or only be slow: it is asked on another connection,
 * while the greeting may still come. */
static int greet(struct test *t, struct err *e)
{
    struct client *c = &t->client;
    struct net_opts *net = &t->account.net;
    int64_t usual = net->connect_timeout_ms;
    bool clear = !stream_tls(c->stream) && !t->target.is_path;
    net->connect_timeout_ms = clear ? usual / SILENCE_PART : usual;
    int done = client_greeting(c, e);
    net->connect_timeout_ms = usual;
    if (done == 0 || !clear || e->kind != ERR_TIMEOUT || deadline_passed(t->deadline))
        return done;
    if (probe_tls(&t->target, net)) {
        err_set(e, ERR_TIMEOUT, "the server says nothing on port %d: it waits for TLS",
                t->target.port);
        err_hint(e, "set tls = implicit");
        return -1;
    }
    c->broken = false;
    return client_greeting(c, e);
}

/* From TCP to the second EHLO. */
int way_open(struct test *t, struct err *e)
{
    struct client *c = &t->client;
    enum tls_mode mode = t->target.tls;
    if (reach(t, e) < 0 || (mode == TLS_MODE_IMPLICIT && start_tls(t, e) < 0) || greet(t, e) < 0)
        return -1;
    steps_pass(&t->steps, "greeting", "%d %s", c->reply.code, buf_string(&c->reply.text));
    if (client_hello(c, e) < 0)
        return -1;
    show_offer(t, mode == TLS_MODE_STARTTLS ? "EHLO, clear" : "EHLO");
    if (mode != TLS_MODE_STARTTLS)
        return 0;
    if (start_tls(t, e) < 0)
        return -1;
    show_offer(t, "EHLO, TLS");
    return 0;
}

#include "net/tls_memory.h"

/* A text that is not there differs from an empty one. */
static void add_text(struct buf *key, const char *text)
{
    buf_addf(key, "%d:%s\n", text != NULL, text ? text : "");
}

static void add_list(struct buf *key, const struct strlist *list)
{
    buf_addf(key, "%zu\n", list->n);
    for (size_t i = 0; i < list->n; i++)
        add_text(key, list->items[i]);
}

static void add_settings(struct buf *key, const struct net_opts *opts)
{
    buf_addf(key, "%d %d\n", opts->tls_min, opts->tls_verify);
    add_text(key, opts->proxy);
    add_text(key, opts->tls_name);
    add_text(key, opts->tls_ca_file);
    add_text(key, opts->tls_crl_file);
    add_text(key, opts->tls_priority);
    add_list(key, &opts->tls_pin);
    add_list(key, &opts->tls_fingerprint);
}

void tls_memory_aim(struct tls_memory *m, const struct target *target, const struct net_opts *opts)
{
    struct buf key = { .secret = true }; /* the proxy's password is in it */
    buf_addf(&key, "%d %d\n", target->port, target->tls);
    add_text(&key, target->host);
    add_text(&key, target->tls_name);
    add_settings(&key, opts);
    if (!span_eq(buf_span(&key), buf_span(&m->key)))
        tls_memory_forget(m);
    buf_done(&m->key);
    m->key = key;
    m->offered = false;
}

bool tls_memory_allowed(const struct net_opts *opts)
{
    return opts->tls_verify == TLS_VERIFY_YES && !opts->tls_cert;
}

void tls_memory_keep(struct tls_memory *m, struct span session)
{
    tls_memory_forget(m);
    m->session.secret = true;
    buf_add_span(&m->session, session);
}

void tls_memory_forget(struct tls_memory *m)
{
    buf_done(&m->session);
}

void tls_memory_done(struct tls_memory *m)
{
    buf_done(&m->key);
    buf_done(&m->session);
    *m = (struct tls_memory){ 0 };
}

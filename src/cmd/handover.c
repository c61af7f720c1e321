#include "cmd/handover.h"

#include "base/clock.h"
#include "smtp/arguments.h"

enum queue_mode handover_mode(const struct submission *s)
{
    if (s->account && s->account->is_service)
        return QUEUE_MODE_DIRECT;
    if (s->options->queue)
        return QUEUE_MODE_QUEUE;
    if (s->options->no_queue || sets_are_secret(&s->options->sets) ||
        submission_config_is_passing(s->options))
        return QUEUE_MODE_DIRECT;
    return s->config.queue.mode;
}

/* The service takes a message once, however often it is given. Without a nonce a lost connection is
 * an ambiguous end. */
static void give_nonce(struct submission *s)
{
    ERR ignored = { 0 };
    char nonce[NONCE_SIZE + 1];
    if (!s->account->is_service)
        return;
    if (queue_nonce_new(clock_wall_us(), nonce, &ignored) == 0)
        s->envelope.nonce = arena_string(&s->arena, span_of(nonce));
}

void handover_prepare(struct submission *s, const char *host, struct stream_trace trace,
                      struct submit_request *ret)
{
    ERR none = { 0 };
    *ret = (struct submit_request){
        .parcel = { .account = s->account,
                    .envelope = &s->envelope,
                    .stored = &s->stored,
                    .host = host,
                    .trace = trace },
        .route = { .config = s->config.only,
                   .account = s->account->name,
                   .sets = s->options->sets },
        .opts = &s->config.queue,
        .mode = handover_mode(s),
    };
    give_nonce(s);
    if (ret->mode == QUEUE_MODE_DIRECT)
        return;
    ret->spool = config_spool(&s->config, &s->ident, &s->arena, &none);
    if (!ret->spool)
        ret->no_spool = arena_string(&s->arena, span_of(none.text));
}

#include "queue/deliver.h"

#include "base/sig.h"
#include "queue/connection.h"

#include <time.h>

static void deliver_once(const struct parcel *parcel, struct delivery *ret)
{
    const struct account *account = parcel->account;
    struct connection connection;
    struct connection_setup setup = { account, parcel->host, parcel->trace };
    *ret = (struct delivery){ 0 };
    delivery_grow(ret, parcel->envelope->n_rcpts);
    struct allowance allowance = allowance_of(account, account->net.timeout_ms, parcel->budget_ms);
    if (connection_open(&connection, &setup, allowance, ret) == 0) {
        client_send(&connection.client, parcel->envelope, parcel->stored, true, ret->verdicts);
        delivery_note(ret, &connection.client);
        connection_close(&connection);
    }
    delivery_explain(ret);
}

/* The service of this machine. It turns connections away that are too many for now, and it may be
 * restarted: a message whose end was left open is given again, once, under the same nonce. */

enum {
    BUSY_MS = 20 * 1000, /* how long to ask again when it is busy, or being restarted */
    FIRST_PAUSE_MS = 20,
    LAST_PAUSE_MS = 500,
};

struct patience {
    struct deadline end;
    int64_t pause_ms;
};

static bool wait_a_little(struct patience *p)
{
    struct timespec pause = { .tv_nsec = p->pause_ms * 1000000 };
    if (deadline_passed(p->end) || sig_caught())
        return false;
    nanosleep(&pause, NULL);
    p->pause_ms = p->pause_ms < LAST_PAUSE_MS / 2 ? 2 * p->pause_ms : LAST_PAUSE_MS;
    return true;
}

static struct patience patience_begin(void)
{
    return (struct patience){ deadline_in(BUSY_MS), FIRST_PAUSE_MS };
}

static bool is_busy(const struct delivery *d)
{
    return d->session.result != VERDICT_PENDING && d->session.err.code == 421;
}

static bool is_open(const struct delivery *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->verdicts[i].result == VERDICT_AMBIGUOUS)
            return true;
    return false;
}

static void take_over(struct delivery *to, const struct delivery *from)
{
    for (size_t i = 0; i < to->n; i++)
        if (to->verdicts[i].result == VERDICT_AMBIGUOUS)
            verdict_copy(&to->verdicts[i], &from->verdicts[i]);
}

static void give_again(const struct parcel *parcel, struct delivery *ret)
{
    struct patience patience = patience_begin();
    bool begun = false;
    while (!begun && wait_a_little(&patience)) {
        struct delivery again;
        deliver_once(parcel, &again);
        begun = again.session.result == VERDICT_PENDING;
        if (begun)
            take_over(ret, &again);
        delivery_done(&again);
    }
}

static void deliver_to_service(const struct parcel *parcel, struct delivery *ret)
{
    struct patience patience = patience_begin();
    deliver_once(parcel, ret);
    while (is_busy(ret) && wait_a_little(&patience)) {
        delivery_done(ret);
        deliver_once(parcel, ret);
    }
    if (is_open(ret) && parcel->envelope->nonce)
        give_again(parcel, ret);
}

void deliver(const struct parcel *parcel, struct delivery *ret)
{
    if (parcel->account->is_service)
        deliver_to_service(parcel, ret);
    else
        deliver_once(parcel, ret);
}

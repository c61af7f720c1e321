#include "queue/deliver.h"

#include "queue/connection.h"
#include "queue/retry.h"

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

static void give_to_service(void *context, struct delivery *ret)
{
    deliver_once(context, ret);
}

void deliver(const struct parcel *parcel, struct delivery *ret)
{
    struct parcel given = *parcel;
    const struct retry retry = { give_to_service, &given, parcel->envelope->nonce };
    if (parcel->account->is_service)
        retry_deliver(&retry, ret);
    else
        deliver_once(parcel, ret);
}

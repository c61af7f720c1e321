#include "queue/deliver.h"

#include "queue/connection.h"

void deliver(const struct parcel *parcel, struct delivery *ret)
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

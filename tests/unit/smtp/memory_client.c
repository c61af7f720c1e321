#include "memory_client.h"

void memory_client_open(struct memory_client *m, const char *script, const char *caps)
{
    *m = (struct memory_client){
        .target = { .host = "127.0.0.1", .port = 25, .is_literal = true, .tls = TLS_MODE_OFF },
        .net = { .command_timeout_ms = 1000, .connect_timeout_ms = 1000 },
    };
    struct client_setup setup = { .target = &m->target,
                                  .net = &m->net,
                                  .auth = &m->auth,
                                  .smtp = &m->smtp,
                                  .password = SPAN("secret"),
                                  .host = "client.example.org" };
    client_init(&m->client, &setup);
    m->client.stream = stream_new_memory(span_of(script), 1, &m->sent, (struct stream_trace){ 0 });
    if (caps)
        caps_parse(span_of(caps), &m->client.caps);
}

void memory_client_close(struct memory_client *m)
{
    m->client.broken = true; /* no QUIT into what a test has looked at */
    client_close(&m->client);
    buf_done(&m->sent);
}

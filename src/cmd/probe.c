#include "cmd/probe.h"

#include "net/dial.h"
#include "net/stream.h"

#include <unistd.h>

enum {
    PORT_MS = 1500, /* longer than a repeated SYN takes */
    TLS_MS = 5000,
};

static bool port_answers(const struct target *target, const struct net_opts *net, int port)
{
    ERR ignored = { 0 };
    struct target other = *target;
    other.port = port;
    int fd = dial(&other, net, deadline_in(PORT_MS), NULL, &ignored);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

size_t probe_ports(const struct target *target, const struct net_opts *net, int ret[PROBE_PORTS])
{
    static const int usual[PROBE_PORTS] = { 465, 587, 2525, 25 };
    size_t n = 0;
    if (target->is_path)
        return 0;
    for (size_t i = 0; i < PROBE_PORTS; i++)
        if (usual[i] != target->port && port_answers(target, net, usual[i]))
            ret[n++] = usual[i];
    return n;
}

bool probe_tls(const struct target *target, const struct net_opts *net)
{
    ERR ignored = { 0 };
    struct net_opts any = *net;
    struct deadline deadline = deadline_in(TLS_MS);
    any.tls_verify = TLS_VERIFY_INSECURE;
    any.tls_pin = any.tls_fingerprint = (struct strlist){ 0 };
    int fd = dial(target, &any, deadline, NULL, &ignored);
    if (fd < 0)
        return false;
    struct stream *stream = stream_new(fd, (struct stream_trace){ 0 });
    stream_set_deadline(stream, deadline);
    bool answers = stream_start_tls(stream, &any, target->host, target->is_literal, &ignored) == 0;
    if (answers)
        stream_bye(stream);
    stream_free(stream);
    return answers;
}

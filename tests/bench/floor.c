/* The floor: the least that one submission over verified TLS can cost.
 *
 *     floor starttls|tls HOST PORT CA-FILE USER PASSWORD MESSAGE-FILE [OPTION...]
 *
 *     nodelay    TCP_NODELAY
 *     quickack   TCP_QUICKACK before each read
 *     cork       TLS records leave together, at the next read: Finished with the next command
 *     chunk      BDAT in place of DATA, if offered: the message leaves with its envelope
 *     sys        load the system's trust store as well
 *     rcpts=N    so many recipients
 *
 * It does what the protocol needs and nothing else: no configuration, no recovery, one write for
 * each flight, QUIT behind the end of the message, no wait for its answer. The limit to measure a
 * client against, not a client to use: exit 0 when the server has accepted, 1 otherwise. */
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_SIZE = 128 * 1024, LARGE = 64 * 1024 };

static const char EHLO[] = "EHLO client.lab.example\r\n";

struct options {
    bool starttls, nodelay, quickack, cork, chunk, sys;
    const char *host, *port, *ca, *user, *password, *file;
    int recipients;
};

struct link {
    int fd;
    bool quickack, cork;
    gnutls_session_t tls;
    bool encrypted;
    char out[OUT_SIZE]; /* records held back, when corked */
    size_t out_len;
    char in[16384];
    size_t at, end;
    bool chunking; /* offered in the last reply */
};

struct text {
    char *at;
    size_t len, size;
};

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "floor: %s: %s\n", what, why);
    _exit(1);
}

/* Transport below TLS. */

static void link_release(struct link *l)
{
    if (l->out_len && send(l->fd, l->out, l->out_len, 0) != (ssize_t)l->out_len)
        stop("send", "short");
    l->out_len = 0;
}

static ssize_t transport_push(gnutls_transport_ptr_t ptr, const giovec_t *parts, int n)
{
    struct link *l = ptr;
    size_t len = 0;
    for (int i = 0; i < n; i++)
        len += parts[i].iov_len;
    if (!l->cork || len > sizeof l->out - l->out_len) {
        struct msghdr m = { .msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)n };
        link_release(l);
        return sendmsg(l->fd, &m, 0);
    }
    for (int i = 0; i < n; i++) {
        memcpy(l->out + l->out_len, parts[i].iov_base, parts[i].iov_len);
        l->out_len += parts[i].iov_len;
    }
    return (ssize_t)len;
}

static ssize_t transport_pull(gnutls_transport_ptr_t ptr, void *at, size_t len)
{
    struct link *l = ptr;
    int on = 1;
    link_release(l);
    if (l->quickack)
        setsockopt(l->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    return recv(l->fd, at, len, 0);
}

/* Octets and replies. */

static void link_send(struct link *l, const char *at, size_t len)
{
    while (len > 0) {
        ssize_t n = l->encrypted ? gnutls_record_send(l->tls, at, len) : send(l->fd, at, len, 0);
        if (n <= 0)
            stop("send", "connection lost");
        at += n;
        len -= (size_t)n;
    }
}

static char link_octet(struct link *l)
{
    if (l->at == l->end) {
        ssize_t n;
        do
            n = l->encrypted ? gnutls_record_recv(l->tls, l->in, sizeof l->in)
                             : transport_pull(l, l->in, sizeof l->in);
        while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
        if (n <= 0)
            stop("receive", "connection lost");
        l->at = 0;
        l->end = (size_t)n;
    }
    return l->in[l->at++];
}

static void link_expect(struct link *l, const char *code)
{
    char line[1024];
    l->chunking = false;
    do {
        size_t n = 0;
        for (char c; (c = link_octet(l)) != '\n';)
            if (n < sizeof line - 1)
                line[n++] = c;
        line[n] = '\0';
        l->chunking |= n > 4 && strncmp(line + 4, "CHUNKING", 8) == 0;
    } while (strlen(line) > 3 && line[3] == '-');
    if (strncmp(line, code, 3) != 0)
        stop(code, line);
}

/* Connection. */

static void link_open(struct link *l, const struct options *o)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
    int on = 1;
    if (getaddrinfo(o->host, o->port, &hints, &found) != 0)
        stop(o->host, "no address");
    l->fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(l->fd, found->ai_addr, found->ai_addrlen) < 0)
        stop(o->host, "no connection");
    if (o->nodelay)
        setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    l->quickack = o->quickack;
    l->cork = o->cork;
}

/* Everything that needs no answer yet, while the greeting travels. */
static void link_prepare_tls(struct link *l, const struct options *o)
{
    gnutls_certificate_credentials_t trust;
    gnutls_certificate_allocate_credentials(&trust);
    if (o->sys && gnutls_certificate_set_x509_system_trust(trust) < 1)
        stop("system trust", "none");
    if (gnutls_certificate_set_x509_trust_file(trust, o->ca, GNUTLS_X509_FMT_PEM) < 1)
        stop(o->ca, "no certificate");
    gnutls_init(&l->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    gnutls_set_default_priority(l->tls);
    gnutls_credentials_set(l->tls, GNUTLS_CRD_CERTIFICATE, trust);
    gnutls_session_set_verify_cert(l->tls, o->host, 0);
    gnutls_server_name_set(l->tls, GNUTLS_NAME_DNS, o->host, strlen(o->host));
    gnutls_transport_set_ptr(l->tls, l);
    gnutls_transport_set_vec_push_function(l->tls, transport_push);
    gnutls_transport_set_pull_function(l->tls, transport_pull);
}

static void link_handshake(struct link *l)
{
    int result;
    do
        result = gnutls_handshake(l->tls);
    while (result < 0 && !gnutls_error_is_fatal(result));
    if (result < 0)
        stop("handshake", gnutls_strerror(result));
    l->encrypted = true;
}

/* From the connection to the reply to the last EHLO. */
static void link_greet(struct link *l, const struct options *o)
{
    if (o->starttls) {
        link_expect(l, "220");
        link_send(l, EHLO, sizeof EHLO - 1);
        link_expect(l, "250");
        link_send(l, "STARTTLS\r\n", 10);
        link_expect(l, "220");
    }
    link_handshake(l);
    if (!o->starttls)
        link_expect(l, "220");
    link_send(l, EHLO, sizeof EHLO - 1);
    link_expect(l, "250");
}

/* Text in one block, made large enough for everything that comes. */

static struct text text_new(size_t size)
{
    return (struct text){ .at = malloc(size), .size = size };
}

static void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void text_add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    t->len += (size_t)vsnprintf(t->at + t->len, t->size - t->len, format, args);
    va_end(args);
}

static void text_add_octets(struct text *t, const char *at, size_t len)
{
    memcpy(t->at + t->len, at, len);
    t->len += len;
}

/* The message with CRLF line ends, and dots doubled where `stuff`. */
static void text_add_message(struct text *t, const char *at, size_t len, bool stuff)
{
    for (const char *end = at + len; at < end;) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((lf ? lf : end) - at);
        if (stuff && *at == '.')
            t->at[t->len++] = '.';
        text_add_octets(t, at, line);
        text_add_octets(t, "\r\n", 2);
        at += line + 1;
    }
}

static void link_login(struct link *l, const struct options *o)
{
    char plain[512];
    int len = snprintf(plain, sizeof plain, "%c%s%c%s", 0, o->user, 0, o->password);
    gnutls_datum_t word = { (unsigned char *)plain, (unsigned int)len }, encoded;
    if (gnutls_base64_encode2(&word, &encoded) < 0)
        stop("base64", "failed");
    char command[1024];
    len = snprintf(command, sizeof command, "AUTH PLAIN %.*s\r\n", (int)encoded.size, encoded.data);
    link_send(l, command, (size_t)len);
    link_expect(l, "235");
}

static void link_expect_envelope(struct link *l, const struct options *o)
{
    link_expect(l, "250");
    for (int i = 0; i < o->recipients; i++)
        link_expect(l, "250");
}

static void link_end(struct link *l, struct text *t)
{
    text_add(t, "QUIT\r\n");
    if (t->len > LARGE) { /* full records, straight from here */
        link_release(l);
        l->cork = false;
    }
    link_send(l, t->at, t->len);
    link_release(l);
}

static void submit_data(struct link *l, const struct options *o, struct text *t, struct text m)
{
    text_add(t, "DATA\r\n");
    link_send(l, t->at, t->len);
    t->len = 0;
    text_add_message(t, m.at, m.len, true);
    link_expect_envelope(l, o);
    link_expect(l, "354");
    text_add(t, ".\r\n");
    link_end(l, t);
    link_expect(l, "250");
}

static void submit_bdat(struct link *l, const struct options *o, struct text *t, struct text m)
{
    struct text body = text_new(2 * m.len + 2);
    text_add_message(&body, m.at, m.len, false);
    text_add(t, "BDAT %zu LAST\r\n", body.len);
    text_add_octets(t, body.at, body.len);
    link_end(l, t);
    link_expect_envelope(l, o);
    link_expect(l, "250");
}

static struct text message_map(const char *path)
{
    struct stat s;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &s) < 0)
        stop(path, "cannot open");
    void *at = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        stop(path, "cannot map");
    return (struct text){ at, (size_t)s.st_size, 0 };
}

static void submit(struct link *l, const struct options *o)
{
    struct text m = message_map(o->file);
    struct text t = text_new(2 * m.len + LARGE + 64 * (size_t)o->recipients);
    bool bdat = o->chunk && l->chunking;
    link_login(l, o);
    text_add(&t, "MAIL FROM:<tester@lab.example>\r\n");
    for (int i = 0; i < o->recipients; i++)
        text_add(&t, "RCPT TO:<box%d@lab.example>\r\n", i);
    if (bdat)
        submit_bdat(l, o, &t, m);
    else
        submit_data(l, o, &t, m);
}

static void options_take(struct options *o, const char *word)
{
    o->nodelay |= strcmp(word, "nodelay") == 0;
    o->quickack |= strcmp(word, "quickack") == 0;
    o->cork |= strcmp(word, "cork") == 0;
    o->chunk |= strcmp(word, "chunk") == 0;
    o->sys |= strcmp(word, "sys") == 0;
    if (strncmp(word, "rcpts=", 6) == 0)
        o->recipients = (int)strtol(word + 6, NULL, 10);
}

int main(int argc, char **argv)
{
    static struct link l;
    if (argc < 8)
        return 64;
    struct options o = { .starttls = strcmp(argv[1], "starttls") == 0,
                         .host = argv[2],
                         .port = argv[3],
                         .ca = argv[4],
                         .user = argv[5],
                         .password = argv[6],
                         .file = argv[7],
                         .recipients = 1 };
    for (int i = 8; i < argc; i++)
        options_take(&o, argv[i]);
    link_open(&l, &o);
    link_prepare_tls(&l, &o);
    link_greet(&l, &o);
    submit(&l, &o);
    _exit(0);
}

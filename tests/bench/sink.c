/* A fast smarthost that takes every message and keeps none: the server of the measurements.
 *
 *     sink [-c] [-d] [-k] [-p] [-m] [-w WORKERS] CERT KEY USER PASSWORD
 *
 * Listens on two loopback ports that the kernel picks, prints them as "PORT-STARTTLS PORT-TLS" and
 * serves until its standard input ends. -k offers CHUNKING, -p takes PIPELINING back. -m prints "+"
 * for each message that it takes. -c and -d print a line for each session:
 *
 *     TRIPS-TO-ACCEPTANCE TRIPS-IN-ALL OCTETS SHA256 MESSAGES
 *
 * (octets of the last message and, only with -d, else "-", its digest with dots unstuffed).
 *
 * Round trips are counted where they cannot be hidden: at the transport, below TLS. A flight is
 * what arrives after the server has spoken; with -c the server waits before it answers, so that a
 * flight in several packets counts once. One trip more stands for TCP's own handshake, and with
 * STARTTLS one for the greeting, which no octet of the client asks for.
 *
 * Workers, one a connection, are forked before any and accept side by side; TCP_NODELAY, one write
 * for each batch of replies. Tickets are off: they would be writes that nobody waits for. */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, FLIGHT_PAUSE_MS = 60, SHA256_SIZE = 32 };

static struct {
    bool count, digest, chunking, unpipelined, tell;
    int workers;
    char plain[2][512]; /* the AUTH PLAIN words that are right: some say whom they act for */
    char login[2][512];
    gnutls_certificate_credentials_t cert;
} setup;

struct wire {
    int fd;
    gnutls_session_t tls;
    bool encrypted;
    char in[65536];
    size_t at, end;
    char out[65536];
    size_t out_len;
    bool spoken; /* since the last octet that arrived */
    int trips;
    int trips_accepted;
    int messages;
    unsigned long long octets;
    gnutls_hash_hd_t hash;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Transport: what gnutls and the clear text share. */

static ssize_t transport_push(gnutls_transport_ptr_t ptr, const void *at, size_t len)
{
    struct wire *w = ptr;
    w->spoken = true;
    return send(w->fd, at, len, MSG_NOSIGNAL);
}

static ssize_t transport_pull(gnutls_transport_ptr_t ptr, void *at, size_t len)
{
    struct wire *w = ptr;
    ssize_t got = recv(w->fd, at, len, 0);
    if (got > 0 && w->spoken) {
        w->trips++;
        w->spoken = false;
    }
    return got;
}

static ssize_t wire_read(struct wire *w, void *at, size_t len)
{
    ssize_t got;
    if (!w->encrypted)
        return transport_pull(w, at, len);
    do
        got = gnutls_record_recv(w->tls, at, len);
    while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    return got;
}

/* Does more of the client's flight follow by itself? */
static bool wire_more_coming(const struct wire *w)
{
    struct pollfd p = { .fd = w->fd, .events = POLLIN };
    return setup.count && poll(&p, 1, FLIGHT_PAUSE_MS) == 1;
}

static bool wire_flush(struct wire *w)
{
    size_t len = w->out_len;
    w->out_len = 0;
    if (len == 0)
        return true;
    if (w->encrypted)
        return gnutls_record_send(w->tls, w->out, len) == (ssize_t)len;
    return transport_push(w, w->out, len) == (ssize_t)len;
}

/* Makes input available; replies leave first, unless the flight goes on. */
static bool wire_fill(struct wire *w)
{
    if (w->at < w->end)
        return true;
    bool pending = w->encrypted && gnutls_record_check_pending(w->tls) > 0;
    if (!pending && w->out_len && !wire_more_coming(w) && !wire_flush(w))
        return false;
    ssize_t got = wire_read(w, w->in, sizeof w->in);
    w->at = 0;
    w->end = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void wire_say(struct wire *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wire_say(struct wire *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->out + w->out_len, sizeof w->out - w->out_len, format, args);
    va_end(args);
    w->out_len += (size_t)n;
    if (w->out_len > sizeof w->out / 2)
        wire_flush(w);
}

/* One line without its end; longer ones are cut. */
static bool wire_line(struct wire *w, char *line, size_t size)
{
    size_t n = 0;
    while (wire_fill(w)) {
        char c = w->in[w->at++];
        if (c == '\n') {
            line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
            return true;
        }
        if (n < size - 1)
            line[n++] = c;
    }
    return false;
}

static bool wire_handshake(struct wire *w)
{
    gnutls_init(&w->tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);
    gnutls_set_default_priority(w->tls);
    gnutls_credentials_set(w->tls, GNUTLS_CRD_CERTIFICATE, setup.cert);
    gnutls_transport_set_ptr(w->tls, w);
    gnutls_transport_set_push_function(w->tls, transport_push);
    gnutls_transport_set_pull_function(w->tls, transport_pull);
    int result;
    do
        result = gnutls_handshake(w->tls);
    while (result < 0 && !gnutls_error_is_fatal(result));
    w->encrypted = result == 0;
    return w->encrypted;
}

/* Message content. */

static void content_take(struct wire *w, const char *at, size_t len)
{
    w->octets += len;
    if (setup.digest)
        gnutls_hash(w->hash, at, len);
}

static void content_start(struct wire *w)
{
    w->octets = 0;
    if (setup.digest && !w->hash && gnutls_hash_init(&w->hash, GNUTLS_DIG_SHA256) < 0)
        die("sha256");
}

static void content_accept(struct wire *w)
{
    w->trips_accepted = w->trips;
    w->messages++;
    if (setup.tell && write(STDOUT_FILENO, "+\n", 2) != 2)
        die("write");
    wire_say(w, "250 2.0.0 taken\r\n");
}

/* The state between the octets of "CR LF . CR LF"; the beginning is as after CR LF. */
enum dot { DOT_TEXT, DOT_CR, DOT_LINE, DOT_DOT, DOT_DOT_CR };

static enum dot dot_next(enum dot state, char c)
{
    if (state == DOT_LINE && c == '.')
        return DOT_DOT;
    if (c == '\r')
        return state == DOT_DOT ? DOT_DOT_CR : DOT_CR;
    return state == DOT_CR && c == '\n' ? DOT_LINE : DOT_TEXT;
}

/* Passes the text in front of the next line end on in one piece. */
static size_t text_run(struct wire *w)
{
    char *from = w->in + w->at;
    char *cr = memchr(from, '\r', w->end - w->at);
    size_t len = cr ? (size_t)(cr - from) : w->end - w->at;
    content_take(w, from, len);
    w->at += len;
    return len;
}

static bool content_read_dotted(struct wire *w)
{
    enum dot state = DOT_LINE;
    while (wire_fill(w)) {
        if (state == DOT_TEXT && text_run(w) > 0)
            continue;
        char c = w->in[w->at++];
        if (state == DOT_DOT_CR && c == '\n')
            return true;
        enum dot next = dot_next(state, c);
        if (state == DOT_DOT_CR)
            content_take(w, "\r", 1);
        if (next != DOT_DOT && next != DOT_DOT_CR)
            content_take(w, &c, 1);
        state = next;
    }
    return false;
}

static bool content_read_chunk(struct wire *w, unsigned long long len)
{
    while (len > 0 && wire_fill(w)) {
        size_t have = w->end - w->at;
        size_t take = have < len ? have : (size_t)len;
        content_take(w, w->in + w->at, take);
        w->at += take;
        len -= take;
    }
    return len == 0;
}

/* Commands. Each returns false when the session is over. */

static bool command_ehlo(struct wire *w)
{
    wire_say(w, "250-sink.example\r\n250-SIZE\r\n250-8BITMIME\r\n");
    if (!setup.unpipelined)
        wire_say(w, "250-PIPELINING\r\n");
    if (setup.chunking)
        wire_say(w, "250-CHUNKING\r\n");
    wire_say(w, w->encrypted ? "250-AUTH PLAIN LOGIN\r\n" : "250-STARTTLS\r\n");
    wire_say(w, "250 ENHANCEDSTATUSCODES\r\n");
    return true;
}

static bool command_starttls(struct wire *w)
{
    wire_say(w, "220 2.0.0 go ahead\r\n");
    return wire_flush(w) && wire_handshake(w);
}

static bool auth_word(struct wire *w, const char *prompt, const char *right)
{
    char line[1024];
    wire_say(w, "334 %s\r\n", prompt);
    return wire_line(w, line, sizeof line) && strcmp(line, right) == 0;
}

static bool plain_is_right(const char *word)
{
    return strcmp(word, setup.plain[0]) == 0 || strcmp(word, setup.plain[1]) == 0;
}

static bool command_auth(struct wire *w, const char *line)
{
    bool right = false;
    if (strncasecmp(line, "AUTH PLAIN ", 11) == 0)
        right = plain_is_right(line + 11);
    else if (strcasecmp(line, "AUTH PLAIN") == 0)
        right = auth_word(w, "", setup.plain[0]);
    else if (strcasecmp(line, "AUTH LOGIN") == 0)
        right = auth_word(w, "VXNlcm5hbWU6", setup.login[0]) &&
                auth_word(w, "UGFzc3dvcmQ6", setup.login[1]);
    wire_say(w, right ? "235 2.7.0 welcome\r\n" : "535 5.7.8 no\r\n");
    return true;
}

static bool command_data(struct wire *w)
{
    wire_say(w, "354 go ahead\r\n");
    content_start(w);
    bool whole = content_read_dotted(w);
    if (whole)
        content_accept(w);
    return whole;
}

static bool command_bdat(struct wire *w, const char *line)
{
    char *rest = NULL;
    unsigned long long len = strtoull(line + 5, &rest, 10);
    if (!content_read_chunk(w, len))
        return false;
    if (strcasecmp(rest, " LAST") == 0)
        content_accept(w);
    else
        wire_say(w, "250 2.0.0 %llu octets\r\n", len);
    return true;
}

static bool command_quit(struct wire *w)
{
    wire_say(w, "221 2.0.0 bye\r\n");
    wire_flush(w);
    return false;
}

static bool command_any(struct wire *w, const char *line)
{
    if (strncasecmp(line, "MAIL", 4) == 0)
        content_start(w);
    wire_say(w, "250 2.0.0 ok\r\n");
    return true;
}

static bool command_run(struct wire *w, const char *line)
{
    if (strncasecmp(line, "EHLO", 4) == 0)
        return command_ehlo(w);
    if (strcasecmp(line, "STARTTLS") == 0)
        return command_starttls(w);
    if (strncasecmp(line, "AUTH", 4) == 0)
        return command_auth(w, line);
    if (strcasecmp(line, "DATA") == 0)
        return command_data(w);
    if (strncasecmp(line, "BDAT ", 5) == 0)
        return command_bdat(w, line);
    if (strcasecmp(line, "QUIT") == 0)
        return command_quit(w);
    return command_any(w, line);
}

/* One session, one worker, the whole. */

static void session_report(struct wire *w)
{
    char text[2 * SHA256_SIZE + 1] = "-";
    unsigned char sum[SHA256_SIZE];
    if (w->hash) {
        gnutls_hash_deinit(w->hash, sum);
        for (int i = 0; i < SHA256_SIZE; i++)
            snprintf(text + 2 * i, 3, "%02x", sum[i]);
    }
    dprintf(STDOUT_FILENO, "%d %d %llu %s %d\n", w->trips_accepted, w->trips, w->octets, text,
            w->messages);
}

static void session_serve(struct wire *w, bool implicit)
{
    char line[4096];
    w->trips = implicit ? 1 : 2;
    w->spoken = implicit;
    bool open = !implicit || wire_handshake(w);
    if (open)
        wire_say(w, "220 sink.example ESMTP\r\n");
    if (!implicit)
        wire_flush(w);
    while (open && wire_line(w, line, sizeof line))
        open = command_run(w, line);
    if (setup.count || setup.digest)
        session_report(w);
    if (w->tls)
        gnutls_deinit(w->tls);
}

static void worker_run(const int listeners[2])
{
    static struct wire w;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct pollfd p[2] = { { .fd = listeners[0], .events = POLLIN },
                           { .fd = listeners[1], .events = POLLIN } };
    for (;;) {
        poll(p, 2, -1);
        for (int i = 0; i < 2; i++) {
            int on = 1;
            int fd = p[i].revents ? accept(listeners[i], NULL, NULL) : -1;
            if (fd < 0)
                continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            memset(&w, 0, sizeof w);
            w.fd = fd;
            session_serve(&w, i == 1);
            close(fd);
        }
    }
}

static int listener_open(void)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) < 0 || listen(fd, BACKLOG) < 0)
        die("listen");
    return fd;
}

static int listener_port(int fd)
{
    struct sockaddr_in here;
    socklen_t len = sizeof here;
    if (getsockname(fd, (struct sockaddr *)&here, &len) < 0)
        die("getsockname");
    return ntohs(here.sin_port);
}

static void base64(char *ret, size_t size, const char *at, size_t len)
{
    gnutls_datum_t in = { (unsigned char *)at, (unsigned int)len }, out;
    if (gnutls_base64_encode2(&in, &out) < 0 || out.size >= size)
        exit(1);
    memcpy(ret, out.data, out.size);
    ret[out.size] = '\0';
    gnutls_free(out.data);
}

static void setup_login(const char *user, const char *password)
{
    char plain[256];
    int len = snprintf(plain, sizeof plain, "%c%s%c%s", 0, user, 0, password);
    base64(setup.plain[0], sizeof setup.plain[0], plain, (size_t)len);
    len = snprintf(plain, sizeof plain, "%s%c%s%c%s", user, 0, user, 0, password);
    base64(setup.plain[1], sizeof setup.plain[1], plain, (size_t)len);
    base64(setup.login[0], sizeof setup.login[0], user, strlen(user));
    base64(setup.login[1], sizeof setup.login[1], password, strlen(password));
}

int main(int argc, char **argv)
{
    int option;
    setup.workers = 12;
    while ((option = getopt(argc, argv, "cdkpmw:")) != -1) {
        setup.count |= option == 'c';
        setup.digest |= option == 'd';
        setup.chunking |= option == 'k';
        setup.unpipelined |= option == 'p';
        setup.tell |= option == 'm';
        if (option == 'w')
            setup.workers = (int)strtol(optarg, NULL, 10);
    }
    if (argc - optind != 4)
        return 64;
    if (gnutls_certificate_allocate_credentials(&setup.cert) < 0 ||
        gnutls_certificate_set_x509_key_file(setup.cert, argv[optind], argv[optind + 1],
                                             GNUTLS_X509_FMT_PEM) < 0)
        return 66;
    setup_login(argv[optind + 2], argv[optind + 3]);
    int listeners[2] = { listener_open(), listener_open() };
    pid_t *workers = calloc((size_t)setup.workers, sizeof *workers);
    if (!workers)
        die("calloc");
    for (int i = 0; i < setup.workers; i++)
        if ((workers[i] = fork()) == 0)
            worker_run(listeners);
    dprintf(STDOUT_FILENO, "%d %d\n", listener_port(listeners[0]), listener_port(listeners[1]));
    char end;
    while (read(STDIN_FILENO, &end, 1) > 0 || errno == EINTR)
        errno = 0;
    for (int i = 0; i < setup.workers; i++)
        kill(workers[i], SIGKILL);
    return 0;
}

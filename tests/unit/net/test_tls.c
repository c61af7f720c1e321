#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/io.h"
#include "certs.h"
#include "net/stream.h"
#include "net/tls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[64];
static char ca_file[96];
static char cert_file[96];
static char key_file[96];
static struct cert root;
static struct cert leaf;

static const struct stream_trace no_trace = { NULL, NULL };

static int make_files(void **state)
{
    static const struct cert_plan root_plan = { .subject = "Root", .authority = true };
    static const struct cert_plan leaf_plan = { .subject = "m",
                                                .hosts = { "mail.example", "mx.example" } };
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/postbag-tls-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    snprintf(cert_file, sizeof cert_file, "%s/cert.pem", folder);
    snprintf(key_file, sizeof key_file, "%s/key.pem", folder);
    root = cert_make(&root_plan, NULL);
    leaf = cert_make(&leaf_plan, &root);
    cert_write(&root, ca_file, NULL);
    cert_write(&leaf, cert_file, key_file);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    cert_free(&root);
    cert_free(&leaf);
    unlink(ca_file);
    unlink(cert_file);
    unlink(key_file);
    return rmdir(folder);
}

static struct stream *stream_to(int fd)
{
    struct stream *s = stream_new(fd, no_trace);
    stream_set_deadline(s, deadline_in(5000));
    return s;
}

static struct stream *must_connect(const struct peer *peer, const struct net_opts *opts, pid_t *pid)
{
    ERR e = { 0 };
    int fd;
    *pid = peer_start(peer, &fd);
    struct stream *s = stream_to(fd);
    if (stream_start_tls(s, opts, "mail.example", false, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

/* Servers. */

static void send_text(gnutls_session_t session, const char *text)
{
    gnutls_record_send(session, text, strlen(text));
}

static void greet_and_echo(gnutls_session_t session)
{
    static char block[16384];
    ssize_t n;
    send_text(session, "220 hello\r\n");
    while ((n = gnutls_record_recv(session, block, sizeof block)) > 0)
        gnutls_record_send(session, block, (size_t)n);
    gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void greet_and_cut(gnutls_session_t session)
{
    send_text(session, "421 bye\r\n");
}

static void greet_and_start_again(gnutls_session_t session)
{
    char octet;
    send_text(session, "220 hello\r\n");
    gnutls_rehandshake(session);
    gnutls_record_recv(session, &octet, 1);
}

static void greet_and_stall(gnutls_session_t session)
{
    send_text(session, "220 hello\r\n");
    pause();
}

/* What the server saw of us, told over the connection itself. */
static void tell_names(gnutls_session_t session)
{
    char name[256] = "";
    size_t len = sizeof name;
    unsigned type = 0;
    int done = gnutls_server_name_get(session, name, &len, &type, 0);
    send_text(session, done < 0 ? "none" : name);
    gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void tell_certificate(gnutls_session_t session)
{
    unsigned n = 0;
    gnutls_certificate_get_peers(session, &n);
    send_text(session, n ? "certificate" : "none");
    gnutls_bye(session, GNUTLS_SHUT_WR);
}

/* Talking. */

static void test_talks(void **state)
{
    static const char *const priorities[] = {
        "NORMAL:-VERS-ALL:+VERS-TLS1.3",
        "NORMAL:-VERS-ALL:+VERS-TLS1.2",
    };
    static const char *const versions[] = { "TLS1.3", "TLS1.2" };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    for (int i = 0; i < 2; i++) {
        ERR e = { 0 };
        pid_t pid;
        struct peer peer = { .leaf = &leaf, .priority = priorities[i], .serve = greet_and_echo };
        struct stream *s = must_connect(&peer, &opts, &pid);
        assert_int_equal(stream_fill(s, &e), 1);
        assert_true(span_is(stream_input(s), "220 hello\r\n"));
        stream_consume(s, 11);
        const struct tls_facts *facts = stream_tls(s);
        assert_string_equal(facts->version, versions[i]);
        assert_true(facts->verified);
        assert_string_equal(facts->peer, "mail.example, mx.example");
        assert_non_null(strstr(facts->cipher, "GCM"));
        assert_null(strchr(facts->cipher, '('));
        assert_int_equal(facts->expires, gnutls_x509_crt_get_expiration_time(leaf.crt));
        assert_ptr_equal(stream_tls(s), facts);
        stream_put(s, SPAN("EHLO"));
        assert_int_equal(stream_pending(s), 4);
        assert_int_equal(stream_fill(s, &e), 1);
        assert_true(span_is(stream_input(s), "EHLO"));
        stream_consume(s, 4);
        assert_int_equal(stream_pending(s), 0);
        stream_bye(s);
        stream_free(s);
        assert_int_equal(peer_end(pid), 0);
    }
}

static void test_large_both_ways(void **state)
{
    enum { MUCH = 3 * 1024 * 1024 };
    ERR e = { 0 };
    pid_t pid;
    BUF body = { 0 };
    size_t got = 0;
    struct peer peer = { .leaf = &leaf, .serve = greet_and_echo };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    for (size_t i = 0; i < MUCH / 4; i++)
        buf_add(&body, &i, 4);
    struct stream *s = must_connect(&peer, &opts, &pid);
    stream_set_deadline(s, deadline_in(30000));
    assert_int_equal(stream_fill(s, &e), 1);
    stream_consume(s, stream_input(s).len);
    stream_put(s, buf_span(&body));
    while (got < MUCH) {
        assert_int_equal(stream_fill(s, &e), 1);
        struct span in = stream_input(s);
        assert_memory_equal(in.at, body.at + got, in.len);
        got += in.len;
        stream_consume(s, in.len);
    }
    assert_int_equal(stream_pending(s), 0);
    stream_free(s);
    peer_end(pid);
}

static void test_stalled_reader(void **state)
{
    enum { MUCH = 4 * 1024 * 1024 };
    ERR e = { 0 };
    pid_t pid;
    BUF body = { 0 };
    struct peer peer = { .leaf = &leaf, .serve = greet_and_stall };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    struct stream *s = must_connect(&peer, &opts, &pid);
    assert_int_equal(stream_fill(s, &e), 1);
    memset(buf_room(&body, MUCH), 'x', MUCH);
    buf_grew(&body, MUCH);
    stream_put(s, buf_span(&body));
    int64_t start = clock_ms();
    stream_set_deadline(s, deadline_in(150));
    assert_int_equal(stream_flush(s, false, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_in_range(clock_ms() - start, 150, 1500);
    assert_in_range(stream_pending(s), 1, MUCH);
    stream_free(s);
    kill(pid, SIGKILL);
    peer_end(pid);
}

static void test_ends(void **state)
{
    static const struct {
        void (*serve)(gnutls_session_t session);
        const char *priority;
        int ret;
        enum err_kind kind;
        const char *heard;
    } rows[] = {
        { NULL, NULL, 0, ERR_NONE, "" },
        { greet_and_cut, NULL, -1, ERR_CLOSED, "421 bye\r\n" },
        { greet_and_start_again, "NORMAL:-VERS-ALL:+VERS-TLS1.2", -1, ERR_TLS, "220 hello\r\n" },
    };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        pid_t pid;
        int more;
        struct peer peer = { .leaf = &leaf, .priority = rows[i].priority, .serve = rows[i].serve };
        struct stream *s = must_connect(&peer, &opts, &pid);
        while ((more = stream_fill(s, &e)) > 0)
            continue;
        assert_int_equal(more, rows[i].ret);
        assert_int_equal(e.kind, rows[i].kind);
        assert_true(span_is(stream_input(s), rows[i].heard));
        stream_free(s);
        assert_int_equal(peer_end(pid), 0);
    }
}

/* What the server says before it cuts the connection is heard even if we were about to write. */
static void test_last_words(void **state)
{
    ERR e = { 0 };
    pid_t pid;
    struct peer peer = { .leaf = &leaf, .serve = greet_and_cut };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    struct stream *s = must_connect(&peer, &opts, &pid);
    stream_put(s, SPAN("NOOP\r\n"));
    assert_int_equal(stream_flush(s, false, &e), 0); /* Finished and NOOP leave, heard or not */
    assert_int_equal(peer_end(pid), 0);
    stream_put(s, SPAN("NOOP\r\n"));
    int done = stream_flush(s, false, &e);
    assert_int_equal(done, 0);
    assert_true(span_is(stream_input(s), "421 bye\r\n"));
    assert_true(stream_pending(s) > 0);
    assert_int_equal(stream_flush(s, false, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    stream_free(s);
}

/* Names and certificates of our own. */

static void test_server_name(void **state)
{
    static const struct {
        const char *host;
        bool is_literal;
        const char *tls_name;
        const char *told;
    } rows[] = {
        { "mail.example", false, NULL, "mail.example" },
        { "mail.example.", false, NULL, "mail.example" },
        { "192.0.2.1", true, NULL, "none" },
        { "2001:db8::1", true, NULL, "none" },
        { "192.0.2.1", true, "mx.example", "mx.example" },
        { "mail.example", false, "192.0.2.1", "none" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int fd;
        struct peer peer = { .leaf = &leaf, .serve = tell_names };
        struct net_opts opts = { .tls_verify = TLS_VERIFY_INSECURE, .tls_name = rows[i].tls_name };
        pid_t pid = peer_start(&peer, &fd);
        struct stream *s = stream_to(fd);
        assert_int_equal(stream_start_tls(s, &opts, rows[i].host, rows[i].is_literal, &e), 0);
        assert_int_equal(stream_fill(s, &e), 1);
        assert_true(span_is(stream_input(s), rows[i].told));
        stream_free(s);
        peer_end(pid);
    }
}

static void test_client_certificate(void **state)
{
    ERR e = { 0 };
    pid_t pid;
    struct peer peer = { .leaf = &leaf, .serve = tell_certificate, .wants_certificate = true };
    struct net_opts opts = { .tls_ca_file = ca_file, .tls_cert = cert_file, .tls_key = key_file };
    (void)state;
    struct stream *s = must_connect(&peer, &opts, &pid);
    assert_int_equal(stream_fill(s, &e), 1);
    assert_true(span_is(stream_input(s), "certificate"));
    stream_free(s);
    assert_int_equal(peer_end(pid), 0);
}

/* In TLS 1.3 the server can say so only after our side of the handshake is done. */
static void test_client_certificate_missing(void **state)
{
    static const char *const priorities[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                              "NORMAL:-VERS-ALL:+VERS-TLS1.3" };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    for (int i = 0; i < 2; i++) {
        ERR e = { 0 };
        int fd;
        struct peer peer = { .leaf = &leaf, .priority = priorities[i], .wants_certificate = true };
        pid_t pid = peer_start(&peer, &fd);
        struct stream *s = stream_to(fd);
        int done = stream_start_tls(s, &opts, "mail.example", false, &e);
        assert_int_equal(done, i == 0 ? -1 : 0);
        if (done == 0)
            assert_int_equal(stream_fill(s, &e), -1);
        assert_int_equal(e.kind, ERR_TLS);
        if (i == 1)
            assert_non_null(strstr(e.hint, "tls_cert"));
        stream_free(s);
        peer_end(pid);
    }
}

static void test_binding(void **state)
{
    static const struct {
        const char *priority;
        const char *type;
    } rows[] = {
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3", "tls-exporter" },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "tls-unique" },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_EXTENSIONS", NULL },
    };
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pid_t pid;
        BUF binding = { 0 };
        const char *type = NULL;
        struct peer peer = { .leaf = &leaf, .priority = rows[i].priority };
        struct stream *s = must_connect(&peer, &opts, &pid);
        assert_int_equal(stream_binding(s, &type, &binding), rows[i].type != NULL);
        if (rows[i].type)
            assert_string_equal(type, rows[i].type);
        assert_int_equal(binding.len > 0, rows[i].type != NULL);
        stream_free(s);
        peer_end(pid);
    }
}

/* Handshakes that fail. */

static void say(int fd, const void *context)
{
    const struct span *text = context;
    char block[512];
    if (io_write(fd, text->at, text->len) < 0 || io_read(fd, block, sizeof block) < 0)
        _exit(1);
}

static void say_nothing(int fd, const void *text)
{
    char block[512];
    (void)text;
    while (io_read(fd, block, sizeof block) > 0)
        continue;
}

static void hang_up(int fd, const void *text)
{
    char block[512];
    (void)text;
    if (io_read(fd, block, sizeof block) < 0)
        _exit(1);
}

static void test_no_tls_server(void **state)
{
    static const struct {
        void (*run)(int fd, const void *context);
        struct span says;
        enum tls_mode tls;
        enum err_kind kind;
        const char *words;
        const char *hint;
    } rows[] = {
        { say, SPAN("220 mail.example ESMTP\r\n"), TLS_MODE_IMPLICIT, ERR_TLS,
          "in clear text: \"220 mail.example ESMTP\"",
          "this port begins in clear text: set tls = starttls" },
        { say, SPAN("* OK ready\r\n"), TLS_MODE_IMPLICIT, ERR_TLS, "\"* OK ready\"",
          "for reading mail" },
        { say, SPAN("500 what?\r\n"), TLS_MODE_STARTTLS, ERR_TLS, "\"500 what?\"", NULL },
        { say, SPAN("HTTP/1.0 400 no\r\n"), TLS_MODE_IMPLICIT, ERR_TLS, "HTTP/1.0 400", NULL },
        { say, SPAN("\026\003\003\377\377"), TLS_MODE_IMPLICIT, ERR_TLS, "TLS handshake: ", NULL },
        { say, SPAN("\025\003\003\000\002\002\106"), TLS_MODE_IMPLICIT, ERR_TLS, "version",
          "tls_min" },
        { say, SPAN("\025\003\003\000\002\002\050"), TLS_MODE_IMPLICIT, ERR_TLS, "alert",
          "cipher" },
        { say_nothing, SPAN(""), TLS_MODE_IMPLICIT, ERR_TIMEOUT, "TLS handshake: ", NULL },
        { hang_up, SPAN(""), TLS_MODE_IMPLICIT, ERR_CLOSED, "TLS handshake: the server", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int fd;
        struct net_opts opts = { .tls = rows[i].tls, .tls_ca_file = ca_file };
        pid_t pid = other_end(rows[i].run, &rows[i].says, &fd);
        struct stream *s = stream_to(fd);
        if (rows[i].kind == ERR_TIMEOUT)
            stream_set_deadline(s, deadline_in(150));
        assert_int_equal(stream_start_tls(s, &opts, "mail.example", false, &e), -1);
        if (e.kind != rows[i].kind || !strstr(e.text, rows[i].words))
            fail_msg("row %zu: %s: %s", i, err_kind_name(e.kind), e.text);
        if (rows[i].hint)
            assert_non_null(strstr(e.hint, rows[i].hint));
        else if (rows[i].tls == TLS_MODE_STARTTLS)
            assert_null(e.hint);
        assert_int_equal(stream_fill(s, &e), -1);
        stream_free(s);
        peer_end(pid);
    }
}

static void test_versions(void **state)
{
    static const struct {
        const char *server;
        enum tls_version min;
        bool works;
    } rows[] = {
        { "NORMAL:-VERS-ALL:+VERS-TLS1.1", 0, false },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2", 0, true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2", TLS_VERSION_1_2, true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2", TLS_VERSION_1_3, false },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3", TLS_VERSION_1_3, true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.1", TLS_VERSION_1_1, true },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.0", TLS_VERSION_1_1, false },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.0", TLS_VERSION_1_0, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int fd;
        struct peer peer = { .leaf = &leaf, .priority = rows[i].server };
        struct net_opts opts = { .tls_ca_file = ca_file, .tls_min = rows[i].min };
        pid_t pid = peer_start(&peer, &fd);
        struct stream *s = stream_to(fd);
        int done = stream_start_tls(s, &opts, "mail.example", false, &e);
        if ((done == 0) != rows[i].works)
            fail_msg("row %zu: %s", i, e.text ? e.text : "connected");
        if (done < 0)
            assert_int_equal(e.kind, ERR_TLS);
        stream_free(s);
        peer_end(pid);
    }
}

static void test_bad_options(void **state)
{
    static const char *bad_pins[] = { "sha256:1234" };
    static const struct {
        struct net_opts opts;
        const char *words;
    } rows[] = {
        { { .tls_priority = "NORMAL:+NOSUCH" }, "tls_priority" },
        { { .tls_priority = "" }, "tls_priority" },
        { { .tls_cert = "/nonexistent/cert" }, "/nonexistent/cert" },
        { { .tls_pin = { bad_pins, 1, 1 } }, "tls_pin: \"sha256:1234\"" },
        { { .tls_fingerprint = { bad_pins, 1, 1 } }, "tls_fingerprint" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        struct stream *s = stream_to(ends[0]);
        assert_int_equal(stream_start_tls(s, &rows[i].opts, "mail.example", false, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_non_null(strstr(e.text, rows[i].words));
        stream_free(s);
        close(ends[1]);
    }
}

static void test_own_priority(void **state)
{
    pid_t pid;
    struct peer peer = { .leaf = &leaf };
    struct net_opts opts = { .tls_ca_file = ca_file,
                             .tls_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
    (void)state;
    struct stream *s = must_connect(&peer, &opts, &pid);
    assert_string_equal(stream_tls(s)->version, "TLS1.2");
    stream_free(s);
    peer_end(pid);
}

/* Sessions that are resumed. */

enum { SERVER_RESUMED = 7 };

static void end_by_resumption(gnutls_session_t session)
{
    char octet;
    send_text(session, "220 hello\r\n");
    gnutls_record_recv(session, &octet, 1);
    if (gnutls_session_is_resumed(session))
        _exit(SERVER_RESUMED);
}

/* One connection with the memory: 0, or -1 with the reason. */
static int connect_remembering(const struct peer *peer, const struct net_opts *opts,
                               struct tls_memory *memory, bool *resumed, struct err *e)
{
    int fd;
    pid_t pid = peer_start(peer, &fd);
    struct stream *s = stream_to(fd);
    stream_remember(s, memory);
    int done = stream_start_tls(s, opts, "mail.example", false, e);
    if (done == 0) {
        assert_int_equal(stream_fill(s, e), 1);
        assert_true(span_is(stream_input(s), "220 hello\r\n"));
        assert_true(stream_tls(s)->verified);
        assert_string_equal(stream_tls(s)->peer, "mail.example, mx.example");
        stream_bye(s);
    }
    *resumed = peer_end(pid) == SERVER_RESUMED; /* it must have been able to send all it wants */
    stream_free(s);
    return done;
}

static void test_resumes(void **state)
{
    static const char *const priorities[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                              "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
    gnutls_datum_t key;
    struct net_opts opts = { .tls_ca_file = ca_file };
    (void)state;
    assert_int_equal(gnutls_session_ticket_key_generate(&key), 0);
    for (int i = 0; i < 2; i++) {
        struct tls_memory memory = { 0 };
        struct peer peer = {
            .leaf = &leaf, .priority = priorities[i], .serve = end_by_resumption, .tickets = &key
        };
        for (int turn = 0; turn < 3; turn++) {
            ERR e = { 0 };
            bool resumed;
            assert_int_equal(connect_remembering(&peer, &opts, &memory, &resumed, &e), 0);
            assert_int_equal(resumed, turn > 0);
            assert_int_equal(memory.offered, turn > 0);
            assert_true(memory.session.len > 0);
            assert_true(memory.session.secret);
        }
        tls_memory_done(&memory);
    }
    gnutls_free(key.data);
}

static time_t feigned_time;

static time_t feign_time(time_t *ret)
{
    if (ret)
        *ret = feigned_time;
    return feigned_time;
}

/* The server resumes; what we would refuse in a full handshake we refuse there, too. */
static void test_resumed_is_checked(void **state)
{
    static char other_ca[] = "/nonexistent/ca.pem";
    static const char *wrong_pins[] = {
        "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    };
    static const struct {
        struct net_opts opts; /* the CA is added to those without one */
        int hours;            /* past the end of the certificate */
        enum err_kind kind;
        const char *words;
    } rows[] = {
        { { .tls_pin = { wrong_pins, 1, 1 } }, -1, ERR_CERTIFICATE, "tls_pin" },
        { { .tls_fingerprint = { wrong_pins, 1, 1 } }, -1, ERR_CERTIFICATE, "tls_fingerprint" },
        { { .tls_ca_file = other_ca }, -1, ERR_CONFIG, other_ca },
        { { .tls_ca_file = NULL }, 1, ERR_CERTIFICATE, "expired" },
        { { .tls_ca_file = NULL }, -1, ERR_NONE, "" },
    };
    time_t end = gnutls_x509_crt_get_expiration_time(leaf.crt);
    gnutls_datum_t key;
    (void)state;
    assert_int_equal(gnutls_session_ticket_key_generate(&key), 0);
    gnutls_global_set_time_function(feign_time);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        bool resumed;
        struct tls_memory memory = { 0 };
        struct net_opts good = { .tls_ca_file = ca_file }, then = rows[i].opts;
        struct peer peer = { .leaf = &leaf, .serve = end_by_resumption, .tickets = &key };
        feigned_time = end - 2 * 3600;
        assert_int_equal(connect_remembering(&peer, &good, &memory, &resumed, &e), 0);
        assert_true(memory.session.len > 0);
        feigned_time = end + rows[i].hours * 3600;
        if (!then.tls_ca_file)
            then.tls_ca_file = ca_file;
        int done = connect_remembering(&peer, &then, &memory, &resumed, &e);
        assert_int_equal(done, rows[i].kind ? -1 : 0);
        assert_int_equal(e.kind, rows[i].kind);
        if (!resumed || !memory.offered)
            fail_msg("row %zu is not resumed", i);
        if (done < 0) {
            assert_non_null(strstr(e.text, rows[i].words));
            assert_int_equal(memory.session.len, 0);
        }
        tls_memory_done(&memory);
    }
    gnutls_global_set_time_function(time);
    gnutls_free(key.data);
}

static void test_what_is_not_kept(void **state)
{
    struct net_opts rows[] = {
        { .tls_ca_file = ca_file, .tls_cert = cert_file, .tls_key = key_file },
        { .tls_verify = TLS_VERIFY_INSECURE },
    };
    gnutls_datum_t key;
    (void)state;
    assert_int_equal(gnutls_session_ticket_key_generate(&key), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int fd;
        struct tls_memory memory = { 0 };
        struct peer peer = { .leaf = &leaf, .serve = end_by_resumption, .tickets = &key };
        pid_t pid = peer_start(&peer, &fd);
        struct stream *s = stream_to(fd);
        stream_remember(s, &memory);
        assert_int_equal(stream_start_tls(s, &rows[i], "mail.example", false, &e), 0);
        assert_int_equal(stream_fill(s, &e), 1);
        stream_free(s);
        peer_end(pid);
        assert_int_equal(memory.session.len, 0);
        tls_memory_done(&memory);
    }
    gnutls_free(key.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talks),
        cmocka_unit_test(test_large_both_ways),
        cmocka_unit_test(test_stalled_reader),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_server_name),
        cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_client_certificate_missing),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_no_tls_server),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_own_priority),
        cmocka_unit_test(test_resumes),
        cmocka_unit_test(test_resumed_is_checked),
        cmocka_unit_test(test_what_is_not_kept),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}

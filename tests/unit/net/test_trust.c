#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs.h"
#include "net/pin.h"
#include "net/stream.h"
#include "net/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a server may show, and what is thought of it. */

static char folder[64];
static char ca_file[96];

enum { ROOT, STRANGER, BETWEEN, FOREIGN, CA_COUNT };
static struct cert authorities[CA_COUNT];

static int make_authorities(void **state)
{
    static const struct cert_plan plans[CA_COUNT] = {
        [ROOT] = { .subject = "Root", .authority = true },
        [STRANGER] = { .subject = "Stranger", .authority = true },
        [BETWEEN] = { .subject = "Between", .authority = true },
        [FOREIGN] = { .subject = "Foreign", .authority = true },
    };
    static const int issuers[CA_COUNT] = { [BETWEEN] = ROOT, [FOREIGN] = STRANGER };
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/postbag-trust-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    for (int i = 0; i < CA_COUNT; i++)
        authorities[i] = cert_make(&plans[i], i >= BETWEEN ? &authorities[issuers[i]] : NULL);
    cert_write(&authorities[ROOT], ca_file, NULL);
    return 0;
}

static int remove_authorities(void **state)
{
    (void)state;
    for (int i = 0; i < CA_COUNT; i++)
        cert_free(&authorities[i]);
    unlink(ca_file);
    return rmdir(folder);
}

enum signer { BY_ROOT, BY_ITSELF, BY_STRANGER, BY_BETWEEN, BY_FOREIGN };

struct show {
    struct cert_plan plan;
    enum signer signer;
    bool omits_between; /* the certificate of the authority between is not sent */
};

static struct cert make_leaf(const struct show *show)
{
    static const int issuers[] = {
        [BY_ROOT] = ROOT, [BY_STRANGER] = STRANGER, [BY_BETWEEN] = BETWEEN, [BY_FOREIGN] = FOREIGN
    };
    return cert_make(&show->plan,
                     show->signer == BY_ITSELF ? NULL : &authorities[issuers[show->signer]]);
}

/* A handshake with a server that shows `leaf`: 0 or -1, and what the stream knows of it. */
static int connect_to(const struct cert *leaf, const struct show *show, const struct net_opts *opts,
                      const char *host, bool *verified, struct err *e)
{
    int fd;
    struct peer peer = { .leaf = leaf };
    if (show->signer >= BY_BETWEEN && !show->omits_between)
        peer.between = &authorities[show->signer == BY_BETWEEN ? BETWEEN : FOREIGN];
    pid_t pid = peer_start(&peer, &fd);
    struct stream *s = stream_new(fd, (struct stream_trace){ 0 });
    stream_set_deadline(s, deadline_in(5000));
    bool is_literal = span_has(span_of(host), ':') || ascii_is_digit(host[0]);
    int done = stream_start_tls(s, opts, host, is_literal, e);
    *verified = done == 0 && stream_tls(s)->verified;
    stream_free(s);
    peer_end(pid);
    return done;
}

static void assert_has(const char *text, const char *words)
{
    if (!words)
        return;
    if (!text || !strstr(text, words))
        fail_msg("\"%s\" has no \"%s\"", text ? text : "(null)", words);
}

static const struct {
    struct show show;
    const char *host;
    const char *words; /* of the refusal; NULL: trusted */
    const char *hint;
} matrix[] = {
    { { { "m", { "mail.example" } }, BY_ROOT }, "mail.example", NULL, NULL },
    { { { "m", { "mail.example" } }, BY_ROOT }, "MAIL.Example", NULL, NULL },
    { { { "m", { "mail.example" } }, BY_ROOT }, "mail.example.", NULL, NULL },
    { { { "m", { "*.mail.example" } }, BY_ROOT }, "a.mail.example", NULL, NULL },
    { { { "m", { "*.mail.example" } }, BY_ROOT },
      "a.b.mail.example",
      "is for *.mail.example, not for a.b.mail.example",
      "tls_name" },
    { { { "m", { "mail.example" } }, BY_BETWEEN }, "mail.example", NULL, NULL },
    { { { "m", { "mail.example" } }, BY_BETWEEN, true },
      "mail.example",
      "sent only its own certificate, which is issued by an unknown authority, \"CN=Between\"",
      "left out" },
    { { { "m", { "mail.example" } }, BY_FOREIGN },
      "mail.example",
      "certificate is issued by an unknown authority, \"CN=Stranger\"",
      "tls_ca_file" },
    { { { "m", { "mail.example" } }, BY_STRANGER },
      "mail.example",
      "unknown authority, \"CN=Stranger\"",
      "tls_ca_file" },
    { { { "m", { "mail.example" } }, BY_ITSELF },
      "mail.example",
      "self-signed (names: mail.example; valid until 20",
      "tls_fingerprint = spki:" },
    { { { "m", { "mail.example" }, NULL, -20, -10 }, BY_ROOT },
      "mail.example",
      "has expired on 20",
      "clock" },
    { { { "m", { "mail.example" }, NULL, 10, 20 }, BY_ROOT },
      "mail.example",
      "is not valid before 20",
      "the clock of this machine is behind" },
    { { { "m", { "other.example", "mx.example" } }, BY_ROOT },
      "mail.example",
      "is for other.example, mx.example, not for mail.example",
      "tls_name" },
    { { { "m", { "other.example" }, NULL, -20, -10 }, BY_STRANGER },
      "mail.example",
      "is for other.example",
      NULL }, /* the name comes first */
    { { { "m", { "mail.example" }, "192.0.2.1" }, BY_ROOT }, "192.0.2.1", NULL, NULL },
    { { { "m", { "mail.example" }, "2001:db8::1" }, BY_ROOT }, "2001:db8::1", NULL, NULL },
    { { { "m", { "192.0.2.1" } }, BY_ROOT },
      "192.0.2.1",
      "is for 192.0.2.1, not for 192.0.2.1",
      NULL },
    { { { "192.0.2.1", { "mail.example" } }, BY_ROOT },
      "192.0.2.1",
      "is for mail.example, not",
      NULL },
    { { { "m", { "mail.example" }, .for_clients = true }, BY_ROOT },
      "mail.example",
      "not meant for servers",
      "tls_fingerprint = spki:" },
    { { { "mail.example" }, BY_ROOT },
      "mail.example",
      "no host among its alternative names, only the subject \"CN=mail.example\"",
      "tls_fingerprint = spki:" },
    { { { "mail.example", .address = "192.0.2.1" }, BY_ROOT },
      "mail.example",
      "", /* whichever way GnuTLS sees it */
      NULL },
    { { { "m", { "mail.example" }, .rsa_bits = 1024 }, BY_ROOT },
      "mail.example",
      "too weak: RSA key of 1024 bits",
      "tls_fingerprint = spki:" },
    { { { "m", { "mail.example" }, .sha1 = true }, BY_ROOT }, "mail.example", "too weak: ", NULL },
};

static void test_matrix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++) {
        ERR e = { 0 };
        bool verified;
        struct net_opts opts = { .tls_ca_file = ca_file };
        struct cert leaf = make_leaf(&matrix[i].show);
        int done = connect_to(&leaf, &matrix[i].show, &opts, matrix[i].host, &verified, &e);
        if (matrix[i].words) {
            assert_int_equal(done, -1);
            assert_int_equal(e.kind, ERR_CERTIFICATE);
            assert_has(e.text, matrix[i].words);
            assert_has(e.hint, matrix[i].hint);
        } else {
            if (done < 0)
                fail_msg("%s: %s", matrix[i].host, e.text);
            assert_true(verified);
        }
        cert_free(&leaf);
    }
}

/* The same self-signed certificate, for the wrong host, under different demands. */
static void test_demands(void **state)
{
    static const struct show show = { { "m", { "other.example" } }, BY_ITSELF };
    struct cert leaf = make_leaf(&show);
    struct cert stranger = make_leaf(&show);
    BUF own = { 0 };
    BUF foreign = { 0 };
    const char *wrong[1], *right[2];
    pin_add_key(&own, leaf.crt);
    pin_add_key(&foreign, stranger.crt);
    wrong[0] = right[0] = buf_string(&foreign);
    right[1] = buf_string(&own);
    const struct strlist no = { wrong, 1, 1 }, yes = { right, 2, 2 };
    const struct {
        struct net_opts opts;
        enum err_kind kind;
        bool verified;
        const char *words;
    } rows[] = {
        { { .tls_fingerprint = yes }, ERR_NONE, true, NULL },
        { { .tls_fingerprint = no }, ERR_CERTIFICATE, false, "not the one that tls_fingerprint" },
        { { .tls_fingerprint = yes, .tls_pin = yes }, ERR_NONE, true, NULL },
        { { .tls_fingerprint = yes, .tls_pin = no }, ERR_CERTIFICATE, false, "that tls_pin names" },
        { { .tls_pin = yes }, ERR_CERTIFICATE, false, "is for other.example" },
        { { .tls_verify = TLS_VERIFY_INSECURE }, ERR_NONE, false, NULL },
        { { .tls_verify = TLS_VERIFY_INSECURE, .tls_pin = yes }, ERR_NONE, false, NULL },
        { { .tls_verify = TLS_VERIFY_INSECURE, .tls_pin = no }, ERR_CERTIFICATE, false, "tls_pin" },
        { { .tls_verify = TLS_VERIFY_INSECURE, .tls_fingerprint = no },
          ERR_CERTIFICATE,
          false,
          "tls_fingerprint" },
        { { .tls_verify = TLS_VERIFY_INSECURE, .tls_fingerprint = yes }, ERR_NONE, true, NULL },
        { { .tls_name = "other.example" }, ERR_CERTIFICATE, false, "self-signed" },
        { { .tls_ca_file = "/nonexistent" }, ERR_CONFIG, false, "tls_ca_file /nonexistent" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        bool verified;
        struct net_opts opts = rows[i].opts;
        if (!opts.tls_ca_file)
            opts.tls_ca_file = ca_file;
        int done = connect_to(&leaf, &show, &opts, "mail.example", &verified, &e);
        assert_int_equal(e.kind, rows[i].kind);
        assert_int_equal(done, rows[i].kind == ERR_NONE ? 0 : -1);
        assert_int_equal(verified, rows[i].verified);
        assert_has(e.text, rows[i].words);
    }
    cert_free(&leaf);
    cert_free(&stranger);
}

/* With pins beside a proper chain, and with another name than the one dialled. */
static void test_on_top(void **state)
{
    static const struct show show = { { "m", { "mail.example" } }, BY_ROOT };
    struct cert leaf = make_leaf(&show);
    BUF own = { 0 };
    const char *none = "sha256:00000000000000000000000000000000"
                       "00000000000000000000000000000000";
    const char *right[1];
    pin_add_key(&own, leaf.crt);
    right[0] = buf_string(&own);
    const struct {
        struct net_opts opts;
        const char *host;
        enum err_kind kind;
    } rows[] = {
        { { .tls_pin = { right, 1, 1 } }, "mail.example", ERR_NONE },
        { { .tls_pin = { &none, 1, 1 } }, "mail.example", ERR_CERTIFICATE },
        { { .tls_name = "mail.example" }, "192.0.2.1", ERR_NONE },
        { { .tls_name = "mail.example." }, "other.example", ERR_NONE },
        { { .tls_name = "192.0.2.1" }, "mail.example", ERR_CERTIFICATE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        bool verified;
        struct net_opts opts = rows[i].opts;
        opts.tls_ca_file = ca_file;
        connect_to(&leaf, &show, &opts, rows[i].host, &verified, &e);
        assert_int_equal(e.kind, rows[i].kind);
    }
    cert_free(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_demands),
        cmocka_unit_test(test_on_top),
    };
    return cmocka_run_group_tests(tests, make_authorities, remove_authorities);
}

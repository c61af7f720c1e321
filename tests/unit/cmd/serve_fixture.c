#include "serve_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

void serve_place_configure(const struct serve_place *p, const char *lines)
{
    FILE *file = fopen(p->config, "we");
    assert_non_null(file);
    (void)fprintf(file,
                  "[account test]\nhost = 127.0.0.1\nport = 9\ntls = off\nfrom = acct@example.org\n"
                  "domain = client.example.org\n[queue]\nmode = queue\ndir = %s\n[log]\n"
                  "syslog = off\n[serve]\nsocket = %s\n%s",
                  p->scratch.path, p->socket, lines);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(p->config, 0600), 0);
}

void serve_place_open(struct serve_place *p, const char *lines)
{
    ERR e = { 0 };
    const struct account *account;
    *p = (struct serve_place){ .options = { .name = "postbag", .exit_style = -1 } };
    scratch_open(&p->scratch);
    (void)snprintf(p->config, sizeof p->config, "%s/config", p->scratch.above);
    (void)snprintf(p->socket, sizeof p->socket, "%s/submit", p->scratch.above);
    serve_place_configure(p, lines);
    p->options.config = p->config;
    struct serve *s = &p->serve;
    s->options = &p->options;
    ident_get(&s->arena, &s->ident);
    struct config_request request = { .ident = &s->ident, .file = p->config, .for_service = true };
    assert_int_equal(config_load(&request, &s->config, &e), 0);
    assert_int_equal(config_choose(&s->config, NULL, NULL, NULL, &account, &e), 0);
    s->spool = p->scratch.path;
    struct spool spool = scratch_spool(&p->scratch);
    spool_close(&spool);
}

void serve_place_close(struct serve_place *p)
{
    config_done(&p->serve.config);
    arena_done(&p->serve.arena);
    scratch_remove(&p->scratch);
}

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *make_folder(struct fixture *f, const char *name)
{
    const char *path = arena_printf(&f->arena, "%s/%s", f->root, name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

void fixture_init(struct fixture *f)
{
    *f = (struct fixture){ .root = "/tmp/postbag-config-XXXXXX" };
    assert_non_null(mkdtemp(f->root));
    f->ident.uid = getuid();
    f->ident.login = "joe";
    f->ident.gecos = "";
    f->ident.host = "host";
    f->ident.home = make_folder(f, "home");
    f->ident.config = make_folder(f, "home/.config");
    f->system = arena_printf(&f->arena, "%s/postbag.conf", f->root);
    f->user = arena_printf(&f->arena, "%s/config", make_folder(f, "home/.config/postbag"));
    setenv("POSTBAG_SOCKET", "/nonexistent", 1);
    unsetenv("POSTBAG_URL");
    unsetenv("POSTBAG_CONFIG");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void fixture_done(struct fixture *f)
{
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_done(&f->arena);
}

void fixture_write(const char *path, const char *text, unsigned mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

int fixture_load(struct fixture *f, struct config *ret, struct err *e)
{
    struct config_request request = { .ident = &f->ident, .system_file = f->system };
    return config_load(&request, ret, e);
}

struct config fixture_loaded(struct fixture *f)
{
    ERR e = { 0 };
    struct config c = { 0 };
    if (fixture_load(f, &c, &e) < 0)
        fail_msg("%s", e.text);
    return c;
}

const struct account *fixture_chosen(struct config *c, const char *name)
{
    ERR e = { 0 };
    const struct account *got = NULL;
    if (config_choose(c, NULL, NULL, NULL, &got, &e) < 0)
        fail_msg("%s", e.text);
    assert_string_equal(got->name, name);
    return got;
}

struct draft fixture_draft(struct arena *a, const char *text)
{
    ERR e = { 0 };
    struct ini_file file = { 0 };
    struct draft draft = { 0 };
    if (ini_read(a, "f", span_of(text), &file, &e) < 0 ||
        draft_read(a, &file, true, &draft, &e) < 0)
        fail_msg("%s", e.text);
    return draft;
}

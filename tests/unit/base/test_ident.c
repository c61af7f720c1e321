#include "base/ident.h"

#include "base/buf.h"
#include "deny.h"
#include "forked.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These stand in for libc's: one user, whose entry may be absent or larger than the first buffer
 * (`large` octets), and one host name. */
static struct {
    const char *login, *gecos, *home, *host;
    size_t large;
    int interruptions;
    int asked;
} system_facts;

/* Puts a copy into the room: where the next one goes. */
static char *place(char **field, char *room, const char *text)
{
    *field = text ? room : NULL;
    return text ? stpcpy(room, text) + 1 : room;
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size, struct passwd **ret)
{
    *ret = NULL;
    system_facts.asked++;
    if (system_facts.interruptions-- > 0)
        return EINTR;
    if (size < system_facts.large)
        return ERANGE;
    if (!system_facts.login)
        return 0;
    *entry = (struct passwd){ .pw_uid = uid };
    room = place(&entry->pw_name, room, system_facts.login);
    room = place(&entry->pw_gecos, room, system_facts.gecos);
    place(&entry->pw_dir, room, system_facts.home);
    *ret = entry;
    return 0;
}

int gethostname(char *name, size_t len)
{
    if (!system_facts.host) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, system_facts.host, strnlen(system_facts.host, len - 1) + 1);
    return 0;
}

static void clear_environment(void)
{
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/lie", 1);
    setenv("USER", "liar", 1);
    setenv("LOGNAME", "liar", 1);
}

static void test_entry(void **state)
{
    static const struct {
        const char *login, *gecos, *home;
        const char *want_gecos, *want_home, *want_config, *want_state;
    } rows[] = {
        { "bob", "Bob B.,,,", "/home/bob", "Bob B.", "/home/bob", "/home/bob/.config",
          "/home/bob/.local/state" },
        { "bob", "& Builder, room 1", "/", "Bob Builder", "/", "//.config", "//.local/state" },
        { "bob", "Mr &&", "relative", "Mr BobBob", NULL, NULL, NULL },
        { "_x1", "&", "", "_x1", NULL, NULL, NULL },
        { "bob", "", NULL, "", NULL, NULL, NULL },
        { "bob", ",Office", "/h", "", "/h", "/h/.config", "/h/.local/state" },
        { "", "& x", "/h", "x", "/h", "/h/.config", "/h/.local/state" },
        { "bob", NULL, "/h", "", "/h", "/h/.config", "/h/.local/state" },
    };
    (void)state;
    clear_environment();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct ident who = { .home = "unset" };
        system_facts.login = rows[i].login;
        system_facts.gecos = rows[i].gecos;
        system_facts.home = rows[i].home;
        system_facts.host = "box.example.com";
        ident_get(&a, &who);
        assert_int_equal(who.uid, getuid());
        assert_string_equal(ident_login(&who), rows[i].login);
        assert_string_equal(ident_gecos(&who), rows[i].want_gecos);
        assert_string_equal(who.host, "box.example.com");
        const char *got[] = { ident_home(&who), ident_config(&who), ident_state(&a, &who) };
        const char *want[] = { rows[i].want_home, rows[i].want_config, rows[i].want_state };
        for (size_t n = 0; n < 3; n++)
            assert_true(want[n] ? got[n] && strcmp(got[n], want[n]) == 0 : !got[n]);
    }
}

static void test_no_entry(void **state)
{
    ARENA a = { 0 };
    BUF login = { 0 };
    struct ident who;
    (void)state;
    system_facts.login = NULL;
    system_facts.host = "";
    setenv("XDG_CONFIG_HOME", "/tmp", 1);
    setenv("XDG_STATE_HOME", "/tmp", 1);
    ident_get(&a, &who);
    clear_environment();
    buf_addf(&login, "uid-%u", (unsigned)getuid());
    assert_string_equal(ident_login(&who), buf_string(&login));
    assert_string_equal(ident_gecos(&who), "");
    assert_string_equal(who.host, "localhost");
    assert_null(ident_home(&who));
    assert_null(ident_config(&who));
    assert_null(ident_state(&a, &who));
}

/* The entry is looked up when it is wanted, and once for all copies. */
static void test_when_asked(void **state)
{
    ARENA a = { 0 };
    struct ident who, copy;
    (void)state;
    system_facts.login = "bob";
    system_facts.gecos = "Bob B.,,,";
    system_facts.home = "/home/bob";
    system_facts.host = "box.example.com";
    system_facts.asked = 0;
    ident_of(&a, 4711, &who);
    copy = who;
    assert_int_equal(who.uid, 4711);
    assert_string_equal(who.host, "box.example.com");
    assert_int_equal(system_facts.asked, 0);
    assert_string_equal(ident_login(&copy), "bob");
    assert_string_equal(ident_login(&who), "bob");
    assert_string_equal(ident_gecos(&who), "Bob B.");
    assert_null(ident_home(&who));
    assert_null(ident_config(&who));
    assert_null(ident_state(&a, &who));
    assert_int_equal(system_facts.asked, 1);
    ident_get(&a, &who);
    copy = who;
    assert_int_equal(system_facts.asked, 1);
    assert_string_equal(ident_home(&copy), "/home/bob");
    assert_string_equal(ident_home(&who), "/home/bob");
    assert_int_equal(system_facts.asked, 2);
    system_facts.login = NULL;
    ident_of(&a, 4711, &who);
    assert_string_equal(ident_gecos(&who), "");
    assert_string_equal(ident_login(&who), "uid-4711");
    assert_int_equal(system_facts.asked, 3);
    who = (struct ident){ .login = "joe", .gecos = "Joe" };
    assert_string_equal(ident_login(&who), "joe");
    assert_string_equal(ident_gecos(&who), "Joe");
    assert_null(ident_home(&who));
    assert_null(ident_home(NULL));
}

static void test_large_entry(void **state)
{
    static const struct {
        size_t large;
        bool found;
    } rows[] = { { 1024, true }, { 1025, true }, { 1 << 20, true }, { 1 << 21, false } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct ident who;
        system_facts.login = "bob";
        system_facts.gecos = system_facts.home = "";
        system_facts.host = NULL;
        system_facts.large = rows[i].large;
        system_facts.interruptions = 3;
        ident_get(&a, &who);
        assert_int_equal(strcmp(ident_login(&who), "bob") == 0, rows[i].found);
        assert_string_equal(who.host, "localhost");
    }
    system_facts.large = 0;
}

/* The variables count only for an absolute path to a folder of this user's own. */
static void test_folders(void **state)
{
    char own[] = "/tmp/postbag-test.XXXXXX", other[] = "/tmp/postbag-test.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(own));
    assert_non_null(mkdtemp(other));
    bool root = getuid() == 0 && chown(other, 65534, 65534) == 0;
    const struct {
        const char *value, *want; /* NULL: the usual one */
    } rows[] = {
        { own, own },
        { root ? other : "/", NULL },
        { "/nowhere/at/all", NULL },
        { "/dev/null", NULL },
        { ".", NULL },
        { "", NULL },
    };
    system_facts.login = "bob";
    system_facts.gecos = "";
    system_facts.home = "/home/bob";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct ident who;
        setenv("XDG_CONFIG_HOME", rows[i].value, 1);
        ident_get(&a, &who);
        assert_string_equal(ident_config(&who), rows[i].want ? rows[i].want : "/home/bob/.config");
        assert_string_equal(ident_state(&a, &who), "/home/bob/.local/state");
        setenv("XDG_STATE_HOME", rows[i].value, 1);
        ident_get(&a, &who);
        assert_string_equal(ident_state(&a, &who),
                            rows[i].want ? rows[i].want : "/home/bob/.local/state");
        unsetenv("XDG_STATE_HOME");
    }
    clear_environment();
    assert_int_equal(rmdir(own), 0);
    assert_int_equal(rmdir(other), 0);
}

/* The ids before, and which system call the kernel refuses; with `errnum` 0 it does nothing and
 * says that it did. */
struct rights {
    uid_t uid, euid, suid;
    gid_t gid, egid, sgid;
    long refused;
    int errnum;
};

static int drop_part(void *context)
{
    const struct rights *r = context;
    uid_t uid[3];
    gid_t gid[3];
    int null = open("/dev/null", O_WRONLY);
    if (setresgid(r->gid, r->egid, r->sgid) < 0 || setresuid(r->uid, r->euid, r->suid) < 0)
        return 1;
    if (r->refused) {
        dup2(null, STDERR_FILENO);
        deny(r->refused, 0, 0, r->errnum);
    }
    ident_drop_privileges();
    if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
        return 2;
    for (size_t i = 0; i < 3; i++)
        if (uid[i] != r->uid || gid[i] != r->gid)
            return 3;
    return r->uid && setuid(0) == 0 ? 4 : 0; /* there is no way back */
}

static void test_drop(void **state)
{
    static const struct {
        struct rights before;
        int want;
    } rows[] = {
        { { 0, 0, 0, 0, 0, 0 }, 0 },
        { { 7, 7, 7, 8, 8, 8 }, 0 },
        { { 7, 7, 7, 8, 8, 8, SYS_setresuid, EPERM }, 0 },
        { { 7, 0, 0, 8, 8, 8 }, 0 },
        { { 7, 9, 9, 8, 8, 8 }, 0 },
        { { 7, 7, 0, 8, 8, 8 }, 0 },
        { { 7, 7, 7, 8, 0, 0 }, 0 },
        { { 7, 7, 7, 8, 8, 9 }, 0 },
        { { 7, 0, 0, 8, 0, 0 }, 0 },
        { { 0, 7, 7, 0, 0, 0 }, 0 },
        { { 7, 0, 0, 8, 8, 8, SYS_setresuid, EPERM }, 77 },
        { { 7, 7, 7, 8, 9, 9, SYS_setresgid, EPERM }, 77 },
        { { 7, 0, 0, 8, 8, 8, SYS_setresuid, 0 }, 77 },
        { { 7, 7, 7, 8, 9, 9, SYS_setresgid, 0 }, 77 },
    };
    (void)state;
    if (getuid() != 0)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rights before = rows[i].before;
        int got = forked(drop_part, &before);
        if (got != rows[i].want)
            fail_msg("row %zu: %d", i, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry),      cmocka_unit_test(test_no_entry),
        cmocka_unit_test(test_when_asked), cmocka_unit_test(test_large_entry),
        cmocka_unit_test(test_folders),    cmocka_unit_test(test_drop),
    };
    return cmocka_run_group_tests_name("base/ident", tests, NULL, NULL);
}

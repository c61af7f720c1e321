#include "cmd/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A command line, and what it comes to: "task|sender|flags|operands", or the error's text. */
struct row {
    const char *argv[20];
    const char *result;
};

static const char *const tasks[] = {
    [TASK_SEND] = "send",       [TASK_CHECK] = "check",     [TASK_TEST] = "test",
    [TASK_HELP] = "help",       [TASK_VERSION] = "version", [TASK_QUEUE] = "queue",
    [TASK_ALIASES] = "aliases", [TASK_VERIFY] = "verify",   [TASK_SMTP] = "smtp",
    [TASK_NOTHING] = "nothing", [TASK_UNBUILT] = "unbuilt",
};

static const struct row rows[] = {
    { { "postbag", "a@b" }, "send|-||a@b" },
    { { "postbag", "-f", "me@x", "a@b", "c@d" }, "send|me@x||a@b c@d" },
    { { "postbag", "-fme@x", "a@b" }, "send|me@x||a@b" },
    { { "postbag", "--from=me@x", "a@b" }, "send|me@x||a@b" },
    { { "postbag", "--from", "me@x", "a@b" }, "send|me@x||a@b" },
    { { "postbag", "-r", "me@x", "-f", "you@x", "a@b" }, "send|you@x||a@b" },
    { { "postbag", "-ti" }, "send|-|ti|" },
    { { "postbag", "-tivv" }, "send|-|tivv|" },
    { { "postbag", "send", "-t" }, "send|-|t|" },
    { { "postbag", "-v", "send", "-i", "a@b" }, "send|-|iv|a@b" },
    { { "postbag", "send", "-v", "--", "bob" }, "send|-|v|bob" },
    { { "postbag", "--", "bob" }, "send|-||bob" },
    { { "postbag", "--", "-x@y" }, "send|-||-x@y" },
    { { "postbag", "a@b", "--", "-x@y" }, "send|-||a@b -x@y" },
    { { "postbag", "a@b", "-v" },
      "\"-v\" after a recipient: options come first; write -- before an address that begins with a "
      "dash" },
    { { "postbag", "bob" }, "unknown command \"bob\"; to mail a local name: postbag -- bob" },
    { { "postbag", "-t", "bob" }, "send|-|t|bob" },
    { { "postbag", "B <a@b>" }, "send|-||B <a@b>" },
    { { "postbag", "check" }, "check|-||" },
    { { "postbag", "-a", "x", "check" }, "check|-||" },
    { { "postbag", "help", "config" }, "help|-||config" },
    { { "postbag", "queue", "list" }, "list|-||" },
    { { "postbag", "import", "x" }, "unbuilt|-||x" },
    { { "postbag", "--help" }, "help|-||" },
    { { "postbag", "--version" }, "version|-||" },
    { { "postbag", "--nope" }, "unknown option --nope" },
    { { "postbag", "-Z" }, "unknown option -Z in \"-Z\"" },
    { { "postbag", "-f" }, "-f needs an argument: ADDRESS" },
    { { "postbag", "--set" }, "--set needs an argument: KEY=VALUE" },
    { { "postbag", "--json=x" }, "--json takes no argument" },
    { { "postbag", "--exit-status=odd" }, "--exit-status=odd: write sysexits or reply" },
    { { "postbag", "-bp" }, "list|-||" },
    { { "/usr/sbin/sendmail", "-t", "-i" }, "send|-|ti|" },
    { { "sendmail", "bob" }, "send|-||bob" },
    { { "sendmail", "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root" }, "send|-|i|root" },
    { { "sendmail", "-i", "-B", "8BITMIME", "root" }, "send|-|i|root" },
    { { "sendmail", "-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root" },
      "send|root|ti|" },
    { { "sendmail", "-oem", "-oi", "-f", "a@b", "-N", "failure", "-R", "hdrs", "--", "c@d" },
      "send|a@b|i|c@d" },
    { { "sendmail", "-o", "i", "a@b" }, "send|-|i|a@b" },
    { { "sendmail", "-f", "", "a@b" }, "send|||a@b" },
    { { "sendmail", "-eq", "a@b" }, "send|-||a@b" },
    { { "sendmail", "-q30m" }, "run --due|-||" },
    { { "sendmail", "-qp10m" }, "run --due|-||" },
    { { "sendmail", "-q", "-v" }, "run|-|v|" },
    { { "sendmail", "-qf" }, "run|-||" },
    { { "sendmail", "-qIABC" }, "run|-||" },
    { { "postbag", "-q" }, "run|-||" },
    { { "sendmail", "-w", "3", "-q" }, "unknown option -w in \"-w\"" },
    { { "postbag", "queue" }, "list|-||" },
    { { "postbag", "queue", "list", "--json" }, "list --json|-||" },
    { { "postbag", "--json", "queue" }, "list --json|-||" },
    { { "postbag", "queue", "--json", "list", "-v" }, "list --json|-|v|" },
    { { "postbag", "queue", "show", "AB", "--json" }, "show --json|-||AB" },
    { { "postbag", "queue", "show" }, "usage: postbag queue show ID" },
    { { "postbag", "queue", "show", "A", "B" }, "usage: postbag queue show ID" },
    { { "postbag", "queue", "list", "A" }, "usage: postbag queue list" },
    { { "postbag", "queue", "hold", "A", "B" }, "hold|-||A B" },
    { { "postbag", "queue", "release", "ALL" }, "release|-||ALL" },
    { { "postbag", "queue", "remove", "--", "A" }, "remove|-||A" },
    { { "postbag", "queue", "remove" }, "usage: postbag queue remove ID..." },
    { { "postbag", "queue", "run", "--due" }, "run --due|-||" },
    { { "postbag", "queue", "run", "--watch", "-vv" }, "run --watch|-|vv|" },
    { { "postbag", "queue", "run", "--json" }, "--json goes with queue list and queue show" },
    { { "postbag", "queue", "--due" }, "--due and --watch go with queue run" },
    { { "postbag", "--due", "queue", "run" }, "unknown option --due" },
    { { "postbag", "queue", "count" }, "count|-||" },
    { { "postbag", "queue", "check", "-w", "5", "-c20" }, "check 5 20|-||" },
    { { "postbag", "queue", "check", "--warning=5" }, "check 5 -1|-||" },
    { { "postbag", "queue", "check", "--critical", "x" }, "--critical=x: write a number" },
    { { "postbag", "queue", "count", "-w", "5" }, "--warning and --critical go with queue check" },
    { { "postbag", "-w", "5", "a@b" }, "unknown option -w in \"-w\"" },
    { { "postbag", "queue", "flush" }, "unknown command \"queue flush\"" },
    { { "postbag", "queue", "--help" }, "help|-||queue" },
    { { "postbag", "queue", "--version", "list", "x" }, "version|-||" },
    { { "postbag", "--queue", "a@b" }, "send --queue|-||a@b" },
    { { "sendmail", "-odq", "a@b" }, "send --queue|-||a@b" },
    { { "sendmail", "-odi", "a@b" }, "send|-||a@b" },
    { { "postbag", "--no-queue", "a@b" }, "send --no-queue|-||a@b" },
    { { "postbag", "--no-queue", "--queue", "a@b" }, "--queue and --no-queue exclude each other" },
    { { "postbag", "--no-queue", "-odq", "a@b" }, "--queue and --no-queue exclude each other" },
    { { "sendmail", "-bs" }, "smtp|-||" },
    { { "sendmail", "-bd" }, "-bd is not supported: this is no mail daemon" },
    { { "sendmail", "--set", "x=y" }, "unknown option --set" },
    { { "sendmail", "--file=/etc/passwd" }, "unknown option --file=/etc/passwd" },
    { { "sendmail", "--config=/tmp/x" }, "unknown option --config=/tmp/x" },
    { { "sendmail", "--version" }, "version|-||" },
    { { "sendmail", "-X/tmp/x", "-D", "/tmp/y", "-OQueueDirectory=/tmp", "a@b" }, "send|-||a@b" },
    { { "sendmail", "-Am", "-h", "3", "-L", "tag", "-V", "env1", "-O", "ErrorMode=q", "-oo", "-m",
        "-n", "-s", "--", "a@b" },
      "send|-||a@b" },
    { { "sendmail", "-U", "-G", "-p", "X", "-M", "a1", "-T", "-Fme", "-d", "-d0.1", "a@b" },
      "send|-||a@b" },
    { { "mailq" }, "list|-||" },
    { { "newaliases" }, "aliases|-||" },
    { { "newaliases", "-bp" }, "list|-||" },
};

static void describe_task(const struct options *o, struct buf *to)
{
    static const char *const commands[] = { "list",    "show",   "run",   "hold",
                                            "release", "remove", "count", "check" };
    static const char *const runs[] = { "", " --due", " --watch" };
    buf_add_string(to, o->task == TASK_QUEUE ? commands[o->queue_command] : tasks[o->task]);
    buf_addf(to, "%s%s%s", runs[o->run], o->queue ? " --queue" : "",
             o->no_queue ? " --no-queue" : "");
    if (o->json && o->task == TASK_QUEUE)
        buf_add_string(to, " --json");
    if (o->warning >= 0 || o->critical >= 0)
        buf_addf(to, " %d %d", (int)o->warning, (int)o->critical);
}

static void describe(const struct options *o, struct buf *to)
{
    describe_task(o, to);
    buf_addf(to, "|%s|%s%s%s%s|", o->sender ? o->sender : "-", o->from_header ? "t" : "",
             o->ignore_dots ? "i" : "", o->verbose > 0 ? "v" : "", o->verbose > 1 ? "v" : "");
    for (size_t i = 0; i < o->operands.n; i++)
        buf_addf(to, "%s%s", i ? " " : "", o->operands.items[i]);
}

static int parse(struct arena *a, const char *const words[], struct options *ret, struct err *e)
{
    char *argv[20] = { 0 };
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = arena_string(a, span_of(words[argc]));
    return options_parse(a, argc, argv, ret, e);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        BUF result = { 0 };
        struct options o;
        if (parse(&arena, rows[i].argv, &o, &e) == 0) {
            describe(&o, &result);
        } else {
            assert_int_equal(e.kind, ERR_USAGE);
            buf_add_string(&result, e.text);
        }
        if (strcmp(buf_string(&result), rows[i].result))
            print_error("row %zu\n", i);
        assert_string_equal(buf_string(&result), rows[i].result);
    }
}

/* What is misspelled is guessed; what this version does not have is not proposed. */
static void test_guesses(void **state)
{
    (void)state;
    static const struct row guesses[] = {
        { { "postbag", "quue" }, "did you mean postbag queue?" },
        { { "postbag", "Check", "x" }, "did you mean postbag check?" },
        { { "postbag", "release" }, "did you mean postbag queue release?" },
        { { "postbag", "setpu" }, "postbag --help lists the commands" },
        { { "postbag", "bob" }, "postbag --help lists the commands" },
        { { "postbag", "--dryrun" }, "did you mean --dry-run?" },
        { { "postbag", "--cofnig=/etc/x" }, "did you mean --config?" },
        { { "postbag", "-help" }, "did you mean --help?" },
        { { "postbag", "queue", "--deu" }, "did you mean --due?" },
        { { "postbag", "--deu" }, "postbag --help lists the options" },
        { { "postbag", "-Z" }, "postbag --help lists the options" },
        { { "sendmail", "--jsno" }, "sendmail --help lists the options" },
    };
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        struct options o;
        assert_int_equal(parse(&arena, guesses[i].argv, &o, &e), -1);
        assert_string_equal(e.hint, guesses[i].result);
    }
}

static void test_values(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct options o;
    const char *const words[] = { "postbag",   "--set", "a=b", "--set=c=d=e",   "--json",
                                  "--dry-run", "-C",    "f",   "--exit-status", "reply",
                                  "--file",    "-",     NULL };
    assert_int_equal(parse(&arena, words, &o, &e), 0);
    assert_int_equal(o.sets.n, 2);
    assert_string_equal(o.sets.items[1], "c=d=e");
    assert_true(o.json && o.dry_run);
    assert_string_equal(o.config, "f");
    assert_string_equal(o.file, "-");
    assert_int_equal(o.exit_style, EXIT_STYLE_REPLY);
}

static void test_no_argv(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct options o;
    char *argv[] = { NULL };
    assert_int_equal(options_parse(&arena, 0, argv, &o, &e), 0);
    assert_string_equal(o.name, "postbag");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_guesses),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_no_argv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "auth/secret.h"

#include "base/child.h"
#include "base/io.h"
#include "base/words.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { SECRET_FILE_MAX = 64 * 1024 };

const char *secret_source(const struct auth_opts *opts)
{
    if (opts->password)
        return "password";
    if (opts->password_file)
        return "password_file";
    if (opts->password_command)
        return "password_command";
    return NULL;
}

static int secret_put(struct span password, const char *key, struct buf *ret, struct err *e)
{
    if (!password.len)
        return err_set(e, ERR_CONFIG, "%s: the password is empty", key);
    if (span_has(password, '\0'))
        return err_set(e, ERR_CONFIG, "%s: the password has a NUL octet", key);
    ret->secret = true;
    buf_add_span(ret, password);
    return 0;
}

/* The first line of `text`, without its end. */
static struct span secret_line(struct span text)
{
    struct span line = { 0 };
    span_next(&text, '\n', &line);
    while (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static int secret_refuse_file(const char *path, const char *why, struct err *e)
{
    return err_set(e, ERR_CONFIG, "password_file %s: %s", path, why);
}

/* Whoever can write the file chooses the password, so that only we and root may. */
static int secret_check_file(int fd, const char *path, struct stat *about, struct err *e)
{
    if (fstat(fd, about) < 0)
        return err_system(e, ERR_CONFIG, errno, "password_file %s", path);
    if (!S_ISREG(about->st_mode))
        return secret_refuse_file(path, "not a regular file", e);
    if (about->st_uid != 0 && about->st_uid != getuid())
        return secret_refuse_file(path, "belongs to another user", e);
    if (about->st_mode & (S_IWGRP | S_IWOTH)) {
        secret_refuse_file(path, "group or others may write it", e);
        err_hint(e, "chmod go-w %s", path);
        return -1;
    }
    return 0;
}

/* Symbolic links are followed: secrets that Docker and Kubernetes mount are such. All checks are
 * made on the descriptor. O_NONBLOCK, lest a FIFO keeps us waiting. */
static int secret_open_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0)
        return fd;
    int reason = errno;
    err_system(e, err_kind_of(reason, ERR_CONFIG), reason, "password_file %s", path);
    if (reason == EACCES || reason == EPERM)
        err_hint(e, "uid %ld runs this and may not read it", (long)getuid());
    return -1;
}

static int secret_from_file(const struct auth_opts *opts, struct arena *a, struct buf *ret,
                            struct strlist *notes, struct err *e)
{
    const char *path = opts->password_file;
    struct stat about;
    BUF text = { .secret = true };
    CLEANUP(io_close) int fd = secret_open_file(path, e);
    if (fd < 0 || secret_check_file(fd, path, &about, e) < 0)
        return -1;
    if (io_read_all(fd, path, SECRET_FILE_MAX, &text, e) < 0) {
        e->kind = ERR_CONFIG;
        err_context(e, "password_file");
        return -1;
    }
    if (secret_put(secret_line(buf_span(&text)), "password_file", ret, e) < 0)
        return -1;
    if (about.st_mode & (S_IRGRP | S_IROTH))
        strlist_add(a, notes,
                    arena_printf(a, "password_file %s: group or others may read it", path));
    return 0;
}

static char *const *secret_argv(struct arena *a, const struct strlist *words)
{
    char **argv = arena_new(a, words->n + 1, sizeof *argv);
    for (size_t i = 0; i < words->n; i++)
        argv[i] = arena_string(a, span_of(words->items[i]));
    return argv;
}

static int secret_command_failed(const struct child_result *result, struct err *e)
{
    if (!result->exited)
        return err_set(e, ERR_CONFIG, "password_command: killed by signal %d", result->status);
    if (result->status == EX_TEMPFAIL)
        return err_set(e, ERR_TEMPORARY, "password_command: exit status 75, temporary failure");
    err_set(e, ERR_CONFIG, "password_command: exit status %d", result->status);
    err_hint(e, "it runs as uid %ld without a shell, a terminal or input; try it that way",
             (long)getuid());
    return -1;
}

static int secret_from_command(const struct auth_opts *opts, struct deadline deadline,
                               struct arena *a, struct buf *ret, struct err *e)
{
    struct strlist words = { 0 };
    struct child_result result = { 0 };
    BUF out = { .secret = true, .limit = SECRET_FILE_MAX };
    if (words_split(a, span_of(opts->password_command), opts->home, &words, e) < 0 ||
        child_run(secret_argv(a, &words), deadline, &out, &result, e) < 0) {
        if (e->kind == ERR_DATA)
            e->kind = ERR_CONFIG;
        err_context(e, "password_command");
        return -1;
    }
    if (!result.exited || result.status != 0)
        return secret_command_failed(&result, e);
    return secret_put(secret_line(buf_span(&out)), "password_command", ret, e);
}

int secret_get(const struct auth_opts *opts, struct deadline deadline, struct arena *a,
               struct buf *ret, struct strlist *notes, struct err *e)
{
    if (opts->password)
        return secret_put(span_of(opts->password), "password", ret, e);
    if (opts->password_file)
        return secret_from_file(opts, a, ret, notes, e);
    if (opts->password_command)
        return secret_from_command(opts, deadline, a, ret, e);
    err_set(e, ERR_CONFIG, "a login is wanted, but there is no password");
    err_hint(e, "set password_command, password_file or password, or auth = off");
    return -1;
}

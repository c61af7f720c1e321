#include "base/child.h"

#include "base/io.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* What the child is to do: call `work`, or become the program argv[0]. */
struct job {
    const char *name; /* for messages */
    int (*work)(const void *context, int fd);
    const void *context;
    char *const *argv;
    char *const *environment;
};

/* Each pair is a pipe: the end that is read here, the end that the child writes. */
struct child {
    pid_t pid; /* 0 once it is reaped */
    int status;
    int out[2];
    int failure[2]; /* carries errno when exec fails; exec closes it */
    int watch;      /* readable when the child has ended */
    bool masked;    /* SIGCHLD is blocked, `mask` is what was before */
    sigset_t mask;
};

static void child_done(struct child *c)
{
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    io_close(&c->out[0]);
    io_close(&c->out[1]);
    io_close(&c->failure[0]);
    io_close(&c->failure[1]);
    io_close(&c->watch);
    if (c->masked)
        sigprocmask(SIG_SETMASK, &c->mask, NULL);
}

/* Inside the child. Nothing here may use stdio or return. */

static void child_close_from(int first)
{
    enum { MOST = 65536 };
    struct rlimit limit = { .rlim_cur = MOST };
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    getrlimit(RLIMIT_NOFILE, &limit);
    int end = limit.rlim_cur < MOST ? (int)limit.rlim_cur : MOST;
    for (int fd = first; fd < end; fd++)
        close(fd);
}

/* Without /dev/null, as in a bare chroot, there is no standard input at all. */
static void child_connect(int out)
{
    dup2(out, STDOUT_FILENO);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0)
        close(STDIN_FILENO);
    else
        dup2(null, STDIN_FILENO);
}

static _Noreturn void child_exec(const struct job *job, int failure)
{
    enum { FAILURE = 3 };
    if (failure != FAILURE)
        dup3(failure, FAILURE, O_CLOEXEC);
    child_close_from(FAILURE + 1);
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 0); /* for the search; the program has `job`'s */
    execvpe(job->argv[0], job->argv, job->environment);
    int errnum = errno;
    _exit(io_write(FAILURE, &errnum, sizeof errnum) < 0 ? EX_OSERR : EX_UNAVAILABLE);
}

static _Noreturn void child_main(const struct job *job, const struct child *c, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EX_OSERR); /* it died before it could be told */
    sig_reset();
    child_connect(c->out[1]);
    if (job->argv)
        child_exec(job, c->failure[1]);
    child_close_from(STDERR_FILENO + 1);
    _exit(job->work(job->context, STDOUT_FILENO));
}

/* In the parent. */

/* Before Linux 5.3, and in some sandboxes, there is no pidfd_open: SIGCHLD is then read from a
 * descriptor. The one raised here stands for a child that has ended already. */
static int child_watch(struct child *c, struct err *e)
{
    sigset_t death;
    c->watch = (int)syscall(SYS_pidfd_open, c->pid, 0);
    if (c->watch >= 0)
        return 0;
    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    sigprocmask(SIG_BLOCK, &death, &c->mask);
    c->masked = true;
    raise(SIGCHLD);
    c->watch = signalfd(-1, &death, SFD_CLOEXEC | SFD_NONBLOCK);
    return c->watch < 0 ? err_system(e, ERR_SYSTEM, errno, "signalfd") : 0;
}

static int child_start(struct child *c, const struct job *job, struct err *e)
{
    pid_t parent = getpid();
    if (pipe2(c->out, O_CLOEXEC) < 0 || (job->argv && pipe2(c->failure, O_CLOEXEC) < 0))
        return err_system(e, ERR_SYSTEM, errno, "cannot make a pipe");
    c->pid = fork();
    if (c->pid < 0)
        return err_system(e, ERR_SYSTEM, errno, "cannot start a process");
    if (c->pid == 0)
        child_main(job, c, parent);
    setpgid(c->pid, c->pid); /* whoever comes first: kill(2) must find the group */
    io_close(&c->out[1]);
    io_close(&c->failure[1]);
    return child_watch(c, e);
}

/* Takes what has come. False at the end. */
static bool child_read(struct child *c, struct buf *out)
{
    char piece[4096];
    ssize_t n = io_read(c->out[0], piece, sizeof piece);
    if (n > 0)
        buf_add(out, piece, (size_t)n);
    if (out->secret)
        mem_wipe(piece, sizeof piece);
    return n > 0;
}

/* 1 when it is reaped, 0 when it lives (a signalfd may wake for nothing), -1 when it is lost. */
static int child_reap(struct child *c, const char *name, struct err *e)
{
    struct signalfd_siginfo unused;
    if (c->masked && read(c->watch, &unused, sizeof unused) < 0 && errno != EAGAIN)
        return err_system(e, ERR_SYSTEM, errno, "signalfd");
    pid_t pid = waitpid(c->pid, &c->status, WNOHANG);
    if (pid == 0)
        return 0;
    c->pid = 0;
    return pid > 0 ? 1 : err_system(e, ERR_SYSTEM, errno, "cannot learn how %s ended", name);
}

/* Output goes first, so that all that the child wrote is here when it is reaped; output of others
 * that still hold the pipe then is not waited for. */
static int child_wait(struct child *c, const struct job *job, struct deadline deadline,
                      struct buf *out, struct err *e)
{
    struct pollfd wait[] = { { .fd = c->out[0], .events = POLLIN },
                             { .fd = c->watch, .events = POLLIN } };
    for (int reaped = 0; reaped == 0;) {
        int ready = poll(wait, 2, deadline_nap(deadline));
        if (ready < 0 && errno != EINTR)
            return err_system(e, ERR_SYSTEM, errno, "poll");
        if (sig_stop())
            return err_set(e, ERR_TEMPORARY, "stopped by signal %d", sig_stop());
        if (deadline_passed(deadline))
            return err_set(e, ERR_TIMEOUT, "%s did not end in time", job->name);
        if (ready <= 0)
            continue;
        if (!wait[0].revents)
            reaped = child_reap(c, job->name, e);
        else if (!child_read(c, out))
            wait[0].fd = -1;
        if (out->failed)
            return err_set(e, ERR_DATA, "%s wrote more than %zu octets", job->name, out->limit);
        if (reaped < 0)
            return -1;
    }
    return 0;
}

static int child_check_exec(const struct child *c, const char *name, struct err *e)
{
    int errnum = 0;
    if (c->failure[0] < 0 || io_read(c->failure[0], &errnum, sizeof errnum) != sizeof errnum)
        return 0;
    return err_system(e, ERR_CONFIG, errnum, "cannot run %s", name);
}

static int child_do(const struct job *job, struct deadline deadline, struct buf *out,
                    struct child_result *ret, struct err *e)
{
    CLEANUP(child_done)
    struct child c = { .out = { -1, -1 }, .failure = { -1, -1 }, .watch = -1 };
    size_t len = out->len;
    bool failed = out->failed;
    if (child_start(&c, job, e) < 0 || child_wait(&c, job, deadline, out, e) < 0 ||
        child_check_exec(&c, job->name, e) < 0) {
        buf_truncate(out, len);
        out->failed = failed;
        return -1;
    }
    ret->exited = WIFEXITED(c.status);
    ret->status = ret->exited ? WEXITSTATUS(c.status) : WTERMSIG(c.status);
    return 0;
}

/* The environment without our own variables: POSTBAG_URL holds a password. */
static char **child_environment(void)
{
    size_t n = 0, kept = 0;
    while (environ && environ[n])
        n++;
    char **environment = mem_new(n + 1, sizeof *environment);
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "POSTBAG_", strlen("POSTBAG_")) != 0)
            environment[kept++] = environ[i];
    return environment;
}

int child_run(char *const argv[], struct deadline deadline, struct buf *out,
              struct child_result *ret, struct err *e)
{
    char **environment = child_environment();
    struct job job = { .name = argv[0], .argv = argv, .environment = environment };
    int done = child_do(&job, deadline, out, ret, e);
    free(environment);
    return done;
}

int child_call(int (*work)(const void *context, int fd), const void *context,
               struct deadline deadline, struct buf *out, struct child_result *ret, struct err *e)
{
    struct job job = { .name = "a helper process", .work = work, .context = context };
    return child_do(&job, deadline, out, ret, e);
}

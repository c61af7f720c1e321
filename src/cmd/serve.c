/* The parent of the service. It accepts, counts and forks; it reads nothing that a client says, and
 * nothing that a client does makes it grow.
 *
 *   TERM, INT   closes the listeners, asks everybody to stop, waits for STOP_MS at most. A session
 *               first tells its client what became of a message that is kept
 *   HUP         reads the configuration again: new sessions have the new one, the runner is started
 *               again with it. The sockets stay as they are
 *   CHLD        a session has ended, or the runner: then there is another one after a pause */
#include "cmd/serve.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sig.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/say.h"
#include "cmd/serve_listen.h"
#include "cmd/serve_notify.h"
#include "cmd/serve_places.h"
#include "cmd/serve_session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STOP_MS = 25 * 1000,
    PAUSE_MS = 1000, /* before a runner that died is started again; twice as long each time */
    PAUSE_MAX_MS = 60 * 1000,
    BREATH_MS = 100, /* when nothing can be accepted for want of something */
    BATCH = 64,      /* connections accepted in a row */
};

struct parent {
    struct serve *serve;
    struct arena arena;
    struct serve_opts fixed; /* `socket` and `listen` of the start, in the arena */
    struct listeners listeners;
    int signals;
    sigset_t before;
    struct places places;
    pid_t runner;                              /* 0: none */
    int64_t runner_since, runner_at, pause_ms; /* clock_ms() */
    int64_t breath_until;
    bool stopping;
};

/* Configuration. */

static void unload(struct serve *s)
{
    if (!s)
        return;
    config_done(&s->config);
    arena_done(&s->arena);
    free(s);
}

/* Better now than to each who submits. */
static int try_spool(const char *path, struct err *e)
{
    struct spool spool;
    if (spool_open(path, true, &spool, e) < 0)
        return -1;
    spool_close(&spool);
    return 0;
}

/* It changes no verdict, so that nobody else would hear of it. */
static void try_log(const struct serve *s)
{
    config_start_log(&s->config, s->options->name);
    log_probe();
    if (log_problem())
        say(s->options->name, "log: %s", log_problem());
    log_done();
}

static int fill(struct serve *s, const struct config *before, struct err *e)
{
    const struct options *o = s->options;
    const struct account *account;
    ident_get(&s->arena, &s->ident);
    struct config_request request = { .ident = &s->ident,
                                      .file = o->config,
                                      .sets = o->sets,
                                      .for_service = true,
                                      .before = before };
    if (config_load(&request, &s->config, e) < 0 ||
        config_choose(&s->config, NULL, NULL, NULL, &account, e) < 0)
        return -1;
    s->spool = config_spool(&s->config, &s->ident, &s->arena, e);
    if (!s->spool || try_spool(s->spool, e) < 0)
        return -1;
    try_log(s);
    return 0;
}

/* In the place of `before`, if there was one. NULL: `e` says why not. */
static struct serve *load(const struct options *o, const struct serve *before, struct err *e)
{
    struct serve *s = mem_new(1, sizeof *s);
    s->options = o;
    if (fill(s, before ? &before->config : NULL, e) == 0)
        return s;
    unload(s);
    return NULL;
}

/* Children. */

/* 0 in the child, which has none of the parent's descriptors and its signals as they were. A child
 * does not outlive its parent for long. */
static pid_t spawn(struct parent *p)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    listeners_close(&p->listeners);
    io_close(&p->signals);
    sigprocmask(SIG_SETMASK, &p->before, NULL);
    if (getppid() != parent)
        _exit(exit_default.tempfail);
    return 0;
}

static int run_queue(struct serve *s)
{
    ERR e = { 0 };
    struct runner_totals totals;
    struct runner_setup setup = { .spool = s->spool,
                                  .config = &s->config,
                                  .settled = true,
                                  .ident = &s->ident,
                                  .mode = RUNNER_WATCH,
                                  .name = s->options->name,
                                  .verbose = s->options->verbose,
                                  .idle_ms = s->config.serve.idle_ms };
    config_start_log(&s->config, s->options->name);
    int done = runner_run(&setup, &totals, &e);
    if (done < 0)
        say_error(s->options->name, &e);
    log_done();
    return done < 0 ? exit_of_error(&exit_default, &e, STAGE_NONE) : 0;
}

static void start_runner(struct parent *p)
{
    pid_t pid = spawn(p);
    if (pid == 0)
        _exit(run_queue(p->serve));
    p->runner = pid > 0 ? pid : 0;
    p->runner_since = clock_ms();
    if (pid < 0)
        p->runner_at = clock_ms() + PAUSE_MAX_MS;
}

static void runner_ended(struct parent *p, int status)
{
    int64_t now = clock_ms();
    p->runner = 0;
    if ((WIFEXITED(status) && WEXITSTATUS(status) == 0) || now - p->runner_since > PAUSE_MAX_MS)
        p->pause_ms = 0;
    p->runner_at = now + p->pause_ms;
    p->pause_ms = p->pause_ms ? 2 * p->pause_ms : PAUSE_MS;
    if (p->pause_ms > PAUSE_MAX_MS)
        p->pause_ms = PAUSE_MAX_MS;
}

static void reap(struct parent *p)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == p->runner)
            runner_ended(p, status);
        else
            places_leave(&p->places, pid);
    }
}

/* Connections. */

static void turn_away(int fd)
{
    static const char words[] = "421 4.7.0 Too many connections\r\n";
    if (send(fd, words, sizeof words - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return;
}

static void serve_one(struct parent *p, int fd, bool lmtp)
{
    const struct serve_opts *o = &p->serve->config.serve;
    struct serve_peer peer = serve_peer_of(fd);
    struct place *place = places_find(&p->places, peer.uid, o->connections, o->user_connections);
    places_press(&p->places, peer.uid, place, o->connections, o->user_connections);
    pid_t pid = place ? spawn(p) : -1;
    if (pid == 0)
        _exit(serve_session_run(p->serve, fd, &peer, lmtp, place->waiter));
    if (pid > 0)
        places_take(&p->places, place, pid, peer.uid);
    else
        turn_away(fd);
    close(fd);
}

static bool is_want(int errnum)
{
    return errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM || errnum == ENOBUFS;
}

static void accept_some(struct parent *p, const struct listener *l)
{
    for (int i = 0; i < BATCH; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            serve_one(p, fd, l->lmtp);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            if (is_want(errno))
                p->breath_until = clock_ms() + BREATH_MS;
            return;
        }
    }
}

/* Signals. */

static void fix(struct parent *p)
{
    const struct serve_opts *o = &p->serve->config.serve;
    p->fixed.socket = arena_string(&p->arena, span_of(o->socket));
    for (size_t i = 0; i < o->listen.n; i++)
        strlist_add(&p->arena, &p->fixed.listen,
                    arena_string(&p->arena, span_of(o->listen.items[i])));
}

/* Where it listens stays. */
static void tell_fixed(const struct parent *p, const struct serve_opts *fresh)
{
    const struct serve_opts *o = &p->fixed;
    if (!p->listeners.inherited &&
        (strcmp(o->socket, fresh->socket) != 0 || !strlist_equals(&o->listen, &fresh->listen)))
        say(p->serve->options->name, "socket and listen are as they were until a restart");
}

/* A configuration with a mistake changes nothing. */
static void reload(struct parent *p)
{
    ERR e = { 0 };
    const struct options *o = p->serve->options;
    struct serve *fresh = load(o, p->serve, &e);
    if (!fresh) {
        say_error(o->name, &e);
        say(o->name, "the old configuration stays in use");
        serve_notify("STATUS=The old configuration is in use: the new one has a mistake");
        return;
    }
    tell_fixed(p, &fresh->config.serve);
    unload(p->serve);
    p->serve = fresh;
    serve_notify("STATUS=");
    places_grow(&p->places, (size_t)p->serve->config.serve.connections);
    if (p->runner)
        kill(p->runner, SIGHUP);
}

static void hear_signals(struct parent *p)
{
    struct signalfd_siginfo info;
    while (read(p->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;
        if (number == SIGHUP)
            reload(p);
        p->stopping |= number == SIGTERM || number == SIGINT;
    }
    reap(p);
}

static int open_signals(struct parent *p, struct err *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signals < 0)
        return err_system(e, ERR_SYSTEM, errno, "signalfd");
    sigprocmask(SIG_BLOCK, &set, &p->before);
    return 0;
}

/* The loop. */

static int next_ms(const struct parent *p)
{
    int64_t now = clock_ms(), at = INT64_MAX;
    if (!p->runner)
        at = p->runner_at;
    if (p->breath_until > now && p->breath_until < at)
        at = p->breath_until;
    return at == INT64_MAX ? -1 : at > now ? (int)(at - now) : 0;
}

static void work_once(struct parent *p)
{
    struct pollfd fds[LISTENERS_MAX + 1];
    size_t n = clock_ms() < p->breath_until ? 0 : p->listeners.n;
    for (size_t i = 0; i < n; i++)
        fds[i] = (struct pollfd){ .fd = p->listeners.items[i].fd, .events = POLLIN };
    fds[n] = (struct pollfd){ .fd = p->signals, .events = POLLIN };
    if (poll(fds, n + 1, next_ms(p)) < 0)
        return;
    if (fds[n].revents)
        hear_signals(p);
    for (size_t i = 0; i < n && !p->stopping; i++)
        if (fds[i].revents)
            accept_some(p, &p->listeners.items[i]);
}

static void stop(struct parent *p)
{
    struct deadline deadline = deadline_in(STOP_MS);
    serve_notify("STOPPING=1");
    listeners_close(&p->listeners);
    places_signal(&p->places, SIGTERM);
    if (p->runner)
        kill(p->runner, SIGTERM);
    while ((p->places.busy || p->runner) && !deadline_passed(deadline)) {
        struct pollfd own = { .fd = p->signals, .events = POLLIN };
        if (poll(&own, 1, deadline_left(deadline)) > 0)
            hear_signals(p);
    }
    places_signal(&p->places, SIGKILL);
    if (p->runner)
        kill(p->runner, SIGKILL);
}

static void work(struct parent *p)
{
    while (!p->stopping) {
        if (!p->runner && clock_ms() >= p->runner_at)
            start_runner(p);
        work_once(p);
    }
    stop(p);
}

static int run(struct parent *p, const struct options *o, struct err *e)
{
    if (o->operands.n)
        return err_set(e, ERR_USAGE, "serve takes no operand");
    p->serve = load(o, NULL, e);
    if (!p->serve)
        return -1;
    places_grow(&p->places, (size_t)p->serve->config.serve.connections);
    if (open_signals(p, e) < 0 || serve_listen(&p->serve->config.serve, &p->listeners, e) < 0)
        return -1;
    fix(p);
    serve_notify("READY=1");
    work(p);
    return 0;
}

int cmd_serve(const struct options *o)
{
    ERR e = { 0 };
    struct parent p = { .signals = -1 };
    int done = run(&p, o, &e);
    listeners_close(&p.listeners);
    io_close(&p.signals);
    unload(p.serve);
    arena_done(&p.arena);
    places_done(&p.places);
    if (done == 0)
        return 0;
    say_error(o->name, &e);
    return exit_of_error(&exit_default, &e, STAGE_NONE);
}

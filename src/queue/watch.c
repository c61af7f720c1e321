#include "queue/watch.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void add_unless_ignored(sigset_t *set, int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaddset(set, number);
}

static int watch_signals(struct watch *w, struct err *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    add_unless_ignored(&set, SIGTERM);
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGHUP);
    w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (w->signals < 0)
        return err_system(e, ERR_SYSTEM, errno, "signalfd");
    sigprocmask(SIG_BLOCK, &set, &w->before);
    return 0;
}

/* Through /proc, so that the folder is the one that is open; else by its name. */
static bool watch_folder(int notify, const struct spool *s)
{
    const uint32_t events = IN_MOVED_TO | IN_CREATE | IN_ONLYDIR;
    BUF path = { 0 };
    buf_addf(&path, "/proc/self/fd/%d/%s", s->root, folder_name(FOLDER_NEW));
    if (inotify_add_watch(notify, buf_string(&path), events) >= 0)
        return true;
    buf_clear(&path);
    buf_addf(&path, "%s/%s", s->path, folder_name(FOLDER_NEW));
    return inotify_add_watch(notify, buf_string(&path), events) >= 0;
}

int watch_open(struct watch *w, const struct spool *s, struct err *e)
{
    *w = (struct watch){ .signals = -1, .mail = -1 };
    if (watch_signals(w, e) < 0)
        return -1;
    w->mail = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->mail >= 0 && !watch_folder(w->mail, s))
        io_close(&w->mail);
    return 0;
}

void watch_leave(struct watch *w)
{
    io_close(&w->signals);
    io_close(&w->mail);
    sigprocmask(SIG_SETMASK, &w->before, NULL);
}

void watch_close(struct watch *w)
{
    if (w->signals >= 0)
        watch_leave(w);
}

void watch_wait(const struct watch *w, struct pollfd *more, size_t n, int timeout_ms)
{
    more[n++] = (struct pollfd){ .fd = w->signals, .events = POLLIN };
    more[n++] = (struct pollfd){ .fd = w->mail, .events = POLLIN }; /* poll skips negative ones */
    if (poll(more, n, timeout_ms) < 0)
        for (size_t i = 0; i < n; i++)
            more[i].revents = 0;
}

static void read_signals(int fd, struct watch_news *news)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        int number = (int)info.ssi_signo;
        news->child |= number == SIGCHLD;
        news->hangup |= number == SIGHUP;
        if (number == SIGTERM || number == SIGINT)
            news->stop = number;
    }
}

struct watch_news watch_news(const struct watch *w)
{
    enum { ROOM = 4096 };
    char events[ROOM];
    struct watch_news news = { 0 };
    read_signals(w->signals, &news);
    while (w->mail >= 0 && read(w->mail, events, sizeof events) > 0)
        news.mail = true;
    return news;
}

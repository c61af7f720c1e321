#include "base/sig.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t caught;

/* All that would end the process and can be caught. */
static const int deadly[] = { SIGHUP,  SIGINT,  SIGQUIT,   SIGTERM, SIGALRM, SIGUSR1,
                              SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR };
enum { DEADLY = sizeof deadly / sizeof *deadly };

static void sig_note(int number)
{
    caught = number;
}

/* The same, under another name, so that the kernel remembers which of the two holds. */
static void sig_note_stop(int number)
{
    caught = number;
}

static void sig_wake(int number)
{
    (void)number;
}

static void sig_set(int number, void (*effect)(int))
{
    struct sigaction action = { .sa_handler = effect };
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void sig_reset(void)
{
    sigset_t none;
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP)
            sig_set(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void sig_start(void)
{
    sigset_t none;
    sig_set(SIGPIPE, SIG_IGN);
    sig_set(SIGXFSZ, SIG_IGN);
    sig_set(SIGTERM, SIG_DFL);
    sig_set(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In one call each, but for those that are ignored. So none may come meanwhile. */
static void sig_set_unless_ignored(const int *numbers, size_t n, void (*effect)(int))
{
    struct sigaction action = { .sa_handler = effect }, before;
    sigset_t set, mask;
    sigemptyset(&set);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < n; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(SIG_BLOCK, &set, &mask);
    for (size_t i = 0; i < n; i++)
        if (sigaction(numbers[i], &action, &before) == 0 && before.sa_handler == SIG_IGN)
            sigaction(numbers[i], &before, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static bool sig_has(int number, void (*effect)(int))
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == effect;
}

void sig_defer(void)
{
    static const int stops[] = { SIGTERM, SIGHUP };
    sig_set_unless_ignored(stops, 2, sig_note_stop);
}

int sig_stop(void)
{
    return caught && (sig_has(SIGTERM, sig_note_stop) || sig_has(SIGHUP, sig_note_stop)) ? caught
                                                                                         : 0;
}

bool sig_is_held(void)
{
    return sig_has(SIGTERM, sig_note);
}

/* A queue's worker calls it with each message. */
void sig_hold(void)
{
    if (sig_is_held())
        return;
    sig_set_unless_ignored(deadly, DEADLY, sig_note);
}

static void sig_block(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

void sig_listen(void)
{
    sig_block(SIGURG);
    sig_set(SIGURG, sig_wake);
}

int sig_poll(struct pollfd *fds, nfds_t n, int ms)
{
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigdelset(&mask, SIGURG);
    return ppoll(fds, n, ms < 0 ? NULL : &left, &mask);
}

/* A session calls it with each reply; TERM is never ignored, and so says whether any is held. */
void sig_release(void)
{
    if (!sig_is_held() && !sig_has(SIGTERM, sig_note_stop))
        return;
    sig_set_unless_ignored(deadly, DEADLY, SIG_DFL);
    if (caught)
        raise(caught);
}

int sig_caught(void)
{
    return caught;
}

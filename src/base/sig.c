#include "base/sig.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

/* All that would end the process and can be caught. */
static const int deadly[] = { SIGHUP,  SIGINT,  SIGQUIT,   SIGTERM, SIGALRM, SIGUSR1,
                              SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR };
enum { DEADLY = sizeof deadly / sizeof *deadly };

static void sig_note(int number)
{
    caught = number;
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

static void sig_note_unless_ignored(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sig_set(number, sig_note);
}

void sig_hold(void)
{
    for (size_t i = 0; i < DEADLY; i++)
        sig_note_unless_ignored(deadly[i]);
}

static void sig_undo(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == sig_note)
        sig_set(number, SIG_DFL);
}

void sig_release(void)
{
    for (size_t i = 0; i < DEADLY; i++)
        sig_undo(deadly[i]);
    if (caught)
        raise(caught);
}

bool sig_is_held(void)
{
    struct sigaction now;
    return sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == sig_note;
}

int sig_caught(void)
{
    return caught;
}

#include "base/sig.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

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
    caught = 0;
    sig_note_unless_ignored(SIGTERM);
    sig_note_unless_ignored(SIGINT);
    sig_note_unless_ignored(SIGHUP);
}

static void sig_undo(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler == sig_note)
        sig_set(number, SIG_DFL);
}

void sig_release(void)
{
    sig_undo(SIGTERM);
    sig_undo(SIGINT);
    sig_undo(SIGHUP);
    if (caught)
        raise(caught);
}

int sig_caught(void)
{
    return caught;
}

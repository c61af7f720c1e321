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
    sig_reset();
    sig_set(SIGPIPE, SIG_IGN);
}

void sig_hold(void)
{
    caught = 0;
    sig_set(SIGTERM, sig_note);
    sig_set(SIGINT, sig_note);
    sig_set(SIGHUP, sig_note);
}

int sig_caught(void)
{
    return caught;
}

#include "forked.h"

#include <sys/wait.h>
#include <unistd.h>

int forked(int (*part)(void *context), void *context)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(part(context));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

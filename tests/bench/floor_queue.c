/* The least that a submission into a queue costs: linked to the libraries that postbag is linked
 * to, it reads a message and makes the system calls of a durable commit.
 *
 *   floor_queue FOLDER NAME <message      FOLDER has tmp/ and new/ */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the linker must not leave out. */
const void *const used = (const void *)ini_parse_stream;

int main(int argc, char *argv[])
{
    static char message[1 << 20];
    size_t len = 0;
    ssize_t n;
    char from[64], to[64];
    if (argc != 3)
        return 64;
    while ((n = read(STDIN_FILENO, message + len, sizeof message - len)) > 0)
        len += (size_t)n;
    int root = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(from, sizeof from, "tmp/%s", argv[2]);
    snprintf(to, sizeof to, "new/%s", argv[2]);
    int fd = openat(root, from, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(fd, message, len) != (ssize_t)len ||
        fsync(fd) < 0 || renameat2(root, from, root, to, RENAME_NOREPLACE) < 0)
        return 75;
    int folder = openat(root, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) < 0)
        return 75;
    return used && close(fd) == 0 ? 0 : 75;
}

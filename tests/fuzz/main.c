/* Replays a corpus without libFuzzer, so that every fuzz target is also a regression test:
 *
 *   fuzz_NAME PATH...
 *
 * Each file (directories are read one level deep) is tried whole, cut off at many places, and with
 * single octets changed to those that parsers trip over. A missing path is an empty corpus. Every
 * input sits in a block of exactly its size, so that AddressSanitizer and valgrind see each octet
 * read beyond it. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INPUT_MAX = 1 << 20,
    MUTATION_PLACES = 64, /* places tried in one file, spread over its length */
};

static const unsigned char nasty[] = { '\0', '\n', '\r', ' ', '.', '<', '"', '=', 0x80, 0xff };

static struct {
    size_t files;
    size_t inputs;
} count;

static void try_input(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    if (size)
        memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    count.inputs++;
}

static void try_changed(uint8_t *data, size_t size, size_t place)
{
    uint8_t kept = data[place];
    for (size_t i = 0; i < sizeof nasty; i++) {
        data[place] = nasty[i];
        try_input(data, size);
    }
    data[place] = kept;
}

static void try_mutations(uint8_t *data, size_t size)
{
    size_t stride = size / MUTATION_PLACES + 1;
    for (size_t place = 0; place < size; place += stride) {
        try_input(data, place);
        try_changed(data, size, place);
    }
}

static void give_up(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(2);
}

static void replay_file(const char *path)
{
    static uint8_t data[INPUT_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t got = -1;
    while (fd >= 0 && (got = read(fd, data + size, sizeof data - size)) > 0)
        size += (size_t)got;
    if (got < 0)
        give_up(path);
    close(fd);
    try_input(data, size);
    try_mutations(data, size);
    count.files++;
}

static void replay_directory(const char *path)
{
    struct dirent **names = NULL;
    int n = scandir(path, &names, NULL, alphasort);
    if (n < 0)
        give_up(path);
    for (int i = 0; i < n; i++) {
        char *file = NULL;
        if (asprintf(&file, "%s/%s", path, names[i]->d_name) < 0)
            abort();
        if (names[i]->d_name[0] != '.')
            replay_file(file);
        free(file);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    try_input((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        struct stat about;
        if (stat(argv[i], &about) < 0) {
            if (errno != ENOENT)
                give_up(argv[i]);
        } else if (S_ISDIR(about.st_mode)) {
            replay_directory(argv[i]);
        } else {
            replay_file(argv[i]);
        }
    }
    printf("%zu files, %zu inputs\n", count.files, count.inputs);
    return 0;
}

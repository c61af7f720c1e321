#include "base/log.h"

#include "base/io.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    int value;
} facilities[] = {
    { "auth", LOG_AUTH },     { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON },
    { "daemon", LOG_DAEMON }, { "ftp", LOG_FTP },           { "kern", LOG_KERN },
    { "lpr", LOG_LPR },       { "mail", LOG_MAIL },         { "news", LOG_NEWS },
    { "syslog", LOG_SYSLOG }, { "user", LOG_USER },         { "uucp", LOG_UUCP },
    { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },     { "local2", LOG_LOCAL2 },
    { "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },     { "local5", LOG_LOCAL5 },
    { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

static const int priorities[] = {
    [LOG_LEVEL_ERROR] = LOG_ERR,
    [LOG_LEVEL_WARNING] = LOG_WARNING,
    [LOG_LEVEL_INFO] = LOG_INFO,
};

static struct {
    const char *name;
    const char *file;
    int facility; /* -1: no syslog */
    int fd;       /* -1: not open */
    int socket;   /* to the log daemon; -1: not open */
    bool stream;  /* there a NUL ends each record */
    bool taken;   /* by the log daemon: the last record */
    char *problem;
} sink = { .facility = -1, .fd = -1, .socket = -1 };

static int log_facility(const char *name)
{
    for (size_t i = 0; name && i < sizeof facilities / sizeof *facilities; i++)
        if (strcmp(name, facilities[i].name) == 0)
            return facilities[i].value;
    return -1;
}

bool log_facility_is_known(const char *facility)
{
    return strcmp(facility, "off") == 0 || log_facility(facility) >= 0;
}

void log_setup(const char *name, const char *facility, const char *file)
{
    log_done();
    sink.file = file;
    sink.facility = log_facility(facility);
    sink.name = name;
}

/* These two are symbolic links, which O_NOFOLLOW refuses, but nobody else can have set them. */
static int log_standard_stream(const char *file)
{
    if (strcmp(file, "/dev/stdout") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (strcmp(file, "/dev/stderr") == 0)
        return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    return -1;
}

/* A fifo without a reader must not hold up the mail, nor may a tape be rewound. */
static int log_open(const char *file)
{
    int fd = log_standard_stream(file);
    if (fd >= 0)
        return fd;
    fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
              0600);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) < 0)
        return fd;
    if (S_ISREG(facts.st_mode) || S_ISCHR(facts.st_mode) || S_ISFIFO(facts.st_mode))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

/* One write, so that lines of several processes do not mix; a short one is not completed. */
static int log_append(const struct buf *record)
{
    if (sink.fd < 0)
        sink.fd = log_open(sink.file);
    if (sink.fd < 0)
        return -1;
    ssize_t n = write(sink.fd, record->at, record->len);
    if (n >= 0 && (size_t)n < record->len)
        errno = ENOSPC;
    return n == (ssize_t)record->len ? 0 : -1;
}

/* syslog(3) waits for a daemon that does not read; a message that is delivered cannot. So the
 * record (RFC 3164) goes out by ourselves, or is lost. */
static int log_connect(int type)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        io_close(&fd);
    return fd;
}

static void log_open_daemon(void)
{
    sink.socket = log_connect(SOCK_DGRAM);
    sink.stream = sink.socket < 0 && errno == EPROTOTYPE;
    if (sink.stream)
        sink.socket = log_connect(SOCK_STREAM);
}

static void log_tell_daemon(enum log_level level, const char *text)
{
    BUF record = { 0 };
    char when[sizeof "Jan 01 00:00:00"];
    struct tm local;
    time_t now = time(NULL);
    sink.taken = false;
    if (sink.facility < 0)
        return;
    if (sink.socket < 0)
        log_open_daemon();
    if (sink.socket < 0 || !localtime_r(&now, &local) ||
        !strftime(when, sizeof when, "%b %e %H:%M:%S", &local))
        return;
    buf_addf(&record, "<%d>%s %s[%d]: %s", sink.facility | priorities[level], when, sink.name,
             (int)getpid(), text);
    sink.taken =
        send(sink.socket, record.at, record.len + sink.stream, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
    if (!sink.taken)
        io_close(&sink.socket);
}

static void log_note_problem(int errnum)
{
    ERR e = { 0 };
    if (sink.problem)
        return;
    err_system(&e, ERR_CREATE, errnum, "cannot write the log %s", sink.file);
    sink.problem = mem_string(e.text);
    log_tell_daemon(LOG_LEVEL_WARNING, sink.problem);
}

void log_write(enum log_level level, struct span line)
{
    BUF record = { 0 };
    utf8_add_printable(&record, line, "\\n");
    log_tell_daemon(level, buf_string(&record));
    buf_add_char(&record, '\n');
    if (sink.file && log_append(&record) < 0)
        log_note_problem(errno);
}

const char *log_problem(void)
{
    return sink.problem;
}

/* systemd.exec(5), "JOURNAL_STREAM": the device and the inode number of the stream. */
bool log_was_heard_at(int fd)
{
    struct stat facts;
    uint64_t device, inode;
    const char *words = getenv("JOURNAL_STREAM");
    struct span rest = span_of(words ? words : ""), number;
    if (!sink.taken || !span_next(&rest, ':', &number))
        return false;
    return span_number(number, UINT64_MAX, &device) == 0 &&
           span_number(rest, UINT64_MAX, &inode) == 0 && fstat(fd, &facts) == 0 &&
           facts.st_dev == device && facts.st_ino == inode;
}

void log_probe(void)
{
    if (sink.file && sink.fd < 0)
        sink.fd = log_open(sink.file);
    if (sink.file && sink.fd < 0)
        log_note_problem(errno);
}

void log_done(void)
{
    io_close(&sink.fd);
    io_close(&sink.socket);
    free(sink.problem);
    sink.file = NULL;
    sink.facility = -1;
    sink.taken = false;
    sink.problem = NULL;
}

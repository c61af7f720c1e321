/* Runs a command, writes down its system calls, and lets one of them go wrong.
 *
 *     inject TRACE FAULT COMMAND [ARGUMENT...]
 *
 * FAULT is "-"; "memory": no calls, only the ends of processes; or PROCESS:NAME:NTH:WHAT: the NTH
 * call (from 1) of that name in that process (0 is the command, then its children in the order in
 * which they begin). Every process counts for itself. WHAT is
 *
 *     signal=N   the signal comes at the entry; with KILL the call is not executed
 *     error=N    not executed (but for close, as on Linux), fails with that errno
 *     late=N     executed, but fails with that errno
 *     short      asked for half as many octets
 *
 * TRACE gets a line for each call of those in `calls`, when it returns, and one for each process
 * that ends; columns with tabs between:
 *
 *     PROCESS NAME NTH FATE RESULT PATH PATH2 NUMBER DATA
 *     PROCESS exit 0 - STATUS "" "" PEAK-RSS-IN-KIB ""
 *
 * FATE is "-" or the fault; RESULT "?" for a call that never returned; NUMBER an offset, a length
 * or flags; DATA what was written, in hexadecimal digits (at most DATA_MAX octets, the last of
 * them). The exit status is the command's own; of its signal we die as well. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* behind <sys/ptrace.h>, which it would disagree with */
#include <linux/ptrace.h>

enum { DATA_MAX = 262144, PATH_SIZE = 4096, TASKS = 4096, IOVS = 64 };

enum shape {
    PLAIN,   /* nothing of interest */
    FD,      /* fd … */
    FD_SIZE, /* fd, a number of interest */
    FD_DATA, /* fd, octets, count, offset: written */
    FD_ROOM, /* fd, room, count, offset: read */
    FD_IOV,  /* fd, struct iovec[], count: written */
    FD_MSG,  /* fd, struct msghdr: written */
    AT,      /* folder, path, flags */
    AT_AT,   /* folder, path, folder, path, flags */
    PATH,    /* path */
};

static const struct call {
    const char *name;
    long nr;
    enum shape shape;
} calls[] = {
    { "openat", SYS_openat, AT },
    { "close", SYS_close, FD },
    { "read", SYS_read, FD_ROOM },
    { "pread64", SYS_pread64, FD_ROOM },
    { "write", SYS_write, FD_DATA },
    { "pwrite64", SYS_pwrite64, FD_DATA },
    { "writev", SYS_writev, FD_IOV },
    { "fsync", SYS_fsync, FD },
    { "fdatasync", SYS_fdatasync, FD },
    { "syncfs", SYS_syncfs, FD },
    { "ftruncate", SYS_ftruncate, FD_SIZE },
    { "fallocate", SYS_fallocate, FD },
    { "copy_file_range", SYS_copy_file_range, FD },
    { "sendfile", SYS_sendfile, FD },
    { "lseek", SYS_lseek, FD_SIZE },
    { "fcntl", SYS_fcntl, FD_SIZE },
    { "flock", SYS_flock, FD_SIZE },
    { "fstat", SYS_fstat, FD },
    { "fstatfs", SYS_fstatfs, FD },
    { "fchmod", SYS_fchmod, FD },
    { "getdents64", SYS_getdents64, FD },
    { "newfstatat", SYS_newfstatat, AT },
    { "statx", SYS_statx, AT },
    { "faccessat", SYS_faccessat, AT },
    { "readlinkat", SYS_readlinkat, AT },
    { "mkdirat", SYS_mkdirat, AT },
    { "unlinkat", SYS_unlinkat, AT },
    { "fchmodat", SYS_fchmodat, AT },
    { "utimensat", SYS_utimensat, AT },
    { "renameat2", SYS_renameat2, AT_AT },
    { "linkat", SYS_linkat, AT_AT },
    { "statfs", SYS_statfs, PATH },
#ifdef SYS_open /* not on every processor */
    { "open", SYS_open, PATH },
    { "stat", SYS_stat, PATH },
    { "lstat", SYS_lstat, PATH },
    { "access", SYS_access, PATH },
    { "mkdir", SYS_mkdir, PATH },
    { "unlink", SYS_unlink, PATH },
    { "chmod", SYS_chmod, PATH },
    { "rename", SYS_rename, PATH },
    { "poll", SYS_poll, PLAIN },
    { "fork", SYS_fork, PLAIN },
    { "vfork", SYS_vfork, PLAIN },
#endif
#ifdef SYS_renameat
    { "renameat", SYS_renameat, AT_AT },
#endif
    { "socket", SYS_socket, PLAIN },
    { "socketpair", SYS_socketpair, PLAIN },
    { "connect", SYS_connect, FD },
    { "bind", SYS_bind, FD },
    { "listen", SYS_listen, FD },
    { "accept4", SYS_accept4, FD },
    { "getsockname", SYS_getsockname, FD },
    { "getpeername", SYS_getpeername, FD },
    { "setsockopt", SYS_setsockopt, FD },
    { "getsockopt", SYS_getsockopt, FD },
    { "shutdown", SYS_shutdown, FD },
    { "sendto", SYS_sendto, FD_DATA },
    { "sendmsg", SYS_sendmsg, FD_MSG },
    { "recvfrom", SYS_recvfrom, FD_ROOM },
    { "recvmsg", SYS_recvmsg, FD },
    { "ppoll", SYS_ppoll, PLAIN },
    { "pipe2", SYS_pipe2, PLAIN },
    { "clone", SYS_clone, PLAIN },
    { "clone3", SYS_clone3, PLAIN },
    { "wait4", SYS_wait4, PLAIN },
    { "waitid", SYS_waitid, PLAIN },
    { "kill", SYS_kill, PLAIN },
    { "inotify_init1", SYS_inotify_init1, PLAIN },
    { "inotify_add_watch", SYS_inotify_add_watch, FD },
    { "signalfd4", SYS_signalfd4, PLAIN },
    { "getrandom", SYS_getrandom, PLAIN },
    { "exit_group", SYS_exit_group, PLAIN },
};

enum { CALLS = sizeof calls / sizeof *calls };

enum what { NOTHING, SIGNAL, ERROR, LATE, SHORT };

static struct fault {
    int process;
    char name[32];
    unsigned nth;
    enum what what;
    int number;
    char text[96];
} fault;

static struct task {
    pid_t pid;
    unsigned count[CALLS];
    const struct call *call; /* NULL: between two, or one that nobody cares for */
    bool inside, hit, pretend;
    uint64_t args[6];
    char path[2][PATH_SIZE];
    long long number;
    unsigned char *data;
    size_t data_size;
} * tasks;

static size_t task_count;
static bool only_ends;
static FILE *trace;

static void stop(const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(125);
}

/* Registers: the only part that depends on the processor. */

#if defined(__x86_64__)
static void change(pid_t pid, long nr, uint64_t count, long long *result)
{
    struct user_regs_struct regs;
    struct iovec at = { &regs, sizeof regs };
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &at) < 0)
        return;
    if (nr != 0)
        regs.orig_rax = (unsigned long long)nr;
    if (count > 0)
        regs.rdx = count;
    if (result)
        regs.rax = (unsigned long long)*result;
    ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &at);
}
#elif defined(__aarch64__)
static void change(pid_t pid, long nr, uint64_t count, long long *result)
{
    struct user_regs_struct regs;
    struct iovec at = { &regs, sizeof regs };
    int number = (int)nr;
    struct iovec number_at = { &number, sizeof number };
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &at) < 0)
        return;
    if (nr != 0)
        ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number_at);
    if (count > 0)
        regs.regs[2] = count;
    if (result)
        regs.regs[0] = (unsigned long long)*result;
    ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &at);
}
#else
#error "no registers of this processor are known"
#endif

static void skip_call(pid_t pid)
{
    change(pid, -1, 0, NULL);
}

static void set_result(pid_t pid, long long result)
{
    change(pid, 0, 0, &result);
}

/* What a call is about */

static size_t peek(pid_t pid, uint64_t address, void *to, size_t size)
{
    struct iovec here = { to, size }, there = { (void *)(uintptr_t)address, size };
    ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);
    return n < 0 ? 0 : (size_t)n;
}

static void peek_text(pid_t pid, uint64_t address, char *to, size_t size)
{
    size_t n = 0;
    while (n + 1 < size && peek(pid, address + n, to + n, 1) == 1 && to[n] != '\0')
        n++;
    to[n] = '\0';
}

static void path_of_fd(pid_t pid, int fd, char *to)
{
    char link[64];
    if (fd == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
    else
        snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t n = readlink(link, to, PATH_SIZE - 1);
    to[n < 0 ? 0 : n] = '\0';
}

static void path_of_name(pid_t pid, int folder, uint64_t address, char *to)
{
    char name[PATH_SIZE / 2];
    name[0] = '\0';
    if (address != 0)
        peek_text(pid, address, name, sizeof name);
    if (name[0] == '/') {
        snprintf(to, PATH_SIZE, "%s", name);
        return;
    }
    path_of_fd(pid, folder, to);
    size_t n = strlen(to);
    if (name[0] != '\0' && n < PATH_SIZE)
        snprintf(to + n, PATH_SIZE - n, "/%s", name);
}

static long long position(pid_t pid, int fd)
{
    char path[64];
    long long ret = -1;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, fd);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    if (fscanf(file, "pos: %lld", &ret) != 1)
        ret = -1;
    fclose(file);
    return ret;
}

/* Appends what will be written, keeping the last DATA_MAX octets. */
static void add_data(struct task *task, uint64_t address, size_t size)
{
    if (size > DATA_MAX) {
        address += size - DATA_MAX;
        size = DATA_MAX;
    }
    unsigned char *data = realloc(task->data, task->data_size + size + 1);
    if (!data)
        stop("memory");
    task->data = data;
    task->data_size += peek(task->pid, address, data + task->data_size, size);
}

static void add_vectors(struct task *task, uint64_t address, size_t count)
{
    struct iovec vectors[IOVS];
    if (count > IOVS)
        count = IOVS;
    peek(task->pid, address, vectors, count * sizeof *vectors);
    for (size_t i = 0; i < count; i++)
        add_data(task, (uintptr_t)vectors[i].iov_base, vectors[i].iov_len);
}

static void add_message(struct task *task)
{
    struct msghdr head = { 0 };
    peek(task->pid, task->args[1], &head, sizeof head);
    add_vectors(task, (uintptr_t)head.msg_iov, head.msg_iovlen);
}

static bool has_offset(const struct call *call)
{
    return call->nr == SYS_pwrite64 || call->nr == SYS_pread64;
}

static void describe_data(struct task *task)
{
    int fd = (int)task->args[0];
    path_of_fd(task->pid, fd, task->path[0]);
    task->number = has_offset(task->call) ? (long long)task->args[3] : position(task->pid, fd);
    if (task->call->shape == FD_DATA)
        add_data(task, task->args[1], task->args[2]);
    else if (task->call->shape == FD_IOV)
        add_vectors(task, task->args[1], task->args[2]);
    else if (task->call->shape == FD_MSG)
        add_message(task);
}

static void describe(struct task *task)
{
    const uint64_t *args = task->args;
    task->path[0][0] = task->path[1][0] = '\0';
    task->number = -1;
    task->data_size = 0;
    switch (task->call->shape) {
    case PLAIN: break;
    case FD_SIZE: task->number = (long long)args[1]; /* fall through */
    case FD: path_of_fd(task->pid, (int)args[0], task->path[0]); break;
    case FD_DATA:
    case FD_ROOM:
    case FD_IOV:
    case FD_MSG: describe_data(task); break;
    case AT:
        path_of_name(task->pid, (int)args[0], args[1], task->path[0]);
        task->number = (long long)args[2];
        break;
    case AT_AT:
        path_of_name(task->pid, (int)args[0], args[1], task->path[0]);
        path_of_name(task->pid, (int)args[2], args[3], task->path[1]);
        task->number = (long long)args[4];
        break;
    case PATH: path_of_name(task->pid, AT_FDCWD, args[0], task->path[0]); break;
    }
}

static void put_text(const char *text)
{
    for (; *text; text++)
        fputc(*text == '\t' || *text == '\n' ? '?' : *text, trace);
    fputc('\t', trace);
}

static void put_call(const struct task *task, bool returned, long long result)
{
    unsigned nth = task->count[task->call - calls];
    fprintf(trace, "%zu\t%s\t%u\t", (size_t)(task - tasks), task->call->name, nth);
    fprintf(trace, "%s\t", task->hit ? fault.text : "-");
    if (returned)
        fprintf(trace, "%lld\t", result);
    else
        fputs("?\t", trace);
    put_text(task->path[0]);
    put_text(task->path[1]);
    fprintf(trace, "%lld\t", task->number);
    size_t from = task->data_size > DATA_MAX ? task->data_size - DATA_MAX : 0;
    for (size_t i = from; i < task->data_size; i++)
        fprintf(trace, "%02x", task->data[i]);
    fputc('\n', trace);
}

/* The fault */

static bool is_hit(const struct task *task)
{
    return fault.what != NOTHING && task - tasks == fault.process &&
           strcmp(task->call->name, fault.name) == 0 &&
           task->count[task->call - calls] == fault.nth;
}

static bool runs_all_the_same(const struct task *task)
{
    return fault.what == LATE || task->call->nr == SYS_close;
}

/* What is killed here does not come back to tell of it. */
static void strike_with_signal(struct task *task)
{
    if (fault.number == SIGKILL) {
        put_call(task, false, 0);
        task->call = NULL;
    }
    kill(task->pid, fault.number);
}

static void strike(struct task *task)
{
    if (fault.what == SIGNAL) {
        strike_with_signal(task);
    } else if (fault.what == SHORT && task->args[2] > 1) {
        change(task->pid, 0, task->args[2] / 2, NULL);
    } else if (fault.what == ERROR && !runs_all_the_same(task)) {
        skip_call(task->pid);
    }
    task->pretend = fault.what == ERROR || fault.what == LATE;
}

/* A process that hides itself from debuggers hides from us as well. */
static bool hides(const struct __ptrace_syscall_info *info)
{
    return info->entry.nr == SYS_prctl && info->entry.args[0] == PR_SET_DUMPABLE;
}

static void enter(struct task *task, const struct __ptrace_syscall_info *info)
{
    task->inside = true;
    task->hit = task->pretend = false;
    task->call = NULL;
    if (hides(info))
        skip_call(task->pid);
    for (size_t i = 0; i < CALLS; i++)
        if ((uint64_t)calls[i].nr == info->entry.nr)
            task->call = &calls[i];
    if (!task->call)
        return;
    memcpy(task->args, info->entry.args, sizeof task->args);
    task->count[task->call - calls]++;
    describe(task);
    task->hit = is_hit(task);
    if (task->hit)
        strike(task);
}

static void leave(struct task *task, const struct __ptrace_syscall_info *info)
{
    long long result = info->exit.rval;
    task->inside = false;
    if (!task->call)
        return;
    if (task->pretend) {
        result = -fault.number;
        set_result(task->pid, result);
    }
    put_call(task, true, result);
    task->call = NULL;
}

static void at_call(struct task *task)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        enter(task, &info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        leave(task, &info);
}

/* Processes */

static struct task *task_of(pid_t pid)
{
    for (size_t i = task_count; i-- > 0;)
        if (tasks[i].pid == pid)
            return &tasks[i];
    if (task_count == TASKS)
        stop("too many processes");
    tasks[task_count].pid = pid;
    return &tasks[task_count++];
}

static long peak_rss(pid_t pid)
{
    char path[64], line[256];
    long ret = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &ret) == 1)
            break;
    if (file)
        fclose(file);
    return ret;
}

static void at_exit(struct task *task)
{
    unsigned long status = 0;
    ptrace(PTRACE_GETEVENTMSG, task->pid, 0, &status);
    if (task->inside && task->call)
        put_call(task, false, 0);
    task->call = NULL;
    fprintf(trace, "%zu\texit\t0\t-\t%lu\t\t\t%ld\t\n", (size_t)(task - tasks), status,
            peak_rss(task->pid));
}

/* One report of wait(2). Starts the process again. */
static void handle(struct task *task, int status)
{
    int sig = WSTOPSIG(status), event = status >> 16;
    int pass = 0;
    if (sig == (SIGTRAP | 0x80))
        at_call(task);
    else if (event == PTRACE_EVENT_EXIT)
        at_exit(task);
    else if (event == PTRACE_EVENT_EXEC)
        memset(task->count, 0, sizeof task->count);
    else if (event == 0)
        pass = sig;
    ptrace(only_ends ? PTRACE_CONT : PTRACE_SYSCALL, task->pid, 0, pass);
}

static int watch(pid_t first)
{
    int status, ret = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        struct task *task = task_of(pid);
        if (WIFSTOPPED(status)) {
            handle(task, status);
            continue;
        }
        if (pid == first)
            ret = status;
        task->pid = -1;
    }
    return ret;
}

static pid_t start(char **command)
{
    pid_t pid = fork();
    if (pid < 0)
        stop("fork");
    if (pid == 0) {
        fclose(trace);
        raise(SIGSTOP);
        execv(command[0], command);
        fprintf(stderr, "inject: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    int status;
    waitpid(pid, &status, WUNTRACED);
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
                   PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, pid, 0, options) < 0) {
        kill(pid, SIGKILL);
        stop("ptrace");
    }
    kill(pid, SIGCONT);
    return pid;
}

static bool parse_fault(const char *text)
{
    static const struct {
        const char *word;
        enum what what;
    } words[] = {
        { "signal=", SIGNAL }, { "error=", ERROR }, { "late=", LATE }, { "short", SHORT }
    };
    int at = 0;
    only_ends = strcmp(text, "memory") == 0;
    if (only_ends || strcmp(text, "-") == 0)
        return true;
    snprintf(fault.text, sizeof fault.text, "%s", text);
    if (sscanf(text, "%d:%31[a-z0-9_]:%u:%n", &fault.process, fault.name, &fault.nth, &at) != 3)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        if (strncmp(text + at, words[i].word, n) == 0) {
            fault.what = words[i].what;
            fault.number = (int)strtol(text + at + n, NULL, 10);
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 4 || !parse_fault(argv[2])) {
        fprintf(stderr, "usage: inject TRACE FAULT COMMAND [ARGUMENT...]\n");
        return 64;
    }
    trace = fopen(argv[1], "we");
    tasks = calloc(TASKS, sizeof *tasks);
    if (!trace || !tasks)
        stop(argv[1]);
    pid_t first = start(argv + 3);
    int status = watch(first);
    fclose(trace);
    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    return WEXITSTATUS(status);
}

/* Logs which paths a process asks the operating system for, each once.
 *
 * Preloaded into a tool (LD_PRELOAD), it stands before the C library's own functions: it calls
 * them, and then appends what was asked to the file $FIRSTTRY_BOUNDARY/<process id>:
 *
 *     <kind><error number> <absolute path>\0
 *
 * The error number is 0 where the call succeeded. The kinds:
 *
 *     p  the process began; the path is its program
 *     f  what the path leads to was asked for: its content, its size, whether it is there
 *     k  the path itself was asked for: a link is not followed
 *     l  a folder was listed
 *     w  the path was written without being read
 *     m  the process made the path: it was not there before
 *     x  a program was started
 *     u  something was done that this file can't follow; the path is the name of the function
 *
 * It must not disturb the program that it watches: errno stays, nothing is allocated, no descriptor
 * stays open (a program may close or reuse any), and what it does itself it does by system calls,
 * so that none of it comes back here. A forked child goes on in a log of its own. glibc's own
 * calls inside the library don't pass through these names, so each public name is taken.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define VARIABLE "FIRSTTRY_BOUNDARY"
/* A power of two. Where the table is full, lines are written again and again; none is lost. */
#define SLOTS (1u << 16)

extern char **environ;

/* Kept at the start: a program may change its environment, and getenv is not safe then. */
static char folder[PATH_MAX];
static size_t folder_length;
/* The value of LD_PRELOAD that brought this library here. */
static char preload[PATH_MAX];
/* Hashes of the lines that were written, 0 where there is none. */
static _Atomic uint64_t written[SLOTS];

static size_t decimal(char *to, unsigned long number)
{
    char digits[24];
    size_t n = 0, length = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n)
        to[length++] = digits[--n];
    return length;
}

/* Tell whether this process wrote the line before; FNV-1a, in which 64 bits don't collide. */
static int again(pid_t process, const char *line, size_t length)
{
    uint64_t hash = 14695981039346656037ull ^ (uint64_t)process;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)line[i]) * 1099511628211ull;
    hash += !hash;
    for (unsigned step = 0; step < 64; step++) {
        _Atomic uint64_t *slot = &written[(hash + step) & (SLOTS - 1)];
        uint64_t known = 0;
        if (__atomic_compare_exchange_n(
                (uint64_t *)slot, &known, hash, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return 0;
        if (known == hash)
            return 1;
    }
    return 0;
}

static void append(const char *line, size_t length)
{
    pid_t process = (pid_t)syscall(SYS_getpid);
    if (again(process, line, length))
        return;
    char place[PATH_MAX + 24];
    memcpy(place, folder, folder_length);
    place[folder_length] = '/';
    place[folder_length + 1 + decimal(place + folder_length + 1, (unsigned long)process)] = 0;
    long to = syscall(
        SYS_openat, AT_FDCWD, place, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (to < 0)
        return;
    /* One call: what two threads append can't mix. */
    long ignored = syscall(SYS_write, to, line, length);
    (void)ignored;
    syscall(SYS_close, to);
}

/* Write the folder that a descriptor stands for; return its length, 0 where there is none. */
static size_t where(int at, char *to, size_t size)
{
    long length;
    if (at == AT_FDCWD) {
        length = syscall(SYS_getcwd, to, size);
        return length > 0 && to[0] == '/' ? (size_t)length - 1 : 0;
    }
    char link[32] = "/proc/self/fd/";
    link[14 + decimal(link + 14, (unsigned long)at)] = 0;
    length = syscall(SYS_readlinkat, AT_FDCWD, link, to, size);
    return length > 0 && to[0] == '/' ? (size_t)length : 0;
}

/* Log that `kind` was asked of a path, relative to the descriptor `at`, with this outcome. */
static void note(char kind, int at, const char *path, int error)
{
    /* Rust asks statx of no path at all, to learn whether there is one. volatile, because the
     * library's headers promise that a path is never null, and the compiler believes them. */
    const char *volatile given = path;
    if (!folder_length || !given)
        return;
    int kept = errno;
    char line[2 * PATH_MAX];
    size_t length = 1;
    line[0] = kind;
    length += decimal(line + 1, (unsigned long)error);
    line[length++] = ' ';
    if (path[0] != '/' && kind != 'u') {
        length += where(at, line + length, PATH_MAX - 32);
        if (path[0])
            line[length++] = '/';
    }
    size_t rest = strlen(path);
    if (length + rest < sizeof line) {
        memcpy(line + length, path, rest + 1);
        append(line, length + rest + 1);
    }
    errno = kept;
}

static void unknown(const char *function)
{
    note('u', AT_FDCWD, function, 0);
}

#define FAILED(failed) ((failed) ? errno : 0)

/* `real` is the next function of this name: the C library's, or that of another preload. */
#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* Take a function that asks for one path and returns something; `bad` says that it failed. */
#define TAKE(returns, name, parameters, arguments, bad, kind, at, path) \
    PUBLIC returns name parameters \
    { \
        REAL(name); \
        returns result = real arguments; \
        note(kind, at, path, FAILED(bad)); \
        return result; \
    }

/* What an open with these flags asks for. A file that is read and written counts as read. */
static char opened(int flags)
{
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return 'm';
    if ((flags & O_ACCMODE) == O_WRONLY || (flags & O_TRUNC))
        return 'w';
    return flags & O_NOFOLLOW ? 'k' : 'f';
}

#define OPEN(name) \
    PUBLIC int name(const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        int result = real(path, flags, mode); \
        note(opened(flags), AT_FDCWD, path, FAILED(result < 0)); \
        return result; \
    }

#define OPENAT(name) \
    PUBLIC int name(int at, const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        int result = real(at, path, flags, mode); \
        note(opened(flags), at, path, FAILED(result < 0)); \
        return result; \
    }

#define FOPEN(name) \
    PUBLIC FILE *name(const char *path, const char *mode) \
    { \
        REAL(name); \
        FILE *result = real(path, mode); \
        char kind = strchr(mode, 'x') ? 'm' : mode[0] == 'w' ? 'w' : 'f'; \
        note(kind, AT_FDCWD, path, FAILED(!result)); \
        return result; \
    }

#define FREOPEN(name) \
    PUBLIC FILE *name(const char *path, const char *mode, FILE *stream) \
    { \
        REAL(name); \
        FILE *result = real(path, mode, stream); \
        note(mode[0] == 'w' ? 'w' : 'f', AT_FDCWD, path, FAILED(!result)); \
        return result; \
    }

OPEN(open)
OPENAT(openat)
FOPEN(fopen)
FREOPEN(freopen)
TAKE(int, creat, (const char *path, mode_t mode), (path, mode), result < 0, 'w', AT_FDCWD, path)
TAKE(int, stat, (const char *path, struct stat *to), (path, to), result < 0, 'f', AT_FDCWD, path)
TAKE(int, lstat, (const char *path, struct stat *to), (path, to), result < 0, 'k', AT_FDCWD, path)
TAKE(int, fstatat, (int at, const char *path, struct stat *to, int flags), (at, path, to, flags),
     result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 'f', at, path)
TAKE(int, access, (const char *path, int mode), (path, mode), result < 0, 'f', AT_FDCWD, path)
TAKE(int, faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags),
     result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 'f', at, path)
TAKE(ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size), result < 0,
     'k', AT_FDCWD, path)
TAKE(ssize_t, readlinkat, (int at, const char *path, char *to, size_t size), (at, path, to, size),
     result < 0, 'k', at, path)
TAKE(DIR *, opendir, (const char *path), (path), !result, 'l', AT_FDCWD, path)
TAKE(DIR *, fdopendir, (int at), (at), !result, 'l', at, "")
TAKE(int, mkdir, (const char *path, mode_t mode), (path, mode), result < 0, 'm', AT_FDCWD, path)
TAKE(int, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), result < 0, 'm', at,
     path)
TAKE(int, symlink, (const char *target, const char *path), (target, path), result < 0, 'm',
     AT_FDCWD, path)
TAKE(int, rename, (const char *from, const char *path), (from, path), result < 0, 'w', AT_FDCWD,
     path)
TAKE(int, renameat, (int from, const char *old, int at, const char *path), (from, old, at, path),
     result < 0, 'w', at, path)

#ifdef __GLIBC__
/* Names that only glibc has. The second names with 64 bits, and those of programs that were built
 * with a glibc before 2.33, where stat was a macro. */
OPEN(open64)
OPENAT(openat64)
FOPEN(fopen64)
FREOPEN(freopen64)
TAKE(int, creat64, (const char *path, mode_t mode), (path, mode), result < 0, 'w', AT_FDCWD, path)
TAKE(int, stat64, (const char *path, struct stat64 *to), (path, to), result < 0, 'f', AT_FDCWD,
     path)
TAKE(int, lstat64, (const char *path, struct stat64 *to), (path, to), result < 0, 'k', AT_FDCWD,
     path)
TAKE(int, fstatat64, (int at, const char *path, struct stat64 *to, int flags),
     (at, path, to, flags), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 'f', at, path)
TAKE(int, euidaccess, (const char *path, int mode), (path, mode), result < 0, 'f', AT_FDCWD, path)
TAKE(int, eaccess, (const char *path, int mode), (path, mode), result < 0, 'f', AT_FDCWD, path)

int __xstat(int version, const char *path, struct stat *to);
int __lxstat(int version, const char *path, struct stat *to);
int __fxstatat(int version, int at, const char *path, struct stat *to, int flags);
int __xstat64(int version, const char *path, struct stat64 *to);
int __lxstat64(int version, const char *path, struct stat64 *to);
int __fxstatat64(int version, int at, const char *path, struct stat64 *to, int flags);
TAKE(int, __xstat, (int version, const char *path, struct stat *to), (version, path, to),
     result < 0, 'f', AT_FDCWD, path)
TAKE(int, __lxstat, (int version, const char *path, struct stat *to), (version, path, to),
     result < 0, 'k', AT_FDCWD, path)
TAKE(int, __fxstatat, (int version, int at, const char *path, struct stat *to, int flags),
     (version, at, path, to, flags), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 'f', at, path)
TAKE(int, __xstat64, (int version, const char *path, struct stat64 *to), (version, path, to),
     result < 0, 'f', AT_FDCWD, path)
TAKE(int, __lxstat64, (int version, const char *path, struct stat64 *to), (version, path, to),
     result < 0, 'k', AT_FDCWD, path)
TAKE(int, __fxstatat64, (int version, int at, const char *path, struct stat64 *to, int flags),
     (version, at, path, to, flags), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 'f', at, path)
#endif

#ifdef STATX_BASIC_STATS
TAKE(int, statx, (int at, const char *path, int flags, unsigned mask, struct statx *to),
     (at, path, flags, mask, to), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 'f', at, path)
#endif

/* realpath looks at each folder on the way by calls that don't pass here; where it leads to is
 * the path's own state. */
TAKE(char *, realpath, (const char *path, char *to), (path, to), !result, 'k', AT_FDCWD, path)
#ifdef __GLIBC__
TAKE(char *, canonicalize_file_name, (const char *path), (path), !result, 'k', AT_FDCWD, path)
TAKE(int, scandir,
     (const char *path, struct dirent ***to, int (*choose)(const struct dirent *),
      int (*order)(const struct dirent **, const struct dirent **)),
     (path, to, choose, order), result < 0, 'l', AT_FDCWD, path)
TAKE(int, scandir64,
     (const char *path, struct dirent64 ***to, int (*choose)(const struct dirent64 *),
      int (*order)(const struct dirent64 **, const struct dirent64 **)),
     (path, to, choose, order), result < 0, 'l', AT_FDCWD, path)
#endif

/* Walks whose steps are calls inside the C library. They are told, and nothing more. */
#define WALK(name) \
    PUBLIC int name(const char *path, void *second, int third, int fourth) \
    { \
        static int (*real)(const char *, void *, int, int); \
        if (!real) \
            real = (int (*)(const char *, void *, int, int))dlsym(RTLD_NEXT, #name); \
        unknown(#name); \
        return real(path, second, third, fourth); \
    }
WALK(ftw)
WALK(nftw)
WALK(ftw64)
WALK(nftw64)
#define GLOB(name) \
    PUBLIC int name(const char *path, int flags, void *failed, void *to) \
    { \
        static int (*real)(const char *, int, void *, void *); \
        if (!real) \
            real = (int (*)(const char *, int, void *, void *))dlsym(RTLD_NEXT, #name); \
        unknown(#name); \
        return real(path, flags, failed, to); \
    }
GLOB(glob)
GLOB(glob64)

/* Tell where the program that is started gets an environment without this library. */
static void starts(const char *path, char *const variables[])
{
    note('x', AT_FDCWD, path, 0);
    for (char *const *it = variables; it && *it; it++)
        if (!strncmp(*it, "LD_PRELOAD=", 11) && !strcmp(*it + 11, preload))
            return;
    unknown("exec");
}

/* Note which program of this name on PATH is started. */
static void starts_named(const char *name, char *const variables[])
{
    if (strchr(name, '/')) {
        starts(name, variables);
        return;
    }
    const char *from = getenv("PATH");
    for (from = from ? from : "/bin:/usr/bin"; *from; from += strspn(from, ":")) {
        char place[PATH_MAX];
        size_t length = strcspn(from, ":"), rest = strlen(name);
        if (length + rest + 2 < sizeof place) {
            memcpy(place, from, length);
            place[length] = '/';
            memcpy(place + length + 1, name, rest + 1);
            int kept = errno;
            long found = syscall(SYS_faccessat, AT_FDCWD, place, X_OK);
            errno = kept;
            note('f', AT_FDCWD, place, found < 0 ? ENOENT : 0);
            if (found == 0) {
                starts(place, variables);
                return;
            }
        }
        from += length;
    }
}

PUBLIC int execve(const char *path, char *const words[], char *const variables[])
{
    REAL(execve);
    starts(path, variables);
    return real(path, words, variables);
}

PUBLIC int execv(const char *path, char *const words[])
{
    REAL(execv);
    starts(path, environ);
    return real(path, words);
}

PUBLIC int execvp(const char *name, char *const words[])
{
    REAL(execvp);
    starts_named(name, environ);
    return real(name, words);
}

PUBLIC int execvpe(const char *name, char *const words[], char *const variables[])
{
    REAL(execvpe);
    starts_named(name, variables);
    return real(name, words, variables);
}

PUBLIC int fexecve(int at, char *const words[], char *const variables[])
{
    REAL(fexecve);
    unknown("fexecve");
    return real(at, words, variables);
}

PUBLIC int posix_spawn(
    pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *how, char *const words[], char *const variables[])
{
    REAL(posix_spawn);
    starts(path, variables);
    return real(child, path, actions, how, words, variables);
}

PUBLIC int posix_spawnp(
    pid_t *child, const char *name, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *how, char *const words[], char *const variables[])
{
    REAL(posix_spawnp);
    starts_named(name, variables);
    return real(child, name, actions, how, words, variables);
}

PUBLIC int system(const char *words)
{
    REAL(system);
    starts("/bin/sh", environ);
    return real(words);
}

PUBLIC FILE *popen(const char *words, const char *mode)
{
    REAL(popen);
    starts("/bin/sh", environ);
    return real(words, mode);
}

__attribute__((constructor)) static void begin(void)
{
    const char *to = getenv(VARIABLE), *by = getenv("LD_PRELOAD");
    if (!to || !by || strlen(to) >= sizeof folder || strlen(by) >= sizeof preload)
        return;
    strcpy(preload, by);
    strcpy(folder, to);
    folder_length = strlen(to);
    char program[PATH_MAX];
    long length = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    note('p', AT_FDCWD, program, 0);
}

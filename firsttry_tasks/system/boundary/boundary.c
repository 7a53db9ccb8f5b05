/* Logs which paths a process asks the operating system for, each once for each scope.
 *
 * Preloaded into a program (LD_PRELOAD), it stands before the C library's own functions: it calls
 * them, and then appends what was asked to the file <folder>/<process id>:
 *
 *     <kind><number> <scope> <absolute path>\0
 *
 * The number is that of the error, 0 where the call succeeded. The kinds:
 *
 *     p  the process began; the path is its program, and the number its parent's process id
 *     q  the process was forked off; the path is empty, and the number its parent's process id
 *     f  what the path leads to was opened, or looked for in vain
 *     s  what the path leads to was asked for: its size, its times, whether it is there
 *     k  the path itself was asked for: a link is not followed
 *     l  a folder was listed
 *     w  the path was written; where it was read, too, f stands beside it
 *     m  the process made the path: it was not there before
 *     x  a program was started; with the number of an error once more, where that failed
 *     v  a variable was asked for; the path is its name
 *     u  something was done that this file can't follow; the path is the name of the function
 *
 * The plan is the value of $FIRSTTRY_BOUNDARY, in lines: the folder of the logs, the scope, and
 * then, where only a part is to be written, the root of the project and what is left out. The
 * scope is a number that the process itself may set (`firsttry_scope`); what it forks or starts
 * stays in the scope of that moment.
 *
 * It must not disturb the program that it watches: errno stays, nothing is allocated, no descriptor
 * stays open (a program may close or reuse any), and what it does itself it does by system calls,
 * so that none of it comes back here. A forked child goes on in a log of its own. glibc's own
 * calls inside the library don't pass through these names, so each public name is taken. The
 * program sees neither of the two variables that brought it here: they are taken out of its
 * environment, and put into that of each program that it starts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
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
#define VARIABLE "FIRSTTRY_BOUNDARY="
#define PRELOAD "LD_PRELOAD="
/* A power of two. Where a place is taken, it goes to the newest line: a line that was forgotten is
 * written again, none is lost. */
#define SLOTS (1u << 15)

extern char **environ;

/* What a process sets when it enters or leaves a scope. */
PUBLIC volatile uint32_t firsttry_scope;

/* Copies: a program may change its environment, and getenv is not safe then. */
static char folder[PATH_MAX];
static size_t folder_length;
/* The root without a slash at its end, or nothing where all paths are written. */
static char root[PATH_MAX];
static size_t root_length;
/* What is left out: prefixes, which begin with a slash, and parts of a path. One a line. */
static char left_out[4 * PATH_MAX];
/* Where this library lies. */
static char library[PATH_MAX];
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
    for (unsigned step = 0; step < 16; step++) {
        _Atomic uint64_t *slot = &written[(hash + step) & (SLOTS - 1)];
        uint64_t known = 0;
        if (__atomic_compare_exchange_n(
                (uint64_t *)slot, &known, hash, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return 0;
        if (known == hash)
            return 1;
    }
    __atomic_store_n((uint64_t *)&written[hash & (SLOTS - 1)], hash, __ATOMIC_RELAXED);
    return 0;
}

/* Tell whether a path is none that the log is for. */
static int beside(const char *path, size_t length)
{
    if (!root_length)
        return 0;
    int inside = length >= root_length && !memcmp(path, root, root_length) &&
                 (length == root_length || path[root_length] == '/');
    for (const char *it = left_out; *it;) {
        size_t size = strcspn(it, "\n");
        /* The project may lie below what is left out, as in /usr/src; its own parts that are left
         * out, such as an environment, lie below the project. */
        int meant = !inside || (size > root_length && !memcmp(it, root, root_length));
        if (*it == '/' ? meant && size <= length && !memcmp(path, it, size)
                       : memmem(path, length, it, size) != NULL)
            return 1;
        it += size + (it[size] == '\n');
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
    length += decimal(line + length, firsttry_scope);
    line[length++] = ' ';
    size_t begin = length;
    int named = !strchr("uvq", kind);
    if (path[0] != '/' && named) {
        length += where(at, line + length, PATH_MAX - 48);
        if (path[0])
            line[length++] = '/';
    }
    size_t rest = strlen(path);
    if (length + rest < sizeof line) {
        memcpy(line + length, path, rest + 1);
        if (!named || strchr("px", kind) || !beside(line + begin, length + rest - begin))
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

/* Log an open: one that reads and writes is both. */
static void note_open(int at, const char *path, int flags, int error)
{
    note(opened(flags), at, path, error);
    if ((flags & O_ACCMODE) == O_RDWR && opened(flags) == 'f')
        note('w', at, path, error);
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
        note_open(AT_FDCWD, path, flags, FAILED(result < 0)); \
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
        note_open(at, path, flags, FAILED(result < 0)); \
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
TAKE(int, stat, (const char *path, struct stat *to), (path, to), result < 0, 's', AT_FDCWD, path)
TAKE(int, lstat, (const char *path, struct stat *to), (path, to), result < 0, 'k', AT_FDCWD, path)
TAKE(int, fstatat, (int at, const char *path, struct stat *to, int flags), (at, path, to, flags),
     result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 's', at, path)
TAKE(int, access, (const char *path, int mode), (path, mode), result < 0, 's', AT_FDCWD, path)
TAKE(int, faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags),
     result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 's', at, path)
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
/* What a call becomes in a program that was built with _FORTIFY_SOURCE. */
#define OPEN_2(name) \
    int name(const char *path, int flags); \
    PUBLIC int name(const char *path, int flags) \
    { \
        REAL(name); \
        int result = real(path, flags); \
        note_open(AT_FDCWD, path, flags, FAILED(result < 0)); \
        return result; \
    }
#define OPENAT_2(name) \
    int name(int at, const char *path, int flags); \
    PUBLIC int name(int at, const char *path, int flags) \
    { \
        REAL(name); \
        int result = real(at, path, flags); \
        note_open(at, path, flags, FAILED(result < 0)); \
        return result; \
    }
OPEN_2(__open_2)
OPEN_2(__open64_2)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)
ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room);
ssize_t __readlinkat_chk(int at, const char *path, char *to, size_t size, size_t room);
char *__realpath_chk(const char *path, char *to, size_t room);
TAKE(ssize_t, __readlink_chk, (const char *path, char *to, size_t size, size_t room),
     (path, to, size, room), result < 0, 'k', AT_FDCWD, path)
TAKE(ssize_t, __readlinkat_chk, (int at, const char *path, char *to, size_t size, size_t room),
     (at, path, to, size, room), result < 0, 'k', at, path)
TAKE(char *, __realpath_chk, (const char *path, char *to, size_t room), (path, to, room), !result,
     'k', AT_FDCWD, path)
TAKE(int, creat64, (const char *path, mode_t mode), (path, mode), result < 0, 'w', AT_FDCWD, path)
TAKE(int, stat64, (const char *path, struct stat64 *to), (path, to), result < 0, 's', AT_FDCWD,
     path)
TAKE(int, lstat64, (const char *path, struct stat64 *to), (path, to), result < 0, 'k', AT_FDCWD,
     path)
TAKE(int, fstatat64, (int at, const char *path, struct stat64 *to, int flags),
     (at, path, to, flags), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 's', at, path)
TAKE(int, euidaccess, (const char *path, int mode), (path, mode), result < 0, 's', AT_FDCWD, path)
TAKE(int, eaccess, (const char *path, int mode), (path, mode), result < 0, 's', AT_FDCWD, path)

int __xstat(int version, const char *path, struct stat *to);
int __lxstat(int version, const char *path, struct stat *to);
int __fxstatat(int version, int at, const char *path, struct stat *to, int flags);
int __xstat64(int version, const char *path, struct stat64 *to);
int __lxstat64(int version, const char *path, struct stat64 *to);
int __fxstatat64(int version, int at, const char *path, struct stat64 *to, int flags);
TAKE(int, __xstat, (int version, const char *path, struct stat *to), (version, path, to),
     result < 0, 's', AT_FDCWD, path)
TAKE(int, __lxstat, (int version, const char *path, struct stat *to), (version, path, to),
     result < 0, 'k', AT_FDCWD, path)
TAKE(int, __fxstatat, (int version, int at, const char *path, struct stat *to, int flags),
     (version, at, path, to, flags), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 's', at, path)
TAKE(int, __xstat64, (int version, const char *path, struct stat64 *to), (version, path, to),
     result < 0, 's', AT_FDCWD, path)
TAKE(int, __lxstat64, (int version, const char *path, struct stat64 *to), (version, path, to),
     result < 0, 'k', AT_FDCWD, path)
TAKE(int, __fxstatat64, (int version, int at, const char *path, struct stat64 *to, int flags),
     (version, at, path, to, flags), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 's', at, path)
#endif

#ifdef STATX_BASIC_STATS
TAKE(int, statx, (int at, const char *path, int flags, unsigned mask, struct statx *to),
     (at, path, flags, mask, to), result < 0, flags & AT_SYMLINK_NOFOLLOW ? 'k' : 's', at, path)
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
WALK(wordexp)
#define OPEN_WALK(name) \
    PUBLIC void *name(char *const *paths, int how, void *order) \
    { \
        static void *(*real)(char *const *, int, void *); \
        if (!real) \
            real = (void *(*)(char *const *, int, void *))dlsym(RTLD_NEXT, #name); \
        unknown(#name); \
        return real(paths, how, order); \
    }
OPEN_WALK(fts_open)
OPEN_WALK(fts64_open)

/* The C library's own glob, told to ask by the functions of this file. */
#ifdef GLOB_ALTDIRFUNC
#define GLOB(name, type) \
    PUBLIC int name(const char *path, int flags, int (*failed)(const char *, int), type *to) \
    { \
        REAL(name); \
        if (flags & GLOB_ALTDIRFUNC) \
            return real(path, flags, failed, to); \
        to->gl_opendir = (__typeof__(to->gl_opendir))(void *)opendir; \
        to->gl_readdir = (__typeof__(to->gl_readdir))(void *)readdir64; \
        to->gl_closedir = (__typeof__(to->gl_closedir))(void *)closedir; \
        to->gl_stat = (__typeof__(to->gl_stat))(void *)stat64; \
        to->gl_lstat = (__typeof__(to->gl_lstat))(void *)lstat64; \
        int result = real(path, flags | GLOB_ALTDIRFUNC, failed, to); \
        to->gl_flags &= ~GLOB_ALTDIRFUNC; \
        return result; \
    }
#if __SIZEOF_POINTER__ == 8
GLOB(glob, glob_t)
#endif
GLOB(glob64, glob64_t)
#else
PUBLIC int glob(const char *path, int flags, int (*failed)(const char *, int), glob_t *to)
{
    REAL(glob);
    unknown("glob");
    return real(path, flags, failed, to);
}
#endif

PUBLIC char *getenv(const char *name)
{
    REAL(getenv);
    if (root_length)
        note('v', AT_FDCWD, name, 0);
    return real(name);
}

#ifdef __GLIBC__
PUBLIC char *secure_getenv(const char *name)
{
    REAL(secure_getenv);
    if (root_length)
        note('v', AT_FDCWD, name, 0);
    return real(name);
}
#endif

/* What of the environment is replaced: two variables, each with its value. */
#define VALUES (8 * PATH_MAX)

/* Find a variable's value, past our own getenv; `name` ends with "=". */
static const char *value(char *const variables[], const char *name)
{
    size_t size = strlen(name);
    for (char *const *it = variables; it && *it; it++)
        if (!strncmp(*it, name, size))
            return *it + size;
    return NULL;
}

static size_t count(char *const variables[])
{
    size_t found = 0;
    while (variables && variables[found])
        found++;
    return found;
}

/* Fill `to` with the variables and those that bring this library into the program that starts. */
static char *const *completed(char *const variables[], char *to[], char values[VALUES])
{
    /* Another library of this kind, which a test of such a tool preloads: told as unseen. */
    if (!folder_length || value(variables, VARIABLE)) {
        if (folder_length)
            unknown("exec");
        return variables;
    }
    const char *others = value(variables, PRELOAD);
    size_t at = 0;
    for (char *const *it = variables; it && *it; it++)
        if (strncmp(*it, PRELOAD, sizeof PRELOAD - 1))
            to[at++] = *it;
    char scope[24];
    scope[decimal(scope, firsttry_scope)] = 0;
    int size = snprintf(values, VALUES, PRELOAD "%s%s%s", library,
                        others && *others ? ":" : "", others ? others : "");
    if (size < 0 || size + 1 >= VALUES) {
        unknown("exec");
        return variables;
    }
    to[at++] = values;
    values += size + 1;
    int more = snprintf(values, (size_t)(VALUES - size - 1), VARIABLE "%s\n%s\n%s\n%s", folder,
                        scope, root, left_out);
    if (more < 0 || more >= VALUES - size - 1) {
        unknown("exec");
        return variables;
    }
    to[at++] = values;
    to[at] = NULL;
    return to;
}

/* Declare `with`, the variables of a program that starts. On the stack: what starts a program may
 * be a child that still shares all memory with its parent (vfork). */
#define COMPLETED(variables) \
    char *room[count(variables) + 3]; \
    char values[VALUES]; \
    char *const *with = completed(variables, room, values)

static void starts(const char *path)
{
    note('x', AT_FDCWD, path, 0);
}

/* Note that a program could not be started. */
static int failed(const char *path, int result)
{
    note('x', AT_FDCWD, path, errno);
    return result;
}

/* Note which program of this name on PATH is started. */
static void starts_named(const char *name)
{
    if (strchr(name, '/')) {
        starts(name);
        return;
    }
    const char *from = value(environ, "PATH=");
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
            note('s', AT_FDCWD, place, found < 0 ? ENOENT : 0);
            if (found == 0) {
                starts(place);
                return;
            }
        }
        from += length;
    }
}

PUBLIC int execve(const char *path, char *const words[], char *const variables[])
{
    REAL(execve);
    starts(path);
    COMPLETED(variables);
    return failed(path, real(path, words, with));
}

PUBLIC int execv(const char *path, char *const words[])
{
    static __typeof__(execve) *real;
    if (!real)
        real = (__typeof__(execve) *)dlsym(RTLD_NEXT, "execve");
    starts(path);
    COMPLETED(environ);
    return failed(path, real(path, words, with));
}

PUBLIC int execvpe(const char *name, char *const words[], char *const variables[])
{
    REAL(execvpe);
    starts_named(name);
    COMPLETED(variables);
    return real(name, words, with);
}

PUBLIC int execvp(const char *name, char *const words[])
{
    return execvpe(name, words, environ);
}

/* The words of a program one by one; those of execle are followed by its variables. */
#define WORDS(first, list) \
    size_t many = 1; \
    va_start(list, first); \
    while (va_arg(list, char *)) \
        many++; \
    va_end(list); \
    char *words[many + 1]; \
    words[0] = (char *)first; \
    va_start(list, first); \
    for (size_t at = 1; at <= many; at++) \
        words[at] = va_arg(list, char *)

PUBLIC int execl(const char *path, const char *first, ...)
{
    va_list list;
    WORDS(first, list);
    va_end(list);
    return execv(path, words);
}

PUBLIC int execlp(const char *name, const char *first, ...)
{
    va_list list;
    WORDS(first, list);
    va_end(list);
    return execvp(name, words);
}

PUBLIC int execle(const char *path, const char *first, ...)
{
    va_list list;
    WORDS(first, list);
    char **variables = va_arg(list, char **);
    va_end(list);
    return execve(path, words, variables);
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
    starts(path);
    COMPLETED(variables);
    return real(child, path, actions, how, words, with);
}

PUBLIC int posix_spawnp(
    pid_t *child, const char *name, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *how, char *const words[], char *const variables[])
{
    REAL(posix_spawnp);
    starts_named(name);
    COMPLETED(variables);
    return real(child, name, actions, how, words, with);
}

/* These two start their shell inside the C library, with the environment as it stands. */
#define WITH_ENVIRON(call) \
    char **kept = environ; \
    COMPLETED(environ); \
    environ = (char **)with; \
    __typeof__(call) result = call; \
    if (environ == with) \
        environ = kept; \
    return result

PUBLIC int system(const char *words)
{
    REAL(system);
    starts("/bin/sh");
    WITH_ENVIRON(real(words));
}

PUBLIC FILE *popen(const char *words, const char *mode)
{
    REAL(popen);
    starts("/bin/sh");
    WITH_ENVIRON(real(words, mode));
}

/* Take one line of a plan; return where the next one begins. */
static const char *line_of(const char *from, char *to, size_t size)
{
    size_t length = strcspn(from, "\n");
    size_t taken = length < size ? length : 0;
    memcpy(to, from, taken);
    to[taken] = 0;
    return from + length + (from[length] == '\n');
}

/* Log from now on by this plan. */
PUBLIC void firsttry_begin(const char *plan)
{
    char scope[24];
    folder_length = root_length = 0;
    plan = line_of(plan, folder, sizeof folder);
    plan = line_of(plan, scope, sizeof scope);
    plan = line_of(plan, root, sizeof root);
    size_t rest = strlen(plan);
    memcpy(left_out, plan, rest < sizeof left_out ? rest + 1 : 0);
    firsttry_scope = (uint32_t)strtoul(scope, NULL, 10);
    root_length = strlen(root);
    folder_length = strlen(folder);
}

static void forked(void)
{
    if (root_length)
        note('q', AT_FDCWD, "", (int)syscall(SYS_getppid));
}

/* Take a variable out of the environment; what is left of it stays. */
static void hide(const char *name, const char *rest)
{
    size_t size = strlen(name);
    char **to = environ;
    for (char **it = environ; *it; it++) {
        if (strncmp(*it, name, size))
            *to++ = *it;
        else if (rest && *rest) {
            memmove(*it + size, rest, strlen(rest) + 1);
            *to++ = *it;
        }
    }
    *to = NULL;
}

__attribute__((constructor)) static void begin(void)
{
    const char *plan = value(environ, VARIABLE), *by = value(environ, PRELOAD);
    Dl_info here;
    if (!plan || !by || !dladdr((void *)begin, &here) || strlen(here.dli_fname) >= sizeof library)
        return;
    strcpy(library, here.dli_fname);
    firsttry_begin(plan);
    hide(VARIABLE, NULL);
    size_t size = strlen(library);
    if (!strncmp(by, library, size))
        hide(PRELOAD, by + size + (by[size] == ':'));
    pthread_atfork(NULL, NULL, forked);
    char program[PATH_MAX];
    long length = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    note('p', AT_FDCWD, program, (int)syscall(SYS_getppid));
}

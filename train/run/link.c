/* link.c: see link.h. */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int copy_bytes(int from, int to) {
    char buffer[1 << 16];
    ssize_t got, put;
    while ((got = read(from, buffer, sizeof buffer)) > 0)
        for (ssize_t done = 0; done < got; done += put)
            if ((put = write(to, buffer + done, (size_t)(got - done))) < 0) return errno;
    return got < 0 || fsync(to) ? errno : 0;
}

static int copy(const char *file, const char *name) {
    int from = open(file, O_RDONLY | O_CLOEXEC), to = -1, error = 0;
    if (from < 0) return errno;
    to = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    error = to < 0 ? errno : copy_bytes(from, to);
    if (to >= 0 && close(to) && !error) error = errno;
    close(from);
    return error;
}

static int make(LinkKind kind, const char *file, const char *name) {
    switch (kind) {
    case LINK_HARD: return link(file, name) ? errno : 0;
    case LINK_SYMBOLIC: return access(file, F_OK) || symlink(base_name(file), name) ? errno : 0;
    case LINK_COPY: break;
    }
    return copy(file, name);
}

int link_as(LinkKind kind, const char *file, const char *name) {
    /* of the pattern by which a run folder knows what a killed process left */
    char temporary[PATH_MAX];
    int folder = (int)(base_name(name) - name);
    if (snprintf(temporary, sizeof temporary, "%.*s.p2cnn-%ld-link.tmp", folder, name,
                 (long)getpid()) >= (int)sizeof temporary)
        return ENAMETOOLONG;
    unlink(temporary);
    int error = make(kind, file, temporary);
    if (!error && rename(temporary, name)) error = errno;
    /* still there after a failure, and when both names were of one file already: then rename does
     * nothing */
    unlink(temporary);
    return error;
}

int link_over(const char *file, const char *name) {
    int error = link_as(LINK_HARD, file, name);
    if (error) error = link_as(LINK_SYMBOLIC, file, name);
    return error ? link_as(LINK_COPY, file, name) : 0;
}

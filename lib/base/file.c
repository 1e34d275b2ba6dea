/* file.c: atomic output and bounded input, on POSIX calls.
 *
 * An output is written to `.p2cnn-<pid>-<n>.tmp` beside its target. The same folder means the same
 * file system, so that rename is atomic. The short name leaves room for a target of 255 characters.
 * O_EXCL makes sure that no two writers share the file and that no planted link is followed. It is
 * renamed only after fsync has said that its bytes are on disk. The folder is fsynced last: only
 * then does the new name survive a power cut. */
#include "file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- output ---- */

static void clear_output(P2cOutput *out) {
    free(out->target);
    free(out->temporary);
    *out = (P2cOutput){ 0 };
}

/* Follows a link to the file it points to, as fopen does. A name that does not exist yet stays as
 * it is. */
static P2cStatus resolve(P2cContext *ctx, const char *path, char **target) {
    struct stat info;
    bool link = lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
    *target = link ? realpath(path, NULL) : strdup(path);
    if (*target) return P2C_OK;
    if (!link) return p2c_fail_memory(ctx, path, strlen(path));
    return p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write to the file that this link points to: %s",
                    path, strerror(errno));
}

/* Opens an unused name in the target's folder, which is the first `folder` characters of its path.
 * Returns the descriptor, or -1 with errno set. */
static int open_temporary(P2cOutput *out, int folder, size_t size) {
    for (int n = 0; n < 1000; n++) {
        snprintf(out->temporary, size, "%.*s.p2cnn-%ld-%d.tmp", folder, out->target, (long)getpid(),
                 n);
        int fd = open(out->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

/* Refuses what must not be replaced: rename would replace a write-protected file, or as root even
 * /dev/null. */
static P2cStatus check_target(P2cContext *ctx, const char *path, const char *target, mode_t *mode) {
    struct stat info;
    *mode = 0;
    /* no such file yet; open_temporary finds out what is wrong with the folder, if anything is */
    if (stat(target, &info) != 0) return P2C_OK;
    if (S_ISDIR(info.st_mode))
        return p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: is a folder", path);
    if (!S_ISREG(info.st_mode))
        return p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: not a regular file", path);
    if (faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) != 0)
        return p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: %s", path, strerror(errno));
    *mode = info.st_mode & 0777;
    return P2C_OK;
}

P2cStatus p2c_output_open(P2cContext *ctx, const char *path, P2cOutput *out) {
    assert(path && out);
    *out = (P2cOutput){ .ctx = ctx };
    size_t length = strlen(path);
    if (length == 0 || path[length - 1] == '/')
        return p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: no file name given", path);
    P2cStatus status;
    mode_t mode;
    int fd = -1;
    if ((status = resolve(ctx, path, &out->target))) goto cleanup;
    if ((status = check_target(ctx, path, out->target, &mode))) goto cleanup;
    const char *slash = strrchr(out->target, '/');
    size_t folder = slash ? (size_t)(slash - out->target) + 1 : 0, size = folder + 64;
    if (!(out->temporary = malloc(size))) {
        status = p2c_fail_memory(ctx, path, size);
        goto cleanup;
    }
    fd = open_temporary(out, (int)folder, size);
    if (fd < 0) {
        status = p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write in this folder: %s", path,
                          strerror(errno));
        goto cleanup;
    }
    if ((mode && fchmod(fd, mode) != 0) || !(out->stream = fdopen(fd, "w+b"))) {
        status = p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: %s", path, strerror(errno));
        close(fd);
        unlink(out->temporary);
    }
cleanup:
    if (status) clear_output(out);
    return status;
}

/* Returns 0, or the errno that says why the bytes may not be on disk. Some file systems have no
 * fsync (EINVAL), and there is nothing better to use. */
static int synced(int fd) {
    return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
}

/* Syncs the folder of the file `path`. Cuts `path` at its last slash. */
static int sync_folder(char *path) {
    char *slash = strrchr(path, '/');
    if (slash) slash[slash == path] = 0;
    int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* the folder may be writable but not readable; the file is complete all the same */
    if (fd < 0) return 0;
    int error = synced(fd);
    close(fd);
    return error;
}

P2cStatus p2c_output_commit(P2cOutput *out) {
    assert(out->stream);
    P2cContext *ctx = out->ctx;
    P2cStatus status = P2C_OK;
    int error = 0;
    errno = 0;
    if (fflush(out->stream) != 0 || ferror(out->stream)) error = errno ? errno : EIO;
    else error = synced(fileno(out->stream));
    if (fclose(out->stream) != 0 && !error) error = errno;
    out->stream = NULL;
    if (!error && rename(out->temporary, out->target) != 0) error = errno;
    if (error) {
        unlink(out->temporary);
        status = p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: %s", out->target, strerror(error));
    } else if ((error = sync_folder(out->temporary))) {
        status = p2c_fail(ctx, P2C_ERR_WRITE, "%s: written, but its folder cannot be synced: %s",
                          out->target, strerror(error));
    }
    clear_output(out);
    return status;
}

void p2c_output_discard(P2cOutput *out) {
    if (!out->stream) return;
    fclose(out->stream);
    unlink(out->temporary);
    clear_output(out);
}

P2cStatus p2c_file_write(P2cContext *ctx, const char *path, const void *data, size_t size) {
    P2cOutput out;
    P2cStatus status = p2c_output_open(ctx, path, &out);
    if (status) return status;
    if (fwrite(data, 1, size, out.stream) == size && fflush(out.stream) == 0)
        return p2c_output_commit(&out);
    status = p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: %s", path, strerror(errno));
    p2c_output_discard(&out);
    return status;
}

/* ---- input ---- */

P2cStatus p2c_input_open(P2cContext *ctx, const char *path, FILE **stream, uint64_t *size) {
    *stream = NULL;
    *size = 0;
    struct stat info;
    P2cStatus status = P2C_OK;
    /* Non-blocking, because opening a named pipe would otherwise wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        status = p2c_fail(ctx, P2C_ERR_READ, "%s: cannot read: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        status = p2c_fail(ctx, P2C_ERR_READ, "%s: cannot read: %s", path,
                          S_ISDIR(info.st_mode) ? "is a folder" : "not a regular file");
    } else if (!(*stream = fdopen(fd, "rb"))) {
        status = p2c_fail(ctx, P2C_ERR_READ, "%s: cannot read: %s", path, strerror(errno));
    } else {
        *size = (uint64_t)info.st_size;
    }
    if (status && fd >= 0) close(fd);
    return status;
}

P2cStatus p2c_file_read(P2cContext *ctx, const char *path, size_t max_bytes, uint8_t **data,
                        size_t *size) {
    *data = NULL;
    *size = 0;
    FILE *stream;
    uint64_t bytes;
    P2cStatus status = p2c_input_open(ctx, path, &stream, &bytes);
    if (status) return status;
    if (bytes > max_bytes || bytes >= SIZE_MAX) {
        status = p2c_fail(ctx, P2C_ERR_FORMAT, "%s: too large: %llu bytes, at most %zu are read",
                          path, (unsigned long long)bytes, max_bytes);
    } else if (!(*data = malloc((size_t)bytes + 1))) {
        status = p2c_fail_memory(ctx, path, (size_t)bytes);
    } else if (fread(*data, 1, (size_t)bytes, stream) != bytes) {
        status = p2c_fail(ctx, P2C_ERR_READ, "%s: cannot read: %s", path,
                          ferror(stream) ? strerror(errno) : "became shorter meanwhile");
        free(*data);
        *data = NULL;
    } else {
        (*data)[bytes] = 0;
        *size = (size_t)bytes;
    }
    fclose(stream);
    return status;
}

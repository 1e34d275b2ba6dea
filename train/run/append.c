/* append.c: see append.h. */
#include "append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int append_open(AppendFile *file, const char *path, bool only_new) {
    struct stat info;
    *file = (AppendFile){
        .path = path,
        .fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (only_new ? O_EXCL : 0), 0666)
    };
    if (file->fd < 0 || fstat(file->fd, &info)) {
        int why = errno;
        append_close(file);
        return why;
    }
    file->size = info.st_size;
    return 0;
}

static ssize_t write_whole(int fd, const void *data, size_t size) {
    for (;;) {
        ssize_t written = write(fd, data, size);
        if (written >= 0 || errno != EINTR) return written;
    }
}

/* Returns 0 or an errno. */
static int try_record(AppendFile *file, const void *data, size_t size) {
    if (!data) return ENOMEM;
    if (file->torn && ftruncate(file->fd, file->size)) return errno;
    file->torn = false;
    ssize_t written = write_whole(file->fd, data, size);
    if (written == (ssize_t)size) {
        file->size += written;
        return 0;
    }
    int why = written < 0 ? errno : ENOSPC;
    file->torn = written > 0 && ftruncate(file->fd, file->size);
    return why;
}

const char *append_record(AppendFile *file, const void *data, size_t size) {
    int why = try_record(file, data, size);
    if (!why && !file->lost) return NULL;
    if (!why) {
        snprintf(file->message, sizeof file->message,
                 "%.300s: can be written again; %lld records were lost", file->path,
                 (long long)file->lost);
        file->lost = 0;
        return file->message;
    }
    if (file->lost++) return NULL;
    snprintf(file->message, sizeof file->message,
             "%.300s: cannot write: %s; going on without it, and trying again", file->path,
             strerror(why));
    return file->message;
}

const char *append_sync(AppendFile *file) {
    /* some file systems have no fsync */
    if (fsync(file->fd) == 0 || errno == EINVAL || errno == ENOTSUP) return NULL;
    snprintf(file->message, sizeof file->message, "%.300s: cannot be synced to disk: %s",
             file->path, strerror(errno));
    return file->message;
}

void append_close(AppendFile *file) {
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
}

/* append.h: a file that grows by whole records while a program runs, and survives a full disk.
 *
 * A record is one write. When it does not fit, what arrived of it is cut off again and it is lost;
 * the next one is tried as if nothing had been. So the file never holds a torn record, except after
 * a crash of the machine, at its end. */
#ifndef P2C_TRAIN_APPEND_H
#define P2C_TRAIN_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AppendFile {
    int fd;       /* -1: closed */
    int64_t size; /* of the whole records */
    int64_t lost; /* records, since the last that could be written */
    bool torn;    /* there may be bytes behind `size`, which could not be cut off yet */
    const char *path;
    char said[512];
} AppendFile;

/* At the end of what is there. The path must outlive the file. Only when `fresh`: the file must not
 * exist yet. Returns 0 or an errno. */
int append_open(AppendFile *file, const char *path, bool fresh);
/* NULL, or one line for people, borrowed until the next call: the first time that records are lost,
 * and when they are written again. NULL for data: memory for the record was out. */
const char *append_record(AppendFile *file, const void *data, size_t size);
const char *append_sync(AppendFile *file); /* the same, when the bytes may not be on disk */
void append_close(AppendFile *file);

#endif

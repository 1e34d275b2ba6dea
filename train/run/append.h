/* append.h: a file that grows by whole records while a program runs, and survives a full disk.
 *
 * A record is one write. If the disk is full, the part that was written is cut off again and the
 * record is lost; the next record is tried all the same. So the file never holds a partial record,
 * except at its end after a crash of the machine. */
#ifndef P2C_TRAIN_APPEND_H
#define P2C_TRAIN_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AppendFile {
    int fd;       /* -1: closed */
    int64_t size; /* of the whole records */
    int64_t lost; /* records, since the last that could be written */
    bool torn;    /* there may be bytes after `size` that could not be cut off yet */
    const char *path;
    char message[512];
} AppendFile;

/* Opens the file for writing at its end. With `only_new` it must not exist yet. The path must
 * outlive the file. Returns 0 or an errno. */
int append_open(AppendFile *file, const char *path, bool only_new);
/* Writes one record. Returns NULL, or one line for people, borrowed until the next call: when a
 * first record is lost, and when records can be written again. data NULL: there was no memory for
 * the record. */
const char *append_record(AppendFile *file, const void *data, size_t size);
/* fsync. Returns NULL, or one line that says why the bytes may not be on disk. */
const char *append_sync(AppendFile *file);
void append_close(AppendFile *file);

#endif

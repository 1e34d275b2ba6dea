/* file.h: reads whole files and writes files atomically.
 *
 *     P2cOutput out;
 *     P2cStatus status = p2c_output_open(ctx, path, &out);
 *     if (status) return status;
 *     if (fwrite(..., out.stream) ...) ...      libpng, libjpeg and libzip write to out.stream, too
 *     status = good ? p2c_output_commit(&out) : P2C_ERR_...
 *     p2c_output_discard(&out);                 does nothing after a commit
 *
 * At any moment the target is either the complete new file or what it was before, even after a
 * power cut. */
#ifndef P2C_IO_FILE_H
#define P2C_IO_FILE_H

#include "context.h"

#include <stdio.h>

typedef struct P2cOutput {
    P2cContext *ctx;
    FILE *stream;    /* the temporary file, open for writing and reading */
    char *target;    /* the path with symbolic links followed */
    char *temporary; /* its path, in the target's folder */
} P2cOutput;

/* Refuses a target that exists and is not a regular file (a folder, a device) or is
 * write-protected. After a failure there is nothing to discard, but discarding does no harm. */
P2C_CHECKED P2cStatus p2c_output_open(P2cContext *ctx, const char *path, P2cOutput *out);
/* Flushes, fsyncs and renames the file, then fsyncs its folder. Fails if an earlier write to the
 * stream failed. Ends the output in either case. */
P2C_CHECKED P2cStatus p2c_output_commit(P2cOutput *out);
/* Deletes the temporary file. Does nothing if the output has ended already. */
void p2c_output_discard(P2cOutput *out);

/* Opens a regular file for reading. On failure *stream is NULL. */
P2C_CHECKED P2cStatus p2c_input_open(P2cContext *ctx, const char *path, FILE **stream,
                                     uint64_t *size);
/* Reads the whole file if it has at most max_bytes. *data is malloced and has a 0 after the last
 * byte. On failure *data is NULL. */
P2C_CHECKED P2cStatus p2c_file_read(P2cContext *ctx, const char *path, size_t max_bytes,
                                    uint8_t **data, size_t *size);

#endif

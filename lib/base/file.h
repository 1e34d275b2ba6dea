/* file.h: whole files in, atomic files out.
 *
 *     P2cOutput out;
 *     P2cStatus status = p2c_output_open(ctx, path, &out);
 *     if (status) return status;
 *     if (fwrite(..., out.stream) ...) ...                  also libpng, libjpeg, libzip write to
 *                                                           out.stream
 *     status = good ? p2c_output_commit(&out) : P2C_ERR_...
 *     p2c_output_discard(&out);                             does nothing after a commit
 *
 * The target is either the complete new file or what it was before, at any moment, also after a
 * power cut.
 */
#ifndef P2C_IO_FILE_H
#define P2C_IO_FILE_H

#include "context.h"

#include <stdio.h>

typedef struct P2cOutput {
    P2cContext *ctx;
    FILE *stream;    /* the temporary file, open for writing and reading */
    char *target;    /* symbolic links followed */
    char *temporary; /* in the target's folder */
} P2cOutput;

/* Refuses targets that exist and are no regular file (a folder, a device) or are write-protected.
 * On failure there is nothing to discard, though discarding does no harm. */
P2C_CHECKED P2cStatus p2c_output_open(P2cContext *ctx, const char *path, P2cOutput *out);
/* Flush, fsync, rename, fsync of the folder. Fails when any write to the stream failed before. Ends
 * the output in either case. */
P2C_CHECKED P2cStatus p2c_output_commit(P2cOutput *out);
/* Deletes the temporary file; a no-op on an output that ended already. */
void p2c_output_discard(P2cOutput *out);

/* Opens a regular file for reading. On failure *stream is NULL. */
P2C_CHECKED P2cStatus p2c_input_open(P2cContext *ctx, const char *path, FILE **stream,
                                     uint64_t *size);
/* The whole file, when it has at most max_bytes; *data is malloced and has a 0 behind the last
 * byte. On failure *data is NULL. */
P2C_CHECKED P2cStatus p2c_file_read(P2cContext *ctx, const char *path, size_t max_bytes,
                                    uint8_t **data, size_t *size);

#endif

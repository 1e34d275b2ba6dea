/* loader.h: the endless stream of training batches, prepared in the background.
 *
 * Batch s of branch v (order.h) is a function of the seed, the options and the pictures only. It
 * does not depend on the number of workers, on what is kept in memory, or on what was asked for
 * before. So a run resumes exactly by asking for the step where it stopped. Step s takes draws
 * s*batch to s*batch + batch-1 of each domain, 0: A, 1: B. */
#ifndef P2C_TRAIN_LOADER_H
#define P2C_TRAIN_LOADER_H

#include "cli/folder.h"
#include "p2cnn.h"

typedef struct LoaderOptions {
    const char *folder_a, *folder_b;
    int batch, size, workers; /* workers 0: everything happens in the caller's thread */
    /* false: the test transform, and the pictures in byte order, pass after pass */
    bool augment;
    bool skip_bad;      /* continue without pictures that cannot be read */
    size_t cache_bytes; /* of scaled pictures to keep in memory */
    uint64_t seed;
} LoaderOptions;

typedef struct Loader Loader;

/* Finds the pictures and reads each once; those that cannot be read are listed. Returns 0, or the
 * exit code of a failure already reported: 3 for folders or pictures, 5 for memory. *loader is NULL
 * then. */
int loader_open(Loader **loader, const LoaderOptions *options);
void loader_close(Loader **loader);

/* The batch of a step (0 first): a, b (batch,3,size,size) in [-1,1]; the next step's is begun on
 * return. Any may be asked for; one after the other is fast. A picture that has become unreadable
 * and is not in memory ends it with exit code 3, reported; with skip_bad it is reported once, and
 * the next readable one of the order takes its place, here and from then on. */
int loader_next(Loader *loader, int64_t step, int branch, float *a, float *b);

/* borrowed; the pictures that are used */
const Folder *loader_folder(const Loader *loader, int domain);
int loader_count(const Loader *loader, int domain);
/* tells whether this is the data set of a checkpoint */
uint64_t loader_hash(const Loader *loader, int domain);
/* pictures in memory, at most cache_bytes */
size_t loader_kept_bytes(const Loader *loader);

#endif

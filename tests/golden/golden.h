/* golden.h: runs of the networks, compared with golden values from PyTorch (data/, made by
 * make_golden.py).
 *
 * Golden values are float64 results. With each is stored err, the norm of the difference to
 * PyTorch's own float32 run. A float32 implementation is right if
 *
 *     norm(ours - golden) <= 8 * err + 1e-5 * norm(golden)                           the tolerance
 *
 * A digest (sum, sum of squares, 16 evenly spaced values) is right if each of the 16 values is, and
 * the sum of squares agrees to 1e-3. Each element of outputs must also agree to 1e-4. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../hash.h"

/* Fails the test, with the context's error, if the call failed. */
#define must(ctx, call) must_at(ctx, call, #call, __FILE__, __LINE__)
void must_at(P2cContext *ctx, P2cStatus status, const char *call, const char *file, int line);

/* ---- results of a run ---- */

typedef struct Result {
    char name[128];
    P2cDims dims;
    float *values;
    bool input; /* made by test_image, so the committed files do not have it */
} Result;
typedef struct Results {
    Result *items;
    int count, room;
} Results;

/* A new result of that name, its values to be filled in. */
Result *result_new(Results *results, P2cDims dims, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reads a node's value, after a run. */
void result_read(Results *results, const P2cNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void results_clear(Results *results);

/* Returns true if everything agrees with data/<file>.pt and, if it exists, with the full file in
 * ../shared/golden (it prints a message if not). Prints the worst ratio to the tolerance. Returns
 * false if a ratio is above 1, or if one side has a tensor that the other does not have. */
bool results_agree(P2cContext *ctx, const Results *results, const char *file);

/* A digest: sum, sum of squares, 16 evenly spaced values. Read from a list in the committed files,
 * a tensor in the full ones. */
enum { DIGEST = 18 };
bool digest_read(const P2cValue *value, double digest[DIGEST]);
size_t digest_index(size_t n, int i); /* index of evenly spaced value i among n */

/* ---- networks under test ---- */

/* The gradients of a loss for x and for every weight of a network, under the names "dx" and
 * "grad.<name>". */
enum { MAX_WEIGHTS = 512 };
typedef struct Gradients {
    int count;
    P2cNode *of[MAX_WEIGHTS], *grads[MAX_WEIGHTS];
    char names[MAX_WEIGHTS][96];
} Gradients;
void gradients_build(Gradients *gradients, P2cNode *loss, P2cNode *x, P2cNet net);
/* Names begin with `prefix`, such as "0.". Weights without a gradient are left out. */
void gradients_read(const Gradients *gradients, Results *results, const char *prefix);

/* A context on test_device(), in float32 even if its default differs. On the CPU the environment
 * variable P2C_TEST_LEVEL=N picks one of the instruction sets; 0 is the weakest. */
void test_context(P2cContext **ctx, int threads);

/* A context, a store and a graph of one network. */
typedef struct Bench {
    P2cContext *ctx;
    P2cStore *store;
    P2cGraph *graph;
} Bench;
void bench_open(Bench *bench, int threads);
void bench_close(Bench *bench);
/* A new graph over the same store. */
void bench_next_graph(Bench *bench);
/* Gives the weights their values and ends building. */
void bench_finish(Bench *bench);
/* Writes test_image(tag) into an input (n,3,s,s), and into the results, when not NULL, under
 * `name`. */
void bench_picture(Bench *bench, P2cNode *input, const char *tag, Results *results,
                   const char *name);
/* Ends building, which must fail with that status and an error that has all of `words` (separated
 * by |). */
void bench_must_refuse(Bench *bench, P2cStatus status, const char *words);

/* ---- the tests, by file ---- */

void test_hash(void **state);
void test_generator_ch8(void **state);
void test_generator_full(void **state);
void test_generator_ch32(void **state);
void test_generator_alone(void **state);
void test_generator_sizes(void **state);
void test_generator_batch(void **state);
void test_generator_threads(void **state);
void test_generator_refuses(void **state);
void test_generator_options(void **state);
void test_discriminator_7(void **state);
void test_discriminator_5(void **state);
void test_discriminator_refuses(void **state);
void test_mobilefacenet(void **state);
void test_mobilefacenet_xiaoccer(void **state);
void test_face_embedding(void **state);
void test_face_kind(void **state);
void test_mobilefacenet_refuses(void **state);
void test_matte(void **state);
void test_landmarks(void **state);
void test_faces_refuse(void **state);
void test_precision(void **state);
void test_models(void **state);
void test_training(void **state);
void test_training_slow(void **state);
void test_training_ch32(void **state);
void test_keys(void **state);
void test_initial_values(void **state);

#endif

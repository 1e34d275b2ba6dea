/* profile.c: where the time of a network goes: bench-profile forward|step [THREADS [SIZE [CH]]]
 *
 * Runs the generator's forward, or the training step, and prints the costliest kinds of work: their
 * part of the time, GFLOP/s by the definition of a convolution (Winograd's algorithm does less, and
 * may show more than the peak), and GB/s of what they read and write at least. The peak is
 * multiply-add loops in registers, on all threads, measured in the same run before and after. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/step.h"
#include "cli/cli.h"

enum { OPERATIONS = 16, COSTLIEST = 24, SUMS = 12 };

const char *const program_name = "bench-profile";

typedef struct Setting {
    int threads, size, ch;
} Setting;

static void must(const P2cContext *ctx, P2cStatus status) {
    if (status) exit(report_status(ctx, status));
}

/* ---- the peak -------------------------------------------------------------------------------- */

/* SUMS independent chains of dependent multiply-adds: enough to hide the latency of each. */
#define MULTIPLY_ADD(name, isa, bytes) \
    __attribute__((target(isa), optimize("O3"), noinline)) static float name(int rounds, \
                                                                             float x) { \
        typedef float Vec __attribute__((vector_size(bytes))); \
        Vec sums[SUMS], factor = x - (Vec){ 0 }; \
        for (int i = 0; i < SUMS; i++) sums[i] = factor * (float)i; \
        for (int r = 0; r < rounds; r++) \
            _Pragma("GCC unroll 16") for (int i = 0; i < SUMS; i++) sums[i] = \
                sums[i] * factor + factor; \
        float total = 0; \
        for (int i = 0; i < SUMS; i++) total += sums[i][0]; \
        return total; \
    }
#if defined(__x86_64__)
MULTIPLY_ADD(multiply_add_16, "avx512f", 64)
MULTIPLY_ADD(multiply_add_8, "avx2,fma", 32)
MULTIPLY_ADD(multiply_add_4, "sse4.2", 16)
#else
MULTIPLY_ADD(multiply_add_4, "", 16)
#endif

static double gflops(float (*loop)(int, float), int lanes) {
    enum { ROUNDS = 1 << 20, TRIES = 10 };
    static volatile float factor = 0.5f;
    double best = 1e30;
    for (int i = 0; i < TRIES; i++) {
        double start = now_ms();
        if (loop(ROUNDS, factor) == 0) return 0; /* it is not: so the loop must run */
        best = fmin(best, now_ms() - start);
    }
    return 2e-6 * ROUNDS * SUMS * lanes / best;
}

/* Of one core. */
static double peak_gflops(void) {
    double best = gflops(multiply_add_4, 4);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        best = fmax(best, gflops(multiply_add_8, 8));
    if (__builtin_cpu_supports("avx512f")) best = fmax(best, gflops(multiply_add_16, 16));
#endif
    return best;
}

/* ---- the table ------------------------------------------------------------------------------- */

static void print_entry(const P2cProfileEntry *e, double ms, double peak) {
    printf("%5.1f %%  %9.3f ms  %4d x %8.1f us  ", 100 * e->ms / ms, e->ms, e->steps,
           1e3 * e->ms / e->steps);
    if (e->flop > 0)
        printf("%6.1f GFLOP/s (%3.0f %%)", e->flop / e->ms / 1e6,
               100 * e->flop / e->ms / 1e6 / peak);
    else printf("%22s", "");
    printf("  %5.1f GB/s  %s\n", e->bytes / e->ms / 1e6, e->name);
}

/* Of all shapes together. Returns how many operations there are. */
static int sum_operations(const P2cProfile *profile, P2cProfileEntry *sums) {
    int count = 0;
    for (int i = 0; i < profile->count; i++) {
        const P2cProfileEntry *e = &profile->entries[i];
        char name[sizeof e->name];
        int k = 0;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(e->name, "("), e->name);
        while (k < count && strcmp(sums[k].name, name)) k++;
        if (k == count) {
            sums[count] = (P2cProfileEntry){ .steps = 0 };
            snprintf(sums[count++].name, sizeof name, "%s", name);
        }
        sums[k].steps += e->steps, sums[k].ms += e->ms;
        sums[k].bytes += e->bytes, sums[k].flop += e->flop;
    }
    return count;
}

static int by_time(const void *a, const void *b) {
    double x = ((const P2cProfileEntry *)a)->ms, y = ((const P2cProfileEntry *)b)->ms;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void print_operations(const P2cProfile *profile, double peak) {
    static P2cProfileEntry sums[P2C_PROFILE_ENTRIES];
    int count = sum_operations(profile, sums);
    qsort(sums, (size_t)count, sizeof *sums, by_time);
    for (int i = 0; i < count && i < OPERATIONS; i++) print_entry(&sums[i], profile->ms, peak);
}

static void print_profile(P2cContext *ctx, P2cGraph *graph) {
    static P2cProfile profile;
    double peak = peak_gflops(), flop = 0;
    must(ctx, p2c_graph_profile(graph, &profile));
    peak = fmax(peak, peak_gflops()) * p2c_thread_count(ctx);
    for (int i = 0; i < profile.count; i++) flop += profile.entries[i].flop;
    printf("%s: peak %.0f GFLOP/s by multiply-adds in registers\n", p2c_device_name(ctx), peak);
    printf("%.2f ms in %d steps, %.1f GFLOP: %.1f GFLOP/s; arena %.1f MiB\n", profile.ms,
           p2c_graph_step_count(graph), flop / 1e9, flop / profile.ms / 1e6,
           (double)p2c_graph_arena_bytes(graph) / (1 << 20));
    print_operations(&profile, peak);
    printf("the costliest shapes:\n");
    for (int i = 0; i < profile.count && i < COSTLIEST; i++)
        print_entry(&profile.entries[i], profile.ms, peak);
}

/* ---- what is measured ------------------------------------------------------------------------ */

static void write_picture(P2cContext *ctx, P2cNode *input, int shift) {
    int n = (int)p2c_dims_count(p2c_node_dims(input)), side = p2c_node_dims(input).d[3];
    float *pixels = malloc((size_t)n * sizeof *pixels);
    if (!pixels) exit(EXIT_MEMORY);
    for (int i = 0; i < n; i++) pixels[i] = (float)((i * 37 + i / side * shift) % 251) / 125 - 1;
    must(ctx, p2c_node_write(input, pixels));
    free(pixels);
}

static void profile_forward(P2cContext *ctx, P2cStore *store, Setting s) {
    P2cGraph *graph = NULL;
    must(ctx, p2c_graph_new(&graph, ctx));
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, s.size, s.size));
    p2c_output(
        p2c_generator(p2c_net(graph, store, "genA2B"), x, (P2cGenerator){ .ch = s.ch }).image);
    must(ctx, p2c_graph_finish(graph));
    write_picture(ctx, x, 3);
    print_profile(ctx, graph);
    p2c_graph_free(&graph);
}

static void profile_step(P2cContext *ctx, P2cStore *store, Setting s) {
    Step step = { 0 };
    StepOptions options = step_defaults();
    options.face = true, options.size = s.size, options.ch = s.ch;
    StepUpdates updates = step_updates(&options);
    must(ctx, step_init(&step, &updates, ctx, store, &options));
    write_picture(ctx, step.a, 5);
    write_picture(ctx, step.b, 7);
    print_profile(ctx, step.graph);
    step_clear(&step);
}

int main(int argc, char **argv) {
    bool forward = argc > 1 && !strcmp(argv[1], "forward");
    Setting s = { argc > 2 ? atoi(argv[2]) : 1, argc > 3 ? atoi(argv[3]) : 256,
                  argc > 4 ? atoi(argv[4]) : 32 };
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    if (argc < 2 || (!forward && strcmp(argv[1], "step")) || s.threads < 1 || s.size < 1) {
        fprintf(stderr, "usage: bench-profile forward|step [THREADS [SIZE [CH]]]\n");
        return EXIT_USAGE;
    }
    must(ctx, p2c_context_new(&ctx, "cpu", s.threads));
    must(ctx, p2c_store_new(&store, ctx, 1));
    if (forward) profile_forward(ctx, store, s);
    else profile_step(ctx, store, s);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return 0;
}

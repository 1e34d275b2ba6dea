/* gpu.c: one line of the table of a GPU, or of any device: bench-gpu DEVICE PRECISION [RUNS]
 * The generator's forward and the whole training step (ch 32, 256 x 256, batch 1, with the face
 * network): milliseconds, memory, and where they go. Between two looks at the clock there are
 * several runs, so that only what the device does counts; the median of RUNS such means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/step.h"
#include "cli/cli.h"

enum { SIZE = 256, PIXELS = 3 * SIZE * SIZE, COSTLIEST = 5 };

const char *const program_name = "bench-gpu";

static void must(const P2cContext *ctx, P2cStatus status) {
    if (status) exit(report_status(ctx, status));
}

/* Reading a scalar waits for the runs before it. */
static double median_ms(P2cContext *ctx, P2cGraph *graph, int runs, int together) {
    double *ms = calloc((size_t)runs, sizeof *ms);
    if (!ms) exit(5);
    for (int i = -2; i < runs; i++) {
        double start = now_ms();
        for (int k = 0; k < together; k++) must(ctx, p2c_graph_run(graph));
        must(ctx, p2c_graph_wait(graph));
        if (i >= 0) ms[i] = (now_ms() - start) / together;
    }
    double median = sort_median(ms, runs);
    free(ms);
    return median;
}

static void print_profile(P2cContext *ctx, P2cGraph *graph) {
    static P2cProfile profile;
    must(ctx, p2c_graph_profile(graph, &profile));
    printf("    kernels one after another: %.2f ms; the costliest:\n", profile.ms);
    for (int i = 0; i < profile.count && i < COSTLIEST; i++) {
        const P2cProfileEntry *e = &profile.entries[i];
        printf("      %5.1f %%  %8.3f ms  %4d x %7.1f us  %7.1f GB/s  %s\n",
               100 * e->ms / profile.ms, e->ms, e->steps, 1e3 * e->ms / e->steps,
               e->bytes / e->ms / 1e6, e->name);
    }
}

static void measure(P2cContext *ctx, P2cGraph *graph, const char *what, int runs, int together) {
    double ms = median_ms(ctx, graph, runs, together);
    printf("  %s: %.3f ms, %.1f MiB, %d steps\n", what, ms,
           (double)p2c_graph_arena_bytes(graph) / (1 << 20), p2c_graph_step_count(graph));
    print_profile(ctx, graph);
    fflush(stdout);
}

static void write_picture(P2cContext *ctx, P2cNode *input, int shift) {
    static float pixels[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        pixels[i] = (float)((i * 37 + i / SIZE * shift) % 251) / 125 - 1;
    must(ctx, p2c_node_write(input, pixels));
}

static void measure_forward(P2cContext *ctx, int runs) {
    P2cStore *store = NULL;
    P2cGraph *graph = NULL;
    must(ctx, p2c_store_new(&store, ctx, 1));
    must(ctx, p2c_graph_new(&graph, ctx));
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, SIZE, SIZE));
    p2c_output(p2c_generator(p2c_net(graph, store, "genA2B"), x, (P2cGenerator){ .ch = 32 }).image);
    must(ctx, p2c_graph_finish(graph));
    write_picture(ctx, x, 3);
    measure(ctx, graph, "inference", runs, 10);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
}

static void measure_step(P2cContext *ctx, int runs) {
    P2cStore *store = NULL;
    Step step = { 0 };
    StepOptions options = step_defaults();
    options.face = true;
    must(ctx, p2c_store_new(&store, ctx, 1));
    StepUpdates updates = step_updates(&options);
    must(ctx, step_init(&step, &updates, ctx, store, &options));
    write_picture(ctx, step.a, 5);
    write_picture(ctx, step.b, 7);
    measure(ctx, step.graph, "training step", runs, 2);
    step_clear(&step);
    p2c_store_free(&store);
}

int main(int argc, char **argv) {
    static const char *const names[] = { "fp32", "tf32", "bf16" };
    int precision = 0, runs = argc > 3 ? atoi(argv[3]) : 30;
    P2cContext *ctx = NULL;
    while (argc > 2 && precision < 3 && strcmp(argv[2], names[precision])) precision++;
    if (argc < 3 || precision == 3 || runs < 1) {
        fprintf(stderr, "usage: bench-gpu DEVICE fp32|tf32|bf16 [RUNS]\n");
        return 2;
    }
    must(ctx, p2c_context_new(&ctx, argv[1], 0));
    must(ctx, p2c_context_set_precision(ctx, (P2cPrecision)precision));
    printf("%s, %s\n", p2c_device_name(ctx), names[precision]);
    measure_forward(ctx, runs);
    measure_step(ctx, runs);
    p2c_context_free(&ctx);
    return 0;
}

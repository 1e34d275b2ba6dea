/* harness.c: nodes and kernel calls in guarded memory, for the tests of operations. What is checked
 * is in check.c, what failures say in report.c. */
#include "harness.h"

#include "base/team.h"

/* The address sanitizer also reports reads of canaries. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

/* as a float 3.4e38: read by mistake, it spoils any sum */
enum { CANARY = 0x7F, CANARY_BYTES = 256 };

P2cDims op_dims(P2cDims table) {
    for (int i = 0; i < 4; i++)
        if (!table.d[i]) table.d[i] = 1;
    return table;
}

size_t op_size(P2cDims table) { return p2c_dims_count(op_dims(table)); }

double op_uniform(uint64_t *state) { /* splitmix64 */
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 40) / (1 << 23) - 1;
}

void op_keep_away(float *x, size_t n, float at, float gap) {
    for (size_t i = 0; i < n; i++)
        if (fabsf(x[i] - at) < gap) x[i] = x[i] < at ? at - gap : at + gap;
}

/* ---- guarded memory -------------------------------------------------------------------------- */

static void close_canaries(unsigned char *memory, size_t bytes) {
    ASAN_POISON_MEMORY_REGION(memory, CANARY_BYTES);
    ASAN_POISON_MEMORY_REGION(memory + CANARY_BYTES + bytes, CANARY_BYTES);
}

static void open_canaries(unsigned char *memory, size_t bytes) {
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes + 2 * CANARY_BYTES);
}

static unsigned char *guarded_new(size_t bytes) {
    size_t room = CANARY_BYTES + (bytes + 63) / 64 * 64 + CANARY_BYTES;
    unsigned char *memory = aligned_alloc(64, room);
    assert_non_null(memory);
    memset(memory, CANARY, room);
    memset(memory + CANARY_BYTES, 0xFF, bytes); /* NaN, as floats and as doubles */
    close_canaries(memory, bytes);
    return memory;
}

static void check_canaries(const OpRun *run, const OpBuffer *b) {
    open_canaries(b->memory, b->bytes);
    for (size_t i = 0; i < CANARY_BYTES; i++) {
        if (b->memory[i] != CANARY)
            op_fail(run, "%s: byte %zu before its %zu bytes was written", b->name, CANARY_BYTES - i,
                    b->bytes);
        if (b->memory[CANARY_BYTES + b->bytes + i] != CANARY)
            op_fail(run, "%s: byte %zu after its %zu bytes was written", b->name, i, b->bytes);
    }
    close_canaries(b->memory, b->bytes);
}

static bool is_host(const OpRun *run) { return p2c_device_is_host(run->ctx->device); }

void *op_run_memory(OpRun *run, const char *name, size_t bytes) {
    assert_true(run->buffer_count < OP_BUFFERS);
    OpBuffer *b = &run->buffers[run->buffer_count++];
    *b = (OpBuffer){ .memory = guarded_new(bytes), .bytes = bytes };
    snprintf(b->name, sizeof b->name, "%s", name);
    if (!is_host(run))
        assert_non_null(b->there = run->ctx->device->alloc(run->ctx, bytes + 2 * CANARY_BYTES));
    return b->memory + CANARY_BYTES;
}

/* As large as operand i. */
static float *operand_memory(OpRun *run, const char *tensor, int i) {
    char name[16];
    snprintf(name, sizeof name, "%s[%d]", tensor, i);
    return op_run_memory(run, name, op_size(run->c->x[i]) * sizeof(float));
}

/* The newest buffer. */
static void buffer_drop(OpRun *run) {
    OpBuffer *b = &run->buffers[--run->buffer_count];
    free(b->memory);
    if (b->there) run->ctx->device->free(run->ctx, b->there);
}

void op_run_canaries(const OpRun *run) {
    for (int i = 0; i < run->buffer_count; i++) check_canaries(run, &run->buffers[i]);
}

/* ---- the memory of a GPU --------------------------------------------------------------------- */

void *op_run_there(OpRun *run, void *memory) {
    unsigned char *at = memory;
    if (!at || is_host(run)) return memory;
    for (int i = 0; i < run->buffer_count; i++) {
        const OpBuffer *b = &run->buffers[i];
        if (at >= b->memory && at < b->memory + b->bytes + 2 * CANARY_BYTES)
            return b->there + (at - b->memory);
    }
    fail_msg("memory that is in no buffer");
    return NULL;
}

/* All buffers with their canaries, to the device or back. */
static void carry_buffers(OpRun *run, bool to) {
    const P2cDevice *device = run->ctx->device;
    for (int i = 0; i < run->buffer_count; i++) {
        OpBuffer *b = &run->buffers[i];
        size_t bytes = b->bytes + 2 * CANARY_BYTES;
        open_canaries(b->memory, b->bytes);
        P2cStatus status = to ? device->upload(run->ctx, b->there, b->memory, bytes)
                              : device->download(run->ctx, b->memory, b->there, bytes);
        if (status) fail_msg("%s", p2c_error(run->ctx));
        close_canaries(b->memory, b->bytes);
    }
}

static P2cCall call_there(OpRun *run) {
    P2cCall call = run->call;
    for (int i = 0; i < P2C_MAX_OPERANDS; i++) {
        call.x[i] = op_run_there(run, call.x[i]);
        call.dx[i] = op_run_there(run, call.dx[i]);
    }
    call.y = op_run_there(run, call.y);
    call.dy = op_run_there(run, (void *)call.dy);
    call.saved = op_run_there(run, call.saved);
    call.work = op_run_there(run, call.work);
    call.statistics = op_run_there(run, call.statistics);
    call.x_statistics = op_run_there(run, (void *)call.x_statistics);
    call.run_params_host = call.run_params;
    call.run_params = op_run_there(run, call.run_params);
    call.queue = run->ctx->queue;
    return call;
}

/* Calls the kernel as the graph does on a device; `order` takes the place of a number of
 * threads. */
static void call_on_device(OpRun *run, bool backward, int order) {
    P2cCall call = call_there(run);
    if (emulated_order) emulated_order((order - 1) % 3);
    if (!backward && run->kernel->before) run->kernel->before(&call);
    carry_buffers(run, true);
    (backward ? run->kernel->backward : run->kernel->forward)(&call);
    if (run->ctx->device->wait(run->ctx)) fail_msg("%s", p2c_error(run->ctx));
    carry_buffers(run, false);
    if (!backward && run->kernel->after) run->kernel->after(&call);
    if (emulated_order) emulated_order(0);
}

/* ---- one node, one call ---------------------------------------------------------------------- */

static P2cNode *build(OpRun *run, const OpTest *t, const OpCase *c) {
    P2cNode *x[P2C_MAX_OPERANDS] = { 0 };
    P2cNet net;
    char name[8];
    assert_int_equal(p2c_context_new(&run->ctx, test_device(), 1), P2C_OK);
    assert_int_equal(p2c_context_set_precision(run->ctx, P2C_PRECISION_FP32), P2C_OK);
    assert_int_equal(p2c_store_new(&run->store, run->ctx, 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&run->graph, run->ctx), P2C_OK);
    net = p2c_net(run->graph, run->store, "net");
    for (int i = 0; i < c->count; i++) {
        snprintf(name, sizeof name, "x%d", i);
        x[i] = t->frozen >> i & 1 ? p2c_param(net, name, op_dims(c->x[i]), P2C_BUFFER(0))
                                  : p2c_input(run->graph, name, op_dims(c->x[i]));
        assert_non_null(x[i]);
    }
    return t->build(c, x);
}

void op_run_init(OpRun *run, const OpTest *t, const OpCase *c) {
    *run = (OpRun){ .test = t, .c = c };
    run->node = build(run, t, c);
    if (!run->node) op_fail(run, "%s", run->graph->error);
    assert_ptr_equal(run->node->op->id, t->op);
    op_run_level(run, op_level_count() - 1);
    run->call.node = run->node;
    for (int i = 0; i < c->count; i++) run->call.x[i] = operand_memory(run, "x", i);
    for (int i = 0; i < c->count; i++)
        if (!(t->frozen >> i & 1)) run->call.dx[i] = operand_memory(run, "dx", i);
    run->call.y = op_run_memory(run, "y", op_size(c->y) * sizeof(float));
    run->call.dy = op_run_memory(run, "dy", op_size(c->y) * sizeof(float));
    if (run->node->saved_bytes)
        run->call.saved = op_run_memory(run, "saved", run->node->saved_bytes);
    if (run->kernel->run_params_bytes)
        run->call.run_params = op_run_memory(run, "run_params", run->kernel->run_params_bytes);
}

int op_level_count(void) { return strcmp(test_device(), "cpu") ? 1 : p2c_cpu_device_count(); }

void op_run_level(OpRun *run, int level) {
    const P2cDevice *device = is_host(run) ? p2c_cpu_device_at(level) : run->ctx->device;
    run->kernel = device->kernels[run->node->op->id];
    run->level = device->detail;
}

void op_run_clear(OpRun *run) {
    while (run->buffer_count) buffer_drop(run);
    p2c_graph_free(&run->graph);
    p2c_store_free(&run->store);
    p2c_context_free(&run->ctx);
}

static void call_with_team(OpRun *run, bool backward, int threads) {
    P2cTeam *team = p2c_team_new(threads), *outer = p2c_team_enter(team);
    (backward ? run->kernel->backward : run->kernel->forward)(&run->call);
    p2c_team_enter(outer);
    p2c_team_free(&team);
}

static void call_kernel(OpRun *run, bool backward, int threads) {
    size_t bytes = run->kernel->work ? run->kernel->work(run->node, backward, threads) : 0;
    run->call.work = bytes ? op_run_memory(run, "work", bytes) : NULL;
    run->call.threads = threads;
    run->phase = backward ? "backward" : "forward";
    if (is_host(run)) call_with_team(run, backward, threads);
    else call_on_device(run, backward, threads);
    op_run_canaries(run);
    if (bytes) buffer_drop(run);
    run->call.work = NULL;
}

void op_run_forward(OpRun *run, int threads) { call_kernel(run, false, threads); }

void op_run_backward(OpRun *run, int threads) {
    P2cCall whole = run->call;
    if (!run->node->op->keeps_x) memset(run->call.x, 0, sizeof run->call.x);
    if (!p2c_keeps_y(run->node)) run->call.y = NULL;
    call_kernel(run, true, threads);
    run->call = whole;
}

void op_refused(OpTest *t, const OpCase *c, const char *text) {
    OpRun run = { 0 };
    assert_null(build(&run, t, c));
    assert_int_not_equal(p2c_graph_finish(run.graph), P2C_OK);
    const char *error = p2c_error(run.ctx);
    if (!strstr(error, text)) fail_msg("the error \"%s\" does not say \"%s\"", error, text);
    assert_null(strchr(error, '\n'));
    op_run_clear(&run);
}

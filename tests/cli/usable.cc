/* usable.cc: a program in C++17 on the installed library: shapes, initial values and options as the
 * headers write them, a training of one step, a picture. It checks what comes out.
 *
 *     usable PICTURE WIDTH
 */
#include <p2cnn.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

static void expect(bool holds, const char *what) {
    if (holds) return;
    std::fprintf(stderr, "usable: %s\n", what);
    std::exit(1);
}

static bool near(double value, double wanted) { return std::fabs(value - wanted) < 1e-5; }

static void check_version() {
    const std::string numbers = std::to_string(P2C_VERSION_MAJOR) + "." +
                                std::to_string(P2C_VERSION_MINOR) + "." +
                                std::to_string(P2C_VERSION_PATCH);
    expect(numbers == P2C_VERSION, "the version's numbers and its text differ");
    expect(numbers == p2c_version(), "the headers' version and the library's differ");
}

/* y = 3 x 3 sums of ones, padded by zeros: 9 in the middle, 4 in a corner. */
static P2cStatus convolve(P2cContext *ctx) {
    P2cGraph *graph = nullptr;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cConv2d same = {};
    same.pad = 1;
    const std::size_t side = 3;
    P2cNode *x = p2c_constant(graph, P2C_DIMS(1, 1, side, side), 1);
    P2cNode *y = p2c_output(p2c_conv2d(x, x, nullptr, same));
    std::vector<float> sums(p2c_dims_count(P2C_DIMS(1, 1, side, side)));
    status = p2c_graph_finish(graph);
    if (!status) status = p2c_graph_run(graph);
    if (!status) status = p2c_node_read(y, sums.data());
    if (!status) expect(near(sums[4], 9) && near(sums[0], 4), "conv2d: other sums");
    p2c_graph_free(&graph);
    return status;
}

/* The first step of Adam is lr long, whatever the gradient's size: w goes from 1 to 0.9. A frozen
 * parameter stays. */
static P2cStatus train(P2cContext *ctx, P2cStore *store) {
    P2cGraph *graph = nullptr;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNet net = p2c_net(graph, store, "net");
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(2, 1));
    P2cNode *w = p2c_param(net, "weight", P2C_DIMS(1, 1), P2C_CONSTANT(1));
    P2cNode *b = p2c_param(net, "bias", P2C_DIMS(1), P2C_BUFFER(0.5));
    P2cNode *y = p2c_linear(x, w, b);
    P2cNode *loss = p2c_output(p2c_mse_loss(y, p2c_constant(graph, P2C_SCALAR, 0)));
    P2cAdam adam = { 0.1, 0.9, 0.999, 1e-8, 0, 0 };
    p2c_minimize(loss, 1, &net, &adam, nullptr);
    const float ones[] = { 1, 1 };
    float was = 0, now = 0, frozen = 0;
    status = p2c_graph_finish(graph);
    if (!status) status = p2c_node_write(x, ones);
    if (!status) status = p2c_graph_run(graph);
    if (!status) status = p2c_node_read(loss, &was);
    if (!status) status = p2c_node_read(w, &now);
    if (!status) status = p2c_node_read(b, &frozen);
    if (!status) {
        expect(near(was, 2.25), "the loss is not (1 + 0.5)^2");
        expect(near(now, 0.9), "Adam's first step is not lr long");
        expect(near(frozen, 0.5), "a buffer was updated");
        expect(adam.step == 1, "the update was not counted");
    }
    p2c_graph_free(&graph);
    return status;
}

/* Kaiming uniform: within 1/sqrt(fan-in), and not all the same. */
static P2cStatus initialise(P2cContext *ctx, P2cStore *store) {
    P2cGraph *graph = nullptr;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    p2c_param(p2c_net(graph, store, "other"), "weight", P2C_DIMS(4, 16), P2C_KAIMING_UNIFORM);
    p2c_param(p2c_net(graph, store, "other"), "bias", P2C_DIMS(4), P2C_UNIFORM(1 / std::sqrt(16)));
    const int i = p2c_store_find(store, "other.weight");
    expect(i >= 0, "the store has no such parameter");
    std::vector<float> values(p2c_dims_count(p2c_store_dims(store, i)));
    status = p2c_store_read(store, i, values.data());
    for (float v : values) expect(!(v < -0.25f) && v < 0.25f, "an initial value is too large");
    expect(status || values[0] != values[1], "initial values are all the same");
    p2c_graph_free(&graph);
    return status;
}

static P2cStatus look(P2cContext *ctx, const char *path, int width) {
    P2cImage image = {};
    P2cStatus status = p2c_image_read(ctx, path, &image);
    if (!status) expect(image.width == width && image.pixels, "the picture has another width");
    p2c_image_clear(&image);
    return status;
}

int main(int argc, char **argv) {
    expect(argc == 3, "usage: usable PICTURE WIDTH");
    check_version();
    P2cContext *ctx = nullptr;
    P2cStore *store = nullptr;
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_store_new(&store, ctx, 7);
    if (!status) status = convolve(ctx);
    if (!status) status = train(ctx, store);
    if (!status) status = initialise(ctx, store);
    if (!status) status = look(ctx, argv[1], std::atoi(argv[2]));
    if (status) std::fprintf(stderr, "usable: %s\n", p2c_error(ctx));
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}

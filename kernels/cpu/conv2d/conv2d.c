/* conv2d: picks the way to compute it.
 * Winograd's algorithm for most 3x3 kernels (is_winograd). Else direct while a group's weights stay
 * in the second-level cache, which all of the generator's layers do; im2col and GEMM for the
 * discriminators' wide layers on small maps, where the weights are the larger operand. The direct
 * input gradient is a convolution with stride 1; the few strided layers take GEMM for it, and so do
 * weight gradients of rows that do not fill vectors, where sums along a row would leave lanes idle:
 * 7x7 and 28x28 maps are two to eight times as fast. */

#include "conv2d.h"
#include "../upsample.h"

enum { DIRECT_BYTES = 1 << 20 };

static bool is_direct(Conv s) {
    return (size_t)s.cout * (size_t)s.cin * (size_t)(s.kh * s.kw) * sizeof(float) <= DIRECT_BYTES;
}

/* 16: of the widest, so that all processors choose the same way */
static bool fills_vectors(Conv s) { return s.groups > 1 || s.ow % 16 == 0; }

/* Winograd's algorithm is possible for these; a rule says where it is the faster one, from
 * measurements with AVX-512, AVX2 and SSE4.2. Transforms of tiles must be paid for by channels on
 * the other side, and transforms of weights, which cost the same for every size of map, by
 * tiles. */
static bool is_winograd(Conv s, bool faster) {
    if (s.kh != 3 || s.kw != 3 || s.stride != 1 || s.dilation != 1 || s.groups != 1) return false;
    if (s.pad_x > 2 || (s.reflect && s.pad_x != 1) || s.way == P2C_CONV_EXACT) return false;
    return s.way == P2C_CONV_WINOGRAD || (faster && s.cin >= 8 && s.cout >= 8);
}
static int tiles_in(Conv s) { return (s.oh + 3) / 4 * ((s.ow + 3) / 4); }
static bool winograd_forward(Conv s) { return is_winograd(s, s.cout >= 16 && tiles_in(s) >= 32); }
static bool winograd_input(Conv s) { return is_winograd(s, tiles_in(s) >= 16); }
static bool winograd_weight(Conv s) {
    return is_winograd(s, tiles_in(s) >= (s.cin + s.cout >= 24 ? 32 : 1024));
}

static void forward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    float eps = P2C_ATTRIBUTES(call->node, P2cConvAttributes)->norm.eps;
    if (s.normalised) P2C_CPU(instance_norm_statistics)
    (call->x[0], call->node->x[0]->dims, eps, call->saved, call->threads);
    if (winograd_forward(s)) P2C_CPU(conv2d_winograd)(call, s);
    else if (is_direct(s)) P2C_CPU(conv2d_direct)(call, s);
    else P2C_CPU(conv2d_gemm)(call, s);
}

static void bias_gradient(const P2cCall *call, Conv s) {
    size_t hw = (size_t)s.oh * (size_t)s.ow;
    int channels = s.groups * s.cout;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(call->node->dims))) \
    schedule(static)
    for (int o = 0; o < channels; o++) {
        double sum = 0;
        for (int n = 0; n < s.n; n++)
            sum += sum_of(call->dy + ((size_t)n * (size_t)channels + (size_t)o) * hw, hw);
        call->dx[2][o] += (float)sum;
    }
}

/* For what adds to a gradient that is to be overwritten. */
static void clear(const P2cCall *call, float *gradient, size_t count) {
#pragma omp parallel for num_threads(threads_for(call, count)) schedule(static)
    for (size_t i = 0; i < count; i++) gradient[i] = 0;
}

static size_t repeated_floats(Conv s) {
    return (size_t)s.n * (size_t)(s.groups * s.cin) * (size_t)s.h * (size_t)s.w;
}

/* Of the input as the kernel reads it: normalised and repeated. Honours bit 0 of overwrite. */
static void plain_input_gradient(const P2cCall *call, Conv s) {
    bool winograd = winograd_input(s);
    if (call->overwrite & 1 && !winograd) clear(call, call->dx[0], repeated_floats(s));
    if (winograd) P2C_CPU(conv2d_winograd_input_gradient)(call, s);
    else if (is_direct(s) && s.stride == 1) P2C_CPU(conv2d_direct_input_gradient)(call, s);
    else P2C_CPU(conv2d_gemm_input_gradient)(call, s);
}

/* ---- backward's scratch ------------------------------------------------------------------------
 *
 *     | passed | normalised | repeated | the input gradient's own |
 *     | passed | the weight gradient's own                         |
 *
 * passed: dy after the activation's gradient. normalised: the gradient of the normalised x.
 * repeated: the gradient of the upsampled x. Each is empty where nothing of the kind is fused. The
 * two gradients are computed one after the other, so they share what follows `passed`. `work` asks
 * for this, and `backward` uses it. */

/* Where the parts begin, in floats; passed begins at 0. */
typedef struct Layout {
    size_t normalised, repeated, input;
} Layout;

static Layout layout_of(const P2cNode *node, Conv s) {
    Layout at;
    at.normalised = s.slope != 1 ? aligned_floats(p2c_dims_count(node->dims)) : 0;
    at.repeated =
        at.normalised + (s.normalised ? aligned_floats(p2c_dims_count(node->x[0]->dims)) : 0);
    at.input = at.repeated + (s.up > 1 ? aligned_floats(repeated_floats(s)) : 0);
    return at;
}

/* ---- what is fused before it ----------------------------------------------------------------- */

/* dx += the sum over the copies of each pixel. */
static void sum_copies(const P2cCall *call, Conv s, const float *repeated, float *dx) {
    int rows = s.n * s.groups * s.cin * (s.h / s.up), w = s.w / s.up;
#pragma omp parallel for num_threads(threads_for(call, repeated_floats(s))) schedule(static)
    for (int i = 0; i < rows; i++)
        add_copies(repeated + (size_t)i * (size_t)s.up * (size_t)s.w, w, s.up,
                   dx + (size_t)i * (size_t)w);
}

/* Each gradient is added to the one before it, except that those in scratch are overwritten. */
static void input_gradient(const P2cCall *call, Conv s, float *scratch) {
    const P2cDims x = call->node->x[0]->dims;
    const Layout at = layout_of(call->node, s);
    float *normalised = s.normalised ? scratch + at.normalised : call->dx[0];
    bool write_dx = call->overwrite & 1, write_normalised = s.normalised || write_dx;
    P2cCall inner = *call;
    inner.work = scratch + at.input;
    inner.dx[0] = s.up > 1 ? scratch + at.repeated : normalised;
    inner.overwrite = s.up > 1 || write_normalised;
    plain_input_gradient(&inner, s);
    if (s.up > 1 && write_normalised) clear(call, normalised, p2c_dims_count(x));
    if (s.up > 1) sum_copies(call, s, inner.dx[0], normalised);
    if (!s.normalised) return;
    if (write_dx) clear(call, call->dx[0], p2c_dims_count(x));
    P2C_CPU(instance_norm_gradient)
    (call->x[0], normalised, call->dx[0], x, s.relu, call->saved, call->threads);
}

static void weight_gradient(const P2cCall *call, Conv s) {
    if (winograd_weight(s)) P2C_CPU(conv2d_winograd_weight_gradient)(call, s);
    else if (is_direct(s) && fills_vectors(s)) P2C_CPU(conv2d_direct_weight_gradient)(call, s);
    else P2C_CPU(conv2d_gemm_weight_gradient)(call, s);
}

static void backward(const P2cCall *call) {
    Conv s = conv_of(call->node);
    P2cCall inner = *call;
    if (s.slope != 1) {
        passed_gradient(call, s.slope, call->work);
        inner.dy = call->work;
    }
    inner.work = (float *)call->work + layout_of(call->node, s).normalised;
    for (int k = 1; k < 3; k++) /* input_gradient knows when its own need not be cleared */
        if (call->dx[k] && call->overwrite >> k & 1)
            clear(call, call->dx[k], p2c_dims_count(call->node->x[k]->dims));
    if (call->dx[0]) input_gradient(&inner, s, call->work);
    if (call->dx[1]) weight_gradient(&inner, s);
    if (call->dx[2]) bias_gradient(&inner, s);
}

static size_t input_work(Conv s, int threads) {
    if (winograd_input(s)) return P2C_CPU(conv2d_winograd_input_work)(s, threads);
    if (is_direct(s) && s.stride == 1) return P2C_CPU(conv2d_direct_input_work)(s, threads);
    return P2C_CPU(conv2d_gemm_work)(s, true, threads);
}

static size_t weight_work(Conv s, int threads) {
    if (winograd_weight(s)) return P2C_CPU(conv2d_winograd_weight_work)(s, threads);
    if (is_direct(s) && fills_vectors(s)) return P2C_CPU(conv2d_direct_weight_work)(s, threads);
    return P2C_CPU(conv2d_gemm_work)(s, true, threads);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    Conv s = conv_of(node);
    if (backward) {
        const Layout at = layout_of(node, s);
        size_t input = sizeof(float) * at.input + input_work(s, threads);
        size_t weight = sizeof(float) * at.normalised + weight_work(s, threads);
        return input > weight ? input : weight;
    }
    if (winograd_forward(s)) return P2C_CPU(conv2d_winograd_work)(s, threads);
    return is_direct(s) ? P2C_CPU(conv2d_direct_work)(s, threads)
                        : P2C_CPU(conv2d_gemm_work)(s, false, threads);
}

const P2cKernel P2C_CPU(conv2d) = { .forward = forward,
                                    .backward = backward,
                                    .work = work,
                                    .overwrite = true,
                                    .folds = P2C_FOLD_NORM | P2C_FOLD_UPSAMPLE |
                                             P2C_FOLD_ACTIVATION };

/* matte.c: from a crop to how much of each pixel belongs to the person, by a network.
 *
 *     crop, scaled to the network's square, (v - shift) * scale -> network -> alpha
 *
 * The built-in network is fast, so it sees the mirrored crop, too, and the mean of both answers
 * counts.
 *
 * The name and size of a network's input tell which kind of pixels it wants: a table has a line for
 * each. Its result may have one channel or two. One channel is alpha, or its logit if values leave
 * [0,1]. Of two channels the second is the person's. If both sum to 1 it is a probability, else a
 * softmax makes it one. */
#include "face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_SIDE = 320, LARGEST_SIDE = 2048 };

typedef struct Kind {
    const char *input; /* name of the input; NULL matches any */
    int side;          /* side of the input; 0 matches any */
    bool bgr;
    double shift[3], scale[3]; /* in the order of the network's channels */
} Kind;

#define SAME(v) \
    { v, v, v }
static const Kind kinds[] = {
    /* SINet, Park 2020: normalised, then also divided by 255 */
    { "data",
      320,
      true,
      { 107.304565, 115.69884, 132.35703 },
      { 1 / (255 * 63.97182), 1 / (255 * 65.1337), 1 / (255 * 68.29726) } },
    /* DeepLab v3+ on MobileNetV2, Chen 2018, as TensorFlow's own exporter or
     * anilsathyan7/Portrait-Segmentation freezes it */
    { "MobilenetV2/MobilenetV2/input", 0, false, SAME(127.5), SAME(1 / 127.5) },
    /* photo2cartoon's seg_model_384 */
    { "input_1", 384, false, SAME(0), SAME(1 / 255.0) },
    { NULL, 0, false, SAME(0), SAME(1 / 255.0) },
};

struct P2cMatte {
    P2cNetwork network;
    const Kind *kind;
    bool channels_last; /* the order of the input's axes */
    int height, width;
    float *picture;
    P2cNode *result;
    int h, w, channels;
    /* distances in the result between neighbouring pixels and between channels */
    size_t step, stride;
    float *values, *alpha;
};

/* ---- which kind of network it is ---- */

static const Kind *find_kind(const char *input, int64_t side) {
    const Kind *kind = kinds;
    while (kind->input && (strcmp(kind->input, input) || (kind->side && kind->side != side)))
        kind++;
    return kind;
}

static P2cStatus find_input(P2cMatte *m) {
    const int64_t *size = m->network.shape.size;
    m->channels_last = size[1] != 3 && size[3] == 3;
    int64_t h = size[m->channels_last ? 1 : 2], w = size[m->channels_last ? 2 : 3];
    if ((size[1] != 3 && size[3] != 3) || h > LARGEST_SIDE || w > LARGEST_SIDE)
        return p2c_fail(m->network.ctx, P2C_ERR_FORMAT,
                        "%s: not a supported network for mattes: expected an input (1,3,h,w) or "
                        "(1,h,w,3) of at most %d a side, got (1,%lld,%lld,%lld)",
                        m->network.path, LARGEST_SIDE, (long long)size[1], (long long)size[2],
                        (long long)size[3]);
    m->kind = find_kind(m->network.builtin ? "" : p2c_model_input_name(m->network.model, 0), h);
    int usual = m->kind->side ? m->kind->side : USUAL_SIDE;
    m->height = h > 0 ? (int)h : usual;
    m->width = w > 0 ? (int)w : usual;
    return P2C_OK;
}

/* Accepts a result (1,c,h,w), (1,h,w,c) or (1,h,w). */
static bool takes(P2cMatte *m, P2cDims d) {
    bool first = d.rank == 4 && d.d[1] <= 2, last = d.rank == 4 && !first && d.d[3] <= 2,
         none = d.rank == 3;
    if (d.d[0] != 1 || !(first || last || none)) return false;
    m->channels = first ? d.d[1] : last ? d.d[3] : 1;
    m->h = d.d[first ? 2 : 1];
    m->w = d.d[first ? 3 : 2];
    m->step = last ? (size_t)m->channels : 1;
    m->stride = last ? 1 : (size_t)m->h * (size_t)m->w;
    return true;
}

static P2cStatus find_result(P2cMatte *m) {
    const P2cNetwork *n = &m->network;
    for (int i = 0; i < n->output_count && !m->result; i++)
        if (takes(m, p2c_node_dims(n->outputs[i]))) m->result = n->outputs[i];
    if (m->result) return P2C_OK;
    return p2c_fail(n->ctx, P2C_ERR_FORMAT,
                    "%s: not a supported network for mattes: expected a result of one channel, "
                    "alpha, or two, background and person",
                    n->path);
}

static P2cStatus take_memory(P2cMatte *m) {
    size_t in = 3 * (size_t)m->height * (size_t)m->width, out = (size_t)m->h * (size_t)m->w;
    m->picture = malloc(in * sizeof(float));
    m->values = malloc((size_t)m->channels * out * sizeof(float));
    m->alpha = malloc(out * sizeof(float));
    if (m->picture && m->values && m->alpha) return P2C_OK;
    return p2c_fail_memory(m->network.ctx, "the matte",
                           (in + ((size_t)m->channels + 1) * out) * sizeof(float));
}

P2cStatus p2c_matte_open(P2cContext *ctx, const char *path, P2cMatte **out) {
    *out = NULL;
    P2cMatte *m = calloc(1, sizeof *m);
    if (!m) return p2c_fail_memory(ctx, "the matte", sizeof *m);
    P2cStatus status = path ? p2c_network_read(ctx, path, "network for mattes", &m->network)
                            : p2c_network_builtin(ctx, &p2c_builtin_matte, &m->network);
    if (!status) status = find_input(m);
    if (!status)
        status =
            p2c_network_build(&m->network, m->channels_last ? P2C_DIMS(1, m->height, m->width, 3)
                                                            : P2C_DIMS(1, 3, m->height, m->width));
    if (!status) status = find_result(m);
    if (!status) status = take_memory(m);
    if (status) p2c_matte_close(&m);
    *out = m;
    return status;
}

void p2c_matte_close(P2cMatte **matte) {
    P2cMatte *m = *matte;
    if (!m) return;
    p2c_network_clear(&m->network);
    free(m->picture);
    free(m->values);
    free(m->alpha);
    free(m);
    *matte = NULL;
}

/* ---- running it on a crop ---- */

static P2cStatus load(P2cMatte *m, const P2cImage *crop) {
    P2cImage scaled;
    bool smaller = m->width <= crop->width && m->height <= crop->height;
    P2cStatus status = p2c_image_resize(m->network.ctx, crop, m->width, m->height,
                                        smaller ? P2C_FILTER_AREA : P2C_FILTER_BILINEAR, &scaled);
    if (status) return status;
    p2c_image_over_white(&scaled);
    size_t n = (size_t)m->width * (size_t)m->height, step = m->channels_last ? 3 : 1,
           stride = m->channels_last ? 1 : n;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 3; c++) {
            uint8_t v = scaled.pixels[3 * i + (m->kind->bgr ? 2 - c : c)];
            m->picture[i * step + c * stride] =
                (float)((v - m->kind->shift[c]) * m->kind->scale[c]);
        }
    p2c_image_clear(&scaled);
    return P2C_OK;
}

static float logistic(float v) { return 1 / (1 + expf(-v)); }

/* Converts the network's answer for m->picture to alpha. Returns false if a value is not a
 * number. */
static bool read_values(P2cMatte *m, float *alpha) {
    size_t n = (size_t)m->h * (size_t)m->w;
    const float *v = m->values;
    bool sound = true, ready = true;
    for (size_t i = 0; i < n; i++, v += m->step) {
        float a = v[0], b = m->channels == 2 ? v[m->stride] : 1 - v[0];
        sound &= isfinite(a) && isfinite(b);
        ready &= a >= 0 && b >= 0 && fabsf(a + b - 1) < 1e-3f;
    }
    v = m->values;
    for (size_t i = 0; i < n; i++, v += m->step) {
        if (m->channels == 2)
            alpha[i] = ready ? fminf(v[m->stride], 1) : logistic(v[m->stride] - v[0]);
        else alpha[i] = ready ? v[0] : logistic(v[0]);
    }
    return sound;
}

static P2cStatus answer(P2cMatte *m, float *alpha) {
    P2cStatus status = p2c_network_run(&m->network, m->picture);
    if (!status) status = p2c_node_read(m->result, m->values);
    if (status || read_values(m, alpha)) return status;
    return p2c_fail(
        m->network.ctx, P2C_ERR_FORMAT,
        "%s: its result is not a number: this file is damaged, or needs another kind of input",
        m->network.path);
}

static P2cStatus average_with_mirrored(P2cMatte *m) {
    p2c_mirror_rows(m->picture, 3 * m->height, m->width);
    /* in place: each value is converted where it is read from */
    P2cStatus status = answer(m, m->values);
    if (status) return status;
    p2c_mirror_rows(m->values, m->h, m->w);
    for (size_t i = 0; i < (size_t)m->h * (size_t)m->w; i++)
        m->alpha[i] = (m->alpha[i] + m->values[i]) / 2;
    return P2C_OK;
}

P2cStatus p2c_matte_run(P2cMatte *m, const P2cImage *crop, const float **alpha, int *h, int *w) {
    P2cStatus status = load(m, crop);
    if (!status) status = answer(m, m->alpha);
    if (!status && m->network.builtin) status = average_with_mirrored(m);
    if (status) return status;
    *alpha = m->alpha;
    *h = m->h;
    *w = m->w;
    return P2C_OK;
}

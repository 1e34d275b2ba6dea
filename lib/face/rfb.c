/* rfb.c: small face detectors by networks: Ultra-Light-Fast-Generic-Face-Detector-1MB (RFB-320,
 * slim, 640; Linzaer 2019), and all networks with the same form of results.
 *
 *     picture (1,3,h,w), stretched to h x w, RGB, (v-127)/128
 *       ->  scores (1,n,2): nothing, face;  boxes (1,n,4) for n fixed places
 *
 * Scores are probabilities, or numbers that a softmax makes probabilities. Boxes are left, top,
 * right, bottom as fractions of the picture. In files without that last step they are offsets (x,
 * y, w, h) from the places ("priors", Liu 2016, SSD):
 *
 *     middle = prior middle + 0.1 * (x,y) * prior size,  size = prior size * exp(0.2 * (w,h))
 *
 * A grey picture tells once which of the two a file has: corners are in order in every box, offsets
 * in hardly any set of thousands. */
#include "face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 320, HEIGHT = 240 };
static const double SURE = 0.7;
static const float MIDDLE_VARIANCE = 0.1f, SIZE_VARIANCE = 0.2f;

struct P2cRfb {
    P2cNetwork network;
    int width, height, places;
    P2cNode *score_node, *box_node;
    bool offsets, logits;
    float *planes, (*scores)[2], (*boxes)[4], (*priors)[4];
};

/* ---- places ---- */

static const struct {
    int stride, sides[3];
} maps[] = {
    { 8, { 10, 16, 24 } }, { 16, { 32, 48 } }, { 32, { 64, 96 } }, { 64, { 128, 192, 256 } }
};

int p2c_rfb_priors(int width, int height, float (*priors)[4]) {
    int n = 0;
    for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
        int columns = (width + maps[m].stride - 1) / maps[m].stride,
            rows = (height + maps[m].stride - 1) / maps[m].stride;
        for (int i = 0; i < rows * columns; i++)
            for (int k = 0; k < 3 && maps[m].sides[k]; k++, n++) {
                if (!priors) continue;
                priors[n][0] = ((float)(i % columns) + 0.5f) / (float)columns;
                priors[n][1] = ((float)(i / columns) + 0.5f) / (float)rows;
                priors[n][2] = fminf((float)maps[m].sides[k] / (float)width, 1);
                priors[n][3] = fminf((float)maps[m].sides[k] / (float)height, 1);
            }
    }
    return n;
}

void p2c_rfb_decode(int count, const float (*priors)[4], float (*boxes)[4]) {
    for (int i = 0; i < count; i++)
        for (int axis = 0; axis < 2; axis++) {
            float at = priors[i][axis], size = priors[i][axis + 2];
            float middle = at + boxes[i][axis] * MIDDLE_VARIANCE * size,
                  half = size * expf(boxes[i][axis + 2] * SIZE_VARIANCE) / 2;
            boxes[i][axis] = middle - half;
            boxes[i][axis + 2] = middle + half;
        }
}

/* These boxes are taller than wide, because they include forehead and chin. Measured on 378
 * portraits in which both kinds of detector found the face, in sides of dlib's square: 0.946 wide,
 * 1.316 high, the middle 0.012 further right and 0.067 higher. */
P2cBox p2c_rfb_square(P2cBox box) {
    double side = ((box.right - box.left) / 0.946 + (box.bottom - box.top) / 1.316) / 2;
    double x = (box.left + box.right) / 2 - 0.012 * side,
           y = (box.top + box.bottom) / 2 + 0.067 * side;
    return (P2cBox){ x - side / 2, y - side / 2, x + side / 2, y + side / 2 };
}

/* ---- the network's results ---- */

/* Finds the result (1,n,last) of a network; n must be the same for both results. */
static P2cNode *find_result(const P2cNetwork *network, int last) {
    for (int i = 0; i < network->output_count; i++) {
        P2cDims d = p2c_node_dims(network->outputs[i]);
        if (d.rank == 3 && d.d[0] == 1 && d.d[2] == last) return network->outputs[i];
    }
    return NULL;
}

static P2cStatus find_results(P2cRfb *r) {
    r->score_node = find_result(&r->network, 2);
    r->box_node = find_result(&r->network, 4);
    if (r->score_node && r->box_node &&
        p2c_node_dims(r->score_node).d[1] == p2c_node_dims(r->box_node).d[1]) {
        r->places = p2c_node_dims(r->score_node).d[1];
        return P2C_OK;
    }
    return p2c_fail(
        r->network.ctx, P2C_ERR_FORMAT,
        "%s: not a supported face detector: expected results of shapes (1,n,2), scores, and "
        "(1,n,4), boxes, like those of Ultra-Light-Fast-Generic-Face-Detector-1MB",
        r->network.path);
}

static P2cStatus take_memory(P2cRfb *r) {
    size_t n = (size_t)r->places, pixels = (size_t)r->width * (size_t)r->height;
    r->planes = calloc(3 * pixels, sizeof(float));
    r->scores = malloc(n * sizeof *r->scores);
    r->boxes = malloc(n * sizeof *r->boxes);
    r->priors = malloc((size_t)p2c_rfb_priors(r->width, r->height, NULL) * sizeof *r->priors);
    if (!r->planes || !r->scores || !r->boxes || !r->priors)
        return p2c_fail_memory(r->network.ctx, "the face detector", 3 * pixels * sizeof(float));
    p2c_rfb_priors(r->width, r->height, r->priors);
    return P2C_OK;
}

static P2cStatus answer(P2cRfb *r) {
    P2cStatus status = p2c_network_run(&r->network, r->planes);
    if (!status) status = p2c_node_read(r->score_node, &r->scores[0][0]);
    return status ? status : p2c_node_read(r->box_node, &r->boxes[0][0]);
}

/* Finds out which kinds of scores and boxes this file gives. */
static P2cStatus find_kinds(P2cRfb *r) {
    P2cStatus status = answer(r); /* the planes are zeros, which is a grey picture */
    if (status) return status;
    for (int i = 0; i < r->places; i++) {
        const float *s = r->scores[i], *b = r->boxes[i];
        r->logits |= fabsf(s[0] + s[1] - 1) > 1e-3f || s[0] < 0 || s[1] < 0;
        r->offsets |= b[2] < b[0] || b[3] < b[1];
    }
    int expected = p2c_rfb_priors(r->width, r->height, NULL);
    if (!r->offsets || r->places == expected) return P2C_OK;
    return p2c_fail(r->network.ctx, P2C_ERR_FORMAT,
                    "%s: its boxes are offsets from %d places, but a picture of %d x %d has %d: "
                    "expected a file with boxes as corners, or "
                    "one of Ultra-Light-Fast-Generic-Face-Detector-1MB",
                    r->network.path, r->places, r->width, r->height, expected);
}

/* ---- a detector ---- */

P2cStatus p2c_rfb_open(P2cContext *ctx, const char *path, P2cRfb **out) {
    *out = NULL;
    P2cRfb *r = calloc(1, sizeof *r);
    if (!r) return p2c_fail_memory(ctx, "the face detector", sizeof *r);
    P2cStatus status = p2c_network_read(ctx, path, "face detector", &r->network);
    if (status) goto cleanup;
    const int64_t *size = r->network.shape.size;
    r->height = size[2] > 0 ? (int)size[2] : HEIGHT;
    r->width = size[3] > 0 ? (int)size[3] : WIDTH;
    if ((size[1] != 3 && size[1] >= 0) || size[2] > 4096 || size[3] > 4096) {
        status = p2c_fail(ctx, P2C_ERR_FORMAT,
                          "%s: not a supported face detector: expected an input (1,3,h,w) of at "
                          "most 4096 a side, got (1,%lld,%lld,%lld)",
                          path, (long long)size[1], (long long)size[2], (long long)size[3]);
        goto cleanup;
    }
    status = p2c_network_build(&r->network, P2C_DIMS(1, 3, r->height, r->width));
    if (!status) status = find_results(r);
    if (!status) status = take_memory(r);
    if (!status) status = find_kinds(r);
cleanup:
    if (status) p2c_rfb_close(&r);
    *out = r;
    return status;
}

void p2c_rfb_close(P2cRfb **rfb) {
    P2cRfb *r = *rfb;
    if (!r) return;
    p2c_network_clear(&r->network);
    free(r->planes);
    free(r->scores);
    free(r->boxes);
    free(r->priors);
    free(r);
    *rfb = NULL;
}

static P2cStatus load(P2cRfb *r, const P2cImage *photo) {
    P2cImage small;
    P2cStatus status =
        p2c_image_resize(r->network.ctx, photo, r->width, r->height, P2C_FILTER_BILINEAR, &small);
    if (status) return status;
    p2c_image_over_white(&small);
    size_t n = (size_t)r->width * (size_t)r->height;
    for (size_t i = 0; i < 3 * n; i++)
        r->planes[i % 3 * n + i / 3] = ((float)small.pixels[i] - 127) / 128;
    p2c_image_clear(&small);
    return P2C_OK;
}

static double probability(const P2cRfb *r, int i) {
    return r->logits ? 1 / (1 + exp((double)r->scores[i][0] - r->scores[i][1])) : r->scores[i][1];
}

/* Collects the detections that are sure enough, in pixels of the photo. NaN compares as not
 * sure. */
static int gather(const P2cRfb *r, const P2cImage *photo, P2cDetection *found) {
    int count = 0;
    for (int i = 0; i < r->places; i++) {
        double score = probability(r, i), w = photo->width, h = photo->height;
        const float *b = r->boxes[i];
        if (!(score > SURE) || !(b[2] > b[0]) || !(b[3] > b[1]) || !isfinite(b[2] - b[0]) ||
            !isfinite(b[3] - b[1]))
            continue;
        found[count++] =
            (P2cDetection){ { b[0] * w - 0.5, b[1] * h - 0.5, b[2] * w - 0.5, b[3] * h - 0.5 },
                            score };
    }
    return count;
}

P2cStatus p2c_rfb_run(P2cRfb *r, const P2cImage *photo, P2cDetection **found, int *count) {
    *found = NULL;
    *count = 0;
    P2cStatus status = load(r, photo);
    if (!status) status = answer(r);
    if (status) return status;
    if (r->offsets) p2c_rfb_decode(r->places, (const float(*)[4])r->priors, r->boxes);
    P2cDetection *all = malloc((size_t)r->places * sizeof *all);
    if (!all) return p2c_fail_memory(r->network.ctx, "faces", (size_t)r->places * sizeof *all);
    /* Duplicates are removed before boxes become square, because the overlap of the original boxes
     * tells neighbours from duplicates. */
    *count = p2c_detections_thin(all, gather(r, photo, all));
    for (int i = 0; i < *count; i++) all[i].box = p2c_rfb_square(all[i].box);
    *found = all;
    return P2C_OK;
}

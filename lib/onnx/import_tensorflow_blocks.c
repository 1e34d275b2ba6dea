/* import_tensorflow_blocks.c: SpaceToBatchND and BatchToSpaceND, by which TensorFlow expresses a
 * dilated convolution. The pixels of a padded picture that are b apart become separate pictures,
 * each is convolved, and the results are put together again and cropped:
 *
 *     SpaceToBatchND(padding) -> Conv2D, VALID, stride 1 -> BatchToSpaceND(crops)
 *       =  Conv2D with dilation b, padding - crops
 *
 * So the first two wait for the third. If it does not come, they are computed as written. */
#include <stdlib.h>
#include <string.h>

#include "import_tensorflow.h"

struct P2cBlocks {
    P2cBlocks *next;
    /* the value that is cut into blocks: of the network, or of `under` */
    P2cImported *x;
    int64_t block[2], before[4], after[4];
    P2cBlocks *under; /* not NULL: the blocks to convolve, by w */
    P2cImported w, self;
    P2cConvolution conv;
    P2cNode *node; /* NULL until it is made */
};

void p2c_blocks_free(P2cImporter *im) {
    for (P2cBlocks *b = im->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    im->blocks = NULL;
}

/* Puts waiting blocks instead of a node into `out`. */
static P2cStatus wait(P2cImporter *im, const P2cBlocks *what, P2cShape shape, P2cImported *out) {
    P2cStatus status = p2c_import_check(im, shape, false);
    P2cBlocks *b = status ? NULL : malloc(sizeof *b);
    if (!b) return status ? status : p2c_import_memory(im);
    *b = *what;
    b->next = im->blocks;
    im->blocks = b;
    b->self = (P2cImported){ .shape = shape, .blocks = b, .made = true };
    const char *name = out->name;
    int readers = out->readers;
    *out = b->self;
    out->name = name;
    out->readers = readers;
    return P2C_OK;
}

/* Reads the block of two axes and the pairs that say what is padded or cropped. */
static P2cStatus block_of(P2cImporter *im, P2cImported **in, int64_t block[2], int64_t before[4],
                          int64_t after[4]) {
    int n = 0;
    P2cStatus status = p2c_import_ints(im, in[1], 2, block, &n);
    memset(before, 0, 4 * sizeof *before);
    memset(after, 0, 4 * sizeof *after);
    if (!status && (n != 2 || in[0]->shape.rank != 4 || block[0] < 1 || block[1] < 1 ||
                    block[0] > 1 << 10 || block[1] > 1 << 10))
        status = p2c_import_fail(im, "blocks of %s: only blocks of pictures are supported",
                                 p2c_shape_text(in[0]->shape).text);
    return status ? status : p2c_tf_pairs(im, in[2], 2, before + 1, after + 1);
}

/* ---- into blocks ---- */

static P2cStatus cut(P2cImporter *im, const P2cBlocks *b, P2cImported *out) {
    P2cImported padded = { 0 };
    P2cStatus status = p2c_import_pad(im, b->x, b->before, b->after, P2C_PAD_CONSTANT, 0, &padded);
    if (status) return status;
    const int64_t *s = padded.shape.size, h = b->block[0], w = b->block[1];
    P2cShape six = { 6, { s[0], s[1] / h, h, s[2] / w, w, s[3] } };
    return p2c_import_rearrange(im, &padded, six, (int[]){ 2, 4, 0, 1, 3, 5 }, b->self.shape, out);
}

P2cNode *p2c_blocks_node(P2cImporter *im, P2cImported *v) {
    P2cBlocks *b = v->blocks;
    P2cImported out = { 0 };
    if (b->node) return b->node;
    P2cStatus status = b->under ? p2c_import_conv(im, &b->under->self, &b->w, NULL, &b->conv, &out)
                                : cut(im, b, &out);
    if (status) p2c_graph_fail(im->net.graph, status, "%s", p2c_error(im->ctx));
    else b->node = p2c_import_use(im, &out);
    return b->node;
}

P2cStatus p2c_tf_space_to_batch(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cBlocks b = { .x = in[0] };
    P2cStatus status = block_of(im, in, b.block, b.before, b.after);
    if (status) return status;
    P2cShape shape = in[0]->shape;
    for (int i = 0; i < 2; i++) {
        int64_t *size = &shape.size[1 + i], n = b.block[i], before = b.before[1 + i],
                after = b.after[1 + i];
        if (before < 0 || after < 0 || before > 1 << 20 || after > 1 << 20)
            return p2c_import_fail(im, "padding of %lld and %lld is not possible",
                                   (long long)before, (long long)after);
        *size += before + after;
        if (*size % n)
            return p2c_import_fail(im, "blocks of %lld do not fit %s", (long long)n,
                                   p2c_shape_text(shape).text);
        *size /= n;
        shape.size[0] *= n;
    }
    return wait(im, &b, shape, out[0]);
}

P2cStatus p2c_tf_conv_of_blocks(P2cImporter *im, P2cImported *x, const P2cImported *w,
                                const P2cConvolution *c, P2cImported *out, bool *done) {
    const P2cBlocks *under = x->blocks;
    const P2cWindow *v = &c->window;
    *done = under && !x->node && !under->under && w->constant && c->channels_last &&
            under->block[0] == under->block[1];
    for (int i = 0; i < 2; i++)
        *done = *done && v->stride[i] == 1 && v->dilation[i] == 1 && !v->before[i] &&
                !v->after[i] && x->shape.size[1 + i] >= v->k[i];
    if (!*done) return P2C_OK;
    P2cBlocks b = { .x = under->x, .under = x->blocks, .w = *w, .conv = *c };
    P2cShape shape = { 4,
                       { x->shape.size[0], x->shape.size[1] - v->k[0] + 1,
                         x->shape.size[2] - v->k[1] + 1, w->shape.size[0] } };
    return wait(im, &b, shape, out);
}

/* ---- and back ---- */

/* Computes all three as one dilated convolution, if these came before and nobody else reads
 * them. */
static P2cStatus dilated(P2cImporter *im, P2cImported *x, const int64_t block[2],
                         const int64_t before[4], const int64_t after[4], P2cImported *out,
                         bool *done) {
    const P2cBlocks *b = x->blocks, *under = b ? b->under : NULL;
    *done = under && !x->node && x->readers == 1 && block[0] == under->block[0] &&
            block[1] == under->block[1];
    if (!*done) return P2C_OK;
    P2cConvolution c = b->conv;
    P2cImported w = b->w;
    for (int i = 0; i < 2; i++) {
        c.window.dilation[i] = block[i];
        c.window.before[i] = under->before[1 + i] - before[1 + i];
        c.window.after[i] = under->after[1 + i] - after[1 + i];
        *done = *done && c.window.before[i] >= 0 && c.window.after[i] >= 0;
    }
    return *done ? p2c_import_conv(im, b->x, &w, NULL, &c, out) : P2C_OK;
}

P2cStatus p2c_tf_batch_to_space(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t b[2], before[4], after[4];
    bool done = false;
    P2cImported whole = { 0 }, part = { 0 };
    P2cStatus status = block_of(im, in, b, before, after);
    if (status) return status;
    const int64_t *s = in[0]->shape.size;
    if (s[0] % (b[0] * b[1]))
        return p2c_import_fail(im, "blocks of %lld x %lld do not fit %s", (long long)b[0],
                               (long long)b[1], p2c_shape_text(in[0]->shape).text);
    int64_t n = s[0] / (b[0] * b[1]);
    P2cShape six = { 6, { b[0], b[1], n, s[1], s[2], s[3] } },
             shape = { 4, { n, s[1] * b[0], s[2] * b[1], s[3] } };
    for (int i = 1; i < 3; i++)
        if (before[i] < 0 || after[i] < 0 || before[i] > shape.size[i] ||
            after[i] > shape.size[i] - before[i])
            return p2c_import_fail(im, "cuts off more than there is");
    status = dilated(im, in[0], b, before, after, out[0], &done);
    if (status || done) return status;
    status = p2c_import_rearrange(im, in[0], six, (int[]){ 2, 3, 0, 4, 1, 5 }, shape, &whole);
    if (!status)
        status = p2c_import_slice(im, &whole, 1, before[1], shape.size[1] - after[1], 1, &part);
    return status ? status
                  : p2c_import_slice(im, &part, 2, before[2], shape.size[2] - after[2], 1, out[0]);
}

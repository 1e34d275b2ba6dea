/* step.c: the whole training step of photo2cartoon, one graph, in the order in which it runs:
 *
 *   1  each generator once on two pictures:   (fake_B, same_B) = genA2B(a, b)     (fake_A, same_A) = genB2A(b, a)
 *   2  discriminators on real, then on fake (detached); least squares to 1 and 0; Adam on the four
 *   3  cycles genB2A(fake_B), genA2B(fake_A); the discriminators, as just updated, on the fakes; Adam on both generators
 *
 * Against the published program nothing is computed twice: its fakes are made once, identities share the pass with fakes, the
 * discriminators' loss stops at the fakes, and no discriminator gets weight gradients from the generators' loss. Norms are per picture,
 * so that a batch gives what single passes give. Spectral norm takes one power iteration per discriminator pass: real, fake, and fake
 * again, as published.   Losses: U-GAT-IT (Kim 2020) and photo2cartoon. */
#include "step.h"

#include <string.h>

const char *const term_names[TERM_COUNT] = { "d", "g", "adv", "cycle", "identity", "cam", "faceid" };

StepOptions step_defaults(void) {
    return (StepOptions){ .batch = 1, .size = 256, .ch = 32, .lr = 1e-4, .weight_decay = 1e-4, .adv = 1, .cycle = 50, .identity = 10, .cam = 1000,
                          .faceid = 1, .rho_clip = 1, .w_clip = 1 };
}

/* What the parts of the step share while it is built. */
typedef struct Builder {
    P2cGraph *graph;
    P2cStore *store;
    const StepOptions *options;
    P2cNode *one, *zero;
} Builder;

/* A domain as the step sees it: its real picture, the fake made from the other domain, and its discriminators. */
typedef struct Domain {
    const char *global, *local; /* names of its discriminators */
    P2cNode *real, *fake, *same, *fake_cam, *same_cam;
} Domain;

/* ---- generators ------------------------------------------------------------------------------------------ */

static P2cGenerated generate(const Builder *b, const char *name, P2cNode *x) {
    return p2c_generator(p2c_net(b->graph, b->store, name), x, (P2cGenerator){ .ch = b->options->ch, .full = b->options->full });
}

/* One pass on (source, target): the fake of the target's domain, and the target's identity. */
static void generate_pair(const Builder *b, const char *name, P2cNode *source, P2cNode *target, Domain *to) {
    int n = b->options->batch;
    P2cGenerated made = generate(b, name, p2c_concat(2, (P2cNode *[]){ source, target }, 0));
    to->real = target;
    to->fake = p2c_slice(made.image, 0, 0, n);
    to->same = p2c_slice(made.image, 0, n, 2 * n);
    to->fake_cam = p2c_slice(made.cam, 0, 0, n);
    to->same_cam = p2c_slice(made.cam, 0, n, 2 * n);
}

/* ---- discriminators --------------------------------------------------------------------------------------- */

/* Least squares of one discriminator's map and CAM logits to real or fake. */
static P2cNode *judge(const Builder *b, const char *name, int layers, P2cNode *picture, P2cNode *target) {
    P2cDiscriminator options = { .layers = layers, .ch = b->options->ch, .training = true };
    P2cJudged judged = p2c_discriminator(p2c_net(b->graph, b->store, name), picture, options);
    return p2c_add(p2c_mse_loss(judged.map, target), p2c_mse_loss(judged.cam, target));
}

static P2cNode *judge_both(const Builder *b, const Domain *d, P2cNode *picture, P2cNode *target) {
    return p2c_add(judge(b, d->global, 7, picture, target), judge(b, d->local, 5, picture, target));
}

static P2cNode *discriminator_loss(const Builder *b, const Domain *d) {
    P2cNode *real = judge_both(b, d, d->real, b->one), *fake = judge_both(b, d, p2c_detach(d->fake), b->zero);
    return p2c_affine(p2c_add(real, fake), (float)b->options->adv, 0);
}

/* ---- the generators' loss ------------------------------------------------------------------------------------ */

/* 1 - cosine similarity of the faces in a picture and in its translation. */
static P2cNode *face_distance(const Builder *b, P2cNode *x, P2cNode *y) {
    P2cNet face = p2c_net(b->graph, b->store, "face");
    P2cNode *ex = p2c_mobilefacenet(face, p2c_face_crop(x)), *ey = p2c_mobilefacenet(face, p2c_face_crop(y));
    return p2c_affine(p2c_mean(p2c_cosine_similarity(ex, ey)), -1, 1);
}

/* Terms of domain d. cycled: its real picture, to the other domain and back; source: what its fake was made from. */
static void generator_terms(const Builder *b, const Domain *d, P2cNode *cycled, P2cNode *source, P2cNode *term[TERM_COUNT]) {
    term[TERM_ADV] = judge_both(b, d, d->fake, b->one);
    term[TERM_CYCLE] = p2c_l1_loss(cycled, d->real);
    term[TERM_IDENTITY] = p2c_l1_loss(d->same, d->real);
    term[TERM_CAM] = p2c_add(p2c_bce_with_logits(d->fake_cam, b->one), p2c_bce_with_logits(d->same_cam, b->zero));
    term[TERM_FACEID] = b->options->face ? face_distance(b, source, d->fake) : p2c_constant(b->graph, P2C_SCALAR, 0);
}

static P2cNode *weighted(const StepOptions *o, P2cNode *const term[TERM_COUNT]) {
    const double weights[TERM_COUNT] = { [TERM_ADV] = o->adv, [TERM_CYCLE] = o->cycle, [TERM_IDENTITY] = o->identity, [TERM_CAM] = o->cam, [TERM_FACEID] = o->faceid };
    P2cNode *sum = p2c_affine(term[TERM_ADV], (float)weights[TERM_ADV], 0);
    for (int t = TERM_CYCLE; t < TERM_COUNT; t++) sum = p2c_add(sum, p2c_affine(term[t], (float)weights[t], 0));
    return sum;
}

/* ---- the step ------------------------------------------------------------------------------------------------- */

/* rho in [0, rho_clip], w_gamma and w_beta in [0, w_clip], after every update. */
static void set_ranges(P2cStore *store, const StepOptions *o) {
    for (int i = 0; i < p2c_store_count(store); i++) {
        const char *name = p2c_store_name(store, i), *dot = strrchr(name, '.'), *leaf = dot ? dot + 1 : name;
        if (!strcmp(leaf, "rho")) p2c_store_set_range(store, i, 0, o->rho_clip);
        if (!strcmp(leaf, "w_gamma") || !strcmp(leaf, "w_beta")) p2c_store_set_range(store, i, 0, o->w_clip);
    }
}

static void sum_terms(Step *step) {
    for (int t = 0; t < TERM_COUNT; t++) {
        step->sum[t] = p2c_output(p2c_add(step->of_a[t], step->of_b[t]));
        p2c_output(step->of_a[t]);
        p2c_output(step->of_b[t]);
    }
}

static void build(Step *step, const Builder *b) {
    const StepOptions *o = b->options;
    P2cNet generators[] = { p2c_net(b->graph, b->store, "genA2B"), p2c_net(b->graph, b->store, "genB2A") };
    P2cNet discriminators[4];
    Domain photos = { .global = "disGA", .local = "disLA" }, cartoons = { .global = "disGB", .local = "disLB" };
    const char *const names[] = { photos.global, cartoons.global, photos.local, cartoons.local };
    for (int i = 0; i < 4; i++) discriminators[i] = p2c_net(b->graph, b->store, names[i]);

    generate_pair(b, "genA2B", step->a, step->b, &cartoons);
    generate_pair(b, "genB2A", step->b, step->a, &photos);

    step->of_a[TERM_D] = discriminator_loss(b, &photos);
    step->of_b[TERM_D] = discriminator_loss(b, &cartoons);
    p2c_minimize(p2c_add(step->of_a[TERM_D], step->of_b[TERM_D]), 4, discriminators, &step->discriminators, NULL);

    P2cNode *cycled_a = generate(b, "genB2A", cartoons.fake).image, *cycled_b = generate(b, "genA2B", photos.fake).image;
    generator_terms(b, &photos, cycled_a, step->b, step->of_a);
    generator_terms(b, &cartoons, cycled_b, step->a, step->of_b);
    step->of_a[TERM_G] = weighted(o, step->of_a);
    step->of_b[TERM_G] = weighted(o, step->of_b);
    p2c_minimize(p2c_add(step->of_a[TERM_G], step->of_b[TERM_G]), 2, generators, &step->generators, NULL);
    sum_terms(step);
}

P2cStatus step_init(Step *step, P2cContext *ctx, P2cStore *store, const StepOptions *o) {
    P2cAdam adam = { .lr = o->lr, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8, .weight_decay = o->weight_decay };
    *step = (Step){ .generators = adam, .discriminators = adam };
    P2cStatus status = p2c_graph_new(&step->graph, ctx);
    if (status) return status;
    Builder b = { step->graph, store, o, p2c_constant(step->graph, P2C_SCALAR, 1), p2c_constant(step->graph, P2C_SCALAR, 0) };
    step->a = p2c_input(step->graph, "photos", P2C_DIMS(o->batch, 3, o->size, o->size));
    step->b = p2c_input(step->graph, "cartoons", P2C_DIMS(o->batch, 3, o->size, o->size));
    build(step, &b);
    set_ranges(store, o);
    return p2c_graph_finish(step->graph);
}

void step_clear(Step *step) { p2c_graph_free(&step->graph); }

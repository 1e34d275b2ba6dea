/* step.c: the whole training step of photo2cartoon, one graph, in the order in which it runs:
 *
 *   1  each generator once on two pictures:   (fake_B, same_B) = genA2B(a, b)     (fake_A, same_A)
 *       = genB2A(b, a)
 *   2  discriminators on real, then on fake (detached); least squares to 1 and 0; Adam on the four
 *   3  cycles genB2A(fake_B), genA2B(fake_A); the discriminators, as just updated, on the fakes;
 *      Adam on both generators
 *
 * Against the published program nothing is computed twice: its fakes are made once, identities
 * share the pass with fakes, the discriminators' loss stops at the fakes, and no discriminator gets
 * weight gradients from the generators' loss. Norms are per picture, so that a batch gives what
 * single passes give. Spectral norm takes one power iteration per discriminator pass: real, fake,
 * and fake again, as published.
 *
 * The lite step (StepOptions.ch_b2a, .identity_every) spends less on what nobody ships: genB2A may
 * be narrower, and the identity terms may come with every Nth step only, N times as heavy: lazy
 * regularisation (StyleGAN2, Karras 2020). Its default is the published step.
 *
 * A batch in several parts gives what it gives in one: gradients add up over the parts, the power
 * iteration of a pass is taken at its first part. It is unrolled in the graph, so that only one
 * part's activations are there at a time; the price is that the fakes are made once
 * for 2 and once more for 3.   Losses: U-GAT-IT (Kim 2020) and photo2cartoon. */
#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const term_names[TERM_COUNT] = {
    "d", "g", "adv", "cycle", "identity", "cam", "faceid"
};

const char *const network_names[NETWORKS] = {
    "genA2B", "genB2A", "disGA", "disGB", "disLA", "disLB"
};

int step_channels(const char *name, int ch, int ch_b2a) {
    return ch_b2a && !strcmp(name, "genB2A") ? ch_b2a : ch;
}

StepOptions step_defaults(void) {
    return (StepOptions){ .batch = 1,
                          .parts = 1,
                          .size = 256,
                          .ch = 32,
                          .identity_every = 1,
                          .lr = 1e-4,
                          .weight_decay = 1e-4,
                          .adv = 1,
                          .cycle = 50,
                          .identity = 10,
                          .cam = 1000,
                          .faceid = 1,
                          .rho_clip = 1,
                          .w_clip = 1 };
}

/* What the pieces of the step share while it is built. */
typedef struct Builder {
    Step *step;
    StepUpdates *updates;
    P2cGraph *graph;
    P2cStore *store;
    const StepOptions *options;
    P2cNode *one, *zero;
    P2cNet nets[NETWORKS];
} Builder;

/* A domain as one part of the step sees it: its real pictures, the fakes made from the other
 * domain, the identities (NULL in a step without), and its discriminators. */
typedef struct Domain {
    const char *global, *local; /* names of its discriminators */
    P2cNode *real, *fake, *same, *fake_cam, *same_cam;
} Domain;
typedef struct Part {
    Domain photos, cartoons;
} Part;

/* Part m of the pictures. */
static P2cNode *pictures(const Builder *b, P2cNode *all, int m) {
    int n = b->options->batch;
    return b->options->parts == 1 ? all : p2c_slice(all, 0, m * n, (m + 1) * n);
}

static Part part_of(const Builder *b, int m) {
    return (Part){
        .photos = { .global = "disGA", .local = "disLA", .real = pictures(b, b->step->a, m) },
        .cartoons = { .global = "disGB", .local = "disLB", .real = pictures(b, b->step->b, m) }
    };
}

/* ---- generators ------------------------------------------------------------------------------ */

static P2cGenerated generate(const Builder *b, const char *name, P2cNode *x) {
    const StepOptions *o = b->options;
    P2cGenerator options = { .ch = step_channels(name, o->ch, o->ch_b2a), .full = o->full };
    return p2c_generator(p2c_net(b->graph, b->store, name), x, options);
}

/* One pass on (source, target): the fake of the target's domain, and the target's identity. */
static void generate_pair(const Builder *b, const char *name, const Domain *source, Domain *to) {
    int n = b->options->batch;
    if (!b->options->identity_every) {
        P2cGenerated made = generate(b, name, source->real);
        to->fake = made.image, to->fake_cam = made.cam;
        return;
    }
    P2cGenerated made =
        generate(b, name, p2c_concat(2, (P2cNode *[]){ source->real, to->real }, 0));
    to->fake = p2c_slice(made.image, 0, 0, n);
    to->same = p2c_slice(made.image, 0, n, 2 * n);
    to->fake_cam = p2c_slice(made.cam, 0, 0, n);
    to->same_cam = p2c_slice(made.cam, 0, n, 2 * n);
}

static void generate_all(const Builder *b, Part *part) {
    generate_pair(b, "genA2B", &part->photos, &part->cartoons);
    generate_pair(b, "genB2A", &part->cartoons, &part->photos);
}

/* ---- discriminators -------------------------------------------------------------------------- */

/* Least squares of one discriminator's map and CAM logits to real or fake. */
static P2cNode *judge(const Builder *b, const char *name, int layers, P2cNode *picture,
                      P2cNode *target, bool iterate) {
    P2cDiscriminator options = { .layers = layers, .ch = b->options->ch, .training = iterate };
    P2cJudged judged = p2c_discriminator(p2c_net(b->graph, b->store, name), picture, options);
    return p2c_add(p2c_mse_loss(judged.map, target), p2c_mse_loss(judged.cam, target));
}

/* iterate: take the power iteration of spectral norm, once per pass over a batch. */
static P2cNode *judge_both(const Builder *b, const Domain *d, P2cNode *picture, P2cNode *target,
                           bool iterate) {
    return p2c_add(judge(b, d->global, 7, picture, target, iterate),
                   judge(b, d->local, 5, picture, target, iterate));
}

/* A term of the mean over all parts, for A, B or their sum. */
static void add_term(P2cNode **total, P2cNode *term, double weight) {
    P2cNode *weighted = p2c_affine(term, (float)weight, 0);
    *total = *total ? p2c_add(*total, weighted) : weighted;
}

/* The loss of one part on its real pictures or on its fakes; its gradients, and after the last of
 * all the update. */
static void discriminate(const Builder *b, const Part *part, bool real, bool first, bool last) {
    Step *step = b->step;
    P2cNode *target = real ? b->one : b->zero;
    double weight = b->options->adv / b->options->parts;
    const Domain *pa = &part->photos, *pb = &part->cartoons;
    P2cNode *of_a = judge_both(b, pa, real ? pa->real : p2c_detach(pa->fake), target, first);
    P2cNode *of_b = judge_both(b, pb, real ? pb->real : p2c_detach(pb->fake), target, first);
    add_term(&step->of_a[TERM_D], of_a, weight);
    add_term(&step->of_b[TERM_D], of_b, weight);
    P2cNode *loss = p2c_affine(p2c_add(of_a, of_b), (float)weight, 0);
    if (last)
        p2c_minimize(loss, DISCRIMINATORS, b->nets + GENERATORS, &b->updates->discriminators,
                     step->squares + GENERATORS);
    else p2c_accumulate(loss, DISCRIMINATORS, b->nets + GENERATORS);
}

/* ---- the generators' loss -------------------------------------------------------------------- */

/* 1 - cosine similarity of the faces in a picture and in its translation. */
static P2cNode *face_distance(const Builder *b, P2cNode *x, P2cNode *y) {
    P2cNet face = p2c_net(b->graph, b->store, "face");
    P2cNode *ex = p2c_face_embedding(face, x, b->options->face_kind),
            *ey = p2c_face_embedding(face, y, b->options->face_kind);
    return p2c_affine(p2c_mean(p2c_cosine_similarity(ex, ey)), -1, 1);
}

/* Terms of domain d. cycled: its real picture, to the other domain and back; source: what its fake
 * was made from. */
static void generator_terms(const Builder *b, const Domain *d, P2cNode *cycled, P2cNode *source,
                            bool first, P2cNode *term[TERM_COUNT]) {
    term[TERM_ADV] = judge_both(b, d, d->fake, b->one, first);
    term[TERM_CYCLE] = p2c_l1_loss(cycled, d->real);
    term[TERM_IDENTITY] =
        d->same ? p2c_l1_loss(d->same, d->real) : p2c_constant(b->graph, P2C_SCALAR, 0);
    term[TERM_CAM] = p2c_bce_with_logits(d->fake_cam, b->one);
    if (d->same)
        term[TERM_CAM] = p2c_add(term[TERM_CAM], p2c_bce_with_logits(d->same_cam, b->zero));
    term[TERM_FACEID] = b->options->face ? face_distance(b, source, d->fake)
                                         : p2c_constant(b->graph, P2C_SCALAR, 0);
}

/* What the identity terms weigh more in a step that stands for several. */
static P2cNode *repeated_identity(const Builder *b, const Domain *d, P2cNode *identity) {
    const StepOptions *o = b->options;
    P2cNode *cam = p2c_bce_with_logits(d->same_cam, b->zero),
            *sum = p2c_add(p2c_affine(identity, (float)o->identity, 0),
                           p2c_affine(cam, (float)o->cam, 0));
    return p2c_affine(sum, (float)(o->identity_every - 1), 0);
}

static P2cNode *weighted(const Builder *b, const Domain *d, P2cNode *const term[TERM_COUNT]) {
    const StepOptions *o = b->options;
    const double weights[TERM_COUNT] = { [TERM_ADV] = o->adv,
                                         [TERM_CYCLE] = o->cycle,
                                         [TERM_IDENTITY] = o->identity,
                                         [TERM_CAM] = o->cam,
                                         [TERM_FACEID] = o->faceid };
    P2cNode *sum = p2c_affine(term[TERM_ADV], (float)weights[TERM_ADV], 0);
    for (int t = TERM_CYCLE; t < TERM_COUNT; t++)
        sum = p2c_add(sum, p2c_affine(term[t], (float)weights[t], 0));
    if (o->identity_every > 1) sum = p2c_add(sum, repeated_identity(b, d, term[TERM_IDENTITY]));
    return sum;
}

/* The loss of one part's fakes, identities and cycles; its gradients, and after the last part the
 * update. */
static void update_networks(const Builder *b, const Part *part, bool first, bool last) {
    Step *step = b->step;
    P2cNode *a[TERM_COUNT], *c[TERM_COUNT];
    P2cNode *cycled_a = generate(b, "genB2A", part->cartoons.fake).image,
            *cycled_b = generate(b, "genA2B", part->photos.fake).image;
    generator_terms(b, &part->photos, cycled_a, part->cartoons.real, first, a);
    generator_terms(b, &part->cartoons, cycled_b, part->photos.real, first, c);
    a[TERM_G] = weighted(b, &part->photos, a);
    c[TERM_G] = weighted(b, &part->cartoons, c);
    for (int t = TERM_G; t < TERM_COUNT; t++) {
        add_term(&step->of_a[t], a[t], 1.0 / b->options->parts);
        add_term(&step->of_b[t], c[t], 1.0 / b->options->parts);
    }
    P2cNode *loss = p2c_affine(p2c_add(a[TERM_G], c[TERM_G]), (float)(1.0 / b->options->parts), 0);
    if (last) p2c_minimize(loss, GENERATORS, b->nets, &b->updates->generators, step->squares);
    else p2c_accumulate(loss, GENERATORS, b->nets);
}

/* ---- the step -------------------------------------------------------------------------------- */

/* rho in [0, rho_clip], w_gamma and w_beta in [0, w_clip], after every update. */
static void set_ranges(P2cStore *store, const StepOptions *o) {
    for (int i = 0; i < p2c_store_count(store); i++) {
        const char *name = p2c_store_name(store, i), *dot = strrchr(name, '.'),
                   *leaf = dot ? dot + 1 : name;
        if (!strcmp(leaf, "rho")) p2c_store_set_range(store, i, 0, o->rho_clip);
        if (!strcmp(leaf, "w_gamma") || !strcmp(leaf, "w_beta"))
            p2c_store_set_range(store, i, 0, o->w_clip);
    }
}

static void sum_terms(Step *step) {
    for (int t = 0; t < TERM_COUNT; t++) {
        step->sum[t] = p2c_output(p2c_add(step->of_a[t], step->of_b[t]));
        p2c_output(step->of_a[t]);
        p2c_output(step->of_b[t]);
    }
}

static void build_step(const Builder *b, Part *parts) {
    int count = b->options->parts;
    for (int m = 0; m < count; m++) {
        parts[m] = part_of(b, m);
        if (count == 1) generate_all(b, &parts[m]);
        else
            parts[m].cartoons.fake = generate(b, "genA2B", parts[m].photos.real).image,
            parts[m].photos.fake = generate(b, "genB2A", parts[m].cartoons.real).image;
    }
    for (int m = 0; m < count; m++) discriminate(b, &parts[m], true, m == 0, false);
    for (int m = 0; m < count; m++) discriminate(b, &parts[m], false, m == 0, m == count - 1);
    for (int m = 0; m < count; m++) {
        if (count > 1) generate_all(b, &parts[m]);
        update_networks(b, &parts[m], m == 0, m == count - 1);
    }
    sum_terms(b->step);
}

static const char *average_name(int generator, char name[32]) {
    snprintf(name, 32, "%s_ema", network_names[generator]);
    return name;
}

static void build_averages(const Builder *b) {
    char name[32];
    for (int i = 0; i < GENERATORS; i++)
        p2c_average(p2c_net(b->graph, b->store, average_name(i, name)), b->nets[i],
                    &b->updates->decay);
}

StepUpdates step_updates(const StepOptions *o) {
    P2cAdam adam = {
        .lr = o->lr, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8, .weight_decay = o->weight_decay
    };
    StepUpdates updates = { .generators = adam, .discriminators = adam };
    if (o->lr_dis > 0) updates.discriminators.lr = o->lr_dis;
    return updates;
}

P2cStatus step_init(Step *step, StepUpdates *updates, P2cContext *ctx, P2cStore *store,
                    const StepOptions *o) {
    P2cDims dims = P2C_DIMS(o->batch * o->parts, 3, o->size, o->size);
    *step = (Step){ .has_identity = o->identity_every > 0 };
    P2cStatus status = p2c_graph_new(&step->graph, ctx);
    if (status) return status;
    Part *parts = calloc((size_t)o->parts, sizeof *parts);
    if (!parts) return P2C_ERR_MEMORY;
    Builder b = { step,
                  updates,
                  step->graph,
                  store,
                  o,
                  p2c_constant(step->graph, P2C_SCALAR, 1),
                  p2c_constant(step->graph, P2C_SCALAR, 0),
                  { { 0 } } };
    for (int i = 0; i < NETWORKS; i++) b.nets[i] = p2c_net(step->graph, store, network_names[i]);
    step->a = p2c_input(step->graph, "photos", dims);
    step->b = p2c_input(step->graph, "cartoons", dims);
    build_step(&b, parts);
    if (o->average) build_averages(&b);
    free(parts);
    set_ranges(store, o);
    p2c_graph_limit(step->graph, o->memory_limit);
    status = p2c_graph_finish(step->graph);
    return status || !o->average ? status : step_restart_averages(store);
}

P2cStatus step_restart_averages(P2cStore *store) {
    char name[32];
    P2cStatus status = P2C_OK;
    for (int i = 0; i < GENERATORS && !status; i++)
        status = p2c_store_copy(store, network_names[i], average_name(i, name));
    return status;
}

void step_clear(Step *step) { p2c_graph_free(&step->graph); }

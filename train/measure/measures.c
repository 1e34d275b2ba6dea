/* measures.c: see measures.h. */
#include "measures.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "edges.h"
#include "faces.h"
#include "points.h"

const MeasureName measure_names[MEASURE_COUNT] = {
    [MEASURE_SWD] = { "swd", "SWD, mean of the levels" },
    [MEASURE_SWD_1] = { "swd_1", "  full size: lines" },
    { "swd_2", "  1/2" },
    { "swd_4", "  1/4" },
    { "swd_8", "  1/8" },
    { "swd_16", "  1/16" },
    { "swd_32", "  1/32" },
    [MEASURE_KID] = { "kid", "KID" },
    [MEASURE_KID_DEVIATION] = { "kid_deviation", "  its standard error" },
    [MEASURE_ID_SIMILARITY] = { "id_similarity", "ID similarity" },
    [MEASURE_ID_FLOOR] = { "id_floor", "  to other people" },
    [MEASURE_ID_MARGIN] = { "id_margin", "  margin" },
    [MEASURE_POINTS] = { "landmark_distance", "landmark distance" },
    [MEASURE_EYES] = { "eye_area", "eye area" },
    [MEASURE_LINES] = { "lines", "share of line pixels" },
    [MEASURE_FLAT] = { "flat", "share of flat pixels" },
};

Measures measures_none(void) {
    Measures m;
    for (int k = 0; k < MEASURE_COUNT; k++) m.value[k] = NAN;
    return m;
}

double measures_score(const Measures *m) {
    double lacks = SCORE_MARGIN - m->value[MEASURE_ID_MARGIN];
    return m->value[MEASURE_SWD] + (lacks > 0 ? SCORE_MARGIN_WEIGHT * lacks : 0);
}

/* ---- a set of pictures ----------------------------------------------------------------------- */

bool gallery_init(Gallery *g, int side, int count, int patches, int stream, int d) {
    *g = (Gallery){ .side = side, .count = count, .d = d };
    if (!swd_init(&g->patches, side, count, patches, stream)) return false;
    if (d) g->embeddings = malloc((size_t)count * (size_t)d * sizeof *g->embeddings);
    g->points = malloc((size_t)count * sizeof *g->points);
    return g->points && (!d || g->embeddings);
}

void gallery_clear(Gallery *g) {
    swd_clear(&g->patches);
    free(g->embeddings);
    free(g->points);
    *g = (Gallery){ 0 };
}

P2cStatus gallery_add(Gallery *g, P2cContext *ctx, P2cLandmarker *landmarker, int i,
                      const P2cImage *picture, const float *embedding) {
    assert(picture->width == g->side && picture->height == g->side && picture->channels == 3);
    size_t bytes = 3 * (size_t)g->side * (size_t)g->side * sizeof(float);
    float *planes = malloc(bytes);
    double lines, flat;
    if (!planes) return p2c_fail_memory(ctx, "picture to measure", bytes);
    p2c_image_to_planes(picture, planes);
    edge_shares(planes, g->side, &lines, &flat);
    g->lines += lines / g->count;
    g->flat += flat / g->count;
    bool good = swd_add(&g->patches, i, planes);
    free(planes);
    if (!good) return p2c_fail_memory(ctx, "patches", bytes);
    for (int k = 0; k < g->d; k++)
        g->embeddings[(size_t)i * (size_t)g->d + (size_t)k] = embedding[k] * sqrtf((float)g->d);
    /* All prepared portraits frame the face alike, so that no detector is needed, which would miss
     * some cartoons. */
    if (!landmarker) return P2C_OK;
    return p2c_landmarker_run(landmarker, picture, p2c_face_centred(picture).box, g->points[i]);
}

/* ---- measures -------------------------------------------------------------------------------- */

bool measures_against(Measures *m, const Gallery *some, const Gallery *cartoons) {
    double *v = m->value;
    v[MEASURE_SWD] = swd_distance(&some->patches, &cartoons->patches, v + MEASURE_SWD_1);
    if (!some->d) return !isnan(v[MEASURE_SWD]);
    v[MEASURE_KID] =
        kid(some->embeddings, some->count, cartoons->embeddings, cartoons->count, some->d);
    v[MEASURE_KID_DEVIATION] = kid_deviation(some->embeddings, some->count, cartoons->embeddings,
                                             cartoons->count, some->d);
    return !isnan(v[MEASURE_SWD]);
}

static void take_edges(Measures *m, const Gallery *gallery) {
    m->value[MEASURE_LINES] = gallery->lines;
    m->value[MEASURE_FLAT] = gallery->flat;
}

/* Means over pairs of a photo and a picture `apart` further on. */
static void compare_points(Measures *m, const Gallery *photos, const Gallery *some, int apart) {
    double distance = 0, eyes = 0;
    for (int i = 0; i < photos->count; i++) {
        PointsDifference difference =
            points_compare(photos->points[i], some->points[(i + apart) % some->count]);
        distance += difference.distance / photos->count;
        eyes += difference.eyes / photos->count;
    }
    m->value[MEASURE_POINTS] = distance;
    m->value[MEASURE_EYES] = eyes;
}

void measures_of_made(Measures *m, const Gallery *photos, const Gallery *made) {
    double *v = m->value;
    assert(photos->count == made->count);
    take_edges(m, made);
    compare_points(m, photos, made, 0);
    if (!made->d) return;
    v[MEASURE_ID_SIMILARITY] =
        cosine_of_pairs(photos->embeddings, made->embeddings, made->count, made->d);
    v[MEASURE_ID_FLOOR] =
        cosine_of_others(photos->embeddings, made->embeddings, made->count, made->d);
    v[MEASURE_ID_MARGIN] = v[MEASURE_ID_SIMILARITY] - v[MEASURE_ID_FLOOR];
}

void measures_of_others(Measures *m, const Gallery *photos, const Gallery *others) {
    bool same = photos == others;
    take_edges(m, others);
    if (!same || photos->count > 1) compare_points(m, photos, others, 1);
    if (!photos->d) return;
    m->value[MEASURE_ID_FLOOR] =
        same ? cosine_of_others(photos->embeddings, photos->embeddings, photos->count, photos->d)
             : cosine_of_all(photos->embeddings, photos->count, others->embeddings, others->count,
                             photos->d);
}

/* series.c: see series.h. The healthy ranges are those of a whole training at the published
 * settings, on the published pictures. */
#include "series.h"

#include <string.h>

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

enum {
    PANEL_D,
    PANEL_CYCLE,
    PANEL_CAM,
    PANEL_FACE,
    PANEL_G,
    PANEL_SWD,
    PANEL_SWD_LEVELS,
    PANEL_LINES,
    PANEL_FLAT,
    PANEL_SIMILARITY,
    PANEL_KID,
    PANEL_KID_DEVIATION,
    PANEL_POINTS,
    PANEL_EYES,
    PANEL_EVAL_CYCLE,
    PANEL_GRAD_G,
    PANEL_GRAD_D,
    PANEL_LR,
    PANEL_MS,
    DETAIL /* then one for each term, of A and of B apart */
};

static const Panel panels[] = {
    [PANEL_D] = { "Discriminators and adversarial",
                  "The contest: d is what the judges get wrong, adv how far the fakes are from "
                  "passing. Healthy: d about 2 to 2.5, adv 4.5 to 4.8." },
    [PANEL_CYCLE] = { "Cycle and identity",
                      "Mean difference of colours, there and back again (cycle), and of a picture "
                      "asked to become what it is (identity). Healthy: below 0.3 after 1,200 "
                      "steps.",
                      .log = true },
    [PANEL_CAM] = { "Class activation (cam)",
                    "Whether the generators tell a picture to be changed from one that is not to "
                    "be. Falls slowly, and jumps.",
                    .log = true },
    [PANEL_FACE] = { "Face identity",
                     "1 - likeness of the faces in a picture and in what is made of it, for both "
                     "directions together: 0 is the same face, 2 nothing in common." },
    [PANEL_G] = { "Generators, all terms",
                  "The weighted sum that the generators make small. It follows cam, which weighs "
                  "most.",
                  .log = true },
    [PANEL_SWD] = { "Evaluation: distance of patches (SWD)",
                    "How different small pieces of the cartoons made are from pieces of drawn "
                    "ones. From the photos' line down to that of drawn cartoons among themselves. "
                    "The score adds a penalty for lost likeness; the checkpoint with the least is "
                    "best.pt.",
                    .log = true },
    [PANEL_SWD_LEVELS] = { "Evaluation: distance of patches, by size",
                           "Full size: lines and texture. The smallest: where colours are. What is "
                           "far above the others is what the cartoons get wrong.",
                           .log = true },
    [PANEL_LINES] = { "Evaluation: share of line pixels",
                      "Should rise from the photos' line to the drawn cartoons'." },
    [PANEL_FLAT] = { "Evaluation: share of flat pixels",
                     "Should come near the drawn cartoons'. Less: grain or shading; more: blur." },
    [PANEL_SIMILARITY] = { "Evaluation: face likeness",
                           "Cosine of a test photo and its cartoon, of the cartoon and other "
                           "people, and the difference. Good: a margin above 0.15." },
    [PANEL_KID] = { "Evaluation: KID",
                    "How different faces in the cartoons made are from faces in drawn ones, by the "
                    "face network, which hardly sees style. Less is better." },
    [PANEL_KID_DEVIATION] = { "Evaluation: standard error of KID",
                              "Differences of KID below this mean nothing." },
    [PANEL_POINTS] = { "Evaluation: landmark distance",
                       "How far features lie from the photo's, in distances of the outer corners "
                       "of the eyes. Less is better; should stay well below others: two people." },
    [PANEL_EYES] = { "Evaluation: eye area",
                     "Relative to the photo's. Near that of drawn cartoons." },
    [PANEL_EVAL_CYCLE] = { "Evaluation: cycle",
                           "Of test photos, there and back again; less is better. If it rises "
                           "while the "
                           "training's curve falls, the networks memorise their pictures." },
    [PANEL_GRAD_G] = { "Gradient norms, generators",
                       "Size of each update's gradient. Healthy: no growth over thousands of "
                       "steps; single spikes do no harm.",
                       .log = true },
    [PANEL_GRAD_D] = { "Gradient norms, discriminators", NULL, .log = true },
    [PANEL_LR] = { "Learning rate", NULL },
    [PANEL_MS] = { "Milliseconds a step", NULL },
    [DETAIL +
        TERM_D] = { "d, by direction", "A: judging photos. B: judging cartoons.", .detail = true },
    [DETAIL + TERM_G] = { "g, by direction", NULL, .log = true, .detail = true },
    [DETAIL + TERM_ADV] = { "adv, by direction", NULL, .detail = true },
    [DETAIL + TERM_CYCLE] = { "cycle, by direction", NULL, .log = true, .detail = true },
    [DETAIL + TERM_IDENTITY] = { "identity, by direction", NULL, .log = true, .detail = true },
    [DETAIL + TERM_CAM] = { "cam, by direction", NULL, .log = true, .detail = true },
    [DETAIL + TERM_FACEID] = { "faceid, by direction", NULL, .detail = true },
};

#define A_AND_B(term, name) \
    [SERIES_A + (term)] = { name "_A", "A photos", DETAIL + (term) }, \
                [SERIES_B + (term)] = { name "_B", "B cartoons", DETAIL + (term) }

static const Series steps[SERIES_COUNT] = {
    [TERM_D] = { "d", NULL, PANEL_D },
    [TERM_G] = { "g", NULL, PANEL_G },
    [TERM_ADV] = { "adv", NULL, PANEL_D },
    [TERM_CYCLE] = { "cycle", NULL, PANEL_CYCLE },
    [TERM_IDENTITY] = { "identity", NULL, PANEL_CYCLE },
    [TERM_CAM] = { "cam", NULL, PANEL_CAM },
    [TERM_FACEID] = { "faceid", NULL, PANEL_FACE },
    A_AND_B(TERM_D, "d"),
    A_AND_B(TERM_G, "g"),
    A_AND_B(TERM_ADV, "adv"),
    A_AND_B(TERM_CYCLE, "cycle"),
    A_AND_B(TERM_IDENTITY, "identity"),
    A_AND_B(TERM_CAM, "cam"),
    A_AND_B(TERM_FACEID, "faceid"),
    [SERIES_LR] = { "lr", NULL, PANEL_LR },
    [SERIES_MS] = { "ms", NULL, PANEL_MS },
    [SERIES_GRADIENTS] = { "grad_genA2B", "genA2B", PANEL_GRAD_G },
    { "grad_genB2A", "genB2A", PANEL_GRAD_G },
    { "grad_disGA", "disGA", PANEL_GRAD_D },
    { "grad_disGB", "disGB", PANEL_GRAD_D },
    { "grad_disLA", "disLA", PANEL_GRAD_D },
    { "grad_disLB", "disLB", PANEL_GRAD_D },
};

static const Series evaluations[EVALUATION_COUNT] = {
    [MEASURE_SWD] = { "swd", "made", PANEL_SWD },
    [MEASURE_SWD_1] = { "swd_1", "full size", PANEL_SWD_LEVELS },
    { "swd_2", "1/2", PANEL_SWD_LEVELS },
    { "swd_4", "1/4", PANEL_SWD_LEVELS },
    { "swd_8", "1/8", PANEL_SWD_LEVELS },
    { "swd_16", "1/16", PANEL_SWD_LEVELS },
    { "swd_32", "1/32", PANEL_SWD_LEVELS },
    [MEASURE_KID] = { "kid", "made", PANEL_KID },
    [MEASURE_KID_DEVIATION] = { "kid_deviation", "error", PANEL_KID_DEVIATION },
    [MEASURE_ID_SIMILARITY] = { "id_similarity", "own photo", PANEL_SIMILARITY },
    [MEASURE_ID_FLOOR] = { "id_floor", "other people", PANEL_SIMILARITY },
    [MEASURE_ID_MARGIN] = { "id_margin", "margin", PANEL_SIMILARITY },
    [MEASURE_POINTS] = { "landmark_distance", "made", PANEL_POINTS },
    [MEASURE_EYES] = { "eye_area", "made", PANEL_EYES },
    [MEASURE_LINES] = { "lines", "made", PANEL_LINES },
    [MEASURE_FLAT] = { "flat", "made", PANEL_FLAT },
    [EVALUATION_CYCLE_L1] = { "cycle_l1", "cycle", PANEL_EVAL_CYCLE },
    [EVALUATION_SCORE] = { "score", NULL, PANEL_SWD },
    [EVALUATION_SWD_CARTOONS] = { "swd_cartoons", "drawn", PANEL_SWD },
    [EVALUATION_SWD_PHOTOS] = { "swd_photos", "photos", PANEL_SWD },
    [EVALUATION_KID_CARTOONS] = { "kid_cartoons", "drawn", PANEL_KID },
    [EVALUATION_KID_PHOTOS] = { "kid_photos", "photos", PANEL_KID },
    [EVALUATION_POINTS_PHOTOS] = { "landmark_distance_photos", "others", PANEL_POINTS },
    [EVALUATION_EYES_CARTOONS] = { "eye_area_cartoons", "drawn", PANEL_EYES },
    [EVALUATION_LINES_CARTOONS] = { "lines_cartoons", "drawn", PANEL_LINES },
    [EVALUATION_LINES_PHOTOS] = { "lines_photos", "photos", PANEL_LINES },
    [EVALUATION_FLAT_CARTOONS] = { "flat_cartoons", "drawn", PANEL_FLAT },
    [EVALUATION_FLAT_PHOTOS] = { "flat_photos", "photos", PANEL_FLAT },
};

const MetricsTable series_table = { steps,  SERIES_COUNT,    evaluations, EVALUATION_COUNT,
                                    panels, COUNT_OF(panels) };

void series_of_evaluation(const Evaluation *e, double values[EVALUATION_COUNT]) {
    const double *drawn = e->of_cartoons.value, *photos = e->of_photos.value;
    memcpy(values, e->made.value, sizeof e->made.value);
    values[EVALUATION_CYCLE_L1] = e->cycle_l1;
    values[EVALUATION_SCORE] = e->score;
    values[EVALUATION_SWD_CARTOONS] = drawn[MEASURE_SWD];
    values[EVALUATION_SWD_PHOTOS] = photos[MEASURE_SWD];
    values[EVALUATION_KID_CARTOONS] = drawn[MEASURE_KID];
    values[EVALUATION_KID_PHOTOS] = photos[MEASURE_KID];
    values[EVALUATION_POINTS_PHOTOS] = photos[MEASURE_POINTS];
    values[EVALUATION_EYES_CARTOONS] = drawn[MEASURE_EYES];
    values[EVALUATION_LINES_CARTOONS] = drawn[MEASURE_LINES];
    values[EVALUATION_LINES_PHOTOS] = photos[MEASURE_LINES];
    values[EVALUATION_FLAT_CARTOONS] = drawn[MEASURE_FLAT];
    values[EVALUATION_FLAT_PHOTOS] = photos[MEASURE_FLAT];
}

void series_for_ticker(const Metrics *metrics, TickerValue values[TERM_COUNT]) {
    for (int t = 0; t < TERM_COUNT; t++)
        values[t] = (TickerValue){ t == TERM_FACEID ? "id" : term_names[t],
                                   history_smoothed(metrics_history(metrics, SERIES_SUM + t)) };
}

/* ---- for newcomers --------------------------------------------------------------------------- */

const char *const series_reading[] = {
    "Two generators learn at once: genA2B makes cartoons of photos, genB2A photos of cartoons. "
    "Nobody shows them pairs. Four discriminators learn to tell what the "
    "generators make from real photos (disGA, disLA) and real cartoons (disGB, disLB); the G ones "
    "look at whole pictures, the L ones at patches. The generators learn to pass.",
    "So the curves are those of a contest, and do not fall to zero. Good news is balance: d and "
    "adv level off within some 500 steps and stay. The pictures tell more than the "
    "curves: look at the test columns of the grids, and at whether one would know the person.",
    "A line is the mean over neighbouring steps, the light band around it their least and greatest "
    "values. With one picture a step, wide bands are normal; where they would squeeze the line, "
    "they are cut at the chart's edge.",
    NULL
};

const ReportHint series_hints[] = {
    { "d", "What the discriminators get wrong: least squares, sum of four.",
      "Settles around 2 to 2.5 within 500 steps. Falling to 0: the discriminators have won, and "
      "the generators learn nothing any more; go back to an earlier checkpoint, with a lower "
      "learning rate or more pictures." },
    { "adv", "How far the fakes are from passing as real.",
      "Settles around 4.5 to 4.8. It rises when d falls." },
    { "cycle", "Difference of a picture and what comes back after both generators.",
      "From 1.1 to below 0.3 within 1,200 steps, then slowly on." },
    { "identity",
      "Difference of a cartoon and what genA2B makes of it, and of a photo and genB2A: nothing "
      "should change.",
      "As cycle." },
    { "cam",
      "The generators' own guess whether a picture needs a change; it steers where they look.",
      "From about 2 to 0.2 to 0.6 by 2,500 steps, with jumps throughout." },
    { "faceid", "Unlikeness of faces, as a face recognition network sees them.",
      "Level or falling. Rising over thousands of steps: the pictures lose the person." },
    { "g", "The sum of all the generators' terms with their weights.",
      "From above 2,000 to some hundreds; jumps with cam." },
    { "SWD", "Difference of patches of the cartoons made and of drawn ones; see docs/training.md.",
      "Falling towards that of drawn cartoons among themselves. The scales are thousandths of the "
      "patches' deviation." },
    { "margin",
      "How much more a cartoon is like its own photo than like other people's, by the face "
      "network.",
      "Above 0.15. Falling while SWD falls: everybody gets the same cartoon." },
    { "gradient norms", "How hard each network is pulled.",
      "Level over thousands of steps. Growing without end, or steps skipped again and again: the "
      "run diverges; a lower learning rate helps." },
};
const int series_hint_count = COUNT_OF(series_hints);

const char *const series_grid_rows[] = { "input", "heat of identity", "identity", "heat of fake",
                                         "fake",  "heat of cycle",    "cycle",    NULL };
const char *const series_grid_columns[] = { "training pictures", "test pictures, never trained on",
                                            NULL };
const char series_grid_caption[] =
    "Each column is one picture. Below the input stand three pairs of a heat map, red where the "
    "network looked most, and what it made. Identity: by the generator that makes "
    "the input's own kind, so nothing should change. Fake: the translation, which all this is for. "
    "Cycle: the fake translated back, which should be the input again.";

void series_networks(const P2cStore *store, ReportNetwork networks[SERIES_NETWORKS]) {
    static const char *const names[SERIES_NETWORKS][2] = {
        { "genA2B", "makes cartoons of photos: the one to keep" },
        { "genB2A", "makes photos of cartoons" },
        { "disGA", "photo or not, by the whole picture" },
        { "disGB", "cartoon or not, by the whole picture" },
        { "disLA", "photo or not, by patches" },
        { "disLB", "cartoon or not, by patches" },
    };
    for (int i = 0; i < SERIES_NETWORKS; i++)
        networks[i] =
            (ReportNetwork){ names[i][0], names[i][1], report_parameters(store, names[i][0]) };
}

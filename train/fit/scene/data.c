/* data.c: portraits from a folder, judged, split by people; samples of them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/folder.h"
#include "cli/hash.h"
#include "parts.h"

/* Of 256 bits of dHash: no two of the published portraits differ in fewer than 41 (nearly all in 70
 * to 160), one that was cut out twice in up to 20. */
enum { ALIKE = 36, HELD_PART = 5, MOST_PICTURES = 4000 };

typedef struct Side {
    const FitPortrait **usable; /* for the task */
    const FitPortrait **people; /* good mattes: for backgrounds */
    uint8_t **pictures;
    int usable_count, people_count, picture_count;
} Side;

struct FitData {
    FitDataOptions options;
    FitPortrait *portraits;
    int count;
    uint8_t **pictures; /* those of the training side first */
    int picture_count;
    Side sides[2];
};

static int out_of_memory(void) {
    complain("out of memory: portraits to learn from");
    return EXIT_MEMORY;
}

/* ---- the split ---- */

int fit_unlike(const FitPortrait *a, const FitPortrait *b) {
    int bits = 0;
    for (int i = 0; i < 4; i++) bits += __builtin_popcountll(a->print[i] ^ b->print[i]);
    return bits;
}

/* By the least dHash of all that hang together by likeness: the same whatever the files are called
 * and in whatever order they come. */
bool fit_split(FitPortrait *portraits, int count) {
    const FitPortrait **least = malloc(((size_t)count + 1) * sizeof *least);
    bool changed = least != NULL;
    for (int i = 0; least && i < count; i++) least[i] = &portraits[i];
    while (changed) {
        changed = false;
        for (int i = 0; i < count; i++)
            for (int k = 0; k < count; k++)
                if (memcmp(least[k]->print, least[i]->print, sizeof least[i]->print) < 0 &&
                    fit_unlike(&portraits[i], &portraits[k]) <= ALIKE) {
                    least[i] = least[k];
                    changed = true;
                }
    }
    for (int i = 0; least && i < count; i++) {
        uint64_t hash = p2c_hash(P2C_HASH_START, least[i]->print, sizeof least[i]->print);
        portraits[i].held_out = (hash ^ hash >> 32) % HELD_PART == 0;
    }
    bool done = least;
    free(least);
    return done;
}

static bool is_usable(const FitData *data, const FitPortrait *p) {
    return data->options.task == FIT_MATTE ? p->verdict == FIT_GOOD : p->has_points;
}

static int make_side(FitData *data, Side *side, bool held_out) {
    side->usable = calloc((size_t)data->count + 1, sizeof *side->usable);
    side->people = calloc((size_t)data->count + 1, sizeof *side->people);
    if (!side->usable || !side->people) return out_of_memory();
    for (int i = 0; i < data->count; i++) {
        const FitPortrait *p = &data->portraits[i];
        if (!p->rgba || p->held_out != held_out) continue;
        if (is_usable(data, p)) side->usable[side->usable_count++] = p;
        if (p->verdict == FIT_GOOD) side->people[side->people_count++] = p;
    }
    if (side->usable_count && !side->people_count)
        side->people[side->people_count++] = side->usable[0];
    int held = data->picture_count / HELD_PART;
    side->pictures =
        data->pictures ? data->pictures + (held_out ? data->picture_count - held : 0) : NULL;
    side->picture_count = held_out ? held : data->picture_count - held;
    if (side->usable_count) return 0;
    complain("%s: no portrait that is usable %s", data->options.portraits,
             held_out ? "is held out; at least some dozens are needed" : "for training");
    return EXIT_BAD_INPUT;
}

/* ---- reading ---- */

/* Of a whole data set's folder the cartoons are no portraits. */
static void leave_out_cartoons(Folder *folder) {
    bool *unwanted = calloc((size_t)folder->count, sizeof *unwanted);
    for (int i = 0; unwanted && i < folder->count; i++)
        unwanted[i] = !strncmp(folder->paths[i] + folder->prefix, "trainB/", 7) ||
                      !strncmp(folder->paths[i] + folder->prefix, "testB/", 6);
    if (unwanted) folder_leave_out(folder, unwanted);
    free(unwanted);
}

static int read_portraits(FitData *data, P2cContext *ctx) {
    Folder folder;
    int code = folder_open(&folder, data->options.portraits,
                           "expected prepared portraits: heads on white");
    if (!code) leave_out_cartoons(&folder);
    data->portraits = code ? NULL : calloc((size_t)folder.count + 1, sizeof *data->portraits);
    if (!code && !data->portraits) code = out_of_memory();
    Progress progress = progress_start(code ? 0 : folder.count);
    for (int i = 0; !code && i < folder.count; i++, data->count++) {
        if (fit_portrait_read(ctx, folder.paths[i], &data->portraits[i])) code = out_of_memory();
        progress.done = i + 1;
        if (i % 16 == 0) progress_show(&progress);
    }
    progress_hide(&progress);
    folder_clear(&folder);
    return code;
}

/* The middle square, or NULL. */
static uint8_t *read_background(P2cContext *ctx, const char *path) {
    P2cImage whole, small = { 0 };
    uint8_t *pixels = NULL;
    if (p2c_image_read(ctx, path, &whole)) return NULL;
    p2c_image_over_white(&whole);
    int64_t least = whole.width < whole.height ? whole.width : whole.height;
    int w = (int)(whole.width * (int64_t)FIT_SIDE / least),
        h = (int)(whole.height * (int64_t)FIT_SIDE / least);
    bool sane = w <= 8 * FIT_SIDE && h <= 8 * FIT_SIDE;
    if (sane && !p2c_image_resize(ctx, &whole, w, h, P2C_FILTER_AREA, &small) &&
        (pixels = malloc(3 * (size_t)FIT_PIXELS)))
        for (int y = 0; y < FIT_SIDE; y++)
            memcpy(pixels + 3 * y * FIT_SIDE,
                   small.pixels + 3 * ((size_t)(y + (h - FIT_SIDE) / 2) * (size_t)w +
                                       (size_t)(w - FIT_SIDE) / 2),
                   3 * FIT_SIDE);
    p2c_image_clear(&whole);
    p2c_image_clear(&small);
    return pixels;
}

static int read_backgrounds(FitData *data, P2cContext *ctx) {
    Folder folder;
    if (!data->options.backgrounds) return 0;
    int code = folder_open(&folder, data->options.backgrounds, "expected pictures without people");
    int most = code ? 0 : folder.count < MOST_PICTURES ? folder.count : MOST_PICTURES;
    data->pictures = code ? NULL : calloc((size_t)most, sizeof *data->pictures);
    if (!code && !data->pictures) code = out_of_memory();
    for (int i = 0; !code && i < most; i++)
        if ((data->pictures[data->picture_count] = read_background(ctx, folder.paths[i])))
            data->picture_count++;
    folder_clear(&folder);
    return code;
}

/* ---- what was found ---- */

static void tell(const FitData *data) {
    int verdicts[FIT_VERDICTS] = { 0 }, pointed = 0;
    char text[512];
    for (int i = 0; i < data->count; i++)
        verdicts[data->portraits[i].verdict]++, pointed += data->portraits[i].has_points;
    int length = snprintf(text, sizeof text, "%d portraits, %d with a good matte; ", data->count,
                          verdicts[FIT_GOOD]);
    for (int k = FIT_GOOD + 1; k < FIT_VERDICTS; k++)
        if (verdicts[k])
            length += snprintf(text + length, sizeof text - (size_t)length, "%d %s, ", verdicts[k],
                               fit_verdict_text((FitVerdict)k));
    text[length - 2] = 0;
    say("%s", text);
    if (data->options.task == FIT_LANDMARKS)
        say("%d with points on which the teacher's readings agree", pointed);
    say("%d to learn from, %d held out", data->sides[0].usable_count, data->sides[1].usable_count);
    if (data->pictures) say("%d pictures as backgrounds", data->picture_count);
}

int fit_data_open(FitData **out, const FitDataOptions *options) {
    P2cContext *ctx = NULL;
    FitData *data = *out = calloc(1, sizeof *data);
    if (!data) return out_of_memory();
    data->options = *options;
    int code = options->task == FIT_LANDMARKS && !options->teacher ? EXIT_BAD_INPUT : 0;
    if (code)
        complain(
            "landmarks are learned from a teacher, a network for 68 points, and none is given");
    if (!code) code = p2c_context_new(&ctx, "cpu", 1) ? out_of_memory() : 0;
    if (!code) code = read_portraits(data, ctx);
    if (!code) code = read_backgrounds(data, ctx);
    if (!code && !fit_split(data->portraits, data->count)) code = out_of_memory();
    if (!code && options->task == FIT_LANDMARKS)
        code = fit_points_read(options->teacher, data->portraits, data->count);
    for (int side = 0; side < 2 && !code; side++) code = make_side(data, &data->sides[side], side);
    if (!code) tell(data);
    if (ctx) p2c_context_free(&ctx);
    if (code) fit_data_close(out);
    return code;
}

void fit_data_close(FitData **out) {
    FitData *data = *out;
    if (!data) return;
    for (int i = 0; data->portraits && i < data->count; i++) free(data->portraits[i].rgba);
    for (int i = 0; i < data->picture_count; i++) free(data->pictures[i]);
    for (int k = 0; k < 2; k++) {
        free(data->sides[k].usable);
        free(data->sides[k].people);
    }
    free(data->portraits);
    free(data->pictures);
    free(data);
    *out = NULL;
}

int fit_data_count(const FitData *data, bool held_out) {
    return data->sides[held_out].usable_count;
}

/* ---- samples ---- */

static int side_of(const FitData *data) {
    return data->options.task == FIT_MATTE ? FIT_MATTE_SIZE : FIT_LANDMARK_SIZE;
}

size_t fit_data_scratch(const FitData *data) { return fit_scene_bytes(side_of(data)); }

void fit_data_sample(const FitData *data, bool held_out, uint64_t draw, void *scratch,
                     float *picture, float *target) {
    const Side *side = &data->sides[held_out];
    bool matte = data->options.task == FIT_MATTE;
    Draws draws = draws_start(data->options.seed, matte ? "fit.matte" : "fit.landmarks", held_out,
                              0, (int64_t)draw);
    FitPeople people = { side->people, side->people_count, side->pictures, side->picture_count };
    FitScene scene = fit_scene_in(scratch, side_of(data));
    /* validations see all alike */
    int n = side->usable_count, at = held_out ? (int)(draw % (uint64_t)n) : fit_choice(&draws, n);
    (matte ? fit_make_matte : fit_make_landmarks)(&scene, &draws, &people, side->usable[at],
                                                  held_out, picture, target);
}

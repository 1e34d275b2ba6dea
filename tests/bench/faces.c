/* faces.c: how good networks for faces are beside others:
 *
 *     bench-faces mattes PORTRAITS BACKGROUNDS N FILE...        bench-faces points PORTRAITS
 *         TEACHER N        bench-faces turned TEACHER PHOTO...
 *
 * mattes: the built-in network and those of the files on the same N held-out samples of p2c-fit
 * (BACKGROUNDS '-': made ones alone), one crop at a time, as p2c-infer has them. points: the
 * built-in network and the teacher on held-out samples, with two looks and their mirrored ones.
 * turned: faces of photos, turned by right angles and less; where the built-in network sees the
 * points that TEACHER sees in the photo as it is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/fit/evaluate.h"
#include "../../train/fit/scene/data.h"
#include "cli/cli.h"
#include "face/face.h"

const char *const program_name = "bench-faces";
static P2cContext *ctx;

static void must(P2cStatus status) {
    if (status) exit(report_status(ctx, status));
}

static void *memory(size_t bytes) {
    void *p = malloc(bytes);
    if (!p) exit(EXIT_MEMORY);
    return p;
}

/* Sums over the samples, and milliseconds for all of them. */
static void tell(const char *file, FitTask task, FitFigures *figures, double spent) {
    char text[160];
    for (int i = 0; i < FIT_FIGURES; i++) figures->value[i] /= figures->samples;
    fit_figures_text(figures, task, text, sizeof text);
    printf("%s: %s; %.1f ms each\n", file ? file : "built-in", text, spent / figures->samples);
}

/* ---- mattes ---- */

enum { SIDE = FIT_MATTE_SIZE, PIXELS = SIDE * SIDE };

/* (h,w) -> (SIDE,SIDE), bilinear. */
static void enlarge(const float *alpha, int h, int w, float *out) {
    for (int i = 0; i < PIXELS; i++) {
        double x = fmin(fmax((i % SIDE + 0.5) * w / SIDE - 0.5, 0), w - 1),
               y = fmin(fmax((i / SIDE + 0.5) * h / SIDE - 0.5, 0), h - 1);
        int left = (int)x, top = (int)y, right = left + (left < w - 1),
            bottom = top + (top < h - 1);
        double u = x - left, v = y - top;
        out[i] = (float)((1 - v) * ((1 - u) * alpha[top * w + left] + u * alpha[top * w + right]) +
                         v * ((1 - u) * alpha[bottom * w + left] + u * alpha[bottom * w + right]));
    }
}

static void compare_matte(const FitData *data, const char *file, int samples) {
    P2cMatte *matte;
    P2cImage crop;
    FitFigures figures = { 0 };
    double spent = 0;
    void *scratch = memory(fit_data_scratch(data));
    float *planes = memory(3 * PIXELS * sizeof *planes), *target = memory(PIXELS * sizeof *target),
          *answer = memory(PIXELS * sizeof *answer);
    must(p2c_matte_open(ctx, file, &matte));
    must(p2c_image_init(ctx, &crop, SIDE, SIDE, 3));
    for (int i = 0; i < samples; i++) {
        const float *alpha;
        int h, w;
        fit_data_sample(data, true, (uint64_t)i, scratch, planes, target);
        p2c_image_from_planes(planes, &crop);
        double start = now_ms();
        must(p2c_matte_run(matte, &crop, &alpha, &h, &w));
        spent += now_ms() - start;
        enlarge(alpha, h, w, answer);
        fit_figures_add(&figures, FIT_MATTE, answer, target);
    }
    tell(file, FIT_MATTE, &figures, spent);
    p2c_image_clear(&crop);
    p2c_matte_close(&matte);
    free(scratch), free(planes), free(target), free(answer);
}

static void compare_mattes(const char *portraits, const char *backgrounds, int samples,
                           char **files, int count) {
    FitDataOptions options = { .task = FIT_MATTE,
                               .portraits = portraits,
                               .backgrounds = strcmp(backgrounds, "-") ? backgrounds : NULL };
    FitData *data;
    int code = fit_data_open(&data, &options);
    if (code) exit(code);
    compare_matte(data, NULL, samples);
    for (int i = 0; i < count; i++) compare_matte(data, files[i], samples);
    fit_data_close(&data);
}

/* ---- points ---- */

/* The box whose first look is the sample itself: lib/face/landmarks.c has a square a quarter
 * larger, lower by a tenth. */
static P2cBox box_of_sample(void) {
    double side = FIT_LANDMARK_SIZE / 1.25, middle = (FIT_LANDMARK_SIZE - 1) / 2.0;
    return (P2cBox){ middle - side / 2, middle - 0.6 * side, middle + side / 2,
                     middle + 0.4 * side };
}

static void compare_landmarker(const FitData *data, const char *file, int samples) {
    enum { SIZE = FIT_LANDMARK_SIZE };
    static float planes[3 * SIZE * SIZE], target[2 * P2C_LANDMARKS], answer[2 * P2C_LANDMARKS];
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    P2cImage crop;
    FitFigures figures = { 0 };
    double spent = 0;
    void *scratch = memory(fit_data_scratch(data));
    must(p2c_landmarker_open(ctx, file, &landmarker));
    must(p2c_image_init(ctx, &crop, SIZE, SIZE, 3));
    for (int i = 0; i < samples; i++) {
        fit_data_sample(data, true, (uint64_t)i, scratch, planes, target);
        p2c_image_from_planes(planes, &crop);
        double start = now_ms();
        must(p2c_landmarker_run(landmarker, &crop, box_of_sample(), points));
        spent += now_ms() - start;
        for (int k = 0; k < P2C_LANDMARKS; k++)
            answer[2 * k] = (float)((points[k].x + 0.5) / SIZE),
                       answer[2 * k + 1] = (float)((points[k].y + 0.5) / SIZE);
        fit_figures_add(&figures, FIT_LANDMARKS, answer, target);
    }
    tell(file, FIT_LANDMARKS, &figures, spent);
    p2c_image_clear(&crop);
    p2c_landmarker_close(&landmarker);
    free(scratch);
}

static void compare_landmarkers(const char *portraits, const char *teacher, int samples) {
    FitDataOptions options = { .task = FIT_LANDMARKS, .portraits = portraits, .teacher = teacher };
    FitData *data;
    int code = fit_data_open(&data, &options);
    if (code) exit(code);
    compare_landmarker(data, NULL, samples);
    compare_landmarker(data, teacher, samples);
    fit_data_close(&data);
}

/* ---- turned ---- */

static const double turns[] = { 0, 90, 180, 270, 20, -20, 30, -30, 45, -45 };
enum { TURNS = sizeof turns / sizeof *turns };

/* The whole photo, turned clockwise about its middle, in a picture that holds it. */
static P2cImage turn(const P2cImage *photo, double degrees, double m[6]) {
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    int w = (int)ceil(fabs(c) * photo->width + fabs(s) * photo->height),
        h = (int)ceil(fabs(s) * photo->width + fabs(c) * photo->height);
    P2cImage out;
    must(p2c_image_init(ctx, &out, w, h, 3));
    double mid_x = (photo->width - 1) / 2.0, mid_y = (photo->height - 1) / 2.0,
           new_x = (w - 1) / 2.0, new_y = (h - 1) / 2.0;
    double forward[6] = {
        c, -s, new_x - c * mid_x + s * mid_y, s, c, new_y - s * mid_x - c * mid_y
    };
    memcpy(m, forward, sizeof forward);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double u = c * (x - new_x) + s * (y - new_y) + mid_x,
                   v = -s * (x - new_x) + c * (y - new_y) + mid_y;
            uint8_t *to = out.pixels + 3 * ((size_t)y * (size_t)w + (size_t)x);
            memset(to, 128, 3);
            if (!(u >= 0 && v >= 0 && u < photo->width - 1 && v < photo->height - 1)) continue;
            int left = (int)u, top = (int)v;
            const uint8_t *a = photo->pixels +
                               3 * ((size_t)top * (size_t)photo->width + (size_t)left),
                          *b = a + 3 * (size_t)photo->width;
            for (int k = 0; k < 3; k++)
                to[k] = (uint8_t)lround(
                    (1 - v + top) * ((1 - u + left) * a[k] + (u - left) * a[k + 3]) +
                    (v - top) * ((1 - u + left) * b[k] + (u - left) * b[k + 3]));
        }
    return out;
}

static P2cPoint at(const double m[6], P2cPoint p) {
    return (P2cPoint){ m[0] * p.x + m[1] * p.y + m[2], m[3] * p.x + m[4] * p.y + m[5] };
}

static double eye_angle(const P2cPoint *p) {
    return atan2(p[45].y - p[36].y, p[45].x - p[36].x) * 180 / M_PI;
}

/* Mean distance, the outer corners of the eyes being 1 apart; and the difference of the angles of
 * the eyes' lines in degrees. */
static void compare(const P2cPoint *got, const P2cPoint *wanted, double *error, double *angle) {
    double sum = 0, turn = eye_angle(got) - eye_angle(wanted);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        sum += hypot(got[i].x - wanted[i].x, got[i].y - wanted[i].y) / P2C_LANDMARKS;
    *error = sum / hypot(wanted[45].x - wanted[36].x, wanted[45].y - wanted[36].y);
    *angle = remainder(turn, 360);
}

/* The face of those found that is nearest to where it should be. */
static const P2cFace *nearest(const P2cFace *faces, int count, const P2cPoint *wanted) {
    const P2cFace *best = NULL;
    double least = hypot(wanted[0].x - wanted[16].x, wanted[0].y - wanted[16].y);
    for (int i = 0; i < count; i++) {
        double far =
            hypot(faces[i].landmarks[30].x - wanted[30].x, faces[i].landmarks[30].y - wanted[30].y);
        if (far < least) least = far, best = &faces[i];
    }
    return best;
}

static void compare_face(P2cPreparer *preparer, const P2cImage *photo, const char *name, int number,
                         const P2cFace *truth) {
    printf("%s, face %d:", name, number);
    for (int t = 0; t < TURNS; t++) {
        double m[6], error, angle;
        P2cFace *faces;
        int count;
        P2cPoint wanted[P2C_LANDMARKS];
        P2cImage turned = turn(photo, turns[t], m);
        for (int i = 0; i < P2C_LANDMARKS; i++) wanted[i] = at(m, truth->landmarks[i]);
        must(p2c_preparer_find(preparer, &turned, &faces, &count));
        const P2cFace *face = nearest(faces, count, wanted);
        if (face) compare(face->landmarks, wanted, &error, &angle);
        if (face) printf("  %+.0f: %.3f %+.1f", turns[t], error, angle);
        else printf("  %+.0f: not found", turns[t]);
        free(faces);
        p2c_image_clear(&turned);
    }
    printf("\n");
}

static void compare_turned(const char *teacher, char **photos, int count) {
    P2cPreparer *own, *theirs;
    must(p2c_preparer_open(
        ctx, &(P2cPreparerOptions){ .detector = "dlib", .landmarks = "built-in", .matte = "none" },
        &own));
    must(p2c_preparer_open(
        ctx, &(P2cPreparerOptions){ .detector = "dlib", .landmarks = teacher, .matte = "none" },
        &theirs));
    printf("turned by: mean distance from the teacher's points in parts of the outer eye corners', "
           "difference of the eyes' angle in degrees\n");
    for (int i = 0; i < count; i++) {
        P2cImage photo;
        P2cFace *faces;
        int found;
        must(p2c_image_read(ctx, photos[i], &photo));
        p2c_image_over_white(&photo);
        must(p2c_preparer_find(theirs, &photo, &faces, &found));
        for (int k = 0; k < found; k++) compare_face(own, &photo, photos[i], k + 1, &faces[k]);
        free(faces);
        p2c_image_clear(&photo);
    }
    p2c_preparer_close(&own);
    p2c_preparer_close(&theirs);
}

int main(int argc, char **argv) {
    must(p2c_context_new(&ctx, "cpu", 0));
    if (argc > 4 && !strcmp(argv[1], "mattes"))
        compare_mattes(argv[2], argv[3], atoi(argv[4]), argv + 5, argc - 5);
    else if (argc == 5 && !strcmp(argv[1], "points"))
        compare_landmarkers(argv[2], argv[3], atoi(argv[4]));
    else if (argc > 3 && !strcmp(argv[1], "turned")) compare_turned(argv[2], argv + 3, argc - 3);
    else
        return complain("mattes PORTRAITS BACKGROUNDS N FILE..., or points PORTRAITS TEACHER N, or "
                        "turned TEACHER PHOTO..."),
               EXIT_USAGE;
    p2c_context_free(&ctx);
    return 0;
}

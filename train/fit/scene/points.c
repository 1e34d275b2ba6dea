/* points.c: where a teacher sees the 68 points of each portrait.
 *
 * It reads each portrait several times: as it is, mirrored, larger, smaller, shifted, turned a
 * little. The mean counts, and where the readings differ by more than MOST_SPREAD of the box's side
 * (mean over points of the deviation from the mean), the portrait is left out: the teacher does not
 * know.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/pool.h"
#include "parts.h"

enum { STRIPS = 8, LEAST_READINGS = 3 };
static const double MOST_SPREAD = 0.005, LEAST_BOX = 40;

static const struct {
    double x, y, side, degrees;
    bool mirrored;
} readings[] = {
    { 0, 0, 1, 0, false },
    { 2, -3, 1, 0, true },
    { -4, 3, 0.88, 4, false },
    { 4, 4, 1.12, -4, true },
};
enum { READINGS = sizeof readings / sizeof *readings };

typedef struct Job {
    const char *teacher;
    FitPortrait *portraits;
    int count;
    P2cStatus status[STRIPS];
} Job;

/* What the warp shows of the portrait, on white. */
static void show_portrait(const FitPortrait *p, const FitWarp *warp, float *rgb, float *alpha,
                          P2cImage *out) {
    fit_warp_picture(warp, p->rgba, 4, FIT_SIDE, FIT_SIDE, FIT_SIDE, rgb, alpha);
    for (int i = 0; i < 3 * FIT_PIXELS; i++)
        out->pixels[i] = (uint8_t)lroundf(255 * (1 + alpha[i / 3] * (rgb[i] - 1)));
}

/* One upright face, in the portrait's pixels. */
static P2cStatus read_once(P2cPreparer *preparer, const P2cImage *shown, const FitWarp *warp,
                           bool mirrored, P2cPoint points[P2C_LANDMARKS], P2cBox *box,
                           bool *found) {
    P2cFace *faces;
    int count;
    P2cStatus status = p2c_preparer_find(preparer, shown, &faces, &count);
    *found = !status && count > 0 && faces[0].turns == 0;
    if (*found) {
        for (int i = 0; i < P2C_LANDMARKS; i++) {
            P2cPoint seen = faces[0].landmarks[mirrored ? p2c_mirrored_landmark(i) : i];
            points[i] = fit_warp_apply(warp, seen.x, seen.y);
        }
        P2cBox b = faces[0].box;
        P2cPoint middle = fit_warp_apply(warp, (b.left + b.right) / 2, (b.top + b.bottom) / 2),
                 rim = fit_warp_apply(warp, b.right, (b.top + b.bottom) / 2);
        double half = hypot(rim.x - middle.x, rim.y - middle.y);
        *box = (P2cBox){ middle.x - half, middle.y - half, middle.x + half, middle.y + half };
    }
    if (!status) free(faces);
    return status;
}

/* The means over `count` readings, and how far they are apart. */
static void average_readings(FitPortrait *p, int count, P2cPoint points[READINGS][P2C_LANDMARKS],
                             const P2cBox *boxes) {
    p->box = (P2cBox){ 0 };
    for (int k = 0; k < count; k++) {
        p->box.left += boxes[k].left / count, p->box.right += boxes[k].right / count;
        p->box.top += boxes[k].top / count, p->box.bottom += boxes[k].bottom / count;
    }
    p->spread = 0;
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        P2cPoint mean = { 0, 0 };
        for (int k = 0; k < count; k++)
            mean.x += points[k][i].x / count, mean.y += points[k][i].y / count;
        for (int k = 0; k < count; k++)
            p->spread +=
                hypot(points[k][i].x - mean.x, points[k][i].y - mean.y) / (count * P2C_LANDMARKS);
        p->points[i] = mean;
    }
    double side = p->box.right - p->box.left;
    p->spread /= side;
    p->has_points = p->spread <= MOST_SPREAD && side >= LEAST_BOX;
}

static P2cStatus read_portrait(P2cContext *ctx, P2cPreparer *preparer, FitPortrait *p) {
    P2cPoint points[READINGS][P2C_LANDMARKS];
    P2cBox boxes[READINGS];
    P2cImage shown;
    int count = 0;
    float *rgb = malloc(4 * (size_t)FIT_PIXELS * sizeof *rgb);
    P2cStatus status = p2c_image_init(ctx, &shown, FIT_SIDE, FIT_SIDE, 3);
    if (!status && !rgb) status = P2C_ERR_MEMORY;
    for (int k = 0; !status && k < READINGS; k++) {
        double middle = (FIT_SIDE - 1) / 2.0;
        FitWarp warp = fit_warp_square(middle + readings[k].x, middle + readings[k].y,
                                       FIT_SIDE * readings[k].side, readings[k].degrees,
                                       readings[k].mirrored, FIT_SIDE);
        bool found;
        show_portrait(p, &warp, rgb, rgb + 3 * FIT_PIXELS, &shown);
        status = read_once(preparer, &shown, &warp, readings[k].mirrored, points[count],
                           &boxes[count], &found);
        count += found;
    }
    if (!status && count >= LEAST_READINGS) average_readings(p, count, points, boxes);
    p2c_image_clear(&shown);
    free(rgb);
    return status;
}

/* Every STRIPS-th portrait, with a preparer of its own. */
static void read_strip(void *work, P2cContext *ctx, int strip) {
    Job *job = work;
    P2cPreparer *preparer = NULL;
    P2cPreparerOptions options = { .detector = "dlib", .landmarks = job->teacher, .matte = "none" };
    P2cStatus status = p2c_preparer_open(ctx, &options, &preparer);
    for (int i = strip; !status && i < job->count; i += STRIPS)
        if (job->portraits[i].rgba) status = read_portrait(ctx, preparer, &job->portraits[i]);
    p2c_preparer_close(&preparer);
    job->status[strip] = status;
}

/* A teacher that cannot be opened is the caller's to hear of, in one line. */
static int check_teacher(P2cContext *ctx, const char *teacher) {
    P2cPreparer *preparer = NULL;
    P2cPreparerOptions options = { .detector = "dlib", .landmarks = teacher, .matte = "none" };
    P2cStatus status = p2c_preparer_open(ctx, &options, &preparer);
    p2c_preparer_close(&preparer);
    return report_status(ctx, status);
}

int fit_points_read(const char *teacher, FitPortrait *portraits, int count) {
    Job job = { .teacher = teacher, .portraits = portraits, .count = count };
    Pool *pool = NULL;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int code = pool_open(&pool, processors > STRIPS ? STRIPS - 1
                                : processors > 1    ? (int)processors - 1
                                                    : 0);
    if (!code) code = check_teacher(pool_context(pool), teacher);
    if (code) goto cleanup;
    say("the teacher reads %d portraits, %d times each", count, READINGS);
    pool_start(pool, read_strip, &job, STRIPS);
    pool_wait(pool, -1);
    for (int k = 0; k < STRIPS && !code; k++) {
        if (!job.status[k]) continue;
        complain("%s: failed while it read the portraits", teacher);
        code = p2c_exit_code(job.status[k]);
    }
cleanup:
    pool_close(&pool);
    return code;
}

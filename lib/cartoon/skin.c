/* skin.c: gives a cartoon the colour of the photo's skin.
 *
 *     landmarks --> where skin may be: the face up to the hair, the neck
 *     cheeks --> the colour of this skin, robustly: median and median deviation in YCbCr
 *     both --> rough map of skin, 128 x 128 --guided filter, photo--> weight of each pixel
 *       --landmarks--> without eyes and mouth
 *
 * Then the cartoon's colours are multiplied where there is skin, so that their mean becomes that of
 * the photo, as a painter lays a flat colour over a drawing: white becomes the skin's colour, lines
 * stay dark, and blush stays redder than its surroundings. The mean gets the photo's chroma, and
 * moves a part of the way towards its brightness, because a face in bad light should not make a
 * dark cartoon. (To keep the proportions of red, green and blue instead makes faces orange.) */
#include "cartoon.h"
#include "face/pixel.h"

#include <stdlib.h>
#include <string.h>

enum { GRID = 128, MOST_SAMPLES = GRID * GRID };

/* How far the brightness goes from the cartoon's to the photo's. By looking: with 1 faces in shade
 * become mud; with 0.3 dark skin becomes a tint of white. */
static const double BRIGHTNESS = 0.6;
static const double BRIGHTEST = 250; /* of the mean's largest channel, so that hardly any clips */
/* Distances in parts of that of the eyes' outer corners. */
static const double FEATURE = 0.03;  /* kept free around eyes and mouth */
static const double FOREHEAD = 0.75; /* from the brows to the highest skin */
/* A median deviation is 0.67 standard deviations; the colour of hair is 3 or more away. */
static const double DEVIATION = 1.48, LEAST_DEVIATION[3] = { 18, 3.5, 3.5 }, FARTHEST = 2.5;

typedef struct Colour {
    double c[3];
} Colour;

static Colour to_ycbcr(const uint8_t *p) {
    double y = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    return (Colour){ { y, (p[2] - y) * 0.564, (p[0] - y) * 0.713 } };
}

static double smooth(double x) { return x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x); }

/* ---- where ---- */

static bool inside(const P2cPoint *polygon, int count, double x, double y) {
    bool in = false;
    for (int i = 0, k = count - 1; i < count; k = i++) {
        P2cPoint a = polygon[i], b = polygon[k];
        if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) in = !in;
    }
    return in;
}

static double distance_to_line(P2cPoint a, P2cPoint b, double x, double y) {
    double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    double t = square > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / square : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(a.x + t * dx - x, a.y + t * dy - y);
}

/* First and last landmark of the eyes and of the mouth within the lips. Lips have another colour in
 * the photo, and brows are dark enough to stay as they are; to leave out their places would leave
 * white rims, because they are not drawn exactly there. */
static const int features[][2] = { { 36, 41 }, { 42, 47 }, { 60, 67 } };

/* 0 within eyes and mouth, rising to 1 at the given distance from them. */
static double beside_features(const P2cPoint points[P2C_LANDMARKS], double away, double x,
                              double y) {
    double nearest = HUGE_VAL;
    for (size_t f = 0; f < sizeof features / sizeof *features; f++) {
        int first = features[f][0], last = features[f][1];
        if (inside(points + first, last - first + 1, x, y)) return 0;
        for (int i = first; i <= last; i++)
            nearest =
                fmin(nearest, distance_to_line(points[i], points[i < last ? i + 1 : first], x, y));
    }
    return smooth((nearest / away - 0.5) * 2);
}

enum { OUTLINE = 17 + 10 };

/* The jaw and, above the brows, the forehead as far as skin may reach. The portrait is level. */
static void face_outline(const P2cPoint points[P2C_LANDMARKS], double eyes,
                         P2cPoint outline[OUTLINE]) {
    memcpy(outline, points, 17 * sizeof *outline);
    for (int i = 0; i < 10; i++) {
        outline[17 + i] = points[26 - i];
        outline[17 + i].y -= FOREHEAD * eyes * (1 - 0.3 * fabs(i - 4.5) / 4.5);
    }
}

/* Below the chin line, between the corners of the jaw. */
static bool on_neck(const P2cPoint points[P2C_LANDMARKS], double x, double y) {
    return x > points[4].x && x < points[12].x && y > fmin(points[4].y, points[12].y);
}

/* ---- which colour ---- */

static const int cheeks[2][5] = { { 41, 31, 48, 4, 1 }, { 46, 35, 54, 12, 15 } };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

typedef struct Skin {
    Colour middle, deviation;
} Skin;

/* samples: 3 rows of MOST_SAMPLES, of which `count` are used; they are reordered. */
static Skin describe(double *samples, int count) {
    Skin skin;
    for (int c = 0; c < 3; c++) {
        double *v = samples + (size_t)c * MOST_SAMPLES, middle = median(v, count);
        for (int i = 0; i < count; i++) v[i] = fabs(v[i] - middle);
        skin.middle.c[c] = middle;
        skin.deviation.c[c] = fmax(DEVIATION * median(v, count), LEAST_DEVIATION[c]);
    }
    return skin;
}

static bool on_cheek(const P2cPoint points[P2C_LANDMARKS], double x, double y) {
    for (int side = 0; side < 2; side++) {
        P2cPoint polygon[5];
        for (int i = 0; i < 5; i++) polygon[i] = points[cheeks[side][i]];
        if (inside(polygon, 5, x, y)) return true;
    }
    return false;
}

/* small: GRID x GRID, RGBA. false: no cheek can be seen. */
static bool learn_skin(const P2cImage *small, const P2cPoint points[P2C_LANDMARKS], double *samples,
                       Skin *skin) {
    int count = 0;
    for (int i = 0; i < GRID * GRID; i++) {
        const uint8_t *p = small->pixels + 4 * i;
        if (p[3] < 250 || !on_cheek(points, i % GRID, (double)(i / GRID))) continue;
        Colour colour = to_ycbcr(p);
        for (size_t c = 0; c < 3; c++) samples[c * MOST_SAMPLES + (size_t)count] = colour.c[c];
        count++;
    }
    if (count) *skin = describe(samples, count);
    return count > 0;
}

/* 1 for this skin's colours, 0 for others. Brightness counts little: a face has shade. */
static double like_skin(const Skin *skin, Colour colour) {
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        double d = (colour.c[c] - skin->middle.c[c]) / skin->deviation.c[c];
        sum += d * d * (c ? 1 : 0.25);
    }
    return smooth(2 * (1 - sqrt(sum) / (2 * FARTHEST)));
}

/* ---- the map ---- */

static void rough_map(const P2cImage *small, const P2cPoint points[P2C_LANDMARKS], const Skin *skin,
                      float *rough) {
    P2cPoint outline[OUTLINE];
    face_outline(points, points[45].x - points[36].x, outline);
    for (int i = 0; i < GRID * GRID; i++) {
        double x = i % GRID, y = (double)(i / GRID);
        const uint8_t *p = small->pixels + 4 * i;
        bool may = inside(outline, OUTLINE, x, y) || on_neck(points, x, y);
        rough[i] = may ? (float)(like_skin(skin, to_ycbcr(p)) * p[3] / 255) : 0;
    }
}

/* At full size and after the guided filter, which would carry the colour of cheeks into eyes, and
 * the white of eyes around them. */
static void leave_out_features(const P2cPortrait *portrait, int size, uint8_t *map) {
    P2cPoint points[P2C_LANDMARKS];
    p2c_portrait_points(portrait, size, points);
    double away = FEATURE * (points[45].x - points[36].x);
    for (int i = 0; i < size * size; i++)
        if (map[i])
            map[i] = to_byte(map[i] * beside_features(points, away, i % size, (double)(i / size)));
}

P2cStatus p2c_skin_map(P2cContext *ctx, const P2cPortrait *portrait, const P2cImage *head,
                       uint8_t *map) {
    P2cPoint points[P2C_LANDMARKS];
    P2cImage small = { 0 };
    Skin skin;
    size_t bytes = 3 * MOST_SAMPLES * sizeof(double);
    double *samples = malloc(bytes);
    float *rough = calloc(GRID * GRID, sizeof *rough);
    P2cFilter filter = head->width < GRID ? P2C_FILTER_ANTIALIAS : P2C_FILTER_AREA;
    P2cStatus status = samples && rough ? p2c_image_resize(ctx, head, GRID, GRID, filter, &small)
                                        : p2c_fail_memory(ctx, "the map of the skin", bytes);
    if (!status) {
        p2c_portrait_points(portrait, GRID, points);
        if (learn_skin(&small, points, samples, &skin)) rough_map(&small, points, &skin, rough);
        status = p2c_guided_alpha(ctx, head, rough, GRID, GRID, map);
        if (!status) leave_out_features(portrait, head->width, map);
    }
    p2c_image_clear(&small);
    free(rough);
    free(samples);
    return status;
}

/* ---- the colours ---- */

/* The mean colour where the map says skin, in RGB; false: there is hardly any. */
static bool mean_skin(const P2cImage *image, const uint8_t *map, double mean[3]) {
    double sum = 0;
    mean[0] = mean[1] = mean[2] = 0;
    for (size_t i = 0; i < pixel_count(image); i++) {
        const uint8_t *p = image->pixels + (size_t)image->channels * i;
        for (int c = 0; c < 3; c++) mean[c] += (double)map[i] * p[c];
        sum += map[i];
    }
    for (int c = 0; c < 3; c++) mean[c] /= sum > 0 ? sum : 1;
    return sum > 255 && mean[0] + mean[1] + mean[2] > 0;
}

static double brightness(const double c[3]) { return 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]; }

/* What the cartoon's colours are multiplied with. */
static void find_gains(const double photo[3], const double cartoon[3], double gains[3]) {
    double from = brightness(cartoon), own = brightness(photo), above = 0;
    for (int c = 0; c < 3; c++) above = fmax(above, photo[c] - own);
    double to = fmin(from + BRIGHTNESS * (own - from), BRIGHTEST - above);
    for (int c = 0; c < 3; c++) gains[c] = fmax(to + photo[c] - own, 0) / fmax(cartoon[c], 1);
}

P2cStatus p2c_skin_photo(P2cContext *ctx, const P2cPortrait *portrait, P2cImage *cartoon) {
    P2cImage head;
    double photo[3], drawn[3], gains[3];
    P2cStatus status = p2c_compose_head(ctx, portrait, cartoon->width, cartoon->height, &head);
    if (status) return status;
    uint8_t *map = malloc(pixel_count(cartoon));
    status = map ? p2c_skin_map(ctx, portrait, &head, map)
                 : p2c_fail_memory(ctx, "the map of the skin", pixel_count(cartoon));
    if (!status && mean_skin(&head, map, photo) && mean_skin(cartoon, map, drawn)) {
        find_gains(photo, drawn, gains);
        for (size_t i = 0; i < pixel_count(cartoon); i++)
            for (int c = 0; c < 3; c++) {
                uint8_t *p = cartoon->pixels + 3 * i + c;
                *p = to_byte(*p * (1 + (gains[c] - 1) * map[i] / 255));
            }
    }
    free(map);
    p2c_image_clear(&head);
    return status;
}

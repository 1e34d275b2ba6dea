/* points.c: reads landmarks from a file, for pictures in which no detector finds a face.
 *
 *     anna.png <tab> x y x y ...      136 numbers: 68 points; or 4 numbers: the outer corners
 *                                     of the eyes, first the left one in the picture
 *
 * Numbers are separated by tabs, blanks or commas. Empty lines and lines that begin with # are
 * skipped. From two corners, the other points are those of an average face, turned, scaled and
 * moved so that its corners match. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

enum { LEFT_CORNER = 36, RIGHT_CORNER = 45, NUMBERS = 2 * P2C_LANDMARKS };

typedef struct Line {
    char *name;
    int number;
    P2cPoint points[P2C_LANDMARKS];
} Line;

struct Points {
    Line *lines; /* sorted by name */
    int count;
};

/* ---- geometry ---- */

/* The similarity transform that maps the average face's corners to these: z -> a*z + b in complex
 * numbers. */
static bool from_corners(P2cPoint left, P2cPoint right, P2cPoint points[P2C_LANDMARKS]) {
    P2cFace average = p2c_face_centred(&(P2cImage){ .width = 256, .height = 256, .channels = 3 });
    P2cPoint p = average.landmarks[LEFT_CORNER], q = average.landmarks[RIGHT_CORNER];
    double dx = q.x - p.x, dy = q.y - p.y, ex = right.x - left.x, ey = right.y - left.y,
           square = dx * dx + dy * dy;
    double re = (ex * dx + ey * dy) / square, im = (ey * dx - ex * dy) / square;
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        double x = average.landmarks[i].x - p.x, y = average.landmarks[i].y - p.y;
        points[i] = (P2cPoint){ left.x + re * x - im * y, left.y + im * x + re * y };
    }
    return ex != 0 || ey != 0;
}

/* ---- reading ---- */

/* Reads up to `most` numbers. Returns how many, or -1 if something is not a number. */
static int read_numbers(const char *text, double *numbers, int most) {
    int count = 0;
    for (text += strspn(text, "\t ,\r"); *text; text += strspn(text, "\t ,\r")) {
        char *end;
        double value = strtod(text, &end);
        if (end == text || !isfinite(value) || !strchr("\t ,\r", *end) || fabs(value) > 1e6)
            return -1;
        if (count < most) numbers[count] = value;
        count++;
        text = end;
    }
    return count;
}

/* Parses a line and cuts text at the end of the name. Returns what is wrong with it, or NULL. */
static const char *read_line(char *text, Line *line) {
    double n[NUMBERS];
    char *tab = strchr(text, '\t');
    if (!tab || tab == text) return "expected a name, a tab and numbers";
    *tab = 0;
    int count = read_numbers(tab + 1, n, NUMBERS);
    if (count < 0) return "a value that is not a number";
    if (count != NUMBERS && count != 4)
        return "expected 136 numbers (68 points: x y ...) or 4 (the outer corners of the eyes: x y "
               "x y)";
    if (count == NUMBERS) memcpy(line->points, n, sizeof n);
    else if (!from_corners((P2cPoint){ n[0], n[1] }, (P2cPoint){ n[2], n[3] }, line->points))
        return "both corners are the same point";
    return NULL;
}

static int add(Points *points, const char *name, const Line *line) {
    int n = points->count;
    if ((n & (n - 1)) == 0) { /* the capacity is n at every power of two */
        Line *more = realloc(points->lines, (n ? 2 * (size_t)n : 1) * sizeof *more);
        if (!more) return text_no_memory();
        points->lines = more;
    }
    points->lines[n] = *line;
    if (!(points->lines[n].name = strdup(name))) return text_no_memory();
    points->count++;
    return 0;
}

static int read_lines(Points *points, FILE *file, const char *path) {
    char *text = NULL;
    size_t capacity = 0;
    int code = 0, bad = 0;
    Line line = { 0 };
    for (ssize_t length; code != EXIT_MEMORY && (length = getline(&text, &capacity, file)) > 0;) {
        line.number++;
        text[strcspn(text, "\n")] = 0;
        if (!*text || *text == '#' || *text == '\r') continue;
        const char *wrong = (size_t)length > strlen(text) + 1 ? "a byte 0" : read_line(text, &line);
        if (!wrong) code = add(points, text, &line) ? EXIT_MEMORY : code;
        else code = EXIT_BAD_INPUT;
        if (wrong && bad++ < LISTED) complain("%s:%d: %s", path, line.number, wrong);
    }
    if (bad > LISTED) complain("... and %d more", bad - LISTED);
    if (!code && ferror(file)) {
        complain("%s: cannot read: %s", path, strerror(errno));
        code = EXIT_BAD_INPUT;
    }
    free(text);
    return code;
}

static int by_name(const void *a, const void *b) {
    const Line *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->number - y->number;
}

static int sort(Points *points, const char *path) {
    if (!points->count) {
        complain("%s: no points in this file", path);
        return EXIT_BAD_INPUT;
    }
    qsort(points->lines, (size_t)points->count, sizeof *points->lines, by_name);
    for (int i = 1; i < points->count; i++) {
        const Line *a = &points->lines[i - 1], *b = &points->lines[i];
        if (strcmp(a->name, b->name)) continue;
        complain("%s:%d: %s was given already, in line %d", path, b->number, b->name, a->number);
        return EXIT_BAD_INPUT;
    }
    return 0;
}

int points_open(Points **out, const char *path) {
    Points *points = *out = calloc(1, sizeof *points);
    FILE *file = fopen(path, "rb");
    int code = 0;
    if (!points) code = text_no_memory();
    else if (!file) {
        complain("%s: cannot read: %s; expected --align face, none, centre, or a file of points",
                 path, strerror(errno));
        code = EXIT_BAD_INPUT;
    }
    if (!code) code = read_lines(points, file, path);
    if (!code) code = sort(points, path);
    if (file) fclose(file);
    if (code) points_close(out);
    return code;
}

void points_close(Points **out) {
    Points *points = *out;
    for (int i = 0; points && i < points->count; i++) free(points->lines[i].name);
    if (points) free(points->lines);
    free(points);
    *out = NULL;
}

/* ---- looking up ---- */

static int by_key(const void *key, const void *line) {
    return strcmp(key, ((const Line *)line)->name);
}

static const Line *look_up(const Points *points, const char *name) {
    return bsearch(name, points->lines, (size_t)points->count, sizeof *points->lines, by_key);
}

bool points_find(const Points *points, const char *name, P2cFace *face) {
    const Line *line = look_up(points, name);
    const char *slash = strrchr(name, '/');
    if (!line && slash) line = look_up(points, slash + 1);
    if (!line) return false;
    P2cPoint a = line->points[LEFT_CORNER], b = line->points[RIGHT_CORNER];
    *face = (P2cFace){ .angle = atan2(b.y - a.y, b.x - a.x) * (180 / 3.14159265358979323846) };
    memcpy(face->landmarks, line->points, sizeof face->landmarks);
    face->turns = (4 - (int)lround(face->angle / 90)) & 3;
    face->box = (P2cBox){ a.x, a.y, a.x, a.y };
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        P2cPoint p = face->landmarks[i];
        face->box = (P2cBox){ fmin(face->box.left, p.x), fmin(face->box.top, p.y),
                              fmax(face->box.right, p.x), fmax(face->box.bottom, p.y) };
    }
    return true;
}

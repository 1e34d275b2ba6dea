/* chart.c: see chart.h.
 *
 *      title
 *      - one  - other                      legend, when there are several lines
 *      |    ..:::..                        band: least to greatest value; line: mean
 *      | ..::......::::.. o one 2.21       direct labels, pushed apart
 *      +--+-----+-----+--
 *       1000  2000  3000  step             or, under the pointer, the values there
 *
 * The scale of y fits the lines, and of the bands what leaves the lines room: neither one stray
 * value nor the noise of a long run, whose bands grow ever wider, may flatten the curve. What goes
 * beyond is cut at the edge. */
#include "chart.h"

#include <math.h>
#include <stdlib.h>

#include "text.h"

/* Colours that remain apart for colour-blind readers (after Okabe and Ito 2008), darker on white
 * and lighter on black, so that lines have a contrast of 3 or more. */
const char chart_style[] =
    ".chart{display:block;width:100%;height:auto;overflow:visible}\n"
    ".chart text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu "
    "Sans',sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}\n"
    ".chart .title{font-size:14px;font-weight:600;fill:var(--ink)}\n"
    ".chart .name{fill:var(--ink)}\n"
    ".chart .mid{text-anchor:middle}.chart .end{text-anchor:end}\n"
    ".chart .rule{stroke:var(--rule);stroke-width:1;fill:none}\n"
    ".chart "
    ".line{stroke:var(--c);stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round;fill:none}\n"
    ".chart .band{fill:var(--c)}\n"
    ".chart .dot{fill:var(--c);stroke:var(--paper);stroke-width:1}\n"
    ".chart .at rect{fill:var(--ink);fill-opacity:0}.chart .at path,.chart .at "
    "text{visibility:hidden}\n"
    ".chart .at:hover path,.chart .at:hover text{visibility:visible}\n"
    ".chart .at path{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}\n"
    ".chart:has(.at:hover) .axis{visibility:hidden}\n"
    ".c0{--c:#0072b2}.c1{--c:#d55e00}.c2{--c:#00825f}.c3{--c:#aa4499}.c4{--c:#8a6d00}.c5{--c:#"
    "5b5b5b}\n"
    "@media(prefers-color-scheme:dark){.c0{--c:#56b4e9}.c1{--c:#f08a3c}.c2{--c:#35c79a}.c3{--c:#"
    "e08fd0}.c4{--c:#f0d43c}.c5{--c:#b8b8b8}}\n";

enum {
    WIDTH = 560,
    HEIGHT = 262,
    LEFT = 46,
    RIGHT = 446,
    TOP = 46,
    BOTTOM = 222,
    COLUMNS = 50,
    LABEL_STEP = 15,
    LETTER = 7
};

/* From values to pixels. */
typedef struct Frame {
    double first, last, low, high; /* of x; of y, its logarithm when log */
    bool log, empty;
} Frame;

/* ---- values ---- */

/* Beyond this a difference could overflow. */
static bool is_usable(double v) { return fabs(v) <= 1e36; }

/* The value as the axis measures it, NAN for a gap. */
static double axis_value(bool log, double v) {
    if (!is_usable(v) || (log && v <= 1e-36)) return NAN;
    return log ? log10(v) : v;
}

static bool shown(const Chart *c, const ChartPoint *p) {
    return is_usable(p->x) && is_usable(axis_value(c->log, p->y));
}

static double pixel_x(const Frame *f, double x) {
    return LEFT + (RIGHT - LEFT) * fmin(fmax((x - f->first) / (f->last - f->first), 0), 1);
}

/* Of a measured value; a bound of a band that is none, such as the logarithm of 0, is at the lower
 * edge. */
static double pixel_y(const Frame *f, double y) {
    return BOTTOM -
           (BOTTOM - TOP) * fmin(fmax(is_usable(y) ? (y - f->low) / (f->high - f->low) : 0, 0), 1);
}

/* ---- scales ---- */

static void widen(double *low, double *high) {
    double size = fmax(fabs(*low), fabs(*high));
    if (*high - *low > 1e-9 * size && *high - *low > 1e-30) return;
    double room = size > 1e-30 ? size / 20 : 1;
    *low -= room;
    *high += room;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The bands' bounds but for the strayest tenth on either side, and at most half as far again as the
 * lines go (when logarithmic, by a factor of two or more). Without memory for sorting only the
 * lines decide. */
static void fit_bands(const Chart *c, Frame *f) {
    int total = 0, used = 0;
    for (int l = 0; l < c->line_count; l++) total += c->lines[l].count;
    double *lows = calloc((size_t)total + 1, sizeof *lows),
           *highs = calloc((size_t)total + 1, sizeof *highs);
    for (int l = 0; lows && highs && l < c->line_count; l++)
        for (int i = 0; i < c->lines[l].count; i++) {
            const ChartPoint *p = &c->lines[l].points[i];
            double low = axis_value(c->log, p->low), high = axis_value(c->log, p->high);
            if (!shown(c, p) || !is_usable(low) || !is_usable(high)) continue;
            lows[used] = low;
            highs[used++] = high;
        }
    if (used) {
        double spread = f->high - f->low;
        double below = c->log ? fmax(spread, 0.6) : fmax(spread, fabs(f->low)),
               above = c->log ? below : fmax(spread, fabs(f->high));
        qsort(lows, (size_t)used, sizeof *lows, ascending);
        qsort(highs, (size_t)used, sizeof *highs, ascending);
        f->low = fmin(f->low, fmax(lows[used / 10], f->low - below / 2));
        f->high = fmax(f->high, fmin(highs[used - 1 - used / 10], f->high + above / 2));
    }
    free(lows);
    free(highs);
}

static Frame fit_frame(const Chart *c) {
    Frame f = { INFINITY, -INFINITY, INFINITY, -INFINITY, c->log, false };
    for (int l = 0; l < c->line_count; l++)
        for (int i = 0; i < c->lines[l].count; i++) {
            const ChartPoint *p = &c->lines[l].points[i];
            if (!shown(c, p)) continue;
            f.first = fmin(f.first, p->x);
            f.last = fmax(f.last, p->x);
            f.low = fmin(f.low, axis_value(c->log, p->y));
            f.high = fmax(f.high, axis_value(c->log, p->y));
        }
    if (!is_usable(f.first)) return (Frame){ 0, 1, 0, 1, false, true };
    fit_bands(c, &f);
    if (f.first > 0 && f.first < f.last / 4) f.first = 0;
    /* honest proportions, where they cost little */
    if (!c->log && f.low > 0 && f.low < 0.6 * f.high) f.low = 0;
    widen(&f.first, &f.last);
    widen(&f.low, &f.high);
    double room = (f.high - f.low) / 20;
    f.high += room;
    if (f.low != 0) f.low -= room;
    return f;
}

/* 1, 2 or 5 times a power of ten, so that about `wanted` of them fill the range. */
static double tick_step(double range, int wanted) {
    double rough = range / wanted, power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

/* All ticks of an axis alike: "0.5", "1.0"; "50k"; "2e-5". greatest: in size, of the axis. */
static Text tick_text(double value, double step, double greatest) {
    char text[32];
    bool scientific = greatest < 1e-3 || greatest >= 1e9;
    double unit = scientific ? 1 : greatest >= 1e6 ? 1e6 : greatest >= 1e4 ? 1e3 : 1;
    if (fabs(value) < step / 1e3) return text_tidy("0");
    int decimals = (int)fmin(fmax(0, -floor(log10(step / unit) + 1e-9)), 12);
    int digits = (int)fmin(fmax(0, floor(log10(fabs(value))) - floor(log10(step) + 1e-9)), 12);
    if (scientific) snprintf(text, sizeof text, "%.*e", digits, value);
    else
        snprintf(text, sizeof text, "%.*f%s", decimals, value / unit,
                 unit == 1e6   ? "M"
                 : unit == 1e3 ? "k"
                               : "");
    return text_tidy(text);
}

/* ---- axes ---- */

static void write_y_tick(FILE *out, double y, const char *text) {
    fprintf(out, "<path class=\"rule\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">",
            LEFT, y, RIGHT, LEFT - 7, y + 4);
    text_markup(out, text);
    fputs("</text>\n", out);
}

/* Powers of ten, every n-th when there are many; with 3 times them, or 2 and 5 times them, when
 * there are few. */
static void write_log_ticks(FILE *out, const Frame *f) {
    static const double digits[] = { 1, 2, 5 };
    double range = f->high - f->low;
    int every = (int)ceil(range / 6), fine = range < 2.2 ? 3 : range < 4 ? 2 : 1;
    for (int power = (int)floor(f->low / every) * every; power <= f->high; power += every)
        for (int d = 0; d < (every > 1 ? 1 : fine); d++) {
            double digit = fine == 2 && d ? 3 : digits[d], y = power + log10(digit);
            if (y >= f->low && y <= f->high)
                write_y_tick(out, pixel_y(f, y), text_number(digit * pow(10, power)).s);
        }
}

static void write_linear_ticks(FILE *out, const Frame *f, double step) {
    double greatest = fmax(fabs(f->low), fabs(f->high));
    for (double i = ceil(f->low / step - 1e-6); i * step <= f->high + step * 1e-6; i++)
        write_y_tick(out, pixel_y(f, i * step), tick_text(i * step, step, greatest).s);
}

static void write_axes(FILE *out, const Chart *c, const Frame *f) {
    if (f->log && f->high - f->low > 0.35) write_log_ticks(out, f);
    else if (f->log) { /* less than a factor of about two: nearly linear */
        double low = pow(10, f->low), high = pow(10, f->high), step = tick_step(high - low, 4);
        for (double i = ceil(low / step); i * step <= high; i++)
            write_y_tick(out, pixel_y(f, log10(i * step)), tick_text(i * step, step, high).s);
    } else write_linear_ticks(out, f, tick_step(f->high - f->low, 5));
    fprintf(out, "<path class=\"rule\" d=\"M%d %dH%d\"/>\n<g class=\"axis\">", LEFT, BOTTOM, RIGHT);
    double step = fmax(tick_step(f->last - f->first, 5), 1);
    for (double i = ceil(f->first / step - 1e-6); i * step <= f->last + step * 1e-6; i++)
        fprintf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">%s</text>", pixel_x(f, i * step),
                BOTTOM + 18, tick_text(i * step, step, fmax(fabs(f->first), fabs(f->last))).s);
    fprintf(out, "<text x=\"%d\" y=\"%d\">", RIGHT + 24, BOTTOM + 18);
    text_markup(out, c->x_name);
    fputs("</text></g>\n", out);
}

/* ---- lines ---- */

/* The first point after `from` that is a gap, or the end. */
static int segment_end(const Chart *c, const ChartLine *line, int from) {
    while (from < line->count && shown(c, &line->points[from])) from++;
    return from;
}

static void write_band(FILE *out, const Chart *c, const Frame *f, const ChartPoint *points,
                       int count) {
    bool any = false;
    for (int i = 0; i < count; i++) any |= points[i].low != points[i].high;
    if (!any || count < 2) return;
    /* several on one another stay light */
    fprintf(out, "<path class=\"band\" fill-opacity=\"%.2f\" d=\"",
            0.17 / (0.6 + 0.4 * c->line_count));
    for (int i = 0; i < 2 * count; i++) {
        const ChartPoint *p = i < count ? &points[i] : &points[2 * count - 1 - i];
        double bound = i < count ? p->high : p->low;
        bool infinite =
            i < count && !is_usable(bound); /* a greatest value that is off every scale */
        fprintf(out, "%c%.1f %.1f", i ? 'L' : 'M', pixel_x(f, p->x),
                infinite ? (double)TOP : pixel_y(f, axis_value(c->log, bound)));
    }
    fputs("Z\"/>\n", out);
}

static void write_segment(FILE *out, const Chart *c, const Frame *f, const ChartPoint *points,
                          int count, bool dots) {
    if (count > 1) fputs("<path class=\"line\" d=\"", out);
    for (int i = 0; count > 1 && i < count; i++)
        fprintf(out, "%c%.1f %.1f", i ? 'L' : 'M', pixel_x(f, points[i].x),
                pixel_y(f, axis_value(c->log, points[i].y)));
    if (count > 1) fputs("\"/>\n", out);
    for (int i = 0; (dots || count == 1) && i < count; i++)
        fprintf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
                pixel_x(f, points[i].x), pixel_y(f, axis_value(c->log, points[i].y)));
}

/* Bands first: no band lies over a line. */
static void write_lines(FILE *out, const Chart *c, const Frame *f, bool bands) {
    for (int l = 0; l < c->line_count; l++) {
        const ChartLine *line = &c->lines[l];
        fprintf(out, "<g class=\"c%d\">\n", l);
        for (int i = 0, end; i < line->count; i = end + 1) {
            end = segment_end(c, line, i);
            if (end == i) continue;
            if (bands) write_band(out, c, f, line->points + i, end - i);
            else write_segment(out, c, f, line->points + i, end - i, line->dots);
        }
        fputs("</g>\n", out);
    }
}

/* ---- names ---- */

static void write_legend(FILE *out, const Chart *c) {
    double x = LEFT;
    for (int l = 0; c->line_count > 1 && l < c->line_count; l++) {
        fprintf(out, "<path class=\"line c%d\" d=\"M%.0f 31h14\"/><text x=\"%.0f\" y=\"35\">", l, x,
                x + 19);
        text_markup(out, c->lines[l].name);
        fputs("</text>\n", out);
        int letters = 0;
        for (const char *s = c->lines[l].name; *s; s++) letters += (*s & 0xc0) != 0x80;
        x += 19 + LETTER * letters + 16;
    }
}

/* The last point that is shown, or NULL. */
static const ChartPoint *newest(const Chart *c, const ChartLine *line) {
    for (int i = line->count - 1; i >= 0; i--)
        if (shown(c, &line->points[i])) return &line->points[i];
    return NULL;
}

typedef struct Label {
    double y;
    int line;
    const ChartPoint *point;
} Label;

static int by_height(const void *a, const void *b) {
    const Label *x = a, *y = b;
    return x->y != y->y ? (x->y > y->y) - (x->y < y->y) : x->line - y->line;
}

/* Downwards so that none touch, then back up from the lower edge. */
static void push_apart(Label *labels, int count) {
    for (int i = 1; i < count; i++) labels[i].y = fmax(labels[i].y, labels[i - 1].y + LABEL_STEP);
    double limit = BOTTOM - 3;
    for (int i = count - 1; i >= 0; i--, limit -= LABEL_STEP)
        labels[i].y = fmin(labels[i].y, limit);
}

static void write_labels(FILE *out, const Chart *c, const Frame *f) {
    Label labels[CHART_LINES];
    int count = 0;
    for (int l = 0; l < c->line_count; l++) {
        const ChartPoint *p = newest(c, &c->lines[l]);
        if (p) labels[count++] = (Label){ pixel_y(f, axis_value(c->log, p->y)), l, p };
    }
    qsort(labels, (size_t)count, sizeof *labels, by_height);
    push_apart(labels, count);
    for (int i = 0; i < count; i++) {
        fprintf(out,
                "<circle class=\"dot c%d\" cx=\"%d\" cy=\"%.1f\" r=\"4\"/><text class=\"name\" "
                "x=\"%d\" y=\"%.1f\">",
                labels[i].line, RIGHT + 12, labels[i].y, RIGHT + 21, labels[i].y + 4);
        text_markup(out, c->lines[labels[i].line].name);
        fprintf(out, " %s</text>\n", text_number(labels[i].point->y).s);
    }
}

/* ---- values under the pointer ---- */

static const ChartPoint *nearest(const Chart *c, const ChartLine *line, double x) {
    const ChartPoint *best = NULL;
    for (int i = 0; i < line->count; i++)
        if (shown(c, &line->points[i]) &&
            (!best || fabs(line->points[i].x - x) < fabs(best->x - x)))
            best = &line->points[i];
    return best;
}

/* "step 2000: d 2.21 (1.9 to 3.1),  adv 4.7 (4 to 5.5)", of the points nearest to x; bands only
 * when there is room. */
static void write_values(FILE *out, const Chart *c, double x) {
    const char *between = "";
    text_markup(out, c->x_name);
    for (int l = 0; l < c->line_count; l++) {
        const ChartPoint *p = nearest(c, &c->lines[l], x);
        if (!p) continue;
        if (!*between) fprintf(out, " %.0f:", p->x);
        fprintf(out, "%s ", between);
        text_markup(out, c->lines[l].name);
        fprintf(out, " %s", text_number(p->y).s);
        if (c->line_count <= 2 && p->low != p->high && is_usable(p->low) && is_usable(p->high))
            fprintf(out, " (%s to %s)", text_number(p->low).s, text_number(p->high).s);
        between = ", ";
    }
}

static void write_columns(FILE *out, const Chart *c, const Frame *f) {
    const double width = (double)(RIGHT - LEFT) / COLUMNS;
    for (int k = 0; k < COLUMNS; k++) {
        double left = LEFT + width * k;
        fprintf(out, "<g class=\"at\"><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
                left, TOP, width, BOTTOM - TOP + 24);
        fprintf(out, "<path d=\"M%.1f %dV%d\"/><text x=\"%d\" y=\"%d\">", left + width / 2, TOP,
                BOTTOM, LEFT, BOTTOM + 18);
        write_values(out, c, f->first + (f->last - f->first) * (k + 0.5) / COLUMNS);
        fputs("</text></g>\n", out);
    }
}

/* ---- all of it ---- */

void chart_write(FILE *out, const Chart *c) {
    Frame f = fit_frame(c);
    fprintf(out,
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "role=\"img\" aria-label=\"",
            WIDTH, HEIGHT);
    text_markup(out, c->title);
    fputs("\">\n<text class=\"title\" x=\"0\" y=\"15\">", out);
    text_markup(out, c->title);
    fputs("</text>\n", out);
    if (c->log) fprintf(out, "<text class=\"end\" x=\"%d\" y=\"15\">logarithmic</text>\n", WIDTH);
    if (f.empty)
        fprintf(out,
                "<path class=\"rule\" d=\"M%d %dH%d\"/><text class=\"mid\" x=\"%d\" "
                "y=\"%d\">nothing yet</text>\n",
                LEFT, BOTTOM, RIGHT, (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2);
    else {
        write_legend(out, c);
        write_axes(out, c, &f);
        write_lines(out, c, &f, true);
        write_lines(out, c, &f, false);
        write_labels(out, c, &f);
        write_columns(out, c, &f);
    }
    fputs("</svg>\n", out);
}

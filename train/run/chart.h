/* chart.h: a line chart as an SVG element for an HTML page, without scripts; it follows the
 * reader's light or dark theme. Hovering over it shows the values at a step. Nothing that is not
 * finite ever reaches the markup. */
#ifndef P2C_TRAIN_CHART_H
#define P2C_TRAIN_CHART_H

#include <stdbool.h>
#include <stdio.h>

typedef struct ChartPoint {
    /* low, high: of the light band around the line; equal: none. y not finite: the line has a gap
     * here */
    double x, y, low, high;
} ChartPoint;

typedef struct ChartLine {
    const char *name;
    const ChartPoint *points; /* x ascending; borrowed */
    int count;
    bool dots; /* each point is marked: few and far between */
} ChartLine;

enum { CHART_LINES = 6 };

typedef struct Chart {
    const char *title, *x_name;
    bool log; /* logarithmic y; values that are not positive are gaps */
    int line_count;
    ChartLine lines[CHART_LINES];
} Chart;

/* Rules that the page's <style> must hold; they use its variables --ink, --soft, --rule and --paper
 * (text, lesser text, thin lines, background). */
extern const char chart_style[];

void chart_write(FILE *out, const Chart *chart);

#endif

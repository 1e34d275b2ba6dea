/* chart.c (test): for any values the drawing is well-formed and its numbers are finite and inside;
 * ticks are round; labels do not touch. */
#include "../../train/run/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/support.h"
#include "markup.h"

static char *draw(const Chart *chart) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    chart_write(out, chart);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* Checks that all numbers of attributes x= y= cx= cy= d= and so on are in the picture of 560 x 262.
 * Returns how many there are. */
static int check_numbers(const char *svg) {
    static const char *const attributes[] = { " x=\"", " y=\"",     " cx=\"",     " cy=\"",
                                              " r=\"", " width=\"", " height=\"", " d=\"" };
    int count = 0;
    for (size_t a = 0; a < sizeof attributes / sizeof *attributes; a++)
        for (const char *s = svg; (s = strstr(s, attributes[a]));) {
            s += strlen(attributes[a]);
            while (*s != '"') {
                if (strchr("MLHVhvZ ", *s)) {
                    s++;
                    continue;
                }
                char *end;
                double v = strtod(s, &end);
                if (end == s || !(v >= 0 && v <= 560))
                    fail_msg("not a place in the picture: '%.40s'", s);
                s = end;
                count++;
            }
        }
    return count;
}

static char *check(const Chart *chart) {
    char *svg = draw(chart);
    assert_well_formed(svg);
    assert_true(check_numbers(svg) > 2);
    if (strstr(svg, "nan") || strstr(svg, "inf"))
        fail_msg("a value that is not finite got into the drawing of '%s'", chart->title);
    return svg;
}

enum { POINTS = 120 };

static const double extremes[] = { NAN,    INFINITY, -INFINITY, 0,         -0.0,   1,       -1,
                                   1e-320, -1e-320,  1e-300,    1e300,     -1e300, 1e36,    1e37,
                                   3e38,   0.1,      1e-7,      1 + 1e-15, 4096,   12345678 };
enum { EXTREMES = sizeof extremes / sizeof *extremes };

static void fill(ChartPoint *points, int kind) {
    for (int i = 0; i < POINTS; i++) {
        double a = extremes[kind % EXTREMES], b = extremes[kind / EXTREMES % EXTREMES],
               v = i % 3 ? a : b;
        points[i] = (ChartPoint){ i + 1, v, i % 7 ? v : a, i % 5 ? v : b };
    }
}

static void finite_whatever_comes(void **state) {
    (void)state;
    ChartPoint points[POINTS];
    int charts = 0;
    static const int counts[] = { 0, 1, 2, POINTS };
    for (int kind = 0; kind < EXTREMES * EXTREMES; kind++)
        for (int log = 0; log < 2; log++)
            for (int k = 0; k < 4; k++) {
                fill(points, kind);
                Chart chart = { "any",
                                "step",
                                log,
                                2,
                                { { "one", points, counts[k], k == 2 },
                                  { "two", points + POINTS / 2, counts[k] / 2, false } } };
                free(check(&chart));
                charts++;
            }
    /* and as the steps of points */
    for (int kind = 0; kind < EXTREMES; kind++)
        for (int other = 0; other < EXTREMES; other++) {
            for (int i = 0; i < POINTS; i++)
                points[i] = (ChartPoint){ i < 60 ? extremes[kind] : extremes[other], i, i, i + 1 };
            Chart chart = { "any", "step", false, 1, { { "one", points, POINTS, false } } };
            free(check(&chart));
            charts++;
        }
    print_message("%d charts of extreme values: all numbers inside\n", charts);
}

static void empty_and_single(void **state) {
    (void)state;
    Chart none = { .title = "none", .x_name = "step" };
    char *svg = check(&none);
    assert_non_null(strstr(svg, "nothing yet"));
    free(svg);
    ChartPoint point = { 5, 2.25, 2, 3 };
    Chart one = { "one", "step", false, 1, { { "d", &point, 1, false } } };
    svg = check(&one);
    assert_null(strstr(svg, "nothing yet"));
    /* a line of one point would be invisible */
    assert_non_null(strstr(svg, "<circle class=\"dot\""));
    assert_non_null(strstr(svg, ">d 2.25</text>"));
    assert_non_null(strstr(svg, "step 5: d 2.25 (2 to 3)"));
    free(svg);
}

/* A gap divides the line, and a band is drawn before all lines. */
static void gaps(void **state) {
    (void)state;
    ChartPoint points[9];
    for (int i = 0; i < 9; i++) points[i] = (ChartPoint){ i + 1, i == 4 ? NAN : i + 1, i, i + 2 };
    Chart chart = {
        "gap", "step", false, 2, { { "a", points, 9, false }, { "b", points, 4, false } }
    };
    char *svg = check(&chart);
    assert_int_equal(count_of(svg, "<path class=\"line\" d="), 3);
    assert_int_equal(count_of(svg, "<path class=\"band\""), 3);
    const char *line = strstr(svg, "<path class=\"line\" d="), *band = svg;
    while ((band = strstr(band + 1, "<path class=\"band\""))) assert_true(band < line);
    free(svg);
}

/* y and text of the n-th label of the y axis. These are the only right-aligned texts of a chart
 * that is not logarithmic. */
static bool y_tick(const char *svg, int n, double *y, double *value) {
    for (const char *s = svg; (s = strstr(s, "<text class=\"end\" x=")); s++)
        if (n-- == 0) {
            char *end;
            *y = strtod(strstr(s, "y=\"") + 3, NULL);
            *value = strtod(strchr(s, '>') + 1, &end);
            if (*end == 'k') *value *= 1e3;
            if (*end == 'M') *value *= 1e6;
            return true;
        }
    return false;
}

static void ticks_are_round(void **state) {
    (void)state;
    static const double ranges[][2] = { { 0, 1 },    { 0.2, 1.1 },  { 2.1, 2.4 },     { 0, 9e-5 },
                                        { 99, 101 }, { -3, 8 },     { 0, 2300 },      { 1e4, 7e4 },
                                        { 0, 3e6 },  { 140, 1100 }, { 1e-12, 9e-12 }, { 0, 7e11 } };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        ChartPoint points[] = { { 1, ranges[i][0], ranges[i][0], ranges[i][0] },
                                { 2, ranges[i][1], ranges[i][1], ranges[i][1] } };
        Chart chart = { "ticks", "step", false, 1, { { "a", points, 2, false } } };
        char *svg = check(&chart);
        double y[2], value[2], step = 0, slope = 0;
        int count = 0;
        for (; y_tick(svg, count, &y[count % 2], &value[count % 2]); count++) {
            if (!count) continue;
            double apart = value[count % 2] - value[1 - count % 2],
                   px = (y[1 - count % 2] - y[count % 2]) / apart;
            if (count == 1) step = apart, slope = px;
            assert_true(fabs(apart / step - 1) < 1e-6 && fabs(px / slope - 1) < 0.02);
        }
        assert_in_range(count, 3, 11);
        double digit = step / pow(10, floor(log10(step) + 1e-9));
        if (fabs(digit - 1) > 1e-6 && fabs(digit - 2) > 1e-6 && fabs(digit - 5) > 1e-6)
            fail_msg("range %zu: ticks every %g", i, step);
        free(svg);
    }
}

/* Values that differ only by rounding are drawn as a constant: in the middle of the picture, at
 * ticks with different labels. */
static void constants(void **state) {
    (void)state;
    static const double levels[] = { 2.5, -146, 0, 1e-5, 3e8 };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        double other = levels[i] * (1 + 1e-15), y, value, before = -INFINITY;
        ChartPoint points[] = { { 1, levels[i], levels[i], levels[i] },
                                { 2, other, other, other } };
        Chart chart = { "constant", "step", false, 1, { { "a", points, 2, true } } };
        char *svg = check(&chart);
        int count = 0;
        for (; y_tick(svg, count, &y, &value); count++, before = value) assert_true(value > before);
        assert_in_range(count, 3, 11);
        y = strtod(strstr(strstr(svg, "<circle class=\"dot\" cx"), "cy=\"") + 4, NULL);
        assert_true(y > 100 && y < 170);
        free(svg);
    }
}

/* On a logarithmic axis a factor of ten is the same distance everywhere. */
static void logarithmic(void **state) {
    (void)state;
    ChartPoint points[] = { { 1, 0.01, 0.01, 0.01 }, { 2, 0.1, 0.1, 0.1 }, { 3, 0, 0, 0 },
                            { 4, -5, -5, -5 },       { 5, 10, 10, 10 },    { 6, 100, 0, 100 } };
    Chart chart = { "log", "step", true, 1, { { "a", points, 6, true } } };
    char *svg = check(&chart);
    assert_int_equal(count_of(svg, "<circle class=\"dot\" cx"), 4);
    double cy[4];
    const char *s = svg;
    for (int i = 0; i < 4; i++) {
        s = strstr(s, "<circle class=\"dot\" cx") + 1;
        cy[i] = strtod(strstr(s, "cy=\"") + 4, NULL);
    }
    assert_true(fabs(cy[0] - cy[1] - (cy[2] - cy[3])) < 0.3 &&
                fabs(cy[1] - cy[2] - 2 * (cy[2] - cy[3])) < 0.3);
    assert_non_null(strstr(svg, ">logarithmic</text>"));
    free(svg);
}

/* Neither a stray value in the band nor a band that is wide everywhere flattens the line. */
static void bands_do_not_flatten(void **state) {
    (void)state;
    ChartPoint points[100];
    for (int i = 0; i < 100; i++)
        points[i] =
            (ChartPoint){ i + 1, 1 + i / 100.0, 0.9 + i / 100.0, i == 50 ? 1e6 : 1.2 + i / 100.0 };
    Chart chart = { "stray", "step", false, 1, { { "a", points, 100, false } } };
    char *svg = check(&chart);
    double y, value, greatest = 0;
    for (int i = 0; y_tick(svg, i, &y, &value); i++) greatest = fmax(greatest, value);
    assert_true(greatest >= 1.9 && greatest < 2.6);
    free(svg);
    for (int log = 0; log < 2; log++) {
        for (int i = 0; i < 100; i++) points[i].low = 1e-5, points[i].high = 50;
        chart.log = log;
        svg = check(&chart);
        double first = strtod(strchr(strstr(svg, "class=\"line\" d=\"M") + 18, ' '), NULL),
               last = strtod(strstr(strstr(svg, "class=\"dot c0\""), "cy=\"") + 4, NULL);
        assert_true(first - last > 40); /* 1 to 2, of 176 pixels */
        free(svg);
    }
}

static void labels_do_not_touch(void **state) {
    (void)state;
    ChartPoint points[CHART_LINES][2];
    static const double ends[][CHART_LINES] = { { 1, 1, 1, 1, 1, 1 },
                                                { 0, 0, 0, 0, 0, 10 },
                                                { 10, 10, 10, 10, 10, 0 },
                                                { 5, 5.1, 4.9, 0, 10, 5 } };
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        Chart chart = { "labels", "step", false, CHART_LINES, { { 0 } } };
        for (int l = 0; l < CHART_LINES; l++) {
            points[l][0] = (ChartPoint){ 1, l, l, l };
            points[l][1] = (ChartPoint){ 2, ends[k][l], ends[k][l], ends[k][l] };
            chart.lines[l] = (ChartLine){ "name", points[l], 2, false };
        }
        char *svg = check(&chart);
        double before = -100;
        int count = 0;
        for (const char *s = svg; (s = strstr(s, "<text class=\"name\"")); s++, count++) {
            double y = strtod(strstr(s, "y=\"") + 3, NULL);
            assert_true(y - before >= 14.9 && y <= 230);
            before = y;
        }
        assert_int_equal(count, CHART_LINES);
        free(svg);
    }
}

static void names_are_escaped(void **state) {
    (void)state;
    ChartPoint points[] = { { 1, 1, 1, 1 }, { 2, 2, 2, 2 } };
    Chart chart = { "<script>\"&'\x01\xff",
                    "<x>",
                    false,
                    2,
                    { { "<a>", points, 2, false }, { "b&", points, 2, false } } };
    char *svg = check(&chart);
    assert_non_null(strstr(svg, "aria-label=\"&lt;script&gt;&quot;&amp;&#39;?\xef\xbf\xbd\""));
    assert_null(strstr(svg, "<script"));
    free(svg);
}

const struct CMUnitTest p2c_tests_chart[] = {
    cmocka_unit_test(finite_whatever_comes),
    cmocka_unit_test(empty_and_single),
    cmocka_unit_test(gaps),
    cmocka_unit_test(ticks_are_round),
    cmocka_unit_test(logarithmic),
    cmocka_unit_test(bands_do_not_flatten),
    cmocka_unit_test(constants),
    cmocka_unit_test(labels_do_not_touch),
    cmocka_unit_test(names_are_escaped),
};
const size_t p2c_tests_chart_count = sizeof p2c_tests_chart / sizeof *p2c_tests_chart;

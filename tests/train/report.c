/* report.c (test): the page is complete and well-formed, contains exactly what it is given, and
 * loads nothing from elsewhere. */
#include "../../train/run/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/series.h"
#include "../unit/support.h"
#include "markup.h"

static Report some(const Metrics *m) {
    static const ReportPair settings[] = { { "lr", "1e-4" }, { "data", "<b>&\"x\" \xff" } };
    static const ReportNetwork networks[] = { { "genA2B", "makes cartoons", 3831079 },
                                              { "disGA", "judges", 13294048 } };
    return (Report){ .run = "run </title><script>alert(1)</script>",
                     .dataset = "a & b",
                     .state = REPORT_TRAINING,
                     .state_note = "<i>",
                     .step = 1230,
                     .total = 200000,
                     .seconds = 180,
                     .step_ms = 146.2,
                     .seconds_left = 29016,
                     .written = "2025-03-01 14:40",
                     .settings = settings,
                     .setting_count = 2,
                     .networks = networks,
                     .network_count = 2,
                     .reading = series_reading,
                     .hints = series_hints,
                     .hint_count = series_hint_count,
                     .metrics = m };
}

static char *write_and_read(Scratch *s, const Report *r) {
    char path[128];
    strcpy(path, scratch_path(s, "report.html"));
    assert_int_equal(report_write(s->ctx, path, r), 0);
    char *page = get_file(path, NULL);
    assert_well_formed(page);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<link"));
    assert_null(strstr(page, "url("));
    assert_null(strstr(page, "href="));
    /* as names, not as addresses */
    assert_int_equal(count_of(page, "://"), count_of(page, "xmlns=\"http://www.w3.org/"));
    assert_int_equal(count_of(page, "src="), count_of(page, "src=\"data:image/jpeg;base64,"));
    return page;
}

static void open_metrics(Scratch *s, Metrics **m) {
    assert_int_equal(metrics_open(m, s->ctx, scratch_path(s, "metrics.jsonl"), &series_table, 0),
                     0);
}

/* The cycle's error is never finite. */
static void add_evaluation(Metrics *m, int step) {
    double values[EVALUATION_COUNT];
    for (int i = 0; i < EVALUATION_COUNT; i++) values[i] = 1 + 1.0 / (step + i);
    values[EVALUATION_CYCLE_L1] = NAN;
    assert_null(metrics_evaluation(m, step, values));
}

static void run_some_steps(Metrics *m, int last) {
    for (int step = 1; step <= last; step++) {
        double values[SERIES_COUNT];
        for (int i = 0; i < SERIES_COUNT; i++)
            values[i] = step % 50 == 7 ? NAN : 1 + i + (step * 37 % 101) / 100.0;
        assert_null(metrics_step(m, step, values, step % 50 == 7));
        if (step % 20 == 0) add_evaluation(m, step);
    }
    assert_null(metrics_event(m, last, "back to <1> & \"on\""));
}

static void of_a_new_run(void **state) {
    Scratch *s = *state;
    Metrics *m;
    open_metrics(s, &m);
    Report r = some(m);
    r.step = 0;
    r.seconds_left = -1;
    r.step_ms = NAN;
    char *page = write_and_read(s, &r);
    assert_int_equal(count_of(page, "<svg"), 0);
    assert_non_null(strstr(page, "Nothing out of the ordinary"));
    assert_null(strstr(page, "<dt>left"));
    assert_null(strstr(page, "nan"));
    free(page);
    metrics_close(&m);
}

static void of_a_run(void **state) {
    Scratch *s = *state;
    Metrics *m;
    open_metrics(s, &m);
    run_some_steps(m, 120);
    Report r = some(m);
    char *page = write_and_read(s, &r);
    /* all charts except the one for the evaluations' cycle, which were never finite */
    assert_int_equal(count_of(page, "<svg"), series_table.panel_count - 1);
    assert_null(strstr(page, "Evaluation: cycle"));
    static const char *const said[] = { "run &lt;/title&gt;&lt;script&gt;",
                                        "a &amp; b",
                                        "<p>&lt;i&gt;</p>",
                                        "1,230",
                                        "of 200,000",
                                        "width:0.61%",
                                        "8.1 h",
                                        "3 min",
                                        "6.84 steps/s",
                                        "<td>&lt;b&gt;&amp;&quot;x&quot; \xef\xbf\xbd</td>",
                                        "3,831,079",
                                        "17,125,127",
                                        "back to &lt;1&gt; &amp; &quot;on&quot;",
                                        "<td class=\"number\">107</td><td>skipped",
                                        "skipped steps</dt><dd>3 ",
                                        "state training",
                                        "How to read this",
                                        "prefers-color-scheme" };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(page, said[i])) fail_msg("the report does not say '%s'", said[i]);
    free(page);
    static const char *const states[] = { "training", "finished", "stopped", "diverged" };
    for (int k = 0; k < 4; k++) {
        char expected[64];
        r.state = (ReportState)k;
        snprintf(expected, sizeof expected, "<span class=\"state %s\">%s</span>", states[k],
                 states[k]);
        page = write_and_read(s, &r);
        assert_non_null(strstr(page, expected));
        assert_int_equal(count_of(page, "<dt>left"), k == REPORT_TRAINING);
        free(page);
    }
    metrics_close(&m);
}

/* Known base64 of JPEG-like files of 3, 4 and 5 bytes; missing and other files are left out. */
static void pictures(void **state) {
    Scratch *s = *state;
    Metrics *m;
    char paths[5][128];
    static const char *const rows[] = { "one <", "two", NULL }, *const columns[] = { "left", NULL };
    ReportPicture pictures[6];
    strcpy(paths[0], scratch_path(s, "3.jpg"));
    strcpy(paths[1], scratch_path(s, "4.jpg"));
    strcpy(paths[2], scratch_path(s, "5.jpg"));
    strcpy(paths[3], scratch_path(s, "png"));
    strcpy(paths[4], scratch_path(s, "missing"));
    for (int i = 0; i < 3; i++) put_file(paths[i], "\xff\xd8\xff\0\x10", 3 + (size_t)i);
    put_file(paths[3], "\x89PNG", 4);
    for (int i = 0; i < 6; i++)
        pictures[i] =
            (ReportPicture){ i < 5 ? paths[i] : NULL, "a \"grid\"", i ? NULL : "what <it> shows",
                             i ? NULL : rows, i ? NULL : columns };
    open_metrics(s, &m);
    Report r = some(m);
    r.pictures = pictures;
    r.picture_count = 6;
    char *page = write_and_read(s, &r);
    assert_int_equal(count_of(page, "<img alt=\"a &quot;grid&quot;\""), 3);
    assert_non_null(strstr(page, "base64,/9j/\""));
    assert_non_null(strstr(page, "base64,/9j/AA==\""));
    assert_non_null(strstr(page, "base64,/9j/ABA=\""));
    assert_non_null(strstr(page, "<span>one &lt;</span><span>two</span>"));
    assert_int_equal(count_of(page, "<h2>Newest samples</h2>"), 1);
    free(page);
    r.pictures = pictures + 3;
    r.picture_count = 3;
    page = write_and_read(s, &r);
    assert_null(strstr(page, "Newest samples"));
    free(page);
    metrics_close(&m);
}

static void refused(void **state) {
    Scratch *s = *state;
    Metrics *m;
    open_metrics(s, &m);
    Report r = some(m);
    assert_int_equal(report_write(s->ctx, "/nonexistent-folder/report.html", &r), 4);
    metrics_close(&m);
}

/* Each series belongs to an existing chart, and no chart has more than it can show. */
static void the_trainers_tables(void **state) {
    (void)state;
    int in[64] = { 0 };
    assert_in_range(series_table.panel_count, 1, 64);
    for (int i = 0; i < SERIES_COUNT; i++)
        assert_in_range(series_table.steps[i].panel, 0, series_table.panel_count - 1),
            in[series_table.steps[i].panel]++;
    for (int i = 0; i < EVALUATION_COUNT; i++)
        assert_in_range(series_table.evaluations[i].panel, 0, series_table.panel_count - 1),
            in[series_table.evaluations[i].panel]++;
    for (int i = 0; i < series_table.panel_count; i++) {
        assert_in_range(in[i], 1, CHART_LINES);
        assert_non_null(series_table.panels[i].title);
    }
}

/* The published sizes at 32 channels, without the buffers of spectral norm. */
static void parameter_counts(void **state) {
    Scratch *s = *state;
    P2cStore *store;
    P2cGraph *graph;
    assert_int_equal(p2c_store_new(&store, s->ctx, 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&graph, s->ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, 256, 256));
    p2c_generator(p2c_net(graph, store, "genA2B"), x, (P2cGenerator){ .ch = 32 });
    p2c_discriminator(p2c_net(graph, store, "disLB"), x,
                      (P2cDiscriminator){ .layers = 5, .ch = 32, .training = true });
    ReportNetwork networks[SERIES_NETWORKS];
    series_networks(store, networks);
    assert_int_equal(networks[0].parameters, 3831079);
    assert_int_equal(networks[1].parameters, 0);
    assert_int_equal(networks[5].parameters, 826080);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
}

/* The curve of a real training, if it is available. */
static void real_run(void **state) {
    Scratch *s = *state;
    FILE *in = fopen("../shared/golden/real_run.tsv", "r");
    if (!in) {
        print_message("skipped: no ../shared/golden/real_run.tsv\n");
        return;
    }
    char line[512];
    Metrics *m;
    double values[SERIES_COUNT];
    int rows = 0;
    open_metrics(s, &m);
    assert_non_null(fgets(line, sizeof line, in));
    for (int i = 0; i < SERIES_COUNT; i++) values[i] = NAN;
    for (; fgets(line, sizeof line, in); rows++) {
        char *end;
        long step = strtol(line, &end, 10);
        for (int t = 0; t < TERM_COUNT; t++) values[t] = strtod(end, &end);
        assert_null(metrics_step(m, step, values, false));
    }
    fclose(in);
    assert_in_range(rows, 60, 70);
    Report r = some(m);
    char *page = write_and_read(s, &r);
    assert_int_equal(count_of(page, "<svg"), 5); /* d and adv, cycle and identity, cam, faceid, g */
    assert_non_null(strstr(page, "adv 4.74</text>"));
    print_message("real run: %d rows, a report of %zu bytes\n", rows, strlen(page));
    free(page);
    metrics_close(&m);
}

const struct CMUnitTest p2c_tests_report[] = { TEST(of_a_new_run),
                                               TEST(of_a_run),
                                               TEST(pictures),
                                               TEST(refused),
                                               cmocka_unit_test(the_trainers_tables),
                                               TEST(parameter_counts),
                                               TEST(real_run) };
const size_t p2c_tests_report_count = sizeof p2c_tests_report / sizeof *p2c_tests_report;

/* metrics.c (test): histories against a brute-force form, and the file against crashes, damage and
 * full disks. */
#include "../../train/run/metrics.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../train/run/metrics_line.h"
#include "../../train/series.h"
#include "../unit/support.h"
#include "markup.h"

static const Series few[] = { { "a", NULL, 0 }, { "b\"\\", NULL, 0 } },
                    measured[] = { { "kid", NULL, 0 } };
static const Panel panel[] = { { "all", NULL, false, false } };
static const MetricsTable small = { few, 2, measured, 1, panel, 1 };

/* ---- history --------------------------------------------------------------------------------- */

/* Multiples of 1/1024, so that sums are exact in any order; some steps have none. */
static double value_of(int64_t step) {
    uint32_t words[4];
    p2c_rng_block(7, (uint64_t)step, words);
    return words[1] % 5 == 0 || (step > 4100 && step < 4300)
               ? NAN
               : (double)(int32_t)(words[0] >> 12) / 1024 - 300;
}

typedef struct Brute {
    int64_t count;
    double sum, steps, low, high;
} Brute;

static Brute brute(int64_t first, int64_t last) {
    Brute b = { 0, 0, 0, INFINITY, -INFINITY };
    for (int64_t s = first; s <= last; s++) {
        double v = value_of(s);
        if (isnan(v)) continue;
        b.count++;
        b.sum += v;
        b.steps += (double)s;
        b.low = fmin(b.low, v);
        b.high = fmax(b.high, v);
    }
    return b;
}

static void assert_buckets(const History *h, int64_t last) {
    int64_t total = 0;
    for (int i = 0; i < HISTORY_BUCKETS; i++) {
        int64_t end = (i + 1) * h->width;
        Brute b = brute(i * h->width + 1, end < last ? end : last);
        assert_int_equal(h->buckets[i].count, b.count);
        if (!b.count) continue;
        assert_true(h->buckets[i].sum == b.sum && h->buckets[i].steps == b.steps &&
                    h->buckets[i].low == b.low && h->buckets[i].high == b.high);
        total += b.count;
    }
    assert_int_equal(total, brute(1, last).count);
}

static void history_is_exact(void **state) {
    (void)state;
    static History h;
    history_init(&h);
    int checked = 0;
    for (int64_t step = 1; step <= 17000; step++) {
        history_add(&h, step, value_of(step));
        if (step % 1999 != 0 && step != 2000 && step != 2001 && step != 4000 && step != 4001 &&
            step != 8001 && step != 16001)
            continue;
        assert_buckets(&h, step);
        checked++;
    }
    assert_int_equal(h.width, 16);
    print_message("buckets of 1 to 16 steps: exact at %d moments of 17000 steps\n", checked);
}

/* A step far ahead, as those of evaluations in a long run, halves the resolution several times at
 * once. */
static void history_jumps(void **state) {
    (void)state;
    static History h;
    history_init(&h);
    history_add(&h, 1, 3);
    history_add(&h, 1000000, 5);
    assert_int_equal(h.width, 512);
    ChartPoint points[200];
    assert_int_equal(history_points(&h, 200, points), 2);
    assert_true(points[0].x == 1 && points[0].y == 3 && points[0].low == 3 &&
                points[1].x == 1000000 && points[1].y == 5 && points[1].high == 5);
}

/* Neighbouring points cover all steps, each exactly once, and only the last may be longer than the
 * others. */
static void points_are_exact(void **state) {
    (void)state;
    static History h;
    ChartPoint points[200];
    static const int moments[] = { 1,   2,    199,  200,  201,  250,  299,
                                   403, 1604, 1999, 2000, 2001, 3341, 9000 };
    history_init(&h);
    int step = 0;
    for (size_t k = 0; k < sizeof moments / sizeof *moments; k++) {
        while (step < moments[k]) step++, history_add(&h, step, value_of(step));
        int count = history_points(&h, 200, points), seen = 0;
        assert_in_range(count, k ? 1 : 0, 200);
        int64_t group = (h.used + 199) / 200 * h.width, from = 1, end = h.used * h.width;
        while (from <= end) {
            int64_t to = from + group - 1;
            if (end - to < (group / h.width + 1) / 2 * h.width) to = end;
            Brute b = brute(from, to < step ? to : step);
            from = to + 1;
            if (!b.count) continue;
            const ChartPoint *p = &points[seen++];
            assert_true(p->x == b.steps / (double)b.count && p->y == b.sum / (double)b.count &&
                        p->low == b.low && p->high == b.high);
        }
        assert_int_equal(seen, count);
    }
}

static void smoothed_is_unbiased(void **state) {
    (void)state;
    static History h;
    history_init(&h);
    assert_true(isnan(history_smoothed(&h)));
    history_add(&h, 1, 5);
    assert_true(fabs(history_smoothed(&h) - 5) < 1e-12);
    history_add(&h, 2, NAN);
    history_add(&h, 3, 8);
    assert_true(fabs(history_smoothed(&h) - (0.99 * 5 + 8) / 1.99) < 1e-12);
    for (int step = 4; step < 1004; step++) history_add(&h, step, 2);
    assert_true(fabs(history_smoothed(&h) - 2) < 1e-3 && history_smoothed(&h) > 2);
}

/* ---- the content of a line ------------------------------------------------------------------- */

static void assert_file(const char *path, const char *expected) {
    char *text = get_file(path, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void open_small(Scratch *s, Metrics **m, const char *path, int64_t step) {
    assert_int_equal(metrics_open(m, s->ctx, path, &small, step), 0);
}

static void lines_to_the_letter(void **state) {
    Scratch *s = *state;
    const char *path = scratch_path(s, "metrics.jsonl");
    Metrics *m;
    open_small(s, &m, path, 0);
    assert_null(metrics_step(m, 1, (double[]){ 0.1f, -2 }, false));
    assert_null(metrics_step(m, 2, (double[]){ NAN, -INFINITY }, true));
    assert_null(metrics_evaluation(m, 2, (double[]){ 0.03125 }));
    assert_null(metrics_event(m, 2, "%s\x01", "back to \"2\""));
    assert_null(metrics_step(m, 1000000, (double[]){ 1e-4, 3e20f }, false));
    assert_null(metrics_sync(m));
    metrics_close(&m);
    assert_null(m);
    assert_file(path, "{\"step\":1,\"a\":0.100000001,\"b\\\"\\\\\":-2}\n"
                      "{\"step\":2,\"a\":null,\"b\\\"\\\\\":null,\"skipped\":true}\n"
                      "{\"step\":2,\"eval\":{\"kid\":0.03125}}\n"
                      "{\"step\":2,\"event\":\"back to \\\"2\\\"\\u0001\"}\n"
                      "{\"step\":1000000,\"a\":0.0001,\"b\\\"\\\\\":3.00000006e+20}\n");
}

/* The order and the names on which other programs rely. */
static void the_trainers_line(void **state) {
    Scratch *s = *state;
    const char *path = scratch_path(s, "metrics.jsonl");
    Metrics *m;
    double values[SERIES_COUNT], evaluated[EVALUATION_COUNT];
    for (int i = 0; i < SERIES_COUNT; i++) values[i] = i;
    for (int i = 0; i < EVALUATION_COUNT; i++) evaluated[i] = i;
    assert_int_equal(metrics_open(&m, s->ctx, path, &series_table, 0), 0);
    assert_null(metrics_step(m, 1, values, false));
    assert_null(metrics_evaluation(m, 1, evaluated));
    assert_file(
        path,
        "{\"step\":1,\"d\":0,\"g\":1,\"adv\":2,\"cycle\":3,\"identity\":4,\"cam\":5,\"faceid\":6,"
        "\"d_A\":7,\"g_A\":8,\"adv_A\":9,\"cycle_A\":10,\"identity_A\":11,\"cam_A\":12,\"faceid_"
        "A\":13,"
        "\"d_B\":14,\"g_B\":15,\"adv_B\":16,\"cycle_B\":17,\"identity_B\":18,\"cam_B\":19,\"faceid_"
        "B\":20,\"lr\":21,\"ms\":22,"
        "\"grad_genA2B\":23,\"grad_genB2A\":24,\"grad_disGA\":25,\"grad_disGB\":26,\"grad_disLA\":"
        "27,\"grad_disLB\":28}\n"
        "{\"step\":1,\"eval\":{\"swd\":0,\"swd_1\":1,\"swd_2\":2,\"swd_4\":3,\"swd_8\":4,"
        "\"swd_16\":5,\"swd_32\":6,\"kid\":7,\"kid_deviation\":8,\"id_similarity\":9,"
        "\"id_floor\":10,\"id_margin\":11,\"landmark_distance\":12,\"eye_area\":13,\"lines\":14,"
        "\"flat\":15,\"cycle_l1\":16,\"score\":17,\"swd_cartoons\":18,\"swd_photos\":19,"
        "\"kid_cartoons\":20,\"kid_photos\":21,\"landmark_distance_photos\":22,"
        "\"eye_area_cartoons\":23,\"lines_cartoons\":24,\"lines_photos\":25,"
        "\"flat_cartoons\":26,\"flat_photos\":27}}\n");
    for (int t = 0; t < TERM_COUNT; t++)
        assert_string_equal(series_table.steps[SERIES_SUM + t].name, term_names[t]);
    TickerValue shown[TERM_COUNT];
    series_for_ticker(m, shown);
    assert_string_equal(shown[TERM_FACEID].name, "id");
    assert_true(fabs(shown[TERM_CAM].value - 5) < 1e-9);
    metrics_close(&m);
}

static void floats_survive(void **state) {
    Scratch *s = *state;
    const char *path = scratch_path(s, "metrics.jsonl");
    Metrics *m;
    float written[500];
    open_small(s, &m, path, 0);
    for (int i = 0; i < 500; i++) {
        uint32_t words[4];
        p2c_rng_block(1, (uint64_t)i, words); /* any bits at all */
        memcpy(&written[i], words, 4);
        assert_null(metrics_step(m, i + 1, (double[]){ written[i], 0 }, false));
    }
    metrics_close(&m);
    open_small(s, &m, path, 500);
    int compared = 0;
    for (int i = 0; i < 500; i++) {
        const Bucket *b = &metrics_history(m, 0)->buckets[i];
        if (b->count) assert_true((float)b->sum == written[i]), compared++;
    }
    assert_in_range(compared, 400, 500);
    metrics_close(&m);
}

/* ---- resuming -------------------------------------------------------------------------------- */

/* Lines of steps 1 to last, with all fields. */
static void write_run(Metrics *m, int64_t first, int64_t last) {
    for (int64_t step = first; step <= last; step++) {
        bool skipped = step == 4 || step == 5 || step == 8 || step == 10;
        assert_null(metrics_step(
            m, step, (double[]){ skipped ? NAN : (double)step / 4, value_of(step) }, skipped));
        if (step % 3 == 0)
            assert_null(metrics_evaluation(m, step, (double[]){ 1.5 * (double)step }));
        if (step == 6) assert_null(metrics_event(m, step, "\xff caf\xc3\xa9 \"x\" \\ \n\x7f"));
    }
}

static void assert_same(const Metrics *a, const Metrics *b) {
    for (int i = 0; i < small.step_count; i++)
        assert_memory_equal(metrics_history(a, i), metrics_history(b, i), sizeof(History));
    assert_memory_equal(metrics_evaluation_history(a, 0), metrics_evaluation_history(b, 0),
                        sizeof(History));
    assert_int_equal(metrics_skipped(a), metrics_skipped(b));
    assert_int_equal(metrics_event_count(a), metrics_event_count(b));
    for (int i = 0; i < metrics_event_count(a); i++) {
        const MetricsEvent *x = metrics_event_at(a, i), *y = metrics_event_at(b, i);
        assert_true(x->first == y->first && x->last == y->last && x->skipped == y->skipped);
        assert_string_equal(x->text, y->text);
    }
}

/* If the file of a longer run is opened and rewound to any step, file and memory are as if the run
 * had ended there, and the run can continue. */
static void resumed_as_never_stopped(void **state) {
    Scratch *s = *state;
    char path[128], other[128];
    strcpy(path, scratch_path(s, "metrics.jsonl"));
    strcpy(other, scratch_path(s, "other.jsonl"));
    for (int64_t stop = 0; stop <= 12; stop++)
        for (int rewound = 0; rewound < 2; rewound++) {
            Metrics *m, *expected;
            unlink(path);
            unlink(other);
            open_small(s, &expected, other, 0);
            write_run(expected, 1, stop);
            open_small(s, &m, path, 0);
            write_run(m, 1, 12);
            if (rewound) assert_int_equal(metrics_rewind(m, stop), 0);
            else {
                metrics_close(&m);
                open_small(s, &m, path, stop);
            }
            assert_same(m, expected);
            for (int more = 0; more < 2; more++) {
                char *text = get_file(other, NULL);
                assert_file(path, text);
                free(text);
                if (!more) write_run(m, stop + 1, 14), write_run(expected, stop + 1, 14);
            }
            assert_same(m, expected);
            metrics_close(&m);
            metrics_close(&expected);
        }
    Metrics *m;
    open_small(s, &m, path, 14);
    assert_int_equal(metrics_event_count(m), 4);
    assert_true(metrics_event_at(m, 0)->skipped && metrics_event_at(m, 0)->first == 4 &&
                metrics_event_at(m, 0)->last == 5);
    assert_string_equal(metrics_event_at(m, 1)->text, "\xff caf\xc3\xa9 \"x\" \\ \n\x7f");
    assert_true(metrics_event_at(m, 2)->skipped && metrics_event_at(m, 2)->first == 8 &&
                metrics_event_at(m, 2)->last == 8);
    assert_int_equal(metrics_skipped(m), 4);
    metrics_close(&m);
}

/* If the file is cut anywhere, the whole lines before the cut remain. */
static void truncated_at_any_byte(void **state) {
    Scratch *s = *state;
    char path[128];
    strcpy(path, scratch_path(s, "metrics.jsonl"));
    Metrics *m;
    size_t size;
    open_small(s, &m, path, 0);
    write_run(m, 1, 6);
    metrics_close(&m);
    char *whole = get_file(path, &size);
    for (size_t cut = 0; cut <= size; cut++) {
        put_file(path, whole, cut);
        size_t lines = cut;
        while (lines && whole[lines - 1] != '\n') lines--;
        open_small(s, &m, path, 1000);
        assert_null(metrics_step(m, 1000, (double[]){ 1, 2 }, false));
        metrics_close(&m);
        size_t now;
        char *text = get_file(path, &now);
        assert_true(now > lines && !memcmp(text, whole, lines));
        assert_string_equal(text + lines, "{\"step\":1000,\"a\":1,\"b\\\"\\\\\":2}\n");
        free(text);
    }
    print_message("cut at each of %zu places: whole lines remain\n", size + 1);
    free(whole);
    assert_int_equal(scratch_file_count(s), 1);
}

/* Returns what is printed on stderr while the file is opened, to be freed. */
static char *open_and_listen(Scratch *s, const char *path, int64_t step, Metrics **m,
                             int expected_code) {
    char said[160];
    snprintf(said, sizeof said, "%s/said", s->folder);
    fflush(stderr);
    int keep = dup(STDERR_FILENO);
    FILE *file = fopen(said, "w");
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    int code = metrics_open(m, s->ctx, path, &small, step);
    fflush(stderr);
    dup2(keep, STDERR_FILENO);
    close(keep);
    fclose(file);
    assert_int_equal(code, expected_code);
    return get_file(said, NULL);
}

static void damaged_lines_are_dropped(void **state) {
    Scratch *s = *state;
    static const char *const damaged[] = {
        "",
        "{",
        "{}",
        "garbage",
        "{\"step\":2}x",
        "{\"a\":2}",
        "{\"step\":null}",
        "{\"step\":-1}",
        "{\"step\":0}",
        "{\"step\":1.5}",
        "{\"step\":1e300}",
        "{\"step\":2,}",
        "{\"step\":2,\"a\":}",
        "{\"step\":2,\"a\":nan}",
        "{\"step\":2,\"a\":-}",
        "{\"step\":2,\"a\":-x}",
        "{\"step\":2,\"a\":-inf}",
        "{\"step\":2,\"a\":\"}",
        "{\"step\":2,\"eval\":{\"kid\":1}",
        "{\"step\":2,\"eval\":3}",
        "{\"step\":2,\"eval\":{}}",
        "{\"step\":2,\"event\":3}",
        "{\"step\":2,\"event\":\"\\u00\"}",
        "{\"step\":2,\"event\":\"\\x\"}",
        "{\"step\":2,\"skipped\":1}",
        "{\"step\":2 \"a\":1}",
        "{\"step\":1,\"a\":7}" /* there already */,
    };
    char path[128], text[512];
    strcpy(path, scratch_path(s, "metrics.jsonl"));
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        Metrics *m;
        snprintf(text, sizeof text,
                 "{\"step\":1,\"a\":1}\n%s\n{ \"step\": 3, \"unknown\": [\"\n{ \"unknown\": "
                 "\"\\u00e9]\", \"step\" : 3 , \"a\": -2.5e0 }\n",
                 damaged[i]);
        put_file(path, text, strlen(text));
        char *said = open_and_listen(s, path, 10, &m, 0);
        if (!strstr(said, "2 damaged lines dropped, the first was line 2") ||
            count_of(said, "\n") != 1)
            fail_msg("case %zu, '%s': said '%s'", i, damaged[i], said);
        free(said);
        assert_file(
            path,
            "{\"step\":1,\"a\":1}\n{ \"unknown\": \"\\u00e9]\", \"step\" : 3 , \"a\": -2.5e0 }\n");
        assert_true(metrics_history(m, 0)->buckets[0].sum == 1 &&
                    metrics_history(m, 0)->buckets[2].sum == -2.5);
        metrics_close(&m);
        said = open_and_listen(s, path, 10, &m, 0);
        assert_string_equal(said, "");
        free(said);
        metrics_close(&m);
    }
}

/* Any byte of a line is replaced by each byte that matters, in memory that ends with the line, so
 * that sanitizers notice a read beyond it: the line is read or refused. */
static void no_line_reads_too_far(void **state) {
    (void)state;
    static const char *const lines[] = { "{\"step\":12,\"a\":-1.5e-3,\"b\":null,\"skipped\":true}",
                                         "{\"step\":12,\"eval\":{\"kid\":0.5,\"x\":1}}",
                                         "{\"step\":12,\"event\":\"a\\u0001\\\"\\udcff\"}" };
    static const char bytes[] = "\0\"\\{}:,u-0 e.n\x80\xff";
    double values[3];
    MetricsLine line = { .values = values };
    int read = 0, refused = 0;
    for (size_t l = 0; l < 3; l++)
        for (size_t cut = 1; cut <= strlen(lines[l]); cut++)
            for (size_t at = 0; at < cut; at++)
                for (size_t b = 0; b < sizeof bytes - 1; b++) {
                    char *copy = malloc(cut + 1);
                    assert_non_null(copy);
                    memcpy(copy, lines[l], cut);
                    copy[at] = bytes[b];
                    copy[cut] = '\n';
                    if (metrics_line_read(copy, copy + cut, &small, &line)) read++;
                    else refused++;
                    free(copy);
                }
    print_message("%d lines with a wrong byte read, %d refused\n", read, refused);
    assert_true(read > 100 && refused > 10000);
}

/* A limit on the length of files stands for a full disk; without it, there is space again. */
static void full_disk(void **state) {
    Scratch *s = *state;
    const char *path = scratch_path(s, "metrics.jsonl");
    struct rlimit old, low;
    Metrics *m;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 200; limit < 260; limit++) { /* at every place of a line */
        char first[512] = "", again[512] = "";
        int told = 0;
        unlink(path);
        open_small(s, &m, path, 0);
        low = (struct rlimit){ limit, old.rlim_max };
        for (int step = 1; step <= 20; step++) {
            setrlimit(RLIMIT_FSIZE, step <= 15 ? &low : &old);
            const char *said = metrics_step(m, step, (double[]){ step, 0.1 }, false);
            setrlimit(RLIMIT_FSIZE, &old);
            told += said != NULL;
            if (said) strcpy(step <= 15 ? first : again, said);
        }
        metrics_close(&m);
        assert_int_equal(told, 2);
        if (!strstr(first, "cannot write: ") || !strstr(again, "records were lost"))
            fail_msg("said '%s' and '%s'", first, again);
        char *text = get_file(path, NULL), *end = NULL;
        int lines = count_of(text, "\n"), last = 0, lost = atoi(strstr(again, "again; ") + 7);
        assert_int_equal(lines + lost, 20);
        for (char *line = text; *line; line = end + 1) {
            int step = atoi(line + strlen("{\"step\":"));
            end = strchr(line, '\n');
            assert_true(step > last && end && end[-1] == '}' && !strncmp(line, "{\"step\":", 8));
            last = step;
        }
        assert_int_equal(last, 20);
        free(text);
    }
    signal(SIGXFSZ, handler);
}

static void newest_events_are_kept(void **state) {
    Scratch *s = *state;
    const char *path = scratch_path(s, "metrics.jsonl");
    Metrics *m;
    open_small(s, &m, path, 0);
    for (int step = 1; step <= 2 * METRICS_EVENTS + 7; step++)
        assert_null(metrics_event(m, step, "event %d", step));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(metrics_event_count(m), METRICS_EVENTS);
        assert_string_equal(metrics_event_at(m, 0)->text, "event 208");
        assert_string_equal(metrics_event_at(m, METRICS_EVENTS - 1)->text, "event 407");
        metrics_close(&m);
        open_small(s, &m, path, 1000);
    }
    metrics_close(&m);
}

static void refused(void **state) {
    Scratch *s = *state;
    Metrics *m;
    char *said = open_and_listen(s, "/nonexistent-folder/metrics.jsonl", 0, &m, 4);
    assert_non_null(strstr(said, "cannot write: No such file"));
    assert_null(m);
    free(said);
    said = open_and_listen(s, s->folder, 0, &m, 3);
    assert_non_null(strstr(said, "cannot read"));
    assert_null(m);
    free(said);
}

const struct CMUnitTest p2c_tests_metrics[] = {
    cmocka_unit_test(history_is_exact),
    cmocka_unit_test(history_jumps),
    cmocka_unit_test(points_are_exact),
    cmocka_unit_test(smoothed_is_unbiased),
    TEST(lines_to_the_letter),
    TEST(the_trainers_line),
    TEST(floats_survive),
    TEST(resumed_as_never_stopped),
    TEST(truncated_at_any_byte),
    TEST(damaged_lines_are_dropped),
    cmocka_unit_test(no_line_reads_too_far),
    TEST(full_disk),
    TEST(newest_events_are_kept),
    TEST(refused),
};
const size_t p2c_tests_metrics_count = sizeof p2c_tests_metrics / sizeof *p2c_tests_metrics;

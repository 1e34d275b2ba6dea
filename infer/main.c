/* main.c: p2c-infer: prepared portraits in, cartoons out. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "infer.h"

enum { LOST_SIZE = 1200 };

const char *const program_name = "p2c-infer";

/* Set by the first SIGINT or SIGTERM: finish the picture at hand, then stop. The second one ends the program at once. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

static void catch_signals(void) {
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static P2cStatus cartoon_one(P2cContext *ctx, P2cCartoonizer *cartoonizer, const Job *job) {
    P2cImage photo = { 0 }, cartoon = { 0 }, heatmap = { 0 };
    P2cStatus status = p2c_image_read(ctx, job->input, &photo);
    if (!status) status = p2c_cartoonizer_run(cartoonizer, &photo, &cartoon, job->heatmap ? &heatmap : NULL);
    if (!status && job->heatmap) status = p2c_image_write(ctx, job->heatmap, &heatmap);
    if (!status) status = p2c_image_write(ctx, job->output, &cartoon);
    p2c_image_clear(&photo);
    p2c_image_clear(&cartoon);
    p2c_image_clear(&heatmap);
    return status;
}

static void report_json(const Job *job, const char *error, double ms) {
    printf("{\"input\": ");
    print_json_string(stdout, job->input);
    printf(error ? ", \"error\": " : ", \"output\": ");
    print_json_string(stdout, error ? error : job->output);
    if (!error && job->heatmap) {
        printf(", \"heatmap\": ");
        print_json_string(stdout, job->heatmap);
    }
    if (!error) printf(", \"milliseconds\": %.1f", ms);
    printf("}\n");
}

static void report(const Options *o, const Job *job, const char *error, double ms) {
    if (error) complain("%s", error);
    if (o->json) report_json(job, error, ms);
    else if (!error) {
        print_plain(job->input);
        printf(" -> ");
        print_plain(job->output);
        printf(" (%.0f ms)\n", ms);
    }
    fflush(stdout);
}

/* The highest exit code of all pictures. When the device fails, which is the highest, the pictures that are left would fail, too. */
static int cartoon_all(P2cContext *ctx, P2cCartoonizer *cartoonizer, const Options *o, const Job *jobs) {
    int worst = 0, made = 0;
    char lost[LOST_SIZE];
    Progress progress = progress_start(o->input_count);
    for (int i = 0; i < o->input_count && !interrupted && worst != EXIT_DEVICE; i++) {
        progress_show(&progress);
        double start = now_ms();
        P2cStatus status = cartoon_one(ctx, cartoonizer, &jobs[i]);
        int code = p2c_exit_code(status);
        progress_hide(&progress);
        if (code == EXIT_DEVICE) snprintf(lost, sizeof lost, "%.1000s; stopped after %d of %d pictures", p2c_error(ctx), made, o->input_count);
        report(o, &jobs[i], code == EXIT_DEVICE ? lost : status ? p2c_error(ctx) : NULL, now_ms() - start);
        worst = code > worst ? code : worst;
        made += !status;
        progress.done = i + 1;
    }
    if (!interrupted || worst == EXIT_DEVICE) return worst;
    complain("interrupted after %d of %d pictures", progress.done, o->input_count);
    return EXIT_INTERRUPTED;
}

static int open_cartoonizer(P2cContext *ctx, const Options *o, P2cCartoonizer **cartoonizer) {
    P2cCartoonizerOptions options = { .weights = o->weights, .direction = o->direction, .ema = o->ema, .size = o->size };
    P2cStatus status = p2c_cartoonizer_open(ctx, &options, cartoonizer);
    if (status) complain("%s", p2c_error(ctx));
    return p2c_exit_code(status);
}

static int run(const Options *o) {
    P2cContext *ctx = NULL;
    P2cCartoonizer *cartoonizer = NULL;
    Job *jobs = NULL;
    /* A file is listed without a GPU, unless one is asked for. */
    const char *device = o->list && !strcmp(o->device, "auto") ? "cpu" : o->device;
    int code = device_open(&ctx, (DeviceChoice){ .device = device, .precision = o->precision, .threads = o->threads });
    if (!code && o->list) {
        code = list_weights(ctx, o->list);
        goto cleanup;
    }
    if (!code && !o->benchmark) code = jobs_plan(o, &jobs);
    if (!code) code = open_cartoonizer(ctx, o, &cartoonizer);
    if (!code && o->benchmark) {
        code = benchmark(ctx, cartoonizer, o);
        goto cleanup;
    }
    if (!code) code = jobs_make_folders(o);
    if (!code) code = cartoon_all(ctx, cartoonizer, o, jobs);
cleanup:
    jobs_free(&jobs, o->input_count);
    p2c_cartoonizer_close(&cartoonizer);
    p2c_context_free(&ctx);
    return code;
}

int main(int argc, char **argv) {
    Options options;
    reserve_streams();
    int code = options_parse(&options, argc, argv);
    if (!code && options.help) options_help();
    else if (!code && options.version) printf("p2c-infer %s\n", p2c_version());
    else if (!code) {
        catch_signals();
        code = run(&options);
    }
    options_clear(&options);
    if (fflush(stdout) || ferror(stdout)) {
        complain("cannot write to standard output");
        code = code ? code : EXIT_WRITE;
    }
    return code;
}

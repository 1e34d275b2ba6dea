/* main.c: p2c-infer makes cartoons from photos. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/stop.h"
#include "infer.h"

enum { MOST_WORKERS = 64 };

const char *const program_name = "p2c-infer";

/* All pictures of a call, and the progress. */
typedef struct Batch {
    const Options *options;
    const Jobs *jobs;
    int next, made, worst; /* worst: the highest exit code so far */
    pthread_mutex_t lock;  /* guards these three, the progress bar and the output */
    Progress progress;
} Batch;

typedef struct Thread {
    pthread_t id;
    Batch *batch;
    Worker worker;
} Thread;

/* False after a failure of the device, which has the highest exit code, because all other pictures
 * would fail, too. */
static bool goes_on(const Batch *b) {
    return b->next < b->jobs->count && !stop_signal && b->worst != EXIT_DEVICE;
}

static void done(Batch *b, const Job *job, Made *made, int code) {
    progress_hide(&b->progress);
    if (code == EXIT_DEVICE) {
        size_t length = strlen(made->error);
        snprintf(made->error + length, sizeof made->error - length,
                 "; stopped after %d of %d pictures", b->made, b->jobs->count);
    }
    report_made(b->options, job, made);
    b->worst = code > b->worst ? code : b->worst;
    b->made += !code;
    b->progress.done++;
}

static void *work(void *thread) {
    Thread *t = thread;
    Batch *b = t->batch;
    pthread_mutex_lock(&b->lock);
    while (goes_on(b)) {
        const Job *job = &b->jobs->list[b->next++];
        Made made;
        progress_show(&b->progress);
        pthread_mutex_unlock(&b->lock);
        int code = make_one(&t->worker, b->options, job, &made);
        pthread_mutex_lock(&b->lock);
        done(b, job, &made, code);
        p2c_photo_result_clear(&made.result);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* The calling thread is one of the workers. If the others cannot be started, it does all the
 * work. */
static void work_together(Thread *threads, int count) {
    int others = 1;
    while (others < count && !pthread_create(&threads[others].id, NULL, work, &threads[others]))
        others++;
    work(&threads[0]);
    while (--others) pthread_join(threads[others].id, NULL);
}

static int result_of(const Batch *b) {
    if (!stop_signal || b->worst == EXIT_DEVICE) return b->worst;
    complain("interrupted after %d of %d pictures", b->progress.done, b->jobs->count);
    return 128 + (int)stop_signal;
}

/* Divides the threads, or the cores that this process may use, among the workers. All workers share
 * one GPU. */
static int threads_of_each(const Options *o, int workers) {
    P2cContext *ctx;
    int threads = p2c_context_new(&ctx, "cpu", o->threads) ? 1 : p2c_thread_count(ctx);
    p2c_context_free(&ctx);
    return threads > workers ? threads / workers : 1;
}

static int cartoon_all(const Options *o, const Jobs *jobs) {
    Batch batch = { .options = o, .jobs = jobs, .lock = PTHREAD_MUTEX_INITIALIZER };
    static Thread threads[MOST_WORKERS];
    int count = o->jobs < jobs->count ? o->jobs : jobs->count, opened = 0, code = 0;
    for (; !code && opened < count; opened++) {
        threads[opened].batch = &batch;
        code = worker_open(&threads[opened].worker, o, threads_of_each(o, count));
    }
    if (!code) code = jobs_make_folders(o, jobs);
    if (!code) {
        batch.progress = progress_start(jobs->count);
        work_together(threads, count);
        code = result_of(&batch);
    }
    while (opened--) worker_close(&threads[opened].worker);
    return code;
}

static int cartoon_jobs(const Options *o) {
    Jobs jobs = { 0 };
    int code = jobs_plan(o, &jobs);
    if (!code) code = cartoon_all(o, &jobs);
    jobs_free(&jobs);
    return code;
}

static int run_benchmark(const Options *o) {
    Worker worker;
    int code = worker_open(&worker, o, o->threads);
    if (!code) code = benchmark(worker.ctx, worker.cartoonizer, o);
    worker_close(&worker);
    return code;
}

/* Work that only reads and writes files needs no GPU, unless one is named. */
static int run_beside(const Options *o) {
    P2cContext *ctx = NULL;
    P2cCartoonizerOptions generator = { .weights = o->weights,
                                        .direction = o->direction,
                                        .ema = o->ema,
                                        .size = o->size,
                                        .trained_size = o->trained_size };
    int code =
        device_open(&ctx, (DeviceChoice){ .device = strcmp(o->device, "auto") ? o->device : "cpu",
                                          .precision = o->precision,
                                          .threads = o->threads });
    if (!code && o->list) code = list_weights(ctx, o->list);
    else if (!code)
        code = report_status(ctx, p2c_cartoonizer_export(ctx, &generator, o->export, o->with_cam));
    p2c_context_free(&ctx);
    return code;
}

static int run(const Options *o) {
    if (o->models_list) return list_models(o);
    if (o->list || o->export) return run_beside(o);
    return o->benchmark ? run_benchmark(o) : cartoon_jobs(o);
}

int main(int argc, char **argv) {
    Options options;
    reserve_streams();
    int code = options_parse(&options, argc, argv);
    if (!code && (options.help || options.print)) options_help(options.print);
    else if (!code && options.version) printf("p2c-infer %s\n", p2c_version());
    else if (!code) {
        stop_on_signals();
        code = run(&options);
    }
    options_clear(&options);
    return end_output(code);
}

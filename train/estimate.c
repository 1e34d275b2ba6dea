/* estimate.c: see estimate.h. */
#include "estimate.h"

#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>

#include "run/loop.h"
#include "run/text.h"

/* A step in passes of the generators: a backward pass, with what it does to memory and the update,
 * takes as long as three. The discriminators together cost about half a step of genA2B. */
enum { PASSES = 4 };
static const double JUDGING = 1.55;

/* Milliseconds of a pass of one generator over a batch; NAN: not known. The first run is slower:
 * it touches the memory. */
static double time_pass(const Trainer *t, const char *name, int ch) {
    const Options *o = t->options;
    P2cGraph *graph = NULL;
    double start = 0;
    P2cStatus status = p2c_graph_new(&graph, t->run.ctx);
    if (status) return NAN;
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(o->batch_size, 3, o->img_size, o->img_size));
    p2c_output(p2c_generator(p2c_net(graph, t->store, name), x,
                             (P2cGenerator){ .ch = ch, .full = !o->light })
                   .image);
    status = p2c_graph_finish(graph);
    for (int i = 0; i < 2 && !status; i++) {
        start = now_ms();
        status = p2c_graph_run(graph);
        if (!status) status = p2c_graph_wait(graph);
    }
    double ms = status ? NAN : now_ms() - start;
    p2c_graph_free(&graph);
    return ms;
}

static double step_ms(const Trainer *t) {
    const Options *o = t->options;
    double a2b = time_pass(t, "genA2B", o->ch),
           b2a = time_pass(t, "genB2A", step_channels("genB2A", o->ch, o->ch_b2a));
    double pictures = 2 + 1.0 / o->identity_every; /* fake, cycle, identity */
    return o->accumulate * (PASSES * pictures * (a2b + b2a) + JUDGING * a2b);
}

/* Checkpoints that stay in the end, and one that is being written. */
static double disk_bytes(const Trainer *t, int64_t last) {
    const Options *o = t->options;
    char file[RUN_FILE];
    struct stat info;
    rundir_file(&t->run.dir, t->run.saved, file);
    if (stat(file, &info)) return NAN;
    int64_t saves = last / o->save_freq + 1, kept = o->keep && o->keep < saves ? o->keep : saves,
            milestones = o->milestone ? last / o->milestone : 0;
    return (double)(kept + milestones + 1) * (double)info.st_size;
}

void estimate_run(const Trainer *t) {
    int64_t last = loop_last(t->options->iteration, t->options->max_steps),
            steps = last - t->run.state.step;
    double ms = step_ms(t), gib = disk_bytes(t, last) / (1 << 30);
    if (steps <= 0) return;
    if (isfinite(ms))
        say("estimate     %s steps of about %s s: %s; up to %.2f GiB on disk", text_count(steps).s,
            text_number(ms / 1e3).s, text_duration(ms / 1e3 * (double)steps).s, gib);
    else
        say("estimate     %s steps; how long one takes is not known yet; up to %.2f GiB on disk",
            text_count(steps).s, gib);
}

/* main.c: p2c-fit: trains small networks that find and cut out faces, from prepared portraits. */
#include <signal.h>
#include <stdio.h>

#include "../run/text.h"
#include "cli/stop.h"
#include "trainer.h"
#include "weights.h"

const char *const program_name = "p2c-fit";

static int train_network(FitOptions *options) {
    Fit fit = { .options = options };
    signal(SIGPIPE, SIG_IGN); /* the reader of the output may exit at any time */
    int code = fit_open(&fit);
    if (!code) {
        stop_on_signals();
        code = fit_run(&fit);
    }
    fit_close(&fit);
    return code;
}

/* ---- check: how good a file of weights is ---------------------------------------------------- */

/* Both are what check holds besides the weights. */
static int measure_weights(P2cContext *ctx, P2cStore *store, const FitOptions *o) {
    FitDataOptions data_options = fit_options_data(o);
    FitData *data = NULL;
    FitBatches *batches = NULL;
    FitFigures figures;
    char text[160];
    int code = fit_data_open(&data, &data_options);
    if (!code) code = fit_batches_open(&batches, data, o->task, o->batch, o->workers);
    if (!code)
        code = report_status(ctx, fit_evaluate(ctx, store, o->task, fit_name(o->task), batches,
                                               o->batch, o->val_samples, &figures));
    if (!code) {
        fit_figures_text(&figures, o->task, text, sizeof text);
        say("%s: %s, %s parameters: %s", o->weights, fit_name(o->task),
            text_count(report_parameters(store, fit_name(o->task))).s, text);
    }
    fit_batches_close(&batches);
    fit_data_close(&data);
    return code;
}

/* Building a graph creates the parameters; the graph is not needed. */
static int load_weights(P2cContext *ctx, P2cStore *store, FitTask task, const P2cValue *weights) {
    FitNet net;
    P2cStatus status = fit_net_init(&net, ctx, store, task, fit_name(task), 1);
    fit_net_clear(&net);
    if (!status) status = p2c_store_load(store, fit_name(task), weights);
    return report_status(ctx, status);
}

static int check_weights(FitOptions *o) {
    P2cContext *ctx;
    P2cStore *store = NULL;
    P2cValue *tree = NULL;
    const P2cValue *weights;
    int code = device_open(&ctx, (DeviceChoice){ .device = o->device, .threads = o->threads });
    if (!code) code = fit_weights_read(ctx, o->weights, &o->task, &tree, &weights);
    if (!code && o->task == FIT_LANDMARKS && !o->teacher) {
        complain("%s: these are weights for landmarks; --teacher FILE is needed to say where the "
                 "points should be",
                 o->weights);
        code = EXIT_USAGE;
    }
    if (!code) code = report_status(ctx, p2c_store_new(&store, ctx, 0));
    if (!code) code = load_weights(ctx, store, o->task, weights);
    p2c_value_free(&tree);
    if (!code) code = measure_weights(ctx, store, o);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return code;
}

static int run_command(FitOptions *options) {
    if (options->help || options->print) fit_options_help(options->print);
    else if (options->version) printf("p2c-fit %s\n", p2c_version());
    else return options->weights ? check_weights(options) : train_network(options);
    return 0;
}

int main(int argc, char **argv) {
    FitOptions options;
    reserve_streams();
    int code = fit_options_parse(&options, argc, argv);
    if (!code) code = run_command(&options);
    fit_options_clear(&options);
    return end_output(code);
}

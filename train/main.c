/* main.c: p2c-train: trains networks that turn one kind of pictures into another. */
#include <string.h>

#include "cli/stop.h"
#include "trainer.h"

const char *const program_name = "p2c-train";

static int train_networks(Options *options) {
    Trainer trainer = { .options = options };
    signal(SIGPIPE, SIG_IGN); /* the reader of the output may exit at any time */
    int code = trainer_open(&trainer);
    if (!code) {
        stop_on_signals();
        code = trainer_run(&trainer);
    }
    trainer_close(&trainer);
    return code;
}

static int run_command(Options *options) {
    if (options->help || options->print) options_help(options->print);
    else if (options->version) printf("p2c-train %s\n", p2c_version());
    else if (options_check(options)) return EXIT_USAGE;
    else if (options->benchmark) return mode_benchmark(options);
    else if (options->measure) return mode_measure(options);
    else if (options->export_networks) return mode_export(options);
    else if (!strcmp(options->phase, "test")) return mode_test(options);
    else return train_networks(options);
    return 0;
}

int main(int argc, char **argv) {
    Options options;
    reserve_streams();
    int code = options_parse(&options, argc, argv);
    if (!code) code = run_command(&options);
    options_clear(&options);
    return end_output(code);
}

/* main.c: p2c-data: photos and cartoons in, datasets for p2c-train out. */
#include <string.h>

#include "data.h"

const char *const program_name = "p2c-data";
volatile sig_atomic_t stop_signal;

/* The first one is answered after the pictures at hand; the second one ends the program at once, and loses nothing that was finished. */
static void on_signal(int number) {
    if (stop_signal) {
        signal(number, SIG_DFL);
        raise(number); /* delivered when this returns */
    }
    stop_signal = number;
}

static void catch_signals(void) {
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* whoever reads the output may leave */
}

static int run(const Options *options) {
    if (options->help) options_help();
    else if (options->version) printf("p2c-data %s\n", p2c_version());
    else {
        catch_signals();
        return options->command == COMMAND_CHECK ? check(options) : build(options);
    }
    return 0;
}

int main(int argc, char **argv) {
    Options options;
    reserve_streams();
    int code = options_parse(&options, argc, argv);
    if (!code) code = run(&options);
    options_clear(&options);
    return end_output(code);
}

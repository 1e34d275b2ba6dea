/* options.c: the command line of p2c-fit, and what a checkpoint keeps of it. */
#include "options.h"
#include "../run/loop.h"
#include "cli/program.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "step.h"

/* Marks of kept_options.h. FIXED decides what is computed: a run that goes on has the same. */
enum { KEPT = OPTION_KEPT | OPTION_FREE, FIXED = OPTION_KEPT | OPTION_FIXED, TEXT_SIZE = 256 };

#define HEADING(text) \
    { text, 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 }
#define TEXT(name, value, marks, help) \
    { #name, 0, CLI_TEXT, offsetof(FitOptions, name), 0, 0, value, help, marks }
#define WHOLE(name, low, high, marks, help) \
    { #name, 0, CLI_WHOLE, offsetof(FitOptions, name), low, high, "N", help, marks }
#define LONG(name, low, marks, help) \
    { #name, 0, CLI_LONG, offsetof(FitOptions, name), low, HUGE_VAL, "N", help, marks }
#define REAL(name, high, marks, help) \
    { #name, 0, CLI_REAL, offsetof(FitOptions, name), 0, high, "X", help, marks }

static const CliOption table[] = {
    HEADING("Training data"),
    TEXT(portraits, "DIR", KEPT, "prepared portraits: heads on white, as p2c-data makes them"),
    TEXT(backgrounds, "DIR", KEPT,
         "pictures without people, as backgrounds; without a folder: only generated backgrounds"),
    TEXT(teacher, "FILE", KEPT,
         "for landmarks: the ONNX network for 68 points to learn from, or 'built-in'"),

    HEADING("The run"),
    TEXT(out, "FILE", KEPT,
         "file for the best weights so far, in float16; default: TASK.pt in the run's folder"),
    TEXT(run, "NAME", 0, "name of the run's folder, or a path to it; default: task and date"),
    TEXT(result_dir, "DIR", 0, "folder in which run folders are made"),
    { "resume", 0, CLI_BOOL, offsetof(FitOptions, resume), 0, 0, "true|false",
      "continue from the newest checkpoint of --run, with its options", 0 },
    LONG(steps, 1, FIXED, "steps of the whole training; lr decreases to 0 along a cosine"),
    LONG(max_steps, 0, 0, "stop after this step, to continue later; 0: stop at --steps"),
    LONG(seed, 0, FIXED, "the same seed, options and machine give the same network"),
    TEXT(pretrained_weights, "FILE", 0,
         "start from these weights of p2c-fit instead of random ones"),

    HEADING("Optimisation"),
    WHOLE(batch, 1, 1024, FIXED, "samples per step; memory grows with it"),
    REAL(lr, 1, FIXED, "largest learning rate of Adam, above 0"),
    LONG(warmup, 0, FIXED, "steps over which lr rises from 0 to --lr"),
    REAL(ema, 1, FIXED, "decay of the averaged weights, below 1; those are measured and written"),

    HEADING("Outputs, in steps"),
    LONG(val_every, 1, KEPT,
         "measure on held-out samples every N steps, and keep the best weights"),
    WHOLE(val_samples, 1, 1 << 20, KEPT, "number of held-out samples"),
    LONG(save_every, 1, KEPT, "write a checkpoint every N steps"),
    WHOLE(keep, 0, INT_MAX, KEPT, "number of newest checkpoints to keep, at least two; 0: all"),

    HEADING("The machine"),
    TEXT(device, CLI_DEVICE, 0,
         "where to compute; cuda: an NVIDIA GPU; auto: the fastest available device"),
    WHOLE(threads, 0, 256, 0, "number of threads; 0: one per core"),
    WHOLE(workers, 0, 64, 0,
          "threads that make samples in advance; 0: make each sample when it is needed"),

    HEADING("Help"),
    { "version", 'V', CLI_FLAG, offsetof(FitOptions, version), 0, 0, NULL, "print the version", 0 },
    { "print", 0, CLI_CHOICE, offsetof(FitOptions, print), 0, 0, CLI_PRINT_FORMATS,
      "print the manual page, or what completes options in a shell", 0 },
    { "help", 'h', CLI_FLAG, offsetof(FitOptions, help), 0, 0, NULL, "print this", 0 },
};
enum { COUNT = sizeof table / sizeof *table };

static FitOptions defaults(void) {
    return (FitOptions){ .result_dir = "experiment",
                         .device = "auto",
                         .steps = 10000,
                         .batch = 8,
                         .lr = 2e-3,
                         .warmup = 200,
                         .ema = 0.999,
                         .seed = 0,
                         .val_every = 500,
                         .val_samples = 256,
                         .save_every = 500,
                         .keep = 3,
                         .workers = 2 };
}

static const char intro[] =
    "They are the networks that find and cut out faces: 'matte' tells which part of a\n"
    "picture is the head, 'landmarks' finds 68 points of a face. p2c-fit learns from\n"
    "prepared portraits, heads on white: the white tells what is not the head. Every\n"
    "sample puts a portrait before another background, in another light, at another\n"
    "size.\n"
    "\n"
    "Examples\n"
    "  p2c-fit matte --portraits DIR --backgrounds DIR --run first\n"
    "      start a run in experiment/first/; Ctrl-C saves and stops\n"
    "  p2c-fit landmarks --portraits DIR --teacher FILE.onnx --run points\n"
    "      learn the points that the teacher finds\n"
    "  p2c-fit matte --run first --resume\n"
    "      continue a run, with the same options\n"
    "  p2c-fit check WEIGHTS --portraits DIR\n"
    "      measure a file of weights on held-out samples\n"
    "\n"
    "The folder of a run\n"
    "  matte.pt or landmarks.pt    the best weights so far, averaged, in float16: the\n"
    "                              result\n"
    "  model/                      checkpoints, to continue from\n"
    "  img/samples_latest.jpg      held-out samples, and what the network makes of\n"
    "                              them\n"
    "  metrics.jsonl, report.html  losses and times, a line of JSON for each step;\n"
    "                              the same as a page for a browser\n"
    "\n"
    "Names of options may have '_' or '-'. The value in parentheses is used if you do\n"
    "not give the option.\n";

void fit_options_help(const char *format) {
    FitOptions standard = defaults();
    const CliProgram program = {
        .name = "p2c-fit",
        .summary = "trains small networks for faces",
        .synopsis = "matte|landmarks --portraits DIR --run NAME [OPTION]...\nmatte|landmarks --run "
                    "NAME --resume\ncheck WEIGHTS --portraits DIR",
        .intro = intro,
        .table = table,
        .count = COUNT,
        .defaults = &standard,
        .exit_codes = run_exit_codes,
        .commands = "matte landmarks check",
    };
    cli_print_program(&program, format);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int usage_error(const char *text) {
    complain("%s", text);
    return EXIT_USAGE;
}

static bool is_check(const FitOptions *o) { return !strcmp(o->command, "check"); }

/* Checks of several options together, after those of a checkpoint have been taken. */
static int check_data(const FitOptions *o) {
    if (!o->portraits)
        return usage_error(
            "--portraits DIR is missing: a folder of prepared portraits, heads on white");
    if (!is_check(o) && o->task == FIT_LANDMARKS && !o->teacher)
        return usage_error(
            "landmarks needs --teacher FILE: the ONNX network for 68 points to learn from");
    if (!is_check(o) && o->task == FIT_MATTE && o->teacher)
        return usage_error(
            "--teacher is for landmarks; a matte is learned from the white of the portraits");
    return 0;
}

static int take_inputs(FitOptions *o, int count, const char *const inputs[]) {
    if (!count)
        return usage_error("expected what to do first: matte, landmarks or check (see --help)");
    o->command = inputs[0];
    if (!is_check(o) && !fit_task_of(o->command, &o->task)) {
        complain("'%.80s': expected matte, landmarks or check", o->command);
        return EXIT_USAGE;
    }
    if (is_check(o) && count != 2)
        return usage_error(
            "check needs one file of weights: p2c-fit check WEIGHTS --portraits DIR");
    if (!is_check(o) && count > 1)
        return usage_error("one thing at a time: the task comes first, then only options");
    o->weights = is_check(o) ? inputs[1] : NULL;
    return 0;
}

/* Checks that the table of options cannot make. */
static void describe_wrong(const void *options, char *text, size_t size) {
    const FitOptions *o = options;
    *text = 0;
    if (o->lr == 0) snprintf(text, size, "--lr 0: expected more than 0");
    else if (o->ema == 1) snprintf(text, size, "--ema 1: expected less than 1; 0.999 is usual");
}

static int check_values(const FitOptions *o) {
    char wrong[TEXT_SIZE];
    describe_wrong(o, wrong, sizeof wrong);
    if (*wrong) return usage_error(wrong);
    if (is_check(o) && o->resume) return usage_error("check trains nothing; leave --resume out");
    if (o->resume && o->pretrained_weights)
        return usage_error("--pretrained_weights starts a new run; leave it out, or --resume");
    return o->resume ? 0 : check_data(o);
}

int fit_options_parse(FitOptions *o, int argc, char **argv) {
    *o = defaults();
    const char **inputs = calloc((size_t)argc + 1, sizeof *inputs);
    CliParser parser = { .table = table, .count = COUNT, .fields = o, .inputs = inputs };
    if (!inputs) {
        complain("out of memory");
        return EXIT_MEMORY;
    }
    int code = cli_parse(&parser, argc, argv);
    memcpy(o->given, parser.given, sizeof o->given);
    if (!code && !o->help && !o->version && !o->print) {
        code = take_inputs(o, parser.input_count, inputs);
        if (!code) code = check_values(o);
    }
    free(inputs);
    return code;
}

void fit_options_clear(FitOptions *o) { kept_texts_clear(&o->resumed); }

FitDataOptions fit_options_data(const FitOptions *o) {
    return (FitDataOptions){ .task = o->task,
                             .portraits = o->portraits,
                             .backgrounds = o->backgrounds,
                             .teacher = o->task == FIT_LANDMARKS ? o->teacher : NULL,
                             .seed = (uint64_t)o->seed };
}

/* ---- what a checkpoint keeps ----------------------------------------------------------------- */

P2cValue *fit_options_save(const FitOptions *o) { return kept_options_save(table, COUNT, o); }

int fit_options_resume(FitOptions *o, const P2cValue *saved) {
    KeptOptions kept = { .table = table,
                         .count = COUNT,
                         .given = o->given,
                         .cannot_change = "what a run computes cannot be changed, only by another "
                                          "--run",
                         .describe_wrong = describe_wrong };
    FitOptions theirs = *o, next = *o;
    int code = kept_options_take(&kept, saved, o, &theirs, &next);
    if (!code) code = kept_texts_copy(&next.resumed, &kept, o, &next);
    if (code) o->resumed = next.resumed;
    else *o = next;
    return code ? code : check_data(o);
}

/* options.c: the command line of p2c-train: the table of options, and which of them a checkpoint
 * keeps.
 *
 * Every option of the published train.py is here, by its name and with its default. The few that
 * have no effect say so. */
#include "options.h"
#include "cli/program.h"
#include "presets.h"
#include "run/loop.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Marks of kept_options.h. SHAPE: the option decides the shapes of the networks. */
enum {
    KEPT = OPTION_KEPT,
    SHAPE = OPTION_KEPT | OPTION_FIXED,
    FREE = OPTION_KEPT | OPTION_FREE,
    TEXT_SIZE = 256
};

#define HEADING(text) \
    { text, 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 }
#define FLAG(name, help) \
    { #name, 0, CLI_FLAG, offsetof(Options, name), 0, 0, NULL, help, 0 }
#define BOOL(name, marks, help) \
    { #name, 0, CLI_BOOL, offsetof(Options, name), 0, 0, "true|false", help, marks }
#define TEXT(name, value, marks, help) \
    { #name, 0, CLI_TEXT, offsetof(Options, name), 0, 0, value, help, marks }
#define WHOLE(name, low, high, marks, help) \
    { #name, 0, CLI_WHOLE, offsetof(Options, name), low, high, "N", help, marks }
#define LONG(name, low, high, marks, help) \
    { #name, 0, CLI_LONG, offsetof(Options, name), low, high, "N", help, marks }
#define REAL(name, high, marks, help) \
    { #name, 0, CLI_REAL, offsetof(Options, name), 0, high, "X", help, marks }

static const CliOption table[] = {
    HEADING("The run"),
    { "phase", 0, CLI_CHOICE, offsetof(Options, phase), 0, 0, "train|test",
      "test: draw every test picture with the newest networks of a run", 0 },
    TEXT(run, "NAME", 0, "name of the run's folder, or a path to it; default: dataset and date"),
    TEXT(result_dir, "DIR", 0, "folder in which run folders are made"),
    TEXT(measure, "DIR", 0,
         "only measure the pictures of this folder against the cartoons of --dataset, and as "
         "likenesses of those photos in testA that have the same names"),
    { "preset", 0, CLI_CHOICE, offsetof(Options, preset), 0, 0, PRESET_NAMES,
      "a list of options, which is printed; options given here count more. quick: an hour on a "
      "CPU; cpu: the first phase of a long training there; published: photo2cartoon's; finetune: "
      "other "
      "cartoons for --pretrained_weights",
      0 },
    BOOL(resume, 0, "continue from the newest checkpoint of --run, with its options"),
    FLAG(override, "with --resume: options given here may differ from those of the checkpoint"),
    TEXT(export_networks, "FILE", 0,
         "write the networks of --run, or of --pretrained_weights, as one small file: averages "
         "where there are any, float16, without what only --resume needs; then end"),
    LONG(iteration, 1, HUGE_VAL, KEPT,
         "steps of the whole training; lr decreases over the second half"),
    LONG(max_steps, 0, HUGE_VAL, 0,
         "stop after this step, to continue later; 0: stop at --iteration"),
    LONG(seed, 0, HUGE_VAL, KEPT, "the same seed, options and machine give the same networks"),

    HEADING("Pictures"),
    TEXT(dataset, "NAME", KEPT,
         "folder in --data_root, with trainA, trainB, testA, testB; or a path"),
    TEXT(data_root, "DIR", 0, "folder that contains the datasets"),
    WHOLE(
        img_size, 96, 4096, SHAPE,
        "side of the networks' input in pixels, divisible by 16; the deep discriminators need 96"),
    WHOLE(img_ch, 3, 3, 0, "colour channels; only 3 is supported"),
    BOOL(augment, KEPT, "mirror and crop training pictures at random"),
    FLAG(skip_bad, "leave out pictures that cannot be read, with a message, instead of stopping"),

    HEADING("Networks"),
    WHOLE(ch, 4, 1024, SHAPE,
          "channels of the first layer, divisible by 4; the cost grows with its square"),
    WHOLE(
        ch_b2a, 0, 1024, SHAPE,
        "channels of the way back, genB2A, which nobody ships and which is half of the cost: fewer "
        "make steps faster; 0: as --ch"),
    BOOL(light, SHAPE, "the small generators; false: 18 times as many parameters"),
    TEXT(pretrained_weights, "FILE", 0,
         "start from the networks of this file, and with their --ch, --ch_b2a and --light; what it "
         "lacks starts anew, as does Adam: see --warm_up"),
    FLAG(widen,
         "double the widths of --pretrained_weights: channel i becomes 2i and 2i+1, which compute "
         "the same, with a little noise on the copies so that they part"),
    TEXT(face_weights, "FILE", 0,
         "MobileFaceNet, for the loss that keeps the face similar; without a file that loss is 0"),
    REAL(ema, 1, KEPT,
         "also keep generators averaged over steps (0.999: about the last 1000), below 1; 0: off"),
    WHOLE(n_dis, 0, INT_MAX, 0,
          "no effect, as in the published program: the discriminators have 7 and 5 layers"),

    HEADING("Optimisation"),
    WHOLE(batch_size, 1, 1024, KEPT, "pictures of each kind per step; memory grows with it"),
    WHOLE(accumulate, 1, 1024, KEPT,
          "batches whose gradients are added up for one step: a large batch in little memory"),
    REAL(lr, 1, KEPT, "learning rate of Adam, above 0"),
    REAL(lr_dis, 1, KEPT, "learning rate of the discriminators; 0: as --lr"),
    LONG(warm_up, 0, HUGE_VAL, KEPT,
         "let the learning rates rise from a tenth over the first N steps: for a start from "
         "--pretrained_weights; 0: constant from the first step"),
    LONG(autoencoder_steps, 0, HUGE_VAL, KEPT,
         "in the first N steps both generators only learn to reproduce their input, which is "
         "faster; "
         "0: none"),
    BOOL(decay_flag, KEPT, "decrease lr to 0 over the second half"),
    REAL(weight_decay, 1, KEPT, "fraction of each weight that is added to its gradient"),
    REAL(adv_weight, HUGE_VAL, KEPT,
         "weight of the adversarial loss: to deceive the discriminators"),
    REAL(cycle_weight, HUGE_VAL, KEPT,
         "weight of the cycle loss: to get the picture back from its translation"),
    REAL(identity_weight, HUGE_VAL, KEPT,
         "weight of the identity loss: not to change a cartoon, or a photo, that is one already"),
    WHOLE(identity_every, 1, 1000, KEPT,
          "compute the identity terms in every Nth step only, with N times their weight: faster"),
    REAL(cam_weight, HUGE_VAL, KEPT,
         "weight of the CAM loss: to look where photos and cartoons differ"),
    REAL(faceid_weight, HUGE_VAL, KEPT,
         "weight of the face loss: to keep the face similar; needs --face_weights"),
    REAL(rho_clipper, HUGE_VAL, KEPT,
         "upper limit of rho, which mixes instance norm and layer norm"),
    REAL(w_clipper, HUGE_VAL, KEPT,
         "upper limit of the scale and shift in the light generators' norms"),

    HEADING("Outputs, in steps"),
    LONG(print_freq, 1, HUGE_VAL, FREE, "write sample pictures every N steps"),
    LONG(save_freq, 1, HUGE_VAL, FREE, "write a checkpoint every N steps"),
    WHOLE(keep, 0, INT_MAX, FREE, "number of newest checkpoints to keep, at least two; 0: all"),
    LONG(milestone, 0, HUGE_VAL, FREE, "keep the checkpoint of every Nth step for good; 0: none"),
    LONG(eval_freq, 0, HUGE_VAL, FREE, "evaluate on the test pictures every N steps; 0: never"),
    BOOL(tensorboard, FREE, "also write the losses for TensorBoard"),

    HEADING("The machine"),
    TEXT(device, CLI_DEVICE, 0,
         "where to compute; cuda: an NVIDIA GPU; auto: the fastest available device"),
    TEXT(gpu_ids, "N", 0, "photo2cartoon's option for --device cuda:N; one GPU only"),
    { "precision", 0, CLI_CHOICE, offsetof(Options, precision), 0, 0, CLI_PRECISION,
      "how convolutions round their factors; CPU: fp32 only; default on a GPU: tf32", 0 },
    WHOLE(threads, 0, 256, 0, "number of threads; 0: one per core"),
    WHOLE(workers, 0, 64, 0,
          "threads that read pictures in advance; 0: read each picture when it is needed"),
    WHOLE(cache_mib, 0, 1 << 20, 0, "memory for pictures that have been read, in MiB"),
    BOOL(benchmark_flag, 0, "no effect (a setting of PyTorch)"),
    WHOLE(benchmark, 0, 1000000, 0, "time N steps, print a line of JSON, write nothing; 0: train"),

    HEADING("Help"),
    { "version", 'V', CLI_FLAG, offsetof(Options, version), 0, 0, NULL, "print the version", 0 },
    { "print", 0, CLI_CHOICE, offsetof(Options, print), 0, 0, CLI_PRINT_FORMATS,
      "print the manual page, or what completes options in a shell", 0 },
    { "help", 'h', CLI_FLAG, offsetof(Options, help), 0, 0, NULL, "print this", 0 },
};
enum { COUNT = sizeof table / sizeof *table };
_Static_assert(sizeof table / sizeof *table <= CLI_MAX_OPTIONS,
               "Options.given has a place for each");

static Options defaults(void) {
    return (Options){ .phase = "train",
                      .dataset = "photo2cartoon",
                      .gpu_ids = "0",
                      .iteration = 1000000,
                      .print_freq = 1000,
                      .save_freq = 1000,
                      .batch_size = 1,
                      .ch = 32,
                      .n_dis = 6,
                      .img_size = 256,
                      .img_ch = 3,
                      .lr = 1e-4,
                      .weight_decay = 1e-4,
                      .adv_weight = 1,
                      .cycle_weight = 50,
                      .identity_weight = 10,
                      .cam_weight = 1000,
                      .faceid_weight = 1,
                      .rho_clipper = 1,
                      .w_clipper = 1,
                      .light = true,
                      .decay_flag = true,
                      .data_root = "dataset",
                      .result_dir = "experiment",
                      .device = "auto",
                      .milestone = 50000,
                      .accumulate = 1,
                      .identity_every = 1,
                      .keep = 5,
                      .workers = 2,
                      .cache_mib = 1024,
                      .augment = true };
}

static const char intro[] =
    "It is the training of photo2cartoon: without pairs, from two folders of pictures.\n"
    "\n"
    "Examples\n"
    "  p2c-train --dataset NAME --run first\n"
    "      start a run in experiment/first/; Ctrl-C saves and stops\n"
    "  p2c-train --run first --resume\n"
    "      continue it, with the same options\n"
    "  p2c-train --dataset NAME --run small --preset quick\n"
    "      a small run, to see it work on a CPU\n"
    "  p2c-train --run first --phase test\n"
    "      draw every test picture, into experiment/first/test/\n"
    "\n"
    "The dataset\n"
    "  dataset/NAME/trainA/  photos: prepared portraits, that is the upright face in\n"
    "                        the middle, square, on white; p2c-data makes them\n"
    "  dataset/NAME/trainB/  cartoons, prepared alike; they need not show the same\n"
    "                        people\n"
    "  dataset/NAME/testA/   photos that are kept out of the training, to see what\n"
    "                        the networks make of them\n"
    "  dataset/NAME/testB/   cartoons that are kept out of the training\n"
    "\n"
    "Pictures are PNG or JPEG files, also in folders within these. A hundred of each\n"
    "kind is a start. Every picture is scaled to --img_size.\n"
    "\n"
    "The folder of a run\n"
    "  model/         checkpoints in PyTorch's format: NAME_params_0001000.pt, ...,\n"
    "                 NAME_params_latest.pt. To use one: p2c-infer --prepared\n"
    "                 --weights model/NAME_params_latest.pt PHOTO.png\n"
    "  img/           A2B_0001000.png, B2A_0001000.png: inputs, their translations,\n"
    "                 the way back, and where the networks look\n"
    "  metrics.jsonl  losses and times, a line of JSON for each step\n"
    "  report.html    the same as a page for a browser\n"
    "\n"
    "Names of options may have '_' or '-'. The value in parentheses is used if you do\n"
    "not give the option. --x is the same as --x true.\n";

void options_help(const char *format) {
    Options standard = defaults();
    const CliProgram program = {
        .name = "p2c-train",
        .summary = "learns to turn portrait photos into cartoons",
        .synopsis = "--dataset NAME --run NAME [OPTION]...\n--run NAME --resume [OPTION]...\n--run "
                    "NAME --phase test",
        .intro = intro,
        .table = table,
        .count = COUNT,
        .defaults = &standard,
        .exit_codes = run_exit_codes,
        .commands = NULL,
    };
    cli_print_program(&program, format);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What limits alone cannot say, about one option each; text: empty when all is well. */
static void describe_wrong(const void *options, char *text, size_t size) {
    const Options *o = options;
    int near = o->img_size / 16 * 16;
    *text = 0;
    if (o->ch % 4) snprintf(text, size, "--ch %d: expected a number divisible by 4", o->ch);
    else if (o->ch_b2a % 4)
        snprintf(text, size, "--ch_b2a %d: expected a number divisible by 4", o->ch_b2a);
    else if (o->img_size % 16)
        snprintf(text, size, "--img_size %d: expected a number divisible by 16, such as %d",
                 o->img_size, near);
    else if (o->lr == 0) snprintf(text, size, "--lr 0: expected more than 0");
    else if (o->ema == 1) snprintf(text, size, "--ema 1: expected less than 1; 0.999 is usual");
}

static void take_preset(Options *o) {
    for (const PresetOption *p = o->preset ? preset_options(o->preset) : NULL; p && p->name; p++) {
        int place = cli_find(table, COUNT, p->name);
        bool taken = place >= 0 && (o->given[place] || cli_set(&table[place], o, p->value));
        assert(taken);
        (void)taken;
    }
}

void options_say_preset(const Options *o) {
    for (const PresetOption *p = o->preset ? preset_options(o->preset) : NULL; p && p->name; p++) {
        char value[TEXT_SIZE];
        cli_value(&table[cli_find(table, COUNT, p->name)], o, value, sizeof value);
        if (!strcmp(value, p->value)) say("preset       --%s %s", p->name, value);
        else say("preset       --%s %s, not %s", p->name, value, p->value);
    }
}

int options_parse(Options *o, int argc, char **argv) {
    *o = defaults();
    char wrong[TEXT_SIZE] = "";
    CliParser parser = { .table = table, .count = COUNT, .fields = o };
    int code = cli_parse(&parser, argc, argv);
    memcpy(o->given, parser.given, sizeof o->given);
    if (code || o->help || o->version || o->print) return code;
    take_preset(o);
    describe_wrong(o, wrong, sizeof wrong);
    if (*wrong) complain("%s", wrong);
    return *wrong ? EXIT_USAGE : 0;
}

int options_check(const Options *o) {
    bool test = !strcmp(o->phase, "test");
    const char *wrong = NULL;
    if (o->benchmark && (o->resume || test))
        wrong =
            "--benchmark times steps on pictures of its own; leave --resume and --phase test out";
    else if (o->measure && (o->benchmark || o->resume || test))
        wrong = "--measure is about pictures that are there already; leave --benchmark, --resume "
                "and --phase test out";
    else if (o->pretrained_weights && (o->resume || test))
        wrong = "--pretrained_weights starts a new run; leave it out, or --resume or --phase test";
    else if (o->override && !o->resume && !test)
        wrong = "--override is about the options of a checkpoint; it needs --resume";
    else if (o->preset && (o->resume || test || o->export_networks))
        wrong = "--preset is for a new run; one that exists has its options";
    else if (o->export_networks && (o->resume || test || o->benchmark || o->widen))
        wrong = "--export_networks only copies networks; leave --resume, --phase test, --benchmark "
                "and --widen out";
    else if (o->widen && !o->pretrained_weights)
        wrong = "--widen is about the networks of --pretrained_weights; add that option";
    if (wrong) complain("%s", wrong);
    return wrong ? EXIT_USAGE : 0;
}

void options_clear(Options *o) { kept_texts_clear(&o->resumed); }

bool options_given(const Options *o, const char *name) {
    int place = cli_find(table, COUNT, name);
    assert(place >= 0);
    return o->given[place];
}

int options_open_device(const Options *o, P2cContext **ctx) {
    const char *ids = options_given(o, "gpu_ids") ? o->gpu_ids : NULL;
    return device_open(ctx, (DeviceChoice){ .device = o->device,
                                            .precision = o->precision,
                                            .gpu_ids = ids,
                                            .threads = o->threads });
}

/* ---- what a checkpoint keeps ----------------------------------------------------------------- */

P2cValue *options_save(const Options *o) { return kept_options_save(table, COUNT, o); }

int options_resume(Options *o, const P2cValue *saved) {
    KeptOptions kept = { .table = table,
                         .count = COUNT,
                         .given = o->given,
                         .override = o->override,
                         .cannot_change =
                             "what shapes the networks of a checkpoint cannot be changed",
                         .describe_wrong = describe_wrong };
    Options theirs = *o, next = *o;
    int code = kept_options_take(&kept, saved, o, &theirs, &next);
    if (!code) code = kept_texts_copy(&next.resumed, &kept, o, &next);
    if (code) o->resumed = next.resumed;
    else *o = next;
    return code;
}

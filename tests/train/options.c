/* options.c (test): the command line of p2c-train and, through it, of lib/cli: what is accepted,
 * what is refused and with which message, and what a checkpoint keeps. */
#include "../../train/options.h"

#include "../unit/support.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* A parsed command line, and what was printed meanwhile. */
typedef struct Case {
    Options o;
    int code;
    char words[1024], said[4096];
} Case;

/* What is written to a stream between begin and end goes into a file, then into `text`. */
typedef struct Capture {
    int fd, kept;
    FILE *file;
} Capture;

static Capture capture_begin(FILE *stream) {
    fflush(stream);
    Capture c = { fileno(stream), dup(fileno(stream)), tmpfile() };
    assert_true(c.kept >= 0 && c.file && dup2(fileno(c.file), c.fd) >= 0);
    return c;
}

static void capture_end(Capture *c, FILE *stream, char *text, size_t size) {
    fflush(stream);
    assert_true(dup2(c->kept, c->fd) >= 0);
    close(c->kept);
    rewind(c->file);
    text[fread(text, 1, size - 1, c->file)] = 0;
    fclose(c->file);
}

/* Words are separated by single spaces; two spaces make an empty one. */
static void parse(Case *c, const char *line) {
    char *argv[64] = { (char *)(uintptr_t) "p2c-train" }, *rest = c->words;
    int argc = 1;
    assert_true(strlen(line) < sizeof c->words);
    strcpy(c->words, line);
    while (*line && rest && argc < 63) argv[argc++] = strsep(&rest, " ");
    Capture capture = capture_begin(stderr);
    c->code = options_parse(&c->o, argc, argv);
    capture_end(&capture, stderr, c->said, sizeof c->said);
}

static void parse_well(Case *c, const char *line) {
    parse(c, line);
    if (c->code) fail_msg("'%s' should be accepted, but: %s", line, c->said);
    assert_string_equal(c->said, "");
}

static void resume(Case *c, const P2cValue *saved) {
    Capture capture = capture_begin(stderr);
    c->code = options_resume(&c->o, saved);
    capture_end(&capture, stderr, c->said, sizeof c->said);
}

/* Checks that the line is refused with this code, in one line that contains this text. */
static void assert_refused(const Case *c, int code, const char *what, const char *says) {
    const char *newline = strchr(c->said, '\n');
    if (c->code != code)
        fail_msg("%s: exit code %d, expected %d: %s", what, c->code, code, c->said);
    if (strncmp(c->said, "test-train: ", 12) || !newline || newline[1])
        fail_msg("%s: expected one line, got '%s'", what, c->said);
    if (!strstr(c->said, says)) fail_msg("%s: should say '%s', but says %s", what, says, c->said);
}

/* The options of the published train.py, each with a value that is not its default. */
static const char *const published[][2] = {
    { "phase", "test" },       { "light", "False" },         { "dataset", "mine" },
    { "iteration", "500" },    { "batch_size", "2" },        { "print_freq", "7" },
    { "save_freq", "8" },      { "decay_flag", "False" },    { "lr", "0.5" },
    { "adv_weight", "2" },     { "cycle_weight", "3" },      { "identity_weight", "4.5" },
    { "cam_weight", "5" },     { "faceid_weight", "0" },     { "ch", "16" },
    { "n_dis", "4" },          { "img_size", "128" },        { "img_ch", "3" },
    { "gpu_ids", "0,1" },      { "benchmark_flag", "True" }, { "resume", "True" },
    { "rho_clipper", "0.25" }, { "w_clipper", "0.75" },      { "pretrained_weights", "w.pt" },
};
enum { PUBLISHED = sizeof published / sizeof *published };

static void spell(char *line, size_t size, const char *name, char between, const char *value,
                  char dash) {
    snprintf(line, size, "--%s%c%s", name, between, value);
    for (char *s = line; *s && *s != between; s++)
        if (*s == '_') *s = dash;
}

static void published_names(void **state) {
    (void)state;
    for (int i = 0; i < PUBLISHED; i++)
        for (int form = 0; form < 4; form++) {
            Case c;
            char line[128];
            spell(line, sizeof line, published[i][0], form & 1 ? '=' : ' ', published[i][1],
                  form & 2 ? '-' : '_');
            parse_well(&c, line);
            assert_true(options_given(&c.o, published[i][0]));
            options_clear(&c.o);
        }
}

static void published_values(void **state) {
    (void)state;
    Case c;
    char line[1024] = "";
    for (int i = 0; i < PUBLISHED; i++) {
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "%s--%s %s", i ? " " : "", published[i][0],
                 published[i][1]);
    }
    parse_well(&c, line);
    const Options *o = &c.o;
    assert_string_equal(o->phase, "test");
    assert_string_equal(o->dataset, "mine");
    assert_string_equal(o->gpu_ids, "0,1");
    assert_string_equal(o->pretrained_weights, "w.pt");
    assert_false(o->light || o->decay_flag);
    assert_true(o->benchmark_flag && o->resume);
    assert_true(o->iteration == 500 && o->print_freq == 7 && o->save_freq == 8);
    assert_true(o->batch_size == 2 && o->ch == 16 && o->n_dis == 4 && o->img_size == 128 &&
                o->img_ch == 3);
    assert_true(o->lr == 0.5 && o->adv_weight == 2 && o->cycle_weight == 3 &&
                o->identity_weight == 4.5 && o->cam_weight == 5);
    assert_true(o->faceid_weight == 0 && o->rho_clipper == 0.25 && o->w_clipper == 0.75);
}

static void default_values(void **state) {
    (void)state;
    Case c;
    parse_well(&c, "");
    const Options *o = &c.o;
    assert_string_equal(o->phase, "train");
    assert_string_equal(o->dataset, "photo2cartoon");
    assert_string_equal(o->gpu_ids, "0");
    assert_null(o->pretrained_weights);
    assert_true(o->light && o->decay_flag);
    assert_false(o->benchmark_flag || o->resume);
    assert_true(o->iteration == 1000000 && o->print_freq == 1000 && o->save_freq == 1000);
    assert_true(o->batch_size == 1 && o->ch == 32 && o->n_dis == 6 && o->img_size == 256 &&
                o->img_ch == 3);
    assert_true(o->lr == 1e-4 && o->weight_decay == 1e-4 && o->adv_weight == 1 &&
                o->cycle_weight == 50 && o->identity_weight == 10);
    assert_true(o->cam_weight == 1000 && o->faceid_weight == 1 && o->rho_clipper == 1 &&
                o->w_clipper == 1);
    /* p2cnn's own */
    assert_string_equal(o->data_root, "dataset");
    assert_string_equal(o->result_dir, "experiment");
    assert_string_equal(o->device, "auto");
    assert_true(!o->run && !o->face_weights && o->augment);
    assert_true(o->max_steps == 0 && o->milestone == 50000 && o->eval_freq == 0 && o->seed == 0 &&
                o->ema == 0);
    assert_true(o->accumulate == 1 && o->keep == 5 && o->threads == 0 && o->workers == 2 &&
                o->cache_mib == 1024 && o->benchmark == 0);
    assert_false(o->skip_bad || o->override || o->tensorboard || o->help || o->version);
    for (int i = 0; i < CLI_MAX_OPTIONS; i++) assert_false(o->given[i]);
}

static void true_and_false(void **state) {
    static const struct {
        const char *line;
        bool resume, light;
        const char *run;
    } cases[] = {
        { "--resume", true, true, NULL },
        { "--resume --run x", true, true, "x" },
        { "--resume true --run x", true, true, "x" },
        { "--resume=yes --light=no", true, false, NULL },
        { "--resume False --light 0", false, false, NULL },
        { "--light --resume 1", true, true, NULL },
        { "--resume --light FALSE", true, false, NULL },
        { "--resume --resume=false", false, true, NULL }, /* the last one counts */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Case c;
        parse_well(&c, cases[i].line);
        if (c.o.resume != cases[i].resume || c.o.light != cases[i].light)
            fail_msg("%s: resume %d, light %d", cases[i].line, c.o.resume, c.o.light);
        if (cases[i].run) assert_string_equal(c.o.run, cases[i].run);
        else assert_null(c.o.run);
    }
}

static void refused(void **state) {
    static const char *const cases[][2] = {
        { "--ch 30", "--ch 30: expected a number divisible by 4" },
        { "--ch 0", "--ch 0: expected a whole number from 4 to 1024" },
        { "--ch 2048", "from 4 to 1024" },
        { "--img_size 100", "--img_size 100: expected a number divisible by 16, such as 96" },
        { "--img-size 16", "--img_size 16: expected a whole number from 96 to 4096" },
        { "--img_ch 1", "--img_ch 1: expected 3" },
        { "--batch_size 0", "--batch_size 0: expected a whole number from 1" },
        { "--batch_size 1.5", "expected a whole number" },
        { "--batch_size 4294967297", "expected a whole number" },
        { "--accumulate 0", "expected a whole number from 1" },
        { "--n_dis 2147483648", "expected a whole number from 0" },
        { "--iteration 0", "--iteration 0: expected a whole number, 1 or more" },
        { "--iteration 9223372036854775808", "1 or more" },
        { "--print_freq 0", "1 or more" },
        { "--save_freq -1", "--save_freq -1: expected a whole number, 1 or more" },
        { "--seed -1", "0 or more" },
        { "--lr 0", "--lr 0: expected more than 0" },
        { "--lr -0.1", "--lr -0.1: expected a number from 0 to 1" },
        { "--lr fast", "--lr fast: expected a number" },
        { "--lr nan", "--lr nan: expected a number" },
        { "--lr 1e-4x", "expected a number" },
        { "--cam_weight inf", "--cam_weight inf: expected a number, 0 or more" },
        { "--cycle_weight -1", "0 or more" },
        { "--ema 1", "--ema 1: expected less than 1" },
        { "--ema 1.5", "from 0 to 1" },
        { "--rho_clipper -0.5", "0 or more" },
        { "--phase trial", "--phase trial: expected one of train|test" },
        { "--phase t", "--phase t: expected one of train|test" },
        { "--phase=", "--phase: expected one of train|test, got nothing" },
        { "--light maybe", "--light maybe: expected true or false" },
        { "--light=", "--light: expected true or false, got nothing" },
        { "--threads 1000", "from 0 to 256" },
        { "--dataset=", "--dataset: expected a NAME, got nothing" },
        { "--dataset", "--dataset needs a value: --dataset NAME" },
        { "--skip_bad=yes", "--skip_bad takes no value" },
        { "--skip_bad yes", "unexpected 'yes'" },
        { "photos cartoons", "unexpected 'photos'" },
        { "--batchsize 2", "unknown option --batchsize; did you mean --batch_size?" },
        { "--identity-wieght 2", "did you mean --identity_weight?" },
        { "--pretrained w.pt", "did you mean --pretrained_weights?" },
        { "-x", "unknown option -x" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Case c;
        parse(&c, cases[i][0]);
        assert_refused(&c, EXIT_USAGE, cases[i][0], cases[i][1]);
        options_clear(&c.o);
    }
}

static void limits_are_allowed(void **state) {
    (void)state;
    Case c;
    parse_well(&c, "--ch 4 --img_size 96 --lr 1 --ema 0.9999 --iteration 1 --seed "
                   "9223372036854775807 --threads 256 --adv_weight 0 --weight_decay 0");
    assert_true(c.o.seed == INT64_MAX && c.o.ch == 4 && c.o.img_size == 96 && c.o.lr == 1 &&
                c.o.ema == 0.9999);
}

static void given(void **state) {
    (void)state;
    Case c;
    parse_well(&c, "--lr 1e-4 --batch-size 1 --resume");
    assert_true(options_given(&c.o, "lr"));
    assert_true(options_given(&c.o, "batch_size"));
    assert_true(options_given(&c.o, "batch-size"));
    assert_true(options_given(&c.o, "resume"));
    assert_false(options_given(&c.o, "ch"));
    assert_false(options_given(&c.o, "benchmark"));
}

static void help_and_version(void **state) {
    static char text[20000];
    (void)state;
    Case c;
    parse_well(&c, "--help --ch 30"); /* with --help, other options may be wrong */
    assert_true(c.o.help);
    parse_well(&c, "-V");
    assert_true(c.o.version);
    Capture capture = capture_begin(stdout);
    options_help(NULL);
    capture_end(&capture, stdout, text, sizeof text);
    for (int i = 0; i < PUBLISHED; i++) {
        char name[64];
        snprintf(name, sizeof name, "--%s ", published[i][0]);
        if (!strstr(text, name)) fail_msg("the help should explain %s", name);
    }
    static const char *const told[] = { "trainA",        "testB",       "--resume ",
                                        "metrics.jsonl", "report.html", "Exit codes",
                                        "(1000000)",     "(0.0001)",    "(photo2cartoon)" };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (!strstr(text, told[i])) fail_msg("the help should say %s", told[i]);
    int column = 0;
    for (const char *s = text; *s; s++)
        if ((column = *s == '\n' ? 0 : column + 1) > 140)
            fail_msg("the help has a line that is too long: %.140s", s - 140);
}

/* What p2c-train does not use: inputs, and a whole number that is limited only by its type. */
typedef struct Few {
    bool quiet;
    int count;
    const char *output;
} Few;

static void with_inputs(void **state) {
    static const CliOption table[] = {
        { "Heading", 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 },
        { "quiet", 'q', CLI_BOOL, offsetof(Few, quiet), 0, 0, "true|false", "say little", 0 },
        { "count", 0, CLI_WHOLE, offsetof(Few, count), 0, HUGE_VAL, "N", "how many", 0 },
        { "output", 'o', CLI_TEXT, offsetof(Few, output), 0, 0, "OUT", "where to", 0 },
        { "photo-path", 0, CLI_INPUT, 0, 0, 0, "IN", "the same as IN", 0 },
    };
    static const char *const expected[] = { "a.png", "b.png", "-", "c.png", "--count", "-x" };
    char *argv[] = {
        "few", "-q",  "a.png", "--photo_path", "b.png", "-", "-q", "no", "--photo-path=c.png",
        "-o",  "out", "--",    "--count",      "-x"
    };
    const char *inputs[sizeof argv / sizeof *argv];
    (void)state;
    Few few = { .count = 7 };
    CliParser parser = { .table = table, .count = 5, .fields = &few, .inputs = inputs };
    assert_int_equal(cli_parse(&parser, (int)(sizeof argv / sizeof *argv), argv), 0);
    assert_int_equal(parser.input_count, 6);
    for (int i = 0; i < 6; i++) assert_string_equal(inputs[i], expected[i]);
    assert_string_equal(few.output, "out");
    assert_true(!few.quiet && few.count == 7 && parser.given[1] && !parser.given[2] &&
                parser.given[3]);
    assert_int_equal(cli_find(table, 5, "photo_path"), 4);
    assert_int_equal(cli_find(table, 5, "Heading"), -1);
    assert_false(cli_set(&table[2], &few, "2147483648"));
    assert_int_equal(few.count, 7);
    assert_true(cli_set(&table[2], &few, "2147483647"));
    assert_int_equal(few.count, 2147483647);
}

/* ---- what a checkpoint keeps ---- */

static const char changed[] =
    "--dataset mine --iteration 500 --batch_size 2 --accumulate 3 --decay_flag no --lr 0.0003 "
    "--weight_decay 0.01 "
    "--adv_weight 2 --cycle_weight 3 --identity_weight 4 --cam_weight 5 --faceid_weight 6 "
    "--rho_clipper 0.5 "
    "--w_clipper 0.25 --ch 16 --img_size 128 --light no --augment no --seed 77 --ema 0.999 "
    "--ch_b2a 8 --identity_every 4 --lr_dis 0.0001 --warm_up 300 "
    "--autoencoder_steps 10";

static P2cValue *saved_by(const char *line) {
    Case c;
    parse_well(&c, line);
    P2cValue *saved = options_save(&c.o);
    assert_non_null(saved);
    options_clear(&c.o);
    return saved;
}

static void round_trip(void **state) {
    (void)state;
    P2cValue *saved = saved_by(changed);
    assert_int_equal(p2c_value_count(saved), 31);
    assert_int_equal(p2c_value_kind(p2c_value_get(saved, "light")), P2C_BOOL);
    assert_int_equal(p2c_value_kind(p2c_value_get(saved, "seed")), P2C_INT);
    assert_int_equal(p2c_value_kind(p2c_value_get(saved, "lr")), P2C_FLOAT);
    assert_string_equal(p2c_value_as_string(p2c_value_get(saved, "dataset")), "mine");
    assert_null(p2c_value_get(saved, "result_dir"));
    Case c;
    parse_well(&c, "--resume --lr 0.0003");
    resume(&c, saved);
    assert_int_equal(c.code, 0);
    P2cValue *again = options_save(&c.o);
    assert_true(same_tree(saved, again));
    p2c_value_free(&saved); /* c.o.dataset must not point into it */
    assert_string_equal(c.o.dataset, "mine");
    assert_true(c.o.ch == 16 && !c.o.light && c.o.lr == 0.0003 && c.o.seed == 77);
    assert_false(options_given(&c.o, "ch"));
    resume(&c, again); /* a second time is no harm */
    assert_int_equal(c.code, 0);
    p2c_value_free(&again);
    assert_string_equal(c.o.dataset, "mine");
    options_clear(&c.o);
}

/* A difference in each kept option is noticed. */
static void each_difference(void **state) {
    (void)state;
    char line[sizeof changed], *rest = line, *name;
    P2cValue *saved = saved_by("");
    int count = 0;
    strcpy(line, changed);
    while ((name = strsep(&rest, " "))) {
        Case c;
        char one[128], says[128];
        const char *value = strsep(&rest, " ");
        snprintf(one, sizeof one, "--resume %s %s", name, value);
        snprintf(says, sizeof says, "%s %s (checkpoint: ", name,
                 strcmp(value, "no") ? value : "false");
        parse_well(&c, one);
        resume(&c, saved);
        assert_refused(&c, EXIT_USAGE, one, says);
        options_clear(&c.o);
        count++;
    }
    /* those in `written` below make no difference */
    assert_int_equal(count, p2c_value_count(saved) - 6);
    p2c_value_free(&saved);
}

/* How often things are written is kept, too, but the command line may change it. */
static void written(void **state) {
    (void)state;
    P2cValue *saved = saved_by(
        "--print_freq 7 --save_freq 8 --keep 0 --milestone 9 --eval_freq 10 --tensorboard");
    Case c;
    parse_well(&c, "--resume --save_freq 5 --eval_freq 0");
    resume(&c, saved);
    assert_int_equal(c.code, 0);
    assert_true(c.o.print_freq == 7 && c.o.save_freq == 5 && c.o.keep == 0 && c.o.milestone == 9 &&
                c.o.eval_freq == 0 && c.o.tensorboard);
    options_clear(&c.o);
    p2c_value_free(&saved);
}

/* A preset sets what the command line does not give; a checkpoint keeps it as if it were given. */
static void presets(void **state) {
    (void)state;
    Case c;
    parse_well(&c, "--preset cpu --ch 8 --lr 0.001");
    assert_true(c.o.ch == 8 && c.o.lr == 0.001 && c.o.img_size == 128 && c.o.ch_b2a == 8);
    assert_true(c.o.cam_weight == 100 && c.o.cycle_weight == 15 && c.o.identity_every == 4 &&
                c.o.ema == 0.999 && !c.o.decay_flag && c.o.iteration == 45000);
    assert_true(options_given(&c.o, "ch") && !options_given(&c.o, "cam_weight"));
    P2cValue *saved = options_save(&c.o);
    options_clear(&c.o);
    parse_well(&c, "--resume");
    resume(&c, saved);
    assert_true(c.code == 0 && c.o.cam_weight == 100 && c.o.ch == 8 && !c.o.decay_flag);
    options_clear(&c.o);
    parse_well(&c, "--resume --cam_weight 1000");
    resume(&c, saved);
    assert_refused(&c, EXIT_USAGE, "another weight", "--cam_weight 1000 (checkpoint: 100)");
    options_clear(&c.o);
    p2c_value_free(&saved);
}

/* The published preset is the defaults; every preset is a list that can be taken and printed. */
static void each_preset(void **state) {
    (void)state;
    Case c, plain;
    parse_well(&plain, "");
    P2cValue *standard = options_save(&plain.o), *published_ones;
    parse_well(&c, "--preset published");
    published_ones = options_save(&c.o);
    assert_true(same_tree(standard, published_ones));
    p2c_value_free(&standard);
    p2c_value_free(&published_ones);
    options_clear(&c.o);
    options_clear(&plain.o);
    static const char *const lines[] = { "--preset quick", "--preset finetune" };
    for (int i = 0; i < 2; i++) {
        parse_well(&c, lines[i]);
        assert_true(c.o.cam_weight == 100 && c.o.cycle_weight == 15 && c.o.decay_flag);
        options_clear(&c.o);
    }
}

static void together(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int code;
    } rows[] = {
        { "--benchmark 2", 0 },
        { "--benchmark 2 --resume", EXIT_USAGE },
        { "--benchmark 2 --phase test", EXIT_USAGE },
        { "--resume --override", 0 },
        { "--override", EXIT_USAGE },
        { "--pretrained_weights w.pt", 0 },
        { "--phase test --override", 0 },
        { "--pretrained_weights w.pt --widen", 0 },
        { "--widen", EXIT_USAGE },
        { "--export_networks e.pt --run first", 0 },
        { "--export_networks e.pt --pretrained_weights w.pt", 0 },
        { "--preset cpu --pretrained_weights w.pt --widen", 0 },
        { "--preset cpu --resume", EXIT_USAGE },
        { "--preset cpu --phase test", EXIT_USAGE },
        { "--export_networks e.pt --resume", EXIT_USAGE },
        { "--export_networks e.pt --phase test", EXIT_USAGE },
        { "--pretrained_weights w.pt --resume", EXIT_USAGE },
        { "--pretrained_weights w.pt --phase test", EXIT_USAGE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Case c;
        parse_well(&c, rows[i].line);
        assert_int_equal(options_check(&c.o), rows[i].code);
        options_clear(&c.o);
    }
}

static void differences(void **state) {
    static const char *const cases[][2] = {
        { "--lr 2e-4 --seed 3 --cam_weight 500",
          "the checkpoint was trained with other options: --seed 3 (checkpoint: 0), --lr 0.0002 "
          "(checkpoint: 0.0001), --cam_weight 500 (checkpoint: 1000); "
          "leave them out, or add --override to change them" },
        { "--ch 16 --light false",
          "cannot be changed: --ch 16 (checkpoint: 32), --light false (checkpoint: true)\n" },
        { "--ch 16 --lr 1", "cannot be changed: --ch 16 (checkpoint: 32); and --override is needed "
                            "for --lr 1 (checkpoint: 0.0001)" },
        { "--img_size 128 --override", "cannot be changed: --img_size 128 (checkpoint: 256)\n" },
        { "--img_size 128 --lr 1 --override",
          "cannot be changed: --img_size 128 (checkpoint: 256)\n" },
        { "--dataset other", "--dataset other (checkpoint: photo2cartoon)" },
        { "--dataset photo2cartoom", "--dataset photo2cartoom (checkpoint: photo2cartoon)" },
        { "--lr 0.00010000000000000002", "--lr 0.00010000000000000002 (checkpoint: 0.0001)" },
    };
    (void)state;
    P2cValue *saved = saved_by("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Case c;
        parse_well(&c, cases[i][0]);
        P2cValue *before = options_save(&c.o);
        resume(&c, saved);
        assert_refused(&c, EXIT_USAGE, cases[i][0], cases[i][1]);
        P2cValue *after = options_save(&c.o);
        assert_true(same_tree(before, after));
        p2c_value_free(&before);
        p2c_value_free(&after);
        options_clear(&c.o);
    }
    p2c_value_free(&saved);
}

static void override(void **state) {
    (void)state;
    P2cValue *saved = saved_by(changed);
    Case c;
    parse_well(&c, "--resume --override --lr 2e-4 --dataset other --augment");
    resume(&c, saved);
    assert_int_equal(c.code, 0);
    p2c_value_free(&saved);
    assert_string_equal(c.o.dataset, "other");
    assert_true(c.o.lr == 2e-4 && c.o.augment && c.o.ch == 16 && c.o.iteration == 500);
    options_clear(&c.o);
}

/* The place of the dataset may change, but not the dataset. */
static void dataset_moved(void **state) {
    (void)state;
    P2cValue *saved = saved_by("--dataset /here/faces/");
    Case c;
    parse_well(&c, "--dataset there/faces");
    resume(&c, saved);
    assert_int_equal(c.code, 0);
    assert_string_equal(c.o.dataset, "there/faces");
    parse_well(&c, "--dataset there/faces2");
    resume(&c, saved);
    assert_refused(&c, EXIT_USAGE, "another dataset",
                   "--dataset there/faces2 (checkpoint: /here/faces/)");
    p2c_value_free(&saved);
}

/* With one more entry, the dict is not what options_save makes. */
static void damaged(void **state) {
    (void)state;
    const struct {
        const char *key;
        P2cValue *value;
        const char *says;
    } cases[] = {
        { "lr", p2c_value_string("fast"), "the checkpoint's option lr is fast: expected a number" },
        { "lr", p2c_value_float(0), "the checkpoint's options: --lr 0: expected more than 0" },
        { "lr", p2c_value_float(0.0 / 0.0), "expected a number from 0 to 1" },
        { "ch", p2c_value_int(30), "the checkpoint's options: --ch 30" },
        { "ch", p2c_value_int(INT64_MAX),
          "the checkpoint's option ch is 9223372036854775807: expected a whole number from 4 to "
          "1024" },
        { "ch", p2c_value_float(32), "the checkpoint's option ch is of another type" },
        { "light", p2c_value_int(1),
          "the checkpoint's option light is of another type: expected true or false" },
        { "dataset", p2c_value_none(), "the checkpoint's option dataset is of another type" },
        { "dataset", p2c_value_string(""), "the checkpoint's option dataset is : expected a NAME" },
        { "colour", p2c_value_int(1),
          "the checkpoint holds an option 'colour', which test-train " },
        { "result_dir", p2c_value_int(1000), "the checkpoint holds an option 'result_dir'" },
        { "", p2c_value_int(1), "the checkpoint holds an option ''" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Case c;
        P2cValue *saved = saved_by("");
        assert_int_equal(p2c_value_set(saved, cases[i].key, cases[i].value), P2C_OK);
        parse_well(&c, i % 2 ? "--resume" : "--resume --override --lr 1e-3 --dataset x");
        resume(&c, saved);
        assert_refused(&c, EXIT_BAD_INPUT, cases[i].key, cases[i].says);
        p2c_value_free(&saved);
        options_clear(&c.o);
    }
}

static void no_dict(void **state) {
    (void)state;
    Case c;
    P2cValue *list = p2c_value_list(), *empty = p2c_value_dict(), *whole = p2c_value_dict();
    parse_well(&c, "--lr 0.5");
    resume(&c, list);
    assert_refused(&c, EXIT_BAD_INPUT, "a list", "no dict");
    resume(&c, NULL);
    assert_refused(&c, EXIT_BAD_INPUT, "nothing", "no dict");
    resume(&c, empty); /* options that are not in it stay as they are */
    assert_int_equal(c.code, 0);
    assert_true(c.o.lr == 0.5 && c.o.ch == 32);
    /* an integer is a number */
    assert_int_equal(p2c_value_set(whole, "cam_weight", p2c_value_int(7)), P2C_OK);
    resume(&c, whole);
    assert_int_equal(c.code, 0);
    assert_true(c.o.cam_weight == 7);
    p2c_value_free(&list);
    p2c_value_free(&empty);
    p2c_value_free(&whole);
}

const struct CMUnitTest p2c_tests_options[] = {
    cmocka_unit_test(published_names), cmocka_unit_test(published_values),
    cmocka_unit_test(default_values),  cmocka_unit_test(true_and_false),
    cmocka_unit_test(refused),         cmocka_unit_test(limits_are_allowed),
    cmocka_unit_test(given),           cmocka_unit_test(help_and_version),
    cmocka_unit_test(with_inputs),     cmocka_unit_test(round_trip),
    cmocka_unit_test(each_difference), cmocka_unit_test(written),
    cmocka_unit_test(presets),         cmocka_unit_test(each_preset),
    cmocka_unit_test(together),        cmocka_unit_test(differences),
    cmocka_unit_test(override),        cmocka_unit_test(dataset_moved),
    cmocka_unit_test(damaged),         cmocka_unit_test(no_dict),
};
const size_t p2c_tests_options_count = sizeof p2c_tests_options / sizeof *p2c_tests_options;

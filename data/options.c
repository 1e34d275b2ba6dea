/* options.c: the command line of p2c-data: the table of options, the meaning of their values, and
 * which options go together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/program.h"
#include "data.h"

#define HEADING(text) \
    { text, 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 }
#define FLAG(name, help) \
    { #name, 0, CLI_FLAG, offsetof(Options, name), 0, 0, NULL, help, 0 }
#define TEXT(name, value, help) \
    { #name, 0, CLI_TEXT, offsetof(Options, name), 0, 0, value, help, 0 }

enum { MOST_JOBS = 64, LEAST_SIDE = 16, MOST_SIDE = 8192, MOST_FACES = 1000 };

static const CliOption table[] = {
    HEADING("Output"),
    { "out", 'o', CLI_TEXT, offsetof(Options, out), 0, 0, "DIR",
      "folder of the dataset, such as dataset/faces; it is made if missing, and added to if it "
      "exists",
      0 },
    { "domain", 0, CLI_CHOICE, offsetof(Options, domain), 0, 0, "A|B",
      "A: photos, for trainA and testA; B: cartoons, for trainB and testB", 0 },
    TEXT(test, "N%",
         "percentage of the files for testing; each file's bytes decide, so the choice never "
         "changes"),
    TEXT(size, "N|native",
         "side of the squares in pixels; native: as large as the face is in its photo (p2c-train "
         "scales pictures anyway)"),
    HEADING("Finding the face"),
    TEXT(align, "HOW",
         "face: find it; none: use the whole picture; centre: use its middle square; or a file of "
         "points, see above"),
    TEXT(faces, "N|largest|all", "how many faces of a photo become pictures, the largest first"),
    TEXT(models, "DIR",
         "folder with networks that replace the built-in ones: detector.onnx, landmarks.onnx, "
         "matte.onnx or matte.pb ($P2CNN_MODELS, else $XDG_DATA_HOME/p2cnn, else "
         "~/.local/share/p2cnn)"),
    TEXT(detector, "FILE|dlib", "the network that finds faces; dlib: the built-in detector"),
    TEXT(landmarks, "FILE|built-in|none",
         "the network that finds 68 points of each face; none: guess them from the face's box"),
    TEXT(matte, "FILE|built-in|none",
         "the network that separates the head from the background; none: keep the background"),
    HEADING("Leaving pictures out"),
    TEXT(reject, "WARNINGS",
         "leave out pictures with these warnings, such as small,side-view,dark,bright,border"),
    { "near", 0, CLI_WHOLE, offsetof(Options, near), 0, LOOK_BITS, "N",
      "leave out a picture that differs from another one in at most N of 512 bits of a hash of its "
      "look",
      0 },
    { "keep-duplicates", 0, CLI_FLAG, offsetof(Options, keep_duplicates), 0, 0, NULL,
      "keep files with equal bytes, and pictures that look alike", 0 },
    FLAG(strict, "exit with 3 if even one file cannot be read"),
    HEADING("Options of photo2cartoon's data_process.py"),
    TEXT(data_path, "DIR", "folder of photos; each becomes a picture ..."),
    TEXT(save_path, "DIR", "... in this folder"),
    HEADING("Other"),
    { "jobs", 'j', CLI_WHOLE, offsetof(Options, jobs), 0, MOST_JOBS, "N",
      "pictures to work on at the same time; 0: one per core", 0 },
    { "version", 'V', CLI_FLAG, offsetof(Options, version), 0, 0, NULL,
      "print the version and exit", 0 },
    { "print", 0, CLI_CHOICE, offsetof(Options, print), 0, 0, CLI_PRINT_FORMATS,
      "print the manual page, or what completes options in a shell", 0 },
    { "help", 'h', CLI_FLAG, offsetof(Options, help), 0, 0, NULL, "print this help and exit", 0 },
};
enum { COUNT = sizeof table / sizeof *table };
_Static_assert(sizeof table / sizeof *table <= CLI_MAX_OPTIONS,
               "CliParser.given has an entry for each option");

static Options defaults(void) {
    return (Options){ .domain = "A",
                      .test = "5%",
                      .size = "256",
                      .align = "face",
                      .faces = "largest",
                      .reject = "none",
                      .near = LOOK_NEAR };
}

static const char intro[] =
    "It finds the face, turns it upright, cuts out a square around the head and\n"
    "puts it on white.\n"
    "\n"
    "Examples\n"
    "  p2c-data build photos/ --out dataset/faces\n"
    "      make a dataset from photos: dataset/faces/trainA and testA\n"
    "  p2c-data build art/ more.png --out dataset/faces --domain B --align none\n"
    "      add cartoons as they are: dataset/faces/trainB and testB\n"
    "  p2c-data check dataset/faces\n"
    "      find out whether p2c-train can start, and what would spoil its results\n"
    "  p2c-data --data_path photos/ --save_path prepared/\n"
    "      one picture per photo in one folder, as photo2cartoon's data_process.py\n"
    "\n"
    "Photos are PNG or JPEG files, or folders of them with subfolders. Pictures keep\n"
    "the names of their photos. If two photos have the same name, the second one gets\n"
    "the name of its folder as well. If a file cannot be read, p2c-data says so and\n"
    "goes on with the others.\n"
    "\n"
    "You can add photos and run build again, or stop it and continue later: photos\n"
    "that are done and unchanged are skipped, and test pictures stay test pictures.\n"
    "\n"
    "Besides the pictures, build writes two files into the dataset:\n"
    "  manifest.tsv       a table for any spreadsheet: for each face whether it was\n"
    "                     accepted, why not, where it was, and warnings\n"
    "  contact_sheet.png  all pictures in small. Grey frame: for training; blue: for\n"
    "                     testing; red and crossed out: rejected. Have a look at it.\n"
    "\n"
    "Face detectors are made for photos and miss many drawn faces. For cartoons that\n"
    "are cut out already, use --align none. For others, write down where the faces\n"
    "are: --align points.tsv names a text file with one line for each picture. A line\n"
    "has the picture's name, a tab, and 4 numbers: x and y of the outer corners of\n"
    "the eyes, first the eye that is left in the picture. Or it has 136 numbers:\n"
    "x and y of 68 points.\n"
    "\n"
    "Names of options may have '_' or '-'. The value in parentheses is used if you do\n"
    "not give the option.\n";
static const char exit_codes[] =
    "  0    done; build has at least one picture\n"
    "  2    wrong usage\n"
    "  3    not one picture could be made; with --strict: a file could not be read;\n"
    "       for check: p2c-train could not start\n"
    "  4    cannot write\n"
    "  5    out of memory\n"
    "  130  stopped by Ctrl-C, after finishing the pictures in progress\n"
    "  143  stopped by a signal, likewise\n";

void options_help(const char *format) {
    Options standard = defaults();
    const CliProgram program = {
        .name = "p2c-data",
        .summary = "prepares photos for p2c-infer and p2c-train",
        .synopsis = "build IN... --out DIR [OPTION]...\ncheck DIR\n--data_path DIR --save_path DIR "
                    "[OPTION]...",
        .intro = intro,
        .table = table,
        .count = COUNT,
        .defaults = &standard,
        .exit_codes = exit_codes,
        .commands = "build check",
    };
    cli_print_program(&program, format);
}

/* ---- the meaning of values ---- */

/* Reads a whole number with nothing after it. */
static bool read_whole(const char *text, int low, int high, int *value) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < low || number > high) return false;
    *value = (int)number;
    return true;
}

static bool read_share(const char *text, double *share) {
    char *end;
    double percent = strtod(text, &end);
    if (end == text || (*end && strcmp(end, "%")) || !(percent >= 0 && percent <= 100))
        return false;
    *share = percent / 100;
    return true;
}

static int read_texts(Options *o) {
    const char *name = "size", *text = o->size, *expected = "16 to 8192, or native";
    bool good = !strcmp(text, "native") || read_whole(text, LEAST_SIDE, MOST_SIDE, &o->side);
    if (good) {
        name = "faces", text = o->faces, expected = "1 to 1000, largest or all";
        o->face_limit = !strcmp(text, "largest");
        good = o->face_limit || !strcmp(text, "all") ||
               read_whole(text, 1, MOST_FACES, &o->face_limit);
    }
    if (good) {
        name = "test", text = o->test, expected = "0% to 100%";
        good = read_share(text, &o->share);
    }
    if (good) {
        name = "reject", text = o->reject,
        expected = "none, or some of small,side-view,dark,bright,border,estimated,no-matte";
        good = !strcmp(text, "none") || text_read_warnings(text, &o->rejected);
    }
    if (!good) complain("--%s %.200s: expected %s", name, text, expected);
    static const char *const ways[] = { "face", "none", "centre" };
    for (o->kind = ALIGN_FACE; o->kind < ALIGN_POINTS && strcmp(o->align, ways[o->kind]);
         o->kind++) {}
    return good ? 0 : EXIT_USAGE;
}

/* ---- which options go together ---- */

static int read_command(Options *o) {
    const char *word = o->input_count ? o->inputs[0] : "";
    bool folder = o->data_path || o->save_path;
    const char *wrong = NULL;
    if (!folder && !strcmp(word, "build")) o->command = COMMAND_BUILD;
    else if (!folder && !strcmp(word, "check")) o->command = COMMAND_CHECK;
    else if (!folder && *word)
        wrong = "expected build or check first; try p2c-data build PHOTOS --out dataset/NAME, or "
                "--help";
    else if (!folder)
        wrong = "nothing to do; try p2c-data build PHOTOS --out dataset/NAME, or --help";
    else if (*word)
        wrong =
            "--data_path and --save_path name the photos and the output; leave out the other names";
    else if (!o->data_path || !o->save_path)
        wrong = "--data_path PHOTOS and --save_path OUT are needed together";
    if (wrong) complain("%s", wrong);
    if (!wrong && !folder) o->inputs++, o->input_count--;
    return wrong ? EXIT_USAGE : 0;
}

static int check_command(const Options *o) {
    const char *wrong = NULL;
    bool framed = o->kind == ALIGN_NONE || o->kind == ALIGN_CENTRE;
    if (o->command == COMMAND_CHECK && o->input_count != 1)
        wrong = "check takes one dataset, such as p2c-data check dataset/faces";
    else if (o->command == COMMAND_CHECK && o->out) wrong = "check writes nothing; leave out --out";
    else if (o->command == COMMAND_BUILD && !o->input_count)
        wrong = "no photos given; try p2c-data build PHOTOS --out dataset/NAME";
    else if (o->command == COMMAND_BUILD && !o->out)
        wrong = "no output given; add --out dataset/NAME";
    else if (o->command == COMMAND_FOLDER && o->out)
        wrong = "--save_path names the output; leave out --out";
    else if (framed && (o->detector || o->landmarks || o->matte))
        wrong =
            "--align none and centre use no network; leave out --detector, --landmarks and --matte";
    if (wrong) complain("%s", wrong);
    return wrong ? EXIT_USAGE : 0;
}

int options_parse(Options *o, int argc, char **argv) {
    *o = defaults();
    o->words = o->inputs = malloc((size_t)argc * sizeof *o->inputs);
    if (!o->words) return text_no_memory();
    CliParser parser = { .table = table, .count = COUNT, .fields = o, .inputs = o->inputs };
    int code = cli_parse(&parser, argc, argv);
    o->input_count = parser.input_count;
    if (code || o->help || o->version || o->print) return code;
    code = read_command(o);
    if (!code && o->command == COMMAND_FOLDER && !parser.given[cli_find(table, COUNT, "size")])
        o->size = "native";
    if (!code) code = read_texts(o);
    if (!code) code = check_command(o);
    if (!o->jobs) o->jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
    o->jobs = o->jobs < 1 ? 1 : o->jobs > MOST_JOBS ? MOST_JOBS : o->jobs;
    return code;
}

void options_clear(Options *o) { free(o->words); }

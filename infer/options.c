/* options.c: the command line of p2c-infer: the table of options, the meaning of their values, and
 * which options go together. '_' and '-' are the same within an option's name, because the
 * published program has --photo_path. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/program.h"
#include "infer.h"

#define FIELD(name) offsetof(Options, name)

static const CliOption table[] = {
    { "Output", 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 },
    { "output", 'o', CLI_TEXT, FIELD(output), 0, 0, "OUT",
      "a .png or .jpg file, or a folder (one that exists, or a name that ends in /). Without -o "
      "the cartoon of PHOTO.jpg is PHOTO_cartoon.png beside it",
      0 },
    { "layout", 0, CLI_CHOICE, FIELD(layout), 0, 0, "crop|keep|sheet",
      "crop: the cartoon as a square; keep: the whole photo with the cartoon in place of the face; "
      "sheet: before and after, side by side (crop)",
      0 },
    { "faces", 0, CLI_TEXT, FIELD(faces), 0, 0, "largest|all|N",
      "which faces of a photo, the largest first. Except with keep, each face gives its own file: "
      "OUT.png, OUT_face2.png ... (largest)",
      0 },
    { "background", 0, CLI_TEXT, FIELD(background), 0, 0, "WHAT",
      "what is behind the head: white, #rrggbb, transparent, photo, blur, or a picture file "
      "(white; with --layout keep: photo)",
      0 },
    { "on-no-face", 0, CLI_CHOICE, FIELD(on_no_face), 0, 0, "fail|skip|centre",
      "for a photo without a face: fail with exit code 3, skip it, or use the centre of the photo "
      "(fail)",
      0 },
    { "skin", 0, CLI_CHOICE, FIELD(skin), 0, 0, "style|photo",
      "the colour of drawn skin: the weights' own, which is often white, or that of the photo's "
      "skin (style)",
      0 },
    { "strength", 0, CLI_REAL, FIELD(strength), 0, 1, "X",
      "how much of a cartoon: 1 is the cartoon alone, 0 the photo, between them the photo shows "
      "through (1)",
      0 },
    { "size", 0, CLI_TEXT, FIELD(size_text), 0, 0, "auto|N",
      "side of the square that the network draws, in pixels, divisible by 16. auto: twice the size "
      "that the weights were trained on, which draws finer lines and clearer eyes, or that size "
      "for small faces (auto)",
      0 },
    { "trained-size", 0, CLI_WHOLE, FIELD(trained_size), 1, INT_MAX, "N",
      "for --size auto: side of the pictures that the weights were trained on (what the file says, "
      "as p2c-train's checkpoints do, else 256)",
      0 },
    { "prepared", 0, CLI_FLAG, FIELD(prepared), 0, 0, NULL,
      "the pictures are portraits from p2c-data: upright, cropped, on white. No face is searched",
      0 },
    { "heatmap", 0, CLI_TEXT, FIELD(heatmap), 0, 0, "FILE",
      "with --prepared: also write a picture that shows where the network looked; for several "
      "pictures a folder",
      0 },
    { "Models", 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 },
    { "weights", 'w', CLI_TEXT, FIELD(weights), 0, 0, "FILE",
      "the generator: a PyTorch file, which is a checkpoint with genA2B or a generator's state "
      "dict, or 'built-in' (weights.pt in the models folder, else built-in)",
      0 },
    { "direction", 0, CLI_TEXT, FIELD(direction), 0, 0, "A2B|B2A",
      "A2B: photo to cartoon; B2A: cartoon to photo. Selects the generator of a checkpoint (A2B)",
      0 },
    { "ema", 0, CLI_FLAG, FIELD(ema), 0, 0, NULL,
      "use the averaged generator of a checkpoint (genA2B_ema or genB2A_ema)", 0 },
    { "models", 0, CLI_TEXT, FIELD(models), 0, 0, "DIR",
      "the models folder ($P2CNN_MODELS, else $XDG_DATA_HOME/p2cnn, else ~/.local/share/p2cnn)",
      0 },
    { "detector", 0, CLI_TEXT, FIELD(detector), 0, 0, "FILE",
      "finds faces: an ONNX network, or 'dlib' for the built-in detector (detector.onnx in the "
      "models folder, else dlib)",
      0 },
    { "landmarks", 0, CLI_TEXT, FIELD(landmarks), 0, 0, "FILE",
      "finds 68 points of each face: an ONNX network, 'built-in', or 'none' to guess them from the "
      "face's box (landmarks.onnx in the models folder, else built-in)",
      0 },
    { "matte", 0, CLI_TEXT, FIELD(matte), 0, 0, "FILE",
      "separates the head from the background: an ONNX or TensorFlow network, 'built-in', or "
      "'none' to keep the background (matte.onnx or matte.pb in the models folder, else built-in)",
      0 },
    { "face-weights", 0, CLI_TEXT, FIELD(face_weights), 0, 0, "FILE",
      "a face network (MobileFaceNet, .pth or .ckpt): then --json also says how much the person in "
      "the cartoon is the one in the photo (identity: 1 the same picture, about 0 two people)",
      0 },
    { "models-list", 0, CLI_FLAG, FIELD(models_list), 0, 0, NULL,
      "list the models folder: role, bytes, SHA-256, file", 0 },
    { "list-weights", 0, CLI_TEXT, FIELD(list), 0, 0, "FILE",
      "list what a PyTorch file contains: names, shapes, types", 0 },
    { "export", 0, CLI_TEXT, FIELD(export), 0, 0, "FILE",
      "write the generator as an ONNX network: photo (1,3,size,size) in [-1,1] -> cartoon", 0 },
    { "with-cam", 0, CLI_FLAG, FIELD(with_cam), 0, 0, NULL,
      "with --export: also its attention, as outputs cam and heatmap", 0 },
    { "How", 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 },
    { "jobs", 'j', CLI_WHOLE, FIELD(jobs), 1, 64, "N",
      "pictures to work on at the same time; each needs memory for one generator (1)", 0 },
    { "device", 0, CLI_TEXT, FIELD(device), 0, 0, CLI_DEVICE,
      "where to compute. cuda: an NVIDIA GPU; auto: the fastest device (auto)", 0 },
    { "precision", 0, CLI_CHOICE, FIELD(precision), 0, 0, CLI_PRECISION,
      "number format in which convolutions multiply (fp32 on a CPU, which supports only this; tf32 "
      "on a GPU)",
      0 },
    { "threads", 0, CLI_WHOLE, FIELD(threads), 0, 256, "N",
      "threads for all jobs together; 0: one per core (0)", 0 },
    { "json", 0, CLI_FLAG, FIELD(json), 0, 0, NULL,
      "print one line of JSON per picture: its files, and for every face the box, points, angle, "
      "matte, likeness and warnings; times; or the error. The likeness's landmarks: how far the "
      "cartoon's points are from the photo's, in distances of the eyes (0.02 is near, 0.06 too "
      "far); its doubt: how little the cartoon is a face at all (over 0.035 hardly)",
      0 },
    { "benchmark", 0, CLI_WHOLE, FIELD(benchmark), 1, 1000000, "N",
      "time N runs of the generator and print the result as JSON; needs neither pictures nor "
      "weights",
      0 },
    { "photo-path", 0, CLI_INPUT, 0, 0, 0, "IN", "the same as IN", 0 },
    { "save-path", 0, CLI_TEXT, FIELD(output), 0, 0, "OUT", "the same as -o OUT", 0 },
    { "version", 'V', CLI_FLAG, FIELD(version), 0, 0, NULL, "print the version and exit", 0 },
    { "print", 0, CLI_CHOICE, FIELD(print), 0, 0, CLI_PRINT_FORMATS,
      "print the manual page, or what completes options in a shell", 0 },
    { "help", 'h', CLI_FLAG, FIELD(help), 0, 0, NULL, "print this help and exit", 0 },
};
enum { COUNT = sizeof table / sizeof *table };

static const char intro[] =
    "Nothing is uploaded: all work is done on this computer.\n"
    "\n"
    "Examples\n"
    "  p2c-infer PHOTO.jpg\n"
    "      draw the largest face as a square picture on white, PHOTO_cartoon.png\n"
    "  p2c-infer --weights W.pt PHOTO.jpg -o CARTOON.png\n"
    "      the same with a generator of your own\n"
    "  p2c-infer --layout keep --faces all PARTY.jpg\n"
    "      keep the photo and replace every face in it by its cartoon\n"
    "  p2c-infer --layout sheet --background '#dde6f0' *.jpg -o sheets/\n"
    "      show photo and cartoon side by side, on light blue\n"
    "  p2c-infer photos/ -o cartoons/ -j 4 --json\n"
    "      draw all photos of a folder, four at a time, and keep their names\n"
    "  p2c-infer --prepared --weights W.pt PORTRAIT.png\n"
    "      draw a portrait that p2c-data has prepared already\n"
    "  p2c-infer --weights W.pt --export generator.onnx\n"
    "      write the network as an ONNX file\n"
    "  p2c-infer --benchmark 20\n"
    "      measure how fast this computer draws\n"
    "\n"
    "Each IN is a PNG or JPEG photo, or a folder of them. p2c-infer finds the face,\n"
    "turns it upright, cuts it out with its hair and removes the background. The\n"
    "networks for this are built in. A photo with a transparent background keeps its\n"
    "own outline. To draw with a generator of your own, give its file with --weights,\n"
    "or put it into the models folder as weights.pt.\n"
    "\n"
    "If a photo fails, p2c-infer says why and goes on with the others. A file is\n"
    "written completely or not at all. Your photos are never overwritten.\n"
    "\n"
    "The value in parentheses is used if you do not give the option.\n";
static const char exit_codes[] =
    "  0    done\n"
    "  2    wrong usage\n"
    "  3    unreadable input, or no face found\n"
    "  4    cannot write\n"
    "  5    out of memory\n"
    "  6    the device failed\n"
    "  130  stopped by Ctrl-C, after finishing the pictures in progress\n"
    "  143  stopped by a signal, likewise\n"
    "If several pictures fail, the highest code counts.\n";

void options_help(const char *format) {
    const CliProgram program = {
        .name = "p2c-infer",
        .summary = "turns portrait photos into cartoons",
        .synopsis = "[OPTION]... IN...",
        .intro = intro,
        .table = table,
        .count = COUNT,
        .defaults = NULL,
        .exit_codes = exit_codes,
    };
    cli_print_program(&program, format);
}

/* ---- the meaning of values ---- */

static int refuse(const char *what) {
    complain("%s", what);
    return EXIT_USAGE;
}

static int read_faces(Options *o) {
    char *end;
    o->photo.faces = 1;
    if (!o->faces || !strcmp(o->faces, "largest")) return 0;
    if (!strcmp(o->faces, "all")) o->photo.faces = 0;
    else {
        long n = strtol(o->faces, &end, 10);
        if (*end || n < 1 || n > 1000)
            return refuse("--faces: expected largest, all, or a number from 1 to 1000");
        o->photo.faces = (int)n;
    }
    return 0;
}

static bool read_colour(const char *text, uint8_t colour[3]) {
    unsigned rgb = 0;
    int length = 0;
    if (strlen(text) != 7 || text[0] != '#' || sscanf(text + 1, "%6x%n", &rgb, &length) != 1 ||
        length != 6)
        return false;
    for (int i = 0; i < 3; i++) colour[i] = (uint8_t)(rgb >> (16 - 8 * i));
    return true;
}

static int read_background(Options *o) {
    static const struct {
        const char *word;
        P2cBackground background;
    } words[] = {
        { "white", { .kind = P2C_BACKGROUND_COLOUR, .colour = { 255, 255, 255 } } },
        { "transparent", { .kind = P2C_BACKGROUND_TRANSPARENT } },
        { "photo", { .kind = P2C_BACKGROUND_PHOTO } },
        { "blur", { .kind = P2C_BACKGROUND_BLUR } },
    };
    const char *text = o->background                        ? o->background
                       : o->photo.layout == P2C_LAYOUT_KEEP ? "photo"
                                                            : "white";
    P2cBackground *b = &o->photo.background;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i].word)) {
            *b = words[i].background;
            return 0;
        }
    b->kind = P2C_BACKGROUND_COLOUR;
    if (read_colour(text, b->colour)) return 0;
    if (text[0] == '#') return refuse("--background: expected a colour such as #dde6f0");
    b->kind = P2C_BACKGROUND_PICTURE;
    o->picture = text;
    return 0;
}

static int read_size(Options *o) {
    char *end;
    bool pictures = !o->benchmark && !o->export;
    o->size = pictures ? P2C_SIZE_AUTO : 0;
    if (!o->size_text || !strcmp(o->size_text, "auto")) return 0;
    long n = strtol(o->size_text, &end, 10);
    if (*end || n < 1 || n > INT_MAX)
        return refuse("--size: expected auto, or a whole number of pixels from 1");
    o->size = (int)n;
    return 0;
}

static int read_words(Options *o) {
    o->photo.layout = !o->layout || !strcmp(o->layout, "crop") ? P2C_LAYOUT_CROP
                      : !strcmp(o->layout, "keep")             ? P2C_LAYOUT_KEEP
                                                               : P2C_LAYOUT_SHEET;
    o->skip = o->on_no_face && !strcmp(o->on_no_face, "skip");
    o->photo.likeness = true;
    o->photo.centre = o->on_no_face && !strcmp(o->on_no_face, "centre");
    o->photo.skin = o->skin && !strcmp(o->skin, "photo") ? P2C_SKIN_PHOTO : P2C_SKIN_STYLE;
    o->photo.photo_share = 1 - o->strength;
    int code = read_faces(o);
    if (!code) code = read_size(o);
    return code ? code : read_background(o);
}

static void find_weights(Options *o) {
    char folder[sizeof o->found_weights];
    if (o->weights || o->benchmark) return;
    o->weights =
        p2c_models_folder(o->models, folder, sizeof folder) &&
                p2c_models_find(folder, "weights", o->found_weights, sizeof o->found_weights)
            ? o->found_weights
            : "built-in";
}

/* ---- which options are needed, and which go together ---- */

static const char *wrong_beside(const Options *o) {
    if (o->input_count)
        return o->list     ? "--list-weights takes no pictures"
               : o->export ? "--export takes no pictures"
                           : "--models-list takes no pictures";
    return NULL;
}

static const char *wrong_benchmark(const Options *o) {
    if (o->input_count > 1) return "--benchmark takes one picture at most";
    return o->output || o->heatmap
               ? "--benchmark writes no picture; leave --output and --heatmap out"
               : NULL;
}

static bool is_jpeg(const char *path) {
    const char *dot = path ? strrchr(path, '.') : NULL;
    return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

static const char *wrong_pictures(const Options *o) {
    bool photo_options = o->layout || o->faces || o->background || o->on_no_face || o->detector ||
                         o->landmarks || o->matte || o->face_weights || o->skin || o->strength < 1;
    if (!o->input_count)
        return "no picture given; try p2c-infer PHOTO.jpg -o CARTOON.png, or --help";
    if (o->prepared && photo_options)
        return "--prepared: no face is searched in portraits, and they have no layout and no "
               "background; leave those options out";
    if (o->heatmap && !o->prepared) return "--heatmap needs --prepared";
    if (o->photo.background.kind == P2C_BACKGROUND_TRANSPARENT && is_jpeg(o->output))
        return "--background transparent: a JPEG file has no transparency; write a .png";
    return NULL;
}

static int check(const Options *o) {
    const char *wrong;
    if (o->list || o->export || o->models_list) wrong = wrong_beside(o);
    else if (o->ema && (!o->weights || !strcmp(o->weights, "built-in")))
        wrong = "--ema: no weights given; add --weights FILE with a checkpoint that has an "
                "averaged generator";
    else wrong = o->benchmark ? wrong_benchmark(o) : wrong_pictures(o);
    if (!wrong && o->with_cam && !o->export) wrong = "--with-cam needs --export";
    return wrong ? refuse(wrong) : 0;
}

int options_parse(Options *o, int argc, char **argv) {
    *o = (Options){ .device = "auto",
                    .jobs = 1,
                    .strength = 1,
                    .inputs = malloc((size_t)argc * sizeof *o->inputs) };
    if (!o->inputs) {
        complain("out of memory");
        return EXIT_MEMORY;
    }
    CliParser parser = { .table = table, .count = COUNT, .fields = o, .inputs = o->inputs };
    int code = cli_parse(&parser, argc, argv);
    o->input_count = parser.input_count;
    if (code || o->help || o->version || o->print) return code;
    code = read_words(o);
    if (code) return code;
    find_weights(o);
    return check(o);
}

void options_clear(Options *o) { free(o->inputs); }

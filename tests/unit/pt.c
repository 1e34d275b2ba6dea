/* pt.c: PyTorch files that are right: fixtures made by torch (make_pt_fixtures.py), round trips,
 * torch reading what was written, and real files where they are at hand. What is wrong with files
 * is in pt_bad.c.
 */
#include "support.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DATA "tests/unit/data/"

/* What is in memory is read as what is on a disk. */
static void read_as_well_from_memory(Scratch *scratch, const char *path, const P2cValue *value) {
    size_t size;
    char *bytes = get_file(path, &size);
    P2cValue *other;
    if (p2c_pt_read_memory(scratch->ctx, "some bytes", bytes, size, &other))
        fail_msg("%s", p2c_error(scratch->ctx));
    free(bytes);
    assert_true(same_tree(value, other));
    p2c_value_free(&other);
}

static P2cValue *read_good(Scratch *scratch, const char *path) {
    P2cValue *value;
    if (p2c_pt_read(scratch->ctx, path, &value) != P2C_OK) fail_msg("%s", p2c_error(scratch->ctx));
    if (p2c_pt_verify(scratch->ctx, path) != P2C_OK)
        fail_msg("verify: %s", p2c_error(scratch->ctx));
    assert_non_null(value);
    read_as_well_from_memory(scratch, path, value);
    return value;
}

/* A tensor's shape and values, as text is easiest to get right: "2 3: -1 -0.5 ..." */
static void assert_tensor(const P2cValue *tree, const char *key, const char *type,
                          const char *expected) {
    char text[512];
    size_t length = 0, count = 1;
    const P2cValue *tensor = p2c_value_get(tree, key);
    if (!tensor || p2c_value_kind(tensor) != P2C_TENSOR) fail_msg("no tensor '%s'", key);
    assert_string_equal(p2c_type_name(p2c_value_type(tensor)), type);
    P2cShape shape = p2c_value_shape(tensor);
    for (int i = 0; i < shape.rank; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%d ", (int)shape.size[i]);
        count *= (size_t)shape.size[i];
    }
    float *values = malloc((count + 1) * sizeof *values);
    p2c_value_to_float(tensor, values);
    length += (size_t)snprintf(text + length, sizeof text - length, ":");
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, " %.9g", values[i]);
    free(values);
    assert_string_equal(text, expected);
}

static void every_type(void **state) {
    static const char *const files[] = { "types_zip.pt",       "types_legacy.pt",
                                         "deflated.pt",        "protocol3_zip.pt",
                                         "protocol4_zip.pt",   "protocol3_legacy.pt",
                                         "protocol4_legacy.pt" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, DATA "%s", files[i]);
        P2cValue *tree = read_good(*state, path);
        static const char *const floats[] = { "float32", "float16", "bfloat16", "float64" },
                                 *const ints[] = { "int8", "int16", "int32", "int64" };
        for (int k = 0; k < 4; k++) {
            assert_tensor(tree, floats[k], floats[k], "2 3 : -1 -0.5 0 0.5 1 1.5");
            assert_tensor(tree, ints[k], ints[k], "2 3 : -2 -1 0 1 2 3");
        }
        assert_tensor(tree, "uint8", "uint8", "2 3 : 250 251 252 253 254 255");
        assert_tensor(tree, "bool", "bool", "2 3 : 1 0 0 1 0 0");
        assert_tensor(tree, "half_odd", "float16",
                      "7 : inf -inf nan 5.96046448e-08 -6.10351562e-05 65504 -0");
        assert_int_equal(p2c_value_count(tree), 11);
        p2c_value_free(&tree);
    }
}

static void assert_tensors_of_tree(const P2cValue *tree) {
    const P2cValue *net = p2c_value_get(tree, "net");
    assert_int_equal(p2c_value_count(net), 7); /* and no _metadata */
    assert_string_equal(p2c_value_key(net, 0), "0.weight");
    assert_tensor(net, "0.weight", "float32", "1 2 : 0.25 -0.75");
    assert_tensor(net, "0.bias", "float32", "1 : 3");
    assert_tensor(net, "1.num_batches_tracked", "int64", ": 0");
    assert_tensor(tree, "base", "float32", "3 4 : 0 1 2 3 4 5 6 7 8 9 10 11");
    assert_tensor(tree, "transposed", "float32", "4 3 : 0 4 8 1 5 9 2 6 10 3 7 11");
    assert_tensor(tree, "column", "float32", "3 : 1 5 9");
    assert_tensor(tree, "part", "float32", "2 2 : 6 7 10 11");
    assert_tensor(tree, "stretched", "float32", "2 3 : 7 7 7 7 7 7");
    assert_tensor(tree, "flipped_axes", "float32",
                  "4 2 3 : 0 4 8 12 16 20 1 5 9 13 17 21 2 6 10 14 18 22 3 7 11 15 19 23");
    assert_tensor(tree, "scalar", "float32", ": 2.5");
    assert_tensor(tree, "empty", "float32", "0 3 :");
    assert_tensor(tree, "rank5", "float32", "1 2 1 2 1 : 1 1 1 1");
    assert_tensor(tree, "parameter", "float32", "2 : 1.5 -1.5");
    assert_tensor(tree, "wants_grad", "float32", "2 : 1 1");
    const P2cValue *twice = p2c_value_get(tree, "twice");
    assert_true(same_tree(p2c_value_at(twice, 0), p2c_value_at(twice, 1)));
    assert_ptr_not_equal(p2c_value_data(p2c_value_at(twice, 0)),
                         p2c_value_data(p2c_value_at(twice, 1)));
}

static void assert_plain_values_of_tree(const P2cValue *tree) {
    static const struct {
        const char *key;
        int64_t value;
    } ints[] = { { "small", 7 },
                 { "two_bytes", 1000 },
                 { "negative", -5 },
                 { "big", (1LL << 40) + 1 },
                 { "bigger", INT64_MIN },
                 { "zero", 0 },
                 { "six_bytes", -(1LL << 40) } };
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        assert_int_equal(p2c_value_kind(p2c_value_get(tree, ints[i].key)), P2C_INT);
        assert_int_equal(p2c_value_as_int(p2c_value_get(tree, ints[i].key)), ints[i].value);
    }
    assert_int_equal(p2c_value_kind(p2c_value_get(tree, "none")), P2C_NONE);
    assert_int_equal(p2c_value_kind(p2c_value_get(tree, "yes")), P2C_BOOL);
    assert_int_equal(p2c_value_as_int(p2c_value_get(tree, "yes")), 1);
    assert_int_equal(p2c_value_as_int(p2c_value_get(tree, "no")), 0);
    assert_true(p2c_value_as_float(p2c_value_get(tree, "real")) == 0.1);
    assert_true(isinf(p2c_value_as_float(p2c_value_get(tree, "infinite"))));
    assert_string_equal(p2c_value_as_string(p2c_value_get(tree, "text")), "Grüße, 漢字 😀");
    assert_string_equal(p2c_value_as_string(p2c_value_get(tree, "empty_text")), "");
    const P2cValue *ordered = p2c_value_get(tree, "ordered"),
                   *states = p2c_value_get(tree, "state"), *list = p2c_value_get(tree, "list");
    assert_string_equal(p2c_value_key(ordered, 0), "b");
    assert_string_equal(p2c_value_key(ordered, 1), "a");
    assert_int_equal(p2c_value_as_int(p2c_value_get(p2c_value_get(states, "1"), "step")), 4);
    assert_int_equal(p2c_value_kind(p2c_value_get(states, "-7")), P2C_NONE);
    assert_int_equal(p2c_value_count(list), 3);
    assert_int_equal(p2c_value_as_int(p2c_value_at(p2c_value_at(list, 1), 0)), 2);
    assert_int_equal(p2c_value_kind(p2c_value_at(list, 2)), P2C_DICT);
    assert_string_equal(p2c_value_as_string(p2c_value_at(p2c_value_get(tree, "tuple"), 1)), "two");
    assert_int_equal(p2c_value_as_int(p2c_value_at(p2c_value_get(tree, "size"), 1)), 5);
    assert_int_equal(
        p2c_value_as_int(p2c_value_get(p2c_value_at(p2c_value_get(tree, "shared"), 1), "inner")),
        5);
    const P2cValue *steps = p2c_value_get(tree, "long");
    assert_int_equal(p2c_value_count(steps), 1500);
    for (size_t i = 0; i < 1500; i++) assert_int_equal(p2c_value_as_int(p2c_value_at(steps, i)), i);
}

static void everything_else(void **state) {
    P2cValue *zip = read_good(*state, DATA "tree_zip.pt"),
             *legacy = read_good(*state, DATA "tree_legacy.pt");
    assert_tensors_of_tree(zip);
    assert_plain_values_of_tree(zip);
    assert_true(same_tree(zip, legacy));
    p2c_value_free(&zip);
    p2c_value_free(&legacy);
}

/* ---- writing ---- */

static void write_good(Scratch *scratch, const char *path, const P2cValue *tree) {
    if (p2c_pt_write(scratch->ctx, path, tree) != P2C_OK) fail_msg("%s", p2c_error(scratch->ctx));
}

static void round_trip(void **state) {
    Scratch *scratch = *state;
    static const char *const files[] = { DATA "types_zip.pt", DATA "tree_legacy.pt" };
    for (size_t i = 0; i < 2; i++) {
        P2cValue *tree = read_good(scratch, files[i]);
        const char *path = scratch_path(scratch, "written.pt");
        write_good(scratch, path, tree);
        assert_int_equal(scratch_file_count(scratch), 1);
        P2cValue *again = read_good(scratch, path);
        assert_true(same_tree(tree, again));
        /* Equal trees make equal files. */
        size_t size, size_again;
        char *bytes = get_file(path, &size);
        write_good(scratch, path, again);
        char *bytes_again = get_file(path, &size_again);
        assert_int_equal(size, size_again);
        assert_memory_equal(bytes, bytes_again, size);
        free(bytes);
        free(bytes_again);
        p2c_value_free(&tree);
        p2c_value_free(&again);
    }
}

static void any_root(void **state) {
    Scratch *scratch = *state;
    P2cValue *roots[] = {
        p2c_value_none(),         p2c_value_int(-(1LL << 40)),
        p2c_value_string("text"), p2c_value_list(),
        p2c_value_dict(),         p2c_value_tensor(P2C_I8, (P2cShape){ 2, { 0, 3 } }, NULL)
    };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        const char *path = scratch_path(scratch, "root.pt");
        write_good(scratch, path, roots[i]);
        P2cValue *again = read_good(scratch, path);
        assert_true(same_tree(roots[i], again));
        p2c_value_free(&again);
        p2c_value_free(&roots[i]);
    }
}

/* Tensors begin at multiples of 64, as torch.load(mmap=True) likes them. Local header: see PKWARE's
 * APPNOTE, 4.3.7. */
static void tensors_are_aligned(void **state) {
    Scratch *scratch = *state;
    P2cValue *tree = read_good(scratch, DATA "types_zip.pt");
    const char *path = scratch_path(scratch, "aligned.pt");
    write_good(scratch, path, tree);
    size_t size, tensors = 0;
    char *bytes = get_file(path, &size);
    for (size_t i = 0; i + 30 < size; i++) {
        if (memcmp(bytes + i, "PK\3\4", 4) != 0 || memcmp(bytes + i + 30, "archive/data/", 13) != 0)
            continue;
        unsigned char *header = (unsigned char *)bytes + i;
        assert_int_equal(
            (i + 30 + header[26] + header[27] * 256u + header[28] + header[29] * 256u) % 64, 0);
        tensors++;
    }
    assert_int_equal(tensors, 11);
    free(bytes);
    p2c_value_free(&tree);
}

static P2cValue *nested(int depth) {
    P2cValue *value = p2c_value_list();
    for (int i = 0; i < depth; i++) {
        P2cValue *outer = p2c_value_list();
        assert_int_equal(p2c_value_append(outer, value), P2C_OK);
        value = outer;
    }
    return value;
}

static void refused_trees(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "target.pt");
    put_file(path, "old", 3);
    P2cValue *deep = nested(101), *text = p2c_value_string("\xff"), *key = p2c_value_dict();
    assert_int_equal(p2c_value_set(key, "\xed\xa0\x80", p2c_value_none()), P2C_OK);
    assert_int_equal(p2c_pt_write(scratch->ctx, path, deep), P2C_ERR_ARGUMENT);
    assert_error_says(scratch->ctx, "nested too deep");
    assert_int_equal(p2c_pt_write(scratch->ctx, path, text), P2C_ERR_ARGUMENT);
    assert_error_says(scratch->ctx, "not UTF-8");
    assert_int_equal(p2c_pt_write(scratch->ctx, path, key), P2C_ERR_ARGUMENT);
    assert_int_equal(p2c_pt_write(scratch->ctx, "/nonexistent-folder/x.pt", key), P2C_ERR_ARGUMENT);
    char *bytes = get_file(path, NULL);
    assert_string_equal(bytes, "old");
    free(bytes);
    p2c_value_free(&deep);
    p2c_value_free(&text);
    p2c_value_free(&key);
    deep = nested(100); /* as deep as can be */
    write_good(scratch, path, deep);
    P2cValue *again = read_good(scratch, path);
    assert_true(same_tree(deep, again));
    p2c_value_free(&again);
    assert_int_equal(p2c_pt_write(scratch->ctx, "/nonexistent-folder/x.pt", deep), P2C_ERR_WRITE);
    assert_error_says(scratch->ctx,
                      "/nonexistent-folder/x.pt: cannot write in this folder: No such file");
    p2c_value_free(&deep);
}

/* The disk fills up at every of many lengths: in the middle of a member, in the archive's
 * directory. */
static void full_disk(void **state) {
    Scratch *scratch = *state;
    P2cValue *tree = read_good(scratch, DATA "tree_zip.pt");
    const char *path = scratch_path(scratch, "target.pt");
    write_good(scratch, path, tree);
    size_t size;
    free(get_file(path, &size));
    put_file(path, "old", 3);
    struct rlimit old, low;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    int tried = 0;
    for (size_t limit = 0; limit < size; limit += limit < size - 64 ? 64 : 1) {
        low = (struct rlimit){ limit, old.rlim_max };
        setrlimit(RLIMIT_FSIZE, &low);
        P2cStatus status = p2c_pt_write(scratch->ctx, path, tree);
        setrlimit(RLIMIT_FSIZE, &old);
        assert_int_equal(status, P2C_ERR_WRITE);
        assert_int_equal(scratch_file_count(scratch), 1);
        tried++;
    }
    signal(SIGXFSZ, handler);
    char *bytes = get_file(path, NULL);
    assert_string_equal(bytes, "old");
    free(bytes);
    print_message("disk full at %d lengths of %zu: all refused, the old file kept\n", tried, size);
    p2c_value_free(&tree);
}

static void torch_reads_it(void **state) {
    Scratch *scratch = *state;
    char command[2048];
    if (system("python3 -c 'import torch' >/dev/null 2>&1") != 0) {
        print_message(
            "SKIPPED: no python3 with torch, so torch.load of written files is not tested\n");
        skip();
    }
    for (int i = 0; i < 2; i++) {
        const char *from = i ? DATA "types_zip.pt" : DATA "tree_zip.pt",
                   *path = scratch_path(scratch, "written.pt");
        P2cValue *tree = read_good(scratch, from);
        write_good(scratch, path, tree);
        snprintf(command, sizeof command,
                 "python3 -c \"\n"
                 "import sys, torch\n"
                 "def same(a, b):\n"
                 "    if isinstance(a, torch.Tensor):\n"
                 "        return a.dtype == b.dtype and a.shape == b.shape and "
                 "torch.equal(a.nan_to_num(5), b.nan_to_num(5)) and "
                 "b.is_contiguous()\n"
                 "    if isinstance(a, dict):\n"
                 "        return type(b) is dict and [str(k) for k in a] == list(b) and "
                 "all(same(v, b[str(k)]) for k, v in a.items())\n"
                 "    if isinstance(a, (list, tuple)):\n"
                 "        return type(b) is list and len(a) == len(b) and all(map(same, a, b))\n"
                 "    return type(a) is type(b) and a == b\n"
                 "a = torch.load('%s', weights_only=True)\n"
                 "for mmap in False, True:\n"
                 "    b = torch.load('%s', weights_only=True, mmap=mmap)\n"
                 "    if not same(a, b): sys.exit('differs')\n"
                 "\"",
                 from, path);
        assert_int_equal(system(command), 0);
        p2c_value_free(&tree);
    }
}

/* ---- real files ---- */

static void add_up(const P2cValue *value, size_t *tensors, double *sum, double *size) {
    for (size_t i = 0; i < p2c_value_count(value); i++)
        add_up(p2c_value_at(value, i), tensors, sum, size);
    if (p2c_value_kind(value) != P2C_TENSOR) return;
    P2cShape shape = p2c_value_shape(value);
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= (size_t)shape.size[i];
    float *values = malloc((count + 1) * sizeof *values);
    p2c_value_to_float(value, values);
    for (size_t i = 0; i < count; i++) *sum += values[i], *size += fabs(values[i]);
    free(values);
    (*tensors)++;
}

/* Sums over all tensors, in float64, as torch has them. */
static void real_files(void **state) {
    static const struct {
        const char *path, *below, *first, *type;
        size_t tensors;
        double sum, size;
    } files[] = {
        { "../shared/models/mobilefacenet_xiaoccer_068.ckpt", "net_state_dict", "conv1.conv.weight",
          "float32", 333, 3312671.1168130278, 3446536.872216777 },
        { "../shared/models/retinaface_mobilenet025.pth", NULL, "body.stage1.0.0.weight", "float32",
          300, 7379713.132493785, 7404404.4424038585 },
        { "../shared/models/genA2B_3341steps_half.pt", "genA2B", "ConvBlock1.1.weight", "float16",
          406, 1507.7095009088516, 71947.83442902565 },
        { "../shared/golden/weights_ch8_zip.pt", "genA2B", "ConvBlock1.1.weight", "float32", 406,
          409.2935220676771, 20983.832198394506 },
        { "../shared/golden/weights_ch8_legacy.pt", "genA2B", "ConvBlock1.1.weight", "float32", 406,
          409.2935220676771, 20983.832198394506 },
    };
    if (!have_file(files[0].path)) {
        print_message("SKIPPED: no ../shared, so real PyTorch files are not read\n");
        skip();
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        P2cValue *tree = read_good(*state, files[i].path);
        clock_gettime(CLOCK_MONOTONIC, &end);
        const P2cValue *dict = files[i].below ? p2c_value_get(tree, files[i].below) : tree;
        size_t tensors = 0;
        double sum = 0, size = 0;
        add_up(tree, &tensors, &sum, &size);
        print_message("%s: %zu tensors, sum %.6f, in %.1f ms\n", files[i].path, tensors, sum,
                      (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                          (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
        assert_string_equal(p2c_value_key(dict, 0), files[i].first);
        assert_string_equal(p2c_type_name(p2c_value_type(p2c_value_at(dict, 0))), files[i].type);
        assert_int_equal(tensors, files[i].tensors);
        assert_true(fabs(sum - files[i].sum) < 1e-9 * files[i].size &&
                    fabs(size - files[i].size) < 1e-9 * files[i].size);
        p2c_value_free(&tree);
    }
    P2cValue *zip = read_good(*state, files[3].path), *legacy = read_good(*state, files[4].path);
    assert_true(same_tree(zip, legacy));
    p2c_value_free(&zip);
    p2c_value_free(&legacy);
}

const struct CMUnitTest p2c_tests_pt[] = {
    TEST(every_type), TEST(everything_else),     TEST(round_trip),
    TEST(any_root),   TEST(tensors_are_aligned), TEST(refused_trees),
    TEST(full_disk),  TEST(torch_reads_it),      TEST(real_files),
};
const size_t p2c_tests_pt_count = sizeof p2c_tests_pt / sizeof *p2c_tests_pt;

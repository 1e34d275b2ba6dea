/* pt_bad.c: PyTorch files that are damaged, or made to harm. Each is refused with one line that
 * says why; none crashes, leaks, or takes memory or time out of proportion (run under
 * AddressSanitizer and valgrind to see the first two).
 */
#define _GNU_SOURCE /* memmem */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA "tests/unit/data/"
#define BYTES(...) (__VA_ARGS__), sizeof(__VA_ARGS__) - 1

/* What holds for a file that can be read at all holds for its bytes in memory. */
static void assert_refused_in_memory(Scratch *scratch, const char *path, const char *because) {
    size_t size;
    P2cValue *value;
    struct stat is;
    if (stat(path, &is) || !S_ISREG(is.st_mode)) return;
    char *bytes = get_file(path, &size);
    assert_int_equal(p2c_pt_read_memory(scratch->ctx, path, bytes, size, &value), P2C_ERR_FORMAT);
    free(bytes);
    assert_null(value);
    assert_error_says(scratch->ctx, because);
    assert_error_says(scratch->ctx, path);
}

static void assert_refused(Scratch *scratch, const char *path, const char *because) {
    P2cValue *value;
    P2cStatus status = p2c_pt_read(scratch->ctx, path, &value);
    if (status != P2C_ERR_FORMAT && status != P2C_ERR_READ)
        fail_msg("status %d, should be refused because '%s'", status, because);
    assert_null(value);
    assert_error_says(scratch->ctx, because);
    assert_error_says(scratch->ctx, path);
    status = p2c_pt_verify(scratch->ctx, path);
    if (status != P2C_ERR_FORMAT && status != P2C_ERR_READ)
        fail_msg("verify: status %d, should be refused because '%s'", status, because);
    assert_error_says(scratch->ctx, path);
    assert_refused_in_memory(scratch, path, because);
}

static void bad_files(void **state) {
    static const struct {
        const char *path, *because;
    } cases[] = {
        { DATA "bad_duplicate.pt", "has 'archive/data/0' twice" },
        { DATA "bad_missing.pt", "'data/0' is missing" },
        { DATA "bad_short_storage.pt", "'data/0' has 7 bytes, its tensors say 8" },
        { DATA "bad_byteorder.pt", "big-endian" },
        { DATA "bad_bzip2.pt", "packed in a way that is not supported" },
        { DATA "bad_no_pickle.pt", "is a zip archive, but not a PyTorch file" },
        { DATA "bad_no_folder.pt", "is a zip archive, but not a PyTorch file" },
        { DATA "bad_bomb.pt", "unpacks to far more" },
        { "tests/unit/pt_bad.c", "is not a PyTorch file" },
        { "/dev/null", "not a regular file" },
        { "tests/unit", "is a folder" },
        { "nonexistent.pt", "No such file" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(*state, cases[i].path, cases[i].because);
}

/* ---- legacy streams made by hand ---- */

static const char preamble[] = "\x80\2\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." /* magic */
                               "\x80\2M\xe9\3."                                        /* version */
                               "\x80\2}X\r\0\0\0little_endian\x88s.";
static const char storages[] = "\x80\2]X\1\0\0\0"
                               "0a."
                               "\4\0\0\0\0\0\0\0" /* count, then four floats */
                               "0123456789abcdef";

static const char no_storages[] = "\x80\2].";

/* pickle: without PROTO and STOP. When it speaks of storages, the stream has one, "0", of four
 * floats. */
static void put_legacy(const char *path, const void *pickle, size_t size) {
    bool stores = memmem(pickle, size, "storage", 7) != NULL;
    size_t front = sizeof preamble - 1,
           back = stores ? sizeof storages - 1 : sizeof no_storages - 1;
    char *all = malloc(front + size + 3 + back);
    memcpy(all, preamble, front);
    memcpy(all + front, "\x80\2", 2);
    memcpy(all + front + 2, pickle, size);
    all[front + 2 + size] = '.';
    memcpy(all + front + 3 + size, stores ? storages : no_storages, back);
    put_file(path, all, front + size + 3 + back);
    free(all);
}

#define CLASS(name) "ctorch\n" name "\n"
#define STORAGE_OF(class, count) \
    "(X\7\0\0\0storage" CLASS(class) "X\1\0\0\0" \
                                     "0" \
                                     "X\3\0\0\0cpu" count "tQ"
#define STORAGE STORAGE_OF("FloatStorage", "K\4")
#define TENSOR(arguments) \
    "ctorch._utils\n_rebuild_tensor_v2\n(" arguments "\x89Nt" \
    "R"
#define VIEW(offset, sizes, strides) TENSOR(STORAGE offset "(" sizes "t(" strides "t")
#define LARGEST "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f" /* 2^63 - 1 */
#define LARGE "\x8a\x08\0\0\0\0\0\0\0\x40"                 /* 2^62 */

static void forbidden(void **state) {
    static const struct {
        const char *pickle;
        size_t size;
        const char *because;
    } cases[] = {
        { BYTES("cos\nsystem\n(X\2\0\0\0lstR"),
          "refuses to load 'os.system': only tensors and plain values are supported" },
        { BYTES("\x8c\x08"
                "builtins\x8c\4eval\x93"),
          "refuses to load 'builtins.eval'" },
        { BYTES("ctorch._utils\n_rebuild_tensor_v3\n"),
          "refuses to load 'torch._utils._rebuild_tensor_v3'" },
        { BYTES("ctorch.nn.modules.linear\nLinear\n)\x81}b"),
          "refuses to load 'torch.nn.modules.linear.Linear'" },
        { BYTES("c\n\n"), "refuses to load '.'" },
        { BYTES("ccollections\nOrderedDict\n)\x81"), "refuses the pickle instruction NEWOBJ" },
        { BYTES("(S'ls'\nios\nsystem\n"), "refuses the pickle instruction STRING" },
        { BYTES("(ios\nsystem\n"), "refuses the pickle instruction INST" },
        { BYTES("\x8f"), "refuses the pickle instruction EMPTY_SET" },
        { BYTES("C\1x"), "refuses the pickle instruction SHORT_BINBYTES" },
        { BYTES("\x82\1"), "refuses the pickle instruction EXT1" },
        { BYTES("\xff"), "unknown instruction" },
        { BYTES("\x80\5N"), "pickle protocol 5; only 2 to 4" },
        { BYTES(CLASS("FloatStorage") "K\4\x85R"), "a call with too many" },
        { BYTES("ccollections\nOrderedDict\nK\1K\2\x86R"), "a call with too many" },
        { BYTES("ccollections\nOrderedDict\n]K\1a\x85R"),
          "a dict made from items that are not pairs" },
        { BYTES("ccollections\nOrderedDict\nK\1\x85R"),
          "a dict made from something that is not a list" },
        { BYTES("K\1)R"), "calls something that is not a function" },
        { BYTES("ccollections\nOrderedDict\nK\1R"), "calls something that is not a function" },
        { BYTES("K\1K\2b"), "sets attributes of an object that cannot have any" },
        { BYTES("ctorch\nSize\nK\1\x85R"), "a size that is not a tuple" },
        { BYTES("ctorch._utils\n_rebuild_parameter\n(K\1\x89Nt"
                "R"),
          "a parameter that is not a tensor" },
    };
    Scratch *scratch = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_path(scratch, "weights.pt");
        put_legacy(path, cases[i].pickle, cases[i].size);
        assert_refused(scratch, path, cases[i].because);
    }
}

static void malformed(void **state) {
    static const struct {
        const char *pickle;
        size_t size;
        const char *because;
    } cases[] = {
        { BYTES(""), "stops without exactly one object" },
        { BYTES("K\1K\2"), "stops without exactly one object" },
        { BYTES("K\1("), "stops without exactly one object" },
        { BYTES("0"), "takes more from the stack" },
        { BYTES("K\1(0"), "takes more from the stack" },
        { BYTES("K\1\x86"), "takes more from the stack" },
        { BYTES("R"), "takes more from the stack" },
        { BYTES("b"), "takes more from the stack" },
        { BYTES("Q"), "takes more from the stack" },
        { BYTES("a"), "takes more from the stack" },
        { BYTES("K\1a"), "takes more from the stack" },
        { BYTES("q\0"), "takes more from the stack" },
        { BYTES("\x94"), "takes more from the stack" },
        { BYTES("X\1\0\0\0a\x93"), "takes more from the stack" },
        { BYTES("(e"), "takes more from the stack" },
        { BYTES("t"), "needs a mark" },
        { BYTES("1"), "needs a mark" },
        { BYTES("u"), "needs a mark" },
        { BYTES("}(K\1u"), "a key without a value" },
        { BYTES("K\1K\2a"), "appends to something that is not a list" },
        { BYTES("]K\1K\2s"), "sets an item of something that is not a dict" },
        { BYTES("h\5"), "recalls an object" },
        { BYTES("j\xff\xff\xff\xff"), "recalls an object" },
        { BYTES("Nr\xff\xff\xff\xff"), "too many objects" },
        { BYTES("X\xff\xff\xff\xff"), "ends too early" },
        { BYTES("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), "ends too early" },
        { BYTES("\x8b\xff\xff\xff\x7f"), "ends too early" },
        { BYTES("cno newline"), "ends too early" },
        { BYTES("K\1K\2\x93"), "a global whose name is not text" },
        { BYTES("\x8a\x09\0\0\0\0\0\0\0\0\1"), "more than 64 bits" },
        { BYTES("X\2\0\0\0\xc3("), "not UTF-8" },
        { BYTES("X\3\0\0\0a\0b"), "zero byte" },
        { BYTES("}G\0\0\0\0\0\0\0\0Ns"), "neither text nor an integer" },
        { BYTES("}(K\1NX\1\0\0\0"
                "1Nu"),
          "two keys that read as '1'" },
        { BYTES("ccollections\nOrderedDict\n"), "a class or function in it" },
        { BYTES("]q\0h\0a"), "nested too deep" },
        { BYTES("}q\0X\1\0\0\0ah\0s"), "nested too deep" },
        { BYTES("]q\0(K\1h\0t\x85"
                "a"),
          "nested too deep" },
    };
    Scratch *scratch = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_path(scratch, "weights.pt");
        put_legacy(path, cases[i].pickle, cases[i].size);
        assert_refused(scratch, path, cases[i].because);
    }
}

static void bad_tensors(void **state) {
    static const struct {
        const char *pickle;
        size_t size;
        const char *because; /* NULL: this one is good */
    } cases[] = {
        { BYTES(VIEW("K\0", "K\4", "K\1")), NULL },
        /* the stride of a single element does not matter */
        { BYTES(VIEW("K\3", "K\1", LARGE)), NULL },
        { BYTES(VIEW("K\3", "K\1K\1K\0", LARGEST LARGEST "K\1")), NULL },
        { BYTES(VIEW("K\1", "K\1K\2", LARGEST "K\2")), NULL },
        { BYTES(VIEW("K\4", "K\0", "K\1")), NULL },
        { BYTES(VIEW("K\5", "K\0", "K\1")), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", "K\5", "K\1")), "does not lie inside its storage" },
        { BYTES(VIEW("K\1", "K\4", "K\1")), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", "K\2", "K\4")), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", "K\2K\2", "K\2K\2")), "does not lie inside its storage" },
        { BYTES(VIEW("J\xff\xff\xff\xff", "K\1", "K\1")), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", "J\xff\xff\xff\xff", "K\1")), "does not lie inside its storage" },
        { BYTES(VIEW("K\3", "K\2", "J\xff\xff\xff\xff")), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", LARGE LARGE, "K\0K\0")), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", "K\3", LARGE)), "does not lie inside its storage" },
        { BYTES(VIEW("K\0", "K\2K\2K\2", LARGE LARGE LARGE)), "does not lie inside its storage" },
        /* 2^40 floats that are all the same one */
        { BYTES(VIEW("K\0", "\x8a\6\0\0\0\0\0\1", "K\0")), "unpacks to far more" },
        { BYTES(VIEW("K\0", "K\1K\1K\1K\1K\1K\1K\1K\1K\1", "K\1K\1K\1K\1K\1K\1K\1K\1K\1")),
          "more than 8 dimensions" },
        { BYTES(VIEW("K\0", "K\1K\1", "K\1")), "without storage, offset, size and stride" },
        { BYTES(VIEW("N", "K\1", "K\1")), "without storage, offset, size and stride" },
        { BYTES(VIEW("K\0", "N", "K\1")), "whose size is not an integer" },
        { BYTES("ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0))\x89tR"),
          "a call with too many" },
        { BYTES("ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0))\x89N}X\3\0\0\0neg\x88stR"),
          "flags (such as lazy negation)" },
        { BYTES(STORAGE), "is not used as a tensor" },
        { BYTES(STORAGE_OF("FloatStorage", "K\3")), "size is not what its tensors say" },
        { BYTES(STORAGE_OF("DoubleStorage", "K\4")), "ends too early, within its tensors" },
        { BYTES(STORAGE_OF("FloatStorage", LARGE)), "impossible size" },
        { BYTES(STORAGE_OF("FloatStorage", "J\xff\xff\xff\xff")), "impossible size" },
        { BYTES(STORAGE_OF("FloatStorage", "J\xff\xff\xff\x7f")),
          "ends too early, within its tensors" },
        { BYTES(STORAGE "0" STORAGE_OF("IntStorage", "K\4")), "two types or sizes" },
        { BYTES(STORAGE_OF("Size", "K\4")), "a persistent id that does not name a storage" },
        { BYTES("K\1Q"), "a persistent id that does not name a storage" },
        { BYTES("X\7\0\0\0storage\x85Q"), "a persistent id that does not name a storage" },
        { BYTES("X\7\0\0\0storage"), "a storage that no tensor names" },
        { BYTES("(X\7\0\0\0storage" CLASS("FloatStorage") "X\1\0\0\0"
                                                          "1"
                                                          "X\3\0\0\0cpuK\4tQ"),
          "a storage that no tensor names" },
        { BYTES("(X\7\0\0\0storage" CLASS("FloatStorage") "X\1\0\0\0"
                                                          "0"
                                                          "X\3\0\0\0cpuK\4X\1\0\0\0vK\2K\3\x87tQ"),
          "a view that lies outside" },
    };
    Scratch *scratch = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_path(scratch, "weights.pt");
        put_legacy(path, cases[i].pickle, cases[i].size);
        if (cases[i].because) {
            assert_refused(scratch, path, cases[i].because);
        } else {
            P2cValue *value;
            if (p2c_pt_read(scratch->ctx, path, &value) != P2C_OK)
                fail_msg("case %zu: %s", i, p2c_error(scratch->ctx));
            p2c_value_free(&value);
        }
    }
}

/* PyTorch before 0.4 named parts of storages: (key, begin, count) narrows it, and the tensor's
 * offset counts from there. */
static void storage_views(void **state) {
    static const char view[] =
        TENSOR("(X\7\0\0\0storage" CLASS("FloatStorage") "X\1\0\0\0"
                                                         "0"
                                                         "X\3\0\0\0cpuK\4X\1\0\0\0vK\2K\2\x87tQ"
                                                         "K\1(K\1t(K\1t");
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "weights.pt");
    P2cValue *value;
    put_legacy(path, view, sizeof view - 1);
    assert_int_equal(p2c_pt_read(scratch->ctx, path, &value), P2C_OK);
    /* element 2 + 1 of "0123 4567 89ab cdef" */
    assert_memory_equal(p2c_value_data(value), "cdef", 4);
    p2c_value_free(&value);
}

/* ---- short files that mean much ---- */

/* Lists that hold the one before ten times: 10^count values. */
static void amplified_lists(void **state) {
    Scratch *scratch = *state;
    char pickle[1024];
    size_t size = 0;
    size += (size_t)sprintf(pickle, "]q%c", 1);
    for (int level = 1; level < 12; level++) {
        pickle[size++] = '0'; /* POP; the memo keeps it */
        pickle[size++] = ']';
        pickle[size++] = '(';
        for (int k = 0; k < 10; k++) size += (size_t)sprintf(pickle + size, "h%c", level);
        size += (size_t)sprintf(pickle + size, "eq%c", level + 1);
    }
    const char *path = scratch_path(scratch, "weights.pt");
    put_legacy(path, pickle, size);
    assert_refused(scratch, path, "unpacks to far more values");
}

/* One tensor of 64 KiB, stretched from four floats, named 20,000 times: 1.2 GiB. */
static void amplified_tensors(void **state) {
    static const char tensor[] = VIEW("K\0", "M\0\x40", "K\0") "q\1"
                                                               "0](";
    enum { TIMES = 20000 };
    Scratch *scratch = *state;
    char *pickle = malloc(sizeof tensor + 2 * TIMES + 1);
    size_t size = sizeof tensor - 1;
    memcpy(pickle, tensor, size);
    for (int i = 0; i < TIMES; i++) {
        pickle[size++] = 'h';
        pickle[size++] = 1;
    }
    pickle[size++] = 'e';
    const char *path = scratch_path(scratch, "weights.pt");
    put_legacy(path, pickle, size);
    free(pickle);
    assert_refused(scratch, path, "unpacks to far more than");
}

/* A dict made from one list of 1,000 pairs, 10,000 times: 20 million items within the machine, none
 * of which stays. */
static void amplified_machine(void **state) {
    enum { PAIRS = 1000, TIMES = 10000 };
    Scratch *scratch = *state;
    char *pickle = malloc(64 + 8 * PAIRS + 8 * TIMES);
    size_t size = (size_t)sprintf(pickle, "ccollections\nOrderedDict\nq%c](", 1);
    for (int i = 0; i < PAIRS; i++) size += (size_t)sprintf(pickle + size, "NN%c", 0x86);
    size += (size_t)sprintf(pickle + size, "e%cq%c0", 0x85, 2);
    for (int i = 0; i < TIMES; i++) size += (size_t)sprintf(pickle + size, "h%ch%cR0", 1, 2);
    const char *path = scratch_path(scratch, "weights.pt");
    put_legacy(path, pickle, size);
    free(pickle);
    assert_refused(scratch, path, "too many items");
}

/* ---- every byte ---- */

static void truncated(void **state) {
    static const char *const files[] = { DATA "small_zip.pt", DATA "small_legacy.pt" };
    Scratch *scratch = *state;
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        char *bytes = get_file(files[i], &size);
        const char *path = scratch_path(scratch, "truncated.pt");
        put_file(path, bytes, size);
        for (size_t length = size; length-- > 0;) {
            assert_int_equal(truncate(path, (off_t)length), 0);
            assert_refused(scratch, path, "");
        }
        print_message("%s: %zu truncations, all refused\n", files[i], size);
        free(bytes);
    }
}

/* Where in a zip archive a flipped bit may change nothing: not within a member. Local header: see
 * PKWARE's APPNOTE, 4.3.7. */
static bool within_member(const char *archive, size_t size, size_t at) {
    static const unsigned char signature[] = "PK\3\4";
    for (size_t i = 0; i + 30 < size; i++) {
        const unsigned char *header = (const unsigned char *)archive + i;
        if (memcmp(header, signature, 4) != 0) continue;
        uint32_t packed;
        memcpy(&packed, header + 18, sizeof packed);
        size_t begin = i + 30 + header[26] + 256u * header[27] + header[28] + 256u * header[29];
        if (at >= begin && at < begin + packed) return true;
    }
    return false;
}

/* Written here and damaged: a bit that p2c_pt_verify does not miss is in what carries nothing, such
 * as padding or a date. */
static void verified(void **state) {
    Scratch *scratch = *state;
    P2cValue *original, *value;
    size_t size, refused = 0, harmless = 0;
    assert_int_equal(p2c_pt_read(scratch->ctx, DATA "types_zip.pt", &original), P2C_OK);
    const char *path = scratch_path(scratch, "written.pt");
    assert_int_equal(p2c_pt_write(scratch->ctx, path, original), P2C_OK);
    assert_int_equal(p2c_pt_verify(scratch->ctx, path), P2C_OK);
    char *bytes = get_file(path, &size);
    int fd = open(path, O_WRONLY);
    for (size_t k = 0; k < 8 * size; k++) {
        char byte = (char)(bytes[k / 8] ^ 1 << k % 8);
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(k / 8)), 1);
        if (p2c_pt_verify(scratch->ctx, path) != P2C_OK) {
            assert_error_says(scratch->ctx, path);
            refused++;
        } else {
            if (within_member(bytes, size, k / 8))
                fail_msg("bit %zu of byte %zu: not noticed", k % 8, k / 8);
            assert_int_equal(p2c_pt_read(scratch->ctx, path, &value), P2C_OK);
            assert_true(same_tree(original, value));
            p2c_value_free(&value);
            harmless++;
        }
        assert_int_equal(pwrite(fd, &bytes[k / 8], 1, (off_t)(k / 8)), 1);
    }
    for (size_t length = size; length-- > 0;) {
        assert_int_equal(ftruncate(fd, (off_t)length), 0);
        assert_int_not_equal(p2c_pt_verify(scratch->ctx, path), P2C_OK);
    }
    close(fd);
    print_message("%zu bytes written: %zu flipped bits refused, %zu without effect; every "
                  "truncation refused\n",
                  size, refused, harmless);
    assert_true(refused > 4 * harmless);
    p2c_value_free(&original);
    free(bytes);
}

/* A flipped byte may go unnoticed (in the data of a legacy stream, in a date), but what is read
 * then is a whole tree. */
static void flipped(void **state) {
    static const char *const files[] = { DATA "small_zip.pt", DATA "small_legacy.pt",
                                         DATA "deflated.pt" };
    static const unsigned char flips[] = { 0x01, 0x80, 0xff };
    Scratch *scratch = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t size, refused = 0, changed = 0, unnoticed = 0;
        char *bytes = get_file(files[i], &size);
        const char *path = scratch_path(scratch, "flipped.pt");
        P2cValue *original, *value;
        assert_int_equal(p2c_pt_read(scratch->ctx, files[i], &original), P2C_OK);
        put_file(path, bytes, size);
        int fd = open(path, O_WRONLY);
        for (size_t k = 0; k < 3 * size; k++) {
            char byte = (char)(bytes[k / 3] ^ flips[k % 3]);
            assert_int_equal(pwrite(fd, &byte, 1, (off_t)(k / 3)), 1);
            if (p2c_pt_read(scratch->ctx, path, &value) != P2C_OK) {
                assert_null(value);
                assert_error_says(scratch->ctx, path);
                refused++;
            } else {
                *(same_tree(original, value) ? &unnoticed : &changed) += 1;
                p2c_value_free(&value);
            }
            assert_int_equal(pwrite(fd, &bytes[k / 3], 1, (off_t)(k / 3)), 1);
        }
        close(fd);
        print_message("%s: %zu flips: %zu refused, %zu read as another tree, %zu without effect\n",
                      files[i], 3 * size, refused, changed, unnoticed);
        assert_true(refused > 0 && (i == 1 || changed == 0)); /* a zip has checksums */
        p2c_value_free(&original);
        free(bytes);
    }
}

const struct CMUnitTest p2c_tests_pt_bad[] = {
    TEST(bad_files),     TEST(forbidden),       TEST(malformed),         TEST(bad_tensors),
    TEST(storage_views), TEST(amplified_lists), TEST(amplified_tensors), TEST(amplified_machine),
    TEST(truncated),     TEST(flipped),         TEST(verified),
};
const size_t p2c_tests_pt_bad_count = sizeof p2c_tests_pt_bad / sizeof *p2c_tests_pt_bad;

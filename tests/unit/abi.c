/* abi.c: structs and constants are those that programs were compiled with. Where one of these tests
 * fails, a compiled program no longer works with the new library: then P2C_ABI, the number in the
 * soname, goes up in lib/p2cnn_base.h, and the numbers here become the new ones. Before a release
 * with a new number it need not go up again.
 *
 * A field that is added within padding is not seen here; it breaks programs just as well. */
#include "support.h"

/* ABI 0 on machines of 64 bits: the size, and where the last field is. */
#define STRUCT(type, size, last, place) \
    { #type, sizeof(type), size, offsetof(type, last), place }
static const struct {
    const char *name;
    size_t size, old_size, place, old_place;
} structs[] = {
    /* p2cnn.h */
    STRUCT(P2cImage, 24, pixels, 16),
    STRUCT(P2cPoint, 16, y, 8),
    STRUCT(P2cBox, 32, bottom, 24),
    STRUCT(P2cFace, 1152, warnings, 1144),
    STRUCT(P2cPreparerOptions, 32, matte, 24),
    STRUCT(P2cPortrait, 1248, matte_ms, 1240),
    STRUCT(P2cCartoonizerOptions, 32, trained_size, 24),
    STRUCT(P2cBackground, 16, picture, 8),
    STRUCT(P2cPhotoOptions, 64, photo_share, 56),
    STRUCT(P2cPhotoResult, 64, likeness, 56),
    STRUCT(P2cLikeness, 24, identity, 16),
    /* p2cnn_graph.h */
    STRUCT(P2cDims, 20, d, 4),
    STRUCT(P2cInit, 12, int64, 10),
    STRUCT(P2cNet, 136, prefix, 16),
    STRUCT(P2cProfileEntry, 224, flop, 216),
    STRUCT(P2cProfile, 224016, entries, 16),
    STRUCT(P2cConv2d, 20, reflect, 16),
    STRUCT(P2cPad, 24, value, 20),
    STRUCT(P2cPool2d, 16, pad, 12),
    STRUCT(P2cAdam, 48, step, 40),
    STRUCT(P2cSgd, 32, step, 24),
    STRUCT(P2cGenerator, 8, full, 4),
    STRUCT(P2cGenerated, 24, heatmap, 16),
    STRUCT(P2cDiscriminator, 12, training, 8),
    STRUCT(P2cJudged, 24, heatmap, 16),
    /* p2cnn_files.h */
    STRUCT(P2cShape, 72, size, 8),
};

static void structs_keep_their_layout(void **state) {
    (void)state;
    if (P2C_ABI != 0 || sizeof(void *) != 8) skip();
    for (size_t i = 0; i < sizeof structs / sizeof *structs; i++)
        if (structs[i].size != structs[i].old_size || structs[i].place != structs[i].old_place)
            fail_msg("%s has %zu bytes and its last field at %zu; in ABI %d %zu and %zu",
                     structs[i].name, structs[i].size, structs[i].place, P2C_ABI,
                     structs[i].old_size, structs[i].old_place);
}

/* The last constant of each enum: one that is put in between would move it. */
static void constants_keep_their_values(void **state) {
    (void)state;
    if (P2C_ABI != 0) skip();
    assert_int_equal(P2C_ERR_DEVICE, 7);
    assert_int_equal(P2C_PRECISION_BF16, 2);
    assert_int_equal(P2C_FILTER_ANTIALIAS, 2);
    assert_int_equal(P2C_FACE_UNLIKE, 256);
    assert_int_equal(P2C_BACKGROUND_PICTURE, 4);
    assert_int_equal(P2C_LAYOUT_SHEET, 2);
    assert_int_equal(P2C_SKIN_PHOTO, 1);
    assert_int_equal(P2C_INIT_UNIT_NORMAL, 2);
    assert_int_equal(P2C_PAD_EDGE, 2);
    assert_int_equal(P2C_ASYMMETRIC, 2);
    assert_int_equal(P2C_ROUND_HALF_UP, 3);
    assert_int_equal(P2C_FACENET_XIAOCCER, 1);
    assert_int_equal(P2C_TENSOR, 7);
    assert_int_equal(P2C_TYPE_BOOL, 9);
}

const struct CMUnitTest p2c_tests_abi[] = {
    cmocka_unit_test(structs_keep_their_layout),
    cmocka_unit_test(constants_keep_their_values),
};
const size_t p2c_tests_abi_count = sizeof p2c_tests_abi / sizeof *p2c_tests_abi;

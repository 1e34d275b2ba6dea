/* value.c: trees of values: containers, conversions, sizes. */
#include "support.h"

#include "torch/pt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void plain_values(void **state) {
    (void)state;
    static const struct {
        double from;
        int64_t to;
    } ints[] = { { 1.9, 1 },
                 { -1.9, -1 },
                 { 1e30, INT64_MAX },
                 { -1e30, INT64_MIN },
                 { INFINITY, INT64_MAX },
                 { NAN, 0 },
                 { -0x1p63, INT64_MIN } };
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        P2cValue *value = p2c_value_float(ints[i].from);
        assert_int_equal(p2c_value_as_int(value), ints[i].to);
        p2c_value_free(&value);
        assert_null(value);
    }
    P2cValue *text = p2c_value_string("abc"), *none = p2c_value_none(), *yes = p2c_value_bool(true),
             *big = p2c_value_int(INT64_MIN);
    assert_string_equal(p2c_value_as_string(text), "abc");
    assert_int_equal(p2c_value_as_int(text), 0);
    assert_null(p2c_value_as_string(none));
    assert_int_equal(p2c_value_kind(none), P2C_NONE);
    assert_true(p2c_value_as_float(yes) == 1 && p2c_value_as_int(big) == INT64_MIN);
    assert_int_equal(p2c_value_count(text), 0);
    assert_null(p2c_value_get(text, "key"));
    p2c_value_free(&text);
    p2c_value_free(&none);
    p2c_value_free(&yes);
    p2c_value_free(&big);
    p2c_value_free(&big); /* of NULL: nothing */
}

static void dict_keeps_order_and_finds(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    char key[16];
    P2cValue *dict = p2c_value_dict();
    assert_null(p2c_value_get(dict, "k0"));
    for (int i = 0; i < COUNT; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(p2c_value_set(dict, key, p2c_value_int(i)), P2C_OK);
    }
    for (int i = 0; i < COUNT; i += 7) { /* replaced in place */
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(p2c_value_set(dict, key, p2c_value_int(-i)), P2C_OK);
    }
    assert_int_equal(p2c_value_count(dict), COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_string_equal(p2c_value_key(dict, (size_t)i), key);
        assert_int_equal(p2c_value_as_int(p2c_value_at(dict, (size_t)i)), i % 7 ? i : -i);
        assert_ptr_equal(p2c_value_get(dict, key), p2c_value_at(dict, (size_t)i));
    }
    assert_null(p2c_value_get(dict, "k20000"));
    assert_null(p2c_value_get(dict, ""));
    assert_null(p2c_value_get(NULL, "k0"));
    p2c_value_free(&dict);
}

static void memory_failures_pass_through(void **state) {
    (void)state;
    P2cValue *dict = p2c_value_dict(), *list = p2c_value_list();
    assert_int_equal(p2c_value_set(dict, "x", NULL), P2C_ERR_MEMORY);
    assert_int_equal(p2c_value_append(list, NULL), P2C_ERR_MEMORY);
    assert_int_equal(p2c_value_count(dict) + p2c_value_count(list), 0);
    assert_int_equal(p2c_value_append(list, p2c_value_int(5)), P2C_OK);
    assert_int_equal(p2c_value_set(dict, "list", list), P2C_OK);
    assert_int_equal(p2c_value_as_int(p2c_value_at(p2c_value_get(dict, "list"), 0)), 5);
    p2c_value_free(&dict);
}

/* Every half-precision number, against its definition. */
static void every_half(void **state) {
    (void)state;
    static uint16_t bits[65536];
    static float values[65536];
    for (int i = 0; i < 65536; i++) bits[i] = (uint16_t)i;
    P2cValue *tensor = p2c_value_tensor(P2C_F16, (P2cShape){ 1, { 65536 } }, bits);
    p2c_value_to_float(tensor, values);
    for (int i = 0; i < 65536; i++) {
        int exponent = i >> 10 & 31, mantissa = i & 1023;
        double size = exponent == 31  ? (mantissa ? NAN : INFINITY)
                      : exponent == 0 ? ldexp(mantissa, -24)
                                      : ldexp(1024 + mantissa, exponent - 25);
        double expected = i & 0x8000 ? -size : size;
        if (isnan(expected)) assert_true(isnan(values[i]));
        else if (values[i] != (float)expected || !signbit(values[i]) != !signbit(expected))
            fail_msg("half %04x gave %g", (unsigned)i, values[i]);
    }
    p2c_value_free(&tensor);
    tensor = p2c_value_tensor(P2C_BF16, (P2cShape){ 1, { 65536 } }, bits);
    p2c_value_to_float(tensor, values);
    for (int i = 0; i < 65536; i++) {
        int exponent = i >> 7 & 255, mantissa = i & 127;
        double size = exponent == 255 ? (mantissa ? NAN : INFINITY)
                      : exponent == 0 ? ldexp(mantissa, -133)
                                      : ldexp(128 + mantissa, exponent - 134);
        double expected = i & 0x8000 ? -size : size;
        if (isnan(expected)) assert_true(isnan(values[i]));
        else if (values[i] != (float)expected)
            fail_msg("bfloat16 %04x gave %g", (unsigned)i, values[i]);
    }
    p2c_value_free(&tensor);
}

static void tensors(void **state) {
    (void)state;
    static const int16_t shorts[6] = { -32768, -1, 0, 1, 2, 32767 };
    float values[6];
    P2cValue *tensor = p2c_value_tensor(P2C_I16, (P2cShape){ 2, { 2, 3 } }, shorts);
    assert_ptr_not_equal(p2c_value_data(tensor), shorts);
    p2c_value_to_float(tensor, values);
    for (int i = 0; i < 6; i++) assert_true(values[i] == (float)shorts[i]);
    assert_int_equal(p2c_value_type(tensor), P2C_I16);
    assert_int_equal(p2c_value_shape(tensor).size[1], 3);
    p2c_value_free(&tensor);
    tensor = p2c_value_tensor(P2C_F64, (P2cShape){ 0 }, NULL);
    p2c_value_to_float(tensor, values);
    assert_true(values[0] == 0);
    p2c_value_free(&tensor);
    tensor = p2c_value_tensor(P2C_F32, (P2cShape){ 3, { 4, 0, 5 } }, NULL);
    assert_non_null(p2c_value_data(tensor));
    values[0] = 3;
    p2c_value_to_float(tensor, values);
    assert_true(values[0] == 3);
    p2c_value_free(&tensor);
    assert_string_equal(p2c_type_name(P2C_BF16), "bfloat16");
    assert_string_equal(p2c_type_name(P2C_TYPE_BOOL), "bool");
}

static void sizes_that_overflow(void **state) {
    (void)state;
    static const P2cShape shapes[] = {
        { 1, { INT64_MAX } },
        { 2, { 1LL << 32, 1LL << 32 } },
        { 3, { 1LL << 31, 1LL << 31, 4 } },
        { 1, { -1 } },
        { 2, { 0, -1 } },
        { 1, { 1LL << 61 } },
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        assert_null(p2c_value_tensor(P2C_F32, shapes[i], NULL));
}

static void text_validity(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        { "", true },
        { "plain", true },
        { "\xc3\xbc", true },
        { "\xe6\xbc\xa2", true },
        { "\xf0\x9f\x98\x80", true },
        { "\xf4\x8f\xbf\xbf", true },
        { "\xf4\x90\x80\x80", false },
        { "\xc0\x80", false },
        { "\xc3", false },
        { "\xed\xa0\x80", false },
        { "\x80", false },
        { "\xe0\x80\x80", false },
        { "\xff", false },
        { "\xf0\x80\x80\x80", false },
        { "\xc3x", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (p2c_text_valid((const uint8_t *)cases[i].text, strlen(cases[i].text)) != cases[i].valid)
            fail_msg("case %zu", i);
    assert_false(p2c_text_valid((const uint8_t *)"a\0b", 3));
}

const struct CMUnitTest p2c_tests_value[] = {
    cmocka_unit_test(plain_values),
    cmocka_unit_test(dict_keeps_order_and_finds),
    cmocka_unit_test(memory_failures_pass_through),
    cmocka_unit_test(every_half),
    cmocka_unit_test(tensors),
    cmocka_unit_test(sizes_that_overflow),
    cmocka_unit_test(text_validity),
};
const size_t p2c_tests_value_count = sizeof p2c_tests_value / sizeof *p2c_tests_value;

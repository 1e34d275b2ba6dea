/* hash_rule.c (test): compares the rule that makes weights and pictures with values from its Python
 * version. */
#include "golden.h"

#include <math.h>
#include <stdlib.h>

static void check_near(const char *name, float value, float expected) {
    if (!(fabsf(value - expected) <= 1.2e-7f))
        fail_msg("%s: %.9g, expected %.9g", name, value, expected);
}

static const struct {
    const char *name;
    P2cDims dims;
    float first, last;
} rules[] = {
    { "genA2B.gap_fc.weight", { 2, { 1, 32, 1, 1 } }, 0.223236203f, 0.232711807f },
    { "genA2B.DecodeBlock1.norm1.norm.rho", { 4, { 1, 32, 1, 1 } }, 0.658747375f, 0.678663075f },
    { "genA2B.UpBlock1.3.gamma", { 4, { 1, 16, 1, 1 } }, 0.861638427f, 1.17121792f },
    { "genA2B.UpBlock1.3.beta", { 4, { 1, 16, 1, 1 } }, -0.0542118922f, 0.0366612375f },
    { "disGA.model.1.bias", { 1, { 4, 1, 1, 1 } }, -0.000137943964f, -0.0304028019f },
    { "disGA.model.1.weight_u", { 1, { 4, 1, 1, 1 } }, -0.187251076f, 0.141141385f },
    { "disGA.conv.weight_v", { 1, { 2048, 1, 1, 1 } }, 0.0241476577f, -0.0151639059f },
    { "face.conv1.conv.weight", { 4, { 64, 3, 3, 3 } }, 0.0624443926f, -0.272130787f },
    { "face.conv1.bn.weight", { 1, { 64, 1, 1, 1 } }, 0.799267173f, 0.72596544f },
    { "face.conv1.bn.running_mean", { 1, { 64, 1, 1, 1 } }, -0.0449647084f, -0.0124512939f },
    { "face.conv1.bn.running_var", { 1, { 64, 1, 1, 1 } }, 1.07271993f, 1.014148f },
    { "face.conv1.prelu.weight", { 1, { 64, 1, 1, 1 } }, 0.155079752f, 0.242359832f },
    { "face.bn.num_batches_tracked", { 0, { 1, 1, 1, 1 } }, 0, 0 },
};

void test_hash(void **state) {
    float values[2 * 3 * 32 * 32];
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        hash_value(rules[i].name, rules[i].dims, values);
        check_near(rules[i].name, values[0], rules[i].first);
        check_near(rules[i].name, values[p2c_dims_count(rules[i].dims) - 1], rules[i].last);
    }
    test_image("golden", 2, 32, values);
    check_near("picture", values[0], 0.547765195f);
    check_near("picture", values[1234], -0.0566638075f);
    check_near("picture", values[6143], 0.0659585595f);
}

/* main.c: test-golden, the networks against PyTorch. Run from the repository root.
 *
 *     test-golden [NAME...]        only those, or patterns such as 'gen*'
 */
#include "../pick.h"
#include "golden.h"

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_initial_values),
        cmocka_unit_test(test_generator_ch8),
        cmocka_unit_test(test_generator_full),
        cmocka_unit_test(test_generator_ch32),
        cmocka_unit_test(test_generator_alone),
        cmocka_unit_test(test_generator_sizes),
        cmocka_unit_test(test_generator_batch),
        cmocka_unit_test(test_generator_threads),
        cmocka_unit_test(test_generator_refuses),
        cmocka_unit_test(test_generator_options),
        cmocka_unit_test(test_discriminator_7),
        cmocka_unit_test(test_discriminator_5),
        cmocka_unit_test(test_discriminator_refuses),
        cmocka_unit_test(test_mobilefacenet),
        cmocka_unit_test(test_mobilefacenet_xiaoccer),
        cmocka_unit_test(test_face_embedding),
        cmocka_unit_test(test_face_kind),
        cmocka_unit_test(test_mobilefacenet_refuses),
        cmocka_unit_test(test_matte),
        cmocka_unit_test(test_landmarks),
        cmocka_unit_test(test_faces_refuse),
        cmocka_unit_test(test_precision),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_training),
        cmocka_unit_test(test_training_slow),
        cmocka_unit_test(test_training_ch32),
    };
    return pick_and_run(&(Pick){ "golden", argc, argv }, tests, sizeof tests / sizeof *tests);
}

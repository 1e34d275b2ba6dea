/* report.cu: P2C_EMULATED_REPORT and P2C_EMULATED_ORDER, in a run of this program's group
 * "copies". */
#include "self.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run_copies(const char *environment) {
    char command[500], self[300] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    snprintf(command, sizeof command, "%s %s copies >/dev/null 2>&1", environment, self);
    return system(command);
}

/* A line per kernel, added to what is in the file. */
static void test_report(void **) {
    char name[] = "/tmp/p2cnn-report-XXXXXX", environment[100], text[1000] = "";
    const char *one = "copy_kernel\ttests/cuda_on_cpu/self/copies.cu\t1\t1\t1\nshare_kernel\ttests/"
                      "cuda_on_cpu/self/copies.cu\t3\t3\t768\n";
    close(mkstemp(name));
    snprintf(environment, sizeof environment, "P2C_EMULATED_REPORT=%s", name);
    for (int i = 0; i < 2; i++) assert_int_equal(run_copies(environment), 0);
    FILE *file = fopen(name, "r");
    assert_true(fread(text, 1, sizeof text - 1, file) == 2 * strlen(one));
    assert_memory_equal(text, one, strlen(one));
    assert_string_equal(text + strlen(one), one);
    fclose(file);
    remove(name);
}

static void test_order(void **) {
    assert_int_equal(run_copies("P2C_EMULATED_ORDER=reverse"), 0);
    assert_int_equal(run_copies("P2C_EMULATED_ORDER=shuffle"), 0);
    assert_int_not_equal(run_copies("P2C_EMULATED_ORDER=sideways"), 0);
}

TESTS(report, cmocka_unit_test(test_report), cmocka_unit_test(test_order))

/* device.c: the options that say where and how a program computes: --device, --precision,
 * --gpu_ids. */
#include <string.h>

#include "cli.h"

enum { NAME_SIZE = 32, GPU_DIGITS = 3 };

/* Returns 0 if ids is the number of one GPU, else reports a failure. */
static int check_gpu(const char *ids) {
    size_t digits = strspn(ids, "0123456789");
    if (strchr(ids, ','))
        complain("--gpu_ids %.80s: one process computes on one GPU so far; give one number, such "
                 "as --gpu_ids 0",
                 ids);
    else if (!digits || digits > GPU_DIGITS || ids[digits])
        complain("--gpu_ids %.80s: expected the number of a GPU, such as 0", ids);
    else return 0;
    return EXIT_USAGE;
}

/* Replaces the device by the GPU that --gpu_ids names, if --device leaves the choice open. */
static int choose_gpu(DeviceChoice *choice, char numbered[NAME_SIZE]) {
    const char *gpu = choice->gpu_ids;
    int code = check_gpu(gpu);
    if (code || !strcmp(choice->device, "cpu")) return code;
    snprintf(numbered, NAME_SIZE, "cuda:%s", gpu);
    if (!strcmp(choice->device, "auto") || !strcmp(choice->device, "cuda"))
        choice->device = numbered;
    if (!strcmp(choice->device, numbered)) return 0;
    complain("--device %.80s and --gpu_ids %s contradict each other; leave one of them out",
             choice->device, gpu);
    return EXIT_USAGE;
}

static P2cStatus set_precision(P2cContext *ctx, const char *text) {
    P2cPrecision p = P2C_PRECISION_FP32;
    while (p < P2C_PRECISION_BF16 && strcmp(p2c_precision_name(p), text)) p++;
    return p2c_context_set_precision(ctx, p);
}

int device_open(P2cContext **ctx, DeviceChoice choice) {
    char numbered[NAME_SIZE] = "";
    *ctx = NULL;
    int code = choice.gpu_ids ? choose_gpu(&choice, numbered) : 0;
    if (code) return code;
    P2cStatus status = p2c_context_new(ctx, choice.device, choice.threads);
    if (status && choice.device == numbered) {
        complain("--gpu_ids %s: %s", choice.gpu_ids, p2c_error(*ctx));
        return p2c_exit_code(status);
    }
    if (!status && choice.precision) status = set_precision(*ctx, choice.precision);
    return report_status(*ctx, status);
}

int report_device(const P2cContext *ctx, int code) {
    if (code == EXIT_DEVICE) complain("%s", p2c_error(ctx));
    return code;
}

void print_json_device(const P2cContext *ctx) {
    size_t used = p2c_device_memory_used(ctx);
    printf("\"precision\": \"%s\", ", p2c_precision_name(p2c_context_precision(ctx)));
    if (used) printf("\"device_mib\": %.1f, ", (double)used / (1 << 20));
    printf("\"device\": ");
    print_json_string(stdout, p2c_device_name(ctx));
}

/* evaluation.c: an evaluation as a table and as a file. */
#include "evaluate.h"

#include <math.h>
#include <stdlib.h>

#include "cli/cli.h"

/* ---- for people ------------------------------------------------------------------------------ */

static void print_value(double value) {
    char text[32];
    snprintf(text, sizeof text, fabs(value) < 10 ? "%.4f" : "%.1f", value);
    printf(" %10s", isnan(value) ? "-" : text);
}

static void print_row(const char *title, double made, double drawn, double photos) {
    if (isnan(made) && isnan(drawn) && isnan(photos)) return;
    printf("%-26s", title);
    print_value(made);
    print_value(drawn);
    print_value(photos);
    putchar('\n');
}

void evaluation_print(const Evaluation *e) {
    printf("%d pictures made, %d cartoons to compare with\n", e->photos, e->cartoons);
    printf("%-26s %10s %10s %10s\n", "", "made", "drawn", "photos");
    for (int k = 0; k < MEASURE_COUNT; k++)
        print_row(measure_names[k].title, e->made.value[k], e->of_cartoons.value[k],
                  e->of_photos.value[k]);
    print_row("cycle error", e->cycle_l1, NAN, NAN);
    print_row("score", e->score, NAN, NAN);
    if (isnan(e->made.value[MEASURE_ID_SIMILARITY]))
        printf("KID and ID are not measured: they need --face_weights\n");
    fflush(stdout);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void write_number(FILE *out, const char *key, double value, const char *separator) {
    fprintf(out, "%s\"%s\": ", separator, key);
    if (isfinite(value)) fprintf(out, "%.9g", value);
    else fputs("null", out);
}

static void write_measures(FILE *out, const char *key, const Measures *m) {
    fprintf(out, ",\n \"%s\": {", key);
    for (int k = 0; k < MEASURE_COUNT; k++)
        write_number(out, measure_names[k].key, m->value[k], k ? ", " : "");
    putc('}', out);
}

int evaluation_write(P2cContext *ctx, const char *path, const Evaluation *e) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return report_status(NULL, P2C_ERR_MEMORY);
    fprintf(out, "{\"photo_count\": %d, \"cartoon_count\": %d", e->photos, e->cartoons);
    write_number(out, "score", e->score, ", ");
    write_number(out, "cycle_l1", e->cycle_l1, ", ");
    write_measures(out, "made", &e->made);
    write_measures(out, "drawn", &e->of_cartoons);
    write_measures(out, "photos", &e->of_photos);
    fputs("}\n", out);
    P2cStatus status = fclose(out) ? P2C_ERR_MEMORY : P2C_OK;
    if (!status) status = p2c_file_write(ctx, path, text, size);
    free(text);
    return report_status(ctx, status);
}

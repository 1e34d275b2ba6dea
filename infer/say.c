/* say.c: prints what happened to a picture: one line, and one more for every warning.
 *
 * With --json: {"input", "output" or "outputs", "faces": [{"box", "score", "landmarks", "angle",
 * "coverage", "likeness", "warnings", "align_ms", "matte_ms"}], times of each stage, "peak_mib":
 * the most memory so far, "milliseconds"}; or {"input", "error"}; or {"input", "skipped"}. */
#include <math.h>
#include <stdio.h>

#include "infer.h"

enum { PATH_SIZE = 4200, WARNINGS = 9 };

static void print_outputs(const Job *job, const Made *made) {
    int count = made->result.image_count;
    char path[PATH_SIZE];
    printf(count > 1 ? ", \"outputs\": [" : ", \"output\": ");
    for (int i = 0; i < (count ? count : 1); i++) {
        jobs_name(job, i, path, sizeof path);
        if (i) printf(", ");
        print_json_string(stdout, path);
    }
    if (count > 1) printf("]");
    if (!job->heatmap) return;
    printf(", \"heatmap\": ");
    print_json_string(stdout, job->heatmap);
}

static void print_warnings(unsigned warnings) {
    int printed = 0;
    printf(", \"warnings\": [");
    for (int bit = 0; bit < WARNINGS; bit++) {
        if (!(warnings & (1u << bit))) continue;
        if (printed++) printf(", ");
        print_json_string(stdout, p2c_face_warning_text((P2cFaceWarning)(1u << bit)));
    }
    printf("]");
}

/* NaN, for what was not measured, is null. */
static void print_measure(const char *name, double value) {
    if (isfinite(value)) printf("\"%s\": %.4f", name, value);
    else printf("\"%s\": null", name);
}

static void print_likeness(const P2cLikeness *likeness) {
    printf(", \"likeness\": {");
    print_measure("landmarks", likeness->distance);
    printf(", ");
    print_measure("doubt", likeness->doubt);
    printf(", ");
    print_measure("identity", likeness->identity);
    printf("}");
}

static void print_face(const P2cPortrait *p, const P2cLikeness *likeness) {
    const P2cFace *f = &p->face;
    printf(
        "{\"box\": [%.1f, %.1f, %.1f, %.1f], \"score\": %.3f, \"angle\": %.2f, \"coverage\": %.4f",
        f->box.left, f->box.top, f->box.right, f->box.bottom, f->score, f->angle, p->coverage);
    print_likeness(likeness);
    print_warnings(f->warnings);
    printf(", \"align_ms\": %.1f, \"matte_ms\": %.1f, \"landmarks\": [", p->align_ms, p->matte_ms);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        printf("%s[%.1f, %.1f]", i ? ", " : "", f->landmarks[i].x, f->landmarks[i].y);
    printf("]}");
}

static void print_faces(const Made *made) {
    const P2cPhotoResult *r = &made->result;
    printf(", \"faces\": [");
    for (int i = 0; i < r->portrait_count; i++) {
        if (i) printf(", ");
        print_face(&r->portraits[i], &r->likeness[i]);
    }
    printf("], \"read_ms\": %.1f, \"find_ms\": %.1f, \"draw_ms\": %.1f, \"compose_ms\": %.1f, "
           "\"write_ms\": %.1f, \"peak_mib\": %.1f",
           made->read_ms, r->find_ms, r->draw_ms, r->compose_ms, made->write_ms, peak_memory_mib());
}

static void print_json(const Options *o, const Job *job, const Made *made) {
    printf("{\"input\": ");
    print_json_string(stdout, job->input);
    if (*made->error) {
        printf(", \"error\": ");
        print_json_string(stdout, made->error);
    } else if (made->skipped) printf(", \"skipped\": \"no face found\"");
    else {
        print_outputs(job, made);
        if (!o->prepared) print_faces(made);
        printf(", \"milliseconds\": %.1f", made->ms);
    }
    printf("}\n");
}

static void print_line(const Job *job, const Made *made) {
    int faces = made->result.portrait_count, images = made->result.image_count;
    print_plain(job->input);
    if (made->skipped) {
        printf(": no face found, skipped\n");
        return;
    }
    printf(" -> ");
    print_plain(job->output);
    if (images > 1) printf(" and %d more", images - 1);
    if (faces > 1) printf(" (%d faces, %.0f ms)\n", faces, made->ms);
    else printf(" (%.0f ms)\n", made->ms);
}

static void warn(const Job *job, const P2cPhotoResult *result) {
    for (int i = 0; i < result->portrait_count; i++)
        for (int bit = 0; bit < WARNINGS; bit++) {
            P2cFaceWarning warning = (P2cFaceWarning)(1u << bit);
            if (!(result->portraits[i].face.warnings & warning)) continue;
            if (result->portrait_count == 1)
                complain("warning: %s: %s", job->input, p2c_face_warning_text(warning));
            else
                complain("warning: %s: face %d: %s", job->input, i + 1,
                         p2c_face_warning_text(warning));
        }
}

void report_made(const Options *o, const Job *job, const Made *made) {
    if (*made->error) complain("%s", made->error);
    else if (!o->json) warn(job, &made->result); /* in JSON the warnings are part of the line */
    if (o->json) print_json(o, job, made);
    else if (!*made->error) print_line(job, made);
    fflush(stdout);
}

/* draw.c: see draw.h. A distance is an implicit function divided by the length of its gradient,
 * which is accurate near the edge, where it matters. */
#include "draw.h"

#include <math.h>

#include "base/context.h"
#include "base/team.h"

enum { SAMPLES = 2 }; /* per pixel and direction */

float limit(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

float ramp(float from, float to, float v) {
    float t = limit((v - from) / (to - from));
    return t * t * (3 - 2 * t);
}

Colour mix(Colour a, Colour b, float t) {
    return (Colour){ a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t };
}
Colour dim(Colour c, float k) { return (Colour){ limit(c.r * k), limit(c.g * k), limit(c.b * k) }; }
Colour lay(Colour below, Colour c, float distance, float soft) {
    return mix(below, c, 1 - ramp(-soft, soft, distance));
}

/* f = (|x|/rx)^n + (|y|/ry)^n - 1 */
float oval(Point p, Point centre, float rx, float ry, float power) {
    float x = fabsf(p.x - centre.x) / rx, y = fabsf(p.y - centre.y) / ry;
    float u = power == 2 ? x : powf(x, power - 1), v = power == 2 ? y : powf(y, power - 1);
    return (u * x + v * y - 1) / fmaxf(power * hypotf(u / rx, v / ry), 1e-3f);
}

float arc(Point p, Point centre, float half, float bend, float thick) {
    float t = (p.x - centre.x) / half, slope = 2 * bend * t / half,
          beyond = fmaxf(fabsf(t) - 1, 0) * half;
    float off = fabsf(p.y - centre.y - bend * t * t) / sqrtf(1 + slope * slope);
    return beyond > 0 ? hypotf(beyond, off) : off - thick * sqrtf(1 - t * t);
}

static float lattice(uint32_t seed, int x, int y) {
    uint32_t h = seed ^ (uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    h = (h ^ h >> 12) * 0x297a2d39u;
    return (float)(h >> 8) / (1 << 23) - 1;
}

float noise(uint32_t seed, float x, float y) {
    int i = (int)floorf(x), j = (int)floorf(y);
    float u = ramp(0, 1, x - (float)i), v = ramp(0, 1, y - (float)j);
    float top = lattice(seed, i, j) * (1 - u) + lattice(seed, i + 1, j) * u;
    float bottom = lattice(seed, i, j + 1) * (1 - u) + lattice(seed, i + 1, j + 1) * u;
    return top * (1 - v) + bottom * v;
}

Point to_person(const Person *who, Point p) {
    float c = cosf(who->tilt), s = sinf(who->tilt);
    p = (Point){ (p.x - who->shift.x) / who->scale, (p.y - who->shift.y) / who->scale };
    return (Point){ c * p.x + s * p.y, c * p.y - s * p.x };
}

static void draw_row(const Person *who, Style *style, int row, P2cImage *out) {
    int size = out->width, side = size * SAMPLES;
    for (int j = 0; j < size; j++) {
        Colour sum = { 0, 0, 0 };
        for (int s = 0; s < SAMPLES * SAMPLES; s++) {
            int x = j * SAMPLES + s % SAMPLES, y = row * SAMPLES + s / SAMPLES;
            Point p = { (2 * (float)x + 1) / (float)side - 1,
                        (2 * (float)y + 1) / (float)side - 1 };
            Colour c = style(who, to_person(who, p));
            sum = (Colour){ sum.r + c.r, sum.g + c.g, sum.b + c.b };
        }
        const float rgb[] = { sum.r, sum.g, sum.b };
        uint8_t *pixel = out->pixels + ((size_t)row * (size_t)size + (size_t)j) * 3;
        for (int k = 0; k < 3; k++)
            pixel[k] = (uint8_t)(limit(rgb[k] / (SAMPLES * SAMPLES)) * 255 + 0.5f);
    }
}

P2cStatus draw_person(P2cContext *ctx, const Person *who, Style *style, int size, P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, size, size, 3);
    if (status) return status;
    P2cTeam *outer = p2c_team_enter(ctx->team);
#pragma omp parallel for num_threads(ctx->threads) schedule(static)
    for (int i = 0; i < size; i++) draw_row(who, style, i, out);
    p2c_team_enter(outer);
    return P2C_OK;
}

/* heatmap.c: draws a class-activation map as photo2cartoon does: scales it to [0,1] by its minimum
 * and maximum, enlarges it bilinearly and colours it.
 *
 *     t = (v - min) / (max - min), 0 everywhere when the map is flat
 *     source = clamp((i + 0.5) * in / out - 0.5, 0, in - 1)
 *     "jet": red = 1.5 - |4t - 3|, green = 1.5 - |4t - 2|, blue = 1.5 - |4t - 1|, each clamped to
 *         [0,1]
 *            t:  0 dark blue, 1/4 azure, 1/2 green, 3/4 orange, 1 dark red */
#include <math.h>

#include "p2cnn.h"

/* Returns `low` for NaN, so that the map of a network that has diverged can be drawn, too. */
static float clamp(float v, float low, float high) { return v > low ? v < high ? v : high : low; }

static float sample(const float *map, int width, int height, float x, float y) {
    int x0 = (int)x, y0 = (int)y, x1 = x0 + 1 < width ? x0 + 1 : x0,
        y1 = y0 + 1 < height ? y0 + 1 : y0;
    const float *a = map + (size_t)y0 * width, *b = map + (size_t)y1 * width;
    float u = x - (float)x0, v = y - (float)y0;
    return (1 - v) * ((1 - u) * a[x0] + u * a[x1]) + v * ((1 - u) * b[x0] + u * b[x1]);
}

static void colour(float t, uint8_t *rgb) {
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(255 * clamp(1.5f - fabsf(4 * t - (float)(3 - c)), 0, 1) + 0.5f);
}

P2cStatus p2c_heatmap_image(P2cContext *ctx, const float *heat, int h, int w, int width, int height,
                            P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, width, height, 3);
    if (status) return status;
    float low = heat[0], high = heat[0];
    for (size_t i = 1; i < (size_t)h * (size_t)w; i++) {
        low = heat[i] < low ? heat[i] : low;
        high = heat[i] > high ? heat[i] : high;
    }
    float scale = high > low ? 1 / (high - low) : 0, sx = (float)w / (float)width,
          sy = (float)h / (float)height;
    for (int i = 0; i < height; i++)
        for (int j = 0; j < width; j++) {
            float y = clamp(((float)i + 0.5f) * sy - 0.5f, 0, (float)(h - 1));
            float x = clamp(((float)j + 0.5f) * sx - 0.5f, 0, (float)(w - 1));
            colour(clamp((sample(heat, w, h, x, y) - low) * scale, 0, 1),
                   out->pixels + ((size_t)i * (size_t)width + (size_t)j) * 3);
        }
    return P2C_OK;
}

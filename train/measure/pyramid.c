/* pyramid.c: see pyramid.h. Beyond its border a picture is reflected without the border itself. */
#include "pyramid.h"

static const float kernel[5] = { 1 / 16.f, 4 / 16.f, 6 / 16.f, 4 / 16.f, 1 / 16.f };

int pyramid_levels(int side) {
    int levels = 1;
    for (; levels < PYRAMID_LEVELS && side % 2 == 0 && side / 2 >= PYRAMID_SMALLEST; side /= 2)
        levels++;
    return levels;
}

static int reflect(int i, int n) { return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i; }

/* y: one row of the plane, blurred downwards. */
static void blur_down(const float *plane, int side, int row, float *y) {
    const float *rows[5];
    for (int k = 0; k < 5; k++) rows[k] = plane + (size_t)reflect(row + k - 2, side) * (size_t)side;
    for (int x = 0; x < side; x++)
        y[x] = kernel[0] * (rows[0][x] + rows[4][x]) + kernel[1] * (rows[1][x] + rows[3][x]) +
               kernel[2] * rows[2][x];
}

static float blur_across(const float *row, int side, int x) {
    float sum = 0;
    for (int k = 0; k < 5; k++) sum += kernel[k] * row[reflect(x + k - 2, side)];
    return sum;
}

size_t pyramid_scratch(int side) { return (size_t)side * (size_t)side + (size_t)side; }

static void shrink(const float *plane, int side, float *smaller, float *row) {
    int half = side / 2;
    for (int y = 0; y < half; y++) {
        blur_down(plane, side, 2 * y, row);
        for (int x = 0; x < half; x++)
            smaller[(size_t)y * (size_t)half + (size_t)x] = blur_across(row, side, 2 * x);
    }
}

/* Subtracts the smaller plane, every pixel doubled each way and blurred. */
static void subtract_enlarged(float *plane, int side, const float *smaller, float *large,
                              float *row) {
    size_t n = (size_t)side;
    for (size_t i = 0; i < n * n; i++) large[i] = smaller[i / n / 2 * (n / 2) + i % n / 2];
    for (int y = 0; y < side; y++) {
        blur_down(large, side, y, row);
        for (int x = 0; x < side; x++)
            plane[(size_t)y * n + (size_t)x] -= blur_across(row, side, x);
    }
}

void pyramid_split(float *picture, int side, float *smaller, float *scratch) {
    size_t plane = (size_t)side * (size_t)side;
    for (size_t c = 0; c < 3; c++) {
        float *large = picture + c * plane, *small = smaller + c * plane / 4;
        shrink(large, side, small, scratch + plane);
        subtract_enlarged(large, side, small, scratch, scratch + plane);
    }
}

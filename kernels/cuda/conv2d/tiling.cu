/* tiling.cu: divides an implicit matrix product among blocks. The result depends only on its sizes.
 *
 * Tiles are as large as possible while there are enough blocks for a large GPU. If a map is too
 * small for that, several blocks share the source channels of a tile. */
#include "product.cuh"

constexpr int ENOUGH_BLOCKS = 96, MOST_BLOCKS = 192; /* the most that splitting may give */
/* least number of products that a block sums for one output */
constexpr int WORTH_SPLIT = 288;
/* bytes of shared memory with which several blocks fit on a multiprocessor */
constexpr int GOOD_SHARED = 24 << 10;
/* together with static shared memory, the most that needs no special request */
constexpr int MOST_SHARED = (48 << 10) - 256;

/* From the largest tile to the smallest; the last is for maps of at most 16 pixels. The kernels
 * have instances for these mt and nt. */
static const Shape shapes[] = { { 2, 4, 4, 2 }, { 2, 4, 4, 1 }, { 1, 4, 4, 1 }, { 1, 2, 8, 1 },
                                { 1, 2, 4, 1 }, { 1, 1, 8, 1 }, { 1, 1, 4, 1 }, { 1, 1, 1, 4 } };

static int up_to(int n, int multiple) { return (n + multiple - 1) / multiple; }

/* The smallest odd multiple of 8 that is at least n. Then 4 threads' planes, or lines, are in
 * different banks. */
static int odd_eights(int n) { return 8 * (up_to(n, 8) | 1); }

/* Sets the fields that follow from the shape of tiles, with 8 words per chunk. Returns false if
 * they do not fit. */
static bool use_shape(Product *p, Shape s, int floats) {
    Tiling t = {};
    t.shape = s;
    t.across_log2 = p->out_cols > 8 ? 4 : p->out_cols > 4 ? 3 : 2;
    int across = 1 << t.across_log2, down = pixels_of(s) >> t.across_log2;
    double columns = (across - 1.0) * p->step + (p->taps_x - 1.0) * p->apart + 1,
           rows = (down - 1.0) * p->step + (p->taps_y - 1.0) * p->apart + 1;
    double taps = (double)p->taps_y * p->taps_x;
    t.tiles_x = up_to(p->out_cols, across), t.tiles_y = up_to(p->out_rows, down),
    t.tiles_n = up_to(p->outputs, channels_of(s));
    t.line = odd_eights(channels_of(s));
    if (8 * sizeof(float) * (columns * rows + taps * t.line) > MOST_SHARED) return false;
    t.columns = (int)columns, t.plane = odd_eights((int)(columns * rows)), t.lines = (int)taps | 1;
    t.chunk = 8, t.splits = 1, t.split = p->channels;
    p->t = t;
    p->taps = divisor_of((int)taps), p->by_taps_x = divisor_of(p->taps_x);
    p->by_columns = divisor_of(t.columns), p->by_positions = divisor_of((int)(columns * rows));
    return shared_bytes(*p, floats) <= MOST_SHARED;
}

static double blocks_of(const Tiling &t, int n, int classes) {
    return (double)n * classes * t.tiles_n * t.tiles_x * t.tiles_y;
}

static bool suits(const Product *p, Shape s) {
    bool tiny = p->out_rows * (double)p->out_cols <= 16;
    return s.warps_m == 1 ? tiny : channels_of(s) - 8 < p->outputs;
}

/* The same for all precisions, so that the size of `work` is, too. */
static bool pick_shape(Product *p, int n, int classes) {
    const int floats = 2;
    Product tried = *p;
    bool found = false;
    for (const Shape &s : shapes) {
        if (!suits(p, s) || !use_shape(&tried, s, floats) ||
            blocks_of(tried.t, n, classes) * 2 > 2147483647.0 || tried.t.tiles_n > MOST_COUNTERS)
            continue;
        *p = tried;
        found = true;
        if (blocks_of(p->t, n, classes) >= ENOUGH_BLOCKS) break;
    }
    return found;
}

static void split(Product *p, int n, int classes) {
    Tiling *t = &p->t;
    int blocks = (int)blocks_of(*t, n, classes),
        most = (int)fmin(4096.0, (double)p->channels * p->taps_y * p->taps_x / WORTH_SPLIT);
    if (blocks >= ENOUGH_BLOCKS || most < 2) return;
    int splits = min(MOST_BLOCKS / blocks, most);
    t->split = 16 * up_to(up_to(p->channels, splits), 16);
    t->splits = up_to(p->channels, t->split);
}

bool p2c_cuda_conv2d_tile(Product *p, int n, int classes, int floats) {
    if (!pick_shape(p, n, classes)) return false;
    split(p, n, classes);
    Tiling *t = &p->t;
    const int words = 8 * up_to(up_to(t->split, floats), 8);
    t->staged = true;
    t->staged = shared_bytes(*p, floats) <= MOST_SHARED;
    while (t->chunk < words) {
        t->chunk += 8;
        if (shared_bytes(*p, floats) <= GOOD_SHARED) continue;
        t->chunk -= 8;
        break;
    }
    return true;
}

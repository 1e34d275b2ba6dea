/* loader.c: plan a batch, have its pictures prepared, repair what failed, hand it out, plan the
 * next.
 *
 * Threads other than the caller's only ever run check_piece and prepare_piece, which write to what
 * belongs to their piece. All else, also every message, happens in the caller's thread while the
 * pool is at rest: a piece that failed is done again there, to say why.
 *
 * Kept in memory are pictures as picture_read scales them: the same for every draw, so that a step
 * only has to cut out a part.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "augment.h"
#include "cli/cli.h"
#include "cli/pool.h"
#include "loader.h"
#include "run/order.h"

enum { LISTED = 20, SHOW_MS = 500 };

typedef struct Domain {
    Folder folder;
    Order order;
    P2cImage *kept; /* by picture; no pixels: not in memory */
    bool *bad;      /* by picture: cannot be read */
    int readable;
} Domain;

typedef struct Item {
    int domain, picture;
    int64_t draw;
    Crop crop;
    float *planes;
    P2cStatus status;
} Item;

struct Loader {
    LoaderOptions options;
    int side; /* of scaled pictures */
    Domain domains[2];
    Pool *pool;
    size_t planes_count; /* floats per picture */
    float *planes;       /* (2*batch,3,size,size) */
    Item *items;         /* (2*batch): those of A, then those of B */
    bool planned;        /* the items are those of: */
    int64_t step;
    int branch;
};

static int out_of_memory(void) {
    complain("out of memory: batches of pictures");
    return EXIT_MEMORY;
}

static size_t kept_size(const Loader *l) { return 3 * (size_t)l->side * (size_t)l->side; }

/* ---- the check before training ---- */

/* The pictures that come first stay in memory, A and B taking turns while both last, so that they
 * share it fairly. */
static bool has_place(const Loader *l, int domain, int picture) {
    int a = l->domains[0].folder.count, b = l->domains[1].folder.count, fewer = a < b ? a : b;
    size_t turn =
        picture < fewer ? 2 * (size_t)picture + (size_t)domain : (size_t)picture + (size_t)fewer;
    return turn < l->options.cache_bytes / kept_size(l);
}

static int piece_domain(const Loader *l, int piece) { return piece >= l->domains[0].folder.count; }
static int piece_picture(const Loader *l, int piece) {
    return piece - (piece_domain(l, piece) ? l->domains[0].folder.count : 0);
}

/* The outcome stands in `bad` too. */
static P2cStatus check_picture(Loader *l, P2cContext *ctx, int piece) {
    int domain = piece_domain(l, piece), picture = piece_picture(l, piece);
    Domain *d = &l->domains[domain];
    P2cImage unused = { 0 };
    P2cStatus status = has_place(l, domain, picture)
                           ? picture_read(ctx, d->folder.paths[picture], l->side, &d->kept[picture])
                           : p2c_image_read(ctx, d->folder.paths[picture], &unused);
    p2c_image_clear(&unused);
    d->bad[picture] = status != P2C_OK;
    return status;
}

static void check_piece(void *loader, P2cContext *ctx, int piece) {
    check_picture(loader, ctx, piece);
}

static void check_all(Loader *l, int total) {
    Progress progress = progress_start(total);
    pool_start(l->pool, check_piece, l, total);
    while ((progress.done = pool_wait(l->pool, SHOW_MS)) < total) progress_show(&progress);
    progress_hide(&progress);
}

/* Lists what cannot be read. Returns 0 or the exit code of what is not the picture's fault. */
static int list_bad(Loader *l, int total, int *bad) {
    P2cContext *ctx = pool_context(l->pool);
    for (int piece = 0; piece < total; piece++) {
        if (!l->domains[piece_domain(l, piece)].bad[piece_picture(l, piece)]) continue;
        P2cStatus status = check_picture(l, ctx, piece);
        if (!status) continue;
        if ((*bad)++ < LISTED) complain("%s", p2c_error(ctx));
        if (p2c_exit_code(status) != EXIT_BAD_INPUT) return p2c_exit_code(status);
    }
    if (*bad > LISTED) complain("... and %d more", *bad - LISTED);
    return 0;
}

static int leave_out_bad(Domain *d) {
    int kept = 0, before = d->folder.count;
    for (int i = 0; i < before; i++)
        if (!d->bad[i]) d->kept[kept++] = d->kept[i];
    if (!kept) {
        complain("%.*s: none of its %d pictures can be read", (int)d->folder.prefix,
                 d->folder.paths[0], before);
        return EXIT_BAD_INPUT;
    }
    folder_leave_out(&d->folder, d->bad);
    memset(d->bad, 0, (size_t)before * sizeof *d->bad);
    return 0;
}

static int check_pictures(Loader *l) {
    int total = l->domains[0].folder.count + l->domains[1].folder.count, bad = 0;
    check_all(l, total);
    int code = list_bad(l, total, &bad);
    if (code || !bad) return code;
    if (!l->options.skip_bad) {
        complain("%d of %d pictures cannot be read; repair or remove them, or use --skip_bad", bad,
                 total);
        return EXIT_BAD_INPUT;
    }
    complain("%d of %d pictures cannot be read and are left out", bad, total);
    code = leave_out_bad(&l->domains[0]);
    return code ? code : leave_out_bad(&l->domains[1]);
}

/* ---- open and close ---- */

static int domain_open(Domain *d, const char *path) {
    int code = folder_open(&d->folder, path, FOLDER_DATASET);
    if (code) return code;
    d->kept = calloc((size_t)d->folder.count, sizeof *d->kept);
    d->bad = calloc((size_t)d->folder.count, sizeof *d->bad);
    return d->kept && d->bad ? 0 : out_of_memory();
}

static void domain_close(Domain *d) {
    for (int i = 0; d->kept && i < d->folder.count; i++) p2c_image_clear(&d->kept[i]);
    free(d->kept);
    free(d->bad);
    order_clear(&d->order);
    folder_clear(&d->folder);
}

static int make_items(Loader *l) {
    size_t count = 2 * (size_t)l->options.batch, side = (size_t)l->options.size;
    l->planes_count = 3 * side * side;
    l->planes = malloc(count * l->planes_count * sizeof *l->planes);
    l->items = calloc(count, sizeof *l->items);
    if (!l->planes || !l->items) return out_of_memory();
    for (size_t i = 0; i < count; i++)
        l->items[i] = (Item){ .domain = i >= count / 2, .planes = l->planes + i * l->planes_count };
    for (int k = 0; k < 2; k++) {
        Domain *d = &l->domains[k];
        d->readable = d->folder.count;
        if (!order_init(&d->order, l->options.seed, k, d->folder.count, l->options.augment))
            return out_of_memory();
    }
    return 0;
}

int loader_open(Loader **out, const LoaderOptions *options) {
    assert(options->batch > 0 && options->size > 0);
    Loader *l = *out = calloc(1, sizeof *l);
    if (!l) return out_of_memory();
    l->options = *options;
    l->side = options->size + (options->augment ? CROP_MARGIN : 0);
    int code = domain_open(&l->domains[0], options->folder_a);
    if (!code) code = domain_open(&l->domains[1], options->folder_b);
    if (!code) code = pool_open(&l->pool, options->workers);
    if (!code) code = check_pictures(l);
    if (!code) code = make_items(l);
    if (code) loader_close(out);
    return code;
}

void loader_close(Loader **out) {
    Loader *l = *out;
    if (!l) return;
    pool_close(&l->pool);
    for (int k = 0; k < 2; k++) domain_close(&l->domains[k]);
    free(l->planes);
    free(l->items);
    free(l);
    *out = NULL;
}

/* ---- batches ---- */

static P2cStatus prepare(const Loader *l, P2cContext *ctx, const Item *item) {
    const Domain *d = &l->domains[item->domain];
    const P2cImage *kept = &d->kept[item->picture];
    P2cImage fresh = { 0 };
    P2cStatus status =
        kept->pixels ? P2C_OK : picture_read(ctx, d->folder.paths[item->picture], l->side, &fresh);
    if (!status)
        status = picture_crop(ctx, kept->pixels ? kept : &fresh, item->crop, l->options.size,
                              item->planes);
    p2c_image_clear(&fresh);
    return status;
}

static void prepare_piece(void *loader, P2cContext *ctx, int piece) {
    const Loader *l = loader;
    l->items[piece].status = prepare(l, ctx, &l->items[piece]);
}

/* The picture of the item's draw, or the next readable one. */
static void choose_picture(Loader *l, Item *item) {
    Domain *d = &l->domains[item->domain];
    int64_t draw = item->draw;
    do item->picture = order_picture(&d->order, l->branch, draw++);
    while (d->bad[item->picture]);
}

static void plan(Loader *l, int64_t step, int branch) {
    const LoaderOptions *o = &l->options;
    pool_stop(l->pool);
    l->planned = true;
    l->step = step;
    l->branch = branch;
    for (int i = 0; i < 2 * o->batch; i++) {
        Item *item = &l->items[i];
        item->draw = step * o->batch + i % o->batch;
        if (o->augment) item->crop = crop_draw(o->seed, item->domain, branch, item->draw);
        choose_picture(l, item);
    }
    pool_start(l->pool, prepare_piece, l, 2 * o->batch);
}

/* Prepares an item that failed, with another picture if need be and allowed. */
static int repair(Loader *l, Item *item) {
    Domain *d = &l->domains[item->domain];
    P2cContext *ctx = pool_context(l->pool);
    for (;;) {
        choose_picture(l, item); /* an item before this one may have found the same picture bad */
        P2cStatus status = prepare(l, ctx, item);
        if (!status) return 0;
        bool bad = p2c_exit_code(status) == EXIT_BAD_INPUT, skip = bad && l->options.skip_bad;
        complain("%s%s", p2c_error(ctx),
                 skip  ? "; left out from now on"
                 : bad ? "; --skip_bad would continue without it"
                       : "");
        if (!skip) return p2c_exit_code(status);
        d->bad[item->picture] = true;
        if (--d->readable > 0) continue;
        complain("%.*s: none of its pictures can be read any more", (int)d->folder.prefix,
                 d->folder.paths[0]);
        return EXIT_BAD_INPUT;
    }
}

static int repair_all(Loader *l) {
    for (int i = 0; i < 2 * l->options.batch; i++) {
        int code = l->items[i].status ? repair(l, &l->items[i]) : 0;
        if (code) return code;
    }
    return 0;
}

int loader_next(Loader *l, int64_t step, int branch, float *a, float *b) {
    if (!l->planned || step != l->step || branch != l->branch) plan(l, step, branch);
    pool_wait(l->pool, -1);
    l->planned = false;
    int code = repair_all(l);
    if (code) return code;
    size_t count = (size_t)l->options.batch * l->planes_count;
    memcpy(a, l->planes, count * sizeof *a);
    memcpy(b, l->planes + count, count * sizeof *b);
    plan(l, step + 1, branch);
    return 0;
}

/* ---- what the caller may ask ---- */

const Folder *loader_folder(const Loader *l, int domain) { return &l->domains[domain].folder; }
int loader_count(const Loader *l, int domain) { return l->domains[domain].folder.count; }
uint64_t loader_hash(const Loader *l, int domain) {
    return folder_hash(&l->domains[domain].folder);
}

size_t loader_kept_bytes(const Loader *l) {
    size_t bytes = 0;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < l->domains[k].folder.count; i++)
            bytes += l->domains[k].kept[i].pixels ? kept_size(l) : 0;
    return bytes;
}

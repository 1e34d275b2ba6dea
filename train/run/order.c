/* order.c: permutations and numbers without bias from counter-based random blocks. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "order.h"

Draws draws_start(uint64_t seed, const char *what, int domain, int branch, int64_t number) {
    char name[96];
    snprintf(name, sizeof name, "%s.%c.%d.%" PRId64, what, 'A' + domain, branch, number);
    return (Draws){ .key = p2c_rng_key(seed, name) };
}

static uint32_t next_word(Draws *draws) {
    if (draws->count % 4 == 0) p2c_rng_block(draws->key, draws->count / 4, draws->words);
    return draws->words[draws->count++ % 4];
}

/* The lowest 2^32 mod n words are drawn again: what remains is a multiple of n. */
uint32_t draws_below(Draws *draws, uint32_t n) {
    uint32_t word, rest = -n % n;
    do word = next_word(draws);
    while (word < rest);
    return word % n;
}

/* Fisher and Yates, in Durstenfeld's form. */
void order_permutation(uint64_t seed, int domain, int branch, int64_t pass, int n, int *pictures) {
    Draws draws = draws_start(seed, "order", domain, branch, pass);
    for (int i = 0; i < n; i++) pictures[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int k = (int)draws_below(&draws, (uint32_t)i + 1), kept = pictures[i];
        pictures[i] = pictures[k];
        pictures[k] = kept;
    }
}

bool order_init(Order *order, uint64_t seed, int domain, int n, bool shuffled) {
    *order = (Order){ .seed = seed, .domain = domain, .n = n, .pass = -1 };
    if (shuffled) order->pictures = malloc((size_t)n * sizeof *order->pictures);
    return !shuffled || order->pictures;
}

void order_clear(Order *order) {
    free(order->pictures);
    *order = (Order){ 0 };
}

int order_picture(Order *order, int branch, int64_t draw) {
    assert(draw >= 0 && order->n > 0);
    int64_t pass = draw / order->n;
    int at = (int)(draw % order->n);
    if (!order->pictures) return at;
    if (pass != order->pass || branch != order->branch) {
        order_permutation(order->seed, order->domain, branch, pass, order->n, order->pictures);
        order->pass = pass;
        order->branch = branch;
    }
    return order->pictures[at];
}

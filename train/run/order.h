/* order.h: the random order of pictures. All random numbers are functions of the position in the
 * run, so that a run resumes exactly.
 *
 * The pictures of a domain (0: A, 1: B) are drawn one after the other: draw 0, 1, 2, ... of a
 * branch. Draw k is number k mod n of pass k / n over all n pictures, and each pass has its own
 * permutation. The branch is a small number. Raising it changes the order from then on, for example
 * after a run went back to an older state. */
#ifndef P2C_TRAIN_ORDER_H
#define P2C_TRAIN_ORDER_H

#include "p2cnn.h"

/* The random numbers for one thing: `what` of (domain, branch, number). A plain value. */
typedef struct Draws {
    uint64_t key, count;
    uint32_t words[4];
} Draws;
Draws draws_start(uint64_t seed, const char *what, int domain, int branch, int64_t number);
uint32_t draws_below(Draws *draws, uint32_t n); /* uniform in 0 to n-1, n >= 1 */

/* The permutation of 0 to n-1 (n >= 1) of a pass. */
void order_permutation(uint64_t seed, int domain, int branch, int64_t pass, int n, int *pictures);

typedef struct Order {
    uint64_t seed;
    int domain, n;
    /* the newest permutation; NULL: pictures come in the order of their numbers */
    int branch, *pictures;
    int64_t pass; /* -1: none yet */
} Order;
/* shuffled: each pass has a new permutation. False: out of memory. To be cleared in either
 * case. */
P2C_CHECKED bool order_init(Order *order, uint64_t seed, int domain, int n, bool shuffled);
void order_clear(Order *order);
/* The picture of a draw. Any draw may be asked for; draws in order are fast. */
int order_picture(Order *order, int branch, int64_t draw);

#endif

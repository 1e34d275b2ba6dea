/* order.h: which picture comes when: random numbers as functions of where one stands, so that a run
 * resumes exactly.
 *
 * The pictures of a domain (0: A, photos; 1: B, cartoons) are drawn one after the other, draw 0, 1,
 * 2, ... of a branch. Draw k is number k mod n of pass k / n over all n of them, and each pass has
 * a permutation of its own. A branch is a small number that is raised to see other pictures from
 * then on (after going back to an older state, say). */
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
    /* the permutation at hand; NULL: the pictures come as they are numbered */
    int branch, *pictures;
    int64_t pass; /* -1: none yet */
} Order;
/* shuffled: with a new permutation in each pass. False when memory is out; to be cleared in either
 * case. */
P2C_CHECKED bool order_init(Order *order, uint64_t seed, int domain, int n, bool shuffled);
void order_clear(Order *order);
/* The picture of a draw. Draws in order are fast; any may be asked for. */
int order_picture(Order *order, int branch, int64_t draw);

#endif

/* swd.h: sliced Wasserstein distance of two sets of pictures, level by level of their Laplacian
 * pyramids (Karras 2018, "Progressive growing of GANs", section 5). It needs no network.
 *
 * At each level, patches of 7x7 pixels and 3 channels are cut at random places. A patch is a vector
 * of 147 values. Both sets are projected on random directions and sorted; the distance is the mean
 * difference of the sorted projections, in thousandths. As a scale, each channel of a level is
 * divided by its standard deviation in the patches of the second set (the paper: of each set its
 * own; but then a set of too little contrast would look right). */
#ifndef P2C_TRAIN_MEASURE_SWD_H
#define P2C_TRAIN_MEASURE_SWD_H

#include "p2cnn.h"
#include "pyramid.h"

enum {
    SWD_PATCH = 7,
    SWD_VALUES = 3 * SWD_PATCH * SWD_PATCH,
    SWD_PATCHES = 128,   /* per picture and level */
    SWD_DIRECTIONS = 512 /* per level */
};

/* The patches of a set of pictures of one size. Patch k of a level comes from picture k modulo
 * their number, so that all pictures count alike. */
typedef struct SwdSet {
    int side, levels, pictures, patches; /* patches: of each level */
    int stream;                          /* of the random places */
    float *values[PYRAMID_LEVELS];       /* (patches,147), channel after channel; owned */
} SwdSet;

/* Two sets are compared with the same number of patches: SWD_PATCHES for each picture of the
 * smaller set. */
int swd_patches(int pictures, int other_pictures);
/* An empty set with room for `pictures` of them, 1 or more. Sets that are compared with each other
 * need the same side and patches, and two streams. false: out of memory. To be cleared in either
 * case. */
P2C_CHECKED bool swd_init(SwdSet *set, int side, int pictures, int patches, int stream);
void swd_clear(SwdSet *set);
/* Takes the patches of picture i, planes (3,side,side). Each picture must be added once. false: out
 * of memory. */
P2C_CHECKED bool swd_add(SwdSet *set, int i, const float *planes);
/* The distance of a to b, level by level, finest first; those that there are not: NAN. Returns the
 * mean; NAN: out of memory. Results are the same every time. */
double swd_distance(const SwdSet *a, const SwdSet *b, double levels[PYRAMID_LEVELS]);

#endif

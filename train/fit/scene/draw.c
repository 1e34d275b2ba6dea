/* draw.c: numbers of the kinds that scenes are made of, from draws. */
#include "parts.h"

double fit_uniform(Draws *draws, double low, double high) {
    return low + (high - low) * (draws_below(draws, 1u << 24) + 0.5) / (1u << 24);
}
bool fit_chance(Draws *draws, double probability) { return fit_uniform(draws, 0, 1) < probability; }
int fit_choice(Draws *draws, int n) { return (int)draws_below(draws, (uint32_t)n); }

/* The sum of four uniform numbers has deviation 1/sqrt(3). */
double fit_bell(Draws *draws) {
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += fit_uniform(draws, -1, 1);
    return sum * 0.8660254037844386;
}

/* people.h: portraits that are drawn by formula, for tests of what p2c-fit learns from. */
#ifndef P2C_TESTS_TRAIN_PEOPLE_H
#define P2C_TESTS_TRAIN_PEOPLE_H

#include "../../train/fit/scene/parts.h"
#include "dataset.h"

typedef struct Person {
    Draws draws;
    double x, y, rx, ry;
    uint8_t skin[3], shirt[3];
} Person;

Person person_of(int number);
/* What part of a pixel this person covers. */
double person_alpha(const Person *person, int x, int y);
/* FIT_SIDE squared, on white; to be cleared. */
P2cImage person_draw(P2cContext *ctx, int number);
/* people/00.png and so on in the data set's folder, and one file that is no picture. */
void people_write(Dataset *d, int count);

#endif

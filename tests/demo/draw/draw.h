/* draw.h: draws the demo's people in two styles: as a photo and as a cartoon.
 *
 * Coordinates: x to the right, y down, a picture is [-1,1] x [-1,1], the face about [-0.4,0.4] x
 * [-0.6,0.55]. A shape is a function that says how far a point is outside of it (negative: inside).
 * A picture is a stack of shapes, each laid over the ones below. */
#ifndef P2C_DEMO_DRAW_H
#define P2C_DEMO_DRAW_H

#include "p2cnn.h"

typedef struct Colour {
    float r, g, b;
} Colour;

typedef struct Point {
    float x, y;
} Point;

/* ---- draw.c: shapes, colours, and pixels from them ---- */

float limit(float v);                      /* to [0,1] */
float ramp(float from, float to, float v); /* 0 to 1, smooth at both ends */
Colour mix(Colour a, Colour b, float t);   /* t 0: a, 1: b */
Colour dim(Colour c, float k);
/* `c` over `below`, inside the shape with that distance; the edge is 2*soft wide. */
Colour lay(Colour below, Colour c, float distance, float soft);

/* power 2 is an ellipse; larger powers approach a box */
float oval(Point p, Point centre, float rx, float ry, float power);
/* The stroke y = cy + bend * t*t, t = (x-cx)/half in [-1,1], thinner towards its ends. */
float arc(Point p, Point centre, float half, float bend, float thick);
float noise(uint32_t seed, float x, float y); /* smooth, in [-1,1], one bump per unit */

/* ---- person.c: the people ---- */

typedef enum HairStyle {
    HAIR_CROP,
    HAIR_SIDE,
    HAIR_BOB,
    HAIR_LONG,
    HAIR_BUN,
    HAIR_CURLS,
    HAIR_STYLES
} HairStyle;
typedef enum Fringe { FRINGE_PARTED, FRINGE_STRAIGHT, FRINGE_SWEPT, FRINGE_HIGH } Fringe;

typedef struct Person {
    uint32_t seed; /* of texture */
    Colour skin, blush, lips, hair, iris, cloth;
    HairStyle style;
    Fringe fringe;
    /* of the face: half its width, where it ends, how square */
    float width, chin, jaw;
    /* of the hair: beyond the skull, how far down, where it is parted */
    float volume, length, part;
    float eye_apart, eye_size, eye_y, brow; /* half the distance; scale; place; thickness */
    float nose, mouth, smile;               /* length; half its width; how far the corners rise */
    bool open_mouth;
    float glasses;            /* 0 for none; otherwise their roundness, 2 or more */
    float tilt, scale, light; /* light: where it comes from, -1 left to 1 right */
    Point shift;
} Person;

/* The same key gives the same person. */
Person person_make(uint64_t key);

/* Distances in the person's own coordinates. */
float face_shape(const Person *who, Point p);
float ear_shape(const Person *who, Point p);
float neck_shape(const Person *who, Point p);
float cloth_shape(const Person *who, Point p);
float hair_outside(const Person *who, Point p); /* all of it, even behind the face */
float hair_front(const Person *who, Point p);   /* the part that covers the face */

/* ---- photo.c, cartoon.c: the two styles ---- */

typedef Colour Style(const Person *who, Point p);
Style photo_style, cartoon_style;                               /* on white */
Colour photo_before(const Person *who, Point p, Colour behind); /* p as from to_person */
/* from the picture's coordinates to the person's */
Point to_person(const Person *who, Point p);

/* A new RGB picture of size x size. */
P2C_CHECKED P2cStatus draw_person(P2cContext *ctx, const Person *who, Style *style, int size,
                                  P2cImage *out);

#endif

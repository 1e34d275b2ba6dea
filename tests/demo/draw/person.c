/* person.c: a person's features, made of random numbers, and the outlines that both styles
 * share. */
#include "draw.h"

#include <math.h>

/* ---- features ---- */

typedef struct Dice {
    uint64_t key, rolled;
} Dice;

static float roll(Dice *dice, float low, float high) {
    uint32_t words[4];
    p2c_rng_block(dice->key, dice->rolled++, words);
    return low + (high - low) * (float)(words[0] >> 8) / (1 << 24);
}

static Colour pick(Dice *dice, const Colour *from, int count) {
    Colour c = from[(int)roll(dice, 0, (float)count)];
    return dim(c, roll(dice, 0.93f, 1.07f));
}

static void roll_colours(Person *who, Dice *dice) {
    static const Colour skins[] = { { 0.97f, 0.82f, 0.73f },
                                    { 0.94f, 0.74f, 0.60f },
                                    { 0.80f, 0.58f, 0.43f } };
    static const Colour hairs[] = { { 0.13f, 0.11f, 0.12f },
                                    { 0.33f, 0.19f, 0.12f },
                                    { 0.52f, 0.31f, 0.17f },
                                    { 0.82f, 0.38f, 0.13f },
                                    { 0.93f, 0.76f, 0.40f } };
    static const Colour irises[] = { { 0.34f, 0.21f, 0.12f },
                                     { 0.25f, 0.42f, 0.60f },
                                     { 0.30f, 0.48f, 0.30f } };
    static const Colour cloths[] = { { 0.26f, 0.42f, 0.72f },
                                     { 0.80f, 0.24f, 0.26f },
                                     { 0.26f, 0.60f, 0.42f },
                                     { 0.90f, 0.68f, 0.24f },
                                     { 0.56f, 0.36f, 0.66f } };
    who->skin = pick(dice, skins, 3);
    who->hair = pick(dice, hairs, 5);
    who->iris = pick(dice, irises, 3);
    who->cloth = pick(dice, cloths, 5);
    who->blush = mix(who->skin, (Colour){ 0.92f, 0.42f, 0.38f }, 0.55f);
    who->lips = mix(dim(who->skin, 0.9f), (Colour){ 0.78f, 0.22f, 0.27f }, 0.62f);
}

Person person_make(uint64_t key) {
    Dice dice = { .key = key };
    Person who = { .seed = (uint32_t)(key >> 16) };
    roll_colours(&who, &dice);
    who.style = (HairStyle)roll(&dice, 0, HAIR_STYLES);
    who.fringe = who.style == HAIR_CROP ? FRINGE_HIGH
                                        : (Fringe)roll(&dice, 0, who.style == HAIR_CURLS ? 4 : 3);
    who.width = roll(&dice, 0.37f, 0.43f);
    who.chin = roll(&dice, 0.50f, 0.58f);
    who.jaw = roll(&dice, 1.9f, 2.5f);
    who.volume = roll(&dice, 0.10f, 0.16f) + (who.style == HAIR_CURLS ? 0.05f : 0);
    who.length = who.style == HAIR_LONG  ? roll(&dice, 0.65f, 0.95f)
                 : who.style == HAIR_BOB ? roll(&dice, 0.30f, 0.48f)
                                         : -0.02f;
    who.part = roll(&dice, -0.2f, 0.2f);
    who.eye_apart = roll(&dice, 0.165f, 0.205f);
    who.eye_size = roll(&dice, 0.9f, 1.12f);
    who.eye_y = roll(&dice, -0.05f, 0.01f);
    who.brow = roll(&dice, 0.012f, 0.024f);
    who.nose = roll(&dice, 0.17f, 0.23f);
    who.mouth = roll(&dice, 0.11f, 0.16f);
    who.smile = roll(&dice, 0.0f, 0.06f);
    who.open_mouth = roll(&dice, 0, 1) < 0.3f;
    who.glasses = roll(&dice, 0, 1) < 0.12f ? roll(&dice, 2, 5) : 0;
    who.tilt = roll(&dice, -0.12f, 0.12f);
    who.scale = roll(&dice, 1.24f, 1.34f) - (who.style == HAIR_BUN     ? 0.12f
                                             : who.style == HAIR_CURLS ? 0.06f
                                                                       : 0);
    who.light = roll(&dice, 0, 1) < 0.5f ? roll(&dice, -1, -0.4f) : roll(&dice, 0.4f, 1);
    who.shift = (Point){ roll(&dice, -0.04f, 0.04f), roll(&dice, 0.09f, 0.14f) };
    return who;
}

/* ---- shapes ---- */

float face_shape(const Person *who, Point p) {
    Point centre = { 0, 0.02f };
    return p.y < centre.y ? oval(p, centre, who->width, 0.60f, 2)
                          : oval(p, centre, who->width, who->chin - centre.y, who->jaw);
}

float ear_shape(const Person *who, Point p) {
    return oval((Point){ fabsf(p.x), p.y }, (Point){ who->width + 0.005f, 0.04f }, 0.055f, 0.105f,
                2);
}

float neck_shape(const Person *who, Point p) {
    float half = 0.17f + 0.3f * fmaxf(0, p.y - 0.58f) + 0.1f * (who->width - 0.4f);
    return fmaxf(fabsf(p.x) - half, fmaxf(0.2f - p.y, p.y - 0.75f + 0.9f * p.x * p.x));
}

float cloth_shape(const Person *who, Point p) {
    float neckline = p.y - 0.70f + 1.1f * p.x * p.x;
    return fmaxf(oval(p, (Point){ 0, 1.33f }, 0.70f + 0.3f * who->width, 0.72f, 2.4f), -neckline);
}

/* Curls are bumps along the edge. */
static float bumps(const Person *who, Point p) {
    return who->style == HAIR_CURLS
               ? 0.028f * sinf(17 * atan2f(p.x, -0.1f - p.y) + (float)(who->seed % 7))
               : 0;
}

float hair_outside(const Person *who, Point p) {
    float skull =
        oval(p, (Point){ 0, -0.15f }, who->width + who->volume, 0.52f + who->volume, 2.1f) +
        bumps(who, p);
    if (who->style == HAIR_BUN)
        skull = fminf(skull, oval(p, (Point){ 0, -0.77f }, 0.18f, 0.14f, 2));
    if (who->style == HAIR_CURLS)
        return fminf(skull, oval(p, (Point){ 0, 0.05f }, who->width + who->volume, 0.36f, 3) +
                                bumps(who, p));
    float half = who->width + who->volume - 0.05f * ramp(0, 0.4f, p.y - 0.1f) +
                 (who->style == HAIR_BOB ? 0.06f : 0) * ramp(-0.1f, 0.35f, p.y);
    float ends = p.y - who->length - 0.02f * sinf(14 * p.x + (float)(who->seed % 5));
    return fminf(fmaxf(skull, p.y - 0.06f), fmaxf(fmaxf(fabsf(p.x) - half, ends), -0.15f - p.y));
}

/* Where the hair over the forehead ends. */
static float hairline(const Person *who, float x) {
    float d = x - who->part;
    switch (who->fringe) {
    case FRINGE_PARTED: return -0.24f - 0.28f * expf(-26 * d * d) + 0.9f * powf(fabsf(d), 2.2f);
    case FRINGE_STRAIGHT: return -0.24f + 0.25f * x * x + 0.012f * sinf(40 * x);
    case FRINGE_SWEPT: return -0.36f + 0.26f * (who->part < 0 ? x : -x) + 0.35f * x * x;
    default: return -0.42f + 0.9f * x * x * fabsf(x) * 2;
    }
}

float hair_front(const Person *who, Point p) {
    float line = hairline(who, p.x), slope = (hairline(who, p.x + 0.005f) - line) / 0.005f;
    float below =
        (line - p.y - bumps(who, (Point){ p.x, 0.3f + p.y }) * 0.6f) / sqrtf(1 + slope * slope);
    bool falls = who->style == HAIR_LONG || who->style == HAIR_BOB || who->style == HAIR_CURLS;
    float half = who->width * (falls ? 0.93f : 0.97f) - (falls ? 0.10f * ramp(0.2f, 0.6f, p.y) : 0);
    return fmaxf(hair_outside(who, p), -fmaxf(below, fabsf(p.x) - half));
}

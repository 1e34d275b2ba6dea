/* photo.c: draws a person in photo style: light from one side, soft shadows, skin and hair with
 * texture, hardly any lines. */
#include "draw.h"

#include <math.h>

static const float soft = 0.014f;
static const Colour white = { 0.97f, 0.96f, 0.95f }, black = { 0.07f, 0.05f, 0.05f },
                    warm = { 1.0f, 0.90f, 0.80f };

static Colour shade_of(Colour skin) {
    return (Colour){ skin.r * 0.66f, skin.g * 0.54f, skin.b * 0.50f };
}

/* A soft patch of `c`, strongest in its centre. */
static Colour glow(Colour below, Colour c, float strength, Point p, Point centre, float rx,
                   float ry) {
    float d = hypotf((p.x - centre.x) / rx, (p.y - centre.y) / ry);
    return mix(below, c, strength * (1 - ramp(0, 1.6f, d)));
}

/* Strands run down from the crown; a band of gloss surrounds the skull. */
static Colour strands(const Person *who, Point p) {
    float curl = who->style == HAIR_CURLS ? 1 : 0,
          angle = atan2f(p.x, 0.9f + p.y) * 30 + 2 * sinf(3 * p.y + (float)(who->seed % 9));
    float fine = noise(who->seed, angle * 1.9f, p.y * 2.2f),
          coarse = noise(who->seed + 1, angle * 0.7f, p.y * 1.3f);
    float warp = 0.6f * noise(who->seed + 2, 9 * p.x, 9 * p.y),
          rings = sinf(23 * p.x + 13 * p.y + 5 * warp) * sinf(25 * p.y - 11 * p.x + 6 * warp);
    float texture = (1 - curl) * (0.6f * fine + 0.5f * coarse) + curl * 0.6f * rings;
    float band = expf(-40 * (p.y + 0.50f - 0.5f * p.x * p.x) * (p.y + 0.50f - 0.5f * p.x * p.x)) *
                 (0.6f + 0.5f * who->light * p.x / 0.4f);
    float round =
        1 - 0.45f * limit(hypotf(p.x / 0.6f, (p.y + 0.1f) / 0.9f)) + 0.25f * who->light * p.x;
    Colour c = dim(who->hair, fmaxf(0.25f, round + 0.28f * texture));
    return mix(c, mix(who->hair, warm, 0.55f), limit(0.55f * band * (0.7f + 0.6f * texture)));
}

static Colour body(const Person *who, Colour c, Point p) {
    c = lay(c, dim(strands(who, p), 0.62f), hair_outside(who, p), soft);
    float fold = 0.12f * noise(who->seed + 3, 4 * p.x + 2 * p.y, 3 * p.y);
    c = lay(c, dim(who->cloth, 0.86f + 0.35f * who->light * p.x - 0.25f * fabsf(p.x) + fold),
            cloth_shape(who, p), soft);
    float under = ramp(who->chin + 0.02f, who->chin + 0.32f, p.y); /* the chin's shadow */
    Colour skin =
        mix(shade_of(who->skin), who->skin, limit(0.15f + 0.6f * under + 0.5f * who->light * p.x));
    return lay(c, skin, neck_shape(who, p), soft);
}

/* Shades the face like a ball under one lamp. */
static Colour skin_at(const Person *who, Point p) {
    float x = p.x / (who->width + 0.05f), y = (p.y - 0.0f) / 0.68f,
          z = sqrtf(fmaxf(0.02f, 1 - limit(x * x + y * y)));
    float lit = 0.75f * who->light * x - 0.35f * y + 0.62f * z;
    Colour c = mix(shade_of(who->skin), who->skin, ramp(-0.25f, 0.72f, lit));
    c = mix(c, mix(who->skin, warm, 0.6f), 0.8f * ramp(0.62f, 1.05f, lit));
    for (int s = -1; s <= 1; s += 2)
        c = glow(c, who->blush, 0.5f, p, (Point){ (float)s * 0.23f, 0.18f }, 0.11f, 0.09f);
    float pores =
        noise(who->seed + 4, 26 * p.x, 26 * p.y) + noise(who->seed + 5, 55 * p.x, 55 * p.y);
    return dim(c, 1 + 0.018f * pores);
}

static Colour eye(const Person *who, Colour c, Point p, float side) {
    float k = who->eye_size, x = side * who->eye_apart, y = who->eye_y;
    Colour shadow = shade_of(who->skin);
    c = glow(c, shadow, 0.55f, p, (Point){ x, y - 0.035f }, 0.12f, 0.07f);
    float opening = oval(p, (Point){ x, y }, 0.088f * k, 0.040f * k, 2.2f);
    Colour ball = dim(white, 0.70f + 0.30f * ramp(y - 0.04f, y + 0.02f, p.y));
    Colour iris =
        mix(dim(who->iris, 0.45f), dim(who->iris, 1.25f), ramp(y - 0.03f, y + 0.04f, p.y));
    ball = lay(ball, iris, oval(p, (Point){ x, y - 0.002f }, 0.042f * k, 0.042f * k, 2), 0.008f);
    ball = lay(ball, black, oval(p, (Point){ x, y - 0.002f }, 0.019f * k, 0.019f * k, 2), 0.008f);
    ball = lay(ball, white,
               oval(p, (Point){ x + 0.016f * who->light, y - 0.016f }, 0.010f, 0.010f, 2), 0.006f);
    c = lay(c, ball, opening, 0.009f);
    c = mix(c, dim(shadow, 0.45f),
            0.85f * (1 - ramp(-0.010f, 0.008f,
                              arc(p, (Point){ x, y - 0.042f * k }, 0.098f * k, 0.040f, 0.011f))));
    float hairs = 0.75f + 0.25f * noise(who->seed + 6, 60 * p.x + 30 * p.y, 12 * p.y);
    float brow = arc(p, (Point){ x * 1.05f, y - 0.135f }, 0.115f, 0.030f, who->brow);
    return mix(c, mix(dim(who->hair, 0.75f), shadow, 0.3f),
               0.85f * hairs * (1 - ramp(-0.012f, 0.012f, brow)));
}

static Colour nose(const Person *who, Colour c, Point p) {
    float tip = who->eye_y + who->nose, side = who->light > 0 ? -1 : 1;
    Colour shadow = shade_of(who->skin), bright = mix(who->skin, warm, 0.7f);
    c = glow(c, shadow, 0.65f, p, (Point){ side * 0.055f, tip - 0.09f }, 0.030f, 0.12f);
    c = glow(c, bright, 0.75f, p, (Point){ -side * 0.008f, tip - 0.08f }, 0.022f, 0.12f);
    c = glow(c, bright, 0.6f, p, (Point){ -side * 0.012f, tip - 0.01f }, 0.030f, 0.026f);
    c = glow(c, shadow, 0.65f, p, (Point){ side * 0.012f, tip + 0.035f }, 0.070f, 0.022f);
    for (int s = -1; s <= 1; s += 2)
        c = glow(c, dim(shadow, 0.5f), 0.8f, p, (Point){ (float)s * 0.032f, tip + 0.026f }, 0.013f,
                 0.009f);
    return c;
}

static Colour mouth(const Person *who, Colour c, Point p) {
    float y = 0.5f * (who->eye_y + who->nose + who->chin) + 0.035f, half = who->mouth;
    Colour shadow = shade_of(who->skin), upper = dim(who->lips, 0.88f);
    c = glow(c, shadow, 0.45f, p, (Point){ 0, y + 0.085f }, 0.09f, 0.022f);
    c = lay(c, upper, arc(p, (Point){ 0, y - 0.012f }, half, -who->smile - 0.006f, 0.020f), 0.010f);
    c = lay(c, who->lips,
            arc(p, (Point){ 0, y + 0.022f }, half * 0.85f, -who->smile - 0.022f, 0.024f), 0.010f);
    if (who->open_mouth)
        c = lay(c, white,
                arc(p, (Point){ 0, y + 0.006f }, half * 0.80f, -who->smile - 0.012f, 0.017f),
                0.006f);
    else
        c = lay(c, dim(who->lips, 0.45f),
                arc(p, (Point){ 0, y + 0.004f }, half, -who->smile - 0.014f, 0.005f), 0.006f);
    return glow(c, mix(who->lips, warm, 0.6f), 0.5f, p, (Point){ 0.02f * who->light, y + 0.034f },
                0.045f, 0.011f);
}

static Colour glasses(const Person *who, Colour c, Point p) {
    float x = fabsf(p.x),
          rim = fabsf(oval((Point){ x, p.y }, (Point){ who->eye_apart, who->eye_y + 0.01f }, 0.135f,
                           0.105f, who->glasses)) -
                0.008f;
    float bridge =
        fmaxf(fabsf(p.y - who->eye_y + 0.01f) - 0.008f, fmaxf(x - who->eye_apart + 0.13f, 0));
    c = glow(c, white, 0.25f, (Point){ x, p.y },
             (Point){ who->eye_apart - 0.05f, who->eye_y - 0.04f }, 0.05f, 0.03f);
    return lay(c, (Colour){ 0.16f, 0.13f, 0.14f }, fminf(rim, bridge), 0.009f);
}

Colour photo_before(const Person *who, Point p, Colour behind) {
    Colour c = body(who, behind, p), shadow = shade_of(who->skin);
    c = lay(c, mix(shadow, who->skin, 0.55f), ear_shape(who, p), soft);
    Colour face = skin_at(who, p);
    face = eye(who, eye(who, face, p, -1), p, 1);
    face = mouth(who, nose(who, face, p), p);
    if (who->glasses > 0) face = glasses(who, face, p);
    float front = hair_front(who, p);
    /* the hair's shadow */
    face = mix(face, dim(shadow, 0.9f), 0.55f * (1 - ramp(0, 0.10f, front)));
    c = lay(c, face, face_shape(who, p), soft);
    return lay(c, strands(who, p), front, 0.02f);
}

Colour photo_style(const Person *who, Point p) { return photo_before(who, p, (Colour){ 1, 1, 1 }); }

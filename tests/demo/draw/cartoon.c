/* cartoon.c: draws a person in cartoon style: flat colours, dark outlines, big eyes. */
#include "draw.h"

#include <math.h>

static const float edge = 0.005f, pen = 0.021f; /* half the width of a line */
static const Colour white = { 1, 1, 1 }, ink = { 0.13f, 0.08f, 0.12f };

/* A shape in one colour, with its outline. */
static Colour fill(Colour below, Colour c, float distance) {
    return lay(lay(below, c, distance, edge), ink, fabsf(distance) - pen, edge);
}

/* Makes colours brighter and more saturated. Only ink is black. */
static Colour paint(Colour c) {
    float grey = (c.r + c.g + c.b) / 3;
    Colour full = { grey + 1.3f * (c.r - grey), grey + 1.3f * (c.g - grey),
                    grey + 1.3f * (c.b - grey) };
    return mix(dim(full, 1.12f), white, 0.6f * limit(0.5f - grey));
}

static Colour eye(const Person *who, Colour c, Point p, float side) {
    float k = who->eye_size, x = side * (who->eye_apart + 0.012f), y = who->eye_y + 0.02f;
    Point look = { x, y + 0.012f };
    c = lay(c, white, oval(p, (Point){ x, y }, 0.118f * k, 0.108f * k, 2.2f), edge);
    c = lay(c, paint(dim(who->iris, 1.15f)), oval(p, look, 0.072f * k, 0.086f * k, 2), edge);
    c = lay(c, ink, oval(p, look, 0.044f * k, 0.056f * k, 2), edge);
    c = lay(c, white, oval(p, (Point){ x - 0.028f, y - 0.030f }, 0.026f * k, 0.030f * k, 2), edge);
    c = lay(c, ink, fabsf(oval(p, (Point){ x, y }, 0.118f * k, 0.108f * k, 2.2f)) - 0.010f, edge);
    c = lay(c, ink, arc(p, (Point){ x, y - 0.108f * k }, 0.135f * k, 0.075f, 0.026f), edge);
    return lay(c, dim(who->hair, 0.55f),
               arc(p, (Point){ x * 1.05f, y - 0.20f }, 0.11f, 0.035f, who->brow + 0.008f), edge);
}

static Colour features(const Person *who, Colour c, Point p) {
    float nose = who->eye_y + who->nose + 0.03f,
          mouth = 0.5f * (who->eye_y + who->nose + who->chin) + 0.035f;
    Point sides = { fabsf(p.x), p.y };
    c = lay(c, mix(who->skin, (Colour){ 1, 0.45f, 0.45f }, 0.45f),
            oval(sides, (Point){ 0.27f, 0.20f }, 0.075f, 0.045f, 2), edge);
    c = eye(who, eye(who, c, p, -1), p, 1);
    c = lay(c, dim(who->skin, 0.55f), arc(p, (Point){ 0.005f, nose }, 0.035f, -0.018f, 0.015f),
            edge);
    float line = arc(p, (Point){ 0, mouth + 0.01f }, who->mouth, -who->smile - 0.03f, 0.020f);
    if (!who->open_mouth) return lay(c, (Colour){ 0.50f, 0.10f, 0.14f }, line, edge);
    float bite = fmaxf(oval(p, (Point){ 0, mouth - 0.03f }, who->mouth * 0.9f, 0.10f, 2),
                       mouth - 0.025f - p.y);
    return fill(c, (Colour){ 0.80f, 0.22f, 0.25f }, bite);
}

static Colour glasses(const Person *who, Colour c, Point p) {
    float x = fabsf(p.x), rim = fabsf(oval((Point){ x, p.y },
                                           (Point){ who->eye_apart + 0.012f, who->eye_y + 0.02f },
                                           0.155f, 0.14f, who->glasses));
    return lay(c, ink, fminf(rim, fmaxf(fabsf(p.y - who->eye_y), x - who->eye_apart + 0.14f)) - pen,
               edge);
}

Colour cartoon_style(const Person *who, Point p) {
    Colour skin = mix(paint(who->skin), (Colour){ 1, 0.80f, 0.74f }, 0.3f), hair = paint(who->hair);
    Colour c = fill(white, dim(hair, 0.8f), hair_outside(who, p));
    c = fill(c, paint(who->cloth), cloth_shape(who, p));
    c = fill(c, dim(skin, 0.9f), neck_shape(who, p));
    c = fill(c, skin, ear_shape(who, p));
    float shape = face_shape(who, p);
    c = fill(c, skin, shape);
    if (shape < -pen) c = features(who, c, p);
    if (who->glasses > 0) c = glasses(who, c, p);
    return fill(c, hair, hair_front(who, p));
}

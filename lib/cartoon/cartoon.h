/* cartoon.h: from a cartoon and its portrait to the finished picture. It uses face/, which does not
 * depend on it.
 *
 *     cartoonizer.c               prepared picture -> cartoon: a generator with its weights
 *     likeness.c, identity.c      portrait, cartoon -> how near they are
 *     skin.c                      portrait, cartoon -> a cartoon with the photo's skin colour
 *     compose.c, paste.c          cartoon, portrait, photo -> the finished picture
 *     photo.c                     a photo -> cartoons: the stages of face/, the generator, and
 *                                 compose.c */
#ifndef P2C_CARTOON_H
#define P2C_CARTOON_H

#include "base/context.h"
#include "face/face.h"

/* ---- likeness.c ---- */

/* See P2cLikeness.distance. INFINITY: the cartoon's points are all at one place. */
double p2c_landmark_distance(const P2cPoint photo[P2C_LANDMARKS],
                             const P2cPoint cartoon[P2C_LANDMARKS]);
/* The landmarks of a portrait's face in its square, when that is scaled to this size. */
void p2c_portrait_points(const P2cPortrait *portrait, int size, P2cPoint points[P2C_LANDMARKS]);

/* Sets distance and doubt. The portrait's face was found by this network. */
P2C_CHECKED P2cStatus p2c_likeness_points(P2cLandmarker *landmarker, const P2cPortrait *portrait,
                                          const P2cImage *cartoon, P2cLikeness *out);

/* ---- skin.c ---- */

/* Says where skin is seen: 0 to 255 for each pixel of head, the portrait's picture at some size.
 * Zeros: no cheek can be seen. map: as many bytes as head has pixels, memory of the caller. */
P2C_CHECKED P2cStatus p2c_skin_map(P2cContext *ctx, const P2cPortrait *portrait,
                                   const P2cImage *head, uint8_t *map);
/* Gives the cartoon (RGB) the colour of the photo's skin, in place. */
P2C_CHECKED P2cStatus p2c_skin_photo(P2cContext *ctx, const P2cPortrait *portrait,
                                     P2cImage *cartoon);

/* ---- compose.c, paste.c ---- */

/* The portrait's square as it is in the photo, at this size, over white. out: new picture, RGB. */
P2C_CHECKED P2cStatus p2c_compose_before(P2cContext *ctx, const P2cImage *photo,
                                         const P2cPortrait *portrait, int width, int height,
                                         P2cImage *out);
/* The portrait's picture at this size. out: new picture, RGBA. */
P2C_CHECKED P2cStatus p2c_compose_head(P2cContext *ctx, const P2cPortrait *portrait, int width,
                                       int height, P2cImage *out);
/* The cartoon (RGB) as RGBA. Its alpha is the portrait's matte at the cartoon's size. out: new
 * picture. */
P2C_CHECKED P2cStatus p2c_compose_matted(P2cContext *ctx, const P2cImage *cartoon,
                                         const P2cPortrait *portrait, P2cImage *out);

/* Lays a cartoon over a background, with its matte reduced to s x s. cartoon: RGB, s x s, made from
 * the portrait over white. out: new picture, RGB, or RGBA when the background is transparent. Over
 * white, colour values are truncated, as photo2cartoon does. photo is used for the kinds PHOTO and
 * BLUR. photo_share: of the photo's head in the cartoon's place, 0 to 1. */
P2C_CHECKED P2cStatus p2c_compose_crop(P2cContext *ctx, const P2cImage *cartoon,
                                       const P2cPortrait *portrait, const P2cImage *photo,
                                       const P2cBackground *background, double photo_share,
                                       P2cImage *out);
/* Makes the picture that cartoons are pasted into: the photo itself (PHOTO), its blurred copy
 * without the heads (BLUR), a colour, a picture, or nothing. out: new picture of the photo's size;
 * RGB, but RGBA for nothing, and for PHOTO as the photo is. */
P2C_CHECKED P2cStatus p2c_compose_ground(P2cContext *ctx, const P2cImage *photo,
                                         const P2cBackground *background, int heads,
                                         const P2cPortrait portraits[], P2cImage *out);
/* Pastes a cartoon into `ground` (RGB or RGBA, of the photo's size) where its face was: by the
 * matte, feathered towards the square's border, times strength, 0 to 1. Enlarges the cartoon
 * bicubically if needed. */
P2C_CHECKED P2cStatus p2c_compose_paste(P2cContext *ctx, const P2cImage *cartoon,
                                        const P2cPortrait *portrait, double strength,
                                        P2cImage *ground);
/* Puts two pictures of the same height side by side, on white, with a gap. out: new picture,
 * RGB. */
P2C_CHECKED P2cStatus p2c_compose_sheet(P2cContext *ctx, const P2cImage *before,
                                        const P2cImage *after, P2cImage *out);

#endif

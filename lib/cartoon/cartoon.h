/* cartoon.h: what surrounds a cartoon: from a cartoon and its portrait to the picture that is asked
 * for. It stands above face/, which knows nothing of it.
 *
 *     cartoonizer.c               prepared picture -> cartoon: a generator with its weights
 *     compose.c, paste.c          cartoon, portrait, photo -> the picture that is asked for
 *     photo.c                     a photo -> cartoons: the stages of face/, the generator, and
 *                                 these
 */
#ifndef P2C_CARTOON_H
#define P2C_CARTOON_H

#include "base/context.h"

/* ---- compose.c, paste.c ---- */

/* The portrait's square as it is in the photo, at this size, over white. out: new picture, RGB. */
P2C_CHECKED P2cStatus p2c_compose_before(P2cContext *ctx, const P2cImage *photo,
                                         const P2cPortrait *portrait, int width, int height,
                                         P2cImage *out);
/* The cartoon (RGB) as RGBA: its alpha is the portrait's matte, at the cartoon's size. out: new
 * picture. */
P2C_CHECKED P2cStatus p2c_compose_matted(P2cContext *ctx, const P2cImage *cartoon,
                                         const P2cPortrait *portrait, P2cImage *out);

/* cartoon (RGB, s x s, of the portrait laid over white) over a background, its matte reduced to s x
 * s. out: new picture, RGB, or RGBA when the background is transparent. Over white colour values
 * are truncated, as photo2cartoon does. photo: for the kinds PHOTO and BLUR. */
P2C_CHECKED P2cStatus p2c_compose_crop(P2cContext *ctx, const P2cImage *cartoon,
                                       const P2cPortrait *portrait, const P2cImage *photo,
                                       const P2cBackground *background, P2cImage *out);
/* What a photo becomes before cartoons are pasted into it: itself (PHOTO), or its blurred copy, in
 * which the heads are not, a colour, a picture, nothing. out: new, of the photo's size; RGB, but
 * RGBA for nothing, and for PHOTO as the photo is. */
P2C_CHECKED P2cStatus p2c_compose_ground(P2cContext *ctx, const P2cImage *photo,
                                         const P2cBackground *background, int heads,
                                         const P2cPortrait portraits[], P2cImage *out);
/* Pastes a cartoon into `ground` (RGB or RGBA, of the photo's size) where its face was: by the
 * matte, feathered towards the square's border. Bicubic where the cartoon is enlarged. */
P2C_CHECKED P2cStatus p2c_compose_paste(P2cContext *ctx, const P2cImage *cartoon,
                                        const P2cPortrait *portrait, P2cImage *ground);
/* Two pictures of the same height side by side, on white, with a gap. out: new, RGB. */
P2C_CHECKED P2cStatus p2c_compose_sheet(P2cContext *ctx, const P2cImage *before,
                                        const P2cImage *after, P2cImage *out);

#endif

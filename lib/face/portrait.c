/* portrait.c: functions of the public structs for faces. */
#include "face.h"

void p2c_portrait_clear(P2cPortrait *portrait) {
    p2c_image_clear(&portrait->picture);
    *portrait = (P2cPortrait){ 0 };
}

const char *p2c_face_warning_text(P2cFaceWarning warning) {
    switch (warning) {
    case P2C_FACE_SMALL: return "the face is small (under 80 pixels)";
    case P2C_FACE_SIDE_VIEW: return "the face is turned far to one side";
    case P2C_FACE_DARK: return "the face is very dark";
    case P2C_FACE_BRIGHT: return "the face is very bright";
    case P2C_FACE_BORDER: return "the head reaches out of the photo; the missing part is white";
    case P2C_FACE_ESTIMATED:
        return "landmarks are guessed from the face's box (no network for landmarks)";
    case P2C_FACE_NO_MATTE: return "the background is kept (no network for the matte)";
    case P2C_FACE_CENTRED: return "no face was found; the middle of the photo is used instead";
    case P2C_FACE_UNLIKE: return "the cartoon's face is hardly that of the photo";
    }
    return "an unknown warning";
}

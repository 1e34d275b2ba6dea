/* data.h: the samples that p2c-fit learns from: prepared portraits on white, composed anew for
 * every sample.
 *
 * A sample is a function of the data, the seed and the draw only. So any thread can make it, in any
 * order, and a training continues where it was stopped. Held-out samples come from other people and
 * other backgrounds, and are the same in every validation. */
#ifndef P2C_TRAIN_FIT_DATA_H
#define P2C_TRAIN_FIT_DATA_H

#include "p2cnn.h"

typedef enum FitTask { FIT_MATTE, FIT_LANDMARKS } FitTask;
enum { FIT_MATTE_SIZE = 256, FIT_LANDMARK_SIZE = 112 };

typedef struct FitDataOptions {
    FitTask task;
    const char *portraits;   /* folder of prepared portraits: heads on white */
    const char *backgrounds; /* folder of pictures without people; NULL: only generated ones */
    const char *teacher;     /* LANDMARKS: ONNX network for 68 points */
    uint64_t seed;
} FitDataOptions;

typedef struct FitData FitData;
/* Reads all portraits, measures which are usable (and says on stdout how many, and why the others
 * are not), and for LANDMARKS reads the teacher's points. 0, or the exit code of a failure that has
 * been reported. */
int fit_data_open(FitData **data, const FitDataOptions *options);
void fit_data_close(FitData **data);
int fit_data_count(const FitData *data, bool held_out); /* portraits */

/* MATTE: picture (3,256,256) in [-1,1], target (1,256,256) alpha in [0,1]. LANDMARKS: picture
 * (3,112,112) in [-1,1], target (136): x0,y0,x1,... in parts of the square, which may lie outside
 * [0,1]. Any thread, no memory kept: `scratch` of fit_data_scratch bytes is the caller's. */
size_t fit_data_scratch(const FitData *data);
void fit_data_sample(const FitData *data, bool held_out, uint64_t draw, void *scratch,
                     float *picture, float *target);

#endif

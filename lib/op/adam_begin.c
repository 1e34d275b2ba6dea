/* adam_begin: begins the update of a group of parameters. It counts the update in adam->step and
 * computes the rates, which are the same for all of them. If `squares` (the sum of squares of all
 * gradients) or `loss` is not finite, the update is not counted, and its number in the rates is
 * NaN: then nothing is updated.
 *   squares, loss: scalars; if the graph has an adam_begin of the same P2cAdam already, its result
 *   -> P2cAdamRates as a vector
 * Nodes come from p2c_minimize (minimize.c). */
#include "adam.h"
#include "update_shape.h"

static P2cStatus shape(P2cNode *node) { return p2c_update_begin_shape(node, P2C_ADAM_RATES); }

const P2cOp p2c_op_adam_begin = { .id = P2C_OP_adam_begin,
                                  .name = "adam_begin",
                                  .shape = shape,
                                  .side_effect = true,
                                  .blocks = true };

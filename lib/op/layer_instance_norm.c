/* layer_instance_norm: LIN and AdaLIN.  y = (rho*i + (1-rho)*l) * gamma + beta,  i = (x - mean_i) /
 * sqrt(var_i + eps) over (h,w), l = (x - mean_l) / sqrt(var_l + eps) over (c,h,w); unbiased
 * variances; then ReLU when fused.
 *   x (n,c,h,w)   rho, gamma, beta: (1,c,1,1) or (n,c)
 * Keeps (mean, 1/sqrt(var+eps)) of each plane, then of each picture.
 *   Kim et al. 2020, U-GAT-IT, eq. 3 */
#include "graph/node.h"
#include "norm.h"

static P2cStatus shape(P2cNode *node) {
    static const char *const names[] = { "input", "rho", "gamma", "beta" };
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c,h,w), got %s", p2c_dims_text(x).text);
    if (x.d[2] * x.d[3] < 2)
        return p2c_node_fail(node, "the unbiased variance needs two pixels, got %s",
                             p2c_dims_text(x).text);
    for (int i = 1; i < 4; i++) {
        const P2cDims p = node->x[i]->dims;
        if ((p.d[0] != 1 && p.d[0] != x.d[0]) || p.d[1] != x.d[1] || p.d[2] != 1 || p.d[3] != 1)
            return p2c_node_fail(node, "%s has shape %s, expected (1,%d) or (%d,%d)", names[i],
                                 p2c_dims_text(p).text, x.d[1], x.d[0], x.d[1]);
    }
    node->dims = x;
    node->saved_bytes = (size_t)x.d[0] * ((size_t)x.d[1] + 1) * 2 * sizeof(float);
    return P2C_OK;
}

const P2cOp p2c_op_layer_instance_norm = { .id = P2C_OP_layer_instance_norm,
                                           .name = "layer_instance_norm",
                                           .shape = shape,
                                           .keeps_x = true,
                                           .in_place = true };

P2cNode *p2c_layer_instance_norm(P2cNode *x, P2cNode *rho, P2cNode *gamma, P2cNode *beta,
                                 float eps) {
    P2cNormAttributes attributes = { .eps = eps };
    return p2c_node_new(&p2c_op_layer_instance_norm, 4, (P2cNode *[]){ x, rho, gamma, beta },
                        &attributes, sizeof attributes);
}

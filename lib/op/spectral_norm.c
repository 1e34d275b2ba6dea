/* spectral_norm: y = w / sigma, sigma = u . W v, W = w as a matrix (out, rest).
 * Training: first one power iteration, v = normalize(W^T u), u = normalize(W v), length at least
 * 1e-12, written back to the parameters u (out) and v (rest). For the gradient u and v are
 * constants:
 *   dw += dy / sigma - (sum(dy*w) / sigma^2) u v^T
 * Keeps sigma, u, v as they were used, since a later call moves the parameters on.
 *   Miyato et al. 2018 */
#include "spectral_norm.h"
#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    const P2cDims w = node->x[0]->dims, u = node->x[1]->dims, v = node->x[2]->dims;
    if (w.rank < 2)
        return p2c_node_fail(node, "expected a weight (out,...), got %s", p2c_dims_text(w).text);
    int rest = w.d[1] * w.d[2] * w.d[3];
    if (u.rank != 1 || u.d[0] != w.d[0] || v.rank != 1 || v.d[0] != rest)
        return p2c_node_fail(node, "weight %s wants u (%d) and v (%d), got %s and %s",
                             p2c_dims_text(w).text, w.d[0], rest, p2c_dims_text(u).text,
                             p2c_dims_text(v).text);
    node->dims = w;
    node->saved_bytes = (1 + (size_t)w.d[0] + (size_t)rest) * sizeof(float);
    return P2C_OK;
}

const P2cOp p2c_op_spectral_norm = { .id = P2C_OP_spectral_norm,
                                     .name = "spectral_norm",
                                     .shape = shape,
                                     .keeps_x = true,
                                     .writes = 1u << 1 | 1u << 2 };

P2cNode *p2c_spectral_norm(P2cNode *w, P2cNode *u, P2cNode *v, bool training) {
    P2cSpectralAttributes attributes = { training };
    return p2c_node_new(&p2c_op_spectral_norm, 3, (P2cNode *[]){ w, u, v }, &attributes,
                        sizeof attributes);
}

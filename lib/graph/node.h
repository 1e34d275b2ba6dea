/* node.h: what operations, models and importers need of a graph: to make nodes, to refuse operands,
 * to look at the nodes of a graph. The inside of a graph is in graph.h. */
#ifndef P2C_GRAPH_NODE_H
#define P2C_GRAPH_NODE_H

#include "op/op.h"

/* The kinds of nodes that are not results of an operation. */
typedef enum P2cLeaf {
    P2C_NOT_LEAF,
    P2C_LEAF_INPUT,
    P2C_LEAF_CONSTANT,
    P2C_LEAF_PARAM,
    P2C_LEAF_MOMENT, /* of a parameter's earlier gradients, for its optimiser */
    P2C_LEAF_GRADIENT,
    P2C_LEAF_BACKWARD
} P2cLeaf;

/* Builders: a new node of the operands' graph; NULL when one of the operands is NULL or the graph
 * has failed. At least one operand. Attributes are copied. */
P2cNode *p2c_node_new(const P2cOp *op, int count, P2cNode *const x[], const void *attributes,
                      size_t size);
P2cNode *p2c_node_unary(const P2cOp *op, P2cNode *x, const void *attributes, size_t size);
P2cNode *p2c_node_binary(const P2cOp *op, P2cNode *a, P2cNode *b, const void *attributes,
                         size_t size);

/* Records the graph's first error, with the operation's name in front; for shape rules. */
P2cStatus p2c_node_fail(P2cNode *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
P2cStatus p2c_graph_fail(P2cGraph *graph, P2cStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The status of that error and its text; P2C_OK and "" as long as there is none. */
P2cStatus p2c_graph_status(const P2cGraph *graph);
const char *p2c_graph_error(const P2cGraph *graph);

/* "(1,3,256,256)", for error texts; a small value of its own so that several fit one call. */
typedef struct P2cDimsText {
    char text[56];
} P2cDimsText;
P2cDimsText p2c_dims_text(P2cDims dims);

/* ---- what was built -------------------------------------------------------------------------- */

P2cContext *p2c_graph_context(const P2cGraph *graph);
/* Nodes in the order in which they were built, which is the order of execution. */
int p2c_graph_node_count(const P2cGraph *graph);
P2cNode *p2c_graph_node(const P2cGraph *graph, int id);

P2cGraph *p2c_node_graph(const P2cNode *node);
int p2c_node_id(const P2cNode *node);           /* its place in that order */
const char *p2c_node_name(const P2cNode *node); /* NULL: it has none */
P2cLeaf p2c_node_leaf(const P2cNode *node);
float p2c_node_constant(const P2cNode *node); /* the value of a constant */
/* NULL: the node is not a parameter */
struct P2cParam *p2c_node_param(const P2cNode *node);

#endif

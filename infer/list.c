/* list.c: --list-weights: lists the content of a .pt file, one line per tensor or plain value:
 * name, shape, type. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "infer.h"

enum { NAME_SIZE = 512, NAME_WIDTH = 56 };

typedef struct Total {
    size_t tensors, elements;
} Total;

static void print_name(const char *name) {
    int width = (int)strlen(name);
    print_plain(name);
    printf("%*s ", width < NAME_WIDTH ? NAME_WIDTH - width : 0, "");
}

static void print_tensor(const char *name, const P2cValue *tensor, Total *total) {
    P2cShape shape = p2c_value_shape(tensor);
    char text[P2C_MAX_RANK * 21 + 3];
    int used = snprintf(text, sizeof text, "(");
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%" PRId64, i ? "," : "",
                         shape.size[i]);
        count *= (size_t)shape.size[i];
    }
    snprintf(text + used, sizeof text - (size_t)used, ")");
    print_name(name);
    printf("%-20s %s\n", text, p2c_type_name(p2c_value_type(tensor)));
    total->tensors++;
    total->elements += count;
}

static void print_value(const char *name, const P2cValue *value, Total *total);

static void print_entries(const char *name, const P2cValue *value, Total *total) {
    bool dict = p2c_value_kind(value) == P2C_DICT;
    for (size_t i = 0; i < p2c_value_count(value); i++) {
        char full[NAME_SIZE], index[24];
        snprintf(index, sizeof index, "%zu", i);
        snprintf(full, sizeof full, "%s%s%s", name, *name ? "." : "",
                 dict ? p2c_value_key(value, i) : index);
        print_value(full, p2c_value_at(value, i), total);
    }
}

static void print_value(const char *name, const P2cValue *value, Total *total) {
    P2cKind kind = p2c_value_kind(value);
    if (kind == P2C_DICT || kind == P2C_LIST) {
        print_entries(name, value, total);
        return;
    }
    if (kind == P2C_TENSOR) {
        print_tensor(name, value, total);
        return;
    }
    print_name(name);
    switch (kind) {
    case P2C_BOOL: printf("%-20s bool\n", p2c_value_as_int(value) ? "True" : "False"); break;
    case P2C_INT: printf("%-20" PRId64 " int\n", p2c_value_as_int(value)); break;
    case P2C_FLOAT: printf("%-20.9g float\n", p2c_value_as_float(value)); break;
    case P2C_STRING:
        print_plain(p2c_value_as_string(value));
        printf(" str\n");
        break;
    default: printf("%-20s NoneType\n", "None"); break;
    }
}

int list_weights(P2cContext *ctx, const char *path) {
    P2cValue *file = NULL;
    Total total = { 0 };
    P2cStatus status = p2c_pt_read(ctx, path, &file);
    if (status) {
        complain("%s", p2c_error(ctx));
        return p2c_exit_code(status);
    }
    print_value("", file, &total);
    printf("total: %zu tensors, %zu elements\n", total.tensors, total.elements);
    p2c_value_free(&file);
    return 0;
}

/* yaml.h - a YAML 1.2 document as a tree that remembers where everything stood.
 *   Scalars stay text: what they mean is the schema's business. Aliases are followed; tags, a
 * second document, keys that are not scalars and bytes that are no UTF-8 text are findings.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_YAML_H
#define ITP_YAML_H

#include "findings.h"

#define ITP_YAML_SIZE_MAX  (1u << 20) /* bytes */
#define ITP_YAML_NODES_MAX 50000
#define ITP_YAML_DEPTH_MAX 32

typedef enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST } node_kind;

typedef struct yaml_node {
    node_kind kind;
    int verbatim;              /* SCALAR: the file holds its text as it is, from `at` on */
    int quoted;                /* SCALAR: in quotes or a block: a word, never a number or null */
    const char *text;          /* SCALAR: NUL-terminated, not NULL */
    size_t at, end;            /* bytes of the file; a quoted scalar begins inside its quotes */
    size_t n;                  /* MAP and LIST */
    struct yaml_node **keys;   /* MAP: n scalars, distinct */
    struct yaml_node **values; /* MAP and LIST: n */
} yaml_node;

/* Parses; errors go to the list. NULL when there is no tree (then there is an error). */
yaml_node *itp_yaml_parse(const char *file, const char *text, size_t size, itp_arena *arena,
                          finding_list *findings);

/* The value of a key, or NULL. */
const yaml_node *itp_yaml_get(const yaml_node *map, const char *key);

#endif

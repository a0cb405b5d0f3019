/* json_read.h - a JSON text (RFC 8259) as nodes in one array, its strings unescaped in place.
 *   Recovery reads every payload of a journal, and a tree of small allocations was most of its
 * time; this reader allocates nothing once its two buffers are long enough. Stricter than the RFC
 * in what a record must not hold: no member twice, no U+0000, no number beyond a double or, without
 * a fraction, beyond 64 bits.
 * Life cycle  zeroed -> { parse }* -> deinit     Threads  one owner     Cost  linear
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_JSON_READ_H
#define ITP_JSON_READ_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/status.h"

#define ITP_JSON_DEPTH_MAX 64

typedef enum itp_json_type {
    ITP_JSON_NULL,
    ITP_JSON_FALSE,
    ITP_JSON_TRUE,
    ITP_JSON_INTEGER,
    ITP_JSON_REAL,
    ITP_JSON_STRING,
    ITP_JSON_LIST,
    ITP_JSON_OBJECT
} itp_json_type;

typedef struct itp_json_node {
    itp_json_type type;
    uint32_t skip;    /* to the node behind this one and all that it holds */
    size_t n;         /* members of a list or object; bytes of a string */
    const char *key;  /* in an object; else NULL */
    const char *text; /* of a string; UTF-8, with a NUL behind it */
    int64_t integer;
    double real; /* of an integer too */
} itp_json_node;

typedef struct itp_json_reader {
    char *text; /* a copy, which strings point into */
    itp_json_node *nodes;
    size_t text_capacity, n_nodes, nodes_capacity;
} itp_json_reader;

/* Nodes are valid until the next parse. ITP_EPARSE says what is wrong and at which byte;
 * ITP_ENOMEM. */
itp_status itp_json_parse(itp_json_reader *reader, const char *text, size_t size,
                          const itp_json_node **root, itp_error *err);
void itp_json_reader_deinit(itp_json_reader *reader);

/* The member of that name; NULL when `object` is NULL, no object, or has none. */
const itp_json_node *itp_json_get(const itp_json_node *object, const char *key);
/* The first member of a list or object, and the one behind `node`, of which `list` has n. Ask for
 * no more than there are. */
const itp_json_node *itp_json_first(const itp_json_node *list);
const itp_json_node *itp_json_next(const itp_json_node *node);

#endif

/* values.c - two passes: count the bytes, then copy. See values.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"

#include <stdlib.h>
#include <string.h>

/* Where the strings of a copy go: behind its arrays, in the same block. */
typedef struct {
    char *next;
} shelf;

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *place(shelf *shelf, const char *text)
{
    if (!text) return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(shelf->next, text, size);
    shelf->next += size;
    return copy;
}

itp_status itp_values_copy(size_t n, const itp_value *values, itp_value **out)
{
    size_t bytes = n * sizeof *values;
    for (size_t i = 0; i < n; i++)
        bytes += text_size(values[i].name) + text_size(values[i].unit) + text_size(values[i].label);
    itp_value *copy = n > 0 ? malloc(bytes) : NULL;
    if (n > 0 && !copy) return ITP_ENOMEM;
    shelf shelf = {(char *)(copy + n)};
    for (size_t i = 0; i < n; i++) {
        copy[i] = values[i];
        copy[i].name = place(&shelf, values[i].name);
        copy[i].unit = place(&shelf, values[i].unit);
        copy[i].label = place(&shelf, values[i].label);
    }
    *out = copy;
    return ITP_OK;
}

static size_t count_labels(const itp_port *port)
{
    size_t n = 0;
    while (port->labels && port->labels[n]) n++;
    return n;
}

itp_status itp_ports_copy(size_t n, const itp_port *ports, itp_port **out)
{
    size_t pointers = 0, bytes = 0;
    for (size_t i = 0; i < n; i++) {
        size_t labels = count_labels(&ports[i]);
        if (ports[i].labels) pointers += labels + 1;
        for (size_t k = 0; k < labels; k++) bytes += text_size(ports[i].labels[k]);
        bytes += text_size(ports[i].name) + text_size(ports[i].unit) + text_size(ports[i].iri);
    }
    size_t total = n * sizeof *ports + pointers * sizeof(char *) + bytes;
    itp_port *copy = n > 0 ? malloc(total) : NULL;
    if (n > 0 && !copy) return ITP_ENOMEM;
    const char **labels = (const char **)(copy + n);
    shelf shelf = {(char *)(labels + pointers)};
    for (size_t i = 0; i < n; i++) {
        copy[i] = ports[i];
        copy[i].name = place(&shelf, ports[i].name);
        copy[i].unit = place(&shelf, ports[i].unit);
        copy[i].iri = place(&shelf, ports[i].iri);
        if (!ports[i].labels) continue;
        copy[i].labels = labels;
        for (size_t k = 0, all = count_labels(&ports[i]); k < all; k++)
            *labels++ = place(&shelf, ports[i].labels[k]);
        *labels++ = NULL;
    }
    *out = copy;
    return ITP_OK;
}

const itp_value *itp_values_find(size_t n, const itp_value *values, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i].name, name) == 0) return &values[i];
    return NULL;
}

const itp_port *itp_ports_find(size_t n, const itp_port *ports, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ports[i].name, name) == 0) return &ports[i];
    return NULL;
}

itp_status itp_text_copy(const char *text, char **out)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) return ITP_ENOMEM;
    *out = copy;
    return ITP_OK;
}

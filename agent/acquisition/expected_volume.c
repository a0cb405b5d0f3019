/* expected_volume.c - one expected improvement an edge, one product a box.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expected_volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "improvement.h"
#include "normal.h"

/* Below this an sd is exact knowledge, in scaled units. */
static const double SD_MIN = 1e-9;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The place of a value among sorted ones that hold it. */
static size_t place(const double *edge, size_t low, size_t high, double value)
{
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (edge[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Distinct values of goal j at the boxes' corners, ascending; returns how many. */
static size_t gather(const itp_boxes *boxes, size_t j, double *edge)
{
    size_t n = 0, kept = 0;
    for (size_t b = 0; b < boxes->n; b++) {
        edge[n++] = boxes->low[b * boxes->m + j];
        edge[n++] = boxes->high[b * boxes->m + j];
    }
    qsort(edge, n, sizeof *edge, ascending);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || edge[i] > edge[kept - 1]) edge[kept++] = edge[i];
    return kept;
}

itp_status itp_expected_volume_init(itp_expected_volume *out, size_t n, size_t m, double *y,
                                    const double *reference)
{
    itp_boxes boxes = {.m = m};
    *out = (itp_expected_volume){.m = m};
    itp_status st = itp_boxes_add(&boxes, itp_front(n, m, y, reference), y, reference);
    out->n = boxes.n;
    out->edge = malloc((2 * boxes.n * m + 1) * sizeof *out->edge);
    out->first = malloc((m + 1 + 2 * boxes.n * m) * sizeof *out->first);
    if (st == ITP_OK && !(out->edge && out->first)) st = ITP_ENOMEM;
    if (st == ITP_OK) {
        out->low = out->first + m + 1, out->high = out->low + boxes.n * m;
        for (size_t j = 0; j < m; j++) {
            out->first[j] = out->edges;
            out->edges += gather(&boxes, j, out->edge + out->edges);
            for (size_t i = j; i < boxes.n * m; i += m) {
                out->low[i] = place(out->edge, out->first[j], out->edges, boxes.low[i]);
                out->high[i] = place(out->edge, out->first[j], out->edges, boxes.high[i]);
            }
        }
        out->first[m] = out->edges;
    }
    itp_boxes_deinit(&boxes);
    if (st != ITP_OK) itp_expected_volume_deinit(out);
    return st;
}

void itp_expected_volume_deinit(itp_expected_volume *volume)
{
    free(volume->edge);
    free(volume->first);
    *volume = (itp_expected_volume){0};
}

double itp_log_expected_volume(const itp_expected_volume *volume, const double *mean,
                               const double *sd, double *work)
{
    size_t m = volume->m;
    double sum = -INFINITY;
    for (size_t j = 0; j < m; j++) {
        double s = fmax(sd[j], SD_MIN);
        for (size_t e = volume->first[j]; e < volume->first[j + 1]; e++)
            work[e] = isinf(volume->edge[e])
                          ? -INFINITY
                          : log(s) + itp_log_improvement((mean[j] - volume->edge[e]) / s, NULL);
    }
    for (size_t b = 0; b < volume->n; b++) {
        double value = 0;
        for (size_t j = 0; j < m; j++) {
            double low = work[volume->low[b * m + j]], high = work[volume->high[b * m + j]];
            value += low > high ? itp_log_sub(low, high) : -INFINITY;
        }
        if (value > -INFINITY) sum = sum == -INFINITY ? value : itp_log_add(sum, value);
    }
    return sum;
}

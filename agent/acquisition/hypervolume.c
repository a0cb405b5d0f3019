/* hypervolume.c - slabs and recursion.
 *   Between two neighbouring values of the last goal the same points reach above the slab; what
 * they leave undominated there is the same question with one goal fewer.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "hypervolume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t itp_front(size_t n, size_t m, double *y, const double *reference)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const double *a = y + i * m;
        int out = 0;
        for (size_t j = 0; j < m; j++) out |= !(a[j] > reference[j]);
        for (size_t k = 0; k < kept && !out; k++) {
            const double *b = y + k * m;
            size_t no_better = 0;
            for (size_t j = 0; j < m; j++) no_better += a[j] <= b[j];
            out = no_better == m;
        }
        if (out) continue;
        size_t to = 0; /* those that the new one dominates go; `a` lies behind them, untouched */
        for (size_t k = 0; k < kept; k++) {
            const double *b = y + k * m;
            size_t no_better = 0;
            for (size_t j = 0; j < m; j++) no_better += b[j] <= a[j];
            if (no_better < m) memmove(y + to++ * m, b, m * sizeof *y);
        }
        kept = to;
        memmove(y + kept++ * m, a, m * sizeof *y);
    }
    return kept;
}

static itp_status push(itp_boxes *boxes, const double *low, const double *high)
{
    size_t m = boxes->m;
    if (boxes->n == boxes->max) {
        size_t max = boxes->max ? 2 * boxes->max : 64;
        double *grown = malloc(2 * max * m * sizeof *grown);
        if (!grown) return ITP_ENOMEM;
        if (boxes->n) memcpy(grown, boxes->low, boxes->n * m * sizeof *grown);
        if (boxes->n) memcpy(grown + max * m, boxes->high, boxes->n * m * sizeof *grown);
        free(boxes->low);
        boxes->low = grown, boxes->high = grown + max * m, boxes->max = max;
    }
    memcpy(boxes->low + boxes->n * m, low, m * sizeof *low);
    memcpy(boxes->high + boxes->n * m, high, m * sizeof *high);
    boxes->n++;
    return ITP_OK;
}

/* Slabs of goal k - 1 among `n` points given by row; goals k .. m - 1 of low and high are set. */
static itp_status slabs(itp_boxes *boxes, size_t k, size_t n, const double *front,
                        const size_t *rows, const double *reference, double *low, double *high)
{
    size_t m = boxes->m, *above = calloc(n + 1, sizeof *above);
    double floor = reference[k - 1];
    itp_status st = above ? ITP_OK : ITP_ENOMEM;
    if (k == 1) { /* one goal left: all above the best */
        for (size_t i = 0; i < n; i++) floor = fmax(floor, front[rows[i] * m]);
        low[0] = floor, high[0] = INFINITY;
        if (st == ITP_OK) st = push(boxes, low, high);
        free(above);
        return st;
    }
    for (int last = 0; !last && st == ITP_OK;) {
        double top = INFINITY; /* the next value above the slab's floor */
        size_t count = 0;
        for (size_t i = 0; i < n; i++) {
            double v = front[rows[i] * m + k - 1];
            if (v > floor) above[count++] = rows[i], top = fmin(top, v);
        }
        last = count == 0;
        low[k - 1] = floor, high[k - 1] = top;
        st = slabs(boxes, k - 1, count, front, above, reference, low, high);
        floor = top;
    }
    free(above);
    return st;
}

itp_status itp_boxes_add(itp_boxes *boxes, size_t n, const double *front, const double *reference)
{
    double low[16], high[16];
    size_t *rows = malloc((n + 1) * sizeof *rows);
    if (!rows) return ITP_ENOMEM;
    for (size_t i = 0; i < n; i++) rows[i] = i;
    itp_status st = slabs(boxes, boxes->m, n, front, rows, reference, low, high);
    free(rows);
    return st;
}

void itp_boxes_deinit(itp_boxes *boxes)
{
    free(boxes->low);
    *boxes = (itp_boxes){.m = boxes->m};
}

/* Volume between the reference and the ideal corner, less that of the boxes inside it. */
double itp_hypervolume(size_t n, size_t m, double *y, const double *reference)
{
    n = itp_front(n, m, y, reference);
    if (n == 0) return 0;
    double ideal[16], volume = 1;
    for (size_t j = 0; j < m; j++) {
        ideal[j] = reference[j];
        for (size_t i = 0; i < n; i++) ideal[j] = fmax(ideal[j], y[i * m + j]);
        volume *= ideal[j] - reference[j];
    }
    itp_boxes boxes = {.m = m};
    if (itp_boxes_add(&boxes, n, y, reference) != ITP_OK) volume = NAN;
    for (size_t b = 0; b < boxes.n; b++) {
        double part = 1;
        for (size_t j = 0; j < m; j++)
            part *= fmax(0, fmin(boxes.high[b * m + j], ideal[j]) - boxes.low[b * m + j]);
        volume -= part;
    }
    itp_boxes_deinit(&boxes);
    return volume;
}

/* spots.c - a short sorted list.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "spots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

itp_status itp_spots_init(itp_spots *spots, size_t max, size_t d, size_t n_params)
{
    *spots = (itp_spots){.max = max, .d = d, .n_params = n_params};
    spots->items = calloc(max + 1, sizeof *spots->items);
    spots->store = calloc((max + 1) * (d + n_params) + 1, sizeof *spots->store);
    if (!spots->items || !spots->store) {
        itp_spots_deinit(spots);
        return ITP_ENOMEM;
    }
    for (size_t i = 0; i <= max; i++) {
        spots->items[i].x = spots->store + i * (d + n_params);
        spots->items[i].point = spots->items[i].x + d;
    }
    return ITP_OK;
}

void itp_spots_deinit(itp_spots *spots)
{
    free(spots->items);
    free(spots->store);
    *spots = (itp_spots){0};
}

int itp_same_point(size_t d, const double *a, const double *b)
{
    for (size_t j = 0; j < d; j++) {
        if (isnan(a[j]) && isnan(b[j])) continue;
        if (!(fabs(a[j] - b[j]) <= ITP_SAME_POINT)) return 0;
    }
    return 1;
}

int itp_is_taken(size_t d, const double *x, size_t n, const double *taken)
{
    for (size_t i = 0; i < n; i++)
        if (itp_same_point(d, x, taken + i * d)) return 1;
    return 0;
}

static int before(double value, size_t order, const itp_spot *spot)
{
    return value > spot->value || (value == spot->value && order < spot->order);
}

int itp_spots_wants(const itp_spots *spots, double value, size_t order)
{
    if (isnan(value) || spots->max == 0) return 0;
    return spots->n < spots->max || before(value, order, &spots->items[spots->n - 1]);
}

void itp_spots_offer(itp_spots *spots, double value, size_t order, const double *x,
                     const double *point)
{
    if (!itp_spots_wants(spots, value, order)) return;
    size_t from = spots->n; /* the slot to fill: an equal point's, a free one, or the worst */
    for (size_t i = 0; i < spots->n; i++) {
        if (!itp_same_point(spots->d, spots->items[i].x, x)) continue;
        if (!before(value, order, &spots->items[i])) return;
        from = i;
    }
    if (from == spots->n && spots->n == spots->max) from--;
    if (from == spots->n) spots->n++;
    itp_spot spot = spots->items[from];
    spot.value = value, spot.order = order;
    memcpy(spot.x, x, spots->d * sizeof *x);
    memcpy(spot.point, point, spots->n_params * sizeof *point);
    for (; from > 0 && before(value, order, &spots->items[from - 1]); from--)
        spots->items[from] = spots->items[from - 1];
    spots->items[from] = spot;
}

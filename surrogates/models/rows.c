/* rows.c - what comes from outside is checked here once; inside, a NaN is a bug.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void itp_rows_init(itp_rows *rows, size_t d)
{
    *rows = (itp_rows){.d = d};
}

void itp_rows_deinit(itp_rows *rows)
{
    free(rows->x);
    free(rows->y);
    free(rows->sd);
    free(rows->z);
    free(rows->known);
    itp_rows_init(rows, rows->d);
}

static int widen(double **vector, size_t count)
{
    double *grown = realloc(*vector, (count + 1) * sizeof *grown);
    if (grown) *vector = grown;
    return grown != NULL;
}

itp_status itp_rows_add(itp_rows *rows, const itp_data *data)
{
    size_t n = rows->n + data->n, d = rows->d;
    if (n > rows->max || !rows->x) {
        size_t max = n + n / 4 + 8;
        if (!widen(&rows->x, max * d) || !widen(&rows->y, max) || !widen(&rows->sd, max) ||
            !widen(&rows->z, max) || !widen(&rows->known, max))
            return ITP_ENOMEM;
        rows->max = max;
    }
    if (data->n == 0) return ITP_OK;
    memcpy(rows->x + rows->n * d, data->x, data->n * d * sizeof *data->x);
    memcpy(rows->y + rows->n, data->y, data->n * sizeof *data->y);
    for (size_t i = 0; i < data->n; i++)
        rows->sd[rows->n + i] = data->noise_sd ? data->noise_sd[i] : NAN;
    rows->n = n;
    return ITP_OK;
}

static void cut(double *vector, size_t n, size_t i, size_t width)
{
    memmove(vector + i * width, vector + (i + 1) * width, (n - i - 1) * width * sizeof *vector);
}

void itp_rows_remove(itp_rows *rows, size_t i)
{
    cut(rows->x, rows->n, i, rows->d);
    cut(rows->y, rows->n, i, 1);
    cut(rows->sd, rows->n, i, 1);
    cut(rows->z, rows->n, i, 1);
    cut(rows->known, rows->n, i, 1);
    rows->n--;
}

static itp_status check_coordinate(double x, const itp_column *column)
{
    if (isnan(x) && column->inactive) return ITP_OK;
    if (!isfinite(x)) return ITP_ENONFINITE;
    if (column->levels == 0) return ITP_OK;
    return x >= 0 && x < column->levels && x == floor(x) ? ITP_OK : ITP_EINVAL;
}

itp_status itp_rows_check(const itp_data *data, size_t d, const itp_column *columns)
{
    if (data->d != d) return ITP_EINVAL;
    for (size_t i = 0; i < data->n; i++) {
        if (!isfinite(data->y[i])) return ITP_ENONFINITE;
        if (data->noise_sd && (isinf(data->noise_sd[i]) || data->noise_sd[i] < 0))
            return ITP_ENONFINITE;
        for (size_t c = 0; c < d; c++) {
            itp_status st = check_coordinate(data->x[i * d + c], &columns[c]);
            if (st != ITP_OK) return st;
        }
    }
    return ITP_OK;
}

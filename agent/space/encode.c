/* encode.c - points as the models see them, and back.
 *   A label becomes its code, or its standardised descriptors; where two labels share all their
 * descriptors a code is kept beside them, so that no two labels look alike.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space_inner.h"

/* Column j of n x m, centred and scaled by its standard deviation, into out (stride). 0 when it is
 * constant and says nothing. */
static int standardise(size_t n, size_t m, const double *in, size_t j, double *out, size_t stride)
{
    double mean = 0, ss = 0;
    for (size_t i = 0; i < n; i++) mean += in[i * m + j] / (double)n;
    for (size_t i = 0; i < n; i++) ss += (in[i * m + j] - mean) * (in[i * m + j] - mean);
    double sd = sqrt(ss / (double)n);
    if (!(sd > 1e-12 * fabs(mean)) || sd == 0) return 0;
    for (size_t i = 0; i < n; i++) out[i * stride] = (in[i * m + j] - mean) / sd;
    return 1;
}

static int rows_differ(size_t n, size_t m, const double *rows)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (!memcmp(rows + i * m, rows + j * m, m * sizeof *rows)) return 0;
    return 1;
}

/* Standardised descriptors that say something; their number in *kept, which in *which (arena). */
static double *useful_descriptors(itp_arena *arena, size_t n, size_t m, const double *in,
                                  size_t *kept, size_t **which, size_t extra)
{
    *which = itp_arena_alloc(arena, m + 1, sizeof **which);
    if (!*which) return NULL;
    double *wide = itp_arena_alloc(arena, n * (m + extra), sizeof *wide);
    double *narrow = itp_arena_alloc(arena, n * (m + extra), sizeof *narrow);
    if (!wide || !narrow) return NULL;
    *kept = 0;
    for (size_t j = 0; j < m; j++)
        if (standardise(n, m, in, j, wide + *kept, m + extra)) (*which)[(*kept)++] = j;
    for (size_t i = 0; i < n; i++)
        memcpy(narrow + i * *kept, wide + i * (m + extra), *kept * sizeof *wide);
    return narrow;
}

static itp_status code_labels(itp_arena *arena, param *p)
{
    size_t n = p->is.n_levels, kept = 0;
    double *codes =
        useful_descriptors(arena, n, p->is.n_descriptors, p->is.descriptors, &kept, &p->kept, 1);
    if (!codes) return ITP_ENOMEM;
    int unique = kept > 0 && rows_differ(n, kept, codes);
    p->coded = !unique;
    p->n_columns = kept + !unique;
    p->codes = itp_arena_alloc(arena, n * p->n_columns, sizeof *p->codes);
    if (!p->codes) return ITP_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        memcpy(p->codes + i * p->n_columns, codes + i * kept, kept * sizeof *codes);
        if (!unique) p->codes[i * p->n_columns + kept] = (double)i;
    }
    return ITP_OK;
}

static itp_column column_of(const param *p, size_t index, size_t k)
{
    itp_column c = {.kind = ITP_COLUMN_REAL, .parameter = (unsigned)index};
    c.inactive = p->when != NULL || p->is.context;
    if (p->is.period > 0) c.kind = ITP_COLUMN_PERIODIC;
    if (p->is.kind != ITP_CATEGORICAL) return c;
    int code = p->coded && k + 1 == p->n_columns; /* it stands last */
    c.kind = code ? ITP_COLUMN_CATEGORY : ITP_COLUMN_DESCRIPTOR;
    c.levels = code ? (unsigned)p->is.n_levels : 0;
    return c;
}

itp_status itp_space_refresh_columns(itp_space *space)
{
    size_t d = 0, first = space->n;
    for (size_t i = 0; i < space->n; i++) {
        param *p = &space->params[i];
        p->column = d;
        p->n_columns = !p->described;
        if (p->described && first == space->n) first = i;
        if (!p->described && p->is.kind == ITP_CATEGORICAL &&
            code_labels(&space->arena, p) != ITP_OK)
            return ITP_ENOMEM;
        d += p->n_columns;
    }
    size_t more = space->n_descriptors + (space->n_sources > 0);
    itp_column *columns = itp_arena_alloc(&space->arena, d + more, sizeof *columns);
    if (!columns) return ITP_ENOMEM;
    for (size_t i = 0; i < space->n; i++) {
        const param *p = &space->params[i];
        for (size_t k = 0; k < p->n_columns; k++) columns[p->column + k] = column_of(p, i, k);
    }
    for (size_t j = 0; j < space->n_descriptors; j++)
        columns[d++] = (itp_column){.kind = ITP_COLUMN_DESCRIPTOR, .parameter = (unsigned)first};
    if (space->n_sources > 0)
        columns[d++] = (itp_column){.kind = ITP_COLUMN_SOURCE, .levels = space->n_sources};
    space->columns = columns;
    space->d = d;
    return ITP_OK;
}

const char *itp_space_column_name(const itp_space *space, size_t column)
{
    size_t m = space->n_descriptors, last = space->n_sources > 0;
    if (column >= space->d) return "";
    if (last && column + 1 == space->d) return "source";
    if (m && column >= space->d - last - m && space->descriptor_names)
        return space->descriptor_names[space->kept[column - (space->d - last - m)]];
    const param *p = &space->params[space->columns[column].parameter];
    size_t k = column - p->column;
    int code = k + p->coded >= p->n_columns;
    if (space->columns[column].kind != ITP_COLUMN_DESCRIPTOR || code || !p->is.descriptor_names)
        return p->is.name;
    return p->is.descriptor_names[p->kept[k]];
}

itp_status itp_space_add_sources(itp_space *space, unsigned n)
{
    if (space->n_rows || n < 2) return ITP_ESTATE;
    space->n_sources = n;
    itp_status st = itp_space_refresh_columns(space);
    return st == ITP_OK ? itp_space_refresh_linear(space) : st;
}

/* What is no parameter's: descriptors of a row of the table, then the source, which is our own. */
static void encode_rest(const itp_space *space, const double *codes, double *x)
{
    size_t m = space->n_descriptors, last = space->n_sources > 0;
    if (m) memcpy(x + space->d - last - m, codes, m * sizeof *x);
    if (last) x[space->d - 1] = 0;
}

size_t itp_space_d(const itp_space *space)
{
    return space->d;
}

const itp_column *itp_space_columns(const itp_space *space)
{
    return space->columns;
}

static void encode_param(const param *p, double value, double *x)
{
    if (p->is.context && !isnan(value)) value = itp_param_snap(&p->is, value);
    for (size_t k = 0; k < p->n_columns; k++) {
        if (isnan(value))
            x[p->column + k] = NAN;
        else if (p->is.kind == ITP_CATEGORICAL)
            x[p->column + k] = p->codes[(size_t)value * p->n_columns + k];
        else if (p->is.period > 0)
            x[p->column + k] = fmod((value - p->is.low) / p->is.period, 1);
        else
            x[p->column + k] = itp_param_to_unit(&p->is, value);
    }
}

itp_status itp_space_encode(const itp_space *space, const double *point, double *x, itp_error *err)
{
    int active[space->n];
    itp_space_active(space, point, active);
    for (size_t i = 0; i < space->n; i++) {
        const itp_param *p = &space->params[i].is;
        double v = point[i];
        if (isnan(v) && (p->context || !active[i])) continue;
        if (p->context) continue; /* The world keeps to no bounds: it counts as at the nearest. */
        if (isnan(v)) return itp_fail(err, ITP_ERANGE, "%s has no value", p->name);
        if (!active[i])
            return itp_fail(err, ITP_ERANGE, "%s is inactive there (when %s)", p->name, p->when);
        if (p->kind == ITP_CATEGORICAL && itp_param_snap(p, v) != v)
            return itp_fail(err, ITP_ERANGE, "%s: no label number %g", p->name, v);
        if (p->kind == ITP_DISCRETE && itp_param_snap(p, v) != v)
            return itp_fail(err, ITP_ERANGE, "%s = %.17g is none of its values", p->name, v);
        if (p->kind == ITP_INTEGER && v != round(v))
            return itp_fail(err, ITP_ERANGE, "%s = %.17g is no integer", p->name, v);
        if ((p->kind == ITP_REAL || p->kind == ITP_INTEGER) && (v < p->low || v > p->high))
            return itp_fail(err, ITP_ERANGE, "%s = %.17g is outside %g .. %g", p->name, v, p->low,
                            p->high);
    }
    long row = space->n_descriptors ? itp_space_find_candidate(space, point) : 0;
    if (row < 0) return itp_fail(err, ITP_ERANGE, "the point is no row of the candidate table");
    for (size_t i = 0; i < space->n; i++) encode_param(&space->params[i], point[i], x);
    size_t m = space->n_descriptors;
    encode_rest(space, m ? space->row_codes + (size_t)row * m : NULL, x);
    return ITP_OK;
}

static double decode_label(const param *p, const double *x)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < p->is.n_levels; i++) {
        double distance = 0;
        for (size_t k = 0; k < p->n_columns; k++) {
            double gap = p->codes[i * p->n_columns + k] - x[p->column + k];
            distance += gap * gap;
        }
        if (distance < least) least = distance, best = i;
    }
    return (double)best;
}

/* Distance between encoded points as the columns mean it. */
static double encoded_gap(const itp_column *c, double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b) ? 0 : 1;
    double gap = fabs(a - b);
    if (c->kind == ITP_COLUMN_CATEGORY || c->kind == ITP_COLUMN_SOURCE) return gap != 0;
    if (c->kind == ITP_COLUMN_PERIODIC) return gap > 0.5 ? 1 - gap : gap;
    return gap;
}

double itp_encoded_distance2(const itp_space *space, const double *a, const double *b)
{
    double sum = 0;
    for (size_t j = 0; j < space->d; j++) {
        double gap = encoded_gap(&space->columns[j], a[j], b[j]);
        sum += gap * gap;
    }
    return sum;
}

itp_status itp_space_decode(const itp_space *space, const double *x, double *point)
{
    if (space->n_rows) {
        size_t best = 0;
        double least = INFINITY;
        for (size_t i = 0; i < space->n_rows; i++) {
            double distance = itp_encoded_distance2(space, x, space->matrix + i * space->d);
            if (distance < least) least = distance, best = i;
        }
        memcpy(point, space->rows + best * space->n, space->n * sizeof *point);
        return ITP_OK;
    }
    double middle[space->n];
    for (size_t i = 0; i < space->n; i++) {
        const param *p = &space->params[i];
        middle[i] = itp_param_from_unit(&p->is, p->is.kind == ITP_CATEGORICAL ? 0 : 0.5);
        double u = x[p->column];
        if (isnan(u))
            point[i] = NAN;
        else if (p->is.kind == ITP_CATEGORICAL)
            point[i] = decode_label(p, x);
        else if (p->is.period > 0)
            point[i] = p->is.low + p->is.period * (u - floor(u));
        else
            point[i] = itp_param_from_unit(&p->is, u);
    }
    double context[space->n];
    memcpy(context, point, sizeof context);
    itp_space_snap(space, point, middle);
    for (size_t i = 0; i < space->n; i++)
        if (space->params[i].is.context && !isnan(context[i]))
            point[i] = itp_param_snap(&space->params[i].is, context[i]);
    return ITP_OK;
}

itp_status itp_space_refresh_rows(itp_space *space, size_t m, const double *descriptors)
{
    size_t kept = 0;
    double *codes =
        useful_descriptors(&space->arena, space->n_rows, m, descriptors, &kept, &space->kept, 0);
    if (!codes) return ITP_ENOMEM;
    space->row_codes = codes;
    space->n_descriptors = kept;
    itp_status st = itp_space_refresh_columns(space);
    if (st != ITP_OK) return st;
    space->matrix = itp_arena_alloc(&space->arena, space->n_rows * space->d, sizeof(double));
    if (!space->matrix) return ITP_ENOMEM;
    for (size_t r = 0; r < space->n_rows; r++) {
        double *x = space->matrix + r * space->d;
        for (size_t i = 0; i < space->n; i++)
            encode_param(&space->params[i], space->rows[r * space->n + i], x);
        encode_rest(space, space->row_codes + r * kept, x);
    }
    return ITP_OK;
}

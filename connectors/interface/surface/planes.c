/* planes.c - where a facet can be cut, and which cuts are the same.
 *   A space-group operation that keeps the normal moves heights by a constant; two cuts that differ
 *   by such a constant are one termination. Those whose constant is a whole period are the plane
 *   group of every half crystal; those that turn the normal over say which slabs are symmetric.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "planes.h"

#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "vec.h"

static const double SAME = 2.0e-4; /* of a period: equal heights */

/* The operation in the facet's own coordinates: y' = y q + t. */
static void to_facet(const itp_facet *f, const itp_operation *op, double q[3][3], double t[3])
{
    double rows[3][3], inverse[3][3], turned[3][3];
    for (int i = 0; i < 9; i++) rows[i / 3][i % 3] = (double)f->rows[i / 3][i % 3] / ITP_GRID;
    vec_invert((const double(*)[3])rows, inverse);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            turned[i][j] = 0;
            for (int k = 0; k < 3; k++) turned[i][j] += rows[i][k] * op->rotation[j][k];
        }
    vec_multiply((const double(*)[3])turned, (const double(*)[3])inverse, q);
    vec_frame(op->shift, (const double(*)[3])inverse, t);
}

static int known_op(const itp_facet *f, const itp_planeop *op)
{
    for (size_t k = 0; k < f->n_ops; k++)
        if (memcmp(f->ops[k].m, op->m, sizeof op->m) == 0 &&
            vec_circle(f->ops[k].shift[0], op->shift[0]) < SAME &&
            vec_circle(f->ops[k].shift[1], op->shift[1]) < SAME)
            return 1;
    return 0;
}

static void sort_out(itp_facet *f, const itp_operation *op)
{
    double q[3][3], t[3];
    to_facet(f, op, q, t);
    if (fabs(q[0][2]) > 1e-3 || fabs(q[1][2]) > 1e-3) return; /* tilts the facet */
    if (q[2][2] < 0) {
        double flip = vec_wrap(t[2], SAME);
        for (size_t k = 0; k < f->n_flips; k++)
            if (vec_circle(f->flips[k], flip) < SAME) return;
        f->flips[f->n_flips++] = flip;
        return;
    }
    if (vec_circle(t[2], 0) > SAME) return; /* leads to another termination: see same_cut */
    itp_planeop plane;
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) plane.m[i][j] = (int)lround(q[i][j]);
        /* A whole number of periods up is a step along c, which leans over sideways not at all in
         * these coordinates, so the shift in the plane stays as it is. */
        plane.shift[i] = vec_wrap(t[i], SAME);
    }
    if (!known_op(f, &plane)) f->ops[f->n_ops++] = plane;
}

itp_status itp_facet_operations(itp_facet *f, itp_error *err)
{
    const itp_symmetry *s = f->phase->symmetry;
    f->ops = calloc(s->n, sizeof *f->ops);
    f->flips = calloc(s->n, sizeof *f->flips);
    if (!f->ops || !f->flips) return itp_fail(err, ITP_ENOMEM, "symmetry of a facet");
    for (size_t o = 0; o < s->n; o++) sort_out(f, &s->operations[o]);
    return ITP_OK;
}

static int same_cut(const itp_facet *f, double a, double b)
{
    const itp_symmetry *s = f->phase->symmetry;
    for (size_t o = 0; o < s->n; o++) {
        double q[3][3], t[3];
        to_facet(f, &s->operations[o], q, t);
        if (fabs(q[0][2]) > 1e-3 || fabs(q[1][2]) > 1e-3 || q[2][2] < 0) continue;
        if (vec_circle(a + t[2], b) < SAME) return 1;
    }
    return 0;
}

/* ---- planes ------------------------------------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int by_height(const void *a, const void *b)
{
    const itp_plane *x = a, *y = b;
    return x->height < y->height ? -1 : x->height > y->height;
}

static void name_plane(const itp_facet *f, itp_plane *p, double low, double high)
{
    itp_crystal only = {.n = 0};
    int z[64];
    for (size_t i = 0; i < f->n && only.n < 64; i++) {
        double up = f->frac[i][2] - low;
        up -= floor(up + SAME);
        if (up <= high - low + SAME) z[only.n++] = f->z[i];
    }
    only.z = z;
    itp_crystal_formula(&only, sizeof p->formula, p->formula);
}

/* Runs of heights without a gap, on the circle of one period. */
static itp_status gather(itp_facet *f, itp_error *err)
{
    double *s = malloc(2 * f->n * sizeof *s);
    f->planes = calloc(f->n, sizeof *f->planes);
    if (!s || !f->planes) {
        free(s);
        return itp_fail(err, ITP_ENOMEM, "planes of a facet");
    }
    for (size_t i = 0; i < f->n; i++) s[i] = f->frac[i][2];
    qsort(s, f->n, sizeof *s, by_number);
    for (size_t i = 0; i < f->n; i++) s[f->n + i] = s[i] + 1;
    double gap = ITP_LAYER_GAP / f->period, widest = 0;
    size_t start = 0;
    for (size_t i = 0; i < f->n; i++)
        if (s[i + 1] - s[i] > widest + SAME) {
            widest = s[i + 1] - s[i];
            start = i + 1;
        }
    if (gap > widest - SAME) gap = widest - SAME; /* a cut somewhere there must be */
    for (size_t i = start; i < start + f->n;) {
        size_t last = i;
        while (last + 1 < start + f->n && s[(last + 1) % f->n] + (double)((last + 1) / f->n) -
                                                  (s[last % f->n] + (double)(last / f->n)) <=
                                              gap)
            last++;
        double low = s[i % f->n] + (double)(i / f->n),
               high = s[last % f->n] + (double)(last / f->n);
        double next = s[(last + 1) % f->n] + (double)((last + 1) / f->n);
        itp_plane *p = &f->planes[f->n_planes++];
        p->height = vec_wrap((low + high) / 2, SAME);
        p->cut = p->height + (high - low) / 2 + (next - high) / 2;
        p->gap = (next - high) * f->period;
        name_plane(f, p, low, high);
        i = last + 1;
    }
    free(s);
    qsort(f->planes, f->n_planes, sizeof *f->planes, by_height);
    return ITP_OK;
}

itp_status itp_facet_planes(itp_facet *f, itp_error *err)
{
    itp_status st = gather(f, err);
    if (st != ITP_OK) return st;
    f->terminations = calloc(f->n_planes, sizeof *f->terminations);
    if (!f->terminations) return itp_fail(err, ITP_ENOMEM, "terminations of a facet");
    for (size_t p = 0; p < f->n_planes; p++) {
        size_t t = 0;
        while (t < f->n_terminations &&
               !same_cut(f, f->planes[f->terminations[t]].cut, f->planes[p].cut))
            t++;
        if (t == f->n_terminations) f->terminations[f->n_terminations++] = p;
        f->planes[p].termination = (int)t;
    }
    return ITP_OK;
}

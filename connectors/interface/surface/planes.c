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

/* Operations with real shifts, before the origin has been chosen. */
typedef struct loose {
    int m[2][2];
    double shift[2];
} loose;

static int known_op(const loose *list, size_t n, const loose *op)
{
    for (size_t k = 0; k < n; k++)
        if (memcmp(list[k].m, op->m, sizeof op->m) == 0 &&
            vec_circle(list[k].shift[0], op->shift[0]) < SAME &&
            vec_circle(list[k].shift[1], op->shift[1]) < SAME)
            return 1;
    return 0;
}

/* Files the operation under flips, plane group or neither. */
static void sort_out(itp_facet *f, const itp_operation *op, loose *list)
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
    loose plane;
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) plane.m[i][j] = (int)lround(q[i][j]);
        /* What goes a whole period up comes back along c, which changes nothing in the plane. */
        plane.shift[i] = vec_wrap(t[i], SAME);
    }
    if (!known_op(list, f->n_ops, &plane)) list[f->n_ops++] = plane;
}

static int order_of(const int m[2][2])
{
    int det = m[0][0] * m[1][1] - m[0][1] * m[1][0], trace = m[0][0] + m[1][1];
    if (det < 0) return -1; /* a mirror or glide */
    return trace == 2 ? 1 : trace == -2 ? 2 : trace == -1 ? 3 : trace == 0 ? 4 : 6;
}

/* 1 when point a comes before b; equal within the tolerance is not before. */
static int point_before(const double a[2], const double b[2])
{
    for (int j = 0; j < 2; j++)
        if (fabs(a[j] - b[j]) > SAME) return a[j] < b[j];
    return 0;
}

/* A centre of the highest rotation, else a point on a mirror or glide line, else where it was. Of
 * several the first, so the choice does not hang on the order of the operations. */
static void choose_origin(const loose *list, size_t n, double origin[2])
{
    int highest = 1, mirror = 0;
    double best[2] = {2, 2};
    for (size_t k = 0; k < n; k++) {
        int order = order_of((const int(*)[2])list[k].m);
        if (order > highest) highest = order;
        mirror |= order < 0;
    }
    origin[0] = origin[1] = 0;
    if (highest == 1 && !mirror) return;
    for (size_t k = 0; k < n; k++) {
        const int(*m)[2] = (const int(*)[2])list[k].m;
        if (order_of(m) != (highest > 1 ? highest : -1)) continue;
        for (int u = -3; u <= 3; u++)
            for (int v = -3; v <= 3; v++) {
                double w[2] = {list[k].shift[0] + u, list[k].shift[1] + v}, p[2];
                if (highest > 1) { /* p (1 - m) = w */
                    double a = 1 - m[0][0], b = -m[0][1], c = -m[1][0], d = 1 - m[1][1];
                    double det = a * d - b * c;
                    p[0] = (w[0] * d - w[1] * c) / det;
                    p[1] = (w[1] * a - w[0] * b) / det;
                } else { /* half of what lies across the mirror: w - w m over four */
                    for (int j = 0; j < 2; j++) p[j] = (w[j] - w[0] * m[0][j] - w[1] * m[1][j]) / 4;
                }
                for (int j = 0; j < 2; j++) p[j] = vec_wrap(p[j], SAME);
                if (point_before(p, best)) memcpy(best, p, sizeof best);
            }
    }
    memcpy(origin, best, sizeof best);
}

static itp_status settle(itp_facet *f, const loose *list, itp_error *err)
{
    double o[2];
    choose_origin(list, f->n_ops, o);
    for (size_t i = 0; i < f->n; i++)
        for (int j = 0; j < 2; j++) f->frac[i][j] = vec_wrap(f->frac[i][j] - o[j], 1e-6);
    for (size_t k = 0; k < f->n_ops; k++) {
        const int(*m)[2] = (const int(*)[2])list[k].m;
        memcpy(f->ops[k].m, list[k].m, sizeof list[k].m);
        for (int j = 0; j < 2; j++) {
            double w = (list[k].shift[j] + o[0] * m[0][j] + o[1] * m[1][j] - o[j]) * ITP_SHIFTS;
            long whole = lround(w);
            if (fabs(w - (double)whole) > 0.05)
                return itp_fail(err, ITP_ESCIENTIFIC, "%s(%d%d%d): a glide is no 24th of the cell",
                                f->phase->label, f->miller.h[0], f->miller.h[1], f->miller.h[2]);
            f->ops[k].shift[j] = (int)(((whole % ITP_SHIFTS) + ITP_SHIFTS) % ITP_SHIFTS);
        }
    }
    return ITP_OK;
}

itp_status itp_facet_operations(itp_facet *f, itp_error *err)
{
    const itp_symmetry *s = f->phase->symmetry;
    loose *list = calloc(s->n, sizeof *list);
    f->ops = calloc(s->n, sizeof *f->ops);
    f->flips = calloc(s->n, sizeof *f->flips);
    itp_status st = ITP_ENOMEM;
    if (list && f->ops && f->flips) {
        for (size_t o = 0; o < s->n; o++) sort_out(f, &s->operations[o], list);
        st = settle(f, list, err);
    } else {
        (void)itp_fail(err, ITP_ENOMEM, "symmetry of a facet");
    }
    free(list);
    return st;
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

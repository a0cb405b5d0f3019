/* match.c - the complete search, and what a match measures.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "match.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

enum { MATCHES_MAX = 1000000 };
static const double AREA_MAX = 5000, STRAIN_MAX = 0.3;

void itp_match_lower_cell(const itp_facet *f, double cell[2][2])
{
    cell[0][0] = f->cell[0][0];
    cell[0][1] = 0;
    cell[1][0] = f->cell[1][0];
    cell[1][1] = f->cell[1][1];
}

void itp_match_upper_cell(const itp_facet *f, double cell[2][2])
{
    cell[0][0] = f->cell[0][0];
    cell[0][1] = 0;
    cell[1][0] = -f->cell[1][0];
    cell[1][1] = f->cell[1][1];
}

static void rows_of(const long m[2][2], const double cell[2][2], double out[2][2])
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            out[i][j] = (double)m[i][0] * cell[0][j] + (double)m[i][1] * cell[1][j];
}

/* s1 = s2 f; singular values and rotation of f. */
static void deformation(const double s1[2][2], const double s2[2][2], double strain[2],
                        double *turn)
{
    double det = s2[0][0] * s2[1][1] - s2[0][1] * s2[1][0];
    double i2[2][2] = {{s2[1][1] / det, -s2[0][1] / det}, {-s2[1][0] / det, s2[0][0] / det}},
           f[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) f[i][j] = i2[i][0] * s1[0][j] + i2[i][1] * s1[1][j];
    /* Sum and difference of the singular values in closed form. */
    double plus = hypot(f[0][0] + f[1][1], f[0][1] - f[1][0]);
    double minus = hypot(f[0][0] - f[1][1], f[0][1] + f[1][0]);
    strain[0] = (plus + minus) / 2 - 1;
    strain[1] = (plus - minus) / 2 - 1;
    *turn = atan2(f[0][1] - f[1][0], f[0][0] + f[1][1]);
}

void itp_match_measure(const itp_pair *pair, const itp_facet *lower, const itp_facet *upper,
                       itp_match *out)
{
    double c1[2][2], c2[2][2], s1[2][2], s2[2][2], turn;
    itp_match_lower_cell(lower, c1);
    itp_match_upper_cell(upper, c2);
    rows_of(pair->m1, (const double(*)[2])c1, s1);
    rows_of(pair->m2, (const double(*)[2])c2, s2);
    out->pair = *pair;
    out->n1 = labs(itp_pair_det(pair->m1));
    out->n2 = labs(itp_pair_det(pair->m2));
    out->area = (double)out->n1 * lower->area;
    deformation((const double(*)[2])s1, (const double(*)[2])s2, out->strain, &turn);
    double degrees = turn * 180 / ITP_PI;
    degrees -= 360 * floor(degrees / 360);
    out->twist = degrees >= 360 - 1e-9 ? 0 : degrees;
}

/* ---- vectors of the upper lattice, by length ---------------------------------------------------
 */

typedef struct arrow {
    double length, r[2];
    long m[2];
} arrow;

typedef struct arrows {
    arrow *list;
    size_t n;
} arrows;

static int by_length(const void *a, const void *b)
{
    double x = ((const arrow *)a)->length, y = ((const arrow *)b)->length;
    return x < y ? -1 : x > y;
}

static itp_status collect_arrows(const double cell[2][2], double longest, arrows *out,
                                 itp_error *err)
{
    double area = cell[0][0] * cell[1][1] - cell[0][1] * cell[1][0];
    double step = hypot(cell[0][0], cell[0][1]);
    long rows = (long)ceil(longest * step / area) + 1;
    size_t room = (size_t)(ITP_PI * longest * longest / area * 1.3) + 1024, n = 0;
    arrow *list = malloc(room * sizeof *list);
    for (long j = -rows; list && j <= rows; j++) {
        double y = (double)j * (cell[0][0] * cell[1][1] - cell[0][1] * cell[1][0]) / step;
        double rest = longest * longest - y * y;
        if (rest < 0) continue;
        double along = ((double)j * (cell[1][0] * cell[0][0] + cell[1][1] * cell[0][1])) / step;
        long from = (long)ceil((-sqrt(rest) - along) / step),
             to = (long)floor((sqrt(rest) - along) / step);
        for (long i = from; i <= to; i++) {
            if (i == 0 && j == 0) continue;
            if (n == room) {
                arrow *more = realloc(list, (room *= 2) * sizeof *list);
                if (!more) free(list);
                list = more;
                if (!list) break;
            }
            arrow *a = &list[n++];
            for (int k = 0; k < 2; k++) a->r[k] = (double)i * cell[0][k] + (double)j * cell[1][k];
            a->length = hypot(a->r[0], a->r[1]);
            a->m[0] = i;
            a->m[1] = j;
        }
    }
    if (!list) return itp_fail(err, ITP_ENOMEM, "vectors up to %g angstrom", longest);
    qsort(list, n, sizeof *list, by_length);
    *out = (arrows){list, n};
    return ITP_OK;
}

static size_t first_longer(const arrows *a, double length)
{
    size_t low = 0, high = a->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (a->list[mid].length < length)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* ---- the search --------------------------------------------------------------------------------
 */

typedef struct search {
    const itp_facet *lower, *upper;
    itp_bounds bounds;
    itp_turn turn;
    double c1[2][2], c2[2][2];
    arrows arrows;
    itp_match *list;
    size_t n, room;
} search;

static void reduce(const double cell[2][2], long m[2][2])
{
    for (int step = 0; step < 200; step++) {
        double s[2][2];
        rows_of((const long(*)[2])m, cell, s);
        double aa = s[0][0] * s[0][0] + s[0][1] * s[0][1],
               bb = s[1][0] * s[1][0] + s[1][1] * s[1][1];
        double ab = s[0][0] * s[1][0] + s[0][1] * s[1][1];
        if (bb < aa * (1 - 1e-9)) { /* (a, b) -> (b, -a) keeps the hand */
            for (int j = 0; j < 2; j++) {
                long t = m[0][j];
                m[0][j] = m[1][j];
                m[1][j] = -t;
            }
            continue;
        }
        long q = lround(ab / aa);
        if (fabs(ab) <= (0.5 + 1e-9) * aa) return;
        for (int j = 0; j < 2; j++) m[1][j] -= q * m[0][j];
    }
}

static int same_pair(const void *a, const void *b)
{
    return itp_pair_compare(&((const itp_match *)a)->pair, &((const itp_match *)b)->pair);
}

/* Sorts and drops repeats; called when the list is full, so memory follows the distinct matches. */
static void drop_repeats(search *s)
{
    if (s->n == 0) return;
    qsort(s->list, s->n, sizeof *s->list, same_pair);
    size_t kept = 1;
    for (size_t i = 1; i < s->n; i++)
        if (same_pair(&s->list[i], &s->list[kept - 1]) != 0) s->list[kept++] = s->list[i];
    s->n = kept;
}

static itp_status keep(search *s, const itp_match *match, itp_error *err)
{
    if (s->n == s->room) {
        drop_repeats(s);
        if (s->n > s->bounds.most)
            return itp_fail(err, ITP_ERANGE, "more than %zu matches: lower the area or the strain",
                            s->bounds.most);
        if (s->n * 2 >= s->room) {
            itp_match *more = realloc(s->list, 2 * (s->room + 512) * sizeof *more);
            if (!more) return itp_fail(err, ITP_ENOMEM, "%zu matches", s->n);
            s->list = more;
            s->room = 2 * (s->room + 512);
        }
    }
    s->list[s->n++] = *match;
    return ITP_OK;
}

static itp_status try_pair(search *s, const long m1[2][2], const double s1[2][2], const arrow *p,
                           const arrow *q, itp_error *err)
{
    itp_pair pair = {.registry = {0, 0}};
    double s2[2][2] = {{p->r[0], p->r[1]}, {q->r[0], q->r[1]}}, strain[2], turn;
    if (s2[0][0] * s2[1][1] - s2[0][1] * s2[1][0] <= 0) return ITP_OK;
    deformation(s1, (const double(*)[2])s2, strain, &turn);
    if (strain[0] > s->bounds.strain || -strain[1] > s->bounds.strain) return ITP_OK;
    memcpy(pair.m1, m1, sizeof pair.m1);
    memcpy(pair.m2[0], p->m, sizeof p->m);
    memcpy(pair.m2[1], q->m, sizeof q->m);
    if (!itp_pair_is_primitive(&pair)) return ITP_OK;
    itp_match match;
    itp_pair normal = itp_pair_normal(&pair, s->lower, s->upper, s->turn, ITP_NORMAL_LATTICE);
    itp_match_measure(&normal, s->lower, s->upper, &match);
    return keep(s, &match, err);
}

static itp_status search_superlattice(search *s, const long hermite[2][2], itp_error *err)
{
    long m1[2][2];
    double s1[2][2];
    memcpy(m1, hermite, sizeof m1);
    reduce((const double(*)[2])s->c1, m1);
    rows_of((const long(*)[2])m1, (const double(*)[2])s->c1, s1);
    double longest = 1 / (1 - s->bounds.strain) + 1e-12,
           shortest = 1 / (1 + s->bounds.strain) - 1e-12;
    double lp = hypot(s1[0][0], s1[0][1]), lq = hypot(s1[1][0], s1[1][1]);
    size_t p0 = first_longer(&s->arrows, lp * shortest),
           q0 = first_longer(&s->arrows, lq * shortest);
    for (size_t p = p0; p < s->arrows.n && s->arrows.list[p].length <= lp * longest; p++)
        for (size_t q = q0; q < s->arrows.n && s->arrows.list[q].length <= lq * longest; q++) {
            itp_status st = try_pair(s, (const long(*)[2])m1, (const double(*)[2])s1,
                                     &s->arrows.list[p], &s->arrows.list[q], err);
            if (st != ITP_OK) return st;
        }
    return ITP_OK;
}

/* 1 when no rotation of A alone gives an earlier Hermite form: the others are found from this one.
 */
static int is_first(const search *s, const long h[2][2])
{
    itp_pair probe = {.registry = {0, 0}};
    static const long UNIT[2][2] = {{1, 0}, {0, 1}};
    memcpy(probe.m1, h, sizeof probe.m1);
    memcpy(probe.m2, UNIT, sizeof probe.m2);
    for (size_t i = 0; i < s->lower->n_ops; i++) {
        const int(*m)[2] = (const int(*)[2])s->lower->ops[i].m;
        if (m[0][0] * m[1][1] - m[0][1] * m[1][0] < 0) continue;
        itp_pair image;
        for (size_t j = 0; j < s->upper->n_ops; j++) {
            const int(*e)[2] = (const int(*)[2])s->upper->ops[j].m;
            if (e[0][0] != 1 || e[1][1] != 1 || e[0][1] || e[1][0]) continue;
            if (!itp_pair_image(&probe, s->lower, s->upper, i, j, UNIT, &image)) continue;
            if (memcmp(image.m1, h, sizeof image.m1) == 0) continue;
            for (int k = 0; k < 4; k++) {
                long a = image.m1[k / 2][k % 2], b = h[k / 2][k % 2];
                if (a != b) {
                    if (a < b) return 0;
                    break;
                }
            }
        }
    }
    return 1;
}

static int by_area(const void *a, const void *b)
{
    const itp_match *x = a, *y = b;
    if (x->n1 != y->n1) return x->n1 < y->n1 ? -1 : 1;
    double ex = fmax(fabs(x->strain[0]), fabs(x->strain[1]));
    double ey = fmax(fabs(y->strain[0]), fabs(y->strain[1]));
    if (fabs(ex - ey) > 1e-9) return ex < ey ? -1 : 1;
    return itp_pair_compare(&x->pair, &y->pair);
}

static itp_status run(search *s, itp_error *err)
{
    long cells = (long)floor(s->bounds.area / s->lower->area + 1e-9);
    double longest = 0;
    /* The longest reduced vector of a superlattice: its area over the shortest vector there is. */
    longest = 1.1547 * s->bounds.area / s->lower->cell[0][0];
    longest = fmax(longest, 2 * sqrt(s->bounds.area)) / (1 - s->bounds.strain);
    itp_status st = collect_arrows((const double(*)[2])s->c2, longest, &s->arrows, err);
    for (long n = 1; st == ITP_OK && n <= cells; n++)
        for (long a = 1; st == ITP_OK && a <= n; a++) {
            if (n % a) continue;
            for (long b = 0; st == ITP_OK && b < n / a; b++) {
                long h[2][2] = {{a, b}, {0, n / a}};
                if (is_first(s, (const long(*)[2])h))
                    st = search_superlattice(s, (const long(*)[2])h, err);
            }
        }
    drop_repeats(s);
    if (st == ITP_OK && s->n > s->bounds.most)
        st = itp_fail(err, ITP_ERANGE, "%zu matches, at most %zu: lower the area or the strain",
                      s->n, s->bounds.most);
    return st;
}

itp_status itp_match_list(const itp_facet *lower, const itp_facet *upper, const itp_bounds *bounds,
                          itp_turn turn, itp_match **list, size_t *n, itp_error *err)
{
    if (!(bounds->area > 0) || bounds->area > AREA_MAX || !(bounds->strain >= 0) ||
        bounds->strain > STRAIN_MAX)
        return itp_fail(err, ITP_ERANGE, "area %g (to %g angstrom^2), strain %g (to %g)",
                        bounds->area, AREA_MAX, bounds->strain, STRAIN_MAX);
    search s = {.lower = lower, .upper = upper, .bounds = *bounds, .turn = turn};
    if (s.bounds.most == 0) s.bounds.most = MATCHES_MAX;
    s.bounds.strain += 1e-12; /* a strain of exactly the bound is within it */
    itp_match_lower_cell(lower, s.c1);
    itp_match_upper_cell(upper, s.c2);
    itp_status st = run(&s, err);
    free(s.arrows.list);
    if (st != ITP_OK) {
        free(s.list);
        return st;
    }
    if (s.n) qsort(s.list, s.n, sizeof *s.list, by_area);
    *list = s.list;
    *n = s.n;
    return ITP_OK;
}

size_t itp_match_nearest(const itp_match *list, size_t n, const itp_facet *lower,
                         const itp_facet *upper, double twist, double *off)
{
    static const long UNIT[2][2] = {{1, 0}, {0, 1}};
    size_t best = 0;
    *off = INFINITY;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < lower->n_ops; i++)
            for (size_t j = 0; j < upper->n_ops; j++) {
                itp_pair image;
                itp_match one;
                if (!itp_pair_image(&list[k].pair, lower, upper, i, j, UNIT, &image)) continue;
                itp_match_measure(&image, lower, upper, &one);
                double apart = fabs(one.twist - twist);
                apart -= 360 * floor(apart / 360);
                apart = fmin(apart, 360 - apart);
                if (apart < *off - 1e-9) {
                    *off = apart;
                    best = k;
                }
            }
    return best;
}

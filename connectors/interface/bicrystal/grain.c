/* grain.c - from axis, Sigma and plane to the match that has this misorientation.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "grain.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

enum { GENERATOR_MAX = 60, PLANE_MAX = 40 };

itp_status itp_grain_rotation(itp_grain *g, double rotation[3][3], itp_error *err)
{
    long common = vec_gcd(vec_gcd(g->axis[0], g->axis[1]), g->axis[2]);
    if (common == 0) return itp_fail(err, ITP_EINVAL, "an axis of [000]");
    double u[3], best = INFINITY;
    long length2 = 0;
    for (int i = 0; i < 3; i++) length2 += (g->axis[i] / common) * (g->axis[i] / common);
    for (int i = 0; i < 3; i++) u[i] = (double)(g->axis[i] / common) / sqrt((double)length2);
    for (long m = 1; m <= GENERATOR_MAX; m++)
        for (long n = 1; n <= GENERATOR_MAX; n++) {
            long sigma = m * m + n * n * length2;
            if (vec_gcd(m, n) != 1) continue;
            while (sigma % 2 == 0) sigma /= 2;
            double angle = 2 * atan((double)n * sqrt((double)length2) / (double)m);
            if (sigma == g->sigma && angle < best) best = angle;
        }
    if (!isfinite(best))
        return itp_fail(err, ITP_ENOTFOUND, "no Sigma %ld about [%d%d%d]", g->sigma, g->axis[0],
                        g->axis[1], g->axis[2]);
    g->angle = best * 180 / ITP_PI;
    double c = cos(best), s = sin(best);
    double made[3][3] = {{c + u[0] * u[0] * (1 - c), u[0] * u[1] * (1 - c) + u[2] * s,
                          u[0] * u[2] * (1 - c) - u[1] * s},
                         {u[1] * u[0] * (1 - c) - u[2] * s, c + u[1] * u[1] * (1 - c),
                          u[1] * u[2] * (1 - c) + u[0] * s},
                         {u[2] * u[0] * (1 - c) + u[1] * s, u[2] * u[1] * (1 - c) - u[0] * s,
                          c + u[2] * u[2] * (1 - c)}};
    memcpy(rotation, made, sizeof made);
    return ITP_OK;
}

/* The smallest integers along a direction; 0 when there are none up to PLANE_MAX. */
static int rational(const double v[3], int out[3])
{
    double largest = fmax(fabs(v[0]), fmax(fabs(v[1]), fabs(v[2])));
    for (int k = 1; k <= PLANE_MAX; k++) {
        double worst = 0;
        for (int i = 0; i < 3; i++) {
            double x = v[i] / largest * k;
            out[i] = (int)lround(x);
            worst = fmax(worst, fabs(x - out[i]));
        }
        if (worst < 1e-6) return 1;
    }
    return 0;
}

/* Upper grain's Cartesian frame (row) to the lower's, as the match lays it. */
static void misorientation(const itp_match *m, const itp_facet *lower, const itp_facet *upper,
                           double out[3][3])
{
    double t = m->twist * ITP_PI / 180, c = cos(t), s = sin(t);
    const double over[3][3] = {{1, 0, 0}, {0, -1, 0}, {0, 0, -1}};
    double turn[3][3] = {{c, s, 0}, {-s, c, 0}, {0, 0, 1}}, back[3][3];
    vec_multiply((const double(*)[3])upper->frame, over, out);
    vec_multiply((const double(*)[3])out, (const double(*)[3])turn, out);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) back[i][j] = lower->frame[j][i];
    vec_multiply((const double(*)[3])out, (const double(*)[3])back, out);
}

/* Smallest rotation angle between two orientations over the cubic group's proper operations. */
static double apart(const itp_phase *p, const double a[3][3], const double b[3][3])
{
    double best = 180;
    for (size_t i = 0; i < p->symmetry->n; i++)
        for (size_t j = 0; j < p->symmetry->n; j++) {
            double g[3][3], h[3][3], m[3][3], trace = 0;
            for (int k = 0; k < 9; k++) {
                g[k / 3][k % 3] = p->symmetry->operations[i].rotation[k % 3][k / 3];
                h[k / 3][k % 3] = p->symmetry->operations[j].rotation[k % 3][k / 3];
            }
            if (vec_det((const double(*)[3])g) * vec_det((const double(*)[3])h) < 0) continue;
            vec_multiply((const double(*)[3])g, a, m);
            vec_multiply((const double(*)[3])m, (const double(*)[3])h, m);
            for (int r = 0; r < 3; r++)
                for (int s = 0; s < 3; s++) trace += m[r][s] * b[r][s];
            double cosine = fmax(-1, fmin(1, (trace - 1) / 2));
            best = fmin(best, acos(cosine) * 180 / ITP_PI);
        }
    return best;
}

static itp_status choose(itp_grain *g, const itp_phase *phase, const double rotation[3][3],
                         itp_named *out, itp_error *err)
{
    itp_match *list = NULL;
    size_t n = 0, best = 0;
    double nearest = 180;
    /* A coincidence cell in a plane is at most Sigma surface cells, up to a factor of the lattice.
     */
    itp_bounds bounds = {fmin(5000, 4.01 * (double)g->sigma * out->facets[0]->area), 1e-6, 0};
    itp_status st =
        itp_match_list(out->facets[0], out->facets[1], &bounds, ITP_TURN_NO, &list, &n, err);
    if (st != ITP_OK) return st;
    for (size_t k = 0; k < n; k++) {
        double m[3][3];
        misorientation(&list[k], out->facets[0], out->facets[1], m);
        double off = apart(phase, (const double(*)[3])m, rotation);
        if (off < nearest - 1e-6) {
            nearest = off;
            best = k;
        }
    }
    if (n == 0 || nearest > 0.01) {
        st = itp_fail(err, ITP_ENOTFOUND,
                      "no coincidence of Sigma %ld in (%d%d%d) up to %g angstrom^2", g->sigma,
                      g->plane[0], g->plane[1], g->plane[2], bounds.area);
    } else {
        itp_join join = {out->facets[0], out->facets[1], 0, 0, list[best].pair, 500};
        out->join = itp_join_normal(&join);
    }
    free(list);
    return st;
}

/* The upper grain's plane under the rotation; its length is that of its indices, 0 when not
 * rational. */
static double upper_plane(const itp_grain *g, const double rotation[3][3], itp_miller *upper)
{
    double normal[3], turned[3];
    for (int i = 0; i < 3; i++) normal[i] = -g->plane[i]; /* its surface faces down */
    for (int i = 0; i < 3; i++) turned[i] = vec_dot(rotation[i], normal);
    if (!rational(turned, upper->h)) return 0;
    return sqrt((double)(upper->h[0] * upper->h[0] + upper->h[1] * upper->h[1] +
                         upper->h[2] * upper->h[2]));
}

itp_status itp_grain_boundary(itp_grain *g, const itp_phase *phase, itp_named *out, itp_error *err)
{
    double rotation[3][3], back[3][3];
    itp_miller lower, upper, other;
    itp_named named = {.facets = {NULL, NULL}};
    if (phase->symmetry->group < 195)
        return itp_fail(err, ITP_ENOTSUP, "%s is not cubic; give the boundary by its name",
                        phase->label);
    itp_status st = itp_grain_rotation(g, rotation, err);
    if (st != ITP_OK) return st;
    for (int i = 0; i < 3; i++) {
        lower.h[i] = g->plane[i];
        for (int j = 0; j < 3; j++) back[i][j] = rotation[j][i];
    }
    /* Either sense of the rotation has this Sigma; the one with the simpler upper plane is meant:
     * of the two boundaries in one plane that is the symmetric tilt boundary, where there is one.
     */
    double forth_size = upper_plane(g, (const double(*)[3])rotation, &upper);
    double back_size = upper_plane(g, (const double(*)[3])back, &other);
    if (back_size > 0 && (forth_size == 0 || back_size < forth_size)) {
        upper = other;
        memcpy(rotation, back, sizeof back);
    }
    if (forth_size == 0 && back_size == 0)
        return itp_fail(err, ITP_ENOTFOUND, "(%d%d%d) is no rational plane of the upper grain",
                        g->plane[0], g->plane[1], g->plane[2]);
    st = itp_facet_create(&named.facets[0], phase, itp_phase_miller(phase, lower), err);
    if (st == ITP_OK)
        st = itp_facet_create(&named.facets[1], phase, itp_phase_miller(phase, upper), err);
    if (st == ITP_OK) st = choose(g, phase, (const double(*)[3])rotation, &named, err);
    if (st != ITP_OK) {
        itp_named_deinit(&named);
        return st;
    }
    *out = named;
    return ITP_OK;
}

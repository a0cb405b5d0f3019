/* bicrystal.c - building the cell that a calculation runs on.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bicrystal.h"

#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "slab.h"
#include "vec.h"

static const double TOUCH_MIN = 0.3; /* of a bond: planes never come nearer than this */

/* One side's atoms in the common cell: fractions in the plane, heights in angstrom from the plane
 * that meets the other side, growing away from it. */
typedef struct half {
    size_t n, periods;
    int *z;
    double (*frac)[2];
    double *depth;
    double thickness;
} half;

static void half_deinit(half *h)
{
    free(h->z);
    free(h->frac);
    free(h->depth);
}

/* All lattice points of one side in the common cell: Hermite rows give each exactly once. */
static itp_status half_init(half *h, const itp_facet *f, size_t cut, const common *c, int side,
                            size_t periods, itp_error *err)
{
    const itp_plane *plane = &f->planes[f->terminations[cut]];
    const double(*to)[2] = (const double(*)[2])c->inverse[side];
    double top = plane->cut, bottom = top - (double)periods, least = INFINITY, most = 0;
    size_t cells = (size_t)(c->hermite[side][0][0] * c->hermite[side][1][1]);
    size_t room = cells * f->n * periods;
    *h = (half){.n = 0, .periods = periods};
    if (room > ITP_CRYSTAL_ATOMS_MAX)
        return itp_fail(err, ITP_ERANGE, "an interface of %zu atoms", room);
    h->z = malloc((room + 1) * sizeof *h->z);
    h->frac = malloc((room + 1) * sizeof *h->frac);
    h->depth = malloc((room + 1) * sizeof *h->depth);
    if (!h->z || !h->frac || !h->depth)
        return itp_fail(err, ITP_ENOMEM, "an interface of %zu atoms", room);
    /* c leans: its foot in the surface's vectors. */
    double lean[2];
    lean[1] = f->cell[2][1] / f->cell[1][1];
    lean[0] = (f->cell[2][0] - lean[1] * f->cell[1][0]) / f->cell[0][0];
    for (size_t i = 0; i < f->n; i++)
        for (double s = f->frac[i][2] + floor(bottom - f->frac[i][2]); s < top; s += 1) {
            if (s <= bottom) continue;
            for (long u = 0; u < c->hermite[side][0][0]; u++)
                for (long v = 0; v < c->hermite[side][1][1]; v++) {
                    double y[2] = {f->frac[i][0] + s * lean[0], f->frac[i][1] + s * lean[1]};
                    if (side == 1) y[1] = -y[1];
                    y[0] += (double)u;
                    y[1] += (double)v;
                    for (int j = 0; j < 2; j++)
                        h->frac[h->n][j] = vec_wrap(
                            y[0] * to[0][j] + y[1] * to[1][j] + (side ? c->shift[j] : 0), 1e-9);
                    h->depth[h->n] = (top - s) * f->period;
                    h->z[h->n++] = f->z[i];
                }
            least = fmin(least, (top - s) * f->period);
            most = fmax(most, (top - s) * f->period);
        }
    for (size_t i = 0; i < h->n; i++) h->depth[i] -= least;
    h->thickness = most - least;
    return ITP_OK;
}

/* Squared distance in the plane of the nearest images. */
static double apart(const common *c, const double a[2], const double b[2])
{
    double best = INFINITY, d[2] = {a[0] - b[0], a[1] - b[1]};
    d[0] -= round(d[0]);
    d[1] -= round(d[1]);
    for (int u = -1; u <= 1; u++)
        for (int v = -1; v <= 1; v++) {
            double x = (d[0] + u) * c->cell[0][0] + (d[1] + v) * c->cell[1][0];
            double y = (d[0] + u) * c->cell[0][1] + (d[1] + v) * c->cell[1][1];
            best = fmin(best, x * x + y * y);
        }
    return best;
}

/* The gap at which the nearest atoms of the two sides are a bond apart. */
static double touching_gap(const common *c, const half *a, const half *b, double bond)
{
    double gap = TOUCH_MIN * bond;
    for (size_t i = 0; i < a->n; i++) {
        if (a->depth[i] + gap >= bond) continue;
        for (size_t k = 0; k < b->n; k++) {
            double heights = a->depth[i] + b->depth[k];
            if (heights + gap >= bond) continue;
            double rest = bond * bond - apart(c, a->frac[i], b->frac[k]);
            if (rest > 0) gap = fmax(gap, sqrt(rest) - heights);
        }
    }
    return gap;
}

/* Marks upper atoms that are too near to a lower one, across the boundary (and the second one when
 * there is no vacuum). */
static size_t mark_near(const common *c, const half *a, const half *b, double gap, double other_gap,
                        double limit, char *gone)
{
    size_t n = 0;
    for (size_t k = 0; k < b->n; k++)
        for (size_t i = 0; i < a->n && !gone[k]; i++) {
            double up = a->depth[i] + b->depth[k] + gap;
            double down = (a->thickness - a->depth[i]) + (b->thickness - b->depth[k]) + other_gap;
            if (fmin(up, down) >= limit) continue;
            double flat = apart(c, a->frac[i], b->frac[k]), near = fmin(up, down);
            if (flat + near * near < limit * limit) {
                gone[k] = 1;
                n++;
            }
        }
    return n;
}

static itp_status assemble(itp_bicrystal *bi, const common *c, const half *a, const half *b,
                           const itp_recipe *recipe, itp_error *err)
{
    char *gone = calloc(b->n + 1, 1);
    if (!gone) return itp_fail(err, ITP_ENOMEM, "interface of %zu atoms", a->n + b->n);
    double other = recipe->vacuum > 0 ? recipe->vacuum : bi->gap;
    if (recipe->delete_below > 0)
        bi->deleted = mark_near(c, a, b, bi->gap, other, recipe->delete_below, gone);
    size_t n = a->n + b->n - bi->deleted, k = 0;
    itp_crystal *crystal = NULL;
    itp_status st = itp_crystal_create(&crystal, n);
    bi->side = calloc(n + 1, sizeof *bi->side);
    if (st != ITP_OK || !bi->side) {
        itp_crystal_destroy(crystal);
        free(gone);
        return itp_fail(err, ITP_ENOMEM, "interface of %zu atoms", n);
    }
    double low = recipe->vacuum / 2, height = a->thickness + bi->gap + b->thickness + other;
    bi->boundary = low + a->thickness + bi->gap / 2;
    for (int i = 0; i < 2; i++) memcpy(crystal->cell[i], c->cell[i], sizeof c->cell[i]);
    crystal->cell[2][2] = height;
    crystal->pbc[2] = recipe->vacuum > 0 ? 0 : 1;
    for (size_t i = 0; i < a->n; i++, k++) {
        memcpy(crystal->frac[k], a->frac[i], sizeof a->frac[i]);
        crystal->frac[k][2] = (low + a->thickness - a->depth[i]) / height;
        crystal->z[k] = a->z[i];
    }
    for (size_t i = 0; i < b->n; i++) {
        if (gone[i]) continue;
        memcpy(crystal->frac[k], b->frac[i], sizeof b->frac[i]);
        crystal->frac[k][2] = (low + a->thickness + bi->gap + b->depth[i]) / height;
        crystal->z[k] = b->z[i];
        bi->side[k++] = 1;
    }
    bi->count[0] = a->n;
    bi->count[1] = b->n - bi->deleted;
    bi->crystal = crystal;
    free(gone);
    return ITP_OK;
}

static itp_status check_recipe(const itp_recipe *r, itp_error *err)
{
    if (!(r->thickness[0] > 0) || !(r->thickness[1] > 0) || r->thickness[0] > 500 ||
        r->thickness[1] > 500)
        return itp_fail(err, ITP_ERANGE, "slabs of %g and %g angstrom, more than 0 up to 500",
                        r->thickness[0], r->thickness[1]);
    if (!(r->vacuum >= 0 && r->vacuum <= 200))
        return itp_fail(err, ITP_ERANGE, "vacuum of %g angstrom, 0 to 200", r->vacuum);
    if (!isnan(r->gap) && !(r->gap > 0 && r->gap < 20))
        return itp_fail(err, ITP_ERANGE, "gap of %g angstrom, 0 to 20", r->gap);
    return ITP_OK;
}

itp_status itp_bicrystal_create(itp_bicrystal **out, const itp_join *join, const itp_recipe *recipe,
                                itp_error *err)
{
    common c;
    half a = {.n = 0}, b = {.n = 0};
    itp_status st = check_recipe(recipe, err);
    if (st != ITP_OK) return st;
    itp_bicrystal *bi = calloc(1, sizeof *bi);
    if (!bi) return itp_fail(err, ITP_ENOMEM, "interface");
    common_find(join, &c);
    st = half_init(&a, join->lower, join->lower_cut, &c, 0,
                   itp_slab_periods(join->lower, recipe->thickness[0]), err);
    if (st == ITP_OK)
        st = half_init(&b, join->upper, join->upper_cut, &c, 1,
                       itp_slab_periods(join->upper, recipe->thickness[1]), err);
    if (st == ITP_OK) {
        double bond = (itp_crystal_nearest(join->lower->phase->crystal, 8) +
                       itp_crystal_nearest(join->upper->phase->crystal, 8)) /
                      2;
        bi->gap = isnan(recipe->gap) ? touching_gap(&c, &a, &b, bond) : recipe->gap;
        bi->area = c.area;
        bi->periods[0] = a.periods;
        bi->periods[1] = b.periods;
        memcpy(bi->cell, c.cell, sizeof c.cell);
        memcpy(bi->stretch, c.stretch, sizeof c.stretch);
        st = assemble(bi, &c, &a, &b, recipe, err);
    }
    half_deinit(&a);
    half_deinit(&b);
    if (st != ITP_OK) {
        itp_bicrystal_destroy(bi);
        return st;
    }
    *out = bi;
    return ITP_OK;
}

void itp_bicrystal_destroy(itp_bicrystal *bicrystal)
{
    if (!bicrystal) return;
    itp_crystal_destroy(bicrystal->crystal);
    free(bicrystal->side);
    free(bicrystal);
}

itp_status itp_bicrystal_side(itp_crystal **out, const itp_join *join, const itp_recipe *recipe,
                              int side, itp_reference cell, double *area, itp_error *err)
{
    common c;
    half h = {.n = 0};
    const itp_facet *f = side ? join->upper : join->lower;
    itp_status st = check_recipe(recipe, err);
    if (st != ITP_OK) return st;
    common_find(join, &c);
    if (cell == ITP_REFERENCE_SURFACE) common_shrink(&c, join, side);
    st = half_init(&h, f, side ? join->upper_cut : join->lower_cut, &c, side,
                   itp_slab_periods(f, recipe->thickness[side]), err);
    itp_crystal *crystal = NULL;
    if (st == ITP_OK && (st = itp_crystal_create(&crystal, h.n)) != ITP_OK)
        (void)itp_fail(err, st, "slab of %zu atoms", h.n);
    if (st == ITP_OK) {
        double height = h.thickness + recipe->vacuum, low = recipe->vacuum / 2;
        for (int i = 0; i < 2; i++) memcpy(crystal->cell[i], c.cell[i], sizeof c.cell[i]);
        crystal->cell[2][2] = height;
        crystal->pbc[2] = 0;
        for (size_t i = 0; i < h.n; i++) {
            memcpy(crystal->frac[i], h.frac[i], sizeof h.frac[i]);
            double z = side ? low + h.depth[i] : low + h.thickness - h.depth[i];
            crystal->frac[i][2] = z / height;
            crystal->z[i] = h.z[i];
        }
        *area = c.area;
        *out = crystal;
    }
    half_deinit(&h);
    return st;
}

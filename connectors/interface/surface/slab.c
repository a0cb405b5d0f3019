/* slab.c - atoms between two cuts.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

static const double EDGE = 1.0e-5;    /* of a period: cuts lie far from atoms */
static const double NEUTRAL = 1.0e-6; /* e/angstrom */

size_t itp_slab_periods(const itp_facet *facet, double thickness)
{
    double periods = ceil(thickness / facet->period - 1e-9);
    return periods < 1 ? 1 : (size_t)periods;
}

/* The bottom cut of the thinnest symmetric slab of at least `periods`, or NaN. */
static double symmetric_bottom(const itp_facet *f, double top, double periods)
{
    double best = NAN;
    for (size_t k = 0; k < f->n_flips; k++) {
        double bottom = f->flips[k] - top; /* one cut that the flip makes of the top */
        bottom += floor(top - periods - bottom + EDGE);
        if (!(bottom <= best)) best = bottom;
    }
    return best;
}

/* Whether a flip takes the top cut to the bottom cut (modulo whole periods). */
static int is_symmetric(const itp_facet *f, double top, double bottom)
{
    for (size_t k = 0; k < f->n_flips; k++)
        if (vec_circle(f->flips[k] - top, bottom) < 20 * EDGE) return 1;
    return 0;
}

static itp_status fill(itp_slab *slab, const itp_facet *f, double top, double bottom, int doubled,
                       double vacuum, itp_error *err)
{
    size_t room = ((size_t)ceil(top - bottom) + 2) * f->n * (doubled ? 2 : 1);
    itp_crystal *c;
    itp_status st = itp_crystal_create(&c, room);
    if (st != ITP_OK) return itp_fail(err, st, "slab of %zu atoms", room);
    size_t n = 0;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < f->n; i++)
        for (double s = f->frac[i][2] + floor(bottom - f->frac[i][2]); s < top; s += 1) {
            if (s <= bottom) continue;
            for (int copy = 0; copy <= doubled; copy++) {
                double y[3] = {f->frac[i][0] + copy, f->frac[i][1], s};
                vec_frame(y, (const double(*)[3])f->cell, c->frac[n]);
                low = fmin(low, c->frac[n][2]);
                high = fmax(high, c->frac[n][2]);
                c->z[n++] = f->z[i];
            }
        }
    c->n = n;
    slab->crystal = c;
    slab->thickness = high - low;
    slab->periods = top - bottom;
    slab->area = f->area * (doubled ? 2 : 1);
    memcpy(c->cell, f->cell, sizeof c->cell);
    if (doubled) c->cell[0][0] *= 2;
    c->cell[2][0] = c->cell[2][1] = 0;
    c->cell[2][2] = high - low + vacuum;
    for (size_t i = 0; i < n; i++) c->frac[i][2] += vacuum / 2 - low;
    return ITP_OK;
}

/* From Cartesian to fractions of the slab's cell. */
static void finish(itp_crystal *c)
{
    double inverse[3][3];
    vec_invert((const double(*)[3])c->cell, inverse);
    for (size_t i = 0; i < c->n; i++) {
        vec_frame(c->frac[i], (const double(*)[3])inverse, c->frac[i]);
        for (int j = 0; j < 2; j++) c->frac[i][j] = vec_wrap(c->frac[i][j], 1e-9);
    }
    c->pbc[2] = 0;
}

static double moment(const itp_slab *slab, const itp_phase *p)
{
    double sum = 0;
    for (size_t i = 0; i < slab->crystal->n; i++)
        sum += p->charge[slab->crystal->z[i]] * slab->crystal->frac[i][2];
    return sum / slab->area;
}

/* Moves one of the two copies of each top-plane atom below the slab; atoms are still Cartesian. */
static itp_status compensate(itp_slab *slab, const itp_facet *f, const itp_plane *plane, double top,
                             itp_error *err)
{
    itp_crystal *c = slab->crystal;
    double before = moment(slab, f->phase), highest = -INFINITY, lowest = INFINITY;
    /* Atoms within the top plane: from just under its lower edge to the cut. */
    double depth = (top - plane->height) * f->period * 2 - plane->gap;
    for (size_t i = 0; i < c->n; i++) highest = fmax(highest, c->frac[i][2]);
    for (size_t i = 0; i + 1 < c->n; i += 2) {
        if (c->frac[i][2] < highest - depth - 1e-6 * f->period - ITP_LAYER_GAP) continue;
        for (int j = 0; j < 3; j++) c->frac[i + 1][j] -= slab->periods * f->cell[2][j];
    }
    double after = moment(slab, f->phase);
    if (!(fabs(after) < 1e-3 * fabs(before)))
        return itp_fail(
            err, ITP_ENOTSUP,
            "moving half of the top plane changes the dipole from %.4f to %.4f e/angstrom", before,
            after);
    highest = -INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        lowest = fmin(lowest, c->frac[i][2]);
        highest = fmax(highest, c->frac[i][2]);
    }
    double vacuum = c->cell[2][2] - slab->thickness;
    slab->thickness = highest - lowest;
    c->cell[2][2] = slab->thickness + vacuum;
    for (size_t i = 0; i < c->n; i++) c->frac[i][2] += vacuum / 2 - lowest;
    return ITP_OK;
}

itp_status itp_slab_create(itp_slab **out, const itp_facet *f, size_t termination,
                           itp_slab_kind kind, size_t periods, double vacuum, itp_error *err)
{
    if (termination >= f->n_terminations)
        return itp_fail(err, ITP_ERANGE, "termination %zu of %zu", termination, f->n_terminations);
    if (periods < 1 || !(vacuum >= 0) || (double)periods * (double)f->n > ITP_CRYSTAL_ATOMS_MAX)
        return itp_fail(err, ITP_ERANGE, "slab of %zu periods with %g angstrom of vacuum", periods,
                        vacuum);
    const itp_plane *plane = &f->planes[f->terminations[termination]];
    double top = plane->cut, bottom = top - (double)periods;
    if (kind == ITP_SLAB_SYMMETRIC) bottom = symmetric_bottom(f, top, (double)periods);
    if (isnan(bottom))
        return itp_fail(err, ITP_ENOTSUP, "%s has no operation that turns this facet over",
                        f->phase->label);
    if (kind == ITP_SLAB_COMPENSATED && !f->phase->charges_known)
        return itp_fail(err, ITP_ENOTSUP, "%s: charges are not known", f->phase->label);
    itp_slab *slab = calloc(1, sizeof *slab);
    if (!slab) return itp_fail(err, ITP_ENOMEM, "slab");
    itp_status st = fill(slab, f, top, bottom, kind == ITP_SLAB_COMPENSATED, vacuum, err);
    if (st != ITP_OK) goto fail;
    slab->charges_known = f->phase->charges_known;
    slab->dipole = slab->charges_known ? moment(slab, f->phase) : NAN;
    slab->dipole_period = slab->charges_known ? 0 : NAN;
    /* A whole period is neutral, so its moment does not depend on where the heights begin. */
    for (size_t i = 0; slab->charges_known && i < f->n; i++) {
        double s = f->frac[i][2] - floor(f->frac[i][2] - top + 1);
        slab->dipole_period += f->phase->charge[f->z[i]] * s * f->period / f->area;
    }
    if (kind == ITP_SLAB_COMPENSATED && fabs(slab->dipole) > NEUTRAL) {
        if ((st = compensate(slab, f, plane, top, err)) != ITP_OK) goto fail;
        slab->dipole = moment(slab, f->phase);
    }
    slab->stoichiometric = fabs(slab->periods - round(slab->periods)) < EDGE;
    slab->symmetric = kind != ITP_SLAB_COMPENSATED && is_symmetric(f, top, bottom);
    finish(slab->crystal);
    *out = slab;
    return ITP_OK;
fail:
    itp_slab_destroy(slab);
    return st;
}

void itp_slab_destroy(itp_slab *slab)
{
    if (!slab) return;
    itp_crystal_destroy(slab->crystal);
    free(slab);
}

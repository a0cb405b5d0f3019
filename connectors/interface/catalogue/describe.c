/* describe.c - descriptors from geometry and the table of elements.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "describe.h"

#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "slab.h"
#include "vec.h"

static const double BONDED =
    1.2; /* times the shortest distance: the first shell of all prototypes */

static const struct {
    const char *name, *unit, *term, *text;
} DESCRIPTORS[] = {
#define X(name, unit, term, text) {#name, unit, term, text},
    ITP_DESCRIPTORS(X)
#undef X
};

const char *itp_descriptor_name(size_t k)
{
    return DESCRIPTORS[k].name;
}

const char *itp_descriptor_unit(size_t k)
{
    return DESCRIPTORS[k].unit;
}

const char *itp_descriptor_term(size_t k)
{
    return DESCRIPTORS[k].term;
}

const char *itp_descriptor_text(size_t k)
{
    return DESCRIPTORS[k].text;
}

/* Bonds that a cut at height `cut` breaks, per surface cell: every bond of one period, counted once
 * for each equivalent of the cut that lies between its ends. */
static double bonds_cut(const itp_facet *f, double cut)
{
    double reach = BONDED * itp_crystal_nearest(f->phase->crystal, 8), broken = 0;
    int up = (int)ceil(reach / f->period) + 1;
    int wide[2];
    wide[0] = (int)ceil((reach + vec_norm(f->cell[2])) / f->cell[0][0]) + 2;
    wide[1] = (int)ceil((reach + vec_norm(f->cell[2])) / f->cell[1][1]) + 2;
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = 0; k < f->n; k++)
            for (int z = 0; z <= up; z++)
                for (int x = -wide[0]; x <= wide[0]; x++)
                    for (int y = -wide[1]; y <= wide[1]; y++) {
                        double d[3] = {f->frac[k][0] - f->frac[i][0] + x,
                                       f->frac[k][1] - f->frac[i][1] + y,
                                       f->frac[k][2] - f->frac[i][2] + z},
                               r[3];
                        if (d[2] <= 1e-9) continue;
                        vec_frame(d, (const double(*)[3])f->cell, r);
                        if (vec_dot(r, r) > reach * reach) continue;
                        double low = f->frac[i][2] - cut, high = low + d[2];
                        broken += floor(high) - floor(low);
                    }
    return broken;
}

itp_surface_facts itp_surface_describe(const itp_facet *f, size_t termination)
{
    const itp_plane *plane = &f->planes[f->terminations[termination]];
    itp_surface_facts facts = {0, 0, plane->gap, 0};
    for (size_t i = 0; i < f->n; i++) {
        if (vec_circle(f->frac[i][2], plane->height) * f->period > ITP_LAYER_GAP) continue;
        facts.density += 1;
        facts.plane += itp_element_at(f->z[i])->electronegativity;
    }
    facts.plane /= facts.density;
    facts.density /= f->area;
    facts.cut = bonds_cut(f, plane->cut) / f->area;
    return facts;
}

typedef struct means {
    double electronegativity, work_function, radius;
} means;

static means element_means(const itp_phase *p)
{
    means m = {0, 0, 0};
    for (size_t i = 0; i < p->crystal->n; i++) {
        const itp_element *e = itp_element_at(p->crystal->z[i]);
        m.electronegativity += e->electronegativity / (double)p->crystal->n;
        m.work_function += e->work_function / (double)p->crystal->n;
        m.radius += e->radius / (double)p->crystal->n;
    }
    return m;
}

/* Pairs of different sides within BONDED bonds, nearest images and their neighbours in the plane.
 */
static double contacts(const itp_bicrystal *bi, double bond)
{
    const itp_crystal *c = bi->crystal;
    double reach = BONDED * bond, height = c->cell[2][2];
    size_t pairs = 0;
    for (size_t i = 0; i < bi->count[0]; i++) {
        if (bi->boundary - c->frac[i][2] * height > reach) continue;
        for (size_t k = bi->count[0]; k < c->n; k++) {
            double up = (c->frac[k][2] - c->frac[i][2]) * height;
            if (up > reach) continue;
            for (int x = -1; x <= 1; x++)
                for (int y = -1; y <= 1; y++) {
                    double d[3] = {c->frac[k][0] - c->frac[i][0], c->frac[k][1] - c->frac[i][1], 0},
                           r[3];
                    d[0] += x - round(d[0]);
                    d[1] += y - round(d[1]);
                    vec_frame(d, (const double(*)[3])c->cell, r);
                    pairs += r[0] * r[0] + r[1] * r[1] + up * up <= reach * reach;
                }
        }
    }
    return (double)pairs / bi->area;
}

static void describe_shift(const itp_join *j, double out[ITP_DESCRIPTOR_COUNT])
{
    long rows[2][2], denominator;
    itp_pair_shifts(&j->pair, rows, &denominator);
    double share =
        (double)itp_pair_det((const long(*)[2])rows) / ((double)denominator * (double)denominator);
    out[ITP_DESCRIPTOR_registry_1] = (double)j->pair.registry[0] / ITP_REGISTRY;
    out[ITP_DESCRIPTOR_registry_2] = (double)j->pair.registry[1] / ITP_REGISTRY;
    out[ITP_DESCRIPTOR_shift_area] = share * out[ITP_DESCRIPTOR_area];
}

itp_status itp_join_describe(const itp_join *j, const itp_surface_facts *lower,
                             const itp_surface_facts *upper, const itp_recipe *recipe,
                             double out[ITP_DESCRIPTOR_COUNT], itp_error *err)
{
    itp_match m;
    itp_bicrystal *bi = NULL;
    const itp_phase *a = j->lower->phase, *b = j->upper->phase;
    double bond = (itp_crystal_nearest(a->crystal, 8) + itp_crystal_nearest(b->crystal, 8)) / 2;
    /* Only what lies near the boundary matters for gap and contacts. */
    itp_recipe thin = {{BONDED * bond, BONDED * bond}, 10, NAN, 0};
    itp_status st = itp_bicrystal_create(&bi, j, &thin, err);
    if (st != ITP_OK) return st;
    itp_match_measure(&j->pair, j->lower, j->upper, &m);
    means ma = element_means(a), mb = element_means(b);
    double made[ITP_DESCRIPTOR_COUNT];
    made[ITP_DESCRIPTOR_misfit_max] = m.strain[0];
    made[ITP_DESCRIPTOR_misfit_min] = m.strain[1];
    made[ITP_DESCRIPTOR_misfit] = sqrt((m.strain[0] * m.strain[0] + m.strain[1] * m.strain[1]) / 2);
    made[ITP_DESCRIPTOR_area] = bi->area;
    made[ITP_DESCRIPTOR_cells_lower] = (double)m.n1;
    made[ITP_DESCRIPTOR_cells_upper] = (double)m.n2;
    made[ITP_DESCRIPTOR_atoms] =
        (double)(m.n1 * (long)(itp_slab_periods(j->lower, recipe->thickness[0]) * j->lower->n) +
                 m.n2 * (long)(itp_slab_periods(j->upper, recipe->thickness[1]) * j->upper->n));
    made[ITP_DESCRIPTOR_twist] = m.twist;
    made[ITP_DESCRIPTOR_gap] = bi->gap;
    made[ITP_DESCRIPTOR_contacts] = contacts(bi, bond);
    made[ITP_DESCRIPTOR_density_lower] = lower->density;
    made[ITP_DESCRIPTOR_density_upper] = upper->density;
    made[ITP_DESCRIPTOR_density_ratio] = log(lower->density / upper->density);
    made[ITP_DESCRIPTOR_cut_lower] = lower->cut;
    made[ITP_DESCRIPTOR_cut_upper] = upper->cut;
    made[ITP_DESCRIPTOR_spacing_lower] = lower->spacing;
    made[ITP_DESCRIPTOR_spacing_upper] = upper->spacing;
    made[ITP_DESCRIPTOR_plane_lower] = lower->plane;
    made[ITP_DESCRIPTOR_plane_upper] = upper->plane;
    made[ITP_DESCRIPTOR_electronegativity_lower] = ma.electronegativity;
    made[ITP_DESCRIPTOR_electronegativity_upper] = mb.electronegativity;
    made[ITP_DESCRIPTOR_electronegativity_step] = fabs(ma.electronegativity - mb.electronegativity);
    made[ITP_DESCRIPTOR_work_function_step] = fabs(ma.work_function - mb.work_function);
    made[ITP_DESCRIPTOR_radius_ratio] = log(ma.radius / mb.radius);
    made[ITP_DESCRIPTOR_volume_ratio] = log(a->volume_atom / b->volume_atom);
    describe_shift(j, made);
    memcpy(out, made, sizeof made);
    itp_bicrystal_destroy(bi);
    return ITP_OK;
}

/* defect.c - vacancies, and how atoms move: into a vacancy, or over a surface.
 *   Formation: E(N - 1) - (N - 1)/N E(N), one atom of an element taken from a supercell.
 *   Hop in the bulk: with: {hop: bulk}: the nearest neighbour of the vacancy moves into it.
 *   Hop on a surface: with: {adatom: Au, surfaces: Al(100)a, layers: 3, frozen: 2}: from the hollow
 * over one surface cell to the next along the shorter vector, in a supercell of the surface.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "run.h"
#include "slab.h"
#include "vec.h"

static const double CELL_MIN = 9.0; /* angstrom: defects and their images at least so far apart */

/* The relaxed crystal, repeated to at least CELL_MIN (or with: supercell times). */
static itp_status supercell(run *r, const itp_phase *phase, itp_crystal **out, double *per_atom)
{
    itp_phase *relaxed = NULL;
    long rows[3][3] = {{0}}, times = 0;
    itp_status st = setting_whole(r->set, "supercell", 1, 8, &times, r->err);
    if (st == ITP_OK) st = run_relaxed(r, phase, per_atom, &relaxed);
    if (st != ITP_OK) return st;
    for (int i = 0; i < 3; i++)
        rows[i][i] = times ? times : (long)ceil(CELL_MIN / vec_norm(relaxed->crystal->cell[i]));
    st = itp_crystal_transform(out, relaxed->crystal, (const long(*)[3])rows, r->err);
    itp_phase_destroy(relaxed);
    return st;
}

static void take_out(itp_crystal *c, size_t which)
{
    for (size_t i = which; i + 1 < c->n; i++) {
        memcpy(c->frac[i], c->frac[i + 1], sizeof c->frac[i]);
        c->z[i] = c->z[i + 1];
    }
    c->n--;
}

itp_status run_vacancy(run *r)
{
    const itp_phase *phase = run_phase(r, run_label(r, "phase"));
    itp_crystal *c = NULL;
    itp_energy e;
    double per_atom;
    if (!phase) return ITP_ENOTFOUND;
    if (strpbrk(phase->formula, "0123456789") ||
        itp_element_find(phase->formula, (int)strlen(phase->formula)) == 0)
        return itp_fail(r->err, ITP_ENOTSUP,
                        "vacancies of %s need chemical potentials; elements only", phase->label);
    itp_status st = supercell(r, phase, &c, &per_atom);
    if (st != ITP_OK) return st;
    take_out(c, 0);
    st = run_energy(r, "vacancy", c, NULL, ITP_RELAX_ATOMS, &e);
    if (st == ITP_OK) {
        st = run_put(r, "formation", e.energy - (double)c->n * per_atom, "eV");
        itp_energy_deinit(&e);
    }
    itp_crystal_destroy(c);
    return st;
}

static double separation(const itp_crystal *c, size_t a, size_t b, double step[3])
{
    double r[3];
    for (int j = 0; j < 3; j++) {
        step[j] = c->frac[b][j] - c->frac[a][j];
        step[j] -= round(step[j]);
    }
    vec_frame(step, (const double(*)[3])c->cell, r);
    return vec_norm(r);
}

/* Both ends of the hop relaxed, then the band between them. */
static itp_status band(run *r, const itp_crystal *from, const itp_crystal *to,
                       const unsigned char *frozen)
{
    itp_energy a = {.final = NULL}, b = {.final = NULL};
    itp_band result;
    long images = 7;
    itp_status st = setting_whole(r->set, "images", 3, 31, &images, r->err);
    if (st == ITP_OK) st = run_energy(r, "from", from, frozen, ITP_RELAX_ATOMS, &a);
    run_progress(r, 0.2, "from");
    if (st == ITP_OK) st = run_energy(r, "to", to, frozen, ITP_RELAX_ATOMS, &b);
    run_progress(r, 0.4, "to");
    if (st == ITP_OK) {
        itp_job job = {"band",       a.final, frozen, ITP_RELAX_ATOMS, fmax(r->set->force, 0.01),
                       r->set->steps};
        st = itp_engine_band(r->engine, &job, b.final, (size_t)images, &result, r->err);
    }
    if (st == ITP_OK) st = run_put(r, "barrier", result.barrier, "eV");
    if (st == ITP_OK) st = run_put(r, "reaction", result.reaction, "eV");
    itp_energy_deinit(&a);
    itp_energy_deinit(&b);
    return st;
}

static itp_status bulk_hop(run *r, const itp_phase *phase)
{
    itp_crystal *from = NULL, *to = NULL;
    double per_atom, nearest = INFINITY, step[3], best[3] = {0};
    size_t mover = 1;
    itp_status st = supercell(r, phase, &from, &per_atom);
    if (st != ITP_OK) return st;
    for (size_t i = 1; i < from->n; i++) {
        double d = from->z[i] == from->z[0] ? separation(from, 0, i, step) : INFINITY;
        if (d < nearest - 1e-6) {
            nearest = d;
            mover = i;
            memcpy(best, step, sizeof best);
        }
    }
    if (!isfinite(nearest))
        st = itp_fail(r->err, ITP_ENOTSUP, "%s: no neighbour of the same kind", phase->label);
    if (st == ITP_OK && (st = itp_crystal_copy(&to, from)) != ITP_OK)
        (void)itp_fail(r->err, st, "hop");
    if (st == ITP_OK) {
        for (int j = 0; j < 3; j++) to->frac[mover][j] -= best[j];
        take_out(from, 0);
        take_out(to, 0);
        st = band(r, from, to, NULL);
    }
    itp_crystal_destroy(from);
    itp_crystal_destroy(to);
    return st;
}

/* A slab of `layers` periods, repeated 2 x 2, with the adatom over the hollow at (u, v) of a
 * surface cell. */
static itp_status with_adatom(run *r, const itp_facet *f, size_t cut, int z, long layers, int far,
                              itp_crystal **out)
{
    static const long ROWS[3][3] = {{2, 0, 0}, {0, 2, 0}, {0, 0, 1}};
    itp_slab *slab = NULL;
    itp_crystal *wide = NULL, *c = NULL;
    itp_status st = itp_slab_create(&slab, f, cut, ITP_SLAB_STOICHIOMETRIC, (size_t)layers,
                                    r->set->recipe.vacuum, r->err);
    if (st == ITP_OK) st = itp_crystal_transform(&wide, slab->crystal, ROWS, r->err);
    if (st == ITP_OK && (st = itp_crystal_create(&c, wide->n + 1)) != ITP_OK)
        (void)itp_fail(r->err, st, "adatom");
    if (st == ITP_OK) {
        double top = 0, at[3] = {0, 0, 0};
        size_t highest = 0;
        memcpy(c->cell, wide->cell, sizeof c->cell);
        memcpy(c->frac, wide->frac, wide->n * sizeof *wide->frac);
        memcpy(c->z, wide->z, wide->n * sizeof *wide->z);
        for (size_t i = 0; i < wide->n; i++)
            if (wide->frac[i][2] > top) {
                top = wide->frac[i][2];
                highest = i;
            }
        /* Half a surface cell from a top atom in both directions: the hollow of square and bcc
         * faces. */
        double bond = itp_crystal_nearest(f->phase->crystal, 8);
        double side = vec_norm(wide->cell[0]) / 4, other = vec_norm(wide->cell[1]) / 4;
        at[0] = wide->frac[highest][0] + 0.25 + (far ? 0.5 : 0);
        at[1] = wide->frac[highest][1] + 0.25;
        at[2] = top + sqrt(fmax(0.2 * bond * bond, bond * bond - side * side - other * other)) /
                          wide->cell[2][2];
        memcpy(c->frac[wide->n], at, sizeof at);
        c->z[wide->n] = z;
        *out = c;
    }
    itp_crystal_destroy(wide);
    itp_slab_destroy(slab);
    return st;
}

/* Flags for the atoms of the lowest planes. */
static unsigned char *freeze(const itp_crystal *c, const itp_facet *f, long planes)
{
    unsigned char *frozen = calloc(c->n + 1, 1);
    double lowest = INFINITY;
    for (size_t i = 0; i < c->n; i++) lowest = fmin(lowest, c->frac[i][2]);
    double spacing = f->period / (double)f->n_planes;
    for (size_t i = 0; frozen && i < c->n; i++)
        frozen[i] = (c->frac[i][2] - lowest) * c->cell[2][2] < ((double)planes - 0.5) * spacing;
    return frozen;
}

static itp_status surface_hop(run *r, const char *adatom)
{
    char label[ITP_PHASE_LABEL_MAX];
    itp_miller m;
    size_t cut;
    long layers = 3, planes = 2;
    int z = itp_element_find(adatom, (int)strlen(adatom));
    const char *text = setting_text(r->set, "surfaces");
    if (!z || !text)
        return itp_fail(r->err, ITP_EINVAL,
                        "with: adatom needs an element, and surfaces one surface");
    itp_status st = itp_surface_parse(text, label, &m, &cut, r->err);
    const itp_phase *phase = st == ITP_OK ? run_phase(r, label) : NULL;
    if (!phase) return st == ITP_OK ? ITP_ENOTFOUND : st;
    itp_phase *relaxed = NULL;
    itp_facet *f = NULL;
    itp_crystal *from = NULL, *to = NULL;
    double per_atom;
    st = setting_whole(r->set, "layers", 2, 40, &layers, r->err);
    if (st == ITP_OK) st = setting_whole(r->set, "frozen", 0, 40, &planes, r->err);
    if (st == ITP_OK) st = run_relaxed(r, phase, &per_atom, &relaxed);
    if (st == ITP_OK) st = itp_facet_create(&f, relaxed, m, r->err);
    if (st == ITP_OK && cut >= f->n_terminations)
        st = itp_fail(r->err, ITP_ENOTFOUND, "surface '%s': no such termination", text);
    if (st == ITP_OK) st = with_adatom(r, f, cut, z, layers, 0, &from);
    if (st == ITP_OK) st = with_adatom(r, f, cut, z, layers, 1, &to);
    unsigned char *frozen = st == ITP_OK ? freeze(from, f, planes) : NULL;
    if (st == ITP_OK)
        st = frozen ? band(r, from, to, frozen) : itp_fail(r->err, ITP_ENOMEM, "frozen atoms");
    free(frozen);
    itp_crystal_destroy(from);
    itp_crystal_destroy(to);
    itp_facet_destroy(f);
    itp_phase_destroy(relaxed);
    return st;
}

itp_status run_migration(run *r)
{
    const char *adatom = setting_text(r->set, "adatom"), *hop = setting_text(r->set, "hop");
    if (adatom) return surface_hop(r, adatom);
    if (hop && strcmp(hop, "bulk") != 0)
        return itp_fail(r->err, ITP_EINVAL,
                        "with: hop is '%s'; bulk is allowed, or adatom with surfaces", hop);
    const itp_phase *phase = run_phase(r, run_label(r, "phase"));
    return phase ? bulk_hop(r, phase) : ITP_ENOTFOUND;
}

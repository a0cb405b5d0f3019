/* surface.c - tasks of one phase: its bulk, its surfaces, the shape it grows.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "slab.h"
#include "vec.h"
#include "wulff.h"

itp_status run_bulk(run *r)
{
    const itp_phase *phase = run_phase(r, run_label(r, "phase"));
    itp_phase *relaxed = NULL;
    double per_atom;
    if (!phase) return ITP_ENOTFOUND;
    itp_status st = run_relaxed(r, phase, &per_atom, &relaxed);
    if (st != ITP_OK) return st;
    const itp_crystal *c = relaxed->crystal;
    static const char *const LENGTHS[3] = {"a", "b", "c"};
    st = run_put(r, "energy", per_atom, "eV");
    if (st == ITP_OK) st = run_put(r, "volume", relaxed->volume_atom, "angstrom3");
    for (int i = 0; st == ITP_OK && i < 3; i++)
        st = run_put(r, LENGTHS[i], vec_norm(c->cell[i]), "angstrom");
    run_keep(r, "bulk.vasp", c, relaxed->label);
    itp_phase_destroy(relaxed);
    return st;
}

/* The surface asked for, of the relaxed phase; and how far thickness and vacuum are converged. */
static itp_status converged_energy(run *r, const itp_facet *f, size_t termination, double per_atom,
                                   double *energy, double *thickness_error, double *vacuum_error)
{
    const itp_recipe *recipe = &r->set->recipe;
    double thicker = 0, farther = 0, as_it_is = 0;
    *thickness_error = *vacuum_error = 0;
    itp_status st = run_surface_energy(r, f, termination, per_atom, recipe->thickness[0],
                                       recipe->vacuum, ITP_RELAX_ATOMS, energy);
    if (st == ITP_OK && r->set->check_thickness) {
        run_progress(r, 0.4, "thickness");
        st = run_surface_energy(r, f, termination, per_atom, 1.5 * recipe->thickness[0],
                                recipe->vacuum, ITP_RELAX_ATOMS, &thicker);
        if (st == ITP_OK) *thickness_error = fabs(thicker / *energy - 1);
    }
    if (st == ITP_OK && r->set->check_vacuum) {
        run_progress(r, 0.8, "vacuum");
        st = run_surface_energy(r, f, termination, per_atom, recipe->thickness[0],
                                1.5 * recipe->vacuum, ITP_RELAX_NONE, &farther);
        if (st == ITP_OK)
            st = run_surface_energy(r, f, termination, per_atom, recipe->thickness[0],
                                    recipe->vacuum, ITP_RELAX_NONE, &as_it_is);
        if (st == ITP_OK) *vacuum_error = fabs(farther / as_it_is - 1);
    }
    if (st != ITP_OK) return st;
    if (*thickness_error > r->set->tolerance)
        return itp_fail(r->err, ITP_ESCIENTIFIC,
                        "surface energy changes by %.1f %% when the slab is half as thick again; "
                        "correction: scale "
                        "thickness by 1.5",
                        100 * *thickness_error);
    if (*vacuum_error > r->set->tolerance)
        return itp_fail(r->err, ITP_ESCIENTIFIC,
                        "surface energy changes by %.1f %% with half as much vacuum again; "
                        "correction: scale vacuum "
                        "by 1.5",
                        100 * *vacuum_error);
    return ITP_OK;
}

itp_status run_surface(run *r)
{
    char label[ITP_PHASE_LABEL_MAX];
    itp_miller miller;
    size_t termination;
    const char *text = run_label(r, "surface");
    if (!text) text = setting_text(r->set, "surfaces");
    if (!text) return itp_fail(r->err, ITP_EINVAL, "the input surface is missing, e.g. Li(100)a");
    itp_status st = itp_surface_parse(text, label, &miller, &termination, r->err);
    const itp_phase *phase = st == ITP_OK ? run_phase(r, label) : NULL;
    if (!phase) return st == ITP_OK ? ITP_ENOTFOUND : st;
    itp_phase *relaxed = NULL;
    itp_facet *f = NULL;
    double per_atom, energy = NAN, thickness_error, vacuum_error;
    st = run_relaxed(r, phase, &per_atom, &relaxed);
    if (st == ITP_OK) st = itp_facet_create(&f, relaxed, miller, r->err);
    if (st == ITP_OK && termination >= f->n_terminations)
        st = itp_fail(r->err, ITP_ENOTFOUND, "surface '%s': there are %zu terminations", text,
                      f->n_terminations);
    run_progress(r, 0.1, "slab");
    if (st == ITP_OK)
        st =
            converged_energy(r, f, termination, per_atom, &energy, &thickness_error, &vacuum_error);
    if (st == ITP_OK) st = run_put(r, "surface_energy", energy, "J/m2");
    if (st == ITP_OK && r->set->check_thickness)
        st = run_put(r, "thickness_error", thickness_error, "1");
    if (st == ITP_OK && r->set->check_vacuum) st = run_put(r, "vacuum_error", vacuum_error, "1");
    itp_facet_destroy(f);
    itp_phase_destroy(relaxed);
    return st;
}

/* Every facet up to with: miller, its cheapest termination; then the shape of least surface energy.
 */
itp_status run_wulff(run *r)
{
    const itp_phase *phase = run_phase(r, run_label(r, "phase"));
    itp_phase *relaxed = NULL;
    itp_miller *list = NULL;
    size_t n = 0;
    long most = 1;
    double per_atom;
    if (!phase) return ITP_ENOTFOUND;
    itp_status st = setting_whole(r->set, "miller", 1, 3, &most, r->err);
    if (st == ITP_OK) st = run_relaxed(r, phase, &per_atom, &relaxed);
    if (st != ITP_OK) return st;
    st = itp_phase_facets(relaxed, (int)most, &list, &n, r->err);
    double *energies = calloc(n + 1, sizeof *energies);
    if (st == ITP_OK && !energies) st = itp_fail(r->err, ITP_ENOMEM, "%zu facets", n);
    for (size_t i = 0; st == ITP_OK && i < n; i++) {
        itp_facet *f = NULL;
        st = itp_facet_create(&f, relaxed, list[i], r->err);
        energies[i] = INFINITY;
        for (size_t t = 0; st == ITP_OK && t < f->n_terminations; t++) {
            double e;
            st = run_surface_energy(r, f, t, per_atom, r->set->recipe.thickness[0],
                                    r->set->recipe.vacuum, ITP_RELAX_ATOMS, &e);
            if (st == ITP_OK) energies[i] = fmin(energies[i], e);
        }
        itp_facet_destroy(f);
        run_progress(r, (double)(i + 1) / (double)n, "facets");
    }
    wulff_shape shape;
    if (st == ITP_OK) st = wulff_build(relaxed, n, list, energies, &shape, r->err);
    if (st == ITP_OK) {
        char path[1200];
        snprintf(path, sizeof path, "%s/wulff.csv", r->host->workdir(r->host->ctx));
        if (wulff_write(path, &shape, list, energies) == ITP_OK)
            (void)r->host->artefact(r->host->ctx, r->result, "wulff.csv", path);
        st = run_put(r, "surface_energy", shape.mean, "J/m2");
        if (st == ITP_OK) st = run_put(r, "largest_share", shape.largest, "1");
        if (st == ITP_OK) st = run_put(r, "anisotropy", shape.anisotropy, "1");
        wulff_deinit(&shape);
    }
    free(energies);
    free(list);
    itp_phase_destroy(relaxed);
    return st;
}

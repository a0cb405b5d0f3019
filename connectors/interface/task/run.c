/* run.c - the small steps that tasks are made of.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "slab.h"

const char *run_label(const run *r, const char *name)
{
    for (size_t i = 0; i < r->request->n_inputs; i++)
        if (strcmp(r->request->inputs[i].name, name) == 0) return r->request->inputs[i].label;
    return NULL;
}

double run_number(const run *r, const char *name, double missing)
{
    for (size_t i = 0; i < r->request->n_inputs; i++)
        if (strcmp(r->request->inputs[i].name, name) == 0) return r->request->inputs[i].number;
    return missing;
}

itp_status run_put(run *r, const char *name, double value, const char *unit)
{
    return r->host->put(r->host->ctx, r->result, name, value, NAN, unit);
}

void run_progress(run *r, double fraction, const char *text)
{
    r->host->progress(r->host->ctx, fraction, text);
}

const itp_phase *run_phase(run *r, const char *label)
{
    if (!label || !*label) return r->phases[0];
    for (size_t i = 0; i < r->n_phases; i++)
        if (strcmp(r->phases[i]->label, label) == 0 || strcmp(r->phases[i]->formula, label) == 0)
            return r->phases[i];
    (void)itp_fail(r->err, ITP_ENOTFOUND, "no phase '%s' among the files of with: phases", label);
    return NULL;
}

itp_status run_energy(run *r, const char *label, const itp_crystal *atoms,
                      const unsigned char *frozen, itp_relax relax, itp_energy *out)
{
    itp_job job = {label, atoms, frozen, relax, r->set->force, r->set->steps};
    return itp_engine_run(r->engine, &job, out, r->err);
}

itp_status run_relaxed(run *r, const itp_phase *phase, double *per_atom, itp_phase **relaxed)
{
    enum { STEPS_MIN = 2000 };
    const double tight =
        1e-3; /* eV/angstrom: a bulk is cheap, and everything is measured against it */
    itp_energy e;
    itp_job job = {"bulk",
                   phase->crystal,
                   NULL,
                   r->set->keep_lattice ? ITP_RELAX_ATOMS : ITP_RELAX_CELL,
                   fmin(tight, r->set->force),
                   r->set->steps > STEPS_MIN ? r->set->steps : STEPS_MIN};
    itp_status st = itp_engine_run(r->engine, &job, &e, r->err);
    if (st != ITP_OK) return st;
    *per_atom = e.energy / (double)phase->crystal->n;
    if (relaxed) {
        st = itp_phase_create(relaxed, e.final, ITP_SYMPREC, r->err);
        if (st == ITP_OK && (*relaxed)->symmetry->group != phase->symmetry->group) {
            st = itp_fail(r->err, ITP_ESCIENTIFIC,
                          "%s relaxed to space group %d by %s: this model does not hold the phase",
                          phase->label, (*relaxed)->symmetry->group, itp_engine_model(r->engine));
            itp_phase_destroy(*relaxed);
        }
    }
    itp_energy_deinit(&e);
    return st;
}

itp_status run_surface_energy(run *r, const itp_facet *facet, size_t termination, double per_atom,
                              double thickness, double vacuum, itp_relax relax, double *energy)
{
    itp_slab *slab = NULL;
    itp_energy e;
    itp_status st = itp_slab_create(&slab, facet, termination, ITP_SLAB_STOICHIOMETRIC,
                                    itp_slab_periods(facet, thickness), vacuum, r->err);
    if (st != ITP_OK) return st;
    st = run_energy(r, "slab", slab->crystal, NULL, relax, &e);
    if (st == ITP_OK) {
        *energy =
            (e.energy - (double)slab->crystal->n * per_atom) / (2 * slab->area) * ITP_J_PER_M2;
        itp_energy_deinit(&e);
    }
    itp_slab_destroy(slab);
    return st;
}

void run_keep(run *r, const char *name, const itp_crystal *crystal, const char *title)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", r->host->workdir(r->host->ctx), name);
    if (itp_crystal_write(path, crystal, ITP_FORMAT_AUTO, title, NULL) == ITP_OK)
        (void)r->host->artefact(r->host->ctx, r->result, name, path);
}

/* run.h - one attempt: what every task is given and leans on.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_RUN_H
#define ITP_RUN_H

#include "engine.h"
#include "interphase/connector.h"
#include "setting.h"

#define ITP_J_PER_M2 16.02176634 /* of one eV/angstrom^2 */

typedef struct run {
    const itp_host *host;
    const itp_request *request;
    itp_result *result;
    itp_error *err;
    const setting *set;
    itp_engine *engine;
    itp_phase *phases[PHASES_MAX];
    size_t n_phases;
} run;

typedef itp_status run_fn(run *r);
run_fn run_bulk, run_surface, run_adhesion, run_boundary, run_vacancy, run_migration, run_elastic,
    run_wulff;

/* The label of an input; NULL when it was not given. The number of one, `missing` when it was not.
 */
const char *run_label(const run *r, const char *name);
double run_number(const run *r, const char *name, double missing);

itp_status run_put(run *r, const char *name, double value, const char *unit);
void run_progress(run *r, double fraction, const char *text);

/* The phase with this label or formula. NULL or "": the first. */
const itp_phase *run_phase(run *r, const char *label);
/* Energy with the setting's force and steps. */
itp_status run_energy(run *r, const char *label, const itp_crystal *atoms,
                      const unsigned char *frozen, itp_relax relax, itp_energy *out);
/* The phase's crystal relaxed by the model: energy per atom, and (unless NULL) the phase it then
 * is. */
itp_status run_relaxed(run *r, const itp_phase *phase, double *per_atom, itp_phase **relaxed);
/* Mean energy of a slab's two faces, J/m^2, from a relaxed phase: facet, termination, thickness. */
itp_status run_surface_energy(run *r, const itp_facet *facet, size_t termination, double per_atom,
                              double thickness, double vacuum, itp_relax relax, double *energy);
/* Structure as an artefact of the attempt. */
void run_keep(run *r, const char *name, const itp_crystal *crystal, const char *title);

#endif

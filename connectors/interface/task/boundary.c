/* boundary.c - the energy of a grain boundary, after a search over rigid shifts and deleted atoms.
 *   gamma = (E_bicrystal - N e_bulk) / A - 2 gamma_surface, each relaxed; the two free surfaces are
 * those of the same slabs alone, so what remains is the boundary. With `search: N` an N x N grid of
 * shifts is relaxed, each with and without the atoms that come too near, and the lowest energy
 * counts. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grain.h"
#include "run.h"
#include "slab.h"
#include "vec.h"

static const double NEAR =
    0.75; /* of a bond: what is nearer is tried without one of the two atoms */

typedef struct tried {
    double energy, expansion;
    itp_crystal *final;
    size_t failed, done;
} tried;

/* One shift, one threshold: keeps it when it is the lowest so far. */
static itp_status try_one(run *r, const itp_join *join, const itp_recipe *recipe, double per_atom,
                          double surfaces, tried *best)
{
    itp_bicrystal *bi = NULL;
    itp_energy e;
    itp_status st = itp_bicrystal_create(&bi, join, recipe, r->err);
    if (st != ITP_OK) return st;
    st = run_energy(r, "boundary", bi->crystal, NULL, ITP_RELAX_ATOMS, &e);
    if (st == ITP_OK) {
        double energy =
            (e.energy - (double)bi->crystal->n * per_atom) / bi->area * ITP_J_PER_M2 - surfaces;
        if (energy < best->energy) {
            double before = 0, after = 0;
            for (size_t i = 0; i < bi->crystal->n; i++) {
                before = fmax(before, bi->crystal->frac[i][2]);
                after = fmax(after, e.final->frac[i][2]);
            }
            itp_crystal_destroy(best->final);
            best->energy = energy;
            best->expansion = (after - before) * bi->crystal->cell[2][2];
            best->final = e.final;
            e.final = NULL;
        }
        itp_energy_deinit(&e);
        best->done++;
    } else if (st == ITP_ESCIENTIFIC) {
        best->failed++; /* one start of many that did not converge */
        st = ITP_OK;
    }
    itp_bicrystal_destroy(bi);
    return st;
}

static itp_status search(run *r, const itp_named *named, double per_atom, double surfaces,
                         tried *best)
{
    long side = 1;
    itp_join join = named->join;
    itp_recipe recipe = r->set->recipe;
    double bond = itp_crystal_nearest(named->facets[0]->phase->crystal, 8);
    itp_status st = setting_whole(r->set, "search", 1, 20, &side, r->err);
    double shift[2] = {run_number(r, "shift_1", NAN), run_number(r, "shift_2", NAN)};
    int given = !isnan(shift[0]) || !isnan(shift[1]);
    if (given) side = 1;
    while (ITP_REGISTRY % side) side++;
    for (long i = 0; st == ITP_OK && i < side; i++)
        for (long k = 0; st == ITP_OK && k < side; k++) {
            join.pair.registry[0] = i * (ITP_REGISTRY / side);
            join.pair.registry[1] = k * (ITP_REGISTRY / side);
            for (int j = 0; j < 2 && given; j++)
                join.pair.registry[j] =
                    lround((isnan(shift[j]) ? 0 : shift[j]) * ITP_REGISTRY) % ITP_REGISTRY;
            /* Touching sides first; then pushed together, with what is too near left out. */
            recipe.delete_below = 0;
            recipe.gap = r->set->recipe.gap;
            st = try_one(r, &join, &recipe, per_atom, surfaces, best);
            if (st == ITP_OK && (side > 1 || r->set->recipe.delete_below > 0)) {
                recipe.delete_below =
                    r->set->recipe.delete_below > 0 ? r->set->recipe.delete_below : NEAR * bond;
                recipe.gap = fmax(0.5, named->facets[0]->planes[0].gap);
                st = try_one(r, &join, &recipe, per_atom, surfaces, best);
            }
            run_progress(r, 0.2 + 0.8 * (double)(i * side + k + 1) / (double)(side * side),
                         "shifts");
        }
    if (st == ITP_OK && !isfinite(best->energy))
        st = itp_fail(r->err, ITP_ESCIENTIFIC,
                      "none of %zu starts converged; correction: raise steps", best->failed);
    return st;
}

static itp_status open_boundary(run *r, const itp_phase *relaxed, itp_named *named)
{
    const char *name = run_label(r, "interface");
    const itp_phase *phases[1] = {relaxed};
    if (name) return itp_name_resolve(name, phases, 1, named, r->err);
    itp_grain g = {.sigma = 0};
    int axis, plane;
    itp_status st = setting_triple(r->set, "axis", g.axis, &axis, r->err);
    if (st == ITP_OK) st = setting_triple(r->set, "plane", g.plane, &plane, r->err);
    if (st == ITP_OK) st = setting_whole(r->set, "sigma", 1, 999, &g.sigma, r->err);
    if (st == ITP_OK && (!axis || !plane || !g.sigma))
        st = itp_fail(r->err, ITP_EINVAL,
                      "an input interface, or with: axis, sigma and plane, is needed");
    return st == ITP_OK ? itp_grain_boundary(&g, relaxed, named, r->err) : st;
}

itp_status run_boundary(run *r)
{
    itp_phase *relaxed = NULL;
    itp_named named = {.facets = {NULL, NULL}};
    tried best = {INFINITY, 0, NULL, 0, 0};
    double per_atom, surfaces = 0;
    itp_status st = run_relaxed(r, r->phases[0], &per_atom, &relaxed);
    if (st == ITP_OK) st = open_boundary(r, relaxed, &named);
    for (int side = 0; st == ITP_OK && side < 2; side++) {
        double one;
        st = run_surface_energy(r, side ? named.join.upper : named.join.lower,
                                side ? named.join.upper_cut : named.join.lower_cut, per_atom,
                                r->set->recipe.thickness[side], r->set->recipe.vacuum,
                                ITP_RELAX_ATOMS, &one);
        if (st == ITP_OK) surfaces += one;
    }
    run_progress(r, 0.2, "surfaces");
    if (st == ITP_OK) st = search(r, &named, per_atom, surfaces, &best);
    if (st == ITP_OK) {
        char text[ITP_NAME_MAX];
        itp_join_name(&named.join, text);
        (void)r->host->note(r->host->ctx, r->result, "boundary", text);
        run_keep(r, "boundary.vasp", best.final, text);
        st = run_put(r, "boundary_energy", best.energy, "J/m2");
        if (st == ITP_OK) st = run_put(r, "expansion", best.expansion, "angstrom");
    }
    itp_crystal_destroy(best.final);
    itp_named_deinit(&named);
    itp_phase_destroy(relaxed);
    return st;
}

/* adhesion.c - what it costs to pull an interface apart.
 *   W = (E_lower + E_upper - E_interface) / A, each relaxed, the slabs strained as in the
 * interface. The slabs alone depend on facet, strain and thickness only, so they come from the
 * cache for every other registry and termination of the same match. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "slab.h"
#include "vec.h"

static const double VACUUM_LEFT =
    6.0; /* angstrom: more than any potential's reach here is not needed */

static itp_status slab_alone(run *r, const itp_join *join, const itp_recipe *recipe, int side,
                             double atoms, double *energy)
{
    itp_crystal *slab = NULL;
    itp_energy e;
    double area;
    itp_status st = itp_bicrystal_side(&slab, join, recipe, side, r->set->reference, &area, r->err);
    if (st != ITP_OK) return st;
    st = run_energy(r, side ? "upper" : "lower", slab, NULL, ITP_RELAX_ATOMS, &e);
    if (st == ITP_OK) {
        *energy = e.energy * atoms / (double)slab->n;
        itp_energy_deinit(&e);
    }
    itp_crystal_destroy(slab);
    return st;
}

/* The widest stretch of height without atoms, periodic. */
static double free_height(const itp_crystal *c)
{
    double *z = malloc(c->n * sizeof *z), widest = 0;
    if (!z) return 0;
    for (size_t i = 0; i < c->n; i++) z[i] = c->frac[i][2] - floor(c->frac[i][2]);
    for (size_t i = 1; i < c->n; i++) { /* few thousand at most, nearly sorted */
        double v = z[i];
        size_t k = i;
        for (; k > 0 && z[k - 1] > v; k--) z[k] = z[k - 1];
        z[k] = v;
    }
    for (size_t i = 0; i < c->n; i++)
        widest = fmax(widest, (i + 1 < c->n ? z[i + 1] : z[0] + 1) - z[i]);
    free(z);
    return widest * c->cell[2][2];
}

static double mean_gap(const itp_bicrystal *bi, const itp_crystal *c)
{
    double low = -INFINITY, high = INFINITY, shift = bi->boundary / c->cell[2][2];
    for (size_t i = 0; i < c->n; i++) {
        double z = c->frac[i][2] - round(c->frac[i][2] - shift);
        if (bi->side[i])
            high = fmin(high, z);
        else
            low = fmax(low, z);
    }
    return (high - low) * c->cell[2][2];
}

static itp_status adhesion_of(run *r, const itp_join *join, const itp_recipe *recipe, double *work,
                              double *gap, int keep)
{
    itp_bicrystal *bi = NULL;
    itp_energy whole;
    double alone[2] = {0, 0};
    itp_status st = itp_bicrystal_create(&bi, join, recipe, r->err);
    if (st != ITP_OK) return st;
    for (int side = 0; st == ITP_OK && side < 2; side++) {
        run_progress(r, 0.1 + 0.15 * side, side ? "upper slab" : "lower slab");
        st = slab_alone(r, join, recipe, side, (double)bi->count[side], &alone[side]);
    }
    run_progress(r, 0.4, "interface");
    if (st == ITP_OK) st = run_energy(r, "interface", bi->crystal, NULL, ITP_RELAX_ATOMS, &whole);
    if (st == ITP_OK) {
        *work = (alone[0] + alone[1] - whole.energy) / bi->area * ITP_J_PER_M2;
        *gap = mean_gap(bi, whole.final);
        if (free_height(whole.final) < VACUUM_LEFT)
            st = itp_fail(r->err, ITP_ESCIENTIFIC,
                          "only %.1f angstrom of vacuum are left; correction: scale vacuum by 1.5",
                          free_height(whole.final));
        if (keep) {
            whole.final->pbc[2] = 0;
            run_keep(r, "interface.vasp", whole.final, "relaxed interface");
        }
        itp_energy_deinit(&whole);
    }
    itp_bicrystal_destroy(bi);
    return st;
}

/* Surfaces of the unstrained, relaxed phases, for Dupre's interface energy. */
static itp_status surface_sum(run *r, const itp_join *join, double *sum)
{
    const itp_facet *facets[2] = {join->lower, join->upper};
    const size_t cuts[2] = {join->lower_cut, join->upper_cut};
    *sum = 0;
    for (int side = 0; side < 2; side++) {
        itp_phase *relaxed = NULL;
        itp_facet *f = NULL;
        double per_atom, energy = 0;
        itp_status st = run_relaxed(r, facets[side]->phase, &per_atom, &relaxed);
        if (st == ITP_OK) st = itp_facet_create(&f, relaxed, facets[side]->miller, r->err);
        if (st == ITP_OK)
            st = run_surface_energy(r, f, cuts[side], per_atom, r->set->recipe.thickness[side],
                                    r->set->recipe.vacuum, ITP_RELAX_ATOMS, &energy);
        itp_facet_destroy(f);
        itp_phase_destroy(relaxed);
        if (st != ITP_OK) return st;
        *sum += energy;
    }
    return ITP_OK;
}

static int wanted(const run *r, const char *name)
{
    for (size_t i = 0; i < r->request->n_wanted; i++)
        if (strcmp(r->request->wanted[i].name, name) == 0) return 1;
    return 0;
}

static itp_status measure(run *r, const itp_join *join)
{
    double work, gap, again, other, sum;
    itp_match m;
    itp_status st = adhesion_of(r, join, &r->set->recipe, &work, &gap, 1);
    if (st == ITP_OK && r->set->check_thickness) {
        itp_recipe thicker = r->set->recipe;
        thicker.thickness[0] *= 1.5;
        thicker.thickness[1] *= 1.5;
        st = adhesion_of(r, join, &thicker, &again, &other, 0);
        if (st == ITP_OK && fabs(again - work) > r->set->tolerance * fmax(fabs(work), 0.1))
            st = itp_fail(r->err, ITP_ESCIENTIFIC,
                          "work of adhesion goes from %.3f to %.3f J/m2 with slabs half as thick "
                          "again; correction: "
                          "scale thickness by 1.5",
                          work, again);
    }
    if (st != ITP_OK) return st;
    itp_match_measure(&join->pair, join->lower, join->upper, &m);
    st = run_put(r, "adhesion", work, "J/m2");
    if (st == ITP_OK && wanted(r, "gap")) st = run_put(r, "gap", gap, "angstrom");
    if (st == ITP_OK && wanted(r, "misfit"))
        st = run_put(r, "misfit", fmax(fabs(m.strain[0]), fabs(m.strain[1])), "1");
    if (st == ITP_OK && wanted(r, "twist")) st = run_put(r, "twist", m.twist, "degree");
    if (st == ITP_OK && wanted(r, "interface_energy")) {
        st = surface_sum(r, join, &sum);
        if (st == ITP_OK) st = run_put(r, "interface_energy", sum - work, "J/m2");
    }
    return st;
}

/* The interface of two surfaces whose twist is nearest to the one asked for. */
static itp_status twisted(run *r, itp_named *out)
{
    const json_t *list = json_object_get(r->set->json, "surfaces");
    itp_bounds bounds = {300, 0.03, 0};
    itp_match *matches = NULL;
    size_t n = 0, cuts[2] = {0, 0};
    double off;
    itp_status st = ITP_OK;
    for (size_t i = 0; st == ITP_OK && i < 2; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        char label[ITP_PHASE_LABEL_MAX];
        itp_miller m;
        if (!text)
            st = itp_fail(r->err, ITP_EINVAL,
                          "an input interface, or with: surfaces: [LOWER, UPPER] and an input "
                          "twist, is needed");
        if (st == ITP_OK) st = itp_surface_parse(text, label, &m, &cuts[i], r->err);
        const itp_phase *phase = st == ITP_OK ? run_phase(r, label) : NULL;
        if (st == ITP_OK && !phase) st = ITP_ENOTFOUND;
        if (st == ITP_OK) st = itp_facet_create(&out->facets[i], phase, m, r->err);
        if (st == ITP_OK && cuts[i] >= out->facets[i]->n_terminations)
            st = itp_fail(r->err, ITP_ENOTFOUND, "surface '%s' is not one of %zu terminations",
                          text, out->facets[i]->n_terminations);
    }
    if (st == ITP_OK) st = setting_number(r->set, "area", 1, 5000, &bounds.area, r->err);
    if (st == ITP_OK) st = setting_number(r->set, "strain", 0, 0.3, &bounds.strain, r->err);
    if (st == ITP_OK)
        st = itp_match_list(out->facets[0], out->facets[1], &bounds, ITP_TURN_NO, &matches, &n,
                            r->err);
    if (st == ITP_OK && n == 0)
        st = itp_fail(r->err, ITP_ESCIENTIFIC, "no match within %g angstrom2 and a misfit of %g",
                      bounds.area, bounds.strain);
    if (st == ITP_OK) {
        size_t k = itp_match_nearest(matches, n, out->facets[0], out->facets[1],
                                     run_number(r, "twist", 0), &off);
        itp_join join = {out->facets[0], out->facets[1], cuts[0], cuts[1], matches[k].pair, 500};
        out->join = itp_join_normal(&join);
    }
    free(matches);
    return st;
}

itp_status run_adhesion(run *r)
{
    itp_named named = {.facets = {NULL, NULL}};
    const itp_phase *phases[PHASES_MAX];
    const char *name = run_label(r, "interface");
    char text[ITP_NAME_MAX];
    for (size_t i = 0; i < r->n_phases; i++) phases[i] = r->phases[i];
    itp_status st =
        name ? itp_name_resolve(name, phases, r->n_phases, &named, r->err) : twisted(r, &named);
    if (st == ITP_OK) {
        itp_join_name(&named.join, text);
        (void)r->host->note(r->host->ctx, r->result, "interface", text);
        st = measure(r, &named.join);
    }
    itp_named_deinit(&named);
    return st;
}

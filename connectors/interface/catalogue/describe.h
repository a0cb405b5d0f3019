/* describe.h - what can be known of an interface without an engine: the columns of a candidate
 * table. Surfaces: planar density, bonds cut, roughness of the cut, elements. Interfaces: misfit,
 * area, atoms, the gap at which the sides touch and how many bonds then cross it, and differences
 * of the elements. The vocabulary (name, unit, meaning, nearest EMMO term) is one table, printed by
 *   `interphase-interfaces --vocabulary` and kept as VOCABULARY.md beside this file.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DESCRIBE_H
#define ITP_DESCRIBE_H

#include "bicrystal.h"

/* name, unit (UDUNITS-2), term, meaning. Order is the order of the columns. */
#define ITP_DESCRIPTORS(X)                                                                         \
    X(misfit_max, "1", "", "largest principal misfit of the upper on the lower side")              \
    X(misfit_min, "1", "", "smallest principal misfit")                                            \
    X(misfit, "1", "", "root mean square of the principal misfits")                                \
    X(area, "angstrom2", "Area", "area of the common cell")                                        \
    X(cells_lower, "1", "", "surface cells of the lower side in the common cell")                  \
    X(cells_upper, "1", "", "surface cells of the upper side in the common cell")                  \
    X(atoms, "1", "", "atoms of the cell that the default recipe builds")                          \
    X(twist, "degree", "Angle", "rotation of the upper side's first vector from the lower's")      \
    X(registry_1, "1", "", "shift along the first vector of the shift lattice")                    \
    X(registry_2, "1", "", "shift along the second vector of the shift lattice")                   \
    X(shift_area, "angstrom2", "Area", "area of the cell of distinct shifts")                      \
    X(gap, "angstrom", "Height", "height between the sides when their nearest atoms touch")        \
    X(contacts, "1/angstrom2", "", "pairs across the gap within 1.2 bonds, over area")             \
    X(density_lower, "1/angstrom2", "", "atoms in the lower side's last plane, over area")         \
    X(density_upper, "1/angstrom2", "", "atoms in the upper side's last plane, over area")         \
    X(density_ratio, "1", "", "planar density of the lower over the upper side, in logarithm")     \
    X(cut_lower, "1/angstrom2", "", "bonds of the lower phase that its cut breaks, over area")     \
    X(cut_upper, "1/angstrom2", "", "bonds of the upper phase that its cut breaks, over area")     \
    X(spacing_lower, "angstrom", "", "height of the lower phase's cut between its planes")         \
    X(spacing_upper, "angstrom", "", "height of the upper phase's cut between its planes")         \
    X(plane_lower, "1", "", "mean electronegativity of the lower side's last plane")               \
    X(plane_upper, "1", "", "mean electronegativity of the upper side's last plane")               \
    X(electronegativity_lower, "1", "", "mean Pauling electronegativity, lower phase")             \
    X(electronegativity_upper, "1", "", "mean Pauling electronegativity, upper phase")             \
    X(electronegativity_step, "1", "", "difference of the two, absolute")                          \
    X(work_function_step, "eV", "", "difference of mean elemental work functions, absolute")       \
    X(radius_ratio, "1", "", "mean covalent radius of the lower over the upper phase, logarithm")  \
    X(volume_ratio, "1", "", "volume per atom of the lower over the upper phase, logarithm")

enum {
#define X(name, unit, term, text) ITP_DESCRIPTOR_##name,
    ITP_DESCRIPTORS(X)
#undef X
        ITP_DESCRIPTOR_COUNT
};

const char *itp_descriptor_name(size_t k);
const char *itp_descriptor_unit(size_t k);
const char *itp_descriptor_term(size_t k);
const char *itp_descriptor_text(size_t k);

/* Of one surface, once for all its interfaces. */
typedef struct itp_surface_facts {
    double density, cut, spacing, plane; /* as the columns say */
} itp_surface_facts;
itp_surface_facts itp_surface_describe(const itp_facet *facet, size_t termination);

/* NaN where something is not known of an element. `recipe` gives the thickness that atoms counts.
 */
itp_status itp_join_describe(const itp_join *join, const itp_surface_facts *lower,
                             const itp_surface_facts *upper, const itp_recipe *recipe,
                             double out[ITP_DESCRIPTOR_COUNT], itp_error *err);

#endif

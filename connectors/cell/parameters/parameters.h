/* parameters.h - what a cell is made of: every number in SI units, every function as a curve.
 *   The fields are listed once, in ITP_CELL_FIELDS: their names, units and physical ranges serve
 * the connector's inputs, the command line, the checks and the tests alike. Life cycle  a plain
 * value: copied by assignment, nothing to free     Threads  no shared state
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_PARAMETERS_H
#define ITP_CELL_PARAMETERS_H

#include "curve.h"

#define ITP_CELL_F     96485.33212 /* C/mol, CODATA 2018 */
#define ITP_CELL_R     8.314462618 /* J/(mol K), CODATA 2018 */
#define ITP_CELL_C_REF 1000.0      /* mol/m3, where exchange currents are quoted */

typedef struct itp_cell_electrode {
    double thickness, porosity, active, radius, c_max, c_init;
    double conductivity, bruggeman_electrolyte, bruggeman_solid;
    double diffusivity;      /* multiplies the shape below */
    double diffusion_energy; /* J/mol, Arrhenius about the reference temperature */
    /* A/m2 at c_e = 1000 mol/m3 and half lithiation: j0 = exchange * 2 sqrt(c_e/1000 s (1 - s)). */
    double exchange, exchange_energy;
    double film_resistance; /* Ohm m2 of a passive film, beside the SEI's own */
    double double_layer;    /* F/m2, seen by impedance only */
    double density, heat_capacity;
    double poisson, young, molar_volume, lam_rate, lam_exponent, lam_stress;
    itp_curve ocp, entropic, shape; /* of the stoichiometry: V, V/K, 1 */
} itp_cell_electrode;

typedef struct itp_cell_sei {
    double inner, outer; /* initial thickness of the two layers */
    double inner_share;  /* of the growth that goes to the inner layer */
    double molar_volume, resistivity, lithium_ratio;
    double exchange, transfer;                         /* reaction limited */
    double solvent_concentration, solvent_diffusivity; /* solvent-diffusion limited */
    double interstitial_concentration, interstitial_diffusivity;
    double energy; /* J/mol */
} itp_cell_sei;

typedef struct itp_cell_plating {
    double rate, transfer, initial, decay;
} itp_cell_plating;

typedef struct itp_cell_parameters {
    double area, parallel, nominal, v_low, v_high, contact_resistance;
    double t_ref, t_ambient, t_initial, volume, cooling_area, heat_transfer;
    itp_cell_electrode neg, pos;
    double sep_thickness, sep_porosity, sep_bruggeman, sep_density, sep_heat_capacity;
    double neg_foil, neg_foil_density, neg_foil_heat, pos_foil, pos_foil_density, pos_foil_heat;
    double c_e, transference, thermodynamic; /* initial salt concentration; 1 + dlnf/dlnc */
    double diffusion_energy, conduction_energy;
    double diffusion_scale, conduction_scale; /* multiply the curves: 1 as published */
    itp_curve diffusivity, conductivity;      /* of c_e in mol/m3: m2/s, S/m */
    itp_cell_sei sei;
    itp_cell_plating plating;
    double v_full, v_empty; /* open-circuit voltages at SOC 1 and 0 */
} itp_cell_parameters;

/* X(member, name, unit, low, high, published name or "") */
#define ITP_CELL_ELECTRODE_FIELDS(X, e, n, N)                                                      \
    X(e.thickness, n "_thickness", "m", 1e-6, 1e-3, N " electrode thickness [m]")                  \
    X(e.porosity, n "_porosity", "1", 0.01, 0.95, N " electrode porosity")                         \
    X(e.active, n "_active_fraction", "1", 0.01, 0.99,                                             \
      N " electrode active material volume fraction")                                              \
    X(e.radius, n "_particle_radius", "m", 1e-9, 1e-4, N " particle radius [m]")                   \
    X(e.c_max, n "_maximum_concentration", "mol m-3", 1e3, 2e5, "")                                \
    X(e.c_init, n "_initial_concentration", "mol m-3", 0, 2e5, "")                                 \
    X(e.conductivity, n "_conductivity", "S m-1", 1e-4, 1e6, N " electrode conductivity [S.m-1]")  \
    X(e.bruggeman_electrolyte, n "_bruggeman_electrolyte", "1", 0, 5,                              \
      N " electrode Bruggeman coefficient (electrolyte)")                                          \
    X(e.bruggeman_solid, n "_bruggeman_solid", "1", 0, 5,                                          \
      N " electrode Bruggeman coefficient (electrode)")                                            \
    X(e.diffusivity, n "_diffusivity", "m2 s-1", 1e-20, 1e-8, "")                                  \
    X(e.diffusion_energy, n "_diffusion_energy", "J mol-1", 0, 2e5, "")                            \
    X(e.exchange, n "_exchange_current", "A m-2", 1e-8, 1e5, "")                                   \
    X(e.exchange_energy, n "_exchange_energy", "J mol-1", 0, 2e5, "")                              \
    X(e.film_resistance, n "_film_resistance", "ohm m2", 0, 10, "")                                \
    X(e.double_layer, n "_double_layer", "F m-2", 0, 100,                                          \
      N " electrode double-layer capacity [F.m-2]")                                                \
    X(e.density, n "_density", "kg m-3", 100, 3e4, N " electrode density [kg.m-3]")                \
    X(e.heat_capacity, n "_heat_capacity", "J kg-1 K-1", 50, 1e4,                                  \
      N " electrode specific heat capacity [J.kg-1.K-1]")                                          \
    X(e.poisson, n "_poisson_ratio", "1", 0, 0.49, N " electrode Poisson's ratio")                 \
    X(e.young, n "_young_modulus", "Pa", 0, 1e13, N " electrode Young's modulus [Pa]")             \
    X(e.molar_volume, n "_partial_molar_volume", "m3 mol-1", 0, 1e-3,                              \
      N " electrode partial molar volume [m3.mol-1]")                                              \
    X(e.lam_rate, n "_lam_rate", "s-1", 0, 1, N " electrode LAM constant proportional term [s-1]") \
    X(e.lam_exponent, n "_lam_exponent", "1", 0.1, 10,                                             \
      N " electrode LAM constant exponential term")                                                \
    X(e.lam_stress, n "_critical_stress", "Pa", 1e3, 1e12, N " electrode critical stress [Pa]")

#define ITP_CELL_FIELDS(X)                                                                         \
    X(area, "electrode_area", "m2", 1e-6, 100, "")                                                 \
    X(parallel, "electrode_pairs", "1", 1, 1000,                                                   \
      "Number of electrodes connected in parallel to make a cell")                                 \
    X(nominal, "nominal_capacity", "A h", 1e-5, 1e4, "Nominal cell capacity [A.h]")                \
    X(v_low, "lower_cutoff", "V", 0, 6, "Lower voltage cut-off [V]")                               \
    X(v_high, "upper_cutoff", "V", 0, 6, "Upper voltage cut-off [V]")                              \
    X(v_empty, "empty_voltage", "V", 0, 6, "Open-circuit voltage at 0% SOC [V]")                   \
    X(v_full, "full_voltage", "V", 0, 6, "Open-circuit voltage at 100% SOC [V]")                   \
    X(contact_resistance, "contact_resistance", "ohm", 0, 10, "Contact resistance [Ohm]")          \
    X(t_ref, "reference_temperature", "K", 200, 400, "Reference temperature [K]")                  \
    X(t_ambient, "ambient_temperature", "K", 220, 380, "Ambient temperature [K]")                  \
    X(t_initial, "initial_temperature", "K", 220, 380, "Initial temperature [K]")                  \
    X(volume, "cell_volume", "m3", 1e-10, 1, "Cell volume [m3]")                                   \
    X(cooling_area, "cooling_area", "m2", 0, 100, "Cell cooling surface area [m2]")                \
    X(heat_transfer, "heat_transfer", "W m-2 K-1", 0, 1e5,                                         \
      "Total heat transfer coefficient [W.m-2.K-1]")                                               \
    ITP_CELL_ELECTRODE_FIELDS(X, neg, "negative", "Negative")                                      \
    ITP_CELL_ELECTRODE_FIELDS(X, pos, "positive", "Positive")                                      \
    X(sep_thickness, "separator_thickness", "m", 1e-6, 1e-3, "Separator thickness [m]")            \
    X(sep_porosity, "separator_porosity", "1", 0.01, 1, "Separator porosity")                      \
    X(sep_bruggeman, "separator_bruggeman", "1", 0, 5,                                             \
      "Separator Bruggeman coefficient (electrolyte)")                                             \
    X(sep_density, "separator_density", "kg m-3", 50, 1e4, "Separator density [kg.m-3]")           \
    X(sep_heat_capacity, "separator_heat_capacity", "J kg-1 K-1", 50, 1e4,                         \
      "Separator specific heat capacity [J.kg-1.K-1]")                                             \
    X(neg_foil, "negative_foil_thickness", "m", 0, 1e-3,                                           \
      "Negative current collector thickness [m]")                                                  \
    X(neg_foil_density, "negative_foil_density", "kg m-3", 100, 3e4,                               \
      "Negative current collector density [kg.m-3]")                                               \
    X(neg_foil_heat, "negative_foil_heat_capacity", "J kg-1 K-1", 50, 1e4,                         \
      "Negative current collector specific heat capacity [J.kg-1.K-1]")                            \
    X(pos_foil, "positive_foil_thickness", "m", 0, 1e-3,                                           \
      "Positive current collector thickness [m]")                                                  \
    X(pos_foil_density, "positive_foil_density", "kg m-3", 100, 3e4,                               \
      "Positive current collector density [kg.m-3]")                                               \
    X(pos_foil_heat, "positive_foil_heat_capacity", "J kg-1 K-1", 50, 1e4,                         \
      "Positive current collector specific heat capacity [J.kg-1.K-1]")                            \
    X(c_e, "salt_concentration", "mol m-3", 1, 1e4,                                                \
      "Initial concentration in electrolyte [mol.m-3]")                                            \
    X(transference, "transference_number", "1", 0, 1, "Cation transference number")                \
    X(thermodynamic, "thermodynamic_factor", "1", 0.01, 20, "Thermodynamic factor")                \
    X(diffusion_energy, "electrolyte_diffusion_energy", "J mol-1", 0, 2e5, "")                     \
    X(conduction_energy, "electrolyte_conduction_energy", "J mol-1", 0, 2e5, "")                   \
    X(diffusion_scale, "electrolyte_diffusivity_scale", "1", 1e-3, 1e3, "")                        \
    X(conduction_scale, "electrolyte_conductivity_scale", "1", 1e-3, 1e3, "")                      \
    X(sei.inner, "sei_inner_thickness", "m", 0, 1e-5, "")                                          \
    X(sei.outer, "sei_outer_thickness", "m", 1e-12, 1e-5, "")                                      \
    X(sei.inner_share, "sei_inner_share", "1", 0, 1, "")                                           \
    X(sei.molar_volume, "sei_molar_volume", "m3 mol-1", 1e-6, 1e-2,                                \
      "SEI partial molar volume [m3.mol-1]")                                                       \
    X(sei.resistivity, "sei_resistivity", "ohm m", 0, 1e9, "SEI resistivity [Ohm.m]")              \
    X(sei.lithium_ratio, "sei_lithium_ratio", "1", 0.1, 10, "Ratio of lithium moles to SEI moles") \
    X(sei.exchange, "sei_exchange_current", "A m-2", 0, 1,                                         \
      "SEI reaction exchange current density [A.m-2]")                                             \
    X(sei.transfer, "sei_transfer", "1", 0, 1, "SEI growth transfer coefficient")                  \
    X(sei.solvent_concentration, "sei_solvent_concentration", "mol m-3", 0, 1e5,                   \
      "Bulk solvent concentration [mol.m-3]")                                                      \
    X(sei.solvent_diffusivity, "sei_solvent_diffusivity", "m2 s-1", 0, 1e-14,                      \
      "SEI solvent diffusivity [m2.s-1]")                                                          \
    X(sei.interstitial_concentration, "sei_interstitial_concentration", "mol m-3", 0, 1e5,         \
      "Lithium interstitial reference concentration [mol.m-3]")                                    \
    X(sei.interstitial_diffusivity, "sei_interstitial_diffusivity", "m2 s-1", 0, 1e-14,            \
      "SEI lithium interstitial diffusivity [m2.s-1]")                                             \
    X(sei.energy, "sei_energy", "J mol-1", 0, 2e5, "SEI growth activation energy [J.mol-1]")       \
    X(plating.rate, "plating_rate", "m s-1", 0, 1e-3,                                              \
      "Lithium plating kinetic rate constant [m.s-1]")                                             \
    X(plating.transfer, "plating_transfer", "1", 0.01, 0.99,                                       \
      "Lithium plating transfer coefficient")                                                      \
    X(plating.initial, "plating_initial", "mol m-3", 0, 1e5,                                       \
      "Initial plated lithium concentration [mol.m-3]")                                            \
    X(plating.decay, "plating_decay", "s-1", 0, 1, "Dead lithium decay constant [s-1]")

typedef struct itp_cell_field {
    const char *name, *unit, *published;
    size_t offset;
    double low, high;
} itp_cell_field;

/* The fields, ended by a NULL name; static. */
const itp_cell_field *itp_cell_fields(void);

/* ITP_ENOTFOUND; ITP_ERANGE when outside its physical range, NaN included. */
itp_status itp_cell_set(itp_cell_parameters *p, const char *name, double value, itp_error *err);
/* NULL when there is no such field. */
const double *itp_cell_get(const itp_cell_parameters *p, const char *name);

/* Every field in its range and the set consistent (voltages, stoichiometries, curves finite). */
itp_status itp_cell_check(const itp_cell_parameters *p, itp_error *err);

/* "Chen2020", "OKane2022", "Marquis2019", "Prada2013", "Mohtat2020"; ITP_ENOTFOUND names them. */
itp_status itp_cell_published(itp_cell_parameters *p, const char *set, itp_error *err);
/* The names, ended by NULL; static. */
const char *const *itp_cell_sets(void);

/* A BPX document (JSON text, versions 0.x and 1.x, SPM(e) and DFN); `name` stands in messages. */
itp_status itp_cell_bpx(itp_cell_parameters *p, const char *json, const char *name, itp_error *err);

/* Open-circuit voltage functions, with the guard that keeps them in (0, 1): see parameters.c. */
double itp_cell_ocp(const itp_cell_electrode *e, double sto, double *slope);

#endif

/* model.h - SPM, SPMe and DFN as one system F(t, y, y') = 0 of differential-algebraic equations.
 *   Sites: representative particles with their interface. SPM and SPMe have one an electrode, DFN
 * one in every cell of the slab. A site holds shell stoichiometries s, the surface stoichiometry,
 * the intercalation current density j [A/m2, > 0 leaves the particle], its potential, and what the
 * ageing models need. SPMe and DFN add the salt u = c_e / 1000 mol/m3 in every cell, DFN the
 * potentials phi_s (at the site) and phi_e. Current I [A, > 0 discharges], voltage V and charge
 * passed Q [A h] are unknowns too, so one control equation turns current into voltage or power.
 *   Charge balances and mass balances are linear in the unknowns, therefore IDA keeps lithium and
 * charge exactly, whatever its tolerances (every linear invariant of the equations is one of BDF).
 *   Doyle, Fuller & Newman 1993; Marquis et al. 2019; Safari & Newman 2008; O'Kane et al. 2022
 * Life cycle  create -> { initialise | residual | jacobian }* -> destroy
 * Threads     one thread a model (it holds scratch space)
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_MODEL_H
#define ITP_CELL_MODEL_H

#include "mesh.h"
#include "parameters.h"
#include "sparse.h"

typedef enum itp_cell_fidelity { ITP_CELL_SPM, ITP_CELL_SPME, ITP_CELL_DFN } itp_cell_fidelity;
typedef enum itp_cell_sei_kind {
    ITP_SEI_NONE,
    ITP_SEI_REACTION,
    ITP_SEI_SOLVENT,
    ITP_SEI_INTERSTITIAL
} itp_cell_sei_kind;
typedef enum itp_cell_plating_kind {
    ITP_PLATING_NONE,
    ITP_PLATING_REVERSIBLE,
    ITP_PLATING_IRREVERSIBLE,
    ITP_PLATING_PARTIAL /* reversible, and slowly turning into dead lithium */
} itp_cell_plating_kind;
typedef enum itp_cell_switch { ITP_CELL_OFF, ITP_CELL_ON } itp_cell_switch;

typedef struct itp_cell_options {
    itp_cell_fidelity fidelity;
    itp_cell_sei_kind sei;
    itp_cell_plating_kind plating;
    itp_cell_switch lam, thermal;
    size_t n_neg, n_sep, n_pos; /* cells across; 0: the fidelity's own */
    size_t r_neg, r_pos;        /* shells; 0: the fidelity's own */
    double tolerance;           /* relative, of the time integration; 0: the fidelity's own */
} itp_cell_options;

#define ITP_CELL_NONE ((size_t)-1) /* an unknown that this model does not have */

/* Where a site's unknowns are, from its first one. */
typedef struct itp_cell_block {
    const itp_cell_electrode *par;
    itp_sphere sphere;
    size_t first, stride, sites; /* index of the first unknown; unknowns a site */
    size_t cell;                 /* first cell of the slab */
    size_t cells;                /* cells of the slab in this electrode */
    size_t surf, j, phi, j_sei, growth, j_pl, plated, dead; /* offsets or ITP_CELL_NONE */
    size_t eps, isolated; /* active fraction; lithium lost with it, mol/m3 of electrode */
    double sign;          /* +1 where discharge lets lithium out (negative), else -1 */
} itp_cell_block;

typedef enum itp_cell_mode { ITP_CELL_CURRENT, ITP_CELL_VOLTAGE, ITP_CELL_POWER } itp_cell_mode;

typedef struct itp_cell_control {
    itp_cell_mode mode;
    double target; /* A, V or W; > 0 discharges */
} itp_cell_control;

/* The face between cells i and i + 1 of the slab: conductance for salt (m/s) or charge (S/m2) and
 * its derivatives by the salt on either side. */
typedef struct itp_cell_face {
    double g, d_left, d_right;
} itp_cell_face;

/* Scratch of one residual or Jacobian: the electrolyte's faces and ln u in every cell. */
typedef struct itp_cell_salt {
    itp_cell_face *diff, *kappa;
    double *log_u, *d_log_u;
} itp_cell_salt;

typedef struct itp_cell_model {
    itp_cell_parameters p;
    itp_cell_options o;
    double area;                                   /* of all electrode pairs */
    double heat_mass;                              /* J/K */
    itp_cell_block block[2];                       /* negative, positive */
    size_t nx;                                     /* cells across */
    double *dx, *pore, *transport;                 /* nx: width, porosity, porosity^b */
    size_t i_current, i_voltage, i_charge, i_heat; /* i_heat: ITP_CELL_NONE when isothermal */
    size_t i_salt, i_phi_e;                        /* first of nx, or ITP_CELL_NONE */
    size_t n;
    double *differential; /* n: 1 where y' appears, else 0 */
    double *atol;         /* n: absolute tolerances at relative tolerance 1 */
    itp_cell_control control;
    itp_sparse jac;
    itp_cell_salt salt;
    double *scratch; /* 2 n */
} itp_cell_model;

/* The cheapest settings that meet the accuracy stated in the README. */
itp_cell_options itp_cell_defaults(itp_cell_fidelity fidelity);

/* Parameters are checked (itp_cell_check) and copied. */
itp_status itp_cell_model_create(itp_cell_model **out, const itp_cell_parameters *p,
                                 const itp_cell_options *options, itp_error *err);
void itp_cell_model_destroy(itp_cell_model *m);

/* Rest state at given stoichiometries: y (n), temperature in K. */
void itp_cell_initialise(const itp_cell_model *m, double sto_neg, double sto_pos,
                         double temperature, double *y);

/* F(y, y'); f has n entries. */
void itp_cell_residual(const itp_cell_model *m, const double *y, const double *yp, double *f);

/* dF/dy + cj dF/dy' into m->jac, whose data the caller has begun (sparse.h). */
void itp_cell_jacobian(itp_cell_model *m, double cj, const double *y, const double *yp);

/* The double layer's part of dF/d(y'), i.e. what impedance adds: entries by itp_sparse_add. */
void itp_cell_double_layer(const itp_cell_model *m, itp_sparse *s);

/* --- reading a state --- */
/* Stoichiometries averaged over volume and, at the surface, over thickness. which: 0 or 1. */
double itp_cell_average(const itp_cell_model *m, int which, const double *y);
double itp_cell_surface(const itp_cell_model *m, int which, const double *y);

/* Lithium in mol, by where it is; they add up to a constant while the cell works. */
typedef struct itp_cell_inventory {
    double negative, positive, electrolyte, sei, plated, dead;
    double isolated; /* in active material that was lost; exact to the integration's tolerance */
    double total;
    double plated_charge; /* A h, plated and dead together */
    double sei_charge;    /* A h lost to SEI since the start */
} itp_cell_inventory;
void itp_cell_lithium(const itp_cell_model *m, const double *y, itp_cell_inventory *out);

double itp_cell_temperature(const itp_cell_model *m, const double *y);
/* Lowest negative potential against lithium, phi_s - phi_e less the film's drop: < 0 can plate. */
double itp_cell_plating_margin(const itp_cell_model *m, const double *y);
/* Lowest salt concentration, mol/m3. */
double itp_cell_lowest_salt(const itp_cell_model *m, const double *y);
/* Thickness of SEI at a site of the negative electrode, m; 0 when not modelled. */
double itp_cell_sei_thickness(const itp_cell_model *m, size_t site, const double *y);
/* Active fraction left in an electrode, averaged, relative to the start. */
double itp_cell_active_left(const itp_cell_model *m, int which, const double *y);

static inline size_t itp_cell_at(const itp_cell_block *b, size_t site, size_t offset)
{
    return b->first + site * b->stride + offset;
}

#endif

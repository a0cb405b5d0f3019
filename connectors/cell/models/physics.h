/* physics.h - the local laws: what one temperature, one cell of electrolyte, one interface do.
 *   Each law gives its value and its derivatives, so residual and Jacobian cannot drift apart.
 * Threads  pure functions of their arguments and the model
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_PHYSICS_H
#define ITP_CELL_PHYSICS_H

#include "model.h"

/* What follows from the temperature alone; one a residual. */
typedef struct itp_climate {
    double t, rt_f;               /* K; RT/F in V */
    double diffusion[2];          /* 1/s: D/R^2 at shape 1, per electrode */
    double exchange[2];           /* A/m2 */
    double salt_diff, salt_kappa; /* multipliers of the electrolyte's curves */
    double sei;                   /* multiplier of SEI growth */
} itp_climate;
void itp_climate_at(const itp_cell_model *m, double t, itp_climate *out);

/* Properties of the electrolyte in every cell into m->salt. */
void itp_salt_properties(const itp_cell_model *m, const itp_climate *k, const double *y);

/* Butler-Volmer solved for the overpotential, eta = 2 RT/F asinh(j / 2 j0), and its derivatives.
 *   u  salt, c_e / 1000     s  surface stoichiometry */
typedef struct itp_kinetics {
    double eta, d_j, d_s, d_u;
} itp_kinetics;
itp_kinetics itp_overpotential(const itp_climate *k, int which, double j, double s, double u);

/* A side reaction's current density (A/m2, < 0 consumes lithium) and its derivatives. */
typedef struct itp_side {
    double j, d_phi, d_j, d_side, d_growth, d_u, d_plated;
} itp_side;
/* phi  phi_s - phi_e     j  intercalation     growth  nm */
itp_side itp_sei_rate(const itp_cell_model *m, const itp_climate *k, double phi, double j,
                      double growth);
/* total  whole current density j + j_sei + j_pl; d_side is its derivative (that of d_j too) */
itp_side itp_plating_rate(const itp_cell_model *m, const itp_climate *k, double phi, double total,
                          double growth, double u, double plated);

/* Film resistance, Ohm m2, of electrode `which` when its SEI has grown by `growth` nm. */
double itp_film(const itp_cell_model *m, int which, double growth, double *slope);

/* Whole thickness of SEI in m. */
double itp_sei_thickness(const itp_cell_model *m, double growth);

/* d eps_s / dt <= 0 by stress; gradient: average less surface stoichiometry. */
double itp_lam_rate(const itp_cell_electrode *e, double gradient);

/* exp that turns into its tangent beyond 60, so that a wild Newton step stays finite. */
double itp_soft_exp(double x, double *slope);

#define ITP_NANO  1e-9 /* SEI growth is counted in nm */
#define ITP_MICRO 1e-6 /* SEI current in uA/m2 */

#endif

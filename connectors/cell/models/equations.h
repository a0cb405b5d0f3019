/* equations.h - the parts of the system, each a residual and its Jacobian: see model.h for the
 * whole and physics.h for the laws.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_EQUATIONS_H
#define ITP_CELL_EQUATIONS_H

#include "model.h"
#include "physics.h"

/* One evaluation: where we are, and what the temperature makes of the parameters. */
typedef struct itp_eval {
    const itp_cell_model *m;
    const double *y, *yp;
    double *f; /* residual, or NULL */
    double cj; /* Jacobian: of y' */
    itp_climate k;
} itp_eval;

/* site.c: particles, kinetics, ageing; everything of a site but the DFN's solid charge balance. */
void itp_site_residual(const itp_eval *e, int which);
void itp_site_jacobian(const itp_eval *e, int which, itp_sparse *s);

/* electrolyte.c: salt and, for the DFN, both charge balances. */
void itp_salt_residual(const itp_eval *e);
void itp_salt_jacobian(const itp_eval *e, itp_sparse *s);
void itp_charge_residual(const itp_eval *e);
void itp_charge_jacobian(const itp_eval *e, itp_sparse *s);

/* Surface area a volume of a site, 1/m, and its derivative by eps (0 when eps is no unknown). */
double itp_site_area(const itp_cell_model *m, int which, size_t site, const double *y,
                     double *slope);
/* j + j_sei + j_pl at a site, A/m2. */
double itp_site_current(const itp_cell_block *b, const double *site);
/* Thickness that a site stands for, m. */
static inline double itp_site_width(const itp_cell_model *m, int which, size_t site)
{
    const itp_cell_block *b = &m->block[which];
    return m->o.fidelity == ITP_CELL_DFN ? m->dx[b->cell + site] : b->par->thickness;
}
/* Adds `value` times the derivative of j + j_sei + j_pl to a row. */
void itp_site_current_row(const itp_cell_block *b, size_t site, size_t row, double value,
                          itp_sparse *s);

/* Effective conductivity of a porous electrode, S/m. */
double itp_solid_conductivity(const itp_cell_electrode *e);

#endif

/* site.c - a representative particle and its interface: diffusion, kinetics, SEI, plating, loss of
 * active material. Which row holds which equation:
 *   shells  ds/dt = -div flux           surf     s_surf = cubic through the outer shells and slope
 *   j       DFN: kinetics; else charge  phi      DFN: solid charge (electrolyte.c); else kinetics
 *   j_sei, j_pl  their rates            growth, plated, dead, eps  their balances
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "equations.h"

/* One site taken apart. */
typedef struct site_view {
    const itp_cell_block *b;
    const double *y; /* the site's unknowns */
    size_t at, cell; /* index of the first; its cell (DFN) */
    double phi;      /* phi_s - phi_e */
    double u;        /* salt, averaged for SPMe's side reactions */
    double growth, total;
    size_t row; /* of the kinetics */
} site_view;

static double mean_salt(const itp_eval *e, const itp_cell_block *b)
{
    const itp_cell_model *m = e->m;
    if (m->nx == 0) return m->p.c_e / ITP_CELL_C_REF;
    double sum = 0;
    for (size_t i = b->cell; i < b->cell + b->cells; i++) sum += m->dx[i] * e->y[m->i_salt + i];
    return sum / b->par->thickness;
}

static site_view view_site(const itp_eval *e, int which, size_t site)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = &m->block[which];
    site_view v = {.b = b, .at = itp_cell_at(b, site, 0), .cell = b->cell + site};
    v.y = e->y + v.at;
    v.phi = v.y[b->phi];
    v.row = v.at + b->phi;
    if (m->o.fidelity == ITP_CELL_DFN) {
        v.phi -= e->y[m->i_phi_e + v.cell];
        v.u = e->y[m->i_salt + v.cell];
        v.row = v.at + b->j;
    } else {
        v.u = mean_salt(e, b);
    }
    v.growth = b->growth == ITP_CELL_NONE ? 0 : v.y[b->growth];
    v.total = itp_site_current(b, v.y);
    return v;
}

double itp_site_current(const itp_cell_block *b, const double *site)
{
    double j = site[b->j];
    if (b->j_sei != ITP_CELL_NONE) j += ITP_MICRO * site[b->j_sei];
    if (b->j_pl != ITP_CELL_NONE) j += site[b->j_pl];
    return j;
}

void itp_site_current_row(const itp_cell_block *b, size_t site, size_t row, double value,
                          itp_sparse *s)
{
    size_t at = itp_cell_at(b, site, 0);
    itp_sparse_add(s, row, at + b->j, value);
    if (b->j_sei != ITP_CELL_NONE) itp_sparse_add(s, row, at + b->j_sei, value * ITP_MICRO);
    if (b->j_pl != ITP_CELL_NONE) itp_sparse_add(s, row, at + b->j_pl, value);
}

double itp_site_area(const itp_cell_model *m, int which, size_t site, const double *y,
                     double *slope)
{
    const itp_cell_block *b = &m->block[which];
    double per = 3 / b->par->radius;
    if (slope) *slope = b->eps == ITP_CELL_NONE ? 0 : per;
    return per * (b->eps == ITP_CELL_NONE ? b->par->active : y[itp_cell_at(b, site, b->eps)]);
}

/* --- diffusion in the particle --- */
static double shape_at(const itp_cell_electrode *e, double s, double *slope)
{
    return itp_curve_at(&e->shape, fmin(fmax(s, 0), 1), slope);
}

/* Flux scale: current density to stoichiometry at the surface of a unit sphere, 1/s. */
static double surface_flux(const itp_cell_electrode *e)
{
    return 1 / (ITP_CELL_F * e->radius * e->c_max);
}

/* du/dr at the surface is -j / (F D c_max / R) = -j flux / (D/R^2). */
static double surface_slope(const itp_eval *e, int which, double shape)
{
    return -surface_flux(e->m->block[which].par) / (e->k.diffusion[which] * shape);
}

static void particle_residual(const itp_eval *e, int which, const site_view *v)
{
    const itp_cell_block *b = v->b;
    const itp_sphere *g = &b->sphere;
    const double *s = v->y, *sp = e->yp + v->at;
    double *f = e->f + v->at, inner = 0, d = e->k.diffusion[which];
    int constant = b->par->shape.kind == ITP_CURVE_CONSTANT;
    double shape = shape_at(b->par, 0, NULL);
    for (size_t i = 0; i < g->n; i++) {
        double outer;
        if (i + 1 < g->n) {
            const double *w = g->slope[i], *q = s + g->first[i];
            double slope = w[0] * q[0] + w[1] * q[1] + w[2] * q[2] + w[3] * q[3];
            if (!constant) shape = shape_at(b->par, 0.5 * (s[i] + s[i + 1]), NULL);
            outer = d * shape * g->area[i] * slope;
        } else {
            outer = -s[b->j] * surface_flux(b->par);
        }
        f[i] = sp[i] - (outer - inner) / g->volume[i];
        inner = outer;
    }
    const double *last = s + g->n - 3;
    if (!constant) shape = shape_at(b->par, s[b->surf], NULL);
    f[b->surf] = s[b->surf] - g->surface[0] * last[0] - g->surface[1] * last[1] -
                 g->surface[2] * last[2] -
                 g->surface_slope * surface_slope(e, which, shape) * s[b->j];
}

static void particle_jacobian(const itp_eval *e, int which, const site_view *v, itp_sparse *jac)
{
    const itp_cell_block *b = v->b;
    const itp_sphere *g = &b->sphere;
    const double *s = v->y;
    size_t at = v->at, n = g->n;
    double d = e->k.diffusion[which];
    int constant = b->par->shape.kind == ITP_CURVE_CONSTANT;
    double slope_shape = 0, shape = shape_at(b->par, 0, NULL);
    for (size_t i = 0; i < n; i++) itp_sparse_add(jac, at + i, at + i, e->cj);
    for (size_t i = 0; i + 1 < n; i++) {
        const double *w = g->slope[i], *q = s + g->first[i];
        double rise = w[0] * q[0] + w[1] * q[1] + w[2] * q[2] + w[3] * q[3];
        if (!constant) shape = shape_at(b->par, 0.5 * (s[i] + s[i + 1]), &slope_shape);
        double in = d * g->area[i] / g->volume[i], out = d * g->area[i] / g->volume[i + 1];
        for (size_t k = 0; k < 4; k++) {
            size_t col = at + g->first[i] + k;
            double x = shape * w[k];
            if (g->first[i] + k == i || g->first[i] + k == i + 1) x += 0.5 * slope_shape * rise;
            itp_sparse_add(jac, at + i, col, -in * x);
            itp_sparse_add(jac, at + i + 1, col, out * x);
        }
    }
    itp_sparse_add(jac, at + n - 1, at + b->j, surface_flux(b->par) / g->volume[n - 1]);
    if (!constant) shape = shape_at(b->par, s[b->surf], &slope_shape);
    double reach = g->surface_slope * surface_slope(e, which, shape);
    itp_sparse_add(jac, at + b->surf, at + b->surf, 1 + reach * slope_shape / shape * s[b->j]);
    for (size_t k = 0; k < 3; k++)
        itp_sparse_add(jac, at + b->surf, at + n - 3 + k, -g->surface[k]);
    itp_sparse_add(jac, at + b->surf, at + b->j, -reach);
}

/* --- kinetics: phi - U - j_total film - eta = 0 --- */
static double open_circuit(const itp_eval *e, int which, double s, double *slope)
{
    const itp_cell_electrode *par = e->m->block[which].par;
    double u = itp_cell_ocp(par, s, slope), warm = e->k.t - e->m->p.t_ref;
    if (warm == 0) return u;
    double d_entropic, entropic = itp_curve_at(&par->entropic, fmin(fmax(s, 0), 1), &d_entropic);
    if (slope) *slope += warm * d_entropic;
    return u + warm * entropic;
}

static void kinetics_residual(const itp_eval *e, int which, const site_view *v)
{
    const itp_cell_model *m = e->m;
    double s = v->y[v->b->surf], j = v->y[v->b->j], eta = 0;
    if (m->o.fidelity == ITP_CELL_SPME) {
        for (size_t i = v->b->cell; i < v->b->cell + v->b->cells; i++)
            eta += m->dx[i] * itp_overpotential(&e->k, which, j, s, e->y[m->i_salt + i]).eta;
        eta /= v->b->par->thickness;
    } else {
        eta = itp_overpotential(&e->k, which, j, s, v->u).eta;
    }
    e->f[v->row] = v->phi - open_circuit(e, which, s, NULL) -
                   v->total * itp_film(m, which, v->growth, NULL) - eta;
}

static void kinetics_jacobian(const itp_eval *e, int which, size_t site, const site_view *v,
                              itp_sparse *jac)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = v->b;
    double s = v->y[b->surf], j = v->y[b->j], d_u, d_film, d_j = 0, d_s = 0;
    if (m->o.fidelity == ITP_CELL_SPME) {
        for (size_t i = b->cell; i < b->cell + b->cells; i++) {
            double w = m->dx[i] / b->par->thickness;
            itp_kinetics q = itp_overpotential(&e->k, which, j, s, e->y[m->i_salt + i]);
            d_j += w * q.d_j;
            d_s += w * q.d_s;
            itp_sparse_add(jac, v->row, m->i_salt + i, -w * q.d_u);
        }
    } else {
        itp_kinetics q = itp_overpotential(&e->k, which, j, s, v->u);
        d_j = q.d_j;
        d_s = q.d_s;
        if (m->o.fidelity == ITP_CELL_DFN) {
            itp_sparse_add(jac, v->row, m->i_salt + v->cell, -q.d_u);
            itp_sparse_add(jac, v->row, m->i_phi_e + v->cell, -1);
        }
    }
    open_circuit(e, which, s, &d_u);
    itp_sparse_add(jac, v->row, v->at + b->phi, 1);
    itp_sparse_add(jac, v->row, v->at + b->surf, -d_u - d_s);
    itp_sparse_add(jac, v->row, v->at + b->j, -d_j);
    itp_site_current_row(b, site, v->row, -itp_film(m, which, v->growth, &d_film), jac);
    if (b->growth != ITP_CELL_NONE)
        itp_sparse_add(jac, v->row, v->at + b->growth, -v->total * d_film);
}

/* --- SPM and SPMe: the site carries the whole current --- */
static void charge_residual(const itp_eval *e, int which, const site_view *v)
{
    const itp_cell_model *m = e->m;
    double a = itp_site_area(m, which, 0, e->y, NULL) * v->b->par->thickness;
    e->f[v->at + v->b->j] = v->total - v->b->sign * e->y[m->i_current] / (m->area * a);
}

static void charge_jacobian(const itp_eval *e, int which, const site_view *v, itp_sparse *jac)
{
    const itp_cell_model *m = e->m;
    double slope, area = itp_site_area(m, which, 0, e->y, &slope);
    double per = v->b->sign / (m->area * area * v->b->par->thickness);
    size_t row = v->at + v->b->j;
    itp_site_current_row(v->b, 0, row, 1, jac);
    itp_sparse_add(jac, row, m->i_current, -per);
    if (v->b->eps != ITP_CELL_NONE)
        itp_sparse_add(jac, row, v->at + v->b->eps, per * e->y[m->i_current] * slope / area);
}

/* --- ageing --- */
static double mean_sto(const itp_sphere *g, const double *s)
{
    double sum = 0;
    for (size_t i = 0; i < g->n; i++) sum += g->volume[i] * s[i];
    return 3 * sum;
}

/* Dead lithium forms at decay * L_0 / L, O'Kane et al. 2022. */
static double decay_rate(const itp_cell_model *m, double growth)
{
    return m->p.plating.decay * itp_sei_thickness(m, 0) / itp_sei_thickness(m, growth);
}

static void ageing_residual(const itp_eval *e, int which, size_t site, const site_view *v)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = v->b;
    const double *yp = e->yp + v->at;
    double *f = e->f + v->at, area = itp_site_area(m, which, site, e->y, NULL);
    if (b->j_sei != ITP_CELL_NONE) {
        const itp_cell_sei *sei = &m->p.sei;
        itp_side r = itp_sei_rate(m, &e->k, v->phi, v->y[b->j], v->growth);
        f[b->j_sei] = v->y[b->j_sei] - r.j / ITP_MICRO;
        f[b->growth] = yp[b->growth] + ITP_MICRO / ITP_NANO * v->y[b->j_sei] * sei->molar_volume /
                                           (sei->lithium_ratio * ITP_CELL_F);
    }
    if (b->j_pl != ITP_CELL_NONE) {
        itp_side r = itp_plating_rate(m, &e->k, v->phi, v->total, v->growth, v->u, v->y[b->plated]);
        f[b->j_pl] = v->y[b->j_pl] - r.j;
        f[b->plated] = yp[b->plated] + area * v->y[b->j_pl] / ITP_CELL_F;
    }
    if (b->dead != ITP_CELL_NONE) {
        double dying = decay_rate(m, v->growth) * v->y[b->plated];
        f[b->plated] += dying;
        f[b->dead] = yp[b->dead] - dying;
    }
    if (b->eps != ITP_CELL_NONE) {
        double mean = mean_sto(&b->sphere, v->y);
        double rate = itp_lam_rate(b->par, mean - v->y[b->surf]);
        f[b->eps] = yp[b->eps] - rate;
        f[b->isolated] = yp[b->isolated] + rate * b->par->c_max * mean;
    }
}

static void sei_jacobian(const itp_eval *e, const site_view *v, itp_sparse *jac)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = v->b;
    const itp_cell_sei *sei = &m->p.sei;
    itp_side r = itp_sei_rate(m, &e->k, v->phi, v->y[b->j], v->growth);
    size_t row = v->at + b->j_sei;
    itp_sparse_add(jac, row, row, 1);
    itp_sparse_add(jac, row, v->at + b->phi, -r.d_phi / ITP_MICRO);
    if (m->o.fidelity == ITP_CELL_DFN)
        itp_sparse_add(jac, row, m->i_phi_e + v->cell, r.d_phi / ITP_MICRO);
    itp_sparse_add(jac, row, v->at + b->j, -r.d_j / ITP_MICRO);
    itp_sparse_add(jac, row, v->at + b->growth, -r.d_growth / ITP_MICRO);
    itp_sparse_add(jac, v->at + b->growth, v->at + b->growth, e->cj);
    itp_sparse_add(jac, v->at + b->growth, row,
                   ITP_MICRO / ITP_NANO * sei->molar_volume / (sei->lithium_ratio * ITP_CELL_F));
}

static void plating_jacobian(const itp_eval *e, size_t site, const site_view *v, itp_sparse *jac)
{
    const itp_cell_model *m = e->m;
    const itp_cell_block *b = v->b;
    itp_side r = itp_plating_rate(m, &e->k, v->phi, v->total, v->growth, v->u, v->y[b->plated]);
    size_t row = v->at + b->j_pl;
    double slope, area = itp_site_area(m, 0, site, e->y, &slope);
    itp_sparse_add(jac, row, row, 1);
    itp_site_current_row(b, site, row, -r.d_side, jac);
    itp_sparse_add(jac, row, v->at + b->phi, -r.d_phi);
    if (m->o.fidelity == ITP_CELL_DFN) {
        itp_sparse_add(jac, row, m->i_phi_e + v->cell, r.d_phi);
        itp_sparse_add(jac, row, m->i_salt + v->cell, -r.d_u);
    }
    if (m->o.fidelity == ITP_CELL_SPME)
        for (size_t i = b->cell; i < b->cell + b->cells; i++)
            itp_sparse_add(jac, row, m->i_salt + i, -r.d_u * m->dx[i] / b->par->thickness);
    if (b->growth != ITP_CELL_NONE) itp_sparse_add(jac, row, v->at + b->growth, -r.d_growth);
    itp_sparse_add(jac, row, v->at + b->plated, -r.d_plated);
    double dying = b->dead == ITP_CELL_NONE ? 0 : decay_rate(m, v->growth);
    itp_sparse_add(jac, v->at + b->plated, v->at + b->plated, e->cj + dying);
    itp_sparse_add(jac, v->at + b->plated, row, area / ITP_CELL_F);
    if (b->eps != ITP_CELL_NONE)
        itp_sparse_add(jac, v->at + b->plated, v->at + b->eps, slope * v->y[b->j_pl] / ITP_CELL_F);
    if (b->dead != ITP_CELL_NONE) {
        itp_sparse_add(jac, v->at + b->dead, v->at + b->dead, e->cj);
        itp_sparse_add(jac, v->at + b->dead, v->at + b->plated, -dying);
    }
}

void itp_site_residual(const itp_eval *e, int which)
{
    for (size_t k = 0; k < e->m->block[which].sites; k++) {
        site_view v = view_site(e, which, k);
        particle_residual(e, which, &v);
        kinetics_residual(e, which, &v);
        if (e->m->o.fidelity != ITP_CELL_DFN) charge_residual(e, which, &v);
        ageing_residual(e, which, k, &v);
    }
}

void itp_site_jacobian(const itp_eval *e, int which, itp_sparse *s)
{
    const itp_cell_block *b = &e->m->block[which];
    for (size_t k = 0; k < b->sites; k++) {
        site_view v = view_site(e, which, k);
        particle_jacobian(e, which, &v, s);
        kinetics_jacobian(e, which, k, &v, s);
        if (e->m->o.fidelity != ITP_CELL_DFN) charge_jacobian(e, which, &v, s);
        if (b->j_sei != ITP_CELL_NONE) sei_jacobian(e, &v, s);
        if (b->j_pl != ITP_CELL_NONE) plating_jacobian(e, k, &v, s);
        /* Stress changes slowly: its own derivatives would only fill the matrix. */
        if (b->eps == ITP_CELL_NONE) continue;
        itp_sparse_add(s, v.at + b->eps, v.at + b->eps, e->cj);
        itp_sparse_add(s, v.at + b->isolated, v.at + b->isolated, e->cj);
    }
}

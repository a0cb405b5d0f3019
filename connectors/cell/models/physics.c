/* physics.c - Arrhenius factors, electrolyte properties, interface kinetics and ageing rates.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "physics.h"

#include <math.h>

static const double SALT_MIN = 1e-8; /* c_e in j0: at least 1e-5 mol/m3 */
static const double SALT_LOW = 1e-2; /* c_e in D, kappa and grad ln c_e: at least 10 mol/m3 */
static const double STO_EDGE = 1e-10;

double itp_soft_exp(double x, double *slope)
{
    static const double LIMIT = 60;
    double e = exp(fmin(x, LIMIT));
    if (slope) *slope = e;
    return x > LIMIT ? e * (1 + x - LIMIT) : e;
}

static double arrhenius(double energy, double t_ref, double t)
{
    return energy == 0 ? 1 : exp(energy / ITP_CELL_R * (1 / t_ref - 1 / t));
}

void itp_climate_at(const itp_cell_model *m, double t, itp_climate *out)
{
    const itp_cell_parameters *p = &m->p;
    t = fmin(fmax(t, 150), 600); /* a Newton step may stray; events end a run long before */
    out->t = t;
    out->rt_f = ITP_CELL_R * t / ITP_CELL_F;
    for (int w = 0; w < 2; w++) {
        const itp_cell_electrode *e = m->block[w].par;
        out->diffusion[w] =
            e->diffusivity * arrhenius(e->diffusion_energy, p->t_ref, t) / (e->radius * e->radius);
        out->exchange[w] = e->exchange * arrhenius(e->exchange_energy, p->t_ref, t);
    }
    out->salt_diff = p->diffusion_scale * arrhenius(p->diffusion_energy, p->t_ref, t);
    out->salt_kappa = p->conduction_scale * arrhenius(p->conduction_energy, p->t_ref, t);
    out->sei = arrhenius(p->sei.energy, p->t_ref, t);
}

/* A property of the electrolyte at salt u, S/m or m2/s, and its derivative. */
static double property(const itp_curve *curve, double scale, double u, double *slope)
{
    double c = ITP_CELL_C_REF * fmax(u, SALT_LOW), v = itp_curve_at(curve, c, slope);
    *slope *= u > SALT_LOW ? scale * ITP_CELL_C_REF : 0;
    return v * scale;
}

/* Mean of D over [left, right] in u: Simpson, so the flux is the difference of the Kirchhoff
 * integral of D du, which is smoother than u and converges with far fewer cells. */
static itp_cell_face mean_diffusivity(const itp_curve *c, double scale, double left, double right)
{
    double dl, dm, dr, a = property(c, scale, left, &dl), b = property(c, scale, right, &dr);
    double mid = property(c, scale, 0.5 * (left + right), &dm);
    return (itp_cell_face){(a + 4 * mid + b) / 6, (dl + 2 * dm) / 6, (2 * dm + dr) / 6};
}

/* Mean of conductivity between two cells: the resistances add, so it is 1/kappa that is averaged
 * (harmonic, as the reference solutions, but by Simpson). */
static itp_cell_face mean_conductivity(const itp_curve *c, double scale, double left, double right)
{
    double dl, dm, dr, a = property(c, scale, left, &dl), b = property(c, scale, right, &dr);
    double mid = property(c, scale, 0.5 * (left + right), &dm);
    double g = 6 / (1 / a + 4 / mid + 1 / b), w = g * g / 6, q = 2 * dm / (mid * mid);
    return (itp_cell_face){g, w * (dl / (a * a) + q), w * (q + dr / (b * b))};
}

typedef itp_cell_face mean_fn(const itp_curve *c, double scale, double left, double right);

/* Conductance of a face. Where the material changes, the two half cells are in series and meet at
 * the salt `meet`; its own dependence on the neighbours is left out of the derivatives. */
static itp_cell_face face_at(const itp_cell_model *m, size_t i, mean_fn *mean, const itp_curve *c,
                             double scale, double left, double right, double meet)
{
    double bl = m->transport[i], br = m->transport[i + 1], hl = 0.5 * m->dx[i];
    double hr = 0.5 * m->dx[i + 1];
    if (bl == br) {
        itp_cell_face f = mean(c, scale, left, right);
        double per = bl / (hl + hr);
        return (itp_cell_face){f.g * per, f.d_left * per, f.d_right * per};
    }
    itp_cell_face a = mean(c, scale, left, meet), b = mean(c, scale, meet, right);
    double ga = a.g * bl / hl, gb = b.g * br / hr, g = ga * gb / (ga + gb);
    return (itp_cell_face){g, g * g / (ga * ga) * a.d_left * bl / hl,
                           g * g / (gb * gb) * b.d_right * br / hr};
}

/* Salt where two materials meet, from the continuity of flux at the cells' own diffusivities. */
static double meeting_salt(const itp_cell_model *m, const itp_climate *k, size_t i, double left,
                           double right)
{
    double slope;
    double a = property(&m->p.diffusivity, k->salt_diff, left, &slope) * m->transport[i] / m->dx[i];
    double b = property(&m->p.diffusivity, k->salt_diff, right, &slope) * m->transport[i + 1] /
               m->dx[i + 1];
    return (a * left + b * right) / (a + b);
}

void itp_salt_properties(const itp_cell_model *m, const itp_climate *k, const double *y)
{
    const itp_cell_salt *q = &m->salt;
    int whole = m->i_phi_e != ITP_CELL_NONE; /* DFN needs the local conductivity */
    for (size_t i = 0; i < m->nx; i++) {
        double u = y[m->i_salt + i];
        q->log_u[i] = u > SALT_LOW ? log(u) : log(SALT_LOW) + (u - SALT_LOW) / SALT_LOW;
        q->d_log_u[i] = 1 / fmax(u, SALT_LOW);
        if (i + 1 == m->nx) break;
        double next = y[m->i_salt + i + 1], meet = 0;
        if (m->transport[i] != m->transport[i + 1]) meet = meeting_salt(m, k, i, u, next);
        q->diff[i] =
            face_at(m, i, mean_diffusivity, &m->p.diffusivity, k->salt_diff, u, next, meet);
        if (whole)
            q->kappa[i] =
                face_at(m, i, mean_conductivity, &m->p.conductivity, k->salt_kappa, u, next, meet);
    }
}

itp_kinetics itp_overpotential(const itp_climate *k, int which, double j, double s, double u)
{
    double uc = fmax(u, SALT_MIN), sc = fmin(fmax(s, STO_EDGE), 1 - STO_EDGE);
    double j0 = 2 * k->exchange[which] * sqrt(uc * sc * (1 - sc));
    double root = sqrt(4 * j0 * j0 + j * j), v = 2 * k->rt_f;
    itp_kinetics r = {.eta = v * asinh(j / (2 * j0)), .d_j = v / root};
    double d_j0 = -v * j / root; /* times j0 */
    r.d_s = s > STO_EDGE && s < 1 - STO_EDGE ? d_j0 * (1 - 2 * sc) / (2 * sc * (1 - sc)) : 0;
    r.d_u = u > SALT_MIN ? d_j0 / (2 * uc) : 0;
    return r;
}

double itp_sei_thickness(const itp_cell_model *m, double growth)
{
    return m->p.sei.inner + m->p.sei.outer + ITP_NANO * growth;
}

double itp_film(const itp_cell_model *m, int which, double growth, double *slope)
{
    double film = m->block[which].par->film_resistance;
    if (slope) *slope = 0;
    if (which != 0 || m->block[0].growth == ITP_CELL_NONE) return film;
    if (slope) *slope = ITP_NANO * m->p.sei.resistivity;
    return film + m->p.sei.resistivity * itp_sei_thickness(m, growth);
}

/* -j0 exp(-alpha F/RT (phi - j film)): Safari & Newman's kinetic limit as used by O'Kane 2022. */
static itp_side sei_reaction(const itp_cell_model *m, const itp_climate *k, double phi, double j,
                             double growth)
{
    double d_film, film = itp_film(m, 0, growth, &d_film), a = m->p.sei.transfer / k->rt_f;
    double slope, j0 = m->p.sei.exchange * k->sei;
    itp_side r = {.j = -j0 * itp_soft_exp(-a * (phi - j * film), &slope)};
    r.d_phi = j0 * a * slope;
    r.d_j = -r.d_phi * film;
    r.d_growth = -r.d_phi * j * d_film;
    return r;
}

itp_side itp_sei_rate(const itp_cell_model *m, const itp_climate *k, double phi, double j,
                      double growth)
{
    const itp_cell_sei *s = &m->p.sei;
    if (m->o.sei == ITP_SEI_REACTION) return sei_reaction(m, k, phi, j, growth);
    itp_side r = {0};
    if (m->o.sei == ITP_SEI_SOLVENT) {
        double share = 1 - s->inner_share, thick = s->outer + share * ITP_NANO * growth;
        r.j = -ITP_CELL_F * s->solvent_concentration * s->solvent_diffusivity * k->sei / thick;
        r.d_growth = -r.j / thick * share * ITP_NANO;
    } else if (m->o.sei == ITP_SEI_INTERSTITIAL) {
        /* Single et al. 2018: interstitials diffuse through the inner layer (all, if only one). */
        double share = s->inner > 0 ? s->inner_share : 1, slope;
        double thick = (s->inner > 0 ? s->inner : s->outer) + share * ITP_NANO * growth;
        double flux = ITP_CELL_F * s->interstitial_concentration * s->interstitial_diffusivity *
                      k->sei / thick;
        r.j = -flux * itp_soft_exp(-phi / k->rt_f, &slope);
        r.d_phi = flux * slope / k->rt_f;
        r.d_growth = -r.j / thick * share * ITP_NANO;
    }
    return r;
}

itp_side itp_plating_rate(const itp_cell_model *m, const itp_climate *k, double phi, double total,
                          double growth, double u, double plated)
{
    const itp_cell_plating *p = &m->p.plating;
    double d_film, film = itp_film(m, 0, growth, &d_film), rate = ITP_CELL_F * p->rate;
    double eta = phi - total * film, a = p->transfer / k->rt_f, b = (1 - p->transfer) / k->rt_f;
    double salt = ITP_CELL_C_REF * fmax(u, 0), d_on, d_off = 0;
    double on = itp_soft_exp(-a * eta, &d_on), off = 0;
    if (m->o.plating != ITP_PLATING_IRREVERSIBLE) off = itp_soft_exp(b * eta, &d_off);
    itp_side r = {.j = rate * (plated * off - salt * on)};
    r.d_phi = rate * (plated * b * d_off + salt * a * d_on);
    r.d_side = -r.d_phi * film;
    r.d_j = r.d_side;
    r.d_growth = -r.d_phi * total * d_film;
    r.d_u = u > 0 ? -rate * ITP_CELL_C_REF * on : 0;
    r.d_plated = rate * off;
    return r;
}

/* Tangential stress at a sphere's surface (Zhang, Shyy & Sastry 2007); only tension breaks. */
double itp_lam_rate(const itp_cell_electrode *e, double gradient)
{
    double stress = 2 * e->molar_volume * e->young * e->c_max * gradient / (9 * (1 - e->poisson));
    return stress > 0 ? -e->lam_rate * pow(stress / e->lam_stress, e->lam_exponent) : 0;
}

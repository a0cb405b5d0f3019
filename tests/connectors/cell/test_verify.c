/* test_verify.c - the equations against what is known in closed form, their orders of convergence,
 * and what they must conserve. SPDX-License-Identifier: GPL-3.0-or-later */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "impedance.h"
#include "physics.h"
#include "runner.h"
#include "suite.h"

static itp_cell_parameters *chen(void)
{
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_error err = {0};
    CU_ASSERT_EQUAL_FATAL(itp_cell_published(p, "Chen2020", &err), ITP_OK);
    return p;
}

static itp_cell_runner *runner(const itp_cell_parameters *p, const itp_cell_options *o, double soc)
{
    itp_error err = {0};
    itp_cell_runner *r = NULL;
    itp_status st = itp_cell_runner_create(&r, p, o, soc, NULL, NULL, &err);
    if (st != ITP_OK) printf("\n  %s", err.text);
    CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
    return r;
}

static void step(itp_cell_runner *r, itp_cell_step_kind kind, double value, double volt, double amp,
                 double seconds)
{
    itp_error err = {0};
    itp_cell_summary s;
    itp_cell_step what = itp_cell_step_of(kind, value);
    what.until_voltage = volt, what.until_current = amp, what.until_time = seconds;
    itp_status st = itp_cell_run_step(r, &what, &s, &err);
    if (st != ITP_OK || s.end != ITP_END_CUTOFF) printf("\n  %s %s", err.text, s.text);
    CU_ASSERT_EQUAL(st, ITP_OK);
    CU_ASSERT_EQUAL(s.end, ITP_END_CUTOFF);
}

/* --- diffusion in a sphere at constant flux: Crank, The Mathematics of Diffusion, eq. 6.45 --- */
static double crank_surface(double tau)
{
    double sum = 0;
    for (int n = 1; n <= 400; n++) {
        double q = (n + 0.5) * 3.14159265358979323846; /* tan q = q, from just below */
        for (int i = 0; i < 50; i++) q = n * 3.14159265358979323846 + atan(q);
        sum += exp(-q * q * tau) / (q * q);
    }
    return 3 * tau + 0.2 - 2 * sum;
}

/* Error of the negative surface stoichiometry after `seconds` of 1C with n shells. */
static double sphere_error(size_t shells, double seconds)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = {
        .fidelity = ITP_CELL_SPM, .r_neg = shells, .r_pos = 8, .tolerance = 1e-10};
    itp_cell_runner *r = runner(p, &o, 1);
    double before = itp_cell_average(r->model, 0, itp_cell_runner_state(r));
    step(r, ITP_STEP_CURRENT, -5, NAN, NAN, seconds);
    double j = 5 / (p->area * 3 * p->neg.active / p->neg.radius * p->neg.thickness);
    double scale = j * p->neg.radius / (ITP_CELL_F * p->neg.diffusivity * p->neg.c_max);
    double tau = p->neg.diffusivity * seconds / (p->neg.radius * p->neg.radius);
    double exact = before - scale * crank_surface(tau);
    double error = fabs(itp_cell_surface(r->model, 0, itp_cell_runner_state(r)) - exact);
    itp_cell_runner_destroy(r);
    free(p);
    return error;
}

static void spm_is_the_analytic_diffusion(void)
{
    /* 1e-6 in stoichiometry is 1 uV on the flat part of the OCP. */
    CU_ASSERT(sphere_error(20, 10) < 2e-5);
    CU_ASSERT(sphere_error(20, 100) < 5e-6);
    CU_ASSERT(sphere_error(20, 1000) < 1e-6);
    CU_ASSERT(sphere_error(20, 3000) < 1e-6);
}

/* --- the sphere's fluxes on a manufactured profile, u = cos(2 r) --- */
static double laplacian_error(size_t n)
{
    itp_sphere g;
    double r0 = 0, worst = 0, u[256];
    CU_ASSERT_EQUAL_FATAL(itp_sphere_init(&g, n, 1), ITP_OK);
    for (size_t i = 0; i < n; i++) { /* averages by Simpson on many points */
        double r1 = (double)(i + 1) / (double)n, sum = 0;
        for (int k = 0; k <= 200; k++) {
            double r = r0 + (r1 - r0) * k / 200, w = k == 0 || k == 200 ? 1 : k % 2 ? 4 : 2;
            sum += w * r * r * cos(2 * r);
        }
        u[i] = sum * (r1 - r0) / 600 / g.volume[i];
        r0 = r1;
    }
    for (size_t i = 0; i + 1 < n; i++) {
        double r = (double)(i + 1) / (double)n, slope = 0;
        for (int k = 0; k < 4; k++) slope += g.slope[i][k] * u[g.first[i] + (size_t)k];
        worst = fmax(worst, fabs(slope + 2 * sin(2 * r)));
    }
    double surface = g.surface_slope * -2 * sin(2.0);
    for (int k = 0; k < 3; k++) surface += g.surface[k] * u[n - 3 + (size_t)k];
    worst = fmax(worst, fabs(surface - cos(2.0)));
    itp_sphere_deinit(&g);
    return worst;
}

static void sphere_fluxes_converge_at_third_order_or_better(void)
{
    double coarse = laplacian_error(32), fine = laplacian_error(64);
    double order = log2(coarse / fine);
    printf(" (order %.2f)", order);
    CU_ASSERT(order > 2.8); /* cubics: the slope's error is of third order, the value's of fourth */
    CU_ASSERT(sphere_error(10, 1000) / sphere_error(20, 1000) > 6);
}

/* --- salt at rest in its steady profile: parabola, line, parabola (constant diffusivity) --- */
static double salt_error(size_t n)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = {
        .fidelity = ITP_CELL_SPME, .n_neg = n, .n_sep = n / 2, .n_pos = n, .tolerance = 1e-10};
    itp_curve_constant(&p->diffusivity, 3e-10);
    itp_cell_runner *r = runner(p, &o, 1);
    step(r, ITP_STEP_CURRENT, -1, NAN, NAN, 3000); /* 1 A for many diffusion times */
    const itp_cell_model *m = r->model;
    const double *u = itp_cell_runner_state(r) + m->i_salt;
    /* d/dx(D b u') = -(1-t) i/(F c L) in the negative electrode, + in the positive. The drop
     * between the two collectors is what matters for the voltage. */
    double q = (1 - p->transference) / (ITP_CELL_F * ITP_CELL_C_REF) * 1 / p->area / 3e-10;
    double drop =
        q * (p->neg.thickness / (2 * m->transport[0]) + p->sep_thickness / m->transport[n] +
             p->pos.thickness / (2 * m->transport[m->nx - 1]));
    /* From cell averages to the collectors: the parabola is flat there. */
    double left = u[0] + q / p->neg.thickness / m->transport[0] * m->dx[0] * m->dx[0] / 6;
    double right =
        u[m->nx - 1] - q / p->pos.thickness / m->transport[m->nx - 1] * m->dx[0] * m->dx[0] / 6;
    double error = fabs(left - right - drop) / drop;
    itp_cell_runner_destroy(r);
    free(p);
    return error;
}

static void salt_reaches_its_parabola_at_second_order(void)
{
    double coarse = salt_error(8), fine = salt_error(16);
    printf(" (%.1e, %.1e)", coarse, fine);
    CU_ASSERT(fine < 2e-3);
    CU_ASSERT(log2(coarse / fine) > 1.8);
}

/* --- whole models: voltage after ten minutes of 1C --- */
static double voltage_after(itp_cell_fidelity f, size_t n, double tolerance)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = {.fidelity = f,
                          .n_neg = n,
                          .n_sep = n / 2,
                          .n_pos = n,
                          .r_neg = 15,
                          .r_pos = 15,
                          .tolerance = tolerance};
    itp_cell_runner *r = runner(p, &o, 1);
    step(r, ITP_STEP_CURRENT, -5, NAN, NAN, 600);
    double v = itp_cell_runner_state(r)[r->model->i_voltage];
    itp_cell_runner_destroy(r);
    free(p);
    return v;
}

static void voltage_converges_at_second_order_across_the_cell(void)
{
    static const itp_cell_fidelity F[] = {ITP_CELL_SPME, ITP_CELL_DFN};
    for (int k = 0; k < 2; k++) {
        double v8 = voltage_after(F[k], 8, 1e-8), v16 = voltage_after(F[k], 16, 1e-8);
        double v32 = voltage_after(F[k], 32, 1e-8);
        double order = log2(fabs(v8 - v16) / fabs(v16 - v32));
        printf(" (order %.2f)", order);
        CU_ASSERT(order > 1.7 && order < 3.5);
    }
}

static void voltage_follows_the_tolerance(void)
{
    double exact = voltage_after(ITP_CELL_DFN, 8, 1e-10), last = 1;
    for (double tolerance = 1e-3; tolerance > 1e-8; tolerance *= 1e-2) {
        double error = fabs(voltage_after(ITP_CELL_DFN, 8, tolerance) - exact);
        CU_ASSERT(error < 4 * tolerance); /* the voltage is about 4 V */
        CU_ASSERT(error < last);
        last = error;
    }
}

/* --- conservation --- */
/* How: cycles with everything that moves lithium switched on; what left one place arrived at
 * another, and the charge counted at the terminals is what the positive electrode took up. */
static void conserve(itp_cell_fidelity f, int cycles)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = itp_cell_defaults(f);
    o.sei = ITP_SEI_REACTION, o.plating = ITP_PLATING_PARTIAL;
    if (f == ITP_CELL_DFN) o.n_neg = o.n_pos = 8, o.r_neg = o.r_pos = 8;
    p->plating.rate = 1e-10;
    p->sei.exchange = 1e-5; /* fast, so that the loss is plain */
    itp_cell_runner *r = runner(p, &o, 1);
    itp_cell_inventory first, last;
    itp_cell_lithium(r->model, itp_cell_runner_state(r), &first);
    for (int k = 0; k < cycles; k++) {
        step(r, ITP_STEP_CURRENT, -5, 2.5, NAN, NAN);
        step(r, ITP_STEP_CURRENT, 5, 4.2, NAN, NAN);
        step(r, ITP_STEP_VOLTAGE, 4.2, NAN, 0.25, NAN);
    }
    const double *y = itp_cell_runner_state(r);
    itp_cell_lithium(r->model, y, &last);
    double charge = y[r->model->i_charge] * 3600 / ITP_CELL_F; /* mol, discharged */
    double drift = fabs(last.total / first.total - 1);
    double gap = fabs((last.positive - first.positive - charge) / first.positive);
    printf(" (lithium %.0e, charge %.0e, lost %.1f %%)", drift, gap,
           100 * (last.sei + last.plated + last.dead) / first.negative);
    CU_ASSERT(drift < 1e-8);
    CU_ASSERT(gap < 1e-8);
    CU_ASSERT(last.sei > 1e-5 * first.negative); /* there was something to conserve */
    CU_ASSERT_DOUBLE_EQUAL(last.electrolyte, first.electrolyte, 1e-8 * (first.total));
    itp_cell_runner_destroy(r);
    free(p);
}

static void lithium_and_charge_are_conserved(void)
{
    conserve(ITP_CELL_SPM, 100);
    conserve(ITP_CELL_SPME, 20);
    conserve(ITP_CELL_DFN, 5);
}

/* Stress breaks material where it is in tension: the positive electrode on charge, the negative on
 * discharge. The lithium in it is lost with it, and counted. */
static void lost_material_takes_its_lithium_along(void)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = itp_cell_defaults(ITP_CELL_SPM);
    o.lam = ITP_CELL_ON;
    itp_cell_runner *r = runner(p, &o, 1);
    itp_cell_inventory first, last;
    itp_cell_lithium(r->model, itp_cell_runner_state(r), &first);
    step(r, ITP_STEP_CURRENT, -5, 3.2, NAN, NAN);
    const double *y = itp_cell_runner_state(r);
    CU_ASSERT(itp_cell_active_left(r->model, 0, y) < 1 - 1e-6);
    CU_ASSERT(itp_cell_active_left(r->model, 1, y) == 1);
    step(r, ITP_STEP_CURRENT, 5, 4.1, NAN, NAN);
    CU_ASSERT(itp_cell_active_left(r->model, 1, y) < 1 - 1e-4);
    itp_cell_lithium(r->model, y, &last);
    printf(" (%.2e of the lithium, to %.0e of that)", last.isolated / first.total,
           fabs(last.total - first.total) / last.isolated);
    CU_ASSERT(last.isolated > 1e-5 * first.total);
    CU_ASSERT_DOUBLE_EQUAL(last.total, first.total, 2e-3 * last.isolated);
    /* The rate itself: beta (stress / critical)^m at a known gradient. */
    double stress =
        2 * p->pos.molar_volume * p->pos.young * p->pos.c_max * 0.01 / (9 * (1 - p->pos.poisson));
    CU_ASSERT_DOUBLE_EQUAL(itp_lam_rate(&p->pos, 0.01),
                           -p->pos.lam_rate * pow(stress / p->pos.lam_stress, 2), 1e-18);
    CU_ASSERT_EQUAL(itp_lam_rate(&p->pos, -0.01), 0);
    itp_cell_runner_destroy(r);
    free(p);
}

/* --- limits --- */
static void kinetics_reduce_to_their_limits(void)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = itp_cell_defaults(ITP_CELL_SPM);
    itp_cell_runner *r = runner(p, &o, 0.5);
    itp_climate k;
    itp_climate_at(r->model, 298.15, &k);
    double s = 0.4, u = 0.9, j0 = 2 * k.exchange[0] * sqrt(u * s * (1 - s));
    double small = itp_overpotential(&k, 0, 1e-6 * j0, s, u).eta;
    double large = itp_overpotential(&k, 0, 1e6 * j0, s, u).eta;
    CU_ASSERT_DOUBLE_EQUAL(small, k.rt_f * 1e-6, 1e-12 * k.rt_f); /* linear */
    CU_ASSERT_DOUBLE_EQUAL(large, 2 * k.rt_f * log(1e6), 1e-11);  /* Tafel */
    double eta = 0.03, j = 2 * j0 * sinh(eta / (2 * k.rt_f));     /* Butler-Volmer itself */
    CU_ASSERT_DOUBLE_EQUAL(itp_overpotential(&k, 0, j, s, u).eta, eta, 1e-14);
    /* j0 as the paper writes it: 6.48e-7 sqrt(c_e c_s (c_max - c_s)). */
    double paper = 6.48e-7 * sqrt(1000 * u * 33133 * s * 33133 * (1 - s));
    CU_ASSERT_DOUBLE_EQUAL(j0, paper, 1e-12 * paper);
    itp_cell_runner_destroy(r);
    free(p);
}

/* Warming of an insulated cell is what the chemistry gave and the terminals did not take. */
static void heat_closes_the_energy_balance(void)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = itp_cell_defaults(ITP_CELL_SPM);
    o.thermal = ITP_CELL_ON;
    p->heat_transfer = 0;
    itp_cell_runner *r = runner(p, &o, 1);
    step(r, ITP_STEP_CURRENT, -5, NAN, NAN, 600);
    const itp_cell_model *m = r->model;
    const double *y = itp_cell_runner_state(r);
    double *yp = calloc(2 * m->n, sizeof *yp), *f = yp + m->n;
    itp_cell_residual(m, y, yp, f);
    double u = itp_cell_ocp(&p->pos, itp_cell_surface(m, 1, y), NULL) -
               itp_cell_ocp(&p->neg, itp_cell_surface(m, 0, y), NULL);
    double watts = 5 * (u - y[m->i_voltage]);
    CU_ASSERT(watts > 0.1);
    CU_ASSERT_DOUBLE_EQUAL(-f[m->i_heat] * m->heat_mass, watts, 1e-6 * watts);
    CU_ASSERT(y[m->i_heat] > 298.15 + 0.5);
    free(yp);
    itp_cell_runner_destroy(r);
    free(p);
}

/* --- impedance of SPM: charge transfer and finite-space diffusion in a sphere, beside C --- */
static double complex electrode_z(const itp_cell_electrode *e, double area, double s, double omega)
{
    double slope, rt_f = ITP_CELL_R * 298.15 / ITP_CELL_F;
    itp_cell_ocp(e, s, &slope);
    double complex w = csqrt(I * omega * e->radius * e->radius / e->diffusivity);
    double complex diffusion =
        -slope * e->radius / (ITP_CELL_F * e->diffusivity * e->c_max) * ctanh(w) / (w - ctanh(w));
    double transfer = rt_f / (2 * e->exchange * sqrt(s * (1 - s)));
    double complex y = 1 / (transfer + diffusion) + I * omega * e->double_layer;
    return 1 / (y * area * 3 * e->active / e->radius * e->thickness);
}

static void impedance_is_the_analytic_one(void)
{
    itp_cell_parameters *p = chen();
    itp_cell_options o = {.fidelity = ITP_CELL_SPM, .r_neg = 40, .r_pos = 40};
    itp_cell_runner *r = runner(p, &o, 0.5);
    const double hertz[] = {1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4};
    double z[9][2];
    itp_error err = {0};
    const double *y = itp_cell_runner_state(r);
    CU_ASSERT_EQUAL(itp_cell_impedance(r->model, y, 9, hertz, z, &err), ITP_OK);
    for (int i = 0; i < 9; i++) {
        double omega = 2 * 3.14159265358979323846 * hertz[i];
        double complex exact =
            electrode_z(&p->neg, p->area, itp_cell_average(r->model, 0, y), omega) +
            electrode_z(&p->pos, p->area, itp_cell_average(r->model, 1, y), omega);
        double error = cabs(z[i][0] + I * z[i][1] - exact) / cabs(exact);
        CU_ASSERT(error < 2e-3);
        if (error >= 2e-3) printf("\n  %g Hz: %.2e", hertz[i], error);
    }
    itp_cell_runner_destroy(r);
    free(p);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"SPM is the analytic diffusion", spm_is_the_analytic_diffusion},
        {"sphere fluxes converge at third order or better",
         sphere_fluxes_converge_at_third_order_or_better},
        {"salt reaches its parabola at second order", salt_reaches_its_parabola_at_second_order},
        {"voltage converges at second order across the cell",
         voltage_converges_at_second_order_across_the_cell},
        {"voltage follows the tolerance", voltage_follows_the_tolerance},
        {"lithium and charge are conserved", lithium_and_charge_are_conserved},
        {"lost material takes its lithium along", lost_material_takes_its_lithium_along},
        {"kinetics reduce to their limits", kinetics_reduce_to_their_limits},
        {"heat closes the energy balance", heat_closes_the_energy_balance},
        {"impedance is the analytic one", impedance_is_the_analytic_one},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/verify", tests);
}

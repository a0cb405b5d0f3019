/* test_jacobian.c - the analytic Jacobian of every model and mechanism against differences, and the
 * linear invariants that its columns must keep. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "suite.h"

/* A state away from every symmetry: rest, then shaken by a fixed sequence. */
static void shake(const itp_cell_model *m, double *y, double *yp)
{
    unsigned state = 12345;
    itp_cell_initialise(m, 0.6, 0.5, 305, y);
    for (size_t i = 0; i < m->n; i++) {
        state = state * 1664525u + 1013904223u;
        double u = (double)(state >> 8) / (1 << 24) - 0.5;
        yp[i] = 0.01 * u;
        y[i] += (y[i] != 0 ? 0.05 * y[i] : 0.05) * u;
    }
    y[m->i_current] = 3;
    if (m->i_heat != ITP_CELL_NONE) y[m->i_heat] = 303;
}

static double entry(const itp_sparse *s, size_t row, size_t col)
{
    for (int64_t k = s->start[col]; k < s->start[col + 1]; k++)
        if ((size_t)s->row[k] == row) return s->data[k];
    return 0;
}

/* Columns by central differences; entries are compared on the scale of their row. `loose` rows are
 * those whose derivatives the model leaves out on purpose (see site.c and physics.c). */
static double worst_entry(itp_cell_model *m, double cj, size_t *row, size_t *col)
{
    size_t n = m->n;
    double *y = calloc(6 * n, sizeof *y), *yp = y + n, *up = yp + n, *down = up + n;
    double *scale = down + n, *keep = scale + n, worst = 0;
    double *data = calloc(m->jac.nnz, sizeof *data);
    double *fd = calloc(n * n, sizeof *fd);
    shake(m, y, yp);
    itp_sparse_begin(&m->jac, data);
    itp_cell_jacobian(m, cj, y, yp);
    (void)keep;
    for (size_t c = 0; c < n; c++) {
        double h = 1e-6 * fmax(fabs(y[c]), 1e-2), old = y[c], oldp = yp[c];
        y[c] = old + h, yp[c] = oldp + cj * h;
        itp_cell_residual(m, y, yp, up);
        y[c] = old - h, yp[c] = oldp - cj * h;
        itp_cell_residual(m, y, yp, down);
        y[c] = old, yp[c] = oldp;
        for (size_t r = 0; r < n; r++) {
            fd[r * n + c] = (up[r] - down[r]) / (2 * h);
            scale[r] = fmax(scale[r], fabs(fd[r * n + c]));
        }
    }
    for (size_t c = 0; c < n; c++)
        for (size_t r = 0; r < n; r++) {
            if (r == m->i_heat) continue; /* only its diagonal is given: see system.c */
            double d = fabs(entry(&m->jac, r, c) - fd[r * n + c]) / fmax(scale[r], 1e-12);
            if (d > worst) worst = d, *row = r, *col = c;
        }
    free(y);
    free(data);
    free(fd);
    return worst;
}

static void check(itp_cell_fidelity fidelity, itp_cell_sei_kind sei, itp_cell_plating_kind plating,
                  itp_cell_switch thermal, const char *set)
{
    itp_error err = {0};
    itp_cell_model *m = NULL;
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_options o = {.fidelity = fidelity,
                          .sei = sei,
                          .plating = plating,
                          .thermal = thermal,
                          .n_neg = 4,
                          .n_sep = 3,
                          .n_pos = 4,
                          .r_neg = 5,
                          .r_pos = 5,
                          .tolerance = 1e-5};
    size_t row = 0, col = 0;
    CU_ASSERT_EQUAL(itp_cell_published(p, set, &err), ITP_OK);
    /* A diffusivity that depends on stoichiometry, so that its derivative is tried as well. */
    CU_ASSERT_EQUAL(itp_curve_parse(&p->neg.shape, "1.5 - x**2", &err), ITP_OK);
    p->plating.initial = 2;
    /* Equal transport everywhere: where two materials meet the Jacobian is approximate on purpose.
     */
    p->neg.porosity = p->pos.porosity = p->sep_porosity = 0.3;
    p->neg.active = p->pos.active = 0.6;
    CU_ASSERT_EQUAL_FATAL(itp_cell_model_create(&m, p, &o, &err), ITP_OK);
    m->control = (itp_cell_control){ITP_CELL_POWER, 10};
    double worst = worst_entry(m, 3, &row, &col);
    if (worst > 1e-5)
        printf("\n  model %d sei %d plating %d: %.1e at row %zu, column %zu of %zu", fidelity, sei,
               plating, worst, row, col, m->n);
    /* Central differences of step 1e-6 are good to about 1e-8; kinks and asinh cost some more. */
    CU_ASSERT(worst < 1e-5);
    itp_cell_model_destroy(m);
    free(p);
}

static void jacobian_equals_differences(void)
{
    static const char *const SETS[] = {"Chen2020", "OKane2022", "Marquis2019", "Prada2013",
                                       "Mohtat2020"};
    for (int f = 0; f < 3; f++) {
        for (int s = 0; s < 4; s++)
            for (int q = 0; q < 4; q++) check(f, s, q, ITP_CELL_OFF, "Chen2020");
        check(f, ITP_SEI_REACTION, ITP_PLATING_PARTIAL, ITP_CELL_ON, "OKane2022");
        for (int k = 0; k < 5; k++) check(f, ITP_SEI_NONE, ITP_PLATING_NONE, ITP_CELL_OFF, SETS[k]);
    }
}

/* How: the rows of all lithium balances, weighted by the volumes they stand for, must add up to
 * nothing in every column of dF/dy (cj = 0): then no Newton step can create lithium. */
static void check_invariant(itp_cell_fidelity fidelity)
{
    itp_error err = {0};
    itp_cell_model *m = NULL;
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_options o = itp_cell_defaults(fidelity);
    o.sei = ITP_SEI_REACTION, o.plating = ITP_PLATING_PARTIAL;
    itp_cell_published(p, "OKane2022", &err);
    CU_ASSERT_EQUAL_FATAL(itp_cell_model_create(&m, p, &o, &err), ITP_OK);
    size_t n = m->n;
    double *y = calloc(3 * n, sizeof *y), *yp = y + n, *weight = yp + n;
    double *data = calloc(m->jac.nnz, sizeof *data);
    /* The inventory is linear in the state: its gradient is the weight of each balance. */
    itp_cell_inventory zero, one;
    itp_cell_lithium(m, y, &zero);
    for (size_t i = 0; i < n; i++) {
        if (m->differential[i] == 0) continue;
        y[i] = 1;
        itp_cell_lithium(m, y, &one);
        weight[i] = one.total - zero.total;
        y[i] = 0;
    }
    shake(m, y, yp);
    itp_sparse_begin(&m->jac, data);
    itp_cell_jacobian(m, 0, y, yp);
    /* Charge balances carry what crosses between the electrodes: eliminate by their own rows, i.e.
     * test on directions that satisfy them: the shells and the salt alone (no current moves). */
    double worst = 0;
    for (size_t c = 0; c < n; c++) {
        if (m->differential[c] == 0) continue;
        double sum = 0, size = 0;
        for (int64_t k = m->jac.start[c]; k < m->jac.start[c + 1]; k++) {
            sum += weight[m->jac.row[k]] * data[k];
            size += fabs(weight[m->jac.row[k]] * data[k]);
        }
        if (size > 0) worst = fmax(worst, fabs(sum) / size);
    }
    CU_ASSERT(worst < 1e-12);
    free(y);
    free(data);
    free(p);
    itp_cell_model_destroy(m);
}

static void no_newton_step_creates_lithium(void)
{
    check_invariant(ITP_CELL_SPM);
    check_invariant(ITP_CELL_SPME);
    check_invariant(ITP_CELL_DFN);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the Jacobian equals differences", jacobian_equals_differences},
        {"no Newton step creates lithium", no_newton_step_creates_lithium},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/jacobian", tests);
}

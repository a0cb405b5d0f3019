/* elastic.c - elastic constants from stresses of small strains, atoms relaxed at each.
 *   Six strains of plus and minus a thousandth; C_ij = -(s_i(+) - s_i(-)) / (2 e) with stress in
 * tension positive. Means after Voigt, Reuss and Hill. The frame is the canonical cell's (a along
 * x). SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "run.h"
#include "vec.h"

static const double STRAIN = 1.0e-3;

/* Cell strained by component k of xx yy zz yz xz xy (engineering shear). */
static void strain_cell(const double cell[3][3], int k, double e, double out[3][3])
{
    static const int AXES[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    double f[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    int i = AXES[k][0], j = AXES[k][1];
    if (i == j) {
        f[i][i] += e;
    } else {
        f[i][j] += e / 2;
        f[j][i] += e / 2;
    }
    vec_multiply(cell, (const double(*)[3])f, out);
}

/* The engine turns the cell upright; this takes its stress back into the frame of `cell`. */
static void stress_in_frame(const double cell[3][3], const double upright[3][3],
                            const double stress[6], double out[6])
{
    static const int AT[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    double inverse[3][3], turn[3][3], s[3][3], t[3][3];
    vec_invert(upright, inverse);
    vec_multiply((const double(*)[3])inverse, cell, turn); /* upright Cartesian (row) -> ours */
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) s[i][j] = stress[AT[i][j]];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            t[i][j] = 0;
            for (int k = 0; k < 3; k++)
                for (int l = 0; l < 3; l++) t[i][j] += turn[k][i] * s[k][l] * turn[l][j];
        }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) out[AT[i][j]] = t[i][j];
}

static itp_status stress_of(run *r, const itp_crystal *relaxed, int k, double e, double out[6])
{
    itp_crystal *c = NULL;
    itp_energy answer;
    itp_status st = itp_crystal_copy(&c, relaxed);
    if (st != ITP_OK) return itp_fail(r->err, st, "strained cell");
    strain_cell((const double(*)[3])relaxed->cell, k, e, c->cell);
    itp_job job = {"strain", c, NULL, ITP_RELAX_ATOMS, fmin(r->set->force, 1e-4), r->set->steps};
    st = itp_engine_run(r->engine, &job, &answer, r->err);
    if (st == ITP_OK) {
        stress_in_frame((const double(*)[3])c->cell, (const double(*)[3])answer.final->cell,
                        answer.stress, out);
        itp_energy_deinit(&answer);
    }
    itp_crystal_destroy(c);
    return st;
}

/* 6 x 6 inverse by Gauss-Jordan with pivots; 0 when singular. */
static int invert6(const double in[6][6], double out[6][6])
{
    double w[6][12];
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 12; j++) w[i][j] = j < 6 ? in[i][j] : j - 6 == i;
    for (int c = 0; c < 6; c++) {
        int p = c;
        for (int i = c + 1; i < 6; i++)
            if (fabs(w[i][c]) > fabs(w[p][c])) p = i;
        if (fabs(w[p][c]) < 1e-9) return 0;
        for (int j = 0; j < 12; j++) {
            double t = w[p][j];
            w[p][j] = w[c][j];
            w[c][j] = t;
        }
        for (int i = 0; i < 6; i++) {
            double q = w[i][c] / w[c][c];
            for (int j = 0; i != c && j < 12; j++) w[i][j] -= q * w[c][j];
        }
    }
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) out[i][j] = w[i][j + 6] / w[i][i];
    return 1;
}

static itp_status put_means(run *r, const double c[6][6])
{
    double s[6][6];
    if (!invert6(c, s))
        return itp_fail(r->err, ITP_ESCIENTIFIC, "the elastic constants are singular");
    double voigt_bulk = (c[0][0] + c[1][1] + c[2][2] + 2 * (c[0][1] + c[1][2] + c[0][2])) / 9;
    double voigt_shear = (c[0][0] + c[1][1] + c[2][2] - c[0][1] - c[1][2] - c[0][2]) / 15 +
                         (c[3][3] + c[4][4] + c[5][5]) / 5;
    double reuss_bulk = 1 / (s[0][0] + s[1][1] + s[2][2] + 2 * (s[0][1] + s[1][2] + s[0][2]));
    double reuss_shear = 15 / (4 * (s[0][0] + s[1][1] + s[2][2] - s[0][1] - s[1][2] - s[0][2]) +
                               3 * (s[3][3] + s[4][4] + s[5][5]));
    double bulk = (voigt_bulk + reuss_bulk) / 2, shear = (voigt_shear + reuss_shear) / 2;
    if (!(bulk > 0) || !(shear > 0) || !(reuss_shear > 0))
        return itp_fail(
            r->err, ITP_ESCIENTIFIC,
            "bulk modulus %.1f, shear modulus %.1f GPa: the phase is not stable by this model",
            bulk, shear);
    itp_status st = run_put(r, "bulk", bulk, "GPa");
    if (st == ITP_OK) st = run_put(r, "shear", shear, "GPa");
    if (st == ITP_OK) st = run_put(r, "young", 9 * bulk * shear / (3 * bulk + shear), "GPa");
    if (st == ITP_OK)
        st = run_put(r, "poisson", (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear)), "1");
    return st;
}

itp_status run_elastic(run *r)
{
    const itp_phase *phase = run_phase(r, run_label(r, "phase"));
    itp_phase *relaxed = NULL;
    double per_atom, c[6][6];
    if (!phase) return ITP_ENOTFOUND;
    itp_status st = run_relaxed(r, phase, &per_atom, &relaxed);
    if (st != ITP_OK) return st;
    for (int k = 0; st == ITP_OK && k < 6; k++) {
        double plus[6], minus[6];
        st = stress_of(r, relaxed->crystal, k, STRAIN, plus);
        if (st == ITP_OK) st = stress_of(r, relaxed->crystal, k, -STRAIN, minus);
        for (int i = 0; st == ITP_OK && i < 6; i++) c[i][k] = (plus[i] - minus[i]) / (2 * STRAIN);
        run_progress(r, (k + 1) / 6.0, "strains");
    }
    itp_phase_destroy(relaxed);
    for (int i = 0; st == ITP_OK && i < 6; i++)
        for (int j = 0; j < i; j++) c[i][j] = c[j][i] = (c[i][j] + c[j][i]) / 2;
    if (st == ITP_OK) st = run_put(r, "c11", c[0][0], "GPa");
    if (st == ITP_OK) st = run_put(r, "c12", c[0][1], "GPa");
    if (st == ITP_OK) st = run_put(r, "c44", c[3][3], "GPa");
    return st == ITP_OK ? put_means(r, (const double(*)[6])c) : st;
}

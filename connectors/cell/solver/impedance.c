/* impedance.c - J and M come from two assemblies of the Jacobian (cj = 0 and 1) on one pattern, the
 * double layers are learned beside them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "impedance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <suitesparse/klu.h>

typedef struct pencil {
    itp_sparse all; /* J's and the double layers' pattern together */
    double *j, *m;  /* entries of both parts */
    double *a, *x;  /* complex: i w M + J; right-hand side and answer */
} pencil;

/* Replays J (values from `data` on the model's own pattern) and the double layers into one. */
static void emit(const itp_cell_model *m, const double *data, int layers, itp_sparse *to)
{
    const itp_sparse *s = &m->jac;
    for (size_t c = 0; c < s->n; c++)
        for (int64_t k = s->start[c]; k < s->start[c + 1]; k++)
            itp_sparse_add(to, (size_t)s->row[k], c, data ? data[k] : 0);
    if (layers) itp_cell_double_layer(m, to);
}

static itp_status gather(itp_cell_model *m, const double *y, pencil *p)
{
    itp_sparse *s = &m->jac;
    size_t nnz = s->nnz;
    double *own = calloc(2 * nnz + m->n, sizeof *own), *yp = own ? own + 2 * nnz : NULL;
    itp_sparse_init(&p->all, m->n);
    if (!own) return ITP_ENOMEM;
    itp_sparse_begin(s, own);
    itp_cell_jacobian(m, 0, y, yp);
    itp_sparse_begin(s, own + nnz);
    itp_cell_jacobian(m, 1, y, yp);
    for (size_t k = 0; k < nnz; k++) own[nnz + k] -= own[k];
    emit(m, NULL, 1, &p->all);
    itp_status st = itp_sparse_compress(&p->all);
    size_t total = p->all.nnz;
    if (st == ITP_OK) {
        p->j = calloc(4 * total + 2 * m->n, sizeof *p->j);
        st = p->j ? ITP_OK : ITP_ENOMEM;
    }
    if (st == ITP_OK) {
        p->m = p->j + total, p->a = p->m + total, p->x = p->a + 2 * total;
        itp_sparse_begin(&p->all, p->j);
        emit(m, own, 0, &p->all);
        itp_sparse_begin(&p->all, p->m);
        emit(m, own + nnz, 1, &p->all);
    }
    free(own);
    return st;
}

/* One frequency: 0 when singular. */
static int solve(const itp_cell_model *m, pencil *p, klu_l_symbolic *symbolic, klu_l_common *common,
                 double omega, double z[2])
{
    for (size_t k = 0; k < p->all.nnz; k++) {
        p->a[2 * k] = p->j[k];
        p->a[2 * k + 1] = omega * p->m[k];
    }
    memset(p->x, 0, 2 * m->n * sizeof *p->x);
    p->x[2 * m->i_current] = 1; /* the control equation is I = 1 */
    klu_l_numeric *lu = klu_zl_factor((SuiteSparse_long *)p->all.start,
                                      (SuiteSparse_long *)p->all.row, p->a, symbolic, common);
    if (!lu) return 0;
    int ok = (int)klu_zl_solve(symbolic, lu, (SuiteSparse_long)m->n, 1, p->x, common);
    klu_zl_free_numeric(&lu, common);
    z[0] = -p->x[2 * m->i_voltage];
    z[1] = -p->x[2 * m->i_voltage + 1];
    return ok && isfinite(z[0]) && isfinite(z[1]);
}

itp_status itp_cell_impedance(itp_cell_model *m, const double *y, size_t n, const double *hertz,
                              double (*out)[2], itp_error *err)
{
    static const double TWO_PI = 6.28318530717958647692;
    pencil p = {0};
    klu_l_common common;
    klu_l_symbolic *symbolic = NULL;
    itp_cell_control before = m->control;
    m->control = (itp_cell_control){ITP_CELL_CURRENT, 0};
    klu_l_defaults(&common);
    itp_status st = gather(m, y, &p);
    m->control = before;
    if (st == ITP_OK) {
        symbolic = klu_l_analyze((SuiteSparse_long)m->n, (SuiteSparse_long *)p.all.start,
                                 (SuiteSparse_long *)p.all.row, &common);
        st = symbolic ? ITP_OK : ITP_ENOMEM;
    }
    if (st != ITP_OK) itp_fail(err, st, "impedance");
    for (size_t i = 0; i < n && st == ITP_OK; i++)
        if (!solve(m, &p, symbolic, &common, TWO_PI * hertz[i], out[i]))
            st = itp_fail(err, ITP_ESCIENTIFIC, "impedance at %g Hz: the system is singular",
                          hertz[i]);
    if (symbolic) klu_l_free_symbolic(&symbolic, &common);
    itp_sparse_deinit(&p.all);
    free(p.j);
    return st;
}

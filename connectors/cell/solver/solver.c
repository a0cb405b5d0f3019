/* solver.c - IDA behind solver.h; consistent starts by our own damped Newton, because IDA's own
 * would move the differential unknowns by its tolerances, and lithium with them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "solver.h"

#include <ida/ida.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdlib.h>
#include <string.h>
#include <suitesparse/klu.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_sparse.h>

struct itp_cell_solver {
    itp_cell_model *m;
    SUNContext context;
    void *ida;
    N_Vector y, yp, weight, id;
    SUNMatrix matrix;
    SUNLinearSolver linear;
    klu_l_common common;
    klu_l_symbolic *symbolic;
    double *newton;       /* residual n, state n, trial state n, entries nnz */
    unsigned char *fixed; /* n: 1 while Newton must not move this unknown */
    double *merit;        /* n: weights of the residuals in Newton's line search */
    itp_cell_event events[ITP_CELL_EVENTS_MAX];
    size_t n_events;
    double charge_0;
    itp_cell_stats stats;
};

const char *itp_cell_event_text(itp_cell_event_kind kind)
{
    switch (kind) {
#define X(name, text)                                                                              \
    case ITP_CELL_##name: return text;
        ITP_CELL_EVENTS(X)
#undef X
    }
    return "unknown event";
}

double itp_cell_event_gap(const itp_cell_model *m, const itp_cell_event *event, const double *y,
                          double charge_0)
{
    switch (event->kind) {
    case ITP_CELL_VOLTAGE_BELOW: return y[m->i_voltage] - event->limit;
    case ITP_CELL_VOLTAGE_ABOVE: return event->limit - y[m->i_voltage];
    case ITP_CELL_CURRENT_BELOW: return fabs(y[m->i_current]) - event->limit;
    case ITP_CELL_CURRENT_ABOVE: return event->limit - fabs(y[m->i_current]);
    case ITP_CELL_TEMPERATURE_ABOVE: return event->limit - itp_cell_temperature(m, y);
    case ITP_CELL_CHARGE_ABOVE: return event->limit - fabs(y[m->i_charge] - charge_0);
    default: return itp_cell_lowest_salt(m, y) - event->limit;
    }
}

/* --- what IDA calls --- */
static int residual(sunrealtype t, N_Vector y, N_Vector yp, N_Vector f, void *ctx)
{
    itp_cell_solver *s = ctx;
    double *out = NV_DATA_S(f), sum = 0;
    (void)t;
    itp_cell_residual(s->m, NV_DATA_S(y), NV_DATA_S(yp), out);
    s->stats.residuals++;
    for (size_t i = 0; i < s->m->n; i++) sum += out[i];
    return isfinite(sum) ? 0 : 1; /* recoverable: a smaller step may stay where it is defined */
}

static void assemble(itp_cell_solver *s, double cj, const double *y, const double *yp, double *data)
{
    itp_sparse_begin(&s->m->jac, data);
    itp_cell_jacobian(s->m, cj, y, yp);
    s->stats.jacobians++;
}

static int jacobian(sunrealtype t, sunrealtype cj, N_Vector y, N_Vector yp, N_Vector f,
                    SUNMatrix out, void *ctx, N_Vector a, N_Vector b, N_Vector c)
{
    itp_cell_solver *s = ctx;
    (void)t, (void)f, (void)a, (void)b, (void)c;
    const itp_sparse *j = &s->m->jac;
    memcpy(SM_INDEXPTRS_S(out), j->start, (j->n + 1) * sizeof *j->start);
    memcpy(SM_INDEXVALS_S(out), j->row, j->nnz * sizeof *j->row);
    assemble(s, cj, NV_DATA_S(y), NV_DATA_S(yp), SM_DATA_S(out));
    return 0;
}

static int roots(sunrealtype t, N_Vector y, N_Vector yp, sunrealtype *g, void *ctx)
{
    itp_cell_solver *s = ctx;
    (void)t, (void)yp;
    for (size_t i = 0; i < ITP_CELL_EVENTS_MAX; i++)
        g[i] = i < s->n_events ? itp_cell_event_gap(s->m, &s->events[i], NV_DATA_S(y), s->charge_0)
                               : 1;
    return 0;
}

static void be_quiet(int code, const char *module, const char *function, char *text, void *ctx)
{
    (void)code, (void)module, (void)function, (void)text, (void)ctx;
}

/* IDA's norm, summed in four lanes: the serial vector's one chain of additions is the largest
 * single cost of a step. The order of summation is fixed, so runs repeat bit by bit. */
static sunrealtype weighted_norm(N_Vector x, N_Vector w)
{
    const sunrealtype *a = NV_DATA_S(x), *b = NV_DATA_S(w);
    size_t n = (size_t)NV_LENGTH_S(x), i = 0;
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (; i + 4 <= n; i += 4) {
        double p = a[i] * b[i], q = a[i + 1] * b[i + 1];
        double r = a[i + 2] * b[i + 2], t = a[i + 3] * b[i + 3];
        s0 += p * p, s1 += q * q, s2 += r * r, s3 += t * t;
    }
    for (; i < n; i++) s0 += a[i] * a[i] * b[i] * b[i];
    return sqrt((s0 + s1 + s2 + s3) / (double)n);
}

/* --- life --- */
static int open_ida(itp_cell_solver *s)
{
    itp_cell_model *m = s->m;
    sunindextype n = (sunindextype)m->n;
    if (SUNContext_Create(NULL, &s->context)) return 0;
    s->y = N_VNew_Serial(n, s->context);
    s->yp = N_VNew_Serial(n, s->context);
    s->weight = N_VNew_Serial(n, s->context);
    s->id = N_VNew_Serial(n, s->context);
    s->ida = IDACreate(s->context);
    if (s->y) s->y->ops->nvwrmsnorm = weighted_norm; /* IDA's own vectors are clones of y */
    if (!s->y || !s->yp || !s->weight || !s->id || !s->ida) return 0;
    N_VConst(0, s->y);
    N_VConst(0, s->yp);
    double rtol = m->o.tolerance;
    for (size_t i = 0; i < m->n; i++) {
        NV_Ith_S(s->weight, i) = rtol * m->atol[i];
        NV_Ith_S(s->id, i) = m->differential[i];
    }
    s->matrix = SUNSparseMatrix(n, n, (sunindextype)m->jac.nnz, CSC_MAT, s->context);
    s->linear = s->matrix ? SUNLinSol_KLU(s->y, s->matrix, s->context) : NULL;
    return s->linear && !IDAInit(s->ida, residual, 0, s->y, s->yp) &&
           !IDASVtolerances(s->ida, rtol, s->weight) && !IDASetUserData(s->ida, s) &&
           !IDASetLinearSolver(s->ida, s->linear, s->matrix) && !IDASetJacFn(s->ida, jacobian) &&
           !IDASetId(s->ida, s->id) &&
           /* Algebraic unknowns stay in the error test: voltage is what is wanted, and where the
            * OCP bends it changes while the concentrations just go on. */
           !IDASetSuppressAlg(s->ida, SUNFALSE) && !IDASetErrHandlerFn(s->ida, be_quiet, NULL) &&
           !IDARootInit(s->ida, ITP_CELL_EVENTS_MAX, roots) && !IDASetNoInactiveRootWarn(s->ida);
}

/* SEI currents are counted in uA/m2 (model.h): unweighted, their rows would rule the line search.
 */
static void weigh_residuals(itp_cell_solver *s)
{
    const itp_cell_block *b = &s->m->block[0];
    for (size_t i = 0; i < s->m->n; i++) s->merit[i] = 1;
    for (size_t k = 0; k < b->sites && b->j_sei != ITP_CELL_NONE; k++)
        s->merit[itp_cell_at(b, k, b->j_sei)] = 1e-6;
}

itp_status itp_cell_solver_create(itp_cell_solver **out, itp_cell_model *model, itp_error *err)
{
    itp_cell_solver *s = calloc(1, sizeof *s);
    if (!s) return itp_fail(err, ITP_ENOMEM, "cell solver");
    s->m = model;
    klu_l_defaults(&s->common);
    s->newton = malloc((3 * model->n + model->jac.nnz) * sizeof *s->newton);
    s->fixed = calloc(model->n, 1);
    s->merit = malloc(model->n * sizeof *s->merit);
    s->symbolic = klu_l_analyze((SuiteSparse_long)model->n, (SuiteSparse_long *)model->jac.start,
                                (SuiteSparse_long *)model->jac.row, &s->common);
    if (!s->newton || !s->fixed || !s->merit || !s->symbolic || !open_ida(s)) {
        itp_cell_solver_destroy(s);
        return itp_fail(err, ITP_ENOMEM, "cell solver");
    }
    weigh_residuals(s);
    *out = s;
    return ITP_OK;
}

void itp_cell_solver_destroy(itp_cell_solver *s)
{
    if (!s) return;
    if (s->ida) IDAFree(&s->ida);
    if (s->linear) SUNLinSolFree(s->linear);
    if (s->matrix) SUNMatDestroy(s->matrix);
    if (s->y) N_VDestroy(s->y);
    if (s->yp) N_VDestroy(s->yp);
    if (s->weight) N_VDestroy(s->weight);
    if (s->id) N_VDestroy(s->id);
    if (s->context) SUNContext_Free(&s->context);
    if (s->symbolic) klu_l_free_symbolic(&s->symbolic, &s->common);
    free(s->newton);
    free(s->fixed);
    free(s->merit);
    free(s);
}

void itp_cell_solver_set(itp_cell_solver *s, const double *y)
{
    memcpy(NV_DATA_S(s->y), y, s->m->n * sizeof *y);
}

const double *itp_cell_solver_state(const itp_cell_solver *s)
{
    return NV_DATA_S(s->y);
}

/* --- consistent starts --- */
/* Size of the algebraic residuals; the balances of charge (A/m2) and all others (V, A, 1) are of
 * comparable size as they stand. Fixed rows are zeroed. */
static double algebraic(itp_cell_solver *s, const double *y, double *f)
{
    itp_cell_model *m = s->m;
    double sum = 0;
    memset(NV_DATA_S(s->yp), 0, m->n * sizeof *f);
    itp_cell_residual(m, y, NV_DATA_S(s->yp), f);
    for (size_t i = 0; i < m->n; i++) {
        if (s->fixed[i]) f[i] = 0;
        sum += f[i] * f[i] * s->merit[i] * s->merit[i];
    }
    return isfinite(sum) ? sqrt(sum) : INFINITY;
}

/* One Newton step into f; 0 when the matrix is singular. */
static int newton_step(itp_cell_solver *s, const double *y, double *f, double *data)
{
    itp_cell_model *m = s->m;
    itp_sparse *j = &m->jac;
    assemble(s, 0, y, NV_DATA_S(s->yp), data);
    for (size_t c = 0; c < m->n; c++)
        for (int64_t k = j->start[c]; k < j->start[c + 1]; k++)
            if (s->fixed[j->row[k]]) data[k] = (size_t)j->row[k] == c;
    klu_l_numeric *lu = klu_l_factor((SuiteSparse_long *)j->start, (SuiteSparse_long *)j->row, data,
                                     s->symbolic, &s->common);
    if (!lu) return 0;
    int ok = klu_l_solve(s->symbolic, lu, (SuiteSparse_long)m->n, 1, f, &s->common) != 0;
    klu_l_free_numeric(&lu, &s->common);
    return ok;
}

/* Newton with halving on the unknowns that are not fixed, at s->m->control; y is changed only on
 * success. */
static int settle(itp_cell_solver *s)
{
    enum { ITERATIONS = 60, HALVINGS = 12 };
    itp_cell_model *m = s->m;
    double *f = s->newton, *y = f + m->n, *trial = y + m->n, *data = trial + m->n;
    memcpy(y, NV_DATA_S(s->y), m->n * sizeof *y);
    double size = algebraic(s, y, f);
    for (int it = 0; it < ITERATIONS; it++) {
        if (!newton_step(s, y, f, data)) return 0;
        double largest = 0, step = 1, after = INFINITY;
        for (size_t i = 0; i < m->n; i++)
            largest = fmax(largest, fabs(f[i]) / (m->atol[i] + fabs(y[i])));
        if (!isfinite(largest)) return 0;
        double *move = data; /* the entries are spent; keep the step there */
        memcpy(move, f, m->n * sizeof *f);
        for (int h = 0; h < HALVINGS; h++, step *= 0.5) {
            for (size_t i = 0; i < m->n; i++) trial[i] = s->fixed[i] ? y[i] : y[i] - step * move[i];
            after = algebraic(s, trial, f);
            if (after < size || (largest < 1e-7 && isfinite(after))) break;
        }
        if (!isfinite(after)) return 0;
        memcpy(y, trial, m->n * sizeof *y);
        size = after;
        if (largest * step < 1e-9 || (size < 1e-12 && step == 1)) {
            memcpy(NV_DATA_S(s->y), y, m->n * sizeof *y);
            return 1;
        }
    }
    return 0;
}

/* Approaches a hard control from the present one in smaller and smaller portions. */
static int settle_gradually(itp_cell_solver *s, itp_cell_control wanted)
{
    itp_cell_model *m = s->m;
    const double *y = NV_DATA_S(s->y);
    m->control = wanted;
    if (settle(s)) return 1;
    double from = wanted.mode == ITP_CELL_CURRENT   ? y[m->i_current]
                  : wanted.mode == ITP_CELL_VOLTAGE ? y[m->i_voltage]
                                                    : y[m->i_current] * y[m->i_voltage];
    double done = 0, portion = 0.25;
    for (int tries = 0; tries < 60 && portion > 1e-4; tries++) {
        double next = fmin(1, done + portion);
        m->control.target = from + next * (wanted.target - from);
        if (settle(s)) {
            if (next >= 1) return 1;
            done = next;
            portion *= 2;
        } else {
            portion *= 0.5;
        }
    }
    return 0;
}

/* What a switch cannot move at once: all that is integrated, and the particles' surfaces too when
 * `surfaces` says so (their extrapolation would follow the new slope through a whole shell). */
static void fix(itp_cell_solver *s, itp_cell_switch surfaces)
{
    itp_cell_model *m = s->m;
    for (size_t i = 0; i < m->n; i++) s->fixed[i] = m->differential[i] != 0;
    for (int w = 0; w < 2 && surfaces == ITP_CELL_ON; w++)
        for (size_t k = 0; k < m->block[w].sites; k++)
            s->fixed[itp_cell_at(&m->block[w], k, m->block[w].surf)] = 1;
}

/* The state just after the switch into `instant`; where none exists it stays the one before. */
static void look_at_instant(itp_cell_solver *s, itp_cell_control control, double *instant)
{
    size_t bytes = s->m->n * sizeof *instant;
    memcpy(instant, NV_DATA_S(s->y), bytes);
    fix(s, ITP_CELL_ON);
    s->m->control = control;
    if (settle(s)) {
        double *now = NV_DATA_S(s->y);
        for (size_t i = 0; i < s->m->n; i++) {
            double was = instant[i];
            instant[i] = now[i];
            now[i] = was;
        }
    }
}

itp_status itp_cell_solver_begin(itp_cell_solver *s, itp_cell_control control, size_t n_events,
                                 const itp_cell_event *events, double *instant, int *already,
                                 itp_error *err)
{
    itp_cell_model *m = s->m;
    if (n_events > ITP_CELL_EVENTS_MAX)
        return itp_fail(err, ITP_EINVAL, "%zu events in one stretch", n_events);
    *already = -1;
    if (instant) look_at_instant(s, control, instant);
    fix(s, ITP_CELL_OFF);
    if (!settle_gradually(s, control)) {
        m->control = control;
        return itp_fail(err, ITP_ESCIENTIFIC,
                        "no state of the cell carries %g %s: the step cannot start", control.target,
                        control.mode == ITP_CELL_CURRENT   ? "A"
                        : control.mode == ITP_CELL_VOLTAGE ? "V"
                                                           : "W");
    }
    m->control = control;
    const double *y = NV_DATA_S(s->y);
    double *yp = NV_DATA_S(s->yp), *f = s->newton;
    memset(yp, 0, m->n * sizeof *yp);
    itp_cell_residual(m, y, yp, f);
    for (size_t i = 0; i < m->n; i++)
        if (m->differential[i] != 0) yp[i] = -f[i];
    memcpy(s->events, events, n_events * sizeof *events);
    s->n_events = n_events;
    s->charge_0 = y[m->i_charge];
    for (size_t i = 0; i < n_events && *already < 0; i++)
        if (itp_cell_event_gap(m, &events[i], y, s->charge_0) <= 0) *already = (int)i;
    s->stats.stretches++;
    if (IDAReInit(s->ida, 0, s->y, s->yp))
        return itp_fail(err, ITP_ESCIENTIFIC, "the integrator refused to start");
    return ITP_OK;
}

static itp_status explain(int code, double t, itp_error *err)
{
    const char *why = code == IDA_CONV_FAIL  ? "the equations stopped having a solution nearby"
                      : code == IDA_ERR_FAIL ? "no step was small enough"
                      : code == IDA_LSETUP_FAIL || code == IDA_LSOLVE_FAIL
                          ? "the linear system became singular"
                          : "the integrator gave up";
    return itp_fail(err, ITP_ESCIENTIFIC, "at %.6g s of the step %s (IDA %d)", t, why, code);
}

itp_status itp_cell_solver_advance(itp_cell_solver *s, double t_stop, double *t, int *fired,
                                   itp_error *err)
{
    sunrealtype reached = 0;
    *fired = -1;
    IDASetStopTime(s->ida, t_stop);
    int code = IDASolve(s->ida, t_stop, &reached, s->y, s->yp, IDA_ONE_STEP);
    s->stats.steps++;
    if (code < 0) return explain(code, *t, err);
    *t = reached;
    if (code == IDA_ROOT_RETURN) {
        int found[ITP_CELL_EVENTS_MAX];
        if (IDAGetRootInfo(s->ida, found)) return explain(IDA_MEM_NULL, reached, err);
        for (size_t i = 0; i < s->n_events && *fired < 0; i++)
            if (found[i] < 0) *fired = (int)i;
    }
    return ITP_OK;
}

itp_status itp_cell_solver_at(itp_cell_solver *s, double t, double *y)
{
    N_Vector out = N_VMake_Serial((sunindextype)s->m->n, y, s->context);
    if (!out) return ITP_ENOMEM;
    int code = IDAGetDky(s->ida, t, 0, out);
    N_VDestroy(out);
    return code ? ITP_EINVAL : ITP_OK;
}

void itp_cell_solver_stats(const itp_cell_solver *s, itp_cell_stats *out)
{
    *out = s->stats;
}

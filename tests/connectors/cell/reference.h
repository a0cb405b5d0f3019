/* reference.h - reads the reference solutions and runs the same experiment beside them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_CELL_REFERENCE_H
#define ITP_TEST_CELL_REFERENCE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "suite.h"

#define REFERENCE_ROWS 2000
#define REFERENCE_COLS 16

typedef struct reference {
    size_t n, cols;
    char names[REFERENCE_COLS][48];
    double value[REFERENCE_ROWS][REFERENCE_COLS];
} reference;

static inline int reference_column(const reference *r, const char *name)
{
    for (size_t i = 0; i < r->cols; i++)
        if (!strcmp(r->names[i], name)) return (int)i;
    return -1;
}

/* 0 when the file is not there. */
static inline int reference_read(reference *r, const char *name)
{
    char path[512], line[2048];
    snprintf(path, sizeof path, "%s/cell_reference/%s.csv", suite_data_dir(), name);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    memset(r, 0, sizeof *r);
    for (int first = 1; fgets(line, sizeof line, file) && r->n < REFERENCE_ROWS; first = 0) {
        size_t col = 0;
        for (char *word = strtok(line, ",\n"); word && col < REFERENCE_COLS; col++) {
            if (first)
                snprintf(r->names[col], sizeof r->names[col], "%s", word);
            else
                r->value[r->n][col] = strtod(word, NULL);
            word = strtok(NULL, ",\n");
        }
        if (first)
            r->cols = col;
        else
            r->n++;
    }
    fclose(file);
    return r->n > 0;
}

static inline itp_cell_fidelity reference_fidelity(const char *model)
{
    return !strcmp(model, "spm")    ? ITP_CELL_SPM
           : !strcmp(model, "spme") ? ITP_CELL_SPME
                                    : ITP_CELL_DFN;
}

/* Largest |dV| in mV, in the parts of a discharge where bars differ. */
typedef struct deviation {
    double main, tail; /* up to 90 % of the duration; beyond */
    double end_s;      /* end time, ours less theirs */
    double capacity;   /* relative */
    size_t compared;
} deviation;

typedef struct comparing {
    const reference *ref;
    deviation *out;
    double until; /* s: rows after it are not compared */
} comparing;

static inline itp_status compare_row(void *ctx, const itp_cell_model *m, const itp_cell_row *row)
{
    comparing *c = ctx;
    const reference *ref = c->ref;
    (void)m;
    double end = ref->value[ref->n - 1][0];
    for (size_t i = 0; i + 1 < ref->n; i++) { /* the last row is the event itself */
        if (fabs(ref->value[i][0] - row->time_s) > 1e-9 || row->time_s > c->until) continue;
        double d = 1e3 * fabs(row->voltage - ref->value[i][reference_column(ref, "voltage_V")]);
        double *worst = row->time_s < 0.9 * end ? &c->out->main : &c->out->tail;
        *worst = fmax(*worst, d);
        c->out->compared++;
        break;
    }
    return ITP_OK;
}

/* A discharge from given stoichiometries at every time of the reference. */
static inline itp_status reference_discharge(const reference *ref, const char *model,
                                             const itp_cell_options *options, double until,
                                             deviation *out, itp_error *err)
{
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_status st = itp_cell_published(p, "Chen2020", err);
    itp_cell_options o = options ? *options : itp_cell_defaults(reference_fidelity(model));
    comparing c = {ref, out, until};
    itp_cell_hooks hooks = {.ctx = &c, .row = compare_row};
    itp_cell_runner *r = NULL;
    *out = (deviation){0};
    if (st == ITP_OK) st = itp_cell_runner_create(&r, p, &o, 1, NULL, &hooks, err);
    free(p);
    if (st != ITP_OK) return st;
    double times[REFERENCE_ROWS], *y = malloc(r->model->n * sizeof *y);
    for (size_t i = 0; i < ref->n; i++) times[i] = ref->value[i][0];
    r->times = times, r->n_times = ref->n;
    itp_cell_initialise(r->model, ref->value[0][reference_column(ref, "neg_sto_avg")],
                        ref->value[0][reference_column(ref, "pos_sto_avg")], 298.15, y);
    itp_cell_solver_set(r->solver, y);
    free(y);
    itp_cell_step step =
        itp_cell_step_of(ITP_STEP_CURRENT, -ref->value[0][reference_column(ref, "current_A")]);
    step.until_voltage = 2.5;
    if (isfinite(until)) step.until_time = until;
    itp_cell_summary s;
    st = itp_cell_run_step(r, &step, &s, err);
    double theirs = ref->value[ref->n - 1][reference_column(ref, "discharge_capacity_Ah")];
    out->end_s = s.duration_s - ref->value[ref->n - 1][0];
    out->capacity = fabs(-s.charge / theirs - 1);
    itp_cell_runner_destroy(r);
    return st;
}

#endif

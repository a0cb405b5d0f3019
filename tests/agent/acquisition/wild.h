/* wild.h - random small campaigns over random spaces: every kind of parameter and known constraint,
 * noise, failures, limits, pending trials, batches. Used by a test (few) and a benchmark (many).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEST_WILD_H
#define TEST_WILD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wild_space.h"

enum { WILD_TRIALS = 24, WILD_STEPS = 4 };

typedef struct wild_result {
    size_t proposals, nones, designs; /* points proposed; ITP_ENONE answers; space-filling ones */
    double worst;                     /* largest violation of a known constraint */
    size_t repeated;                  /* proposals equal to a pending or failed point */
    size_t silent;                    /* another acquisition than asked for, and no word of why */
    int wrong_none;                   /* "none" although a free feasible point exists */
    char error[256];                  /* of a call that failed; empty: none */
} wild_result;

typedef struct wild {
    itp_stream stream;
    itp_space *space;
    size_t d, n_params, m, measured, pending, failed, seen;
    double noise, x[WILD_TRIALS * 16], y[WILD_TRIALS * 2], waiting[WILD_TRIALS * 16];
    double lost[WILD_TRIALS * 16], all[WILD_TRIALS * 16];
    int labels[WILD_TRIALS];
    itp_surrogate *models[2];
    const itp_surrogate *belief[2];
    itp_classifier *works;
} wild;

static inline void wild_measure(wild *w, const double *point, const double *x)
{
    if (w->seen == WILD_TRIALS) return;
    int fails = itp_stream_below(&w->stream, 8) == 0;
    memcpy(w->all + w->seen * w->d, x, w->d * sizeof *x);
    w->labels[w->seen++] = !fails;
    if (fails) {
        memcpy(w->lost + w->failed++ * w->d, x, w->d * sizeof *x);
        return;
    }
    memcpy(w->x + w->measured * w->d, x, w->d * sizeof *x);
    for (size_t k = 0; k < w->m; k++) {
        double sum = w->noise * itp_stream_normal(&w->stream);
        for (size_t i = 0; i < w->n_params; i++)
            if (!isnan(point[i])) sum += sin(point[i] + (double)(i + k)) - 0.01 * point[i];
        w->y[w->measured * w->m + k] = sum;
    }
    w->measured++;
}

static inline itp_status wild_learn(wild *w, uint64_t seed)
{
    double column[WILD_TRIALS];
    itp_status st = ITP_OK;
    for (size_t k = 0; k < w->m && st == ITP_OK && w->measured > 0; k++) {
        for (size_t i = 0; i < w->measured; i++) column[i] = w->y[i * w->m + k];
        itp_data data = {.n = w->measured, .d = w->d, .x = w->x, .y = column};
        if (!w->models[k])
            st = itp_surrogate_create(&w->models[k], w->d, itp_space_columns(w->space), NULL, NULL);
        if (st == ITP_OK) st = itp_surrogate_fit(w->models[k], &data, seed, NULL);
        w->belief[k] = w->models[k];
    }
    if (st == ITP_OK && w->failed > 0) {
        if (!w->works) st = itp_classifier_create(&w->works, w->d, itp_space_columns(w->space));
        if (st == ITP_OK) st = itp_classifier_fit(w->works, w->seen, w->all, w->labels, seed);
    }
    return st;
}

static inline int wild_same(const wild *w, const double *x, size_t n, const double *set)
{
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t j = 0; j < w->d; j++)
            same += x[j] == set[i * w->d + j] || (isnan(x[j]) && isnan(set[i * w->d + j]));
        if (same == w->d) return 1;
    }
    return 0;
}

/* A point drawn evenly over the encoded coordinates, without the space's own sampler; 1 when the
 * known constraints hold there. */
static inline int wild_throw(const wild *w, itp_stream *stream, double *point, double *x)
{
    const itp_column *columns = itp_space_columns(w->space);
    size_t rows = itp_space_n_candidates(w->space);
    for (size_t j = 0; j < w->d; j++)
        x[j] = columns[j].kind == ITP_COLUMN_CATEGORY
                   ? (double)itp_stream_below(stream, columns[j].levels)
               : columns[j].kind == ITP_COLUMN_SOURCE ? 0
                                                      : itp_stream_uniform(stream);
    if (rows) {
        size_t row = itp_stream_below(stream, rows);
        memcpy(point, itp_space_candidate_point(w->space, row), w->n_params * sizeof *point);
    } else if (itp_space_decode(w->space, x, point) != ITP_OK) {
        return 0;
    }
    return itp_space_violation(w->space, point, NULL) <= 1e-9 &&
           itp_space_encode(w->space, point, x, NULL) == ITP_OK;
}

/* Whether a feasible point exists that is neither known nor pending: thrown at random, which finds
 * what a small space has; and sampled, for what is thin. Never searched. */
static inline int wild_free_point(wild *w, uint64_t seed)
{
    enum { THROWS = 5000, TRIES = 200 };
    double points[TRIES * WILD_PARAMS], x[16];
    itp_stream stream;
    itp_stream_init(&stream, seed, 1, "wild.throw");
    for (size_t i = 0; i < THROWS; i++) {
        if (!wild_throw(w, &stream, points, x)) continue;
        if (!wild_same(w, x, w->seen, w->all) && !wild_same(w, x, w->pending, w->waiting)) return 1;
    }
    if (itp_space_sample(w->space, TRIES, seed, points, NULL) != ITP_OK) return 0;
    for (size_t i = 0; i < TRIES; i++) {
        if (itp_space_encode(w->space, points + i * w->n_params, x, NULL) != ITP_OK) continue;
        if (!wild_same(w, x, w->seen, w->all) && !wild_same(w, x, w->pending, w->waiting)) return 1;
    }
    return 0;
}

static inline void wild_check(wild *w, const itp_proposal *p, const char *asked, wild_result *out)
{
    /* A fallback says so; the choice by itself says by what. */
    int gave_way = asked && strcmp(p->acquisition, asked) != 0;
    out->silent += p->why[0] == 0 || (gave_way && !strstr(p->why, "was asked for") &&
                                      !strstr(p->why, "space filling"));
    out->designs += strcmp(p->acquisition, "design") == 0;
    for (size_t i = 0; i < p->n_chosen; i++) {
        const itp_choice *c = &p->chosen[i];
        out->proposals++;
        out->worst = fmax(out->worst, itp_space_violation(w->space, c->point, NULL));
        out->repeated += (size_t)(wild_same(w, c->x, w->failed, w->lost) ||
                                  wild_same(w, c->x, w->pending, w->waiting));
    }
}

static inline itp_status wild_step(wild *w, uint64_t seed, size_t step, wild_result *out)
{
    itp_error err = {0};
    itp_status st = wild_learn(w, seed);
    itp_goal goals[2] = {
        {.name = "y",
         .what = {.outcome = 0},
         .kind = ITP_MINIMISE,
         .target = NAN,
         .weight = NAN,
         .reference = NAN},
        {.name = "z", .what = {.outcome = 1}, .target = NAN, .weight = NAN, .reference = NAN}};
    itp_bound bound = {
        .name = "limit", .what = {.outcome = (int)w->m - 1}, .low = -0.5, .high = INFINITY};
    itp_problem problem = {.space = w->space,
                           .m = w->m,
                           .belief = w->belief,
                           .goals = goals,
                           .n_goals = 1 + (w->m == 2 && seed % 3 == 0),
                           .bounds = &bound,
                           .n_bounds = seed % 2,
                           .works = w->works,
                           .n_measured = w->measured,
                           .measured = w->x,
                           .measured_y = w->y,
                           .n_pending = w->pending,
                           .pending = w->waiting,
                           .n_avoid = w->failed,
                           .avoid = w->lost,
                           .seed = seed,
                           .number = w->seen,
                           .exact = w->noise == 0};
    static const char *const NAMES[] = {NULL,       NULL,      NULL,     NULL,  "logei",   "ucb",
                                        "thompson", "qlognei", "parego", "mes", "collect", "imse"};
    if (itp_stream_below(&w->stream, 4) == 0) /* joined rather than kept apart */
        for (size_t g = 0; g < 2; g++) goals[g].unwanted = g ? -3 : 3, goals[g].wanted = g ? 3 : -3;
    size_t name = itp_stream_below(&w->stream, sizeof NAMES / sizeof *NAMES);
    itp_propose_options options = {.acquisition = NAMES[name],
                                   .q = 1 + itp_stream_below(&w->stream, 3),
                                   .raw = 128,
                                   .restarts = 6,
                                   .threads = 1,
                                   .trust_region = itp_stream_below(&w->stream, 4) == 0};
    itp_proposal proposal;
    if (st == ITP_OK) st = itp_propose(&problem, &options, &proposal, &err);
    if (st == ITP_ENONE) {
        out->nones++;
        out->wrong_none |= w->noise == 0 && wild_free_point(w, seed + step);
        return ITP_OK;
    }
    if (st != ITP_OK) {
        snprintf(out->error, sizeof out->error, "%s %.200s", itp_status_name(st), err.text);
        return st;
    }
    wild_check(w, &proposal, options.acquisition, out);
    size_t keep = itp_stream_below(&w->stream, 2); /* the last may stay pending for a while */
    for (size_t i = 0; i < proposal.n_chosen; i++) {
        const itp_choice *c = &proposal.chosen[i];
        if (keep && i + 1 == proposal.n_chosen && w->pending < 4)
            memcpy(w->waiting + w->pending++ * w->d, c->x, w->d * sizeof(double));
        else
            wild_measure(w, c->point, c->x);
    }
    itp_proposal_deinit(&proposal);
    return ITP_OK;
}

/* One campaign; the result is added to *out. ITP_ENONE: the space drawn has no feasible point. */
static inline itp_status wild_campaign(uint64_t seed, wild_result *out)
{
    wild *w = calloc(1, sizeof *w);
    double points[6 * WILD_PARAMS], x[16];
    itp_error err = {0};
    if (!w) return ITP_ENOMEM;
    itp_stream_init(&w->stream, seed, 0, "wild");
    itp_status st = wild_space(&w->stream, &w->space, &err);
    size_t start = 1 + itp_stream_below(&w->stream, 6);
    w->m = 1 + itp_stream_below(&w->stream, 2);
    w->noise = itp_stream_below(&w->stream, 2) ? 0.3 : 0;
    if (st == ITP_OK) {
        w->d = itp_space_d(w->space), w->n_params = itp_space_n_params(w->space);
        st = itp_space_sample(w->space, start, seed, points, &err);
    }
    if (st == ITP_ENONE) out->wrong_none |= wild_free_point(w, seed);
    for (size_t i = 0; i < start && st == ITP_OK; i++) {
        st = itp_space_encode(w->space, points + i * w->n_params, x, &err);
        if (st == ITP_OK && !wild_same(w, x, w->seen, w->all))
            wild_measure(w, points + i * w->n_params, x);
    }
    if (st != ITP_OK && st != ITP_ENONE)
        snprintf(out->error, sizeof out->error, "space: %s %.200s", itp_status_name(st), err.text);
    for (size_t step = 0; step < WILD_STEPS && st == ITP_OK; step++)
        st = wild_step(w, seed, step, out);
    for (size_t k = 0; k < 2; k++) itp_surrogate_destroy(w->models[k]);
    itp_classifier_destroy(w->works);
    itp_space_destroy(w->space);
    free(w);
    return st;
}

#endif

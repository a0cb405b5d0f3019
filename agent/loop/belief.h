/* belief.h - the models of a campaign's outcomes, kept between decisions, and the problem made of
 * them. A belief is the last recorded fit with later rows appended; one that is kept and one that
 * is rebuilt from the record have the same bits (surrogate.h). SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_BELIEF_H
#define ITP_BELIEF_H

#include "decide.h"

#define ITP_OUTCOMES_MAX 64 /* modelled at once; the campaign reader refuses more */

typedef struct belief {
    itp_surrogate *model;
    itp_surrogate *mean; /* its prior mean, by earlier data; NULL: none */
    char *mean_saved;    /* what makes that again */
    char *saved;         /* of the fit it stands on */
    size_t n_rows;       /* of the snapshot's rows that it knows */
    uint64_t generation;
    itp_fit_report report;
    char note[240]; /* what the last fit made of earlier data; empty otherwise */
} belief;

typedef struct beliefs {
    const itp_campaign *campaign; /* that they were made for */
    size_t n;                     /* outcomes modelled */
    unsigned outcome[ITP_OUTCOMES_MAX];
    belief of[ITP_OUTCOMES_MAX];
    unsigned threads;
} beliefs;

void beliefs_init(beliefs *b, const itp_campaign *campaign, unsigned threads);
void beliefs_deinit(beliefs *b);

/* Brings every model up to the snapshot. fitted[i] becomes 1 where it was fitted anew.
 * ITP_ENOTFIT when an outcome has no row yet. */
itp_status beliefs_update(beliefs *b, const itp_snapshot *s, unsigned char *fitted);

/* A goal's or limit's quantity as a function of the modelled outcomes. */
typedef struct formula_of {
    const itp_expression *what;
    const beliefs *of;
    size_t n_outcomes;
} formula_of;

/* What trials cost, as the acquisition weighs it; its address must not change. */
typedef struct cost_of {
    const itp_campaign *campaign;
    int measured;           /* 1: of some task it is learned, */
    itp_surrogate *learned; /* its logarithm, from */
    size_t n_learned;       /* trials; NULL while they are too few */
} cost_of;

/* The problem of a snapshot under these beliefs; its arrays live until destroyed. */
typedef struct posed {
    itp_problem problem;
    itp_id *measured_id; /* trial of each measured point */
    itp_classifier *works;
    formula_of formulas[2 * ITP_OUTCOMES_MAX];
    const itp_surrogate *models[ITP_OUTCOMES_MAX];
    itp_goal *goals;
    itp_bound *bounds;
    double *measured, *measured_y, *pending, *avoid, *context, *log_prior;
    cost_of cost;
} posed;
itp_status problem_pose(posed *out, const beliefs *b, const itp_snapshot *s);
void problem_deinit(posed *p);
/* cost.c; and in words, "" when trials cost the same. */
itp_status cost_pose(posed *p, const itp_snapshot *s);
void cost_note(const cost_of *of, char *out, size_t size);
/* problem.c: a slope in the parameters' units (n_params) added to grad in coordinates (d). */
void slope_to_coordinates(const itp_space *space, const double *point, const double *slope,
                          double *grad);
/* prior.c: a person's prior, by row of a table or as a function. */
itp_status prior_pose(posed *p, const itp_campaign *campaign);

/* 1: several goals that neither weights nor desirabilities join all. */
int goals_kept_apart(const itp_campaign *campaign);

/* Measured trials: those with a value of every modelled outcome. */
size_t count_measured(const beliefs *b, const itp_snapshot *s);

#endif

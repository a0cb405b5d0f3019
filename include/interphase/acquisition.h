/* acquisition.h - what is worth trying: from beliefs about outcomes to the next points.
 *   Everything is maximised inside; acquisitions are logs. A *problem* is what is believed, wanted
 * and known; itp_propose turns it into points and an account of why. The registry in
 * agent/acquisition lists the acquisitions by name. Threads     pure; a problem is only read; work
 * is spread over cores without changing a result SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ACQUISITION_H
#define ITP_ACQUISITION_H

#include "interphase/space.h"
#include "interphase/surrogate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The only list of acquisitions: agent/acquisition/acq_NAME.c each. "auto" chooses among them and
 * "design" fills the space. */
#define ITP_ACQUISITIONS(X)                                                                        \
    X(logei)                                                                                       \
    X(qlognei)                                                                                     \
    X(qlognehvi)                                                                                   \
    X(parego)                                                                                      \
    X(ucb)                                                                                         \
    X(thompson)                                                                                    \
    X(mes)                                                                                         \
    X(kg)                                                                                          \
    X(variance)                                                                                    \
    X(imse)                                                                                        \
    X(straddle)                                                                                    \
    X(collect)

/* A scalar made of outcomes, with its gradient: an objective or the quantity a limit bounds.
 * outcomes: m values in the user's units; grad (m, may be NULL). Must be pure. */
typedef struct itp_formula {
    double (*eval)(const void *ctx, const double *outcomes, double *grad);
    const void *ctx;
    int outcome; /* >= 0: it is just this outcome (the closed forms apply); -1: use eval */
} itp_formula;

typedef enum itp_goal_kind { ITP_MAXIMISE, ITP_MINIMISE, ITP_TARGET } itp_goal_kind;

typedef struct itp_goal {
    const char *name;
    itp_formula what;
    itp_goal_kind kind;
    double target;    /* TARGET only, user's unit */
    double weight;    /* of several goals made one; NaN: keep them apart (Pareto) */
    double reference; /* of the hypervolume, user's unit; NaN: nadir - 0.1 range */
    /* A weight counts per unit of the goal (1) or relative to the range seen (0). */
    int weight_per_unit;
    /* Desirability 0 and 1, user's unit (of a target: distances from it); equal: none is meant.
     * When every goal has one they become one, their weighted geometric mean (Derringer & Suich
     * 1980). */
    double unwanted, wanted;
} itp_goal;

/* low <= what <= high, learned as we go; an absent side is +-INFINITY. */
typedef struct itp_bound {
    const char *name;
    itp_formula what;
    double low, high;
} itp_bound;

typedef struct itp_problem {
    const itp_space *space;
    size_t m;                           /* outcomes */
    const itp_surrogate *const *belief; /* m fitted models; NULL where nothing is measured yet */
    size_t n_goals;
    const itp_goal *goals;
    size_t n_bounds;
    const itp_bound *bounds;
    const itp_classifier *works; /* P(trial does not fail); NULL: no failure seen */
    size_t n_measured;           /* encoded points with every outcome measured, n x d */
    const double *measured;
    const double *measured_y; /* n x m, measured values (for ranges and sanity, not incumbents) */
    size_t n_pending;
    const double *pending; /* encoded, n x d */
    size_t n_avoid;        /* encoded points never to be proposed again (failed), n x d */
    const double *avoid;
    const double *log_prior; /* candidates only: a person's prior by row; NULL: none */
    double (*log_cost)(const void *ctx, const double *x, double *grad); /* NULL: equal costs */
    const void *log_cost_ctx;
    uint64_t seed, number;      /* random streams: (seed, decision number, purpose) */
    size_t budget_left, budget; /* trials; 0: unknown */
    const double *context; /* n_params: what context parameters measure now (others are not read);
                              NULL: none known */
    int exact;             /* 1: outcomes are noiseless: never repeat a point */
    /* ln of a person's prior over the optimum at encoded x, with its gradient in real coordinates
     * (d, may be NULL); NULL: none. Beside a table `log_prior` holds it by row instead. */
    double (*log_prior_at)(const void *ctx, const double *x, double *grad);
    const void *log_prior_ctx;
} itp_problem;

typedef struct itp_propose_options {
    const char *acquisition; /* registry name; NULL or "auto": chosen by the problem */
    size_t q;                /* points wanted */
    unsigned raw, restarts;  /* 0: defaults of numerics.md 2 */
    unsigned threads;        /* 0: one a core; never changes a result */
    int trust_region;        /* 1: search a box around the incumbent that success widens (TuRBO) */
    int one_start;           /* 1: `auto` never begins the search again (afresh.h): the best use of
                                a trial by all that is known, as a rule of stopping wants it */
} itp_propose_options;

/* Parts of an acquisition value at a point, natural logs; NaN where a part does not apply. cost is
 * minus the logarithm of what is expected. */
typedef struct itp_parts {
    double total, gain, feasible, cost, prior;
} itp_parts;

typedef struct itp_choice {
    double *point; /* n_params, user's units */
    double *x;     /* d, encoded */
    itp_parts parts;
    double *mean, *sd; /* m each, user's units, before measuring */
} itp_choice;

typedef struct itp_proposal {
    char acquisition[32]; /* what was used */
    char why[256];        /* why it was chosen, and every fallback, in words */
    size_t n_chosen, n_runners_up;
    itp_choice *chosen, *runners_up; /* runners-up of the first choice, best first */
    size_t evaluations;
} itp_proposal;

/* Up to q points; fewer (with `why`) when the space is exhausted, ITP_ENONE when nothing is left.
 */
itp_status itp_propose(const itp_problem *problem, const itp_propose_options *options,
                       itp_proposal *out, itp_error *err);
void itp_proposal_deinit(itp_proposal *proposal);

/* Rows up to which the acquisition of that name (NULL: auto) wants beliefs averaged over
 * hyperparameters: itp_surrogate_options.averaged of the models that it will be given; 0: never. */
unsigned itp_acquisition_averages(const char *name);

/* The best measured point by posterior mean, feasible with probability `confidence` where there are
 * bounds (numerics.md 5). index into measured, or -1 when none qualifies; mean and sd of goal 0 in
 * its unit. */
typedef struct itp_incumbent {
    long index;
    double mean, sd, feasible;
    double desirability; /* 0 to 1, by posterior means; NaN where goals have none */
} itp_incumbent;
itp_status itp_find_incumbent(const itp_problem *problem, double confidence, itp_incumbent *out);

/* Indices into measured of the Pareto set by posterior means; returns how many (fills at most max).
 */
size_t itp_find_pareto(const itp_problem *problem, double confidence, size_t *index, size_t max);

/* Knowing when to stop (Wilson 2024): P(max f - f(best) <= epsilon) with its sequential interval.
 * epsilon in the unit of goal 0. After no draws, probability is what it is at most where that is
 * below the confidence already, and NaN where there is no such bound: no feasible point yet,
 * several goals, a target, an expression. */
typedef struct itp_regret {
    double probability, low, high;
    size_t draws;
} itp_regret;
itp_status itp_regret_bound(const itp_problem *problem, double epsilon, double confidence,
                            itp_regret *out);

/* What one more trial promises: how much better the recommendation will be when x has been measured
 * (a two-point knowledge gradient: what is learned there is learned about the incumbent as well),
 * on average, and with what probability by more than `least`. The largest over n encoded points,
 * for an incumbent given as index into measured. Unit of the goal, or of the joined desirability or
 * worth; NaN where goals are kept apart or joined by weights without units. */
typedef struct itp_promise {
    double expected, probability;
} itp_promise;
itp_status itp_find_promise(const itp_problem *problem, size_t incumbent, size_t n, const double *x,
                            double least, itp_promise *out);

#ifdef __cplusplus
}
#endif
#endif

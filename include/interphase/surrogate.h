/* surrogate.h - what we believe about an outcome: a regression model with honest uncertainty.
 *   y = f(x) + e on encoded inputs (data.h). Every model (exact, robust, fully Bayesian, Vecchia,
 *   coregionalised) answers the same questions; the registry in surrogates/models lists them by
 * name. Outcomes are in the user's unit outside; models standardise and transform inside. Life
 * cycle  create -> { fit | restore } -> { append | remove | predict | ... }* -> destroy Threads one
 * writer or many readers; every const function is a reader Replay      bits depend on the calls and
 * their arguments alone: the same fit, then the same appends in the same order, give the same bits,
 * whatever the number of threads SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SURROGATE_H
#define ITP_SURROGATE_H

#include "interphase/data.h"
#include "interphase/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct itp_surrogate itp_surrogate; /* opaque; owned by the caller of create */

typedef enum itp_noise {
    ITP_NOISE_INFERRED, /* one variance, learned; added to known ones where those are given */
    ITP_NOISE_NONE,     /* the outcome is exact: jitter only */
    ITP_NOISE_KNOWN     /* noise_sd of each row is the whole of it; where one is NaN, as INFERRED */
} itp_noise;

typedef enum itp_criterion {
    ITP_CRITERION_MAP,
    ITP_CRITERION_LIKELIHOOD,
    ITP_CRITERION_LOO
} itp_criterion;

typedef struct itp_surrogate_options {
    const char *model;  /* registry name; NULL or "auto": by size and evidence */
    const char *kernel; /* "matern52", "rbf", ...; NULL or "auto": matern52, or by leave-one-out */
    const char *transform; /* of y: "standardise", "log", "yeo-johnson"; NULL or "auto" */
    const char *warp;      /* of x: "none", "kumaraswamy"; NULL: none */
    itp_noise noise;
    itp_criterion criterion;
    /* "auto" averages over hyperparameters ("bayes") up to so many rows; 0: never. */
    unsigned averaged;
    unsigned starts;  /* of the fit; 0: default */
    unsigned threads; /* of our own; 0: one a core. Never changes a result */
} itp_surrogate_options;

/* Steps of the ladder that cannot fail (numerics.md 1); recorded, never silent. */
#define ITP_FIT_STEPS(X)                                                                           \
    X(WARM, "warm start")                                                                          \
    X(MODE, "prior mode")                                                                          \
    X(DRAWS, "prior draws")                                                                        \
    X(JITTER, "larger noise floor or jitter")                                                      \
    X(DEFAULTS, "default hyperparameters")                                                         \
    X(PRIOR, "prior only: no usable data")
typedef enum itp_fit_step {
#define X(name, text) ITP_FIT_##name,
    ITP_FIT_STEPS(X)
#undef X
} itp_fit_step;

typedef struct itp_fit_report {
    itp_fit_step step; /* the first that gave the accepted optimum */
    double objective;  /* of the criterion at the optimum, nats, natural (transformed) units */
    double log_likelihood;
    double jitter; /* relative to the mean diagonal; 0 when none was needed */
    unsigned starts, evaluations;
    unsigned outliers; /* robust model: rows given extra variance; see itp_surrogate_outliers */
    double r_hat, ess; /* fully Bayesian: worst over hyperparameters; otherwise NaN */
    char model[24], kernel[24], transform[24]; /* what "auto" became */
} itp_fit_report;

/* Leave-one-out residuals in closed form (R&W 5.10-5.12), and what they say of the posterior at the
 * hyperparameters in force; itp_surrogate_calibrate asks harder. */
typedef struct itp_diagnostics {
    size_t n;
    double coverage50, coverage90, coverage95; /* share of rows inside the interval */
    double log_density;      /* mean log predictive density, nats a row, units of y */
    double rmse;             /* units of y */
    double rank_correlation; /* Spearman, of left-out means with y */
} itp_diagnostics;

/* A model over the d columns (copied). ITP_EINVAL: unknown name or impossible column. */
itp_status itp_surrogate_create(itp_surrogate **out, size_t d, const itp_column *columns,
                                const itp_surrogate_options *options, itp_error *err);
void itp_surrogate_destroy(itp_surrogate *model);

/* The same columns, options and prior mean as `like`, nothing seen. */
itp_status itp_surrogate_create_like(itp_surrogate **out, const itp_surrogate *like,
                                     itp_error *err);

/* A prior mean: what `mean` (fitted, over as many columns; borrowed, it must not change) expects is
 * taken off the outcomes before a fit and added to every answer; its own uncertainty is not. The
 * outcome is then only standardised. Before fit or restore; NULL: none. */
itp_status itp_surrogate_set_mean(itp_surrogate *model, const itp_surrogate *mean);

/* Chooses hyperparameters for `data` (copied) and factors it. A fitted model warm-starts from its
 * own. seed    of every random start or draw report  out, may be NULL Fails only for ITP_ENOMEM,
 * ITP_ENONFINITE (data) and ITP_EINVAL (sizes): numerics never fail it. */
itp_status itp_surrogate_fit(itp_surrogate *model, const itp_data *data, uint64_t seed,
                             itp_fit_report *report);

/* Hyperparameters, standardisation and choices as text (JSON, 17 digits): all that restore needs
 * beside the data. *out is the caller's to free(). ITP_ENOTFIT. */
itp_status itp_surrogate_save(const itp_surrogate *model, char **out);

/* The model that `save` described, factored over `data` without fitting: same bits as after that
 * fit. */
itp_status itp_surrogate_restore(itp_surrogate *model, const char *saved, const itp_data *data,
                                 itp_error *err);

/* Adds rows at frozen hyperparameters and standardisation, in order. O(n^2) a row. After ITP_ENOMEM
 * the model is to be fitted or restored again. */
itp_status itp_surrogate_append(itp_surrogate *model, const itp_data *rows);

/* Removes row `i` (in order of arrival; later rows move up by one). O(n^2). */
itp_status itp_surrogate_remove(itp_surrogate *model, size_t i);

/* Whether the evidence asks for new hyperparameters: n grew by a tenth since the fit (by a row
 * while there are few), or leave-one-out degraded. 1 or 0. */
int itp_surrogate_wants_fit(const itp_surrogate *model);

size_t itp_surrogate_n(const itp_surrogate *model);

/* The kernel and the transform in force, by name: what "auto" became. Borrowed till the next fit.
 */
const char *itp_surrogate_kernel_name(const itp_surrogate *model);
const char *itp_surrogate_transform_name(const itp_surrogate *model);

/* Posterior of the latent f (noise excluded) at n points.
 *   x     in   n x d, encoded
 *   mean  out  n, units of y: the mean (of a transformed outcome: exact inverse moments)
 *   var   out  n, units of y^2, >= 0; may be NULL
 * ITP_ENOTFIT before the first fit. Outputs are untouched on failure. */
itp_status itp_surrogate_predict(const itp_surrogate *model, size_t n, const double *x,
                                 double *mean, double *var);

/* --- Where a new measurement will lie --- The posterior answers under
 * the hyperparameters that fitted best and with a normal's tails: its plain intervals are too
 * narrow where rows are few to a parameter or noise differs from place to place. These answers are
 * calibrated: rows are left out in ten folds, hyperparameters fitted again without them, and the
 * posterior's normal scores of what was measured replaced by the distribution that they were found
 * to have. An interval of 95 % is one that held 95 % of such rows; where they are few a prior keeps
 * it near the plain one, with heavier tails. Decisions rest on the posterior alone. */
typedef struct itp_calibration {
    size_t n;                      /* rows */
    unsigned folds;                /* 0: leave-one-out in closed form (mixtures, many rows) */
    double coverage50, coverage95; /* share of the rows inside the plain intervals */
    double widening50, widening95; /* calibrated half-width over the plain one, of outcome 0 */
} itp_calibration;

/* Makes the calibration if the model changed since (then a writer; no seed: bits follow from fit
 * and rows). Costs about a fit, several above 400 rows, hardly anything above 1000; the two below
 * do it themselves. report may be NULL. ITP_ENOTFIT. */
itp_status itp_surrogate_calibrate(itp_surrogate *model, itp_calibration *report);

/* Quantile p (0 < p < 1) of a new measurement (noise included) at n points; out n, units of y. */
itp_status itp_surrogate_quantile(itp_surrogate *model, size_t n, const double *x, double p,
                                  double *out);

/* Log density of measurements y (n, finite) at n points; out n, nats, of y in its unit: minus
 * infinity for what a transform rules out (log: all but positive outcomes). */
itp_status itp_surrogate_log_density(itp_surrogate *model, size_t n, const double *x,
                                     const double *y, double *out);

/* --- The latent scale --- Acquisition works where the model is Gaussian: z = T(y), standardised
 * and transformed, in which f is a GP. Members: draws of a mixture; most models have one. */
size_t itp_surrogate_members(const itp_surrogate *model);
double itp_surrogate_to_latent(const itp_surrogate *model, double y);
double itp_surrogate_from_latent(const itp_surrogate *model, double z);
/* Of a coregionalised model they speak of outcome 0; these two of any. */
double itp_surrogate_outcome_to_latent(const itp_surrogate *model, unsigned outcome, double y);
double itp_surrogate_outcome_from_latent(const itp_surrogate *model, unsigned outcome, double z);
/* d y / d z at z. */
double itp_surrogate_from_latent_slope(const itp_surrogate *model, double z);
/* Observation noise variance of a new measurement, latent units: what was learned, and what was
 * known of the rows on average. */
double itp_surrogate_noise_var(const itp_surrogate *model, size_t member);

/* Latent posterior at n points, blocked (BLAS-3): mean n, var n (may be NULL). */
itp_status itp_latent_predict(const itp_surrogate *model, size_t member, size_t n, const double *x,
                              double *mean, double *var);

/* Latent posterior at one point with gradients in x (d each; CATEGORY and SOURCE entries are 0).
 * Any of dmean, dvar may be NULL. */
itp_status itp_latent_predict_grad(const itp_surrogate *model, size_t member, const double *x,
                                   double *mean, double *var, double *dmean, double *dvar);

/* Joint latent posterior: mean q, cov q x q (row-major, symmetric). */
itp_status itp_latent_joint(const itp_surrogate *model, size_t member, size_t q, const double *x,
                            double *mean, double *cov);

/* A set of b points whose joint posterior is kept, so that one more point's covariance with all of
 * them, and its gradient, cost O(n (n + b)) and no refactoring: the base of batches, pending trials
 * and knowledge gradients. Borrows the model, which must not change meanwhile. */
typedef struct itp_anchors itp_anchors;
itp_status itp_anchors_create(itp_anchors **out, const itp_surrogate *model, size_t member,
                              size_t b, const double *x);
void itp_anchors_destroy(itp_anchors *anchors);
/* Appends one point. */
itp_status itp_anchors_add(itp_anchors *anchors, const double *x);
size_t itp_anchors_count(const itp_anchors *anchors);
/* Joint mean (b) and covariance (b x b) of the anchors. */
itp_status itp_anchors_joint(const itp_anchors *anchors, double *mean, double *cov);
/* At x: mean, var, cov with each anchor (b); dmean d, dvar d, dcov b x d (each gradient may be
 * NULL). */
itp_status itp_anchors_cross(const itp_anchors *anchors, const double *x, double *mean, double *var,
                             double *cov, double *dmean, double *dvar, double *dcov);

/* Posterior samples as functions (Wilson et al. 2020), latent units.
 *   features  random Fourier features of the prior part; 0: 1024
 * Borrows the model: after append, itp_paths_update; after a fit or remove, destroy. */
typedef struct itp_paths itp_paths;
itp_status itp_paths_create(itp_paths **out, const itp_surrogate *model, size_t n_paths,
                            size_t features, uint64_t seed);
void itp_paths_destroy(itp_paths *paths);
/* After the model was given rows: the same functions, conditioned on them as well. */
itp_status itp_paths_update(itp_paths *paths);
/* Values of path `path` at n points, and gradients n x d (may be NULL). */
itp_status itp_paths_eval(const itp_paths *paths, size_t path, size_t n, const double *x,
                          double *value, double *grad);
/* Values of all paths at n points (n_paths x n): features are evaluated once for all of them. */
itp_status itp_paths_eval_all(const itp_paths *paths, size_t n, const double *x, double *value);

/* Leave-one-out means and sds (n each, units of y, noise included; may be NULL) and the summary
 * (may be NULL), in closed form. O(n^2) after a fit. */
itp_status itp_surrogate_loo(const itp_surrogate *model, double *mean, double *sd,
                             itp_diagnostics *summary);

/* Rows declared outliers: fills at most `max` indices, returns how many there are. */
size_t itp_surrogate_outliers(const itp_surrogate *model, size_t *rows, size_t max);
/* How many readings there are at the encoded x (d) where each was declared one, otherwise 0. */
size_t itp_surrogate_doubted(const itp_surrogate *model, const double *x);

/* Relevance of each column, d: 1/lengthscale (averaged over members), 0 when it plays no part. */
itp_status itp_surrogate_relevance(const itp_surrogate *model, double *relevance);

/* --- Feasibility: a classifier for trials that failed or could not be made (R&W 3.4) --- */
typedef struct itp_classifier itp_classifier;
itp_status itp_classifier_create(itp_classifier **out, size_t d, const itp_column *columns);
void itp_classifier_destroy(itp_classifier *model);
/* labels: n of 1 (worked) or 0 (failed); x as in itp_data. */
itp_status itp_classifier_fit(itp_classifier *model, size_t n, const double *x, const int *labels,
                              uint64_t seed);
/* ln P(works) at one point and its gradient (d, may be NULL). */
itp_status itp_classifier_log_prob(const itp_classifier *model, const double *x, double *log_prob,
                                   double *grad);

#ifdef __cplusplus
}
#endif
#endif

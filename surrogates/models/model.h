/* model.h - what a surrogate is inside, and what a model adds to it.
 *   surrogate.c keeps rows, transform and kernel and answers the public questions; a model class
 * chooses hyperparameters and keeps the posterior, as one or more members (mixture of posteriors).
 * A new model is one file with one itp_model_class and one line in registry.c.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_MODEL_H
#define ITP_MODEL_H

#include <jansson.h>

#include "fit.h"
#include "interphase/surrogate.h"
#include "posterior.h"
#include "scales.h"
#include "transform.h"

typedef struct itp_model_class itp_model_class;

enum { ITP_NAME_MAX = 64 };

struct itp_surrogate {
    size_t d;
    itp_column *columns;
    itp_surrogate_options options; /* its strings point to the arrays below */
    char model_name[ITP_NAME_MAX], kernel_name[ITP_NAME_MAX], transform_name[ITP_NAME_MAX];
    itp_noise noise;    /* in force: KNOWN becomes INFERRED where a noise_sd is missing */
    itp_kernel *kernel; /* in force */
    itp_warp warp;      /* columns that are warped; n = 0: none */
    unsigned outcomes;
    int outcome_column;        /* -1: none */
    itp_transform *transform;  /* outcomes */
    const itp_surrogate *mean; /* prior mean, borrowed; NULL: a constant (level.c) */
    itp_rows rows;
    const itp_model_class *class; /* NULL: not fitted */
    void *state;
    size_t n_fit;         /* rows at the last fit */
    size_t n_choice;      /* rows when kernel and transform were last chosen; 0: never */
    int is_choosing;      /* 1: fits are only compared, one loose start is enough */
    unsigned char *apart; /* rows: what this fit takes for a gross error (gross.c); NULL: none, and
                             between fits */
    double loo_fit;       /* mean leave-one-out log density at the last fit, latent nats a row */
    itp_fit_report report;
    int is_calibrated;  /* since the last change */
    itp_scales *scales; /* outcomes: of normal scores of unseen rows; NULL: never calibrated */
    itp_calibration calibration;
};

struct itp_model_class {
    const char *name;
    /* Chooses hyperparameters for s->rows (latent values are in place) and builds the state. */
    itp_status (*fit)(itp_surrogate *s, uint64_t seed, itp_fit_report *report);
    /* The last row is new. */
    itp_status (*append)(itp_surrogate *s);
    /* Row i goes; s->rows still holds it. */
    itp_status (*remove)(itp_surrogate *s, size_t i);
    void (*clear)(itp_surrogate *s);
    /* Own part of the saved text; restore builds the state from it. */
    itp_status (*save)(const itp_surrogate *s, json_t *into);
    itp_status (*restore)(itp_surrogate *s, const json_t *from);
    size_t (*members)(const itp_surrogate *s);
    /* Of exact members; NULL for models without (they answer the questions below themselves). */
    const itp_posterior *(*member)(const itp_surrogate *s, size_t member);
    double (*noise_var)(const itp_surrogate *s, size_t member);
    /* Kernel parameters of a member, for relevance and diagnostics. */
    const itp_hyper *(*hyper)(const itp_surrogate *s, size_t member);
    /* Latent questions; NULL: answered through member(). */
    itp_status (*predict)(const itp_surrogate *s, size_t member, size_t n, const double *x,
                          double *mean, double *var);
    itp_status (*predict_grad)(const itp_surrogate *s, size_t member, const double *x, double *mean,
                               double *var, double *dmean, double *dvar);
    itp_status (*joint)(const itp_surrogate *s, size_t member, size_t q, const double *x,
                        double *mean, double *cov);
    /* Row i left out: latent mean and variance, noise included. */
    void (*loo)(const itp_surrogate *s, size_t i, double *mean, double *var);
    /* The exact GP that stands for the model near q points, to be released with `release`;
     * NULL: the member's own. */
    itp_status (*local)(const itp_surrogate *s, size_t member, size_t q, const double *x,
                        itp_gp *out);
    size_t (*outliers)(const itp_surrogate *s, size_t *rows, size_t max);
};

/* registry.c */
const itp_model_class *itp_model_find(const char *name);
/* The class for this fit when the options say "auto". */
const itp_model_class *itp_model_choose(const itp_surrogate *s);

/* The transform that row i's outcome has. */
const itp_transform *itp_surrogate_transform(const itp_surrogate *s, const double *x);

/* level.c: the prior mean on the latent scale at x with its gradient (d, may be NULL), 0 without
 * one; added to n means; and its gradient added. */
itp_status itp_surrogate_level(const itp_surrogate *s, const double *x, double *value,
                               double *grad);
itp_status itp_surrogate_add_levels(const itp_surrogate *s, size_t n, const double *x,
                                    double *mean);
itp_status itp_surrogate_add_slope(const itp_surrogate *s, const double *x, double *dmean);

/* choose.c: whether to, and which transform and kernel where the options say "auto". */
int itp_surrogate_should_choose(const itp_surrogate *s);
itp_status itp_surrogate_choose(itp_surrogate *s, uint64_t seed);
/* Another kernel: what was fitted with the old one is cleared. ITP_EINVAL as itp_kernel_create. */
itp_status itp_surrogate_use_kernel(itp_surrogate *s, const char *expression);
/* Fits the transform of every outcome to its rows. */
itp_status itp_surrogate_fit_transforms(itp_surrogate *s, itp_transform_kind kind);
/* Latent value and noise of row i. */
void itp_surrogate_to_latent_row(itp_surrogate *s, size_t i);

/* Replaces the rows by data's, at the transforms and noise in force. */
itp_status itp_surrogate_take(itp_surrogate *s, const itp_data *data);

/* The fit plan that the options ask for (known noise and warm start are the model's to add). */
itp_fit_plan itp_surrogate_plan(const itp_surrogate *s, uint64_t seed);

/* diagnostics.c: row i left out, in closed form: latent mean and variance, noise included. */
void itp_surrogate_leave_out(const itp_surrogate *s, size_t member, size_t i, double *mean,
                             double *var);
/* Of all rows, latent; mean over rows of the log density. */
double itp_surrogate_loo_density(const itp_surrogate *s);
/* That of each row. */
void itp_surrogate_loo_densities(const itp_surrogate *s, double *out);

/* hyper_json.c: hyperparameters to and from JSON. */
json_t *itp_hyper_to_json(const itp_hyper *hyper, size_t n_params);
itp_status itp_hyper_from_json(const json_t *from, const itp_kernel *kernel, const itp_warp *warp,
                               itp_hyper *hyper);

/* In `apart` of a row: it is left out; or only looks like an error, and is fitted. */
enum { ITP_APART = 1, ITP_SUSPECT = 2 };

/* gross.c, under "auto": marks the rows that the fit in force, or the rows behind it, speak
 * against, where `data` go on from the rows that it has; then, after the exact model was fitted,
 * looks for gross errors and fits again without them. */
itp_status itp_gross_carry(itp_surrogate *s, const itp_data *data);
itp_status itp_gross_fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report);
/* Whether leave-one-out contradicts rows so clearly that errors should be looked for. */
int itp_gross_is_suspicious(const itp_surrogate *s);
/* robust.c: marks in `apart` the rows that relevance pursuit finds, from the exact fit in force. */
itp_status itp_robust_suspect(itp_surrogate *s, uint64_t seed, unsigned char *apart);

/* Under "auto" an outlier is further from where it is expected than this many sd of all outcomes,
 * the sd by their quartiles. */
#define ITP_GROSS 2

/* Scales standardised residuals up where their median says that they are too small for most rows.
 * scratch: n. */
void itp_unmask(size_t n, double *residual, double *scratch);

extern const itp_model_class ITP_MODEL_EXACT, ITP_MODEL_ROBUST, ITP_MODEL_VECCHIA, ITP_MODEL_BAYES,
    ITP_MODEL_SAAS;

#endif

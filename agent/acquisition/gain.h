/* gain.h - an acquisition: how much is gained by measuring at x, as a logarithm.
 *   A gain that depends on goal 0's latent mean and variance alone gives `closed`, and the scorer
 * predicts for it (in blocks, over members, with pending points believed at their mean). Others
 * give `eval`. One file an acquisition; acquisition.h lists them.
 * Life cycle  kind->create -> { eval | closed | extend }* -> destroy
 * Threads     extend by one; eval and closed by many, each with its own work array
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_GAIN_H
#define ITP_GAIN_H

#include "view.h"

/* What an acquisition takes care of by itself. */
typedef enum itp_trait {
    ITP_TRAIT_PENDING = 1,  /* pending points, as joint draws */
    ITP_TRAIT_BOUNDS = 2,   /* limits, draw by draw */
    ITP_TRAIT_FORMULAS = 4, /* goals that are expressions, and limits that are */
    ITP_TRAIT_PARETO = 8,   /* several goals kept apart */
    ITP_TRAIT_NO_GOAL = 16, /* works without an incumbent: learns a map, a level set */
    ITP_TRAIT_WALKS = 32,   /* no gradient in x worth climbing: scored on points only */
    ITP_TRAIT_AVERAGES = 64 /* worth beliefs that are averaged over hyperparameters */
} itp_trait;

typedef struct itp_gain itp_gain;

typedef struct itp_gain_kind {
    const char *name, *summary; /* summary: a noun phrase for help and records */
    unsigned traits;
    itp_status (*create)(itp_gain **out, const itp_view *view, unsigned threads);
} itp_gain_kind;

struct itp_gain {
    const itp_gain_kind *kind;
    const itp_view *view;
    size_t work; /* doubles of scratch that eval needs */
    /* From goal 0's latent mean and variance under one member, mean already pointing up. */
    double (*closed)(const itp_gain *gain, size_t member, double mean, double var, double *dmean,
                     double *dvar);
    /* At x; grad (d, may be NULL). */
    double (*eval)(const itp_gain *gain, const double *x, double *grad, double *work);
    /* x becomes pending; NULL: the scorer takes care of it. */
    itp_status (*extend)(itp_gain *gain, const double *x);
    void (*destroy)(itp_gain *gain);
    /* n points in the order of eval as nearly as it can be had cheaply; NULL: expected improvement
     * on the incumbent orders them where that has a meaning, else eval. */
    itp_status (*rank)(const itp_gain *gain, size_t n, const double *x, double *value);
};

/* All acquisitions (acquisition.h lists them), ended by NULL. */
extern const itp_gain_kind *const itp_gain_kinds[];
const itp_gain_kind *itp_gain_find(const char *name);

#define X(name) extern const itp_gain_kind itp_gain_##name;
ITP_ACQUISITIONS(X)
#undef X

#endif

/* campaign.h - the campaign file as the agent sees it: parsed, checked, units resolved, expressions
 * compiled. The YAML grammar is in the README; every finding has a file, line and column. Life
 * cycle  load or parse -> (read only) -> destroy        Threads  read only after loading
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CAMPAIGN_H
#define ITP_CAMPAIGN_H

#include "interphase/space.h"
#include "work.h"

typedef enum itp_goal_sense {
    ITP_GOAL_MAXIMISE,
    ITP_GOAL_MINIMISE,
    ITP_GOAL_TARGET
} itp_goal_sense;

typedef struct itp_objective {
    const char *text, *unit;
    itp_goal_sense sense;
    itp_expression *what;             /* of outcomes, in their order in the campaign */
    int outcome;                      /* >= 0: it is exactly this outcome */
    double target, weight, reference; /* NaN when not given */
    int weight_per_unit;     /* 1: the weight is per `unit`; 0: relative to the range seen */
    double unwanted, wanted; /* desirability 0 and 1; equal: none. Of a target: distances */
} itp_objective;

typedef struct itp_limit {
    const char *text, *unit;
    itp_expression *what;
    int outcome;
    double low, high; /* +-INFINITY when absent; unit of the expression */
} itp_limit;

typedef struct itp_agent_settings {
    const char *surrogate, *acquisition; /* "auto" */
    int design_auto;                     /* 1: design and design_n are the agent's choice */
    itp_design design;
    size_t design_n;
    size_t parallel;  /* most pending trials; 0: all slots */
    int trust_region; /* 1: search near the incumbent; 0: everywhere */
} itp_agent_settings;

typedef struct itp_budget {
    size_t trials; /* 0: none */
    double time_s; /* INFINITY: none */
    double cost;   /* INFINITY: none */
} itp_budget;

typedef struct itp_stop {
    double regret;     /* unit of the first objective; NaN: none */
    double target;     /* unit of the first objective, of a target: how far off; NaN: none */
    double confidence; /* default 0.95 */
    double gain;       /* least that a further trial must promise; NaN: none */
    int gain_per_cost; /* 1: for each unit of cost; 0: for each trial */
} itp_stop;

/* Where a person expects the best, by one parameter: a number near a value, or odds of labels. */
typedef struct itp_prior {
    size_t param;
    double near, sd;    /* parameter's unit; sd NaN where factor is given */
    double factor;      /* > 1: one standard deviation is so many times more or less; else NaN */
    const double *odds; /* of each label or level, > 0; NULL for a number */
} itp_prior;

typedef enum itp_history_use {
    ITP_HISTORY_AUTO,  /* whichever predicts the campaign's own measurements best, left out */
    ITP_HISTORY_DATA,  /* as if measured here, unless that is worse than without */
    ITP_HISTORY_MEAN,  /* what they predict is the prior mean, unless that is worse */
    ITP_HISTORY_SOURCE /* as another source of the same outcome, unless that is worse */
} itp_history_use;

/* Earlier measurements: n points with values of the outcomes that the file has. */
typedef struct itp_history {
    const char *path;
    itp_history_use use;
    size_t n;
    const double *points; /* n x n_params */
    const double *values; /* n x n_outcomes, NaN where there is none */
    const double *sds;    /* likewise */
} itp_history;

/* A file that the definition refers to, as read. */
typedef struct itp_campaign_file {
    const char *path; /* as written in the definition */
    const char *bytes;
    size_t size;
} itp_campaign_file;

typedef struct itp_campaign {
    const char *name, *path, *text; /* text: the definition's bytes, NUL-terminated */
    uint64_t seed;
    itp_space *space;
    size_t n_tasks, n_outcomes, n_objectives, n_limits, n_files;
    const itp_campaign_task *tasks; /* upstream tasks first */
    const itp_outcome *outcomes;
    const itp_objective *objectives;
    const itp_limit *limits;
    const itp_campaign_file *files;
    itp_agent_settings agent;
    itp_budget budget;
    itp_stop stop;
    size_t n_priors;
    const itp_prior *priors;
    size_t n_histories; /* codes 1 .. n_histories of the space's last coordinate */
    const itp_history *histories;
    const char *rest; /* JSON: reference, approve as written, for people */
} itp_campaign;

/* What check found; errors make the campaign invalid. */
typedef struct itp_finding {
    const char *file;
    unsigned line, column; /* from 1 */
    int warning;           /* 1: allowed, but worth saying */
    const char *message;   /* what was found, what is allowed */
    const char *hint;      /* remedy or nearest correct spelling; NULL when there is none */
} itp_finding;

typedef struct itp_findings {
    size_t n;
    itp_finding *items;
    char *text; /* all findings as a compiler prints them, with carets */
} itp_findings;

/* Where the journals that `data` names come from. */
typedef struct itp_earlier {
    /* The trials of one as a CSV table; the caller's to free. NULL: there is nobody to read them.
     */
    itp_status (*read)(const char *path, char **table, size_t *size, itp_error *err);
    size_t n_kept; /* files of a campaign that began so: tables taken then are not taken again */
    const itp_campaign_file *kept;
} itp_earlier;

/* Reads and checks a file. All errors are collected: ITP_ECAMPAIGN when there is one, and *out is
 * untouched. earlier may be NULL. findings (may be NULL) is the caller's to deinit. */
itp_status itp_campaign_load(itp_campaign **out, const char *path, const itp_earlier *earlier,
                             itp_findings *findings, itp_error *err);
/* Only the name in a file, unchecked: *out is the caller's to free; ITP_ENOTFOUND: there is none.
 */
itp_status itp_campaign_read_name(char **out, const char *path, itp_error *err);
/* The same from memory: definition and files as a journal stored them; `path` names it in messages.
 */
itp_status itp_campaign_parse(itp_campaign **out, const char *path, const char *text,
                              size_t n_files, const itp_campaign_file *files,
                              itp_findings *findings, itp_error *err);
/* The same campaign with n settings KEY=VALUE (VALUE is YAML) in place of its own: acquisition,
 * surrogate, design, parallel; trials, time; seed. ITP_EINVAL for what is no setting, ITP_ECAMPAIGN
 * for a value that the campaign file would not take. *out may be destroyed independently. */
itp_status itp_campaign_with(itp_campaign **out, const itp_campaign *from, size_t n,
                             const char *const *settings, itp_error *err);
void itp_campaign_destroy(itp_campaign *campaign);
void itp_findings_deinit(itp_findings *findings);

/* Value of a candidate row's further column (an input that is not a parameter), as number or label.
 */
itp_status itp_campaign_column(const itp_campaign *campaign, size_t row, int column,
                               itp_value *out);

/* The source that a task is asked at a point: the first, or the one that a parameter names. */
size_t itp_campaign_source(const itp_campaign *campaign, size_t task, const double *point);
/* What the definition says that a request costs at a point (n_params), with its gradient (may be
 * NULL); NaN where it is measured or nobody has said. */
double itp_campaign_cost(const itp_campaign *campaign, size_t task, size_t source,
                         const double *point, double *grad);
/* 1 when some trials may cost more than others. */
int itp_campaign_weighs_cost(const itp_campaign *campaign);

/* Rules of the task whose pattern is found in one of these texts, a bit each (bit 0 the first). */
uint32_t itp_corrections_found(const itp_campaign_task *task, size_t n, const char *const *texts);

/* Whether `edited` may continue a journal that began as `campaign`: budget, stop, agent, thresholds
 * and widened bounds may change; otherwise ITP_EREFUSED and err shows both values. */
itp_status itp_campaign_accepts(const itp_campaign *campaign, const itp_campaign *edited,
                                itp_error *err);

#endif

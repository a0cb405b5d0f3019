/* campaign.h - the campaign file as the agent sees it: parsed, checked, units resolved, expressions
 * compiled. The YAML grammar is in the README; every finding has a file, line and column. Life
 * cycle  load or parse -> (read only) -> destroy        Threads  read only after loading
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CAMPAIGN_H
#define ITP_CAMPAIGN_H

#include "expression.h"
#include "interphase/connector.h"
#include "interphase/space.h"

/* Where a task's input comes from. */
typedef struct itp_input {
    const char *name; /* as the task calls it */
    int param;        /* index into the space, or -1 */
    int outcome;      /* index into outcomes (another task's output), or -1 */
    int column;       /* index into the candidate table's further columns, or -1 */
    const char *unit; /* of the value sent: the parameter's or the outcome's; NULL for a label */
} itp_input;

typedef struct itp_source {
    const char *name;      /* "default" when a task has one source */
    const char *options;   /* JSON: the task's `with` merged with the source's */
    double cost;           /* relative; NaN: unknown (measured) */
    double fidelity;       /* [0, 1], 1 the target */
    const char *connector; /* who answers; the task's unless it has its own; NULL: a person */
    unsigned line, column; /* of its options in the definition, else of the task; from 1 */
} itp_source;

typedef enum itp_noise_kind {
    ITP_TASK_NOISE_INFERRED,
    ITP_TASK_NOISE_NONE,
    ITP_TASK_NOISE_SD
} itp_noise_kind;

/* One output of one task: what objectives and limits are made of. */
typedef struct itp_outcome {
    const char *name, *unit, *iri; /* iri may be NULL */
    size_t task;
    itp_noise_kind noise;
    double noise_sd; /* unit of the outcome; NaN unless ITP_TASK_NOISE_SD */
    int label;       /* 1: a label, kept but not modelled */
    int needed;      /* 1: an objective, a limit or another task's input is made of it */
    int context;     /* the context parameter that it measures, which bears its name; -1: none */
} itp_outcome;

/* An input or option of a task that its corrections may change. */
typedef struct itp_knob {
    const char *name, *unit; /* unit: the input's, or the option's as written; NULL: a label */
    const char *path;        /* of an option within `with`, a.b; NULL: an input */
    int input;               /* index into the task's inputs, or -1 */
    int whole;               /* 1: a whole number, and stays one */
    const itp_value *start;  /* of an option, for each source; number NaN and no label: not set */
} itp_knob;

typedef enum itp_change_kind { ITP_CHANGE_SCALE, ITP_CHANGE_ADD, ITP_CHANGE_SET } itp_change_kind;
typedef struct itp_change {
    size_t knob; /* index into the task's */
    itp_change_kind kind;
    double number;     /* factor; or in the knob's unit */
    const char *label; /* SET of a label, else NULL */
} itp_change;

/* What is changed before a request that failed is tried again. */
typedef struct itp_correction {
    const char *when; /* as written, for people */
    unsigned causes;  /* 1 << itp_cause of each that is meant */
    const char
        *pattern;     /* extended regular expression searched in what the failure says, or NULL */
    unsigned at_most; /* times for one request */
    size_t n_changes;
    const itp_change *changes;
} itp_correction;

#define ITP_CORRECTIONS_MAX 32 /* rules of a task: one bit each in a failure's event */

/* Which requests wait for a person's word before anybody gets them. */
typedef struct itp_approval {
    int first, all;         /* the first of each kind; every one */
    double above_cost;      /* those of a source that costs more; INFINITY: none */
    itp_expression *hazard; /* those at a point where this condition holds; NULL: none */
    const char *hazard_text;
} itp_approval;

typedef struct itp_campaign_task {
    const char *name, *connector; /* of its first source; NULL: measured by a person (ask, tell) */
    itp_class cls;
    size_t n_inputs, n_outputs, n_sources;
    const itp_input *inputs;
    size_t first_outcome; /* its outputs are outcomes first_outcome .. + n_outputs - 1 */
    const itp_source *sources;
    int source_param; /* the parameter whose label names the source of a trial; -1: none, the first
                         source answers unless a decision says otherwise */
    double timeout_s, lease_s, backoff_s; /* timeout INFINITY when none */
    unsigned attempts;
    itp_approval approve;
    const char *sample;    /* the sample that each request consumes; NULL: none, or */
    itp_input sample_from; /* where its id comes from, when */
    int has_sample_from;   /* is 1 */
    const char *rest;      /* JSON: corrections, sample, approve as written */
    size_t n_corrections, n_knobs;
    const itp_correction *corrections;
    const itp_knob *knobs;
} itp_campaign_task;

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

/* Reads and checks a file. All errors are collected: ITP_ECAMPAIGN when there is one, and *out is
 * untouched. findings (may be NULL) is the caller's to deinit. */
itp_status itp_campaign_load(itp_campaign **out, const char *path, itp_findings *findings,
                             itp_error *err);
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

/* Rules of the task whose pattern is found in one of these texts, a bit each (bit 0 the first). */
uint32_t itp_corrections_found(const itp_campaign_task *task, size_t n, const char *const *texts);

/* Whether `edited` may continue a journal that began as `campaign`: budget, stop, agent, thresholds
 * and widened bounds may change; otherwise ITP_EREFUSED and err shows both values. */
itp_status itp_campaign_accepts(const itp_campaign *campaign, const itp_campaign *edited,
                                itp_error *err);

#endif

/* work.h - a campaign's tasks: what goes in and comes out, who answers at what cost, what is done
 * about failures and whose word is asked first. A part of campaign.h, read only after loading.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WORK_H
#define ITP_WORK_H

#include "expression.h"
#include "interphase/connector.h"

/* Where a task's input comes from. */
typedef struct itp_input {
    const char *name; /* as the task calls it */
    int param;        /* index into the space, or -1 */
    int outcome;      /* index into outcomes (another task's output), or -1 */
    int column;       /* index into the candidate table's further columns, or -1 */
    const char *unit; /* of the value sent: the parameter's or the outcome's; NULL for a label */
} itp_input;

/* What a request costs, relative to others. */
typedef struct itp_cost {
    const char *text;     /* as written; NULL: nobody has said */
    itp_expression *what; /* of the parameters, in their order; NULL: unknown, or */
    int measured;         /* 1: learned from what requests took */
} itp_cost;

typedef struct itp_source {
    const char *name;      /* "default" when a task has one source */
    const char *options;   /* JSON: the task's `with` merged with the source's */
    itp_cost cost;         /* the task's unless it has its own */
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

/* A bound of the envelope that a person declares. */
typedef struct itp_range {
    size_t input;     /* index into the task's */
    double low, high; /* the input's unit; +-INFINITY: none on that side */
} itp_range;

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
    size_t n_ranges;       /* the envelope of its stations, as declared here */
    const itp_range *ranges;
    const char *rest; /* JSON: corrections, sample, approve as written */
    size_t n_corrections, n_knobs;
    const itp_correction *corrections;
    const itp_knob *knobs;
} itp_campaign_task;

#endif

/* builder.h - a campaign while it is read; private to agent/campaign.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BUILDER_H
#define ITP_BUILDER_H

#include "campaign.h"
#include "csv.h"
#include "narrow.h"
#include "schema.h"

/* The public campaign and what it is made of. */
typedef struct campaign_whole {
    itp_campaign is; /* first: a pointer to it is a pointer to this */
    itp_arena arena;
    const yaml_node *root;
    const csv_table *table;     /* candidates; NULL when there are none */
    size_t *row_of;             /* row of the space -> row of the table */
    size_t n_further, *further; /* further columns -> columns of the table */
    itp_approval approve;       /* of the campaign; tasks that say nothing else share its hazard */
    const char **limit_texts;   /* n_limits: what each limit bounds, without its bounds */
} campaign_whole;

typedef struct builder {
    schema s;
    campaign_whole *whole;
    finding_list findings;
    const char *folder;     /* of the campaign file, with its last slash; "" when there is none */
    const itp_extra *extra; /* further constraints; or NULL */
    int from_disk;          /* 0: only the files given */
    size_t n_given;
    const itp_campaign_file *given;
    const itp_earlier *earlier; /* journals that `data` names; or NULL */
    /* Parameters as read; the space copies them. */
    size_t n_params;
    itp_param *params;
    const yaml_node **param_nodes;
    itp_campaign_file *files;
    itp_campaign_task *tasks;
    itp_outcome *outcomes;
    const yaml_node **task_nodes;
} builder;

/* A file that the definition names: from disk or as given, kept with the campaign. NULL after
 * reporting at `node` why not. */
const itp_campaign_file *builder_file(builder *b, const yaml_node *node, const char *path);
/* The same; a journal on disk becomes its table of trials, as it was when it was first taken. */
const itp_campaign_file *builder_earlier(builder *b, const yaml_node *node, const char *path);
/* Replaces ${INTERPHASE_DATA}; NULL after reporting that it is unset. */
const char *builder_expand(builder *b, const yaml_node *node, const char *text);
const csv_table *builder_table(builder *b, const yaml_node *node, const char *path);

/* A whole file with a NUL behind it; *out is the caller's to free(). ITP_EIO says which and why. */
itp_status itp_read_text(const char *path, char **out, size_t *size, itp_error *err);

/* JSON of a tree (NULL: "{}"); `over` (may be NULL) replaces keys of a map. In the arena; NULL when
 * out of memory. */
const char *builder_json(builder *b, const yaml_node *node, const yaml_node *over);
/* JSON of those of a map's keys that other rooms read, at most four, as they stand: `slot` as
 * schema_map fills it by `rules`. In the arena; NULL when out of memory. */
const char *builder_carry(builder *b, size_t n, const int *which, const key_rule *rules,
                          const yaml_node **slot);

/* itp_campaign_parse with a unit system of one's own (NULL: one for this call): reading the unit
 * database is most of the time that a small campaign takes. */
itp_status itp_campaign_parse_in(itp_units *units, itp_campaign **out, const char *path,
                                 const char *text, size_t n_files, const itp_campaign_file *files,
                                 itp_findings *findings, itp_error *err);

/* The whole of it, for a builder that says where files come from. */
itp_status builder_parse(builder *b, itp_campaign **out, const char *path, const char *text);

/* Each reads one part of the file (node NULL: absent) in this order. */
void builder_parameters(builder *b, const yaml_node *node);
void builder_candidates(builder *b, const yaml_node *node); /* infers parameters if none */
void builder_space(builder *b, const yaml_node *root);
void builder_constraints(builder *b, const yaml_node *node);
void builder_rows(builder *b, const yaml_node *candidates);
void builder_tasks(builder *b, const yaml_node *node);
void builder_handling(builder *b,
                      const yaml_node *approve); /* approvals and samples of all tasks */
void builder_handling_undo(campaign_whole *whole);
void builder_envelopes(builder *b);   /* of all tasks, once their inputs are tied */
void builder_narrow(builder *b);      /* to b->extra: the space, before its rows, */
void builder_narrow_rows(builder *b); /* and its rows */
void builder_cost(builder *b, const yaml_node *node, itp_cost *out);
void builder_cost_check(builder *b, const yaml_node *node, const itp_cost *cost); /* above 0 */
void builder_costs_undo(campaign_whole *whole);
void builder_corrections(builder *b); /* of all tasks, once their inputs are tied */
void builder_objectives(builder *b, const yaml_node *node);
void builder_limits(builder *b, const yaml_node *node);
void builder_agent(builder *b, const yaml_node *node);
void builder_budget(builder *b, const yaml_node *node);
void builder_stop(builder *b, const yaml_node *node);
void builder_prior(builder *b, const yaml_node *node);
void builder_sources(builder *b, const yaml_node *data); /* room for them in the space */
void builder_data(builder *b, const yaml_node *node);

/* The parameters as names in conditions, with their labels; NULL: no memory. */
itp_symbol *builder_symbols(builder *b);
/* An expression of outcomes; *outcome is the one it is, or -1. NULL after reporting. */
itp_expression *builder_expression(builder *b, const yaml_node *node, size_t at, size_t length,
                                   const char *what, int *outcome);
/* Unit of an expression: its outcome's, or the one all its outcomes share when it is linear, or
 * "1". */
const char *builder_expression_unit(const builder *b, const itp_expression *e, int outcome);
/* Outcome by its own name (when only one has it) or TASK.OUTPUT; -1 none, -2 several. */
int builder_find_outcome(const builder *b, const char *name);

/* Allocates in the campaign's arena; notes when there is no memory. */
void *builder_alloc(builder *b, size_t count, size_t size);

#endif

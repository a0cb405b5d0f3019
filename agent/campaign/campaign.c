/* campaign.c - from bytes to a campaign, or to everything that is wrong with them.
 *   Each part is read even when another holds errors; only the space waits for clean parameters.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

enum {
    CAMPAIGN,
    SEED,
    PARAMETERS,
    CONSTRAINTS,
    CANDIDATES,
    TASKS,
    OBJECTIVES,
    LIMITS,
    AGENT,
    BUDGET,
    STOP,
    CONTEXT,
    DATA,
    PRIOR,
    REFERENCE,
    APPROVE,
    KEYS
};
static const key_rule RULES[KEYS] = {[CAMPAIGN] = {"campaign", 1},
                                     [SEED] = {"seed", 0},
                                     [PARAMETERS] = {"parameters", 0},
                                     [CONSTRAINTS] = {"constraints", 0},
                                     [CANDIDATES] = {"candidates", 0},
                                     [TASKS] = {"tasks", 1},
                                     [OBJECTIVES] = {"objectives", 1},
                                     [LIMITS] = {"limits", 0},
                                     [AGENT] = {"agent", 0},
                                     [BUDGET] = {"budget", 0},
                                     [STOP] = {"stop", 0},
                                     [CONTEXT] = {"context", 0},
                                     [DATA] = {"data", 0},
                                     [PRIOR] = {"prior", 0},
                                     [REFERENCE] = {"reference", 0},
                                     [APPROVE] = {"approve", 0}};

/* The name goes into file names and messages of other programs. */
static void read_campaign_name(builder *b, const yaml_node *node)
{
    const char *name;
    b->whole->is.name = "?";
    if (!node || !schema_name(&b->s, node, "campaign", &name)) return;
    b->whole->is.name = name;
    for (const char *c = name; *c; c++) {
        int good = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                   (*c >= '0' && *c <= '9') || (c > name && (*c == '.' || *c == '_' || *c == '-'));
        if (good) continue;
        schema_error(&b->s, node, NULL,
                     "campaign: \"%s\" is no name; letters, digits, then also . _ - are allowed",
                     name);
        return;
    }
}

/* `context: {room: {real: [15, 30], unit: degC}}` is the same as such parameters with context:
 * true; both are parameters that are measured, not chosen. */
static yaml_node *with_context(builder *b, yaml_node *parameters, const yaml_node *context)
{
    if (!context || !schema_expect(&b->s, context, NODE_MAP, "context")) return parameters;
    size_t n = parameters && parameters->kind == NODE_MAP ? parameters->n : 0;
    yaml_node *all = builder_alloc(b, 1, sizeof *all);
    yaml_node **keys = builder_alloc(b, n + context->n, sizeof *keys);
    yaml_node **values = builder_alloc(b, n + context->n, sizeof *values);
    if (!all || !keys || !values) return parameters;
    *all = parameters ? *parameters : *context;
    all->n = n + context->n;
    all->keys = keys;
    all->values = values;
    for (size_t i = 0; i < all->n; i++) {
        const yaml_node *from = i < n ? parameters : context;
        keys[i] = from->keys[i < n ? i : i - n];
        values[i] = from->values[i < n ? i : i - n];
        if (i >= n && itp_yaml_get(parameters, keys[i]->text))
            schema_error(&b->s, keys[i], NULL, "context: %s is a parameter already", keys[i]->text);
    }
    return all;
}

static void mark_context(builder *b, const yaml_node *context)
{
    for (size_t i = 0; i < b->n_params; i++)
        if (itp_yaml_get(context, b->params[i].name)) b->params[i].context = 1;
}

static void read_all(builder *b, const yaml_node *root)
{
    const yaml_node *slot[KEYS];
    uint64_t seed = 1;
    if (!schema_map(&b->s, root, "the campaign", KEYS, RULES, slot)) return;
    read_campaign_name(b, slot[CAMPAIGN]);
    if (slot[SEED]) schema_count(&b->s, slot[SEED], "seed", 0, &seed);
    b->whole->is.seed = seed;
    if (!slot[PARAMETERS] && !slot[CANDIDATES])
        schema_error(&b->s, root, NULL,
                     "the campaign: key \"parameters\" (or \"candidates\") is missing");
    if (slot[PARAMETERS] || slot[CONTEXT])
        builder_parameters(b, with_context(b, (yaml_node *)slot[PARAMETERS], slot[CONTEXT]));
    mark_context(b, slot[CONTEXT]);
    builder_candidates(b, slot[CANDIDATES]);
    builder_space(b, root);
    builder_constraints(b, slot[CONSTRAINTS]);
    builder_narrow(b);
    builder_sources(b, slot[DATA]);
    builder_rows(b, slot[CANDIDATES]);
    builder_narrow_rows(b);
    builder_tasks(b, slot[TASKS]);
    builder_handling(b, slot[APPROVE]);
    builder_envelopes(b);
    builder_objectives(b, slot[OBJECTIVES]);
    builder_limits(b, slot[LIMITS]);
    builder_agent(b, slot[AGENT]);
    builder_budget(b, slot[BUDGET]);
    builder_stop(b, slot[STOP]);
    builder_prior(b, slot[PRIOR]);
    builder_data(b, slot[DATA]);
    b->whole->is.rest = builder_carry(b, 2, (const int[]){REFERENCE, APPROVE}, RULES, slot);
    if (!slot[BUDGET] && !slot[STOP])
        schema_warning(&b->s, root, "for instance budget: {trials: 80}",
                       "the campaign has neither budget nor stop: it runs until it is stopped");
}

/* A space in which nothing is feasible is an error of the file. */
static void check_feasible(builder *b, const yaml_node *root)
{
    const itp_space *space = b->whole->is.space;
    const yaml_node *at = itp_yaml_get(root, "constraints");
    itp_error err = {0};
    if (b->findings.errors || !space || itp_space_n_candidates(space) || !at) return;
    double *point = builder_alloc(b, itp_space_n_params(space), sizeof *point);
    if (!point) return;
    if (itp_space_sample(space, 1, 0, point, &err) == ITP_ENONE)
        schema_error(&b->s, at, NULL, "constraints: %s", err.text);
}

static itp_status build(builder *b, const char *path, const char *text, size_t size, itp_error *err)
{
    itp_arena *arena = &b->whole->arena;
    const char *slash = strrchr(path, '/');
    itp_campaign *c = &b->whole->is;
    itp_units *own = NULL;
    itp_status st = b->s.units ? ITP_OK : itp_units_create(&own, err);
    if (st != ITP_OK) return st;
    if (own) b->s.units = own;
    c->path = itp_arena_string(arena, path);
    c->text = itp_arena_span(arena, text, size);
    b->folder = slash ? itp_arena_span(arena, path, (size_t)(slash - path) + 1) : "";
    if (!c->path || !c->text || !b->folder) {
        itp_units_destroy(own);
        return itp_fail(err, ITP_ENOMEM, "campaign %s", path);
    }
    b->s.file = c->path;
    b->s.text = c->text;
    b->s.arena = arena;
    b->s.findings = &b->findings;
    b->whole->root = itp_yaml_parse(c->path, c->text, size, arena, &b->findings);
    if (b->whole->root) {
        read_all(b, b->whole->root);
        check_feasible(b, b->whole->root);
    }
    itp_units_destroy(own);
    return ITP_OK;
}

/* Hands over the campaign, or says in one line what the findings say at length. */
static itp_status conclude(builder *b, itp_campaign **out, itp_findings *findings, itp_error *err)
{
    itp_findings taken = {0};
    size_t errors = b->findings.errors;
    const char *path = b->whole->is.path;
    itp_status st = itp_findings_take(&b->findings, &taken);
    if (st != ITP_OK || (b->findings.out_of_memory && !errors))
        st = itp_fail(err, ITP_ENOMEM, "campaign %s", path);
    else if (errors) {
        const itp_finding *first = taken.n ? &taken.items[0] : NULL;
        for (size_t i = 0; i < taken.n && first->warning; i++) first = &taken.items[i];
        st = itp_fail(err, ITP_ECAMPAIGN, "%s:%u:%u: %s%s", first ? first->file : path,
                      first ? first->line : 1, first ? first->column : 1,
                      first ? first->message : "", errors > 1 ? " (and more)" : "");
    }
    if (st == ITP_OK) *out = &b->whole->is;
    if (findings && st != ITP_ENOMEM)
        *findings = taken;
    else
        itp_findings_deinit(&taken);
    return st;
}

static itp_status parse(itp_campaign **out, const char *path, const char *text, size_t size,
                        builder *b, itp_findings *findings, itp_error *err)
{
    if (findings) *findings = (itp_findings){0};
    b->whole = calloc(1, sizeof *b->whole);
    if (!b->whole) return itp_fail(err, ITP_ENOMEM, "campaign %s", path);
    itp_status st = build(b, path, text, size, err);
    if (st == ITP_OK) st = conclude(b, out, findings, err);
    itp_finding_list_deinit(&b->findings);
    if (st != ITP_OK) itp_campaign_destroy(&b->whole->is);
    return st;
}

itp_status itp_campaign_parse_in(itp_units *units, itp_campaign **out, const char *path,
                                 const char *text, size_t n_files, const itp_campaign_file *files,
                                 itp_findings *findings, itp_error *err)
{
    builder b = {.n_given = n_files, .given = files, .s.units = units};
    return parse(out, path, text, strlen(text), &b, findings, err);
}

itp_status builder_parse(builder *b, itp_campaign **out, const char *path, const char *text)
{
    return parse(out, path, text, strlen(text), b, NULL, NULL);
}

itp_status itp_campaign_parse(itp_campaign **out, const char *path, const char *text,
                              size_t n_files, const itp_campaign_file *files,
                              itp_findings *findings, itp_error *err)
{
    return itp_campaign_parse_in(NULL, out, path, text, n_files, files, findings, err);
}

itp_status itp_campaign_read_name(char **out, const char *path, itp_error *err)
{
    char *text = NULL, *name = NULL;
    size_t size = 0;
    itp_arena arena = {0};
    finding_list findings = {0};
    itp_status st = itp_read_text(path, &text, &size, err);
    if (st != ITP_OK) return st;
    const yaml_node *root = itp_yaml_parse(path, text, size, &arena, &findings);
    const yaml_node *node = root ? itp_yaml_get(root, "campaign") : NULL;
    if (node && node->kind == NODE_SCALAR && *node->text) {
        name = malloc(strlen(node->text) + 1);
        if (name) strcpy(name, node->text);
        if (!name) st = ITP_ENOMEM;
    } else {
        st = ITP_ENOTFOUND;
    }
    itp_finding_list_deinit(&findings);
    itp_arena_deinit(&arena);
    free(text);
    if (st == ITP_OK) *out = name;
    return st;
}

itp_status itp_campaign_load(itp_campaign **out, const char *path, const itp_earlier *earlier,
                             itp_findings *findings, itp_error *err)
{
    builder b = {.from_disk = 1, .earlier = earlier};
    char *text = NULL;
    size_t size = 0;
    if (findings) *findings = (itp_findings){0};
    itp_status st = itp_read_text(path, &text, &size, err);
    if (st == ITP_OK) st = parse(out, path, text, size, &b, findings, err);
    free(text);
    return st;
}

void itp_campaign_destroy(itp_campaign *campaign)
{
    if (!campaign) return;
    for (size_t i = 0; i < campaign->n_objectives; i++)
        itp_expression_destroy(campaign->objectives[i].what);
    for (size_t i = 0; i < campaign->n_limits; i++)
        itp_expression_destroy(campaign->limits[i].what);
    itp_space_destroy(campaign->space);
    campaign_whole *whole = (campaign_whole *)campaign;
    builder_handling_undo(whole);
    builder_costs_undo(whole);
    itp_arena_deinit(&whole->arena);
    free(whole);
}

itp_status itp_campaign_column(const itp_campaign *campaign, size_t row, int column, itp_value *out)
{
    const campaign_whole *w = (const campaign_whole *)campaign;
    if (!w->table || column < 0 || (size_t)column >= w->n_further) return ITP_ERANGE;
    if (row >= itp_space_n_candidates(campaign->space)) return ITP_ERANGE;
    size_t at = w->further[column];
    const csv_table *t = w->table;
    *out = (itp_value){.name = itp_csv_header(t, at), .number = NAN, .sd = NAN};
    int numbers = 1;
    double ignored;
    for (size_t r = 0; r < t->n_rows && numbers; r++) numbers = itp_csv_number(t, r, at, &ignored);
    if (numbers) {
        itp_csv_number(t, w->row_of[row], at, &out->number);
        out->unit = "1";
    } else {
        out->label = itp_csv_cell(t, w->row_of[row], at);
    }
    return ITP_OK;
}

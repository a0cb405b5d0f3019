/* settings.c - how the agent decides, what it may spend and when it stops.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "builder.h"
#include "interphase/acquisition.h"

static void read_design(builder *b, const yaml_node *node, itp_agent_settings *a)
{
    static const key_rule FORM[] = {[ITP_DESIGN_SOBOL] = {"sobol", 0},
                                    [ITP_DESIGN_MAXIMIN] = {"maximin", 0},
                                    [ITP_DESIGN_RANDOM] = {"random", 0}};
    const yaml_node *slot[3];
    uint64_t n;
    if (schema_is(node, "auto")) return;
    if (node->kind == NODE_SCALAR) {
        schema_error(&b->s, node, "for instance {sobol: 10}",
                     "design: \"%.40s\" is neither auto nor {sobol: N}, {maximin: N}, {random: N}",
                     node->text);
        return;
    }
    if (!schema_map(&b->s, node, "design", 3, FORM, slot)) return;
    if (node->n != 1) {
        schema_error(&b->s, node, NULL, "design: one of sobol, maximin, random is wanted");
        return;
    }
    for (int k = 0; k < 3; k++) {
        if (!slot[k] || !schema_count(&b->s, slot[k], "design", 1, &n)) continue;
        a->design_auto = 0;
        a->design = (itp_design)k;
        a->design_n = (size_t)n;
    }
}

static void read_acquisition(builder *b, const yaml_node *node, itp_agent_settings *a)
{
    static const char *const NAMES[] = {"auto", "design",
#define X(name) #name,
                                        ITP_ACQUISITIONS(X)
#undef X
    };
    enum { N = sizeof NAMES / sizeof *NAMES };
    char list[256] = "";
    if (!schema_name(&b->s, node, "acquisition", &a->acquisition)) return;
    for (size_t i = 0; i < N; i++) {
        if (strcmp(a->acquisition, NAMES[i]) == 0) return;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", NAMES[i]);
    }
    schema_error(&b->s, node, schema_hint(&b->s, a->acquisition, N, NAMES),
                 "acquisition: \"%.40s\" is none of %s", a->acquisition, list);
}

void builder_agent(builder *b, const yaml_node *node)
{
    enum { DESIGN, SURROGATE, ACQUISITION, PARALLEL, SEARCH, KEYS };
    static const key_rule RULES[KEYS] = {
        {"design", 0}, {"surrogate", 0}, {"acquisition", 0}, {"parallel", 0}, {"search", 0}};
    static const choice_rule SEARCHES[] = {{"global", 0}, {"trust-region", 1}};
    const yaml_node *slot[KEYS];
    itp_agent_settings *a = &b->whole->is.agent;
    uint64_t parallel;
    *a = (itp_agent_settings){.surrogate = "auto", .acquisition = "auto", .design_auto = 1};
    if (!node || !schema_map(&b->s, node, "agent", KEYS, RULES, slot)) return;
    if (slot[DESIGN]) read_design(b, slot[DESIGN], a);
    if (slot[SURROGATE]) schema_name(&b->s, slot[SURROGATE], "surrogate", &a->surrogate);
    if (slot[ACQUISITION]) read_acquisition(b, slot[ACQUISITION], a);
    if (slot[PARALLEL] && schema_count(&b->s, slot[PARALLEL], "parallel", 1, &parallel))
        a->parallel = (size_t)parallel;
    if (slot[SEARCH]) schema_choice(&b->s, slot[SEARCH], "search", 2, SEARCHES, &a->trust_region);
}

void builder_budget(builder *b, const yaml_node *node)
{
    enum { TRIALS, TIME, COST, KEYS };
    static const key_rule RULES[KEYS] = {{"trials", 0}, {"time", 0}, {"cost", 0}};
    const yaml_node *slot[KEYS];
    itp_budget *budget = &b->whole->is.budget;
    uint64_t trials;
    *budget = (itp_budget){0, INFINITY, INFINITY};
    if (!node || !schema_map(&b->s, node, "budget", KEYS, RULES, slot)) return;
    if (slot[TRIALS] && schema_count(&b->s, slot[TRIALS], "trials", 1, &trials))
        budget->trials = (size_t)trials;
    if (slot[TIME]) schema_duration(&b->s, slot[TIME], "time", 0, &budget->time_s);
    if (slot[COST]) schema_number(&b->s, slot[COST], "cost", NUMBER_POSITIVE, &budget->cost);
}

/* What gains are measured in; NULL where objectives have no unit in common. */
static const char *gain_unit(const builder *b)
{
    const itp_campaign *c = &b->whole->is;
    const itp_objective *o = c->objectives;
    if (c->n_objectives == 1) return o->unit;
    return o->weight_per_unit || o->unwanted != o->wanted ? "1" : NULL;
}

/* "0.1 min" for each trial, or {least: 0.1 min, per: cost}. */
static void read_gain(builder *b, const yaml_node *node, itp_stop *stop)
{
    enum { LEAST, PER, KEYS };
    static const key_rule RULES[KEYS] = {{"least", 1}, {"per", 0}};
    static const choice_rule PERS[] = {{"trial", 0}, {"cost", 1}};
    const yaml_node *slot[KEYS] = {node};
    const char *unit = gain_unit(b);
    if (!unit) {
        schema_error(&b->s, node, NULL,
                     "gain: objectives that are kept apart, or joined by weights without units, "
                     "have no gain in common");
        return;
    }
    if (node->kind == NODE_MAP && !schema_map(&b->s, node, "gain", KEYS, RULES, slot)) return;
    if (node->kind == NODE_MAP && slot[PER])
        schema_choice(&b->s, slot[PER], "per", 2, PERS, &stop->gain_per_cost);
    if (slot[LEAST] && schema_difference(&b->s, slot[LEAST], "gain", unit, &stop->gain) &&
        !(stop->gain > 0))
        schema_error(&b->s, slot[LEAST], NULL, "gain: a difference above 0 is wanted");
}

void builder_stop(builder *b, const yaml_node *node)
{
    enum { REGRET, TARGET, CONFIDENCE, GAIN, KEYS };
    static const key_rule RULES[KEYS] = {
        {"regret", 0}, {"target", 0}, {"confidence", 0}, {"gain", 0}};
    const yaml_node *slot[KEYS];
    itp_stop *stop = &b->whole->is.stop;
    const char *unit = b->whole->is.n_objectives ? b->whole->is.objectives[0].unit : NULL;
    *stop = (itp_stop){.regret = NAN, .target = NAN, .confidence = 0.95, .gain = NAN};
    if (!node || !schema_map(&b->s, node, "stop", KEYS, RULES, slot)) return;
    if (slot[REGRET] && unit &&
        schema_difference(&b->s, slot[REGRET], "regret", unit, &stop->regret) &&
        !(stop->regret > 0))
        schema_error(&b->s, slot[REGRET], NULL, "regret: a difference above 0 is wanted");
    if (slot[TARGET] && unit && b->whole->is.objectives[0].sense == ITP_GOAL_TARGET) {
        if (schema_difference(&b->s, slot[TARGET], "target", unit, &stop->target) &&
            !(stop->target > 0))
            schema_error(&b->s, slot[TARGET], NULL, "target: how far off is enough, above 0");
    } else if (slot[TARGET] && unit) {
        schema_quantity(&b->s, slot[TARGET], "target", unit, &stop->target);
    }
    if (slot[GAIN] && unit) read_gain(b, slot[GAIN], stop);
    if (slot[CONFIDENCE] &&
        schema_number(&b->s, slot[CONFIDENCE], "confidence", NUMBER_SHARE, &stop->confidence) &&
        !(stop->confidence > 0 && stop->confidence < 1))
        schema_error(&b->s, slot[CONFIDENCE], NULL, "confidence: strictly between 0 and 1");
}

/* cost.c - what a request costs: of a task, or of one of its sources instead.
 *   cost: 5
 *   cost: 2 + 0.1*cycles      an expression of parameters; an inactive one counts as 0
 *   cost: measured            learned from what requests took
 * Costs are relative: only their ratios weigh. What nobody has said is not weighed.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "builder.h"

enum { LOOKED_AT = 256 }; /* points of the space at which a cost must be above 0 */

static const char HINT[] = "a number, an expression of parameters, or measured";

void builder_cost(builder *b, const yaml_node *node, itp_cost *out)
{
    itp_fault fault = {0};
    const char *text;
    *out = (itp_cost){0};
    if (!node || !schema_text(&b->s, node, "cost", &text)) return;
    out->text = text;
    if (!strcmp(text, "measured")) {
        out->measured = 1;
        return;
    }
    const char **names = builder_alloc(b, b->n_params, sizeof *names);
    for (size_t i = 0; names && i < b->n_params; i++) names[i] = b->params[i].name;
    itp_status st =
        names ? itp_expression_compile(&out->what, text, b->n_params, names, &fault) : ITP_ENOMEM;
    if (st == ITP_ENOMEM) b->findings.out_of_memory = 1;
    if (st == ITP_EPARSE)
        itp_finding_add(&b->findings, FINDING_ERROR,
                        schema_part(&b->s, node, fault.at, fault.length),
                        fault.hint[0] ? itp_arena_string(&b->whole->arena, fault.hint) : HINT,
                        "cost: %s", fault.message);
    for (size_t i = 0; st == ITP_OK && i < b->n_params; i++)
        if (itp_expression_uses(out->what, i) && b->params[i].kind == ITP_CATEGORICAL)
            schema_error(&b->s, node, "sources: {NAME: {cost: 5}}, named by source: PARAMETER",
                         "cost: %s has labels, no number", b->params[i].name);
}

static double cost_at(const itp_cost *cost, size_t n, const double *point, double *grad)
{
    double known[n + 1];
    for (size_t i = 0; i < n; i++) known[i] = isnan(point[i]) ? 0 : point[i];
    return grad ? itp_expression_gradient(cost->what, known, grad)
                : itp_expression_eval(cost->what, known);
}

static const double *point_at(builder *b, size_t i, const double *sampled)
{
    const itp_space *space = b->whole->is.space;
    if (itp_space_n_candidates(space)) return itp_space_candidate_point(space, i);
    return sampled + i * itp_space_n_params(space);
}

void builder_cost_check(builder *b, const yaml_node *node, const itp_cost *cost)
{
    const itp_space *space = b->whole->is.space;
    if (!cost->what) return;
    double none[b->n_params + 1];
    memset(none, 0, sizeof none);
    if (itp_expression_linear(cost->what, none, NULL)) {
        double constant;
        int varies = 0;
        itp_expression_linear(cost->what, NULL, &constant);
        for (size_t i = 0; i < b->n_params; i++) varies |= none[i] != 0;
        if (!varies && !(constant > 0))
            schema_error(&b->s, node, NULL, "cost: it must be above 0, not %g", constant);
        if (!varies) return;
    }
    if (b->findings.errors || !space) return;
    size_t n = itp_space_n_params(space), rows = itp_space_n_candidates(space);
    double *sampled = builder_alloc(b, LOOKED_AT * n, sizeof *sampled);
    size_t looked = rows && rows < LOOKED_AT ? rows : LOOKED_AT;
    if (!sampled || (!rows && itp_space_sample(space, looked, 0, sampled, NULL) != ITP_OK)) return;
    for (size_t i = 0; i < looked; i++) {
        const double *point = point_at(b, i, sampled);
        double value = cost_at(cost, n, point, NULL);
        if (value > 0 && isfinite(value)) continue;
        char where[200] = "";
        for (size_t k = 0, used = 0; k < n && used < sizeof where - 1; k++)
            if (itp_expression_uses(cost->what, k) && !isnan(point[k]))
                used += (size_t)snprintf(where + used, sizeof where - used, "%s%.40s = %g",
                                         used ? ", " : " at ", itp_space_param(space, k)->name,
                                         point[k]);
        schema_error(&b->s, node, NULL, "cost: it must be above 0 everywhere; it is %g%s", value,
                     where);
        return;
    }
}

void builder_costs_undo(campaign_whole *whole)
{
    for (size_t t = 0; whole->is.tasks && t < whole->is.n_tasks; t++)
        for (size_t s = 0; whole->is.tasks[t].sources && s < whole->is.tasks[t].n_sources; s++)
            itp_expression_destroy(whole->is.tasks[t].sources[s].cost.what);
}

/* --- What the agent asks ---------------------------------------------------------------------- */

size_t itp_campaign_source(const itp_campaign *c, size_t task, const double *point)
{
    const itp_campaign_task *t = &c->tasks[task];
    if (t->source_param < 0) return 0;
    const itp_param *p = itp_space_param(c->space, (size_t)t->source_param);
    double level = point[t->source_param];
    if (!(level >= 0 && level < (double)p->n_levels)) return 0;
    for (size_t k = 0; k < t->n_sources; k++)
        if (strcmp(t->sources[k].name, p->labels[(size_t)level]) == 0) return k;
    return 0;
}

double itp_campaign_cost(const itp_campaign *c, size_t task, size_t source, const double *point,
                         double *grad)
{
    const itp_cost *cost = &c->tasks[task].sources[source].cost;
    if (!cost->what) return NAN;
    double value = cost_at(cost, itp_space_n_params(c->space), point, grad);
    return value > 0 && isfinite(value) ? value : NAN;
}

static int is_the_same(const itp_cost *a, const itp_cost *b)
{
    if (!a->text || !b->text) return a->text == b->text;
    return !strcmp(a->text, b->text);
}

int itp_campaign_weighs_cost(const itp_campaign *c)
{
    for (size_t t = 0; t < c->n_tasks; t++) {
        const itp_campaign_task *task = &c->tasks[t];
        size_t n = task->source_param >= 0 ? task->n_sources : 1;
        for (size_t s = 0; s < n; s++) {
            const itp_cost *cost = &task->sources[s].cost;
            if (cost->measured || !is_the_same(cost, &task->sources[0].cost)) return 1;
            for (size_t i = 0; cost->what && i < itp_space_n_params(c->space); i++)
                if (itp_expression_uses(cost->what, i)) return 1;
        }
    }
    return 0;
}

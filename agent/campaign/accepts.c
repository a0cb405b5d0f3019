/* accepts.c - whether an edited definition may go on with a journal: the two trees are compared key
 * by key, so what is not named here as free to change is not.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "builder.h"

#define MAY_CHANGE "only budget, stop, agent, thresholds, envelopes and wider bounds may change"

typedef struct comparison {
    const itp_campaign *before, *after;
    char where[256]; /* "parameters / c1 / unit" */
    itp_error *err;
} comparison;

/* A node as one short line. */
static void show(const itp_campaign *c, const yaml_node *node, size_t size, char *out)
{
    if (!node) {
        snprintf(out, size, "absent");
        return;
    }
    size_t length = node->end > node->at ? node->end - node->at : 0, most = 80;
    snprintf(out, size, "%.*s%s", (int)(length < most ? length : most), c->text + node->at,
             length > most ? "..." : "");
    for (char *p = out; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t') *p = ' ';
}

static itp_status refuse(const comparison *c, const yaml_node *a, const yaml_node *b)
{
    char before[96], after[96];
    show(c->before, a, sizeof before, before);
    show(c->after, b, sizeof after, after);
    return itp_fail(c->err, ITP_EREFUSED, "%s: %s became %s; " MAY_CHANGE, c->where, before, after);
}

static int same_scalar(const yaml_node *a, const yaml_node *b)
{
    double x, y;
    if (!strcmp(a->text, b->text)) return 1;
    size_t n = schema_scan_number(a->text, &x), m = schema_scan_number(b->text, &y);
    return n && m && !a->text[n] && !b->text[m] && x == y; /* 3 and 3.0 */
}

/* A longer `where` for the inside of a map; returns the length to go back to. */
static size_t enter(comparison *c, const char *key)
{
    size_t length = strlen(c->where);
    snprintf(c->where + length, sizeof c->where - length, "%s%s", length ? " / " : "", key);
    return length;
}

typedef itp_status compare_fn(comparison *c, const char *key, const yaml_node *a,
                              const yaml_node *b);

static itp_status same(comparison *c, const char *key, const yaml_node *a, const yaml_node *b);

/* Every key of either map, each through `inner`. */
static itp_status each_key(comparison *c, const yaml_node *a, const yaml_node *b, compare_fn *inner)
{
    const yaml_node *maps[2] = {a, b};
    for (int m = 0; m < 2; m++)
        for (size_t i = 0; maps[m] && i < maps[m]->n; i++) {
            const char *key = maps[m]->keys[i]->text;
            if (m == 1 && itp_yaml_get(a, key)) continue;
            size_t back = enter(c, key);
            itp_status st = inner(c, key, itp_yaml_get(a, key), itp_yaml_get(b, key));
            if (st != ITP_OK) return st;
            c->where[back] = 0;
        }
    return ITP_OK;
}

static itp_status same(comparison *c, const char *key, const yaml_node *a, const yaml_node *b)
{
    (void)key;
    if (!a || !b) return a == b ? ITP_OK : refuse(c, a, b);
    if (a->kind != b->kind) return refuse(c, a, b);
    if (a->kind == NODE_SCALAR) return same_scalar(a, b) ? ITP_OK : refuse(c, a, b);
    if (a->kind == NODE_MAP) return each_key(c, a, b, same);
    if (a->n != b->n) return refuse(c, a, b);
    for (size_t i = 0; i < a->n; i++) {
        itp_status st = same(c, key, a->values[i], b->values[i]);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* real and integer bounds may become wider. */
static itp_status compare_parameter_key(comparison *c, const char *key, const yaml_node *a,
                                        const yaml_node *b)
{
    double low[2], high[2];
    int range = !strcmp(key, "real") || !strcmp(key, "integer");
    if (!range || !a || !b || a->n != 2 || b->n != 2) return same(c, key, a, b);
    for (int k = 0; k < 2; k++) {
        const yaml_node *node = k ? b : a;
        if (!schema_scan_number(node->values[0]->text, &low[k]) ||
            !schema_scan_number(node->values[1]->text, &high[k]))
            return refuse(c, a, b);
    }
    return low[1] <= low[0] && high[1] >= high[0] ? ITP_OK : refuse(c, a, b);
}

static itp_status compare_parameter(comparison *c, const char *key, const yaml_node *a,
                                    const yaml_node *b)
{
    if (!a || !b || a->kind != NODE_MAP || b->kind != NODE_MAP) return same(c, key, a, b);
    return each_key(c, a, b, compare_parameter_key);
}

static itp_status compare_objective_key(comparison *c, const char *key, const yaml_node *a,
                                        const yaml_node *b)
{
    static const char *const FREE[] = {"value", "reference", "desirability"};
    for (size_t i = 0; a && b && i < sizeof FREE / sizeof *FREE; i++)
        if (!strcmp(key, FREE[i])) return ITP_OK;
    return same(c, key, a, b);
}

static itp_status compare_objectives(comparison *c, const yaml_node *a, const yaml_node *b)
{
    int lists = a && b && a->kind == NODE_LIST && b->kind == NODE_LIST;
    if (a && b && a->kind == NODE_MAP && b->kind == NODE_MAP)
        return each_key(c, a, b, compare_objective_key);
    if (!lists || a->n != b->n) return refuse(c, a, b);
    for (size_t i = 0; i < a->n; i++) {
        itp_status st = each_key(c, a->values[i], b->values[i], compare_objective_key);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* The bounds may move; what is bounded, and on which sides, may not. */
static itp_status compare_limits(comparison *c, const yaml_node *a, const yaml_node *b)
{
    const itp_campaign *x = c->before, *y = c->after;
    if (x->n_limits != y->n_limits) return refuse(c, a, b);
    for (size_t i = 0; i < x->n_limits; i++) {
        const itp_limit *l = &x->limits[i], *m = &y->limits[i];
        const char *what = ((const campaign_whole *)x)->limit_texts[i];
        int sides = isfinite(l->low) == isfinite(m->low) && isfinite(l->high) == isfinite(m->high);
        if (!strcmp(what, ((const campaign_whole *)y)->limit_texts[i]) && sides) continue;
        return itp_fail(c->err, ITP_EREFUSED, "limits: %.120s became %.120s; " MAY_CHANGE, l->text,
                        m->text);
    }
    return ITP_OK;
}

/* What a station may be asked for may be narrowed or widened at any time. */
static itp_status compare_task_key(comparison *c, const char *key, const yaml_node *a,
                                   const yaml_node *b)
{
    return strcmp(key, "envelope") ? same(c, key, a, b) : ITP_OK;
}

static itp_status compare_task(comparison *c, const char *key, const yaml_node *a,
                               const yaml_node *b)
{
    if (!a || !b || a->kind != NODE_MAP || b->kind != NODE_MAP) return same(c, key, a, b);
    return each_key(c, a, b, compare_task_key);
}

static itp_status compare_top(comparison *c, const char *key, const yaml_node *a,
                              const yaml_node *b)
{
    static const char *const FREE[] = {"budget", "stop", "agent"};
    for (size_t i = 0; i < sizeof FREE / sizeof *FREE; i++)
        if (!strcmp(key, FREE[i])) return ITP_OK;
    if (!strcmp(key, "tasks") && a && b) return each_key(c, a, b, compare_task);
    if (!strcmp(key, "limits")) return compare_limits(c, a, b);
    if (!strcmp(key, "objectives")) return compare_objectives(c, a, b);
    if ((!strcmp(key, "parameters") || !strcmp(key, "context")) && a && b)
        return each_key(c, a, b, compare_parameter);
    return same(c, key, a, b);
}

static itp_status compare_files(comparison *c)
{
    const itp_campaign *x = c->before, *y = c->after;
    for (size_t i = 0; i < x->n_files; i++)
        for (size_t j = 0; j < y->n_files; j++) {
            const itp_campaign_file *f = &x->files[i], *g = &y->files[j];
            if (strcmp(f->path, g->path) != 0) continue;
            if (f->size == g->size && !memcmp(f->bytes, g->bytes, f->size)) continue;
            size_t at = 0;
            unsigned line, column;
            while (at < f->size && at < g->size && f->bytes[at] == g->bytes[at]) at++;
            itp_find_place(f->bytes, at, &line, &column);
            return itp_fail(
                c->err, ITP_EREFUSED,
                "file %.200s: changed from line %u on (%zu bytes became %zu); " MAY_CHANGE, f->path,
                line, f->size, g->size);
        }
    return ITP_OK;
}

/* Outcomes of expressions keep their order only while parameters keep theirs. */
static itp_status compare_order(comparison *c)
{
    const itp_campaign *x = c->before, *y = c->after;
    for (size_t i = 0; i < itp_space_n_params(x->space); i++)
        if (itp_space_find(y->space, itp_space_param(x->space, i)->name) != (int)i)
            return itp_fail(c->err, ITP_EREFUSED, "parameters: %s stands in another place",
                            itp_space_param(x->space, i)->name);
    for (size_t i = 0; i < x->n_tasks; i++)
        if (strcmp(x->tasks[i].name, y->tasks[i].name) != 0)
            return itp_fail(c->err, ITP_EREFUSED, "tasks: %s stands in another place",
                            x->tasks[i].name);
    for (size_t i = 0; i < x->n_outcomes; i++)
        if (strcmp(x->outcomes[i].name, y->outcomes[i].name) != 0)
            return itp_fail(c->err, ITP_EREFUSED, "outputs: %s stands in another place",
                            x->outcomes[i].name);
    return ITP_OK;
}

itp_status itp_campaign_accepts(const itp_campaign *campaign, const itp_campaign *edited,
                                itp_error *err)
{
    comparison c = {.before = campaign, .after = edited, .err = err};
    itp_status st = each_key(&c, ((const campaign_whole *)campaign)->root,
                             ((const campaign_whole *)edited)->root, compare_top);
    if (st == ITP_OK) st = compare_files(&c);
    return st == ITP_OK ? compare_order(&c) : st;
}

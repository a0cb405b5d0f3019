/* corrections.c - what a task changes before it tries again what has failed.
 *   corrections:
 *     - {when: not_converged, change: {mixing: {scale: 0.5}, algorithm: {set: robust}}, at_most: 3}
 *     - {when: [memory, "oom-kill event"], change: {memory: {scale: 2}, time: {add: 10 min}}}
 * `when` is a cause or a pattern (extended regular expression) of what the failure says, the end of
 * the program's output included; a list means any of them. What is changed is an input of the task,
 * else an option: of `with` itself, of its `values` or `resources`, or by its path,
 * resources.memory. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <regex.h>
#include <string.h>

#include "builder.h"

enum { AT_MOST_DEFAULT = 3, AT_MOST_MAX = 100 };

static const choice_rule CAUSES[] = {
    {"timeout", ITP_CAUSE_TIMEOUT},       {"memory", ITP_CAUSE_RESOURCE},
    {"resource", ITP_CAUSE_RESOURCE},     {"not_converged", ITP_CAUSE_SCIENTIFIC},
    {"scientific", ITP_CAUSE_SCIENTIFIC}, {"invalid_result", ITP_CAUSE_INVALID},
};
enum { N_CAUSES = sizeof CAUSES / sizeof *CAUSES };

typedef struct reader {
    builder *b;
    itp_campaign_task *task;
    const yaml_node *node; /* of the task */
    itp_knob *knobs;
} reader;

/* --- When ------------------------------------------------------------------------------------- */

static void read_pattern(builder *b, const yaml_node *node, itp_correction *rule)
{
    const char *names[N_CAUSES];
    char why[200];
    regex_t regex;
    for (size_t i = 0; i < N_CAUSES; i++) names[i] = CAUSES[i].name;
    int code = regcomp(&regex, node->text, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (code != 0) {
        regerror(code, &regex, why, sizeof why);
        schema_error(&b->s, node, NULL, "when: pattern: %s", why);
        return;
    }
    regfree(&regex);
    const char *hint = schema_hint(&b->s, node->text, N_CAUSES, names);
    if (hint && !node->quoted)
        schema_warning(&b->s, node, hint,
                       "when: \"%.60s\" is no cause: it is searched as a pattern", node->text);
    rule->pattern = rule->pattern
                        ? itp_arena_print(&b->whole->arena, "%s|(%s)", rule->pattern, node->text)
                        : itp_arena_print(&b->whole->arena, "(%s)", node->text);
}

static void read_when(builder *b, const yaml_node *node, itp_correction *rule)
{
    if (node->kind == NODE_LIST) {
        if (node->n == 0) schema_error(&b->s, node, NULL, "when: the list is empty");
        for (size_t i = 0; i < node->n; i++) {
            if (node->values[i]->kind == NODE_LIST)
                schema_error(&b->s, node->values[i], NULL, "when: a list within the list");
            else
                read_when(b, node->values[i], rule);
        }
        return;
    }
    const char *text;
    if (!schema_text(&b->s, node, "when", &text)) return;
    rule->when = rule->when ? itp_arena_print(&b->whole->arena, "%s, %s", rule->when, text) : text;
    for (size_t i = 0; i < N_CAUSES; i++)
        if (!node->quoted && strcmp(CAUSES[i].name, text) == 0) {
            rule->causes |= 1u << CAUSES[i].value;
            return;
        }
    read_pattern(b, node, rule);
}

/* --- What: inputs and options ----------------------------------------------------------------- */

/* The option as source `index` has it, or NULL. A source's key replaces the task's of that name. */
static const yaml_node *find_option(const reader *r, size_t index, const char *path)
{
    const yaml_node *with = itp_yaml_get(r->node, "with"), *found = NULL;
    const yaml_node *sources = itp_yaml_get(r->node, "sources");
    const yaml_node *own = sources && sources->kind == NODE_MAP && index < sources->n
                               ? itp_yaml_get(sources->values[index], "with")
                               : NULL;
    char key[128];
    for (int depth = 0; *path; depth++) {
        size_t size = strcspn(path, ".");
        if (size >= sizeof key) return NULL;
        memcpy(key, path, size);
        key[size] = '\0';
        if (depth == 0) {
            found = own && own->kind == NODE_MAP ? itp_yaml_get(own, key) : NULL;
            if (!found && with && with->kind == NODE_MAP) found = itp_yaml_get(with, key);
        } else {
            found = found && found->kind == NODE_MAP ? itp_yaml_get(found, key) : NULL;
        }
        path += size + (path[size] == '.');
    }
    return found;
}

static const yaml_node *find_anywhere(const reader *r, const char *path)
{
    const yaml_node *found = NULL;
    for (size_t s = 0; !found && s < r->task->n_sources; s++) found = find_option(r, s, path);
    return found;
}

/* Number and unit of an option's text; no number: it is a label. */
static itp_value read_start(reader *r, const yaml_node *node, const char *name)
{
    itp_value start = {.name = name, .number = NAN, .sd = NAN};
    if (!node || node->kind != NODE_SCALAR || schema_is_null(node)) return start;
    double number;
    size_t length = schema_scan_number(node->text, &number);
    const char *unit = node->text + length;
    while (*unit == ' ') unit++;
    if (length == 0) {
        start.label = node->text;
        return start;
    }
    start.number = number;
    start.unit = *unit ? itp_arena_string(&r->b->whole->arena, unit) : "1";
    return start;
}

static int tie_option(reader *r, const yaml_node *key, const char *path, itp_knob *knob)
{
    itp_value *start = builder_alloc(r->b, r->task->n_sources, sizeof *start);
    if (!start) return 0;
    knob->path = path;
    knob->start = start;
    int set = 0;
    for (size_t s = 0; s < r->task->n_sources; s++) {
        const yaml_node *node = find_option(r, s, path);
        if (node && node->kind != NODE_SCALAR) {
            schema_error(&r->b->s, key, NULL, "change: %.60s is no single value", key->text);
            return 0;
        }
        start[s] = read_start(r, node, path);
        if (!start[s].unit && !start[s].label) continue;
        int same = !set || (!start[s].unit == !knob->unit &&
                            (!knob->unit || strcmp(start[s].unit, knob->unit) == 0));
        if (!same) {
            schema_error(&r->b->s, key, "write it in one unit",
                         "change: the sources give %.60s in different units", key->text);
            return 0;
        }
        knob->unit = start[s].unit;
        knob->whole |= start[s].unit && !strcmp(start[s].unit, "1") && !strpbrk(node->text, ".eE");
        set = 1;
    }
    if (!set) knob->unit = "";
    return 1;
}

static int tie_input(reader *r, const yaml_node *key, itp_knob *knob)
{
    for (size_t i = 0; i < r->task->n_inputs; i++) {
        const itp_input *input = &r->task->inputs[i];
        if (strcmp(input->name, key->text) != 0) continue;
        knob->input = (int)i;
        knob->unit = input->unit;
        knob->whole = input->param >= 0 && r->b->params[input->param].kind == ITP_INTEGER;
        if (input->param >= 0)
            schema_warning(&r->b->s, key, "leave what the agent chooses as it was chosen",
                           "change: %.60s is a parameter: the measurement will stand at the value "
                           "that the agent chose, not at the one that was tried",
                           key->text);
        return 1;
    }
    return 0;
}

static void fail_knob(reader *r, const yaml_node *key)
{
    const char *names[64];
    size_t n = 0;
    const yaml_node *with = itp_yaml_get(r->node, "with");
    for (size_t i = 0; i < r->task->n_inputs && n < 64; i++) names[n++] = r->task->inputs[i].name;
    const yaml_node *maps[3] = {with, NULL, NULL};
    if (with && with->kind == NODE_MAP) {
        maps[1] = itp_yaml_get(with, "values");
        maps[2] = itp_yaml_get(with, "resources");
    }
    for (int m = 0; m < 3; m++)
        for (size_t i = 0; maps[m] && maps[m]->kind == NODE_MAP && i < maps[m]->n && n < 64; i++)
            if (maps[m]->values[i]->kind == NODE_SCALAR) names[n++] = maps[m]->keys[i]->text;
    schema_error(&r->b->s, key, schema_hint(&r->b->s, key->text, n, names),
                 "change: \"%.60s\" is no input of task %.60s and no option in its `with`; an "
                 "option that is not set is named by its path, resources.memory",
                 key->text, r->task->name);
}

/* Index of the knob of that name, made when it is new; -1 after reporting. */
static long find_knob(reader *r, const yaml_node *key)
{
    for (size_t i = 0; i < r->task->n_knobs; i++)
        if (strcmp(r->knobs[i].name, key->text) == 0) return (long)i;
    itp_knob knob = {.name = key->text, .input = -1};
    int tied = tie_input(r, key, &knob);
    for (size_t i = 0; !tied && i < 3; i++) {
        static const char *const PLACES[] = {"", "values.", "resources."};
        char path[200];
        snprintf(path, sizeof path, "%s%s", PLACES[i], key->text);
        if (!find_anywhere(r, path) && !(i == 0 && strchr(path, '.'))) continue;
        const char *kept = itp_arena_string(&r->b->whole->arena, path);
        if (!kept || !tie_option(r, key, kept, &knob)) return -1;
        tied = 1;
    }
    if (!tied) {
        fail_knob(r, key);
        return -1;
    }
    r->knobs[r->task->n_knobs] = knob;
    return (long)r->task->n_knobs++;
}

/* --- What becomes of it ----------------------------------------------------------------------- */

/* Bytes of a size's unit; 0: it is none. UDUNITS does not know them. */
static double size_unit(const char *unit)
{
    static const struct {
        const char *name;
        double bytes;
    } SIZES[] = {{"B", 1},         {"kB", 1e3},         {"MB", 1e6},
                 {"GB", 1e9},      {"TB", 1e12},        {"KiB", 1024},
                 {"MiB", 1048576}, {"GiB", 1073741824}, {"TiB", 1099511627776}};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++)
        if (strcmp(SIZES[i].name, unit) == 0) return SIZES[i].bytes;
    return 0;
}

/* A difference (`add`) or a value (`set`) in the knob's unit. */
static int convert(const reader *r, const char *from, const char *to, int difference,
                   double *number)
{
    double zero = 0;
    if (strcmp(from, to) == 0) return 1;
    if (size_unit(from) > 0 && size_unit(to) > 0) {
        *number *= size_unit(from) / size_unit(to);
        return 1;
    }
    if (itp_units_convert(r->b->s.units, from, to, 0, &zero, NULL) != ITP_OK ||
        itp_units_convert(r->b->s.units, from, to, *number, number, NULL) != ITP_OK)
        return 0;
    if (difference) *number -= zero;
    return 1;
}

static void read_amount(reader *r, const yaml_node *node, itp_knob *knob, itp_change *change)
{
    const char *text;
    if (!schema_text(&r->b->s, node, knob->name, &text)) return;
    size_t length = schema_scan_number(text, &change->number);
    const char *unit = text + length;
    while (*unit == ' ') unit++;
    if (knob->unit && !*knob->unit) /* not set so far: what is set says its unit */
        knob->unit = length ? itp_arena_string(&r->b->whole->arena, *unit ? unit : "1") : NULL;
    if (!knob->unit) {
        change->label = text;
        return;
    }
    if (length == 0 || !isfinite(change->number))
        schema_error(&r->b->s, node, NULL, "%.60s: \"%.60s\" where a number is wanted (%.60s)",
                     knob->name, text, knob->unit);
    else if (!*unit && strcmp(knob->unit, "1") != 0)
        schema_error(&r->b->s, node,
                     itp_arena_print(&r->b->whole->arena, "write \"%s %s\"", text, knob->unit),
                     "%.60s: %.60s has no unit", knob->name, text);
    else if (*unit &&
             !convert(r, unit, knob->unit, change->kind == ITP_CHANGE_ADD, &change->number))
        schema_error(&r->b->s, node, NULL, "%.60s: \"%.60s\" cannot be converted to \"%.60s\"",
                     knob->name, unit, knob->unit);
}

static void read_change(reader *r, const yaml_node *key, const yaml_node *node, itp_change *change)
{
    static const key_rule FORM[] = {{"scale", 0}, {"add", 0}, {"set", 0}};
    const yaml_node *slot[3];
    long index = find_knob(r, key);
    if (index < 0 || !schema_map(&r->b->s, node, "change", 3, FORM, slot)) return;
    itp_knob *knob = &r->knobs[index];
    *change = (itp_change){.knob = (size_t)index, .number = NAN};
    int given = 0;
    for (int i = 0; i < 3; i++)
        if (slot[i]) {
            given++;
            change->kind = (itp_change_kind)i;
        }
    if (given != 1) {
        schema_error(&r->b->s, node, NULL, "change: %.60s: one of scale, add, set is wanted",
                     knob->name);
        return;
    }
    const yaml_node *amount = slot[change->kind];
    int known = knob->unit && *knob->unit;
    if (change->kind != ITP_CHANGE_SET && !known)
        schema_error(&r->b->s, amount, NULL, "change: %.60s %s: only set can change it", knob->name,
                     knob->unit ? "is not set in `with`" : "is a word");
    else if (change->kind == ITP_CHANGE_SCALE)
        schema_number(&r->b->s, amount, knob->name, NUMBER_POSITIVE, &change->number);
    else
        read_amount(r, amount, knob, change);
}

/* --- Rules ------------------------------------------------------------------------------------ */

static void read_rule(reader *r, const yaml_node *node, itp_correction *rule)
{
    enum { WHEN, CHANGE, AT_MOST, KEYS };
    static const key_rule FORM[KEYS] = {{"when", 1}, {"change", 1}, {"at_most", 0}};
    const yaml_node *slot[KEYS];
    uint64_t at_most = AT_MOST_DEFAULT;
    if (!schema_map(&r->b->s, node, "correction", KEYS, FORM, slot)) return;
    if (slot[WHEN]) read_when(r->b, slot[WHEN], rule);
    if (slot[AT_MOST] && schema_count(&r->b->s, slot[AT_MOST], "at_most", 1, &at_most) &&
        at_most > AT_MOST_MAX)
        schema_error(&r->b->s, slot[AT_MOST], NULL, "at_most: at most %d", AT_MOST_MAX);
    rule->at_most = (unsigned)at_most;
    if (!slot[CHANGE] || !schema_expect(&r->b->s, slot[CHANGE], NODE_MAP, "change")) return;
    if (slot[CHANGE]->n == 0) schema_error(&r->b->s, slot[CHANGE], NULL, "change: nothing");
    itp_change *changes = builder_alloc(r->b, slot[CHANGE]->n + 1, sizeof *changes);
    if (!changes) return;
    for (size_t i = 0; i < slot[CHANGE]->n; i++)
        read_change(r, slot[CHANGE]->keys[i], slot[CHANGE]->values[i], &changes[i]);
    rule->n_changes = slot[CHANGE]->n;
    rule->changes = changes;
}

static size_t count_changes(const yaml_node *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const yaml_node *change = itp_yaml_get(list->values[i], "change");
        n += change && change->kind == NODE_MAP ? change->n : 0;
    }
    return n;
}

static void read_corrections(builder *b, itp_campaign_task *task, const yaml_node *node)
{
    const yaml_node *list = itp_yaml_get(node, "corrections");
    if (!list || !schema_expect(&b->s, list, NODE_LIST, "corrections")) return;
    if (task->cls == ITP_PHYSICAL || !task->connector) {
        schema_error(&b->s, list, NULL,
                     "corrections: a %s is not tried again by itself; they are for simulations",
                     task->connector ? "physical task" : "task that a person measures");
        return;
    }
    if (list->n > ITP_CORRECTIONS_MAX) {
        schema_error(&b->s, list, NULL, "corrections: at most %d", ITP_CORRECTIONS_MAX);
        return;
    }
    itp_correction *rules = builder_alloc(b, list->n + 1, sizeof *rules);
    reader r = {b, task, node, builder_alloc(b, count_changes(list) + 1, sizeof *r.knobs)};
    if (!rules || !r.knobs) return;
    for (size_t i = 0; i < list->n; i++) read_rule(&r, list->values[i], &rules[i]);
    task->n_corrections = list->n;
    task->corrections = rules;
    task->knobs = r.knobs;
}

void builder_corrections(builder *b)
{
    if (b->findings.errors) return; /* inputs and sources would not be what they say */
    for (size_t i = 0; i < b->whole->is.n_tasks; i++)
        read_corrections(b, &b->tasks[i], b->task_nodes[i]);
}

uint32_t itp_corrections_found(const itp_campaign_task *task, size_t n, const char *const *texts)
{
    uint32_t found = 0;
    for (size_t i = 0; i < task->n_corrections; i++) {
        const itp_correction *rule = &task->corrections[i];
        regex_t regex;
        if (!rule->pattern ||
            regcomp(&regex, rule->pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
            continue;
        for (size_t k = 0; k < n; k++)
            if (texts[k] && regexec(&regex, texts[k], 0, NULL, 0) == 0) found |= 1u << i;
        regfree(&regex);
    }
    return found;
}

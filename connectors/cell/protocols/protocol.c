/* protocol.c - JSON to steps; unknown keys are errors, for a misspelt cut-off is a burnt cell.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

typedef struct reader {
    const char *file;
    itp_error *err;
    char tags[ITP_CELL_STEPS_MAX][32]; /* of the step that follows the tag */
    itp_cell_protocol *p;
} reader;

itp_cell_step itp_cell_step_of(itp_cell_step_kind kind, double value)
{
    return (itp_cell_step){.kind = kind,
                           .value = value,
                           .until_voltage = NAN,
                           .until_current = NAN,
                           .until_rate = NAN,
                           .until_time = NAN,
                           .until_charge = NAN,
                           .until_soc = NAN,
                           .until_temperature = NAN};
}

static itp_status number(const reader *r, const char *where, const char *key, const json_t *v,
                         double *out)
{
    if (!json_is_number(v) || !isfinite(json_number_value(v)))
        return itp_fail(r->err, ITP_EPARSE, "%s: %s: \"%s\" must be a number", r->file, where, key);
    *out = json_number_value(v);
    return ITP_OK;
}

typedef struct key {
    const char *name;
    size_t offset;
    double factor, shift;
} key;

/* Reads the members of `object` that `keys` lists, each into the double at its offset. *seen (may
 * be NULL) counts them. Keys in `other` are left to the caller, all else is refused. */
static itp_status read_keys(const reader *r, const char *where, json_t *object, const key *keys,
                            const char *const *other, void *base, int *seen)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const key *k = keys;
        while (k->name && strcmp(k->name, name) != 0) k++;
        if (!k->name) {
            const char *const *o = other;
            while (*o && strcmp(*o, name) != 0) o++;
            if (*o) continue;
            return itp_fail(r->err, ITP_EPARSE, "%s: %s: unknown key \"%s\"", r->file, where, name);
        }
        double v;
        itp_status st = number(r, where, name, value, &v);
        if (st != ITP_OK) return st;
        *(double *)(void *)((char *)base + k->offset) = v * k->factor + k->shift;
        if (seen) (*seen)++;
    }
    return ITP_OK;
}

#define AT(member) offsetof(itp_cell_step, member)
static const key UNTIL[] = {{"until_voltage_V", AT(until_voltage), 1, 0},
                            {"until_current_A", AT(until_current), 1, 0},
                            {"until_current_mA", AT(until_current), 1e-3, 0},
                            {"until_rate_C", AT(until_rate), 1, 0},
                            {"until_time_s", AT(until_time), 1, 0},
                            {"until_capacity_Ah", AT(until_charge), 1, 0},
                            {"until_soc", AT(until_soc), 1, 0},
                            {"until_temperature_degC", AT(until_temperature), 1, 273.15},
                            {NULL, 0, 0, 0}};
#undef AT

/* Word in the file, kind, the keys that may give its value and their factors. */
static const struct {
    const char *word;
    itp_cell_step_kind kind;
    const char *value;
    double factor;
} STEPS[] = {{"constant_current", ITP_STEP_RATE, "rate_C", 1},
             {"constant_current", ITP_STEP_CURRENT, "current_A", 1},
             {"constant_current", ITP_STEP_CURRENT, "current_mA", 1e-3},
             {"constant_voltage", ITP_STEP_VOLTAGE, "voltage_V", 1},
             {"constant_power", ITP_STEP_POWER, "power_W", 1},
             {"open_circuit_voltage", ITP_STEP_REST, NULL, 0},
             {"rest", ITP_STEP_REST, NULL, 0}};

static itp_status read_loop(const reader *r, const char *where, json_t *object, itp_cell_step *s)
{
    static const char *const OTHER[] = {"step", "loop_to", "cycle_count", NULL};
    static const key NONE[] = {{NULL, 0, 0, 0}};
    itp_status st = read_keys(r, where, object, NONE, OTHER, NULL, NULL);
    if (st != ITP_OK) return st;
    json_t *to = json_object_get(object, "loop_to"),
           *count = json_object_get(object, "cycle_count");
    json_int_t n = json_integer_value(count);
    if (!json_is_integer(count) || n < 1 || n > ITP_CELL_LOOPS_MAX)
        return itp_fail(r->err, ITP_EPARSE, "%s: %s: \"cycle_count\" must be 1 to %d", r->file,
                        where, ITP_CELL_LOOPS_MAX);
    *s = itp_cell_step_of(ITP_STEP_LOOP, 0);
    s->loops = (size_t)n;
    s->loop_to = ITP_CELL_STEPS_MAX;
    if (json_is_integer(to) && json_integer_value(to) >= 1 &&
        (size_t)json_integer_value(to) <= r->p->n_steps)
        s->loop_to = (size_t)json_integer_value(to) - 1;
    for (size_t i = 0; json_is_string(to) && i < r->p->n_steps; i++)
        if (!strcmp(json_string_value(to), r->tags[i])) s->loop_to = i;
    if (s->loop_to == ITP_CELL_STEPS_MAX)
        return itp_fail(r->err, ITP_EPARSE,
                        "%s: %s: \"loop_to\" must be the number (from 1) or tag of a step before",
                        r->file, where);
    return ITP_OK;
}

static itp_status read_step(const reader *r, const char *where, json_t *object, itp_cell_step *s)
{
    const char *word = json_string_value(json_object_get(object, "step"));
    if (!word) return itp_fail(r->err, ITP_EPARSE, "%s: %s: \"step\" is missing", r->file, where);
    if (!strcmp(word, "loop")) return read_loop(r, where, object, s);
    int known = 0;
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        if (strcmp(STEPS[i].word, word) != 0) continue;
        known = 1;
        json_t *value = STEPS[i].value ? json_object_get(object, STEPS[i].value) : NULL;
        if (STEPS[i].value && !value) continue;
        const char *other[] = {"step", STEPS[i].value, NULL};
        double v = 0;
        itp_status st;
        if (value && (st = number(r, where, STEPS[i].value, value, &v)) != ITP_OK) return st;
        *s = itp_cell_step_of(STEPS[i].kind, v * STEPS[i].factor);
        return read_keys(r, where, object, UNTIL, other, s, NULL);
    }
    return itp_fail(r->err, ITP_EPARSE,
                    known ? "%s: %s: \"%s\" lacks its value"
                          : "%s: %s: \"%s\" is not a step (constant_current, constant_voltage, "
                            "constant_power, open_circuit_voltage, rest, loop, tag)",
                    r->file, where, word);
}

static itp_status read_method(reader *r, json_t *method)
{
    size_t i;
    json_t *object;
    if (!json_is_array(method))
        return itp_fail(r->err, ITP_EPARSE, "%s: \"method\" must be a list of steps", r->file);
    json_array_foreach(method, i, object)
    {
        char where[32];
        snprintf(where, sizeof where, "step %zu", i + 1);
        if (r->p->n_steps == ITP_CELL_STEPS_MAX)
            return itp_fail(r->err, ITP_ERANGE, "%s: more than %d steps", r->file,
                            ITP_CELL_STEPS_MAX);
        const char *word = json_string_value(json_object_get(object, "step"));
        const char *tag = json_string_value(json_object_get(object, "tag"));
        if (word && !strcmp(word, "tag")) {
            if (!tag || strlen(tag) >= sizeof r->tags[0])
                return itp_fail(r->err, ITP_EPARSE, "%s: %s: \"tag\" must be a short text", r->file,
                                where);
            snprintf(r->tags[r->p->n_steps], sizeof r->tags[0], "%s", tag);
            continue;
        }
        itp_status st = read_step(r, where, object, &r->p->steps[r->p->n_steps]);
        if (st != ITP_OK) return st;
        r->p->n_steps++;
    }
    return ITP_OK;
}

static itp_status read_top(reader *r, json_t *root)
{
    static const char *const NONE[] = {NULL};
    static const char *const TOP[] = {"name",   "record", "safety", "initial",
                                      "method", "sample", NULL};
    static const key NO_KEYS[] = {{NULL, 0, 0, 0}};
    static const key RECORD[] = {{"time_s", offsetof(itp_cell_protocol, record_s), 1, 0},
                                 {NULL, 0, 0, 0}};
    static const key INITIAL[] = {
        {"soc", offsetof(itp_cell_protocol, soc), 1, 0},
        {"temperature_degC", offsetof(itp_cell_protocol, temperature), 1, 273.15},
        {NULL, 0, 0, 0}};
#define AT(member) offsetof(itp_cell_protocol, safety.member)
    static const key SAFETY[] = {{"min_voltage_V", AT(v_low), 1, 0},
                                 {"max_voltage_V", AT(v_high), 1, 0},
                                 {"max_current_A", AT(i_high), 1, 0},
                                 {"max_current_mA", AT(i_high), 1e-3, 0},
                                 {"max_temperature_degC", AT(t_high), 1, 273.15},
                                 {NULL, 0, 0, 0}};
#undef AT
    itp_status st;
    if (!json_is_object(root))
        return itp_fail(r->err, ITP_EPARSE, "%s: not a JSON object", r->file);
    if ((st = read_keys(r, "protocol", root, NO_KEYS, TOP, NULL, NULL)) != ITP_OK) return st;
    const char *name = json_string_value(json_object_get(root, "name"));
    if (name) snprintf(r->p->name, sizeof r->p->name, "%s", name);
    if ((st = read_keys(r, "record", json_object_get(root, "record"), RECORD, NONE, r->p, NULL)) !=
            ITP_OK ||
        (st = read_keys(r, "safety", json_object_get(root, "safety"), SAFETY, NONE, r->p, NULL)) !=
            ITP_OK ||
        (st = read_keys(r, "initial", json_object_get(root, "initial"), INITIAL, NONE, r->p,
                        NULL)) != ITP_OK)
        return st;
    return read_method(r, json_object_get(root, "method"));
}

itp_status itp_cell_protocol_parse(itp_cell_protocol *out, const char *json, const char *name,
                                   itp_error *err)
{
    json_error_t why;
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return itp_fail(err, ITP_EPARSE, "%s:%d:%d: %s", name, why.line, why.column, why.text);
    itp_cell_protocol p = {.record_s = 10,
                           .soc = 1,
                           .temperature = NAN,
                           .safety = {NAN, NAN, NAN, NAN},
                           .name = "protocol"};
    reader r = {.file = name, .err = err, .p = &p};
    itp_status st = read_top(&r, root);
    json_decref(root);
    if (st == ITP_OK) st = itp_cell_protocol_check(&p, err);
    if (st == ITP_OK) *out = p;
    return st;
}

static int can_end(const itp_cell_step *s)
{
    return !isnan(s->until_voltage) || !isnan(s->until_current) || !isnan(s->until_rate) ||
           !isnan(s->until_time) || !isnan(s->until_charge) || !isnan(s->until_soc) ||
           !isnan(s->until_temperature);
}

/* Absurd but finite numbers are stopped here, with the step's number; what is merely impossible
 * for this cell is found when it is tried. */
static const char *wrong_with(const itp_cell_protocol *p, size_t i)
{
    const itp_cell_step *s = &p->steps[i];
    if (s->kind == ITP_STEP_LOOP) return s->loop_to >= i ? "loops forward" : NULL;
    if (!isfinite(s->value) || fabs(s->value) > 1e6) return "has a value that is not possible";
    if (!can_end(s)) return "has no cut-off: it would never end";
    if (s->kind == ITP_STEP_REST && isnan(s->until_time)) return "is a rest without until_time_s";
    if ((s->kind == ITP_STEP_REST || s->kind == ITP_STEP_VOLTAGE) && !isnan(s->until_voltage))
        return "has a voltage cut-off, which only a current or a power can reach";
    if (s->until_time <= 0 || s->until_time > 1e9) return "has a duration outside 0 to 1e9 s";
    if (s->until_current < 0 || s->until_rate < 0) return "has a negative current cut-off";
    if (s->until_charge <= 0) return "has a capacity cut-off that is not positive";
    if (s->until_soc < 0 || s->until_soc > 1.5) return "has an SOC cut-off outside 0 to 1.5";
    return NULL;
}

itp_status itp_cell_protocol_check(const itp_cell_protocol *p, itp_error *err)
{
    if (p->n_steps == 0) return itp_fail(err, ITP_ERANGE, "%s: no steps", p->name);
    if (!(p->record_s >= 0 && p->record_s <= 1e9))
        return itp_fail(err, ITP_ERANGE, "%s: record interval %g s", p->name, p->record_s);
    if (!(p->soc >= 0 && p->soc <= 1))
        return itp_fail(err, ITP_ERANGE, "%s: initial SOC %g is outside 0 to 1", p->name, p->soc);
    if (!isnan(p->temperature) && !(p->temperature >= 220 && p->temperature <= 380))
        return itp_fail(err, ITP_ERANGE, "%s: temperature %g K is outside 220 to 380", p->name,
                        p->temperature);
    for (size_t i = 0; i < p->n_steps; i++) {
        const char *wrong = wrong_with(p, i);
        if (wrong) return itp_fail(err, ITP_ERANGE, "%s: step %zu %s", p->name, i + 1, wrong);
    }
    return ITP_OK;
}

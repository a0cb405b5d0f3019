/* test_campaign.c - what a sound file becomes: the agreement's example, tables, tasks that feed
 * tasks, goals and their units, edits of a running campaign.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "campaign.h"
#include "suite.h"

static const char SALTS[] = "salt,size,mass\nLiPF6,2.5,151.9\nLiFSI,2.9,187.1\n";

static const char WHOLE[] =
    "campaign: fast-charging\n"
    "seed: 7\n"
    "parameters:\n"
    "  c1:       {real: [3.0, 8.0], unit: 1/h}\n"
    "  porosity: {real: [0.1, 0.5], scale: log}           # unit \"1\" when none is given\n"
    "  cycles:   {integer: [1, 5]}\n"
    "  stop_at:  {discrete: [40, 10, 25], unit: degC}\n"
    "  salt:     {categorical: [LiPF6, LiFSI], descriptors: salts.csv}\n"
    "  twist:    {real: [0, 90], period: 90, unit: degree}\n"
    "  amount:   {real: [0, 5], unit: \"%\", when: salt == LiFSI}\n"
    "constraints:\n"
    "  - c1 >= 4.4\n"
    "  - porosity + 0.1*cycles <= 0.8\n"
    "  - {at_most: 2, nonzero: [c1, amount]}\n"
    "tasks:\n"
    "  cell.charge:\n"
    "    connector: cell\n"
    "    with: {model: spme, deep: {list: [1, 2.50, yes], text: \"5\", none: null}}\n"
    "    inputs: {c1: C1, porosity: eps}\n"
    "    outputs: {charge_time: {unit: min}, plated: {unit: mol/m2, iri: \"https://x\"}}\n"
    "    class: repeatable\n"
    "    noise: none\n"
    "    timeout: 10 min\n"
    "    lease: 60 s\n"
    "    retry: {attempts: 4, backoff: 500 ms}\n"
    "objectives: [{minimise: charge_time}]\n"
    "limits:     [plated <= 50 mmol/m2]\n"
    "agent:   {design: {maximin: 9}, surrogate: auto, acquisition: logei, parallel: 4}\n"
    "budget:  {trials: 80, time: 6 h}\n"
    "stop:    {regret: 30 s, confidence: 95 %}\n";

static itp_campaign *parse(const char *text, const char *table)
{
    const itp_campaign_file files[] = {{"salts.csv", SALTS, sizeof SALTS - 1},
                                       {"table.csv", table, table ? strlen(table) : 0}};
    itp_campaign *campaign = NULL;
    itp_findings findings;
    itp_error err = {0};
    if (itp_campaign_parse(&campaign, "folder/c.yaml", text, 2, files, &findings, &err) != ITP_OK)
        printf("\n%s\n%s", err.text, findings.text ? findings.text : "");
    itp_findings_deinit(&findings);
    return campaign;
}

static void the_agreement_is_understood(void)
{
    itp_campaign *c = parse(WHOLE, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_STRING_EQUAL(c->name, "fast-charging");
    CU_ASSERT_EQUAL(c->seed, 7);
    CU_ASSERT_STRING_EQUAL(c->text, WHOLE);
    CU_ASSERT_EQUAL(itp_space_n_params(c->space), 7);
    CU_ASSERT_EQUAL(itp_space_d(c->space), 8); /* salt has two descriptors */
    const itp_param *stop_at = itp_space_param(c->space, 3);
    CU_ASSERT(stop_at->n_levels == 3 && stop_at->levels[0] == 10 && stop_at->levels[2] == 40);
    CU_ASSERT_EQUAL(itp_space_param(c->space, 1)->scale, ITP_LOG);
    CU_ASSERT_EQUAL(itp_space_param(c->space, 5)->period, 90);
    CU_ASSERT(itp_space_violation(c->space, (double[]){4, .2, 1, 10, 0, 0, NAN}, NULL) > 1e-3);
    CU_ASSERT_EQUAL(itp_space_violation(c->space, (double[]){5, .2, 1, 10, 1, 0, 3}, NULL), 0);

    CU_ASSERT_EQUAL_FATAL(c->n_tasks, 1);
    const itp_campaign_task *t = &c->tasks[0];
    CU_ASSERT_STRING_EQUAL(t->connector, "cell");
    CU_ASSERT_EQUAL(t->n_inputs, 2);
    CU_ASSERT_STRING_EQUAL(t->inputs[1].name, "eps");
    CU_ASSERT_EQUAL(t->inputs[1].param, 1);
    CU_ASSERT_EQUAL(t->timeout_s, 600);
    CU_ASSERT_EQUAL(t->lease_s, 60);
    CU_ASSERT_EQUAL(t->backoff_s, 0.5);
    CU_ASSERT_EQUAL(t->attempts, 4);
    CU_ASSERT_STRING_EQUAL(t->sources[0].name, "default");
    CU_ASSERT_STRING_EQUAL(t->sources[0].options,
                           "{\"model\":\"spme\",\"deep\":{\"list\":[1,2.50,\"yes\"],"
                           "\"text\":\"5\",\"none\":null}}");
    CU_ASSERT_EQUAL(c->n_outcomes, 2);
    CU_ASSERT_EQUAL(c->outcomes[0].noise, ITP_TASK_NOISE_NONE);
    CU_ASSERT_STRING_EQUAL(c->outcomes[1].iri, "https://x");
    CU_ASSERT_EQUAL(c->outcomes[1].needed, 1);
    CU_ASSERT_EQUAL(c->objectives[0].sense, ITP_GOAL_MINIMISE);
    CU_ASSERT_EQUAL(c->objectives[0].outcome, 0);
    CU_ASSERT_STRING_EQUAL(c->objectives[0].unit, "min");
    CU_ASSERT_DOUBLE_EQUAL(c->limits[0].high, 0.05, 1e-17);
    CU_ASSERT_EQUAL(c->limits[0].low, -INFINITY);
    CU_ASSERT_EQUAL(c->agent.design_auto, 0);
    CU_ASSERT_EQUAL(c->agent.design, ITP_DESIGN_MAXIMIN);
    CU_ASSERT_EQUAL(c->agent.design_n, 9);
    CU_ASSERT_STRING_EQUAL(c->agent.acquisition, "logei");
    CU_ASSERT_EQUAL(c->budget.trials, 80);
    CU_ASSERT_EQUAL(c->budget.time_s, 6 * 3600);
    CU_ASSERT_DOUBLE_EQUAL(c->stop.regret, 0.5, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(c->stop.confidence, 0.95, 1e-15);
    CU_ASSERT_EQUAL(c->n_files, 1);
    CU_ASSERT_STRING_EQUAL(c->files[0].path, "salts.csv");
    itp_campaign_destroy(c);
}

static void objectives_are_joined_in_units(void)
{
    static const char HEAD[] =
        "campaign: t\nparameters: {x: {real: [0, 1]}}\n"
        "tasks: {m: {outputs: {v: {unit: V}, t: {unit: degC}, l: {unit: nm}}}}\nobjectives:\n";
    char text[1024];
    snprintf(text, sizeof text,
             "%s  - {maximise: v, desirability: [500 mV, 3 V], weight: 3}\n"
             "  - {target: t, value: 300 K, desirability: [5 K, 1 degC]}\n"
             "  - {target: l, value: 2 um, desirability: 0.1 um}\n",
             HEAD);
    itp_campaign *c = parse(text, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[0].unwanted, 0.5, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[0].wanted, 3, 1e-15);
    CU_ASSERT(c->objectives[0].weight == 3 && !c->objectives[0].weight_per_unit);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[1].target, 26.85, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[1].unwanted, 5, 1e-9); /* a difference has no offset */
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[1].wanted, 1, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[2].unwanted, 100, 1e-9);
    CU_ASSERT_EQUAL(c->objectives[2].wanted, 0);
    itp_campaign_destroy(c);
    snprintf(text, sizeof text,
             "%s  - {maximise: v, weight: 2 1/mV}\n  - {minimise: l, weight: 3 1/um}\n", HEAD);
    c = parse(text, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[0].weight, 2000, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[1].weight, 0.003, 1e-12);
    CU_ASSERT(c->objectives[0].weight_per_unit && c->objectives[1].weight_per_unit);
    itp_campaign_destroy(c);
}

static void defaults_are_the_agreements(void)
{
    itp_campaign *c = parse("campaign: t\nparameters: {x: {real: [0, 1]}, y: {integer: [0, 3]}}\n"
                            "tasks: {m: {outputs: [z]}}\nobjectives: {maximise: z}\n",
                            NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    const itp_campaign_task *t = &c->tasks[0];
    CU_ASSERT_PTR_NULL(t->connector);
    CU_ASSERT_EQUAL(t->cls, ITP_REPEATABLE);
    CU_ASSERT_EQUAL(t->n_inputs, 2);
    CU_ASSERT_STRING_EQUAL(t->inputs[1].name, "y");
    CU_ASSERT_EQUAL(t->timeout_s, INFINITY);
    CU_ASSERT_EQUAL(t->lease_s, 60);
    CU_ASSERT_EQUAL(t->attempts, 3);
    CU_ASSERT_EQUAL(t->backoff_s, 2);
    CU_ASSERT_STRING_EQUAL(t->sources[0].options, "{}");
    CU_ASSERT(!t->sources[0].cost.text && t->sources[0].fidelity == 1);
    CU_ASSERT_STRING_EQUAL(c->outcomes[0].unit, "1");
    CU_ASSERT_EQUAL(c->outcomes[0].noise, ITP_TASK_NOISE_INFERRED);
    CU_ASSERT_EQUAL(c->agent.design_auto, 1);
    CU_ASSERT_EQUAL(c->agent.parallel, 0);
    CU_ASSERT_EQUAL(c->budget.trials, 0);
    CU_ASSERT_EQUAL(c->budget.time_s, INFINITY);
    CU_ASSERT(isnan(c->stop.regret) && c->stop.confidence == 0.95);
    itp_campaign_destroy(c);
}

static const char MOLECULES[] = "name,smiles,donor,mass,class\n"
                                "EC,O=C1OCCO1,16.4,88.1,carbonate\n"
                                "FEC,O=C1OCC(F)O1,9.1,106.1,carbonate\n"
                                "\"DTD, pure\",O=S1(=O)OCCO1,12.0,124.1,sulfate\n";

static void named_candidates_are_described(void)
{
    itp_campaign *c =
        parse("campaign: t\ncandidates: table.csv\n"
              "tasks: {m: {inputs: {name: id, smiles: smiles, mass: m}, outputs: [z]}}\n"
              "objectives: [{maximise: z}]\nbudget: {trials: 3}\n",
              MOLECULES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    itp_value v;
    CU_ASSERT_EQUAL(itp_space_n_params(c->space), 1);
    CU_ASSERT_EQUAL(itp_space_n_candidates(c->space), 3);
    CU_ASSERT_EQUAL(itp_space_d(c->space), 2);
    CU_ASSERT_EQUAL(itp_space_columns(c->space)[0].kind, ITP_COLUMN_DESCRIPTOR);
    CU_ASSERT_STRING_EQUAL(itp_space_param(c->space, 0)->labels[2], "DTD, pure");
    const itp_input *in = c->tasks[0].inputs;
    CU_ASSERT(in[0].param == 0 && in[0].unit == NULL);
    CU_ASSERT(in[1].column == 0 && in[1].unit == NULL);
    CU_ASSERT(in[2].column == 2 && !strcmp(in[2].unit, "1"));
    CU_ASSERT_EQUAL(itp_campaign_column(c, 1, in[1].column, &v), ITP_OK);
    CU_ASSERT_STRING_EQUAL(v.label, "O=C1OCC(F)O1");
    CU_ASSERT_EQUAL(itp_campaign_column(c, 2, in[2].column, &v), ITP_OK);
    CU_ASSERT_EQUAL(v.number, 124.1);
    CU_ASSERT_EQUAL(itp_campaign_column(c, 3, 0, &v), ITP_ERANGE);
    CU_ASSERT_EQUAL(itp_campaign_column(c, 0, 9, &v), ITP_ERANGE);
    itp_campaign_destroy(c);
}

static void conditions_in_a_table_become_parameters(void)
{
    static const char ROWS[] =
        "T,solvent,c,z,remark\n20,EC,1.0,7,a\n40,EC,1.5,8,b\n20,DMC,1.0,9,c\n"
        "40,DMC,0.5,1,d\n40,DMC,0.5,2,e\n";
    itp_findings f;
    itp_campaign *c = NULL;
    const itp_campaign_file file = {"table.csv", ROWS, sizeof ROWS - 1};
    static const char TEXT[] = "campaign: t\ncandidates: table.csv\nconstraints: [c <= 1.2]\n"
                               "tasks: {m: {outputs: [z]}}\nobjectives: [{maximise: z}]\n"
                               "budget: {trials: 3}\n";
    CU_ASSERT_EQUAL_FATAL(itp_campaign_parse(&c, "c.yaml", TEXT, 1, &file, &f, NULL), ITP_OK);
    CU_ASSERT_EQUAL(f.n, 3); /* what was inferred, a row broken, a row that stands twice */
    for (size_t i = 0; i < f.n; i++) CU_ASSERT(f.items[i].warning);
    CU_ASSERT_EQUAL(itp_space_n_params(c->space), 3);
    CU_ASSERT_EQUAL(itp_space_param(c->space, 1)->kind, ITP_CATEGORICAL);
    CU_ASSERT_EQUAL(itp_space_param(c->space, 0)->low, 20);
    CU_ASSERT_EQUAL(itp_space_n_candidates(c->space), 3);
    itp_value v;
    CU_ASSERT_EQUAL(itp_campaign_column(c, 2, 1, &v), ITP_OK); /* after z, which is an output */
    CU_ASSERT_STRING_EQUAL(v.label, "d"); /* row 2 of the space is line 5 of the table */
    itp_findings_deinit(&f);
    itp_campaign_destroy(c);
}

static void a_table_may_serve_parameters_and_describe_them(void)
{
    itp_campaign *c = parse(
        "campaign: t\n"
        "parameters: {name: {categorical: [EC, FEC, \"DTD, pure\"]}, mass: {real: [80, 130]}}\n"
        "candidates: {file: table.csv, descriptors: [donor], describes: [name]}\n"
        "tasks: {m: {outputs: [z]}}\nobjectives: [{maximise: z}]\nbudget: {trials: 3}\n",
        MOLECULES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(itp_space_d(c->space), 2);
    CU_ASSERT_EQUAL(itp_space_columns(c->space)[0].kind, ITP_COLUMN_REAL);
    CU_ASSERT_EQUAL(itp_space_columns(c->space)[0].parameter, 1);
    CU_ASSERT_EQUAL(itp_space_columns(c->space)[1].kind, ITP_COLUMN_DESCRIPTOR);
    CU_ASSERT_EQUAL(itp_space_columns(c->space)[1].parameter, 0);
    itp_campaign_destroy(c);
}

static void tasks_feed_tasks(void)
{
    itp_campaign *c =
        parse("campaign: t\nparameters: {x: {real: [0, 1], unit: V}}\n"
              "context: {room: {real: [15, 30], unit: degC}}\n"
              "tasks:\n"
              "  cell: {inputs: {eps: coat.porosity, x: x}, outputs: {life: 1, y: V}}\n"
              "  coat:\n"
              "    sources: {fast: {with: {a: 2}, cost: 1}, slow: {cost: 9, fidelity: 1}}\n"
              "    with: {a: 1, file: data.csv}\n"
              "    class: physical\n    sample: pouch\n"
              "    outputs: {porosity: \"%\", y: V, note: {label: true}}\n"
              "objectives: [{maximise: life - cell.y/1}, {target: coat.y, value: 300 mV}]\n"
              "limits: [\"10 % <= coat.porosity <= 0.4 1\", 3 <= life]\n"
              "reference: {x: 0.5}\nbudget: {trials: 3}\n",
              NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_STRING_EQUAL(c->tasks[0].name, "coat"); /* upstream first */
    CU_ASSERT_STRING_EQUAL(c->tasks[1].name, "cell");
    CU_ASSERT_EQUAL(c->tasks[1].first_outcome, 3);
    CU_ASSERT_EQUAL(c->tasks[1].inputs[0].outcome, 0);
    CU_ASSERT_STRING_EQUAL(c->tasks[1].inputs[0].unit, "%");
    CU_ASSERT_EQUAL(c->outcomes[3].task, 1);
    CU_ASSERT_EQUAL(c->outcomes[0].needed, 1);
    CU_ASSERT_EQUAL(c->outcomes[2].needed, 0);
    CU_ASSERT_EQUAL(c->outcomes[2].label, 1);
    CU_ASSERT_EQUAL(c->objectives[0].outcome, -1);
    double grad[5];
    CU_ASSERT_EQUAL(itp_expression_gradient(c->objectives[0].what, (double[]){0, 1, 0, 7, 2}, grad),
                    5);
    CU_ASSERT_EQUAL(grad[4], -1);
    CU_ASSERT_EQUAL(c->objectives[1].outcome, 1);
    CU_ASSERT_DOUBLE_EQUAL(c->objectives[1].target, 0.3, 1e-16);
    CU_ASSERT_STRING_EQUAL(c->tasks[0].sources[0].options, "{\"file\":\"data.csv\",\"a\":2}");
    CU_ASSERT_STRING_EQUAL(c->tasks[0].sources[1].options, "{\"a\":1,\"file\":\"data.csv\"}");
    CU_ASSERT_EQUAL(itp_campaign_cost(c, 0, 1, (double[8]){0}, NULL), 9);
    CU_ASSERT_STRING_EQUAL(c->tasks[0].rest, "{\"sample\":\"pouch\"}");
    CU_ASSERT_STRING_EQUAL(c->tasks[0].sample, "pouch");
    CU_ASSERT_STRING_EQUAL(c->rest, "{\"reference\":{\"x\":0.5}}");
    CU_ASSERT_EQUAL(itp_space_param(c->space, 1)->context, 1);
    itp_campaign_destroy(c);
}

static void corrections_find_what_they_change(void)
{
    itp_campaign *c = parse(
        "campaign: t\nparameters: {x: {real: [0, 1], unit: V}, n: {integer: [1, 9]}}\n"
        "tasks:\n"
        "  dft:\n"
        "    connector: command\n"
        "    with: {run: [./dft], values: {ecut: 400 eV}, resources: {memory: 1 GB}, steps: 9}\n"
        "    sources: {fast: {with: {steps: 5}}, slow: {}}\n"
        "    outputs: {e: eV}\n"
        "    corrections:\n"
        "      - {when: not_converged, change: {ecut: {add: 0.1 keV}, steps: {scale: 2}}}\n"
        "      - {when: [memory, \"oom|killed\"], change: {memory: {add: 500 MB}}, at_most: 5}\n"
        "      - {when: 'diverge[sd]', change: {resources.time: {set: 10 min}, n: {add: 1},\n"
        "                                     values.smearing: {set: cold}}}\n"
        "objectives: [{minimise: e}]\nbudget: {trials: 3}\n",
        NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    const itp_campaign_task *t = &c->tasks[0];
    CU_ASSERT_EQUAL_FATAL(t->n_corrections, 3);
    CU_ASSERT_EQUAL_FATAL(t->n_knobs, 6);
    const itp_correction *first = &t->corrections[0], *second = &t->corrections[1];
    CU_ASSERT_EQUAL(first->causes, 1u << ITP_CAUSE_SCIENTIFIC);
    CU_ASSERT_PTR_NULL(first->pattern);
    CU_ASSERT_EQUAL(first->at_most, 3);
    CU_ASSERT_STRING_EQUAL(t->knobs[0].path, "values.ecut");
    CU_ASSERT_EQUAL(first->changes[0].number, 100); /* eV */
    CU_ASSERT_EQUAL(t->knobs[1].start[0].number, 5);
    CU_ASSERT_EQUAL(t->knobs[1].start[1].number, 9);
    CU_ASSERT_EQUAL(t->knobs[1].whole, 1);
    CU_ASSERT_EQUAL(second->causes, 1u << ITP_CAUSE_RESOURCE);
    CU_ASSERT_STRING_EQUAL(second->pattern, "(oom|killed)");
    CU_ASSERT_DOUBLE_EQUAL(second->changes[0].number, 0.5, 1e-15); /* GB */
    CU_ASSERT_EQUAL(second->at_most, 5);
    CU_ASSERT_STRING_EQUAL(t->knobs[3].path, "resources.time");
    CU_ASSERT_STRING_EQUAL(t->knobs[3].unit, "min");
    CU_ASSERT_EQUAL(t->knobs[4].input, 1);
    CU_ASSERT_STRING_EQUAL(t->corrections[2].changes[2].label, "cold");
    const char *texts[] = {"it diverges\nand ends", NULL};
    CU_ASSERT_EQUAL(itp_corrections_found(t, 2, texts), 1u << 2);
    texts[1] = "slurmstepd: killed";
    CU_ASSERT_EQUAL(itp_corrections_found(t, 2, texts), 1u << 2 | 1u << 1);
    itp_campaign_destroy(c);
}

static char *replace(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    size_t size = strlen(text) + strlen(to) + 1;
    char *out = malloc(size);
    if (!at || !out) {
        free(out);
        return NULL;
    }
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static void only_what_may_change_is_accepted(void)
{
    static const struct {
        const char *from, *to, *names; /* names NULL: accepted */
    } EDITS[] = {
        {"trials: 80", "trials: 120, cost: 5", NULL},
        {"stop:    {regret: 30 s", "stop: {target: 20 min", NULL},
        {"parallel: 4", "parallel: 9", NULL},
        {"50 mmol/m2", "0.07 mol/m2", NULL},
        {"[3.0, 8.0]", "[2.5, 8]", NULL},
        {"[3.0, 8.0]", "[3.0, 7.9]", "parameters / c1 / real: [3.0, 8.0] became [3.0, 7.9]"},
        {"# unit", "# a remark of", NULL},
        {"cycles:   {integer: [1, 5]}", "cycles:   {integer: [1.0, 5]}", NULL},
        {"unit: 1/h", "unit: 1/s", "parameters / c1 / unit: 1/h became 1/s"},
        {"seed: 7", "seed: 8", "seed: 7 became 8"},
        {"c1 >= 4.4", "c1 >= 4.5", "constraints: c1 >= 4.4 became c1 >= 4.5"},
        {"plated <= 50 mmol/m2", "charge_time <= 9 min", "limits: plated"},
        {"minimise", "maximise", "objectives / minimise: charge_time became absent"},
        {"model: spme", "model: dfn", "tasks / cell.charge / with / model: spme became dfn"},
        {"limits:  ", "prior: {c1: {near: 5 1/h, sd: 1 1/h}}\nlimits: ",
         "prior: absent became {c1: {near"}};
    itp_campaign *before = parse(WHOLE, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(before);
    for (size_t i = 0; i < sizeof EDITS / sizeof *EDITS; i++) {
        char *text = replace(WHOLE, EDITS[i].from, EDITS[i].to);
        itp_campaign *after = text ? parse(text, NULL) : NULL;
        itp_error err = {0};
        CU_ASSERT_PTR_NOT_NULL_FATAL(after);
        itp_status st = itp_campaign_accepts(before, after, &err);
        CU_ASSERT_EQUAL(st, EDITS[i].names ? ITP_EREFUSED : ITP_OK);
        if (EDITS[i].names && !strstr(err.text, EDITS[i].names)) printf("\n  %s\n", err.text);
        if (EDITS[i].names) CU_ASSERT_PTR_NOT_NULL(strstr(err.text, EDITS[i].names));
        itp_campaign_destroy(after);
        free(text);
    }
    itp_campaign_destroy(before);
}

static void a_changed_table_is_refused(void)
{
    static const char TEXT[] = "campaign: t\ncandidates: table.csv\ntasks: {m: {outputs: [z]}}\n"
                               "objectives: [{maximise: z}]\nbudget: {trials: 3}\n";
    char *changed = replace(MOLECULES, "9.1", "9.2");
    itp_campaign *before = parse(TEXT, MOLECULES), *after = parse(TEXT, changed);
    itp_error err = {0};
    CU_ASSERT_FATAL(before && after);
    CU_ASSERT_EQUAL(itp_campaign_accepts(before, after, &err), ITP_EREFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "table.csv"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "line 3"));
    itp_campaign_destroy(before);
    itp_campaign_destroy(after);
    free(changed);
}

/* All of YAML's ways to write one word mean that word. */
static void every_style_of_scalar_is_read(void)
{
    static const struct {
        const char *written, *means;
    } CASES[] = {{"plain words", "plain words"},
                 {"'it''s'", "it's"},
                 {"''''''''''''''''''''''", "''''''''''"},
                 {"\"tab\\t\\u00e9\"", "tab\t\xc3\xa9"},
                 {"'two\n       lines'", "two lines"},
                 {"'two  \n\n       paragraphs'", "two\nparagraphs"},
                 {"&a word", "word"},
                 {"|-\n       block\n       text", "block\ntext"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[512], expected[512];
        size_t used = (size_t)snprintf(text, sizeof text,
                                       "campaign: t\nparameters: {x: {real: [0, 1]}}\n"
                                       "tasks:\n  m:\n    with:\n     key: %s\n"
                                       "    outputs: [z]\nobjectives: {maximise: z}\n",
                                       CASES[i].written);
        CU_ASSERT_FATAL(used < sizeof text);
        itp_campaign *c = parse(text, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(c);
        snprintf(expected, sizeof expected, "{\"key\":\"%s\"}", CASES[i].means);
        char *options = strdup(c->tasks[0].sources[0].options), *at;
        while ((at = strstr(options, "\\u00"))) { /* JSON's way to write a tab or a break */
            *at = at[5] == '9' ? '\t' : '\n';
            memmove(at + 1, at + 6, strlen(at + 6) + 1);
        }
        CU_ASSERT_STRING_EQUAL(options, expected);
        if (strcmp(options, expected) != 0) printf("\n  %s: %s\n", CASES[i].written, options);
        free(options);
        itp_campaign_destroy(c);
    }
}

/* A file cut off at each byte, as a journal or disk might hold it: findings, never harm. */
static void truncation_at_every_byte_is_survived(void)
{
    char text[sizeof WHOLE];
    size_t parsed = 0;
    for (size_t cut = 0; cut < sizeof WHOLE; cut += 7) {
        itp_campaign *c = NULL;
        const itp_campaign_file file = {"salts.csv", SALTS, sizeof SALTS - 1};
        memcpy(text, WHOLE, cut);
        text[cut] = 0;
        itp_status st = itp_campaign_parse(&c, "c.yaml", text, 1, &file, NULL, NULL);
        CU_ASSERT(st == ITP_OK || st == ITP_ECAMPAIGN);
        parsed += st == ITP_OK;
        itp_campaign_destroy(c);
    }
    CU_ASSERT(parsed >= 1 && parsed < 40);
}

static void options_are_the_same_text_from_whatever_folder(void)
{
    static const char TEXT[] =
        "campaign: c\nparameters: {x: {real: [0, 1]}}\nobjectives: [{maximise: y}]\n"
        "tasks: {t: {connector: command, with: {run: [./a, ../b], file: d.csv}, outputs: [y]}}\n";
    static const char *const PATHS[] = {"c.yaml", "lab/c.yaml", "/home/ada/c.yaml", "c.journal"};
    for (size_t i = 0; i < 4; i++) {
        itp_campaign *c = NULL;
        itp_status st = itp_campaign_parse(&c, PATHS[i], TEXT, 0, NULL, NULL, NULL);
        CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
        CU_ASSERT_STRING_EQUAL(c->tasks[0].sources[0].options,
                               "{\"run\":[\"./a\",\"../b\"],\"file\":\"d.csv\"}");
        itp_campaign_destroy(c);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the agreement is understood", the_agreement_is_understood},
        {"objectives are joined in units", objectives_are_joined_in_units},
        {"defaults are the agreement's", defaults_are_the_agreements},
        {"named candidates are described", named_candidates_are_described},
        {"conditions in a table become parameters", conditions_in_a_table_become_parameters},
        {"a table may serve parameters and describe them",
         a_table_may_serve_parameters_and_describe_them},
        {"tasks feed tasks", tasks_feed_tasks},
        {"corrections find what they change", corrections_find_what_they_change},
        {"only what may change is accepted", only_what_may_change_is_accepted},
        {"a changed table is refused", a_changed_table_is_refused},
        {"every style of scalar is read", every_style_of_scalar_is_read},
        {"truncation at every byte is survived", truncation_at_every_byte_is_survived},
        {"options are the same text from whatever folder",
         options_are_the_same_text_from_whatever_folder},
        CU_TEST_INFO_NULL};
    return suite_run("campaign/campaign", tests);
}

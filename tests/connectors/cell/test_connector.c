/* test_connector.c - the plug-in as a worker sees it: loaded from its file, through the ABI alone,
 * by a host that remembers what it was given. SPDX-License-Identifier: GPL-3.0-or-later */
#include <dlfcn.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "interphase/connector.h"
#include "suite.h"

struct itp_result {
    size_t n;
    char name[64][48];
    double value[64];
    char artefact[512];
    itp_cause cause;
};

typedef struct fake {
    char dir[64];
    int cancel_after, asked; /* polls until cancelled says 1; < 0 never */
    double progress;
} fake;

static itp_status put(void *ctx, itp_result *r, const char *name, double v, double sd,
                      const char *unit)
{
    (void)ctx, (void)sd, (void)unit;
    snprintf(r->name[r->n], sizeof r->name[0], "%s", name);
    r->value[r->n++] = v;
    return ITP_OK;
}

static itp_status artefact(void *ctx, itp_result *r, const char *name, const char *path)
{
    (void)ctx, (void)name;
    snprintf(r->artefact, sizeof r->artefact, "%s", path);
    return ITP_OK;
}

static void cause(void *ctx, itp_result *r, itp_cause c)
{
    (void)ctx;
    r->cause = c;
}

static void progress(void *ctx, double fraction, const char *text)
{
    (void)text;
    ((fake *)ctx)->progress = fraction;
}

static int cancelled(void *ctx)
{
    fake *f = ctx;
    return f->cancel_after >= 0 && f->asked++ >= f->cancel_after;
}

static const char *workdir(void *ctx)
{
    return ((fake *)ctx)->dir;
}

static const itp_connector *load(void)
{
    void *handle = dlopen(ITP_BUILD_DIR "/lib/interphase/cell.so", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        printf("\n  %s", dlerror());
        return NULL;
    }
    itp_connector_entry_fn *entry;
    *(void **)&entry = dlsym(handle, "itp_connector_entry");
    return entry ? entry() : NULL;
}

static itp_status ask(fake *f, const char *task, const char *options, size_t n,
                      const itp_value *inputs, itp_result *res, itp_error *err)
{
    const itp_connector *c = load();
    itp_host host = {.abi = ITP_CONNECTOR_ABI,
                     .struct_size = sizeof host,
                     .ctx = f,
                     .put = put,
                     .artefact = artefact,
                     .cause = cause,
                     .progress = progress,
                     .cancelled = cancelled,
                     .workdir = workdir};
    itp_request req = {.request = 1,
                       .trial = 1,
                       .task = task,
                       .options = options,
                       .inputs = inputs,
                       .n_inputs = n,
                       .time_limit_s = 60};
    void *self = NULL;
    memset(res, 0, sizeof *res);
    if (!c || c->open(&self, &host, "{}", err) != ITP_OK) return ITP_EIO;
    itp_status st = c->measure(self, &req, res, err);
    c->close(self);
    return st;
}

static double given(const itp_result *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->name[i], name)) return r->value[i];
    return NAN;
}

static itp_value in(const char *name, double number, const char *unit)
{
    return (itp_value){.name = name, .number = number, .sd = NAN, .unit = unit};
}

static void describes_five_tasks_with_units(void)
{
    const itp_connector *c = load();
    itp_tasks tasks;
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(c->abi, ITP_CONNECTOR_ABI);
    CU_ASSERT_EQUAL(c->describe(&tasks), ITP_OK);
    CU_ASSERT_EQUAL(tasks.n_tasks, 5);
    for (size_t t = 0; t < tasks.n_tasks; t++) {
        const itp_task *task = &tasks.tasks[t];
        CU_ASSERT_EQUAL(task->cls, ITP_REPEATABLE);
        CU_ASSERT(task->n_outputs >= 5);
        for (size_t i = 0; i < task->n_inputs; i++) {
            CU_ASSERT_PTR_NOT_NULL(task->inputs[i].unit);
            CU_ASSERT(task->inputs[i].low < task->inputs[i].high);
            for (size_t k = 0; k < i; k++)
                CU_ASSERT_STRING_NOT_EQUAL(task->inputs[i].name, task->inputs[k].name);
        }
        for (size_t i = 0; i < task->n_outputs; i++) CU_ASSERT_PTR_NOT_NULL(task->outputs[i].unit);
    }
}

/* Every declared output comes, finite, from every task and model. */
static void every_task_gives_its_outputs(void)
{
    static const char *const MODELS[] = {"spm", "spme", "dfn"};
    fake f = {.dir = "/tmp/interphase-cell-XXXXXX", .cancel_after = -1};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f.dir));
    itp_tasks tasks;
    CU_ASSERT_EQUAL_FATAL(load()->describe(&tasks), ITP_OK);
    for (size_t t = 0; t < tasks.n_tasks; t++)
        for (int k = 0; k < 3; k++) {
            char options[160];
            itp_result res;
            itp_error err = {0};
            int life = !strcmp(tasks.tasks[t].name, "cell.cycle_life");
            itp_value inputs[] = {in("temperature", 25, "degC"), in("cycles_max", 3, "1")};
            snprintf(options, sizeof options,
                     "{\"model\": \"%s\", \"sei\": \"solvent\", \"mesh\": {\"negative\": 6, "
                     "\"positive\": 6, \"shells\": 6}}",
                     MODELS[k]);
            itp_status st = ask(&f, tasks.tasks[t].name, options, life ? 2 : 1, inputs, &res, &err);
            CU_ASSERT_EQUAL(st, ITP_OK);
            if (st != ITP_OK) printf("\n  %s %s: %s", tasks.tasks[t].name, MODELS[k], err.text);
            for (size_t i = 0; i < tasks.tasks[t].n_outputs; i++)
                CU_ASSERT(isfinite(given(&res, tasks.tasks[t].outputs[i].name)));
            CU_ASSERT_EQUAL(res.n, tasks.tasks[t].n_outputs);
            if (res.artefact[0]) remove(res.artefact);
        }
    CU_ASSERT_EQUAL(rmdir(f.dir), 0);
}

static void series_is_a_battery_data_format_table(void)
{
    fake f = {.dir = "/tmp/interphase-cell-XXXXXX", .cancel_after = -1};
    itp_result res;
    itp_error err = {0};
    char line[256] = "";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f.dir));
    CU_ASSERT_EQUAL(
        ask(&f, "cell.discharge", "{\"model\": \"spm\", \"series\": true}", 0, NULL, &res, &err),
        ITP_OK);
    FILE *file = fopen(res.artefact, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, file));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "Test Time / s,Voltage / V,Current / A"));
    size_t rows = 0;
    double time, volt, amp, last = -1;
    while (fgets(line, sizeof line, file)) {
        CU_ASSERT_EQUAL(sscanf(line, "%lf,%lf,%lf", &time, &volt, &amp), 3);
        CU_ASSERT(time > last);
        CU_ASSERT_DOUBLE_EQUAL(amp, -5, 1e-9); /* a discharge is negative */
        last = time;
        rows++;
    }
    fclose(file);
    CU_ASSERT(rows > 350);
    CU_ASSERT_DOUBLE_EQUAL(last, given(&res, "duration"), 1e-4);
    remove(res.artefact);
    rmdir(f.dir);
}

static void refused(const char *task, const char *options, const itp_value *input, itp_status want,
                    const char *word)
{
    fake f = {.dir = "/tmp", .cancel_after = -1};
    itp_result res;
    itp_error err = {0};
    itp_status st = ask(&f, task, options, input ? 1 : 0, input, &res, &err);
    CU_ASSERT_EQUAL(st, want);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, word));
    if (st != want || !strstr(err.text, word))
        printf("\n  %s %s: %s (%s)", task, options, err.text, itp_status_name(st));
    CU_ASSERT_NOT_EQUAL(res.cause, ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(res.n, 0);
}

static void refusals_name_what_is_wrong(void)
{
    itp_value v = in("negative_porosity", 1.5, "1");
    refused("cell.discharge", "{}", &v, ITP_ERANGE, "negative_porosity");
    v = in("temperature", 25, "furlong");
    refused("cell.discharge", "{}", &v, ITP_EUNIT, "degC");
    v = in("colour", 1, "1");
    refused("cell.discharge", "{}", &v, ITP_ENOTFOUND, "colour");
    v = (itp_value){.name = "rate", .number = NAN, .label = "fast"};
    refused("cell.discharge", "{}", &v, ITP_EINVAL, "fast");
    v = in("rate", NAN, "1/h");
    refused("cell.discharge", "{}", &v, ITP_ERANGE, "rate");
    refused("cell.discharge", "{\"model\": \"p2d\"}", NULL, ITP_EPARSE, "spme");
    refused("cell.discharge", "{\"modle\": \"spm\"}", NULL, ITP_EPARSE, "modle");
    refused("cell.discharge", "{\"set\": \"Chen2019\"}", NULL, ITP_ENOTFOUND, "Chen2020");
    refused("cell.discharge", "{\"bpx\": \"/nowhere.json\"}", NULL, ITP_EIO, "/nowhere.json");
    refused("cell.fly", "{}", NULL, ITP_ENOTFOUND, "cell.fly");
    v = in("negative_active_fraction", 0.9, "1");
    refused("cell.discharge", "{}", &v, ITP_ERANGE, "porosity");
    v = in("c2", 2, "1/h");
    itp_value gap = in("c3", 2, "1/h");
    refused("cell.charge", "{}", &gap, ITP_ERANGE, "c3");
    v = in("c1", 15, "1/h");
    refused("cell.charge", "{\"model\": \"dfn\"}", &v, ITP_ESCIENTIFIC, "SOC");
    v = in("full_voltage", 5.9, "V");
    refused("cell.discharge", "{}", &v, ITP_ERANGE, "full_voltage");
}

static void cancelling_stops_it(void)
{
    fake f = {.dir = "/tmp", .cancel_after = 2};
    itp_result res;
    itp_error err = {0};
    CU_ASSERT_EQUAL(ask(&f, "cell.cycle_life", "{\"model\": \"dfn\"}", 0, NULL, &res, &err),
                    ITP_ECANCELLED);
    CU_ASSERT_EQUAL(res.cause, ITP_CAUSE_CANCELLED);
    CU_ASSERT(f.asked <= 4);
}

static void check_looks_before_the_campaign_starts(void)
{
    const itp_connector *c = load();
    itp_error err = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(c->check("cell.charge", "{\"model\": \"dfn\", \"thermal\": true}", &err),
                    ITP_OK);
    CU_ASSERT_EQUAL(c->check("cell.charge", "{\"thermal\": 1}", &err), ITP_EPARSE);
    CU_ASSERT_EQUAL(c->check("cell.charge", "{\"parameters\": {\"negative_thickness\": 1}}", &err),
                    ITP_ERANGE);
    CU_ASSERT_EQUAL(c->check("cell.charge", "[", &err), ITP_EPARSE);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"describes five tasks with units", describes_five_tasks_with_units},
        {"every task gives its outputs", every_task_gives_its_outputs},
        {"the series is a Battery Data Format table", series_is_a_battery_data_format_table},
        {"refusals name what is wrong", refusals_name_what_is_wrong},
        {"cancelling stops it", cancelling_stops_it},
        {"check looks before the campaign starts", check_looks_before_the_campaign_starts},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/connector", tests);
}

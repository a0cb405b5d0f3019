/* connector.c - the connector `interface`: small tasks on phases, surfaces and interfaces.
 *   atoms.bulk          energy, volume, a, b, c          [phase]
 *   atoms.elastic       c11 c12 c44, bulk, shear, young, poisson   [phase]
 *   atoms.vacancy       formation energy                 [phase]        with: supercell
 *   atoms.migration     barrier                          [phase]        with: hop, images,
 * supercell | adatom, surfaces, layers interface.surface   surface energy                   surface
 * with: check interface.wulff     mean surface energy of the shape [phase]        with: miller
 *   interface.adhesion  work of adhesion, gap, misfit, twist, interface energy
 *                                                        interface, or twist with: surfaces, area,
 * strain interface.boundary  grain-boundary energy            interface, or shift_1 shift_2 with:
 * axis, sigma, plane, search Inputs are labels (a phase, a surface, an interface's name) or
 * numbers; [phase] may be left out when there is one file. An instance keeps its phases and engine
 * between attempts. The worker's config may name programs: {"programs": {"lammps":
 * "/opt/lammps/lmp"}} and a cache. SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interphase/version.h"
#include "run.h"

#define IN_LABEL(text)                                                                             \
    {                                                                                              \
        .name = text, .low = NAN, .high = NAN, .optional = 1                                       \
    }
#define IN_NUMBER(text, u, a, b)                                                                   \
    {                                                                                              \
        .name = text, .unit = u, .low = a, .high = b, .optional = 1                                \
    }
#define OUT(text, u, term)                                                                         \
    {                                                                                              \
        .name = text, .unit = u, .iri = term, .low = NAN, .high = NAN, .optional = 1               \
    }

static const itp_port PHASE[] = {IN_LABEL("phase")};
static const itp_port SURFACE[] = {IN_LABEL("surface")};
static const itp_port INTERFACE[] = {IN_LABEL("interface"),
                                     IN_NUMBER("twist", "degree", -360, 360)};
static const itp_port BOUNDARY[] = {IN_LABEL("interface"), IN_NUMBER("shift_1", "1", 0, 1),
                                    IN_NUMBER("shift_2", "1", 0, 1)};
static const itp_port BULK_OUT[] = {OUT("energy", "eV", NULL), OUT("volume", "angstrom3", NULL),
                                    OUT("a", "angstrom", NULL), OUT("b", "angstrom", NULL),
                                    OUT("c", "angstrom", NULL)};
static const itp_port ELASTIC_OUT[] = {OUT("c11", "GPa", NULL),   OUT("c12", "GPa", NULL),
                                       OUT("c44", "GPa", NULL),   OUT("bulk", "GPa", NULL),
                                       OUT("shear", "GPa", NULL), OUT("young", "GPa", NULL),
                                       OUT("poisson", "1", NULL)};
static const itp_port VACANCY_OUT[] = {OUT("formation", "eV", NULL)};
static const itp_port MIGRATION_OUT[] = {OUT("barrier", "eV", NULL), OUT("reaction", "eV", NULL)};
static const itp_port SURFACE_OUT[] = {OUT("surface_energy", "J/m2", NULL),
                                       OUT("thickness_error", "1", NULL),
                                       OUT("vacuum_error", "1", NULL)};
static const itp_port WULFF_OUT[] = {OUT("surface_energy", "J/m2", NULL),
                                     OUT("largest_share", "1", NULL), OUT("anisotropy", "1", NULL)};
static const itp_port ADHESION_OUT[] = {
    OUT("adhesion", "J/m2", NULL), OUT("interface_energy", "J/m2", NULL),
    OUT("gap", "angstrom", NULL), OUT("misfit", "1", NULL), OUT("twist", "degree", NULL)};
static const itp_port BOUNDARY_OUT[] = {OUT("boundary_energy", "J/m2", NULL),
                                        OUT("expansion", "angstrom", NULL)};

/* Open, because labels (names, phases, surfaces) are any that the phases give; see inputs_known. */
#define TASK(text, in, out)                                                                        \
    {                                                                                              \
        text, ITP_REPEATABLE, in, sizeof in / sizeof *in, out, sizeof out / sizeof *out, 1         \
    }
static const itp_task TASKS[] = {
    TASK("atoms.bulk", PHASE, BULK_OUT),
    TASK("atoms.elastic", PHASE, ELASTIC_OUT),
    TASK("atoms.vacancy", PHASE, VACANCY_OUT),
    TASK("atoms.migration", PHASE, MIGRATION_OUT),
    TASK("interface.surface", SURFACE, SURFACE_OUT),
    TASK("interface.wulff", PHASE, WULFF_OUT),
    TASK("interface.adhesion", INTERFACE, ADHESION_OUT),
    TASK("interface.boundary", BOUNDARY, BOUNDARY_OUT),
};
static run_fn *const RUNS[] = {run_bulk,    run_elastic, run_vacancy,  run_migration,
                               run_surface, run_wulff,   run_adhesion, run_boundary};
enum { TASK_COUNT = sizeof TASKS / sizeof *TASKS };

typedef struct instance {
    const itp_host *host;
    char base[512], cache[512], lammps[512], ase[512];
    int has_cache;
    json_t *allow; /* Python files that a campaign may name as models */
    /* What the last attempt opened, kept when the next one asks for the same. */
    char *key;
    itp_engine *engine;
    itp_phase *phases[PHASES_MAX];
    size_t n_phases;
} instance;

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){TASKS, TASK_COUNT};
    return ITP_OK;
}

static void forget(instance *self)
{
    itp_engine_destroy(self->engine);
    for (size_t i = 0; i < self->n_phases; i++) itp_phase_destroy(self->phases[i]);
    free(self->key);
    self->engine = NULL;
    self->n_phases = 0;
    self->key = NULL;
}

static void close_instance(void *ctx)
{
    if (!ctx) return;
    forget(ctx);
    json_decref(((instance *)ctx)->allow);
    free(ctx);
}

static itp_status open_instance(void **out, const itp_host *host, const char *config,
                                itp_error *err)
{
    json_error_t why;
    json_t *json = json_loads(config && *config ? config : "{}", 0, &why);
    if (!json_is_object(json)) {
        json_decref(json);
        return itp_fail(err, ITP_EINVAL, "config: %s", why.text);
    }
    instance *self = calloc(1, sizeof *self);
    if (!self) {
        json_decref(json);
        return itp_fail(err, ITP_ENOMEM, "connector interface");
    }
    const json_t *programs = json_object_get(json, "programs");
    const char *base = json_string_value(json_object_get(json, "base"));
    const char *cache = json_string_value(json_object_get(json, "cache"));
    const char *lammps = json_string_value(json_object_get(programs, "lammps"));
    const char *ase = json_string_value(json_object_get(programs, "ase"));
    snprintf(self->base, sizeof self->base, "%s", base ? base : "");
    snprintf(self->cache, sizeof self->cache, "%s", cache ? cache : "");
    snprintf(self->lammps, sizeof self->lammps, "%s", lammps ? lammps : "");
    snprintf(self->ase, sizeof self->ase, "%s", ase ? ase : "");
    self->has_cache = cache != NULL;
    self->allow = json_incref(json_object_get(json, "allow"));
    self->host = host;
    json_decref(json);
    *out = self;
    return ITP_OK;
}

/* A calculator in a file of Python runs on this machine: only what the worker's owner has named. */
static itp_status model_allowed(const instance *self, const char *model, itp_error *err)
{
    char path[PATH_MAX], allowed[PATH_MAX], joined[PATH_MAX];
    const char *colon = strrchr(model, ':');
    size_t i;
    json_t *item;
    if (!strstr(model, ".py:")) return ITP_OK;
    snprintf(joined, sizeof joined, "%.*s", (int)(colon - model), model);
    if (!realpath(joined, path)) return ITP_OK; /* the engine says that there is none */
    json_array_foreach(self->allow, i, item)
    {
        const char *text = json_string_value(item);
        if (!text) continue;
        snprintf(joined, sizeof joined, "%s%s%s", text[0] == '/' ? "" : self->base,
                 text[0] == '/' || !self->base[0] ? "" : "/", text);
        if (realpath(joined, allowed) && strcmp(allowed, path) == 0) return ITP_OK;
    }
    return itp_fail(err, ITP_EINVAL,
                    "model '%s': this worker may not load %s; its owner allows it with --allow %s",
                    model, path, path);
}

/* Engine and phases for a setting; the same as last time when the options are. */
static itp_status prepare_for(instance *self, const char *options, const setting *set,
                              itp_error *err)
{
    if (self->key && strcmp(self->key, options) == 0) return ITP_OK;
    forget(self);
    const char *cache = set->has_cache ? set->cache : self->has_cache ? self->cache : NULL;
    const char *program = strcmp(set->engine, "ase") == 0 ? self->ase : self->lammps;
    itp_status st = model_allowed(self, set->model, err);
    if (st == ITP_OK)
        st = itp_engine_create(&self->engine, set->engine, *program ? program : NULL, set->model,
                               cache, err);
    for (size_t i = 0; st == ITP_OK && i < set->n_files; i++) {
        itp_crystal *c = NULL;
        st = itp_crystal_read(&c, set->files[i], err);
        if (st == ITP_OK) st = itp_phase_create(&self->phases[i], c, ITP_SYMPREC, err);
        if (st == ITP_OK) self->n_phases++;
        itp_crystal_destroy(c);
    }
    if (st == ITP_OK && !(self->key = strdup(options))) st = itp_fail(err, ITP_ENOMEM, "options");
    if (st != ITP_OK) forget(self);
    return st;
}

static itp_status inputs_known(const itp_task *task, const itp_request *req, itp_error *err)
{
    for (size_t i = 0; i < req->n_inputs; i++) {
        size_t k = 0;
        while (k < task->n_inputs && strcmp(task->inputs[k].name, req->inputs[i].name) != 0) k++;
        if (k == task->n_inputs)
            return itp_fail(err, ITP_EINVAL,
                            "task %s takes no input %s; say with inputs: which ones it gets",
                            task->name, req->inputs[i].name);
        int label = task->inputs[k].unit == NULL;
        if (label != (req->inputs[i].label != NULL))
            return itp_fail(err, ITP_EINVAL, "input %s of task %s is a %s", req->inputs[i].name,
                            task->name, label ? "label" : "number");
    }
    return ITP_OK;
}

/* The host draws the cause from the status; where a status says less than the cause, it is named
 * here. */
static void name_cause(const itp_host *host, itp_result *res, itp_status st)
{
    switch (st) {
    case ITP_ENOTFOUND:
    case ITP_EINVAL:
    case ITP_EPARSE:
    case ITP_ENOTSUP:
    case ITP_ERANGE: host->cause(host->ctx, res, ITP_CAUSE_REFUSED); break;
    case ITP_ESCIENTIFIC: host->cause(host->ctx, res, ITP_CAUSE_SCIENTIFIC); break;
    case ITP_ERESULT: host->cause(host->ctx, res, ITP_CAUSE_INVALID); break;
    case ITP_ETIMEOUT: host->cause(host->ctx, res, ITP_CAUSE_TIMEOUT); break;
    case ITP_ECANCELLED: host->cause(host->ctx, res, ITP_CAUSE_CANCELLED); break;
    default: host->cause(host->ctx, res, ITP_CAUSE_RESOURCE); break;
    }
}

static void note_facts(const itp_host *host, itp_result *res, const itp_engine *engine,
                       itp_engine_count before)
{
    char text[96];
    itp_engine_count now = itp_engine_counted(engine);
    (void)host->note(host->ctx, res, "engine", itp_engine_version(engine));
    (void)host->note(host->ctx, res, "model", itp_engine_model(engine));
    snprintf(text, sizeof text, "%lu computed, %lu from the cache", now.ran - before.ran,
             now.cached - before.cached);
    (void)host->note(host->ctx, res, "runs", text);
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    instance *self = ctx;
    const itp_host *host = self->host;
    size_t k = 0;
    setting set;
    while (k < TASK_COUNT && strcmp(TASKS[k].name, req->task) != 0) k++;
    if (k == TASK_COUNT) return itp_fail(err, ITP_ENOTFOUND, "no task %s here", req->task);
    itp_status st = inputs_known(&TASKS[k], req, err);
    if (st == ITP_OK) st = setting_read(req->options, self->base, &set, err);
    if (st != ITP_OK) {
        name_cause(host, res, st);
        return st;
    }
    st = prepare_for(self, req->options, &set, err);
    if (st == ITP_OK) {
        run r = {.host = host,
                 .request = req,
                 .result = res,
                 .err = err,
                 .set = &set,
                 .engine = self->engine};
        itp_engine_count before = itp_engine_counted(self->engine);
        memcpy(r.phases, self->phases, sizeof r.phases);
        r.n_phases = self->n_phases;
        itp_engine_begin(self->engine, host->workdir(host->ctx), req->time_limit_s, host->cancelled,
                         host->ctx);
        st = host->started(host->ctx, req);
        if (st == ITP_OK) st = RUNS[k](&r);
        note_facts(host, res, self->engine, before);
    }
    if (st != ITP_OK) name_cause(host, res, st);
    setting_deinit(&set);
    return st;
}

/* Runs in the folder of the campaign file: files are read, the model is looked up. */
static itp_status check(const char *task, const char *options, itp_error *err)
{
    setting set;
    itp_engine *engine = NULL;
    (void)task;
    itp_status st = setting_read(options, "", &set, err);
    if (st != ITP_OK) return st;
    for (size_t i = 0; st == ITP_OK && i < set.n_files; i++) {
        itp_crystal *c = NULL;
        st = itp_crystal_read(&c, set.files[i], err);
        itp_crystal_destroy(c);
    }
    if (st == ITP_OK) st = itp_engine_create(&engine, set.engine, NULL, set.model, "", err);
    itp_engine_destroy(engine);
    setting_deinit(&set);
    return st;
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof(itp_connector),
                                            .id = "org.interphase.interface",
                                            .version = ITP_VERSION,
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .close = close_instance,
                                            .check = check};
    return &CONNECTOR;
}

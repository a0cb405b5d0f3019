/* engine.c - cache, folder, run, judge: the same for every code.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "codes.h"
#include "element.h"
#include "process.h"
#include "vec.h"

enum { PATH_ROOM = 1024, MODEL_ROOM = 256, LOG_MAX = 1 << 22 };

struct itp_engine {
    const itp_code *code;
    char program[PATH_ROOM], model[MODEL_ROOM], version[96], cache[PATH_ROOM];
    char folder[PATH_ROOM];
    double deadline; /* monotonic seconds */
    int (*cancelled)(void *ctx);
    void *ctx;
    unsigned long serial;
    itp_engine_count count;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

itp_status itp_engine_create(itp_engine **out, const char *kind, const char *program,
                             const char *model, const char *cache, itp_error *err)
{
    const itp_code *codes[] = {&itp_code_lammps, &itp_code_ase}, *code = NULL;
    for (size_t i = 0; i < 2; i++)
        if (strcmp(codes[i]->kind, kind) == 0) code = codes[i];
    if (!code) return itp_fail(err, ITP_ENOTFOUND, "engine '%s': lammps and ase are known", kind);
    itp_engine *e = calloc(1, sizeof *e);
    if (!e) return itp_fail(err, ITP_ENOMEM, "engine %s", kind);
    e->code = code;
    e->deadline = INFINITY;
    snprintf(e->program, sizeof e->program, "%s", program ? program : code->program);
    itp_status st = code->resolve(model, sizeof e->model, e->model, err);
    if (st == ITP_OK) st = itp_cache_folder(cache, sizeof e->cache, e->cache, err);
    if (st != ITP_OK) {
        itp_engine_destroy(e);
        return st;
    }
    *out = e;
    return ITP_OK;
}

void itp_engine_destroy(itp_engine *engine)
{
    free(engine);
}

void itp_engine_begin(itp_engine *e, const char *folder, double limit_s,
                      int (*cancelled)(void *ctx), void *ctx)
{
    snprintf(e->folder, sizeof e->folder, "%s", folder);
    e->deadline = now_s() + limit_s;
    e->cancelled = cancelled;
    e->ctx = ctx;
}

const char *itp_engine_version(const itp_engine *engine)
{
    return engine->version;
}

const char *itp_engine_model(const itp_engine *engine)
{
    return engine->model;
}

itp_engine_count itp_engine_counted(const itp_engine *engine)
{
    return engine->count;
}

void itp_energy_deinit(itp_energy *energy)
{
    itp_crystal_destroy(energy->final);
    energy->final = NULL;
}

/* ---- running -------------------------------------------------------------------------------- */

static itp_status make_run_folder(itp_engine *e, const char *label, char path[PATH_ROOM],
                                  itp_error *err)
{
    if ((size_t)snprintf(path, PATH_ROOM, "%s/%03lu-%s", e->folder, ++e->serial, label) >=
        PATH_ROOM)
        return itp_fail(err, ITP_EIO, "folder %s: the path is too long", e->folder);
    return itp_make_folder(path, err);
}

/* The last line of the output that begins with ERROR, or the last line of stderr. */
static void last_words(const char *folder, size_t size, char *words)
{
    static const char *const FILES[] = {"out.txt", "err.txt", "log.lammps"};
    words[0] = 0;
    for (int f = 0; f < 3; f++) {
        char path[PATH_ROOM + 32];
        snprintf(path, sizeof path, "%s/%s", folder, FILES[f]);
        char *text = itp_read_text(path, LOG_MAX);
        for (char *line = text; line && *line;) {
            size_t length = strcspn(line, "\n");
            int error = strncmp(line, "ERROR", 5) == 0;
            int trace = f == 1 && length > 0 && line[0] != ' ' && line[0] != '-';
            if (error || trace)
                snprintf(words, size, "%.*s", (int)(length < 300 ? length : 300), line);
            line += length + (line[length] == '\n');
        }
        free(text);
        if (words[0]) return;
    }
}

static itp_status execute(itp_engine *e, const char *const *argv, const char *folder,
                          double *seconds, itp_error *err)
{
    itp_ended ended = {ITP_END_EXITED, 0, 0};
    char words[320];
    double left = e->deadline - now_s();
    if (left <= 0)
        return itp_fail(err, ITP_ETIMEOUT, "%s: no time was left; see %s", argv[0], folder);
    itp_process process = {argv, folder, left, e->cancelled, e->ctx};
    itp_status st = itp_process_run(&process, &ended, err);
    if (st != ITP_OK) return st;
    *seconds += ended.seconds;
    e->count.ran++;
    e->count.seconds += ended.seconds;
    last_words(folder, sizeof words, words);
    switch (ended.end) {
    case ITP_END_TIMEOUT:
        return itp_fail(err, ITP_ETIMEOUT, "%s was killed after %.1f s, its time limit; see %s",
                        argv[0], ended.seconds, folder);
    case ITP_END_CANCELLED:
        return itp_fail(err, ITP_ECANCELLED, "%s was cancelled after %.1f s", argv[0],
                        ended.seconds);
    case ITP_END_SIGNALLED:
        return itp_fail(err, ITP_ERESOURCE, "%s died of signal %d (%s); see %s", argv[0],
                        ended.code, strsignal(ended.code), folder);
    default: break;
    }
    if (ended.code != 0)
        return itp_fail(err, ITP_ESCIENTIFIC, "%s ended with code %d: %s; see %s", argv[0],
                        ended.code, words[0] ? words : "it did not say why", folder);
    return ITP_OK;
}

/* Asked once: it is part of every key, so that another release computes anew. */
static itp_status learn_version(itp_engine *e, itp_error *err)
{
    char folder[PATH_ROOM], path[PATH_ROOM + 16];
    const char *argv[8] = {e->program};
    double seconds = 0;
    if (e->version[0]) return ITP_OK;
    for (int i = 0; i < 6 && e->code->version_arguments[i]; i++)
        argv[i + 1] = e->code->version_arguments[i];
    itp_status st = make_run_folder(e, "version", folder, err);
    if (st == ITP_OK) st = execute(e, argv, folder, &seconds, err);
    if (st != ITP_OK) return st;
    snprintf(path, sizeof path, "%s/out.txt", folder);
    char *text = itp_read_text(path, LOG_MAX);
    if (text) e->code->version(text, sizeof e->version, e->version);
    free(text);
    if (!e->version[0])
        return itp_fail(err, ITP_ERESULT, "%s does not say which version it is; see %s", e->program,
                        folder);
    itp_remove_folder(folder);
    e->count.ran--; /* not a job */
    return ITP_OK;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void print_structure(FILE *out, const itp_crystal *c)
{
    double cell[3][3];
    itp_code_upright((const double(*)[3])c->cell, cell);
    for (int i = 0; i < 3; i++)
        fprintf(out, "%.9f %.9f %.9f\n", cell[i][0], cell[i][1], cell[i][2]);
    for (size_t i = 0; i < c->n; i++)
        fprintf(out, "%d %.10f %.10f %.10f\n", c->z[i], c->frac[i][0], c->frac[i][1],
                c->frac[i][2]);
}

static itp_status make_key(const itp_engine *e, const itp_job *job, const itp_crystal *end,
                           size_t images, char key[ITP_KEY_SIZE], itp_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return itp_fail(err, ITP_ENOMEM, "key of a job");
    fprintf(out, "interphase atoms 1\n%s\n%s\n%s\nrelax %d force %g steps %ld images %zu\n",
            e->code->kind, e->version, e->model, (int)job->relax, job->force_max, job->steps,
            images);
    print_structure(out, job->atoms);
    for (size_t i = 0; job->frozen && i < job->atoms->n; i++)
        fputc(job->frozen[i] ? '1' : '0', out);
    if (end) print_structure(out, end);
    int failed = fclose(out) != 0;
    if (!failed) itp_cache_key(text, key);
    free(text);
    return failed ? itp_fail(err, ITP_ENOMEM, "key of a job") : ITP_OK;
}

/* ---- judging -------------------------------------------------------------------------------- */

static itp_status judge(const itp_job *job, const itp_energy *a, const char *where, itp_error *err)
{
    enum { ABSURD = 10000 }; /* eV per atom: no bound state of matter */
    double pressure = 0, per_atom = a->energy / (double)job->atoms->n;
    for (int i = 0; i < 6; i++) pressure = fmax(pressure, fabs(a->stress[i]));
    if (!isfinite(a->energy) || !isfinite(a->force) || fabs(per_atom) > ABSURD)
        return itp_fail(err, ITP_ERESULT,
                        "an energy of %g eV per atom with a force of %g cannot be%s", per_atom,
                        a->force, where);
    if (job->relax == ITP_RELAX_NONE) return ITP_OK;
    if (a->force > 1.01 * job->force_max)
        return itp_fail(
            err, ITP_ESCIENTIFIC,
            "forces did not converge: %.2g eV/angstrom is left, %.2g allowed, in %ld steps; "
            "correction: raise steps, or start from other heights (gap)%s",
            a->force, job->force_max, job->steps, where);
    if (job->relax == ITP_RELAX_CELL && pressure > 0.05)
        return itp_fail(
            err, ITP_ESCIENTIFIC,
            "the cell did not converge: %.2g GPa is left; correction: raise steps, or start from "
            "other lattice constants%s",
            pressure, where);
    double before = itp_crystal_volume(job->atoms), after = itp_crystal_volume(a->final);
    if (!(after > 0.5 * before && after < 2 * before))
        return itp_fail(
            err, ITP_ESCIENTIFIC,
            "the volume went from %.1f to %.1f cubic angstrom: not the phase that was asked%s",
            before, after, where);
    return ITP_OK;
}

itp_status itp_engine_run(itp_engine *e, const itp_job *job, itp_energy *out, itp_error *err)
{
    char key[ITP_KEY_SIZE], folder[PATH_ROOM], where[PATH_ROOM + 8], *text = NULL;
    const char *argv[ITP_ARGUMENTS_MAX] = {e->program};
    itp_energy answer = {.energy = NAN};
    itp_status st = learn_version(e, err);
    if (st == ITP_OK) st = make_key(e, job, NULL, 0, key, err);
    if (st != ITP_OK) return st;
    if (itp_cache_get(e->cache, key, &text)) {
        st = itp_answer_parse(text, job->atoms, &answer);
        free(text);
        if (st == ITP_OK && judge(job, &answer, "", NULL) == ITP_OK) {
            e->count.cached++;
            answer.cached = 1;
            *out = answer;
            return ITP_OK;
        }
        itp_energy_deinit(&answer);
    }
    if ((st = make_run_folder(e, job->label, folder, err)) != ITP_OK) return st;
    for (int i = 0; e->code->arguments[i]; i++) argv[i + 1] = e->code->arguments[i];
    st = e->code->write(folder, e->model, job, err);
    if (st == ITP_OK) st = execute(e, argv, folder, &answer.seconds, err);
    if (st != ITP_OK) return st;
    if ((st = itp_answer_read(folder, job->atoms, &answer, err)) != ITP_OK) return st;
    snprintf(where, sizeof where, "; see %s", folder);
    if ((st = judge(job, &answer, where, err)) != ITP_OK) {
        itp_energy_deinit(&answer);
        return st;
    }
    if ((text = itp_answer_print(&answer))) (void)itp_cache_put(e->cache, key, text);
    free(text);
    itp_remove_folder(folder);
    *out = answer;
    return ITP_OK;
}

/* ---- bands ---------------------------------------------------------------------------------- */

itp_status itp_engine_band(itp_engine *e, const itp_job *initial, const itp_crystal *final,
                           size_t images, itp_band *out, itp_error *err)
{
    char key[ITP_KEY_SIZE], folder[PATH_ROOM], *text = NULL;
    const char *argv[ITP_ARGUMENTS_MAX] = {NULL};
    itp_band band = {.images = images};
    if (images < 3 || images > 31 || final->n != initial->atoms->n)
        return itp_fail(err, ITP_EINVAL, "a band of %zu images between %zu and %zu atoms", images,
                        initial->atoms->n, final->n);
    itp_status st = learn_version(e, err);
    if (st == ITP_OK) st = make_key(e, initial, final, images, key, err);
    if (st != ITP_OK) return st;
    if (itp_cache_get(e->cache, key, &text)) {
        st = itp_band_parse(text, &band);
        free(text);
        if (st == ITP_OK && band.images == images) {
            e->count.cached++;
            band.cached = 1;
            *out = band;
            return ITP_OK;
        }
    }
    if ((st = make_run_folder(e, "band", folder, err)) != ITP_OK) return st;
    st = e->code->write_band(folder, e->model, initial, final, images, err);
    e->code->band_arguments(images, e->program, argv);
    if (st == ITP_OK) st = execute(e, argv, folder, &band.seconds, err);
    if (st == ITP_OK) st = e->code->read_band(folder, images, &band, err);
    if (st != ITP_OK) return st;
    band.images = images;
    band.barrier = 0;
    for (size_t i = 0; i < images; i++) {
        if (!isfinite(band.energies[i]))
            return itp_fail(err, ITP_ERESULT, "an image has no energy; see %s", folder);
        band.barrier = fmax(band.barrier, band.energies[i] - band.energies[0]);
    }
    band.reaction = band.energies[images - 1] - band.energies[0];
    if (band.force > 1.5 * initial->force_max)
        return itp_fail(err, ITP_ESCIENTIFIC,
                        "the band did not converge: %.2g eV/angstrom is left, %.2g allowed; "
                        "correction: raise steps; see %s",
                        band.force, initial->force_max, folder);
    if ((text = itp_band_print(&band))) (void)itp_cache_put(e->cache, key, text);
    free(text);
    itp_remove_folder(folder);
    *out = band;
    return ITP_OK;
}

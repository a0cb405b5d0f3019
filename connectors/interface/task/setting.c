/* setting.c - JSON into settings; an unknown key is an error, and says what is known.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "setting.h"

#include <math.h>
#include <string.h>

static const char *const KEYS[] = {
    "engine", "model",  "phases",    "force",    "steps",     "thickness", "vacuum", "gap",
    "check",  "cache",  "reference", "surfaces", "miller",    "area",      "strain", "axis",
    "sigma",  "plane",  "search",    "delete",   "supercell", "hop",       "adatom", "images",
    "layers", "frozen", "tolerance", "share",    "lattice",   NULL};

void setting_deinit(setting *s)
{
    json_decref(s->json);
    s->json = NULL;
}

itp_status setting_number(const setting *s, const char *key, double low, double high, double *value,
                          itp_error *err)
{
    const json_t *item = json_object_get(s->json, key);
    if (!item) return ITP_OK;
    double number = json_number_value(item);
    if (!json_is_number(item) || !(number >= low && number <= high))
        return itp_fail(err, ITP_EINVAL, "with: %s must be a number from %g to %g", key, low, high);
    *value = number;
    return ITP_OK;
}

itp_status setting_whole(const setting *s, const char *key, long low, long high, long *value,
                         itp_error *err)
{
    double number = (double)*value;
    itp_status st = setting_number(s, key, (double)low, (double)high, &number, err);
    if (st != ITP_OK) return st;
    if (number != floor(number))
        return itp_fail(err, ITP_EINVAL, "with: %s must be a whole number", key);
    *value = (long)number;
    return ITP_OK;
}

itp_status setting_triple(const setting *s, const char *key, int out[3], int *found, itp_error *err)
{
    const json_t *item = json_object_get(s->json, key);
    *found = item != NULL;
    if (!item) return ITP_OK;
    for (size_t i = 0; i < 3; i++) {
        const json_t *one = json_array_get(item, i);
        if (!json_is_integer(one) || json_array_size(item) != 3 ||
            llabs(json_integer_value(one)) > 99)
            return itp_fail(err, ITP_EINVAL, "with: %s must be three whole numbers, e.g. [2, 1, 0]",
                            key);
        out[i] = (int)json_integer_value(one);
    }
    return ITP_OK;
}

const char *setting_text(const setting *s, const char *key)
{
    return json_string_value(json_object_get(s->json, key));
}

static void join_path(char *out, size_t size, const char *base, const char *file)
{
    if (file[0] == '/' || !*base)
        snprintf(out, size, "%s", file);
    else
        snprintf(out, size, "%s/%s", base, file);
}

static itp_status read_phases(setting *s, const char *base, itp_error *err)
{
    const json_t *list = json_object_get(s->json, "phases");
    size_t n = json_array_size(list);
    if (n == 0 || n > PHASES_MAX)
        return itp_fail(err, ITP_EINVAL, "with: phases must list 1 to %d structure files",
                        PHASES_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *file = json_string_value(json_array_get(list, i));
        if (!file) return itp_fail(err, ITP_EINVAL, "with: phases must be names of files");
        join_path(s->files[i], sizeof s->files[i], base, file);
    }
    s->n_files = n;
    return ITP_OK;
}

static itp_status read_thickness(setting *s, itp_error *err)
{
    const json_t *item = json_object_get(s->json, "thickness");
    s->recipe.thickness[0] = s->recipe.thickness[1] = 12;
    if (!item) return ITP_OK;
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_is_array(item) ? json_array_get(item, i) : item;
        double value = json_number_value(one);
        if (!json_is_number(one) || !(value >= 2 && value <= 200))
            return itp_fail(
                err, ITP_EINVAL,
                "with: thickness must be from 2 to 200 (angstrom), or two such numbers");
        s->recipe.thickness[i] = value;
    }
    return ITP_OK;
}

static itp_status read_words(setting *s, const char *base, itp_error *err)
{
    const json_t *check = json_object_get(s->json, "check");
    const char *engine = setting_text(s, "engine"), *model = setting_text(s, "model");
    const char *reference = setting_text(s, "reference"), *cache = setting_text(s, "cache");
    snprintf(s->engine, sizeof s->engine, "%s", engine ? engine : "lammps");
    if (!model)
        return itp_fail(err, ITP_EINVAL, "with: model is missing, e.g. eam/fs:Al_mm.eam.fs");
    if (strstr(model, ".py:")) /* a calculator of ASE's, in a file beside the campaign */
        join_path(s->model, sizeof s->model, base, model);
    else
        snprintf(s->model, sizeof s->model, "%s", model);
    const char *lattice = setting_text(s, "lattice");
    if (lattice && strcmp(lattice, "file") != 0 && strcmp(lattice, "model") != 0)
        return itp_fail(err, ITP_EINVAL, "with: lattice is '%s'; model or file is allowed",
                        lattice);
    s->keep_lattice = lattice && strcmp(lattice, "file") == 0;
    s->reference = ITP_REFERENCE_SURFACE;
    if (reference && strcmp(reference, "common") == 0)
        s->reference = ITP_REFERENCE_COMMON;
    else if (reference && strcmp(reference, "surface") != 0)
        return itp_fail(err, ITP_EINVAL, "with: reference is '%s'; surface or common is allowed",
                        reference);
    for (size_t i = 0; i < json_array_size(check); i++) {
        const char *word = json_string_value(json_array_get(check, i));
        if (word && strcmp(word, "thickness") == 0)
            s->check_thickness = 1;
        else if (word && strcmp(word, "vacuum") == 0)
            s->check_vacuum = 1;
        else
            return itp_fail(err, ITP_EINVAL,
                            "with: check lists thickness and vacuum, nothing else");
    }
    s->has_cache = cache != NULL;
    if (cache && *cache) join_path(s->cache, sizeof s->cache, base, cache);
    return ITP_OK;
}

itp_status setting_read(const char *options, const char *base, setting *out, itp_error *err)
{
    json_error_t why;
    setting s = {.force = 0.02, .tolerance = 0.02, .steps = 2000, .recipe = {{12, 12}, 12, NAN, 0}};
    s.json = json_loads(options, 0, &why);
    if (!json_is_object(s.json)) {
        setting_deinit(&s);
        return itp_fail(err, ITP_EINVAL, "with: is not an object: %s", why.text);
    }
    const char *key;
    json_t *value;
    json_object_foreach(s.json, key, value)
    {
        size_t k = 0;
        while (KEYS[k] && strcmp(KEYS[k], key) != 0) k++;
        if (KEYS[k]) continue;
        (void)itp_fail(err, ITP_EINVAL,
                       "with: %s is not known here; engine, model, phases, thickness, ... are",
                       key);
        setting_deinit(&s);
        return ITP_EINVAL;
    }
    itp_status st = read_phases(&s, base, err);
    if (st == ITP_OK) st = read_words(&s, base, err);
    if (st == ITP_OK) st = read_thickness(&s, err);
    if (st == ITP_OK) st = setting_number(&s, "force", 1e-6, 1, &s.force, err);
    if (st == ITP_OK) st = setting_number(&s, "tolerance", 1e-6, 1, &s.tolerance, err);
    if (st == ITP_OK) st = setting_whole(&s, "steps", 1, 1000000, &s.steps, err);
    if (st == ITP_OK) st = setting_number(&s, "vacuum", 6, 100, &s.recipe.vacuum, err);
    if (st == ITP_OK) st = setting_number(&s, "gap", 0.5, 10, &s.recipe.gap, err);
    if (st == ITP_OK) st = setting_number(&s, "delete", 0, 4, &s.recipe.delete_below, err);
    if (st != ITP_OK) {
        setting_deinit(&s);
        return st;
    }
    *out = s;
    return ITP_OK;
}

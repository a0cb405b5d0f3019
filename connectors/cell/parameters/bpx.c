/* bpx.c - Battery Parameter eXchange files: JSON whose functions are numbers, expressions in x, or
 * tables. What this model has no counterpart for (blended electrodes, hysteresis) is refused by
 * name. SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "parameters.h"

typedef struct bpx {
    itp_cell_parameters *p;
    const char *file, *section;
    json_t *object;
    itp_error *err;
    itp_status st;
} bpx;

static int failed(const bpx *b)
{
    return b->st != ITP_OK;
}

/* A required number; `otherwise` not NaN makes it optional. */
static double number(bpx *b, const char *key, double otherwise)
{
    json_t *v = json_object_get(b->object, key);
    if (failed(b)) return 0;
    if (json_is_number(v)) return json_number_value(v);
    if (!v && !isnan(otherwise)) return otherwise;
    b->st = itp_fail(b->err, ITP_EPARSE, "%s: %s: \"%s\" %s", b->file, b->section, key,
                     v ? "must be a number" : "is missing");
    return 0;
}

static itp_status table(bpx *b, const char *key, const json_t *v, itp_curve *out)
{
    json_t *x = json_object_get(v, "x"), *y = json_object_get(v, "y");
    double xs[ITP_CURVE_POINTS], ys[ITP_CURVE_POINTS];
    size_t n = json_array_size(x);
    if (!json_is_array(x) || json_array_size(y) != n || n > ITP_CURVE_POINTS)
        return itp_fail(b->err, ITP_EPARSE,
                        "%s: %s: \"%s\" needs equally long lists x and y of at most %d", b->file,
                        b->section, key, ITP_CURVE_POINTS);
    for (size_t i = 0; i < n; i++) {
        xs[i] = json_number_value(json_array_get(x, i));
        ys[i] = json_number_value(json_array_get(y, i));
    }
    return itp_curve_table(out, n, xs, ys, b->err);
}

static void curve(bpx *b, const char *key, itp_curve *out, double otherwise)
{
    json_t *v = json_object_get(b->object, key);
    if (failed(b)) return;
    if (!v && !isnan(otherwise))
        itp_curve_constant(out, otherwise);
    else if (json_is_number(v))
        itp_curve_constant(out, json_number_value(v));
    else if (json_is_string(v))
        b->st = itp_curve_parse(out, json_string_value(v), b->err);
    else if (json_is_object(v))
        b->st = table(b, key, v, out);
    else
        b->st = itp_fail(b->err, ITP_EPARSE, "%s: %s: \"%s\" is missing", b->file, b->section, key);
}

/* BPX gives the transport efficiency B; ours is porosity^b. */
static double bruggeman(bpx *b, double porosity)
{
    double efficiency = number(b, "Transport efficiency", pow(porosity, 1.5));
    if (!failed(b) && !(efficiency > 0 && efficiency <= 1 && porosity > 0 && porosity <= 1))
        b->st = itp_fail(b->err, ITP_ERANGE, "%s: %s: porosity or transport efficiency", b->file,
                         b->section);
    return porosity < 1 ? log(efficiency) / log(porosity) : 0;
}

static void electrode(bpx *b, itp_cell_electrode *e, int fills)
{
    if (json_object_get(b->object, "Particle")) {
        b->st = itp_fail(b->err, ITP_ENOTSUP, "%s: %s: blended electrodes are not modelled",
                         b->file, b->section);
        return;
    }
    double area = number(b, "Surface area per unit volume [m-1]", NAN), low, high;
    e->radius = number(b, "Particle radius [m]", NAN);
    e->active = area * e->radius / 3;
    e->thickness = number(b, "Thickness [m]", NAN);
    e->porosity = number(b, "Porosity", fmax(0.01, 0.95 * (1 - e->active))); /* SPM leaves it out */
    e->bruggeman_electrolyte = bruggeman(b, e->porosity);
    e->bruggeman_solid = 0; /* BPX's conductivity is effective */
    e->conductivity = number(b, "Conductivity [S.m-1]", 100);
    e->c_max = number(b, "Maximum concentration [mol.m-3]", NAN);
    low = number(b, "Minimum stoichiometry", NAN);
    high = number(b, "Maximum stoichiometry", NAN);
    e->c_init = e->c_max * (fills ? high : low);
    e->exchange_energy = number(b, "Reaction rate constant activation energy [J.mol-1]", 0);
    e->diffusion_energy = number(b, "Diffusivity activation energy [J.mol-1]", 0);
    double rate = number(b, "Reaction rate constant [mol.m-2.s-1]", NAN);
    e->exchange = ITP_CELL_F * rate / 2 * sqrt(ITP_CELL_C_REF / b->p->c_e);
    curve(b, "OCP [V]", &e->ocp, NAN);
    curve(b, "Entropic change coefficient [V.K-1]", &e->entropic, 0);
    curve(b, "Diffusivity [m2.s-1]", &e->shape, NAN);
    if (failed(b)) return;
    e->diffusivity = itp_curve_at(&e->shape, 0.5, NULL); /* the shape is relative to the middle */
    if (!(e->diffusivity > 0))
        b->st = itp_fail(b->err, ITP_ERANGE, "%s: %s: diffusivity is not positive at 0.5", b->file,
                         b->section);
    else
        b->st = itp_curve_scale(&e->shape, 1 / e->diffusivity, b->err);
}

static void open_section(bpx *b, json_t *all, const char *name)
{
    b->section = name;
    b->object = json_object_get(all, name);
    if (!failed(b) && !json_is_object(b->object))
        b->st = itp_fail(b->err, ITP_EPARSE, "%s: section \"%s\" is missing", b->file, name);
}

static void read_cell(bpx *b)
{
    itp_cell_parameters *p = b->p;
    p->area = number(b, "Electrode area [m2]", NAN);
    p->parallel = number(b, "Number of electrode pairs connected in parallel to make a cell", 1);
    p->nominal = number(b, "Nominal cell capacity [A.h]", NAN);
    p->v_low = p->v_empty = number(b, "Lower voltage cut-off [V]", NAN);
    p->v_high = p->v_full = number(b, "Upper voltage cut-off [V]", NAN);
    p->t_ref = number(b, "Reference temperature [K]", 298.15);
    p->t_ambient = number(b, "Ambient temperature [K]", p->t_ref);
    p->t_initial = number(b, "Initial temperature [K]", p->t_ambient);
    p->volume = number(b, "Volume [m3]", p->volume);
    p->cooling_area = number(b, "External surface area [m2]", p->cooling_area);
    /* One density and heat capacity for the whole cell: given to every layer. */
    double density = number(b, "Density [kg.m-3]", 2000);
    double heat = number(b, "Specific heat capacity [J.K-1.kg-1]", 1000);
    p->neg.density = p->pos.density = p->sep_density = density;
    p->neg_foil_density = p->pos_foil_density = density;
    p->neg.heat_capacity = p->pos.heat_capacity = p->sep_heat_capacity = heat;
    p->neg_foil_heat = p->pos_foil_heat = heat;
}

static void read_electrolyte(bpx *b, json_t *all)
{
    itp_cell_parameters *p = b->p;
    if (!json_object_get(all, "Electrolyte")) return; /* SPM files: the set's stays */
    open_section(b, all, "Electrolyte");
    p->c_e = number(b, "Initial concentration [mol.m-3]", 1000);
    p->transference = number(b, "Cation transference number", NAN);
    p->diffusion_energy = number(b, "Diffusivity activation energy [J.mol-1]", 0);
    p->conduction_energy = number(b, "Conductivity activation energy [J.mol-1]", 0);
    curve(b, "Diffusivity [m2.s-1]", &p->diffusivity, NAN);
    curve(b, "Conductivity [S.m-1]", &p->conductivity, NAN);
}

static void read_all(bpx *b, json_t *all)
{
    open_section(b, all, "Cell");
    if (!failed(b)) read_cell(b);
    if (!failed(b)) read_electrolyte(b, all);
    open_section(b, all, "Negative electrode");
    if (!failed(b)) electrode(b, &b->p->neg, 1);
    open_section(b, all, "Positive electrode");
    if (!failed(b)) electrode(b, &b->p->pos, 0);
    if (failed(b) || !json_object_get(all, "Separator")) return;
    open_section(b, all, "Separator");
    b->p->sep_thickness = number(b, "Thickness [m]", NAN);
    b->p->sep_porosity = number(b, "Porosity", NAN);
    b->p->sep_bruggeman = bruggeman(b, b->p->sep_porosity);
}

/* Full and empty are what the file's stoichiometry limits say, not its voltage limits. */
static void set_window(itp_cell_parameters *p, json_t *all)
{
    json_t *n = json_object_get(all, "Negative electrode");
    json_t *q = json_object_get(all, "Positive electrode");
    double full = itp_cell_ocp(&p->pos, p->pos.c_init / p->pos.c_max, NULL) -
                  itp_cell_ocp(&p->neg, p->neg.c_init / p->neg.c_max, NULL);
    double low = json_number_value(json_object_get(n, "Minimum stoichiometry"));
    double high = json_number_value(json_object_get(q, "Maximum stoichiometry"));
    double empty = itp_cell_ocp(&p->pos, high, NULL) - itp_cell_ocp(&p->neg, low, NULL);
    if (isfinite(full) && isfinite(empty) && full > empty) p->v_full = full, p->v_empty = empty;
}

itp_status itp_cell_bpx(itp_cell_parameters *p, const char *json, const char *name, itp_error *err)
{
    json_error_t why;
    json_t *root = json_loads(json, 0, &why);
    if (!root)
        return itp_fail(err, ITP_EPARSE, "%s:%d:%d: %s", name, why.line, why.column, why.text);
    itp_cell_parameters built;
    bpx b = {.p = &built, .file = name, .section = "Parameterisation", .err = err};
    b.st = itp_cell_published(&built, "Chen2020", err); /* what BPX leaves open */
    json_t *all = json_object_get(root, "Parameterisation");
    json_t *extra = json_object_get(all, "User-defined");
    const char *key;
    json_t *value;
    if (!failed(&b) && !json_is_object(all))
        b.st = itp_fail(err, ITP_EPARSE, "%s: no \"Parameterisation\"", name);
    if (!failed(&b))
        json_object_foreach(extra, key, value) if (strstr(key, "OCP")) b.st =
            itp_fail(err, ITP_ENOTSUP, "%s: User-defined \"%s\" is not modelled", name, key);
    if (!failed(&b)) read_all(&b, all);
    if (!failed(&b)) set_window(&built, all);
    json_decref(root);
    if (!failed(&b)) *p = built;
    return b.st;
}

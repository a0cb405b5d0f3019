/* main.c - `interphase interfaces`: from two structure files to a candidate table, and back from a
 *   name to atoms. The table goes aside and is renamed when it is whole.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

enum { EXIT_USAGE = 2, EXIT_FAILED = 3 };

typedef struct phases {
    itp_phase *list[2];
} phases;

static itp_status open_phases(const options *o, phases *p, itp_error *err)
{
    for (int i = 0; i < o->n_files; i++) {
        itp_crystal *c = NULL;
        itp_status st = itp_crystal_read(&c, o->files[i], err);
        if (st == ITP_OK) st = itp_phase_create(&p->list[i], c, o->symprec, err);
        itp_crystal_destroy(c);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

static void close_phases(phases *p)
{
    for (int i = 0; i < 2; i++) itp_phase_destroy(p->list[i]);
}

/* ---- the table ---------------------------------------------------------------------------------
 */

typedef struct table {
    FILE *out;
    int progress;
} table;

static itp_status write_row(void *ctx, const itp_candidate *c)
{
    table *t = ctx;
    char lower[ITP_NAME_MAX], upper[ITP_NAME_MAX];
    itp_surface_name(c->join->lower, c->join->lower_cut, sizeof lower, lower);
    itp_surface_name(c->join->upper, c->join->upper_cut, sizeof upper, upper);
    fprintf(t->out, "%s,%s,%s", c->name, lower, upper);
    for (size_t k = 0; k < ITP_DESCRIPTOR_COUNT; k++) {
        if (isnan(c->descriptors[k]))
            fputc(',', t->out);
        else
            fprintf(t->out, ",%.6g", c->descriptors[k]);
    }
    return fputc('\n', t->out) == EOF ? ITP_EIO : ITP_OK;
}

static void show_progress(void *ctx, double fraction, size_t found)
{
    const table *t = ctx;
    if (t->progress) fprintf(stderr, "\r%3.0f %%  %zu interfaces", 100 * fraction, found);
    if (t->progress && fraction >= 1) fputc('\n', stderr);
}

static itp_status write_table(const options *o, const phases *p, FILE *out, size_t *n,
                              itp_error *err)
{
    table t = {out, !o->quiet && isatty(2)};
    itp_catalogue what = {
        .phases = {p->list[0], p->list[1]},
        .facets = {o->n_facets[0] ? o->facets[0] : NULL, o->n_facets[1] ? o->facets[1] : NULL},
        .n_facets = {o->n_facets[0], o->n_facets[1]},
        .miller_max = o->miller_max,
        .bounds = {o->area, o->strain, 0},
        .smallest = (size_t)o->smallest,
        .registry_step = o->step,
        .registry_most = o->registries,
        .share = o->share,
        .recipe = {{o->thickness[0], o->thickness[1]}, o->vacuum, o->gap, 0},
        .most = (size_t)o->most,
        .periodic = o->leave_polar};
    itp_catalogue_user user = {write_row, show_progress, &t};
    fputs("interface,lower,upper", out);
    for (size_t k = 0; k < ITP_DESCRIPTOR_COUNT; k++) fprintf(out, ",%s", itp_descriptor_name(k));
    fputc('\n', out);
    itp_status st = itp_catalogue_list(&what, &user, n, err);
    if (st == ITP_OK && ferror(out)) st = itp_fail(err, ITP_EIO, "the table cannot be written");
    return st;
}

static itp_status list_candidates(const options *o, const phases *p, itp_error *err)
{
    char aside[4096];
    size_t n = 0;
    if (!o->output) return write_table(o, p, stdout, &n, err);
    if ((size_t)snprintf(aside, sizeof aside, "%s.part", o->output) >= sizeof aside)
        return itp_fail(err, ITP_EIO, "%s: the path is too long", o->output);
    FILE *out = fopen(aside, "w");
    if (!out) return itp_fail(err, ITP_EIO, "%s: %s", aside, strerror(errno));
    itp_status st = write_table(o, p, out, &n, err);
    if (fclose(out) != 0 && st == ITP_OK)
        st = itp_fail(err, ITP_EIO, "%s: %s", aside, strerror(errno));
    if (st == ITP_OK && rename(aside, o->output) != 0)
        st = itp_fail(err, ITP_EIO, "%s: %s", o->output, strerror(errno));
    if (st != ITP_OK)
        (void)unlink(aside);
    else if (!o->quiet)
        fprintf(stderr, "%zu interfaces of %s and %s in %s\n", n, p->list[0]->label,
                p->list[1]->label, o->output);
    return st;
}

/* ---- one structure -----------------------------------------------------------------------------
 */

static itp_status write_crystal(const options *o, const itp_crystal *c, const char *title,
                                itp_error *err)
{
    if (o->output) return itp_crystal_write(o->output, c, ITP_FORMAT_AUTO, title, err);
    char *text = NULL;
    itp_status st = itp_crystal_print(&text, c, ITP_FORMAT_EXTXYZ, title);
    if (st != ITP_OK) return itp_fail(err, st, "%s", title);
    fputs(text, stdout);
    free(text);
    return ITP_OK;
}

static itp_status build(const options *o, const phases *p, itp_error *err)
{
    const itp_phase *list[2] = {p->list[0], p->list[1]};
    itp_named named;
    itp_bicrystal *bi = NULL;
    itp_recipe recipe = {{o->thickness[0], o->thickness[1]}, o->vacuum, o->gap, 0};
    itp_status st = itp_name_resolve(o->name, list, 2, &named, err);
    if (st != ITP_OK) return st;
    st = itp_bicrystal_create(&bi, &named.join, &recipe, err);
    if (st == ITP_OK) st = write_crystal(o, bi->crystal, o->name, err);
    if (st == ITP_OK && !o->quiet)
        fprintf(stderr, "%zu atoms, %.2f angstrom^2, gap %.3f angstrom\n", bi->crystal->n, bi->area,
                bi->gap);
    itp_bicrystal_destroy(bi);
    itp_named_deinit(&named);
    return st;
}

static itp_status list_surfaces(const options *o, const itp_phase *p, itp_error *err)
{
    itp_miller *list = NULL;
    size_t n = 0;
    itp_status st = itp_phase_facets(p, o->miller_max, &list, &n, err);
    if (st == ITP_OK)
        printf("surface,area,period,plane,density,cut,spacing,symmetric,dipole_period\n");
    for (size_t i = 0; st == ITP_OK && i < n; i++) {
        itp_facet *f = NULL;
        st = itp_facet_create(&f, p, list[i], err);
        for (size_t t = 0; st == ITP_OK && t < f->n_terminations; t++) {
            char name[ITP_NAME_MAX];
            itp_slab *slab = NULL;
            itp_surface_facts facts = itp_surface_describe(f, t);
            itp_surface_name(f, t, sizeof name, name);
            st = itp_slab_create(&slab, f, t, ITP_SLAB_STOICHIOMETRIC, 1, 10, err);
            if (st != ITP_OK) break;
            printf("%s,%.4f,%.4f,%s,%.5f,%.5f,%.4f,%s,", name, f->area, f->period,
                   f->planes[f->terminations[t]].formula, facts.density, facts.cut, facts.spacing,
                   slab->symmetric ? "yes" : "no");
            if (slab->charges_known) printf("%.5f", slab->dipole_period);
            fputc('\n', stdout);
            itp_slab_destroy(slab);
        }
        itp_facet_destroy(f);
    }
    free(list);
    return st;
}

static itp_status write_slab(const options *o, const itp_phase *p, itp_error *err)
{
    itp_facet *f = NULL;
    itp_slab *slab = NULL;
    char name[ITP_NAME_MAX];
    itp_status st = itp_facet_create(&f, p, o->slab, err);
    if (st != ITP_OK) return st;
    st = itp_slab_create(&slab, f, (size_t)o->termination, o->kind, (size_t)o->periods, o->vacuum,
                         err);
    if (st == ITP_OK) {
        itp_surface_name(f, (size_t)o->termination, sizeof name, name);
        st = write_crystal(o, slab->crystal, name, err);
        if (!o->quiet)
            fprintf(stderr, "%zu atoms, %.3f angstrom^2, %.3f angstrom thick%s%s\n",
                    slab->crystal->n, slab->area, slab->thickness,
                    slab->symmetric ? ", symmetric" : "",
                    slab->stoichiometric ? ", stoichiometric" : "");
    }
    itp_slab_destroy(slab);
    itp_facet_destroy(f);
    return st;
}

static void print_vocabulary(void)
{
    puts("| column | unit | EMMO term | meaning |\n| --- | --- | --- | --- |");
    for (size_t k = 0; k < ITP_DESCRIPTOR_COUNT; k++)
        printf("| %s | %s | %s | %s |\n", itp_descriptor_name(k), itp_descriptor_unit(k),
               *itp_descriptor_term(k) ? itp_descriptor_term(k) : "-", itp_descriptor_text(k));
}

int main(int argc, char **argv)
{
    options o;
    phases p = {{NULL, NULL}};
    itp_error err = {ITP_OK, ""};
    if (options_read(&o, argc, argv, &err) != ITP_OK) {
        fprintf(stderr, "interphase interfaces: %s (see --help)\n", err.text);
        return EXIT_USAGE;
    }
    itp_status st = open_phases(&o, &p, &err);
    if (st == ITP_OK) {
        switch (o.verb) {
        case VERB_LIST: st = list_candidates(&o, &p, &err); break;
        case VERB_BUILD: st = build(&o, &p, &err); break;
        case VERB_SURFACES: st = list_surfaces(&o, p.list[0], &err); break;
        case VERB_SLAB: st = write_slab(&o, p.list[0], &err); break;
        case VERB_CANONICAL:
            st = write_crystal(&o, p.list[0]->crystal, p.list[0]->label, &err);
            break;
        case VERB_VOCABULARY: print_vocabulary(); break;
        case VERB_HELP: options_help(); break;
        }
    }
    close_phases(&p);
    if (st != ITP_OK) fprintf(stderr, "interphase interfaces: %s\n", err.text);
    return st == ITP_OK ? 0 : EXIT_FAILED;
}

/* catalogue.c - surfaces times surfaces times matches times registries, each once.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "slab.h"
#include "vec.h"

enum { CANDIDATES_MAX = 1000000 };

/* One facet with what is known of its terminations. */
typedef struct ready {
    itp_facet *facet;
    itp_surface_facts *facts;
    unsigned char *skip; /* polar, when those are not wanted */
} ready;

typedef struct side {
    ready *list;
    size_t n;
} side;

typedef struct names { /* open addressing over the names' hashes: only to see a name twice */
    uint64_t *hash;
    size_t n, room;
} names;

typedef struct work {
    const itp_catalogue *what;
    const itp_catalogue_user *user;
    side sides[2];
    names seen;
    size_t found;
} work;

static uint64_t hash_of(const char *text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a, 64 bits */
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h ? h : 1;
}

/* 1 when it is new; < 0 without memory. */
static int remember(names *s, const char *name)
{
    if (2 * s->n >= s->room) {
        size_t room = s->room ? 2 * s->room : 4096;
        uint64_t *grown = calloc(room, sizeof *grown);
        if (!grown) return -1;
        for (size_t i = 0; i < s->room; i++) {
            if (!s->hash[i]) continue;
            size_t at = s->hash[i] & (room - 1);
            while (grown[at]) at = (at + 1) & (room - 1);
            grown[at] = s->hash[i];
        }
        free(s->hash);
        s->hash = grown;
        s->room = room;
    }
    uint64_t h = hash_of(name);
    size_t at = h & (s->room - 1);
    for (; s->hash[at]; at = (at + 1) & (s->room - 1))
        if (s->hash[at] == h) return 0;
    s->hash[at] = h;
    s->n++;
    return 1;
}

/* ---- the two sides -----------------------------------------------------------------------------
 */

static void ready_deinit(ready *r)
{
    itp_facet_destroy(r->facet);
    free(r->facts);
    free(r->skip);
}

static int is_polar(const itp_facet *f, size_t t)
{
    itp_slab *slab = NULL;
    if (itp_slab_create(&slab, f, t, ITP_SLAB_STOICHIOMETRIC, 1, 10, NULL) != ITP_OK) return 0;
    int polar = slab->charges_known && fabs(slab->dipole_period) > 1e-6;
    itp_slab_destroy(slab);
    return polar;
}

static itp_status ready_init(ready *r, const itp_phase *phase, itp_miller miller, int leave_polar,
                             itp_error *err)
{
    memset(r, 0, sizeof *r);
    itp_status st = itp_facet_create(&r->facet, phase, miller, err);
    if (st != ITP_OK) return st;
    r->facts = calloc(r->facet->n_terminations, sizeof *r->facts);
    r->skip = calloc(r->facet->n_terminations, 1);
    if (!r->facts || !r->skip) {
        ready_deinit(r);
        return itp_fail(err, ITP_ENOMEM, "facets of %s", phase->label);
    }
    for (size_t t = 0; t < r->facet->n_terminations; t++) {
        r->facts[t] = itp_surface_describe(r->facet, t);
        r->skip[t] = leave_polar && is_polar(r->facet, t);
    }
    return ITP_OK;
}

static itp_status open_side(work *w, int which, itp_error *err)
{
    const itp_catalogue *what = w->what;
    itp_miller *own = NULL;
    const itp_miller *list = what->facets[which];
    size_t n = what->n_facets[which];
    itp_status st = ITP_OK;
    if (!list) {
        st = itp_phase_facets(what->phases[which], what->miller_max, &own, &n, err);
        list = own;
    }
    side *s = &w->sides[which];
    if (st == ITP_OK && !(s->list = calloc(n + 1, sizeof *s->list)))
        st = itp_fail(err, ITP_ENOMEM, "facets of %s", what->phases[which]->label);
    for (size_t i = 0; st == ITP_OK && i < n; i++) {
        itp_miller nice = itp_phase_miller(what->phases[which], list[i]);
        st = ready_init(&s->list[i], what->phases[which], nice, what->periodic, err);
        if (st == ITP_OK) s->n++;
    }
    free(own);
    return st;
}

/* ---- candidates --------------------------------------------------------------------------------
 */

static itp_status give(work *w, const itp_join *join, const ready *a, const ready *b,
                       itp_error *err)
{
    char name[ITP_NAME_MAX];
    double descriptors[ITP_DESCRIPTOR_COUNT];
    itp_join normal = itp_join_normal(join);
    itp_join_name(&normal, name);
    int new = remember(&w->seen, name);
    if (new < 0) return itp_fail(err, ITP_ENOMEM, "%zu candidates", w->found);
    if (!new) return ITP_OK;
    const ready *low = normal.lower == a->facet ? a : b, *high = low == a ? b : a;
    itp_status st =
        itp_join_describe(&normal, &low->facts[normal.lower_cut], &high->facts[normal.upper_cut],
                          &w->what->recipe, descriptors, err);
    if (st != ITP_OK) return st;
    itp_candidate candidate = {&normal, name, descriptors};
    size_t most = w->what->most ? w->what->most : CANDIDATES_MAX;
    if (++w->found > most)
        return itp_fail(err, ITP_ERANGE,
                        "more than %zu candidates: lower the area, the strain or the facets", most);
    return w->user->take(w->user->ctx, &candidate);
}

static itp_status give_registries(work *w, const itp_join *join, const ready *a, const ready *b,
                                  itp_error *err)
{
    itp_pair *list = NULL;
    size_t n = 0;
    itp_join normal = itp_join_normal(join);
    itp_status st = itp_join_registries(&normal, w->what->registry_step, w->what->registry_most,
                                        &list, &n, err);
    for (size_t i = 0; st == ITP_OK && i < n; i++) {
        itp_join one = normal;
        one.pair = list[i];
        st = give(w, &one, a, b, err);
    }
    free(list);
    return st;
}

static itp_status give_facets(work *w, const ready *a, const ready *b, itp_error *err)
{
    itp_match *list = NULL;
    size_t n = 0;
    itp_status st =
        itp_match_list(a->facet, b->facet, &w->what->bounds, ITP_TURN_NO, &list, &n, err);
    if (st != ITP_OK) return st;
    if (w->what->smallest && n > w->what->smallest) n = w->what->smallest;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < a->facet->n_terminations; t++)
            for (size_t u = 0; st == ITP_OK && u < b->facet->n_terminations; u++) {
                if (a->skip[t] || b->skip[u]) continue;
                itp_join join = {a->facet, b->facet, t, u, list[i].pair, w->what->share};
                st = give_registries(w, &join, a, b, err);
            }
    free(list);
    return st;
}

itp_status itp_catalogue_list(const itp_catalogue *what, const itp_catalogue_user *user, size_t *n,
                              itp_error *err)
{
    work w = {.what = what, .user = user};
    itp_status st = open_side(&w, 0, err);
    if (st == ITP_OK) st = open_side(&w, 1, err);
    size_t pairs = w.sides[0].n * w.sides[1].n, done = 0;
    for (size_t i = 0; i < w.sides[0].n; i++)
        for (size_t k = 0; st == ITP_OK && k < w.sides[1].n; k++) {
            st = give_facets(&w, &w.sides[0].list[i], &w.sides[1].list[k], err);
            if (user->progress) user->progress(user->ctx, (double)++done / (double)pairs, w.found);
        }
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; i < w.sides[s].n; i++) ready_deinit(&w.sides[s].list[i]);
        free(w.sides[s].list);
    }
    free(w.seen.hash);
    if (st == ITP_OK) *n = w.found;
    return st;
}

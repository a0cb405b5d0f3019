/* name.c - writing and reading the name of an interface (join.h shows one).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "join.h"
#include "vec.h"

/* ---- writing -----------------------------------------------------------------------------------
 */

static void append(size_t size, char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    if (used < size) vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

void itp_surface_name(const itp_facet *f, size_t termination, size_t size, char *text)
{
    const int *h = f->miller.h;
    int wide = abs(h[0]) > 9 || abs(h[1]) > 9 || abs(h[2]) > 9;
    text[0] = 0;
    append(size, text, "%s(%d%s%d%s%d)", f->phase->label, h[0], wide ? "." : "", h[1],
           wide ? "." : "", h[2]);
    if (termination < 26)
        append(size, text, "%c", (char)('a' + termination));
    else
        append(size, text, "%c%c", (char)('a' + termination / 26 - 1),
               (char)('a' + termination % 26));
}

static void append_fraction(char *text, long numerator)
{
    long divisor = vec_gcd(numerator, ITP_REGISTRY);
    if (numerator == 0)
        append(ITP_NAME_MAX, text, "0");
    else
        append(ITP_NAME_MAX, text, "%ld/%ld", numerator / divisor, ITP_REGISTRY / divisor);
}

/* Percent with two decimals, and no minus zero. */
static double percent(double strain)
{
    double p = round(strain * 1e4) / 100;
    return p == 0 ? 0 : p;
}

void itp_join_name(const itp_join *n, char text[ITP_NAME_MAX])
{
    itp_match m;
    const long(*a)[2] = (const long(*)[2])n->pair.m1, (*b)[2] = (const long(*)[2])n->pair.m2;
    char upper[ITP_NAME_MAX];
    itp_match_measure(&n->pair, n->lower, n->upper, &m);
    itp_surface_name(n->lower, n->lower_cut, ITP_NAME_MAX, text);
    itp_surface_name(n->upper, n->upper_cut, sizeof upper, upper);
    append(ITP_NAME_MAX, text, "|%s|%ld.%ld.%ldx%ld.%ld.%ld.%ld|e%+.2f%+.2fs%g|r", upper, a[0][0],
           a[0][1], a[1][1], b[0][0], b[0][1], b[1][0], b[1][1], percent(m.strain[0]),
           percent(m.strain[1]), n->share / 1000.0);
    append_fraction(text, n->pair.registry[0]);
    append(ITP_NAME_MAX, text, "+");
    append_fraction(text, n->pair.registry[1]);
}

/* ---- reading: a cursor that takes what it expects or remembers where it stopped -----------------
 */

typedef struct cursor {
    const char *at;
    const char *expected; /* NULL while all is well */
} cursor;

static void take(cursor *c, char what, const char *expected)
{
    if (c->expected) return;
    if (*c->at == what)
        c->at++;
    else
        c->expected = expected;
}

static long take_whole(cursor *c, const char *expected)
{
    char *rest;
    if (c->expected) return 0;
    if (*c->at != '-' && (*c->at < '0' || *c->at > '9')) {
        c->expected = expected;
        return 0;
    }
    long value = strtol(c->at, &rest, 10);
    if (rest == c->at || value > 1000000000L || value < -1000000000L) c->expected = expected;
    c->at = rest;
    return value;
}

static double take_number(cursor *c, const char *expected)
{
    char text[24] = {0};
    size_t n = 0;
    if (c->expected) return 0;
    if (*c->at == '+' || *c->at == '-') text[n++] = *c->at++;
    while (n + 1 < sizeof text && ((*c->at >= '0' && *c->at <= '9') || *c->at == '.'))
        text[n++] = *c->at++;
    char *rest;
    double value = strtod(text, &rest);
    if (n == 0 || *rest || rest == text) c->expected = expected;
    return value;
}

static void take_miller(cursor *c, itp_miller *m)
{
    const char *end = strchr(c->at, ')');
    int dotted = end && memchr(c->at, '.', (size_t)(end - c->at)) != NULL;
    for (int i = 0; i < 3 && !c->expected; i++) {
        if (dotted) {
            if (i) take(c, '.', "a dot between Miller indices");
            m->h[i] = (int)take_whole(c, "a Miller index");
        } else {
            int minus = *c->at == '-';
            c->at += minus;
            if (*c->at < '0' || *c->at > '9') {
                c->expected = "a Miller index";
                return;
            }
            m->h[i] = (*c->at++ - '0') * (minus ? -1 : 1);
        }
        if (abs(m->h[i]) > 99) c->expected = "a Miller index up to 99";
    }
}

static void take_surface(cursor *c, char phase[ITP_PHASE_LABEL_MAX], itp_miller *m, size_t *cut)
{
    size_t n = 0;
    if (c->expected) return;
    while (*c->at && *c->at != '(' && n + 1 < ITP_PHASE_LABEL_MAX) phase[n++] = *c->at++;
    phase[n] = 0;
    if (n == 0) c->expected = "a phase";
    take(c, '(', "'(' after the phase");
    if (!c->expected) take_miller(c, m);
    take(c, ')', "')' after the Miller indices");
    if (c->expected) return;
    if (*c->at < 'a' || *c->at > 'z') {
        c->expected = "a termination letter";
        return;
    }
    *cut = (size_t)(*c->at++ - 'a');
    if (*c->at >= 'a' && *c->at <= 'z') *cut = (*cut + 1) * 26 + (size_t)(*c->at++ - 'a');
}

static long take_fraction(cursor *c)
{
    long numerator = take_whole(c, "a registry fraction"), denominator = 1;
    if (!c->expected && *c->at == '/') {
        c->at++;
        denominator = take_whole(c, "a denominator");
    }
    if (c->expected) return 0;
    if (denominator <= 0 || ITP_REGISTRY % denominator || numerator < 0 ||
        numerator >= denominator) {
        if (!(numerator == 0 && denominator == 1))
            c->expected = "a fraction from 0 to 1 of the grid";
        return 0;
    }
    return numerator * (ITP_REGISTRY / denominator);
}

static void take_pair(cursor *c, itp_pair *p)
{
    static const char *const WHAT = "an integer of a superlattice";
    p->m1[0][0] = take_whole(c, WHAT);
    take(c, '.', "a dot");
    p->m1[0][1] = take_whole(c, WHAT);
    take(c, '.', "a dot");
    p->m1[1][1] = take_whole(c, WHAT);
    p->m1[1][0] = 0;
    take(c, 'x', "'x' between the superlattices");
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            if (i || j) take(c, '.', "a dot");
            p->m2[i][j] = take_whole(c, WHAT);
            if (labs(p->m1[i][j]) > 100000 || labs(p->m2[i][j]) > 100000) c->expected = WHAT;
        }
    long lower = p->m1[0][0] * p->m1[1][1];
    long upper = p->m2[0][0] * p->m2[1][1] - p->m2[0][1] * p->m2[1][0];
    if (!c->expected && (lower <= 0 || upper <= 0 || p->m1[0][0] <= 0))
        c->expected = "superlattices of positive area";
}

itp_status itp_surface_parse(const char *text, char phase[ITP_PHASE_LABEL_MAX], itp_miller *miller,
                             size_t *termination, itp_error *err)
{
    cursor c = {text, NULL};
    take_surface(&c, phase, miller, termination);
    if (!c.expected && *c.at) c.expected = "nothing more";
    if (!c.expected) return ITP_OK;
    return itp_fail(err, ITP_EPARSE, "surface '%s': %s expected at letter %d", text, c.expected,
                    (int)(c.at - text) + 1);
}

itp_status itp_name_parse(const char *name, itp_parsed *out, itp_error *err)
{
    cursor c = {name, NULL};
    itp_parsed p = {.share = 0};
    if (strlen(name) >= ITP_NAME_MAX)
        return itp_fail(err, ITP_EPARSE, "an interface's name has at most %d letters",
                        ITP_NAME_MAX - 1);
    take_surface(&c, p.phase[0], &p.miller[0], &p.termination[0]);
    take(&c, '|', "'|' after the lower surface");
    take_surface(&c, p.phase[1], &p.miller[1], &p.termination[1]);
    take(&c, '|', "'|' after the upper surface");
    take_pair(&c, &p.pair);
    take(&c, '|', "'|' after the superlattices");
    take(&c, 'e', "'e' before the misfits");
    p.strain[0] = take_number(&c, "the larger misfit");
    p.strain[1] = take_number(&c, "the smaller misfit");
    take(&c, 's', "'s' before the share");
    double share = take_number(&c, "the share");
    if (!c.expected && !(share >= 0 && share <= 1)) c.expected = "a share from 0 to 1";
    p.share = c.expected ? 0 : (int)lround(share * 1000);
    take(&c, '|', "'|' after the misfits");
    take(&c, 'r', "'r' before the registry");
    p.pair.registry[0] = take_fraction(&c);
    take(&c, '+', "'+' between the registry's parts");
    p.pair.registry[1] = take_fraction(&c);
    if (!c.expected && *c.at) c.expected = "nothing more";
    if (c.expected)
        return itp_fail(err, ITP_EPARSE, "interface '%s': %s expected at letter %d", name,
                        c.expected, (int)(c.at - name) + 1);
    *out = p;
    return ITP_OK;
}

itp_status itp_name_resolve(const char *name, const itp_phase *const *phases, size_t n,
                            itp_named *out, itp_error *err)
{
    itp_parsed p;
    itp_named made = {.facets = {NULL, NULL}};
    itp_status st = itp_name_parse(name, &p, err);
    for (int side = 0; side < 2 && st == ITP_OK; side++) {
        size_t k = 0;
        while (k < n && strcmp(phases[k]->label, p.phase[side]) != 0) k++;
        if (k == n) {
            st = itp_fail(err, ITP_ENOTFOUND, "interface '%s': no phase '%s' is known", name,
                          p.phase[side]);
            break;
        }
        st = itp_facet_create(&made.facets[side], phases[k], p.miller[side], err);
        if (st == ITP_OK && p.termination[side] >= made.facets[side]->n_terminations)
            st = itp_fail(err, ITP_ENOTFOUND, "interface '%s': side %d has %zu terminations", name,
                          side + 1, made.facets[side]->n_terminations);
    }
    if (st == ITP_OK) {
        char again[ITP_NAME_MAX];
        itp_join join = {made.facets[0],   made.facets[1], p.termination[0],
                         p.termination[1], p.pair,         p.share};
        itp_match m;
        itp_match_measure(&p.pair, made.facets[0], made.facets[1], &m);
        made.join = itp_join_normal(&join);
        itp_join_name(&made.join, again);
        if (fabs(percent(m.strain[0]) - p.strain[0]) > 0.011 ||
            fabs(percent(m.strain[1]) - p.strain[1]) > 0.011)
            st = itp_fail(
                err, ITP_EINVAL,
                "interface '%s': these phases misfit by %+.2f %+.2f %%: other lattice constants",
                name, percent(m.strain[0]), percent(m.strain[1]));
        else if (itp_pair_compare(&made.join.pair, &p.pair) != 0 ||
                 made.join.lower != made.facets[0])
            st = itp_fail(err, ITP_EINVAL, "interface '%s' is not in normal form; its name is '%s'",
                          name, again);
    }
    if (st != ITP_OK) {
        itp_named_deinit(&made);
        return st;
    }
    *out = made;
    return ITP_OK;
}

void itp_named_deinit(itp_named *named)
{
    for (int side = 0; side < 2; side++) itp_facet_destroy(named->facets[side]);
    named->facets[0] = named->facets[1] = NULL;
}

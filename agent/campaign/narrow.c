/* narrow.c - see narrow.h. Bounds on parameters become constraints of the space; a table keeps its
 * rows, and those outside are held back. SPDX-License-Identifier: GPL-3.0-or-later */
#include "narrow.h"

#include <math.h>

#include "builder.h"

/* Optimisers hold a constraint to their tolerance only, a station its bound exactly: a continuum
 * keeps this far inside. Whole values are held exactly, and may lie on the bound. */
static double margin(const itp_interval *bound, const itp_param *p)
{
    static const double SHARE = 1e-6;
    double width = bound->high - bound->low;
    if (p->kind == ITP_REAL && isfinite(p->low) && isfinite(p->high) && p->high - p->low < width)
        width = p->high - p->low;
    return p->kind == ITP_REAL ? SHARE * width : -SHARE;
}

static void constrain(builder *b, const itp_param *p, const char *relation, double bound)
{
    char text[200];
    snprintf(text, sizeof text, "`%.100s` %s %.17g", p->name, relation, bound);
    if (itp_space_add_constraint(b->whole->is.space, text, NULL) != ITP_OK)
        schema_error(&b->s, b->whole->root, NULL, "%s", text);
}

void builder_narrow(builder *b)
{
    const itp_space *space = b->whole->is.space;
    for (size_t i = 0; b->extra && space && !b->whole->table && i < b->extra->n; i++) {
        const itp_interval *bound = &b->extra->bounds[i];
        if (bound->param < 0) continue;
        const itp_param *p = itp_space_param(space, (size_t)bound->param);
        int ranged = p->kind == ITP_REAL || p->kind == ITP_INTEGER;
        if (p->kind == ITP_CATEGORICAL || p->context) continue;
        if (isfinite(bound->low) && (!ranged || bound->low > p->low))
            constrain(b, p, ">=", bound->low + margin(bound, p));
        if (isfinite(bound->high) && (!ranged || bound->high < p->high))
            constrain(b, p, "<=", bound->high - margin(bound, p));
    }
}

/* What is not known of a row (inactive, a label) breaks no bound. */
static int is_outside(const itp_campaign *c, size_t row, const itp_interval *bound)
{
    itp_value cell = {.number = NAN};
    double value = NAN;
    if (bound->param >= 0)
        value = itp_space_candidate_point(c->space, row)[bound->param];
    else if (itp_campaign_column(c, row, bound->column, &cell) == ITP_OK)
        value = cell.number;
    return value < bound->low || value > bound->high;
}

void builder_narrow_rows(builder *b)
{
    const itp_campaign *c = &b->whole->is;
    size_t rows = b->extra && c->space ? itp_space_n_candidates(c->space) : 0;
    for (size_t row = 0; row < rows; row++) {
        int outside = 0;
        for (size_t i = 0; i < b->extra->n; i++)
            outside |= is_outside(c, row, &b->extra->bounds[i]);
        if (outside && itp_space_withhold(c->space, row) != ITP_OK) b->findings.out_of_memory = 1;
    }
    if (rows && itp_space_n_withheld(c->space) == rows)
        schema_error(&b->s, b->whole->root, NULL, "no candidate lies within the envelope");
}

itp_status itp_campaign_narrow(itp_campaign **out, const itp_campaign *campaign,
                               const itp_extra *extra)
{
    builder b = {.n_given = campaign->n_files, .given = campaign->files, .extra = extra};
    itp_status st = builder_parse(&b, out, campaign->path, campaign->text);
    if (st == ITP_OK) (*out)->seed = campaign->seed;
    return st;
}

/* suppose.c - each decision of a journal, made again under other settings.
 *   The data are those of the journal, so every line stands alone: how a whole campaign would have
 * gone is for `interphase bench` to run. SPDX-License-Identifier: GPL-3.0-or-later */
#include "suppose.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

itp_status suppose_init(suppose *s, const itp_campaign *as_it_was, size_t n,
                        const char *const *settings, const char *machine, itp_error *err)
{
    *s = (suppose){0};
    itp_status st = itp_campaign_with(&s->campaign, as_it_was, n, settings, err);
    if (st != ITP_OK) return st;
    if (strcmp(s->campaign->agent.surrogate, as_it_was->agent.surrogate) != 0) {
        s->no_fits = calloc(s->campaign->n_outcomes + 1, sizeof *s->no_fits);
        if (!s->no_fits) return itp_fail(err, ITP_ENOMEM, "replay");
    }
    return itp_decider_create(&s->decider, machine, 0);
}

void suppose_deinit(suppose *s)
{
    itp_decider_destroy(s->decider);
    itp_campaign_destroy(s->campaign);
    free(s->no_fits);
    *s = (suppose){0};
}

static int same_picks(const itp_decision *a, const itp_decision *b)
{
    if (a->n_picks != b->n_picks) return 0;
    for (size_t i = 0; i < a->n_picks; i++)
        for (size_t k = 0; k < a->n_params; k++) {
            double x = a->picks[i].point[k], y = b->picks[i].point[k];
            if (!(isnan(x) && isnan(y)) && !(fabs(x - y) <= 1e-6 * fmax(1, fabs(x)))) return 0;
        }
    return 1;
}

static void print_picks(const itp_campaign *c, const char *head, const itp_decision *made)
{
    char point[400], value[100];
    if (made->stop) printf("%-20s stop: %s\n", head, made->stop);
    if (!made->stop && made->n_picks == 0) printf("%-20s nothing: %s\n", head, made->why);
    for (size_t i = 0; i < made->n_picks; i++) {
        const itp_pick *p = &made->picks[i];
        printf("%-20s %-8s %s", i ? "" : head, i ? "" : made->method,
               app_point(point, sizeof point, c, p->point));
        for (size_t o = 0; o < c->n_outcomes; o++)
            if (isfinite(p->mean[o]))
                printf(
                    "  %s %s", c->outcomes[o].name,
                    app_quantity(value, sizeof value, p->mean[o], p->sd[o], c->outcomes[o].unit));
        putchar('\n');
    }
}

itp_status suppose_decision(suppose *s, const itp_snapshot *snapshot, const itp_decision *made,
                            itp_error *err)
{
    itp_snapshot under = *snapshot;
    itp_decision *other;
    char head[40];
    under.campaign = s->campaign;
    if (s->no_fits) under.fits = s->no_fits;
    itp_status st = itp_decide(s->decider, &under, &other, err);
    if (st != ITP_OK) return st;
    snprintf(head, sizeof head, "decision %" PRIu64, made->number);
    if (same_picks(made, other)) {
        s->same++;
        print_picks(s->campaign, head, made);
    } else {
        s->other++;
        print_picks(s->campaign, head, made);
        print_picks(s->campaign, "  instead", other);
    }
    itp_decision_destroy(other);
    return ITP_OK;
}

void suppose_print(const suppose *s)
{
    printf("%zu decisions would have been the same, %zu others; how a whole campaign goes with "
           "these settings: interphase bench\n",
           s->same, s->other);
}

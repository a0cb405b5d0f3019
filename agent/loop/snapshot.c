/* snapshot.c - copies out of the loop what a decision may depend on, in one block.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* One allocation holds the snapshot and its arrays; doubles first, so that all stay aligned. */
typedef struct block {
    itp_snapshot snapshot;
    double *points, *took;
    itp_observation *observations;
    itp_last_fit *fits;
    itp_trial_state *states;
    char *texts;
} block;

static size_t texts_size(const itp_loop *loop)
{
    size_t size = 0;
    for (size_t i = 0; i < loop->campaign->n_outcomes; i++)
        if (loop->fits[i].saved) size += strlen(loop->fits[i].saved) + 1;
    return size;
}

static block *allocate(const itp_loop *loop, size_t n_observations)
{
    size_t p = itp_space_n_params(loop->campaign->space), m = loop->campaign->n_outcomes;
    size_t points = loop->n_trials * p * sizeof(double);
    size_t observations = n_observations * sizeof(itp_observation);
    size_t took = loop->n_trials * sizeof(double);
    size_t fits = m * sizeof(itp_last_fit), states = loop->n_trials * sizeof(itp_trial_state);
    char *bytes =
        malloc(sizeof(block) + points + took + observations + fits + states + texts_size(loop));
    if (!bytes) return NULL;
    block *b = (block *)bytes;
    b->points = (double *)(bytes + sizeof(block));
    b->took = (double *)((char *)b->points + points);
    b->observations = (itp_observation *)((char *)b->took + took);
    b->fits = (itp_last_fit *)((char *)b->observations + observations);
    b->states = (itp_trial_state *)((char *)b->fits + fits);
    b->texts = (char *)b->states + states;
    return b;
}

/* Of the tasks whose cost is measured at the source that was asked; NaN while one is not known. */
static double took(const itp_campaign *c, const trial *t)
{
    double sum = 0;
    for (size_t i = 0; i < c->n_tasks; i++)
        if (c->tasks[i].sources[t->source[i]].cost.measured) sum += t->took[i];
    return sum;
}

static void copy_trials(block *b, const itp_loop *loop)
{
    size_t p = itp_space_n_params(loop->campaign->space);
    for (size_t i = 0; i < loop->n_trials; i++) {
        memcpy(b->points + i * p, loop->trials[i].point, p * sizeof(double));
        b->states[i] = loop->trials[i].state;
        b->took[i] = took(loop->campaign, &loop->trials[i]);
    }
}

static void copy_fits(block *b, const itp_loop *loop)
{
    char *at = b->texts;
    for (size_t i = 0; i < loop->campaign->n_outcomes; i++) {
        b->fits[i] = (itp_last_fit){NULL, loop->fits[i].n_fitted};
        if (!loop->fits[i].saved) continue;
        size_t size = strlen(loop->fits[i].saved) + 1;
        b->fits[i].saved = memcpy(at, loop->fits[i].saved, size);
        at += size;
    }
}

static double trial_cost(const itp_loop *loop)
{
    size_t measured = 0;
    for (size_t i = 0; i < loop->n_trials; i++)
        measured += loop->trials[i].state == ITP_TRIAL_MEASURED;
    return measured && loop->spent_cost > 0 ? loop->spent_cost / (double)measured : NAN;
}

itp_status itp_snapshot_take(itp_snapshot **out, const itp_loop *loop, uint64_t number,
                             size_t wanted)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->n_observations; i++) kept += !loop->observations[i].retracted;
    block *b = allocate(loop, kept);
    if (!b) return ITP_ENOMEM;
    copy_trials(b, loop);
    copy_fits(b, loop);
    kept = 0;
    for (size_t i = 0; i < loop->n_observations; i++)
        if (!loop->observations[i].retracted) b->observations[kept++] = loop->observations[i].seen;
    b->snapshot = (itp_snapshot){
        .campaign = number && loop->decided_in ? loop->decided_in : loop->campaign,
        .number = number,
        .saw = loop->seq,
        .generation = loop->generation,
        .wanted = wanted,
        .committed = loop->n_trials,
        .designed = loop->designed,
        .trial_cost = trial_cost(loop),
        .n_trials = loop->n_trials,
        .points = b->points,
        .states = b->states,
        .took = b->took,
        .n_observations = kept,
        .observations = b->observations,
        .fits = b->fits,
    };
    *out = &b->snapshot;
    return ITP_OK;
}

void itp_snapshot_destroy(itp_snapshot *snapshot)
{
    free(snapshot); /* The block begins with it. */
}

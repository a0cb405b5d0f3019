/* share.c - one worker for several campaigns: who may use how many of its slots, and whose job is
 * next. Each patron that has work here is granted an equal part, rounded up, and one that has none
 * keeps a single slot to come back by; what that grants too much waits here for a slot, and slots
 * go to the patron with the fewest at work. So no slot idles while anybody has work for it, and
 * nobody waits longer than one attempt takes. See session.h. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <string.h>

#include "session.h"

static int is_of(const job *job, const patron *p)
{
    return strcmp(job->offer.campaign, p->campaign) == 0;
}

unsigned share_jobs(const session *s, const patron *p)
{
    unsigned n = 0;
    for (const job *job = s->jobs; job; job = job->next) n += is_of(job, p) != 0;
    return n;
}

static int has_work(const session *s, const patron *p, int64_t now_ms)
{
    return p->state == SESSION_REGISTERED && !p->paused &&
           (now_ms - p->wanted_ms < SHARE_IDLE_MS || share_jobs(s, p) > 0);
}

unsigned share_of(const session *s, const patron *p, int64_t now_ms)
{
    unsigned working = 1; /* this one */
    if (s->n_patrons == 1) return s->options->slots;
    for (unsigned i = 0; i < s->n_patrons; i++)
        working += &s->patrons[i] != p && has_work(s, &s->patrons[i], now_ms);
    /* Who is about to register counts as at work. */
    if (p->state == SESSION_REGISTERED && !has_work(s, p, now_ms)) return 1;
    return (s->options->slots + working - 1) / working;
}

int64_t share_next_ms(const session *s, int64_t now_ms)
{
    int64_t next = INT64_MAX;
    for (unsigned i = 0; s->n_patrons > 1 && i < s->n_patrons; i++) {
        int64_t idle_ms = s->patrons[i].wanted_ms + SHARE_IDLE_MS;
        if (s->patrons[i].state == SESSION_REGISTERED && idle_ms > now_ms && idle_ms < next)
            next = idle_ms;
    }
    return next;
}

static unsigned at_work(const session *s, const patron *p)
{
    unsigned n = 0;
    for (const job *job = s->jobs; job; job = job->next)
        n += job->state != JOB_QUEUED && is_of(job, p);
    return n;
}

/* 1 when `a` comes before `b`. */
static int is_before(const session *s, const patron *a, const patron *b)
{
    unsigned of_a = at_work(s, a), of_b = at_work(s, b);
    return of_a != of_b ? of_a < of_b : a->turn < b->turn;
}

job *share_choose(session *s)
{
    job *best = NULL;
    const patron *of_best = NULL;
    for (job *job = s->jobs; job; job = job->next) {
        const patron *p = job->state == JOB_QUEUED ? session_patron(s, job->offer.campaign) : NULL;
        if (!p || p->paused || p == of_best) continue; /* of one patron: in order of arrival */
        if (best && !is_before(s, p, of_best)) continue;
        best = job;
        of_best = p;
    }
    return best;
}

/* doubts.c - a plain array: few requests are ever in doubt at once.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "doubts.h"

#include <stdlib.h>

#include "values.h"

void itp_doubts_deinit(itp_doubts *d)
{
    for (size_t i = 0; i < d->n; i++) free(d->items[i].worker);
    free(d->items);
    *d = (itp_doubts){0};
}

static itp_doubt *find(const itp_doubts *d, itp_attempt attempt)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->items[i].attempt.request == attempt.request &&
            d->items[i].attempt.epoch == attempt.epoch)
            return &d->items[i];
    return NULL;
}

itp_status itp_doubts_ask(itp_doubts *d, itp_attempt attempt, const char *worker, int64_t now_ms)
{
    itp_doubts_end(d, attempt);
    if (d->n == d->capacity) {
        size_t wanted = d->capacity ? 2 * d->capacity : 16;
        itp_doubt *items = realloc(d->items, wanted * sizeof *items);
        if (!items) return ITP_ENOMEM;
        d->items = items;
        d->capacity = wanted;
    }
    char *copy;
    itp_status st = itp_text_copy(worker, &copy);
    if (st != ITP_OK) return st;
    d->items[d->n++] = (itp_doubt){attempt, copy, ITP_DOUBT_MS, now_ms + ITP_DOUBT_MS};
    return ITP_OK;
}

void itp_doubts_end(itp_doubts *d, itp_attempt attempt)
{
    itp_doubt *doubt = find(d, attempt);
    if (!doubt) return;
    free(doubt->worker);
    *doubt = d->items[--d->n];
}

const itp_doubt *itp_doubts_due(itp_doubts *d, int64_t now_ms)
{
    for (size_t i = 0; i < d->n; i++) {
        itp_doubt *doubt = &d->items[i];
        if (doubt->due_ms > now_ms) continue;
        doubt->wait_ms =
            2 * doubt->wait_ms < ITP_DOUBT_MS_MAX ? 2 * doubt->wait_ms : ITP_DOUBT_MS_MAX;
        doubt->due_ms = now_ms + doubt->wait_ms;
        return doubt;
    }
    return NULL;
}

int64_t itp_doubts_next(const itp_doubts *d)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < d->n; i++)
        if (d->items[i].due_ms < next) next = d->items[i].due_ms;
    return next;
}

/* timers.c - a binary heap.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "timers.h"

#include <stdlib.h>

void itp_timers_deinit(itp_timers *t)
{
    free(t->heap);
    *t = (itp_timers){0};
}

static void swap(itp_timer *a, itp_timer *b)
{
    itp_timer kept = *a;
    *a = *b;
    *b = kept;
}

itp_status itp_timers_add(itp_timers *t, itp_timer timer)
{
    if (t->n == t->capacity) {
        size_t wanted = t->capacity ? 2 * t->capacity : 16;
        itp_timer *heap = realloc(t->heap, wanted * sizeof *heap);
        if (!heap) return ITP_ENOMEM;
        t->heap = heap;
        t->capacity = wanted;
    }
    size_t at = t->n++;
    t->heap[at] = timer;
    while (at > 0 && t->heap[(at - 1) / 2].at_ms > t->heap[at].at_ms) {
        swap(&t->heap[at], &t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return ITP_OK;
}

int itp_timers_due(itp_timers *t, int64_t now_ms, itp_timer *out)
{
    if (t->n == 0 || t->heap[0].at_ms > now_ms) return 0;
    *out = t->heap[0];
    t->heap[0] = t->heap[--t->n];
    for (size_t at = 0, child; (child = 2 * at + 1) < t->n; at = child) {
        if (child + 1 < t->n && t->heap[child + 1].at_ms < t->heap[child].at_ms) child++;
        if (t->heap[at].at_ms <= t->heap[child].at_ms) break;
        swap(&t->heap[at], &t->heap[child]);
    }
    return 1;
}

int64_t itp_timers_next(const itp_timers *t)
{
    return t->n ? t->heap[0].at_ms : INT64_MAX;
}

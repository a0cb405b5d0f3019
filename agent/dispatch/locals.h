/* locals.h - workers that the agent starts itself, beside those that connect on their own.
 *   They die with the agent (the kernel sees to it) and are started again when they die alone; one
 * that cannot even start is given up with the end of its log. Life cycle  zeroed -> start* -> {
 * reap }* -> stop        Threads  one SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LOCALS_H
#define ITP_LOCALS_H

#include <sys/types.h>

#include "campaign.h"

#define ITP_LOCAL_DEATHS_MAX 5 /* in a row, each within ITP_LOCAL_YOUNG_MS of its start */
#define ITP_LOCAL_YOUNG_MS   2000
#define ITP_LOCAL_STOP_MS    3000 /* from the request to stop until it is killed */

typedef struct itp_local {
    pid_t pid; /* 0: not running */
    char name[64];
    const char *connector; /* borrowed from the campaign */
    unsigned slots;
    int64_t started_ms;
    unsigned young_deaths;
} itp_local;

typedef struct itp_locals {
    itp_local *items;
    size_t n;
    unsigned slots;
    const char *endpoint, *state; /* borrowed */
    const char *base;             /* folder of the campaign file; borrowed */
    const itp_campaign *campaign;
} itp_locals;

/* `each` workers for every connector that the campaign names; for `slurm`, whose work is done
 * elsewhere, one with all their slots, and with at least as many as trials may be pending. */
itp_status itp_locals_start(itp_locals *locals, size_t each, int64_t now_ms, itp_error *err);
/* A local worker that has died since, started again: its name, valid until stop. NULL: none (more).
 * *st becomes a failure when it died too often, with the end of its log in err. */
const char *itp_locals_reap(itp_locals *locals, int64_t now_ms, itp_status *st, itp_error *err);
/* 0 for the name of a local worker that is not run: it will never come. */
int itp_locals_may_come(const itp_locals *locals, const char *name);
/* Asks all to stop, waits, kills what stays. */
void itp_locals_stop(itp_locals *locals);

#endif

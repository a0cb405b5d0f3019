/* lookups.h - what a running agent is asked about its campaign, answered by the program that
 * answers it for a journal: `interphase status` reads beside us, so that there is one account for
 * both ways, and no fit or fold delays a heartbeat. Life cycle  zeroed -> { begin | take }* ->
 * deinit        Threads  one SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LOOKUPS_H
#define ITP_LOOKUPS_H

#include <stdint.h>
#include <sys/types.h>

#include "interphase/status.h"

#define ITP_LOOKUPS_MAX     4     /* at once */
#define ITP_LOOKUPS_TIME_MS 50000 /* of one: whoever asks waits a minute */

typedef struct itp_lookup {
    pid_t pid;           /* 0: free */
    int ended, out, why; /* pidfd; what it prints, and what it says is wrong */
    int64_t due_ms;
    uint64_t number; /* from 1, of those begun */
} itp_lookup;

typedef struct itp_lookups {
    itp_lookup items[ITP_LOOKUPS_MAX];
    uint64_t begun;
} itp_lookups;

/* status JOURNAL, with what the word asks for: {"request": N}, {"why": TRIAL}, {"json": true}.
 * *number is its own. ITP_ERESOURCE when too many are under way. */
itp_status itp_lookups_begin(itp_lookups *lookups, const char *journal, const char *word,
                             int64_t now_ms, uint64_t *number, itp_error *err);
/* One that has ended, as the answer {"ok": true, "text"} or {"ok": false, "error"}, the caller's to
 * free; NULL: none has. */
char *itp_lookups_take(itp_lookups *lookups, int64_t now_ms, uint64_t *number);
void itp_lookups_deinit(itp_lookups *lookups);

#endif

/* places.h - where a campaign's sockets and workers' folders are, so that nobody has to be told.
 *   Sockets live in a folder of mode 0700 that only this user can enter, named by a hash of the
 * journal's path, since socket paths are short (108 bytes). SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_PLACES_H
#define ITP_PLACES_H

#include "interphase/status.h"

#define ITP_PLACE_MAX 1024

typedef struct itp_places {
    char control[ITP_PLACE_MAX]; /* ipc endpoint for people's verbs */
    char workers[ITP_PLACE_MAX]; /* ipc endpoint for workers */
    char stops[ITP_PLACE_MAX];   /* ipc endpoint for SAFE_STOP */
    char state[ITP_PLACE_MAX];   /* JOURNAL.workers: outboxes, logs and working folders of local
                                    workers */
} itp_places;

/* Finds them for a journal (whose folder must exist) and makes the socket folder when `make` is 1.
 * ITP_EREFUSED when that folder belongs to somebody else or is open to others. */
itp_status itp_places_find(itp_places *out, const char *journal, int make, itp_error *err);

#endif

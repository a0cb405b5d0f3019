/* remote.h - people's verbs over TCP: --connect, --key and --server-key stand in for the journal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_REMOTE_H
#define ITP_REMOTE_H

#include <stddef.h>

#define APP_PLACE_MAX 4096

/* Takes the three options out of argv and puts in their stead, as the first argument behind the
 * verb, what say.h takes for a journal elsewhere: tcp://HOST:PORT[,key=FILE][,server=KEY]. Leaves
 * argv alone when none of them is there, or the verb is not one that an agent answers. `place` is
 * its storage. Returns the new argc, or -1 when an option has no value or is too long. */
int app_take_remote(int argc, char **argv, char place[APP_PLACE_MAX]);

/* What status is to tell: of a request, of why a trial (0: of neither, but of all). */
typedef struct app_status_wish {
    long long request, why;
    int json;
} app_status_wish;

/* status of an agent elsewhere, word for word as it is told there. Returns the exit code. */
int app_status_far(const char *place, const app_status_wish *wish);

#endif

/* crash.c - see crash.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "crash.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const NAMES[] = {
#define X(name, text) text,
    ITP_CRASH_POINTS(X)
#undef X
};

/* Set once, from the environment, before the first point is passed. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static itp_crash armed = ITP_CRASH_NONE;
static atomic_long left; /* passes until it fires */

static void read_environment(void)
{
    const char *text = getenv("ITP_CRASH"), *colon = text ? strrchr(text, ':') : NULL;
    for (int i = 0; colon && i < ITP_CRASHES; i++)
        if (strlen(NAMES[i]) == (size_t)(colon - text) &&
            strncmp(NAMES[i], text, strlen(NAMES[i])) == 0)
            armed = (itp_crash)i;
    atomic_init(&left, colon ? strtol(colon + 1, NULL, 10) : 0);
}

void itp_crash_at(itp_crash point)
{
    pthread_once(&once, read_environment);
    if (point != armed || point == ITP_CRASH_NONE) return;
    if (atomic_fetch_sub(&left, 1) != 1) return;
    /* ZeroMQ sends from a thread of its own. */
    if (strstr(NAMES[point], ".after-")) nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    raise(SIGKILL);
}

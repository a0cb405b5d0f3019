/* kit.h - small things that most connectors need: draws from a request's seed, quantities as people
 * write them ("20 ms", "5 %"), and waiting that a cancellation ends at once.
 *   Header only, nothing to link; a connector may use it or not.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_KIT_H
#define ITP_KIT_H

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interphase/connector.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Next 64 bits of the stream that began as a request's seed (SplitMix64, Steele et al. 2014). */
static inline uint64_t itp_kit_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Uniform in (0, 1), never an end. */
static inline double itp_kit_uniform(uint64_t *state)
{
    return ((double)(itp_kit_bits(state) >> 12) + 0.5) * 0x1p-52;
}

/* Standard normal (Box and Muller 1958). */
static inline double itp_kit_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(itp_kit_uniform(state)));
    return radius * cos(6.283185307179586 * itp_kit_uniform(state));
}

/* "20 ms", "1.5 s", "2 min", "1 h" or a bare number of seconds. ITP_EPARSE for anything else. */
static inline itp_status itp_kit_seconds(const char *text, double *out)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1},     {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
                 {"min", 60}, {"h", 3600},  {"d", 86400}, {NULL, 0}};
    char *end;
    double number = strtod(text, &end);
    if (end == text || !(number >= 0) || isinf(number)) return ITP_EPARSE;
    while (*end == ' ') end++;
    for (int i = 0; units[i].name; i++)
        if (strcmp(end, units[i].name) == 0) {
            *out = number * units[i].seconds;
            return ITP_OK;
        }
    return ITP_EPARSE;
}

/* "5 %" or "0.05": a fraction in [0, 1]. ITP_EPARSE for anything else. */
static inline itp_status itp_kit_fraction(const char *text, double *out)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text) return ITP_EPARSE;
    while (*end == ' ') end++;
    if (*end == '%') {
        number /= 100;
        end++;
    }
    if (*end || !(number >= 0 && number <= 1)) return ITP_EPARSE;
    *out = number;
    return ITP_OK;
}

/* Waits until a deadline or until itp_kit_wake, which the connector's `cancel` calls. */
typedef struct itp_kit_waiter {
    pthread_mutex_t lock;
    pthread_cond_t wake;
} itp_kit_waiter;

static inline itp_status itp_kit_waiter_init(itp_kit_waiter *waiter)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) return ITP_ENOMEM;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&waiter->wake, &attributes) != 0 ||
                 pthread_mutex_init(&waiter->lock, NULL) != 0;
    pthread_condattr_destroy(&attributes);
    return failed ? ITP_ENOMEM : ITP_OK;
}

static inline void itp_kit_waiter_deinit(itp_kit_waiter *waiter)
{
    pthread_cond_destroy(&waiter->wake);
    pthread_mutex_destroy(&waiter->lock);
}

/* [any thread] */
static inline void itp_kit_wake(itp_kit_waiter *waiter)
{
    pthread_mutex_lock(&waiter->lock);
    pthread_cond_broadcast(&waiter->wake);
    pthread_mutex_unlock(&waiter->lock);
}

/* ITP_OK after `seconds` (INFINITY: only a cancellation ends it), ITP_ECANCELLED before. */
static inline itp_status itp_kit_wait(itp_kit_waiter *waiter, const itp_host *host, double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int bounded = seconds < 1e9;
    if (bounded) {
        double whole = floor(seconds);
        until.tv_sec += (time_t)whole;
        until.tv_nsec += (long)((seconds - whole) * 1e9);
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
    }
    int over = 0;
    pthread_mutex_lock(&waiter->lock);
    while (!over && !host->cancelled(host->ctx))
        over = bounded ? pthread_cond_timedwait(&waiter->wake, &waiter->lock, &until) == ETIMEDOUT
                       : (pthread_cond_wait(&waiter->wake, &waiter->lock), 0);
    pthread_mutex_unlock(&waiter->lock);
    return host->cancelled(host->ctx) ? ITP_ECANCELLED : ITP_OK;
}

#ifdef __cplusplus
}
#endif
#endif

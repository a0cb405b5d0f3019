/* stops.h - SAFE_STOP: a socket of its own (PUB), so that a stop is never queued behind data, and
 * the stops that no station has acknowledged yet, said again until one does. A stop leaves before
 * it is journalled: it commits nobody to anything, and every second counts. We are not a
 * safety-rated system: emergency stops stay in hardware. Life cycle  zeroed -> open -> open_remote?
 * -> { begin | end | repeat }* -> close     Threads  one SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef ITP_STOPS_H
#define ITP_STOPS_H

#include "door.h"
#include "interphase/wire.h"

#define ITP_STOP_MS     100  /* until a stop is said again; doubles up to */
#define ITP_STOP_MS_MAX 2000 /* a station that is away hears it as soon as it is back */
#define ITP_STOP_PLACE  256

typedef struct itp_stop_call {
    char *worker, *text;
    int64_t wait_ms, due_ms; /* monotonic */
} itp_stop_call;

typedef struct itp_stops {
    void *local, *remote; /* PUB sockets; remote NULL: no TCP */
    char remote_endpoint[ITP_STOP_PLACE];
    itp_stop_call *items;
    size_t n, capacity;
} itp_stops;

/* endpoint: ipc, in a private folder. */
itp_status itp_stops_open(itp_stops *stops, void *zmq, const char *endpoint, itp_error *err);
/* For workers that come over TCP: one port above that of `endpoint`, or any where that is taken. */
itp_status itp_stops_open_remote(itp_stops *stops, void *zmq, const itp_door *door,
                                 const char *endpoint, itp_error *err);
void itp_stops_close(itp_stops *stops);

/* Says stop, now. worker NULL: to all. */
void itp_stops_say(const itp_stops *stops, const char *worker, const char *text);
/* Says it, and again until itp_stops_end. */
itp_status itp_stops_begin(itp_stops *stops, const char *worker, const char *text, int64_t now_ms);
void itp_stops_end(itp_stops *stops, const char *worker);
/* Says again what is due. */
void itp_stops_repeat(itp_stops *stops, int64_t now_ms);
int64_t itp_stops_next(const itp_stops *stops); /* INT64_MAX: none */

#endif

/* status.h - how every function says what became of the call.
 *   0 is success, below 0 is why not. What touches files, sockets, plug-ins or user text also fills
 * an itp_error, which says *which* file, peer or word it was. Threads     no shared state: an
 * itp_error belongs to its caller SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_STATUS_H
#define ITP_STATUS_H

#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ITP_STATUSES(X)                                                                            \
    X(OK, 0, "success")                                                                            \
    X(ENOMEM, -1, "out of memory")                                                                 \
    X(EINVAL, -2, "invalid argument")                                                              \
    X(EIO, -3, "input/output failed")                                                              \
    X(ENOTPD, -4, "not positive definite after jitter")                                            \
    X(ENOTFIT, -5, "model has not been fitted")                                                    \
    X(ENONFINITE, -6, "a value is NaN or infinite")                                                \
    X(EPARSE, -7, "cannot be parsed")                                                              \
    X(ECAMPAIGN, -8, "campaign file is invalid")                                                   \
    X(EUNIT, -9, "units are missing or incompatible")                                              \
    X(ERANGE, -10, "outside the allowed range")                                                    \
    X(ENONE, -11, "no candidate satisfies the known constraints")                                  \
    X(ENOTFOUND, -12, "not found")                                                                 \
    X(EEXISTS, -13, "exists already")                                                              \
    X(ELOCKED, -14, "in use by another process")                                                   \
    X(ECORRUPT, -15, "stored data are damaged")                                                    \
    X(EVERSION, -16, "version is not supported")                                                   \
    X(EPROTO, -17, "peer broke the protocol")                                                      \
    X(EREFUSED, -18, "refused")                                                                    \
    X(EWORKER, -19, "worker was lost")                                                             \
    X(ETIMEOUT, -20, "deadline has passed")                                                        \
    X(ECANCELLED, -21, "cancelled")                                                                \
    X(ERESOURCE, -22, "a resource ran out (memory, wall time, disk)")                              \
    X(ESCIENTIFIC, -23, "the experiment or simulation itself failed")                              \
    X(ERESULT, -24, "result is invalid")                                                           \
    X(EUNSAFE, -25, "unsafe")                                                                      \
    X(ESTATE, -26, "not possible in the present state")                                            \
    X(ENOTSUP, -27, "not supported")                                                               \
    X(EDIVERGED, -28, "replay differs from the record")                                            \
    X(EINTERRUPTED, -29, "interrupted, can be resumed")

typedef enum itp_status {
#define X(name, value, text) ITP_##name = value,
    ITP_STATUSES(X)
#undef X
} itp_status;

/* Filled by a call that fails and takes one; `text` is one line without a newline. */
typedef struct itp_error {
    itp_status status;
    char text[1024];
} itp_error;

/* "ENOTPD"; static, never NULL. */
static inline const char *itp_status_name(itp_status status)
{
    switch (status) {
#define X(name, value, text)                                                                       \
    case ITP_##name: return #name;
        ITP_STATUSES(X)
#undef X
    }
    return "EUNKNOWN";
}

/* "not positive definite after jitter"; static, never NULL. */
static inline const char *itp_status_text(itp_status status)
{
    switch (status) {
#define X(name, value, text)                                                                       \
    case ITP_##name: return text;
        ITP_STATUSES(X)
#undef X
    }
    return "unknown status";
}

/* Records status and message in `err` (may be NULL) and returns the status:
 *   return itp_fail(err, ITP_EIO, "journal %s: %s", path, why); */
#ifdef __GNUC__
__attribute__((format(printf, 3, 4)))
#endif
static inline itp_status
itp_fail(itp_error *err, itp_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

#ifdef __cplusplus
}
#endif
#endif

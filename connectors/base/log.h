/* log.h - one event, one line, key=value, for people and for grep; the journal is the record.
 *   2026-11-22T16:40:00.123Z WARN lease_expired trial=12 worker=local-1 age_ms=61000
 * A line is one write(2), so that processes sharing a file do not mix theirs; control characters
 * that come in with a value become spaces, so that a value cannot forge a line. Libraries take an
 * itp_log_to and never print; NULL logs nothing.
 * Threads     any; it is read only once filled in. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LOG_H
#define ITP_LOG_H

typedef enum itp_log_level { ITP_DEBUG, ITP_INFO, ITP_WARN, ITP_ERROR } itp_log_level;

typedef struct itp_log_to {
    int fd;              /* of the file; 2 for standard error */
    itp_log_level least; /* below it nothing is written */
    const char *who;     /* "worker=local-1", put behind the event; may be NULL */
} itp_log_to;

/* itp_log(log, ITP_WARN, "lease_expired", "trial=%" PRIu64, id): formats only what is written. */
#ifdef __GNUC__
__attribute__((format(printf, 4, 5)))
#endif
void
itp_log(const itp_log_to *log, itp_log_level level, const char *event, const char *format, ...);

/* "DEBUG", "INFO", "WARN", "ERROR". */
const char *itp_log_level_name(itp_log_level level);

#endif

/* interphase.h - ask and tell, for programs that bring their own experiment.
 *   A session is a campaign and its journal, without workers: ask proposes trials, tell brings
 * their measurements, everything is on disk before a call returns, and a session that was killed is
 * simply opened again. Life cycle  open -> { ask | tell | best }* -> close        Threads  one a
 * session Link        cc my.c $(pkg-config --cflags --libs interphase) SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_INTERPHASE_H
#define ITP_INTERPHASE_H

#include "interphase/connector.h"
#include "interphase/status.h"
#include "interphase/version.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct itp_session itp_session;

/* A proposed trial. Values have the parameters' names and units; categorical ones have labels. */
typedef struct itp_suggestion {
    itp_id trial;
    size_t n_values;
    const itp_value *values;
} itp_suggestion;

/* The incumbent: the best trial by posterior mean, feasible with the campaign's confidence. */
typedef struct itp_best {
    itp_id trial;    /* 0: none yet */
    double mean, sd; /* of the first objective, its unit */
    double feasible; /* P(all limits hold) */
    size_t n_values;
    const itp_value *values; /* of its parameters */
} itp_best;

/* Opens a journal, made when it is missing.
 *   campaign  path of the YAML definition; NULL: as the journal has it
 *   journal   path
 * ITP_ECAMPAIGN: err holds the first finding (`interphase check` shows all). ITP_ELOCKED. */
itp_status itp_session_open(itp_session **out, const char *campaign, const char *journal,
                            itp_error *err);
void itp_session_close(itp_session *session); /* accepts NULL */

/* Commits to at most n new trials. *out holds *count of them, borrowed until the next call; fewer
 * than n when the budget or the space is used up. ITP_EREFUSED says why there is none. */
itp_status itp_session_ask(itp_session *session, size_t n, const itp_suggestion **out,
                           size_t *count, itp_error *err);

/* The measurement of a trial: values by the names of the outputs; unit NULL: as declared; sd NAN:
 * not known. Values of a compatible unit are converted; ITP_EUNIT otherwise. */
itp_status itp_session_tell(itp_session *session, itp_id trial, size_t n, const itp_value *values,
                            itp_error *err);
/* A trial that could not be measured, and why. */
itp_status itp_session_tell_failed(itp_session *session, itp_id trial, const char *reason,
                                   itp_error *err);
/* A measurement at a point of one's own choosing: every parameter by name, number or label. */
itp_status itp_session_tell_at(itp_session *session, size_t n_point, const itp_value *point,
                               size_t n, const itp_value *values, itp_error *err);

/* *out is borrowed until the next call. */
itp_status itp_session_best(itp_session *session, itp_best *out, itp_error *err);

#ifdef __cplusplus
}
#endif
#endif

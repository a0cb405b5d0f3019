/* charging.h - fast charging in steps, and the cycle built around it.
 *   Step k holds the rate c_k until the charge reaches its SOC; where the voltage limit comes
 * first, the limit is held until that SOC (or until the current has faded to rate_min).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_CHARGING_H
#define ITP_CELL_CHARGING_H

#include "job.h"

#define ITP_CELL_RATES_MAX 4

typedef struct itp_cell_charge {
    size_t n;
    double rate[ITP_CELL_RATES_MAX]; /* 1/h of the nominal capacity */
    double soc[ITP_CELL_RATES_MAX];  /* end of each step */
    double v_high, rate_min;
} itp_cell_charge;

/* From the inputs c1..c4, s1..s3, end_soc, voltage_limit of a job that starts at `soc_0`. */
itp_status itp_cell_charge_of(const itp_cell_job *job, double soc_0, itp_cell_charge *out,
                              itp_error *err);

typedef struct itp_cell_charged {
    double time_s, held_s; /* in all; at the voltage limit */
    double charge, energy; /* A h, W h */
    double soc;            /* reached */
    int complete;          /* 1: the last SOC was reached */
    itp_cell_end end;
    char text[96];
} itp_cell_charged;

itp_status itp_cell_charge_run(itp_cell_runner *r, const itp_cell_charge *c, itp_cell_charged *out,
                               itp_error *err);

#define ITP_CELL_CHARGE_PORTS                                                                      \
    ITP_CELL_OPEN("c1", "1/h", 0.01, 20), ITP_CELL_OPEN("c2", "1/h", 0.01, 20),                    \
        ITP_CELL_OPEN("c3", "1/h", 0.01, 20), ITP_CELL_OPEN("c4", "1/h", 0.01, 20),                \
        ITP_CELL_OPEN("s1", "1", 0, 1), ITP_CELL_OPEN("s2", "1", 0, 1),                            \
        ITP_CELL_OPEN("s3", "1", 0, 1), ITP_CELL_OPEN("end_soc", "1", 0.01, 1),                    \
        ITP_CELL_OPEN("voltage_limit", "V", 0, 6), ITP_CELL_OPEN("rate_min", "1/h", 1e-4, 10)

#endif

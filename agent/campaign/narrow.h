/* narrow.h - a campaign under more known constraints than its definition has: within an envelope.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_NARROW_H
#define ITP_NARROW_H

#include "campaign.h"

/* low <= a parameter, or a further column of the candidates, <= high; in its own unit. */
typedef struct itp_interval {
    int param, column;
    double low, high; /* +-INFINITY: none on that side */
} itp_interval;

#define ITP_EXTRA_MAX 64
typedef struct itp_extra {
    size_t n;
    itp_interval bounds[ITP_EXTRA_MAX];
} itp_extra;

/* The same campaign under these bounds too; the caller's to destroy. Of candidates that break one
 * the rows stay, held back: something may have been measured there. ITP_ECAMPAIGN when nothing is
 * left. */
itp_status itp_campaign_narrow(itp_campaign **out, const itp_campaign *campaign,
                               const itp_extra *extra);

#endif

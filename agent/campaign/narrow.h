/* narrow.h - a campaign under more known constraints than its definition has: within an envelope.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_NARROW_H
#define ITP_NARROW_H

#include "campaign.h"

/* More constraints than the definition has: "`name` >= 3". */
#define ITP_EXTRA_MAX  64
#define ITP_EXTRA_TEXT 160
typedef struct itp_extra {
    size_t n;
    char text[ITP_EXTRA_MAX][ITP_EXTRA_TEXT];
} itp_extra;

/* The same campaign under more known constraints; the caller's to destroy. */
itp_status itp_campaign_narrow(itp_campaign **out, const itp_campaign *campaign,
                               const itp_extra *extra);

#endif

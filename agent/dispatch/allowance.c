/* allowance.c - see allowance.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "allowance.h"

enum { PAGE = 4096, MINUTE_MS = 60000 };

void itp_allowance_init(itp_allowance *a, int64_t now_ms)
{
    *a = (itp_allowance){.left = ITP_ALLOWANCE_MOST, .at_ms = now_ms, .minute_ms = now_ms};
}

static void refill(itp_allowance *a, int64_t now_ms)
{
    if (now_ms > a->at_ms) {
        a->left += (double)(now_ms - a->at_ms) * ITP_ALLOWANCE_PER_S / 1000;
        a->at_ms = now_ms;
    }
    if (a->left > ITP_ALLOWANCE_MOST) a->left = ITP_ALLOWANCE_MOST;
    if (now_ms - a->minute_ms >= MINUTE_MS) {
        a->minute_ms = now_ms;
        a->unheard = 0;
    }
}

int itp_allowance_take(itp_allowance *a, double cost, int64_t now_ms)
{
    refill(a, now_ms);
    if (a->left < cost) {
        a->unheard++;
        return 0;
    }
    a->left -= cost;
    return 1;
}

void itp_allowance_charge(itp_allowance *a, double cost)
{
    a->left -= cost;
}

void itp_allowance_earn(itp_allowance *a, double amount)
{
    a->left += amount;
    if (a->left > ITP_ALLOWANCE_MOST) a->left = ITP_ALLOWANCE_MOST;
}

int itp_allowance_is_rested(itp_allowance *a, int64_t now_ms)
{
    refill(a, now_ms);
    return a->left >= ITP_ALLOWANCE_MOST / 4;
}

int itp_allowance_is_flooded(const itp_allowance *a)
{
    return a->unheard > ITP_ALLOWANCE_FLOOD;
}

double itp_allowance_of_size(size_t bytes)
{
    return 1 + (double)(bytes / PAGE);
}

double itp_allowance_of_verb(itp_verb verb)
{
    switch (verb) {
    case ITP_VERB_REGISTER: return 63;
    case ITP_VERB_CREDIT:
    case ITP_VERB_ACCEPT:
    case ITP_VERB_DECLINE:
    case ITP_VERB_STARTED:
    case ITP_VERB_RESULT:
    case ITP_VERB_FAILURE:
    case ITP_VERB_ANSWER: return 3;
    default: return 0;
    }
}

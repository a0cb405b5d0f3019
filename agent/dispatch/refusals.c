/* refusals.c - see refusals.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "refusals.h"

/* FNV-1a, 64 bits (Fowler, Noll, Vo): two peers that collide share a line, which harms nobody. */
static uint64_t digest(const char *peer, const char *reason)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *at = peer; *at; at++) hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    hash = (hash ^ 0xff) * 0x100000001b3u;
    for (const char *at = reason; *at; at++) hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
    return hash ? hash : 1;
}

int itp_refusals_say(itp_refusals *r, const char *peer, const char *reason, int64_t now_ms,
                     unsigned *unsaid)
{
    uint64_t who = digest(peer, reason);
    *unsaid = r->unsaid++;
    for (size_t i = 0; i < ITP_REFUSALS_KEPT; i++)
        if (r->kept[i].who == who && now_ms - r->kept[i].at_ms < ITP_REFUSALS_AGAIN) return 0;
    if (now_ms - r->minute_ms >= 60000) {
        r->minute_ms = now_ms;
        r->lines = 0;
    }
    if (r->lines >= ITP_REFUSALS_MINUTE) return 0;
    r->lines++;
    r->kept[r->next].who = who;
    r->kept[r->next].at_ms = now_ms;
    r->next = (r->next + 1) % ITP_REFUSALS_KEPT;
    r->unsaid = 0;
    return 1;
}

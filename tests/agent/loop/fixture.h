/* fixture.h - a small campaign for tests of the loop, and one-line events.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_FIXTURE_H
#define ITP_FIXTURE_H

#include <math.h>
#include <string.h>

#include "loop.h"

/* One parameter x in [0, 1], one task t with one output y; the rest as told. */
static inline itp_campaign *fixture_campaign(const char *task, const char *more)
{
    char text[1200];
    itp_campaign *campaign = NULL;
    itp_error err = {0};
    itp_findings findings = {0};
    snprintf(text, sizeof text,
             "campaign: fixture\n"
             "parameters:\n  x: {real: [0, 1]}\n"
             "tasks:\n  t: {connector: function, %soutputs: {y: {unit: '1'}}, "
             "lease: 10 s, retry: {attempts: 3, backoff: 1 s}%s%s}\n"
             "objectives: [{maximise: y}]\n%s",
             strncmp(task, "with: ", 6) ? "with: {name: branin}, " : "", *task ? ", " : "", task,
             more);
    if (itp_campaign_parse(&campaign, "fixture.yaml", text, 0, NULL, &findings, &err) != ITP_OK)
        fprintf(stderr, "fixture: %s\n%s", err.text, findings.text ? findings.text : "");
    itp_findings_deinit(&findings);
    return campaign;
}

static inline const itp_action *fixture_find(const itp_actions *actions, itp_action_kind kind)
{
    for (size_t i = 0; i < actions->n; i++)
        if (actions->items[i].kind == kind) return &actions->items[i];
    return NULL;
}

static inline size_t fixture_count(const itp_actions *actions, itp_action_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < actions->n; i++) n += actions->items[i].kind == kind;
    return n;
}

#endif

/* sample.h - one event of each kind with every field that it uses.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_SAMPLE_H
#define ITP_TEST_SAMPLE_H

#include <math.h>

#include "event_json.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Numbers that a careless format loses. */
static const double HARD[] = {
    0.1,
    1.0 / 3,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    0x1.fffffffffffffp-1,
    1e22,
    123456789012345680,
};

static const itp_value SAMPLE_VALUES[] = {
    {"charge_time", 0.1 + 0.2, 1e-3, "min", NULL},
    {"plated", -0.0, NAN, "mol/m2", NULL},
    {"phase", NAN, NAN, NULL, "\xce\xb1-quartz \"2\"\n"},
};
static const char *const SAMPLE_TASKS[] = {"cell.charge", "*"};
static const itp_attempt SAMPLE_HOLDING[] = {{7, 1}, {9007199254740993, 4294967295u}};
static const itp_margin SAMPLE_BOUNDS[] = {{"cell.charge", "c1", NULL, -INFINITY, 0.1},
                                           {NULL, "temperature", "degC", 15, INFINITY}};
static const itp_roster SAMPLE_ROSTER = {.n_tasks = 2,
                                         .n_holding = 2,
                                         .tasks = SAMPLE_TASKS,
                                         .connector = "org.example.cell",
                                         .holding = SAMPLE_HOLDING,
                                         .slots = 4,
                                         .cls = ITP_PHYSICAL,
                                         .ledger = "g-1",
                                         .schema = "{\"inputs\":[{\"name\":\"c1\",\"high\":8}]}",
                                         .sample = "pouch-17",
                                         .n_bounds = 2,
                                         .bounds = SAMPLE_BOUNDS};
static const double SAMPLE_MEAN[] = {0.1, NAN}, SAMPLE_SD[] = {1e-300, INFINITY};
static const itp_pick SAMPLE_PICKS[] = {
    {.task = -1,
     .source = -1,
     .point = HARD,
     .parts = {-1.5, NAN, -INFINITY, 0.1, NAN},
     .mean = SAMPLE_MEAN,
     .sd = SAMPLE_SD},
    {.trial = 3, .task = 1, .source = 2, .point = HARD, .parts = {NAN, NAN, NAN, NAN, NAN}},
};
static const itp_model_record SAMPLE_MODELS[] = {
    {.outcome = 1,
     .n = 12,
     .saved = "{\"theta\":[0.10000000000000001]}",
     .report = {ITP_FIT_JITTER, -12.5, -11.25, 1e-8, 4, 77, 2, NAN, NAN, "gp", "matern52", "log"},
     .loo = {12, 0.5, 0.9, 0.95, -1.1, 0.3, 0.7}},
    {.outcome = 0, .report = {.objective = NAN, .r_hat = 1.01}, .loo = {.rmse = NAN}},
};
static const itp_decision SAMPLE_DECISION = {.number = 5,
                                             .saw = 41,
                                             .generation = 1,
                                             .wanted = 2,
                                             .method = "logei",
                                             .why = "2 models; prior draws",
                                             .machine = "Haswell, 2 threads",
                                             .n_params = COUNT(HARD),
                                             .n_outcomes = 2,
                                             .n_designed = 1,
                                             .n_picks = 2,
                                             .n_runners_up = 1,
                                             .n_models = 2,
                                             .picks = SAMPLE_PICKS,
                                             .runners_up = SAMPLE_PICKS,
                                             .models = SAMPLE_MODELS,
                                             .incumbent = 3,
                                             .incumbent_mean = 0.25,
                                             .incumbent_sd = 0.01,
                                             .incumbent_feasible = 0.99,
                                             .regret = {0.5, 0.4, 0.6, 1024},
                                             .stop = "regret below 1 min",
                                             .elapsed_ms = 12.75};
static const itp_event_file SAMPLE_FILES[] = {
    {"salts.csv", "salt,r\nLiPF6,2.54\n", 19},
    {"image.bin",
     "\x00\xff\x80"
     "abc",
     6},
    {"empty", "", 0},
};

/* An event of that kind with every field it uses. */
static inline itp_event sample_event(itp_event_kind kind)
{
    unsigned uses = itp_event_uses(kind);
    itp_event event = {.kind = kind, .at_ms = 1795365595042 + kind};
    if (uses & ITP_USES_TRIAL) event.trial = 3;
    if (uses & ITP_USES_REQUEST) event.request = 17;
    if (uses & ITP_USES_EPOCH) event.epoch = 2;
    if (uses & ITP_USES_WORKER) event.worker = "local-1";
    if (uses & ITP_USES_TASK) event.task = "cell.charge";
    if (uses & ITP_USES_DECISION) event.decision = 5;
    switch (kind) {
    case ITP_EVENT_DEFINED:
    case ITP_EVENT_REDEFINED:
        event.text = "campaign: x # \xc3\xa9\nseed: 7\n";
        event.files = SAMPLE_FILES;
        event.n_files = COUNT(SAMPLE_FILES);
        break;
    case ITP_EVENT_WORKER_REGISTERED: event.roster = &SAMPLE_ROSTER; break;
    case ITP_EVENT_ASKED:
    case ITP_EVENT_WORKER_SLOTS: event.number = 4; break;
    case ITP_EVENT_DECISION: event.made = &SAMPLE_DECISION; break;
    case ITP_EVENT_RESULT:
        event.index = -1;
        event.cost = 1.0 / 3;
        event.values = SAMPLE_VALUES;
        event.n_values = COUNT(SAMPLE_VALUES);
        event.provenance = "{\"host\": \"h1\", \"wall_s\": 0.1}";
        break;
    case ITP_EVENT_FAILURE:
        event.cause = ITP_CAUSE_SCIENTIFIC;
        event.cost = NAN;
        event.text = "SCF did not converge: \xff\xfe";
        event.provenance = "{\"host\":\"h1\"}";
        break;
    case ITP_EVENT_TOLD:
        event.trial = 0;
        event.point = HARD;
        event.n_point = COUNT(HARD);
        event.values = SAMPLE_VALUES;
        event.n_values = 1;
        break;
    case ITP_EVENT_RESOLVED:
        event.number = ITP_RESOLVE_REQUEUE;
        event.values = SAMPLE_VALUES;
        event.n_values = 2;
        event.text = "";
        break;
    case ITP_EVENT_RETRACTED:
        event.trial = 0;
        event.request = 0;
        event.number = INT64_MAX;
        event.text = "wrong electrode";
        break;
    default:
        if (kind != ITP_EVENT_RECOVERED && kind != ITP_EVENT_TIMER) event.text = "because";
    }
    return event;
}

#endif

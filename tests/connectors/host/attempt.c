/* attempt.c - see attempt.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempt.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "suite.h"
#include "values.h"

extern char **environ;

static itp_status count_start(void *ctx, const itp_request *request)
{
    (void)request;
    ((attempt *)ctx)->started++;
    return ITP_OK;
}

static itp_status count_emit(void *ctx, const itp_request *request, const itp_report *report)
{
    (void)request;
    attempt *a = ctx;
    CU_ASSERT(report->index >= 0 && report->n_values > 0);
    a->emitted++;
    return ITP_OK;
}

void attempt_open(attempt *a, const char *connector, const char *config)
{
    char path[512];
    itp_error err = {.status = ITP_OK};
    *a = (attempt){.report = {.index = -1}};
    strcpy(a->folder, "/tmp/itp_attempt_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(a->folder));
    snprintf(path, sizeof path, "%s/lib/interphase/%s.so", ITP_BUILD_DIR, connector);
    itp_status st =
        itp_plugin_load(&a->plugin, strchr(connector, '/') ? connector : path, NULL, &err);
    if (st == ITP_OK) st = itp_units_create(&a->units, &err);
    a->setting = (itp_slot_setting){.plugin = a->plugin,
                                    .config = config,
                                    .folder = a->folder,
                                    .worker = "test",
                                    .units = a->units,
                                    .hooks = {a, count_start, count_emit, NULL}};
    if (st == ITP_OK) st = itp_slot_open(&a->slot, &a->setting, &err);
    if (st != ITP_OK) printf("\n  %s\n", err.text);
    CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
    a->request = (itp_request){.request = 1,
                               .trial = 1,
                               .epoch = 1,
                               .campaign = "test/1",
                               .task = "f",
                               .source = "default",
                               .options = "{}",
                               .time_limit_s = INFINITY,
                               .seed = 1};
}

void attempt_close(attempt *a)
{
    pid_t pid;
    char *const remove[] = {"rm", "-rf", a->folder, NULL};
    itp_report_deinit(&a->report);
    itp_slot_close(a->slot);
    itp_units_destroy(a->units);
    itp_plugin_unload(a->plugin);
    if (posix_spawnp(&pid, "rm", NULL, NULL, remove, environ) == 0) waitpid(pid, NULL, 0);
}

itp_cause attempt_run(attempt *a, const char *options)
{
    itp_report_deinit(&a->report);
    a->request.options = options;
    itp_slot_ready(a->slot);
    itp_slot_measure(a->slot, &a->request, &a->report);
    CU_ASSERT_PTR_NOT_NULL(a->report.provenance);
    return a->report.cause;
}

double attempt_number(const attempt *a, const char *name)
{
    const itp_value *found = itp_values_find(a->report.n_values, a->report.values, name);
    return found ? found->number : NAN;
}

const char *attempt_label(const attempt *a, const char *name)
{
    const itp_value *found = itp_values_find(a->report.n_values, a->report.values, name);
    return found ? found->label : NULL;
}

/* check.c - interphase check: all findings of a campaign file, as a compiler prints them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "app.h"

int app_check(int argc, char **argv)
{
    if (argc != 2) return app_usage("check ", "check takes one campaign file");
    itp_campaign *campaign = NULL;
    itp_findings findings = {0};
    itp_error err = {0};
    itp_status st = itp_engine_load(&campaign, argv[1], NULL, &findings, &err);
    if (findings.text) fputs(findings.text, st == ITP_OK ? stdout : stderr);
    size_t errors = 0;
    for (size_t i = 0; i < findings.n; i++) errors += !findings.items[i].warning;
    if (st == ITP_OK) errors = app_check_options(campaign);
    if (st == ITP_OK && errors == 0)
        printf("%s: campaign %s is valid: %zu parameters, %zu tasks, %zu objectives, %zu limits\n",
               argv[1], campaign->name, itp_space_n_params(campaign->space), campaign->n_tasks,
               campaign->n_objectives, campaign->n_limits);
    itp_campaign_destroy(campaign);
    itp_findings_deinit(&findings);
    if (st == ITP_OK && errors == 0) return EXIT_FINISHED;
    if (errors == 0) return app_fail(st, &err);
    fprintf(stderr, "%s: %zu error%s\n", argv[1], errors, errors == 1 ? "" : "s");
    return EXIT_USAGE;
}

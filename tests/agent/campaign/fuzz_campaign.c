/* fuzz_campaign.c - arbitrary bytes as a campaign file, with a table beside it: no crash, no leak.
 *   What parses is parsed again from its own bytes and must be accepted as its own edit.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static itp_units *units; /* one for all runs: reading the database takes longer than a run */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    return itp_units_create(&units, NULL) == ITP_OK ? 0 : 1;
}

/* Bytes after a line "%%%" are the table that any path leads to. */
static size_t find_table(const char *text, size_t size)
{
    for (size_t i = 0; i + 4 <= size; i++)
        if (!memcmp(text + i, "%%%\n", 4)) return i;
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = 0;
    size_t end = find_table(text, size), table = end < size ? end + 4 : size;
    text[end] = 0;
    itp_campaign_file files[] = {{"salts.csv", text + table, size - table},
                                 {"table.csv", text + table, size - table}};
    itp_campaign *campaign = NULL, *again = NULL;
    itp_findings findings;
    itp_error err = {0};
    itp_status st =
        itp_campaign_parse_in(units, &campaign, "fuzz.yaml", text, 2, files, &findings, &err);
    if ((st == ITP_OK) != (campaign != NULL)) abort();
    if (st == ITP_ECAMPAIGN && findings.n == 0) abort();
    itp_findings_deinit(&findings);
    if (campaign) {
        itp_value value;
        st = itp_campaign_parse_in(units, &again, "fuzz.yaml", campaign->text, campaign->n_files,
                                   campaign->files, NULL, &err);
        if (st != ITP_OK || itp_campaign_accepts(campaign, again, &err) != ITP_OK) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
        for (int c = 0; c < 3; c++) itp_campaign_column(campaign, 0, c, &value);
        itp_campaign_destroy(again);
    }
    itp_campaign_destroy(campaign);
    free(text);
    return 0;
}

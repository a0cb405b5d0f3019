/* test_broken.c - files that are wrong, and where check must say so.
 *   Each file of broken/ ends with what is wrong with it, one line a finding:
 *     #! LINE:COLUMN words of the message            (in the file itself)
 *     #! OTHER.csv:LINE:COLUMN words of the message
 * All of these must be found, and no other error.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <string.h>

#include "campaign.h"
#include "suite.h"

#define WRONG_MAX 16

typedef struct wrong {
    char file[64], says[128];
    unsigned line, column;
} wrong;

static int ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static size_t read_wrongs(const char *path, wrong *out)
{
    char line[512];
    size_t n = 0;
    FILE *in = fopen(path, "rb");
    if (!in) return 0;
    while (n < WRONG_MAX && fgets(line, sizeof line, in)) {
        wrong *w = &out[n];
        if (strncmp(line, "#! ", 3) != 0) continue;
        line[strcspn(line, "\n")] = 0;
        w->file[0] = 0;
        if (sscanf(line, "#! %u:%u %127[^\n]", &w->line, &w->column, w->says) == 3 ||
            sscanf(line, "#! %63[^:]:%u:%u %127[^\n]", w->file, &w->line, &w->column, w->says) == 4)
            n++;
    }
    fclose(in);
    return n;
}

static int matches(const itp_finding *f, const wrong *w, const char *name)
{
    return !f->warning && f->line == w->line && f->column == w->column &&
           ends_with(f->file, w->file[0] ? w->file : name) && strstr(f->message, w->says);
}

/* 1 when the findings are exactly those that the file announces. */
static int check_file(const char *name)
{
    char path[512];
    wrong wrongs[WRONG_MAX];
    int used[WRONG_MAX] = {0};
    itp_campaign *campaign = NULL;
    itp_findings findings;
    itp_error err = {0};
    size_t errors = 0, hits = 0;
    snprintf(path, sizeof path, "%s/broken/%s", ITP_TEST_DIR, name);
    size_t n = read_wrongs(path, wrongs);
    itp_status st = itp_campaign_load(&campaign, path, NULL, &findings, &err);
    for (size_t i = 0; i < findings.n; i++) {
        errors += !findings.items[i].warning;
        for (size_t k = 0; k < n; k++)
            if (!used[k] && matches(&findings.items[i], &wrongs[k], name)) {
                used[k] = 1;
                hits++;
                break;
            }
    }
    int good = st == ITP_ECAMPAIGN && !campaign && n > 0 && hits == n && errors == n &&
               err.text[0] && findings.text && strstr(findings.text, "error: ");
    if (!good) {
        printf("\n%s: %s, %zu of %zu found, %zu errors\n%s", name, itp_status_name(st), hits, n,
               errors, findings.text ? findings.text : "");
        itp_campaign_destroy(campaign);
    }
    itp_findings_deinit(&findings);
    return good;
}

static void every_error_is_found_where_it_is(void)
{
    DIR *folder = opendir(ITP_TEST_DIR "/broken");
    struct dirent *entry;
    size_t files = 0, errors = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    while ((entry = readdir(folder))) {
        if (!ends_with(entry->d_name, ".yaml")) continue;
        files++;
        errors += !check_file(entry->d_name);
    }
    closedir(folder);
    printf("\n  %zu broken files\n", files);
    CU_ASSERT_EQUAL(errors, 0);
    CU_ASSERT(files >= 40);
}

/* One file of the fuzzer's corpus: definition, a line "%%%", and the table that any path leads to.
 */
static int survive(const char *path)
{
    static char text[1 << 16];
    FILE *in = fopen(path, "rb");
    size_t size = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in) fclose(in);
    text[size] = 0;
    char *cut = strstr(text, "%%%\n"), *table = cut ? cut + 4 : text + size;
    if (cut) *cut = 0;
    const itp_campaign_file files[] = {{"salts.csv", table, (size_t)(text + size - table)},
                                       {"table.csv", table, (size_t)(text + size - table)}};
    itp_campaign *campaign = NULL;
    itp_findings findings;
    itp_status st = itp_campaign_parse(&campaign, path, text, 2, files, &findings, NULL);
    int said = st == ITP_OK || (st == ITP_ECAMPAIGN && findings.n > 0);
    itp_findings_deinit(&findings);
    itp_campaign_destroy(campaign);
    return said;
}

static void the_fuzzers_corpus_is_survived(void)
{
    DIR *folder = opendir(ITP_TEST_DIR "/corpus");
    struct dirent *entry;
    size_t files = 0, bad = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    while ((entry = readdir(folder))) {
        char path[512];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/corpus/%s", ITP_TEST_DIR, entry->d_name);
        bad += !survive(path);
        files++;
    }
    closedir(folder);
    CU_ASSERT(files >= 40);
    CU_ASSERT_EQUAL(bad, 0);
}

/* What a person sees: message, line, caret under the place, hint. */
static void findings_are_printed_like_a_compilers(void)
{
    itp_findings f;
    itp_campaign *campaign = NULL;
    const char *text = "campaign: t\n"
                       "parameters: {\xc3\xa9: {real: [0, 1], unitt: V}}\n"
                       "tasks: {m: {outputs: {y: V}}}\n"
                       "objectives: [{maximise: y}]\n"
                       "budget: {trials: 5}\n";
    CU_ASSERT_EQUAL(itp_campaign_parse(&campaign, "t.yaml", text, 0, NULL, &f, NULL),
                    ITP_ECAMPAIGN);
    CU_ASSERT_PTR_NULL(campaign);
    CU_ASSERT_STRING_EQUAL(
        f.text,
        "t.yaml:2:32: error: parameter \xc3\xa9: unknown key \"unitt\"; allowed: real, integer, "
        "discrete, categorical, unit, scale, period, when, descriptors, context\n"
        "    2 | parameters: {\xc3\xa9: {real: [0, 1], unitt: V}}\n"
        "      |                                ^~~~~\n"
        "      = hint: did you mean \"unit\"?\n");
    itp_findings_deinit(&f);
}

static void data_must_be_told_where(void)
{
    static const char TEXT[] = "campaign: t\n"
                               "candidates: ${INTERPHASE_DATA}/x/data.csv\n"
                               "tasks: {m: {outputs: {y: V}}}\n"
                               "objectives: [{maximise: y}]\n"
                               "budget: {trials: 5}\n";
    char path[512], *kept = getenv("INTERPHASE_DATA") ? strdup(getenv("INTERPHASE_DATA")) : NULL;
    itp_campaign *campaign = NULL;
    itp_findings f;
    snprintf(path, sizeof path, "%s/needs-data.yaml", ITP_BUILD_DIR);
    FILE *out = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fputs(TEXT, out);
    fclose(out);
    unsetenv("INTERPHASE_DATA");
    CU_ASSERT_EQUAL(itp_campaign_load(&campaign, path, NULL, &f, NULL), ITP_ECAMPAIGN);
    CU_ASSERT_EQUAL(f.n, 1);
    CU_ASSERT_EQUAL(f.items[0].line, 2);
    CU_ASSERT_EQUAL(f.items[0].column, 13);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.items[0].message, "${INTERPHASE_DATA}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.items[0].hint, "export INTERPHASE_DATA="));
    itp_findings_deinit(&f);
    if (kept) setenv("INTERPHASE_DATA", kept, 1);
    free(kept);
    remove(path);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"every error is found where it is", every_error_is_found_where_it_is},
        {"the fuzzer's corpus is survived", the_fuzzers_corpus_is_survived},
        {"findings are printed like a compiler's", findings_are_printed_like_a_compilers},
        {"data must be told where", data_must_be_told_where},
        CU_TEST_INFO_NULL};
    return suite_run("campaign/broken", tests);
}

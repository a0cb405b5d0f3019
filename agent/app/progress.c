/* progress.c - lines for people, or JSON for programs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "app.h"
#include "clock.h"

static size_t done_of(const itp_counts *c)
{
    return c->trials - c->pending;
}

void itp_progress_init(itp_progress_view *v, const itp_engine *engine, int json, int quiet)
{
    itp_counts counts = itp_loop_counts(itp_engine_loop(engine));
    *v = (itp_progress_view){.json = json, .quiet = quiet, .best_mean = NAN, .best_sd = NAN};
    v->terminal = !json && !quiet && isatty(STDOUT_FILENO);
    v->started_ms = itp_clock_monotonic_ms();
    v->done_before = done_of(&counts);
    v->printed = counts.trials;
}

void itp_progress_deinit(itp_progress_view *v)
{
    free(v->shown);
}

static void clear_line(itp_progress_view *v)
{
    if (v->status_line) fputs("\r\033[K", stdout);
    v->status_line = 0;
}

static void print_trial(const itp_campaign *c, const itp_trial_view *t)
{
    char point[400], value[80];
    printf("%5" PRIu64 "  %-60s ", t->id, app_point(point, sizeof point, c, t->point));
    if (t->state != ITP_TRIAL_MEASURED) {
        printf(" %s\n", itp_trial_state_name(t->state));
        return;
    }
    for (size_t o = 0; o < c->n_outcomes; o++)
        if (c->outcomes[o].needed && isfinite(t->values[o]))
            printf(" %s=%s", c->outcomes[o].name,
                   app_quantity(value, sizeof value, t->values[o], NAN, c->outcomes[o].unit));
    putchar('\n');
}

/* A line for every trial that has ended since; trials end in any order, so those from the first
 * that has not had its line are looked at. */
static void print_trials(itp_progress_view *v, itp_engine *engine)
{
    const itp_loop *loop = itp_engine_loop(engine);
    const itp_campaign *c = itp_engine_campaign(engine);
    size_t n = itp_loop_counts(loop).trials;
    if (n > v->cap_shown) {
        unsigned char *shown = realloc(v->shown, 2 * n);
        if (!shown) return;
        memset(shown + v->cap_shown, 0, 2 * n - v->cap_shown);
        v->shown = shown;
        v->cap_shown = 2 * n;
    }
    for (size_t i = v->printed; i < n; i++) {
        itp_trial_view t;
        if (v->shown[i] || itp_loop_trial(loop, i + 1, &t) != ITP_OK) continue;
        if (t.state == ITP_TRIAL_PENDING) continue;
        clear_line(v);
        print_trial(c, &t);
        v->shown[i] = 1;
    }
    while (v->printed < n && v->shown[v->printed]) v->printed++;
}

static void note_incumbent(itp_progress_view *v, itp_engine *engine, uint64_t first)
{
    itp_journal_cursor *cursor;
    const itp_journal_row *row;
    if (itp_journal_cursor_open(&cursor, itp_engine_journal(engine), first, NULL) != ITP_OK) return;
    while (itp_journal_cursor_next(cursor, &row, NULL) == ITP_OK && row) {
        if (row->event.kind != ITP_EVENT_DECISION || !row->event.made->incumbent) continue;
        v->best = row->event.made->incumbent;
        v->best_mean = row->event.made->incumbent_mean;
        v->best_sd = row->event.made->incumbent_sd;
    }
    itp_journal_cursor_close(cursor);
}

static void print_status(itp_progress_view *v, itp_engine *engine)
{
    const itp_campaign *c = itp_engine_campaign(engine);
    itp_counts n = itp_loop_counts(itp_engine_loop(engine));
    size_t done = done_of(&n);
    char best[100];
    clear_line(v);
    if (c->budget.trials)
        printf("%zu/%zu trials", done, c->budget.trials);
    else
        printf("%zu trials", done);
    if (v->best)
        printf(" | best %s (trial %" PRIu64 ")",
               app_quantity(best, sizeof best, v->best_mean, v->best_sd, c->objectives[0].unit),
               v->best);
    printf(" | %zu of %zu slots busy", n.busy, n.slots);
    if (n.failed + n.infeasible) printf(" | %zu failed", n.failed + n.infeasible);
    if (n.held) printf(" | %zu HELD", n.held);
    if (n.paused) printf(" | paused");
    int64_t spent = itp_clock_monotonic_ms() - v->started_ms;
    if (done > v->done_before && c->budget.trials > done) {
        int64_t left =
            spent / (int64_t)(done - v->done_before) * (int64_t)(c->budget.trials - done) / 1000;
        printf(" | %" PRId64 ":%02" PRId64 " left", left / 60, left % 60);
    }
    fflush(stdout);
    v->status_line = 1;
}

void itp_progress_committed(void *ctx, itp_engine *engine, uint64_t first)
{
    itp_progress_view *v = ctx;
    if (v->json) {
        itp_journal_export_json(itp_engine_journal(engine), first, stdout, NULL);
        fflush(stdout);
        return;
    }
    if (v->quiet) return;
    print_trials(v, engine);
    if (!v->terminal) return;
    note_incumbent(v, engine, first);
    print_status(v, engine);
}

void itp_progress_tick(void *ctx, itp_engine *engine)
{
    itp_progress_view *v = ctx;
    if (v->terminal) print_status(v, engine);
}

static void print_best(itp_engine *engine, const itp_summary *s)
{
    const itp_campaign *c = itp_engine_campaign(engine);
    char text[600];
    itp_trial_view t;
    if (!s->best || itp_loop_trial(itp_engine_loop(engine), s->best, &t) != ITP_OK) {
        printf("best      none yet\n");
        return;
    }
    printf("best      trial %" PRIu64 ": %s\n", s->best, app_point(text, sizeof text, c, t.point));
    printf("          %s, %s: %s", c->objectives[0].text,
           isfinite(s->sd) ? "by the model" : "as measured (no model was made)",
           app_quantity(text, sizeof text, s->mean, s->sd, c->objectives[0].unit));
    if (isfinite(s->desirability)) printf(", overall desirability %.3f", s->desirability);
    if (c->n_limits) printf(", limits hold with probability %.3f", s->feasible);
    putchar('\n');
    for (size_t o = 0; o < c->n_outcomes; o++)
        if (isfinite(t.values[o]))
            printf("          measured %s: %s\n", c->outcomes[o].name,
                   app_quantity(text, sizeof text, t.values[o], NAN, c->outcomes[o].unit));
    if (s->n_pareto > 0) {
        printf("pareto    %zu trials:", s->n_pareto);
        for (size_t i = 0; i < s->n_pareto; i++) printf(" %" PRIu64, s->pareto[i]);
        putchar('\n');
    }
}

static void summary_json(itp_engine *engine, const itp_summary *s, const char *reason,
                         const char *head)
{
    json_t *line = json_pack("{s:{s:s, s:o, s:s, s:s}}", "summary", "reason", reason, "best",
                             itp_account_best(s), "journal",
                             itp_journal_path(itp_engine_journal(engine)), "head", head);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (text) puts(text);
    free(text);
    json_decref(line);
}

void itp_progress_summary(itp_progress_view *v, itp_engine *engine, const itp_summary *s,
                          const char *reason)
{
    itp_counts n = itp_loop_counts(itp_engine_loop(engine));
    itp_journal *journal = itp_engine_journal(engine);
    unsigned char hash[ITP_HASH_SIZE];
    char head[ITP_HASH_TEXT] = "";
    uint64_t seq = 0;
    if (itp_journal_head(journal, &seq, hash, NULL) == ITP_OK) itp_hash_text(hash, head);
    if (v->json) {
        summary_json(engine, s, reason, head);
        return;
    }
    clear_line(v);
    printf("%s %s\n", n.finished ? "finished " : "stopped  ", reason);
    printf("trials    %zu measured, %zu failed, %zu infeasible, %zu abandoned, %zu pending\n",
           n.measured, n.failed, n.infeasible, n.abandoned, n.pending);
    print_best(engine, s);
    printf("journal   %s, %" PRIu64 " events, head %s\n", itp_journal_path(journal), seq, head);
}

void itp_progress_listening(void *ctx, const char *endpoint, const char *key)
{
    const itp_progress_view *v = ctx;
    if (v->json) {
        json_t *line = json_pack("{s:{s:s, s:s}}", "listening", "endpoint", endpoint, "key", key);
        char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
        if (text) puts(text);
        free(text);
        json_decref(line);
        fflush(stdout);
    } else if (!v->quiet) {
        printf("listens   %s, key %s (interphase enrol NAME admits)\n", endpoint, key);
    }
}
